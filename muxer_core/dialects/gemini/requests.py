"""Requests of generateContent and countTokens: a `ChatRequest` <-> a body, in both roles.

Rules that hold here:

* The URL is `base_url/{model's path}:generateContent`, or `:streamGenerateContent?alt=sse` (`options.model_path`). Nothing is guessed.
* Typed fields go where `generation`, `contents` and `tools` say. `extras` are sent verbatim, in the place where they stand; one that a
  typed field owns is refused while that field is set, so that routing and money never look at one value while another is sent.
* Extras of another dialect are left out, with a warning for each.
* What was read in the server role goes out as it came: `form` notes every other spelling, empty lists and nulls stay in extras.

| ours | the vendor's |
| --- | --- |
| service_tier `default`, `auto`, any other word | serviceTier `standard`, `unspecified`, the word |
| store | store |

Source: google-genai 3.6.1, `GenerateContentConfig`; ai.google.dev, "Generating content", November 2026.
"""

from __future__ import annotations

from muxer_core.dialects.field_table import left_out, refuse_field
from muxer_core.dialects.gemini.contents import Conversation, decode_contents, decode_system
from muxer_core.dialects.gemini.generation import OWNED, decode_config, encode_config
from muxer_core.dialects.gemini.names import NAME, Fields, JsonObject, merged, spelled
from muxer_core.dialects.gemini.options import GeminiOptions, model_path, models_url
from muxer_core.dialects.gemini.tools import decode_choice, decode_tools, encode_choice, encode_tools
from muxer_core.dialects.json_request import check_json, post_json
from muxer_core.dialects.json_text import is_object
from muxer_core.dialects.protocol import Encoded, Target
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import Message
from muxer_core.values.request import ChatRequest
from muxer_core.values.usage import JsonValue
from muxer_core.wire.heads import Headers, WireRequest

_NOT_SAID = {
    "parallel_tool_calls": "it always may call several functions at once",
    "user": "it has no field for the end user",
    "safety_identifier": "it has no field for the end user",
    "metadata": "its labels are for billing, and only at Vertex AI",
    "prompt_cache_key": "it caches by itself, or by cachedContent",
    "verbosity": "it has no such setting",
    "audio": "its voices are set by speechConfig",
}
"""Fields of ours that the API cannot say, and why."""

TIERS = {"default": "standard", "auto": "unspecified"}
_TIERS_BACK = {theirs: ours for ours, theirs in TIERS.items()}


def encode_chat(
    request: ChatRequest, target: Target, *, max_tokens: int | None, stream: bool, options: GeminiOptions
) -> Encoded:
    """The request for one attempt. Raises `InvalidRequest`, naming the field, for what this API cannot say."""
    body, warnings = _body(request, target.model, max_tokens=max_tokens, options=options)
    method = "streamGenerateContent?alt=sse" if stream else "generateContent"
    return Encoded(_post(target, body, method, options, stream=stream), tuple(warnings))


def encode_count(request: ChatRequest, target: Target, *, options: GeminiOptions) -> Encoded:
    """The request that counts the tokens of a request without running it (`countTokens`). Raises `InvalidRequest`.

    The Gemini API takes a whole request only inside `generateContentRequest`, which names the model; Vertex AI takes its fields beside
    `contents`.
    """
    body, warnings = _body(request, target.model, max_tokens=request.max_tokens, options=options)
    path = model_path(options, target.base_url, target.model)
    if body.keys() != {"contents"}:
        if path.startswith("models/"):
            body = {"generateContentRequest": {"model": path, **body}}
        else:
            further = body.keys() - {"contents", "systemInstruction", "tools", "generationConfig"}
            warnings += [left_out(name, NAME, "tokens are counted without it") for name in sorted(further)]
            body = {name: value for name, value in body.items() if name not in further}
    return Encoded(_post(target, body, "countTokens", options, stream=False), tuple(warnings))


def encode_models(target: Target, options: GeminiOptions) -> Encoded:
    """The request that lists a server's models, as many at once as the API gives."""
    headers = Headers.of([("accept", "application/json"), *target.headers])
    url = models_url(options, target.base_url)
    return Encoded(WireRequest(method="GET", url=url, headers=headers, credential=target.credential))


def _post(target: Target, body: JsonObject, method: str, options: GeminiOptions, *, stream: bool) -> WireRequest:
    url = f"{target.base_url}/{model_path(options, target.base_url, target.model)}:{method}"
    return post_json(target, url, body, accept="text/event-stream" if stream else "application/json")


def _body(
    request: ChatRequest, model: str, *, max_tokens: int | None, options: GeminiOptions
) -> tuple[JsonObject, list[str]]:
    own = request.dialect in (None, NAME)
    form = request.form if own else ()
    extras = _extras(request, own=own)
    conversation = Conversation(options.cache_marks)
    conversation.add(request.messages)
    warnings = conversation.warnings
    contents = conversation.contents
    body: JsonObject = {
        spelled(form, "contents"): contents[0] if "contents:object" in form and len(contents) == 1 else contents
    }
    if conversation.system is not None:
        body[spelled(form, "systemInstruction")] = conversation.system
    config = encode_config(
        request, model, max_tokens=max_tokens, form=form, own=own, options=options, warnings=warnings
    )
    if config:
        body[spelled(form, "generationConfig")] = config
    if request.tools:
        tools = encode_tools(
            request.tools, own=own, dialect=request.dialect, cache_marks=options.cache_marks, warnings=warnings
        )
        body[spelled(form, "tools")] = tools[0] if "tools:object" in form and len(tools) == 1 else tools
    if request.tool_choice is not None:
        choice = encode_choice(request.tool_choice, request.tools, dialect=request.dialect, warnings=warnings)
        body[spelled(form, "toolConfig")] = {spelled(form, "functionCallingConfig"): choice}
    if request.service_tier is not None:
        body[spelled(form, "serviceTier")] = TIERS.get(request.service_tier, request.service_tier)
    if request.store is not None:
        body["store"] = request.store
    for name, why in _NOT_SAID.items():
        if getattr(request, name) is not None:
            warnings.append(left_out(name, NAME, why))
    if request.cache is not None:
        if options.cache_marks == "refuse":
            raise refuse_field("cache", NAME, "it caches by itself, or by cachedContent, and has no marks")
        warnings.append(left_out("cache", NAME, "it caches by itself, or by cachedContent, and has no marks"))
    if not own:
        warnings += [
            f"extras.{name}: left out, because it is a field of the dialect {request.dialect}"
            for name, value in request.extras.items()
            if value is not None
        ]
    return merged(body, extras), warnings


def _extras(request: ChatRequest, *, own: bool) -> JsonObject:
    """The extras that are written, in the spelling of the rest. Raises `InvalidRequest`."""
    if not own:
        return {}
    told: JsonObject = {}
    for name, value in request.extras.items():
        check_json(value, f"extras.{name}")
        if name in ("contents", "systemInstruction", "tools") and value:
            raise InvalidRequest(f"extras.{name}", "is told by messages and tools; set those instead")
        if name in ("model", "stream"):
            raise InvalidRequest(f"extras.{name}", "is told by the call itself")
        inner = value if name == "generationConfig" and is_object(value) else {}
        if "thinkingConfig" in inner:
            value_of = {
                spelled(request.form, key) if key == "thinkingConfig" else key: one for key, one in inner.items()
            }
            told[spelled(request.form, name)] = value_of
        else:
            told[spelled(request.form, name)] = value
    found = request.extras.get("generationConfig")
    config: JsonObject = found if is_object(found) else {}
    for name in config:
        owner = OWNED.get(name)
        if owner in ("max_tokens", "n") and config[name] is not None:
            raise InvalidRequest(
                f"extras.generationConfig.{name}", f"is told by the field {owner}; set that one instead"
            )
        if owner is not None and getattr(request, owner) not in (None, ()) and config[name]:
            if name in ("responseSchema", "responseJsonSchema") and request.dialect == NAME:
                continue  # both kinds of schema were there
            raise InvalidRequest(
                f"extras.generationConfig.{name}", f"is told by the field {owner}; set that one instead"
            )
    return told


# --- decoding -----------------------------------------------------------------------------------------------------------------------


def decode_body(value: JsonValue, model: str) -> ChatRequest:
    """What a client asks for. Raises `InvalidRequest`, naming the field."""
    if not is_object(value):
        raise InvalidRequest("body", f"must be an object, got {type(value).__name__}")
    fields = Fields(value, "")
    notes: list[str] = []
    system = fields.take("systemInstruction")
    messages: tuple[Message, ...] = () if system is None else decode_system(system)
    contents = fields.objects("contents", "contents:object")
    messages += decode_contents(contents or [])
    if not contents:
        raise InvalidRequest("contents", "must not be empty")
    config = fields.inner("generationConfig")
    empty = config is not None and not config.rest
    told = decode_config(config if config is not None else Fields({}, "generationConfig"), notes)
    if config is not None:
        fields.leave("generationConfig", config, empty=empty)
    listed = fields.look("tools")
    tools = () if listed is None or listed == [] else decode_tools(fields.objects("tools", "tools:object") or [])
    choice = None
    tool_config = fields.inner("toolConfig")
    if tool_config is not None:
        empty = not tool_config.rest
        calling = tool_config.take("functionCallingConfig")
        if calling is not None:
            if not is_object(calling):
                raise tool_config.wrong("functionCallingConfig", "an object", calling)
            choice = decode_choice(Fields(calling, "toolConfig.functionCallingConfig"))
        fields.leave("toolConfig", tool_config, empty=empty)
    tier = fields.text("serviceTier")
    store = fields.truth("store")
    return ChatRequest(
        model=model,
        messages=messages,
        max_tokens=told.max_tokens,
        temperature=told.temperature,
        top_p=told.top_p,
        top_k=told.top_k,
        seed=told.seed,
        n=told.n,
        stop=told.stop,
        presence_penalty=told.presence_penalty,
        frequency_penalty=told.frequency_penalty,
        logprobs=told.logprobs,
        top_logprobs=told.top_logprobs,
        modalities=told.modalities,
        reasoning_budget=told.reasoning_budget,
        reasoning_effort=told.reasoning_effort,
        reasoning_summary=told.reasoning_summary,
        output_format=told.output_format,
        tools=tools,
        tool_choice=choice,
        service_tier=None if tier is None else _TIERS_BACK.get(tier, tier),
        store=store,
        extras=fields.rest,
        dialect=NAME,
        form=(*fields.form, *notes),
    )
