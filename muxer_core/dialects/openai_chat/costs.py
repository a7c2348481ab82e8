"""Costs that servers report themselves, brought to exact pico-dollars. They are kept beside ours (law 5) and never replace counts.

| where | who | unit |
| --- | --- | --- |
| `usage.cost` | OpenRouter, Vercel gateway | US dollars |
| `usage.cost.total_cost` | Perplexity | US dollars |
| `usage.cost_in_usd_ticks` | xAI | 10^-10 US dollars (docs.x.ai/developers/cost-tracking, November 2026) |
| `cost.usd` beside `usage` | Venice | US dollars |
| header `x-litellm-response-cost` | LiteLLM's proxy | US dollars; only of whole replies, since a stream's head precedes its cost |

A cost is read from its own digits in the server's text, never through binary floating point. One that is negative, no number, or above
`MAX_COST_DOLLARS` is not used, with a warning.
"""

from __future__ import annotations

from typing import Any

import msgspec

from muxer_core.dialects.json_text import is_object
from muxer_core.values.usage import ReportedCost

LITELLM_COST_HEADER = "x-litellm-response-cost"

MAX_COST_DOLLARS = 10**6
"""The largest believable cost of one attempt, in US dollars."""

PICO_PER_DOLLAR = 10**12
PICO_PER_XAI_TICK = 100

_MAX_PICO = MAX_COST_DOLLARS * PICO_PER_DOLLAR

RawJson = bytes | msgspec.Raw


def costs_of_usage(fields: dict[str, Any], raw: RawJson | None) -> tuple[tuple[ReportedCost, ...], str | None]:
    """The costs that a usage object names, and a warning for one that was not used. `raw` is the object's text, where there is one."""
    costs: list[ReportedCost | str] = []
    cost = fields.get("cost")
    if is_object(cost):
        costs.append(_dollars(cost.get("total_cost"), raw, "cost", "total_cost", source="usage.cost.total_cost"))
    elif cost is not None:
        costs.append(_dollars(cost, raw, "cost", source="usage.cost"))
    ticks = fields.get("cost_in_usd_ticks")
    if ticks is not None:
        believable = type(ticks) is int and 0 <= ticks * PICO_PER_XAI_TICK <= _MAX_PICO
        source = "usage.cost_in_usd_ticks"
        costs.append(ReportedCost(ticks * PICO_PER_XAI_TICK, source) if believable else _not_used(source))
    warnings = "; ".join(cost for cost in costs if isinstance(cost, str))
    return tuple(cost for cost in costs if isinstance(cost, ReportedCost)), warnings or None


def cost_beside_usage(value: Any, raw: RawJson | None) -> ReportedCost | None:
    """The cost that stands beside `usage`, as Venice's does; None when this is no such cost."""
    cost = _dollars(value.get("usd"), raw, "usd", source="cost.usd") if is_object(value) else None
    return cost if isinstance(cost, ReportedCost) else None


def cost_from_text(text: str, source: str) -> ReportedCost | None:
    """A cost in US dollars written as a decimal number, rounded half up to 10^-12 dollars; None if it is no believable cost.

    >>> cost_from_text("0.0004970133333333333", "usage.cost")
    ReportedCost(pico_usd=497013333, source='usage.cost')
    >>> cost_from_text("1.5e-7", "usage.cost").pico_usd
    150000
    """
    mantissa, _, exponent_text = text.strip().lower().partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = whole + fraction
    unsigned = exponent_text.removeprefix("-").removeprefix("+")
    if (
        len(digits) > 400
        or not _all_digits(digits)
        or (exponent_text and not (_all_digits(unsigned) and len(unsigned) <= 3))
    ):
        return None
    exponent = int(unsigned or 0) * (-1 if exponent_text.startswith("-") else 1)
    shift = exponent - len(fraction) + 12
    number = int(digits)
    pico = number * 10**shift if shift >= 0 else (2 * number + 10**-shift) // (2 * 10**-shift)
    return ReportedCost(pico, source) if pico <= _MAX_PICO else None


def _all_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _dollars(value: Any, raw: RawJson | None, *path: str, source: str) -> ReportedCost | str:
    cost = cost_from_text(_digits(value, raw, path), source)
    return _not_used(source) if cost is None else cost


def _not_used(source: str) -> str:
    return f"{source} was not used: it is no believable cost"


def _digits(value: Any, raw: RawJson | None, path: tuple[str, ...]) -> str:
    """A number as it was written; without its text, the shortest decimal that means the same number."""
    if raw is None or isinstance(value, str):
        return str(value)
    try:
        for name in path:
            raw = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])[name]
    except (msgspec.MsgspecError, UnicodeError, KeyError):
        return str(value)
    return bytes(raw).decode("ascii", "replace")
