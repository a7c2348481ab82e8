"""Bad input, each with its written outcome. No bytes raise."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.values.failure import FailureKind
from muxer_core.values.items import (
    ChoiceFinished,
    FailureReported,
    ReplyEnded,
    SafetyReported,
    TextDelta,
    UsageReported,
)
from muxer_core.wire.heads import Headers, ResponseHead
from muxer_core.wire.limits import Limits
from tests.dialects.gemini.exchanges import DIALECT, Exchange, decode, events, kind_of, parts, streamed, whole

TEXT = parts({"text": "x"}, finish=None)
STOP = parts(finish="STOP")
DEEP = (
    '{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":'
    + '{"a":' * 200
    + "1"
    + "}" * 200
    + "}}]}}]}"
)

STREAMS: list[tuple[bytes, FailureKind | None]] = [
    (events(TEXT, STOP), None),
    (events(TEXT), "truncated"),
    (b"", "truncated"),
    (events(TEXT, STOP)[:-4], None),  # the blank line is missing, the JSON is whole
    (events(TEXT, STOP)[:-8], "truncated"),
    (events(TEXT) + b'data: {"candidates": [', "truncated"),
    (events(TEXT, "<html>"), "malformed"),
    (events(TEXT, "[1,2]"), "malformed"),
    (events(TEXT, "3"), "malformed"),
    (events(TEXT, {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}, STOP), "overloaded"),
    (events([{"error": {"code": 500, "message": "m", "status": "INTERNAL"}}]), "server_error"),
    (events({"candidates": 3}), "malformed"),
    (events({"candidates": [3]}), "malformed"),
    (events({"candidates": [{"content": 3}]}), "malformed"),
    (events({"candidates": [{"content": {"parts": 3}}]}), "malformed"),
    (events({"candidates": [{"content": {"parts": [3]}}]}), "malformed"),
    (events({"candidates": [{"index": "one"}]}), "malformed"),
    (events({"candidates": [{"index": 4000}]}), "limit_exceeded"),
    (events({"candidates": [{"index": -1}]}), "limit_exceeded"),
    (events(TEXT, {"candidates": [{"index": 4000}]}), "limit_exceeded"),
    (events(parts({"text": "a", "thoughtSignature": 3})), "malformed"),
    (events(parts({"functionCall": {"name": "f", "partialArgs": 3}})), "malformed"),
    (events(DEEP), "limit_exceeded"),
    (b'{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}', None),  # a whole reply after all
    (json.dumps([TEXT, STOP]).encode(), None),
    (json.dumps([TEXT, STOP]).encode()[:-1], "truncated"),
    (json.dumps([TEXT, STOP]).encode()[:-5], "truncated"),
    (json.dumps([TEXT]).encode(), "truncated"),
    (b"[]", "truncated"),
    (b'["a"]', "malformed"),
    (b"[[1]]", "malformed"),
    (b"[1]", "malformed"),
    (b"[}", "malformed"),
    (b"[" + json.dumps(TEXT).encode() + b',{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED"}}', "rate_limited"),
    (b"<html><body>Bad gateway</body></html>", "truncated"),
    (b"event: ping\r\n\r\n: comment\r\n\r\nevent: ping\r\ndata: {}\r\n\r\n" + events(TEXT, STOP), None),
]  # fmt: skip


@pytest.mark.parametrize(("body", "kind"), STREAMS)
def test_a_stream_ends_as_written(body: bytes, kind: FailureKind | None) -> None:
    items = streamed(body)
    assert kind_of(items) == (kind or "complete")
    exchange = Exchange("", ResponseHead(200), body, stream=True)
    assert decode(exchange, [body[at : at + 1] for at in range(len(body))]) == items


WHOLES: list[tuple[Any, FailureKind | None]] = [
    (parts({"text": "a"}), None),
    (parts({"text": "a"}, finish=None), None),
    ([parts({"text": "a"})], None),
    (b"", "truncated"),
    (b"  \r\n ", "truncated"),
    (b"<html><body>Hello</body></html>", "malformed"),
    (b"null", "malformed"),
    (b'{"candidates":[', "malformed"),
    ({}, "malformed"),
    ({"candidates": []}, "malformed"),
    ({"candidates": [{"content": {}}]}, "malformed"),
    ({"candidates": [{"finishReason": "OTHER"}]}, "server_error"),
    ({"candidates": [{"finishReason": "MAX_TOKENS"}]}, None),
    ({"candidates": [{"finishReason": "UNEXPECTED_TOOL_CALL", "content": {"parts": [{"text": "a"}]}}]}, None),
    ({"promptFeedback": {"blockReason": "SAFETY"}}, None),
    ({"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}, "auth"),
    ({"error": "no"}, "server_error"),
    ({"error": {}, "candidates": [{"finishReason": "STOP"}]}, None),
]


@pytest.mark.parametrize(("value", "kind"), WHOLES)
def test_a_whole_reply_ends_as_written(value: Any, kind: FailureKind | None) -> None:
    assert kind_of(whole(value)) == (kind or "complete")


def test_a_blocked_prompt_is_an_answer_of_the_filter() -> None:
    for items in (
        whole({"promptFeedback": {"blockReason": "SAFETY"}}),
        streamed(events({"promptFeedback": {"blockReason": "SAFETY"}})),
    ):
        assert ChoiceFinished("content_filter", "SAFETY") in items
        assert any(isinstance(item, SafetyReported) and item.choice is None for item in items)


def test_strange_text_is_read_all_the_same() -> None:
    body = b'data: {"candidates":[{"content":{"parts":[{"text":"a\\ud83d"}]}}],"responseId":"r"}\n\n'
    body += b'data: {"candidates":[{"content":{"parts":[{"text":"\xff"}]}}]}\n\n'
    body += b'data: {"candidates":[{"content":{"parts":[{"text":"b","text":"c"}]},"finishReason":"STOP","avgLogprobs":NaN}]}\n\n'
    items = streamed(b"\xef\xbb\xbf" + body)
    assert [item.text for item in items if isinstance(item, TextDelta)] == ["a\ufffd", "\ufffd", "c"]
    assert isinstance(items[-1], ReplyEnded)


def test_huge_numbers_are_no_counts() -> None:
    body = b'{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1' + b"0" * 5000 + b"}}"
    items = whole(body)
    assert not any(isinstance(item, UsageReported) for item in items)
    assert isinstance(items[-1], ReplyEnded)


def test_nothing_is_read_after_the_end() -> None:
    head = ResponseHead(200, Headers((("content-type", "text/event-stream"),)))
    decoder = DIALECT.chat_decoder(head, stream=False, limits=Limits(), keep_source=False)
    decoder.receive_data(events({"error": {"message": "m"}}))
    assert decoder.receive_data(events(TEXT)) == decoder.receive_eof() == []
    closed = DIALECT.chat_decoder(ResponseHead(200), stream=True, limits=Limits(), keep_source=False)
    assert isinstance(closed.receive_eof()[-1], FailureReported)
    assert closed.receive_eof() == closed.receive_data(b"data: {}\n\n") == []
    done = DIALECT.chat_decoder(ResponseHead(200), stream=False, limits=Limits(body=5), keep_source=False)
    assert kind_of(done.receive_data(b"x" * 9)) == "limit_exceeded"
    assert done.receive_eof() == done.receive_data(b"x") == []


def test_an_answer_that_is_missing_is_truncated() -> None:
    decoder = DIALECT.chat_decoder(ResponseHead(200), stream=True, limits=Limits(), keep_source=False, answers=2)
    decoder.receive_data(events(TEXT, STOP))
    assert kind_of(decoder.receive_eof()) == "truncated"


@pytest.mark.parametrize("limits", [Limits(event=40), Limits(stream=60), Limits(line=30)])
def test_a_limit_ends_a_stream(limits: Limits) -> None:
    assert kind_of(streamed(events(TEXT, STOP), limits)) == "limit_exceeded"
    if limits.line > 30:
        assert kind_of(streamed(json.dumps([TEXT, STOP]).encode(), limits)) == "limit_exceeded"


@given(
    body=st.binary(max_size=60)
    | st.lists(
        st.sampled_from([b"data: ", b"{", b"}", b"[", b"]", b'"', b"\\", b"\n\n", b"candidates", b":", b","])
    ).map(b"".join)
)
def test_no_bytes_raise(body: bytes) -> None:
    for stream in (True, False):
        items = decode(Exchange("", ResponseHead(200), body, stream=stream))
        assert isinstance(items[-1], FailureReported | ReplyEnded)
