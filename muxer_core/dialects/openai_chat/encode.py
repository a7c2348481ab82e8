"""Requests of the OpenAI chat completions API, client role.

Rules that hold here:

* The URL is `base_url` + `/chat/completions`; `base_url` is what the provider's configuration says, with its `/v1` where the server
  wants one. Nothing is guessed.
* Typed fields of a `ChatRequest` go to the field that the table in `fields` names. Everything in `extras` is sent verbatim. A field that
  a typed field owns is refused in `extras`, so that routing and money never look at one value while another is sent.
* A streamed request asks for usage, because accounting needs it (`stream_options.include_usage`); what the caller put into
  `stream_options` beside it is kept.
* Retries above us are switched off (law 6): LiteLLM's proxy reads `x-litellm-num-retries` (docs.litellm.ai, request headers, November
  2026); other servers ignore the header.

Source of the fields: openai-python 3.57.0, `types/chat/completion_create_params.py`, November 2026.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import msgspec

from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.openai_chat.fields import OWNED
from muxer_core.dialects.openai_chat.messages import encode_messages
from muxer_core.dialects.openai_chat.options import OpenAIChatOptions, output_limit_field
from muxer_core.dialects.protocol import Encoded, Target
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.request import (
    ChatRequest,
    CustomTool,
    FunctionTool,
    OutputFormat,
    ProviderTool,
    Tool,
    ToolChoice,
)
from muxer_core.values.usage import JsonValue
from muxer_core.wire.heads import Headers, WireRequest

NO_RETRIES_ABOVE = ("x-litellm-num-retries", "0")

_EXTRAS_DEPTH = 64


def encode_chat(
    request: ChatRequest, target: Target, *, max_tokens: int | None, stream: bool, options: OpenAIChatOptions
) -> Encoded:
    """The request for one attempt. Raises `InvalidRequest`, naming the field, for what this API cannot say."""
    _check_extras(request)
    messages, warnings = encode_messages(request.messages, reasoning_field=options.reasoning_field)
    body: dict[str, JsonValue] = {"model": target.model, "messages": messages}
    if max_tokens is not None:
        body[output_limit_field(options, target.base_url, target.model)] = max_tokens
    for name in ("temperature", "top_p", "frequency_penalty", "presence_penalty", "seed", "parallel_tool_calls", "reasoning_effort",
                 "logprobs", "top_logprobs", "audio", "service_tier", "user", "verbosity", "metadata", "store", "prompt_cache_key", "top_k",
                 "safety_identifier"):  # fmt: skip
        value = getattr(request, name)
        if value is not None:
            body[name] = value
    if request.stop:
        body["stop"] = list(request.stop)
    if request.n != 1:
        body["n"] = request.n
    if request.modalities:
        body["modalities"] = list(request.modalities)
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
    if request.tool_choice is not None:
        body["tool_choice"] = _tool_choice(request.tool_choice, request.tools)
    if request.output_format is not None:
        body["response_format"] = _response_format(request.output_format)
    body.update(request.extras)
    _stream_fields(body, stream=stream, options=options, warnings=warnings)
    return Encoded(_post(target, body, stream=stream), tuple(warnings))


def encode_models(target: Target) -> Encoded:
    """The request that lists a server's models: `GET base_url/models`."""
    headers = Headers.of([("accept", "application/json"), *target.headers])
    return Encoded(
        WireRequest(method="GET", url=f"{target.base_url}/models", headers=headers, credential=target.credential)
    )


def _post(target: Target, body: dict[str, JsonValue], *, stream: bool) -> WireRequest:
    try:
        encoded = msgspec.json.encode(body)
    except (TypeError, ValueError, OverflowError, RecursionError) as fault:
        raise InvalidRequest("request", f"cannot be written as JSON: {fault}") from fault
    headers = Headers.of([
        ("content-type", "application/json"),
        ("accept", "text/event-stream" if stream else "application/json"),
        NO_RETRIES_ABOVE,
        *target.headers,
    ])  # fmt: skip
    return WireRequest(
        method="POST",
        url=f"{target.base_url}/chat/completions",
        headers=headers,
        body=encoded,
        credential=target.credential,
    )


def _check_extras(request: ChatRequest) -> None:
    for name, value in request.extras.items():
        owner = OWNED.get(name)
        if owner is not None and (name != "response_format" or request.output_format is not None):
            raise InvalidRequest(f"extras.{name}", f"is told by the field {owner}; set that one instead")
        _check_json(value, f"extras.{name}", _EXTRAS_DEPTH)


def _check_json(value: Any, field: str, depth: int) -> None:
    """JSON has no NaN and no infinity; an encoder would write null in silence."""
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidRequest(field, f"must be a finite number, got {value!r}")
    inner: Iterable[Any] = value.values() if is_object(value) else value if is_list(value) else ()
    for entry in inner:
        if depth == 0:
            raise InvalidRequest(field, f"is nested more than {_EXTRAS_DEPTH} levels deep")
        _check_json(entry, field, depth - 1)


def _stream_fields(
    body: dict[str, JsonValue], *, stream: bool, options: OpenAIChatOptions, warnings: list[str]
) -> None:
    asked = body.get("stream_options")
    if asked is not None and not is_object(asked):
        raise InvalidRequest("extras.stream_options", f"must be an object, got {type(asked).__name__}")
    if not stream:
        if body.pop("stream_options", None) is not None:
            warnings.append("extras.stream_options: left out, because the call is not streamed")
        return
    body["stream"] = True
    if options.ask_stream_usage:
        body["stream_options"] = {**(asked or {}), "include_usage": True}


def _tool(tool: Tool) -> JsonValue:
    match tool:
        case FunctionTool():
            function: dict[str, JsonValue] = {"name": tool.name}
            if tool.description is not None:
                function["description"] = tool.description
            if tool.parameters is not None:
                function["parameters"] = tool.parameters
            if tool.strict is not None:
                function["strict"] = tool.strict
            return {"type": "function", "function": function, **tool.extras}
        case CustomTool():
            custom: dict[str, JsonValue] = {"name": tool.name}
            if tool.description is not None:
                custom["description"] = tool.description
            if tool.format is not None:
                custom["format"] = tool.format
            return {"type": "custom", "custom": custom, **tool.extras}
        case ProviderTool():
            return tool.spec


def _tool_choice(choice: ToolChoice, tools: tuple[Tool, ...]) -> JsonValue:
    if not choice.allowed:
        return choice.mode
    if choice.mode == "none":
        raise InvalidRequest("tool_choice.allowed", "cannot name tools when the mode is none")
    kinds = {
        tool.name: "custom" if isinstance(tool, CustomTool) else "function"
        for tool in tools
        if not isinstance(tool, ProviderTool)
    }
    for name in choice.allowed:
        if name not in kinds:
            raise InvalidRequest("tool_choice.allowed", f"names {name!r}, which is none of the request's tools")
    named: list[JsonValue] = [{"type": kinds[name], kinds[name]: {"name": name}} for name in choice.allowed]
    if choice.mode == "required" and len(named) == 1:
        return named[0]
    return {"type": "allowed_tools", "allowed_tools": {"mode": choice.mode, "tools": named}}


def _response_format(wanted: OutputFormat) -> JsonValue:
    if wanted.kind != "json_schema":
        return {"type": wanted.kind}
    if wanted.schema is None:
        raise InvalidRequest("output_format.schema", "must be given when the kind is json_schema")
    described: dict[str, JsonValue] = {"name": wanted.name or "answer", "schema": wanted.schema}
    if wanted.strict is not None:
        described["strict"] = wanted.strict
    if wanted.description is not None:
        described["description"] = wanted.description
    return {"type": "json_schema", "json_schema": described}
