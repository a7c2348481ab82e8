"""The server role's replies: what we write, our own client role reads back; same dialect in and out passes as it came."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.genai import types
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.call.reply_builder import ReplyBuilder
from muxer_core.dialects.gemini import Gemini
from muxer_core.dialects.gemini.seals import Seal, close_seal, open_seal
from muxer_core.dialects.protocol import Target
from muxer_core.dialects.server import Answering, Asked, Inbound
from muxer_core.testing.gemini import ChunkStream, chunk_streams, stream_bytes
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.items import (
    AudioDelta,
    ChoiceFinished,
    CitationsReported,
    CostReported,
    ExtrasReported,
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
from tests.dialects.gemini.exchanges import streamed, whole

DIALECT = Gemini()
REQUEST = ChatRequest(model="m", messages=(Message("user", (TextPart("a"),)),))
SSE = Asked(REQUEST, stream=True, form=("sse",))
ARRAY = Asked(REQUEST, stream=True, form=("array",))
WHOLE = Asked(REQUEST)
ANSWERING = Answering(reply_id="0123", created=1)
PASSING = Answering(reply_id="0123", created=1, source="gemini")
SEAL = "c2VhbA=="
CATEGORY = "HARM_CATEGORY_HARASSMENT"
TOP = {"token": "I", "logprob": -2.0}
START = ReplyStarted("id", "model", 1, "anthropic_messages")
END = ReplyEnded("x")


def answer(asked: Asked, items: list[Item], answering: Answering = ANSWERING) -> tuple[bytes, tuple[str, ...]]:
    """The bytes of a reply that arrives item by item, and the warnings."""
    encoder = DIALECT.reply_encoder(asked, answering)
    body = b"".join(encoder.receive_items([item]) for item in items)
    assert encoder.receive_items([TextDelta("late")]) == b""
    return body, encoder.warnings


def read(asked: Asked, body: bytes) -> list[Item]:
    return streamed(body) if asked.stream else whole(body)


def built(items: list[Item]) -> tuple[Part, ...]:
    builder = ReplyBuilder()
    builder.add(items)
    return builder.answers()[0].parts if builder.answers() else ()


def same(asked: Asked, items: list[Item]) -> list[Item]:
    """What our client role reads of what our server role wrote."""
    body, _ = answer(asked, items)
    found = read(asked, body)
    assert isinstance(found[-1], ReplyEnded), found[-1]
    return found


@pytest.mark.parametrize("asked", [SSE, ARRAY, WHOLE], ids=["sse", "array", "whole"])
def test_everything_that_can_be_said_is_said(asked: Asked) -> None:
    usage = Usage(
        12, 30, 4, reasoning_tokens=5, audio_input_tokens=2, image_output_tokens=3, total_tokens=42, service_tier="flex"
    )
    items: list[Item] = [
        START,
        ReasoningDelta("think"),
        ReasoningDelta("", signature="sig", vendor="anthropic"),
        TextDelta("Hello "),
        TextDelta("sky"),
        SignatureReported(SEAL, vendor="google"),
        ToolCallDelta(0, '{"a"', "1", "f", "function"),
        ToolCallDelta(1, "{}", "2", "g", "function"),
        ToolCallDelta(0, ":1}"),
        SignatureReported(SEAL, call=1, vendor="google"),
        ImageDelta("data:image/png;base64,AAAA"),
        LogprobsReported([{"token": "H", "logprob": -1.0, "bytes": [72], "token_id": 3, "top_logprobs": [TOP]}]),
        CitationsReported([Citation("url", "https://a", "A", start=6, end=9), Citation("place", "https://m")]),
        SafetyReported((SafetyResult(CATEGORY, "LOW", blocked=False),), 0),
        ChoiceFinished("tool_call", "tool_use"),
        UsageReported(usage),
        CostReported(ReportedCost(1, "x")),
        END,
    ]  # fmt: skip
    found = same(asked, items)
    made = built(found)
    thoughts = [part for part in made if isinstance(part, ReasoningPart)]
    assert "".join(part.text for part in thoughts) == "think"
    assert open_seal(str(thoughts[-1].signature)) == Seal("sig", None, "anthropic")
    assert "".join(part.text for part in made if isinstance(part, TextPart)) == "Hello sky"
    assert SEAL in [part.signature for part in made if isinstance(part, TextPart)]
    calls = [part for part in made if isinstance(part, ToolCallPart)]
    assert [(one.id, one.name, one.arguments, one.signature) for one in calls] == [
        ("1", "f", '{"a":1}', None),
        ("2", "g", "{}", SEAL),
    ]
    assert ImageDelta("data:image/png;base64,AAAA") in found
    assert ChoiceFinished("tool_call", "STOP") in found
    assert [item.usage for item in found if isinstance(item, UsageReported)] == [usage]
    (cited,) = [item.citations for item in found if isinstance(item, CitationsReported)]
    assert [(one.kind, one.url, one.start, one.end) for one in cited] == [
        ("url", "https://a", 6, 9),
        ("place", "https://m", None, None),
    ]
    (records,) = [item.content for item in found if isinstance(item, LogprobsReported)]
    assert (records[0]["token_id"], records[0]["top_logprobs"][0]["token"]) == (3, "I")
    assert (
        SafetyReported(
            (SafetyResult(CATEGORY, "LOW", blocked=False),),
            0,
            [{"category": CATEGORY, "probability": "LOW", "blocked": False}],
        )
        in found
    )
    body, _ = answer(asked, items)
    for chunk in chunks_of(asked, body):
        types.GenerateContentResponse.model_validate(chunk)


def chunks_of(asked: Asked, body: bytes) -> list[Any]:
    if "sse" in asked.form:
        return [json.loads(block.removeprefix(b"data: ")) for block in body.split(b"\r\n\r\n") if block]
    value = json.loads(body)
    return value if asked.stream else [value]


def test_a_whole_reply_puts_a_seal_in_its_very_part() -> None:
    items: list[Item] = [
        START,
        ReasoningDelta("t"),
        SignatureReported("a" * 8, vendor="google"),
        TextDelta("x"),
        PartEnded(),
        TextDelta("y"),
        SignatureReported("b" * 8, vendor="google"),
        ImageDelta("https://example.org/a"),
        SignatureReported("c" * 8, vendor="google"),
        ChoiceFinished("stop", "stop"),
        END,
    ]
    body, _ = answer(WHOLE, items)
    (candidate,) = json.loads(body)["candidates"]
    assert candidate["content"]["parts"] == [
        {"text": "t", "thought": True},
        {"text": "", "thoughtSignature": "a" * 8},
        {"text": "x"},
        {"text": "y", "thoughtSignature": "b" * 8},
        {"fileData": {"fileUri": "https://example.org/a"}, "thoughtSignature": "c" * 8},
    ]


@pytest.mark.parametrize("asked", [SSE, WHOLE], ids=["stream", "whole"])
def test_what_cannot_be_said_is_warned_of(asked: Asked) -> None:
    items: list[Item] = [
        START,
        RefusalDelta("I will not"),
        ServerToolReported(ServerToolCallPart("1", "web_search", {}, {"type": "x"})),
        ExtrasReported({"odd": 1}),
        SafetyReported((SafetyResult("hate"),), 0),
        SafetyReported((SafetyResult("violence"),)),
        ChoiceFinished("content_filter", "refusal"),
        END,
    ]
    body, warnings = answer(asked, items)
    assert ChoiceFinished("content_filter", "SAFETY") in read(asked, body)
    assert "I will not" in "".join(item.text for item in read(asked, body) if isinstance(item, TextDelta))
    for word in ("refusal", "server_tool", "odd", "safety"):
        assert any(word in warning for warning in warnings)


@pytest.mark.parametrize("asked", [SSE, WHOLE], ids=["stream", "whole"])
def test_own_parts_and_fields_come_back(asked: Asked) -> None:
    own = ReplyStarted("id", "model", 1, "gemini")
    code = {"executableCode": {"language": "PYTHON", "code": "1"}}
    items: list[Item] = [
        own,
        ServerToolReported(ServerToolCallPart("", "code_execution", {}, code)),
        ServerToolReported(ProviderPart({"hologram": {}})),
        ToolCallDelta(0, "{}", "made", "f", "function"),
        PartEnded(call=0, form=("noid", "noargs"), extras={"partMetadata": {"a": 1}}),
        ExtrasReported({"inlineData": {"mimeType": "audio/L16"}}, 0),
        AudioDelta("AA", "said"),
        ExtrasReported({"groundingMetadata": {"webSearchQueries": ["q"]}, "avgLogprobs": -1.0}, 0),
        CitationsReported([Citation("url", "https://a", native={"chunk": {}}, dialect="gemini")]),
        ExtrasReported({"modelStatus": {"message": "m"}}),
        SafetyReported((), None, {"safetyRatings": []}),
        SafetyReported((), 0, [{"category": "C"}]),
        ChoiceFinished("stop", "STOP"),
        END,
    ]
    body, warnings = answer(asked, items)
    assert warnings == ()
    chunks = chunks_of(asked, body)
    told = [part for chunk in chunks for part in chunk["candidates"][0]["content"].get("parts", [])]
    expected: list[dict[str, Any]] = [
        code,
        {"hologram": {}},
        {"functionCall": {"name": "f"}, "partMetadata": {"a": 1}},
        {"inlineData": {"mimeType": "audio/L16", "data": "AA"}},
        {"text": "said"},
    ]
    for part in expected:
        assert part in told
    last = chunks[-1]
    assert last["candidates"][0]["groundingMetadata"] == {"webSearchQueries": ["q"]}
    assert last["candidates"][0]["safetyRatings"] == [{"category": "C"}]
    assert (last["modelStatus"], last["promptFeedback"]) == ({"message": "m"}, {"safetyRatings": []})


@pytest.mark.parametrize("asked", [SSE, ARRAY, WHOLE], ids=["sse", "array", "whole"])
def test_a_blocked_prompt_is_told_as_the_vendor_does(asked: Asked) -> None:
    blocked = {"promptFeedback": {"blockReason": "SAFETY"}, "modelVersion": "m"}
    found = same(asked, whole(blocked))
    assert ChoiceFinished("content_filter", "SAFETY") in found
    body, _ = answer(asked, whole(blocked))
    assert b"candidates" not in body


@pytest.mark.parametrize("asked", [SSE, WHOLE], ids=["stream", "whole"])
def test_arguments_that_are_no_object_end_as_the_vendors_own_slip(asked: Asked) -> None:
    for text in ('{"a":', "[1]"):
        items: list[Item] = [
            START,
            TextDelta("x"),
            ToolCallDelta(0, text, "1", "f", "function"),
            ChoiceFinished("length", "length"),
            END,
        ]
        body, _ = answer(asked, items)
        (candidate,) = chunks_of(asked, body)[-1]["candidates"]
        assert candidate["finishReason"] == "MALFORMED_FUNCTION_CALL"
        assert text in candidate["finishMessage"]
    custom: list[Item] = [START, ToolCallDelta(0, "free", "1", "f", "custom"), ChoiceFinished("tool_call", "x"), END]
    body, _ = answer(asked, custom)
    assert b'"args":{"input":"free"}' in body


def test_a_call_that_no_finish_closes_is_written_at_the_end() -> None:
    body, _ = answer(
        SSE, [START, ToolCallDelta(0, "{}", "1", "f", "function"), ToolCallDelta(0, "{}", "2", "g", "function", 1), END]
    )
    assert [chunk["candidates"][0]["index"] for chunk in chunks_of(SSE, body)][:2] == [0, 1]


@pytest.mark.parametrize("asked", [SSE, ARRAY, WHOLE], ids=["sse", "array", "whole"])
@given(stream=chunk_streams())
def test_a_reply_of_this_dialect_comes_back_item_by_item(asked: Asked, stream: ChunkStream) -> None:
    before = streamed(stream_bytes(stream.chunks))
    after = same(asked, before)
    assert spoken(after) == spoken(before)
    assert [item.usage for item in after if isinstance(item, UsageReported)][-1] == [
        item.usage for item in before if isinstance(item, UsageReported)
    ][-1]


def spoken(items: list[Item]) -> list[Any]:
    """Text, thinking, calls and finishes by candidate, without the cut into deltas; made ids are left out."""
    found: dict[int, list[Any]] = {}
    for item in items:
        said = found.setdefault(getattr(item, "choice", None) or 0, [[], [], [], []])
        if isinstance(item, TextDelta):
            said[0].append(item.text)
        elif isinstance(item, ReasoningDelta):
            said[1].append(item.text)
        elif isinstance(item, ToolCallDelta):
            said[2].append((item.name, item.arguments))
        elif isinstance(item, ChoiceFinished):
            said[3].append((item.reason, item.native))
    return [("".join(one[0]), "".join(one[1]), one[2], one[3]) for _, one in sorted(found.items())]


# --- seals of others, models, counts ------------------------------------------------------------------------------------------------


SEALS = st.builds(
    Seal,
    st.none() | st.text(max_size=9),
    st.none() | st.text(max_size=9),
    st.sampled_from(["anthropic", "openai"]),
    st.none() | st.just("i"),
).filter(lambda seal: seal.signature is not None or seal.encrypted is not None)


@given(seal=SEALS)
def test_another_vendors_seal_goes_through_a_client_and_back(seal: Seal) -> None:
    text = close_seal(seal)
    assert open_seal(text) == seal
    body = {"contents": [{"role": "model", "parts": [{"text": "t", "thought": True, "thoughtSignature": text}]}]}
    inbound = Inbound("POST", "/v1beta/models/m:generateContent", body=json.dumps(body).encode())
    request = DIALECT.decode_chat(inbound, limits=Limits()).request
    (part,) = request.messages[0].parts
    assert isinstance(part, ReasoningPart)
    assert (part.signature, part.encrypted, part.vendor, part.id) == seal
    with pytest.raises(InvalidRequest, match="sealed by"):
        DIALECT.encode_chat(request, Target("t", "http://h", "m"), max_tokens=None, stream=False)


@pytest.mark.parametrize("text", ["bXV4ZXI6", "bXV4ZXI6!", "bXV4ZXI6e30x", "anything"])
def test_what_is_no_envelope_of_ours_is_googles(text: str) -> None:
    assert open_seal(text) == Seal(text)


def test_models_and_counts_are_read_by_our_own_client_role() -> None:
    answered = DIALECT.answer_models([{"id": "a", "created": 1, "inputTokenLimit": 9}, {"id": "models/b"}])
    listed = json.loads(answered.body)["models"]
    assert [one["name"] for one in listed] == ["models/a", "models/b"]
    assert listed[0]["inputTokenLimit"] == 9
    for model in listed:
        actions = model.pop("supportedGenerationMethods")
        types.Model.model_validate({**model, "supportedActions": actions})
    decoder = DIALECT.models_decoder(answered.head, limits=Limits())
    decoder.receive_data(answered.body)
    assert [one["id"] for item in decoder.receive_eof() for one in getattr(item, "models", [])] == ["a", "b"]
    counted = DIALECT.answer_count(7, 2)
    reader = DIALECT.count_decoder(counted.head, limits=Limits())
    reader.receive_data(counted.body)
    assert "TokensCounted(input_tokens=7, cached_input_tokens=2)" in repr(reader.receive_eof())
    target = Target("t", "https://example.org/v1beta", "")
    assert DIALECT.encode_models(target).request.url == "https://example.org/v1beta/models?pageSize=1000"
