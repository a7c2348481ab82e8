"""Frames of an AWS event stream, written: for tests of what reads them. And Hypothesis strategies for such streams, good and damaged.

The encoder shares nothing with the decoder but the names of the types of headers.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from struct import pack
from zlib import crc32

from hypothesis import strategies as st

from muxer_core.testing.wire import cut
from muxer_core.wire.aws_event_stream import HEADER_KINDS, EventFrame, FrameHeader

_NUMBERS = {"byte": "b", "short": ">h", "integer": ">i", "long": ">q", "timestamp": ">q"}
_BITS = {"byte": 8, "short": 16, "integer": 32, "long": 64, "timestamp": 64}
_NAMES = st.sampled_from((":event-type", ":message-type", ":content-type", "x", "é", "n" * 255))


def header_block(headers: Iterable[FrameHeader]) -> bytes:
    """Headers as they stand in a frame."""
    block = b""
    for header in headers:
        name, value = header.name.encode(), header.value
        block += pack("B", len(name)) + name + pack("B", HEADER_KINDS.index(header.kind))
        if header.kind in _NUMBERS:
            block += pack(_NUMBERS[header.kind], value)
        elif header.kind == "uuid" and isinstance(value, bytes):
            block += value
        elif isinstance(value, str | bytes):
            raw = value.encode() if isinstance(value, str) else value
            block += pack(">H", len(raw)) + raw
    return block


def frame_of(block: bytes, payload: bytes) -> bytes:
    """A frame of these bytes, with right lengths and checksums, whatever they say."""
    lengths = pack(">II", len(block) + len(payload) + 16, len(block))
    body = lengths + pack(">I", crc32(lengths)) + block + payload
    return body + pack(">I", crc32(body))


def encode_frame(frame: EventFrame) -> bytes:
    """One frame.

    >>> encode_frame(EventFrame((), b"")).hex()
    '000000100000000005c248eb7d98c8ff'
    """
    return frame_of(header_block(frame.headers), frame.payload)


def event(kind: str, payload: bytes, *, message_type: str = "event") -> bytes:
    """A frame as AWS services write it: `kind` is the type of the event, or of the exception."""
    name = ":exception-type" if message_type == "exception" else ":event-type"
    texts = ((name, kind), (":content-type", "application/json"), (":message-type", message_type))
    return encode_frame(EventFrame(tuple(FrameHeader(key, "string", text) for key, text in texts), payload))


@st.composite
def frame_headers(draw: st.DrawFn) -> FrameHeader:
    """One header of any type."""
    kind = draw(st.sampled_from(HEADER_KINDS))
    name = draw(_NAMES)
    if kind in _BITS:
        most = 1 << (_BITS[kind] - 1)
        return FrameHeader(name, kind, draw(st.integers(-most, most - 1)))
    if kind == "string":
        return FrameHeader(name, kind, draw(st.text(max_size=8)))
    if kind in {"bytes", "uuid"}:
        size = 16 if kind == "uuid" else draw(st.integers(0, 8))
        return FrameHeader(name, kind, draw(st.binary(min_size=size, max_size=size)))
    return FrameHeader(name, kind, kind == "true")


def frames() -> st.SearchStrategy[EventFrame]:
    """Frames with a few headers of different names."""
    headers = st.lists(frame_headers(), max_size=4, unique_by=lambda header: header.name).map(tuple)
    return st.builds(EventFrame, headers, st.binary(max_size=20))


@st.composite
def frame_reads(draw: st.DrawFn) -> list[bytes]:
    """A stream of frames as it might come out of a socket: whole or ended too early, sometimes with a byte changed, sometimes with headers
    that are nonsense under a right checksum; cut at the edges of frames give or take a byte, or anywhere.
    """
    nonsense = st.binary(max_size=12).flatmap(
        lambda block: st.binary(max_size=4).map(lambda load: frame_of(block, load))
    )
    texts = draw(st.lists(frames().map(encode_frame) | frames().map(encode_frame) | nonsense, max_size=4))
    stream = bytearray(b"".join(texts))
    if stream and draw(st.integers(0, 2)) == 0:
        stream[draw(st.integers(0, len(stream) - 1))] = draw(st.integers(0, 255))
    if draw(st.integers(0, 2)) == 0:
        del stream[draw(st.integers(0, len(stream))) :]
    edges = [0, *accumulate(map(len, texts))]
    near = st.sampled_from(edges).flatmap(
        lambda edge: st.sampled_from((edge - 1, edge, edge + 1, edge + 11, edge + 12))
    )
    return cut(bytes(stream), draw(st.lists(near | st.integers(0, len(stream)), max_size=6)))
