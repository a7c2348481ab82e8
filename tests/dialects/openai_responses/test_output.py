"""Replies of this dialect's own and of others, item by item: what is kept, what is told in the vendor's words, and what is warned of."""

from __future__ import annotations

import json
from typing import Any

import pytest

from muxer_core.dialects.server import Answering, Asked
from muxer_core.values.failure import Failure
from muxer_core.values.items import (
    AudioDelta,
    ChoiceFinished,
    CitationsReported,
    CostReported,
    ExtrasReported,
    FailureReported,
    ImageDelta,
    Item,
    LogprobsReported,
    PartEnded,
    ReasoningDelta,
    ReplyEnded,
    ReplyStarted,
    SafetyReported,
    SignatureReported,
    SourceEvent,
    TextDelta,
    ToolCallDelta,
    UsageReported,
    WarningReported,
)
from muxer_core.values.messages import Citation, TextPart
from muxer_core.values.request import ChatRequest, FunctionTool, OutputFormat, ProviderTool
from muxer_core.values.usage import ReportedCost, Usage
from tests.dialects.openai_responses.clients_types import check_response
from tests.dialects.openai_responses.exchanges import (
    DIALECT,
)
from tests.dialects.openai_responses.test_server import ANSWERING, asked, encode, events

OWN = ReplyStarted("resp_1", "m", 5, "openai_responses")


def output_of(*items: Item) -> list[dict[str, Any]]:
    """The output of a whole reply of our own dialect."""
    whole = json.loads(encode([OWN, *items, ReplyEnded("end")], stream=False))
    check_response(whole)
    output: list[dict[str, Any]] = whole["output"]
    return output


def test_notes_of_our_own_dialect_are_written_where_the_answer_is_whole() -> None:
    item = {"id": "msg_1", "status": "incomplete", "phase": "commentary"}
    end = PartEnded(extras={"item": item, "colour": "red"}, form=("message", "typed", "list"))
    parts: list[Item] = [TextDelta("a"), PartEnded(), TextDelta("b"), end, TextDelta("c"), PartEnded(form=("message",))]
    first, second = output_of(*parts)
    assert {name: first[name] for name in item} == item
    assert [part["text"] for part in first["content"]] == ["a", "b"]
    assert first["content"][1]["colour"] == "red"
    assert second["content"][0]["text"] == "c"
    told = events(encode([OWN, *parts, ReplyEnded("end")], stream=True))
    assert told[-1]["response"]["output"][0]["id"] == "msg_0123456789abcdef_0"  # it had been told when the item began


def test_a_call_keeps_what_its_reply_told_of_it() -> None:
    call: list[Item] = [
        ToolCallDelta(0, "{}", "call_1", "now", "function"),
        PartEnded(call=0, extras={"id": "fc_1", "namespace": "clock"}),
    ]
    (item,) = output_of(*call, ToolCallDelta(0, "late"), PartEnded(call=0), PartEnded(call=7))
    assert item == {
        "id": "fc_1",
        "type": "function_call",
        "call_id": "call_1",
        "name": "now",
        "arguments": "{}",
        "namespace": "clock",
    }
    told = events(encode([OWN, *call, ReplyEnded("end")], stream=True))
    assert told[-1]["response"]["output"][0]["status"] == "completed"


def test_a_call_without_name_or_id_waits_and_is_named() -> None:
    early: list[Item] = [
        ToolCallDelta(0, '{"a":'),
        ToolCallDelta(0, "1}", name="now"),
        ToolCallDelta(1, "x", kind="custom"),
    ]
    told = events(encode([ReplyStarted(), *early, ReplyEnded("end")], stream=True))
    output = told[-1]["response"]["output"]
    assert [(item["call_id"], item["name"]) for item in output] == [
        ("call_0123456789abcdef_0", "now"), ("call_0123456789abcdef_1", ""),
    ]  # fmt: skip
    deltas = [event["delta"] for event in told if event["type"].endswith(".delta")]
    assert deltas == ['{"a":', "1}", "x"]


def test_thinking_of_our_own_dialect_falls_into_its_pieces() -> None:
    deltas: list[Item] = [ReasoningDelta("One.", id="rs_1"), ReasoningDelta("\n\n"), ReasoningDelta("Two.")]
    end = PartEnded(form=("summary=4", "gap=2", "content=4"))
    (item,) = output_of(*deltas, ReasoningDelta(encrypted="c2VhbA==", vendor="openai"), end)
    assert item == {
        "id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "One."}],
        "content": [{"type": "reasoning_text", "text": "Two."}], "encrypted_content": "c2VhbA==",
    }  # fmt: skip
    told = events(encode([OWN, *deltas, end, ReplyEnded("end")], stream=True))
    assert [piece["text"] for piece in told[-1]["response"]["output"][0]["summary"]] == ["One.", "Two."]
    late: list[Item] = [
        ReasoningDelta("Hm.", id="rs_1"),
        PartEnded(form=("summary=3", "goes_on")),
        TextDelta("x"),
        PartEnded(form=("message",)),
    ]
    thought, _ = output_of(*late, ReasoningDelta(encrypted="c2VhbA==", id="rs_1"), PartEnded())
    assert thought["encrypted_content"] == "c2VhbA=="
    twice = output_of(ReasoningDelta(encrypted="a", id="rs_1"), ReasoningDelta(encrypted="b", id="rs_2"))
    assert [item["encrypted_content"] for item in twice] == ["a", "b"]


def test_seals_on_text_and_on_nothing() -> None:
    output = json.loads(encode([ReplyStarted(), SignatureReported("s"), ReplyEnded("end")], stream=False))["output"]
    turn = asked({"model": "m", "input": output}).request.messages[0]
    assert [part.signature for part in turn.parts if isinstance(part, TextPart)] == ["s"]
    nothing: list[Item] = [ReplyStarted(), SignatureReported("s", call=3), ReplyEnded("end")]
    assert json.loads(encode(nothing, stream=False))["output"] == []


def test_images_of_other_forms() -> None:
    jpeg, end = ImageDelta("data:image/jpeg;base64,AAAA"), PartEnded(extras={"id": "ig_1", "status": "completed"})
    (item,) = output_of(jpeg, end)
    assert item == {
        "id": "ig_1",
        "type": "image_generation_call",
        "status": "completed",
        "result": "AAAA",
        "output_format": "jpeg",
    }


def warned(*items: Item) -> list[str]:
    encoder = DIALECT.reply_encoder(Asked(asked({"model": "m", "input": "x"}).request, stream=True), ANSWERING)
    encoder.receive_items([*items, ReplyEnded("end")])
    return [warning.split(": left out")[0] for warning in encoder.warnings]


def test_what_stands_beside_an_answer_is_warned_of() -> None:
    cost = CostReported(ReportedCost(5, "usage.cost"))
    beside: list[Item] = [
        AudioDelta("AAAA"), ImageDelta("https://example.org/a.png"), LogprobsReported([{}]), CitationsReported([Citation("place")]),
        SafetyReported(), cost, ExtrasReported({"colour": "red"}), WarningReported("careful"), TextDelta(""), UsageReported(Usage(1, 1)),
    ]  # fmt: skip
    assert warned(*beside) == ["audio", "image", "logprobs", "citations", "safety", "cost", "extras.colour"]


def test_the_replys_own_fields_are_told_again() -> None:
    usage = UsageReported(Usage(10, 5, service_tier="flex"))
    extras = ExtrasReported(
        {"store": True, "usage": {"num_sources_used": 1, "input_tokens_details": {"text_tokens": 10}}}
    )
    whole = json.loads(
        encode([OWN, usage, extras, ExtrasReported({"content": []}, 0), ReplyEnded("end")], stream=False)
    )
    assert whole["store"] is True
    assert whole["service_tier"] == "flex"
    assert whole["usage"]["num_sources_used"] == 1
    assert whole["usage"]["input_tokens_details"] == {"text_tokens": 10, "cached_tokens": 0, "cache_write_tokens": 0}
    assert "content" not in whole


@pytest.mark.parametrize(
    ("finish", "status", "details"),
    [
        (ChoiceFinished("stop", "steered"), "incomplete", {"reason": "steered"}),
        (ChoiceFinished("length", "incomplete"), "incomplete", None),
        (ChoiceFinished("length", "max_messages"), "incomplete", {"reason": "max_messages"}),
        (None, "completed", None),
    ],
)
def test_endings_of_our_own_dialect_are_told_again(finish: ChoiceFinished | None, status: str, details: Any) -> None:
    items: list[Item] = [OWN, *([] if finish is None else [finish]), ReplyEnded("end")]
    whole = json.loads(encode(items, stream=False))
    assert (whole["status"], whole["incomplete_details"]) == (status, details)


def test_a_request_of_elsewhere_can_be_answered_too() -> None:
    """Its settings are told as far as this API has words for them."""
    tools = (FunctionTool("now"), ProviderTool({"type": "google"}))
    odd = ChatRequest(model="m", messages=(), tools=tools, output_format=OutputFormat("json_schema"), dialect="gemini")
    whole = json.loads(encode([ReplyStarted(), ReplyEnded("end")], stream=False, request=odd))
    check_response(whole)
    assert (whole["tools"], whole["tool_choice"], whole["text"]) == ([], "auto", {"format": {"type": "text"}})


@pytest.mark.parametrize(
    "data", [b"no json", b'{"type":"response.created","response":5}', b'{"type":"response.created","response":{"a":1}}']
)
def test_a_source_event_that_has_no_model_passes_as_it_is(data: bytes) -> None:
    passing = Answering(reply_id="x", created=1, source="openai_responses", model="b")
    written = encode([SourceEvent(data, "response.created"), ReplyEnded("end")], stream=True, answering=passing)
    assert written == b"event: response.created\ndata: " + data + b"\n\n"


def test_a_failure_of_a_whole_source_is_an_error_object() -> None:
    passing = Answering(reply_id="x", created=1, source="openai_responses")
    failed: list[Item] = [SourceEvent(b'{"output":[]}'), FailureReported(Failure(kind="overloaded", message="busy"))]
    encoder = DIALECT.reply_encoder(Asked(asked({"model": "m", "input": "x"}).request), passing)
    assert json.loads(encoder.receive_items(failed))["error"]["message"] == "busy"
    assert encoder.head.status == 503
