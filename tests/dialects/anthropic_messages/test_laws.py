"""Properties over streams and requests that nobody recorded."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from muxer_core.dialects.anthropic_messages.decode import decode_request
from muxer_core.dialects.anthropic_messages.reading import MISS, Reading, decode_delta
from muxer_core.dialects.protocol import Target
from muxer_core.dialects.server import Inbound
from muxer_core.testing.anthropic_messages import EventStream, event_streams, request_bodies, stream_bytes
from muxer_core.values.items import (
    ChoiceFinished,
    Item,
    ReasoningDelta,
    ReplyEnded,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from muxer_core.wire.heads import ResponseHead
from muxer_core.wire.limits import Limits
from muxer_core.wire.sse import SseEvent
from tests.dialects.anthropic_messages.clients import DIALECT, read_stream, read_whole, written
from tests.dialects.anthropic_messages.exchanges import START, Exchange, cut, decode, streamed


def calls(items: list[Item]) -> list[tuple[str, str, Any]]:
    found: dict[int, list[str]] = {}
    for item in items:
        if isinstance(item, ToolCallDelta):
            call = found.setdefault(item.call, ["", "", ""])
            for position, piece in enumerate((item.id, item.name, item.arguments)):
                call[position] += piece or ""
    return [(call_id, name, json.loads(arguments)) for call_id, name, arguments in found.values()]


@given(event_streams(), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_a_stream_says_what_was_put_into_it(drawn: EventStream, newline: str, named: bool) -> None:
    items = streamed(stream_bytes(drawn.events, newline=newline, named=named))
    thoughts = [item for item in items if isinstance(item, ReasoningDelta)]
    assert "".join(item.text for item in items if isinstance(item, TextDelta)) == drawn.text
    assert "".join(item.text for item in thoughts) == drawn.thinking
    assert tuple(item.signature or item.encrypted for item in thoughts if not item.text) == drawn.seals
    assert calls(items) == list(drawn.calls)
    assert [item.native for item in items if isinstance(item, ChoiceFinished)] == [drawn.finish]
    usage = [item.usage for item in items if isinstance(item, UsageReported)][-1]
    assert (usage.input_tokens, usage.output_tokens) == drawn.usage
    assert usage.exact
    assert items[-1] == ReplyEnded("message_stop")


@given(event_streams(), st.data())
def test_law_1_items_are_the_same_under_any_cut(drawn: EventStream, data: st.DataObject) -> None:
    body = stream_bytes(drawn.events)
    exchange = Exchange("", ResponseHead(200), body, stream=True)
    edges = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    assert decode(exchange, cut(body, edges)) == decode(exchange)


@given(event_streams())
def test_the_vendors_client_reads_our_stream_and_our_whole_reply(drawn: EventStream) -> None:
    items = streamed(stream_bytes(drawn.events))
    for message in (read_stream(written(items, stream=True)), read_whole(written(items, stream=False))):
        assert "".join(block.text for block in message.content if block.type == "text") == drawn.text
        assert "".join(block.thinking for block in message.content if block.type == "thinking") == drawn.thinking
        made = [(block.id, block.name, block.input) for block in message.content if block.type == "tool_use"]
        assert made == list(drawn.calls)
        assert message.stop_reason == drawn.finish
        usage = message.usage
        read = usage.cache_read_input_tokens or 0
        assert (usage.input_tokens + read, usage.output_tokens) == drawn.usage


_values = st.none() | st.text(st.characters(), max_size=4) | st.integers() | st.booleans()
_deltas = st.fixed_dictionaries(
    {"type": st.sampled_from(["text_delta", "thinking_delta", "input_json_delta", "signature_delta"])},
    optional=dict.fromkeys(("text", "thinking", "partial_json", "signature", "estimated_tokens"), _values),
)
_BLOCK: dict[str, Any] = {"type": "tool_use", "id": "t", "name": "f", "input": {}}


def reading() -> Reading:
    made = Reading(Limits())
    items: list[Item] = []
    opening: dict[str, Any] = {"type": "content_block_start", "index": 0, "content_block": _BLOCK}
    for event in (START, opening):
        assert not made.read_event(SseEvent(json.dumps(event).encode(), event["type"]), items)
    return made


@given(_deltas, st.sampled_from([0, 0.0]))
def test_both_readers_give_the_same_items_where_both_can_read(delta: dict[str, Any], index: float) -> None:
    data = json.dumps({"type": "content_block_delta", "index": index, "delta": delta}).encode()
    event = SseEvent(data, "content_block_delta")
    fast: list[Item] = []
    slow: list[Item] = []
    try:
        decode_delta(data)
    except MISS:
        assert reading().read_events([event], fast) is event
        return
    assert reading().read_events([event], fast) is None
    assert not reading().read_event(event, slow)
    assert fast == slow


@given(request_bodies())
def test_a_request_is_written_as_it_was_read(body: dict[str, Any]) -> None:
    asked = decode_request(Inbound("POST", "/v1/messages", body=json.dumps(body).encode()), Limits())
    target = Target("w", "https://example.org", asked.request.model)
    encoded = DIALECT.encode_chat(asked.request, target, max_tokens=asked.request.max_tokens, stream=asked.stream)
    assert json.loads(encoded.request.body) == body
    assert encoded.warnings == ()


@given(st.binary(max_size=60) | st.recursive(_values, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner)).map(
    lambda value: b"event: x\ndata: " + json.dumps(value).encode() + b"\n\n"
))  # fmt: skip
def test_no_bytes_raise(body: bytes) -> None:
    for stream in (True, False):
        assert decode(Exchange("", ResponseHead(200), body, stream=stream))
        broken = stream_bytes([START]) + body
        assert decode(Exchange("", ResponseHead(200), broken, stream=stream))
