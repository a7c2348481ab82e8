"""Prices and exact cost. Law 5: no binary floating point between usage and ledger; an unknown price is never zero.

A card's rates are integer numerators over one denominator, in pico-dollars (10^-12 US dollars) a unit, since a few real prices are no
whole number of pico-dollars a token. An attempt is rounded once, half up; a bound is rounded up.

What a unit without a price of its own is billed as (`FALLS_BACK`) is vendors' practice: a cached, cache-write or image token that the
price list does not name is an ordinary token of its side, and so is a reasoning token (OpenAI, Anthropic and Google price pages, read
2026-11-24). Audio is never billed as text: without an audio price the cost is unknown.

Counts that contradict each other (parts larger than their whole) are cut to fit: the parts keep their order of mention in `Usage`, and
the total the provider named is what is billed. Nothing negative is ever booked.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from math import lcm

import msgspec

from muxer_core.values.amount import PICO, Usd
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.usage import Charge, Unit, Usage

FALLS_BACK: dict[Unit, Unit] = {
    "cached_input_token": "input_token",
    "cache_write_5m_token": "input_token",
    "cache_write_1h_token": "cache_write_5m_token",
    "image_input_token": "input_token",
    "cached_audio_input_token": "audio_input_token",
    "reasoning_token": "output_token",
    "image_output_token": "output_token",
}

Price = Decimal | Fraction | str | int | float
"""US dollars for some number of units; a float means what its shortest spelling says."""


def exact(price: Price, field: str) -> Fraction:
    """The price as a fraction of a dollar. Raises `InvalidRequest` for `field` when it is no finite number of at least zero."""
    if isinstance(price, bool):
        raise InvalidRequest(field, f"must be a price in US dollars, got {price!r}")
    try:
        fraction = Fraction(repr(price)) if isinstance(price, float) else Fraction(price)
    except (ValueError, TypeError, OverflowError, ZeroDivisionError):
        raise InvalidRequest(field, f"must be a price in US dollars, got {price!r}") from None
    if fraction < 0:
        raise InvalidRequest(field, f"must not be negative, got {price!r}")
    return fraction


class Rates(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Numerators over the card's denominator, in pico-dollars a unit; None where the unit has no price, its own or a fallback's."""

    input: int | None = None
    cached_input: int | None = None
    cache_write_5m: int | None = None
    cache_write_1h: int | None = None
    audio_input: int | None = None
    cached_audio_input: int | None = None
    image_input: int | None = None
    output: int | None = None
    reasoning: int | None = None
    audio_output: int | None = None
    image_output: int | None = None


class Tier(msgspec.Struct, frozen=True, gc=False):
    """Rates of a request whose input has more than `above` tokens. They apply to the *whole* request (Google, Anthropic and OpenAI price
    long-context requests so; the vendors' price pages, read 2026-11-24)."""

    above: int
    rates: Rates


class PriceCard(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The prices of one model. `rates` over `denominator` are pico-dollars a unit; so is `per_request`. `source` and `date` (ISO) say
    where the numbers are from and when they were read."""

    rates: Rates
    denominator: int = 1
    per_request: int = 0
    tiers: tuple[Tier, ...] = ()
    source: str = ""
    date: str = ""

    def _applicable(self, input_tokens: int) -> Rates:
        rates = self.rates
        for tier in self.tiers:
            if input_tokens > tier.above:
                rates = tier.rates
        return rates

    def cost(self, usage: Usage) -> Usd | None:
        """What the usage costs, rounded once, half up; None when a unit that was used has no price.

        >>> PriceCard.per_million(input=2, output=8).cost(Usage(input_tokens=1000, output_tokens=500))
        Usd('0.006')
        """
        rates = self._applicable(usage.input_tokens) if self.tiers else self.rates
        if (
            rates.input is not None
            and rates.output is not None
            and not (
                usage.cached_input_tokens
                or usage.reasoning_tokens
                or usage.cache_write_tokens
                or usage.cache_write_1h_tokens
                or usage.audio_input_tokens
                or usage.audio_output_tokens
                or usage.image_input_tokens
                or usage.image_output_tokens
            )
        ):
            total = usage.input_tokens * rates.input + usage.output_tokens * rates.output + self.per_request
        else:
            total = self.per_request
            for unit, quantity in _lines(usage):
                rate = _rate(rates, unit)
                if rate is None:
                    return None
                total += quantity * rate
        if self.denominator == 1:
            return Usd(total)
        return Usd((2 * total + self.denominator) // (2 * self.denominator))

    def charges(self, usage: Usage) -> tuple[Charge, ...]:
        """The billable lines. Each line is rounded for itself, for display; the attempt's cost is `cost`, rounded once."""
        rates = self._applicable(usage.input_tokens)
        lines = [Charge(unit, quantity, self._line(_rate(rates, unit), quantity)) for unit, quantity in _lines(usage)]
        if self.per_request:
            lines.append(Charge("request", 1, self._line(self.per_request, 1)))
        return tuple(lines)

    def _line(self, rate: int | None, quantity: int) -> int | None:
        if rate is None:
            return None
        return (2 * rate * quantity + self.denominator) // (2 * self.denominator)

    def _dearest(self, input_bound: int) -> tuple[int, int] | None:
        """The highest rate that an input token and an output token can be billed at, in any tier that `input_bound` tokens can reach."""
        reachable = [self.rates, *(tier.rates for tier in self.tiers if input_bound > tier.above)]
        dearest_input = dearest_output = 0
        for rates in reachable:
            if rates.input is None or rates.output is None:
                return None
            # A text request can be billed as fresh, cached, or written to a cache; its answer as text or reasoning.
            for unit in TEXT_INPUT:
                dearest_input = max(dearest_input, _rate(rates, unit) or 0)
            for unit in TEXT_OUTPUT:
                dearest_output = max(dearest_output, _rate(rates, unit) or 0)
        return dearest_input, dearest_output

    def bound(self, input_tokens: int, output_tokens: int) -> Usd | None:
        """The most that a text request within these counts can cost, rounded up; None when it cannot be bounded."""
        dearest = self._dearest(input_tokens)
        if dearest is None:
            return None
        total = input_tokens * dearest[0] + output_tokens * dearest[1] + self.per_request
        return Usd(-(-total // self.denominator))

    def largest_output_within(self, budget: Usd, input_tokens: int) -> int | None:
        """The most output tokens whose `bound` fits into `budget`; None when not even none fits, or nothing can be bounded.

        Where output is free the answer is `FREE_OUTPUT`.
        """
        dearest = self._dearest(input_tokens)
        if dearest is None:
            return None
        left = budget.pico * self.denominator - input_tokens * dearest[0] - self.per_request
        if left < 0:
            return None
        return left // dearest[1] if dearest[1] else FREE_OUTPUT

    @classmethod
    def per_million(
        cls,
        *,
        input: Price | None = None,  # noqa: A002 - the word of the field
        output: Price | None = None,
        source: str = "",
        date: str = "",
        request: Price = 0,
        field: str = "price",
        **others: Price | None,
    ) -> PriceCard:
        """A card from US dollars for a million units, by the names of `Rates`; `request` is US dollars for one request.

        Raises `InvalidRequest` naming the field for what is no price, and `LocalProtocolError`-like for unknown names.
        """
        given = {"input": input, "output": output, **others}
        unknown = [name for name in given if name not in Rates.__struct_fields__]
        if unknown:
            raise InvalidRequest(f"{field}.{unknown[0]}", f"is not a priced unit; known are {', '.join(Rates.__struct_fields__)}")
        per_unit = {
            name: exact(price, f"{field}.{name}") * PICO / 1_000_000 for name, price in given.items() if price is not None
        }
        per_request = exact(request, f"{field}.request") * PICO
        denominator = lcm(per_request.denominator, *(rate.denominator for rate in per_unit.values()))
        rates = Rates(**{name: int(rate * denominator) for name, rate in per_unit.items()})
        return cls(
            rates=rates, denominator=denominator, per_request=int(per_request * denominator), source=source, date=date
        )


FREE_OUTPUT = 1 << 40
"""Output tokens that fit when output costs nothing: more than any model can say."""

TEXT_INPUT: tuple[Unit, ...] = ("input_token", "cached_input_token", "cache_write_5m_token", "cache_write_1h_token")
TEXT_OUTPUT: tuple[Unit, ...] = ("output_token", "reasoning_token")

_FIELDS: dict[Unit, str] = {
    "input_token": "input",
    "cached_input_token": "cached_input",
    "cache_write_5m_token": "cache_write_5m",
    "cache_write_1h_token": "cache_write_1h",
    "audio_input_token": "audio_input",
    "cached_audio_input_token": "cached_audio_input",
    "image_input_token": "image_input",
    "output_token": "output",
    "reasoning_token": "reasoning",
    "audio_output_token": "audio_output",
    "image_output_token": "image_output",
}


def _rate(rates: Rates, unit: Unit) -> int | None:
    """The rate of a unit: its own, or that of what it is billed as."""
    rate: int | None = getattr(rates, _FIELDS[unit])
    while rate is None and unit in FALLS_BACK:
        unit = FALLS_BACK[unit]
        rate = getattr(rates, _FIELDS[unit])
    return rate


def _split(total: int, parts: Mapping[Unit, int], rest: Unit) -> list[tuple[Unit, int]]:
    """Lines for one side: each part, cut to what is left of the total, then the rest."""
    lines: list[tuple[Unit, int]] = []
    left = total
    for unit, quantity in parts.items():
        billed = min(quantity, left)
        if billed > 0:
            lines.append((unit, billed))
            left -= billed
    if left:
        lines.append((rest, left))
    return lines


def _lines(usage: Usage) -> list[tuple[Unit, int]]:
    """The units of a usage, each token once."""
    return _split(
        usage.input_tokens,
        {
            "cached_input_token": usage.cached_input_tokens,
            "cache_write_1h_token": usage.cache_write_1h_tokens,
            "cache_write_5m_token": usage.cache_write_tokens,
            "audio_input_token": usage.audio_input_tokens,
            "image_input_token": usage.image_input_tokens,
        },
        "input_token",
    ) + _split(
        usage.output_tokens,
        {
            "reasoning_token": usage.reasoning_tokens,
            "audio_output_token": usage.audio_output_tokens,
            "image_output_token": usage.image_output_tokens,
        },
        "output_token",
    )
