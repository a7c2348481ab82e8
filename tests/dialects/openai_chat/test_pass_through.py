"""Same dialect in and out: events pass as they came, but for the edits that the table names; ends and failures are ours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.dialects.openai_chat import OpenAIChat
from muxer_core.dialects.openai_chat.pass_through import PassThrough
from muxer_core.dialects.server import Answering, Asked
from muxer_core.testing.openai_chat import ChunkStream, chunk_streams, stream_bytes
from muxer_core.values.failure import Failure
from muxer_core.values.items import (
    FailureReported,
    Item,
    ReplyEnded,
    ReplyStarted,
    SourceEvent,
    TextDelta,
    WarningReported,
)
from muxer_core.values.messages import Message, TextPart
from muxer_core.values.request import ChatRequest
from muxer_core.wire.limits import Limits
from tests.dialects.openai_chat.exchanges import STOP, TEXT, Exchange, collection, decode, sample
from tests.dialects.openai_chat.independent import split_events
from tests.support.shared import shared_path

DIALECT = OpenAIChat()
REQUEST = ChatRequest(model="m", messages=(Message("user", (TextPart("Hello"),)),))
PASSED = [exchange for exchange in sample() if exchange.head.is_success]


def passed(
    body: bytes, *, stream: bool = True, asked_stream: bool | None = None, usage: bool = True, model: str | None = None
) -> bytes:
    """What a client sees of a server's body."""
    exchange = Exchange("", PASSED[0].head, body, stream)
    decoder = DIALECT.chat_decoder(exchange.head, stream=stream, limits=Limits(), keep_source=True)
    asked = Asked(REQUEST, stream=stream if asked_stream is None else asked_stream, wants_usage=usage)
    encoder = DIALECT.reply_encoder(asked, Answering("abc", 7, model, source="openai_chat"))
    written = b""
    for at in range(0, len(body), 1_000):
        written += encoder.receive_items(decoder.receive_data(body[at : at + 1_000]))
    return written + encoder.receive_items(decoder.receive_eof())


def sse(*events: str) -> bytes:
    return "".join(f"data: {event}\n\n" for event in events).encode()


def values(body: bytes) -> list[Any]:
    return [json.loads(data) for _, data in split_events(body) if data != "[DONE]"]


@pytest.mark.parametrize("exchange", PASSED, ids=lambda exchange: exchange.id)
def test_a_recorded_reply_passes_as_it_came(exchange: Exchange) -> None:
    written = passed(exchange.body, stream=exchange.stream)
    items = decode(exchange)
    if isinstance(items[-1], FailureReported):
        assert b'"error"' in written
        return
    if not exchange.stream:
        assert json.loads(written) == json.loads(exchange.body)
        return
    before = [event for event in split_events(exchange.body + b"\n\n") if event[1].strip() not in ("", "[DONE]")]
    assert split_events(written) == [*before, ("", "[DONE]")]
    assert decode(exchange._replace(body=written))[:-1] == items[:-1]


@pytest.mark.parametrize("exchange", PASSED, ids=lambda exchange: exchange.id)
def test_the_models_name_is_all_that_changes(exchange: Exchange) -> None:
    written = passed(exchange.body, stream=exchange.stream, model="shown")
    if isinstance(decode(exchange)[-1], FailureReported):
        return
    if not exchange.stream:
        whole = json.loads(exchange.body)
        assert json.loads(written) == {**whole, **({"model": "shown"} if "model" in whole else {})}
        return
    for before, after in zip(values(exchange.body), values(written), strict=True):
        assert after == {**before, **({"model": "shown"} if "model" in before else {})}


@pytest.mark.slow
@pytest.mark.timeout(300)  # thousands of recordings, each passed twice
def test_every_reply_of_the_collection_passes() -> None:
    seen = 0
    for exchange in collection(shared_path("recordings")):
        if exchange.head.is_success:
            seen += 1
            test_a_recorded_reply_passes_as_it_came(exchange)
            test_the_models_name_is_all_that_changes(exchange)
    assert seen > 3_000


@given(chunk_streams(), st.booleans(), st.none() | st.just("shown"))
def test_a_drawn_stream_passes_with_its_edits(drawn: ChunkStream, usage: bool, model: str | None) -> None:
    written = passed(stream_bytes(drawn.chunks), usage=usage, model=model)
    kept = [chunk for chunk in drawn.chunks if usage or chunk["choices"]]
    assert values(written) == [chunk if model is None else {**chunk, "model": model} for chunk in kept]
    assert written.endswith(b"data: [DONE]\n\n")


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.sampled_from(["model", '"model":"m"', "m", "\\", "é"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["model", "a", '"model"']), inner, max_size=2)
    ),
    max_leaves=6,
)


@given(
    st.lists(st.dictionaries(st.sampled_from(["id", "model", "choices", "x", 'q"model"']), json_values), max_size=4),
    st.booleans(),
)
def test_only_the_name_at_the_top_is_renamed(events: list[dict[str, Any]], spaced: bool) -> None:
    through = PassThrough("shown", hide_usage=False)
    for event in [*events, *events]:
        data = json.dumps(event, separators=(", ", ": ") if spaced else (",", ":")).encode()
        renamed = {**event, "model": "shown"} if "model" in event else event
        line = through.line(data)
        assert line.startswith(b"data: ")
        assert line.endswith(b"\n\n")
        assert json.loads(line[6:]) == json.loads(through.edit(data)) == renamed


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b'{"a":NaN,"model":"m"}', b"\xff"])
def test_what_cannot_be_read_stays_as_it_is(data: bytes) -> None:
    assert PassThrough("shown", hide_usage=True).edit(data) == data
    assert not PassThrough("shown", hide_usage=True).hides(data + b'"usage"')


USAGE = '{"prompt_tokens":1,"completion_tokens":1}'


@pytest.mark.parametrize(
    ("event", "hidden"),
    [
        (f'{{"choices":[],"usage":{USAGE}}}', True),
        (f'{{"choices": [ ], "usage": {USAGE}}}', True),
        (f'{{"usage":{USAGE}}}', True),
        ('{"choices":[],"usage":null}', False),
        ('{"choices":[],"prompt_filter_results":[]}', False),
        (f'{{"choices":[{{"index":0,"delta":{{"content":"y"}}}}],"usage":{USAGE}}}', False),
        (f'{{"choices":[{{"index":0,"delta":{{}}}}],"usage":{USAGE}}}', False),
    ],
)
def test_usage_that_the_client_did_not_ask_for_is_held_back(event: str, hidden: bool) -> None:
    body = sse(TEXT, STOP, event, "[DONE]")
    assert passed(body) == body
    assert passed(body, usage=False) == (sse(TEXT, STOP, "[DONE]") if hidden else body)


def test_names_and_lines_of_events_pass() -> None:
    body = b'event: chunk\ndata: {"choices":[{"delta":{"content":\ndata: "x"}}]}\n\n' + sse(STOP, "[DONE]")
    assert passed(body) == body
    assert b"event: ping\n" in passed(b"event: ping\ndata: {}\n\n" + body)


def test_a_stream_without_done_gets_one_and_a_cut_stream_gets_an_error() -> None:
    assert passed(sse(TEXT, STOP)) == sse(TEXT, STOP, "[DONE]")
    cut = passed(sse(TEXT))
    assert cut.startswith(sse(TEXT))
    assert values(cut)[-1]["error"]["code"] == "truncated"
    assert b"data: [DONE]" not in cut


def test_an_error_event_gives_way_to_ours_with_its_secrets_masked() -> None:
    secret = "sk-proj-abcdefghijklmnop1234"  # no key: what a server might repeat
    body = sse(TEXT, json.dumps({"error": {"message": f"Incorrect API key provided: {secret}."}}))
    written = passed(body)
    assert secret.encode() not in written
    assert values(written)[-1]["error"]["message"].startswith("Incorrect API key provided: ***")
    assert len(values(written)) == 2
    named = passed(sse(TEXT) + b'event: error\ndata: {"message":"gone"}\n\n')
    assert values(named)[-1]["error"]["message"] == "gone"


def test_an_answer_that_ended_in_an_error_has_no_done() -> None:
    written = passed(sse(TEXT, STOP.replace("stop", "error"), "[DONE]"))
    assert b"[DONE]" not in written
    assert "error" in values(written)[-1]


WHOLE = (
    '{"id":"a","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"x"},"finish_reason":"stop"}]}'
)


def test_a_whole_reply_where_a_stream_was_asked_for_becomes_a_stream() -> None:
    written = passed(WHOLE.encode(), stream=True, model="shown")
    chunks = values(written)
    assert [choice["delta"].get("content") for chunk in chunks for choice in chunk["choices"]] == ["", "x", None]
    assert {chunk["model"] for chunk in chunks} == {"shown"}
    assert written.endswith(b"data: [DONE]\n\n")


def test_a_stream_where_a_whole_reply_was_asked_for_becomes_whole() -> None:
    whole = json.loads(passed(sse(TEXT, STOP, "[DONE]"), stream=True, asked_stream=False))
    assert whole["choices"][0]["message"]["content"] == "x"
    assert whole["object"] == "chat.completion"
    assert json.loads(passed(WHOLE.encode(), stream=False)) == json.loads(WHOLE)


def test_warnings_are_heard_while_events_pass() -> None:
    encoder = DIALECT.reply_encoder(Asked(REQUEST, stream=True), Answering("abc", 7, source="openai_chat"))
    items: list[Item] = [
        SourceEvent(TEXT.encode()),
        ReplyStarted("a"),
        TextDelta("x"),
        WarningReported("odd"),
        ReplyEnded("x"),
    ]
    assert encoder.receive_items(items) == sse(TEXT, "[DONE]")
    assert encoder.warnings == ("odd",)


def test_without_source_events_the_items_are_written() -> None:
    encoder = DIALECT.reply_encoder(Asked(REQUEST, stream=True), Answering("abc", 7, source="openai_chat"))
    written = encoder.receive_items([ReplyStarted("a", "m", 5, "openai_chat"), TextDelta("x"), ReplyEnded("x")])
    assert [chunk["choices"][0]["delta"].get("content") for chunk in values(written)] == ["", "x"]
    failed = DIALECT.reply_encoder(Asked(REQUEST, stream=True), Answering("abc", 7, source="openai_chat"))
    assert b'"error"' in failed.receive_items([FailureReported(Failure(kind="connect", message="no"))])


def test_one_event_of_text_costs_one_step_and_says_the_same() -> None:
    events: list[Item] = [SourceEvent(TEXT.encode()), TextDelta("x")]
    one = DIALECT.reply_encoder(Asked(REQUEST, stream=True), Answering("abc", 7, "n", source="openai_chat"))
    other = DIALECT.reply_encoder(Asked(REQUEST, stream=True), Answering("abc", 7, "n", source="openai_chat"))
    assert b"".join(one.receive_items(events) for _ in range(3)) == other.receive_items(events * 3)
