"""Recorded responses of real servers: the decoder agrees with an independent reading, under any cut, and no cut body is complete."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from muxer_core.dialects.openai_responses.reasoning import GAP
from muxer_core.values.items import (
    ChoiceFinished,
    FailureReported,
    ImageDelta,
    Item,
    ReasoningDelta,
    RefusalDelta,
    ReplyEnded,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from muxer_core.values.moment import Moment
from tests.dialects.openai_responses.exchanges import DIALECT, Exchange, collection, decode, sample
from tests.dialects.openai_responses.independent import extract
from tests.support.shared import shared_path

SUCCESSES = [exchange for exchange in sample() if exchange.head.is_success]


def calls(items: list[Item]) -> list[tuple[str, str, str]]:
    found: dict[int, tuple[str, str, str]] = {}
    for item in items:
        if isinstance(item, ToolCallDelta):
            call_id, name, arguments = found.get(item.call, ("", "", ""))
            found[item.call] = (call_id + (item.id or ""), name + (item.name or ""), arguments + item.arguments)
    return list(found.values())


def disagreements(exchange: Exchange, items: list[Item]) -> Iterator[tuple[str, Any, Any]]:
    """(what, ours, theirs) for everything in which the decoder and the plain reading differ."""
    plain = extract(exchange.body, stream=exchange.stream)
    usages = [item.usage for item in items if isinstance(item, UsageReported)]
    last = usages[-1] if usages else None
    thoughts = "".join(item.text for item in items if isinstance(item, ReasoningDelta))
    ours_theirs: dict[str, tuple[Any, Any]] = {
        "text": ("".join(item.text for item in items if isinstance(item, TextDelta)), plain.text),
        "refusal": ("".join(item.text for item in items if isinstance(item, RefusalDelta)), plain.refusal),
        "reasoning": (thoughts.replace(GAP, ""), plain.reasoning.replace(GAP, "")),
        "sealed": (
            [one.encrypted for one in items if isinstance(one, ReasoningDelta) and one.encrypted],
            plain.encrypted,
        ),
        "calls": (calls(items), plain.calls),
        "images": (sum(isinstance(item, ImageDelta) for item in items), plain.images),
        "finish": (next((item.native for item in items if isinstance(item, ChoiceFinished)), None), plain.finish),
        "usage": (
            last and (last.input_tokens, last.output_tokens, last.cached_input_tokens, last.reasoning_tokens),
            plain.usage,
        ),
        "failed": (isinstance(items[-1], FailureReported), plain.failed),
    }
    for what, (ours, theirs) in ours_theirs.items():
        if ours != theirs:
            yield what, ours, theirs


def is_response(exchange: Exchange) -> bool:
    """Not a chat completion that came instead, which is read elsewhere."""
    return exchange.stream or "output" in json.loads(exchange.body)


@pytest.mark.parametrize("exchange", SUCCESSES, ids=lambda exchange: exchange.id)
def test_agrees_with_an_independent_reading(exchange: Exchange) -> None:
    if is_response(exchange):
        assert list(disagreements(exchange, decode(exchange))) == []


@pytest.mark.parametrize("exchange", SUCCESSES, ids=lambda exchange: exchange.id)
def test_law_1_items_are_the_same_under_any_cut(exchange: Exchange) -> None:
    whole = decode(exchange)
    body = exchange.body
    assert decode(exchange, [body[at : at + 1] for at in range(len(body))]) == whole
    draw = random.Random(exchange.id)
    for _ in range(5):
        edges = sorted(draw.sample(range(len(body) + 1), k=min(len(body), 8)))
        cut = [body[start:end] for start, end in zip([0, *edges], [*edges, len(body)], strict=True)]
        assert decode(exchange, cut) == whole


@pytest.mark.parametrize("exchange", SUCCESSES, ids=lambda exchange: exchange.id)
def test_law_2_a_cut_body_is_never_complete_without_its_evidence(exchange: Exchange) -> None:
    """The evidence is the last event: its JSON must be whole. Of a whole reply it is the whole JSON."""
    body = exchange.body
    for end in range(0, len(body), max(1, len(body) // 200)):
        items = decode(exchange._replace(body=body[:end]))
        assert isinstance(items[-1], ReplyEnded | FailureReported)
        if isinstance(items[-1], ReplyEnded):
            events = [line[5:] for line in body[:end].splitlines() if line.startswith(b'data: {"type":"response.')]
            kind = json.loads(events[-1] if exchange.stream else body[:end])
            assert not exchange.stream or kind["type"] in ("response.completed", "response.incomplete")


@pytest.mark.parametrize(
    "exchange", [one for one in sample() if not one.head.is_success], ids=lambda exchange: exchange.id
)
def test_a_refusal_keeps_the_servers_words(exchange: Exchange) -> None:
    failure = DIALECT.failure(exchange.head, exchange.body, where="here", moment=Moment(0.0, 0.0))
    error: Any = json.loads(exchange.body)["error"]
    words: str = error if isinstance(error, str) else error["message"]
    assert failure.status == exchange.head.status
    assert failure.message.split(":")[0] == words.split(":", maxsplit=1)[0]  # a key that it repeats is masked
    assert failure.kind in ("auth", "bad_request", "unsupported", "context_too_long", "model_not_found")


@pytest.mark.slow
@pytest.mark.timeout(300)  # more than a thousand recordings, each decoded several times
def test_the_whole_collection_agrees_under_any_cut() -> None:
    draw = random.Random(7)
    seen = 0
    for exchange in collection(shared_path("recordings")):
        if not exchange.head.is_success:
            continue
        seen += 1
        items = decode(exchange)
        if is_response(exchange):
            assert list(disagreements(exchange, items)) == [], exchange.id
        body = exchange.body
        cuts = [sorted(draw.sample(range(len(body) + 1), k=min(len(body), 12))) for _ in range(2)]
        if len(body) < 4_000:
            cuts.append(list(range(len(body))))
        for edges in cuts:
            pieces = [body[start:end] for start, end in zip([0, *edges], [*edges, len(body)], strict=True)]
            assert decode(exchange, pieces) == items, exchange.id
    assert seen > 1400
