"""Chunks: what each part becomes; one chunk read by either reader; streams of either form; seals on the very part."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from muxer_core.call.reply_builder import ReplyBuilder
from muxer_core.dialects.gemini.chunks import decode_plain_chunk
from muxer_core.dialects.gemini.reading import Reading
from muxer_core.testing.gemini import ChunkStream, chunk_streams, stream_bytes
from muxer_core.values.items import (
    AudioDelta,
    ChoiceFinished,
    CitationsReported,
    ExtrasReported,
    ImageDelta,
    Item,
    LogprobsReported,
    PartEnded,
    ReasoningDelta,
    ReplyEnded,
    ReplyStarted,
    SafetyReported,
    SafetyResult,
    ServerToolReported,
    SignatureReported,
    SourceEvent,
    TextDelta,
    ToolCallDelta,
)
from muxer_core.values.messages import (
    ImagePart,
    Part,
    ProviderPart,
    ReasoningPart,
    ServerToolCallPart,
    ServerToolResultPart,
    TextPart,
    ToolCallPart,
)
from muxer_core.wire.heads import ResponseHead
from muxer_core.wire.limits import Limits
from tests.dialects.gemini.exchanges import Exchange, decode, events, parts, said, streamed, whole

SEAL = "c2VhbA=="


def built(items: list[Item]) -> tuple[Part, ...]:
    builder = ReplyBuilder()
    builder.add(items)
    (answer,) = builder.answers()
    return answer.parts


def cut_everywhere(body: bytes) -> list[list[Item]]:
    exchange = Exchange("", ResponseHead(200), body, stream=True)
    return [decode(exchange), decode(exchange, [body[at : at + 1] for at in range(len(body))])]


@given(stream=chunk_streams(), array=st.booleans(), newline=st.sampled_from(["\n", "\r\n"]))
def test_a_stream_says_what_its_chunks_say(stream: ChunkStream, array: bool, newline: str) -> None:
    items, by_bytes = cut_everywhere(stream_bytes(stream.chunks, array=array, newline=newline))
    assert items == by_bytes
    assert isinstance(items[-1], ReplyEnded)
    texts, thinking = dict.fromkeys(stream.texts, ""), dict.fromkeys(stream.texts, "")
    for item in items:
        if isinstance(item, TextDelta):
            texts[item.choice] += item.text
        elif isinstance(item, ReasoningDelta):
            thinking[item.choice] += item.text
    assert (texts, thinking) == (stream.texts, stream.thinking)
    opened = [item for item in items if isinstance(item, ToolCallDelta)]
    for index, calls in stream.calls.items():
        told = [(item.name, json.loads(item.arguments)) for item in opened if item.choice == index]
        assert told == calls
    assert len({item.id for item in opened}) == len(opened)
    finishes = {item.choice: item.native for item in items if isinstance(item, ChoiceFinished)}
    assert finishes == stream.finishes


@given(stream=chunk_streams())
def test_both_readers_give_the_same_items(stream: ChunkStream) -> None:
    typed, general = Reading(Limits()), Reading(Limits())
    for chunk in stream.chunks:
        data = json.dumps(chunk).encode()
        by_type: list[Item] = []
        by_hand: list[Item] = []
        assert typed.read(data, by_type) == general.read_general(data, by_hand)
        assert by_type == by_hand


def test_the_typed_reader_rests_after_misses() -> None:
    chunk = parts({"text": "a"}, finish=None, safetyRatings=[])
    last = parts({"text": "b"}, finish="STOP")
    items = streamed(events(*([chunk] * 40), last))
    assert sum(isinstance(item, TextDelta) for item in items) == 41
    assert isinstance(items[-1], ReplyEnded)


def test_parts_in_order_with_their_seals() -> None:
    items = whole(
        parts(
            {"text": "thinking", "thought": True},
            {"text": "more", "thought": True, "thoughtSignature": "dA=="},
            {"text": "Hello "},
            {"text": "sealed", "thoughtSignature": SEAL},
            {"functionCall": {"name": "f", "args": {"a": 1}, "id": "1"}, "thoughtSignature": "Yw=="},
            {"functionCall": {"name": "g"}},
            {"inlineData": {"mimeType": "image/png", "data": "AAAA"}, "thoughtSignature": "aQ=="},
            {"text": "", "thoughtSignature": "ZQ=="},
        )
    )
    made = built(items)
    call = made[5]
    assert isinstance(call, ToolCallPart)
    assert made == (
        ReasoningPart("thinking"),
        ReasoningPart("more", "dA==", vendor="google"),
        TextPart("Hello "),
        TextPart("sealed", signature=SEAL),
        ToolCallPart("1", "f", '{"a":1}', signature="Yw=="),
        ToolCallPart(call.id, "g", "{}", form=("noid", "noargs")),
        ImagePart(url="data:image/png;base64,AAAA", signature="aQ=="),
        TextPart("", signature="ZQ=="),
    )
    assert call.id.startswith("call_")


def test_a_seal_in_a_stream_is_not_joined_to_the_text_before() -> None:
    items = streamed(
        events(
            parts({"text": "Hel"}, finish=None),
            parts({"text": "lo"}, finish=None),
            parts({"text": "", "thoughtSignature": SEAL}, finish="STOP"),
        )
    )
    assert built(items) == (TextPart("Hello"), TextPart("", signature=SEAL))


def test_a_made_id_is_told_of_the_reply_the_place_and_the_call() -> None:
    one, two = (said({"functionCall": {"name": "f", "args": {"n": number}}})[0] for number in (1, 2))
    again = said({"functionCall": {"name": "f", "args": {"n": 1}}})[0]
    assert isinstance(one, ToolCallDelta)
    assert isinstance(two, ToolCallDelta)
    assert one == again
    assert one.id != two.id


def test_server_tools_and_unknown_parts_are_kept_whole() -> None:
    code = {"executableCode": {"language": "PYTHON", "code": "1", "id": "x"}, "thoughtSignature": SEAL}
    failed = {"codeExecutionResult": {"outcome": "OUTCOME_FAILED", "output": "no"}}
    call = {"toolCall": {"id": "t", "toolType": "GOOGLE_SEARCH_WEB", "args": {"q": "a"}}}
    response = {"toolResponse": {"id": "t", "toolType": "GOOGLE_SEARCH_WEB", "response": {"r": 1}}}
    strange = {"hologram": {"a": 1}}
    reported = [item for item in said(code, failed, call, response, strange) if isinstance(item, ServerToolReported)]
    assert [item.part for item in reported] == [
        ServerToolCallPart("x", "code_execution", {"language": "PYTHON", "code": "1"}, code, SEAL),
        ServerToolResultPart("", "code_execution", "no", is_error=True, native=failed),
        ServerToolCallPart("t", "GOOGLE_SEARCH_WEB", {"q": "a"}, call),
        ServerToolResultPart("t", "GOOGLE_SEARCH_WEB", {"r": 1}, native=response),
        ProviderPart(strange),
    ]


def test_media_of_an_answer() -> None:
    items = said(
        {"inlineData": {"mimeType": "audio/L16;rate=24000", "data": "AA"}},
        {"inlineData": {"mimeType": "audio/L16;rate=24000", "data": "BB"}},
        {
            "fileData": {"mimeType": "image/png", "fileUri": "https://example.org/a.png"},
            "mediaResolution": {"level": "L"},
        },
        {"inlineData": {"mimeType": "image/png", "data": "CC", "displayName": "n"}, "thoughtSignature": SEAL},
    )
    assert items == [
        AudioDelta("AA"),
        ExtrasReported({"inlineData": {"mimeType": "audio/L16;rate=24000"}}, 0),
        AudioDelta("BB"),
        ImageDelta("https://example.org/a.png"),
        PartEnded(extras={"mediaResolution": {"level": "L"}}),
        ImageDelta("data:image/png;base64,CC"),
        ExtrasReported({"content": {"parts": [{"inlineData": {"displayName": "n"}}]}}, 0),
        SignatureReported(SEAL, vendor="google"),
    ]


def test_fields_of_a_part_stay_with_it() -> None:
    sealed = said({"text": "a", "partMetadata": {"k": 1}, "thoughtSignature": SEAL})
    assert sealed[-1] == ExtrasReported({"content": {"parts": [{"partMetadata": {"k": 1}}]}}, 0)
    items = whole(
        parts(
            {"text": "a", "partMetadata": {"k": 1}},
            {"text": "b", "thought": True, "partMetadata": {"k": 2}},
            {"functionCall": {"name": "f", "args": {}, "id": "1", "mood": "x"}, "partMetadata": {"k": 3}},
            {},
        )
    )
    assert [getattr(part, "extras", None) for part in built(items)] == [
        {"partMetadata": {"k": 1}},
        {"partMetadata": {"k": 2}},
        {"partMetadata": {"k": 3}, "functionCall": {"mood": "x"}},
    ]


def test_findings_of_a_candidate() -> None:
    text = "Größe: blue sky"
    grounding: dict[str, Any] = {
        "groundingChunks": [
            {"web": {"uri": "https://a", "title": "A"}},
            {"retrievedContext": {"documentName": "d", "text": "quoted"}},
            {"maps": {"uri": "https://m", "title": "M"}},
            {"strange": {}},
        ],
        "groundingSupports": [
            {"segment": {"startIndex": 9, "endIndex": 13, "text": "blue"}, "groundingChunkIndices": [0, 9, 1]},
            {"segment": {"startIndex": 1, "endIndex": 3, "text": "sky"}, "groundingChunkIndices": [0]},
            {"segment": {"endIndex": 400}, "groundingChunkIndices": [0]},
            3,
        ],
    }
    items = said(
        {"text": text},
        groundingMetadata=grounding,
        citationMetadata={"citations": [{"uri": "https://c", "endIndex": 5}, {"license": "MIT"}]},
        urlContextMetadata={
            "urlMetadata": [
                {"retrievedUrl": "https://u", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS"},
                {"retrievedUrl": "https://v", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_ERROR"},
            ]
        },
        safetyRatings=[{"category": "C", "probability": "LOW", "blocked": True}],
        avgLogprobs=-0.5,
        logprobsResult={
            "chosenCandidates": [{"token": "G", "tokenId": 7}],
            "topCandidates": [{"candidates": [{"token": "H", "logProbability": -2.0}]}],
            "logProbabilitySum": -3.0,
        },
    )
    (told,) = [item.citations for item in items if isinstance(item, CitationsReported)]
    assert [(one.kind, one.url, one.start, one.end) for one in told] == [
        ("url", "https://a", 7, 11),
        ("search_result", None, 7, 11),
        ("url", "https://a", 12, 15),  # the place is wrong, the words are there
        ("url", "https://a", None, None),
        ("place", "https://m", None, None),
        ("other", None, None, None),
        ("url", "https://c", None, None),  # it ends inside a letter
        ("other", None, None, None),
        ("url", "https://u", None, None),
    ]
    assert text[7:11] == told[0].text == "blue"
    (records,) = [item.content for item in items if isinstance(item, LogprobsReported)]
    assert records == [
        {
            "token": "G", "logprob": 0.0, "bytes": [71], "token_id": 7,
            "top_logprobs": [{"token": "H", "logprob": -2.0, "bytes": [72]}],
        }
    ]  # fmt: skip
    (safety,) = [item for item in items if isinstance(item, SafetyReported)]
    assert safety.results == (SafetyResult("C", "LOW", blocked=True),)
    (extras,) = [item.fields for item in items if isinstance(item, ExtrasReported)]
    assert set(extras) == {
        "groundingMetadata",
        "citationMetadata",
        "urlContextMetadata",
        "avgLogprobs",
        "logprobsResult",
    }


def test_what_repeats_on_every_chunk_is_told_once() -> None:
    chunk: dict[str, Any] = {
        **parts({"text": "a"}, finish="STOP"),
        "modelStatus": {"message": "m"},
        "promptFeedback": {"safetyRatings": []},
    }
    items = streamed(events(chunk, chunk, chunk))
    for kind, times in (
        (ReplyStarted, 1),
        (TextDelta, 3),
        (ChoiceFinished, 1),
        (ExtrasReported, 1),
        (SafetyReported, 1),
    ):
        assert sum(isinstance(item, kind) for item in items) == times


def test_a_start_tells_the_time_in_seconds() -> None:
    started = whole({**parts({"text": "a"}), "createTime": "2026-04-02T17:03:50.399550Z", "modelVersion": "g"})[0]
    assert started == ReplyStarted("r", "g", 1775149430, "gemini")
    for strange in ("yesterday", 5, "2026-04-02T17:03:50"):
        (first, *_) = whole({**parts({"text": "a"}), "createTime": strange})
        assert isinstance(first, ReplyStarted)
        assert first.created is None


def test_numbers_for_words() -> None:
    items = whole({"candidates": [{"content": {"parts": [{"text": "a"}]}, "finishReason": 2}]})
    assert ChoiceFinished("length", "MAX_TOKENS") in items
    assert ChoiceFinished("stop", "77") in whole(
        {"candidates": [{"content": {"parts": [{"text": "a"}]}, "finishReason": 77}]}
    )


def test_sources_are_kept_in_either_form() -> None:
    chunk = json.dumps(parts({"text": "a"}))
    assert streamed(f"data: {chunk}\n\n".encode(), keep_source=True)[0] == SourceEvent(chunk.encode())
    assert streamed(f"[{chunk}]".encode(), keep_source=True)[0] == SourceEvent(chunk.encode())


def test_the_typed_reader_takes_the_common_chunk() -> None:
    usage = {"promptTokenCount": 1, "totalTokenCount": 1}
    chunk = {
        **parts({"text": "a", "thought": True}, finish=None, index=0, safetyRatings=[{"category": "C"}]),
        "usageMetadata": usage,
    }
    plain = decode_plain_chunk(json.dumps(chunk).encode())
    assert bytes(plain.usage_metadata) == json.dumps(usage).encode()
    items = streamed(events(chunk, chunk, parts({"text": "b"}, finish="STOP", safetyRatings=[])))
    assert sum(isinstance(item, SafetyReported) for item in items) == 2
