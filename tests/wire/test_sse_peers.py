"""Our decoder against those of httpx-sse, httpx2 and openai: equal where they are right, and their faults as they are written down."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.testing.wire import cut
from muxer_core.wire.sse import SseDecoder
from tests.wire.peers import DOCUMENT, FAULTS, PEERS, Fault, document, unnamed
from tests.wire.sse_laws import bytewise, fed
from tests.wire.sse_reference import read

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=8).map(str.encode)
OTHER_LINES = st.one_of(
    TEXT.map(b"event: ".__add__),
    TEXT.map(b"id:".__add__),
    TEXT.map(b":".__add__),
    st.just(b"retry: 1000"),
    st.just(b"unknown"),
)


@st.composite
def streams_that_everybody_reads(draw: st.DrawFn) -> bytes:
    """Valid UTF-8 without a byte-order mark, in which every event has data and ends with one blank line."""
    stream = b""
    for _ in range(draw(st.integers(1, 5))):
        others = draw(st.lists(OTHER_LINES, max_size=2))
        lines = [b"data:" + draw(TEXT), *draw(st.lists(TEXT.map(b"data: ".__add__), max_size=2)), *others]
        end = draw(st.sampled_from((b"\n", b"\r", b"\r\n")))
        stream += end.join(draw(st.permutations(lines))) + end + end
    return stream


@given(streams_that_everybody_reads(), st.data())
def test_all_agree_where_all_are_right(stream: bytes, data: st.DataObject) -> None:
    reads = cut(stream, data.draw(st.lists(st.integers(0, len(stream)), max_size=5)))
    ours = fed(SseDecoder(), reads)
    assert ours == read(stream).events
    for name, peer in PEERS.items():
        for chunks in (reads, [stream], bytewise(stream)):
            assert unnamed(peer(chunks)) == ours, name


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
@pytest.mark.parametrize("peer", PEERS)
def test_a_peer_has_the_faults_that_are_written_down_and_no_others(peer: str, fault: Fault) -> None:
    expected = read(fault.stream).events
    assert fed(SseDecoder(), [fault.stream]) == fed(SseDecoder(), bytewise(fault.stream)) == expected
    try:
        right = unnamed(PEERS[peer]([fault.stream])) == expected
    except UnicodeDecodeError:
        right = False
    assert right == (peer not in fault.peers)


def test_the_page_says_what_the_table_says() -> None:
    assert DOCUMENT.read_text("utf-8") == document()
