"""The stream decoder: what chunks say, how a stream ends, and that no bytes of any kind break it."""

from __future__ import annotations

import gc
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muxer_core.dialects.json_text import deeper_than
from muxer_core.dialects.openai_chat import OpenAIChat
from muxer_core.dialects.openai_chat.assembly import MAX_CHOICES, MAX_REMEMBERED_FIELDS, MAX_TOOL_CALLS, Assembly
from muxer_core.dialects.openai_chat.chunks import PlainChunk, decode_chunk, decode_plain_chunk, read_chunk
from muxer_core.testing.openai_chat import ChunkStream, chunk_streams, stream_bytes
from muxer_core.values.items import (
    AnnotationsReported,
    AudioDelta,
    ChoiceFinished,
    ExtrasReported,
    FailureReported,
    ImageDelta,
    Item,
    LogprobsReported,
    ReasoningDelta,
    RefusalDelta,
    ReplyEnded,
    ReplyStarted,
    SourceEvent,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from muxer_core.wire.heads import Headers, ResponseHead
from muxer_core.wire.limits import Limits
from tests.dialects.openai_chat.exchanges import Exchange, decode, stream_items, whole_items

STOP = '{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}'


def delta(fields: str, index: int = 0) -> str:
    return f'{{"choices":[{{"index":{index},"delta":{{{fields}}}}}]}}'


def said(*events: str) -> list[Item]:
    """The items of these events, between the start and the end of the reply."""
    items = stream_items(*events, STOP, "[DONE]")
    assert isinstance(items[-1], ReplyEnded), items[-1]
    return [item for item in items if not isinstance(item, ReplyStarted | ReplyEnded | ChoiceFinished)]


def streamed(body: bytes, limits: Limits | None = None) -> list[Item]:
    return decode(Exchange("", ResponseHead(200), body, stream=True), limits=limits)


def kind_of(items: list[Item]) -> str:
    last = items[-1]
    return last.failure.kind if isinstance(last, FailureReported) else "complete"


# --- what chunks say ----------------------------------------------------------------------------------------------------------------


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
        (delta('"annotations":[{"type":"url_citation"}]'), [AnnotationsReported([{"type": "url_citation"}])]),
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
        ('{"choices":[{"content_filter_results":{"hate":{}},"index":0}]}', {"content_filter_results": {"hate": {}}}, 0),
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
    extras = [{"index": 1, "extra_content": {"google": {"thought_signature": "s"}}}]
    assert items[-1] == ExtrasReported({"message": {"tool_calls": extras}}, 0)


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
        ReasoningDelta(encrypted="d"),
        ExtrasReported({"message": {"reasoning_details": kept}}, 0),
    ]


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
    assert items[0] == ExtrasReported({"prompt_filter_results": [1]})
    assert items[1] == ReplyStarted("c", "m", 5)


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


# --- tool calls ---------------------------------------------------------------------------------------------------------------------


def calls(*deltas: str) -> list[tuple[str, str, str]]:
    found: dict[int, list[str]] = {}
    for item in said(*[delta(f'"tool_calls":[{pieces}]') for pieces in deltas]):
        if isinstance(item, ToolCallDelta):
            call = found.setdefault(item.call, ["", "", ""])
            for at, piece in enumerate((item.id, item.name, item.arguments)):
                call[at] += piece or ""
    assert list(found) == list(range(len(found)))
    return [(call[0], call[1], call[2]) for call in found.values()]


def piece(index: Any = None, call_id: str | None = None, name: str | None = None, arguments: str | None = None) -> str:
    fields = {"index": index, "id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
    return json.dumps({key: value for key, value in fields.items() if value is not None})


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([piece(0, "a", "f", ""), piece(0, arguments="{"), piece(0, arguments="}")], [("a", "f", "{}")]),
        (
            [piece(0, "a", "f"), piece(1, "b", "g"), piece(0, arguments="1"), piece(1, arguments="2")],
            [("a", "f", "1"), ("b", "g", "2")],
        ),
        (
            [piece(0, "a", "f", "1"), piece(0, "b", "g", "2"), piece(0, "b", arguments="3")],
            [("a", "f", "1"), ("b", "g", "23")],
        ),
        ([piece(0, "a", "f", "1"), piece(0, "a", "f", "2")], [("a", "f", "12")]),
        ([piece(0, "a", "f", "1"), piece(0, "other", arguments="2")], [("a", "f", "12")]),
        ([piece(0, None, "f", "{}"), piece(0, None, "f", "{}")], [("", "f", "{}"), ("", "f", "{}")]),
        ([piece(0, None, "f", '{"a'), piece(0, None, "f", '":1}')], [("", "f", '{"a":1}')]),
        ([piece(0, "", "f", "{}"), piece(0, "late", None, "")], [("late", "f", "{}")]),
        (
            [piece(None, "a", "f", "1"), piece(None, "b", "g", "2"), piece(None, "a", None, "3")],
            [("a", "f", "13"), ("b", "g", "2")],
        ),
        ([piece(None, "a", "f", "1"), piece(None, None, None, "2")], [("a", "f", "12")]),
        ([piece(None, None, "f", "1"), piece(None, None, "g", "2")], [("", "f", "1"), ("", "g", "2")]),
        ([piece(None, None, None, "1")], [("", "", "1")]),
        ([piece(7, "a", "f", "1"), piece(7, None, None, "2")], [("a", "f", "12")]),
        ([piece(0.0, "a", "f", "1"), piece(0, None, None, "2")], [("a", "f", "12")]),
        (['{"index":0,"id":5,"function":{"name":"f","arguments":{"a":1}}}'], [("5", "f", '{"a":1}')]),
        (
            [
                '{"index":0,"id":"a","type":"custom","custom":{"name":"f","input":"x"}}',
                '{"index":0,"custom":{"input":"y","z":1}}',
            ],
            [("a", "f", "xy")],
        ),
        (['{"index":0,"id":"a"}', '{"index":0,"function":{"name":"f"}}'], [("a", "f", "")]),
        (['{"index":0,"type":"custom"}'], []),
    ],
)
def test_pieces_find_their_call(pieces: list[str], expected: list[tuple[str, str, str]]) -> None:
    assert calls(*pieces) == expected


def test_a_repeated_name_is_judged_once_so_cost_stays_linear() -> None:
    pieces = [piece(0, None, "f", '{"a":1'), piece(0, None, "f", "}"), piece(0, None, "f", "{}")]
    assert calls(*pieces) == [("", "f", '{"a":1}{}')]


def test_one_tool_call_that_is_no_list() -> None:
    assert said(delta(f'"tool_calls":{piece(0, "a", "f", "{}")}')) == [ToolCallDelta(0, "{}", "a", "f", "function")]


# --- how a stream ends --------------------------------------------------------------------------------------------------------------

TEXT = delta('"content":"x"')


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (f"data: {TEXT}\n\ndata: {STOP}\n\ndata: [DONE]\n\n", "complete"),
        (f"data: {TEXT}\n\ndata: [DONE]\n\n", "complete"),
        (f"data: {TEXT}\n\ndata:[DONE]\n\n", "complete"),
        (f"data: {TEXT}\n\ndata: [DONE] \n", "complete"),
        (f"data: {TEXT}\r\n\r\ndata: [DONE]", "complete"),
        (f"data: {TEXT}\n\ndata: {STOP}\n\n", "complete"),
        (f"data: {TEXT}\n\ndata: {STOP}\n\n: bye\n\n", "complete"),
        (f"data: {TEXT}\n\ndata: {STOP}\n", "truncated"),
        (f"data: {TEXT}\n\ndata: {STOP}\n\ndata: {{", "truncated"),
        (f"data: {TEXT}\n\n", "truncated"),
        (f"data: {TEXT}\n\ndata: [DON", "truncated"),
        (f"data: {TEXT}\n\ndata: {delta('', 1)}\n\ndata: {STOP}\n\n", "truncated"),
        ("", "truncated"),
        (": only comments\n\n", "truncated"),
        ("data: [DONE]\n\n", "malformed"),
        ("\n\n  data", "truncated"),
        (f"data: {TEXT}\n\ndata: no json\n\n", "malformed"),
        (f"data: {TEXT}\n\ndata: [1]\n\n", "malformed"),
        (f'data: {TEXT}\n\ndata: {{"choices":7}}\n\n', "malformed"),
        ('data: {"choices":[7]}\n\n', "malformed"),
        ('data: {"choices":[{"index":-1}]}\n\n', "malformed"),
        ('data: {"choices":[{"index":0.5}]}\n\n', "malformed"),
        (
            f'data: {TEXT}\n\ndata: {{"error":{{"message":"m","code":"rate_limit_exceeded"}}}}\n\ndata: [DONE]\n\n',
            "rate_limited",
        ),
        (f'data: {TEXT}\n\ndata: {{"error":"overloaded"}}\n\n', "overloaded"),
        (f'data: {TEXT}\n\nevent: error\ndata: {{"message":"the engine is overloaded"}}\n\n', "overloaded"),
        (f'data: {TEXT}\n\nevent: error\ndata: {{"choices":[]}}\n\n', "server_error"),
        (f"data: {TEXT}\n\nevent: ping\ndata: hello\n\ndata: {STOP}\n\n", "complete"),
        (f"data: {TEXT}\n\ndata:\n\ndata:  \n\ndata: {STOP}\n\n", "complete"),
        (f"event: chunk\ndata: {TEXT}\n\ndata: {STOP}\n\n", "complete"),
        (f"\ufeffdata: {TEXT}\n\ndata: {STOP}\n\n", "complete"),
        (f"data: {STOP.replace('stop', 'error')}\n\ndata: [DONE]\n\n", "server_error"),
        (f'data: {TEXT}\n\ndata: {{"error":null,"choices":[]}}\n\ndata: [DONE]\n\n', "complete"),
    ],
)
def test_evidence(body: str, kind: str) -> None:
    assert kind_of(streamed(body.encode())) == kind


def test_nothing_follows_the_end() -> None:
    decoder = OpenAIChat().chat_decoder(ResponseHead(200), stream=True, limits=Limits(), keep_source=False)
    assert isinstance(
        decoder.receive_data(f"data: {TEXT}\n\ndata: [DONE]\n\ndata: {TEXT}\n\n".encode())[-1], ReplyEnded
    )
    assert decoder.receive_data(b"data: more\n\n") == []
    assert decoder.receive_eof() == []


def test_the_server_s_words_end_a_stream_with_their_code() -> None:
    last = stream_items(TEXT, '{"error":{"message":"Incorrect API key provided: sk-abcdefgh12345678","code":401}}')[-1]
    assert isinstance(last, FailureReported)
    assert (last.failure.kind, last.failure.code) == ("auth", "401")
    assert "abcdefgh" not in last.failure.message


@pytest.mark.parametrize("space", ["", "\n\n   ", "\ufeff"])
def test_a_whole_reply_where_a_stream_was_due(space: str) -> None:
    body = space + '{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}'
    items = decode(
        Exchange("", ResponseHead(200), body.encode(), stream=True), [bytes([byte]) for byte in body.encode()]
    )
    assert items == [
        ReplyStarted(),
        TextDelta("x"),
        ChoiceFinished("stop", "stop"),
        ReplyEnded("end of a whole JSON body"),
    ]
    refused = streamed(b'{"error":{"message":"no","code":"insufficient_quota"}}')
    assert kind_of(refused) == "quota_exhausted"


def test_a_stream_where_a_whole_reply_was_due() -> None:
    head = ResponseHead(200, Headers((("Content-Type", "Text/Event-Stream; charset=utf-8"),)))
    assert kind_of(decode(Exchange("", head, f"data: {STOP}\n\n".encode(), stream=False))) == "complete"


def test_sources_come_before_their_items_and_change_nothing() -> None:
    body = f'data: {TEXT}\n\nevent: ping\ndata: p\n\ndata: {TEXT[:-1]},"x_new":1}}\n\ndata: {STOP}\n\ndata: [DONE]\n\n'.encode()
    decoder = OpenAIChat().chat_decoder(ResponseHead(200), stream=True, limits=Limits(), keep_source=True)
    items = decoder.receive_data(body) + decoder.receive_eof()
    sources = [item.data.decode() for item in items if isinstance(item, SourceEvent)]
    assert sources == [TEXT, "p", TEXT[:-1] + ',"x_new":1}', STOP, "[DONE]"]
    assert [item for item in items if not isinstance(item, SourceEvent)] == streamed(body)
    whole = OpenAIChat().chat_decoder(ResponseHead(200), stream=False, limits=Limits(), keep_source=True)
    assert whole.receive_data(b' {"choices":[]} ') == []
    assert whole.receive_eof()[0] == SourceEvent(b'{"choices":[]}')


# --- bad input ----------------------------------------------------------------------------------------------------------------------


@given(st.binary(max_size=300), st.booleans())
def test_random_bytes_give_items_or_a_failure(body: bytes, stream: bool) -> None:
    items = decode(Exchange("", ResponseHead(200), body, stream=stream))
    assert isinstance(items[-1], FailureReported | ReplyEnded)


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["index", "id", "function", "name", "arguments", "text", "type", "x"]), inner, max_size=3
        )
    ),
    max_leaves=5,
)
CHOICE_KEYS = [
    "index",
    "delta",
    "message",
    "finish_reason",
    "native_finish_reason",
    "logprobs",
    "content_filter_results",
    "text",
    "x",
]
DELTA_KEYS = [
    "role",
    "content",
    "refusal",
    "tool_calls",
    "function_call",
    "reasoning_content",
    "reasoning",
    "reasoning_details",
    "audio",
    "images",
    "annotations",
    "x",
]
CHUNK_KEYS = [
    "id",
    "object",
    "created",
    "model",
    "usage",
    "service_tier",
    "system_fingerprint",
    "provider",
    "obfuscation",
    "p",
    "error",
    "cost",
    "x_groq",
    "x",
]


@st.composite
def wild_chunks(draw: st.DrawFn) -> dict[str, Any]:
    """A chunk of the right shape with anything in its fields."""
    anything = json_values | st.text(max_size=4)
    fields = draw(st.dictionaries(st.sampled_from(CHUNK_KEYS), anything, max_size=4))
    choices: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(0, 2))):
        choice = draw(st.dictionaries(st.sampled_from(CHOICE_KEYS), json_values, max_size=4))
        choices.append({**choice, "delta": draw(st.dictionaries(st.sampled_from(DELTA_KEYS), anything, max_size=4))})
    return {**fields, "choices": choices}


@given(st.lists(wild_chunks(), max_size=4), st.booleans())
def test_chunks_of_surprising_types_give_items_or_a_failure(chunks: list[dict[str, Any]], whole: bool) -> None:
    items = whole_items(json.dumps(chunks[0])) if whole and chunks else streamed(stream_bytes(chunks))
    assert isinstance(items[-1], FailureReported | ReplyEnded)
    msgspec.json.encode(items)  # what comes out can be written into a trace


@given(wild_chunks())
@settings(max_examples=400)
def test_the_three_readers_agree_on_what_they_share(value: dict[str, Any]) -> None:
    text = json.dumps(value)

    def through(*chunks: Any) -> list[Item]:
        assembly, items = Assembly(), list[Item]()
        assembly.add(*read_chunk({"id": "start", "choices": []}, None), items)
        for chunk, leftovers in chunks:
            if isinstance(chunk, PlainChunk):
                assembly.add_plain(chunk, items)
            else:
                assembly.add(chunk, leftovers, items)
        return items

    usage = None if value.get("usage") is None else msgspec.Raw(json.dumps(value["usage"]).encode())
    try:
        typed = decode_chunk(text)
    except (msgspec.MsgspecError, UnicodeError):
        return
    leniently = through(read_chunk(json.loads(text), usage))
    assert through((typed, None)) == leniently
    try:
        plain = decode_plain_chunk(text)
    except (msgspec.MsgspecError, UnicodeError):
        return
    assert through((plain, None)) == leniently


@given(chunk_streams())
def test_a_field_that_only_the_lenient_reader_takes_changes_nothing_else(stream: ChunkStream) -> None:
    typed = streamed(stream_bytes(stream.chunks))
    lenient = streamed(stream_bytes([{**chunk, "x_new": 1} for chunk in stream.chunks]))
    assert [item for item in lenient if not isinstance(item, ExtrasReported)] == typed


def test_a_line_over_the_limit_is_a_named_failure() -> None:
    limits = Limits(line=1000, event=2000, stream=100_000, body=1000)
    last = streamed(b"data: " + b"x" * 5000, limits)[-1]
    assert isinstance(last, FailureReported)
    assert last.failure.kind == "limit_exceeded"
    assert "line" in last.failure.message
    whole = decode(Exchange("", ResponseHead(200), b"{" + b" " * 5000, stream=False), limits=limits)
    assert kind_of(whole) == "limit_exceeded"
    assert kind_of(streamed(f"data: {TEXT}\n\n".encode() * 2000, limits)) == "limit_exceeded"


def test_a_body_over_its_limit_is_said_once() -> None:
    decoder = OpenAIChat().chat_decoder(ResponseHead(200), stream=False, limits=Limits(body=10), keep_source=False)
    assert len(decoder.receive_data(b"{" * 20)) == 1
    assert decoder.receive_data(b"{" * 20) == []
    assert decoder.receive_eof() == []


def test_a_million_empty_deltas_leave_nothing_behind() -> None:
    decoder = OpenAIChat().chat_decoder(ResponseHead(200), stream=True, limits=Limits(), keep_source=False)
    block = f"data: {delta('')}\n\n".encode() * 10_000
    assert len(decoder.receive_data(block)) == 1
    assert all(decoder.receive_data(block) == [] for _ in range(99))
    assert kind_of(decoder.receive_data(f"data: {STOP}\n\n".encode()) + decoder.receive_eof()) == "complete"


@pytest.mark.parametrize("field", ["x", "usage", "choices", "error"])
def test_nesting_of_a_hundred_thousand_is_a_named_failure(field: str) -> None:
    deep = "[" * 100_000 + "]" * 100_000
    last = stream_items(f'{{"{field}":{deep}}}')[-1]
    assert isinstance(last, FailureReported)
    assert last.failure.kind == "limit_exceeded"
    assert "limit depth" in last.failure.message


@pytest.mark.parametrize(
    "event",
    [
        '{"choices":[{"delta":{},"logprobs":{"content":DEEP}}]}',
        '{"choices":[{"delta":{},"content_filter_results":{"a":DEEP}}]}',
        '{"choices":[{"delta":{"annotations":DEEP}}]}',
        '{"choices":[{"delta":{"reasoning_details":[{"a":DEEP}]}}]}',
    ],
)
@pytest.mark.parametrize("more", [-8, -5, -4, -3, -2, -1, 0, 1, 200])
def test_the_depth_limit_is_the_same_for_every_reader(event: str, more: int) -> None:
    depth = Limits().depth + more
    typed = event.replace("DEEP", "[" * depth + "]" * depth)
    lenient = typed.replace('{"choices"', '{"x_new":1,"choices"', 1)
    expected = "limit_exceeded" if more > 100 or deeper_than(json.loads(typed), Limits().depth) else "complete"
    assert kind_of(stream_items(STOP, typed, "[DONE]")) == expected
    assert kind_of(stream_items(STOP, lenient, "[DONE]")) == expected


def test_limits_of_answers_and_tool_calls_are_named() -> None:
    items = stream_items(*[delta("", index) for index in range(MAX_CHOICES + 1)])
    assert kind_of(items) == "limit_exceeded"
    pieces = ",".join(piece(index, f"c{index}", "f") for index in range(MAX_TOOL_CALLS + 1))
    assert kind_of(stream_items(delta(f'"tool_calls":[{pieces}]'))) == "limit_exceeded"
    assert (
        kind_of(
            stream_items(
                '{"x_new":1,"choices":[' + ",".join(f'{{"index":{index}}}' for index in range(MAX_CHOICES + 1)) + "]}"
            )
        )
        == "limit_exceeded"
    )


def test_a_decoder_leaves_no_reference_cycle() -> None:
    call = delta(f'"tool_calls":[{piece(0, "a", "f")}]')
    body = stream_bytes([json.loads(event) for event in (TEXT, call, '{"x_new":1}', STOP)])
    gc.collect()
    gc.disable()
    try:
        streamed(body)
        assert gc.collect() == 0
    finally:
        gc.enable()


# --- whole replies ------------------------------------------------------------------------------------------------------------------


@given(chunk_streams(max_answers=1))
def test_a_whole_reply_gives_the_items_of_a_stream(stream: ChunkStream) -> None:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": stream.texts[0] or None,
        "reasoning_content": stream.reasoning[0] or None,
    }
    if stream.calls[0]:
        message["tool_calls"] = [
            {
                "index": number,
                "id": f"c{number}",
                "type": "function",
                "function": {"name": name, "arguments": arguments},
            }
            for number, (name, arguments) in enumerate(stream.calls[0])
        ]
    reply = {
        "id": "r",
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": stream.finishes[0]}],
    }
    chunk = {"id": "r", "model": "m", "choices": [{"index": 0, "delta": message, "finish_reason": stream.finishes[0]}]}
    assert whole_items(json.dumps(reply, indent=2))[:-1] == streamed(stream_bytes([chunk]))[:-1]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("", "truncated"),
        ("   \n", "truncated"),
        ("{", "malformed"),
        ("<html>", "malformed"),
        ("[]", "malformed"),
        ("{}", "malformed"),
        ('{"choices":[]}', "malformed"),
        ('{"choices":[{}]}', "complete"),
        ('\n\n         {"choices":[{"message":{"content":"x"}}]}\n', "complete"),
        ('{"error":{"message":"m","code":"content_filter","status":400}}', "content_policy"),
        ('{"error":"model `x` does not exist"}', "model_not_found"),
        ('{"choices":[{"message":{"content":"x"},"finish_reason":"error"}]}', "server_error"),
    ],
)
def test_whole_replies_end(body: str, kind: str) -> None:
    assert kind_of(whole_items(body)) == kind


def test_a_reply_without_choices_still_tells_its_usage() -> None:
    items = whole_items('{"text":"spoken","usage":{"prompt_tokens":1,"completion_tokens":2}}')
    assert any(isinstance(item, UsageReported) for item in items)
    assert kind_of(items) == "malformed"
