"""How items of a stream are told apart, ended and noted, and what stands beside them: usage, costs, fields that nobody knows."""

from __future__ import annotations

from typing import Any

from muxer_core.values.items import (
    AudioDelta,
    ChoiceFinished,
    CitationsReported,
    CostReported,
    ExtrasReported,
    PartEnded,
    ReasoningDelta,
    RefusalDelta,
    ServerToolReported,
    TextDelta,
    UsageReported,
    WarningReported,
)
from muxer_core.values.messages import ProviderPart
from muxer_core.values.usage import ReportedCost
from tests.dialects.openai_responses.exchanges import CREATED, END, TEXT, between, stream_items, streamed, whole_items
from tests.dialects.openai_responses.test_recorded import calls


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
