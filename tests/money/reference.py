"""The rules of `muxer_core.money` once more, in the slowest and plainest words: fractions, intervals, and no shared code.

Tokens of one side lie in a row: cached first, then written, audio, images. What reaches past the total does not exist.
"""

from __future__ import annotations

from fractions import Fraction

from muxer_core.money import Fees, Period, PriceCard, Rates, Tier
from muxer_core.values.usage import Usage

CHAINS: dict[str, tuple[str, ...]] = {
    "cached_input_token": ("cached_input", "input"),
    "cached_audio_input_token": ("cached_audio_input", "audio_input"),
    "cache_write_5m_token": ("cache_write_5m", "input"),
    "cache_write_1h_token": ("cache_write_1h", "cache_write_5m", "input"),
    "audio_input_token": ("audio_input",),
    "image_input_token": ("image_input", "input"),
    "input_token": ("input",),
    "reasoning_token": ("reasoning", "output"),
    "audio_output_token": ("audio_output",),
    "image_output_token": ("image_output", "output"),
    "output_token": ("output",),
    "search": ("search",),
    "tool_call": ("tool_call",),
}
ORDINARY = (None, "default", "standard", "standard_only", "auto", "on_demand")


def in_row(total: int, *lengths: int) -> list[int]:
    """How much of each length lies below `total`, when they are laid end to end; and what is left."""
    found: list[int] = []
    position = 0
    for length in lengths:
        found.append(max(0, min(position + length, total) - min(position, total)))
        position += length
    return [*found, max(0, total - position)]


def units(usage: Usage) -> dict[str, int]:
    cached, written, audio, image, fresh = in_row(
        usage.input_tokens,
        usage.cached_input_tokens,
        usage.cache_write_tokens,
        usage.audio_input_tokens,
        usage.image_input_tokens,
    )
    hidden_audio = min(cached, usage.audio_input_tokens - audio)
    for_an_hour = min(written, usage.cache_write_1h_tokens)
    reasoning, spoken, painted, plain = in_row(
        usage.output_tokens, usage.reasoning_tokens, usage.audio_output_tokens, usage.image_output_tokens
    )
    return {
        "cached_input_token": cached - hidden_audio,
        "cached_audio_input_token": hidden_audio,
        "cache_write_5m_token": written - for_an_hour,
        "cache_write_1h_token": for_an_hour,
        "audio_input_token": audio,
        "image_input_token": image,
        "input_token": fresh,
        "reasoning_token": reasoning,
        "audio_output_token": spoken,
        "image_output_token": painted,
        "output_token": plain,
    }


def reached(base: Rates, tiers: tuple[Tier, ...], input_tokens: int) -> Rates:
    passed = [tier for tier in tiers if tier.above < input_tokens]
    return max(passed, key=lambda tier: tier.above).rates if passed else base


def applicable(card: PriceCard, usage: Usage) -> Rates | None:
    listed = {tier.name: tier for tier in card.service_tiers}
    if usage.service_tier in listed:
        tier = listed[usage.service_tier or ""]
        return reached(tier.rates, tier.tiers, usage.input_tokens)
    if usage.service_tier in ORDINARY:
        return reached(card.rates, card.tiers, usage.input_tokens)
    return None


def price_of(rates: Rates, unit: str, denominator: int) -> Fraction | None:
    named = [getattr(rates, name) for name in CHAINS[unit] if getattr(rates, name) is not None]
    return Fraction(named[0], denominator) if named else None


def exact_cost(card: PriceCard, usage: Usage, fees: Fees = ()) -> Fraction | None:
    """Pico-dollars, not rounded."""
    rates = applicable(card, usage)
    if rates is None:
        return None
    total = Fraction(card.per_request, card.denominator)
    for unit, quantity in [*units(usage).items(), *fees]:
        if quantity:
            price = price_of(rates, unit, card.denominator)
            if price is None:
                return None
            total += price * quantity
    return total


def half_up(amount: Fraction) -> int:
    return (amount + Fraction(1, 2)).__floor__()


def in_force(periods: tuple[Period, ...], wall: float) -> Period | None:
    """The last that holds, found by asking each for every hour of the day."""
    hour = int(wall // 3600) % 24
    found = None
    for period in periods:
        start, end = period.start // 3600, period.end // 3600
        hours = range(start, end) if start <= end else [*range(start, 24), *range(end)]
        if wall >= period.since and hour in hours:
            found = period
    return found
