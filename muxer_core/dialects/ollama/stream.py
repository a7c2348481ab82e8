"""The decoders of a stream of JSON lines and of a whole reply.

| the body | the reply |
| --- | --- |
| a line with `done: true` | complete; what follows is not read |
| a line with an `error` | failure with the server's words; nothing follows |
| ends before `done: true`, also inside a line | failure `truncated` |
| a line that is no JSON of an object (an HTML page) | failure `malformed` |
| one line only | a stream of one line, which servers send to a question with tools |

Whatever the content type says, a streamed reply is read as lines, and a whole one as one value, unless it calls itself
`application/x-ndjson`. The bytes of a `SourceEvent` are a line.
"""

from __future__ import annotations

import msgspec

from muxer_core.dialects.json_events import Fault, read_object
from muxer_core.dialects.ollama.assembly import Assembly
from muxer_core.dialects.ollama.words import EVIDENCE
from muxer_core.dialects.openai_chat.failures import failure_from_reply
from muxer_core.dialects.whole_body import BodyBuffer
from muxer_core.values.items import FailureReported, Item, ReplyEnded, SourceEvent, TextDelta
from muxer_core.wire.limits import Limits
from muxer_core.wire.ndjson import NdjsonDecoder


class _Message(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    content: str
    role: str = ""


class _Line(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """What nearly every line of a stream is, once the reply has started."""

    message: _Message
    done: bool
    model: str = ""
    created_at: str = ""


_decode_line = msgspec.json.Decoder(_Line).decode


class StreamDecoder:
    """Decodes one streamed reply. Obeys law 1: the items are the same under any cut of the same bytes."""

    __slots__ = ("_assembly", "_closed", "_keep_source", "_limits", "_lines")

    def __init__(self, limits: Limits, *, keep_source: bool) -> None:
        self._limits = limits
        self._keep_source = keep_source
        self._lines = NdjsonDecoder(limits)
        self._assembly = Assembly()
        self._closed = False

    def receive_data(self, data: bytes) -> list[Item]:
        """The items that these bytes complete."""
        items: list[Item] = []
        if self._closed:
            return items
        self._read(self._lines.receive_data(data), items)
        if not self._closed and self._lines.failure is not None:
            self._closed = True
            items.append(FailureReported(self._lines.failure))
        return items

    def receive_eof(self) -> list[Item]:
        """The items of a last line without its end; without `done: true` a failure."""
        items: list[Item] = []
        if self._closed:
            return items
        self._read(self._lines.receive_eof(), items, last=True)
        if not self._closed:
            self._closed = True
            how = "without done: true" if self._assembly.started else "before any answer began"
            items.append(Fault(f"the stream ended {how}", "truncated").reported)
        return items

    def _read(self, lines: list[bytes], items: list[Item], *, last: bool = False) -> None:
        assembly = self._assembly
        for line in lines:
            if self._keep_source:
                items.append(SourceEvent(line))
            if assembly.started:
                try:
                    plain = _decode_line(line)
                except (msgspec.MsgspecError, UnicodeError):
                    pass
                else:
                    if not plain.done:
                        if plain.message.content:
                            items.append(TextDelta(plain.message.content))
                        continue
            if self._take(line, items, last=last):
                self._closed = True
                return

    def _take(self, line: bytes, items: list[Item], *, last: bool) -> bool:
        """Append the items of a line; True when nothing may follow."""
        try:
            value = read_object(line, depth=self._limits.depth, what="a line of the stream")
        except Fault as fault:
            cut = last and line.startswith(b"{") and fault.reported.failure.kind == "malformed"
            items.append(Fault("the stream ended inside a line", "truncated").reported if cut else fault.reported)
            return True
        try:
            return read_into(value, self._assembly, items)
        except Fault as fault:
            items.append(fault.reported)
            return True


class WholeDecoder:
    """Decodes a whole reply at the end of its body."""

    __slots__ = ("_body", "_closed", "_keep_source", "_limits")

    def __init__(self, limits: Limits, *, keep_source: bool) -> None:
        self._body = BodyBuffer(limits.body)
        self._limits = limits
        self._keep_source = keep_source
        self._closed = False

    def receive_data(self, data: bytes) -> list[Item]:
        """Nothing, until the body ends; a failure when it crosses its limit."""
        if self._closed or self._body.add(data):
            return []
        self._closed = True
        return [Fault(f"the reply is larger than {self._limits.body} bytes (limit body)", "limit_exceeded").reported]

    def receive_eof(self) -> list[Item]:
        """The items of the whole reply."""
        if self._closed:
            return []
        self._closed = True
        body = self._body.take()
        if not body:
            return [Fault("the reply has no body", "truncated").reported]
        items: list[Item] = [SourceEvent(body)] if self._keep_source else []
        try:
            value = read_object(body, depth=self._limits.depth, what="the reply")
            if not read_into(value, Assembly(), items):
                items.append(Fault("the reply ended without done: true", "truncated").reported)
        except Fault as fault:
            items.append(fault.reported)
        return items


def read_into(value: dict[str, object], assembly: Assembly, items: list[Item]) -> bool:
    """Append the items of an object, and the end of the reply where it is there; True when nothing may follow. Raises `Fault`."""
    error = value.get("error")
    if error:
        items.append(FailureReported(failure_from_reply(error)))
        return True
    assembly.add(value, items)
    if assembly.done:
        items.append(ReplyEnded(EVIDENCE))
    return assembly.done
