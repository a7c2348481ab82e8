"""What the Messages API reports as used, brought to our terms.

| rule | what |
| --- | --- |
| cached input and cache writes lie outside | input = input_tokens + cache_read_input_tokens + cache_creation_input_tokens |
| `cache_creation_input_tokens` is all that was written | the split in `cache_creation` is a part of it, cut to fit where it does not |
| a total without its split (`message_delta`) | what was 1h stays 1h; where all that was told was 1h, all is |
| thinking lies inside `output_tokens` | `output_tokens_details.thinking_tokens` is a part of it |
| counts are cumulative | a field told later wins; one that is absent or null keeps its last value |
| `message_start` is not the last word | `exact=False` until `message_delta`, or `message_start` with a stop reason |
| `server_tool_use.web_search_requests` | the fee `search`; fetches are free ("Web fetch tool"), and stay an extra |
| `iterations` with `compaction` among them | billed = the sum of all but an advisor's; the totals leave compaction out |
| `iterations` of an advisor (`advisor_message`) | of another model, in no total, not billed by us; a warning tells the tokens |
| `speed` `fast` | told as the service tier `fast`, which has prices of its own ("Fast mode") |
| a count is negative, fractional, no number, or > `MAX_COUNT` | the report is not used, with a warning |
| `input_tokens` or `output_tokens` never told | the other is kept, `exact=False` |

Source: platform.claude.com, "Prompt caching", "Streaming messages", "Compaction", "Advisor tool", and the client's types, November 2026.
`iterations`, `inference_geo` and every field that is not known stay extras under `usage`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.values.usage import Unit, Usage

MAX_COUNT = 10**12
"""The largest believable token count of one attempt; a larger one is refused."""

_READ = frozenset({
    "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "cache_creation", "service_tier",
})  # fmt: skip
_SPLIT = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")


class UsageReading(NamedTuple):
    """What the reports so far say together: counts (None when there are none), what is billed beside them, unknown fields, a warning."""

    usage: Usage | None
    billed: Usage | None = None
    fees: tuple[tuple[Unit, int], ...] = ()
    extras: dict[str, Any] | None = None
    warning: str | None = None


class _Refused(Exception):
    """A count that cannot be one; the message says which and why."""


def read_usage(fields: dict[str, Any], *, final: bool = True) -> UsageReading:
    """Read the fields of all reports so far, later ones having replaced earlier ones. Never raises.

    >>> read_usage({"input_tokens": 3, "cache_read_input_tokens": 10, "output_tokens": 5}).usage.input_tokens
    13
    """
    extras = _beyond(fields)
    try:
        return _read(fields, extras, final=final)
    except _Refused as refused:
        return UsageReading(None, extras={**fields}, warning=f"the usage report was not used: {refused}")


def _read(fields: dict[str, Any], extras: dict[str, Any], *, final: bool) -> UsageReading:
    usage = _counts(fields)
    if usage is None:
        return UsageReading(None, extras=extras or None)
    told = fields.get("input_tokens") is not None and fields.get("output_tokens") is not None
    if not (final and told):
        usage = _replace(usage, exact=False)
    details = fields.get("output_tokens_details")
    thinking = _count(details, "thinking_tokens") if is_object(details) else 0
    warning = None
    if thinking > usage.output_tokens:
        warning = f"thinking_tokens ({thinking}) is more than output_tokens, and was cut"
    tier = _text(fields, "service_tier")
    if fields.get("speed") == "fast":
        tier = "fast"
    usage = _replace(usage, reasoning_tokens=min(thinking, usage.output_tokens), service_tier=tier)
    tools = fields.get("server_tool_use")
    searches = _count(tools, "web_search_requests") if is_object(tools) else 0
    billed, beside = _iterations(fields.get("iterations"), usage)
    warnings = [one for one in (warning, beside) if one is not None]
    return UsageReading(
        usage, billed, (("search", searches),) if searches else (), extras or None, "; ".join(warnings) or None
    )


def _counts(fields: dict[str, Any]) -> Usage | None:
    """The token counts of one report, or of one iteration."""
    if all(fields.get(name) is None for name in ("input_tokens", "output_tokens")):
        return None
    plain, said = _count(fields, "input_tokens"), _count(fields, "output_tokens")
    cached, written = _count(fields, "cache_read_input_tokens"), _count(fields, "cache_creation_input_tokens")
    split = fields.get("cache_creation")
    short, long = (_count(split, name) for name in _SPLIT) if is_object(split) else (0, 0)
    if fields.get("cache_creation_input_tokens") is None:
        written = short + long
    written_1h = written if long and not short else min(long, written)
    return Usage(
        input_tokens=plain + cached + written,
        output_tokens=said,
        cached_input_tokens=cached,
        cache_write_tokens=written,
        cache_write_1h_tokens=written_1h,
    )


def _iterations(value: Any, usage: Usage) -> tuple[Usage | None, str | None]:
    """What all samplings of the request are billed, where the totals leave some out, and a warning for those of another model."""
    entries = [entry for entry in value if is_object(entry)] if is_list(value) else []
    kinds = {entry.get("type") for entry in entries}
    warning = None
    advised = [counts for entry in entries if entry.get("type") == "advisor_message" and (counts := _counts(entry))]
    if advised:
        tokens = sum(one.input_tokens + one.output_tokens for one in advised)
        warning = f"an advisor model used {tokens} tokens, which are billed at its own prices and are not in the counts"
    if "compaction" not in kinds:
        return None, warning
    own = [counts for entry in entries if entry.get("type") != "advisor_message" and (counts := _counts(entry))]
    billed = _replace(
        usage,
        input_tokens=sum(one.input_tokens for one in own),
        output_tokens=sum(one.output_tokens for one in own),
        cached_input_tokens=sum(one.cached_input_tokens for one in own),
        cache_write_tokens=sum(one.cache_write_tokens for one in own),
        cache_write_1h_tokens=sum(one.cache_write_1h_tokens for one in own),
    )
    return billed, warning


def _beyond(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that the counts do not tell: unknown ones, and those of ours that say more than their part that was read."""
    extras = {name: value for name, value in fields.items() if name not in _READ and value is not None}
    for name, known in (("server_tool_use", "web_search_requests"), ("output_tokens_details", "thinking_tokens")):
        inner = extras.get(name)
        if is_object(inner):
            rest = {key: value for key, value in inner.items() if key != known and value}
            if rest:
                extras[name] = rest
            else:
                del extras[name]
    split = fields.get("cache_creation")
    if is_object(split):
        rest = {key: value for key, value in split.items() if key not in _SPLIT and value is not None}
        if rest:
            extras["cache_creation"] = rest
    return extras


def _replace(usage: Usage, **changes: Any) -> Usage:
    fields = {name: getattr(usage, name) for name in usage.__struct_fields__}
    return Usage(**{**fields, **changes})


def _text(fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) and value else None


def _count(fields: dict[str, Any], name: str) -> int:
    value = fields.get(name)
    if value is None:
        return 0
    if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_COUNT:
        value = int(value)  # 12.0 is JSON for the same number as 12
    if isinstance(value, bool) or not isinstance(value, int):
        raise _Refused(f"{name} is {str(value)[:40]!r}, which is no whole number")
    if value < 0:
        raise _Refused(f"{name} is negative")
    if value > MAX_COUNT:
        raise _Refused(f"{name} is above {MAX_COUNT}")
    return value
