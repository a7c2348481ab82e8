"""Requests of the Responses API, server role: a client's body -> a `ChatRequest` that loses nothing.

Rules that hold here:

* What is known and of its kind becomes a typed field; everything else stays in `extras` under the API's own names, nulls too. Encoding it
  again gives an equal JSON value, but for `model` (the deployment's) and `stream` (an argument of the call).
* What must be there (`model`, and what names and identifies an item) and is not, or is of another kind, is refused with its field.
* `top_logprobs`, and the entry of `include` that asks for them, both say `logprobs`.
* `previous_response_id`, `conversation` and `prompt` name what this provider keeps. They go back to this API, and are refused by all
  others (see `messages`).

Source: openai-python 3.57.0, `types/responses/response_create_params.py`, November 2026.
"""

from __future__ import annotations

from typing import Any

from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.openai_responses.content_parts import JsonObject, take_text
from muxer_core.dialects.openai_responses.encode import LOGPROBS
from muxer_core.dialects.openai_responses.messages import decode_input, decode_instructions, take_kept
from muxer_core.dialects.openai_responses.options import NAME
from muxer_core.dialects.openai_responses.tools import decode_output_format, decode_tool, decode_tool_choice
from muxer_core.dialects.server import Asked, Inbound
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import Message
from muxer_core.values.request import ChatRequest
from muxer_core.wire.json import Unreadable
from muxer_core.wire.json import decode as decode_json
from muxer_core.wire.limits import Limits

_NUMBER = int | float

KINDS: dict[str, tuple[str, Any]] = {
    "max_output_tokens": ("max_tokens", int),
    "temperature": ("temperature", _NUMBER),
    "top_p": ("top_p", _NUMBER),
    "parallel_tool_calls": ("parallel_tool_calls", bool),
    "service_tier": ("service_tier", str),
    "user": ("user", str),
    "metadata": ("metadata", dict),
    "store": ("store", bool),
    "prompt_cache_key": ("prompt_cache_key", str),
    "safety_identifier": ("safety_identifier", str),
    "top_logprobs": ("top_logprobs", int),
}
"""Fields that are ours by another name or the same, and the kind that they must be. Null is as good as absent, and stays an extra."""


def decode_chat(inbound: Inbound, *, limits: Limits) -> Asked:
    """What the client asks for. Raises `InvalidRequest`, naming the field."""
    if len(inbound.body) > limits.body:
        raise InvalidRequest("body", f"must be at most {limits.body} bytes, got {len(inbound.body)}")
    try:
        value = decode_json(inbound.body, depth=limits.depth)
    except Unreadable as fault:
        raise InvalidRequest("body", f"is no JSON that can be read: {fault}") from None
    if not is_object(value):
        raise InvalidRequest("body", f"must be a JSON object, got {type(value).__name__}")
    rest = dict(value)
    stream = rest.pop("stream", None)
    if stream is not None and not isinstance(stream, bool):
        raise InvalidRequest("stream", f"must be true or false, got {stream!r}")
    return Asked(decode_request(rest), stream=bool(stream))


def decode_request(rest: JsonObject) -> ChatRequest:
    """The request that these fields are. What is taken is removed from them. Raises `InvalidRequest`."""
    model = rest.pop("model", None)
    if model is None and is_object(rest.get("prompt")):
        model = ""  # a stored prompt names its own
    elif not isinstance(model, str) or not model:
        raise InvalidRequest("model", "must be a text that is not empty")
    form = ["no_tools"] if rest.get("tools") == [] else []
    messages = _messages(rest, form)
    typed = _simple_fields(rest)
    include = rest.get("include")
    if "top_logprobs" in typed or (is_list(include) and LOGPROBS in include):
        typed["logprobs"] = True
    tools: Any = rest.pop("tools") if rest.get("tools") is not None else []
    if not is_list(tools):
        raise InvalidRequest("tools", f"must be a list, got {type(tools).__name__}")
    decoded = tuple(decode_tool(tool, f"tools[{number}]") for number, tool in enumerate(tools))
    if rest.get("tool_choice") is not None:
        typed["tool_choice"] = decode_tool_choice(rest.pop("tool_choice"), decoded)
    _nested(rest, typed)
    return ChatRequest(
        model=model, messages=messages, tools=decoded, extras=rest, dialect=NAME, form=tuple(form), **typed
    )


def _messages(rest: JsonObject, form: list[str]) -> tuple[Message, ...]:
    instructions = take_text(rest, "instructions")
    if rest.get("instructions") is not None:
        raise InvalidRequest("instructions", f"must be a text, got {type(rest['instructions']).__name__}")
    first = take_kept(rest)
    if instructions is not None:
        first = (*first, decode_instructions(instructions))
    if rest.get("input") is None:
        form.append("no_input")  # a stored prompt or conversation may say all
        return first
    return (*first, *decode_input(rest.pop("input")))


def _simple_fields(rest: JsonObject) -> dict[str, Any]:
    typed: dict[str, Any] = {}
    for name, (ours, kind) in KINDS.items():
        value = rest.get(name)
        if value is None:
            continue
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise InvalidRequest(name, f"is of the wrong kind: {str(value)[:80]!r}")
        typed[ours] = rest.pop(name)
    return typed


def _nested(rest: JsonObject, typed: dict[str, Any]) -> None:
    """What of `text` and `reasoning` is ours; the rest of these objects stays where it was."""
    text = rest.get("text")
    if is_object(text):
        inner = dict(text)
        given = inner.get("format")
        format_ = decode_output_format(given) if is_object(given) else None
        if format_ is not None:
            typed["output_format"] = format_
            del inner["format"]
        _take(inner, "verbosity", "verbosity", typed)
        _leave(rest, "text", inner, text)
    reasoning = rest.get("reasoning")
    if is_object(reasoning):
        inner = dict(reasoning)
        _take(inner, "effort", "reasoning_effort", typed)
        _take(inner, "summary", "reasoning_summary", typed)
        _leave(rest, "reasoning", inner, reasoning)


def _take(inner: JsonObject, name: str, ours: str, typed: dict[str, Any]) -> None:
    value = take_text(inner, name)
    if value is not None:
        typed[ours] = value


def _leave(rest: JsonObject, name: str, inner: JsonObject, whole: JsonObject) -> None:
    """Leave what was not taken; an object that was empty stays."""
    if inner or not whole:
        rest[name] = inner
    else:
        del rest[name]
