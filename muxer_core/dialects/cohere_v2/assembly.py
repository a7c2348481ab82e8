"""Events of a stream of `/v2/chat`, and a whole reply, -> items. Both go the same way, so that both give the same items.

Rules that hold here:

* A plan of the tools to call (`tool_plan`) is thinking; the note `tool_plan` says under which name it goes back.
* Content items end with `content-end`, or where something else begins. Tool calls are numbered in the order in which they begin.
* A citation is told alone, behind the text that it belongs to.
* What no rule knows is an extra. Nothing raises but `Fault`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from muxer_core.dialects.cohere_v2.citations import citation_of
from muxer_core.dialects.cohere_v2.usage import read_usage
from muxer_core.dialects.cohere_v2.words import DIALECT, FINISH_REASONS, PLAN
from muxer_core.dialects.json_events import Fault
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.values.items import (
    ChoiceFinished,
    CitationsReported,
    ExtrasReported,
    Item,
    LogprobsReported,
    PartEnded,
    ReasoningDelta,
    ReplyStarted,
    TextDelta,
    ToolCallDelta,
    WarningReported,
)

JsonObject = dict[str, Any]

MAX_CALLS = 1_000
"""The most tool calls that may be open at once."""

_MESSAGE = frozenset({"role", "content", "tool_plan", "tool_calls", "citations"})
_REPLY = frozenset({"id", "message", "finish_reason", "usage", "logprobs"})


class Assembly:
    """The reply so far, as far as later events depend on it. `finish` is the service's word for the end; None before it."""

    __slots__ = ("_calls", "_current", "_made", "error", "finish", "started")

    def __init__(self) -> None:
        self._current: tuple[int, str] | None = None  # the content item, or the plan, that is open
        self._calls: dict[int, int] = {}  # our numbers of calls that are open, by the service's
        self._made = 0
        self.started = False
        self.finish: str | None = None
        self.error: str | None = None

    def add_text(self, index: int, text: str, items: list[Item]) -> None:
        """More text of a content item: what nearly every event says."""
        if self._current != (index, "text"):
            self._begin(None, items)
            self._turn_to(index, "text", items)
        if text:
            items.append(TextDelta(text))

    def add_event(self, value: JsonObject, items: list[Item]) -> None:
        """Append the items of one event. Raises `Fault`, after the items before it."""
        kind = value.get("type")
        delta = value.get("delta")
        inner = delta if is_object(delta) else {}
        told = inner.get("message")
        message: JsonObject = told if is_object(told) else {}
        self._begin(value.get("id"), items)
        match kind:
            case "message-start":
                self._whole_message(message, items)
            case "content-start" | "content-delta":
                self._content(_index(value), message.get("content"), items)
                self._logprobs(value.get("logprobs"), items)
            case "content-end":
                self._leave(items)
            case "tool-plan-delta":
                self._plan(message.get("tool_plan"), items)
            case "tool-call-start":
                self._call_start(_index(value), message.get("tool_calls"), items)
            case "tool-call-delta":
                self._call_delta(_index(value), message.get("tool_calls"), items)
            case "tool-call-end":
                self._call_end(_index(value), items)
            case "citation-start":
                _cite(message.get("citations"), items)
            case "citation-end":
                pass
            case "message-end":
                self._message_end(inner, items)
            case _:
                items.append(ExtrasReported({str(kind): {name: one for name, one in value.items() if name != "type"}}))

    def add_whole(self, reply: JsonObject, items: list[Item]) -> None:
        """Append the items of a reply that is not streamed. Raises `Fault`."""
        message = reply.get("message")
        if not is_object(message):
            raise Fault("the reply holds no answer: it has no message; check base_url")
        self._begin(reply.get("id"), items)
        self._whole_message(message, items)
        self._logprobs(reply.get("logprobs"), items)
        self._message_end({name: reply[name] for name in reply if name in ("finish_reason", "usage")}, items)
        beyond = {name: one for name, one in reply.items() if name not in _REPLY and one is not None}
        if beyond:
            items.append(ExtrasReported(beyond))

    # --- the parts ----------------------------------------------------------------------------------------------------------------

    def _begin(self, name: Any, items: list[Item]) -> None:
        if not self.started:
            self.started = True
            items.append(ReplyStarted(id=name if isinstance(name, str) and name else None, dialect=DIALECT))

    def _turn_to(self, index: int, kind: str, items: list[Item]) -> None:
        """Another part is open now; the one before has ended."""
        if self._current != (index, kind):
            self._leave(items)
            self._current = (index, kind)

    def _leave(self, items: list[Item]) -> None:
        if self._current is not None:
            items.append(PartEnded(form=(PLAN,)) if self._current[1] == PLAN else PartEnded())
            self._current = None

    def _content(self, index: int, content: Any, items: list[Item]) -> None:
        if isinstance(content, str):
            self.add_text(index, content, items)
            return
        if not is_object(content):
            raise Fault("a piece of content is no object")
        text, thinking = content.get("text"), content.get("thinking")
        if isinstance(text, str):
            self.add_text(index, text, items)
        if isinstance(thinking, str):
            self._turn_to(index, "thinking", items)
            if thinking:
                items.append(ReasoningDelta(thinking))
        beyond = {
            name: one for name, one in content.items() if name not in ("type", "text", "thinking") and one is not None
        }
        if beyond:
            items.append(ExtrasReported({"message": {"content": [{"type": content.get("type"), **beyond}]}}, 0))

    def _plan(self, text: Any, items: list[Item]) -> None:
        if isinstance(text, str) and text:
            self._turn_to(0, PLAN, items)
            items.append(ReasoningDelta(text))

    def _call_start(self, index: int, told: Any, items: list[Item]) -> None:
        call = told[0] if is_list(told) and told else told
        function = call.get("function") if is_object(call) else None
        name = function.get("name") if is_object(function) else None
        call_id = call.get("id") if is_object(call) else None
        if not isinstance(name, str) or not name or not isinstance(call_id, str) or not call_id:
            raise Fault("a tool call has no id or no name")
        self._leave(items)
        if len(self._calls) >= MAX_CALLS:
            raise Fault(f"more than {MAX_CALLS} tool calls are open (limit MAX_CALLS)", "limit_exceeded")
        number = self._calls[index] = self._made
        self._made += 1
        items.append(ToolCallDelta(number, _arguments(function), call_id, name, "function"))

    def _call_delta(self, index: int, told: Any, items: list[Item]) -> None:
        number = self._calls.get(index)
        if number is None:
            raise Fault("a piece of a tool call came before the call began")
        call = told[0] if is_list(told) and told else told
        arguments = _arguments(call.get("function") if is_object(call) else None)
        if arguments:
            items.append(ToolCallDelta(number, arguments))

    def _call_end(self, index: int, items: list[Item]) -> None:
        number = self._calls.pop(index, None)
        if number is not None:
            items.append(PartEnded(call=number))

    def _logprobs(self, told: Any, items: list[Item]) -> None:
        records = told if is_list(told) else [told] if is_object(told) else []
        if records:
            items.append(LogprobsReported(records))

    def _whole_message(self, message: JsonObject, items: list[Item]) -> None:
        self._plan(message.get("tool_plan"), items)
        content = message.get("content")
        pieces = content if is_list(content) else [] if content is None else [content]
        waiting = (
            [one for one in message.get("citations") or () if is_object(one)]
            if is_list(message.get("citations"))
            else []
        )
        for index, piece in enumerate(pieces):
            self._content(index, piece, items)
            if not (is_object(piece) and "thinking" in piece):
                here = [one for one in waiting if one.get("content_index") in (None, index)]
                _cite(here, items)
                waiting = [one for one in waiting if one not in here]
        _cite(waiting, items)
        calls = message.get("tool_calls")
        for index, call in enumerate(calls if is_list(calls) else ()):
            self._call_start(index, call, items)
            self._call_end(index, items)
        beyond = {name: one for name, one in message.items() if name not in _MESSAGE and one is not None}
        if beyond:
            items.append(ExtrasReported({"message": beyond}, 0))

    def _message_end(self, value: JsonObject, items: list[Item]) -> None:
        self._leave(items)
        for index in list(self._calls):
            self._call_end(index, items)
        word, error = value.get("finish_reason"), value.get("error")
        self.finish = word if isinstance(word, str) else ""
        self.error = error if isinstance(error, str) and error else None
        items.append(ChoiceFinished(FINISH_REASONS.get(self.finish, "stop"), self.finish))
        usage = value.get("usage")
        if is_object(usage):
            reading = read_usage(usage)
            if reading.reported is not None:
                items.append(reading.reported)
            if reading.warning is not None:
                items.append(WarningReported(reading.warning))
            if reading.extras:
                items.append(ExtrasReported({"usage": reading.extras}))


def _cite(told: Any, items: list[Item]) -> None:
    items.extend(CitationsReported([citation_of(one)]) for one in _objects(told))


def _objects(told: Any) -> Iterator[JsonObject]:
    for one in told if is_list(told) else [told]:
        if is_object(one):
            yield one


def _arguments(function: Any) -> str:
    arguments = function.get("arguments") if is_object(function) else None
    if arguments is not None and not isinstance(arguments, str):
        raise Fault("the arguments of a tool call are no text")
    return arguments or ""


def _index(value: JsonObject) -> int:
    index = value.get("index", 0)
    if type(index) is not int or index < 0:
        raise Fault("index is no number of a part")
    return index
