"""`PriceClass` and `Prices`: what a request would cost at each deployment of a group, exactly, without asking each.

Deployments of one price form a class. Rates are brought over one common denominator, so that classes compare as integers. To find the
cheapest among thousands of distinct prices, classes are sorted by a lower bound that holds for one narrow range of the input's share of all
tokens; the search ends where the bound passes the best price found. The result is exactly that of a loop over all.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import lcm

import msgspec

from muxer_core.catalog.deployments import Deployment
from muxer_core.money import PriceCard, Rates, Tier
from muxer_core.values.amount import Usd

SHARES = 64
"""Ranges of the input's share of all tokens. More make the search stop earlier and take more memory."""


class PriceClass:
    """One price: the deployments that have it (`mask`), its card, and its text rates over the common denominator."""

    __slots__ = ("_base", "_denominator", "_request", "_tiers", "card", "mask")

    def __init__(self, card: PriceCard, mask: int, scale: int) -> None:
        self.card = card
        self.mask = mask
        self._base = _text_rates(card.rates, scale)
        self._tiers = tuple((tier.above, _text_rates(tier.rates, scale)) for tier in card.tiers)
        self._request = card.per_request * scale
        self._denominator = card.denominator * scale

    def cost(self, input_tokens: int, output_tokens: int) -> int:
        """The cost in pico-dollars times the common denominator, exact."""
        rates = self._base
        if self._tiers:
            for above, tier in self._tiers:
                if input_tokens > above:
                    rates = tier
        return rates[0] * input_tokens + rates[1] * output_tokens + self._request

    def expected(self, input_tokens: int, output_tokens: int) -> Usd:
        """The cost as it would be booked: rounded once to a pico-dollar, half up, as `PriceCard.cost` does."""
        return Usd((2 * self.cost(input_tokens, output_tokens) + self._denominator) // (2 * self._denominator))

    def bound(self, input_tokens: int, output_tokens: int) -> int:
        """The most that a text request within these counts can cost, in pico-dollars, rounded up."""
        bound = self.card.bound(input_tokens, output_tokens)
        assert bound is not None  # noqa: S101 - `is_priced` was asked before
        return bound.pico

    def least(self, share: int) -> int:
        """`SHARES` times the least that one token costs while the input's share of all tokens is in range `share`."""
        both = (self._base, *(rates for _, rates in self._tiers))
        rate_in, rate_out = min(rates[0] for rates in both), min(rates[1] for rates in both)
        return min(edge * rate_in + (SHARES - edge) * rate_out for edge in (share, share + 1))


def _text_rates(rates: Rates, scale: int) -> tuple[int, int]:
    assert rates.input is not None and rates.output is not None  # noqa: S101, PT018 - `is_priced` was asked before
    return rates.input * scale, rates.output * scale


def is_priced(card: PriceCard | None) -> bool:
    """Is the cost of text known, whatever its length?"""
    return card is not None and all(
        rates.input is not None and rates.output is not None
        for rates in (card.rates, *(tier.rates for tier in card.tiers))
    )


def by_input_alone(deployment: Deployment) -> Deployment:
    """The deployment as a request without an answer sees it: where its price list names no output price, output costs nothing."""
    price = deployment.card.price
    if price is None or is_priced(price):
        return deployment
    tiers = tuple(Tier(tier.above, _with_output(tier.rates)) for tier in price.tiers)
    price = msgspec.structs.replace(price, rates=_with_output(price.rates), tiers=tiers)
    return msgspec.structs.replace(deployment, card=msgspec.structs.replace(deployment.card, price=price))


def _with_output(rates: Rates) -> Rates:
    return rates if rates.output is not None else msgspec.structs.replace(rates, output=0)


class Prices:
    """The prices of a group. `priced` is the mask of deployments whose cost is known; `denominator` is that of `PriceClass.cost`."""

    __slots__ = ("_class_of", "_sorted", "classes", "denominator", "priced")

    def __init__(self, deployments: Sequence[tuple[int, Deployment]]) -> None:
        masks: dict[PriceCard, int] = {}
        for index, deployment in deployments:
            card = deployment.card.price
            if card is not None and is_priced(card):
                masks[card] = masks.get(card, 0) | 1 << index
        self.denominator = lcm(*(card.denominator for card in masks))
        self.classes = tuple(
            PriceClass(card, mask, self.denominator // card.denominator) for card, mask in masks.items()
        )
        self.priced = sum(masks.values())
        by_card = dict(zip(masks, self.classes, strict=True))
        self._class_of = {index: by_card[one.card.price] for index, one in deployments if one.card.price in by_card}
        self._sorted: dict[int, list[tuple[int, PriceClass]]] = {}

    def at(self, index: int) -> PriceClass | None:
        """The price of a deployment, None when it is unknown."""
        return self._class_of.get(index)

    def cheapest(self, allowed: int, input_tokens: int, output_tokens: int) -> tuple[int, int]:
        """The mask of the cheapest deployments among `allowed`, and their cost (see `PriceClass.cost`); (0, 0) when no price is known."""
        total = input_tokens + output_tokens
        share = min(input_tokens * SHARES // total, SHARES - 1) if total else 0
        found, best = 0, 0
        for least, price in self._by_least(share):
            if found and least * total > best * SHARES:
                break
            here = allowed & price.mask
            if here:
                cost = price.cost(input_tokens, output_tokens)
                if not found or cost < best:
                    found, best = here, cost
                elif cost == best:
                    found |= here
        return found, best

    def _by_least(self, share: int) -> list[tuple[int, PriceClass]]:
        ranked = self._sorted.get(share)
        if ranked is None:
            ranked = sorted(((one.least(share), one) for one in self.classes), key=lambda pair: pair[0])
            self._sorted[share] = ranked
        return ranked
