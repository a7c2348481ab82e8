"""What chunks say: each field of each shape, unknown fields, and the start and finish of an answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.dialects.openai_chat.assembly import MAX_REMEMBERED_FIELDS
from muxer_core.testing.openai_chat import ChunkStream, chunk_streams, stream_bytes
from muxer_core.values.items import (
    AudioDelta,
    ChoiceFinished,
    CitationsReported,
    ExtrasReported,
    ImageDelta,
    Item,
    LogprobsReported,
    ReasoningDelta,
    RefusalDelta,
    ReplyEnded,
    ReplyStarted,
    SafetyReported,
    SafetyResult,
    SignatureReported,
    TextDelta,
    ToolCallDelta,
)
from muxer_core.values.messages import Citation
from tests.dialects.openai_chat.exchanges import (
    STOP,
    delta,
    kind_of,
    said,
    stream_items,
    streamed,
)


@given(chunk_streams(), st.sampled_from(["\n", "\r\n", "\r"]))
def test_a_well_formed_stream_says_what_was_put_in(stream: ChunkStream, newline: str) -> None:
    items = streamed(stream_bytes(stream.chunks, newline=newline))
    for index, text in stream.texts.items():
        assert "".join(item.text for item in items if isinstance(item, TextDelta) and item.choice == index) == text
    for index, text in stream.reasoning.items():
        assert "".join(item.text for item in items if isinstance(item, ReasoningDelta) and item.choice == index) == text
    for index, calls in stream.calls.items():
        pieces = [item for item in items if isinstance(item, ToolCallDelta) and item.choice == index]
        for number, (name, arguments) in enumerate(calls):
            assert "".join(piece.name or "" for piece in pieces if piece.call == number) == name
            assert "".join(piece.arguments for piece in pieces if piece.call == number) == arguments
    assert {item.choice: item.native for item in items if isinstance(item, ChoiceFinished)} == stream.finishes
    assert items[-1] == ReplyEnded("[DONE]")


@given(chunk_streams())
def test_law_1_a_delta_is_an_item_and_an_empty_one_is_none(stream: ChunkStream) -> None:
    items = streamed(stream_bytes(stream.chunks))
    pieces = [chunk["choices"][0]["delta"].get("content") for chunk in stream.chunks if chunk["choices"]]
    assert [item.text for item in items if isinstance(item, TextDelta)] == [piece for piece in pieces if piece]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (delta('"refusal":"no"'), [RefusalDelta("no")]),
        (delta('"reasoning":"r","reasoning_content":null'), [ReasoningDelta("r")]),
        (delta('"reasoning":"r","reasoning_content":"r"'), [ReasoningDelta("r")]),
        (
            delta('"reasoning":"r","reasoning_details":[{"type":"reasoning.text","text":"r","index":0}]'),
            [ReasoningDelta("r")],
        ),
        (delta('"reasoning_details":[{"type":"reasoning.summary","summary":"s"}]'), [ReasoningDelta("s")]),
        (delta('"audio":{"id":"a","data":"AA","transcript":"t","expires_at":9}'), [AudioDelta("AA", "t", "a", 9)]),
        (delta('"audio":{"data":"AA"}'), [AudioDelta("AA")]),
        (delta('"audio":{"data":"","transcript":""}'), []),
        (delta('"images":[{"type":"image_url","image_url":{"url":"data:x"}}]'), [ImageDelta("data:x")]),
        (
            delta('"annotations":[{"type":"url_citation"}]'),
            [CitationsReported([Citation("url", native={"type": "url_citation"}, dialect="openai_chat")])],
        ),
        (delta('"annotations":[]'), []),
        (delta('"function_call":{"name":"f","arguments":"{"}'), [ToolCallDelta(0, "{", None, "f", "function")]),
        (delta('"function_call":{"name":"","arguments":""}'), []),
        (
            delta('"content":[{"type":"thinking","thinking":[{"type":"text","text":"t"}]},{"type":"text","text":"x"}]'),
            [ReasoningDelta("t"), TextDelta("x")],
        ),
        (
            delta('"content":[{"type":"thinking","thinking":"t"},"x",{"type":"refusal","refusal":"n"}]'),
            [ReasoningDelta("t"), TextDelta("x"), RefusalDelta("n")],
        ),
        (delta('"content":[{"type":"image_url","image_url":"data:x"}]'), [ImageDelta("data:x")]),
        (delta('"content":{"a":[1,2]}'), [TextDelta('{"a":[1,2]}')]),
        (delta('"content":7'), [TextDelta("7")]),
        (delta('"content":"\\ud83d"'), [TextDelta("\ufffd")]),
        (delta('"content":"\\ud83d\\ude00"'), [TextDelta("\U0001f600")]),
        (delta('"content":null,"role":null,"tool_calls":null'), []),
        ('{"choices":null}', []),
        ("null", []),
        ("{}", []),
        ('{"choices":[]}', []),
        ('{"choices":[{"delta":null}]}', []),
        (
            '{"choices":[{"delta":{"content":"x"},"logprobs":{"content":[{"token":"x","logprob":-1}],"refusal":null}}]}',
            [TextDelta("x"), LogprobsReported([{"token": "x", "logprob": -1}])],
        ),
        ('{"choices":[{"delta":{"content":"x"},"text":"x"}]}', [TextDelta("x")]),
        ('{"choices":[{"message":{"content":"so far"},"delta":{"content":"far"}}]}', [TextDelta("far")]),
        ('{"choices":[{"message":{"content":"whole"}}]}', [TextDelta("whole")]),
        ('{"obfuscation":"xx","p":"yy","choices":[{"delta":{"content":"x"}}]}', [TextDelta("x")]),
    ],
)
def test_what_a_chunk_says(event: str, expected: list[Item]) -> None:
    assert said(event) == expected


@pytest.mark.parametrize(
    ("event", "fields", "choice"),
    [
        ('{"x_new":[1],"choices":[]}', {"x_new": [1]}, None),
        ('{"provider":"Google","choices":[]}', {"provider": "Google"}, None),
        ('{"created":"soon","choices":[]}', {"created": "soon"}, None),
        ('{"choices":[{"delta":{},"token_ids":[7]}]}', {"token_ids": [7]}, 0),
        ('{"choices":[{"delta":{"channel":"analysis"}}]}', {"message": {"channel": "analysis"}}, 0),
        ('{"choices":[{"delta":{},"native_finish_reason":"STOP"}]}', {"native_finish_reason": "STOP"}, 0),
        ('{"choices":[{"delta":{},"logprobs":{"tokens":["x"]}}]}', {"logprobs": {"tokens": ["x"]}}, 0),
        ('{"choices":[{"delta":{"audio":{"sample_rate":1}}}]}', {"message": {"audio": {"sample_rate": 1}}}, 0),
        (
            '{"choices":[{"delta":{"content":[{"type":"reference","ids":[1]}]}}]}',
            {"message": {"content": [{"type": "reference", "ids": [1]}]}},
            0,
        ),
        ('{"choices":[{"delta":{"content":[5]}}]}', {"message": {"content": [{"value": 5}]}}, 0),
        ('{"choices":[{"delta":{"images":[{"b64":"x"}]}}]}', {"message": {"images": [{"b64": "x"}]}}, 0),
        ('{"choices":[{"delta":{"function_call":{"thought":1}}}]}', {"message": {"function_call": {"thought": 1}}}, 0),
        ('{"choices":[{"delta":{"tool_calls":"soon"}}]}', {"message": {"tool_calls": "soon"}}, 0),
        ('{"choices":[{"delta":{},"finish_reason":5}]}', {"finish_reason": 5}, 0),
    ],
)
def test_unknown_fields_survive_at_every_level(event: str, fields: dict[str, Any], choice: int | None) -> None:
    assert said(event) == [ExtrasReported(fields, choice)]


def test_fields_of_a_tool_call_survive_with_the_number_of_their_call() -> None:
    signature = '"extra_content":{"google":{"thought_signature":"s"}}'
    items = said(
        delta(
            f'"tool_calls":[{{"index":0,"id":"a","function":{{"name":"f"}}}},{{"index":1,"id":"b","function":{{"name":"g"}},{signature}}}]'
        )
    )
    assert items[-1] == SignatureReported("s", 0, 1, "google")
    items = said(delta(f'"tool_calls":[{{"index":0,"id":"a","function":{{"name":"f"}},"note":1,{signature}}}]'))
    assert items[-2:] == [
        SignatureReported("s", 0, 0, "google"),
        ExtrasReported({"message": {"tool_calls": [{"index": 0, "note": 1}]}}, 0),
    ]


def test_a_seal_on_the_message_is_that_of_its_text() -> None:
    sealed = '"extra_content":{"google":{"thought_signature":"s","thought":true}}'
    assert said(delta(f'"content":"x",{sealed}')) == [
        TextDelta("x"),
        SignatureReported("s", 0, None, "google"),
        ExtrasReported({"message": {"extra_content": {"google": {"thought": True}}}}, 0),
    ]
    assert said(delta('"content":"x","extra_content":{"google":{"thought_signature":"s"}}')) == [
        TextDelta("x"),
        SignatureReported("s", 0, None, "google"),
    ]


@pytest.mark.parametrize(
    ("event", "report"),
    [
        (
            '{"choices":[{"content_filter_results":{"hate":{"filtered":false,"severity":"safe"},"x":5},"index":0}]}',
            SafetyReported(
                (SafetyResult("hate", "safe", False),),
                0,
                {"content_filter_results": {"hate": {"filtered": False, "severity": "safe"}, "x": 5}},
            ),
        ),
        (
            '{"choices":[],"prompt_filter_results":[{"prompt_index":0,"content_filter_result":{"jailbreak":{"detected":true}}}]}',
            SafetyReported(
                (SafetyResult("jailbreak", "detected"),),
                None,
                {
                    "prompt_filter_results": [
                        {"prompt_index": 0, "content_filter_result": {"jailbreak": {"detected": True}}}
                    ]
                },
            ),
        ),
        (
            '{"choices":[],"moderation":{"input":{"results":[{"category_scores":{"hate":0.5}}]}}}',
            SafetyReported(
                (SafetyResult("hate", "0.5"),),
                None,
                {"moderation": {"input": {"results": [{"category_scores": {"hate": 0.5}}]}}},
            ),
        ),
        ('{"choices":[],"moderation":7}', SafetyReported((), None, {"moderation": 7})),
        (
            '{"choices":[],"moderation":{"output":{"type":"error"}}}',
            SafetyReported((), 0, {"moderation": {"output": {"type": "error"}}}),
        ),
        ('{"choices":[],"moderation":{"x":1}}', SafetyReported((), None, {"moderation": {"x": 1}})),
    ],
)
def test_what_filters_found(event: str, report: SafetyReported) -> None:
    assert said(event) == [report]


def test_signatures_and_encrypted_thinking_are_kept_whole() -> None:
    items = said(
        delta(
            '"reasoning_details":[{"type":"reasoning.text","text":"t","signature":"s","format":"f","index":0},{"type":"reasoning.encrypted","data":"d","id":"i"}]'
        )
    )
    kept = [
        {"type": "reasoning.text", "signature": "s", "format": "f", "index": 0},
        {"type": "reasoning.encrypted", "data": "d", "id": "i"},
    ]
    assert items == [
        ReasoningDelta("t"),
        ReasoningDelta(signature="s"),
        ReasoningDelta(encrypted="d", id="i"),
        ExtrasReported({"message": {"reasoning_details": kept}}, 0),
    ]


def test_each_signature_closes_its_own_text() -> None:
    details = '"reasoning_details":[{"text":"a","signature":"1"},{"text":"b","signature":"2","data":"d"}]'
    sealed = [
        ReasoningDelta("a"),
        ReasoningDelta(signature="1"),
        ReasoningDelta("b"),
        ReasoningDelta(signature="2", encrypted="d"),
    ]
    assert said(delta(details))[:-1] == sealed
    assert said(delta('"reasoning":"ab",' + details))[:-1] == sealed


def test_two_texts_of_thinking_that_differ_both_survive() -> None:
    assert said(delta('"reasoning":"a","reasoning_content":"b"')) == [
        ReasoningDelta("b"),
        ExtrasReported({"message": {"reasoning": "a"}}, 0),
    ]


def test_repeated_fields_of_the_reply_are_told_when_they_change() -> None:
    events = [f'{{"citations":{value},"choices":[]}}' for value in ("[1]", "[1]", "[1,2]", "[1,2]")]
    assert said(*events) == [
        ExtrasReported({"citations": [1]}),
        ExtrasReported({"citations": [1, 2]}),
    ]
    many = [json.dumps({f"x{number}": 1 for number in range(MAX_REMEMBERED_FIELDS + 5)})] * 2
    again = said(*many)[1]
    assert isinstance(again, ExtrasReported)
    assert len(again.fields) == 5


def test_the_start_waits_for_a_name_or_a_choice() -> None:
    items = stream_items(
        '{"id":"","model":"","choices":[],"prompt_filter_results":[1]}',
        '{"id":"c","model":"m","created":5,"choices":[]}',
        STOP,
        "[DONE]",
    )
    assert items[0] == SafetyReported((), None, {"prompt_filter_results": [1]})
    assert items[1] == ReplyStarted("c", "m", 5, "openai_chat")


def test_a_finish_reason_is_not_wiped_by_null_and_may_be_corrected() -> None:
    items = stream_items(STOP, delta(""), delta('"content":"x"'), STOP, STOP.replace('"stop"', '"length"'), "[DONE]")
    assert [item for item in items if isinstance(item, ChoiceFinished)] == [
        ChoiceFinished("stop", "stop"),
        ChoiceFinished("length", "length"),
    ]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("function_call", "tool_call"),
        ("SAFETY", "content_filter"),
        ("brand_new", "stop"),
    ],
)
def test_finish_words(word: str, reason: str) -> None:
    items = stream_items(STOP.replace('"stop"', f'"{word}"'), "[DONE]")
    assert [(item.reason, item.native) for item in items if isinstance(item, ChoiceFinished)] == [(reason, word)]


def test_an_empty_finish_reason_is_none() -> None:
    assert kind_of(streamed(f"data: {STOP}\n\n".replace('"stop"', '""').encode())) == "truncated"
