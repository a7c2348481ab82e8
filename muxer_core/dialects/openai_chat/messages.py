"""Conversation messages: our `Message` values <-> the form of the OpenAI chat completions API, in both directions.

Rules that hold here:

* Nothing is lost in silence. A key that this file does not know stays in `extras` of its part, tool call or message under the
  provider's own name, and is written back at the same place.
* What the API cannot say is refused with the field's name, or left out with a warning that names it; never silently changed.
* An empty tool-call id marks the old function form (`function_call`, role `function`), which has no ids.
* A mark for caching on a whole message is that of its last part, and a seal of Google on a whole message that of its last text.

Notes (`form`): `content absent`, `content null`, `content list` and `content text` say how the content stood; `cache_control` that the
mark stood on the message; `refusal` that a refusal stood beside the content; and those of `calls` and `forms`.

Source: the types of openai-python 3.57.0 (`openai/types/chat/*_param.py`), November 2026.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import get_args

import msgspec

from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.openai_chat.cache_marks import MarkForm, put_mark, take_mark
from muxer_core.dialects.openai_chat.calls import decode_call, decode_function_call, encode_call
from muxer_core.dialects.openai_chat.content_parts import (
    IN_CONTENT,
    PartWriter,
    content_parts,
    result_parts,
    with_extras,
)
from muxer_core.dialects.openai_chat.foreign import message_in_our_words
from muxer_core.dialects.openai_chat.forms import DIALECT, cannot_say, is_ours, put_nulls, take_empty, take_nulls
from muxer_core.dialects.openai_chat.reasoning_parts import ReasoningField, decode_reasoning, encode_reasoning
from muxer_core.dialects.openai_chat.seals import put_signature, take_signature
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import (
    AudioPart,
    CacheMark,
    FilePart,
    Form,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    RefusalPart,
    Role,
    ServerToolCallPart,
    ServerToolResultPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from muxer_core.values.usage import JsonValue

_ROLES: tuple[str, ...] = get_args(Role)
_Marked = TextPart | ImagePart | AudioPart | FilePart | ToolCallPart


def encode_messages(
    messages: Iterable[Message], *, reasoning_field: ReasoningField = "none", marks: MarkForm = "cache_control"
) -> tuple[list[dict[str, JsonValue]], list[str]]:
    """The messages in OpenAI form, and warnings for what had to be left out. Raises `InvalidRequest`, naming the message.

    >>> from muxer_core.values.messages import TextPart
    >>> encode_messages([Message("user", (TextPart("Why?"),))])
    ([{'role': 'user', 'content': 'Why?'}], [])
    """
    encoded: list[dict[str, JsonValue]] = []
    warnings: list[str] = []
    for position, message in enumerate(messages):
        where = f"messages[{position}]"
        writer = PartWriter(where, marks, warnings, ours=is_ours(message.dialect))
        _encode_message(message_in_our_words(message, where, warnings), writer, reasoning_field, encoded)
    return encoded, warnings


def decode_message(message: Mapping[str, JsonValue], *, where: str = "message") -> Message:
    """One message in OpenAI form as our value. Raises `InvalidRequest`; `where` names the message in it.

    >>> decode_message({"role": "user", "content": "Why?"}).text
    'Why?'
    """
    rest = dict(message)
    form = take_nulls(rest, but=("content", "role")) + take_empty(rest, but=("content",))
    role = rest.pop("role", None)
    if role in ("tool", "function"):
        return _decode_result(rest, form, where, named=role == "tool")
    if role not in _ROLES:
        raise InvalidRequest(f"{where}.role", f"must be one of {', '.join(_ROLES)}, got {role!r}")
    name = _text_or_none(rest, "name", where)
    parts = decode_reasoning(rest) if role == "assistant" else []
    content = rest.pop("content", _ABSENT)
    parts += content_parts(None if content is _ABSENT else content, where)
    if role == "assistant":
        _decode_assistant(rest, parts, where)
    silent = any(isinstance(part, ToolCallPart | AudioPart | RefusalPart) for part in parts)
    form += _content_note(content, null=role == "assistant" and silent)
    form += _decode_message_mark(rest, parts)
    if role == "assistant":
        _decode_message_seal(rest, parts)
    return Message(role, tuple(parts), name, rest, DIALECT, form)


def decode_messages(messages: Iterable[JsonValue]) -> tuple[Message, ...]:
    """A conversation in OpenAI form as our values. Raises `InvalidRequest`, naming the message."""
    decoded: list[Message] = []
    for position, message in enumerate(messages):
        where = f"messages[{position}]"
        if not is_object(message):
            raise InvalidRequest(where, f"must be an object, got {type(message).__name__}")
        decoded.append(decode_message(message, where=where))
    return tuple(decoded)


# --- encoding ---------------------------------------------------------------------------------------------------------------------


def _encode_message(
    message: Message, writer: PartWriter, reasoning_field: ReasoningField, encoded: list[dict[str, JsonValue]]
) -> None:
    where = writer.where
    content: list[Part] = []
    calls: list[ToolCallPart] = []
    results: list[ToolResultPart] = []
    reasoning: list[ReasoningPart] = []
    parts, mark = _without_message_mark(message)
    for part in parts:
        if isinstance(part, ToolCallPart):
            calls.append(part)
        elif isinstance(part, ToolResultPart):
            results.append(part)
        elif isinstance(part, ReasoningPart) and IN_CONTENT not in part.form:
            reasoning.append(part)
        elif isinstance(part, ServerToolCallPart | ServerToolResultPart):
            writer.warnings.append(cannot_say(f"{where}.parts", "it has no place for a tool that a provider ran"))
        else:
            content.append(part)
    if message.role != "assistant" and (calls or reasoning):
        raise InvalidRequest(
            f"{where}.parts", f"a {message.role} message cannot hold tool calls or reasoning; only an assistant's can"
        )
    if results and message.role not in ("tool", "user"):
        raise InvalidRequest(f"{where}.parts", f"a {message.role} message cannot hold tool results")
    encoded.extend(_encode_result(result, message, writer) for result in results)
    if message.role == "tool":
        if content or not results:
            raise InvalidRequest(f"{where}.parts", "a tool message holds tool results and nothing else")
        return
    if results and not content:
        return
    wire: dict[str, JsonValue] = {"role": message.role}
    if message.name is not None:
        wire["name"] = message.name
    if message.role == "assistant":
        _encode_assistant(content, calls, wire, writer, message.form)
        encode_reasoning(reasoning, wire, reasoning_field, where, writer.warnings)
    else:
        _put_content(wire, content, writer, message.form, silent="")
    with_extras(wire, message.extras)
    put_mark(wire, mark, (), "cache_control", where, writer.warnings)
    encoded.append(put_nulls(wire, message.form))


def _encode_result(result: ToolResultPart, message: Message, writer: PartWriter) -> dict[str, JsonValue]:
    if result.is_error:
        writer.warnings.append(
            f"{writer.where}: is_error has no place in the OpenAI chat form; the tool's own words were sent without the mark"
        )
    of_its_own = message.role == "tool"
    name = result.name or (message.name if of_its_own else None)
    wire: dict[str, JsonValue] = {"role": "tool", "tool_call_id": result.tool_call_id}
    if not result.tool_call_id:
        wire = {"role": "function"}
    if name is not None or not result.tool_call_id:
        wire["name"] = name or ""
    mark, parts = result.cache, list[Part](result.parts)
    if mark is not None and writer.marks == "prompt_cache_breakpoint" and parts:
        last = parts[-1]
        if isinstance(last, _Marked) and last.cache is None:
            parts[-1], mark = msgspec.structs.replace(last, cache=mark), None
    _put_content(wire, parts, writer, result.form, silent="")
    wire.update(result.extras)
    if of_its_own:
        wire.update(message.extras)
    taken: MarkForm = "cache_control" if writer.marks == "cache_control" else "none"
    put_mark(wire, mark, (), taken, writer.where, writer.warnings)
    return put_nulls(wire, message.form if of_its_own else ())


def _put_content(
    wire: dict[str, JsonValue], parts: list[Part], writer: PartWriter, form: Form, *, silent: JsonValue
) -> None:
    """Write the content; `silent` is what stands there for no content where no note says otherwise."""
    if parts or "content list" in form:
        wire["content"] = writer.content(parts, as_list="content list" in form)
    elif "content absent" not in form:
        wire["content"] = "" if "content text" in form else None if "content null" in form else silent


def _encode_assistant(
    content: list[Part], calls: list[ToolCallPart], wire: dict[str, JsonValue], writer: PartWriter, form: Form
) -> None:
    where = writer.where
    spoken = [part for part in content if isinstance(part, AudioPart) and part.data is None and part.url is None]
    written = [part for part in content if part not in spoken]
    if any(isinstance(part, AudioPart) and "audio_url" not in part.form for part in written):
        raise InvalidRequest(f"{where}.parts", "an assistant's audio is named by its id; its data cannot be sent back")
    sealed = [part for part in written if isinstance(part, TextPart) and part.signature is not None]
    if len(sealed) == 1 and "extra_content" not in sealed[0].form:
        # The seal of the only sealed text stands on the message, as Gemini's endpoint itself tells it.
        put_signature(wire, sealed[0].signature)
        bare = msgspec.structs.replace(sealed[0], signature=None)
        written = [bare if part is sealed[0] else part for part in written if part is not sealed[0] or bare.text]
    refusals = [part for part in written if isinstance(part, RefusalPart)]
    beside = [part for part in refusals if "refusal" in part.form]
    if not beside and "content list" not in form and len(refusals) == len(written):
        beside = [part for part in refusals if not part.extras] if not any(part.extras for part in refusals) else []
    written = [part for part in written if part not in beside]
    _put_content(wire, written, writer, form, silent=None if calls or spoken or beside else "")
    if beside:
        wire["refusal"] = "".join(part.text for part in beside)
    for part in spoken:
        if part.id is None:
            raise InvalidRequest(
                f"{where}.parts", "an assistant's audio is named by its id; its data cannot be sent back"
            )
        wire["audio"] = put_nulls({"id": part.id, **part.extras}, part.form)
    if sum(not call.id for call in calls) > 1:
        raise InvalidRequest(
            f"{where}.parts",
            "holds several tool calls without an id; the results of all but one could not be told apart",
        )
    tool_calls: list[JsonValue] = []
    for call in calls:
        if call.id:
            tool_calls.append(encode_call(call, writer))
        else:
            wire["function_call"] = {"name": call.name, "arguments": call.arguments, **call.extras}
    if tool_calls:
        wire["tool_calls"] = tool_calls


def _without_message_mark(message: Message) -> tuple[list[Part], CacheMark | None]:
    """The parts, and the mark that is to stand on the message instead of on its last part."""
    parts = list(message.parts)
    if "cache_control" in message.form:
        for position in reversed(range(len(parts))):
            part = parts[position]
            if isinstance(part, _Marked) and part.cache is not None:
                parts[position] = msgspec.structs.replace(part, cache=None)
                return parts, part.cache
    return parts, None


# --- decoding ---------------------------------------------------------------------------------------------------------------------


_ABSENT = object()


def _text_or_none(rest: dict[str, JsonValue], name: str, where: str) -> str | None:
    value = rest.pop(name, None)
    if value is not None and not isinstance(value, str):
        raise InvalidRequest(f"{where}.{name}", f"must be a string, got {type(value).__name__}")
    return value


def _content_note(content: JsonValue, *, null: bool) -> Form:
    """How the content stood, where it is not what we would write first. `null`: no content is written as null."""
    if content is _ABSENT:
        return ("content absent",)
    if content is None:
        return () if null else ("content null",)
    if content == "":
        return ("content text",) if null else ()
    if not is_list(content):
        return ()
    return ("content list",)


def _decode_result(rest: dict[str, JsonValue], form: Form, where: str, *, named: bool) -> Message:
    """A message of a tool, or of a function, which names no call."""
    call_id = rest.pop("tool_call_id", None) if named else ""
    if named and (not isinstance(call_id, str) or not call_id):
        raise InvalidRequest(f"{where}.tool_call_id", "a tool message must name the call that it answers")
    content = rest.pop("content", _ABSENT)
    parts = result_parts(None if content is _ABSENT else content, where)
    name = _text_or_none(rest, "name", where)
    mark, _ = take_mark(rest) if "cache_control" in rest else (None, ())
    result = ToolResultPart(call_id, parts, name=name, cache=mark, form=_content_note(content, null=False))
    return Message("tool", (result,), None, rest, DIALECT, form)


def _decode_message_mark(rest: dict[str, JsonValue], parts: list[Part]) -> Form:
    """A mark on the message goes to its last part; where that has one of its own, it stays where it is."""
    position = next((at for at in reversed(range(len(parts))) if isinstance(parts[at], _Marked)), None)
    if position is None or "cache_control" not in rest:
        return ()
    part = parts[position]
    if not isinstance(part, _Marked) or part.cache is not None:
        return ()
    mark, _ = take_mark(rest)
    if mark is None:
        return ()
    parts[position] = msgspec.structs.replace(part, cache=mark)
    return ("cache_control",)


def _decode_message_seal(rest: dict[str, JsonValue], parts: list[Part]) -> None:
    """A seal on the message goes to its last text; where that has one of its own, it stays where it is."""
    last: int | None = None
    for at, part in enumerate(parts):
        if isinstance(part, TextPart):
            last = at
            if part.signature is not None:
                parts[at] = msgspec.structs.replace(part, form=(*part.form, "extra_content"))
    text = None if last is None else parts[last]
    if isinstance(text, TextPart) and text.signature is not None:
        return
    signature = take_signature(rest)
    if signature is None:
        return
    if last is not None and isinstance(text, TextPart):
        parts[last] = msgspec.structs.replace(text, signature=signature)
    else:
        first = next((at for at, one in enumerate(parts) if isinstance(one, ToolCallPart)), len(parts))
        parts.insert(first, TextPart("", signature=signature))


def _decode_assistant(rest: dict[str, JsonValue], parts: list[Part], where: str) -> None:
    refusal = _text_or_none(rest, "refusal", where)
    if refusal:
        parts.append(RefusalPart(refusal, form=("refusal",)))
    elif refusal is not None:
        rest["refusal"] = refusal
    audio = rest.pop("audio", None)
    if is_object(audio) and isinstance(audio.get("id"), str):
        fields = dict(audio)
        form = take_nulls(fields)
        parts.append(AudioPart(id=fields.pop("id"), extras=fields, form=form))
    elif audio is not None:
        raise InvalidRequest(f"{where}.audio", "must be an object with the id of audio that the model spoke")
    function = rest.pop("function_call", None)
    if is_object(function):
        parts.append(decode_function_call(function, f"{where}.function_call"))
    elif function is not None:
        raise InvalidRequest(f"{where}.function_call", "must be an object with a name")
    calls = rest.pop("tool_calls", None)
    if calls is not None and not is_list(calls):
        raise InvalidRequest(f"{where}.tool_calls", "must be a list")
    for position, call in enumerate(calls or ()):
        if not is_object(call):
            raise InvalidRequest(f"{where}.tool_calls[{position}]", "must be an object")
        parts.append(decode_call(call, f"{where}.tool_calls[{position}]"))
