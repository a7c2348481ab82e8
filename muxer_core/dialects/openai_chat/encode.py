"""Requests of the OpenAI chat completions API, client role.

Rules that hold here:

* The URL is `base_url` + `/chat/completions`; `base_url` is what the provider's configuration says, with its `/v1` where the server
  wants one. Nothing is guessed. Azure's is another (`paths`), and so is Mistral's form of the body (`mistral`), by option.
* Typed fields of a `ChatRequest` go to the field that the table in `fields` names. Everything in `extras` is sent verbatim. A field that
  a typed field owns is refused in `extras`, so that routing and money never look at one value while another is sent.
* A streamed request asks for usage, because accounting needs it (`stream_options.include_usage`); what the caller put into
  `stream_options` beside it is kept.
* What came in another dialect is written without that dialect's own fields, with a warning for each.
* Retries above us are switched off (`json_request`).

Source of the fields: openai-python 3.57.0, `types/chat/completion_create_params.py`, November 2026.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from muxer_core.dialects.json_request import check_json, post_json
from muxer_core.dialects.json_text import is_object
from muxer_core.dialects.openai_chat.cache_marks import MarkForm, put_mark
from muxer_core.dialects.openai_chat.fields import OWNED
from muxer_core.dialects.openai_chat.foreign import foreign_fields, in_our_words
from muxer_core.dialects.openai_chat.forms import cannot_say, is_ours, put_nulls
from muxer_core.dialects.openai_chat.messages import encode_messages
from muxer_core.dialects.openai_chat.mistral import in_form
from muxer_core.dialects.openai_chat.options import OpenAIChatOptions, is_openais_own, mark_form, output_limit_field
from muxer_core.dialects.openai_chat.paths import models_url, url_of
from muxer_core.dialects.openai_chat.reasoning_parts import without_seals
from muxer_core.dialects.openai_chat.tools import encode_function, encode_output_format, encode_tool, encode_tool_choice
from muxer_core.dialects.protocol import Encoded, Target
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import CacheMark
from muxer_core.values.request import ChatRequest, FunctionTool, ProviderTool
from muxer_core.values.usage import JsonValue
from muxer_core.wire.heads import Headers, WireRequest

_SAME_NAME = (
    "temperature", "top_p", "frequency_penalty", "presence_penalty", "parallel_tool_calls", "logprobs", "top_logprobs", "audio",
    "service_tier", "user", "verbosity", "metadata", "store", "prompt_cache_key", "safety_identifier",
)  # fmt: skip
"""Fields that go by the same name here and there."""

_TWO_WAYS = frozenset({"response_format", "tool_choice", "functions", "function_call", "cache_control", "random_seed"})
"""Fields that servers have forms of their own for: they may stand in `extras` where the typed field is not set."""


def encode_chat(
    request: ChatRequest, target: Target, *, max_tokens: int | None, stream: bool, options: OpenAIChatOptions
) -> Encoded:
    """The request for one attempt. Raises `InvalidRequest`, naming the field, for what this API cannot say."""
    ours = is_ours(request.dialect)
    warnings: list[str] = []
    if not ours:
        request = _in_our_words(request, warnings)
    _check_extras(request)
    marks, own = mark_form(target.base_url, target.model), is_openais_own(target.base_url)
    said = without_seals(request.messages, _seals(options, own=own), warnings)
    messages, of_messages = encode_messages(said, reasoning_field=options.reasoning_field, marks=marks)
    warnings += of_messages
    body: dict[str, JsonValue] = {"model": target.model, "messages": messages}
    if max_tokens is not None:
        body[output_limit_field(options, target.base_url, target.model, request.form)] = max_tokens
        if "both limits" in request.form:
            body["max_tokens"] = body["max_completion_tokens"] = max_tokens
    for name in _SAME_NAME:
        value = getattr(request, name)
        if value is not None:
            body[name] = value
    if request.seed is not None:
        body["random_seed" if "random_seed" in request.form else "seed"] = request.seed
    if request.top_k is not None:
        if own:
            warnings.append(cannot_say("top_k", "OpenAI's own servers refuse the field"))
        else:
            body["top_k"] = request.top_k
    if request.stop:
        body["stop"] = request.stop[0] if "stop text" in request.form and len(request.stop) == 1 else list(request.stop)
    if request.n != 1 or "n" in request.form:
        body["n"] = request.n
    if request.modalities:
        body["modalities"] = list(request.modalities)
    _put_tools(body, request, marks, warnings, ours=ours)
    if request.output_format is not None:
        body["response_format"] = encode_output_format(request.output_format)
    put_mark(body, request.cache, (), "none" if own else "cache_control", "request", warnings)
    body.update({name: value for name, value in request.extras.items() if name != "reasoning"})
    _put_reasoning(body, request, options, warnings)
    put_nulls(body, request.form)
    _stream_fields(body, stream=stream, options=options, warnings=warnings)
    body = in_form(options.form, body, warnings)
    accept = "text/event-stream" if stream else "application/json"
    url = url_of(target, "chat/completions", options.api_version)
    return Encoded(post_json(target, url, body, accept=accept), tuple(warnings))


def _seals(options: OpenAIChatOptions, *, own: bool) -> Literal["send", "refuse", "leave_out"]:
    if options.seals != "auto":
        return options.seals
    return "refuse" if own else "send"


def _in_our_words(request: ChatRequest, warnings: list[str]) -> ChatRequest:
    """The request without what only the dialect that it came in understands."""
    dialect = str(request.dialect)
    warnings += foreign_fields(request.extras, "", dialect)
    tools = tuple(
        tool if isinstance(tool, ProviderTool) else in_our_words(tool, f"tools[{position}]", dialect, warnings)
        for position, tool in enumerate(request.tools)
    )
    choice, wanted = request.tool_choice, request.output_format
    return msgspec.structs.replace(
        request,
        extras={},
        form=(),
        tools=tools,
        tool_choice=None if choice is None else in_our_words(choice, "tool_choice", dialect, warnings),
        output_format=None if wanted is None else in_our_words(wanted, "output_format", dialect, warnings),
        cache=None if request.cache is None else CacheMark(request.cache.ttl),
    )


def _put_tools(
    body: dict[str, JsonValue], request: ChatRequest, marks: MarkForm, warnings: list[str], *, ours: bool
) -> None:
    """Tools and the choice among them, in the old form where they came in it."""
    tools = request.tools
    if tools and all(isinstance(tool, FunctionTool) and "functions" in tool.form for tool in tools):
        body["functions"] = [encode_function(tool) for tool in tools if isinstance(tool, FunctionTool)]
    elif tools:
        body["tools"] = [
            encode_tool(tool, f"tools[{position}]", marks, warnings, ours=ours) for position, tool in enumerate(tools)
        ]
    choice = request.tool_choice
    if choice is not None:
        old = "function_call" in choice.form and "tools" not in body
        body["function_call" if old else "tool_choice"] = encode_tool_choice(choice, tools, old=old)


def _put_reasoning(
    body: dict[str, JsonValue], request: ChatRequest, options: OpenAIChatOptions, warnings: list[str]
) -> None:
    """How much to think: OpenAI's one field, or OpenRouter's object where the operator or the client chose it."""
    given = request.extras.get("reasoning")
    told: dict[str, JsonValue] = {}
    for name, value, inner in (
        ("reasoning_effort", request.reasoning_effort, "effort"),
        ("reasoning_budget", request.reasoning_budget, "max_tokens"),
        ("reasoning_summary", request.reasoning_summary, "summary"),
    ):
        if value is None:
            continue
        if options.reasoning_object or f"reasoning.{inner}" in request.form:
            told[inner] = value
        elif name == "reasoning_effort":
            body[name] = value
        else:
            warnings.append(cannot_say(name, "only OpenRouter's object has it (set reasoning_object to send it)"))
    if not told:
        if given is not None:
            body["reasoning"] = given
        return
    if given is not None and not is_object(given):
        raise InvalidRequest("extras.reasoning", f"must be an object, got {type(given).__name__}")
    body["reasoning"] = {**(given or {}), **told}


def encode_models(target: Target, api_version: str | None = None) -> Encoded:
    """The request that lists a server's models: `GET base_url/models`, or where `paths` says."""
    headers = Headers.of([("accept", "application/json"), *target.headers])
    url = models_url(target, api_version)
    return Encoded(WireRequest(method="GET", url=url, headers=headers, credential=target.credential))


def _check_extras(request: ChatRequest) -> None:
    for name, value in request.extras.items():
        owner = OWNED.get(name)
        if owner is not None and (
            name not in _TWO_WAYS or (getattr(request, owner) and not _beside_tools(request, name))
        ):
            raise InvalidRequest(f"extras.{name}", f"is told by the field {owner}; set that one instead")
        check_json(value, f"extras.{name}")


def _beside_tools(request: ChatRequest, name: str) -> bool:
    """Is this the old `functions` or `function_call`, beside tools in the new form? The server says what it makes of both."""
    old = any(isinstance(tool, FunctionTool) and "functions" in tool.form for tool in request.tools)
    return name in ("functions", "function_call") and bool(request.tools) and not old


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
