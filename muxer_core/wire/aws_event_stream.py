r"""`AwsEventStreamDecoder`: bytes of `application/vnd.amazon.eventstream` -> frames. Bedrock streams in them.

A frame, all numbers big-endian (https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html, "Event stream encoding", and
https://smithy.io/2.0/aws/amazon-eventstream.html, both read 2026-11-24):

| bytes | what |
| --- | --- |
| 4 | length of the whole frame |
| 4 | length of the headers |
| 4 | CRC-32 of the eight bytes before |
| … | headers: length of the name in 1 byte, the name, the type in 1 byte, the value |
| … | payload |
| 4 | CRC-32 of all the bytes before |

Rules that hold here:

* Nothing in a frame is believed before its checksum was found right: lengths wait for the first checksum, headers and payload for the
  second. A wrong one is a fault, and nothing after it is read: where the next frame begins is then anybody's guess.
* A frame appears with its last byte, and a fault with the byte that shows it, under any cut (law 1). No bytes raise.
* What is held is bounded before it is held: a payload by `Limits.event`, headers by the format's own 128 KiB (`MAX_HEADERS`), the whole
  by `Limits.stream`. A frame whose lengths cross a bound fails at the last byte of its prelude.
* A text that is not UTF-8 is read with U+FFFD in it; a name that comes twice in one frame is a fault.
"""

from __future__ import annotations

from struct import Struct
from typing import Literal
from zlib import crc32

import msgspec

from muxer_core.values.failure import Failure
from muxer_core.wire.limits import LimitExceeded, Limits

MAX_HEADERS = 128 << 10
"""The most bytes of the headers of one frame, by the format itself."""

PRELUDE = 12
"""Bytes before the headers: two lengths and their checksum."""

_CHECKSUM = 4
_SMALLEST = PRELUDE + _CHECKSUM
_LENGTHS = 8
_unpack_prelude = Struct(">III").unpack_from

HeaderKind = Literal["true", "false", "byte", "short", "integer", "long", "bytes", "string", "timestamp", "uuid"]

HEADER_KINDS: tuple[HeaderKind, ...] = (
    "true", "false", "byte", "short", "integer", "long", "bytes", "string", "timestamp", "uuid",
)  # fmt: skip
"""The types of header values by their number on the wire."""

_FIXED: dict[HeaderKind, int] = {
    "true": 0, "false": 0, "byte": 1, "short": 2, "integer": 4, "long": 8, "timestamp": 8, "uuid": 16,
}  # fmt: skip
_NO_NUMBER = frozenset({"bytes", "uuid"})

HeaderValue = bool | int | bytes | str
"""What a header holds. A `timestamp` is milliseconds since 1970, a `uuid` its sixteen bytes."""


class FrameHeader(msgspec.Struct, frozen=True, gc=False):
    """One header of a frame. `kind` is its type on the wire."""

    name: str
    kind: HeaderKind
    value: HeaderValue


class EventFrame(msgspec.Struct, frozen=True, gc=False):
    """One frame. Its headers say what the payload is."""

    headers: tuple[FrameHeader, ...] = ()
    payload: bytes = b""

    def text(self, name: str) -> str:
        """The header of this name, where it is a text; else an empty one.

        >>> EventFrame((FrameHeader(":event-type", "string", "messageStart"),)).text(":event-type")
        'messageStart'
        """
        for header in self.headers:
            if header.name == name and isinstance(header.value, str):
                return header.value
        return ""


class AwsEventStreamDecoder:
    """Decodes one stream. After a fault or a crossed limit `failure` says what it was, and further bytes give nothing."""

    __slots__ = (
        "_held",
        "_known",
        "_known_block",
        "_lengths",
        "_limits",
        "_offset",
        "_received",
        "_wanted",
        "exceeded",
        "fault",
    )

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._held = bytearray()  # the frame whose end has not come
        self._offset = 0  # where it begins in the stream
        self._received = 0
        self._lengths: tuple[int, int] | None = None  # of the frame and its headers, once its prelude was found right
        self._wanted = PRELUDE  # bytes of the frame without which nothing more can be told
        # Frames of one type have the same headers, byte for byte, and mostly come in a row.
        self._known_block = b""
        self._known: tuple[FrameHeader, ...] = ()
        self.exceeded: LimitExceeded | None = None
        self.fault: str | None = None
        """What was wrong with the stream, in words, and at which byte the frame begins; None while nothing was."""

    @property
    def failure(self) -> Failure | None:
        """The fault or the crossed limit as a failure."""
        if self.exceeded is not None:
            return self.exceeded.failure()
        return None if self.fault is None else Failure(kind="malformed", message=self.fault)

    @property
    def pending(self) -> bool:
        """Has a frame begun whose end has not come? At the end of the body this means that the body was cut."""
        return bool(self._held)

    def receive_data(self, data: bytes) -> list[EventFrame]:
        """The frames that these bytes complete."""
        frames: list[EventFrame] = []
        if self._stopped:
            return frames
        most = self._limits.stream
        room = most - self._received
        self._received += len(data)
        self._read(data if len(data) <= room else data[:room], frames)
        if len(data) > room and not self._stopped:
            self._stop(exceeded=LimitExceeded("stream", most, most))
        return frames

    @property
    def _stopped(self) -> bool:
        return self.fault is not None or self.exceeded is not None

    def _read(self, data: bytes, frames: list[EventFrame]) -> None:
        """Take whole frames out of what is held and of these bytes. What is held is copied once for each frame that it completes."""
        held = self._held
        if held:
            held += data
            if len(held) < self._wanted:
                return
            data = bytes(held)
            held.clear()
        begin, end = 0, len(data)
        while end - begin >= PRELUDE:
            size, headers = self._lengths or self._read_prelude(data, begin)
            if not size:
                return
            if end - begin < size:
                self._lengths, self._wanted = (size, headers), size
                break
            if not self._take_frame(data, begin, size, headers, frames):
                return
            begin += size
            self._offset += size
            self._lengths, self._wanted = None, PRELUDE
        held += data[begin:]

    def _read_prelude(self, data: bytes, begin: int) -> tuple[int, int]:
        """The lengths of a frame and of its headers; zeros when the stream ends here."""
        size, headers, checksum = _unpack_prelude(data, begin)
        payload = size - headers - _SMALLEST
        if crc32(data[begin : begin + _LENGTHS]) != checksum:
            self._damaged("the checksum of its lengths is wrong")
        elif payload < 0:
            self._damaged("its headers are longer than the whole")
        elif headers > MAX_HEADERS:
            self._damaged(f"its headers are longer than {MAX_HEADERS} bytes")
        elif payload > self._limits.event:
            self._stop(exceeded=LimitExceeded("event", self._limits.event, self._offset + PRELUDE - 1))
        else:
            return size, headers
        return 0, 0

    def _take_frame(self, data: bytes, begin: int, size: int, headers: int, frames: list[EventFrame]) -> bool:
        """Append the whole frame that begins here; False when the stream ends with it."""
        end = begin + size - _CHECKSUM
        if crc32(data[begin:end]) != int.from_bytes(data[end : end + _CHECKSUM]):
            self._damaged("its checksum is wrong")
            return False
        payload = begin + PRELUDE + headers
        if headers != len(self._known_block) or not data.startswith(self._known_block, begin + PRELUDE):
            block = data[begin + PRELUDE : payload]
            known = _read_headers(block)
            if isinstance(known, str):
                self._damaged(known)
                return False
            self._known, self._known_block = known, block
        frames.append(EventFrame(self._known, data[payload:end]))
        return True

    def _damaged(self, why: str) -> None:
        self._stop(fault=f"the frame at byte {self._offset} of the event stream is damaged: {why}")

    def _stop(self, *, fault: str | None = None, exceeded: LimitExceeded | None = None) -> None:
        """Remember why nothing more is read, and let go of what was held."""
        self.fault = fault
        self.exceeded = exceeded
        self._held.clear()


def _read_headers(block: bytes) -> tuple[FrameHeader, ...] | str:
    """The headers, or what is wrong with them."""
    found: dict[str, FrameHeader] = {}
    place, end = 0, len(block)
    while place < end:
        after = place + 1 + block[place]
        if after >= end:
            return "a header is cut"
        name = block[place + 1 : after].decode("utf-8", "replace")
        number = block[after]
        place = after + 1
        if number >= len(HEADER_KINDS):
            return f"a header has the unknown type {number}"
        kind = HEADER_KINDS[number]
        size = _FIXED.get(kind)
        if size is None:
            size = int.from_bytes(block[place : place + 2])
            place += 2
        raw = block[place : place + size]
        place += size
        if place > end:
            return "a header is cut"
        if name in found:
            return "a header comes twice"
        found[name] = FrameHeader(name, kind, _value(kind, raw))
    return tuple(found.values())


def _value(kind: HeaderKind, raw: bytes) -> HeaderValue:
    if kind == "string":
        return raw.decode("utf-8", "replace")
    if kind in _NO_NUMBER:
        return raw
    if not raw:
        return kind == "true"
    return int.from_bytes(raw, signed=True)
