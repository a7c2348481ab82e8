"""What Gemini and Vertex AI report as used, brought to our terms.

Our terms (`values.usage`): input and output are totals; cached, reasoning, audio and image counts lie inside them.

| rule | when | what |
| --- | --- | --- |
| `plain` | always | input = `promptTokenCount` + `toolUsePromptTokenCount`; output = `candidatesTokenCount` + `thoughtsTokenCount` |
| `cache_inside` | `cachedContentTokenCount` | lies inside `promptTokenCount` |
| `surplus` | the total exceeds the sum of the four | the surplus is output; reasoning, where no thoughts are counted |
| `contradiction` | the total is below the sum | the parts count, the total stays as evidence |
| `modalities` | `…TokensDetails` | AUDIO and IMAGE of the prompt and of tools are input, those of candidates output |
| `early` | no `candidatesTokenCount` yet | the other counts are taken as they are; a later report replaces this one |
| `partial` | no `promptTokenCount`, but another count | `exact=False` |
| `no_counts` | only a tier | no usage at all, the tier is an extra |
| `part_clipped` | a part is larger than its whole | the part is cut, with a warning |
| `refused` | a count is negative, fractional, no number, or > `MAX_COUNT` | not used, with a warning |
| `tier` | `serviceTier`, else `trafficType` | by `TIERS`; any other word in lower case |

Counts are running totals: a later report replaces an earlier one, and an equal one is not told again. Source: google-genai 3.6.1,
`GenerateContentResponseUsageMetadata` ("the sum of …"), November 2026; 1,398 of 1,403 recorded reports add up so.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.values.usage import Usage

MAX_COUNT = 10**12
"""The largest believable token count of one attempt; a larger one is refused."""

TIERS: dict[str, str | None] = {
    "ON_DEMAND": "standard",
    "ON_DEMAND_PRIORITY": "priority",
    "ON_DEMAND_FLEX": "flex",
    "TRAFFIC_TYPE_UNSPECIFIED": None,
    "unspecified": None,
}
"""Words for the tier that was served; any other word is itself in lower case."""

_TRAFFIC_NUMBERS = {1: "ON_DEMAND", 2: "PROVISIONED_THROUGHPUT"}
_MODALITY_NUMBERS = {1: "TEXT", 2: "IMAGE", 3: "VIDEO", 4: "AUDIO", 5: "DOCUMENT"}


class UsageReading(NamedTuple):
    """Counts, or None when there are none; what no count of ours carries; and what was wrong, in words."""

    usage: Usage | None
    extras: dict[str, Any] | None = None
    warning: str | None = None


class _Modality(msgspec.Struct, gc=False, forbid_unknown_fields=True, rename="camel"):
    modality: str = ""
    token_count: int = 0


class _Wire(msgspec.Struct, gc=False, forbid_unknown_fields=True, rename="camel"):
    """The common form. Any other field, or any surprising type, goes the general way."""

    prompt_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    total_token_count: int | None = None
    cached_content_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None
    prompt_tokens_details: list[_Modality] | None = None
    candidates_tokens_details: list[_Modality] | None = None
    tool_use_prompt_tokens_details: list[_Modality] | None = None
    cache_tokens_details: list[_Modality] | None = None
    traffic_type: str | None = None
    service_tier: str | None = None


_decode_common = msgspec.json.Decoder(_Wire).decode


class _Refused(Exception):
    """A count that cannot be one; the message says which and why."""


_COUNTS = (
    "promptTokenCount",
    "candidatesTokenCount",
    "thoughtsTokenCount",
    "totalTokenCount",
    "cachedContentTokenCount",
    "toolUsePromptTokenCount",
)
_DETAILS = (
    "promptTokensDetails",
    "candidatesTokensDetails",
    "toolUsePromptTokensDetails",
    "cacheTokensDetails",
)


def usage_from_bytes(raw: bytes | msgspec.Raw) -> UsageReading | None:
    """Read the JSON text of a `usageMetadata` of the common form; None for any other form, which `usage_from_fields` reads.

    >>> usage_from_bytes(
    ...     b'{"promptTokenCount":9,"candidatesTokenCount":2,"thoughtsTokenCount":5,"totalTokenCount":16}'
    ... ).usage.output_tokens
    7
    """
    try:
        wire = _decode_common(raw)
    except (msgspec.MsgspecError, UnicodeError):
        return None
    prompt, total = wire.prompt_token_count, wire.total_token_count
    if prompt is not None and total is not None and wire.traffic_type is None and wire.service_tier is None:
        said, thought = wire.candidates_token_count or 0, wire.thoughts_token_count or 0
        tools, cached = wire.tool_use_prompt_token_count or 0, wire.cached_content_token_count or 0
        sent, output = prompt + tools, said + thought
        # One comparison for six: a number with a bit that is too high, or a sign, shows in the bits of all together.
        if (
            0 <= prompt | total | said | thought | tools | cached <= MAX_COUNT
            and total <= sent + output
            and cached <= sent
            and _plain(wire.prompt_tokens_details)
            and _plain(wire.candidates_tokens_details)
            and _plain(wire.tool_use_prompt_tokens_details)
        ):
            # Nothing lies outside and nothing contradicts: `_settled` would say the same.
            return UsageReading(Usage(sent, output, cached, 0, 0, thought, 0, 0, 0, 0, total))
    try:
        return _settled(wire, {})
    except _Refused:
        return None


def _plain(details: list[_Modality] | None) -> bool:
    """Is there nothing but text?"""
    return details is None or (len(details) == 1 and details[0].modality == "TEXT")


def usage_from_fields(fields: dict[str, Any]) -> UsageReading:
    """Read a decoded `usageMetadata`. Never raises: what cannot be used is a warning."""
    rest = {name: value for name, value in fields.items() if value is not None}
    wire = _Wire()
    try:
        for name in _COUNTS:
            if name in rest:
                setattr(wire, _attribute(name), _count(name, rest.pop(name)))
        for name in _DETAILS:
            if name in rest:
                setattr(wire, _attribute(name), _modalities(name, rest.pop(name)))
        wire.traffic_type = _word(rest.pop("trafficType", None), _TRAFFIC_NUMBERS)
        wire.service_tier = _word(rest.pop("serviceTier", None), {})
        return _settled(wire, rest)
    except _Refused as refused:
        return UsageReading(None, {**fields}, f"the usage report was not used: {refused}")


def _attribute(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _word(value: Any, numbers: dict[int, str]) -> str | None:
    if isinstance(value, int):
        return numbers.get(value, str(value))
    return value if isinstance(value, str) else None


def _modalities(name: str, value: Any) -> list[_Modality]:
    if not is_list(value) or not all(is_object(entry) for entry in value):
        raise _Refused(f"{name} is no list of objects")
    return [
        _Modality(
            _word(entry.get("modality"), _MODALITY_NUMBERS) or "",
            _count(f"{name}.tokenCount", entry["tokenCount"]) if entry.get("tokenCount") is not None else 0,
        )
        for entry in value
    ]


def _count(name: str, value: Any) -> int:
    if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_COUNT:
        value = int(value)  # 12.0 is JSON for the same number as 12
    if isinstance(value, bool) or not isinstance(value, int):
        raise _Refused(f"{name} is {str(value)[:40]!r}, which is no whole number")
    return value


def _believable(name: str, value: int | None) -> int:
    if value is None:
        return 0
    if value < 0:
        raise _Refused(f"{name} is negative")
    if value > MAX_COUNT:
        raise _Refused(f"{name} is above {MAX_COUNT}")
    return value


def _of(details: list[_Modality] | None, modality: str) -> int:
    if not details:
        return 0
    return sum(_believable("tokenCount", entry.token_count) for entry in details if entry.modality == modality)


def _settled(wire: _Wire, rest: dict[str, Any]) -> UsageReading:
    """The arithmetic of the table above."""
    prompt = _believable("promptTokenCount", wire.prompt_token_count)
    said = _believable("candidatesTokenCount", wire.candidates_token_count)
    thought = _believable("thoughtsTokenCount", wire.thoughts_token_count)
    tools = _believable("toolUsePromptTokenCount", wire.tool_use_prompt_token_count)
    cached = _believable("cachedContentTokenCount", wire.cached_content_token_count)
    total = None if wire.total_token_count is None else _believable("totalTokenCount", wire.total_token_count)
    extras = dict(rest)
    if wire.traffic_type is not None:
        extras["trafficType"] = wire.traffic_type
    tier = _tier(wire)
    if (
        wire.prompt_token_count is None
        and wire.candidates_token_count is None
        and wire.thoughts_token_count is None
        and total is None
    ):
        if wire.service_tier is not None:
            extras["serviceTier"] = wire.service_tier
        return UsageReading(None, extras or None)
    sent, output = prompt + tools, said + thought
    surplus = 0 if total is None else total - sent - output
    if surplus > 0 and wire.prompt_token_count is not None:
        output += surplus
        if wire.thoughts_token_count is None and wire.candidates_token_count is not None:
            thought = surplus
    audio_in = image_in = audio_out = image_out = 0
    if wire.prompt_tokens_details or wire.tool_use_prompt_tokens_details:
        audio_in = _of(wire.prompt_tokens_details, "AUDIO") + _of(wire.tool_use_prompt_tokens_details, "AUDIO")
        image_in = _of(wire.prompt_tokens_details, "IMAGE") + _of(wire.tool_use_prompt_tokens_details, "IMAGE")
    if wire.candidates_tokens_details:
        audio_out = _of(wire.candidates_tokens_details, "AUDIO")
        image_out = _of(wire.candidates_tokens_details, "IMAGE")
    warning = None
    if cached > sent or audio_in > sent or image_in > sent or audio_out > output or image_out > output:
        warning = "the usage report contradicts itself: a part is larger than its whole; the whole was kept"
        cached, audio_in, image_in = min(cached, sent), min(audio_in, sent), min(image_in, sent)
        audio_out, image_out = min(audio_out, output), min(image_out, output)
    usage = Usage(
        input_tokens=sent,
        output_tokens=output,
        cached_input_tokens=cached,
        reasoning_tokens=thought,
        audio_input_tokens=audio_in,
        audio_output_tokens=audio_out,
        image_input_tokens=image_in,
        image_output_tokens=image_out,
        total_tokens=total,
        service_tier=tier,
        exact=wire.prompt_token_count is not None,
    )
    return UsageReading(usage, extras or None, warning)


def _tier(wire: _Wire) -> str | None:
    word = wire.service_tier or wire.traffic_type
    if word is None:
        return None
    return TIERS[word] if word in TIERS else word.lower()
