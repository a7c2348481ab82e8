"""`Rates`: what each unit costs; `billed`: which units a usage is billed as, each token once.

Two rules of law 5 live here:

* **Fallbacks** (`FALLS_BACK`): a cached, cache-write, reasoning or image token that a price list does not name is an ordinary token of its
  side; that is how vendors bill it (OpenAI, Anthropic and Google price pages, read 2026-11-24). Audio is never billed as text, whose
  price is a tenth of it: without an audio price the cost is unknown. Cached audio without its own price is billed as audio.
* **Contradictions**: parts larger than their whole are cut to fit, since the total is what vendors bill: cached tokens first, then cache
  writes, audio, images; reasoning, audio, images on the other side. Audio that does not fit beside cached tokens is cached audio.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from muxer_core.values.errors import InvalidRequest
from muxer_core.values.usage import Unit, Usage

FALLS_BACK: dict[Unit, Unit] = {
    "cached_input_token": "input_token",
    "cache_write_5m_token": "input_token",
    "cache_write_1h_token": "cache_write_5m_token",
    "cached_audio_input_token": "audio_input_token",
    "image_input_token": "input_token",
    "reasoning_token": "output_token",
    "image_output_token": "output_token",
}
"""What a unit without a price of its own is billed as."""

Fees = tuple[tuple[Unit, int], ...]
"""Billed counts that are no tokens and so are not in `Usage`: searches and tool calls of the provider."""

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
    "search": "search",
    "tool_call": "tool_call",
}


class Rates(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Numerators over the card's denominator, in pico-dollars a unit; None where the list names no price (see `FALLS_BACK`)."""

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
    search: int | None = None
    tool_call: int | None = None

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            rate: int | None = getattr(self, name)
            if rate is not None and rate < 0:
                raise InvalidRequest(f"price.{name}", f"must not be negative, got {rate}")

    def of(self, unit: Unit) -> int | None:
        """The rate of a unit: its own, or that of what it is billed as; None when neither is known."""
        rate: int | None = getattr(self, _FIELDS[unit])
        while rate is None and unit in FALLS_BACK:
            unit = FALLS_BACK[unit]
            rate = getattr(self, _FIELDS[unit])
        return rate

    def dearest(self) -> tuple[int | None, int | None]:
        """The most that one token of a text request, and one token of its answer, can cost.

        The request's can be fresh, cached or written to a cache; the answer's text, reasoning, or an image where the list prices those.
        """
        if self.input is None:
            return None, None
        incoming = max(self.input, self.cached_input or 0, self.cache_write_5m or 0, self.cache_write_1h or 0)
        if self.output is None:
            return incoming, None
        return incoming, max(self.output, self.reasoning or 0, self.image_output or 0)


class Tier(msgspec.Struct, frozen=True, gc=False):
    """Rates for the whole of a request whose input has more than `above` tokens."""

    above: int
    rates: Rates


def reached(rates: Rates, tiers: tuple[Tier, ...], input_tokens: int) -> Rates:
    """The rates of a request of this length: those of the highest tier that it passes."""
    for tier in tiers:
        if input_tokens > tier.above:
            rates = tier.rates
    return rates


def _tokens(usage: Usage) -> Iterator[tuple[Unit, int]]:
    """The units of a usage, each token once: the parts, cut to fit as the rules say, and what is left of each side."""
    left = usage.input_tokens
    cached = min(usage.cached_input_tokens, left)
    left -= cached
    written = min(usage.cache_write_tokens, left)
    left -= written
    written_1h = min(usage.cache_write_1h_tokens, written)
    audio = min(usage.audio_input_tokens, left)
    left -= audio
    cached_audio = min(usage.audio_input_tokens - audio, cached)
    image = min(usage.image_input_tokens, left)
    yield "cached_input_token", cached - cached_audio
    yield "cached_audio_input_token", cached_audio
    yield "cache_write_5m_token", written - written_1h
    yield "cache_write_1h_token", written_1h
    yield "audio_input_token", audio
    yield "image_input_token", image
    yield "input_token", left - image
    left = usage.output_tokens
    reasoning = min(usage.reasoning_tokens, left)
    left -= reasoning
    audio = min(usage.audio_output_tokens, left)
    left -= audio
    image = min(usage.image_output_tokens, left)
    yield "reasoning_token", reasoning
    yield "audio_output_token", audio
    yield "image_output_token", image
    yield "output_token", left - image


def billed(rates: Rates, usage: Usage, fees: Fees) -> list[tuple[Unit, int, int | None]]:
    """Each unit that was used, with its quantity and rate."""
    return [(unit, quantity, rates.of(unit)) for unit, quantity in (*_tokens(usage), *fees) if quantity]
