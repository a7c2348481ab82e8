"""The server role: the vendor's own client reads our streams, whole replies and errors as it reads the vendor's."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from muxer_core.call.reply_builder import ReplyBuilder
from muxer_core.dialects.anthropic_messages.decode import decode_request
from muxer_core.dialects.protocol import Target
from muxer_core.dialects.server import Answering, Inbound
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
from muxer_core.values.request import ChatRequest
from muxer_core.values.usage import ReportedCost, Usage
from muxer_core.wire.limits import Limits
from tests.dialects.anthropic_messages.clients import (
    ANSWERING,
    DIALECT,
    client_of,
    is_valid,
    read_stream,
    read_whole,
    written,
)
from tests.dialects.anthropic_messages.exchanges import Exchange, decode, sample
from tests.dialects.anthropic_messages.independent import extract, split_events

REQUESTS = [one for one in sample() if one.request is not None]
REPLIES = [one for one in sample() if one.head.is_success and one.api == "messages"]
FINISHED = [one for one in REPLIES if extract(one.body, stream=one.stream).ended]

TARGET = Target("w", "https://example.org", "m")


def again(body: dict[str, Any]) -> dict[str, Any]:
    """A request body, read by the server role and written by the client role."""
    asked = decode_request(Inbound("POST", "/v1/messages", body=json.dumps(body).encode()), Limits())
    request = asked.request
    target = Target("w", "https://example.org", request.model)
    if "max_tokens" in body:
        encoded = DIALECT.encode_chat(request, target, max_tokens=request.max_tokens, stream=asked.stream)
    else:
        encoded = DIALECT.encode_count(request, target)
    assert encoded.warnings == ()
    found: dict[str, Any] = json.loads(encoded.request.body)
    return found


@pytest.mark.parametrize("exchange", REQUESTS, ids=lambda exchange: exchange.id)
def test_a_recorded_request_is_written_as_it_was_read(exchange: Exchange) -> None:
    body = dict(exchange.request or {})
    if body.get("stream") is False:
        del body["stream"]  # says nothing: the caller chooses
    assert again(body) == body


# --- replies of this API, through our items ---------------------------------------------------------------------------------------------


def blocks_of(message: Any) -> list[dict[str, Any]]:
    """The blocks of a message that say something, without what is empty in one form and missing in the other."""
    blocks = [{name: value for name, value in block.items() if value not in (None, [])} for block in message["content"]]
    return [block for block in blocks if block not in ({"type": "text", "text": ""}, {"type": "text"})]


def expected_blocks(exchange: Exchange) -> list[dict[str, Any]]:
    plain = extract(exchange.body, stream=exchange.stream)
    found: list[dict[str, Any]] = []
    for index, block in sorted(plain.blocks.items()):
        if plain.inputs.get(index):
            block["input"] = plain.input_of(index)
        if not isinstance(block.get("input", {}), dict):
            block["input"] = {}  # cut off: a client of a whole reply cannot be told
        found.append(block)
    return blocks_of({"content": found})


def told(exchange: Exchange, *, stream: bool) -> dict[str, Any]:
    answered = written(decode(exchange), stream=stream)
    old = not is_valid(exchange.body, stream=exchange.stream)
    message = read_stream(answered, old=old) if stream else read_whole(answered, old=old)
    found: dict[str, Any] = json.loads(message.to_json())
    return found


def whole_input(exchange: Exchange) -> bool:
    plain = extract(exchange.body, stream=exchange.stream)
    return all(isinstance(plain.input_of(index), dict) for index, block in plain.blocks.items() if "input" in block)


@pytest.mark.parametrize("exchange", FINISHED, ids=lambda exchange: exchange.id)
def test_the_client_reads_our_whole_reply_as_the_vendors(exchange: Exchange) -> None:
    message = told(exchange, stream=False)
    plain = extract(exchange.body, stream=exchange.stream)
    assert blocks_of(message) == expected_blocks(exchange)
    assert message["stop_reason"] == (plain.finish or ("tool_use" if plain.calls else "end_turn"))
    for name in ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"):
        assert (message["usage"].get(name) or 0) == (plain.usage.get(name) or 0)


@pytest.mark.parametrize("exchange", [one for one in FINISHED if whole_input(one)], ids=lambda exchange: exchange.id)
def test_the_client_reads_our_stream_as_the_vendors(exchange: Exchange) -> None:
    message = told(exchange, stream=True)
    plain = extract(exchange.body, stream=exchange.stream)
    kept = blocks_of(message)
    wanted = expected_blocks(exchange)
    for block in wanted:
        if block["type"] == "tool_use":
            block.pop("caller", None)  # told at a block's end, when its start was sent; passes through as source
    assert kept == wanted
    assert message["stop_reason"] == (plain.finish or ("tool_use" if plain.calls else "end_turn"))
    assert message["usage"]["output_tokens"] == (plain.usage.get("output_tokens") or 0)
    assert message["usage"]["input_tokens"] == (plain.usage.get("input_tokens") or 0)


@pytest.mark.parametrize("exchange", [one for one in FINISHED if one.stream], ids=lambda exchange: exchange.id)
@pytest.mark.parametrize("model", [None, "mine"])
def test_source_events_pass_but_for_the_models_name(exchange: Exchange, model: str | None) -> None:
    items = decode(exchange, keep_source=True)
    answering = Answering("abc", 0, model, "anthropic_messages")
    body = written(items, stream=True, answering=answering).body
    ours, theirs = split_events(body), split_events(exchange.body)
    assert len(ours) >= len([one for one in theirs if one[1]]) - 1  # what comes after message_stop is not ours to pass
    for (name, data), (their_name, their_data) in zip(ours, theirs, strict=False):
        event = json.loads(their_data)
        assert name == (their_name or event["type"])
        if name == "message_start" and model:
            event["message"]["model"] = model
            assert json.loads(data) == event
        else:
            assert data == their_data


@pytest.mark.parametrize("exchange", [one for one in FINISHED if not one.stream], ids=lambda exchange: exchange.id)
def test_a_whole_source_passes_but_for_the_models_name(exchange: Exchange) -> None:
    items = decode(exchange, keep_source=True)
    same = written(items, stream=False, answering=Answering("abc", 0, None, "anthropic_messages")).body
    assert same == exchange.body.strip()
    mine = written(items, stream=False, answering=Answering("abc", 0, "mine", "anthropic_messages")).body
    assert json.loads(mine) == {**json.loads(exchange.body), "model": "mine"}


@pytest.mark.parametrize("exchange", FINISHED[::4], ids=lambda exchange: exchange.id)
def test_a_source_of_the_other_form_is_written_from_its_items(exchange: Exchange) -> None:
    items = decode(exchange, keep_source=True)
    answering = Answering("abc", 0, "mine", "anthropic_messages")
    answered = written(items, stream=not exchange.stream, answering=answering)
    old = not is_valid(exchange.body, stream=exchange.stream)
    message = read_whole(answered, old=old) if exchange.stream else read_stream(answered, old=old)
    assert message.model in ("mine", *(block.to.model for block in message.content if block.type == "fallback"))
    plain = extract(exchange.body, stream=exchange.stream)
    assert "".join(block.text for block in message.content if block.type == "text") == plain.text


@pytest.mark.parametrize("exchange", FINISHED[::3], ids=lambda exchange: exchange.id)
def test_the_bytes_are_the_same_however_items_are_grouped(exchange: Exchange) -> None:
    items = decode(exchange)
    for stream in (True, False):
        one = written(items, stream=stream).body
        assert written(items, stream=stream, batches=[[item] for item in items]).body == one


def test_nearly_all_of_the_sample_is_checked_against_the_clients_types() -> None:
    valid = sum(is_valid(one.body, stream=one.stream) for one in FINISHED)
    assert valid >= len(FINISHED) * 0.8


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


def test_nothing_is_written_after_the_end() -> None:
    for stream in (True, False):
        items: list[Item] = [START, TextDelta("x"), END]
        once = written(items, stream=stream).body
        assert written(items, stream=stream, batches=[items, [TextDelta("more"), END]]).body == once


surrogates = st.text(st.characters(), max_size=6)


@given(surrogates, surrogates)
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


def test_the_answer_goes_back_to_its_own_vendor_as_it_came() -> None:
    """Reply, builder, next request: the blocks that the server sent are the blocks that it gets."""
    for exchange in FINISHED:
        plain = extract(exchange.body, stream=exchange.stream)
        if not plain.blocks or not whole_input(exchange):
            continue
        builder = ReplyBuilder()
        builder.add(decode(exchange))
        answers = builder.answers()
        request = ChatRequest(model="m", messages=(Message("user", (TextPart("a"),)), answers[0].message))
        encoded = DIALECT.encode_chat(request, TARGET, max_tokens=1, stream=False)
        assert encoded.warnings == ()
        turn = json.loads(encoded.request.body)["messages"][1]
        content = turn["content"]
        sent = [{"type": "text", "text": content}] if isinstance(content, str) else content
        assert blocks_of({"content": sent}) == expected_blocks(exchange), exchange.id
