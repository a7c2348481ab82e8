"""The server role: what clients send is read without loss, and what we answer is the vendor's own form."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from muxer_core.dialects.openai_responses import OpenAIResponses
from muxer_core.dialects.openai_responses.reasoning import GOES_ON
from muxer_core.dialects.protocol import Target
from muxer_core.dialects.server import Answering, Asked, Inbound
from muxer_core.values.failure import Failure
from muxer_core.values.items import (
    ChoiceFinished,
    CitationsReported,
    FailureReported,
    ImageDelta,
    Item,
    LogprobsReported,
    PartEnded,
    ReasoningDelta,
    RefusalDelta,
    ReplyEnded,
    ReplyStarted,
    ServerToolReported,
    SignatureReported,
    SourceEvent,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from muxer_core.values.messages import Citation, ReasoningPart, ServerToolCallPart, TextPart, ToolCallPart
from muxer_core.values.request import ChatRequest
from muxer_core.values.usage import Usage
from tests.dialects.openai_chat.independent import split_events
from tests.dialects.openai_responses.clients_types import check_event, check_response
from tests.dialects.openai_responses.exchanges import (
    DIALECT,
    LIMITS,
    Exchange,
    collection,
    decode,
    sample,
    streamed,
    whole_items,
)
from tests.dialects.openai_responses.test_recorded import calls, is_response
from tests.support.shared import shared_path

ANSWERING = Answering(reply_id="0123456789abcdef", created=1_700_000_000)
TARGET = Target(where="here", base_url="http://127.0.0.1:1/v1", model="")
FINISHED = [exchange for exchange in sample() if exchange.head.is_success and is_response(exchange)]


def asked(body: dict[str, Any]) -> Asked:
    return DIALECT.decode_chat(Inbound("POST", "/v1/responses", body=json.dumps(body).encode()), limits=LIMITS)


def written_again(body: dict[str, Any]) -> dict[str, Any]:
    """The body after it was read and written; the model and `stream` are put back by whoever calls."""
    read = asked(body)
    encoded = DIALECT.encode_chat(read.request, TARGET, max_tokens=read.request.max_tokens, stream=read.stream)
    assert encoded.warnings == ()
    written: dict[str, Any] = json.loads(encoded.request.body)
    return written


def without_arguments(body: dict[str, Any]) -> dict[str, Any]:
    left = ("model", "stream") if body.get("stream") else ("model", "stream", "stream_options")
    return {name: value for name, value in body.items() if name not in left}


@pytest.mark.parametrize("exchange", [one for one in sample() if one.request], ids=lambda exchange: exchange.id)
def test_a_request_is_read_and_written_without_loss(exchange: Exchange) -> None:
    body = exchange.request or {}
    assert without_arguments(written_again(body)) == without_arguments(body)


@pytest.mark.slow
def test_every_request_of_the_collection_is_read_and_written_without_loss() -> None:
    seen = 0
    for exchange in collection(shared_path("recordings")):
        if exchange.request is not None:
            seen += 1
            assert without_arguments(written_again(exchange.request)) == without_arguments(exchange.request), (
                exchange.id
            )
    assert seen > 1200


def encode(
    items: list[Item], *, stream: bool, answering: Answering = ANSWERING, request: ChatRequest | None = None
) -> bytes:
    one = Asked(request or asked({"model": "m", "input": "Why?"}).request, stream=stream)
    encoder = DIALECT.reply_encoder(one, answering)
    together = encoder.receive_items(items)
    encoder = DIALECT.reply_encoder(one, answering)
    assert b"".join(encoder.receive_items([item]) for item in items) == together
    assert encoder.receive_items([TextDelta("late")]) == b""
    return together


def events(body: bytes) -> list[dict[str, Any]]:
    """The events of a stream, each checked against the vendor's types; they are numbered and named as the vendor's are."""
    found = [(name, json.loads(data)) for name, data in split_events(body)]
    for number, (name, event) in enumerate(found):
        assert event["type"] == name
        assert event["sequence_number"] == number
        check_event(event)
    return [event for _, event in found]


def said(items: list[Item]) -> dict[str, Any]:
    """What a reply says, however it was cut into deltas."""
    usages = [item.usage for item in items if isinstance(item, UsageReported)]
    return {
        "text": "".join(item.text for item in items if isinstance(item, TextDelta)),
        "refusal": "".join(item.text for item in items if isinstance(item, RefusalDelta)),
        "thinking": "".join(item.text for item in items if isinstance(item, ReasoningDelta)),
        "seals": [item.encrypted for item in items if isinstance(item, ReasoningDelta) and item.encrypted],
        "calls": calls(items),
        "images": [item.url for item in items if isinstance(item, ImageDelta)],
        "tools": [item.part for item in items if isinstance(item, ServerToolReported)],
        "citations": [one for item in items if isinstance(item, CitationsReported) for one in item.citations],
        "finish": [(item.reason, item.native) for item in items if isinstance(item, ChoiceFinished)],
        "usage": [
            (one.input_tokens, one.output_tokens, one.cached_input_tokens, one.reasoning_tokens) for one in usages
        ],
        "ended": isinstance(items[-1], ReplyEnded),
    }


def notes(items: list[Item]) -> list[PartEnded]:
    """The notes on parts, but for what says that a seal came late: written again, it stands where it belongs."""
    ends = [item for item in items if isinstance(item, PartEnded)]
    return [msgspec.structs.replace(end, form=tuple(note for note in end.form if note != GOES_ON)) for end in ends]


MADE_WITH_TYPES = ("openai", "azure", "xai")
"""Providers whose recorded items are of the vendor's types, so that what we write of them must be too."""


def check_recorded(exchange: Exchange) -> None:
    items = decode(exchange)
    if not isinstance(items[-1], ReplyEnded):
        return
    plain = said(items)
    if plain["finish"] == [("stop", "complete")]:  # a status of nobody's
        plain["finish"] = [("stop", "completed")]
    whole = encode(items, stream=False)
    again = whole_items(whole)
    assert said(again) == plain
    assert notes(again) == notes(items)
    stream = streamed(encode(items, stream=True))
    assert said(stream) == plain


@pytest.mark.parametrize("exchange", FINISHED, ids=lambda exchange: exchange.id)
def test_a_recorded_reply_is_written_and_read_without_loss(exchange: Exchange) -> None:
    check_recorded(exchange)


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_every_reply_of_the_collection_is_written_and_read_without_loss() -> None:
    for exchange in collection(shared_path("recordings")):
        if exchange.head.is_success and is_response(exchange):
            check_recorded(exchange)


@pytest.mark.parametrize("exchange", [one for one in FINISHED if one.stream], ids=lambda exchange: exchange.id)
def test_source_events_pass_as_they_came(exchange: Exchange) -> None:
    items = decode(exchange, keep_source=True)
    passing = Answering(reply_id="x", created=1, source="openai_responses")
    written = encode(items, stream=True, answering=passing)
    sources = [item for item in items if isinstance(item, SourceEvent)]
    assert [data.encode() for _, data in split_events(written)] == [item.data for item in sources]
    assert said(streamed(written)) == said(items)
    renamed = Answering(reply_id="x", created=1, source="openai_responses", model="another")
    for _, data in split_events(encode(items, stream=True, answering=renamed)):
        if '"response":{' in data and '"model"' in data:
            assert json.loads(data)["response"].get("model", "another") == "another"
    # Where the client wants the whole, the reply is written from its items.
    assert said(whole_items(encode(items, stream=False, answering=passing))) == said(items) or not said(items)["ended"]


def test_a_whole_source_passes_but_for_the_models_name() -> None:
    body = json.dumps(
        {"id": "resp_1", "object": "response", "model": "a", "output": [], "status": "completed"}
    ).encode()
    items: list[Item] = [SourceEvent(body), ReplyStarted("resp_1", "a", None, "openai_responses"), ReplyEnded("end")]
    passing = Answering(reply_id="x", created=1, source="openai_responses")
    assert encode(items, stream=False, answering=passing) == body
    renamed = Answering(reply_id="x", created=1, source="openai_responses", model="b")
    assert json.loads(encode(items, stream=False, answering=renamed)) == {**json.loads(body), "model": "b"}
    kinds = [event["type"] for event in events(encode(items, stream=True, answering=passing))]
    assert kinds == ["response.created", "response.in_progress", "response.completed"]


def test_our_failure_ends_a_stream_that_passed_through() -> None:
    created = b'{"type":"response.created","response":{"id":"resp_1","model":"a","output":[]},"sequence_number":0}'
    begun: list[Item] = [SourceEvent(created, "response.created"), ReplyStarted("resp_1", "a", 5, "openai_responses")]
    broken = FailureReported(Failure(kind="connection_lost", message="the connection broke"))
    passing = Answering(reply_id="x", created=1, source="openai_responses")
    last = json.loads(split_events(encode([*begun, broken], stream=True, answering=passing))[-1][1])
    assert last["type"] == "response.failed"
    assert last["sequence_number"] == 1
    assert last["response"]["id"] == "resp_1"
    check_event(last)
    error = b'{"type":"error","code":"server_error","message":"no","param":null,"sequence_number":1}'
    ended = encode([*begun, SourceEvent(error, "error"), broken], stream=True, answering=passing)
    assert [name for name, _ in split_events(ended)] == ["response.created", "error"]


EVERYTHING: list[Item] = [
    ReplyStarted("upstream-1", "model-1", 1_700_000_001, "anthropic_messages"),
    ReasoningDelta("Let me "),
    ReasoningDelta("think."),
    ReasoningDelta(signature="c2VhbA==", vendor="anthropic"),
    PartEnded(),
    ReasoningDelta("More."),
    TextDelta("The sky "),
    TextDelta("is blue."),
    CitationsReported([Citation("url", url="https://example.org", title="Sky", start=0, end=7)]),
    LogprobsReported([{"token": "x", "logprob": -0.5, "bytes": [120], "top_logprobs": []}]),
    PartEnded(),
    TextDelta("Another part."),
    RefusalDelta("Not that."),
    ToolCallDelta(0, "", "call_a", "now", "function"),
    ToolCallDelta(1, "", "call_b", "shell", "custom"),
    ToolCallDelta(0, '{"zone":'),
    ToolCallDelta(1, "ls"),
    ToolCallDelta(0, '"utc"}'),
    SignatureReported("Z29vZ2xl", call=0, vendor="google"),
    ImageDelta("data:image/png;base64,iVBORw0KGgo="),
    ChoiceFinished("tool_call", "tool_use"),
    UsageReported(Usage(100, 20, cached_input_tokens=60, cache_write_tokens=10, reasoning_tokens=8, total_tokens=120)),
    ReplyEnded("end"),
]


def test_a_stream_is_told_in_the_vendors_order() -> None:
    told = events(encode(EVERYTHING, stream=True))
    kinds = [event["type"].removeprefix("response.") for event in told]
    assert kinds[:3] == ["created", "in_progress", "output_item.added"]
    assert kinds[-1] == "completed"
    final = told[-1]["response"]
    check_response(final)
    done = [event for event in told if event["type"] == "response.output_item.done"]
    assert sorted(event["output_index"] for event in done) == list(range(len(final["output"])))
    for event in done:
        assert event["item"] == final["output"][event["output_index"]]
    for index, item in enumerate(final["output"]):
        of_the_item = [event for event in told if event.get("output_index") == index]
        assert of_the_item[0]["type"] == "response.output_item.added"
        assert of_the_item[-1]["type"] == "response.output_item.done"
        assert {event["item_id"] for event in of_the_item if "item_id" in event} <= {item["id"]}
    texts: dict[tuple[int, int], str] = {}
    for event in told:
        if event["type"] == "response.output_text.delta":
            place = event["output_index"], event["content_index"]
            texts[place] = texts.get(place, "") + event["delta"]
    for (item, part), text in texts.items():
        assert final["output"][item]["content"][part]["text"] == text
    assert [item["type"] for item in final["output"]] == [
        "reasoning", "reasoning", "message", "function_call", "custom_tool_call", "image_generation_call",
    ]  # fmt: skip


def test_whole_and_streamed_say_the_same() -> None:
    whole = json.loads(encode(EVERYTHING, stream=False))
    check_response(whole)
    assert events(encode(EVERYTHING, stream=True))[-1]["response"] == whole
    assert whole["usage"]["input_tokens_details"] == {"cached_tokens": 60, "cache_write_tokens": 10}
    read = said(whole_items(json.dumps(whole).encode()))
    assert read["calls"] == [("call_a", "now", '{"zone":"utc"}'), ("call_b", "shell", "ls")]
    assert read["finish"] == [("tool_call", "completed")]
    assert [(one.url, one.start, one.end) for one in read["citations"]] == [("https://example.org", 0, 7)]


def test_seals_of_other_vendors_come_back_with_the_next_turn() -> None:
    output = json.loads(encode(EVERYTHING, stream=False))["output"]
    turn = asked({"model": "m", "input": [{"role": "user", "content": "Why?"}, *output]}).request.messages[1]
    thoughts = [part for part in turn.parts if isinstance(part, ReasoningPart)]
    assert (thoughts[0].text, thoughts[0].signature, thoughts[0].vendor) == ("Let me think.", "c2VhbA==", "anthropic")
    assert [part.signature for part in turn.parts if isinstance(part, ToolCallPart)] == ["Z29vZ2xl", None]
    assert [part.text for part in turn.parts if isinstance(part, TextPart)][:2] == ["The sky is blue.", "Another part."]


def test_what_cannot_be_said_is_warned_of_once() -> None:
    used = ServerToolReported(ServerToolCallPart("srv_1", "web_search", {"query": "sky"}, {"type": "server_tool_use"}))
    items: list[Item] = [ReplyStarted(dialect="anthropic_messages"), used, used, TextDelta("b", 1), ReplyEnded("end")]
    encoder = DIALECT.reply_encoder(Asked(asked({"model": "m", "input": "x"}).request, stream=True), ANSWERING)
    encoder.receive_items(items)
    assert [warning.split(":")[0] for warning in encoder.warnings] == ["server tools", "choice"]


@pytest.mark.parametrize(
    ("reason", "native", "status", "why"),
    [
        ("stop", "end_turn", "completed", None),
        ("length", "max_tokens", "incomplete", "max_output_tokens"),
        ("content_filter", "refusal", "incomplete", "content_filter"),
    ],
)
def test_how_an_answer_ended_is_told_in_the_vendors_words(
    reason: Any, native: str, status: str, why: str | None
) -> None:
    items: list[Item] = [ReplyStarted(), TextDelta("x"), ChoiceFinished(reason, native), ReplyEnded("end")]
    whole = json.loads(encode(items, stream=False))
    check_response(whole)
    assert whole["status"] == status
    assert whole["incomplete_details"] == (None if why is None else {"reason": why})
    last = events(encode(items, stream=True))[-1]
    assert last["type"] == f"response.{status}"
    assert last["response"]["output"][0]["status"] == status


def test_a_failure_in_the_middle_ends_the_stream() -> None:
    items: list[Item] = [
        ReplyStarted(),
        TextDelta("The sky"),
        FailureReported(Failure(kind="rate_limited", message="slow down", status=429)),
    ]
    told = events(encode(items, stream=True))
    assert told[-1]["type"] == "response.failed"
    assert told[-1]["response"]["error"] == {"code": "rate_limit_exceeded", "message": "slow down"}
    assert told[-1]["response"]["output"][0]["status"] == "incomplete"
    encoder = DIALECT.reply_encoder(Asked(asked({"model": "m", "input": "x"}).request), ANSWERING)
    assert json.loads(encoder.receive_items(items))["error"]["message"] == "slow down"
    assert encoder.head.status == 429


def test_the_settings_of_the_request_are_repeated() -> None:
    body = {
        "model": "m", "input": "Why?", "instructions": "Be brief.", "max_output_tokens": 5, "metadata": {"a": "b"}, "temperature": 0.5,
        "tools": [{"type": "function", "name": "now", "parameters": {"type": "object"}, "strict": False}], "tool_choice": "required",
        "text": {"format": {"type": "json_object"}, "verbosity": "low"}, "reasoning": {"effort": "low"}, "truncation": "auto",
        "previous_response_id": "resp_0", "parallel_tool_calls": False, "store": True,
    }  # fmt: skip
    whole = json.loads(encode([ReplyStarted(), ReplyEnded("end")], stream=False, request=asked(body).request))
    check_response(whole)
    for name, value in body.items():
        if name not in ("model", "input", "reasoning"):
            assert whole[name] == value, name
    assert whole["reasoning"]["effort"] == "low"


def test_models_and_failures_are_told_in_the_vendors_words() -> None:
    listed = json.loads(OpenAIResponses().answer_models([{"id": "a"}]).body)
    assert listed["data"][0]["id"] == "a"
    answered = DIALECT.answer_failure(Failure(kind="auth", message="no", status=401))
    assert (answered.head.status, json.loads(answered.body)["error"]["message"]) == (401, "no")
