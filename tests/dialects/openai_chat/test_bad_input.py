"""No bytes of any kind break a decoder: limits are named, surprising types are read or refused, and all readers agree."""

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
from muxer_core.dialects.openai_chat.assembly import MAX_CHOICES, Assembly
from muxer_core.dialects.openai_chat.chunks import PlainChunk, decode_chunk, decode_plain_chunk, read_chunk
from muxer_core.dialects.openai_chat.tool_call_numbers import MAX_TOOL_CALLS
from muxer_core.testing.openai_chat import ChunkStream, chunk_streams, stream_bytes
from muxer_core.values.items import (
    ExtrasReported,
    FailureReported,
    Item,
    ReplyEnded,
)
from muxer_core.wire.heads import ResponseHead
from muxer_core.wire.limits import Limits
from tests.dialects.openai_chat.exchanges import (
    STOP,
    TEXT,
    Exchange,
    decode,
    delta,
    kind_of,
    piece,
    stream_items,
    streamed,
    whole_items,
)


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
