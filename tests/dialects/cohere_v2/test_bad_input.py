"""Bytes that no server should send: each has a written outcome, under any cut, and nothing raises."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.call.reply_builder import ReplyBuilder
from muxer_core.dialects.cohere_v2 import CohereV2
from muxer_core.dialects.cohere_v2.assembly import MAX_CALLS
from muxer_core.testing.wire import json_texts
from muxer_core.values.items import (
    CitationsReported,
    ExtrasReported,
    FailureReported,
    Item,
    LogprobsReported,
    PartEnded,
    ReasoningDelta,
    ReplyEnded,
    ReplyStarted,
    SourceEvent,
    TextDelta,
    ToolCallDelta,
    UsageReported,
    WarningReported,
)
from muxer_core.values.messages import ReasoningPart, TextPart, ToolCallPart
from muxer_core.values.usage import Usage
from muxer_core.wire.limits import Limits
from tests.support.exchanges import decode, ending_of, finish_of, reply, some_cuts, text_of

DIALECT = CohereV2()
_NOTHING: list[Any] = []
_BEGUN: dict[str, Any] = {"role": "assistant", "content": _NOTHING, "tool_plan": "", "tool_calls": _NOTHING}
START: dict[str, Any] = {"id": "m1", "type": "message-start", "delta": {"message": _BEGUN}}


def piece(kind: str, index: int | None = None, **message: Any) -> dict[str, Any]:
    place = {} if index is None else {"index": index}
    return {"type": kind, **place, "delta": {"message": message}}


def text(said: str, index: int = 0) -> dict[str, Any]:
    return piece("content-delta", index, content={"text": said})


def call(index: int, call_id: Any = "c1", name: Any = "weather", arguments: Any = "") -> dict[str, Any]:
    return piece(
        "tool-call-start",
        index,
        tool_calls={"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}},
    )


def more(index: int, arguments: Any) -> dict[str, Any]:
    return piece("tool-call-delta", index, tool_calls={"function": {"arguments": arguments}})


def end(word: str = "COMPLETE", **delta: Any) -> dict[str, Any]:
    return {"type": "message-end", "delta": {"finish_reason": word, **delta}}


def told(*events: Any, limits: Limits | None = None, keep_source: bool = False) -> list[Item]:
    """The items of a stream of these events, the same under any cut."""
    body = b"".join(
        b"data: " + (one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n\n" for one in events
    )
    exchange = reply(body, stream=True)
    items = decode(DIALECT, exchange, limits=limits, keep_source=keep_source)
    for pieces in some_cuts(body, "cuts", 3):
        assert decode(DIALECT, exchange, pieces, limits=limits, keep_source=keep_source) == items
    return items


def test_message_end_is_the_end_and_what_follows_is_not_read() -> None:
    assert told(START, text("x"), end(), b"[DONE]", text("y"))[-1] == ReplyEnded("message-end")
    assert told(START, text("x"), end())[0] == ReplyStarted("m1", dialect="cohere_v2")


@pytest.mark.parametrize("events", [(), (START,), (START, text("x")), (START, text("x"), b"[DONE]"), (b"", b" ")])
def test_without_evidence_a_stream_is_truncated(events: tuple[Any, ...]) -> None:
    assert ending_of(told(*events)) == "truncated"


def test_a_body_that_ends_inside_the_last_event_is_truncated() -> None:
    body = f"data: {json.dumps(text('x'))}\n\ndata: {json.dumps(end())}\n"
    assert ending_of(decode(DIALECT, reply(body, stream=True))) == "truncated"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<html><body>busy</body></html>", "malformed"),
        ("", "truncated"),
        ('{"results":[]}', "malformed"),
        ('{"id":"x","message":"invalid api key"}', "auth"),
        ('{"error":"rate limit"}', "rate_limited"),
        ('{"message":{"content":[1]}}', "malformed"),
        ('{"message":{"tool_calls":[{"id":"a"}]}}', "malformed"),
        ('{"message":{},"finish_reason":"TIMEOUT"}', "server_error"),
    ],
)
def test_what_is_no_reply(body: str, kind: str, stream: bool) -> None:
    assert ending_of(decode(DIALECT, reply(body, stream=stream))) == kind


@pytest.mark.parametrize(
    ("body", "kind"), [("[1]", "malformed"), ("[" * 200, "limit_exceeded"), ("nonsense", "malformed")]
)
def test_what_is_no_object(body: str, kind: str) -> None:
    assert ending_of(decode(DIALECT, reply(body))) == kind
    assert ending_of(told(body.encode())) == kind


def test_a_whole_reply_where_a_stream_was_due_is_read_and_the_other_way_round() -> None:
    whole = '{"id":"m1","message":{"content":"x"},"finish_reason":"MAX_TOKENS"}'
    items = decode(DIALECT, reply(" " + whole, stream=True))
    assert (text_of(items), finish_of(items), ending_of(items)) == ("x", ("length", "MAX_TOKENS"), "complete")
    streamed = f"data: {json.dumps(text('x'))}\n\ndata: {json.dumps(end())}\n\n"
    assert text_of(decode(DIALECT, reply(streamed, content_type="text/event-stream"))) == "x"


def test_an_error_at_the_end_is_a_failure_with_the_words_of_the_server() -> None:
    last = told(START, end("ERROR", error="the model fell over"))[-1]
    assert isinstance(last, FailureReported)
    assert (last.failure.kind, last.failure.message) == ("server_error", "the model fell over")
    other = told(START, {"message": "too many requests"}, end())[-1]
    assert isinstance(other, FailureReported)
    assert other.failure.kind == "rate_limited"


def test_tool_calls_in_any_order_keep_their_pieces_apart() -> None:
    items = told(
        piece("tool-plan-delta", tool_plan="I "), piece("tool-plan-delta", tool_plan="will"), call(0), call(5, "c2", "time"),
        more(5, '{"b":'),
        more(0, "{}"), more(5, "2}"), {"type": "tool-call-end", "index": 0}, {"type": "tool-call-end", "index": 9}, end("TOOL_CALL"),
    )  # fmt: skip
    builder = ReplyBuilder()
    builder.add(items)
    assert builder.answers()[0].message.parts == (
        ReasoningPart("I will", form=("tool_plan",)), ToolCallPart("c1", "weather", "{}"), ToolCallPart("c2", "time", '{"b":2}'),
    )  # fmt: skip
    assert finish_of(items) == ("tool_call", "TOOL_CALL")


@pytest.mark.parametrize(
    "event",
    [
        more(0, "{}"), call(0, None), call(0, "c", ""), call(0, arguments=3), call(-1), text("x", -1), piece("content-delta", 0, content=3),
        {"type": "content-delta", "index": "0", "delta": {"message": {"content": {"text": "x", "new": 1}}}},
    ],
)  # fmt: skip
def test_shapes_that_mean_nothing_are_malformed(event: dict[str, Any]) -> None:
    assert ending_of(told(START, event, end())) == "malformed"


def test_unknown_events_and_fields_are_extras() -> None:
    odd = piece("content-delta", 0, content={"text": "x", "smell": 1})
    start: dict[str, Any] = {**START, "delta": {"message": {"mood": "d"}}}
    items = told(
        start,
        {"type": "debug", "prompt": "p"},
        odd,
        end(usage={"tokens": {"input_tokens": 1, "output_tokens": 1}, "x": 2}),
    )
    assert [item.fields for item in items if isinstance(item, ExtrasReported)] == [
        {"message": {"mood": "d"}},
        {"debug": {"prompt": "p"}},
        {"message": {"content": [{"type": None, "smell": 1}]}},
        {"usage": {"x": 2}},
    ]
    whole = decode(DIALECT, reply('{"message":{"content":[]},"finish_reason":"COMPLETE","new":1}'))
    assert ExtrasReported({"new": 1}) in whole


def test_a_whole_reply_gives_the_items_of_a_stream() -> None:
    cited = {
        "start": 0,
        "end": 1,
        "text": "x",
        "sources": [{"type": "document", "document": {"title": "T", "url": "https://e.org", "snippet": "s"}}],
    }
    usage = {"billed_units": {"input_tokens": 2, "output_tokens": 3.0, "search_units": 1},
             "tokens": {"input_tokens": 9, "output_tokens": 3},
             "cached_tokens": 4}  # fmt: skip
    streamed = told(
        START, piece("tool-plan-delta", tool_plan="p"), piece("content-start", 0, content={"type": "thinking", "thinking": ""}),
        piece("content-delta", 0, content={"thinking": "hm"}), {"type": "content-end", "index": 0},
        piece("content-start", 1, content={"type": "text", "text": ""}), text("x", 1), piece("citation-start", 0, citations=cited),
        {"type": "citation-end", "index": 0}, call(0, arguments="{}"), {"type": "tool-call-end", "index": 0}, end("TOOL_CALL", usage=usage),
    )  # fmt: skip
    whole = {
        "id": "m1",
        "message": {
            "role": "assistant", "tool_plan": "p", "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "x"}],
            "citations": [cited], "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}],
        },
        "finish_reason": "TOOL_CALL", "usage": usage,
    }  # fmt: skip
    assert decode(DIALECT, reply(json.dumps(whole)))[:-1] == streamed[:-1]
    (citation,) = [item.citations[0] for item in streamed if isinstance(item, CitationsReported)]
    assert (citation.kind, citation.title, citation.url, citation.text, citation.start, citation.native) == (
        "document", "T", "https://e.org", "s", 0, cited,
    )  # fmt: skip
    assert (
        UsageReported(
            Usage(input_tokens=9, output_tokens=3, cached_input_tokens=4),
            Usage(input_tokens=2, output_tokens=3),
            (("search", 1),),
        )
        in streamed
    )
    assert streamed[1:6] == [
        ReasoningDelta("p"),
        PartEnded(form=("tool_plan",)),
        ReasoningDelta("hm"),
        PartEnded(),
        TextDelta("x"),
    ]
    assert ToolCallDelta(0, "{}", "c1", "weather", "function") in streamed


def test_citations_stand_behind_the_text_that_they_name() -> None:
    content = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    citations = [{"content_index": 1}, {"content_index": 0}, {"content_index": 7}]
    whole = {"message": {"content": content, "citations": citations}, "finish_reason": "COMPLETE"}
    builder = ReplyBuilder()
    builder.add(decode(DIALECT, reply(json.dumps(whole))))
    parts = [part for part in builder.answers()[0].message.parts if isinstance(part, TextPart)]
    assert [[one.native["content_index"] for one in part.citations] for part in parts] == [[0], [1, 7]]


@pytest.mark.parametrize("count", [-1, 1.5, True, "3", 10**40])
def test_counts_that_are_none_are_not_used(count: Any) -> None:
    items = told(START, end(usage={"tokens": {"input_tokens": count, "output_tokens": 1}}))
    assert not any(isinstance(item, UsageReported) for item in items)
    assert WarningReported("usage was not used: input_tokens is no count") in items


def test_counts_that_tell_only_a_part() -> None:
    def usage(fields: dict[str, Any]) -> list[Item]:
        return [
            item
            for item in told(START, end(usage=fields))
            if isinstance(item, UsageReported | WarningReported | ExtrasReported)
        ]

    assert usage({"billed_units": {"input_tokens": 2, "output_tokens": 3, "classifications": 1}}) == [
        UsageReported(Usage(input_tokens=2, output_tokens=3, exact=False)),
        ExtrasReported({"usage": {"billed_units": {"classifications": 1}}}),
    ]  # fmt: skip
    assert usage({"tokens": {"output_tokens": 3}}) == [UsageReported(Usage(output_tokens=3, exact=False))]
    assert usage({"billed_units": {"search_units": 2}}) == [UsageReported(Usage(exact=False), None, (("search", 2),))]
    assert usage({}) == [WarningReported("usage was not used: it holds no counts")]
    assert usage({"tokens": {"input_tokens": 2, "output_tokens": 3}, "cached_tokens": 5}) == [
        UsageReported(Usage(input_tokens=2, output_tokens=3, cached_input_tokens=2)),
        WarningReported("usage.cached_tokens was cut: it is more than the input"),
    ]


def test_log_probabilities() -> None:
    record = {"text": "x", "token_ids": [1], "logprobs": [-0.1]}
    items = told(START, {**text("x"), "logprobs": record}, end())
    assert LogprobsReported([record]) in items
    whole = decode(
        DIALECT, reply(json.dumps({"message": {"content": "x"}, "finish_reason": "COMPLETE", "logprobs": [record]}))
    )
    assert LogprobsReported([record]) in whole


def test_invalid_utf8_lone_surrogates_and_repeated_keys() -> None:
    bad = b'{"type":"content-delta","delta":{"message":{"content":{"text":"a","text":"b\xff\\ud83d"}}}}'
    assert text_of(told(START, bad, end())) == "b��"


def test_law_10_everything_held_is_bounded() -> None:
    assert ending_of(told(START, text("x" * 500), limits=Limits(line=300))) == "limit_exceeded"
    assert ending_of(decode(DIALECT, reply("{" + " " * 50), limits=Limits(body=20))) == "limit_exceeded"
    many = "".join(f"data: {json.dumps(call(number, f'c{number}'))}\n\n" for number in range(MAX_CALLS + 1))
    assert ending_of(decode(DIALECT, reply(many, stream=True))) == "limit_exceeded"


def test_source_events_are_the_data() -> None:
    items = told(START, text("x"), end(), keep_source=True)
    assert [json.loads(item.data) for item in items if isinstance(item, SourceEvent)] == [START, text("x"), end()]
    whole = '{"message":{"content":"x"},"finish_reason":"COMPLETE"}'
    assert decode(DIALECT, reply(whole), keep_source=True)[0] == SourceEvent(whole.encode())


@given(st.lists(json_texts(), max_size=4))
def test_law_1_no_event_raises_and_cuts_change_nothing(events: list[bytes]) -> None:
    told(*[one.replace(b"\n", b" ").replace(b"\r", b" ") for one in events])


_NAMES = [
    *(
        "message",
        "content",
        "text",
        "thinking",
        "tool_plan",
        "tool_calls",
        "function",
        "name",
        "arguments",
        "id",
        "index",
        "citations",
    ),
    *("sources", "document", "usage", "tokens", "billed_units", "input_tokens", "logprobs", "finish_reason", "error"),
]
_values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=4),
    max_leaves=10,
)
_kinds = st.sampled_from([
    "message-start", "content-start", "content-delta", "content-end", "tool-plan-delta", "tool-call-start", "tool-call-delta",
    "tool-call-end", "citation-start", "message-end", "new",
])  # fmt: skip


@given(st.lists(st.tuples(_kinds, _values, _values), max_size=4))
def test_no_shape_raises(events: list[tuple[str, Any, Any]]) -> None:
    items = told(
        *[{"type": kind, "index": index, "delta": {"message": value}} for kind, index, value in events],
        end(usage={"tokens": events}),
    )
    assert isinstance(items[-1], ReplyEnded | FailureReported)


@given(_values, _values)
def test_no_shape_of_a_whole_reply_raises(message: Any, usage: Any) -> None:
    value = {"message": message, "usage": usage, "finish_reason": usage, "logprobs": message}
    assert isinstance(decode(DIALECT, reply(json.dumps(value)))[-1], ReplyEnded | FailureReported)


@given(st.text(max_size=6), st.integers(0, 2))
def test_the_typed_reader_and_the_lenient_one_give_the_same(said: str, index: int) -> None:
    plain = text(said, index)
    assert told(START, plain, end()) == told(START, {**plain, "new": 1}, end())
