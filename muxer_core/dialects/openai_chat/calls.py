"""Calls of tools on an assistant's message: our `ToolCallPart` <-> an entry of `tool_calls`, and the old `function_call`.

Notes (`form`): `object` says that the arguments came as an object, `silent` that there were none; `untyped` that the call came without its
type, `type X` that it came with another one, `index N` with its number in a stream; and those of `forms`.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from muxer_core.dialects.json_text import is_object
from muxer_core.dialects.openai_chat.cache_marks import MarkForm, put_mark, take_mark
from muxer_core.dialects.openai_chat.chunks import json_text
from muxer_core.dialects.openai_chat.content_parts import PartWriter, with_extras
from muxer_core.dialects.openai_chat.forms import put_nulls, take_nulls
from muxer_core.dialects.openai_chat.seals import put_signature, take_signature
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import ToolCallPart
from muxer_core.values.usage import JsonValue


def encode_call(call: ToolCallPart, writer: PartWriter) -> dict[str, JsonValue]:
    """An entry of `tool_calls`."""
    body: dict[str, JsonValue] = {"name": call.name}
    if call.arguments or "silent" not in call.form:
        body["input" if call.kind == "custom" else "arguments"] = _arguments(call)
    wire: dict[str, JsonValue] = {"id": call.id, "type": call.kind, call.kind: body}
    for note in call.form:
        if note == "untyped":
            del wire["type"]
        elif note.startswith("type "):
            wire["type"] = note.removeprefix("type ")
        elif note.startswith("index "):
            wire["index"] = int(note.removeprefix("index "))
    with_extras(wire, call.extras)
    put_signature(wire, call.signature)
    taken: MarkForm = "cache_control" if writer.marks == "cache_control" else "none"
    put_mark(wire, call.cache, (), taken, f"{writer.where}.parts", writer.warnings)
    return put_nulls(wire, call.form)


def _arguments(call: ToolCallPart) -> JsonValue:
    """The arguments as text; as an object where they came as one and still are one."""
    if "object" in call.form:
        try:
            value = msgspec.json.decode(call.arguments)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return call.arguments
        return value if is_object(value) else call.arguments
    return call.arguments


def decode_function_call(function: dict[str, JsonValue], where: str) -> ToolCallPart:
    """The old form of a call. What else it holds is its extras, beside its name. Raises `InvalidRequest`."""
    rest = dict(function)
    name, arguments = rest.pop("name", None), rest.pop("arguments", "")
    if not isinstance(name, str):
        raise InvalidRequest(f"{where}.function", "must be an object with a name")
    if not isinstance(arguments, str):
        raise InvalidRequest(f"{where}.arguments", "must be a string: the model's own text")
    return ToolCallPart("", name, arguments, extras=rest)


def decode_call(call: dict[str, JsonValue], where: str) -> ToolCallPart:
    """An entry of `tool_calls`. Raises `InvalidRequest`."""
    rest = dict(call)
    form = take_nulls(rest)
    named = rest.pop("type", None)
    if named is None:
        form += ("untyped",)
    elif named not in ("function", "custom"):
        form += (f"type {named}",)
    if type(rest.get("index")) is int:
        form += (f"index {rest.pop('index')}",)
    call_id = rest.pop("id", None)
    kind: Literal["function", "custom"] = "custom" if named == "custom" else "function"
    body = rest.pop(kind, None)
    if not is_object(body) or not isinstance(body.get("name"), str):
        raise InvalidRequest(f"{where}.{kind}", "must be an object with a name")
    if not isinstance(call_id, str):
        raise InvalidRequest(f"{where}.id", "must be a string")
    arguments_key = "input" if kind == "custom" else "arguments"
    arguments = body.get(arguments_key, "")
    if arguments_key not in body:
        form += ("silent",)
    if is_object(arguments):
        arguments, form = json_text(arguments), (*form, "object")
    if not isinstance(arguments, str):
        raise InvalidRequest(f"{where}.{kind}.{arguments_key}", "must be a string: the model's own text")
    unknown = {key: value for key, value in body.items() if key not in ("name", arguments_key)}
    if unknown:
        rest[kind] = unknown
    signature = take_signature(rest)
    mark, _ = take_mark(rest) if "cache_control" in rest else (None, ())
    return ToolCallPart(call_id, body["name"], arguments, kind, rest, mark, signature, form)
