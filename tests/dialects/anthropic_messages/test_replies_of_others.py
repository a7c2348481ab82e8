"""Replies of other dialects, and failures, as the vendor's own client reads them from us; and what comes back on the next turn."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from muxer_core.dialects.anthropic_messages.decode import decode_request
from muxer_core.dialects.server import Answering, Asked, Inbound
from muxer_core.values.failure import KINDS, Failure, FailureKind
from muxer_core.values.items import (
    ChoiceFinished,
    CitationsReported,
    CostReported,
    ExtrasReported,
    FailureReported,
    ImageDelta,
    Item,
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
    WarningReported,
)
from muxer_core.values.messages import (
    Citation,
    Message,
    Part,
    ProviderPart,
    ReasoningPart,
    ServerToolCallPart,
    TextPart,
    ToolCallPart,
)
from muxer_core.values.usage import ReportedCost, Usage
from muxer_core.wire.limits import Limits
from tests.dialects.anthropic_messages.clients import (
    ANSWERING,
    DIALECT,
    QUESTION,
    client_of,
    read_stream,
    read_whole,
    written,
)
from tests.dialects.anthropic_messages.independent import split_events

# --- replies of other dialects ------------------------------------------------------------------------------------------------------------

START = ReplyStarted("chatcmpl-1", "gpt", 1, "openai_chat")
END = ReplyEnded("[DONE]")


def stopped(reason: Any = "stop", native: str = "stop", stop_sequence: str | None = None) -> ChoiceFinished:
    return ChoiceFinished(reason, native, 0, stop_sequence)


def both(*items: Item) -> tuple[Any, Any]:
    """What the client reads from a stream and from a whole reply of these items."""
    listed = [START, *items, END]
    return read_stream(written(listed, stream=True)), read_whole(written(listed, stream=False))


def test_text_thinking_and_parallel_calls_of_another_dialect() -> None:
    for message in both(
        ReasoningDelta("hm"),
        TextDelta("I "),
        TextDelta("look."),
        ToolCallDelta(0, "", "call_a", "weather", "function"),
        ToolCallDelta(0, '{"city":'),
        ToolCallDelta(1, "", "call_b", "time", "function"),
        ToolCallDelta(0, '"Rome"}'),
        ToolCallDelta(1, "{}"),
        stopped("stop", "stop"),
        UsageReported(Usage(20, 7, cached_input_tokens=5, cache_write_tokens=3, reasoning_tokens=2)),
    ):
        kinds = [block.type for block in message.content]
        assert kinds == ["thinking", "text", "tool_use", "tool_use"]
        assert [(block.id, block.name, block.input) for block in message.content[2:]] == [
            ("call_a", "weather", {"city": "Rome"}),
            ("call_b", "time", {}),
        ]
        assert message.content[1].text == "I look."
        assert message.stop_reason == "tool_use"
        usage = message.usage
        assert (usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == (12, 5, 3)
        assert usage.output_tokens == 7
        assert message.id == "chatcmpl-1"
        assert message.model == "gpt"


@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        (stopped("stop", "stop"), "end_turn"),
        (stopped("length", "length"), "max_tokens"),
        (stopped("content_filter", "content_filter"), "refusal"),
        (stopped("pause", "x"), "pause_turn"),
        (stopped("stop", "stop", "END"), "stop_sequence"),
        (stopped("tool_call", "tool_calls"), "tool_use"),
    ],
)
def test_stop_reasons(finish: ChoiceFinished, reason: str) -> None:
    for message in both(TextDelta("x"), finish):
        assert message.stop_reason == reason
        assert message.stop_sequence == finish.stop_sequence


def test_a_refusal_is_text_and_a_stop_reason() -> None:
    for message in both(RefusalDelta("No."), stopped()):
        assert [block.text for block in message.content] == ["No."]
        assert message.stop_reason == "refusal"


def test_an_empty_answer_is_still_a_message() -> None:
    for message in both():
        assert message.content == []
        assert message.stop_reason == "end_turn"


def test_a_url_is_told_as_a_result_of_a_search() -> None:
    cited = CitationsReported(
        [Citation("url", url="https://example.org", title="E", text="t"), Citation("file", file_id="f")]
    )
    listed: list[Item] = [START, TextDelta("x"), cited, stopped(), END]
    for stream in (True, False):
        answered = written(listed, stream=stream)
        message: Any = read_stream(answered) if stream else read_whole(answered)
        assert [(one.type, one.url) for one in message.content[0].citations] == [
            ("web_search_result_location", "https://example.org")
        ]


def next_turn(message: Any) -> Message:
    """What our server role reads when the client sends the answer back."""
    turn = {"role": "assistant", "content": [block.to_dict() for block in message.content]}
    body = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "a"}, turn]}
    asked = decode_request(Inbound("POST", "/v1/messages", body=json.dumps(body).encode()), Limits())
    turn_read = asked.request.messages[1]
    return msgspec.structs.replace(turn_read, parts=tuple(without_notes(part) for part in turn_read.parts))


def without_notes(part: Part) -> Part:
    return part if isinstance(part, ProviderPart) or not getattr(part, "form", ()) else replace(part, form=())


def test_seals_of_another_vendor_come_back_on_the_next_turn() -> None:
    items = (
        ReasoningDelta("because", 0, None, None, None, "rs_1"),
        ReasoningDelta("", 0, None, "gAAA:b", "openai"),
        PartEnded(),
        ReasoningDelta("", 0, None, "only", "openai", "rs_2"),
        ReasoningDelta("shown", 0, "sig", None, "google"),
        TextDelta("sealed"),
        SignatureReported("textseal", vendor="google"),
        ToolCallDelta(0, "{}", "call_1", "f", "function"),
        SignatureReported("callseal", call=0, vendor="google"),
    )
    for message in both(*items, stopped("tool_call", "tool_calls")):
        back = next_turn(message)
        assert back.parts == (
            ReasoningPart("because", None, "gAAA:b", vendor="openai", id="rs_1"),
            ReasoningPart("", None, "only", vendor="openai", id="rs_2"),
            ReasoningPart("shown", "sig", vendor="google"),
            TextPart("sealed", signature="textseal"),
            ToolCallPart("call_1", "f", "{}", signature="callseal"),
        )


def test_a_seal_that_is_nobodys_goes_to_an_empty_text() -> None:
    for message in both(SignatureReported("s", vendor="google"), stopped()):
        assert next_turn(message).parts == (TextPart("", signature="s"),)


def test_what_this_api_cannot_say_is_named_once() -> None:
    encoder = DIALECT.reply_encoder(
        decode_request(
            Inbound(
                "POST",
                "/",
                body=b'{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"a"}],"stream":true}',
            ),
            Limits(),
        ),
        ANSWERING,
    )
    encoder.receive_items([
        START, TextDelta("a"), TextDelta("b", 1), ImageDelta("https://example.org/x"), ImageDelta("https://example.org/y"),
        CostReported(ReportedCost(1, "x")), ServerToolReported(ServerToolCallPart("i", "search")),
        ExtrasReported({"system_fingerprint": "f"}), CitationsReported([Citation("file", file_id="f")]), WarningReported("careful"), END,
    ])  # fmt: skip
    named = [warning.partition(":")[0] for warning in encoder.warnings]
    assert named == [
        "choice", "ImageDelta", "CostReported", "ServerToolReported", "extras.system_fingerprint", "CitationsReported", "careful",
    ]  # fmt: skip


def test_a_call_without_an_id_gets_one_and_a_custom_tool_an_object() -> None:
    for message in both(
        ToolCallDelta(0, '{"a":1}', None, "f", "function"),
        ToolCallDelta(1, 'say "', "c", "g", "custom"),
        ToolCallDelta(1, "hi\n"),
        stopped("tool_call", "tool_calls"),
    ):
        first, second = message.content
        assert first.id.startswith("toolu_abc123")
        assert second.input == {"input": 'say "hi\n'}


def test_a_call_whose_name_comes_late_or_never() -> None:
    late = (ToolCallDelta(0, '{"a":', "c"), ToolCallDelta(0, "1}", None, "f", "function"), stopped("tool_call", "x"))
    for message in both(*late):
        assert [(block.id, block.name, block.input) for block in message.content] == [("c", "f", {"a": 1})]
    for message in both(ToolCallDelta(0, "{}", "c")):
        assert [(block.id, block.name) for block in message.content] == [("c", "")]


def test_a_piece_after_whole_arguments_is_left_out_with_a_warning() -> None:
    encoder = DIALECT.reply_encoder(
        decode_request(
            Inbound("POST", "/", body=b'{"model":"m","messages":[{"role":"user","content":"a"}]}'), Limits()
        ),
        ANSWERING,
    )
    call = ToolCallDelta(0, "{}", "c", "f", "function")
    body = encoder.receive_items([START, call, TextDelta("x"), ToolCallDelta(0, " "), ToolCallDelta(0, "{}"), END])
    assert json.loads(body)["content"][0]["input"] == {}
    assert [warning.partition(":")[0] for warning in encoder.warnings] == ["ToolCallDelta.arguments"]


def test_cut_off_arguments_of_a_whole_reply_are_named() -> None:
    encoder = DIALECT.reply_encoder(
        decode_request(
            Inbound("POST", "/", body=b'{"model":"m","messages":[{"role":"user","content":"a"}]}'), Limits()
        ),
        ANSWERING,
    )
    cut = ToolCallDelta(0, '{"a', "c", "f", "function")
    body = json.loads(encoder.receive_items([START, cut, stopped("length", "length"), END]))
    assert body["content"][0]["input"] == {}
    assert body["stop_reason"] == "max_tokens"
    assert "arguments" in encoder.warnings[0]


def test_a_field_that_comes_too_late_for_a_stream_is_named_and_a_whole_reply_tells_it() -> None:
    own = ReplyStarted("m", "claude", None, "anthropic_messages")
    caller = {"caller": {"type": "direct"}}
    items: list[Item] = [own, ToolCallDelta(0, "{}", "c", "f", "function"), PartEnded(0, 0, caller), END]
    for stream in (True, False):
        encoder = DIALECT.reply_encoder(Asked(QUESTION, stream=stream), ANSWERING)
        body = encoder.receive_items(items)
        assert (b'"caller"' in body) != stream
        assert len(encoder.warnings) == stream


def test_nothing_is_written_after_the_end() -> None:
    for stream in (True, False):
        items: list[Item] = [START, TextDelta("x"), END]
        once = written(items, stream=stream).body
        assert written(items, stream=stream, batches=[items, [TextDelta("more"), END]]).body == once


surrogates = st.text(st.characters() | st.just("\ud800"), max_size=6)


@given(surrogates, surrogates)
@example("\ud800", '{"a":"\ud800"}')
def test_the_encoder_takes_any_text(text: str, arguments: str) -> None:
    items: list[Item] = [START, TextDelta(text), ToolCallDelta(0, arguments, "c", "f", "function"), stopped(), END]
    for stream in (True, False):
        body = written(items, stream=stream).body
        body.decode()
        for _, data in split_events(body) if stream else [("", body.decode())]:
            json.loads(data)


# --- failures -----------------------------------------------------------------------------------------------------------------------------

ERRORS: dict[FailureKind, type[anthropic.APIStatusError]] = {
    "auth": anthropic.AuthenticationError,
    "rate_limited": anthropic.RateLimitError,
    "bad_request": anthropic.BadRequestError,
    "model_not_found": anthropic.NotFoundError,
    "overloaded": anthropic.APIStatusError,
    "context_too_long": anthropic.BadRequestError,
}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_client_raises_its_own_error_for_a_failure(kind: FailureKind) -> None:
    answered = DIALECT.answer_failure(Failure(kind=kind, message="what happened", retry_after=1.2))
    client = client_of(answered.head, answered.body)
    with pytest.raises(ERRORS.get(kind, anthropic.APIStatusError)) as raised:
        client.messages.create(model="m", max_tokens=1, messages=[{"role": "user", "content": "a"}])
    body: Any = raised.value.body
    assert body["error"]["message"] == "what happened"
    assert raised.value.response.headers["x-should-retry"] == "false"
    assert raised.value.response.headers["retry-after"] == "2"


@pytest.mark.parametrize("source", [None, "anthropic_messages"])
def test_a_failure_in_mid_stream_is_an_error_event(source: str | None) -> None:
    failure = FailureReported(Failure(kind="overloaded", message="Overloaded", code="overloaded_error"))
    usage = {"input_tokens": 1, "output_tokens": 1}
    message: dict[str, Any] = {
        "id": "x", "type": "message", "role": "assistant", "content": [], "model": "m", "stop_reason": None, "stop_sequence": None,
        "usage": usage,
    }  # fmt: skip
    start: dict[str, Any] = {"type": "message_start", "message": message}
    items: list[Item] = [SourceEvent(json.dumps(start).encode(), "message_start"), START, TextDelta("a")]
    broken = SourceEvent(b'{"type":"error","error":{"message":"sk-ant-0123456789abcdef"}}', "error")
    answered = written([*items, broken, failure], stream=True, answering=Answering("a", 0, None, source))
    assert b"sk-ant" not in answered.body
    assert answered.body.endswith(b"\n\n")
    name, data = split_events(answered.body)[-1]
    assert name == "error"
    assert json.loads(data)["error"] == {"type": "overloaded_error", "message": "Overloaded"}
    client = client_of(answered.head, answered.body)
    with pytest.raises(anthropic.APIStatusError, match="Overloaded"):
        list(client.messages.create(model="m", max_tokens=1, messages=[{"role": "user", "content": "a"}], stream=True))
    whole = written([*items, failure], stream=False)
    assert json.loads(whole.body)["type"] == "error"


def test_models_and_counts_as_the_client_reads_them() -> None:
    own = {"type": "model", "id": "claude", "display_name": "Claude", "created_at": "2026-01-01T00:00:00Z"}
    answered = DIALECT.answer_models(
        [own, {"id": "gpt", "created": 1_700_000_000, "owned_by": "openai"}, {"id": "bare"}]
    )
    listed = list(client_of(answered.head, answered.body).models.list())
    assert [(one.id, one.display_name, one.created_at.year) for one in listed] == [
        ("claude", "Claude", 2026),
        ("gpt", "gpt", 2023),
        ("bare", "bare", 1970),
    ]
    none = DIALECT.answer_models([])
    assert list(client_of(none.head, none.body).models.list()) == []
    counted = DIALECT.answer_count(7)
    client = client_of(counted.head, counted.body)
    assert client.messages.count_tokens(model="m", messages=[{"role": "user", "content": "a"}]).input_tokens == 7
