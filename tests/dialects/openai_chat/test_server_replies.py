"""Server role, replies: what was said, in items of any dialect, is read back by our own client role, streamed and whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from muxer_core.dialects.server import Asked
from muxer_core.testing.openai_chat import ChunkStream, chunk_streams, stream_bytes
from muxer_core.values.items import (
    FailureReported,
    Item,
    ReplyStarted,
)
from tests.dialects.openai_chat.answered import (
    ANSWERING,
    DIALECT,
    REQUEST,
    answer,
    read_back,
    said,
)
from tests.dialects.openai_chat.exchanges import Exchange, collection, decode, sample, streamed
from tests.support.shared import shared_path

ENCODED = [exchange for exchange in sample() if exchange.head.is_success]


# --- what was said comes back ---------------------------------------------------------------------------------------------------------


def finished(items: list[Item]) -> list[Item]:
    """A reply that says everything that a client must see; some recordings do not."""
    started = next((item for item in items if isinstance(item, ReplyStarted)), ReplyStarted())
    named = ReplyStarted(started.id or "x", started.model or "m", started.created or 5, started.dialect)
    return [named if item is started else item for item in items]


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("exchange", ENCODED, ids=lambda exchange: exchange.id)
def test_a_recorded_reply_written_from_its_items_says_the_same(exchange: Exchange, stream: bool) -> None:
    items = finished(decode(exchange))
    if isinstance(items[-1], FailureReported):
        written = answer(*items, stream=stream)
        assert b'"error"' in written.body
        assert b"[DONE]" not in written.body
        return
    before = said(items)
    after = said(read_back(answer(*items, stream=stream), stream=stream))
    for name, value in before.items():
        if name.startswith("call") and name.split(" ")[2:3] == ["name"]:
            assert after[name].split()[-2:] == value.split()[-2:]  # an id is made where there was none
        else:
            assert after.get(name) == value, name


@given(chunk_streams(), st.booleans())
def test_a_drawn_stream_written_from_its_items_says_the_same(drawn: ChunkStream, stream: bool) -> None:
    items = streamed(stream_bytes(drawn.chunks))
    assert said(read_back(answer(*items, stream=stream), stream=stream)) == said(items)


@given(chunk_streams(), st.booleans(), st.lists(st.integers(0, 4)))
def test_it_matters_not_how_items_come(drawn: ChunkStream, stream: bool, sizes: list[int]) -> None:
    items = streamed(stream_bytes(drawn.chunks))
    encoder = DIALECT.reply_encoder(Asked(REQUEST, stream=stream), ANSWERING)
    written, at = b"", 0
    for size in sizes:
        written += encoder.receive_items(items[at : at + size])
        at += size
    written += encoder.receive_items(items[at:])
    assert written == answer(*items, stream=stream).body


@given(chunk_streams())
def test_what_is_written_is_of_the_vendors_types(drawn: ChunkStream) -> None:
    items = streamed(stream_bytes(drawn.chunks))
    for chunk in answer(*items, stream=True).chunks:
        ChatCompletionChunk.model_validate(chunk, strict=True)
    ChatCompletion.model_validate(answer(*items).whole, strict=True)


@pytest.mark.slow
@pytest.mark.timeout(300)  # thousands of recordings, each written in two ways
def test_every_reply_of_the_collection_written_from_its_items_says_the_same() -> None:
    seen = 0
    for exchange in collection(shared_path("recordings")):
        if exchange.head.is_success:
            seen += 1
            for stream in (True, False):
                test_a_recorded_reply_written_from_its_items_says_the_same(exchange, stream)
    assert seen > 3_000
