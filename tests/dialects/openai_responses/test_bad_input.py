"""What servers should not send: each has a written outcome, and no bytes raise."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.dialects.openai_responses import assembly
from muxer_core.dialects.protocol import Target
from muxer_core.dialects.server import Answering, Inbound
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.items import (
    FailureReported,
    Item,
    LogprobsReported,
    ReplyEnded,
    ReplyStarted,
    TextDelta,
)
from muxer_core.wire.heads import ResponseHead
from muxer_core.wire.limits import Limits
from tests.dialects.openai_responses.exchanges import (
    CREATED,
    DIALECT,
    END,
    LIMITS,
    TEXT,
    between,
    stream_bytes,
    stream_items,
    streamed,
    whole_items,
)

NESTED: Any = json.loads("[" * 150 + "]" * 150)


def failure(items: list[Item]) -> tuple[str, str]:
    last = items[-1]
    assert isinstance(last, FailureReported), last
    assert not any(isinstance(item, ReplyEnded) for item in items)
    return last.failure.kind, last.failure.message


@pytest.mark.parametrize(
    ("events", "kind", "words"),
    [
        ([], "truncated", "before any answer"),
        (["[DONE]"], "truncated", "before any answer"),
        ([CREATED, TEXT], "truncated", "without response.completed"),
        ([CREATED, TEXT, "[DONE]"], "truncated", "without response.completed"),
        (["<html>"], "malformed", "cannot be read"),
        (["[1]"], "malformed", "no object"),
        (['{"choices":[]}'], "malformed", "without a type"),
        (["[" * 200 + "]" * 200], "limit_exceeded", "depth"),
        ([{**TEXT, "logprobs": NESTED}], "limit_exceeded", "depth"),
        ([{"type": "response.completed"}], "malformed", "without a response"),
        ([CREATED, TEXT, {"type": "error", "code": "server_error", "message": "no"}, END], "server_error", "no"),
        (
            [CREATED, {"type": "error", "error": {"code": "rate_limit_exceeded", "message": "slow"}}],
            "rate_limited",
            "slow",
        ),
        (['{"error":{"message":"out of it","code":"insufficient_quota"}}'], "quota_exhausted", "out of it"),
        (
            [{"type": "response.failed", "response": {"error": {"code": "server_error", "message": "no"}}}],
            "server_error",
            "no",
        ),
        ([{"type": "response.failed", "response": {"status": "failed", "error": None}}], "server_error", "failed"),
        ([{"type": "response.completed", "response": {"status": "cancelled"}}], "server_error", "cancelled"),
    ],
)
def test_a_stream_that_is_no_answer(events: list[Any], kind: str, words: str) -> None:
    found = failure(stream_items(*events))
    assert found[0] == kind
    assert words in found[1]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "truncated"),
        (b"  \n", "truncated"),
        (b"<html>busy</html>", "malformed"),
        (b"[]", "malformed"),
        (b'{"id":"x"}', "malformed"),
        (b'{"output":[]', "malformed"),
        (b"[" * 200 + b"]" * 200, "limit_exceeded"),
        (b'{"error":{"code":"invalid_api_key","message":"no"}}', "auth"),
        (b'{"output":[],"status":"queued"}', "unsupported"),
        (b'{"output":[],"status":"failed","error":null}', "server_error"),
        (b'{"choices":[{"index":7.5}]}', "malformed"),
    ],
)
def test_a_whole_reply_that_is_no_answer(body: bytes, kind: str) -> None:
    assert failure(whole_items(body))[0] == kind


def test_limits_are_named() -> None:
    assert failure(whole_items(b'{"output":[' + b" " * 90 + b"]}", limits=Limits(body=50)))[0] == "limit_exceeded"
    assert failure(streamed(b"data: " + b"x" * 90, Limits(line=50)))[0] == "limit_exceeded"
    decoder = DIALECT.chat_decoder(ResponseHead(200), stream=True, limits=Limits(line=50), keep_source=False)
    assert len(decoder.receive_data(b"x" * 60)) == 1
    assert decoder.receive_data(b"y") == decoder.receive_eof() == []
    whole = DIALECT.chat_decoder(ResponseHead(200), stream=False, limits=Limits(body=5), keep_source=False)
    assert len(whole.receive_data(b"x" * 60)) == 1
    assert whole.receive_data(b"y") == whole.receive_eof() == []


def test_no_reply_has_endless_items(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assembly, "MAX_ITEMS", 5)
    deltas: list[Any] = [{**TEXT, "output_index": number, "item_id": f"m_{number}"} for number in range(20)]
    assert failure(stream_items(CREATED, *deltas))[0] == "limit_exceeded"
    added: list[Any] = [{"type": "response.output_item.added", "item": {"id": f"m_{number}"}} for number in range(20)]
    assert failure(stream_items(CREATED, *added))[0] == "limit_exceeded"
    assert (
        failure(whole_items({"output": [{"type": "message", "id": f"m_{number}"} for number in range(20)]}))[0]
        == "limit_exceeded"
    )


def test_what_follows_the_end_is_not_read() -> None:
    items = stream_items(CREATED, TEXT, END, TEXT, {"type": "error", "message": "late"})
    assert between(items) == [TextDelta("x")]


def test_an_end_without_its_blank_line_counts_where_it_is_whole() -> None:
    body = stream_bytes(CREATED, TEXT, END)
    assert between(streamed(body.rstrip(b"\n"))) == [TextDelta("x")]
    assert failure(streamed(body[:-5]))[1] == "the stream ended inside an event"
    assert failure(streamed(stream_bytes(CREATED, TEXT).rstrip(b"\n")))[1] == "the stream ended inside an event"


def test_a_whole_reply_in_place_of_a_stream_and_the_other_way_round() -> None:
    body = {"id": "resp_1", "output": [{"type": "message", "role": "assistant", "content": "Plain."}]}
    assert between(streamed(json.dumps(body).encode()))[0] == TextDelta("Plain.")
    assert between(whole_items(stream_bytes(CREATED, TEXT, END), {"content-type": "text/event-stream"})) == [
        TextDelta("x")
    ]


def test_a_chat_completion_in_place_of_a_response_is_read_as_one() -> None:
    items = whole_items({"choices": [{"index": 0, "message": {"content": "Hi."}, "finish_reason": "stop"}]})
    assert TextDelta("Hi.") in items
    assert isinstance(items[-1], ReplyEnded)


def test_what_says_nothing_is_passed_over() -> None:
    unknown = {"type": "response.unheard_of.delta", "delta": "x"}
    quiet = b": comment\n\nevent: ping\ndata: {}\n\ndata:\n\n" + stream_bytes(
        CREATED, "null", unknown, {**TEXT, "delta": ""}, TEXT, END
    )
    assert between(streamed(quiet)) == [TextDelta("x")]


def test_the_events_name_stands_for_a_type_that_is_missing() -> None:
    body = b'event: response.output_text.delta\ndata: {"delta":"x"}\n\n' + stream_bytes(END)
    assert between(streamed(body)) == [TextDelta("x")]
    assert failure(streamed(b'event: error\ndata: {"message":"no"}\n\n'))[1] == "no"


def test_invalid_text_and_repeated_keys_are_read() -> None:
    body = (
        b'data: {"type":"response.output_text.delta","delta":"a\xff"}\n\n'
        b'data: {"type":"response.output_text.delta","delta":"\\ud83d"}\n\n'
        b'data: {"type":"response.output_text.delta","delta":"no","delta":"yes"}\n\n'
        b'data: {"type":"response.output_text.delta","delta":"n","logprobs":[NaN],"output_index":1e30,"item_id":7}\n\n'
    )
    items = between(streamed(body + stream_bytes(END)))
    assert [item.text for item in items if isinstance(item, TextDelta)] == ["a\ufffd", "\ufffd", "yes", "n"]
    assert any(isinstance(item, LogprobsReported) for item in items)


def test_a_delta_of_a_surprising_kind_says_nothing() -> None:
    odd: list[Any] = [
        {**TEXT, "delta": {"a": 1}},
        {"type": "response.output_item.added", "item": 5},
        {"type": "response.output_item.done"},
    ]
    assert between(stream_items(CREATED, *odd, END)) == []


@given(st.binary(max_size=200), st.booleans())
def test_no_bytes_raise(body: bytes, stream: bool) -> None:
    decoder = DIALECT.chat_decoder(ResponseHead(200), stream=stream, limits=LIMITS, keep_source=True)
    items = decoder.receive_data(body) + decoder.receive_eof()
    assert isinstance(items[-1], FailureReported)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["type", "id", "output", "content", "text", "call_id", "name", "arguments", "summary", "output_index"]),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip
_types = st.sampled_from([
    "response.created", "response.output_item.added", "response.output_item.done", "response.output_text.delta", "response.completed",
    "response.output_text.annotation.added", "response.failed", "error", "response.reasoning_text.delta",
])  # fmt: skip
_kinds = st.sampled_from(["message", "reasoning", "function_call", "image_generation_call", "web_search_call"])


@given(
    st.lists(
        st.tuples(_types, _kinds, st.dictionaries(st.sampled_from(["item", "response", "delta", "annotation"]), _json)),
        max_size=5,
    ),
    st.booleans(),
)
def test_no_event_raises_whatever_it_holds(drawn: list[tuple[str, str, dict[str, Any]]], odd: bool) -> None:
    events: list[Any] = []
    for word, kind, fields in drawn:
        item = fields.get("item")
        kinds: dict[str, Any] = {"type": kind, **item} if odd and isinstance(item, dict) else {"type": kind}
        events.append({"type": word, **fields, **({"item": {**item, **kinds}} if isinstance(item, dict) else {})})
    items = stream_items(*events)
    assert isinstance(items[-1], FailureReported | ReplyEnded)


def refused_for(body: bytes) -> str:
    """The field for which a request is refused; empty where it is read. One that is read can be written, and answered."""
    try:
        asked = DIALECT.decode_chat(Inbound("POST", "/v1/responses", body=body), limits=LIMITS)
    except InvalidRequest as problem:
        return problem.field
    target = Target(where="here", base_url="https://example.org/v1", model="m")
    written = DIALECT.encode_chat(asked.request, target, max_tokens=asked.request.max_tokens, stream=False)
    assert json.loads(written.request.body) == json.loads(body)
    encoder = DIALECT.reply_encoder(asked, Answering(reply_id="0", created=0))
    assert b'"completed"' in encoder.receive_items([ReplyStarted(), ReplyEnded("end")])
    return ""


@given(st.lists(_json, max_size=4), _json)
def test_no_request_raises_anything_but_the_name_of_a_field(items: list[Any], odd: Any) -> None:
    for body in (
        {"model": "m", "input": items},
        {"model": "m", "input": [odd]},
        {"model": "m", "input": "x", "tools": items, "text": odd},
    ):
        data = json.dumps({**body, "tool_choice": odd} if odd else body).encode()
        field = refused_for(data)
        assert field.partition("[")[0].partition(".")[0] in ("", "input", "tools", "tool_choice", "text")
