"""`Config`: all that an operator decides, checked and ready for `Muxer`. A mapping in, values out; no file, no environment.

    config = Config.from_mapping({"providers": {"openai": {}}, "deployments": [{"model": "gpt-4o", "provider": "openai"}]})

Every problem of a configuration is reported at once (`ConfigError`). Names (groups, aliases) are looked at when all else is right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import msgspec

from muxer_core.call.policies import Policies
from muxer_core.catalog.catalog import Catalog, UnknownModel
from muxer_core.catalog.deployments import Deployment
from muxer_core.config.build import build_cards, build_deployments
from muxer_core.config.problems import Problems, inside
from muxer_core.config.providers import build_providers
from muxer_core.config.reading import read_what_is_right
from muxer_core.config.tables import FileTable
from muxer_core.fleet.policies import FleetPolicies
from muxer_core.routing.strategies import STRATEGIES
from muxer_core.values.amount import Usd
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.spelling import did_you_mean
from muxer_core.wire.limits import Limits


class Config(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A configuration. `strategy` is for calls that name none; `max_cost` is the ceiling of calls that name none."""

    catalog: Catalog
    policies: Policies = Policies()
    fleet: FleetPolicies = FleetPolicies()
    limits: Limits = Limits()
    strategy: str = "hybrid"
    max_cost: Usd | None = None

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, object], *, lines: Mapping[str, int] | None = None) -> Config:
        """The configuration that `mapping` describes; `lines` says on which line of a file a path stands, for errors.

        Raises `ConfigError` with every problem that was found.
        """
        problems = Problems(lines)
        table = read_what_is_right(FileTable, mapping, problems)
        providers = build_providers(table, problems)
        cards = build_cards(table, problems)
        deployments = build_deployments(table, providers, cards, problems)
        _check_policies(table, problems)
        max_cost = _max_cost(table, problems)
        problems.raise_any()
        whole = {name: provider for name, provider in providers.items() if provider is not None}
        _check_names(table, deployments, problems)
        problems.raise_any()
        return cls(
            catalog=Catalog(deployments, providers=whole, aliases=table.aliases, groups=table.groups),
            policies=Policies(
                timeouts=table.timeouts,
                retry=table.retry,
                hedge=table.hedge,
                cascade=table.cascade,
                fallbacks=table.routing.fallbacks,
                book=table.book,
            ),
            fleet=table.fleet,
            limits=table.limits,
            strategy=table.routing.strategy,
            max_cost=max_cost,
        )

    @cached_property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of everything above in a canonical form (law 9). Equal configurations have equal digests, however they
        were written.
        """
        catalog = self.catalog
        content = {
            "deployments": catalog.deployments,
            "providers": catalog.providers,
            "names": {name: catalog.resolve(name) for name in catalog.names},
            "policies": self.policies,
            "fleet": self.fleet,
            "limits": self.limits,
            "strategy": self.strategy,
            "max_cost": self.max_cost,
        }
        import hashlib  # noqa: PLC0415 - loads OpenSSL, which few users of a configuration need

        return hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()


def _check_policies(table: FileTable, problems: Problems) -> None:
    strategy = table.routing.strategy
    if strategy not in STRATEGIES:
        near = did_you_mean(strategy, STRATEGIES)
        problems.add("routing.strategy", f"{strategy!r} is not one of {', '.join(STRATEGIES)}{near}")
    if table.hedge is not None:
        if not table.hedge.after > 0:
            problems.add("hedge.after", f"must be more than 0 seconds, got {table.hedge.after}")
        if table.hedge.max_hedges < 1:
            problems.add("hedge.max_hedges", f"must be at least 1, got {table.hedge.max_hedges}")
    if table.cascade is not None and table.cascade.steps < 2:
        problems.add(
            "cascade.steps", f"must be at least 2, got {table.cascade.steps}; leave the table out to cascade never"
        )


def _max_cost(table: FileTable, problems: Problems) -> Usd | None:
    if table.max_cost is None:
        return None
    try:
        amount = Usd.parse(table.max_cost, field="max_cost")
    except InvalidRequest as error:
        problems.add_invalid("max_cost", error)
        return None
    if amount.pico < 0:
        problems.add("max_cost", f"must not be negative, got {amount}")
    return amount


def _check_names(table: FileTable, deployments: Sequence[Deployment], problems: Problems) -> None:
    """Do groups and aliases lead to deployments? A group may name groups before it."""
    plain = Catalog(deployments)
    known = dict.fromkeys((*plain.names, *(name for one in deployments for name in (one.name, one.card.name))))
    for group, members in table.groups.items():
        path = inside("groups", group)
        if not members:
            problems.add(path, "has no member")
        for number, member in enumerate(members):
            if member not in known:
                words = (
                    f"{member!r} is not a deployment, a model or a group before this one{did_you_mean(member, known)}"
                )
                problems.add(f"{path}[{number}]", words)
        known[group] = None
    for alias in table.aliases:
        path = inside("aliases", alias)
        seen = [alias]
        while seen[-1] in table.aliases and table.aliases[seen[-1]] not in seen:
            seen.append(table.aliases[seen[-1]])
        if seen[-1] in table.aliases:
            problems.add(path, f"goes in a circle: {' -> '.join([*seen, table.aliases[seen[-1]]])}")
        elif seen[-1] not in known:
            try:
                plain.resolve(seen[-1])
            except UnknownModel:
                problems.add(
                    path, f"{seen[-1]!r} is not a deployment, a model or a group{did_you_mean(seen[-1], known)}"
                )
