"""Recorded replies of Ollama: the decoder agrees with an independent reading, under any cut, and every recorded field is in the table."""

from __future__ import annotations

import json
from typing import Any

import pytest

from muxer_core.dialects.field_table import unknown_fields
from muxer_core.dialects.ollama import Ollama
from muxer_core.dialects.ollama.fields import TABLE
from muxer_core.values.items import FailureReported, ReplyEnded
from tests.support.exchanges import (
    Exchange,
    calls_of,
    collection,
    decode,
    ending_of,
    finish_of,
    reasoning_of,
    sample,
    some_cuts,
    text_of,
    usage_of,
)

DIALECT = Ollama()
APIS = ("ollama.chat", "ollama.generate")
SAMPLE = sample("ollama", *APIS)


def objects(exchange: Exchange) -> list[dict[str, Any]]:
    """The objects of a body, by plain `json`."""
    if not exchange.stream:
        return [json.loads(exchange.body)]
    return [json.loads(line) for line in exchange.body.splitlines() if line.strip()]


def disagreements(exchange: Exchange, items: list[Any]) -> list[tuple[str, Any, Any]]:
    said = [{**one, **one.get("message", {})} for one in objects(exchange)]
    last = said[-1]
    functions = [call["function"] for one in said for call in one.get("tool_calls", [])]
    calls, usage, finish = calls_of(items), usage_of(items), finish_of(items)
    counts = usage and (usage.input_tokens, usage.output_tokens, usage.exact)
    sent, told = last.get("prompt_eval_count"), last.get("eval_count")
    plain = None if sent is told is None else (sent or 0, told or 0, sent is not None and told is not None)
    pairs: dict[str, tuple[Any, Any]] = {
        "text": (text_of(items), "".join(one.get("content") or one.get("response") or "" for one in said)),
        "reasoning": (reasoning_of(items), "".join(one.get("thinking") or "" for one in said)),
        "calls": ([call[1:] for call in calls], [(one["name"], one["arguments"]) for one in functions]),
        "ids": (len({call[0] for call in calls}), len(functions)),
        "finish": (finish and finish[1], last.get("done_reason", "stop")),
        "usage": (counts, plain),
        "complete": (ending_of(items), "complete"),
    }
    return [(what, ours, theirs) for what, (ours, theirs) in pairs.items() if ours != theirs]


@pytest.mark.parametrize("exchange", SAMPLE, ids=lambda exchange: exchange.id)
def test_agrees_with_an_independent_reading_under_any_cut(exchange: Exchange) -> None:
    items = decode(DIALECT, exchange)
    assert disagreements(exchange, items) == []
    for pieces in some_cuts(exchange.body, exchange.id):
        assert decode(DIALECT, exchange, pieces) == items


@pytest.mark.parametrize("exchange", SAMPLE, ids=lambda exchange: exchange.id)
def test_law_2_a_cut_body_is_never_complete_without_its_evidence(exchange: Exchange) -> None:
    body = exchange.body
    for end in range(0, len(body), max(1, len(body) // 300)):
        items = decode(DIALECT, exchange._replace(body=body[:end]))
        assert isinstance(items[-1], ReplyEnded | FailureReported)
        if isinstance(items[-1], ReplyEnded):
            assert b'"done":true' in body[:end].replace(b" ", b"")


def unknown(exchange: Exchange) -> set[str]:
    request = {*unknown_fields(TABLE, "request", exchange.request)} if exchange.request else set[str]()
    return request | {path for one in objects(exchange) for path in unknown_fields(TABLE, "reply", one)}


def test_every_field_of_the_sample_is_in_the_table() -> None:
    assert {path for one in SAMPLE for path in unknown(one)} == set()


@pytest.mark.slow
def test_the_whole_collection_agrees_under_any_cut() -> None:
    seen = other = 0
    for exchange in collection("ollama", *APIS):
        items = decode(DIALECT, exchange)
        if ending_of(items) == "malformed" and b'"choices"' in exchange.body:
            other += 1  # a reply of the OpenAI form under this API's name
            continue
        seen += 1
        assert disagreements(exchange, items) == [], exchange.id
        assert unknown(exchange) == set(), exchange.id
        for pieces in some_cuts(exchange.body, exchange.id, 3):
            assert decode(DIALECT, exchange, pieces) == items, exchange.id
    assert seen > 35
    assert other <= 2
