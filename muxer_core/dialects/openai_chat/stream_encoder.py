"""The encoder of a streamed reply: items -> server-sent events of chunks.

| comes | goes |
| --- | --- |
| the first item of an answer | a chunk with its role |
| an item that adds to an answer | one chunk; nothing is merged or held back |
| usage | the last report, in a chunk without choices before the end, where the client asked for it |
| `ReplyEnded` | `data: [DONE]` |
| `FailureReported` | `data: {"error": …}`, and no `[DONE]` |
| a source event of this dialect | itself (`pass_through`); `[DONE]` waits for `ReplyEnded`, and a failure gives way to ours |

A whole reply of this dialect, where a stream was asked for, is written as a stream from its items.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.openai_chat.answers import error_body
from muxer_core.dialects.openai_chat.chunks import json_text
from muxer_core.dialects.openai_chat.forms import DIALECT
from muxer_core.dialects.openai_chat.pass_through import PassThrough, form_of, json_text_bytes
from muxer_core.dialects.openai_chat.usage_words import usage_fields
from muxer_core.dialects.openai_chat.wording import JsonObject, Wording
from muxer_core.dialects.server import Answering, Asked
from muxer_core.values.items import FailureReported, Item, ReplyEnded, SourceEvent, TextDelta, WarningReported
from muxer_core.values.request import FunctionTool
from muxer_core.values.usage import JsonValue
from muxer_core.wire.heads import Headers, ResponseHead

HEAD = ResponseHead(
    200, Headers.of([("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache")])
)
_OBJECT = "chat.completion.chunk"
DONE = b"data: [DONE]\n\n"

_SHORT = 16

_AFTER_TEXT = b'},"logprobs":null,"finish_reason":null}]}\n\n'
_encode_text = msgspec.json.encode


def wants_functions(asked: Asked) -> bool:
    """Did the client use the old field `functions`? Then it reads `function_call`, and no `tool_calls`."""
    tools = asked.request.tools
    return bool(tools) and all(isinstance(tool, FunctionTool) and "functions" in tool.form for tool in tools)


def as_json(value: JsonObject) -> bytes:
    """An object as JSON. Never raises: what JSON cannot say is replaced."""
    try:
        return msgspec.json.encode(value)
    except (UnicodeError, TypeError, ValueError, OverflowError, RecursionError):
        return json_text(_sayable(value, 64)).encode("utf-8", "replace")


def _sayable(value: Any, depth: int) -> JsonValue:
    """The value with everything that is no JSON as text."""
    if is_object(value) and depth:
        return {str(name): _sayable(one, depth - 1) for name, one in value.items()}
    if is_list(value) and depth:
        return [_sayable(one, depth - 1) for one in value]
    if isinstance(value, msgspec.Raw):
        return float(bytes(value))
    return value if isinstance(value, str | int | float | None) else str(value)


class StreamEncoder:
    """Encodes one streamed reply."""

    __slots__ = (
        "_answering",
        "_before_text",
        "_closed",
        "_line",
        "_opened",
        "_passes",
        "_through",
        "_wants_usage",
        "_wording",
    )

    def __init__(self, asked: Asked, answering: Answering) -> None:
        self._answering = answering
        self._wants_usage = asked.wants_usage
        self._wording = Wording(answering, functions=wants_functions(asked))
        self._through = PassThrough(answering.model, hide_usage=not asked.wants_usage)
        self._line = self._through.line
        self._passes: bool | None = None if answering.source == DIALECT else False
        self._opened: set[int] = set()
        self._before_text: dict[int, bytes] = {}
        self._closed = False

    @property
    def head(self) -> ResponseHead:
        """Status and headers."""
        return HEAD

    @property
    def warnings(self) -> tuple[str, ...]:
        """What of the reply could not be said."""
        return tuple(self._wording.warnings)

    def receive_items(self, items: Iterable[Item]) -> bytes:  # noqa: C901  # in one piece, for every chunk passes here
        """The events that these items complete."""
        if self._closed:
            return b""
        if self._passes and isinstance(items, list) and len(items) == 2:
            # One event of nothing but text, which is what nearly all calls bring: the same as below, at half the price.
            event, said = items
            if type(event) is SourceEvent and type(said) is TextDelta and not event.event:
                return self._line(event.data)
        out: list[bytes] = []
        before_text = self._before_text
        wording = self._wording
        waiting: SourceEvent | None = None
        for item in items:
            if type(item) is TextDelta:
                if waiting is not None:
                    self._write(waiting, out)  # it has a choice: nothing to hide
                    waiting = None
                if self._passes:
                    continue
                before = before_text.get(item.choice)
                if before is not None and not wording.reply:
                    try:
                        out += (before, _encode_text(item.text), _AFTER_TEXT)
                    except UnicodeError:
                        out += (before, json_text_bytes(item.text), _AFTER_TEXT)
                    continue
            elif waiting is not None:
                if type(item) is not FailureReported:
                    self._pass(waiting, out)
                waiting = None
            if type(item) is SourceEvent:
                if self._passes is None:
                    self._passes = form_of(item.data) != "whole"
                waiting = item if self._passes else None
                continue
            self._take(item, out)
            if self._closed:
                break
        if waiting is not None:
            self._pass(waiting, out)
        return b"".join(out)

    def _take(self, item: Item, out: list[bytes]) -> None:
        """An item that is no plain text and no source event."""
        if type(item) is ReplyEnded:
            self._closed = True
            self._end(out)
        elif type(item) is FailureReported:
            self._closed = True
            out.append(b"data: " + error_body(item.failure) + b"\n\n")
        elif not self._passes:
            self._say(item, out)
        elif type(item) is WarningReported:
            self._wording.put(item)

    def _pass(self, event: SourceEvent, out: list[bytes]) -> None:
        """An event that may be the end, or one that the client is not to see."""
        data = event.data
        if (len(data) >= _SHORT or data.strip() != b"[DONE]") and not self._through.hides(data):
            self._write(event, out)

    def _write(self, event: SourceEvent, out: list[bytes]) -> None:
        """An event as it came, but for the model's name."""
        if event.event:
            out.append(b"event: " + event.event.encode("utf-8", "replace") + b"\n")
        out.append(self._line(event.data))

    def _say(self, item: Item, out: list[bytes]) -> None:
        """An item in our own words."""
        wording = self._wording
        piece = wording.put(item)
        if piece is None:
            return
        if piece.choice not in self._opened:
            self._opened.add(piece.choice)
            role: JsonObject = {"role": "assistant", "content": "", "refusal": None}
            self._chunk(out, [{"index": piece.choice, "delta": role, "logprobs": None, "finish_reason": None}])
            head = as_json({"id": "", "object": _OBJECT, **wording.head})[:-1]
            self._before_text[piece.choice] = (
                b"data: " + head + b',"choices":[{"index":%d,"delta":{"content":' % piece.choice
            )
        said = {"index": piece.choice, "delta": piece.delta, "logprobs": None, "finish_reason": None, **piece.beside}
        self._chunk(out, [said])

    def _chunk(self, out: list[bytes], choices: list[JsonObject]) -> None:
        wording = self._wording
        reply, wording.reply = wording.reply, {}
        out += (
            b"data: ",
            as_json({"id": "", "object": _OBJECT, **wording.head, **reply, "choices": choices}),
            b"\n\n",
        )

    def _end(self, out: list[bytes]) -> None:
        wording = self._wording
        if not self._passes:
            if wording.reply:
                self._chunk(out, [])
            if wording.usage is not None:
                tier = wording.usage.usage.service_tier
                usage = usage_fields(wording.usage, wording.cost, wording.usage_extras, wording.warnings)
                if self._wants_usage:
                    wording.reply = {"usage": usage} if tier is None else {"service_tier": tier, "usage": usage}
                    self._chunk(out, [])
        out.append(DONE)
