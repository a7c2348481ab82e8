"""What servers should not send: each has a written outcome, and no bytes raise."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.dialects.openai_responses import assembly
from muxer_core.values.items import (
    AudioDelta,
    ChoiceFinished,
    CitationsReported,
    CostReported,
    ExtrasReported,
    FailureReported,
    Item,
    LogprobsReported,
    PartEnded,
    ReasoningDelta,
    RefusalDelta,
    ReplyEnded,
    ReplyStarted,
    ServerToolReported,
    TextDelta,
    UsageReported,
    WarningReported,
)
from muxer_core.values.messages import ProviderPart
from muxer_core.values.usage import ReportedCost
from muxer_core.wire.heads import ResponseHead
from muxer_core.wire.limits import Limits
from tests.dialects.openai_responses.exchanges import DIALECT, LIMITS, stream_bytes, stream_items, streamed, whole_items
from tests.dialects.openai_responses.test_recorded import calls

CREATED: dict[str, Any] = {"type": "response.created", "response": {"id": "resp_1", "model": "m", "created_at": 5.7}}
TEXT: dict[str, Any] = {
    "type": "response.output_text.delta",
    "output_index": 0,
    "content_index": 0,
    "item_id": "msg_1",
    "delta": "x",
}
END: dict[str, Any] = {"type": "response.completed", "response": {"id": "resp_1", "status": "completed", "output": []}}


def failure(items: list[Item]) -> tuple[str, str]:
    last = items[-1]
    assert isinstance(last, FailureReported), last
    assert not any(isinstance(item, ReplyEnded) for item in items)
    return last.failure.kind, last.failure.message


def between(items: list[Item]) -> list[Item]:
    """What came between the start and the finish of a complete reply."""
    assert isinstance(items[-1], ReplyEnded), items[-1]
    return [item for item in items if not isinstance(item, ReplyStarted | ReplyEnded | ChoiceFinished)]


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


def call(index: int, **fields: Any) -> dict[str, Any]:
    return {
        "type": "function_call",
        "id": f"fc_{index}",
        "call_id": f"call_{index}",
        "name": "now",
        "arguments": "",
        **fields,
    }


def item_event(step: str, index: int | None, item: dict[str, Any]) -> dict[str, Any]:
    place = {} if index is None else {"output_index": index}
    return {"type": f"response.output_item.{step}", **place, "item": item}


def arguments(index: int | None, delta: str, name: str | None = None) -> dict[str, Any]:
    place: dict[str, Any] = {} if index is None else {"output_index": index}
    return {
        "type": "response.function_call_arguments.delta",
        **place,
        "delta": delta,
        **({} if name is None else {"item_id": name}),
    }


def test_calls_told_in_turn_stay_apart() -> None:
    events = [
        item_event("added", 0, call(0)), item_event("added", 1, call(1)),
        arguments(0, '{"a"'), arguments(1, "{}"), arguments(0, ":1}"),
        item_event("done", 1, call(1, arguments="{}")), item_event("done", 0, call(0, arguments='{"a":1}')),
    ]  # fmt: skip
    items = stream_items(CREATED, *events, END)
    assert calls(items) == [("call_0", "now", '{"a":1}'), ("call_1", "now", "{}")]
    assert [item.reason for item in items if isinstance(item, ChoiceFinished)] == ["tool_call"]


def test_calls_without_an_index_are_known_by_their_items() -> None:
    events = [
        item_event("added", None, call(0)), item_event("added", None, call(1)),
        arguments(None, "{", "fc_0"), arguments(None, "[]", "fc_1"), arguments(None, "}", "fc_0"),
        item_event("done", None, call(0, arguments="{}")), item_event("done", None, call(1, arguments="[]")),
    ]  # fmt: skip
    assert calls(stream_items(CREATED, *events, END)) == [("call_0", "now", "{}"), ("call_1", "now", "[]")]


def test_all_items_at_index_0() -> None:
    events = [
        item_event("added", 0, call(0)), arguments(0, "{}"), item_event("done", 0, call(0, arguments="{}")),
        item_event("added", 0, call(1)), arguments(0, "[]"), item_event("done", 0, call(1, arguments="[]")),
        {**END, "response": {"output": [call(0, arguments="{}"), call(1, arguments="[]")]}},
    ]  # fmt: skip
    assert calls(stream_items(CREATED, *events)) == [("call_0", "now", "{}"), ("call_1", "now", "[]")]


def test_a_call_whose_opening_was_not_told() -> None:
    events = [arguments(0, '{"a":'), arguments(0, "1}"), item_event("done", 0, call(0, arguments='{"a":1}'))]
    assert calls(stream_items(CREATED, *events, END)) == [("call_0", "now", '{"a":1}')]


def test_cut_arguments_stay_as_they_are() -> None:
    events = [item_event("added", 0, call(0)), arguments(0, '{"a":')]
    end = {
        "type": "response.incomplete",
        "response": {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
    }
    items = stream_items(CREATED, *events, end)
    assert calls(items) == [("call_0", "now", '{"a":')]
    assert [(item.reason, item.native) for item in items if isinstance(item, ChoiceFinished)] == [
        ("length", "max_output_tokens")
    ]


def test_items_that_nobody_finished_are_finished_by_the_end() -> None:
    output = [
        {"type": "message", "id": "msg_1", "content": [{"type": "output_text", "text": "xy"}]},
        call(1, arguments="{}"),
        {"type": "compaction", "id": "cmp_1", "encrypted_content": "s"},
    ]
    items = between(stream_items(CREATED, TEXT, {**END, "response": {"output": output}}))
    assert [item for item in items if isinstance(item, TextDelta)] == [TextDelta("x"), TextDelta("y")]
    assert calls(items) == [("call_1", "now", "{}")]
    assert ServerToolReported(ProviderPart(output[2])) in items


def test_an_end_that_contradicts_its_pieces_is_warned_of() -> None:
    other = {"type": "message", "id": "msg_1", "content": [{"type": "output_text", "text": "something else"}]}
    items = between(stream_items(CREATED, TEXT, item_event("done", 0, other), END))
    assert [item.text for item in items if isinstance(item, TextDelta)] == ["x"]
    assert any(isinstance(item, WarningReported) and "another text" in item.message for item in items)
    late = between(stream_items(CREATED, TEXT, item_event("done", 0, other), {**TEXT, "delta": "late"}, END))
    assert [item.text for item in late if isinstance(item, TextDelta)] == ["x"]


def test_parts_of_one_message_are_parts_of_ours() -> None:
    second = {**TEXT, "content_index": 1, "delta": "y"}
    refusal = {"type": "response.refusal.delta", "output_index": 0, "content_index": 2, "delta": "no"}
    citation = {
        "type": "response.output_text.annotation.added",
        "output_index": 0,
        "content_index": 1,
        "annotation": {"type": "x"},
    }
    content = [{"type": "output_text", "text": "x"}, {"type": "output_text", "text": "y", "annotations": [{"type": "x"}]},
               {"type": "refusal", "refusal": "no"}, {"type": "unheard_of"}]  # fmt: skip
    done = item_event("done", 0, {"type": "message", "id": "msg_1", "content": content})
    items = between(stream_items(CREATED, TEXT, second, citation, refusal, done, citation, END))
    assert [type(item).__name__ for item in items] == [
        "TextDelta", "PartEnded", "TextDelta", "CitationsReported", "PartEnded", "RefusalDelta", "ExtrasReported", "PartEnded",
    ]  # fmt: skip
    assert isinstance(items[3], CitationsReported)
    assert isinstance(items[5], RefusalDelta)


def test_an_interrupted_thought_is_sealed_later() -> None:
    thought = {
        "type": "response.reasoning_text.delta",
        "output_index": 0,
        "content_index": 0,
        "item_id": "rs_1",
        "delta": "Hm.",
    }
    text = {**TEXT, "output_index": 1}
    done = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [],
        "content": [{"type": "reasoning_text", "text": "Hm."}],
        "encrypted_content": "s",
    }
    items = between(stream_items(CREATED, thought, text, item_event("done", 0, done), END))
    assert items == [
        ReasoningDelta("Hm.", id="rs_1"),
        PartEnded(form=("content=3", "goes_on")),
        TextDelta("x"),
        ReasoningDelta(encrypted="s", vendor="openai", id="rs_1"),
        PartEnded(),
    ]


def test_audio_and_fields_that_nobody_knows() -> None:
    events: list[dict[str, Any]] = [
        {"type": "response.audio.delta", "delta": "AAAA"}, {"type": "response.audio.transcript.delta", "delta": "Hi"},
        {**TEXT, "colour": "red"}, {**TEXT, "colour": "red"}, {**TEXT, "colour": "blue", "shade": None},
    ]  # fmt: skip
    items = between(stream_items(CREATED, *events, END))
    assert items[:2] == [AudioDelta("AAAA"), AudioDelta(transcript="Hi")]
    assert [item.fields for item in items if isinstance(item, ExtrasReported)] == [
        {"colour": "red"},
        {"colour": "blue"},
    ]


def test_usage_fees_costs_and_extras() -> None:
    body: dict[str, Any] = {
        "output": [], "service_tier": "flex", "store": True, "billing": None,
        "usage": {"input_tokens": 10, "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2}, "output_tokens": 5,
                  "output_tokens_details": {"reasoning_tokens": 3}, "total_tokens": 15, "cost_in_usd_ticks": 7, "num_sources_used": 1},
        "tool_usage": {"web_search": {"num_requests": 2}},
    }  # fmt: skip
    items = whole_items(body, {"x-litellm-response-cost": "0.5"})
    report = next(item for item in items if isinstance(item, UsageReported))
    assert (report.usage.cached_input_tokens, report.usage.cache_write_tokens, report.usage.reasoning_tokens) == (
        4,
        2,
        3,
    )
    assert (report.usage.service_tier, report.fees) == ("flex", (("search", 2),))
    assert [item.cost for item in items if isinstance(item, CostReported)] == [
        ReportedCost(700, "usage.cost_in_usd_ticks"), ReportedCost(500_000_000_000, "x-litellm-response-cost"),
    ]  # fmt: skip
    extras = [item.fields for item in items if isinstance(item, ExtrasReported)]
    assert extras[0] == {"usage": {"num_sources_used": 1}}
    assert extras[1]["store"] is True
    assert "billing" not in extras[1]


def test_usage_that_cannot_be_right_is_warned_of() -> None:
    wrong = {
        "input_tokens": 10,
        "output_tokens": 2,
        "output_tokens_details": {"reasoning_tokens": 9},
        "total_tokens": 12,
    }
    items = whole_items({"output": [], "usage": wrong, "tool_usage": {"web_search": {"num_requests": -1}}})
    report = next(item for item in items if isinstance(item, UsageReported))
    assert (report.usage.output_tokens, report.usage.reasoning_tokens, report.fees) == (2, 2, ())
    assert any(isinstance(item, WarningReported) for item in items)
    refused = whole_items({"output": [], "usage": {"input_tokens": -1, "output_tokens": 2}})
    assert not any(isinstance(item, UsageReported) for item in refused)
    assert not any(isinstance(item, UsageReported) for item in whole_items({"output": [], "usage": None}))
    escaped = b'data: {"type":"response.completed","response":{"output":[],"a":"\\ud800","usage":{"input_tokens":1,"output_tokens":2}}}\n\n'
    assert any(isinstance(item, UsageReported) for item in streamed(escaped))


@given(st.binary(max_size=200), st.booleans())
def test_no_bytes_raise(body: bytes, stream: bool) -> None:
    decoder = DIALECT.chat_decoder(ResponseHead(200), stream=stream, limits=LIMITS, keep_source=True)
    items = decoder.receive_data(body) + decoder.receive_eof()
    assert isinstance(items[-1], FailureReported)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
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
    )
)
def test_no_event_raises_whatever_it_holds(drawn: list[tuple[str, str, dict[str, Any]]]) -> None:
    events: list[Any] = []
    for word, kind, fields in drawn:
        item = fields.get("item")
        events.append({"type": word, **fields, **({"item": {**item, "type": kind}} if isinstance(item, dict) else {})})
    items = stream_items(*events)
    assert isinstance(items[-1], FailureReported | ReplyEnded)
