"""What OpenAI-compatible servers report as used and as charged, brought to our terms.

Our terms (`values.usage`): input and output are totals; cached, cache-write, reasoning, audio and image counts lie inside them. Servers
differ, so the totals are found by arithmetic, never by the server's name. Each rule has a name here and in the docs:

| rule | when | what | seen at |
| --- | --- | --- | --- |
| `plain` | total = prompt + completion, or no total | as reported | OpenAI, Azure, Groq, Mistral, DeepSeek, … |
| `reasoning_outside` | total - prompt - completion = reasoning | output = completion + reasoning | xAI chat |
| `cache_outside` | … = cached + cache writes | input = prompt + both | Anthropic's counts behind thin proxies |
| `both_outside` | … = reasoning + cached + cache writes | both of the above | the same |
| `audio_outside` | … > 0, and `prompt_audio_seconds` is there | the surplus is audio input | Mistral's audio models |
| `hidden_thinking` | … > 0, explained by nothing | the surplus is reasoning output | Gemini's OpenAI endpoint |
| `cache_above_prompt` | cached > prompt, no total or Anthropic's names | input = prompt + cached + cache writes | as `cache_outside` |
| `part_clipped` | a part is still larger than its whole | the part is cut, with a warning | Vercel, Doubleword, OpenRouter, Mistral |
| `partial` | prompt or completion count null or absent | the other is kept, `exact=False` | Databricks until its last chunk |
| `refused` | a count is negative, fractional, no number, or > `MAX_COUNT` | not used, with a warning | none seen |

Searches that a report counts (Perplexity, xAI, OpenRouter) are fees beside the tokens (`UsageReported.fees`), in the unit `search`.

A later report replaces an earlier one; reports are never added (some servers send the same one twice). Costs beside the counts are read
by `costs`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from muxer_core.dialects.json_text import is_object
from muxer_core.dialects.openai_chat.costs import costs_of_usage
from muxer_core.values.usage import ReportedCost, Unit, Usage
from muxer_core.wire.json import DEPTH, Unreadable
from muxer_core.wire.json import decode as decode_json

MAX_COUNT = 10**12
"""The largest believable token count of one attempt; a larger one is refused."""


class UsageReading(NamedTuple):
    """What one `usage` object says: counts, or None when it has none; costs; unknown fields; and what was wrong with it, in words."""

    usage: Usage | None
    costs: tuple[ReportedCost, ...] = ()
    extras: dict[str, Any] | None = None
    warning: str | None = None
    fees: tuple[tuple[Unit, int], ...] = ()


class _PromptDetails(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    audio_tokens: int | None = None
    image_tokens: int | None = None
    text_tokens: int | None = None
    video_tokens: int | None = None


class _CompletionDetails(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    reasoning_tokens: int | None = None
    audio_tokens: int | None = None
    image_tokens: int | None = None
    text_tokens: int | None = None
    accepted_prediction_tokens: int | None = None
    rejected_prediction_tokens: int | None = None


class _WireUsage(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """The common form. Any other field, or any surprising type, goes the general way."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int | None = None
    prompt_tokens_details: _PromptDetails | None = None
    completion_tokens_details: _CompletionDetails | None = None


_decode_common = msgspec.json.Decoder(_WireUsage).decode
_NO_PROMPT_DETAILS = _PromptDetails()
_NO_COMPLETION_DETAILS = _CompletionDetails()

_MAIN = frozenset({
    "prompt_tokens", "completion_tokens", "total_tokens", "input_tokens", "output_tokens",
    "prompt_tokens_details", "completion_tokens_details", "input_tokens_details", "output_tokens_details",
    "cached_tokens", "num_cached_tokens", "prompt_cache_hit_tokens", "prompt_cache_miss_tokens",
    "cache_read_input_tokens", "cache_creation_input_tokens", "cache_creation", "reasoning_tokens",
    "cost", "cost_in_usd_ticks",
})  # fmt: skip
_PROMPT_PARTS = frozenset({
    "cached_tokens", "cache_write_tokens", "cache_creation_tokens", "audio_tokens", "image_tokens", "text_tokens", "video_tokens",
})  # fmt: skip
_COMPLETION_PARTS = frozenset({
    "reasoning_tokens", "audio_tokens", "image_tokens", "text_tokens", "accepted_prediction_tokens", "rejected_prediction_tokens",
})  # fmt: skip
_SEARCHES = (
    ("num_search_queries",),  # Perplexity: searches of a deep research
    ("num_sources_used",),  # xAI: live search is billed by its sources (docs.x.ai, "Live Search", November 2026)
    ("server_tool_use", "web_search_requests"),  # Anthropic's counts behind thin proxies
    ("server_tool_use_details", "web_search_requests"),  # OpenRouter
)
_CACHE_PARTS = frozenset({"ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens"})


class _Refused(Exception):
    """A count that cannot be one; the message says which and why."""


def usage_from_bytes(raw: bytes | msgspec.Raw, service_tier: str | None = None, *, depth: int = DEPTH) -> UsageReading:
    """Read the JSON text of a `usage` object. Never raises: what cannot be read is a warning.

    >>> usage_from_bytes(
    ...     b'{"prompt_tokens":307,"completion_tokens":26,"total_tokens":588,"completion_tokens_details":{"reasoning_tokens":255}}'
    ... ).usage.output_tokens
    281
    """
    try:
        wire = _decode_common(raw)
    except msgspec.MsgspecError:
        return _from_uncommon_bytes(raw, service_tier, depth)
    sent, said, total = wire.prompt_tokens, wire.completion_tokens, wire.total_tokens
    prompt = wire.prompt_tokens_details or _NO_PROMPT_DETAILS
    completion = wire.completion_tokens_details or _NO_COMPLETION_DETAILS
    cached, written = prompt.cached_tokens or 0, prompt.cache_write_tokens or 0
    audio_in, image_in = prompt.audio_tokens or 0, prompt.image_tokens or 0
    reasoning = completion.reasoning_tokens or 0
    audio_out, image_out = completion.audio_tokens or 0, completion.image_tokens or 0
    # One comparison for ten: a number with a bit that is too high, or a sign, shows in the bits of all together.
    together = sent | said | cached | written | audio_in | image_in | reasoning | audio_out | image_out | (total or 0)
    if not 0 <= together <= MAX_COUNT:
        return _from_uncommon_bytes(raw, service_tier, depth)
    if (
        (total is None or total <= sent + said)
        and cached + written <= sent
        and audio_in <= sent
        and image_in <= sent
        and reasoning <= said
        and audio_out <= said
        and image_out <= said
    ):
        # Nothing lies outside the totals and nothing contradicts: `_settle_parts` would change nothing.
        usage = Usage(
            sent, said, cached, written, 0, reasoning, audio_in, audio_out, image_in, image_out, total, service_tier
        )
        return UsageReading(usage)
    return _settle_parts(
        prompt=sent,
        completion=said,
        total=total,
        cached=cached,
        written=written,
        written_1h=0,
        reasoning=reasoning,
        audio_in=audio_in,
        audio_out=audio_out,
        image_in=image_in,
        image_out=image_out,
        audio_seconds=False,
        cache_apart=False,
        exact=True,
        service_tier=service_tier,
    )


def usage_from_fields(
    fields: dict[str, Any], service_tier: str | None, raw: bytes | msgspec.Raw | None = None
) -> UsageReading:
    """Read a decoded `usage` object. `raw` is its text where there is one, so that a cost is read from its own digits."""
    extras = {name: value for name, value in fields.items() if name not in _MAIN and value is not None}
    costs, cost_warning = costs_of_usage(fields, raw)
    try:
        reading = _read_counts(fields, extras, service_tier)
    except _Refused as refused:
        return UsageReading(None, costs, {**fields}, f"the usage report was not used: {refused}")
    warning = "; ".join(text for text in (reading.warning, cost_warning) if text) or None
    return UsageReading(reading.usage, costs, extras or None, warning, _fees(fields))


def _fees(fields: dict[str, Any]) -> tuple[tuple[Unit, int], ...]:
    """Searches that are billed beside tokens: the first of `_SEARCHES` that names any. The fields stay extras as well."""
    for path in _SEARCHES:
        value: Any = fields
        for name in path:
            value = value.get(name) if is_object(value) else None
        if type(value) is int and 0 < value <= MAX_COUNT:
            return (("search", value),)
    return ()


def _from_uncommon_bytes(raw: bytes | msgspec.Raw, service_tier: str | None, depth: int) -> UsageReading:
    try:
        fields = decode_json(bytes(raw), depth=depth)
    except Unreadable as fault:
        return UsageReading(None, warning=f"the usage report was not used: {fault}")
    if not is_object(fields):
        return UsageReading(None, extras={"value": fields}, warning="the usage report was not used: it is no object")
    return usage_from_fields(fields, service_tier, raw)


def _read_counts(fields: dict[str, Any], extras: dict[str, Any], service_tier: str | None) -> UsageReading:
    prompt_parts = _parts(fields, ("prompt_tokens_details", "input_tokens_details"), _PROMPT_PARTS, extras)
    completion_parts = _parts(fields, ("completion_tokens_details", "output_tokens_details"), _COMPLETION_PARTS, extras)
    creation = _parts(fields, ("cache_creation",), _CACHE_PARTS, extras)
    prompt = _first_count(fields, "prompt_tokens", "input_tokens")
    completion = _first_count(fields, "completion_tokens", "output_tokens")
    total = _first_count(fields, "total_tokens")
    cached = _first_count(prompt_parts, "cached_tokens")
    if not cached:
        names = ("cached_tokens", "num_cached_tokens", "prompt_cache_hit_tokens", "cache_read_input_tokens")
        cached = _largest_count(fields, *names)
    written = _largest_count(prompt_parts, "cache_write_tokens", "cache_creation_tokens")
    written = written or _first_count(fields, "cache_creation_input_tokens") or 0
    reasoning = _first_count(completion_parts, "reasoning_tokens") or _first_count(fields, "reasoning_tokens") or 0
    audio_in, image_in = _first_count(prompt_parts, "audio_tokens"), _first_count(prompt_parts, "image_tokens")
    audio_out, image_out = (
        _first_count(completion_parts, "audio_tokens"),
        _first_count(completion_parts, "image_tokens"),
    )
    if prompt is None and completion is None:
        return UsageReading(None)
    return _settle_parts(
        prompt=prompt or 0,
        completion=completion or 0,
        total=total,
        cached=cached,
        written=written,
        written_1h=_first_count(creation, "ephemeral_1h_input_tokens") or 0,
        reasoning=reasoning,
        audio_in=audio_in or 0,
        audio_out=audio_out or 0,
        image_in=image_in or 0,
        image_out=image_out or 0,
        audio_seconds=bool(fields.get("prompt_audio_seconds")),
        cache_apart=bool(fields.get("cache_read_input_tokens")),
        exact=prompt is not None and completion is not None,
        service_tier=service_tier,
    )


def _settle_parts(
    *,
    prompt: int,
    completion: int,
    total: int | None,
    cached: int,
    written: int,
    written_1h: int,
    reasoning: int,
    audio_in: int,
    audio_out: int,
    image_in: int,
    image_out: int,
    audio_seconds: bool,
    cache_apart: bool,
    exact: bool,
    service_tier: str | None,
) -> UsageReading:
    """The arithmetic of the table above: which parts lie outside the two totals, and what must be clipped."""
    surplus = total - prompt - completion if total is not None and exact else 0
    if surplus > 0:
        cache = cached + written
        if surplus == reasoning:
            completion += reasoning
        elif surplus == cache:
            prompt += cache
        elif surplus == reasoning + cache:
            completion += reasoning
            prompt += cache
        elif audio_seconds:
            prompt += surplus
            audio_in += surplus
        else:
            completion += surplus
            reasoning = reasoning or surplus
    if cached > prompt and (cache_apart or total is None):
        prompt += cached + written
    warning = None
    if (
        reasoning > completion
        or cached + written > prompt
        or audio_in > prompt
        or audio_out > completion
        or written_1h > written
    ):
        warning = "the usage report contradicts itself: a part is larger than its whole; the whole was kept"
        reasoning = min(reasoning, completion)
        cached = min(cached, prompt)
        written = min(written, prompt - cached)
        written_1h = min(written_1h, written)
        audio_in, audio_out = min(audio_in, prompt), min(audio_out, completion)
    if image_in > prompt or image_out > completion:
        image_in, image_out = min(image_in, prompt), min(image_out, completion)
    return UsageReading(
        Usage(
            input_tokens=prompt,
            output_tokens=completion,
            cached_input_tokens=cached,
            cache_write_tokens=written,
            cache_write_1h_tokens=written_1h,
            reasoning_tokens=reasoning,
            audio_input_tokens=audio_in,
            audio_output_tokens=audio_out,
            image_input_tokens=image_in,
            image_output_tokens=image_out,
            total_tokens=total,
            service_tier=service_tier,
            exact=exact,
        ),
        warning=warning,
    )


def _parts(
    fields: dict[str, Any], names: tuple[str, ...], known: frozenset[str], extras: dict[str, Any]
) -> dict[str, Any]:
    """The details object under the first of these names; what it holds beyond `known` goes to the extras."""
    for name in names:
        value = fields.get(name)
        if is_object(value):
            unknown = {part: content for part, content in value.items() if part not in known and content is not None}
            if unknown:
                extras[name] = unknown
            return value
        if value is not None:
            raise _Refused(f"{name} is no object")
    return {}


def _first_count(fields: dict[str, Any], *names: str) -> int | None:
    for name in names:
        value = fields.get(name)
        if value is not None:
            return _count(name, value)
    return None


def _largest_count(fields: dict[str, Any], *names: str) -> int:
    return max(_first_count(fields, name) or 0 for name in names)


def _count(name: str, value: Any) -> int:
    if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_COUNT:
        value = int(value)  # 12.0 is JSON for the same number as 12
    if isinstance(value, bool) or not isinstance(value, int):
        raise _Refused(f"{name} is {str(value)[:40]!r}, which is no whole number")
    if value < 0:
        raise _Refused(f"{name} is negative")
    if value > MAX_COUNT:
        raise _Refused(f"{name} is above {MAX_COUNT}")
    return value
