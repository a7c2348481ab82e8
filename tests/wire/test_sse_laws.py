"""The decoder obeys its laws, work stays linear, and memory stays near its limits."""

from __future__ import annotations

import time
import tracemalloc

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from muxer_core.testing.wire import edited, sse_reads, sse_streams
from muxer_core.values.failure import Failure
from muxer_core.wire.limits import LimitExceeded, Limits
from muxer_core.wire.sse import SseDecoder, SseEvent
from tests.wire.sse_laws import (
    HARD_READS,
    bytewise,
    check_a_limit_fails_at_one_byte,
    check_an_event_appears_with_its_last_byte,
    check_says_what_the_standard_says,
)

# Two bytes may be half a byte-order mark, so a line limit below three bytes would only be noticed with the third.
small_limits = st.builds(Limits, line=st.integers(3, 24), event=st.integers(1, 24), stream=st.integers(1, 80))


@settings(max_examples=400)
@given(sse_reads())
@example(HARD_READS[0])
@example(HARD_READS[1])
def test_it_says_what_the_standard_says(reads: list[bytes]) -> None:
    check_says_what_the_standard_says(SseDecoder, reads)


@settings(max_examples=200)
@given(edited(sse_streams()))
def test_an_event_appears_with_its_last_byte(stream: bytes) -> None:
    check_an_event_appears_with_its_last_byte(SseDecoder, stream)


@settings(max_examples=400)
@given(sse_reads(), small_limits)
@example([b"\xef\xbb\xbf\n"], Limits(line=3, event=1, stream=1))  # a stream that may not even hold its byte-order mark
def test_a_limit_fails_at_one_byte(reads: list[bytes], limits: Limits) -> None:
    check_a_limit_fails_at_one_byte(SseDecoder, reads, limits)


def cpu_seconds(stream: bytes, size: int) -> float:
    reads = [stream[start : start + size] for start in range(0, len(stream), size)]
    decoder = SseDecoder()
    begin = time.process_time()
    for data in reads:
        decoder.receive_data(data)
    return time.process_time() - begin


@pytest.mark.parametrize(
    ("head", "unit", "tail"),
    [(b"data: ", b"x", b"\n\n"), (b"", b"data: x\n", b"\n"), (b"", b"\r", b""), (b"", b":\n", b"")],
    ids=["one line", "many data lines", "blank lines", "comments"],
)
def test_work_is_linear_in_bytes(head: bytes, unit: bytes, tail: bytes) -> None:
    """Four times the bytes take about four times as long, where a quadratic decoder takes sixteen times. The best of a few tries counts."""

    def make(size: int) -> bytes:
        return head + unit * size + tail

    size = (1 << 20) if head else (1 << 17)
    ratios: list[float] = []
    for _ in range(5):
        ratios.append(cpu_seconds(make(4 * size), 1024) / max(cpu_seconds(make(size), 1024), 1e-4))
        if ratios[-1] < 8:
            return
    pytest.fail(f"four times the bytes took {ratios} times as long")


@pytest.mark.parametrize("piece", [b"ab", b"data:x\n", b"data\n"])
def test_what_is_held_is_bounded_by_the_limit_in_bytes(piece: bytes) -> None:
    """However small the pieces are in which a line or an event comes."""
    limits = Limits(line=1 << 15, event=1 << 15)
    decoder = SseDecoder(limits)
    tracemalloc.start()
    try:
        while decoder.exceeded is None:
            decoder.receive_data(piece)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * (1 << 15)
    assert decoder.exceeded.limit == ("line" if piece == b"ab" else "event")


def test_a_crossed_limit_is_a_failure_that_names_it() -> None:
    decoder = SseDecoder(Limits(line=10))
    assert decoder.failure is None
    assert decoder.receive_data(b"data: ok\n\ndata: " + b"secret" * 9) == [SseEvent(b"ok")]
    assert decoder.exceeded == LimitExceeded("line", 10, 20)
    assert decoder.failure == Failure(kind="limit_exceeded", message="the reply crossed the limit line (10) at byte 20")


def test_a_limit_inside_a_fast_read() -> None:
    """A read that looks plain but holds too long a line, or runs over the stream's end, keeps the events before the fault."""
    stream = b"data: a\n\n" + b"data: " + b"x" * 20 + b"\n\n" + b"data: b\n\n"
    for limits, crossed in (
        (Limits(line=20), LimitExceeded("line", 20, 29)),
        (Limits(event=10), LimitExceeded("event", 10, 35)),
        (Limits(stream=30), LimitExceeded("stream", 30, 30)),
    ):
        for reads in ([stream], bytewise(stream), [b"data: 0\n\n"[:0], stream[:9], stream[9:]]):
            decoder = SseDecoder(limits)
            assert [event for data in reads for event in decoder.receive_data(data)] == [SseEvent(b"a")]
            assert decoder.exceeded == crossed


def test_a_stream_that_crossed_a_limit_in_its_first_bytes_is_pending_under_no_cut() -> None:
    """Found by chance: two bytes that might have become a byte-order mark stayed held after the limit was crossed."""
    for cut in ([b"\xef\x00\xef"], [b"\xef", b"\x00", b"\xef"]):
        decoder = SseDecoder(Limits(stream=1))
        for piece in cut:
            decoder.receive_data(piece)
        assert (decoder.exceeded is not None, decoder.pending) == (True, False)
