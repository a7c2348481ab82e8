"""The laws of a decoder of AWS event streams, as checks of a class: the real one must pass them, and each mutant must fail one.

`read` is the format written as short as it can be, over a whole stream; it shares nothing with the decoder.
"""

from __future__ import annotations

from binascii import crc32
from collections.abc import Iterable
from struct import unpack
from typing import Any, NamedTuple

from muxer_core.wire.aws_event_stream import AwsEventStreamDecoder
from muxer_core.wire.limits import Limits

Decoder = type[AwsEventStreamDecoder]
Header = tuple[str, str, Any]
Frame = tuple[list[Header], bytes]

_FIXED = (
    "true:0",
    "false:0",
    "byte:b",
    "short:>h",
    "integer:>i",
    "long:>q",
    "bytes:",
    "string:",
    "timestamp:>q",
    "uuid:16",
)
_SIZES = {"b": 1, ">h": 2, ">i": 4, ">q": 8}


class Read(NamedTuple):
    """What a whole stream says: its frames, where it stops being readable and why, and whether its last frame was cut."""

    frames: list[Frame]
    fault: int | None = None
    crossed: tuple[str, int] | None = None
    pending: bool = False


class Nonsense(Exception):
    """Headers that cannot be read."""


def read_headers(block: bytes) -> list[Header]:
    found: dict[str, Header] = {}

    def take(size: int) -> bytes:
        nonlocal block
        taken, block = block[:size], block[size:]
        if len(taken) < size:
            raise Nonsense
        return taken

    while block:
        name = take(take(1)[0]).decode("utf-8", "replace")
        number = take(1)[0]
        if number > 9 or name in found:
            raise Nonsense
        kind, _, form = _FIXED[number].partition(":")
        if kind in ("true", "false"):
            value: Any = kind == "true"
        elif form in _SIZES:
            value = unpack(form, take(_SIZES[form]))[0]
        else:
            value = take(int(form) if form else unpack(">H", take(2))[0])
            value = value.decode("utf-8", "replace") if kind == "string" else value
        found[name] = (name, kind, value)
    return list(found.values())


def read(stream: bytes, limits: Limits | None = None) -> Read:
    limits = limits or Limits()
    most = limits.stream
    seen, frames, at = stream[:most], list[Frame](), 0
    while len(seen) - at >= 12:
        size, headers, check = unpack(">III", seen[at : at + 12])
        if crc32(seen[at : at + 8]) != check or size < headers + 16 or headers > 131072:
            return Read(frames, at)
        if size - headers - 16 > limits.event:
            return Read(frames, crossed=("event", at + 11))
        frame = seen[at : at + size]
        if len(frame) < size:
            break
        if crc32(frame[:-4]) != unpack(">I", frame[-4:])[0]:
            return Read(frames, at)
        try:
            frames.append((read_headers(frame[12 : 12 + headers]), frame[12 + headers : -4]))
        except Nonsense:
            return Read(frames, at)
        at += size
    if len(stream) > most:
        return Read(frames, crossed=("stream", most))
    return Read(frames, pending=at < len(seen))


def bytewise(data: bytes) -> list[bytes]:
    return [data[place : place + 1] for place in range(len(data))]


def fed(decoder: AwsEventStreamDecoder, reads: Iterable[bytes]) -> list[Frame]:
    return [
        ([(header.name, header.kind, header.value) for header in frame.headers], frame.payload)
        for data in reads
        for frame in decoder.receive_data(data)
    ]


def said(decoder: AwsEventStreamDecoder, frames: list[Frame]) -> Read:
    """All that a decoder can tell, in the form of the reference."""
    fault = None if decoder.fault is None else int(decoder.fault.split("byte ")[1].split()[0])
    exceeded = decoder.exceeded
    crossed = None if exceeded is None else (exceeded.limit, exceeded.offset)
    return Read(frames, fault, crossed, decoder.pending)


def typed(read: Read) -> tuple[Any, ...]:
    """The same, with the types of values beside them: 1 is not True here."""
    frames = [
        ([(*header, type(header[2]).__name__) for header in headers], payload) for headers, payload in read.frames
    ]
    return (frames, read.fault, read.crossed, read.pending)


def check_says_what_the_format_says(decoder: Decoder, reads: list[bytes], limits: Limits | None = None) -> None:
    """Under any cut (law 1), and no bytes raise; after the end of what can be read nothing more is said."""
    stream = b"".join(reads)
    expected = typed(read(stream, limits))
    for pieces in (reads, [stream], bytewise(stream)):
        under_test = decoder(limits)
        assert typed(said(under_test, fed(under_test, pieces))) == expected
        failure = under_test.failure
        assert (failure is None) == (expected[1] is None and expected[2] is None)
        if failure is not None:
            assert failure.kind == ("malformed" if expected[2] is None else "limit_exceeded")
            if under_test.exceeded is not None and limits is not None:
                assert under_test.exceeded.number == getattr(limits, under_test.exceeded.limit)
            assert under_test.receive_data(stream) == []
            assert under_test.failure == failure


def check_a_frame_appears_with_its_last_byte(decoder: Decoder, stream: bytes) -> None:
    """Promptness (law 1): after each byte, what is said is what the stream so far says."""
    under_test = decoder()
    frames: list[Frame] = []
    for place, byte in enumerate(bytewise(stream)):
        frames += fed(under_test, [byte])
        assert typed(said(under_test, frames)) == typed(read(stream[: place + 1]))
