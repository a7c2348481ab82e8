"""From tables to values: cards and deployments (providers are built in `providers`). Each function notes what is wrong, and goes on.

Rules that hold here: a provider that no deployment names serves every model, as `provider/model`; a model that is described, and that only
a deployment of any model can serve, is a deployment there; the names of deployments are unique, since they stand in logs, decisions and
records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite

import msgspec

from muxer_core.catalog.cards import ALL_CAPABILITIES, CAPABILITIES, ModelCard, capability_mask
from muxer_core.catalog.deployments import ANY_MODEL, Deployment, Provider
from muxer_core.catalog.listed_prices import as_model, with_listed_price
from muxer_core.catalog.names import matches
from muxer_core.config.prices import read_price
from muxer_core.config.problems import Problems, inside
from muxer_core.config.tables import DeploymentTable, FileTable, ModelTable
from muxer_core.values.spelling import did_you_mean


def build_cards(table: FileTable, problems: Problems) -> dict[str, ModelCard | None]:
    """Every card by the model's name; None for one that is wrong."""
    return {
        name: None if one is None else _card(name, one, inside("models", name), problems)
        for name, one in table.models.items()
    }


def _card(name: str, table: ModelTable, path: str, problems: Problems) -> ModelCard | None:
    before = len(problems.found)
    for field in ("context_window", "max_output_tokens", "requests_per_minute", "tokens_per_minute"):
        _at_least_one(getattr(table, field), inside(path, field), problems)
    if table.quality is not None and not 0 <= table.quality <= 1:
        problems.add(inside(path, "quality"), f"must be between 0 and 1, got {table.quality}")
    for number, capability in enumerate(table.capabilities or ()):
        if capability not in CAPABILITIES:
            known = did_you_mean(capability, CAPABILITIES) or f"; known are {', '.join(CAPABILITIES)}"
            problems.add(f"{path}.capabilities[{number}]", f"{capability!r} is no capability{known}")
    price = read_price(table, path, problems)
    if len(problems.found) > before:
        return None
    return ModelCard(
        name=name,
        price=price,
        context_window=table.context_window,
        max_output_tokens=table.max_output_tokens,
        capabilities=ALL_CAPABILITIES if table.capabilities is None else capability_mask(table.capabilities),
        requests_per_minute=table.requests_per_minute,
        tokens_per_minute=table.tokens_per_minute,
        quality=table.quality,
        task_types=table.task_types,
        metadata=table.metadata,
    )


def _at_least_one(number: int | None, path: str, problems: Problems) -> None:
    if number is not None and number < 1:
        problems.add(path, f"must be at least 1, got {number}")


def build_deployments(
    table: FileTable,
    providers: Mapping[str, Provider | None],
    cards: Mapping[str, ModelCard | None],
    problems: Problems,
) -> list[Deployment]:
    """The deployments that are written down, then those that are implied."""
    built: list[Deployment] = []
    places: dict[str, str] = {}
    for number, one in enumerate(table.deployments):
        path = f"deployments[{number}]"
        deployment = None if one is None else _deployment(one, providers, cards, path, problems)
        if deployment is None:
            continue
        if deployment.name in places:
            words = f"{deployment.name!r} is the name of {places[deployment.name]}; give this one a name of its own"
            problems.add(inside(path, "name"), words)
        places.setdefault(deployment.name, path)
        built.append(deployment)
    written = [one for one in table.deployments if one is not None]
    if len(written) == len(table.deployments):  # else what is implied cannot be known
        named = {one.provider for one in written}
        free = [provider for name, provider in providers.items() if provider is not None and name not in named]
        built += map(_deployment_of_any_model, free)
        built += _deployments_of_cards(cards, {one.model: None for one in written}, built, problems)
    if not built and not problems.found:
        problems.add("deployments", "there is none, and no provider either; name a provider to begin with")
    return [with_listed_price(one) for one in built]


def _deployment_of_any_model(provider: Provider) -> Deployment:
    name = f"{provider.name}/{ANY_MODEL}"
    return Deployment(name=name, card=ModelCard(name=name), provider=provider, upstream_model=ANY_MODEL)


def _deployments_of_cards(
    cards: Mapping[str, ModelCard | None],
    served: Mapping[str, None],
    deployments: Sequence[Deployment],
    problems: Problems,
) -> list[Deployment]:
    """A model that is described, and that only a deployment of any model can serve, is a deployment there."""
    implied: list[Deployment] = []
    for name, card in cards.items():
        if name in served:
            continue
        wild = [one for one in deployments if one.upstream_model == ANY_MODEL and matches(one.card.name, name)]
        if not wild:
            problems.add(inside("models", name), f"no deployment serves this model{did_you_mean(name, served)}")
        if card is not None:
            implied += [as_model(one, name, card) for one in wild]
    return implied


def _deployment(
    table: DeploymentTable,
    providers: Mapping[str, Provider | None],
    cards: Mapping[str, ModelCard | None],
    path: str,
    problems: Problems,
) -> Deployment | None:
    before = len(problems.found)
    upstream = table.upstream_model or table.model
    for field in ("model", "provider"):
        if not getattr(table, field):
            problems.add(inside(path, field), "must not be empty")
    if not table.model:
        return None
    if table.provider and table.provider not in providers:
        near = did_you_mean(table.provider, providers)
        problems.add(inside(path, "provider"), f"{table.provider!r} is not one of the providers{near}")
    if not (table.weight > 0 and isfinite(table.weight)):
        problems.add(inside(path, "weight"), f"must be more than 0, got {table.weight}")
    if ANY_MODEL in upstream and upstream != ANY_MODEL:
        problems.add(inside(path, "upstream_model"), 'is one model, or "*" alone for whatever name was asked for')
    for field in ("requests_per_minute", "tokens_per_minute"):
        _at_least_one(getattr(table, field), inside(path, field), problems)
    price = read_price(table, path, problems)
    provider = providers.get(table.provider)
    card = cards[table.model] if table.model in cards else ModelCard(name=table.model)
    if len(problems.found) > before or provider is None or card is None:
        return None
    own = {
        "price": price,
        "requests_per_minute": table.requests_per_minute,
        "tokens_per_minute": table.tokens_per_minute,
    }
    return Deployment(
        name=table.name or f"{table.provider}/{upstream}",
        card=msgspec.structs.replace(card, **{field: value for field, value in own.items() if value is not None}),
        provider=provider,
        upstream_model=upstream,
        weight=table.weight,
        priority=table.priority,
        tags=table.tags,
    )
