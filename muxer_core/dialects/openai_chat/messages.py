"""Conversation messages: our `Message` values <-> the form of the OpenAI chat completions API, in both directions.

Rules that hold here:

* Nothing is lost in silence. A key that this file does not know stays in `extras` of its part, tool call or message under the
  provider's own name, and is written back at the same place (`cache_control`, `extra_content`, `prompt_cache_breakpoint`, …).
* What the API cannot say is refused with the field's name, or left out with a warning that names it; never silently changed.
* Thinking that came from an OpenAI-form message goes back under the keys it came with (`reasoning_content`, `reasoning`,
  `reasoning_details`), because the part keeps them in `extras`. Thinking from elsewhere goes back as `reasoning_details` when it has a
  signature or an encrypted body (they must not be lost), else under the provider's configured field, else not at all, with a warning.
* An empty tool-call id marks the old function form (`function_call`, role `function`), which has no ids.

Source: the types of openai-python 3.57.0 (`openai/types/chat/*_param.py`), November 2026.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, get_args

from muxer_core.dialects.field_table import left_out, refuse_field
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.openai_chat.content_parts import (
    ContentPart,
    content_parts,
    encode_content,
    result_parts,
    with_extras,
)
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import (
    AudioPart,
    Message,
    Part,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    Role,
    ServerToolCallPart,
    ServerToolResultPart,
    ToolCallPart,
    ToolResultPart,
)
from muxer_core.values.usage import JsonValue

ReasoningField = Literal["none", "reasoning_content", "reasoning"]
"""Under which key thinking without a signature is sent back: none, DeepSeek's and vLLM's, or OpenRouter's and Ollama's."""

_ROLES: tuple[str, ...] = get_args(Role)
_REASONING_KEYS = ("reasoning_content", "reasoning", "reasoning_details")


def encode_messages(
    messages: Iterable[Message], *, reasoning_field: ReasoningField = "none"
) -> tuple[list[dict[str, JsonValue]], list[str]]:
    """The messages in OpenAI form, and warnings for what had to be left out. Raises `InvalidRequest`, naming the message.

    >>> from muxer_core.values.messages import TextPart
    >>> encode_messages([Message("user", (TextPart("Why?"),))])
    ([{'role': 'user', 'content': 'Why?'}], [])
    """
    encoded: list[dict[str, JsonValue]] = []
    warnings: list[str] = []
    for position, message in enumerate(messages):
        _encode_message(message, f"messages[{position}]", reasoning_field, encoded, warnings)
    return encoded, warnings


def decode_message(message: Mapping[str, JsonValue], *, where: str = "message") -> Message:
    """One message in OpenAI form as our value. Raises `InvalidRequest`; `where` names the message in it.

    >>> decode_message({"role": "user", "content": "Why?"}).text
    'Why?'
    """
    rest = dict(message)
    role = rest.pop("role", None)
    if role == "function":
        result = ToolResultPart("", result_parts(rest.pop("content", None), where))
        return Message("tool", (result,), name=_text_or_none(rest, "name", where), extras=rest)
    if role not in _ROLES:
        raise InvalidRequest(f"{where}.role", f"must be one of {', '.join(_ROLES)}, got {role!r}")
    name = _text_or_none(rest, "name", where)
    if role == "tool":
        call_id = rest.pop("tool_call_id", None)
        if not isinstance(call_id, str) or not call_id:
            raise InvalidRequest(f"{where}.tool_call_id", "a tool message must name the call that it answers")
        return Message("tool", (ToolResultPart(call_id, result_parts(rest.pop("content", None), where)),), name, rest)
    parts: list[Part] = []
    _decode_reasoning(rest, parts)
    parts.extend(content_parts(rest.pop("content", None), where))
    if role == "assistant":
        _decode_assistant(rest, parts, where)
    return Message(role, tuple(parts), name, rest)


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
    message: Message,
    where: str,
    reasoning_field: ReasoningField,
    encoded: list[dict[str, JsonValue]],
    warnings: list[str],
) -> None:
    content: list[ContentPart] = []
    calls: list[ToolCallPart] = []
    results: list[ToolResultPart] = []
    reasoning: list[ReasoningPart] = []
    for part in message.parts:
        if isinstance(part, ToolCallPart):
            calls.append(part)
        elif isinstance(part, ToolResultPart):
            results.append(part)
        elif isinstance(part, ReasoningPart):
            reasoning.append(part)
        elif isinstance(part, ServerToolCallPart | ServerToolResultPart):
            warnings.append(left_out(f"{where}.parts", "openai_chat", "it has no place for a tool that a provider ran"))
        elif isinstance(part, ProviderPart):
            raise refuse_field(f"{where}.parts", "openai_chat", "the part is in the form of another dialect")
        else:
            content.append(part)
    if message.role != "assistant" and (calls or reasoning):
        raise InvalidRequest(
            f"{where}.parts", f"a {message.role} message cannot hold tool calls or reasoning; only an assistant's can"
        )
    if results and message.role not in ("tool", "user"):
        raise InvalidRequest(f"{where}.parts", f"a {message.role} message cannot hold tool results")
    encoded.extend(_encode_result(result, message, where, warnings) for result in results)
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
        _encode_assistant(content, calls, reasoning, wire, where, reasoning_field, warnings)
    else:
        wire["content"] = encode_content(content, where)
    wire.update(message.extras)
    encoded.append(wire)


def _encode_result(result: ToolResultPart, message: Message, where: str, warnings: list[str]) -> dict[str, JsonValue]:
    content = encode_content(list(result.parts), where)
    if result.is_error:
        warnings.append(
            f"{where}: is_error has no place in the OpenAI chat form; the tool's own words were sent without the mark"
        )
    if not result.tool_call_id:
        return {"role": "function", "name": message.name or "", "content": content, **result.extras, **message.extras}
    wire: dict[str, JsonValue] = {"role": "tool", "tool_call_id": result.tool_call_id, "content": content}
    if message.name is not None and message.role == "tool":
        wire["name"] = message.name
    wire.update(result.extras)
    if message.role == "tool":
        wire.update(message.extras)
    return wire


def _encode_assistant(
    content: list[ContentPart],
    calls: list[ToolCallPart],
    reasoning: list[ReasoningPart],
    wire: dict[str, JsonValue],
    where: str,
    reasoning_field: ReasoningField,
    warnings: list[str],
) -> None:
    spoken = [part for part in content if isinstance(part, AudioPart)]
    written = [part for part in content if not isinstance(part, AudioPart)]
    refusals = [part for part in written if isinstance(part, RefusalPart)]
    if refusals and len(refusals) == len(written) and not any(part.extras for part in refusals):
        wire["content"] = None
        wire["refusal"] = "".join(part.text for part in refusals)
    elif written:
        wire["content"] = encode_content(written, where)
    else:
        wire["content"] = None if calls or spoken else ""
    for part in spoken:
        if part.id is None:
            raise InvalidRequest(
                f"{where}.parts", "an assistant's audio is named by its id; its data cannot be sent back"
            )
        wire["audio"] = {"id": part.id, **part.extras}
    if sum(not call.id for call in calls) > 1:
        raise InvalidRequest(
            f"{where}.parts",
            "holds several tool calls without an id; the results of all but one could not be told apart",
        )
    tool_calls: list[JsonValue] = []
    for call in calls:
        if call.id:
            tool_calls.append(_encode_call(call))
        else:
            wire["function_call"] = {"name": call.name, "arguments": call.arguments, **call.extras}
    if tool_calls:
        wire["tool_calls"] = tool_calls
    _encode_reasoning(reasoning, wire, where, reasoning_field, warnings)


def _encode_call(call: ToolCallPart) -> dict[str, JsonValue]:
    body = {"name": call.name, "input" if call.kind == "custom" else "arguments": call.arguments}
    return with_extras({"id": call.id, "type": call.kind, call.kind: body}, call.extras)


def _encode_reasoning(
    parts: list[ReasoningPart],
    wire: dict[str, JsonValue],
    where: str,
    reasoning_field: ReasoningField,
    warnings: list[str],
) -> None:
    details: list[JsonValue] = []
    blocks: list[JsonValue] = []
    texts: list[str] = []
    for part in parts:
        if part.extras:
            fields = dict(part.extras)
            for name, listed in (("reasoning_details", details), ("thinking_blocks", blocks)):
                kept = fields.pop(name, None)
                listed.extend(kept if is_list(kept) else [])
            wire.update(fields)
        elif part.encrypted is not None:
            details.append({"type": "reasoning.encrypted", "data": part.encrypted})
        elif part.signature is not None:
            details.append({"type": "reasoning.text", "text": part.text, "signature": part.signature})
        else:
            texts.append(part.text)
    if details:
        wire["reasoning_details"] = details
    if blocks:
        wire["thinking_blocks"] = blocks
    if texts and reasoning_field == "none":
        warnings.append(
            f"{where}: the OpenAI chat form has no field for thinking; it was not sent back (set reasoning_field to send it)"
        )
    elif texts:
        wire[reasoning_field] = "".join(texts)


# --- decoding ---------------------------------------------------------------------------------------------------------------------


def _text_or_none(rest: dict[str, JsonValue], name: str, where: str) -> str | None:
    value = rest.pop(name, None)
    if value is not None and not isinstance(value, str):
        raise InvalidRequest(f"{where}.{name}", f"must be a string, got {type(value).__name__}")
    return value


def _decode_reasoning(rest: dict[str, JsonValue], parts: list[Part]) -> None:
    kept = {name: rest.pop(name) for name in _REASONING_KEYS if rest.get(name)}
    if not kept:
        return
    text = next((kept[name] for name in ("reasoning_content", "reasoning") if isinstance(kept.get(name), str)), "")
    details = kept.get("reasoning_details")
    entries = [entry for entry in details if is_object(entry)] if is_list(details) else []
    if not text:
        text = "".join(str(entry.get("text") or entry.get("summary") or "") for entry in entries)
    signature = next((entry["signature"] for entry in entries if isinstance(entry.get("signature"), str)), None)
    encrypted = next((entry["data"] for entry in entries if isinstance(entry.get("data"), str)), None)
    parts.append(ReasoningPart(text, signature, encrypted, kept))


def _decode_assistant(rest: dict[str, JsonValue], parts: list[Part], where: str) -> None:
    refusal = _text_or_none(rest, "refusal", where)
    if refusal:
        parts.append(RefusalPart(refusal))
    audio = rest.pop("audio", None)
    if is_object(audio) and isinstance(audio.get("id"), str):
        parts.append(AudioPart(id=audio["id"], extras={key: value for key, value in audio.items() if key != "id"}))
    elif audio is not None:
        raise InvalidRequest(f"{where}.audio", "must be an object with the id of audio that the model spoke")
    function = rest.pop("function_call", None)
    if is_object(function):
        parts.append(_decode_call({"id": "", "function": function}, f"{where}.function_call"))
    calls = rest.pop("tool_calls", None)
    if calls is not None and not is_list(calls):
        raise InvalidRequest(f"{where}.tool_calls", "must be a list")
    for position, call in enumerate(calls or ()):
        if not is_object(call):
            raise InvalidRequest(f"{where}.tool_calls[{position}]", "must be an object")
        parts.append(_decode_call(call, f"{where}.tool_calls[{position}]"))


def _decode_call(call: dict[str, JsonValue], where: str) -> ToolCallPart:
    rest = dict(call)
    call_id = rest.pop("id", None)
    kind: Literal["function", "custom"] = "custom" if rest.pop("type", "function") == "custom" else "function"
    body = rest.pop(kind, None)
    if not is_object(body) or not isinstance(body.get("name"), str):
        raise InvalidRequest(f"{where}.{kind}", "must be an object with a name")
    if not isinstance(call_id, str):
        raise InvalidRequest(f"{where}.id", "must be a string")
    arguments_key = "input" if kind == "custom" else "arguments"
    arguments = body.get(arguments_key, "")
    if not isinstance(arguments, str):
        raise InvalidRequest(f"{where}.{kind}.{arguments_key}", "must be a string: the model's own text")
    unknown = {key: value for key, value in body.items() if key not in ("name", arguments_key)}
    if unknown:
        rest[kind] = unknown
    return ToolCallPart(call_id, body["name"], arguments, kind, rest)
