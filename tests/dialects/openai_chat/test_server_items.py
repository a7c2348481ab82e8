"""Server role, replies: what becomes of each item, of usage, and of the end."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.dialects.openai_chat.wording import FINISH_WORDS
from muxer_core.dialects.server import Asked
from muxer_core.values.failure import Failure
from muxer_core.values.items import (
    Acknowledged,
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
    RefusalDelta,
    ReplyStarted,
    SafetyReported,
    SafetyResult,
    ServerToolReported,
    SignatureReported,
    TextDelta,
    ToolCallDelta,
    UsageReported,
    WarningReported,
)
from muxer_core.values.messages import Citation, ServerToolCallPart
from muxer_core.values.request import ChatRequest, FunctionTool
from muxer_core.values.usage import ReportedCost, Usage
from tests.dialects.openai_chat.answered import (
    ANSWERING,
    DIALECT,
    DONE,
    REQUEST,
    STARTED,
    STOP,
    answer,
    read_back,
    said,
)
from tests.dialects.openai_chat.exchanges import streamed
from tests.dialects.openai_chat.independent import split_events

# --- each item ------------------------------------------------------------------------------------------------------------------------


def both(*items: Item, **options: Any) -> tuple[dict[str, Any], list[dict[str, Any]], tuple[str, ...]]:
    """The choice of a whole reply, the choices of a stream without its opening chunk, and the warnings."""
    whole = answer(STARTED, *items, STOP, DONE, **options)
    stream = answer(STARTED, *items, STOP, DONE, stream=True, **options)
    assert whole.warnings == stream.warnings
    choices = [choice for chunk in stream.chunks for choice in chunk["choices"]]
    assert choices[0]["delta"] == {"role": "assistant", "content": "", "refusal": None}
    return whole.whole["choices"][0], choices[1:], whole.warnings


def test_the_smallest_reply() -> None:
    whole, chunks, warnings = both(TextDelta("Hi"), TextDelta(" there"))
    assert whole == {
        "index": 0,
        "message": {"role": "assistant", "content": "Hi there", "refusal": None},
        "logprobs": None,
        "finish_reason": "stop",
        "native_finish_reason": "end_turn",
    }
    assert [chunk["delta"] for chunk in chunks] == [{"content": "Hi"}, {"content": " there"}, {}]
    assert chunks[-1]["finish_reason"] == "stop"
    assert warnings == ()


def test_a_reply_that_names_nothing_gets_its_names_from_us() -> None:
    body = answer(TextDelta("x"), STOP, DONE, model="shown").whole
    assert (body["id"], body["created"], body["model"], body["object"]) == (
        "chatcmpl-abc",
        7,
        "shown",
        "chat.completion",
    )
    (first, *_) = answer(STARTED, TextDelta("x"), STOP, DONE, stream=True, model="shown").chunks
    assert (first["id"], first["created"], first["model"], first["object"]) == (
        "msg_1",
        5,
        "shown",
        "chat.completion.chunk",
    )


def calls(**fields: Any) -> dict[str, Any]:
    return {"tool_calls": [fields]}


def details(**fields: Any) -> dict[str, Any]:
    return {"reasoning_details": [fields]}


CITED = {"url": "https://example.org", "title": "E", "start_index": 1, "end_index": 2, "content": "text"}


@pytest.mark.parametrize(
    ("item", "delta"),
    [
        (RefusalDelta("no"), {"refusal": "no"}),
        (ToolCallDelta(0, "{", "a", "f", "function"), calls(index=0, id="a", type="function", function={"name": "f", "arguments": "{"})),
        (ToolCallDelta(1, "x", "a", "f", "custom"), calls(index=1, id="a", type="custom", custom={"name": "f", "input": "x"})),
        (
            ToolCallDelta(2, "{}", None, "f", "function"),
            calls(index=2, id="call_abc_0_2", type="function", function={"name": "f", "arguments": "{}"}),
        ),
        (SignatureReported("s"), {"extra_content": {"google": {"thought_signature": "s"}}}),
        (SignatureReported("s", call=0), {"tool_calls": [{"index": 0, "extra_content": {"google": {"thought_signature": "s"}}}]}),
        (AudioDelta("AA", "t", "i", 9), {"audio": {"id": "i", "data": "AA", "transcript": "t", "expires_at": 9}}),
        (ImageDelta("data:x"), {"images": [{"type": "image_url", "image_url": {"url": "data:x"}, "index": 0}]}),
        (
            ReasoningDelta("t", vendor="google"),
            {"reasoning_content": "t", **details(type="reasoning.text", index=0, format="google-gemini-v1", text="t")},
        ),
        (
            ReasoningDelta(signature="s", vendor="anthropic"),
            details(type="reasoning.text", index=0, format="anthropic-claude-v1", signature="s"),
        ),
        (
            ReasoningDelta(encrypted="e", vendor="openai", id="rs_1"),
            details(type="reasoning.encrypted", data="e", index=0, format="openai-responses-v1", id="rs_1"),
        ),
        (
            CitationsReported([Citation("url", "https://example.org", "E", "text", start=1, end=2)]),
            {"annotations": [{"type": "url_citation", "url_citation": CITED}]},
        ),
        (
            CitationsReported([Citation("document", title="D", text="q")]),
            {"annotations": [{"type": "file_citation", "file_citation": {"filename": "D", "quote": "q"}}]},
        ),
        (CitationsReported([Citation("url", native={"value": "u"}, dialect="openai_chat")]), {"annotations": ["u"]}),
        (
            CitationsReported([Citation("url", native={"type": "url_citation", "x": 1}, dialect="openai_chat")]),
            {"annotations": [{"type": "url_citation", "x": 1}]},
        ),
    ],
)  # fmt: skip
def test_each_item(item: Item, delta: dict[str, Any]) -> None:
    _, chunks, warnings = both(item)
    assert chunks[0]["delta"] == delta
    assert warnings == ()


def test_pieces_find_each_other_in_a_whole_reply() -> None:
    whole, _, _ = both(
        ReasoningDelta("a", vendor="anthropic"),
        ReasoningDelta("b", vendor="anthropic"),
        ReasoningDelta(signature="s", vendor="anthropic"),
        ReasoningDelta("c"),
        ReasoningDelta(encrypted="e", vendor="anthropic"),
        ToolCallDelta(0, "", "a", "f", "function"),
        ToolCallDelta(1, "{", "b", "g", "function"),
        ToolCallDelta(0, "{}"),
        ToolCallDelta(1, "}"),
        SignatureReported("g", call=1),
        AudioDelta("AA", "t"),
        AudioDelta("BB", "u", "i"),
        ImageDelta("data:x"),
        ImageDelta("data:y"),
    )
    message = whole["message"]
    assert message["content"] is None
    assert message["reasoning_content"] == "abc"
    assert message["reasoning_details"] == [
        {"type": "reasoning.text", "index": 0, "format": "anthropic-claude-v1", "text": "ab", "signature": "s"},
        {"type": "reasoning.text", "index": 1, "text": "c"},
        {"type": "reasoning.encrypted", "data": "e", "index": 1, "format": "anthropic-claude-v1"},
    ]
    assert message["tool_calls"] == [
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}},
        {
            "id": "b",
            "type": "function",
            "function": {"name": "g", "arguments": "{}"},
            "extra_content": {"google": {"thought_signature": "g"}},
        },
    ]
    assert message["audio"] == {"data": "AABB", "transcript": "tu", "id": "i"}
    assert [image["image_url"]["url"] for image in message["images"]] == ["data:x", "data:y"]


def test_a_client_of_the_old_form_reads_function_call() -> None:
    old = ChatRequest(model="m", messages=REQUEST.messages, tools=(FunctionTool("f", form=("functions",)),))
    calls = (ToolCallDelta(0, "{", "a", "f", "function"), ToolCallDelta(0, "}"))
    finish = ChoiceFinished("tool_call", "tool_use")
    message = answer(STARTED, *calls, finish, DONE, request=old).whole["choices"][0]
    assert message["message"]["function_call"] == {"name": "f", "arguments": "{}"}
    assert message["finish_reason"] == "function_call"
    chunks = answer(STARTED, *calls, finish, DONE, request=old, stream=True).chunks
    assert chunks[1]["choices"][0]["delta"] == {"function_call": {"name": "f", "arguments": "{"}}


@pytest.mark.parametrize(
    ("item", "named"),
    [
        (ServerToolReported(ServerToolCallPart("s", "web_search")), "ServerToolReported"),
        (ExtrasReported({"x": 1, "y": None}), "extras.x"),
        (PartEnded(extras={"z": 1}), "PartEnded.extras.z"),
        (LogprobsReported(content=[{"odd": 1}]), "LogprobsReported"),
        (UsageReported(Usage(1, 1), billed=Usage(1, 1)), "UsageReported.billed"),
        (UsageReported(Usage(1, 1), fees=(("tool_call", 1),)), "UsageReported.fees.tool_call"),
        (WarningReported("odd counts"), "odd counts"),
    ],
)
def test_what_cannot_be_said_is_named(item: Item, named: str) -> None:
    _, _, warnings = both(TextDelta("x"), item, item)
    assert len(warnings) in (1, 2)
    assert all(warning.startswith(named) for warning in warnings)


def test_logprobs_stand_beside_what_was_said() -> None:
    record: dict[str, Any] = {"token": "x", "logprob": -1.0, "bytes": None, "top_logprobs": []}
    whole, chunks, _ = both(TextDelta("x"), LogprobsReported([record]), LogprobsReported([record]))
    assert whole["logprobs"] == {"content": [record, record], "refusal": None}
    assert chunks[1]["logprobs"] == {"content": [record], "refusal": None}


def test_what_filters_found_is_azures_form_or_its_own() -> None:
    found = SafetyResult("hate", "high", True)
    whole, chunks, _ = both(TextDelta("x"), SafetyReported((found,), 0), SafetyReported((), 0, {"odd": 1}))
    filtered = {"hate": {"filtered": True, "severity": "high"}}
    assert whole["content_filter_results"] == chunks[1]["content_filter_results"] == filtered
    body = answer(STARTED, SafetyReported((found,)), TextDelta("x"), STOP, DONE)
    prompt = [{"prompt_index": 0, "content_filter_results": filtered}]
    assert body.whole["prompt_filter_results"] == prompt
    ours = ReplyStarted("a", "m", 5, "openai_chat")
    native = {"moderation": {"output": {"type": "error"}}}
    late = answer(ours, TextDelta("x"), STOP, SafetyReported((), 0, native), DONE, stream=True)
    assert late.chunks[-1]["moderation"] == native["moderation"]
    assert late.chunks[-1]["choices"] == []


def test_the_fields_of_its_own_dialect_go_back_to_their_places() -> None:
    ours = ReplyStarted("a", "m", 5, "openai_chat")
    items: list[Item] = [
        ours,
        ExtrasReported({"system_fingerprint": "fp", "usage": {"x": 1, "prompt_tokens_details": {"y": 2}}}),
        ReasoningDelta("t"),
        ReasoningDelta(signature="s", vendor="anthropic"),
        ExtrasReported(
            {"message": {"reasoning_details": [{"type": "reasoning.text", "signature": "s"}], "q": 1}, "z": 3}, 0
        ),
        ExtrasReported({"message": {"content": [{"type": "reference"}]}}, 0),
        ChoiceFinished("tool_call", "function_call"),
        UsageReported(Usage(1, 2, service_tier="flex")),
        DONE,
    ]
    body = answer(*items)
    choice = body.whole["choices"][0]
    assert body.whole["system_fingerprint"] == "fp"
    assert body.whole["service_tier"] == "flex"
    assert body.whole["usage"]["x"] == 1
    assert body.whole["usage"]["prompt_tokens_details"] == {"y": 2, "cached_tokens": 0, "audio_tokens": 0}
    assert choice["z"] == 3
    assert choice["message"]["q"] == 1
    assert choice["message"]["reasoning_details"] == [{"type": "reasoning.text", "signature": "s"}]
    assert choice["finish_reason"] == "function_call"
    assert [warning.partition(":")[0] for warning in body.warnings] == ["message.content"]
    assert answer(*items, stream=True).chunks[-1]["service_tier"] == "flex"


@pytest.mark.parametrize("reason", FINISH_WORDS)
def test_finish_reasons(reason: Any) -> None:
    whole = answer(STARTED, TextDelta("x"), ChoiceFinished(reason, "NATIVE", stop_sequence="###"), DONE).whole
    choice = whole["choices"][0]
    assert choice["finish_reason"] == FINISH_WORDS[reason]
    assert (choice["native_finish_reason"], choice["stop_reason"]) == ("NATIVE", "###")


# --- usage ----------------------------------------------------------------------------------------------------------------------------

counts = st.integers(0, 10**6)


@given(counts, counts, counts, counts, counts, counts, counts, st.integers(0, 9), st.none() | st.integers(0, 10**18))
def test_usage_and_cost_are_read_back_as_they_were(
    sent: int,
    said_: int,
    cached: int,
    written: int,
    hour: int,
    thought: int,
    audio: int,
    searches: int,
    pico: int | None,
) -> None:
    usage = Usage(
        input_tokens=sent + cached + written,
        output_tokens=said_ + thought + audio,
        cached_input_tokens=cached,
        cache_write_tokens=written,
        cache_write_1h_tokens=min(hour, written),
        reasoning_tokens=thought,
        audio_output_tokens=audio,
        total_tokens=sent + cached + written + said_ + thought + audio,
    )
    report = UsageReported(usage, fees=(("search", searches),) if searches else ())
    cost: list[Item] = [] if pico is None else [CostReported(ReportedCost(pico, "usage.cost"))]
    for stream in (True, False):
        items = read_back(
            answer(STARTED, TextDelta("x"), STOP, UsageReported(Usage(1, 1)), report, *cost, DONE, stream=stream),
            stream=stream,
        )
        assert [item for item in items if isinstance(item, UsageReported)] == [report]
        assert [item for item in items if isinstance(item, CostReported)] == cost


def test_usage_comes_in_a_stream_only_where_it_was_asked_for() -> None:
    items = (STARTED, TextDelta("x"), STOP, UsageReported(Usage(1, 1)), DONE)
    assert "usage" in answer(*items, stream=True).chunks[-1]
    assert all("usage" not in chunk for chunk in answer(*items, stream=True, usage=False).chunks)
    assert "usage" in answer(*items, usage=False).whole


# --- ends -----------------------------------------------------------------------------------------------------------------------------


def test_a_failure_in_mid_stream_is_an_error_and_no_done() -> None:
    failed = FailureReported(Failure(kind="stall_timeout", message="silent for 30 s"))
    body = answer(STARTED, TextDelta("x"), failed, stream=True).body
    last = split_events(body)[-1]
    assert json.loads(last[1])["error"]["message"] == "silent for 30 s"
    assert b"[DONE]" not in body
    assert said(streamed(body))["failed"] == "server_error"
    assert json.loads(answer(STARTED, TextDelta("x"), failed).body)["error"]["code"] == "stall_timeout"


def test_nothing_is_written_after_the_end() -> None:
    for end in (DONE, FailureReported(Failure(kind="connect", message="x"))):
        encoder = DIALECT.reply_encoder(Asked(REQUEST, stream=True), ANSWERING)
        encoder.receive_items([STARTED, TextDelta("x"), end, TextDelta("y")])
        assert encoder.receive_items([TextDelta("z"), DONE]) == b""


@pytest.mark.parametrize("stream", [True, False])
def test_what_json_cannot_say_is_replaced_and_nothing_raises(stream: bool) -> None:
    odd = "\ud83d"
    ours = ReplyStarted(odd, odd, 5, "openai_chat")
    written = answer(
        ours,
        TextDelta(odd),
        TextDelta(odd),
        RefusalDelta(odd),
        ExtrasReported({"x": {1: object(), "y": [odd, float("nan")]}}),
        CostReported(ReportedCost(5, "x")),
        UsageReported(Usage(1, 1)),
        Acknowledged(200),
        STOP,
        DONE,
        stream=stream,
        model=odd,
    )
    written.body.decode("utf-8")
    assert "ended" in said(read_back(written, stream=stream))
    failed = answer(FailureReported(Failure(kind="connect", message=odd)), stream=stream)
    assert b'"error"' in failed.body
