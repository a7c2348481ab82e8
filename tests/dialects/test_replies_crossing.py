"""What a server role writes, the client role of the same dialect reads back: streamed and whole, under any cut, broken off anywhere."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from muxer_core.call.reply import Answer
from muxer_core.call.reply_builder import ReplyBuilder
from muxer_core.dialects.registry import SERVER_DIALECTS
from muxer_core.dialects.server import Answering, Asked, ReplyEncoder
from muxer_core.testing.replies import replies
from muxer_core.values.failure import Failure
from muxer_core.values.items import FailureReported, Item, ReplyEnded, UsageReported
from muxer_core.values.messages import Message, ReasoningPart, TextPart
from muxer_core.values.request import ChatRequest
from muxer_core.values.usage import Usage
from muxer_core.wire.limits import Limits
from tests.dialects.crossings import client, server

SERVERS = sorted(SERVER_DIALECTS)
VENDORS = {"anthropic_messages": "anthropic", "gemini": "google", "openai_chat": "anthropic"}
REQUEST = ChatRequest(model="m", messages=(Message("user", (TextPart("Why?"),)),), max_tokens=64)


def encoder(name: str, *, stream: bool) -> ReplyEncoder:
    form = ("sse",) if name == "gemini" and stream else ()
    asked = Asked(REQUEST, stream=stream, form=form)
    return server(name).reply_encoder(asked, Answering(reply_id="0123456789abcdef", created=1_700_000_000))


def read(name: str, written: ReplyEncoder, pieces: list[bytes], *, stream: bool) -> list[Item]:
    decoder = client(name).chat_decoder(written.head, stream=stream, limits=Limits(), keep_source=False)
    return [item for piece in pieces for item in decoder.receive_data(piece)] + decoder.receive_eof()


def answer_of(items: list[Item]) -> Answer:
    builder = ReplyBuilder()
    builder.add(items)
    (answer,) = builder.answers()
    return answer


def said(items: list[Item], *, sealed: bool) -> dict[str, Any]:
    """What matters of a reply, whichever pieces it came in."""
    answer = answer_of(items)
    usage = next((item.usage for item in reversed(items) if isinstance(item, UsageReported)), Usage())
    thoughts = [part for part in answer.parts if isinstance(part, ReasoningPart)]
    return {
        "text": answer.text,
        "thoughts": "".join(part.text for part in thoughts),
        "seals": [part.signature for part in thoughts if part.signature] if sealed else [],
        "calls": [(call.id, call.name, msgspec.json.decode(call.arguments or "{}")) for call in answer.tool_calls],
        "finish": answer.finish_reason,
        "usage": (usage.input_tokens, usage.output_tokens, usage.cached_input_tokens),
    }


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("name", SERVERS)
@settings(max_examples=40)
@given(data=st.data())
def test_a_reply_is_read_back_as_it_was_said(name: str, stream: bool, data: st.DataObject) -> None:
    vendor = VENDORS.get(name)
    items = data.draw(replies(vendor=vendor))
    written = encoder(name, stream=stream)
    body = b"".join(written.receive_items([item]) for item in items)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=4)))
    pieces = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    back = read(name, written, pieces, stream=stream)
    assert isinstance(back[-1], ReplyEnded)
    sealed = vendor is not None
    assert said(back, sealed=sealed) == said(items, sealed=sealed)


@pytest.mark.parametrize("name", SERVERS)
@settings(max_examples=40)
@given(data=st.data())
def test_a_reply_that_breaks_off_is_never_complete(name: str, data: st.DataObject) -> None:
    items = data.draw(replies())
    until = data.draw(st.integers(1, len(items) - 1))
    written = encoder(name, stream=True)
    body = b"".join(written.receive_items([item]) for item in items[:until])
    if data.draw(st.booleans()):
        event("broken off with words")
        body += written.receive_items(
            [FailureReported(Failure(kind="overloaded", message="the provider is overloaded"))]
        )
        back = read(name, written, [body], stream=True)
        failure = back[-1]
        assert isinstance(failure, FailureReported)
        assert "overloaded" in failure.failure.message
        return
    event("broken off in silence")
    back = read(name, written, [body], stream=True)
    assert isinstance(back[-1], FailureReported) or until >= len(items) - 2


@pytest.mark.parametrize("name", SERVERS)
@given(items=replies())
@settings(max_examples=20)
def test_nothing_follows_the_end(name: str, items: list[Item]) -> None:
    written = encoder(name, stream=True)
    written.receive_items(items)
    assert written.receive_items(items) == b""
