"""`SseDecoder`: bytes of an event stream -> server-sent events.

The rules are WHATWG's (https://html.spec.whatwg.org/multipage/server-sent-events.html, sections 9.2.5 and 9.2.6, read 2026-11-24):

* A line ends with CR, LF or CRLF, also mixed in one stream and cut by a read. One leading byte-order mark and all comments are skipped.
* A blank line ends an event; one without a data line is discarded, and so is whatever a truncated end left unfinished.
* `id` with a NUL and `retry` with anything but digits are ignored, as are unknown fields.

An event appears with the byte that completes it: the first CR or LF of its blank line. Work is linear in bytes and what is held is bounded
(`Limits.line`, `event`, `stream`); no bytes raise. Data stays bytes, for JSON decoders want bytes; whether it is UTF-8 is theirs to ask.

There are two ways through. Line by line goes everything. Reads made of whole `data: …` events, which are nearly all of a chat stream,
and reads of one whole event with a name, take one `split`; `tests/wire/test_sse_laws.py` proves both equal.
"""

from __future__ import annotations

import re
from itertools import islice

import msgspec

from muxer_core.values.failure import Failure
from muxer_core.wire.limits import LimitExceeded, Limits

_BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\r|\n")
_LF = 10
_CR = 13
_MOST_DIGITS = 12
"""Digits of a reconnection time: beyond thirty years of milliseconds nobody means it."""


class SseEvent(msgspec.Struct, frozen=True, gc=False):
    """One event. `data` is its data lines joined by LF, not decoded; `event` is its type, empty where none was named (a browser says
    `message`); `id` is the last event id of the stream so far, as the standard has it.
    """

    data: bytes
    event: str = ""
    id: str = ""


class SseDecoder:
    r"""Decodes one stream. After a limit was crossed, `exceeded` says which, and further bytes give nothing.

    >>> decoder = SseDecoder()
    >>> decoder.receive_data(b"data: hello\n\nevent: end\ndata: by"), decoder.pending
    ([SseEvent(data=b'hello', event='', id='')], True)
    >>> decoder.receive_data(b"e\n\n"), decoder.pending
    ([SseEvent(data=b'bye', event='end', id='')], False)
    """

    __slots__ = (
        "_at_start",
        "_between",
        "_data",
        "_event",
        "_id",
        "_limits",
        "_line",
        "_line_start",
        "_skip_lf",
        "_surely_small",
        "exceeded",
        "last_id",
        "retry",
    )

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        # A read of at most so many bytes, which begins between events, crosses no limit of a line or of an event.
        self._surely_small = min(self._limits.line, self._limits.event)
        self._at_start = True
        # Between events of a stream without ids: nothing is held that the fast way would have to mind. A CR before is nothing either: an LF
        # after it would be a blank line at most, which between events says nothing.
        self._between = False
        self._skip_lf = False  # the last byte was CR: an LF after it belongs to it
        self._line = bytearray()  # the line whose end has not come
        self._line_start = 0  # where it begins in the stream
        self._data: bytes | bytearray | None = None  # the data lines of the event at hand
        self._event = ""
        self._id = ""
        self.last_id = ""
        """The id to ask the server to go on after; an event that was cut does not count."""
        self.retry: int | None = None
        """Milliseconds to wait before connecting again, as the stream last told."""
        self.exceeded: LimitExceeded | None = None

    @property
    def failure(self) -> Failure | None:
        """The crossed limit as a failure."""
        return None if self.exceeded is None else self.exceeded.failure()

    @property
    def pending(self) -> bool:
        """Has an event begun whose end has not come? At the end of the body this means that the body was cut. A comment is no event."""
        return self.exceeded is None and (
            self._data is not None or self._event != "" or (len(self._line) > 0 and not self._line.startswith(b":"))
        )

    def receive_data(self, data: bytes) -> list[SseEvent]:
        """The events that these bytes complete."""
        if self._between:
            whole = self._whole_events(data)
            if whole is not None:
                return whole
        events: list[SseEvent] = []
        most = self._limits.stream
        room = most - self._line_start - len(self._line)
        if len(data) <= room:
            self._receive(data, events)
        else:
            self._receive(data[:room], events)
            self._cross("stream", most, most)
        return events

    def _whole_events(self, data: bytes) -> list[SseEvent] | None:
        """The fast way: whole events of one `data: ` line each, with LF. None, and nothing taken in, when the bytes are anything else.

        Between n pieces there are 2n - 2 LFs; when there are no others, every piece is the whole data of one event.
        """
        if data[:6] != b"data: ":
            return self._named_event(data) if data[:7] == b"event: " else None
        if data[-2:] != b"\n\n" or _CR in data:
            return None
        size = len(data)
        begin = self._line_start
        if size > self._surely_small or begin + size > self._limits.stream:
            return None
        body = data[6:-2]
        if _LF not in body:  # one event a read: the common case of a live stream
            self._line_start = begin + size
            return [SseEvent(body)]
        pieces = body.split(b"\n\ndata: ")
        if body.count(b"\n") != 2 * len(pieces) - 2:
            return None
        self._line_start = begin + size
        return list(map(SseEvent, pieces))

    def _named_event(self, data: bytes) -> list[SseEvent] | None:
        """The fast way for one whole event that has a name, which is what every read of some vendors' live streams brings."""
        lines = data.split(b"\n", 3)
        size = len(data)
        if (
            len(lines) != 4
            or lines[1][:6] != b"data: "
            or lines[2]
            or lines[3]
            or _CR in data
            or size > self._surely_small
            or self._line_start + size > self._limits.stream
        ):
            return None
        self._line_start += size
        return [SseEvent(lines[1][6:], lines[0][7:].decode("utf-8", "replace"))]

    def _receive(self, data: bytes, events: list[SseEvent]) -> None:
        """The event at hand line by line, then whole events the fast way if they are such, then what is left line by line."""
        after_first = data.find(b"\n\n") + 2
        if 2 <= after_first < len(data):
            self._read_lines(data[:after_first], events)
            if self._between:
                after_last = data.rfind(b"\n\n") + 2
                whole = self._whole_events(data[after_first:after_last])
                if whole is not None:
                    events += whole
                    after_first = after_last
            data = data[after_first:]
        self._read_lines(data, events)

    def _read_lines(self, data: bytes, events: list[SseEvent]) -> None:
        if self._at_start:
            data = self._without_bom(data)
        if not data or self.exceeded is not None:
            return
        if self._skip_lf:
            self._skip_lf = False
            if data[0] == _LF:
                data = data[1:]
                self._line_start += 1
        held = self._line
        begin = self._line_start + len(held)
        text = data
        if _CR in text:
            self._skip_lf = text[-1] == _CR
            text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = text.split(b"\n")
        rest = lines.pop()
        if lines:
            if held:
                lines[0] = bytes(held) + lines[0]
                held.clear()
            crossed = self._take_lines(lines, events)
            if crossed is not None:
                limit, number, index, column = crossed
                start = (
                    begin + next(islice(_LINE_END.finditer(data), index - 1, None)).end() if index else self._line_start
                )
                self._cross(limit, number, start + column)
                return
            self._line_start = begin + len(data) - len(rest)
        held += rest
        if len(held) > self._limits.line:
            self._cross("line", self._limits.line, self._line_start + self._limits.line)
            return
        self._between = not (held or self._data is not None or self._event or self._id or self.last_id)

    def _without_bom(self, data: bytes) -> bytes:
        """The first bytes of the stream without its byte-order mark. Bytes that may yet become one are held back."""
        data = bytes(self._line) + data
        self._line.clear()
        if len(data) < len(_BOM) and _BOM.startswith(data):
            self._line += data
            return b""
        self._at_start = False
        if data.startswith(_BOM):
            self._line_start = len(_BOM)
            return data[len(_BOM) :]
        return data

    def _take_lines(self, lines: list[bytes], events: list[SseEvent]) -> tuple[str, int, int, int] | None:
        """Act on whole lines. Returns a crossed limit, its number, and the line and the column of the byte that crossed it."""
        most, most_data = self._limits.line, self._limits.event
        held = self._data
        for index, line in enumerate(lines):
            if not line:
                if held is not None:
                    events.append(SseEvent(bytes(held), self._event, self._id))
                    held = None
                self._event = ""
                self.last_id = self._id
                continue
            if len(line) > most:
                return "line", most, index, most
            if line[:6] == b"data: ":
                value = line[6:]
            else:
                name, _, value = line.partition(b":")
                if value[:1] == b" ":
                    value = value[1:]
                if name != b"data":
                    self._set_field(name, value)
                    continue
            if held is None:
                held = value
            else:
                if isinstance(held, bytes):
                    held = bytearray(held)
                held += b"\n"
                held += value
            if len(held) > most_data:
                return "event", most_data, index, len(line)
        self._data = held
        return None

    def _set_field(self, name: bytes, value: bytes) -> None:
        if name == b"event":
            self._event = value.decode("utf-8", "replace")
        elif name == b"id":
            if b"\0" not in value:
                self._id = value.decode("utf-8", "replace")
        elif name == b"retry" and value.isdigit() and len(value) <= _MOST_DIGITS:
            self.retry = int(value)

    def _cross(self, limit: str, number: int, offset: int) -> None:
        """Remember the first limit that was crossed, and let go of what was held."""
        if self.exceeded is None:
            self.exceeded = LimitExceeded(limit, number, offset)
            self._between = False
            self._data = None
            self._event = ""
            self._line.clear()
