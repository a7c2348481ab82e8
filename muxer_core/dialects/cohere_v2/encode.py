"""Requests of `/v2/chat` and of the list of models.

Rules that hold here:

* The URL is `base_url` + `/v2/chat`, and `/v1/models` for the list; `base_url` is the service itself, `https://api.cohere.com`.
* What each field becomes is the table in `fields`. `documents`, `safety_mode`, `citation_options` and `priority` go into `extras`.
* `strict_tools` holds for all functions together: it is set where all ask for it, and left out with a warning where only some do.

Source: cohere 7.3.1, `v2/raw_client.py` (`chat`, `chat_stream`), November 2026.
"""

from __future__ import annotations

from muxer_core.dialects.cohere_v2.messages import encode_messages
from muxer_core.dialects.cohere_v2.words import DIALECT
from muxer_core.dialects.field_table import left_out, refuse_field
from muxer_core.dialects.foreign_parts import in_words_of
from muxer_core.dialects.json_request import own_extras, post_json
from muxer_core.dialects.protocol import Encoded, Target
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.request import ChatRequest, FunctionTool, OutputFormat
from muxer_core.values.usage import JsonValue
from muxer_core.wire.heads import Headers, WireRequest

_SAME = {"temperature": "temperature", "top_p": "p", "top_k": "k", "seed": "seed", "frequency_penalty": "frequency_penalty",
         "presence_penalty": "presence_penalty"}  # fmt: skip
OWNED = {"model": "model", "messages": "messages", "tools": "tools", "stream": "stream", "max_tokens": "max_tokens",
         "stop_sequences": "stop", "logprobs": "logprobs", **{wire: name for name, wire in _SAME.items()}}  # fmt: skip
"""Fields of the body that a typed field tells alone."""

_LEFT_OUT = (
    "service_tier",
    "user",
    "reasoning_summary",
    "verbosity",
    "metadata",
    "prompt_cache_key",
    "safety_identifier",
)
_NO_FIELD = "the API has no such field"


def encode_chat(request: ChatRequest, target: Target, *, max_tokens: int | None, stream: bool) -> Encoded:
    """The request for one attempt. Raises `InvalidRequest`, naming the field, for what this API cannot say."""
    extras, warnings = own_extras(request.extras, request.dialect, DIALECT, OWNED)
    _cannot_say(request, warnings)
    body: dict[str, JsonValue] = {
        "model": target.model,
        "messages": encode_messages(request.messages, warnings),
        "stream": stream,
    }
    settings: dict[str, JsonValue] = {wire: getattr(request, name) for name, wire in _SAME.items()}
    settings = {
        "max_tokens": max_tokens,
        **settings,
        "stop_sequences": list(request.stop) or None,
        "logprobs": request.logprobs,
    }
    body |= {name: value for name, value in settings.items() if value is not None}
    body |= _tools(request, warnings)
    if request.output_format is not None and request.output_format.kind != "text":
        body["response_format"] = _format(request.output_format, warnings)
    if request.reasoning_effort == "none":
        body["thinking"] = {"type": "disabled"}
    elif request.reasoning_effort is not None:
        warnings.append(
            left_out("reasoning_effort", DIALECT, "it takes a number of tokens (reasoning_budget), or none")
        )
    if request.reasoning_budget is not None:
        body["thinking"] = {"type": "enabled", "token_budget": request.reasoning_budget}
    for name in extras:
        if name in body:
            raise InvalidRequest(f"extras.{name}", "is told by a typed field already; set only one of them")
    body.update(extras)
    accept = "text/event-stream" if stream else "application/json"
    return Encoded(post_json(target, f"{target.base_url}/v2/chat", body, accept=accept, headers=()), tuple(warnings))


def encode_models(target: Target) -> Encoded:
    """The request that lists the models."""
    headers = Headers.of([("accept", "application/json"), *target.headers])
    return Encoded(
        WireRequest(method="GET", url=f"{target.base_url}/v1/models", headers=headers, credential=target.credential)
    )


def _cannot_say(request: ChatRequest, warnings: list[str]) -> None:
    if request.n != 1:
        raise refuse_field("n", DIALECT, "it gives one answer")
    if request.parallel_tool_calls is False:
        raise refuse_field("parallel_tool_calls", DIALECT, "it cannot forbid several calls in one answer")
    if request.modalities not in ((), ("text",)):
        raise refuse_field("modalities", DIALECT, "what a model gives cannot be chosen")
    for name in ("top_logprobs", "audio"):
        if getattr(request, name) is not None:
            raise refuse_field(name, DIALECT, _NO_FIELD)
    warnings += [left_out(name, DIALECT, _NO_FIELD) for name in _LEFT_OUT if getattr(request, name) is not None]
    if request.cache is not None:
        warnings.append(left_out("cache", DIALECT, "it caches prompts by itself"))
    if request.store:
        warnings.append(left_out("store", DIALECT, _NO_FIELD))


def _tools(request: ChatRequest, warnings: list[str]) -> dict[str, JsonValue]:
    """`tools`, `strict_tools` and `tool_choice`."""
    choice = request.tool_choice
    if choice is not None:
        choice = in_words_of(DIALECT, choice, request.dialect, "tool_choice", warnings)
        warnings += [left_out(f"tool_choice.extras.{name}", DIALECT, _NO_FIELD) for name in choice.extras]
    allowed = () if choice is None else choice.allowed
    functions: list[FunctionTool] = []
    tools: list[JsonValue] = []
    for position, tool in enumerate(request.tools):
        where = f"tools[{position}]"
        if not isinstance(tool, FunctionTool):
            raise refuse_field(where, DIALECT, "its tools are functions alone")
        if not allowed or tool.name in allowed:
            functions.append(tool)
            tools.append(_tool(in_words_of(DIALECT, tool, request.dialect, where, warnings), where, warnings))
    names = [tool.name for tool in functions]
    unknown = [name for name in allowed if name not in names]
    if unknown:
        raise InvalidRequest("tool_choice.allowed", f"names {unknown[0]!r}, which is none of the request's tools")
    body: dict[str, JsonValue] = {"tools": tools} if tools else {}
    strict = [tool.strict for tool in functions]
    if functions and all(strict):
        body["strict_tools"] = True
    elif any(strict):
        warnings.append(left_out("tools", DIALECT, "strict holds for all functions or for none (strict_tools)"))
    if choice is not None and choice.mode != "auto" and tools:
        body["tool_choice"] = choice.mode.upper()
    return body


def _tool(tool: FunctionTool, where: str, warnings: list[str]) -> JsonValue:
    if tool.cache is not None:
        warnings.append(left_out(f"{where}.cache", DIALECT, "it caches prompts by itself"))
    function: dict[str, JsonValue] = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    function["parameters"] = tool.parameters or {"type": "object", "properties": {}}
    return {"type": "function", "function": function, **tool.extras}


def _format(wanted: OutputFormat, warnings: list[str]) -> JsonValue:
    if wanted.kind == "json_object":
        return {"type": "json_object"}
    if wanted.schema is None:
        raise InvalidRequest("output_format.schema", "must be given when the kind is json_schema")
    if wanted.strict is False:
        warnings.append(left_out("output_format.strict", DIALECT, "a schema always holds strictly"))
    if wanted.description is not None:
        warnings.append(left_out("output_format.description", DIALECT, "a schema is all that it takes"))
    return {"type": "json_object", "json_schema": wanted.schema}
