"""What Bedrock reports as used, brought to our terms (`values.usage`): totals, with cached and written tokens inside them.

| rule | when | what |
| --- | --- | --- |
| `cache_outside` | always, but for the next row | input = `inputTokens` + `cacheReadInputTokens` + `cacheWriteInputTokens` |
| `cache_inside` | `totalTokens` = `inputTokens` + `outputTokens`, cache counts not above `inputTokens` | input = `inputTokens` |
| `one_hour` | `cacheDetails` has an entry with ttl `1h` | that many of the written tokens are kept for an hour |
| `partial` | `inputTokens` or `outputTokens` is missing | the other is kept, `exact=False` |
| `refused` | a count is negative, no whole number, or above `MAX_COUNT` | not used, with a warning |

In all recordings with cache counts the total is the sum of all four (`cache_outside`). `cacheReadInputTokenCount` and
`cacheWriteInputTokenCount` say the same again, and are used where the plain names are missing. One report comes at the end of a reply.
Source: docs.aws.amazon.com, API reference of Bedrock Runtime, `TokenUsage` and `CacheDetail`, November 2026.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from muxer_core.dialects.json_events import is_count
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.values.usage import Usage

_COUNTS = ("inputTokens", "outputTokens", "totalTokens", "cacheReadInputTokens", "cacheWriteInputTokens")
_AGAIN = {"cacheReadInputTokens": "cacheReadInputTokenCount", "cacheWriteInputTokens": "cacheWriteInputTokenCount"}
_READ = frozenset({*_COUNTS, *_AGAIN.values(), "cacheDetails"})


class UsageReading(NamedTuple):
    """What one `usage` object says: counts, or None when none can be used; fields that are not ours; what was wrong, in words."""

    usage: Usage | None
    extras: dict[str, Any]
    warning: str | None = None


def read_usage(fields: dict[str, Any], service_tier: str | None) -> UsageReading:
    """Read a `usage` object. Never raises.

    >>> read_usage(
    ...     {"inputTokens": 3, "outputTokens": 61, "totalTokens": 74, "cacheReadInputTokens": 10}, None
    ... ).usage.input_tokens
    13
    """
    extras = {name: value for name, value in fields.items() if name not in _READ and value not in (None, {}, [])}
    counts = {name: fields.get(name, fields.get(_AGAIN.get(name, name))) for name in _COUNTS}
    for name, count in counts.items():
        if count is not None and not is_count(count):
            return UsageReading(None, extras, f"usage was not used: {name} is no count")
    sent, said = counts["inputTokens"], counts["outputTokens"]
    if sent is None and said is None:
        return UsageReading(None, extras, "usage was not used: it holds no counts")
    total, cached, written = (
        counts["totalTokens"],
        counts["cacheReadInputTokens"] or 0,
        counts["cacheWriteInputTokens"] or 0,
    )
    exact = sent is not None and said is not None
    sent, said = sent or 0, said or 0
    inside = cached + written <= sent and total == sent + said
    usage = Usage(
        input_tokens=sent if inside else sent + cached + written,
        output_tokens=said,
        cached_input_tokens=cached,
        cache_write_tokens=written,
        cache_write_1h_tokens=min(written, _one_hour(fields.get("cacheDetails"))),
        total_tokens=total,
        service_tier=service_tier,
        exact=exact,
    )
    return UsageReading(usage, extras)


def _one_hour(details: Any) -> int:
    counts = (
        [one.get("inputTokens") for one in details if is_object(one) and one.get("ttl") == "1h"]
        if is_list(details)
        else []
    )
    return sum(count for count in counts if is_count(count))
