"""What a provider knows of its models: the user's own descriptions, the published price list, and what the proxy offers.

A user's description wins over the list. Its two prices are **US dollars per 1,000 tokens**, as is every price that is shown here.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Annotated

import msgspec

from muxer_core.catalog.cards import ALL_CAPABILITIES, ModelCard, capability_mask
from muxer_core.catalog.catalog import UnknownModel
from muxer_core.catalog.listed import MAKERS, listed_models, price_list_date
from muxer_core.catalog.listed_prices import find_by_name
from muxer_core.money import PriceCard
from muxer_core.routing.prices import is_priced
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.spelling import nearest
from muxer_core.values.usage import JsonValue, Usage

MOST_ASKED = 256
"""Names called without being described or offered that are remembered; the longest unused is forgotten first."""

CHAT_MODES = frozenset({None, "chat", "responses"})
"""What a list of models says of those that chat; most say nothing."""

AtLeastOne = Annotated[int, msgspec.Meta(ge=1)]


class Pricing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """US dollars per 1,000 tokens, as a number or as text."""

    input: JsonValue
    output: JsonValue


class RateLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the account may use in a minute."""

    requests_per_minute: AtLeastOne | None = None
    tokens_per_minute: AtLeastOne | None = None


class Metadata(msgspec.Struct, frozen=True):
    """What routing reads of a description's metadata; the rest is the user's own. `quality` is in [0, 1]."""

    context_window: AtLeastOne | None = None
    max_output_tokens: AtLeastOne | None = None
    task_types: tuple[str, ...] = ()
    quality: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    capabilities: tuple[str, ...] | None = None


class CustomModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A user's description of a model."""

    pricing: Pricing
    rate_limits: RateLimits = RateLimits()
    metadata: Metadata = Metadata()


def custom_card(name: str, description: Mapping[str, JsonValue], field: str) -> ModelCard:
    """The card of a described model. Raises `InvalidRequest` naming what is wrong, as a path that begins with `field`."""
    try:
        model = msgspec.convert(description, CustomModel)
    except msgspec.ValidationError as problem:
        words, _, path = str(problem).partition(" - at `$")
        raise InvalidRequest(f"{field}{path.removesuffix('`')}", words) from None
    if model.pricing.input is None or model.pricing.output is None:
        raise InvalidRequest(f"{field}.pricing", "needs a price for input and one for output")
    price = PriceCard.per_thousand(
        input=model.pricing.input, output=model.pricing.output, source="custom_models", field=f"{field}.pricing"
    )
    named = model.metadata.capabilities
    return ModelCard(
        name=name,
        price=price,
        context_window=model.metadata.context_window,
        max_output_tokens=model.metadata.max_output_tokens,
        capabilities=ALL_CAPABILITIES if named is None else capability_mask(named, f"{field}.metadata.capabilities"),
        requests_per_minute=model.rate_limits.requests_per_minute,
        tokens_per_minute=model.rate_limits.tokens_per_minute,
        quality=model.metadata.quality,
        task_types=model.metadata.task_types,
        metadata=dict(description.get("metadata", {})),
    )


@lru_cache(maxsize=4096)
def listed_card(name: str) -> ModelCard | None:
    """What the published price list knows of a model, by the name that a proxy gives it; None without a price of its input."""
    listing = find_by_name(name)
    if listing is None:
        return None
    card = listing.card(name, price_list_date())
    if card.price is None or card.price.rates.input is None:
        return None
    return msgspec.structs.replace(card, metadata={"provider": listing.provider.id})


class Models:
    """The models of one proxy. `cards` are those that can be called, by name."""

    __slots__ = ("_asked", "_custom", "_offered", "cards")

    def __init__(self, custom_models: Mapping[str, Mapping[str, JsonValue]] | None) -> None:
        self._custom: dict[str, ModelCard] = {}
        self._offered: dict[str, Mapping[str, JsonValue]] | None = None
        self._asked: dict[str, None] = {}
        self.cards: dict[str, ModelCard] = {}
        for name, description in (custom_models or {}).items():
            self.add(name, description, f"custom_models[{name!r}]")

    def add(self, name: str, description: Mapping[str, JsonValue], field: str) -> None:
        """Describe a model, or describe it anew. Raises `InvalidRequest`."""
        if not _is_name(name):
            raise InvalidRequest("model_name", f"must be a text that is not empty, got {name!r}")
        self._custom[name] = custom_card(name, description, field)
        self._deal()

    def offer(self, models: Sequence[Mapping[str, JsonValue]]) -> None:
        """Take in what the proxy offers: objects with an `id`."""
        offered = {str(model["id"]): model for model in models}
        if offered != self._offered:
            self._offered = offered
            self._deal()

    def ask(self, name: str) -> None:
        """Make sure that a model can be called by this name, whatever is known of it."""
        if name not in self.cards and _is_name(name):
            if len(self._asked) == MOST_ASKED:
                del self._asked[next(iter(self._asked))]
            self._asked[name] = None
            self._deal()

    def _deal(self) -> None:
        names = (*self._custom, *(self._offered or ()), *self._asked)
        self.cards = {name: self._known(name) or ModelCard(name=name) for name in names}

    def _known(self, name: str) -> ModelCard | None:
        return self._custom.get(name) or listed_card(name)

    def known(self, name: str) -> ModelCard:
        """The card of a model with a price. Raises `UnknownModel`, naming the nearest."""
        card = self._known(name)
        if card is None:
            raise UnknownModel(name, nearest(name, self.supported(), most=2))
        return card

    @property
    def offered(self) -> list[Mapping[str, JsonValue]]:
        """What the proxy offers, as far as it is known."""
        return list((self._offered or {}).values())

    @property
    def offer_known(self) -> bool:
        """Is it known what the proxy offers?"""
        return self._offered is not None

    @property
    def guessed(self) -> bool:
        """Are the candidates a guess, because nothing was described and the proxy was not asked?"""
        return not self._custom and not self.offer_known

    def supported(self) -> list[str]:
        """The models with a price: the described ones, and of the listed ones those that the proxy offers.

        While that is not known, or is nothing, it is the models of the best known makers, so that there is always something to compare.
        """
        offered = [name for name in self._offered or () if listed_card(name) is not None]
        if not offered and not (self._custom and self.offer_known):
            offered = [one.id for maker in MAKERS for one in listed_models(maker) if listed_card(one.id) is not None]
        return list(dict.fromkeys((*self._custom, *offered)))

    def candidates(self) -> list[ModelCard]:
        """The cards among which a router chooses: described models and offered ones that chat, with a known price."""
        modes = {name: model.get("mode") for name, model in (self._offered or {}).items()}
        return [
            card
            for name in dict.fromkeys(self.supported() if self.guessed else (*self._custom, *modes))
            if modes.get(name) in CHAT_MODES and (card := self._known(name)) is not None and is_priced(card.price)
        ]

    def cost(self, prompt_tokens: int, completion_tokens: int, name: str) -> float:
        """US dollars at today's price. Raises `UnknownModel`, or `InvalidRequest` for counts that are none."""
        for field, count in (("prompt_tokens", prompt_tokens), ("completion_tokens", completion_tokens)):
            if not _is_count(count):
                raise InvalidRequest(field, f"must be a whole number of at least 0, got {count!r}")
        price = _price_today(self.known(name))
        cost = price.cost(Usage(input_tokens=prompt_tokens, output_tokens=completion_tokens))
        if cost is None:
            raise InvalidRequest("model", f"{name!r} has no known price for what it answers")
        return float(cost)

    def info(self, name: str) -> dict[str, JsonValue]:
        """All that is known of a model, in the shape of a description, its prices for 1,000 tokens. Raises `UnknownModel`."""
        card = self.known(name)
        price = _price_today(card)
        fields = {
            "context_window": card.context_window,
            "max_output_tokens": card.max_output_tokens,
            "quality": card.quality,
            "price_source": price.source,
            "price_date": price.date,
        }
        limits = {"requests_per_minute": card.requests_per_minute, "tokens_per_minute": card.tokens_per_minute}
        return {
            "name": name,
            "pricing": {
                "input": _for_a_thousand(price, price.rates.input),
                "output": _for_a_thousand(price, price.rates.output),
            },
            "rate_limits": _without_none(limits.items()),
            "metadata": {**_without_none(fields.items()), **card.metadata},
        }


def _is_name(name: object) -> bool:
    return isinstance(name, str) and name != ""


def _is_count(count: object) -> bool:
    return isinstance(count, int) and not isinstance(count, bool) and count >= 0


def _without_none(fields: Iterable[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    return {name: value for name, value in fields if value not in {None, ""}}


def _price_today(card: ModelCard) -> PriceCard:
    assert card.price is not None  # noqa: S101 - every known card has a price
    return card.price.at(time.time())


def _for_a_thousand(price: PriceCard, rate: int | None) -> float | None:
    return None if rate is None else float(price.dollars(rate, 1000))
