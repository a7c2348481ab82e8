"""OpenAI's parameters by keyword -> the options of a call. What the core does not know goes to the proxy as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from muxer_core.asking import ChatOptions
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.usage import JsonValue

OPTIONS = frozenset(ChatOptions.__annotations__)
RENAMED = {"max_completion_tokens": "max_tokens", "response_format": "output_format"}
OPEN = frozenset({"extra_body", "extras"})
"""Parameters that hold parameters."""

OUTPUT_FORMATS = frozenset({"text", "json_object", "json_schema"})
"""Other forms are a server's own; they go to it verbatim."""


def chat_options(parameters: Mapping[str, JsonValue]) -> ChatOptions:
    """The options; a parameter that is None was not given. Raises `InvalidRequest` naming the parameter.

    >>> chat_options({"max_completion_tokens": 8, "temperature": None, "top_k": 40})
    {'max_tokens': 8, 'extras': {'top_k': 40}}
    """
    options: dict[str, JsonValue] = {}
    extras: dict[str, JsonValue] = {}
    for name, value in parameters.items():
        if value is None:
            continue
        if name == "stream":
            raise InvalidRequest("stream", "is said by the method: chat_completion answers whole, stream_chat_completion streams")
        if name in OPEN:
            extras.update(value)
        elif name == "response_format" and not (isinstance(value, Mapping) and value.get("type") in OUTPUT_FORMATS):
            extras[name] = value
        elif (option := RENAMED.get(name, name)) not in OPTIONS:
            extras[name] = value
        elif option in options:
            raise InvalidRequest(name, f"contradicts {option}: give one of the two")
        else:
            options[option] = value
    return cast("ChatOptions", {**options, **({"extras": extras} if extras else {})})
