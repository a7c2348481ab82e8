"""Server role, replies: items of any dialect in OpenAI's words, streamed and whole; our own client role reads back what was said."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from muxer_core.dialects.openai_chat import OpenAIChat
from muxer_core.dialects.openai_chat.wording import FINISH_WORDS
from muxer_core.dialects.server import Answering, Asked
from muxer_core.testing.openai_chat import ChunkStream, chunk_streams, stream_bytes
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
    ReplyEnded,
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
from muxer_core.values.messages import Citation, Message, ServerToolCallPart, TextPart
from muxer_core.values.request import ChatRequest, FunctionTool
from muxer_core.values.usage import ReportedCost, Usage
from tests.dialects.openai_chat.exchanges import Exchange, decode, sample, streamed
from tests.dialects.openai_chat.independent import split_events

DIALECT = OpenAIChat()
REQUEST = ChatRequest(model="m", messages=(Message("user", (TextPart("Hello"),)),))
ANSWERING = Answering("abc", 7)
STARTED = ReplyStarted("msg_1", "claude", 5, "anthropic_messages")
DONE = ReplyEnded("message_stop")
STOP = ChoiceFinished("stop", "end_turn")
ENCODED = [exchange for exchange in sample() if exchange.head.is_success]


class Answer(NamedTuple):
    """What an encoder wrote."""

    body: bytes
    warnings: tuple[str, ...]

    @property
    def chunks(self) -> list[dict[str, Any]]:
        return [json.loads(data) for _, data in split_events(self.body) if data != "[DONE]"]

    @property
    def whole(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.body)
        return value

    @property
    def message(self) -> dict[str, Any]:
        message: dict[str, Any] = self.whole["choices"][0]["message"]
        return message


def answer(
    *items: Item, stream: bool = False, request: ChatRequest = REQUEST, usage: bool = True, **answering: Any
) -> Answer:
    """The answer to a request, from items given at once."""
    asked = Asked(request, stream=stream, wants_usage=usage)
    encoder = DIALECT.reply_encoder(asked, Answering("abc", 7, **answering))
    body = encoder.receive_items(items)
    assert encoder.receive_items([TextDelta("late"), DONE]) == b""
    assert encoder.head.status == 200
    return Answer(body, encoder.warnings)


def read_back(written: Answer, *, stream: bool) -> list[Item]:
    """What our client role reads."""
    asked = Asked(REQUEST, stream=stream)
    return decode(Exchange("", DIALECT.reply_encoder(asked, ANSWERING).head, written.body, stream=stream))


def said(items: list[Item]) -> dict[str, Any]:
    """What a reply said, whichever way its pieces were cut."""
    told: dict[str, Any] = {}

    def add(name: str, choice: int, text: str) -> None:
        if text:
            told[f"{name} {choice}"] = told.get(f"{name} {choice}", "") + text

    for item in items:
        match item:
            case TextDelta():
                add("text", item.choice, item.text)
            case RefusalDelta():
                add("refusal", item.choice, item.text)
            case ReasoningDelta():
                add("reasoning", item.choice, item.text)
                add("seals", item.choice, f"{item.signature or ''}{item.encrypted or ''}{item.vendor or ''}")
            case ToolCallDelta():
                opened = f"{item.id or ''} {item.name or ''} {item.kind or ''}".strip()
                add(f"call {item.call}", item.choice, f"{item.arguments}")
                add(f"call {item.call} name", item.choice, opened)
            case SignatureReported():
                add(f"seal of {item.call}", item.choice, item.signature)
            case AudioDelta():
                add("audio", item.choice, item.data + item.transcript)
            case ImageDelta():
                add("image", item.choice, item.url)
            case _:
                said_of_the_reply(item, told)
    return told


def said_of_the_reply(item: Item, told: dict[str, Any]) -> None:
    match item:
        case ChoiceFinished():
            told[f"finish {item.choice}"] = item.reason
        case UsageReported():
            told["usage"] = (item.usage.input_tokens, item.usage.output_tokens, item.usage.cached_input_tokens)
        case ReplyStarted():
            told["started"] = (item.id, item.model, item.created)
        case ReplyEnded():
            told["ended"] = True
        case FailureReported():
            told["failed"] = item.failure.kind
        case CitationsReported():
            told["citations"] = told.get("citations", []) + item.citations
        case _:
            pass


# --- what was said comes back ---------------------------------------------------------------------------------------------------------


def finished(items: list[Item]) -> list[Item]:
    """A reply that says everything that a client must see; some recordings do not."""
    started = next((item for item in items if isinstance(item, ReplyStarted)), ReplyStarted())
    named = ReplyStarted(started.id or "x", started.model or "m", started.created or 5, started.dialect)
    return [named if item is started else item for item in items]


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("exchange", ENCODED, ids=lambda exchange: exchange.id)
def test_a_recorded_reply_written_from_its_items_says_the_same(exchange: Exchange, stream: bool) -> None:
    items = finished(decode(exchange))
    if isinstance(items[-1], FailureReported):
        written = answer(*items, stream=stream)
        assert b'"error"' in written.body
        assert b"[DONE]" not in written.body
        return
    before = said(items)
    after = said(read_back(answer(*items, stream=stream), stream=stream))
    for name, value in before.items():
        if name.startswith("call") and name.split(" ")[2:3] == ["name"]:
            assert after[name].split()[-2:] == value.split()[-2:]  # an id is made where there was none
        else:
            assert after.get(name) == value, name


@given(chunk_streams(), st.booleans())
def test_a_drawn_stream_written_from_its_items_says_the_same(drawn: ChunkStream, stream: bool) -> None:
    items = streamed(stream_bytes(drawn.chunks))
    assert said(read_back(answer(*items, stream=stream), stream=stream)) == said(items)


@given(chunk_streams(), st.booleans(), st.lists(st.integers(0, 4)))
def test_it_matters_not_how_items_come(drawn: ChunkStream, stream: bool, sizes: list[int]) -> None:
    items = streamed(stream_bytes(drawn.chunks))
    encoder = DIALECT.reply_encoder(Asked(REQUEST, stream=stream), ANSWERING)
    written, at = b"", 0
    for size in sizes:
        written += encoder.receive_items(items[at : at + size])
        at += size
    written += encoder.receive_items(items[at:])
    assert written == answer(*items, stream=stream).body


@given(chunk_streams())
def test_what_is_written_is_of_the_vendors_types(drawn: ChunkStream) -> None:
    items = streamed(stream_bytes(drawn.chunks))
    for chunk in answer(*items, stream=True).chunks:
        ChatCompletionChunk.model_validate(chunk, strict=True)
    ChatCompletion.model_validate(answer(*items).whole, strict=True)


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
