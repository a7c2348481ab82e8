"""Requests of the Responses API, client role.

Rules that hold here:

* The URL is `base_url` + `/responses` (`/responses/input_tokens` to count); nothing is guessed.
* Typed fields go where the table in `fields` says. `extras` of this dialect, or of the caller's own, are sent verbatim, those of another
  dialect are left out with a warning. A field that a typed field owns is refused in `extras`, unless it is null; `text` and `reasoning`
  are objects that typed fields own a part of, and the rest of them is an extra.
* `store` is sent only where the caller said it: the API keeps replies unless told otherwise, and that is not ours to decide.
* A request that did not come in this dialect gets what its fields need: `logprobs` becomes an entry of `include`, and so does encrypted
  thinking, as `options.ask_sealed_reasoning` says. The `include` of a request in this dialect is never touched.
* Retries above us are switched off (law 6), as in chat completions.

Source: openai-python 3.57.0, `types/responses/response_create_params.py`, November 2026.
"""

from __future__ import annotations

from muxer_core.dialects.field_table import left_out, refuse_field
from muxer_core.dialects.json_request import check_json, post_json
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.openai_chat.options import mark_form
from muxer_core.dialects.openai_responses.content_parts import JsonObject, PartWriter
from muxer_core.dialects.openai_responses.message_writer import MessageWriter
from muxer_core.dialects.openai_responses.options import NAME, OpenAIResponsesOptions
from muxer_core.dialects.openai_responses.tools import encode_output_format, encode_tool, encode_tool_choice
from muxer_core.dialects.protocol import Encoded, Target
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.request import ChatRequest
from muxer_core.wire.heads import Headers, WireRequest

SAME_NAME = ("temperature", "top_p", "parallel_tool_calls", "service_tier", "user", "metadata", "store", "prompt_cache_key",
             "safety_identifier", "top_logprobs")  # fmt: skip
"""Fields that are called the same here and there."""

OWNED: dict[str, str] = {
    "model": "model",
    "input": "messages",
    "instructions": "messages",
    "max_output_tokens": "max_tokens",
    "tools": "tools",
    "tool_choice": "tool_choice",
    "stream": "stream, an argument of the call",
    **{name: name for name in SAME_NAME},
}
"""Fields of the API that a field of ours says, so that they are refused in extras."""

SEALED_REASONING = "reasoning.encrypted_content"
LOGPROBS = "message.output_text.logprobs"

COUNTED = ("conversation", "input", "instructions", "model", "parallel_tool_calls", "personality", "previous_response_id", "reasoning",
           "text", "tool_choice", "tools", "truncation")  # fmt: skip
"""Fields of `/responses/input_tokens` (`types/responses/input_token_count_params.py`)."""


def encode_chat(
    request: ChatRequest, target: Target, *, max_tokens: int | None, stream: bool, options: OpenAIResponsesOptions
) -> Encoded:
    """The request for one attempt. Raises `InvalidRequest`, naming the field, for what this API cannot say."""
    body, warnings = _body(request, target, max_tokens=max_tokens, options=options)
    if stream:
        body["stream"] = True
    elif body.pop("stream_options", None) is not None:
        warnings.append("extras.stream_options: left out, because the call is not streamed")
    accept = "text/event-stream" if stream else "application/json"
    return Encoded(post_json(target, f"{target.base_url}/responses", body, accept=accept), tuple(warnings))


def encode_count(request: ChatRequest, target: Target, *, options: OpenAIResponsesOptions) -> Encoded:
    """The request that counts the tokens of `request` without running it. Raises `InvalidRequest`."""
    body, warnings = _body(request, target, max_tokens=None, options=options)
    counted = {name: value for name, value in body.items() if name in COUNTED}
    return Encoded(post_json(target, f"{target.base_url}/responses/input_tokens", counted), tuple(warnings))


def encode_models(target: Target) -> Encoded:
    """The request that lists a server's models: `GET base_url/models`."""
    headers = Headers.of([("accept", "application/json"), *target.headers])
    return Encoded(
        WireRequest(method="GET", url=f"{target.base_url}/models", headers=headers, credential=target.credential)
    )


def _body(
    request: ChatRequest, target: Target, *, max_tokens: int | None, options: OpenAIResponsesOptions
) -> tuple[JsonObject, list[str]]:
    marks = mark_form(target.base_url, target.model) != "none"
    writer = MessageWriter(options.vendor, marks=marks)
    warnings = writer.warnings
    home = request.dialect == NAME
    fields = PartWriter(warnings, request.dialect)
    extras = fields.own(request.extras, "")
    _check_extras(extras)
    _refuse_unsayable(request, warnings)
    writer.write(request.messages)
    body: JsonObject = {"model": target.model, **writer.kept}
    if writer.instructions is not None:
        body["instructions"] = writer.instructions
    if "no_input" not in request.form:
        body["input"] = writer.items if writer.only_text is None else writer.only_text
    if max_tokens is not None:
        body["max_output_tokens"] = max_tokens
    for name in SAME_NAME:
        value = getattr(request, name)
        if value is not None:
            body[name] = value
    if request.tools or "no_tools" in request.form:
        tools = enumerate(request.tools)
        body["tools"] = [encode_tool(tool, f"tools[{number}]", fields, home=home) for number, tool in tools]
    if request.tool_choice is not None:
        body["tool_choice"] = encode_tool_choice(request.tool_choice, request.tools, fields.own, home=home)
    nested = _nested(request, fields)
    fields.unmarked(request.cache, "")
    for name, written in nested.items():
        more = extras.get(name)
        body[name] = {**more, **written} if is_object(more) else written
    body.update({name: value for name, value in extras.items() if name not in nested})
    _ask_for_more(body, request, options)
    return body, warnings


def _nested(request: ChatRequest, fields: PartWriter) -> dict[str, JsonObject]:
    """The objects that hold some of our fields."""
    nested: dict[str, JsonObject] = {}
    if request.output_format is not None:
        nested["text"] = {"format": encode_output_format(request.output_format, fields.own)}
    if request.verbosity is not None:
        nested.setdefault("text", {})["verbosity"] = request.verbosity
    if request.reasoning_effort is not None:
        nested["reasoning"] = {"effort": request.reasoning_effort}
    if request.reasoning_summary is not None:
        nested.setdefault("reasoning", {})["summary"] = request.reasoning_summary
    return nested


def _refuse_unsayable(request: ChatRequest, warnings: list[str]) -> None:
    if request.n != 1:
        raise refuse_field("n", NAME, "a response is one answer")
    if request.stop:
        raise refuse_field("stop", NAME, "the API has no stop sequences, and the answer would be longer than you allow")
    if request.audio is not None or any(kind != "text" for kind in request.modalities):
        raise refuse_field("modalities" if request.audio is None else "audio", NAME, "the API answers in text")
    for name, why in (
        ("frequency_penalty", "the API has no penalties"),
        ("presence_penalty", "the API has no penalties"),
        ("seed", "the API has no seed"),
        ("top_k", "the API has no such field"),
        ("reasoning_budget", "the API bounds thinking by reasoning_effort only"),
    ):
        if getattr(request, name) is not None:
            warnings.append(left_out(name, NAME, why))


def _ask_for_more(body: JsonObject, request: ChatRequest, options: OpenAIResponsesOptions) -> None:
    """Entries of `include` that fields of ours need."""
    if request.dialect == NAME:
        return
    reasons = request.reasoning_effort is not None or request.reasoning_summary is not None
    sealed = options.ask_sealed_reasoning == "always" or (
        options.ask_sealed_reasoning == "auto"
        and request.store is False
        and reasons
        and request.reasoning_effort != "none"
    )
    asked = body.get("include")
    if asked is not None and not is_list(asked):
        raise InvalidRequest("extras.include", f"must be a list, got {type(asked).__name__}")
    wanted = [LOGPROBS] * bool(request.logprobs) + [SEALED_REASONING] * sealed
    more = [name for name in wanted if name not in (asked or [])]
    if more:
        body["include"] = [*(asked or []), *more]


def _check_extras(extras: JsonObject) -> None:
    for name, value in extras.items():
        if value is None:
            continue
        owner = OWNED.get(name)
        if owner is not None:
            raise InvalidRequest(f"extras.{name}", f"is told by the field {owner}; set that one instead")
        check_json(value, f"extras.{name}")
