"""OpenAI's parameters by keyword -> the options of a call. What the core does not know goes to the proxy as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from muxer_core.asking import ChatOptions
from muxer_core.dialects.json_text import is_object
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

    >>> chat_options({"max_completion_tokens": 8, "temperature": None, "min_p": 0.1})
    {'max_tokens': 8, 'extras': {'min_p': 0.1}}
    """
    options: dict[str, JsonValue] = {}
    extras: dict[str, JsonValue] = {}
    for name, value in parameters.items():
        if value is None:
            continue
        if name == "stream":
            raise InvalidRequest(
                "stream", "is said by the method: chat_completion answers whole, stream_chat_completion streams"
            )
        option = RENAMED.get(name, name)
        if name in OPEN:
            extras.update(value)
        elif option not in OPTIONS or (option == "output_format" and _is_foreign(value)):
            extras[name] = value
        elif option in options:
            raise InvalidRequest(name, f"contradicts {option}: give one of the two")
        else:
            options[option] = value
    return cast("ChatOptions", {**options, "extras": extras})


def _is_foreign(output_format: JsonValue) -> bool:
    return is_object(output_format) and output_format.get("type") not in OUTPUT_FORMATS
