"""Bytes that no service should send: each has a written outcome, under any cut, and nothing raises."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.dialects.bedrock_converse import BedrockConverse, BedrockConverseOptions
from muxer_core.testing.aws_event_stream import encode_frame, event, frame_reads
from muxer_core.testing.wire import json_texts
from muxer_core.values.items import (
    CitationsReported,
    ExtrasReported,
    FailureReported,
    ImageDelta,
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
from muxer_core.wire.aws_event_stream import EventFrame, FrameHeader
from muxer_core.wire.limits import Limits
from tests.dialects.bedrock_converse.streams import (
    DIALECT,
    METADATA,
    STOP,
    TEXT,
    block,
    frames,
    message_of,
    told,
    use,
    whole,
)
from tests.support.exchanges import decode, ending_of, finish_of, reply, text_of


def test_metadata_after_the_stop_is_the_end_and_what_follows_is_not_read() -> None:
    assert told(TEXT, STOP, METADATA, TEXT, b"nonsense")[-1] == ReplyEnded("metadata after messageStop")


def test_the_end_of_the_body_after_the_stop_is_evidence_too() -> None:
    assert told(METADATA, TEXT, STOP)[-1] == ReplyEnded("end of body after messageStop")


@pytest.mark.parametrize("events", [(), (TEXT,), (TEXT, METADATA), (TEXT, STOP, frames(METADATA)[:-1])])
def test_without_evidence_a_stream_is_truncated(events: tuple[Any, ...]) -> None:
    assert ending_of(told(*events)) == "truncated"


def test_a_changed_byte_is_malformed_and_what_came_before_is_kept() -> None:
    body = bytearray(frames(TEXT, TEXT, STOP))
    body[len(frames(TEXT)) + 40] ^= 1
    items = told(bytes(body))
    assert ending_of(items) == "malformed"
    assert text_of(items) == "x"


def test_exceptions_inside_a_stream_are_failures_with_the_words_of_the_server() -> None:
    payload = json.dumps({"message": "Too many tokens, slow down"}).encode()
    items = told(TEXT, event("throttlingException", payload, message_type="exception"), STOP)
    assert isinstance(items[-1], FailureReported)
    assert (items[-1].failure.kind, items[-1].failure.code) == ("rate_limited", "throttlingException")
    assert items[-1].failure.message == "Too many tokens, slow down"
    error = EventFrame((
        FrameHeader(":message-type", "string", "error"),
        FrameHeader(":error-code", "string", "InternalServerException"),
        FrameHeader(":error-message", "string", "gone"),
    ))  # fmt: skip
    last = told(TEXT, encode_frame(error))[-1]
    assert isinstance(last, FailureReported)
    assert (last.failure.kind, last.failure.message) == ("server_error", "gone")
    assert ending_of(told(("serviceUnavailableException", {"message": "busy"}))) == "overloaded"
    assert (
        ending_of(told(("validationException", {"message": "Input is too long for requested model."})))
        == "context_too_long"
    )
    assert ending_of(told(event("modelStreamErrorException", b"", message_type="exception"))) == "server_error"
    words = told(("modelStreamErrorException", {"message": "failed", "originalMessage": "out of memory"}))[-1]
    assert isinstance(words, FailureReported)
    assert words.failure.message == "failed: out of memory"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<html><body>busy</body></html>", "malformed"),
        ("", "truncated"),
        ('{"message": "no"}', "malformed"),
        ('{"output": {"message": {"content": ["x"]}}}', "malformed"),
        ('{"error": {"message": "Rate limit exceeded"}}', "rate_limited"),
        ("[1]", "malformed"),
        ("[" * 200, "limit_exceeded"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_is_no_reply(body: str, kind: str, stream: bool) -> None:
    assert ending_of(decode(DIALECT, reply(body, stream=stream))) == kind


def test_a_whole_reply_where_a_stream_was_due_is_read() -> None:
    body = '{"output":{"message":{"content":[{"text":"a"}]}},"stopReason":"max_tokens"}'
    items = decode(DIALECT, reply(body, stream=True))
    assert (text_of(items), finish_of(items), ending_of(items)) == ("a", ("length", "max_tokens"), "complete")


def test_a_stream_where_a_whole_reply_was_due_is_read() -> None:
    exchange = reply(frames(TEXT, STOP), content_type="application/vnd.amazon.eventstream")
    assert ending_of(decode(DIALECT, exchange)) == "complete"


@pytest.mark.parametrize("reason", ["malformed_model_output", "malformed_tool_use"])
def test_a_broken_answer_is_a_failure_of_the_server(reason: str) -> None:
    assert ending_of(told(TEXT, ("messageStop", {"stopReason": reason}), METADATA)) == "server_error"


def test_tool_calls_in_any_order_keep_their_pieces_apart() -> None:
    items = told(
        use(1), use(2, "t2"), block(2, {"toolUse": {"input": '{"b":'}}), block(1, {"toolUse": {"input": '{"a":1}'}}),
        block(2, {"toolUse": {"input": "2}"}}), STOP,
    )  # fmt: skip
    calls = [part for part in message_of(items).parts if isinstance(part, ToolCallPart)]
    assert [(call.id, call.arguments) for call in calls] == [("t1", '{"a":1}'), ("t2", '{"b":2}')]


def test_cut_arguments_are_kept_as_they_are() -> None:
    items = told(use(0), block(0, {"toolUse": {"input": '{"a":'}}), ("messageStop", {"stopReason": "max_tokens"}))
    assert ending_of(items) == "complete"
    assert message_of(items).parts[0].arguments == '{"a":'


@pytest.mark.parametrize(
    "events",
    [
        (block(0, {"toolUse": {"input": "{}"}}),),
        (use(0), block(0, {"toolUse": {"input": 3}})),
        (use(0, None),),
        (use(0, "t", 7),),
        (block(-1, {"text": "a"}),),
        (("contentBlockDelta", {"contentBlockIndex": "0", "delta": {"text": "a"}}),),
        (("contentBlockDelta", {"contentBlockIndex": 0, "delta": "a"}),),
        (("contentBlockDelta", [1]),),
        (block(0, {"toolResult": [{"text": "a"}]}),),
    ],
)
def test_shapes_that_mean_nothing_are_malformed(events: tuple[Any, ...]) -> None:
    assert ending_of(told(*events, STOP)) == "malformed"


def test_unknown_events_and_fields_are_extras() -> None:
    items = told(
        ("brandNew", {"a": 1}), block(0, {"smell": {"b": 2}}),
        ("contentBlockStart", {"contentBlockIndex": 1, "start": {"dance": {"c": 3}}}),
        block(2, {"reasoningContent": {"mood": "d"}}), ("initial-response", {}), STOP,
    )  # fmt: skip
    fields = [item.fields for item in items if isinstance(item, ExtrasReported)]
    assert fields == [
        {"brandNew": {"a": 1}},
        {"message": {"content": [{"smell": {"b": 2}}]}},
        {"message": {"content": [{"dance": {"c": 3}}]}},
        {"message": {"content": [{"reasoningContent": {"mood": "d"}}]}},
    ]
    assert ending_of(items) == "complete"


def test_invalid_utf8_lone_surrogates_and_repeated_keys() -> None:
    bad = event("contentBlockDelta", b'{"contentBlockIndex":0,"delta":{"text":"a\xff\\ud83d"}}')
    twice = event("contentBlockDelta", b'{"contentBlockIndex":0,"delta":{"text":"no"},"delta":{"text":"yes"}}')
    assert text_of(told(bad, twice, STOP)) == "a��yes"


def test_thoughts_and_their_seals_go_back_in_one_part() -> None:
    items = told(
        block(0, {"reasoningContent": {"text": "h"}}), block(0, {"reasoningContent": {"text": "m"}}),
        block(0, {"reasoningContent": {"signature": "c2VhbA=="}}), ("contentBlockStop", {"contentBlockIndex": 0}),
        block(1, {"reasoningContent": {"redactedContent": "RXRr"}}), ("contentBlockStop", {"contentBlockIndex": 1}),
        block(2, {"reasoningContent": {"redactedContent": "/w=="}}), block(3, {"text": "a"}), block(4, {"text": "b"}), STOP,
    )  # fmt: skip
    assert message_of(items).parts == (
        ReasoningPart("hm", "c2VhbA==", vendor="anthropic"),
        ReasoningPart(encrypted="Etk", vendor="anthropic"),
        ReasoningPart(encrypted="/w==", form=("blob",)),
        TextPart("a"),
        TextPart("b"),
    )


def test_nobody_knows_whose_seals_these_are_where_the_operator_says_so() -> None:
    dialect = BedrockConverse(BedrockConverseOptions(seal_vendor=""))
    body = frames(
        block(0, {"reasoningContent": {"signature": "s"}}),
        block(1, {"reasoningContent": {"redactedContent": "RXRr"}}),
        STOP,
    )
    seals = [item for item in decode(dialect, reply(body, stream=True)) if isinstance(item, ReasoningDelta)]
    assert seals == [ReasoningDelta(signature="s"), ReasoningDelta(encrypted="RXRr")]


def test_citations_images_and_their_faults() -> None:
    cited = {"title": "T", "location": {"web": {"url": "https://example.org"}}, "sourceContent": [{"text": "w"}]}
    start = ("contentBlockStart", {"contentBlockIndex": 1, "start": {"image": {"format": "webp"}}})
    image = block(1, {"image": {"source": {"bytes": "AAAA"}}})
    broken = block(1, {"image": {"error": {"message": "blocked"}}})
    items = told(TEXT, block(0, {"citation": cited}), start, image, broken, STOP)
    citations = [item.citations[0] for item in items if isinstance(item, CitationsReported)]
    assert [(one.kind, one.url, one.title, one.text, one.native) for one in citations] == [
        ("url", "https://example.org", "T", "w", cited)
    ]
    assert ImageDelta("data:image/webp;base64,AAAA") in items
    assert WarningReported("an image of the answer could not be made: blocked") in items
    at_once = whole([{"citationsContent": {"content": [{"text": "x"}], "citations": [cited]}},
                     {"image": {"format": "webp", "source": {"s3Location": {"uri": "s3://b/k"}}}}])  # fmt: skip
    assert [item.citations[0] for item in at_once if isinstance(item, CitationsReported)] == citations
    assert ImageDelta("s3://b/k") in at_once


def test_a_whole_reply_gives_the_items_of_a_stream() -> None:
    content = [
        {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "c2VhbA=="}}},
        {"text": "x"},
        {"toolUse": {"toolUseId": "t1", "name": "weather", "input": {"city": "Berlin"}}},
    ]
    streamed = told(
        ("messageStart", {"role": "assistant"}),
        block(0, {"reasoningContent": {"text": "hm"}}), block(0, {"reasoningContent": {"signature": "c2VhbA=="}}),
        ("contentBlockStop", {"contentBlockIndex": 0}), block(1, {"text": "x"}), ("contentBlockStop", {"contentBlockIndex": 1}),
        use(2), block(2, {"toolUse": {"input": '{"city":"Berlin"}'}}), ("contentBlockStop", {"contentBlockIndex": 2}),
        ("messageStop", {"stopReason": "tool_use"}), METADATA,
    )  # fmt: skip
    assert whole(content, **METADATA[1], stopReason="tool_use")[:-1] == streamed[:-1]
    assert streamed[1:9] == [
        ReasoningDelta("hm"),
        ReasoningDelta(signature="c2VhbA==", vendor="anthropic"),
        PartEnded(),
        TextDelta("x"),
        PartEnded(),
        ToolCallDelta(0, "", "t1", "weather", "function"),
        ToolCallDelta(0, '{"city":"Berlin"}'),
        PartEnded(call=0),
    ]


def test_source_events_are_the_payloads() -> None:
    items = told(TEXT, STOP, keep_source=True)
    assert [item for item in items if isinstance(item, SourceEvent)] == [
        SourceEvent(json.dumps(value).encode(), name) for name, value in (TEXT, STOP)
    ]


def test_law_10_everything_held_is_bounded() -> None:
    server = {"toolUseId": "s", "name": "code", "type": "server_tool_use"}
    start = ("contentBlockStart", {"contentBlockIndex": 0, "start": {"toolUse": server}})
    pieces = [block(0, {"toolUse": {"input": "x" * 50}})] * 5
    assert ending_of(told(start, *pieces, STOP, limits=Limits(event=200))) == "limit_exceeded"
    assert ending_of(told(*[use(index, f"t{index}") for index in range(1_001)])) == "limit_exceeded"
    assert ending_of(told(TEXT, limits=Limits(event=8))) == "limit_exceeded"
    assert ending_of(decode(DIALECT, reply("{" + " " * 50), limits=Limits(body=20))) == "limit_exceeded"
    lines = reply('{"messageStop":{"stopReason":"end_turn"}}\n', stream=True, content_type="application/x-ndjson")
    assert ending_of(decode(DIALECT, lines, limits=Limits(line=8))) == "limit_exceeded"
    nonsense = lines._replace(body=b"[1]\n")
    assert ending_of(decode(DIALECT, nonsense)) == "malformed"


@given(st.lists(st.tuples(st.sampled_from(["contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata", "x"]),
                          json_texts()), max_size=5))  # fmt: skip
def test_law_1_no_payload_raises_and_cuts_change_nothing(events: list[tuple[str, bytes]]) -> None:
    told(*[event(name, payload) for name, payload in events])


_values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(
        st.sampled_from(["text", "toolUse", "toolResult", "reasoningContent", "reasoningText", "citation", "citations", "content", "image",
                         "source", "bytes", "error", "toolUseId", "name", "input", "type", "start", "delta", "contentBlockIndex", "usage",
                         "trace", "guardrail", "inputAssessment", "contentPolicy", "filters", "serviceTier", "stopReason", "location",
                         "web", "sourceContent", "citationsContent", "cacheDetails", "additionalModelResponseFields"]), inner, max_size=3),
    max_leaves=10,
)  # fmt: skip


@given(
    st.lists(
        st.tuples(st.sampled_from(["contentBlockStart", "contentBlockDelta", "metadata", "messageStop"]), _values),
        max_size=4,
    )
)
def test_no_shape_raises(events: list[tuple[str, Any]]) -> None:
    items = told(*events)
    assert isinstance(items[-1], ReplyEnded | FailureReported)


@given(st.lists(_values, max_size=3), _values)
def test_no_shape_of_a_whole_reply_raises(content: list[Any], usage: Any) -> None:
    items = whole(content, usage=usage, trace=usage, serviceTier=usage, additionalModelResponseFields=usage)
    assert isinstance(items[-1], ReplyEnded | FailureReported)


@given(frame_reads())
def test_no_frames_raise(reads: list[bytes]) -> None:
    told(b"".join(reads))


@given(st.text(max_size=6), st.integers(0, 3), st.booleans())
def test_the_typed_reader_and_the_lenient_one_give_the_same(text: str, index: int, padded: bool) -> None:
    value: dict[str, Any] = {"contentBlockIndex": index, "delta": {"text": text}, **({"p": "abc"} if padded else {})}
    plain = event("contentBlockDelta", json.dumps(value).encode("utf-8", "surrogatepass"))
    slow = event("contentBlockDelta", json.dumps({**value, "new": 1}).encode("utf-8", "surrogatepass"))
    assert told(plain, STOP) == told(slow, STOP)
    assert not any(isinstance(item, UsageReported) for item in told(plain))
    assert isinstance(told(plain)[0], ReplyStarted)
