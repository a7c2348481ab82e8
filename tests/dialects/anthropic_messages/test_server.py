"""The server role: the vendor's own client reads our streams, whole replies and errors as it reads the vendor's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from muxer_core.call.reply_builder import ReplyBuilder
from muxer_core.dialects.anthropic_messages.decode import decode_request
from muxer_core.dialects.protocol import Target
from muxer_core.dialects.server import Answering, Asked, Inbound
from muxer_core.values.items import Item, SourceEvent, TextDelta
from muxer_core.values.messages import (
    Message,
    TextPart,
)
from muxer_core.values.request import ChatRequest
from muxer_core.wire.limits import Limits
from tests.dialects.anthropic_messages.clients import (
    DIALECT,
    QUESTION,
    is_valid,
    read_stream,
    read_whole,
    written,
)
from tests.dialects.anthropic_messages.exchanges import Exchange, collection, decode, decoder_of, sample
from tests.dialects.anthropic_messages.independent import extract, split_events
from tests.support.shared import shared_path

REQUESTS = [one for one in sample() if one.request is not None]
REPLIES = [one for one in sample() if one.head.is_success and one.api == "messages"]
FINISHED = [one for one in REPLIES if extract(one.body, stream=one.stream).ended]

TARGET = Target("w", "https://example.org", "m")


def again(body: dict[str, Any]) -> dict[str, Any]:
    """A request body, read by the server role and written by the client role."""
    asked = decode_request(Inbound("POST", "/v1/messages", body=json.dumps(body).encode()), Limits())
    request = asked.request
    target = Target("w", "https://example.org", request.model)
    if "max_tokens" in body:
        encoded = DIALECT.encode_chat(request, target, max_tokens=request.max_tokens, stream=asked.stream)
    else:
        encoded = DIALECT.encode_count(request, target)
    assert encoded.warnings == ()
    found: dict[str, Any] = json.loads(encoded.request.body)
    return found


@pytest.mark.parametrize("exchange", REQUESTS, ids=lambda exchange: exchange.id)
def test_a_recorded_request_is_written_as_it_was_read(exchange: Exchange) -> None:
    body = dict(exchange.request or {})
    if body.get("stream") is False:
        del body["stream"]  # says nothing: the caller chooses
    assert again(body) == body


# --- replies of this API, through our items ---------------------------------------------------------------------------------------------


def blocks_of(message: Any) -> list[dict[str, Any]]:
    """The blocks of a message that say something, without what is empty in one form and missing in the other."""
    blocks = [{name: value for name, value in block.items() if value not in (None, [])} for block in message["content"]]
    return [block for block in blocks if block not in ({"type": "text", "text": ""}, {"type": "text"})]


def expected_blocks(exchange: Exchange) -> list[dict[str, Any]]:
    plain = extract(exchange.body, stream=exchange.stream)
    found: list[dict[str, Any]] = []
    for index, block in sorted(plain.blocks.items()):
        if plain.inputs.get(index):
            block["input"] = plain.input_of(index)
        if not isinstance(block.get("input", {}), dict):
            block["input"] = {}  # cut off: a client of a whole reply cannot be told
        found.append(block)
    return blocks_of({"content": found})


def without_callers(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Who called a tool is told at its block's end, when the block's start was sent already; as a source event it passes."""
    return [
        {name: value for name, value in block.items() if name != "caller" or block["type"] != "tool_use"}
        for block in blocks
    ]


def told(exchange: Exchange, *, stream: bool) -> dict[str, Any]:
    answered = written(decode(exchange), stream=stream)
    old = not is_valid(exchange.body, stream=exchange.stream)
    message = read_stream(answered, old=old) if stream else read_whole(answered, old=old)
    found: dict[str, Any] = json.loads(message.to_json())
    return found


def whole_input(exchange: Exchange) -> bool:
    plain = extract(exchange.body, stream=exchange.stream)
    return all(isinstance(plain.input_of(index), dict) for index, block in plain.blocks.items() if "input" in block)


@pytest.mark.parametrize("exchange", FINISHED, ids=lambda exchange: exchange.id)
def test_the_client_reads_our_whole_reply_as_the_vendors(exchange: Exchange) -> None:
    message = told(exchange, stream=False)
    plain = extract(exchange.body, stream=exchange.stream)
    assert blocks_of(message) == expected_blocks(exchange)
    assert message["stop_reason"] == (plain.finish or ("tool_use" if plain.calls else "end_turn"))
    for name in ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"):
        assert (message["usage"].get(name) or 0) == (plain.usage.get(name) or 0)


@pytest.mark.parametrize("exchange", [one for one in FINISHED if whole_input(one)], ids=lambda exchange: exchange.id)
def test_the_client_reads_our_stream_as_the_vendors(exchange: Exchange) -> None:
    message = told(exchange, stream=True)
    plain = extract(exchange.body, stream=exchange.stream)
    assert blocks_of(message) == without_callers(expected_blocks(exchange))
    assert message["stop_reason"] == (plain.finish or ("tool_use" if plain.calls else "end_turn"))
    assert message["usage"]["output_tokens"] == (plain.usage.get("output_tokens") or 0)
    assert message["usage"]["input_tokens"] == (plain.usage.get("input_tokens") or 0)


@pytest.mark.parametrize("exchange", [one for one in FINISHED if one.stream], ids=lambda exchange: exchange.id)
@pytest.mark.parametrize("model", [None, "mine"])
def test_source_events_pass_but_for_the_models_name(exchange: Exchange, model: str | None) -> None:
    items = decode(exchange, keep_source=True)
    answering = Answering("abc", 0, model, "anthropic_messages")
    body = written(items, stream=True, answering=answering).body
    ours, theirs = split_events(body), split_events(exchange.body)
    assert len(ours) >= len([one for one in theirs if one[1]]) - 1  # what comes after message_stop is not ours to pass
    for (name, data), (their_name, their_data) in zip(ours, theirs, strict=False):
        event = json.loads(their_data)
        assert name == (their_name or event["type"])
        if name == "message_start" and model:
            event["message"]["model"] = model
            assert json.loads(data) == event
        else:
            assert data == their_data


@pytest.mark.parametrize("exchange", [one for one in FINISHED if one.stream], ids=lambda exchange: exchange.id)
def test_source_events_pass_alike_however_they_come(exchange: Exchange) -> None:
    answering = Answering("abc", 0, "mine", "anthropic_messages")
    decoder = decoder_of(exchange, keep_source=True)
    pieces = [piece + b"\n\n" for piece in exchange.body.split(b"\n\n")]
    batches = [*(decoder.receive_data(piece) for piece in pieces), decoder.receive_eof()]
    one = written([item for batch in batches for item in batch], stream=True, answering=answering).body
    assert written([], stream=True, answering=answering, batches=batches).body == one


def test_data_of_several_lines_is_told_in_several() -> None:
    data = b'{"type":"content_block_delta","index":0,\n"delta":{"type":"text_delta","text":"a"}}'
    for name, said in (("content_block_delta", data), ("", data), ("", b"[DONE]"), ("", b"{")):
        batch: list[Item] = [SourceEvent(said, name), TextDelta("a")]
        encoder = DIALECT.reply_encoder(Asked(QUESTION, stream=True), Answering("a", 0, "m", "anthropic_messages"))
        told_now = encoder.receive_items(batch)
        assert encoder.receive_items(batch) == told_now
        assert told_now.count(b"\ndata: ") == (2 if said is data else 0)


def test_a_start_that_cannot_be_read_passes_as_it_is() -> None:
    answering = Answering("a", 0, "mine", "anthropic_messages")
    for data in (
        b"{",
        b'{"type":"message_start"}',
        b'{"type":"message_start","message":{}}',
        b'{"type":"message_start","message":1}',
    ):
        body = written([SourceEvent(data, "message_start")], stream=True, answering=answering).body
        assert body == b"event: message_start\ndata: " + data + b"\n\n"


@pytest.mark.parametrize("exchange", [one for one in FINISHED if not one.stream], ids=lambda exchange: exchange.id)
def test_a_whole_source_passes_but_for_the_models_name(exchange: Exchange) -> None:
    items = decode(exchange, keep_source=True)
    same = written(items, stream=False, answering=Answering("abc", 0, None, "anthropic_messages")).body
    assert same == exchange.body.strip()
    mine = written(items, stream=False, answering=Answering("abc", 0, "mine", "anthropic_messages")).body
    assert json.loads(mine) == {**json.loads(exchange.body), "model": "mine"}


@pytest.mark.parametrize("exchange", FINISHED[::4], ids=lambda exchange: exchange.id)
def test_a_source_of_the_other_form_is_written_from_its_items(exchange: Exchange) -> None:
    items = decode(exchange, keep_source=True)
    answering = Answering("abc", 0, "mine", "anthropic_messages")
    answered = written(items, stream=not exchange.stream, answering=answering)
    old = not is_valid(exchange.body, stream=exchange.stream)
    message = read_whole(answered, old=old) if exchange.stream else read_stream(answered, old=old)
    assert message.model in ("mine", *(block.to.model for block in message.content if block.type == "fallback"))
    plain = extract(exchange.body, stream=exchange.stream)
    assert "".join(block.text for block in message.content if block.type == "text") == plain.text


@pytest.mark.parametrize("exchange", FINISHED[::3], ids=lambda exchange: exchange.id)
def test_the_bytes_are_the_same_however_items_are_grouped(exchange: Exchange) -> None:
    items = decode(exchange)
    for stream in (True, False):
        one = written(items, stream=stream).body
        assert written(items, stream=stream, batches=[[item] for item in items]).body == one


def test_nearly_all_of_the_sample_is_checked_against_the_clients_types() -> None:
    valid = sum(is_valid(one.body, stream=one.stream) for one in FINISHED)
    assert valid >= len(FINISHED) * 0.8


def test_the_answer_goes_back_to_its_own_vendor_as_it_came() -> None:
    """Reply, builder, next request: the blocks that the server sent are the blocks that it gets."""
    for exchange in FINISHED:
        plain = extract(exchange.body, stream=exchange.stream)
        if not plain.blocks or not whole_input(exchange):
            continue
        builder = ReplyBuilder()
        builder.add(decode(exchange))
        answers = builder.answers()
        request = ChatRequest(model="m", messages=(Message("user", (TextPart("a"),)), answers[0].message))
        encoded = DIALECT.encode_chat(request, TARGET, max_tokens=1, stream=False)
        assert encoded.warnings == ()
        turn = json.loads(encoded.request.body)["messages"][1]
        content = turn["content"]
        sent = [{"type": "text", "text": content}] if isinstance(content, str) else content
        assert blocks_of({"content": sent}) == expected_blocks(exchange), exchange.id


# --- the large collection -----------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.timeout(300)  # some thirteen hundred requests
def test_every_recorded_request_is_written_as_it_was_read() -> None:
    seen = 0
    for exchange in collection(shared_path("recordings")):
        if exchange.request is None or exchange.api == "models":
            continue
        seen += 1
        body = dict(exchange.request)
        if body.get("stream") is False:
            del body["stream"]
        assert again(body) == body, exchange.id
    assert seen > 1200


@pytest.mark.slow
@pytest.mark.timeout(300)  # some fourteen hundred replies, each written twice and read by the vendor's client
def test_the_client_reads_every_recorded_reply_from_us_as_from_the_vendor() -> None:
    seen = 0
    for exchange in collection(shared_path("recordings")):
        if not exchange.head.is_success or exchange.api != "messages":
            continue
        if not extract(exchange.body, stream=exchange.stream).ended:
            continue
        seen += 1
        assert blocks_of(told(exchange, stream=False)) == expected_blocks(exchange), exchange.id
        if whole_input(exchange):
            assert blocks_of(told(exchange, stream=True)) == without_callers(expected_blocks(exchange)), exchange.id
    assert seen > 1300
