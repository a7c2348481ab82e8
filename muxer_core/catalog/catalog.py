"""`Catalog`: all that stands still, indexed. Immutable; a new configuration makes a new one.

A deployment's index is its position; groups, views and plans speak of deployments by index. Names resolve in one order (`resolve`):
exact alias, group, `provider/model`, longest wildcard, else an error that names the nearest spelling. Case counts. A concrete name is
never swapped for another model: strategies choose only inside what the name resolved to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from muxer_core.catalog.cards import ModelCard
from muxer_core.catalog.deployments import Deployment, Provider
from muxer_core.values.errors import InvalidRequest, LocalProtocolError

AUTO = "auto"
"""The group of all deployments, unless the configuration names its members."""


class UnknownModel(LocalProtocolError, LookupError):
    """No alias, group, deployment or wildcard has this name. `nearest` holds similar ones."""

    def __init__(self, name: str, nearest: Sequence[str]) -> None:
        hint = f"; did you mean {' or '.join(repr(one) for one in nearest)}?" if nearest else ""
        super().__init__(f"model: {name!r} is not configured{hint}")
        self.name = name
        self.nearest = tuple(nearest)


class Catalog:
    """Deployments with their cards and providers, and the names that lead to them."""

    __slots__ = ("_aliases", "_groups", "_resolved", "_wildcards", "deployments", "providers")

    def __init__(
        self,
        deployments: Sequence[Deployment],
        *,
        providers: Mapping[str, Provider] | None = None,
        aliases: Mapping[str, str] | None = None,
        groups: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.deployments = tuple(deployments)
        self.providers = dict(providers or {one.provider.name: one.provider for one in self.deployments})
        self._aliases = dict(aliases or {})
        by_name: dict[str, list[int]] = {}
        for index, deployment in enumerate(self.deployments):
            names = dict.fromkeys((deployment.name, deployment.card.name, f"{deployment.provider.name}/{deployment.upstream_model}"))
            for name in names:
                by_name.setdefault(name, []).append(index)
        self._groups = {name: tuple(indices) for name, indices in by_name.items()}
        self._wildcards = sorted((name for name in self._groups if "*" in name), key=lambda name: (-len(name), name))
        for group, members in (groups or {}).items():
            self._groups[group] = self._members(group, members)
        self._groups.setdefault(AUTO, tuple(range(len(self.deployments))))
        self._resolved: dict[str, tuple[int, ...]] = {}
        for alias in self._aliases:
            self.resolve(alias)

    def _members(self, group: str, members: Sequence[str]) -> tuple[int, ...]:
        indices: dict[int, None] = {}
        for member in members:
            if member not in self._groups:
                raise InvalidRequest(f"groups.{group}", f"{member!r} is not a deployment or model of this configuration")
            indices.update(dict.fromkeys(self._groups[member]))
        if not indices:
            raise InvalidRequest(f"groups.{group}", "has no member")
        return tuple(indices)

    @property
    def cards(self) -> tuple[ModelCard, ...]:
        """Every model card, once, in the order of the deployments."""
        return tuple({one.card.name: one.card for one in self.deployments}.values())

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that resolves, wildcards apart: aliases first, then groups and models."""
        return (*self._aliases, *(name for name in self._groups if "*" not in name))

    def resolve(self, name: str) -> tuple[int, ...]:
        """The indices of the deployments that `name` means. Raises `UnknownModel`, or `InvalidRequest` for aliases that go in a circle."""
        known = self._resolved.get(name)
        if known is not None:
            return known
        seen = [name]
        while seen[-1] in self._aliases:
            target = self._aliases[seen[-1]]
            if target in seen:
                raise InvalidRequest(f"aliases.{name}", f"goes in a circle: {' -> '.join([*seen, target])}")
            seen.append(target)
        found = self._groups.get(seen[-1]) or self._wildcard(seen[-1])
        if found is None:
            raise UnknownModel(seen[-1], get_close_matches(seen[-1], self.names, n=2, cutoff=0.5))
        if name in self._aliases or name in self._groups:
            self._resolved[name] = found
        return found

    def _wildcard(self, name: str) -> tuple[int, ...] | None:
        for pattern in self._wildcards:
            if fnmatchcase(name, pattern):
                return self._groups[pattern]
        return None
