"""`SseDecoder`: server-sent events after the WHATWG rules (https://html.spec.whatwg.org/multipage/server-sent-events.html, read 2026-11-24).

Linear in bytes and bounded. Lines end with CR, LF or CRLF, also mixed and split across reads; a leading byte-order mark and comments are
skipped; an event with no data line is discarded; nothing is made of a truncated end. An event appears with the byte that completes it: the
first CR or LF of its blank line. Works on bytes: what the data means, and whether it is UTF-8, is for whoever decodes it.

There is a plain way and a fast way. The fast way takes reads made of whole `data: …` events with LF, which nearly all are, and is proven
equal to the plain one by a differential property (`tests/wire/test_sse.py`).
"""

from __future__ import annotations

import re

import msgspec

from muxer_core.values.failure import Failure
from muxer_core.wire.limits import Limits

_LINE_END = re.compile(rb"\r\n?|\n")
_BOM = b"\xef\xbb\xbf"


class SseEvent(msgspec.Struct, frozen=True, gc=False):
    """One event. `data` is its data lines joined by LF, not decoded; `event` is its type, empty when none was named; `id` is the last
    event id seen, as the standard has it."""

    data: bytes
    event: str = ""
    id: str = ""


class SseDecoder:
    """Turns the bytes of one stream into events. After a limit was crossed, `failure` says so and nothing more is decoded."""

    __slots__ = ("_data", "_data_size", "_event", "_idle", "_limits", "_line", "_line_size", "_room", "_skip_lf", "_start", "failure", "last_id", "retry")

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._room = self._limits.stream
        self._start = True
        self._idle = True
        self._skip_lf = False
        self._line: list[bytes] = []
        self._line_size = 0
        self._data: list[bytes] = []
        self._data_size = 0
        self._event = ""
        self.last_id = ""
        self.retry: int | None = None
        self.failure: Failure | None = None

    @property
    def pending(self) -> bool:
        """Did the bytes so far end inside an event? At the end of the body this means that it was cut."""
        return bool(self._line or self._data or self._event)

    def receive_data(self, data: bytes) -> list[SseEvent]:
        """The events that these bytes complete."""
        if self.failure is not None:
            return []
        size = len(data)
        if size > self._room:
            events = self._plain(data[: self._room], [])
            self._fail("stream", self._limits.stream)
            return events
        self._room -= size
        if self._idle and size <= self._limits.line and data.startswith(b"data: "):
            return self._fast(data)
        return self._plain(data, [])

    def _fast(self, data: bytes) -> list[SseEvent]:
        """Whole events of one `data: ` line each, ended by LF LF; whatever is not so goes the plain way."""
        last_id = self.last_id
        end = len(data) - 2
        first = data.find(b"\n")
        if first == end and data[-1] == 10 and b"\r" not in data:
            self._start = False
            return [SseEvent(data[6:end], "", last_id)]
        end = data.rfind(b"\n\n")
        if end >= 0 and b"\r" not in data:
            parts = data[6:end].split(b"\n\ndata: ")
            if data.count(b"\n", 0, end) == 2 * len(parts) - 2:
                self._start = False
                events = [SseEvent(part, "", last_id) for part in parts]
                return events if end + 2 == len(data) else self._plain(data[end + 2 :], events)
        return self._plain(data, [])

    def _plain(self, data: bytes, events: list[SseEvent]) -> list[SseEvent]:
        """Line by line. Appends to `events` and returns it."""
        position = 0
        if self._skip_lf and data:
            self._skip_lf = False
            position = 1 if data[0] == 10 else 0
        for match in _LINE_END.finditer(data, position):
            piece = data[position : match.start()]
            position = match.end()
            if self._line_size + len(piece) > self._limits.line:
                return self._fail("line", self._limits.line, events)
            if self._line:
                self._line.append(piece)
                piece = b"".join(self._line)
                self._line, self._line_size = [], 0
            if not self._take_line(piece, events):
                return events
        if position == len(data):
            self._skip_lf = data.endswith(b"\r") or (self._skip_lf and not data)
        else:
            self._line.append(data[position:])
            self._line_size += len(data) - position
            if self._line_size > self._limits.line:
                return self._fail("line", self._limits.line, events)
        self._idle = not (self._skip_lf or self._line or self._data or self._event)
        return events

    def _take_line(self, line: bytes, events: list[SseEvent]) -> bool:
        """Act on one whole line; False when a limit was crossed."""
        if self._start:
            self._start = False
            line = line.removeprefix(_BOM)
        if not line:
            if self._data:
                events.append(SseEvent(b"\n".join(self._data), self._event, self.last_id))
                self._data, self._data_size = [], 0
            self._event = ""
            return True
        name, colon, value = line.partition(b":")
        if colon and value[:1] == b" ":
            value = value[1:]
        if name == b"data":
            self._data.append(value)
            self._data_size += len(value) + 1
            if self._data_size > self._limits.event:
                self._fail("event", self._limits.event)
                return False
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")
        elif name == b"id":
            if b"\0" not in value:
                self.last_id = value.decode("utf-8", "replace")
        elif name == b"retry" and value.isdigit():
            self.retry = int(value[:18])
        return True

    def _fail(self, limit: str, number: int, events: list[SseEvent] | None = None) -> list[SseEvent]:
        self.failure = Failure(kind="limit_exceeded", message=f"the stream crossed the limit {limit} of {number} bytes")
        self._line, self._data = [], []
        return [] if events is None else events
