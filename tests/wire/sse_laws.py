"""The laws of an event stream decoder, as checks of a decoder class: the real one must pass them, and each mutant must fail one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from muxer_core.wire.limits import Limits
from muxer_core.wire.sse import SseDecoder
from tests.wire.sse_reference import first_crossing, read

Decoder = type[SseDecoder]

HARD_READS = (
    [b"id: 1\ndata: a\n\nid\n", b"data: b\n\n"],  # an id taken back in the event that comes next
    [b"data: a\n\r", b"data: b\n\n", b"\ndata: c\n\n"],  # an LF that belongs to no CR
)
"""Reads that chance finds too seldom."""


def bytewise(data: bytes) -> list[bytes]:
    return [data[place : place + 1] for place in range(len(data))]


def fed(decoder: SseDecoder, reads: Iterable[bytes]) -> list[tuple[str, str, str]]:
    """Every event of these reads, as text."""
    return [
        (event.data.decode("utf-8", "replace"), event.event, event.id)
        for data in reads
        for event in decoder.receive_data(data)
    ]


def everything(decoder: SseDecoder, reads: Iterable[bytes]) -> tuple[Any, ...]:
    """All that a decoder can tell after these reads."""
    return (fed(decoder, reads), decoder.last_id, decoder.retry, decoder.pending, decoder.exceeded)


def check_says_what_the_standard_says(decoder: Decoder, reads: list[bytes]) -> None:
    """Under any cut (law 1, and: no bytes raise)."""
    assert everything(decoder(), reads) == (*read(b"".join(reads)), None)


def check_an_event_appears_with_its_last_byte(decoder: Decoder, stream: bytes) -> None:
    """Promptness (law 1): after each byte, the events so far are those of the stream so far."""
    under_test = decoder()
    events: list[tuple[str, str, str]] = []
    for place, byte in enumerate(bytewise(stream)):
        events += fed(under_test, [byte])
        so_far = read(stream[: place + 1])
        assert events == so_far.events
        if place >= 2:  # two bytes may yet become a byte-order mark
            assert under_test.pending == so_far.pending


def check_a_limit_fails_at_one_byte(decoder: Decoder, reads: list[bytes], limits: Limits) -> None:
    """Law 1: the same events, and the same byte at which a limit fails, under any cut; and it is the right byte."""
    stream = b"".join(reads)
    whole = decoder(limits)
    told = everything(whole, [stream])
    assert told == everything(decoder(limits), reads)
    assert told == everything(decoder(limits), bytewise(stream))
    exceeded = whole.exceeded
    assert (None if exceeded is None else (exceeded.limit, exceeded.offset)) == first_crossing(stream, limits)
    if exceeded is not None:
        assert exceeded.number == getattr(limits, exceeded.limit)
        assert told[0] == read(stream[: exceeded.offset]).events
        assert whole.receive_data(b"data: more\n\n") == []
        assert whole.exceeded == exceeded
        assert not whole.pending
