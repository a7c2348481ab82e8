"""Counts (`Usage`) and billable lines (`Charge`): what was used, and what was billed for it.

Rules that hold here:

* Counts are cumulative totals for one attempt, never increments.
* Cached, cache-write, reasoning, audio and image counts lie *inside* `input_tokens` or `output_tokens`. A dialect whose vendor counts
  them outside (Anthropic, xAI chat, Gemini) adds them in when it decodes.
* `exact` says that the provider reported the numbers; an estimate of ours says `exact=False`.
* Usage and charges are apart because vendors bill other units than they count (Cohere's billed units, searches, audio seconds).
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Unit = Literal[
    "input_token",
    "cached_input_token",
    "cache_write_5m_token",
    "cache_write_1h_token",
    "audio_input_token",
    "cached_audio_input_token",
    "image_input_token",
    "output_token",
    "reasoning_token",
    "audio_output_token",
    "image_output_token",
    "request",
    "search",
    "tool_call",
]
"""What a price is a price *of*. Token units exclude each other: a cached input token is not also an input token on the bill."""


class Usage(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Token counts of one attempt, all cumulative, all at least zero.

    `input_tokens` and `output_tokens` are totals; the other counts are parts of them. `total_tokens` is what the provider said, kept as
    evidence, or None. `service_tier` is the tier that the provider says it served (it can change the price).
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    reasoning_tokens: int = 0
    audio_input_tokens: int = 0
    audio_output_tokens: int = 0
    image_input_tokens: int = 0
    image_output_tokens: int = 0
    total_tokens: int | None = None
    service_tier: str | None = None
    exact: bool = True


class Charge(msgspec.Struct, frozen=True, gc=False):
    """One billable line: `quantity` of `unit`, costing `pico_usd` (10^-12 US dollars), before the attempt's one rounding.

    `pico_usd` is None when the unit has no known price: an unknown price is never zero.
    """

    unit: Unit
    quantity: int
    pico_usd: int | None


class ReportedCost(msgspec.Struct, frozen=True, gc=False):
    """A cost that the provider or a proxy reported, kept beside ours. `source` names the header or field it came from."""

    pico_usd: int
    source: str


JsonValue = Any
"""A decoded JSON value. `Any`, because a recursive alias costs every reader more than it tells."""
