"""Requests of the Messages API, client role: messages, counting tokens, the list of models.

Rules that hold here:

* The URL is `base_url` + `/v1/messages` (`/v1/messages/count_tokens`, `/v1/models`); a `base_url` that ends with `/v1` already is taken as
  it is, so that both spellings in use work. Anthropic's own is `https://api.anthropic.com`.
* Headers: `anthropic-version`, and `anthropic-beta` from the options and from `extras["betas"]`. What the vendor's client names as fields
  and sends as headers is written so here too (`HEADERS`). The key goes into `x-api-key`, or `authorization` for endpoints that want it
  there: the credential says which.
* Typed fields of a `ChatRequest` go where the table in `fields` says. Everything in `extras` is sent verbatim; what stands under an object
  that we write too (`thinking`, `output_config`, `metadata`) joins it. A field that a typed field owns is refused in `extras`.
* `max_tokens` must be told: the caller's, or what a ceiling allows, else the option `default_max_tokens` above the thinking budget, with a
  warning. `extras["max_tokens"]` may be 0, which fills the cache and asks for no answer.

Source of the fields: the client package anthropic 2.13.0, `types/message_create_params.py` and its beta twin, November 2026.
"""

from __future__ import annotations

from typing import Literal

from muxer_core.dialects.anthropic_messages.marks import JsonObject, cache_control, merged, put_nulls
from muxer_core.dialects.anthropic_messages.messages import encode_conversation
from muxer_core.dialects.anthropic_messages.options import AnthropicMessagesOptions
from muxer_core.dialects.anthropic_messages.thinking import encode_format, encode_thinking
from muxer_core.dialects.anthropic_messages.tools import encode_tools
from muxer_core.dialects.anthropic_messages.words import DIALECT
from muxer_core.dialects.field_table import left_out, refuse_field
from muxer_core.dialects.json_request import NO_RETRIES_ABOVE, own_extras, post_json
from muxer_core.dialects.json_text import is_list
from muxer_core.dialects.protocol import Encoded, Target
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.request import ChatRequest
from muxer_core.wire.heads import Headers, WireRequest

OWNED: dict[str, str] = {
    "model": "model",
    "messages": "messages",
    "system": "messages",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "stop_sequences": "stop",
    "service_tier": "service_tier",
    "tools": "tools",
    "tool_choice": "tool_choice",
    "cache_control": "cache",
    "stream": "stream",
}
"""Fields of a request that may not stand in `extras`, and the field that tells them."""

BETA_HEADER = "anthropic-beta"
HEADERS: dict[str, str] = {
    "user_profile_id": "anthropic-user-profile-id",
    "workspace_id": "anthropic-workspace-id",
}
"""Fields of the vendor's client that it sends as headers, beside `betas`."""

WARNED: dict[str, str] = {
    "frequency_penalty": "the API has no penalties",
    "presence_penalty": "the API has no penalties",
    "seed": "the API has no seed",
    "logprobs": "the API tells no probabilities",
    "top_logprobs": "the API tells no probabilities",
    "verbosity": "the API has no such field",
    "metadata": "the API keeps no metadata but the user's id",
    "store": "the API stores no answers",
    "prompt_cache_key": "the API routes by the prompt itself",
    "safety_identifier": "the API knows the user's id (`user`) alone",
}
"""Fields of ours that the API cannot say and an answer does without, and why each is left out."""

_SERVICE_TIERS = {"auto": "auto", "standard_only": "standard_only", "default": "standard_only"}
_COUNTED = ("model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "cache_control")


def encode_chat(
    request: ChatRequest, target: Target, *, max_tokens: int | None, stream: bool, options: AnthropicMessagesOptions
) -> Encoded:
    """The request for one attempt. Raises `InvalidRequest`, naming the field, for what this API cannot say."""
    warnings: list[str] = []
    body = _body(request, target, warnings, options)
    if body.get("max_tokens") != 0:
        body["max_tokens"] = _output_limit(request, max_tokens, warnings, options)
    if stream:
        body["stream"] = True
    return Encoded(_post(target, "messages", body, options, stream=stream), tuple(warnings))


def encode_count(request: ChatRequest, target: Target, options: AnthropicMessagesOptions) -> Encoded:
    """The request that counts the input tokens of another, which is not run. Raises `InvalidRequest`."""
    warnings: list[str] = []
    body = _body(request, target, warnings, options)
    kept = {name: value for name, value in body.items() if name in _COUNTED or name in request.extras}
    kept.pop("max_tokens", None)
    return Encoded(_post(target, "messages/count_tokens", kept, options, stream=False), tuple(warnings))


def encode_models(target: Target, options: AnthropicMessagesOptions) -> Encoded:
    """The request that lists a server's models, as many as one page holds (1000, "List models", November 2026)."""
    return Encoded(
        WireRequest(
            method="GET",
            url=f"{_root(target)}/models?limit=1000",
            headers=Headers.of([("accept", "application/json"), *_headers({}, options), *target.headers]),
            credential=target.credential,
        )
    )


def _body(request: ChatRequest, target: Target, warnings: list[str], options: AnthropicMessagesOptions) -> JsonObject:
    own = request.dialect in (None, DIALECT)
    form = request.form if own else ()
    conversation = encode_conversation(request.messages, warnings, later_system=options.later_system)
    body: JsonObject = {"model": target.model, "messages": conversation.messages}
    if conversation.system is not None:
        body["system"] = conversation.system
    for name in ("temperature", "top_p", "top_k"):
        value = getattr(request, name)
        if value is not None:
            body[name] = value
    if request.stop or "stop_sequences:empty" in form:
        body["stop_sequences"] = list(request.stop)
    if request.user is not None:
        body["metadata"] = {"user_id": request.user}
    if request.cache is not None:
        body["cache_control"] = cache_control(request.cache, "cache", own=own)
    _service_tier(request, body, warnings)
    encode_tools(request, body, warnings)
    encode_thinking(request, body, warnings, effort_thinks=options.effort_thinks)
    encode_format(request, body, warnings)
    config_notes = tuple(note.removeprefix("output_config.") for note in form if note.startswith("output_config."))
    if config_notes:
        put_nulls(body.setdefault("output_config", {}), config_notes)
    _refuse(request)
    warnings += [left_out(name, DIALECT, why) for name, why in WARNED.items() if getattr(request, name) is not None]
    put_nulls(body, tuple(note for note in form if "." not in note))
    return _with_extras(request, body, warnings)


def _service_tier(request: ChatRequest, body: JsonObject, warnings: list[str]) -> None:
    tier = request.service_tier
    if tier is None:
        return
    word = tier if request.dialect == DIALECT else _SERVICE_TIERS.get(tier)
    if word is None:
        warnings.append(left_out("service_tier", DIALECT, f"the API knows auto and standard_only, not {tier!r}"))
    else:
        body["service_tier"] = word


def _refuse(request: ChatRequest) -> None:
    if request.n != 1:
        raise refuse_field("n", DIALECT, "the API gives one answer")
    if request.audio is not None or any(kind != "text" for kind in request.modalities):
        field = "audio" if request.audio is not None else "modalities"
        raise refuse_field(field, DIALECT, "the API answers in text alone")


def _with_extras(request: ChatRequest, body: JsonObject, warnings: list[str]) -> JsonObject:
    nothing = request.extras.get("max_tokens") == 0
    owned = OWNED if nothing else {**OWNED, "max_tokens": "max_tokens"}
    extras, beside = own_extras(request.extras, request.dialect, DIALECT, owned)
    warnings += beside
    return merged(body, extras)


def _output_limit(
    request: ChatRequest, max_tokens: int | None, warnings: list[str], options: AnthropicMessagesOptions
) -> int:
    if max_tokens is not None:
        return max_tokens
    limit = options.default_max_tokens + max(request.reasoning_budget or 0, 0)
    warnings.append(f"max_tokens: the API wants it and none was given; {limit} is sent (option default_max_tokens)")
    return limit


def _root(target: Target) -> str:
    return target.base_url if target.base_url.endswith("/v1") else f"{target.base_url}/v1"


def _headers(body: JsonObject, options: AnthropicMessagesOptions) -> list[tuple[str, str]]:
    """The API's own headers; the fields that are sent so are taken out of `body`. Raises `InvalidRequest`."""
    betas = body.pop("betas", None)
    if betas is not None and not (is_list(betas) and all(isinstance(one, str) for one in betas)):
        raise InvalidRequest("extras.betas", "must be a list of names")
    names = [*options.betas, *(name for name in betas or () if name not in options.betas)]
    headers = [("anthropic-version", options.version)]
    if names:
        headers.append((BETA_HEADER, ",".join(names)))
    for field, name in HEADERS.items():
        value = body.pop(field, None)
        if value is not None and not isinstance(value, str):
            raise InvalidRequest(f"extras.{field}", "must be a text: it is sent as a header")
        headers += [] if value is None else [(name, value)]
    return headers


def _post(
    target: Target,
    path: Literal["messages", "messages/count_tokens"],
    body: JsonObject,
    options: AnthropicMessagesOptions,
    *,
    stream: bool,
) -> WireRequest:
    headers = _headers(body, options)
    return post_json(
        target,
        f"{_root(target)}/{path}",
        body,
        accept="text/event-stream" if stream else "application/json",
        headers=(*headers, NO_RETRIES_ABOVE),
    )
