"""Recorded replies of Cohere: the decoder agrees with an independent reading, under any cut, and every recorded field is in the table."""

from __future__ import annotations

import json
from typing import Any

import pytest

from muxer_core.dialects.cohere_v2 import CohereV2
from muxer_core.dialects.cohere_v2.fields import TABLE
from muxer_core.dialects.field_table import unknown_fields
from muxer_core.dialects.json_text import is_list
from muxer_core.values.items import CitationsReported, FailureReported, ReplyEnded, UsageReported
from muxer_core.values.moment import Moment
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
)

DIALECT = CohereV2()
SAMPLE = sample("cohere_v2", "v2.chat")
SUCCESSES = [exchange for exchange in SAMPLE if exchange.head.is_success]


def values(exchange: Exchange) -> list[dict[str, Any]]:
    """The objects of a body, by plain `json`."""
    if not exchange.stream:
        return [json.loads(exchange.body)]
    texts = [line.removeprefix(b"data: ") for line in exchange.body.splitlines() if line.startswith(b"data: ")]
    return [json.loads(text) for text in texts if text != b"[DONE]"]


class Plain:
    """What a plain reading of a reply finds."""

    def __init__(self, exchange: Exchange) -> None:
        self.text = self.thinking = ""
        self.calls: dict[int, list[str]] = {}
        self.citations: list[Any] = []
        self.finish = ""
        self.usage: dict[str, Any] = {}
        for value in values(exchange):
            end: dict[str, Any] = value if "finish_reason" in value else value.get("delta", {})
            self.finish = end.get("finish_reason", self.finish)
            self.usage = end.get("usage", self.usage)
            message: dict[str, Any] = value.get("message") or value.get("delta", {}).get("message") or {}
            self.thinking += str(message.get("tool_plan") or "")
            for piece in listed(message.get("content")):
                self.text += str(piece.get("text") or "")
                self.thinking += str(piece.get("thinking") or "")
            for place, call in enumerate(listed(message.get("tool_calls"))):
                known = self.calls.setdefault(value.get("index", place), ["", "", ""])
                function: dict[str, Any] = call.get("function", {})
                for number, one in enumerate((call.get("id"), function.get("name"), function.get("arguments"))):
                    known[number] += str(one or "")
            self.citations += listed(message.get("citations"))


def listed(value: Any) -> list[Any]:
    """A list, one thing as a list of it, nothing as an empty one."""
    if not value:
        return []
    return [*value] if is_list(value) else [value]


def disagreements(exchange: Exchange, items: list[Any]) -> list[tuple[str, Any, Any]]:
    plain = Plain(exchange)
    finish = finish_of(items)
    reports = [item for item in items if isinstance(item, UsageReported)]
    tokens, billed = plain.usage.get("tokens", {}), plain.usage.get("billed_units", {})
    ours = [(one.usage.input_tokens, one.usage.output_tokens, one.usage.cached_input_tokens) for one in reports]
    ours_billed = [(one.billed or one.usage).input_tokens for one in reports]
    calls = [(call_id, name, json.loads(said) if said else "") for call_id, name, said in plain.calls.values()]
    pairs: dict[str, tuple[Any, Any]] = {
        "text": (text_of(items), plain.text),
        "reasoning": (reasoning_of(items), plain.thinking),
        "calls": (calls_of(items), calls),
        "citations": (
            [item.citations[0].native for item in items if isinstance(item, CitationsReported)],
            plain.citations,
        ),
        "finish": (finish and finish[1], plain.finish),
        "usage": (
            ours,
            [(tokens["input_tokens"], tokens["output_tokens"], plain.usage.get("cached_tokens", 0))] if tokens else [],
        ),
        "billed": (ours_billed, [billed["input_tokens"]] if billed else []),
        "complete": (ending_of(items), "complete"),
    }
    return [(what, one, other) for what, (one, other) in pairs.items() if one != other]


@pytest.mark.parametrize("exchange", SUCCESSES, ids=lambda exchange: exchange.id)
def test_agrees_with_an_independent_reading_under_any_cut(exchange: Exchange) -> None:
    items = decode(DIALECT, exchange)
    assert disagreements(exchange, items) == []
    for pieces in some_cuts(exchange.body, exchange.id):
        assert decode(DIALECT, exchange, pieces) == items


@pytest.mark.parametrize("exchange", SUCCESSES, ids=lambda exchange: exchange.id)
def test_law_2_a_cut_body_is_never_complete_without_its_evidence(exchange: Exchange) -> None:
    body = exchange.body
    for end in range(0, len(body), max(1, len(body) // 300)):
        items = decode(DIALECT, exchange._replace(body=body[:end]))
        assert isinstance(items[-1], ReplyEnded | FailureReported)
        if isinstance(items[-1], ReplyEnded):
            assert b"finish_reason" in body[:end]


def failure_of(exchange: Exchange) -> str:
    failure = DIALECT.failure(exchange.head, exchange.body, where="c", moment=Moment(0.0, 0.0))
    assert failure.message == json.loads(exchange.body)["message"]
    return failure.kind


def test_refusals_have_the_words_of_the_server() -> None:
    assert {failure_of(one) for one in SAMPLE if not one.head.is_success} == {"model_not_found"}


def unknown(exchange: Exchange) -> set[str]:
    found = {*unknown_fields(TABLE, "request", exchange.request)} if exchange.request else set[str]()
    if not exchange.head.is_success:
        return found
    return found | {
        path for one in values(exchange) for path in unknown_fields(TABLE, "event" if exchange.stream else "reply", one)
    }


def test_every_field_of_the_sample_is_in_the_table() -> None:
    assert {path for one in SAMPLE for path in unknown(one)} == set()


@pytest.mark.slow
def test_the_whole_collection_agrees_under_any_cut() -> None:
    seen = other = 0
    for exchange in collection("cohere", "v2.chat"):
        if not exchange.head.is_success:
            failure_of(exchange)
            continue
        items = decode(DIALECT, exchange)
        if ending_of(items) == "malformed" and b'"relevance_score"' in exchange.body:
            other += 1  # a reply of another API under this one's name
            continue
        seen += 1
        assert disagreements(exchange, items) == [], exchange.id
        assert unknown(exchange) == set(), exchange.id
        for pieces in some_cuts(exchange.body, exchange.id, 3):
            assert decode(DIALECT, exchange, pieces) == items, exchange.id
    assert seen > 35
    assert other <= 1
