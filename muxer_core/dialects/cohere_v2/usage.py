"""What Cohere reports as used and as billed, brought to our terms (`values.usage`). One report comes at the end.

| rule | when | what |
| --- | --- | --- |
| `tokens` | `tokens` is there | input and output as processed; `cached_tokens` lies *inside* the input |
| `billed` | `billed_units` has other token counts | `UsageReported.billed`: the prompt that Cohere puts around a request is not billed |
| `search` | `billed_units.search_units` is there | a fee of so many searches |
| `billed_only` | `tokens` is missing | the billed counts are taken as used, `exact=False` |
| `partial` | one count is missing | the other is kept, `exact=False` |
| `part_clipped` | cached is larger than the input | the part is cut, with a warning |
| `refused` | a count is negative, fractional, no number, or above `MAX_COUNT` | not used, with a warning |

Counts may be written as `12.0`. `classifications` and unknown fields are extras.
Source: docs.cohere.com, "Chat with streaming", `usage`; cohere 7.3.1, `types/usage.py`; November 2026.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from muxer_core.dialects.json_events import is_count
from muxer_core.dialects.json_text import is_object
from muxer_core.values.items import UsageReported
from muxer_core.values.usage import Unit, Usage


class UsageReading(NamedTuple):
    """What one `usage` object says; `warning` is what was wrong with it, in words."""

    reported: UsageReported | None
    extras: dict[str, Any]
    warning: str | None = None


class _NoCount(Exception):
    """A field that is no count, by its name."""


def read_usage(fields: dict[str, Any]) -> UsageReading:
    """Read a `usage` object. Never raises.

    >>> told = {
    ...     "tokens": {"input_tokens": 212, "output_tokens": 9},
    ...     "billed_units": {"input_tokens": 12, "output_tokens": 9},
    ... }
    >>> read_usage(told).reported.usage.input_tokens, read_usage(told).reported.billed.input_tokens
    (212, 12)
    """
    tokens, units = _object(fields, "tokens"), _object(fields, "billed_units")
    extras = {
        name: one
        for name, one in fields.items()
        if name not in ("tokens", "billed_units", "cached_tokens") and one is not None
    }
    beyond = {
        name: one
        for name, one in units.items()
        if name not in ("input_tokens", "output_tokens", "search_units") and one
    }
    if beyond:
        extras["billed_units"] = beyond
    try:
        used, billed = _counts(tokens), _counts(units)
        cached, searches = _count(fields, "cached_tokens") or 0, _count(units, "search_units")
    except _NoCount as name:
        return UsageReading(None, extras, f"usage was not used: {name} is no count")
    fees: tuple[tuple[Unit, int], ...] = (("search", searches),) if searches else ()
    if used is None and billed is None and not fees:
        return UsageReading(None, extras, "usage was not used: it holds no counts")
    known = used or billed or Usage(exact=False)
    usage = Usage(
        input_tokens=known.input_tokens,
        output_tokens=known.output_tokens,
        cached_input_tokens=min(cached, known.input_tokens),
        exact=known.exact and used is not None,
    )
    differs = billed is not None and (billed.input_tokens, billed.output_tokens) != (
        usage.input_tokens,
        usage.output_tokens,
    )
    warning = "usage.cached_tokens was cut: it is more than the input" if cached > usage.input_tokens else None
    return UsageReading(UsageReported(usage, billed if differs else None, fees), extras, warning)


def _object(fields: dict[str, Any], name: str) -> dict[str, Any]:
    value = fields.get(name)
    return value if is_object(value) else {}


def _counts(fields: dict[str, Any]) -> Usage | None:
    sent, said = _count(fields, "input_tokens"), _count(fields, "output_tokens")
    if sent is None and said is None:
        return None
    return Usage(input_tokens=sent or 0, output_tokens=said or 0, exact=sent is not None and said is not None)


def _count(fields: dict[str, Any], name: str) -> int | None:
    count = fields.get(name)
    if isinstance(count, float) and count.is_integer():
        count = int(count)
    if count is not None and not is_count(count):
        raise _NoCount(name)
    return count
