"""`PriceCard`: the prices of one model, what a usage costs by them, and the most that a request can cost.

A card's rates are integer numerators over one denominator, in pico-dollars (10^-12 US dollars) a unit, since a few real prices are no
whole number of pico-dollars a token. An attempt is rounded once, half up; a bound is rounded up. Rules of law 5 (more in `rates`):

* **Tiers**: a long request pays the tier's rates for *all* its tokens, not only for those above the threshold (Google, Anthropic and OpenAI
  price pages, read 2026-11-24; genai-prices does the same).
* **Service tiers**: usage that names one is billed at that tier's rates. The names in `STANDARD` mean the ordinary rates where the card
  does not list them; any other tier that the card does not list has no known price.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise

import msgspec

from muxer_core.money.rates import Fees, Rates, Tier, billed, reached
from muxer_core.money.reading import Price, read_prices
from muxer_core.money.schedule import STANDARD, Period, ServiceTier
from muxer_core.values.amount import PICO, Usd
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.usage import Charge, Usage

FREE_OUTPUT = 1 << 40
"""Output tokens that fit when output costs nothing: more than any model can say."""


class PriceCard(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """The prices of one model, in US dollars. `rates` over `denominator` are pico-dollars a unit; so is `per_request`.

    `tiers` ascend. `periods` are prices by date or hour, of which the last that holds is in force (`at`); a card that nobody asked for a
    time speaks of the dearest hour. `source` and `date` (ISO) say where the numbers are from and when they were read.
    """

    rates: Rates
    denominator: int = 1
    per_request: int = 0
    tiers: tuple[Tier, ...] = ()
    service_tiers: tuple[ServiceTier, ...] = ()
    periods: tuple[Period, ...] = ()
    source: str = ""
    date: str = ""

    def __post_init__(self) -> None:
        if self.denominator < 1:
            raise InvalidRequest("price.denominator", f"must be at least 1, got {self.denominator}")
        if self.per_request < 0:
            raise InvalidRequest("price.request", f"must not be negative, got {self.per_request}")
        schedules: list[PriceCard | Period | ServiceTier] = [self, *self.service_tiers, *self.periods]
        for schedule in schedules:
            if any(lower.above >= upper.above for lower, upper in pairwise(schedule.tiers)):
                raise InvalidRequest("price.tiers", "must ascend by the input length above which they hold")

    # ------------------------------------------------------------------------------------------------------------------- which rates

    def at(self, wall: float) -> PriceCard:
        """The card as it stands at `wall` (seconds since 1970, UTC)."""
        for period in reversed(self.periods):
            if period.holds(wall):
                return msgspec.structs.replace(
                    self, rates=period.rates, tiers=period.tiers, service_tiers=period.service_tiers, periods=()
                )
        return self

    def _applicable(self, usage: Usage) -> Rates | None:
        """The rates of this usage; None when its service tier has no known price."""
        name = usage.service_tier
        if name is not None:
            for tier in self.service_tiers:
                if tier.name == name:
                    return reached(tier.rates, tier.tiers, usage.input_tokens)
            if name not in STANDARD:
                return None
        return reached(self.rates, self.tiers, usage.input_tokens)

    # -------------------------------------------------------------------------------------------------------------------- what it cost

    def cost(self, usage: Usage, fees: Fees = ()) -> Usd | None:
        """What the usage costs, rounded once, half up; None when a unit that was used has no known price.

        >>> PriceCard.per_million(input=2, output=8).cost(Usage(input_tokens=1000, output_tokens=500))
        Usd('0.006')
        """
        rates = self.rates if usage.service_tier is None and not self.tiers else self._applicable(usage)
        if rates is None:
            return None
        incoming, outgoing = rates.input, rates.output
        cached, written, reasoning = usage.cached_input_tokens, usage.cache_write_tokens, usage.reasoning_tokens
        if (
            fees
            or incoming is None
            or outgoing is None
            or cached + written > usage.input_tokens
            or reasoning > usage.output_tokens
            or usage.cache_write_1h_tokens > written
            or usage.audio_input_tokens
            or usage.audio_output_tokens
            or usage.image_input_tokens
            or usage.image_output_tokens
        ):
            lines = billed(rates, usage, fees)
            total = self.per_request
            for _, quantity, rate in lines:
                if rate is None:
                    return None
                total += quantity * rate
        else:
            # The same sum without making its lines: nearly every attempt goes this way, and a test holds the two equal.
            total = usage.input_tokens * incoming + usage.output_tokens * outgoing + self.per_request
            if cached and rates.cached_input is not None:
                total += cached * (rates.cached_input - incoming)
            if written:
                for_minutes = incoming if rates.cache_write_5m is None else rates.cache_write_5m
                for_an_hour = for_minutes if rates.cache_write_1h is None else rates.cache_write_1h
                total += written * (for_minutes - incoming) + usage.cache_write_1h_tokens * (for_an_hour - for_minutes)
            if reasoning and rates.reasoning is not None:
                total += reasoning * (rates.reasoning - outgoing)
        return Usd(total if self.denominator == 1 else self._rounded(total))

    def charges(self, usage: Usage, fees: Fees = ()) -> tuple[Charge, ...]:
        """The billable lines. Where every price is known they add up to `cost` exactly: each is rounded so that all lines up to and with it
        are the rounded sum of their exact amounts, and so is off by less than a pico-dollar.
        """
        rates = self._applicable(usage) or Rates()
        priced = billed(rates, usage, fees)
        if self.per_request:
            priced.append(("request", 1, self.per_request))
        total = booked = 0
        lines: list[Charge] = []
        for unit, quantity, rate in priced:
            amount = None
            if rate is not None:
                total += quantity * rate
                amount = self._rounded(total) - booked
                booked += amount
            lines.append(Charge(unit, quantity, amount))
        return tuple(lines)

    def _rounded(self, numerator: int) -> int:
        return (2 * numerator + self.denominator) // (2 * self.denominator)

    # ------------------------------------------------------------------------------------------------------------- what it can cost

    def _dearest(self, input_tokens: int, service_tier: str | None) -> tuple[int | None, int | None]:
        """The highest rates that an input token and an output token can be billed at; None where a price in reach is unknown."""
        holders: list[PriceCard | Period] = [self, *self.periods]
        # What is asked for may be answered at the standard tier, which a card may list by one of its names.
        served = None if service_tier is None else STANDARD | {service_tier}
        named = [tier for holder in holders for tier in holder.service_tiers if served is None or tier.name in served]
        if service_tier is not None and service_tier not in STANDARD and all(t.name != service_tier for t in named):
            return None, None
        incoming = outgoing = 0
        output_known = True
        for schedule in (*holders, *named):
            for rates in (schedule.rates, *(tier.rates for tier in schedule.tiers if input_tokens > tier.above)):
                dearest_in, dearest_out = rates.dearest()
                if dearest_in is None:
                    return None, None
                incoming = max(incoming, dearest_in)
                if dearest_out is None:
                    output_known = False
                else:
                    outgoing = max(outgoing, dearest_out)
        return incoming, outgoing if output_known else None

    def bound(self, input_tokens: int, output_tokens: int, *, service_tier: str | None = None) -> Usd | None:
        """The most that a text request within these counts can cost at any hour, rounded up; None when it cannot be bounded.

        `service_tier` is what the request asks for: it is served at that tier or at the standard one. None: it asks for nothing, the
        account's own setting decides, and the dearest tier counts. Audio, images in the request, and fees are not in it.
        """
        incoming, outgoing = self._dearest(input_tokens, service_tier)
        if incoming is None or (outgoing is None and output_tokens):
            return None
        total = input_tokens * incoming + output_tokens * (outgoing or 0) + self.per_request
        return Usd(-(-total // self.denominator))

    def largest_output_within(self, budget: Usd, input_tokens: int, *, service_tier: str | None = None) -> int | None:
        """The most output tokens whose `bound` fits into `budget`; None when not even none fits, or nothing can be bounded.

        Where output is free the answer is `FREE_OUTPUT`.
        """
        incoming, outgoing = self._dearest(input_tokens, service_tier)
        if incoming is None or outgoing is None:
            return None
        left = budget.pico * self.denominator - input_tokens * incoming - self.per_request
        if left < 0:
            return None
        return left // outgoing if outgoing else FREE_OUTPUT

    def dollars(self, rate: int, units: int) -> Fraction:
        """A rate of this card in US dollars for `units` of what it prices, exact: the form in which price lists speak.

        >>> PriceCard.per_million(input="2.5").dollars(2_500_000, 1000)
        Fraction(1, 400)
        """
        return Fraction(units * rate, self.denominator * PICO)

    # ------------------------------------------------------------------------------------------------------------------- how it is made

    @classmethod
    def per_million(
        cls,
        *,
        input: Price | None = None,
        output: Price | None = None,
        request: Price = 0,
        tiers: Mapping[int, Mapping[str, Price]] | None = None,
        currency: str = "USD",
        source: str = "",
        date: str = "",
        field: str = "price",
        **others: Price | None,
    ) -> PriceCard:
        """A card from US dollars for a million units, by the names of `Rates` (searches and tool calls, too, are for a million).

        `request` is US dollars for one request. `tiers` gives, for each input length above which it holds, the prices that differ
        there. Raises `InvalidRequest` naming the field for what is no price, no priced unit, or another currency.

        >>> PriceCard.per_million(input="1.25", output=10, tiers={200_000: {"input": "2.5", "output": 15}}).tiers[
        ...     0
        ... ].rates.output
        15000000
        """
        rates, tiers_read, denominator, per_request = read_prices(
            1_000_000, {"input": input, "output": output, **others}, request, tiers or {}, currency, field
        )
        return cls(
            rates=rates, tiers=tiers_read, denominator=denominator, per_request=per_request, source=source, date=date
        )

    @classmethod
    def per_thousand(
        cls,
        *,
        input: Price | None = None,
        output: Price | None = None,
        source: str = "",
        date: str = "",
        field: str = "price",
    ) -> PriceCard:
        """A card from US dollars for a thousand tokens. Raises as `per_million` does.

        >>> PriceCard.per_thousand(input=0.03, output=0.06).cost(Usage(input_tokens=1000, output_tokens=500))
        Usd('0.06')
        """
        rates, _, denominator, _ = read_prices(1_000, {"input": input, "output": output}, 0, {}, "USD", field)
        return cls(rates=rates, denominator=denominator, source=source, date=date)
