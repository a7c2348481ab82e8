"""Requests of Converse, ConverseStream, CountTokens and the list of models.

Rules that hold here:

* The URL is `base_url` + `/model/` + the model's id, percent-encoded, + `/converse`, `/converse-stream` or `/count-tokens`. `base_url` is
  `https://bedrock-runtime.<region>.amazonaws.com` or what stands in its place. The list of models is another service's:
  `/foundation-models` at `bedrock.<region>`, so that `-runtime` is taken out of the host. Signing happens below the core.
* What each field becomes is the table in `fields`. Settings that Converse does not know but a model family does go to
  `additionalModelRequestFields` under the family's names: `top_k` and `thinking` of Claude, `inferenceConfig.topK` of Nova.
* `extras` join the objects that typed fields write; a value that is told twice is refused.

Source: botocore 1.44.8, data/bedrock-runtime/2023-09-30, November 2026.
"""

from __future__ import annotations

from urllib.parse import quote

from muxer_core.dialects.bedrock_converse.messages import Turns, cache_point
from muxer_core.dialects.bedrock_converse.options import BedrockConverseOptions
from muxer_core.dialects.bedrock_converse.words import DIALECT
from muxer_core.dialects.field_table import left_out, refuse_field
from muxer_core.dialects.foreign_parts import in_words_of
from muxer_core.dialects.json_events import compact
from muxer_core.dialects.json_request import own_extras, post_json
from muxer_core.dialects.json_text import is_object
from muxer_core.dialects.protocol import Encoded, Target
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.request import ChatRequest, CustomTool, FunctionTool, OutputFormat, ProviderTool, ToolChoice
from muxer_core.values.usage import JsonValue
from muxer_core.wire.heads import Headers, WireRequest

OWNED = {
    "messages": "messages",
    "system": "messages",
    "modelId": "model",
    "serviceTier": "service_tier",
    "requestMetadata": "metadata",
}
"""Fields of the body that a typed field tells alone."""

_COUNTED = ("messages", "system", "toolConfig", "additionalModelRequestFields")
_REFUSED = ("logprobs", "top_logprobs", "audio")
_LEFT_OUT = (
    "frequency_penalty",
    "presence_penalty",
    "seed",
    "user",
    "reasoning_summary",
    "verbosity",
    "prompt_cache_key",
    "safety_identifier",
)
_NO_FIELD = "the API has no such field"


def encode_chat(
    request: ChatRequest, target: Target, *, max_tokens: int | None, stream: bool, options: BedrockConverseOptions
) -> Encoded:
    """The request for one attempt. Raises `InvalidRequest`, naming the field, for what this API cannot say."""
    body, warnings = _body(request, target.model, max_tokens, options)
    accept = "application/vnd.amazon.eventstream" if stream else "application/json"
    url = _url(target, "converse-stream" if stream else "converse")
    return Encoded(post_json(target, url, body, accept=accept, headers=()), tuple(warnings))


def encode_count(request: ChatRequest, target: Target, *, options: BedrockConverseOptions) -> Encoded:
    """The request that counts a chat request. Raises `InvalidRequest`, naming the field."""
    body, warnings = _body(request, target.model, None, options)
    counted = {name: body[name] for name in _COUNTED if name in body}
    return Encoded(
        post_json(target, _url(target, "count-tokens"), {"input": {"converse": counted}}, headers=()), tuple(warnings)
    )


def encode_models(target: Target) -> Encoded:
    """The request that lists the models of the account's region."""
    base = target.base_url.replace("://bedrock-runtime", "://bedrock", 1)
    headers = Headers.of([("accept", "application/json"), *target.headers])
    return Encoded(
        WireRequest(method="GET", url=f"{base}/foundation-models", headers=headers, credential=target.credential)
    )


def _url(target: Target, action: str) -> str:
    return f"{target.base_url}/model/{quote(target.model, safe='')}/{action}"


def _body(
    request: ChatRequest, model: str, max_tokens: int | None, options: BedrockConverseOptions
) -> tuple[dict[str, JsonValue], list[str]]:
    extras, warnings = own_extras(request.extras, request.dialect, DIALECT, OWNED)
    _cannot_say(request, warnings)
    turns = Turns(request.messages, options.seal_vendor)
    warnings += turns.warnings
    if request.cache is not None and turns.messages:
        turns.messages[-1]["content"].append(cache_point(request.cache, "cache"))
    body: dict[str, JsonValue] = {"messages": turns.messages}
    if turns.system:
        body["system"] = turns.system
    settings: dict[str, JsonValue] = {
        "maxTokens": max_tokens,
        "temperature": request.temperature,
        "topP": request.top_p,
        "stopSequences": list(request.stop) or None,
    }
    _set(body, "inferenceConfig", {name: value for name, value in settings.items() if value is not None})
    _set(body, "toolConfig", _tool_config(request, warnings, has_calls=turns.has_tools))
    _set(body, "outputConfig", _output_config(request, warnings))
    _set(body, "additionalModelRequestFields", _of_the_family(request, model, warnings))
    if request.service_tier not in (None, "auto"):
        body["serviceTier"] = {"type": request.service_tier}
    if request.metadata:
        body["requestMetadata"] = _metadata(request.metadata)
    _join(body, extras)
    return body, warnings


def _cannot_say(request: ChatRequest, warnings: list[str]) -> None:
    if request.n != 1:
        raise refuse_field("n", DIALECT, "it gives one answer")
    if request.parallel_tool_calls is False:
        raise refuse_field("parallel_tool_calls", DIALECT, "it cannot forbid several calls in one answer")
    if request.modalities not in ((), ("text",)):
        raise refuse_field("modalities", DIALECT, "what a model gives cannot be chosen")
    for name in _REFUSED:
        if getattr(request, name):
            raise refuse_field(name, DIALECT, _NO_FIELD)
    warnings += [left_out(name, DIALECT, _NO_FIELD) for name in _LEFT_OUT if getattr(request, name) is not None]
    if request.store:
        warnings.append(left_out("store", DIALECT, "it stores nothing"))


def _set(body: dict[str, JsonValue], name: str, fields: dict[str, JsonValue]) -> None:
    if fields:
        body[name] = fields


def _join(body: dict[str, JsonValue], extras: dict[str, JsonValue]) -> None:
    """Put the caller's own fields into the body, beside ours where an object of that name is there."""
    for name, value in extras.items():
        known = body.get(name)
        if not is_object(known):
            body[name] = value
            continue
        if not is_object(value):
            raise InvalidRequest(f"extras.{name}", f"must be an object, got {type(value).__name__}")
        twice = [inner for inner in value if inner in known]
        if twice:
            raise InvalidRequest(f"extras.{name}.{twice[0]}", "is told by a typed field already; set only one of them")
        body[name] = {**known, **value}


def _of_the_family(request: ChatRequest, model: str, warnings: list[str]) -> dict[str, JsonValue]:
    """Settings that only some families of models know, under their names."""
    fields: dict[str, JsonValue] = {}
    claude, nova = "claude" in model, "amazon.nova" in model
    if request.top_k is not None and claude:
        fields["top_k"] = request.top_k
    elif request.top_k is not None and nova:
        fields["inferenceConfig"] = {"topK": request.top_k}
    elif request.top_k is not None:
        warnings.append(left_out("top_k", DIALECT, "only Claude and Nova take it, under names of their own"))
    if request.reasoning_budget is not None and claude:
        fields["thinking"] = {"type": "enabled", "budget_tokens": request.reasoning_budget}
    elif request.reasoning_budget is not None:
        warnings.append(left_out("reasoning_budget", DIALECT, "only Claude takes it, under a name of its own"))
    return fields


def _metadata(metadata: dict[str, JsonValue]) -> dict[str, JsonValue]:
    for name, value in metadata.items():
        if not isinstance(value, str):
            raise refuse_field(f"metadata.{name}", DIALECT, "requestMetadata takes texts alone")
    return metadata


def _tool_config(request: ChatRequest, warnings: list[str], *, has_calls: bool) -> dict[str, JsonValue]:
    choice = request.tool_choice
    if choice is not None:
        choice = in_words_of(DIALECT, choice, request.dialect, "tool_choice", warnings)
    if choice is not None and choice.mode == "none":
        if has_calls and request.tools:
            raise refuse_field(
                "tool_choice", DIALECT, "it has no mode none, and a conversation with calls needs its tools"
            )
        return {}
    allowed = () if choice is None else choice.allowed
    tools: list[JsonValue] = []
    names: list[str] = []
    for position, tool in enumerate(request.tools):
        where = f"tools[{position}]"
        if isinstance(tool, ProviderTool):
            if request.dialect not in (None, DIALECT):
                raise refuse_field(where, DIALECT, f"the tool is in the form of {request.dialect}")
            tools.append(tool.spec)
        elif isinstance(tool, CustomTool):
            raise refuse_field(where, DIALECT, "it has no tools that take free text")
        elif not allowed or tool.name in allowed:
            names.append(tool.name)
            tools += _tool(in_words_of(DIALECT, tool, request.dialect, where, warnings), where)
    unknown = [name for name in allowed if name not in names]
    if unknown:
        raise InvalidRequest("tool_choice.allowed", f"names {unknown[0]!r}, which is none of the request's tools")
    config: dict[str, JsonValue] = {"tools": tools} if tools else {}
    if choice is not None and tools:
        config["toolChoice"] = {**_mode(choice), **choice.extras}
    return config


def _mode(choice: ToolChoice) -> dict[str, JsonValue]:
    if choice.mode == "auto":
        return {"auto": {}}
    return {"tool": {"name": choice.allowed[0]}} if len(choice.allowed) == 1 else {"any": {}}


def _tool(tool: FunctionTool, where: str) -> list[JsonValue]:
    spec: dict[str, JsonValue] = {"name": tool.name}
    if tool.description:
        spec["description"] = tool.description
    spec["inputSchema"] = {"json": tool.parameters or {"type": "object", "properties": {}}}
    if tool.strict is not None:
        spec["strict"] = tool.strict
    wire: list[JsonValue] = [{"toolSpec": {**spec, **tool.extras}}]
    return wire if tool.cache is None else [*wire, cache_point(tool.cache, f"{where}.cache")]


def _output_config(request: ChatRequest, warnings: list[str]) -> dict[str, JsonValue]:
    config: dict[str, JsonValue] = {}
    wanted = request.output_format
    if wanted is not None and wanted.kind != "text":
        config["textFormat"] = _text_format(wanted, warnings)
    if request.reasoning_effort is not None:
        config["effort"] = request.reasoning_effort
    return config


def _text_format(wanted: OutputFormat, warnings: list[str]) -> JsonValue:
    if wanted.kind == "json_object":
        raise refuse_field("output_format.kind", DIALECT, "it gives JSON only by a schema (json_schema)")
    if wanted.schema is None:
        raise InvalidRequest("output_format.schema", "must be given when the kind is json_schema")
    if wanted.strict is False:
        warnings.append(left_out("output_format.strict", DIALECT, "a schema always holds strictly"))
    told: dict[str, JsonValue] = {"schema": compact(wanted.schema)}
    for name in ("name", "description"):
        if getattr(wanted, name) is not None:
            told[name] = getattr(wanted, name)
    return {"type": "json_schema", "structure": {"jsonSchema": told}}
