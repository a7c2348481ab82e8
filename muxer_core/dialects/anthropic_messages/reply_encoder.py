"""The encoders of a reply, for a client of the Messages API: as a stream of events, or as one message.

| comes | goes, in a stream |
| --- | --- |
| the first item that says something | `message_start`, with the usage that was told before it |
| what adds to the answer | events of its block (`composing`); nothing is merged or held back |
| `ReplyEnded` | the blocks that are open end; `message_delta` with stop reason and usage; `message_stop` |
| `FailureReported` | `event: error`, and nothing after it |
| a source event of this dialect | itself, but for the model's name in `message_start`; a server's `error` gives way to ours |

A whole reply of this dialect passes likewise, but for the model's name. Where one form was asked for and the other came, it is written anew
from its items. Source: platform.claude.com, "Streaming messages", and the types of anthropic-sdk-python 2.13.0, November 2026.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from muxer_core.dialects.anthropic_messages.answers import JSON, as_json, error_body, usage_fields
from muxer_core.dialects.anthropic_messages.composing import Composer
from muxer_core.dialects.anthropic_messages.marks import JsonObject
from muxer_core.dialects.anthropic_messages.words import DIALECT
from muxer_core.dialects.server import Answering
from muxer_core.values.items import (
    ExtrasReported,
    FailureReported,
    Item,
    ReplyEnded,
    ReplyStarted,
    SourceEvent,
    TextDelta,
    UsageReported,
    WarningReported,
)
from muxer_core.wire.heads import Headers, ResponseHead

_MISS = (msgspec.MsgspecError, RecursionError, UnicodeError)
_SILENT = (ReplyStarted, UsageReported, ExtrasReported, WarningReported)


_DELTA_EVENT = "content_block_delta"


class _Type(msgspec.Struct):
    type: str = ""


_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_type = msgspec.json.Decoder(_Type).decode
_encode = msgspec.json.encode


def _type_of(data: bytes) -> str:
    try:
        return _type(data).type
    except _MISS:
        return ""


def renamed(data: bytes, model: str | None, inside: str | None = None) -> bytes:
    """A message's JSON with another name of the model; `inside`: the message stands under this name. What cannot be read stays."""
    if model is None:
        return data
    try:
        fields = _fields(data)
        if inside is None:
            if "model" in fields:
                fields["model"] = msgspec.Raw(as_json(model))
        elif inside in fields:
            fields[inside] = msgspec.Raw(renamed(bytes(fields[inside]), model))
        return msgspec.json.encode(fields)
    except _MISS:
        return data


def event_bytes(name: str, data: bytes) -> bytes:
    """One event. Data of several lines is told in several."""
    if b"\n" in data:
        data = data.replace(b"\n", b"\ndata: ")
    return b"".join((b"event: ", name.encode("utf-8", "replace"), b"\ndata: ", data, b"\n\n"))


def _plain_text(items: Iterable[Item]) -> bytes | None:
    """The bytes of one event of nothing but text, which is what nearly all calls bring: as it came, at half the price."""
    if not isinstance(items, list) or len(items) != 2:
        return None
    source, said = items
    if type(said) is not TextDelta or type(source) is not SourceEvent or source.event != _DELTA_EVENT:
        return None
    data = source.data
    return None if b"\n" in data else b"event: content_block_delta\ndata: " + data + b"\n\n"


class _Events:
    """The sink of a stream: blocks become events (`composing.Sink`)."""

    __slots__ = ("_before", "out")

    def __init__(self) -> None:
        self.out: list[bytes] = []
        self._before: dict[tuple[int, str], bytes] = {}

    def event(self, value: JsonObject) -> None:
        self.out.append(event_bytes(value["type"], as_json(value)))

    def start(self, index: int, block: JsonObject) -> None:
        self._before.clear()
        self.event({"type": "content_block_start", "index": index, "content_block": block})

    def piece(self, index: int, delta: str, field: str, text: str) -> None:
        before = self._before.get((index, delta))
        if before is None:
            whole = as_json({"type": "content_block_delta", "index": index, "delta": {"type": delta, field: ""}})
            before = self._before[index, delta] = b"event: content_block_delta\ndata: " + whole.removesuffix(b'""}}')
        try:
            said = _encode(text)
        except UnicodeError:
            said = _encode(text.encode("utf-8", "replace").decode())
        self.out += (before, said, b"}}\n\n")

    def cite(self, index: int, citation: JsonObject) -> None:
        delta: JsonObject = {"type": "citations_delta", "citation": citation}
        self.event({"type": "content_block_delta", "index": index, "delta": delta})

    def stop(self, index: int, extras: JsonObject) -> bool:
        self.event({"type": "content_block_stop", "index": index})
        return not extras

    def take(self) -> bytes:
        written = b"".join(self.out)
        self.out.clear()
        return written


class StreamEncoder:
    """Encodes one streamed reply (`dialects.server.ReplyEncoder`)."""

    __slots__ = ("_answering", "_begun", "_closed", "_composer", "_events", "_head", "_passes")

    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self._events = _Events()
        self._composer = Composer(self._events, answering.reply_id)
        self._passes: bool | None = None if answering.source == DIALECT else False
        self._begun = False
        self._closed = False
        fields = [("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache")]
        self._head = ResponseHead(200, Headers.of([*fields, ("request-id", f"req_{answering.reply_id}")]))

    @property
    def head(self) -> ResponseHead:
        """Status and headers."""
        return self._head

    @property
    def warnings(self) -> tuple[str, ...]:
        """What of the reply could not be said."""
        return self._composer.warnings

    def receive_items(self, items: Iterable[Item]) -> bytes:
        """The events that these items complete."""
        if self._closed:
            return b""
        if self._passes:
            plain = _plain_text(items)
            if plain is not None:
                return plain
        waiting: SourceEvent | None = None
        for item in items:
            if waiting is not None:
                if type(item) is not FailureReported:
                    self._pass(waiting)
                waiting = None
            if type(item) is SourceEvent:
                if self._passes is None:
                    self._passes = bool(item.event) or _type_of(item.data) != "message"
                waiting = item if self._passes else None
            elif type(item) is FailureReported:
                self._closed = True
                self._events.out.append(event_bytes("error", error_body(item.failure)))
                break
            elif type(item) is ReplyEnded:
                self._closed = True
                if not self._passes:
                    self._end()
                break
            elif not self._passes:
                self._say(item)
            elif type(item) is WarningReported:
                self._composer.put(item)
        if waiting is not None:
            self._pass(waiting)
        return self._events.take()

    def _pass(self, event: SourceEvent) -> None:
        """An event as it came, but for the model's name; its own type names it where nothing else does."""
        name = event.event or _type_of(event.data)
        data = event.data
        if name == "message_start":
            data = renamed(data, self._answering.model, "message")
        if name and name != "error":
            self._events.out.append(event_bytes(name, data))

    def _say(self, item: Item) -> None:
        if not self._begun and not isinstance(item, _SILENT):
            self._begin()
        self._composer.put(item)

    def _begin(self) -> None:
        self._begun = True
        composer = self._composer
        message: JsonObject = {
            **_head_of(composer, self._answering),
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": usage_fields(composer.usage, {}, whole=True),
        }
        self._events.event({"type": "message_start", "message": message})

    def _end(self) -> None:
        composer = self._composer
        if not self._begun:
            self._begin()
        composer.end()
        delta: JsonObject = {"stop_reason": composer.stop_reason, "stop_sequence": _stop_sequence(composer)}
        beside = dict(composer.extras)
        for name in ("container", "stop_details"):
            if name in beside:
                delta[name] = beside.pop(name)
        usage = usage_fields(composer.usage, composer.usage_extras, whole=False)
        self._events.event({"type": "message_delta", "delta": delta, "usage": usage, **beside})
        self._events.event({"type": "message_stop"})


def _head_of(composer: Composer, answering: Answering) -> JsonObject:
    started = composer.started
    return {
        "id": started.id or f"msg_{answering.reply_id}",
        "type": "message",
        "role": "assistant",
        "model": answering.model or started.model or "",
    }


def _stop_sequence(composer: Composer) -> str | None:
    return None if composer.finish is None else composer.finish.stop_sequence


class _Content:
    """The sink of a message: blocks in order (`composing.Sink`)."""

    __slots__ = ("_blocks", "_texts", "warnings")

    def __init__(self) -> None:
        self._blocks: dict[int, JsonObject] = {}
        self._texts: dict[int, dict[str, list[str]]] = {}
        self.warnings: list[str] = []

    def start(self, index: int, block: JsonObject) -> None:
        self._blocks[index] = dict(block)

    def piece(self, index: int, delta: str, field: str, text: str) -> None:
        self._texts.setdefault(index, {}).setdefault(field, []).append(text)

    def cite(self, index: int, citation: JsonObject) -> None:
        self._blocks[index].setdefault("citations", []).append(citation)

    def stop(self, index: int, extras: JsonObject) -> bool:
        block = self._blocks[index]
        for field, texts in self._texts.pop(index, {}).items():
            text = "".join(texts)
            if field == "partial_json":
                block["input"] = self._input(text)
            else:
                block[field] = text
        if block["type"] == "text":
            block.setdefault("citations", None)
        block.update(extras)
        return True

    def _input(self, text: str) -> Any:
        """The arguments as the object that they are; where they were cut off, nothing of them can be told."""
        try:
            value: Any = msgspec.json.decode(text)
        except _MISS:
            value = None
        if not isinstance(value, dict):
            self.warnings.append("ToolCallDelta.arguments: left out, because they are no JSON object")
            return {}
        return msgspec.Raw(text.encode())

    @property
    def blocks(self) -> list[JsonObject]:
        return [self._blocks[index] for index in sorted(self._blocks)]


class WholeEncoder:
    """Encodes one whole reply (`dialects.server.ReplyEncoder`)."""

    __slots__ = ("_answering", "_closed", "_composer", "_content", "_head", "_source")

    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self._content = _Content()
        self._composer = Composer(self._content, answering.reply_id)
        self._source: bytes | None = None
        self._closed = False
        self._head = ResponseHead(200, Headers.of([JSON, ("request-id", f"req_{answering.reply_id}")]))

    @property
    def head(self) -> ResponseHead:
        """Status and headers."""
        return self._head

    @property
    def warnings(self) -> tuple[str, ...]:
        """What of the reply could not be said."""
        return (*self._composer.warnings, *self._content.warnings)

    def receive_items(self, items: Iterable[Item]) -> bytes:
        """Nothing, until the reply ends; then all of it."""
        if self._closed:
            return b""
        for item in items:
            if type(item) is TextDelta:
                self._composer.put(item)
            elif type(item) is SourceEvent:
                whole = self._answering.source == DIALECT and not item.event and _type_of(item.data) == "message"
                self._source = item.data if whole else None
            elif type(item) is FailureReported:
                self._closed = True
                return error_body(item.failure)
            elif type(item) is ReplyEnded:
                self._closed = True
                return self._message()
            else:
                self._composer.put(item)
        return b""

    def _message(self) -> bytes:
        if self._source is not None:
            return renamed(self._source, self._answering.model)
        composer = self._composer
        composer.end()
        return as_json({
            **_head_of(composer, self._answering),
            "content": self._content.blocks,
            "stop_reason": composer.stop_reason,
            "stop_sequence": _stop_sequence(composer),
            "usage": usage_fields(composer.usage, composer.usage_extras, whole=True),
            **composer.extras,
        })  # fmt: skip
