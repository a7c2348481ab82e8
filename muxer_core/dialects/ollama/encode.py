"""Requests of `/api/chat`, `/api/generate` and `/api/tags`.

Rules that hold here:

* The URL is `base_url` + `/api/…`; `base_url` is the server itself, without `/api` or `/v1`.
* `stream` is always written, since the server streams where nobody says otherwise.
* Sampling goes to `options`; the caller's own `options` (`num_ctx`, …) join them. What each field becomes is the table in `fields`.
* A function's `strict` and the choice of a tool have no place: `required` is refused, `none` sends no tools, a list of allowed tools sends
  those alone.

Source: github.com/ollama/ollama, `docs/api.md` and `api/types.go`, August 2026; ollama-python 0.6.3.
"""

from __future__ import annotations

from muxer_core.dialects.field_table import left_out, refuse_field
from muxer_core.dialects.foreign_parts import in_words_of
from muxer_core.dialects.json_request import own_extras, post_json
from muxer_core.dialects.json_text import is_object
from muxer_core.dialects.ollama.messages import encode_messages
from muxer_core.dialects.ollama.options import OllamaOptions
from muxer_core.dialects.ollama.words import DIALECT
from muxer_core.dialects.protocol import Encoded, Target
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.request import ChatRequest, FunctionTool, OutputFormat
from muxer_core.values.usage import JsonValue
from muxer_core.wire.heads import Headers, WireRequest

OWNED = {"model": "model", "messages": "messages", "prompt": "messages", "system": "messages", "images": "messages", "tools": "tools",
         "stream": "stream", "logprobs": "logprobs", "top_logprobs": "top_logprobs"}  # fmt: skip
"""Fields of the body that a typed field tells alone."""

_OPTIONS = {"temperature": "temperature", "top_p": "top_p", "top_k": "top_k", "seed": "seed", "frequency_penalty": "frequency_penalty",
            "presence_penalty": "presence_penalty"}  # fmt: skip
_LEFT_OUT = (
    "service_tier",
    "user",
    "reasoning_budget",
    "reasoning_summary",
    "verbosity",
    "metadata",
    "prompt_cache_key",
    "safety_identifier",
)
_NO_FIELD = "the API has no such field"


def encode_chat(
    request: ChatRequest, target: Target, *, max_tokens: int | None, stream: bool, options: OllamaOptions
) -> Encoded:
    """The request for one attempt. Raises `InvalidRequest`, naming the field, for what this API cannot say."""
    extras, warnings = own_extras(request.extras, request.dialect, DIALECT, OWNED)
    _cannot_say(request, warnings)
    body: dict[str, JsonValue] = {"model": target.model}
    messages = encode_messages(request.messages, warnings)
    if options.api == "generate":
        body |= _prompt(messages, request)
    else:
        body["messages"] = messages
    body["stream"] = stream
    tools = _tools(request, warnings)
    if tools:
        body["tools"] = tools
    if request.output_format is not None and request.output_format.kind != "text":
        body["format"] = _format(request.output_format, warnings)
    if request.reasoning_effort is not None:
        body["think"] = False if request.reasoning_effort == "none" else request.reasoning_effort
    if request.logprobs:
        body["logprobs"] = True
    if request.top_logprobs is not None:
        body["top_logprobs"] = request.top_logprobs
    settings: dict[str, JsonValue] = {wire: getattr(request, name) for name, wire in _OPTIONS.items()}
    settings = {"num_predict": max_tokens, **settings, "stop": list(request.stop) or None}
    settings = {name: value for name, value in settings.items() if value is not None}
    asked: JsonValue = extras.pop("options", None) or {}
    if not is_object(asked):
        raise InvalidRequest("extras.options", f"must be an object, got {type(asked).__name__}")
    for name in asked:
        if name in settings:
            raise InvalidRequest(f"extras.options.{name}", "is told by a typed field already; set only one of them")
    if settings or asked:
        body["options"] = {**settings, **asked}
    for name in extras:
        if name in body:
            raise InvalidRequest(f"extras.{name}", "is told by a typed field already; set only one of them")
    body.update(extras)
    accept = "application/x-ndjson" if stream else "application/json"
    url = f"{target.base_url}/api/{options.api}"
    return Encoded(post_json(target, url, body, accept=accept, headers=()), tuple(warnings))


def encode_models(target: Target) -> Encoded:
    """The request that lists the models that the server has."""
    headers = Headers.of([("accept", "application/json"), *target.headers])
    return Encoded(
        WireRequest(method="GET", url=f"{target.base_url}/api/tags", headers=headers, credential=target.credential)
    )


def _cannot_say(request: ChatRequest, warnings: list[str]) -> None:
    if request.n != 1:
        raise refuse_field("n", DIALECT, "it gives one answer")
    if request.parallel_tool_calls is False:
        raise refuse_field("parallel_tool_calls", DIALECT, "it cannot forbid several calls in one answer")
    if request.modalities not in ((), ("text",)):
        raise refuse_field("modalities", DIALECT, "what a model gives cannot be chosen")
    if request.audio is not None:
        raise refuse_field("audio", DIALECT, _NO_FIELD)
    warnings += [left_out(name, DIALECT, _NO_FIELD) for name in _LEFT_OUT if getattr(request, name) is not None]
    if request.store:
        warnings.append(left_out("store", DIALECT, "it stores nothing"))
    if request.cache is not None:
        warnings.append(left_out("cache", DIALECT, "it caches every prompt by itself"))


def _prompt(messages: list[dict[str, JsonValue]], request: ChatRequest) -> dict[str, JsonValue]:
    """The one prompt of `/api/generate`, and what stands before it."""
    if request.tools:
        raise refuse_field("tools", DIALECT, "/api/generate takes none (options.api)")
    said = [message for message in messages if message["role"] != "system"]
    if len(said) != 1 or said[0]["role"] != "user":
        raise refuse_field(
            "messages", DIALECT, "/api/generate takes one message of a user, after system messages (options.api)"
        )
    system = "\n".join(str(message["content"]) for message in messages if message["role"] == "system")
    prompt: dict[str, JsonValue] = {"prompt": said[0]["content"]}
    if system:
        prompt["system"] = system
    if "images" in said[0]:
        prompt["images"] = said[0]["images"]
    return prompt


def _tools(request: ChatRequest, warnings: list[str]) -> list[JsonValue]:
    choice = request.tool_choice
    if choice is not None:
        choice = in_words_of(DIALECT, choice, request.dialect, "tool_choice", warnings)
        warnings += [left_out(f"tool_choice.extras.{name}", DIALECT, _NO_FIELD) for name in choice.extras]
        if choice.mode == "required":
            raise refuse_field("tool_choice.mode", DIALECT, "no call can be demanded")
    names = [tool.name for tool in request.tools if isinstance(tool, FunctionTool)]
    allowed = () if choice is None else choice.allowed
    unknown = [name for name in allowed if name not in names]
    if unknown:
        raise InvalidRequest("tool_choice.allowed", f"names {unknown[0]!r}, which is none of the request's tools")
    tools: list[JsonValue] = []
    for position, tool in enumerate(request.tools):
        where = f"tools[{position}]"
        if not isinstance(tool, FunctionTool):
            raise refuse_field(where, DIALECT, "its tools are functions alone")
        if not allowed or tool.name in allowed:
            tools.append(_tool(in_words_of(DIALECT, tool, request.dialect, where, warnings), where, warnings))
    return [] if choice is not None and choice.mode == "none" else tools


def _tool(tool: FunctionTool, where: str, warnings: list[str]) -> JsonValue:
    if tool.strict:
        warnings.append(left_out(f"{where}.strict", DIALECT, _NO_FIELD))
    if tool.cache is not None:
        warnings.append(left_out(f"{where}.cache", DIALECT, "it caches every prompt by itself"))
    function: dict[str, JsonValue] = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    function["parameters"] = tool.parameters or {"type": "object", "properties": {}}
    return {"type": "function", "function": function, **tool.extras}


def _format(wanted: OutputFormat, warnings: list[str]) -> JsonValue:
    if wanted.kind == "json_object":
        return "json"
    if wanted.schema is None:
        raise InvalidRequest("output_format.schema", "must be given when the kind is json_schema")
    if wanted.strict is False:
        warnings.append(left_out("output_format.strict", DIALECT, "a schema always holds strictly"))
    if wanted.description is not None:
        warnings.append(left_out("output_format.description", DIALECT, "a schema is all that it takes"))
    return wanted.schema
