"""The decoder of AWS event streams obeys its laws, agrees with botocore's, and reads every recorded stream."""

from __future__ import annotations

import base64
import gzip
import importlib
import json
import struct
import time
import tracemalloc
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.testing.aws_event_stream import encode_frame, event, frame_of, frame_reads, frames, header_block
from muxer_core.wire.aws_event_stream import MAX_HEADERS, AwsEventStreamDecoder, EventFrame, FrameHeader
from muxer_core.wire.limits import Limits
from tests.support.shared import shared_path
from tests.wire.event_stream_laws import (
    check_a_frame_appears_with_its_last_byte,
    check_says_what_the_format_says,
)

EventStreamBuffer: Any = importlib.import_module("botocore.eventstream").EventStreamBuffer
"""The vendor's own decoder. It has no type stubs."""


@given(frame_reads())
def test_law_1_says_what_the_format_says_under_any_cut(reads: list[bytes]) -> None:
    check_says_what_the_format_says(AwsEventStreamDecoder, reads)


@given(st.lists(st.binary(max_size=30), max_size=4))
def test_no_bytes_raise(reads: list[bytes]) -> None:
    check_says_what_the_format_says(AwsEventStreamDecoder, reads)


@given(frame_reads())
def test_law_1_a_frame_appears_with_its_last_byte(reads: list[bytes]) -> None:
    check_a_frame_appears_with_its_last_byte(AwsEventStreamDecoder, b"".join(reads))


@given(frame_reads(), st.integers(1, 24), st.integers(1, 200))
def test_law_10_a_limit_fails_at_one_byte_under_any_cut(reads: list[bytes], most: int, whole: int) -> None:
    check_says_what_the_format_says(AwsEventStreamDecoder, reads, Limits(event=most, stream=whole))


@given(st.lists(frames(), max_size=4))
def test_what_is_written_is_read(written: list[EventFrame]) -> None:
    assert AwsEventStreamDecoder().receive_data(b"".join(map(encode_frame, written))) == written


@given(st.lists(frames(), max_size=4))
def test_botocore_reads_the_same(written: list[EventFrame]) -> None:
    """A differential test against the vendor's own decoder."""
    buffer: Any = EventStreamBuffer()
    buffer.add_data(b"".join(map(encode_frame, written)))
    theirs = [(dict(found.headers), found.payload) for found in buffer]
    assert theirs == [({header.name: header.value for header in one.headers}, one.payload) for one in written]


@given(st.lists(frames(), min_size=1, max_size=2), st.data())
def test_a_changed_byte_is_never_believed(written: list[EventFrame], data: st.DataObject) -> None:
    stream = bytearray(b"".join(map(encode_frame, written)))
    place = data.draw(st.integers(0, len(stream) - 1))
    stream[place] ^= data.draw(st.integers(1, 255))
    found = AwsEventStreamDecoder()
    got = found.receive_data(bytes(stream))
    assert got == written[: len(got)]
    assert len(got) < len(written)
    assert found.failure is not None


def test_headers_have_a_bound_of_their_own() -> None:
    filler = FrameHeader("n", "bytes", b"x" * 65_000)
    fits = header_block((filler, FrameHeader("m", "bytes", b"x" * 65_000)))
    assert len(fits) < MAX_HEADERS
    assert len(AwsEventStreamDecoder().receive_data(frame_of(fits, b""))) == 1
    refused = AwsEventStreamDecoder()
    assert (
        refused.receive_data(frame_of(fits + header_block((FrameHeader("l", "bytes", b"x" * 2_000),)), b"")[:12]) == []
    )
    assert (
        refused.fault == "the frame at byte 0 of the event stream is damaged: its headers are longer than 131072 bytes"
    )


def test_a_bound_on_a_payload_holds_before_the_payload_comes() -> None:
    decoder = AwsEventStreamDecoder(Limits(event=10))
    assert decoder.receive_data(frame_of(b"", b"x" * 11)[:12]) == []
    assert decoder.failure is not None
    assert decoder.failure.message == "the reply crossed the limit event (10) at byte 11"
    assert not decoder.pending


def test_a_header_that_is_no_text_has_no_text() -> None:
    frame = EventFrame((FrameHeader("a", "bytes", b"x"), FrameHeader("b", "string", "y")))
    assert (frame.text("a"), frame.text("b"), frame.text("c")) == ("", "y", "")


def test_a_large_frame_in_small_reads_costs_linear_time_and_bounded_memory() -> None:
    stream = event("chunk", b"x" * 3_000_000)
    pieces = [stream[at : at + 1_000] for at in range(0, len(stream), 1_000)]
    tracemalloc.start()
    began = time.process_time()
    decoder = AwsEventStreamDecoder()
    assert sum(len(decoder.receive_data(piece)) for piece in pieces) == 1
    took = time.process_time() - began
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert took < 2
    assert peak < 5 * len(stream)


@pytest.mark.slow
def test_every_recorded_stream_is_read_as_botocore_reads_it() -> None:
    seen = 0
    with gzip.open(shared_path("recordings", "bedrock.jsonl.gz")) as lines:
        for line in lines:
            record = json.loads(line)
            if record["body_kind"] != "eventstream":
                continue
            body = base64.b64decode(record["body_b64"])
            seen += 1
            buffer: Any = EventStreamBuffer()
            buffer.add_data(body)
            decoder = AwsEventStreamDecoder()
            ours = [one for at in range(0, len(body), 777) for one in decoder.receive_data(body[at : at + 777])]
            assert not decoder.pending
            assert [one.payload for one in ours] == [one.payload for one in buffer]
    assert seen > 50


@pytest.mark.parametrize(
    ("block", "why"),
    [
        (b"\x05na", "a header is cut"),
        (b"\x01n\x07\x00\x09short", "a header is cut"),
        (b"\x01n\x00\x01n\x00", "a header comes twice"),
        (b"\x01n\x63", "a header has the unknown type 99"),
    ],
)
def test_headers_that_cannot_be_read_end_the_stream(block: bytes, why: str) -> None:
    decoder = AwsEventStreamDecoder(Limits())
    assert decoder.receive_data(frame_of(block, b"{}")) == []
    assert decoder.fault is not None
    assert why in decoder.fault


def test_headers_longer_than_the_whole_end_the_stream() -> None:
    lengths = struct.pack(">II", 16, 64)
    decoder = AwsEventStreamDecoder(Limits())
    assert decoder.receive_data(lengths + struct.pack(">I", zlib.crc32(lengths)) + bytes(4)) == []
    assert decoder.fault is not None
    assert "longer than the whole" in decoder.fault
