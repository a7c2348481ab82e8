"""Objects of `/api/chat` and `/api/generate` -> items. A whole reply is one object, a stream is one a line; both give the same items.

Rules that hold here:

* Within an object thinking comes first, then text, then calls: that is the order in which the server makes them.
* A tool call comes whole, its arguments an object: they are written as JSON text. Servers before 0.12.10 (November 2025) give no ids.
  Such a call gets `call_` and twelve digits of the SHA-256 of its number, its time (`created_at`), its name and its arguments: the same
  bytes give the same id, and two turns of a conversation do not give one id twice.
* Fields that no rule knows are extras, told when they change. Nothing raises but `Fault`.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from muxer_core.dialects.json_events import Fault, compact
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.ollama.usage import COUNTS, read_usage
from muxer_core.dialects.ollama.words import DIALECT, FINISH_REASONS
from muxer_core.values.items import (
    ChoiceFinished,
    ExtrasReported,
    ImageDelta,
    Item,
    LogprobsReported,
    ReasoningDelta,
    ReplyStarted,
    TextDelta,
    ToolCallDelta,
    UsageReported,
    WarningReported,
)

JsonObject = dict[str, Any]

MAX_REMEMBERED = 100
"""The most fields of the reply's own that are remembered, to be told only when they change."""

_OF_THE_REPLY = frozenset({
    "model", "created_at", "message", "response", "thinking", "tool_calls", "image", "done", "done_reason", "logprobs", *COUNTS,
})  # fmt: skip
_OF_A_MESSAGE = frozenset({"role", "content", "thinking", "tool_calls", "images"})


class Assembly:
    """The reply so far, as far as later objects depend on it."""

    __slots__ = ("_calls", "_remembered", "done", "started")

    def __init__(self) -> None:
        self._calls = 0
        self._remembered: JsonObject = {}
        self.started = False
        self.done = False

    def add(self, value: JsonObject, items: list[Item]) -> None:
        """Append the items of one object. Raises `Fault`, after the items before it."""
        message = value.get("message")
        if not is_object(message):
            if message is not None or not ("response" in value or "image" in value or value.get("done") is not None):
                what = (
                    "in the form of the dialect openai_chat"
                    if "choices" in value
                    else "with neither message nor response"
                )
                raise Fault(f"the server sent an object {what}; check base_url and dialect")
            message = {"content": value.get("response"), **_some(value, "thinking", "tool_calls")}
        if not self.started:
            self.started = True
            model = value.get("model")
            created = _unix_time(value.get("created_at"))
            items.append(ReplyStarted(None, model if isinstance(model, str) and model else None, created, DIALECT))
        self._say(message, value, items)
        images = (*_listed(message.get("images")), value.get("image"))
        items += [ImageDelta(f"data:image/png;base64,{one}") for one in images if isinstance(one, str) and one]
        if is_list(value.get("logprobs")) and value["logprobs"]:
            items.append(LogprobsReported(value["logprobs"]))
        self._extras(value, message, items)
        if value.get("done") is True:
            self._finish(value, items)

    def _say(self, message: JsonObject, value: JsonObject, items: list[Item]) -> None:
        thinking, content = message.get("thinking"), message.get("content")
        if isinstance(thinking, str) and thinking:
            items.append(ReasoningDelta(thinking))
        if isinstance(content, str) and content:
            items.append(TextDelta(content))
        elif content is not None and not isinstance(content, str):
            raise Fault("the content of an answer is no text")
        for call in _listed(message.get("tool_calls")):
            self._call(call, value.get("created_at"), items)

    def _call(self, call: Any, created_at: Any, items: list[Item]) -> None:
        function = call.get("function") if is_object(call) else None
        name = function.get("name") if is_object(function) else None
        if not is_object(call) or not is_object(function) or not isinstance(name, str) or not name:
            raise Fault("a tool call names no function")
        said = function.get("arguments")
        arguments = said if isinstance(said, str) else "{}" if said is None else compact(said)
        call_id = call.get("id")
        if not isinstance(call_id, str) or not call_id:
            call_id = made_id(self._calls, str(created_at), name, arguments)
        items.append(ToolCallDelta(self._calls, arguments, call_id, name, "function"))
        self._calls += 1

    def _extras(self, value: JsonObject, message: JsonObject, items: list[Item]) -> None:
        fields = {
            name: one
            for name, one in value.items()
            if name not in _OF_THE_REPLY and one is not None and self._remembered.get(name) != one
        }
        for name, one in fields.items():
            if name in self._remembered or len(self._remembered) < MAX_REMEMBERED:
                self._remembered[name] = one
        if fields:
            items.append(ExtrasReported(fields))
        beyond = {name: one for name, one in message.items() if name not in _OF_A_MESSAGE and one is not None}
        if beyond:
            items.append(ExtrasReported({"message": beyond}, 0))

    def _finish(self, value: JsonObject, items: list[Item]) -> None:
        self.done = True
        told = value.get("done_reason")
        word = told if isinstance(told, str) and told else "stop"
        reason = FINISH_REASONS.get(word.lower(), "stop")
        items.append(ChoiceFinished("tool_call" if self._calls and word == "stop" else reason, word))
        reading = read_usage(value)
        if reading.usage is not None:
            items.append(UsageReported(reading.usage))
        if reading.warning is not None:
            items.append(WarningReported(reading.warning))


def made_id(number: int, created_at: str, name: str, arguments: str) -> str:
    """The id of a call to which the server gave none.

    >>> made_id(0, "2025-06-09T17:58:55Z", "weather", "{}")
    'call_2b39a503fcb5'
    """
    text = "\n".join((str(number), created_at, name, arguments))
    return f"call_{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:12]}"


def _unix_time(text: Any) -> int | None:
    """Whole seconds of a time such as `2025-06-09T17:58:55.337823Z`; None for what is no time with a zone."""
    try:
        time = datetime.fromisoformat(text)
        return int(time.timestamp()) if time.tzinfo is not None else None
    except (TypeError, ValueError, OverflowError):
        return None


def _some(value: JsonObject, *names: str) -> JsonObject:
    return {name: value[name] for name in names if name in value}


def _listed(value: Any) -> list[Any]:
    return value if is_list(value) else []
