"""Requests of the Messages API, server role: what a client asks us for.

Rules that hold here:

* Nothing is lost: what has no field of ours stays in `extras` under its own name, so that encoding the request again in this dialect
  gives an equal JSON value. The model's name is the client's; whether it streams is in `Asked.stream`.
* What comes in headers of the API's own (`anthropic-beta`, …) is kept in `extras`, under the names that the vendor's client has for it.
* `max_tokens` 0 asks for no answer (it fills the cache); since no request of ours may ask for nothing, it stays in `extras`.
* A field of a kind that cannot be is refused, and named. A request without `max_tokens` is taken: counting tokens has none, and other
  servers of this form do not want it.
"""

from __future__ import annotations

from typing import Any

from muxer_core.dialects.anthropic_messages.encode import BETA_HEADER, HEADERS
from muxer_core.dialects.anthropic_messages.marks import JsonObject, kind_of, take_cache, take_nulls, take_text
from muxer_core.dialects.anthropic_messages.messages import decode_conversation
from muxer_core.dialects.anthropic_messages.thinking import take_output, take_thinking
from muxer_core.dialects.anthropic_messages.tools import decode_choice, decode_tools
from muxer_core.dialects.anthropic_messages.words import DIALECT
from muxer_core.dialects.json_text import is_list, is_object, read_json
from muxer_core.dialects.server import Asked, Inbound
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import Form
from muxer_core.values.request import ChatRequest
from muxer_core.wire.json import Unreadable
from muxer_core.wire.limits import Limits

_NULLABLE = (
    "cache_control", "max_tokens", "metadata", "service_tier", "stop_sequences", "stream", "temperature", "tool_choice", "tools", "top_k",
    "top_p",
)  # fmt: skip


def decode_request(inbound: Inbound, limits: Limits) -> Asked:
    """What the client asks for. Raises `InvalidRequest`, naming the field."""
    if len(inbound.body) > limits.body:
        raise InvalidRequest("body", f"is larger than {limits.body} bytes (limit body)")
    try:
        value = read_json(inbound.body, depth=limits.depth)
    except Unreadable as fault:
        raise InvalidRequest("body", f"is no JSON that can be read: {fault}") from None
    if not is_object(value):
        raise InvalidRequest("body", f"must be an object, got {kind_of(value)}")
    body = dict(value)
    stream = body.pop("stream", None)
    if stream is not None and not isinstance(stream, bool):
        raise InvalidRequest("stream", f"must be true or false, got {kind_of(stream)}")
    request = _request(body, _from_headers(inbound))
    request.check()
    return Asked(request, stream=stream is True)


def _from_headers(inbound: Inbound) -> JsonObject:
    found: JsonObject = {}
    values = ",".join(inbound.headers.get_all(BETA_HEADER))
    betas = [name for one in values.split(",") if (name := one.strip())]
    if betas:
        found["betas"] = betas
    for field, name in HEADERS.items():
        value = inbound.headers.get(name)
        if value is not None:
            found[field] = value
    return found


def _request(body: JsonObject, beside: JsonObject) -> ChatRequest:
    form: Form = take_nulls(body, *_NULLABLE)
    model = take_text(body, "model", "request")
    messages = decode_conversation(body)
    budget, summary, notes = take_thinking(body)
    effort, wanted, more = take_output(body)
    form += (*notes, *more)
    tools = decode_tools(body["tools"]) if "tools" in body else ()
    choice, parallel = decode_choice(body.pop("tool_choice")) if "tool_choice" in body else (None, None)
    if body.pop("tools", None) == []:
        form += ("tools:empty",)
    stop, empty = _stop(body)
    cache = take_cache(body, "request")
    user = _user(body)
    numbers = {name: _number(body, name) for name in ("temperature", "top_p") if name in body}
    counts = {name: _whole(body, name) for name in ("max_tokens", "top_k") if name in body and body[name] != 0}
    tier = take_text(body, "service_tier", "request") if "service_tier" in body else None
    return ChatRequest(
        model=model,
        messages=messages,
        stop=stop,
        tools=tools,
        tool_choice=choice,
        parallel_tool_calls=parallel,
        output_format=wanted,
        reasoning_effort=effort,
        reasoning_budget=budget,
        reasoning_summary=summary,
        service_tier=tier,
        user=user,
        cache=cache,
        extras={**body, **beside},
        dialect=DIALECT,
        form=form + empty,
        **numbers,
        **counts,
    )


def _stop(body: JsonObject) -> tuple[tuple[str, ...], Form]:
    if "stop_sequences" not in body:
        return (), ()
    listed = body.pop("stop_sequences")
    if not is_list(listed) or not all(isinstance(one, str) for one in listed):
        raise InvalidRequest("stop_sequences", "must be a list of texts")
    return tuple(listed), () if listed else ("stop_sequences:empty",)


def _user(body: JsonObject) -> str | None:
    metadata = body.get("metadata")
    if metadata is None:
        return None
    if not is_object(metadata):
        raise InvalidRequest("metadata", f"must be an object, got {kind_of(metadata)}")
    if not isinstance(metadata.get("user_id"), str):
        return None
    rest = dict(metadata)
    user: str = rest.pop("user_id")
    if rest:
        body["metadata"] = rest
    else:
        del body["metadata"]
    return user


def _number(body: JsonObject, name: str) -> Any:
    value = body.pop(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidRequest(name, f"must be a number, got {kind_of(value)}")
    return value


def _whole(body: JsonObject, name: str) -> Any:
    value = body.pop(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidRequest(name, f"must be a whole number, got {kind_of(value)}")
    return value
