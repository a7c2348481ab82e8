"""Requests that say one field of ours each, and what a dialect does with them: is it what its table promises?"""

from __future__ import annotations

from typing import Any

import msgspec

from muxer_core.dialects.canonical_fields import canonical_fields
from muxer_core.dialects.field_table import FieldTable
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.protocol import ClientDialect, Encoded, Target
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import (
    AudioPart,
    CacheMark,
    Citation,
    FilePart,
    ImagePart,
    Message,
    Part,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    ServerToolCallPart,
    ServerToolResultPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from muxer_core.values.request import ChatRequest, CustomTool, FunctionTool, OutputFormat, ProviderTool, ToolChoice

PNG, PDF, WAV = "iVBORw0KGgo=", "JVBERi0=", "UklGRg=="
ASKED = Message("user", (TextPart("Why?"),))
TOOL = FunctionTool("weather", parameters={"type": "object", "properties": {}})
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
MARK = CacheMark("5m")
CALL = ToolCallPart("call_1", "weather", '{"city":"Berlin"}')

_SETTINGS: dict[str, Any] = {
    "max_tokens": 16, "temperature": 0.5, "top_p": 0.9, "frequency_penalty": 0.5, "presence_penalty": 0.5, "stop": ("x",), "seed": 7,
    "n": 2, "parallel_tool_calls": False, "reasoning_effort": "low", "logprobs": True, "modalities": ("audio",),
    "audio": {"voice": "a"}, "service_tier": "flex", "user": "u", "top_k": 3, "reasoning_budget": 2048, "reasoning_summary": "auto",
    "verbosity": "low", "metadata": {"team": "blue"}, "store": True, "prompt_cache_key": "k", "safety_identifier": "s", "cache": MARK,
    "tools": (TOOL,),
}  # fmt: skip
_PARTS: dict[str, Part] = {
    "TextPart.text": TextPart("a"),
    "TextPart.cache": TextPart("a", cache=MARK),
    "TextPart.signature": TextPart("a", signature="c2VhbA=="),
    "TextPart.citations": TextPart("a", citations=(Citation("url", url="https://example.org"),)),
    "ImagePart.url": ImagePart(url=f"data:image/png;base64,{PNG}"),
    "ImagePart.detail": ImagePart(data=PNG, media_type="image/png", detail="low"),
    "ImagePart.file_id": ImagePart(file_id="file-1"),
    "ImagePart.cache": ImagePart(data=PNG, media_type="image/png", cache=MARK),
    "ImagePart.signature": ImagePart(data=PNG, media_type="image/png", signature="c2VhbA=="),
    "AudioPart.id": AudioPart(id="audio-1"),
    "AudioPart.url": AudioPart(url="https://example.org/a.wav"),
    "AudioPart.cache": AudioPart(data=WAV, format="wav", cache=MARK),
    "FilePart.file_id": FilePart(file_id="file-1"),
    "FilePart.url": FilePart(url=f"data:application/pdf;base64,{PDF}"),
    "FilePart.filename": FilePart(data=PDF, media_type="application/pdf", filename="a.pdf"),
    "FilePart.text": FilePart(text="words", media_type="text/plain"),
    "FilePart.cache": FilePart(data=PDF, media_type="application/pdf", cache=MARK),
    "FilePart.signature": FilePart(data=PDF, media_type="application/pdf", signature="c2VhbA=="),
    "RefusalPart.text": RefusalPart("no"),
    "ReasoningPart.text": ReasoningPart("hm"),
    "ReasoningPart.signature": ReasoningPart("hm", "c2VhbA==", vendor="anthropic"),
    "ReasoningPart.encrypted": ReasoningPart(encrypted="ZW5j", vendor="anthropic"),
    "ReasoningPart.vendor": ReasoningPart("hm", "c2VhbA==", vendor="anthropic"),
    "ReasoningPart.id": ReasoningPart("hm", "c2VhbA==", vendor="anthropic", id="rs_1"),
    "ToolCallPart.kind": ToolCallPart("call_1", "weather", "free text", "custom"),
    "ToolCallPart.cache": msgspec.structs.replace(CALL, cache=MARK),
    "ToolCallPart.signature": msgspec.structs.replace(CALL, signature="c2VhbA=="),
    "ToolResultPart.is_error": ToolResultPart("call_1", (TextPart("no"),), is_error=True),
    "ToolResultPart.name": ToolResultPart("call_1", (TextPart("yes"),), name="weather"),
    "ToolResultPart.cache": ToolResultPart("call_1", (TextPart("yes"),), cache=MARK),
}  # fmt: skip
_BY_KIND: dict[str, Part] = {
    "ImagePart": ImagePart(data=PNG, media_type="image/png"),
    "AudioPart": AudioPart(data=WAV, format="wav"),
    "FilePart": FilePart(data=PDF, media_type="application/pdf"),
    "ToolCallPart": CALL,
    "ToolResultPart": ToolResultPart("call_1", (TextPart("sunny"),)),
    "ServerToolCallPart": ServerToolCallPart("srv_1", "search", {"q": "x"}, {"type": "web_search"}),
    "ServerToolResultPart": ServerToolResultPart("srv_1", "search", [], native={"type": "web_search"}),
    "ProviderPart": ProviderPart({"type": "text", "text": "own"}),
    "CacheMark": TextPart("a", cache=CacheMark("1h")),
    "Citation": _PARTS["TextPart.citations"],
}
_FORMAT = OutputFormat("json_schema", "answer", SCHEMA)
_FIELDS: dict[str, dict[str, Any]] = {
    "ChatRequest.top_logprobs": {"logprobs": True, "top_logprobs": 2},
    "ChatRequest.tool_choice": {"tools": (TOOL,), "tool_choice": ToolChoice("auto")},
    "ChatRequest.parallel_tool_calls": {"tools": (TOOL,), "parallel_tool_calls": False},
    "ChatRequest.output_format": {"output_format": _FORMAT},
    "Message.name": {"messages": (Message("user", (TextPart("a"),), name="ann"),)},
    "FunctionTool.description": {"tools": (FunctionTool("weather", "words", SCHEMA),)},
    "FunctionTool.parameters": {"tools": (FunctionTool("weather", None, SCHEMA),)},
    "FunctionTool.strict": {"tools": (FunctionTool("weather", None, SCHEMA, strict=True),)},
    "FunctionTool.cache": {"tools": (FunctionTool("weather", None, SCHEMA, cache=MARK),)},
    "ProviderTool.spec": {"tools": (ProviderTool({"type": "own"}),), "dialect": "another"},
    "ToolChoice.mode": {"tools": (TOOL,), "tool_choice": ToolChoice("required")},
    "ToolChoice.allowed": {
        "tools": (TOOL, FunctionTool("time"), FunctionTool("news")),
        "tool_choice": ToolChoice("required", ("weather", "time")),
    },
    "OutputFormat.strict": {"output_format": OutputFormat("json_schema", "answer", SCHEMA, strict=False)},
    "OutputFormat.description": {"output_format": OutputFormat("json_schema", "answer", SCHEMA, description="d")},
}


def saying(field: str) -> ChatRequest:
    """A request that says this field, and nothing else that a dialect could stumble over."""
    kind, _, name = field.partition(".")
    given: dict[str, Any] = {"messages": (ASKED,), "max_tokens": 4096}
    if field in _FIELDS:
        given |= _FIELDS[field]
    elif kind == "ChatRequest" and name in _SETTINGS:
        given[name] = _SETTINGS[name]
    elif kind == "CustomTool":
        given["tools"] = (CustomTool("grep", "d", {"type": "text"}, cache=MARK if name == "cache" else None),)
    elif kind == "FunctionTool":
        given["tools"] = (TOOL,)
    elif kind == "OutputFormat":
        given["output_format"] = _FORMAT
    elif field in _PARTS or kind in _BY_KIND:
        part = _PARTS.get(field) or _BY_KIND[kind]
        given["messages"] = _around(part)
    return ChatRequest(model="m", **given)


def _around(part: Part) -> tuple[Message, ...]:
    """A conversation in which this part may stand."""
    if isinstance(part, ToolResultPart):
        return (ASKED, Message("assistant", (CALL,)), Message("tool", (part,)))
    if isinstance(part, ToolCallPart):
        return (ASKED, Message("assistant", (part,)), Message("tool", (ToolResultPart(part.id, (TextPart("sunny"),)),)))
    if isinstance(part, ReasoningPart | RefusalPart | ServerToolCallPart | ServerToolResultPart) or (
        isinstance(part, AudioPart) and part.id
    ):
        # What is in a dialect's own form is a promise to the others: they cannot read it.
        foreign = "another" if isinstance(part, ServerToolCallPart | ServerToolResultPart) else None
        return (ASKED, Message("assistant", (part, TextPart("so")), dialect=foreign), ASKED)
    if isinstance(part, TextPart) and part.citations:
        return (ASKED, Message("assistant", (part,)), ASKED)
    return (Message("user", (part,), dialect="another" if isinstance(part, ProviderPart) else None),)


def speak(dialect: ClientDialect, request: ChatRequest, *, stream: bool = False) -> Encoded:
    """The request in this dialect."""
    target = Target(where="there", base_url="http://127.0.0.1:1", model=request.model)
    return dialect.encode_chat(request, target, max_tokens=request.max_tokens, stream=stream)


def body_of(encoded: Encoded) -> dict[str, Any]:
    """The JSON body that is sent."""
    body: dict[str, Any] = msgspec.json.decode(encoded.request.body)
    return body


def _sealed_by(request: ChatRequest, vendor: str, ttl: str) -> ChatRequest:
    """The request with seals of this vendor, and marks that last as long as it knows to say."""
    values = msgspec.json.decode(msgspec.json.encode(request))

    def with_vendor(value: Any) -> Any:
        if is_object(value):
            named = {"vendor": vendor, "ttl": ttl}
            return {name: named.get(name, with_vendor(one)) for name, one in value.items()}
        if is_list(value):
            return [with_vendor(one) for one in value]
        return value

    return msgspec.convert(with_vendor(values), ChatRequest)


def broken_promises(
    dialect: ClientDialect, table: FieldTable, model: str = "m", *, vendor: str = "anthropic", ttl: str = "5m"
) -> list[str]:
    """The fields of which the encoder does something else than the table says.

    A table speaks of seals that the dialect's own `vendor` made, and of a cache mark's `ttl` in its words.
    """
    fates = {one.ours: one.fate for one in table.reach}
    broken = [f"{field}: in no row" for field in canonical_fields() if field not in fates]
    for field, fate in fates.items():
        request = _sealed_by(msgspec.structs.replace(saying(field), model=model), vendor, ttl)
        try:
            warnings = speak(dialect, request).warnings
        except InvalidRequest as problem:
            if fate != "refused":
                broken.append(f"{field}: {fate}, but refused: {problem}")
            continue
        if fate == "refused":
            broken.append(f"{field}: refused, but sent")
        elif (fate == "warned") != bool(warnings):
            broken.append(f"{field}: {fate}, but warnings are {warnings}")
    return broken
