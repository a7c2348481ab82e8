"""Published prices: what the generated price list knows of a model at a provider.

The list is made from the genai-prices package (`scripts/build_catalog.py`) and read on first use, one provider at a time. It finds
providers and models as genai-prices does: without regard to case, the first match in the list's order, a provider's fallbacks after its
own models, and a compact date (`-20251211`) read as `-2025-12-11` where the name is not known as it stands. A user's own card always
wins: this is asked only where a card has no price.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import cache
from types import ModuleType

import msgspec

from muxer_core.catalog.cards import ModelCard
from muxer_core.catalog.names import LONGEST_NAME
from muxer_core.money import Period, PriceCard, Rates
from muxer_core.values.errors import InvalidRequest

MAKERS = ("openai", "anthropic", "google")
"""The best known makers of models, by their names in the list."""

Rule = str | tuple[str, ...]
"""How a name is recognised: `=` equals, `^` starts with, `$` ends with, `*` contains, `~` a regular expression; a tuple: all of them."""


def _holds(rule: Rule, name: str) -> bool:
    if not isinstance(rule, str):
        return all(_holds(one, name) for one in rule)
    kind, text = rule[0], rule[1:]
    if kind == "=":
        return name == text
    if kind == "^":
        return name.startswith(text)
    if kind == "$":
        return name.endswith(text)
    if kind == "*":
        return text in name
    return re.search(text, name) is not None


def _any(rules: tuple[Rule, ...], name: str) -> bool:
    return any(_holds(rule, name) for rule in rules)


class ListedProvider(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A provider of the list. `url` is a regular expression for the start of its base URLs; `fallbacks` are providers whose models it
    serves, and `source` is the page of its prices.
    """

    id: str
    name: str
    source: str
    url: str
    provider_rules: tuple[Rule, ...] = ()
    model_rules: tuple[Rule, ...] = ()
    fallbacks: tuple[str, ...] = ()


class ListedModel(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A model of the list. `periods` are its prices by date and hour, of which the last that holds is in force; `per_request` and rates are
    over `denominator`. `unmodelled` names what is billed in units that we do not count, such as hours of audio.
    """

    id: str
    rules: tuple[Rule, ...]
    context_window: int | None = None
    denominator: int = 1
    per_request: int = 0
    periods: tuple[Period, ...] = ()
    unmodelled: tuple[str, ...] = ()


def _data() -> ModuleType:
    """The generated module, imported on first use: it is large, and who prices all models himself never needs it."""
    from muxer_core.catalog import prices_data  # noqa: PLC0415 - its import is what is put off

    return prices_data


@cache
def listed_providers() -> tuple[ListedProvider, ...]:
    """Every provider of the list, in its order."""
    return msgspec.json.decode(_data().PROVIDERS, type=tuple[ListedProvider, ...])


@cache
def listed_models(provider_id: str) -> tuple[ListedModel, ...]:
    """Every model in the list of a provider, in its order. Raises `InvalidRequest` when there is no such provider."""
    models = _data().MODELS.get(provider_id)
    if models is None:
        raise InvalidRequest("provider", f"{provider_id!r} is not in the price list")
    return msgspec.json.decode(models, type=tuple[ListedModel, ...])


def _dearer(one: Rates, other: Rates) -> Rates:
    """The higher rate of each unit; both name the same units, which the generator sees to."""
    pairs = ((name, getattr(one, name), getattr(other, name)) for name in Rates.__struct_fields__)
    return Rates(**{name: max(first, second) for name, first, second in pairs if first is not None})


class Listing(msgspec.Struct, frozen=True, gc=False):
    """A model as it was found: `provider` is the one whose list it stands in, which can be a fallback of the one that was asked for."""

    provider: ListedProvider
    model: ListedModel

    def price(self, wall: float) -> PriceCard | None:
        """Its price as known at `wall` (seconds since 1970, UTC), or None when no price is listed. Prices that are over are left out, those
        to come are kept.
        """
        begun = [number for number, one in enumerate(self.model.periods) if not one.is_daily and one.since <= wall]
        if not self.model.periods:
            return None
        current = begun[-1] if begun else 0
        periods = self.model.periods[current:]
        rates = periods[0].rates
        for one in periods:
            if one.is_daily:
                rates = _dearer(rates, one.rates)
        return PriceCard(
            rates=rates,
            denominator=self.model.denominator,
            per_request=self.model.per_request,
            tiers=periods[0].tiers,
            service_tiers=periods[0].service_tiers,
            periods=periods if len(periods) > 1 else (),
            source=f"{self.provider.source} (genai-prices {_data().PACKAGE_VERSION})",
            date=_data().READ_ON,
        )

    def card(self, name: str, wall: float) -> ModelCard:
        """What is known of the model, under the name that a user calls it by."""
        return ModelCard(name=name, price=self.price(wall), context_window=self.model.context_window)


_MOVED = {"https://api.together.ai/": "https://api.together.xyz/"}
"""Addresses that vendors use now, and those that the list still has. Together: its page on OpenAI compatibility, read 2026-11-24."""


def find_provider(
    *, name: str | None = None, base_url: str | None = None, model: str | None = None
) -> ListedProvider | None:
    """The provider of the list with this base URL; without one, of this name; without one, that the model's name tells.

    A base URL that is not in the list gives None, whatever the names say: a server on this machine does not charge OpenAI's prices.
    """
    providers = listed_providers()
    if base_url is not None:
        for newer, older in _MOVED.items():
            base_url = older + base_url.removeprefix(newer) if base_url.startswith(newer) else base_url
        return next((one for one in providers if re.match(one.url, base_url)), None)
    if name is not None:
        name = name.lower().strip()
        by_id = next((one for one in providers if one.id == name), None)
        return by_id or next((one for one in providers if _any(one.provider_rules, name)), None)
    if model is not None:
        model = model.lower()
        return next((one for one in providers if _any(one.model_rules, model)), None)
    return None


def find_model(model: str, *, provider: str | None = None, base_url: str | None = None) -> Listing | None:
    """The listing of a model, by its name at the provider; see `find_provider` for how that is found. None when it is not listed.

    Without a provider and a base URL, `provider/model` is tried first, as LiteLLM writes it.
    """
    if len(model) > LONGEST_NAME:
        return None
    if provider is None and base_url is None and "/" in model:
        first, _, rest = model.partition("/")
        named = find_provider(name=first)
        found = None if named is None else _find_in(named, rest)
        if found is not None:
            return found
    one = find_provider(name=provider, base_url=base_url, model=model)
    return None if one is None else _find_in(one, model)


def _find_in(provider: ListedProvider, model: str) -> Listing | None:
    model = model.lower()
    return _match(provider, model) or _match(provider, _COMPACT_DATE.sub(_with_dashes, model))


def _match(provider: ListedProvider, model: str) -> Listing | None:
    by_id = {one.id: one for one in listed_providers()}
    for one in (provider, *(by_id[name] for name in provider.fallbacks)):
        for listed in listed_models(one.id):
            if _any(listed.rules, model):
                return Listing(one, listed)
    return None


_COMPACT_DATE = re.compile(r"-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)")


def _with_dashes(match: re.Match[str]) -> str:
    year, month, day = match.groups()
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return match[0]
    return f"-{year}-{month}-{day}"


def price_list_date() -> float:
    """When the price list was read, in seconds since 1970: the `wall` to ask with where there is no clock."""
    return datetime.fromisoformat(_data().READ_ON).replace(tzinfo=UTC).timestamp()
