"""Event streams as services sent them: the shipped eight under every cut, and all of the large collection where it is on this machine."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from muxer_core.testing.wire import cut
from muxer_core.wire.json import decode
from muxer_core.wire.sse import SseDecoder
from tests.support.shared import shared_path
from tests.wire.sse_laws import bytewise, everything, fed
from tests.wire.sse_reference import read

SHIPPED = Path(__file__).resolve().parents[1] / "data" / "wire" / "event_streams.jsonl"


def shipped() -> list[tuple[str, bytes]]:
    records = [json.loads(line) for line in SHIPPED.read_text("utf-8").splitlines()]
    return [(record["id"], base64.b64decode(record["body_b64"])) for record in records]


@pytest.mark.parametrize(("name", "body"), shipped(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_shipped_stream_under_every_cut(name: str, body: bytes) -> None:
    expected = (*read(body), None)
    assert expected[0]
    assert expected[3] is False
    assert everything(SseDecoder(), [body]) == everything(SseDecoder(), bytewise(body)) == expected
    for place in range(len(body) + 1):
        assert fed(SseDecoder(), cut(body, [place])) == expected[0]


@pytest.mark.parametrize(("name", "body"), shipped(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_shipped_stream_that_ends_anywhere_gives_its_whole_events_only(name: str, body: bytes) -> None:
    whole = read(body).events
    for place in range(len(body)):
        decoder = SseDecoder()
        events = fed(decoder, [body[:place]])
        assert events == whole[: len(events)]
        assert decoder.pending or read(body[:place]).pending is False


def test_the_data_of_a_shipped_stream_is_json_or_its_end_mark() -> None:
    for _, body in shipped():
        for event in SseDecoder().receive_data(body):
            assert event.data == b"[DONE]" or isinstance(decode(event.data), dict)


def recorded_streams() -> Iterator[tuple[str, bytes]]:
    for path in sorted(shared_path("recordings").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                if '"body_kind": "sse"' in line or '"body_kind":"sse"' in line:
                    record = json.loads(line)
                    yield record["id"], base64.b64decode(record["body_b64"])


@pytest.mark.slow
def test_every_recorded_stream() -> None:
    """Each against the standard, in reads of a network packet's size and cut at random; small ones byte by byte as well."""
    chance = Random("a fixed seed")
    count = 0
    for name, body in recorded_streams():
        expected = (*read(body), None)
        ways = [cut(body, range(1400, len(body), 1400)), cut(body, [chance.randint(0, len(body)) for _ in range(3)])]
        if len(body) < 2_000:
            ways.append(bytewise(body))
        for reads in ways:
            assert everything(SseDecoder(), reads) == expected, name
        count += 1
    assert count > 1_000
