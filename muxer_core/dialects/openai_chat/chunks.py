"""The shapes of a chunk, and two readers that fill them: a typed one for the common form, a lenient one for everything else.

Rules that hold here:

* The typed reader forbids unknown fields. An event that it cannot take whole (an unknown field, a surprising type, a lone surrogate,
  NaN) goes to the lenient reader, so no field is ever skipped by accident. On what both can take, both give the same (a property test).
* The lenient reader moves what it does not know, at whatever level, into `Leftovers`, under the server's names. A null says nothing and
  is not kept. A known field of a surprising type is read where its meaning is plain (`content` as an object is JSON text, `arguments`
  as an object likewise) and is a leftover otherwise.
* Fields are declared in the order in which OpenAI sends them: the decoder looks for the next one first.
* A whole reply is read as one chunk whose `message` is the delta, so both give the same items.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

import msgspec

from muxer_core.dialects.json_text import is_list, is_object

JsonObject = dict[str, Any]

COUNT_LIMIT = 10**15
"""No index or time in a reply is larger; a larger number is a leftover, or a malformed chunk where it names a choice."""

Index = Annotated[int, msgspec.Meta(ge=0, le=COUNT_LIMIT)]


NOTHING = msgspec.Raw(b"null")
"""No text. A decoder that may choose between a raw text and null takes nothing but null, so that null is a raw text here."""


def is_told(raw: msgspec.Raw) -> bool:
    """Is there a text that is not null?"""
    return raw is not NOTHING and bytes(raw) != b"null"


class MalformedChunk(Exception):
    """The JSON is no chunk; the message says why. Never leaves the dialect: it becomes a failure of kind `malformed`."""


class Function(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A function that the model calls, or a piece of one."""

    name: str | None = None
    arguments: str | None = None


class Custom(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A custom tool that the model calls, or a piece of one."""

    name: str | None = None
    input: str | None = None


class ToolCall(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A piece of a tool call."""

    index: Index | None = None
    id: str | None = None
    type: str | None = None
    function: Function | None = None
    custom: Custom | None = None


class Audio(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A piece of spoken answer."""

    id: str | None = None
    data: str | None = None
    transcript: str | None = None
    expires_at: Index | None = None


class Delta(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """What is said, or a piece of it."""

    role: str | None = None
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[ToolCall] | None = None
    function_call: Function | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    reasoning_details: list[JsonObject] | None = None
    audio: Audio | None = None
    images: list[JsonObject] | None = None
    annotations: list[Any] | None = None


class Choice(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """One answer, or a piece of it."""

    index: Index | None = None
    delta: Delta | None = None
    logprobs: JsonObject | None = None
    finish_reason: str | None = None
    native_finish_reason: str | None = None
    content_filter_results: JsonObject | None = None


class Chunk(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """One chunk of a stream, or a whole reply."""

    id: str | None = None
    object: str | None = None
    created: Index | None = None
    model: str | None = None
    service_tier: str | None = None
    system_fingerprint: str | None = None
    choices: list[Choice] | None = None
    usage: msgspec.Raw = NOTHING
    obfuscation: str | None = None
    provider: str | None = None
    p: str | None = None
    error: None = None


class PlainDelta(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """Nothing but text."""

    content: str | None = None
    role: str | None = None
    refusal: None = None


class PlainChoice(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """One answer that says nothing but text, or that it is finished."""

    index: Index | None = None
    delta: PlainDelta | None = None
    logprobs: None = None
    finish_reason: str | None = None


class PlainChunk(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A chunk of nothing but text: what nearly all chunks of nearly all streams are. `Chunk` can say the same, more slowly."""

    id: str | None = None
    object: str | None = None
    created: Index | None = None
    model: str | None = None
    service_tier: str | None = None
    system_fingerprint: str | None = None
    choices: list[PlainChoice] = []
    usage: None = None
    obfuscation: str | None = None
    p: str | None = None


class Thought(msgspec.Struct, gc=False):
    """A piece of thinking that came inside a content list, before or between its text."""

    text: str


class Leftovers(msgspec.Struct):
    """What the lenient reader found beyond the shapes: fields of the reply, fields of each choice by its position in the list, and
    content that came as a list of parts, in order, by the same position.
    """

    reply: JsonObject
    choices: list[JsonObject]
    contents: dict[int, list[str | Thought | JsonObject]]


decode_plain_chunk = msgspec.json.Decoder(PlainChunk).decode
"""The narrow typed reader. Raises what `decode_chunk` raises, for everything that is more than text."""

decode_chunk = msgspec.json.Decoder(Chunk).decode
"""The typed reader. Raises `msgspec.MsgspecError` (or `RecursionError`) for what the lenient reader must take."""

_TEXTS = ("id", "object", "model", "service_tier", "system_fingerprint", "provider", "obfuscation", "p")


def read_chunk(value: JsonObject, usage: msgspec.Raw | None, *, whole: bool = False) -> tuple[Chunk, Leftovers]:
    """Read a decoded chunk, or a whole reply, leniently. `usage` is the text of its usage object. Raises `MalformedChunk`."""
    rest = {name: field for name, field in value.items() if field is not None}
    rest.pop("usage", None)
    rest.pop("error", None)
    chunk = Chunk(usage=usage or NOTHING)
    for name in _TEXTS:
        if isinstance(rest.get(name), str):
            setattr(chunk, name, rest.pop(name))
    created = whole_number(rest.get("created"))
    if created is not None:
        chunk.created = created
        del rest["created"]
    listed = rest.pop("choices", None)
    leftovers = Leftovers(rest, [], {})
    if listed is None:
        return chunk, leftovers
    if not is_list(listed):
        raise MalformedChunk(f"choices is {_kind_of(listed)}, not a list")
    chunk.choices = [_read_choice(choice, position, leftovers, whole=whole) for position, choice in enumerate(listed)]
    return chunk, leftovers


def whole_number(value: Any) -> int | None:
    """The number, if it is a believable whole one of at least 0; JSON writes the same number as 12 or 12.0."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not value.is_integer():
        return None
    return int(value) if 0 <= value <= COUNT_LIMIT else None


def json_text(value: Any) -> str:
    """A JSON value as compact text; text as it is."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _kind_of(value: Any) -> str:
    named = ((dict, "an object"), (list, "a list"), (str, "a string"), (bool, "a boolean"))
    return next((name for kind, name in named if isinstance(value, kind)), "a number")


def _read_choice(value: Any, position: int, leftovers: Leftovers, *, whole: bool) -> Choice:
    if not is_object(value):
        raise MalformedChunk(f"choices[{position}] is {_kind_of(value)}, not an object")
    rest = {name: field for name, field in value.items() if field is not None}
    leftovers.choices.append(rest)
    choice = Choice()
    index = rest.pop("index", None)
    if index is not None:
        choice.index = whole_number(index)
        if choice.index is None:
            raise MalformedChunk(f"choices[{position}].index is no whole number of at least 0")
    for name in ("finish_reason", "native_finish_reason"):
        if isinstance(rest.get(name), str):
            setattr(choice, name, rest.pop(name))
    for name in ("logprobs", "content_filter_results"):
        if is_object(rest.get(name)):
            setattr(choice, name, rest.pop(name))
    carrier = _take_message(rest, whole=whole)
    if carrier is not None:
        choice.delta = _read_delta(carrier, position, leftovers)
        if carrier:
            rest["message"] = carrier
        if isinstance(rest.get("text"), str) and rest["text"] == choice.delta.content:
            del rest["text"]  # Together repeats the delta's text beside it
    return choice


def _take_message(rest: JsonObject, *, whole: bool) -> JsonObject | None:
    """The object that holds what is said. Perplexity sends both: `message` repeats all text so far, beside the `delta`."""
    preferred, other = ("message", "delta") if whole else ("delta", "message")
    for name in (preferred, other):
        if is_object(rest.get(name)):
            carrier = {key: field for key, field in rest.pop(name).items() if field is not None}
            if is_object(rest.get(other)):
                del rest[other]
            elif "message" in rest:
                carrier["message"] = rest.pop("message")  # no object: a field of its own, beside what is said
            return carrier
    return None


def _read_delta(rest: JsonObject, position: int, leftovers: Leftovers) -> Delta:
    """Fill a delta from `rest`; what is not understood stays in `rest`."""
    delta = Delta()
    for name in ("role", "refusal", "reasoning_content", "reasoning"):
        if isinstance(rest.get(name), str):
            setattr(delta, name, rest.pop(name))
    content = rest.pop("content", None)
    if is_list(content):
        leftovers.contents[position] = [piece for part in content for piece in _read_part(part)]
    elif content is not None:
        delta.content = json_text(content)
    calls = rest.get("tool_calls")
    if is_object(calls):
        calls = [calls]
    if is_list(calls) and all(is_object(call) for call in calls):
        del rest["tool_calls"]
        unknown: list[JsonObject] = []
        delta.tool_calls = [_read_call(call, unknown) for call in calls]
        if any(unknown):
            rest["tool_calls"] = unknown
    if is_object(rest.get("function_call")):
        delta.function_call, unread = _read_function(rest.pop("function_call"))
        if unread:
            rest["function_call"] = unread
    if is_object(rest.get("audio")):
        delta.audio = _read_audio(rest)
    for name in ("reasoning_details", "images"):
        entries = rest.get(name)
        if is_list(entries) and all(is_object(entry) for entry in entries):
            setattr(delta, name, rest.pop(name))
    if is_list(rest.get("annotations")):
        delta.annotations = rest.pop("annotations")
    return delta


def _read_part(part: Any) -> list[str | Thought | JsonObject]:
    """The pieces of one part of a content list: its text or thinking, and what else it holds."""
    if isinstance(part, str):
        return [part]
    if not is_object(part):
        return [{"value": part}] if part is not None else []
    rest = {name: field for name, field in part.items() if field is not None}
    kind = rest.get("type")
    pieces: list[str | Thought | JsonObject] = []
    if kind in ("text", "output_text", None) and isinstance(rest.get("text"), str):
        pieces.append(rest.pop("text"))
    elif kind in ("thinking", "reasoning"):
        thinking = rest.pop("thinking", None) or rest.pop("text", None)
        listed = thinking if is_list(thinking) else [thinking]
        for piece in listed:
            text = piece.get("text") if is_object(piece) else piece
            if isinstance(text, str):
                pieces.append(Thought(text))
    if rest.keys() - {"type"} or (rest and not pieces):
        pieces.append(rest)
    return pieces


def _read_call(value: JsonObject, unknown: list[JsonObject]) -> ToolCall:
    rest = {name: field for name, field in value.items() if field is not None}
    unknown.append(rest)
    call = ToolCall(index=whole_number(rest.get("index")))
    if call.index is not None:
        del rest["index"]
    if isinstance(rest.get("type"), str):
        call.type = rest.pop("type")
    call_id = rest.get("id")
    if isinstance(call_id, str | int):
        call.id = str(rest.pop("id"))
    function = rest.get("function")
    if is_object(function):
        call.function, unread = _read_function(rest.pop("function"))
        if unread:
            rest["function"] = unread
    custom = rest.get("custom")
    if is_object(custom):
        inner = {name: field for name, field in rest.pop("custom").items() if field is not None}
        call.custom = Custom()
        if isinstance(inner.get("name"), str):
            call.custom.name = inner.pop("name")
        if "input" in inner:
            call.custom.input = json_text(inner.pop("input"))
        if inner:
            rest["custom"] = inner
    return call


def _read_function(value: JsonObject) -> tuple[Function, JsonObject]:
    rest = {name: field for name, field in value.items() if field is not None}
    function = Function()
    if isinstance(rest.get("name"), str):
        function.name = rest.pop("name")
    if "arguments" in rest:
        function.arguments = json_text(rest.pop("arguments"))
    return function, rest


def _read_audio(rest: JsonObject) -> Audio:
    inner = {name: field for name, field in rest.pop("audio").items() if field is not None}
    audio = Audio()
    for name in ("id", "data", "transcript"):
        if isinstance(inner.get(name), str):
            setattr(audio, name, inner.pop(name))
    audio.expires_at = whole_number(inner.get("expires_at"))
    if audio.expires_at is not None:
        del inner["expires_at"]
    if inner:
        rest["audio"] = inner
    return audio
