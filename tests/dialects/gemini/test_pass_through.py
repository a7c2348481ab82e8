"""Same dialect in and out: events pass as they came; a failure ends a stream in this dialect's way."""

from __future__ import annotations

import json

import pytest

from muxer_core.dialects.server import Answering, Asked
from muxer_core.values.failure import Failure
from muxer_core.values.items import (
    ChoiceFinished,
    FailureReported,
    ReplyEnded,
    SourceEvent,
    TextDelta,
)
from tests.dialects.gemini.exchanges import CHATS, Exchange, decode, events, parts, sample, streamed
from tests.dialects.gemini.test_server_replies import ANSWERING, ARRAY, DIALECT, END, PASSING, SSE, START, WHOLE, answer

# --- same dialect in and out --------------------------------------------------------------------------------------------------------

SOURCES = [one for one in sample() if one.api in CHATS and one.head.is_success]


@pytest.mark.parametrize("exchange", SOURCES, ids=lambda exchange: exchange.id)
def test_events_pass_as_they_came(exchange: Exchange) -> None:
    items = decode(exchange, keep_source=True)
    sources = [item.data for item in items if isinstance(item, SourceEvent)]
    if exchange.stream:
        body, _ = answer(SSE, items, PASSING)
        again = decode(exchange._replace(body=body), keep_source=True)
        assert [item.data for item in again if isinstance(item, SourceEvent)][: len(sources)] == sources
        if isinstance(items[-1], ReplyEnded):
            assert [one for one in again if not isinstance(one, ReplyEnded)] == [
                one for one in items if not isinstance(one, ReplyEnded)
            ]
        array, _ = answer(ARRAY, items, PASSING)
        if isinstance(items[-1], ReplyEnded):
            assert json.loads(array) == [json.loads(one) for one in sources]
    elif isinstance(items[-1], ReplyEnded):
        body, _ = answer(WHOLE, items, PASSING)
        assert body == sources[0]


def test_only_the_models_name_is_changed() -> None:
    plain = (
        b'{"candidates": [{"content": {"parts": [{"text": "\\"modelVersion\\": \\"x\\""}]}}], "modelVersion" : "old"}'
    )
    nested = b'{"candidates":[{"content":{"parts":[{"functionCall":{"args":{"modelVersion":"mine"}}}]}}],"modelVersion":"old"}'
    bare = b'{"candidates":[{"content":{"parts":[{"functionCall":{"args":{"modelVersion":"mine"}}}]}}]}'
    shown = Answering(reply_id="0", created=1, model='a "new" one', source="gemini")
    for data in (plain, nested, bare):
        body, _ = answer(WHOLE, [SourceEvent(data), END], shown)
        value, told = json.loads(body), json.loads(data)
        assert value.get("modelVersion") == ('a "new" one' if "modelVersion" in told else None)
        assert value["candidates"] == told["candidates"]
    assert answer(WHOLE, [SourceEvent(b"no JSON"), END], shown)[0] == b"no JSON"
    streamed_body, _ = answer(SSE, [SourceEvent(b'{\n"modelVersion": "m"\n}'), END], PASSING)
    assert streamed_body == b'data: {\r\ndata: "modelVersion": "m"\r\ndata: }\r\n\r\n'


def test_a_reply_without_source_events_is_written_from_its_items() -> None:
    body, _ = answer(WHOLE, [START, TextDelta("a"), ChoiceFinished("stop", "stop"), END], PASSING)
    assert json.loads(body)["candidates"][0]["content"]["parts"] == [{"text": "a"}]


@pytest.mark.parametrize("asked", [SSE, ARRAY], ids=["sse", "array"])
def test_a_failure_in_mid_stream_ends_it_in_this_dialects_way(asked: Asked) -> None:
    failure = FailureReported(Failure(kind="overloaded", message="too much", retry_after=1.0))
    body, _ = answer(asked, [START, TextDelta("a"), failure, END])
    found = streamed(body)
    assert TextDelta("a") in found
    assert isinstance(found[-1], FailureReported)
    assert (found[-1].failure.kind, found[-1].failure.message) == ("overloaded", "too much")
    assert not body.endswith(b"]")
    passed, _ = answer(asked, [SourceEvent(json.dumps(parts({"text": "a"}, finish=None)).encode()), failure], PASSING)
    assert isinstance(streamed(passed)[-1], FailureReported)


def test_an_error_of_the_source_is_told_once() -> None:
    error = {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}
    items = streamed(events(parts({"text": '"error"'}, finish=None), error), keep_source=True)
    body, _ = answer(SSE, items, PASSING)
    assert body.count(b"UNAVAILABLE") == 1
    broken = streamed(events('"error" {broken'), keep_source=True)
    assert isinstance(broken[-1], FailureReported)
    assert b"error" in answer(SSE, broken, PASSING)[0]


def test_a_failure_before_anything_has_a_head_of_its_own() -> None:
    encoder = DIALECT.reply_encoder(WHOLE, ANSWERING)
    body = encoder.receive_items([FailureReported(Failure(kind="auth", message="m"))])
    assert (encoder.head.status, json.loads(body)["error"]["status"]) == (401, "UNAUTHENTICATED")


def test_heads_name_their_content() -> None:
    kinds = [DIALECT.reply_encoder(asked, ANSWERING).head.headers.get("content-type") for asked in (SSE, ARRAY, WHOLE)]
    assert kinds == ["text/event-stream", "application/json; charset=UTF-8", "application/json; charset=UTF-8"]
    assert answer(ARRAY, [END], PASSING)[0] == b"[]"
