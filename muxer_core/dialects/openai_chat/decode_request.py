"""Requests of the OpenAI chat completions API, server role: what a client sent -> `ChatRequest`.

Rules that hold here:

* Encoding the result in this dialect again gives an equal JSON value, but for the edits that the field table names. What has no field of
  ours stays in `extras`; how a thing was written is noted (`form`).
* A known field of a wrong kind is refused by its name; whether its value makes sense is `ChatRequest.check`'s business, or the provider's.
* The model may stand in the path (Azure's deployments).

Notes: `max_tokens`, `max_completion_tokens` and `both limits` say under which name the limit came; `stop text`; `n` (told, though 1);
`random_seed` (Mistral's name); `reasoning.X` (inside OpenRouter's object); `empty X` (a list without entries); and those of `forms`.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.openai_chat.cache_marks import take_mark
from muxer_core.dialects.openai_chat.forms import DIALECT, take_nulls
from muxer_core.dialects.openai_chat.messages import decode_messages
from muxer_core.dialects.openai_chat.tools import (
    decode_function,
    decode_function_call,
    decode_output_format,
    decode_tool,
    decode_tool_choice,
)
from muxer_core.dialects.server import Asked, Inbound
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.request import ChatRequest, OutputFormat, Tool, ToolChoice
from muxer_core.values.usage import JsonValue
from muxer_core.wire.json import Unreadable
from muxer_core.wire.json import decode as decode_json
from muxer_core.wire.limits import Limits

_WORDS: dict[type, str] = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    dict: "an object",
}

_KINDS: dict[str, type] = {
    "temperature": float, "top_p": float, "frequency_penalty": float, "presence_penalty": float, "seed": int, "n": int, "top_k": int,
    "parallel_tool_calls": bool, "logprobs": bool, "top_logprobs": int, "store": bool, "audio": dict, "metadata": dict,
    "reasoning_effort": str, "service_tier": str, "user": str, "verbosity": str, "prompt_cache_key": str, "safety_identifier": str,
}  # fmt: skip
"""Fields that go by the same name here and there, and what they must be."""

_BESIDE: dict[str, tuple[str, type]] = {
    "effort": ("reasoning_effort", str),
    "max_tokens": ("reasoning_budget", int),
    "summary": ("reasoning_summary", str),
}
"""What OpenRouter's object `reasoning` tells of our fields."""


def decode_request(inbound: Inbound, limits: Limits) -> Asked:
    """What the client asks for. Raises `InvalidRequest`, naming the field."""
    rest, form = _body(inbound.body, limits)
    model = rest.pop("model", None) or _model_of(inbound.path)
    if not isinstance(model, str) or not model:
        raise InvalidRequest("model", "must be the name of a model")
    messages = rest.pop("messages", None)
    if not is_list(messages):
        raise InvalidRequest("messages", "must be a list of messages")
    stream = bool(_take(rest, "stream", bool))
    wants_usage = _take_wants_usage(rest)
    fields: dict[str, Any] = {name: _take(rest, name, kind) for name, kind in _KINDS.items()}
    notes = list(form)
    if fields["n"] is None:
        del fields["n"]
    else:
        notes.append("n")
    if fields["seed"] is None and "random_seed" in rest:
        fields["seed"] = _take(rest, "random_seed", int)
        notes.append("random_seed")
    limit = _take_limit(rest, notes)
    stop = rest.pop("stop", None)
    if isinstance(stop, str):
        stop = [stop]
        notes.append("stop text")
    fields["stop"] = _texts("stop", stop, notes)
    fields["modalities"] = _texts("modalities", rest.pop("modalities", None), notes)
    cache, _ = take_mark(rest) if "cache_control" in rest else (None, ())
    _take_reasoning(rest, fields, notes)
    request = ChatRequest(
        model=model,
        messages=decode_messages(messages),
        max_tokens=limit,
        tools=_take_tools(rest, notes),
        tool_choice=_take_choice(rest),
        output_format=_take_format(rest),
        cache=cache,
        dialect=DIALECT,
        extras=rest,
        form=tuple(notes),
        **fields,
    )
    return Asked(request, stream=stream, wants_usage=wants_usage)


def _body(body: bytes, limits: Limits) -> tuple[dict[str, JsonValue], tuple[str, ...]]:
    if len(body) > limits.body:
        raise InvalidRequest("body", f"is larger than {limits.body} bytes (limit body)")
    try:
        value = decode_json(body, depth=limits.depth)
    except Unreadable as fault:
        raise InvalidRequest("body", f"is no JSON: {fault}") from None
    if not is_object(value):
        raise InvalidRequest("body", f"must be a JSON object, got {type(value).__name__}")
    return value, take_nulls(value)


def _model_of(path: str) -> str | None:
    """The deployment that Azure's paths name: `/openai/deployments/NAME/chat/completions`."""
    after = path.partition("/deployments/")[2]
    return unquote(after.partition("/")[0]) or None


def _take(rest: dict[str, JsonValue], name: str, kind: type) -> Any:
    value = rest.pop(name, None)
    if value is None:
        return None
    fits = isinstance(value, int | float) if kind is float else isinstance(value, kind)
    if not fits or (isinstance(value, bool) and kind is not bool):
        raise InvalidRequest(name, f"must be {_WORDS[kind]}, got {type(value).__name__}")
    return value


def _take_wants_usage(rest: dict[str, JsonValue]) -> bool:
    """Did the client ask for usage in its stream? What else it asked for stays."""
    options = rest.get("stream_options")
    if options is None:
        return False
    if not is_object(options):
        raise InvalidRequest("stream_options", f"must be an object, got {type(options).__name__}")
    others = {name: value for name, value in options.items() if name != "include_usage"}
    rest["stream_options"] = others
    if not others:
        del rest["stream_options"]
    return bool(options.get("include_usage"))


def _take_limit(rest: dict[str, JsonValue], notes: list[str]) -> int | None:
    old, new = _take(rest, "max_tokens", int), _take(rest, "max_completion_tokens", int)
    if old is not None and new is not None:
        if old != new:
            raise InvalidRequest("max_completion_tokens", "says something else than max_tokens; send one of them")
        notes.append("both limits")
    if old is not None:
        notes.append("max_tokens")
    if new is not None:
        notes.append("max_completion_tokens")
    limit: int | None = new if old is None else old
    return limit


def _texts(name: str, value: JsonValue, notes: list[str]) -> tuple[str, ...]:
    if value is None:
        return ()
    if not is_list(value) or not all(isinstance(one, str) for one in value):
        raise InvalidRequest(name, "must be a list of texts")
    if not value:
        notes.append(f"empty {name}")
    return tuple(value)


def _take_reasoning(rest: dict[str, JsonValue], fields: dict[str, Any], notes: list[str]) -> None:
    """What OpenRouter's object tells of our fields; what else it holds stays in it."""
    given = rest.get("reasoning")
    if not is_object(given):
        return
    others = dict(given)
    for inner, (ours, kind) in _BESIDE.items():
        value = others.get(inner)
        if value is None or isinstance(value, bool) or not isinstance(value, kind) or fields.get(ours) is not None:
            continue
        fields[ours] = others.pop(inner)
        notes.append(f"reasoning.{inner}")
    if others or not given:
        rest["reasoning"] = others
    else:
        del rest["reasoning"]


def _take_tools(rest: dict[str, JsonValue], notes: list[str]) -> tuple[Tool, ...]:
    """`tools`, or the old `functions` where there are no tools."""
    name = "tools" if "tools" in rest else "functions"
    listed = rest.pop(name, None)
    if listed is None:
        return ()
    if not is_list(listed):
        raise InvalidRequest(name, f"must be a list, got {type(listed).__name__}")
    if not listed:
        notes.append(f"empty {name}")
    if name == "functions":
        return tuple(decode_function(one, where=f"functions[{position}]") for position, one in enumerate(listed))
    tools: list[Tool] = []
    for position, one in enumerate(listed):
        if not is_object(one):
            raise InvalidRequest(f"tools[{position}]", f"must be an object, got {type(one).__name__}")
        tools.append(decode_tool(one, where=f"tools[{position}]"))
    return tuple(tools)


def _take_choice(rest: dict[str, JsonValue]) -> ToolChoice | None:
    """`tool_choice`, or the old `function_call`. A choice in a server's own form stays in the extras."""
    choice = rest.get("tool_choice")
    if choice is None:
        old = rest.pop("function_call", None)
        return None if old is None else decode_function_call(old)
    if not isinstance(choice, str) and not is_object(choice):
        raise InvalidRequest("tool_choice", f"must be a text or an object, got {type(choice).__name__}")
    if is_object(choice) and choice.get("type", "function") not in ("function", "custom", "allowed_tools"):
        return None
    if is_object(choice) and not is_object(choice.get(choice.get("type", "function"))):
        return None
    if isinstance(choice, str) and choice not in ("auto", "none", "required", "any"):
        return None
    del rest["tool_choice"]
    return decode_tool_choice(choice)


def _take_format(rest: dict[str, JsonValue]) -> OutputFormat | None:
    """`response_format`; one in a server's own form stays in the extras."""
    wanted = rest.get("response_format")
    if wanted is None:
        return None
    if not is_object(wanted):
        raise InvalidRequest("response_format", f"must be an object, got {type(wanted).__name__}")
    kind = wanted.get("type")
    if kind not in ("text", "json_object", "json_schema") or (
        kind == "json_schema" and not is_object(wanted.get("json_schema"))
    ):
        return None
    del rest["response_format"]
    return decode_output_format(wanted)
