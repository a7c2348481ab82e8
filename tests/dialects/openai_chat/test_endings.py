"""How a reply ends, streamed or whole: evidence of completion, or a failure."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from muxer_core.dialects.openai_chat import OpenAIChat
from muxer_core.testing.openai_chat import ChunkStream, chunk_streams, stream_bytes
from muxer_core.values.items import (
    ChoiceFinished,
    FailureReported,
    ReplyEnded,
    ReplyStarted,
    SourceEvent,
    TextDelta,
    UsageReported,
)
from muxer_core.wire.heads import Headers, ResponseHead
from muxer_core.wire.limits import Limits
from tests.dialects.openai_chat.exchanges import (
    STOP,
    TEXT,
    Exchange,
    decode,
    delta,
    kind_of,
    stream_items,
    streamed,
    whole_items,
)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (f"data: {TEXT}\n\ndata: {STOP}\n\ndata: [DONE]\n\n", "complete"),
        (f"data: {TEXT}\n\ndata: [DONE]\n\n", "complete"),
        (f"data: {TEXT}\n\ndata:[DONE]\n\n", "complete"),
        (f"data: {TEXT}\n\ndata: [DONE] \n", "complete"),
        (f"data: {TEXT}\r\n\r\ndata: [DONE]", "complete"),
        (f"data: {TEXT}\n\ndata: {STOP}\n\n", "complete"),
        (f"data: {TEXT}\n\ndata: {STOP}\n\n: bye\n\n", "complete"),
        (f"data: {TEXT}\n\ndata: {STOP}\n", "truncated"),
        (f"data: {TEXT}\n\ndata: {STOP}\n\ndata: {{", "truncated"),
        (f"data: {TEXT}\n\n", "truncated"),
        (f"data: {TEXT}\n\ndata: [DON", "truncated"),
        (f"data: {TEXT}\n\ndata: {delta('', 1)}\n\ndata: {STOP}\n\n", "truncated"),
        ("", "truncated"),
        (": only comments\n\n", "truncated"),
        ("data: [DONE]\n\n", "malformed"),
        ("\n\n  data", "truncated"),
        (f"data: {TEXT}\n\ndata: no json\n\n", "malformed"),
        (f"data: {TEXT}\n\ndata: [1]\n\n", "malformed"),
        (f'data: {TEXT}\n\ndata: {{"choices":7}}\n\n', "malformed"),
        ('data: {"choices":[7]}\n\n', "malformed"),
        ('data: {"choices":[{"index":-1}]}\n\n', "malformed"),
        ('data: {"choices":[{"index":0.5}]}\n\n', "malformed"),
        (
            f'data: {TEXT}\n\ndata: {{"error":{{"message":"m","code":"rate_limit_exceeded"}}}}\n\ndata: [DONE]\n\n',
            "rate_limited",
        ),
        (f'data: {TEXT}\n\ndata: {{"error":"overloaded"}}\n\n', "overloaded"),
        (f'data: {TEXT}\n\nevent: error\ndata: {{"message":"the engine is overloaded"}}\n\n', "overloaded"),
        (f'data: {TEXT}\n\nevent: error\ndata: {{"choices":[]}}\n\n', "server_error"),
        (f"data: {TEXT}\n\nevent: ping\ndata: hello\n\ndata: {STOP}\n\n", "complete"),
        (f"data: {TEXT}\n\ndata:\n\ndata:  \n\ndata: {STOP}\n\n", "complete"),
        (f"event: chunk\ndata: {TEXT}\n\ndata: {STOP}\n\n", "complete"),
        (f"\ufeffdata: {TEXT}\n\ndata: {STOP}\n\n", "complete"),
        (f"data: {TEXT}\n\nevent: error\ndata: [DONE]\n\n", "malformed"),
        (f"data: {STOP.replace('stop', 'error')}\n\ndata: [DONE]\n\n", "server_error"),
        (f'data: {TEXT}\n\ndata: {{"error":null,"choices":[]}}\n\ndata: [DONE]\n\n', "complete"),
    ],
)
def test_evidence(body: str, kind: str) -> None:
    assert kind_of(streamed(body.encode())) == kind


@pytest.mark.parametrize(("end", "kind"), [("", "truncated"), ("data: [DONE]\n\n", "complete")])
def test_an_answer_that_was_asked_for_and_never_began_is_missed(end: str, kind: str) -> None:
    decoder = OpenAIChat().chat_decoder(ResponseHead(200), stream=True, limits=Limits(), keep_source=False, answers=2)
    items = decoder.receive_data(f"data: {TEXT}\n\ndata: {STOP}\n\n{end}".encode())
    items += decoder.receive_eof()
    last = items[-1]
    assert (last.failure.kind if isinstance(last, FailureReported) else "complete") == kind


def test_nothing_follows_the_end() -> None:
    decoder = OpenAIChat().chat_decoder(ResponseHead(200), stream=True, limits=Limits(), keep_source=False)
    assert isinstance(
        decoder.receive_data(f"data: {TEXT}\n\ndata: [DONE]\n\ndata: {TEXT}\n\n".encode())[-1], ReplyEnded
    )
    assert decoder.receive_data(b"data: more\n\n") == []
    assert decoder.receive_eof() == []


def test_the_server_s_words_end_a_stream_with_their_code() -> None:
    last = stream_items(TEXT, '{"error":{"message":"Incorrect API key provided: sk-abcdefgh12345678","code":401}}')[-1]
    assert isinstance(last, FailureReported)
    assert (last.failure.kind, last.failure.code) == ("auth", "401")
    assert "abcdefgh" not in last.failure.message


@pytest.mark.parametrize("space", ["", "\n\n   ", "\ufeff"])
def test_a_whole_reply_where_a_stream_was_due(space: str) -> None:
    body = space + '{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}'
    items = decode(
        Exchange("", ResponseHead(200), body.encode(), stream=True), [bytes([byte]) for byte in body.encode()]
    )
    assert items == [
        ReplyStarted(dialect="openai_chat"),
        TextDelta("x"),
        ChoiceFinished("stop", "stop"),
        ReplyEnded("end of a whole JSON body"),
    ]
    refused = streamed(b'{"error":{"message":"no","code":"insufficient_quota"}}')
    assert kind_of(refused) == "quota_exhausted"


def test_a_stream_where_a_whole_reply_was_due() -> None:
    head = ResponseHead(200, Headers((("Content-Type", "Text/Event-Stream; charset=utf-8"),)))
    assert kind_of(decode(Exchange("", head, f"data: {STOP}\n\n".encode(), stream=False))) == "complete"


def test_sources_come_before_their_items_and_change_nothing() -> None:
    body = f'data: {TEXT}\n\nevent: ping\ndata: p\n\ndata: {TEXT[:-1]},"x_new":1}}\n\ndata: {STOP}\n\ndata: [DONE]\n\n'.encode()
    decoder = OpenAIChat().chat_decoder(ResponseHead(200), stream=True, limits=Limits(), keep_source=True)
    items = decoder.receive_data(body) + decoder.receive_eof()
    sources = [item.data.decode() for item in items if isinstance(item, SourceEvent)]
    assert sources == [TEXT, "p", TEXT[:-1] + ',"x_new":1}', STOP, "[DONE]"]
    assert [item for item in items if not isinstance(item, SourceEvent)] == streamed(body)
    whole = OpenAIChat().chat_decoder(ResponseHead(200), stream=False, limits=Limits(), keep_source=True)
    assert whole.receive_data(b' {"choices":[]} ') == []
    assert whole.receive_eof()[0] == SourceEvent(b'{"choices":[]}')


@given(chunk_streams(max_answers=1))
def test_a_whole_reply_gives_the_items_of_a_stream(stream: ChunkStream) -> None:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": stream.texts[0] or None,
        "reasoning_content": stream.reasoning[0] or None,
    }
    if stream.calls[0]:
        message["tool_calls"] = [
            {
                "index": number,
                "id": f"c{number}",
                "type": "function",
                "function": {"name": name, "arguments": arguments},
            }
            for number, (name, arguments) in enumerate(stream.calls[0])
        ]
    reply = {
        "id": "r",
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": stream.finishes[0]}],
    }
    chunk = {"id": "r", "model": "m", "choices": [{"index": 0, "delta": message, "finish_reason": stream.finishes[0]}]}
    assert whole_items(json.dumps(reply, indent=2))[:-1] == streamed(stream_bytes([chunk]))[:-1]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("", "truncated"),
        ("   \n", "truncated"),
        ("{", "malformed"),
        ("<html>", "malformed"),
        ("[]", "malformed"),
        ("{}", "malformed"),
        ('{"choices":[]}', "malformed"),
        ('{"choices":[{}]}', "complete"),
        ('\n\n         {"choices":[{"message":{"content":"x"}}]}\n', "complete"),
        ('{"error":{"message":"m","code":"content_filter","status":400}}', "content_policy"),
        ('{"error":"model `x` does not exist"}', "model_not_found"),
        ('{"choices":[{"message":{"content":"x"},"finish_reason":"error"}]}', "server_error"),
    ],
)
def test_whole_replies_end(body: str, kind: str) -> None:
    assert kind_of(whole_items(body)) == kind


def test_a_reply_without_choices_still_tells_its_usage() -> None:
    items = whole_items('{"text":"spoken","usage":{"prompt_tokens":1,"completion_tokens":2}}')
    assert any(isinstance(item, UsageReported) for item in items)
    assert kind_of(items) == "malformed"
