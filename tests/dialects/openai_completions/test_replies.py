"""Replies of legacy completions: recorded ones against a plain reading under any cut, odd ones, and bad ones."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.dialects.openai_chat.reading import Reading, Shape
from muxer_core.dialects.openai_completions import OpenAICompletions
from muxer_core.dialects.openai_completions.chunks import SHAPE
from muxer_core.dialects.protocol import Target
from muxer_core.values.items import (
    ChoiceFinished,
    ExtrasReported,
    FailureReported,
    Item,
    LogprobsReported,
    ModelsListed,
    ReplyEnded,
    ReplyStarted,
    TextDelta,
    UsageReported,
)
from muxer_core.values.moment import Moment
from muxer_core.wire.heads import ResponseHead
from muxer_core.wire.limits import Limits
from muxer_core.wire.sse import SseEvent
from tests.dialects.openai_chat.independent import split_events
from tests.support.beside_chat import Exchange, collection, cuts, items_of, sample
from tests.support.shared import shared_path

DIALECT = OpenAICompletions()
TARGET = Target(where="t", base_url="http://127.0.0.1:8000/v1", model="m")


def decoded(exchange: Exchange, pieces: list[bytes] | None = None) -> list[Item]:
    decoder = DIALECT.chat_decoder(exchange.head, stream=exchange.stream, limits=Limits(), keep_source=False)
    return items_of(decoder, [exchange.body] if pieces is None else pieces)


def stream_items(*events: str, answers: int = 1) -> list[Item]:
    body = "".join(f"data: {event}\n\n" for event in events).encode()
    decoder = DIALECT.chat_decoder(ResponseHead(200), stream=True, limits=Limits(), keep_source=False, answers=answers)
    return items_of(decoder, [body])


# -- replies ----------------------------------------------------------------------------------------------------------------------------


def plain(exchange: Exchange) -> dict[str, Any]:
    """Text, finish and usage by the JSON alone."""
    values: list[Any] = [json.loads(exchange.body)] if not exchange.stream else [
        json.loads(data) for _, data in split_events(exchange.body + b"\n") if data.strip() != "[DONE]"
    ]  # fmt: skip
    texts: dict[int, str] = {}
    finish: dict[int, str] = {}
    usage: Any = None
    tokens = 0
    for value in values:
        if "value" in value:
            texts[0] = texts.get(0, "") + value["value"]
        for position, choice in enumerate(value.get("choices", [])):
            index = choice.get("index", position)
            said = choice if "text" in choice else choice.get("message") or choice["delta"]
            texts[index] = texts.get(index, "") + (said.get("text") or said.get("content") or "")
            if choice.get("finish_reason"):
                finish[index] = choice["finish_reason"]
            logprobs: Any = choice.get("logprobs") or {}
            tokens += len(logprobs.get("tokens", []))
        usage = value.get("usage") or usage
    counted = None if usage is None else (usage["prompt_tokens"], usage.get("completion_tokens", 0))
    return {
        "texts": {i: text for i, text in texts.items() if text},
        "finish": finish,
        "usage": counted,
        "tokens": tokens,
    }


def ours(items: list[Item]) -> dict[str, Any]:
    texts: dict[int, str] = {}
    for item in items:
        if isinstance(item, TextDelta):
            texts[item.choice] = texts.get(item.choice, "") + item.text
    usages = [(one.usage.input_tokens, one.usage.output_tokens) for one in items if isinstance(one, UsageReported)]
    return {
        "texts": texts,
        "finish": {item.choice: item.native for item in items if isinstance(item, ChoiceFinished)},
        "usage": usages[-1] if usages else None,
        "tokens": sum(len(item.content) for item in items if isinstance(item, LogprobsReported)),
    }


def check(exchange: Exchange) -> None:
    if not exchange.head.is_success:
        failure = DIALECT.failure(exchange.head, exchange.body, where="w", moment=Moment(0.0, 0.0))
        assert json.loads(exchange.body)["error"]["message"] in failure.message
        return
    items = decoded(exchange)
    assert isinstance(items[-1], ReplyEnded), items[-1]
    assert isinstance(items[0], ReplyStarted)
    assert items[0].dialect == "openai_completions"
    assert ours(items) == plain(exchange)
    for pieces in cuts(exchange.body, exchange.id, bytewise=len(exchange.body) < 6000):
        assert decoded(exchange, pieces) == items


@pytest.mark.parametrize("exchange", sample("completions"), ids=lambda exchange: exchange.id)
def test_agrees_with_a_plain_reading_under_any_cut(exchange: Exchange) -> None:
    check(exchange)


@pytest.mark.slow
def test_the_whole_collection_agrees_under_any_cut() -> None:
    seen = 0
    for exchange in collection(shared_path("recordings"), "completions"):
        seen += 1
        check(exchange)
    print(f"{seen} exchanges agree")
    assert seen > 90


def test_law_2_a_stream_with_marks_needs_them() -> None:
    open_text = '{"choices":[{"text":"a","index":0}]}'
    (*_, cut) = stream_items(open_text)
    assert isinstance(cut, FailureReported)
    assert cut.failure.kind == "truncated"
    assert stream_items(open_text, "[DONE]")[-1] == ReplyEnded("[DONE]")
    finished = '{"choices":[{"text":"a","index":0,"finish_reason":"stop"}]}'
    assert stream_items(finished)[-1] == ReplyEnded("end of body after the finish reason")
    assert isinstance(stream_items(finished, answers=2)[-1], FailureReported)


def test_writers_stream_has_no_marks_and_ends_between_events() -> None:
    items = stream_items('{"value":"a"}', '{"value":"b","x":1}')
    texts = [item for item in items if isinstance(item, TextDelta)]
    assert texts == [TextDelta("a"), TextDelta("b")]
    assert ExtrasReported({"x": 1}) in items
    assert items[-1] == ReplyEnded("end of body of a stream without marks")
    decoder = DIALECT.chat_decoder(ResponseHead(200), stream=True, limits=Limits(), keep_source=False)
    (*_, cut) = items_of(decoder, [b'data: {"value":"a"}\n\ndata: {"val'])
    assert isinstance(cut, FailureReported)


def test_old_logprobs_become_records() -> None:
    table = {
        "tokens": ["a", "b"],
        "token_logprobs": [None, -2],
        "top_logprobs": [{"a": -1, "c": -3}, None],
        "text_offset": [0, 1],
    }
    items = stream_items(json.dumps({"choices": [{"text": "ab", "index": 0, "logprobs": table}]}), "[DONE]")
    likely = [{"token": "a", "logprob": -1, "bytes": None}, {"token": "c", "logprob": -3, "bytes": None}]
    assert [item for item in items if isinstance(item, LogprobsReported)] == [
        LogprobsReported([
            {"token": "a", "logprob": None, "bytes": None, "top_logprobs": likely, "text_offset": 0},
            {"token": "b", "logprob": -2, "bytes": None, "top_logprobs": [], "text_offset": 1},
        ])
    ]  # fmt: skip


def test_old_logprobs_without_likely_tokens() -> None:
    table = {"tokens": ["a"], "token_logprobs": [-1], "top_logprobs": None, "text_offset": None}
    items = stream_items(json.dumps({"choices": [{"text": "a", "index": 0, "logprobs": table}]}), "[DONE]")
    record: Any = {"token": "a", "logprob": -1, "bytes": None, "top_logprobs": []}
    assert LogprobsReported([record]) in items


@pytest.mark.parametrize(
    "odd",
    [
        {"tokens": ["a"], "token_logprobs": []},
        {"tokens": "a"},
        {"tokens": ["a"], "top_logprobs": []},
        {"tokens": ["a"], "colour": ["red"]},
        {"x": 1},
    ],
)
def test_logprobs_that_are_no_table_are_kept(odd: Any) -> None:
    items = stream_items(json.dumps({"choices": [{"text": "a", "index": 0, "logprobs": odd}]}), "[DONE]")
    assert ExtrasReported({"logprobs": odd}, 0) in items


def test_errors_inside_a_stream_and_chat_chunks() -> None:
    failed = stream_items('{"choices":[{"text":"a","index":0}]}', '{"error":{"message":"m","code":"server_error"}}')[-1]
    assert isinstance(failed, FailureReported)
    assert failed.failure.message == "m"
    assert TextDelta("x") in stream_items('{"choices":[{"delta":{"content":"x"}}]}', "[DONE]")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "truncated"),
        (b"<html></html>", "malformed"),
        (b"{}", "malformed"),
        (b'{"choices":[]}', "malformed"),
        (b'{"choices":[7]}', "malformed"),
        (b'{"choices":{}}', "malformed"),
        (b'{"choices":[{"text":"\\ud800","index":-1}]}', "malformed"),
        (b'{"error":{"message":"m","code":"insufficient_quota"}}', "quota_exhausted"),
    ],
)
def test_bad_replies_are_failures(body: bytes, kind: str) -> None:
    failed = decoded(Exchange("", "completions", "", None, ResponseHead(200), body, stream=False))[-1]
    assert isinstance(failed, FailureReported)
    assert failed.failure.kind == kind


FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "id": st.sampled_from(["i", None]),
    "model": st.sampled_from(["m", None]),
    "created": st.sampled_from([7, None]),
    "object": st.just("text_completion"),
    "usage": st.sampled_from([None, {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}]),
}
CHOICE = st.fixed_dictionaries(
    {},
    optional={
        "text": st.sampled_from(["a", "", None, "\ud800", 5]),
        "index": st.sampled_from([0, 1, None]),
        "finish_reason": st.sampled_from(["stop", "length", None]),
        "logprobs": st.none(),
        "stop_reason": st.sampled_from([None, 5]),
    },
)


@given(
    st.lists(st.fixed_dictionaries({"choices": st.lists(CHOICE, max_size=2)}, optional=FIELDS), min_size=1, max_size=4)
)
def test_the_typed_reader_and_the_lenient_one_agree(chunks: list[Any]) -> None:
    def read(shape: Shape) -> list[Item]:
        reading, items = Reading(Limits(), shape), list[Item]()
        for chunk in chunks:
            event = SseEvent(json.dumps(chunk).encode())
            if reading.read_events([event], items) is not None and reading.read(event.data, items):
                break
        return items

    assert read(SHAPE) == read(SHAPE._replace(plain=takes_nothing))


def takes_nothing(_: bytes) -> Any:
    """A typed reader that gives everything to the lenient one."""
    raise UnicodeError


def test_models_are_listed_as_in_chat_completions() -> None:
    assert DIALECT.encode_models(TARGET).request.url == "http://127.0.0.1:8000/v1/models"
    items = items_of(DIALECT.models_decoder(ResponseHead(200), limits=Limits()), [b'{"data":[{"id":"a"}]}'])
    assert items == [ModelsListed([{"id": "a"}]), ReplyEnded("end of a whole JSON body")]


@given(st.binary(max_size=60), st.booleans())
def test_random_bytes_never_raise(body: bytes, stream: bool) -> None:
    items = decoded(Exchange("", "completions", "", None, ResponseHead(200), body, stream=stream))
    assert isinstance(items[-1], FailureReported | ReplyEnded)
