"""Recorded replies of real servers: the decoder agrees with an independent reading, under any cut, and never calls a cut body complete."""

from __future__ import annotations

import random
from typing import Any

import pytest

from muxer_core.values.items import (
    ChoiceFinished,
    FailureReported,
    Item,
    ReplyEnded,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from muxer_core.values.usage import Usage
from tests.dialects.openai_chat.exchanges import Exchange, collection, decode, sample
from tests.dialects.openai_chat.independent import Extract, extract
from tests.support.shared import shared_path

SUCCESSES = [exchange for exchange in sample() if exchange.head.is_success]


def texts(items: list[Item]) -> dict[int, str]:
    found: dict[int, str] = {}
    for item in items:
        if isinstance(item, TextDelta):
            found[item.choice] = found.get(item.choice, "") + item.text
    return found


def calls(items: list[Item]) -> dict[int, list[dict[str, str]]]:
    found: dict[int, dict[int, dict[str, str]]] = {}
    for item in items:
        if isinstance(item, ToolCallDelta):
            call = found.setdefault(item.choice, {}).setdefault(item.call, {"id": "", "name": "", "arguments": ""})
            call["id"] += item.id or ""
            call["name"] += item.name or ""
            call["arguments"] += item.arguments
    return {choice: list(by_number.values()) for choice, by_number in found.items()}


def disagreements(items: list[Item], plain: Extract) -> list[tuple[str, Any, Any]]:
    """(what, ours, theirs) for everything in which the decoder and the plain reading differ."""
    usages = [item.usage for item in items if isinstance(item, UsageReported)]
    ours_theirs: dict[str, tuple[Any, Any]] = {
        "text": (texts(items), {choice: text for choice, text in plain.text.items() if text}),
        "calls": (calls(items), {choice: list(made.values()) for choice, made in plain.calls.items() if made}),
        "finish": ({item.choice: item.native for item in items if isinstance(item, ChoiceFinished)}, plain.finish),
        "usage": (totals(usages[-1]) if usages else None, plain_totals(plain.usage) if plain.usage else None),
        "complete": (isinstance(items[-1], ReplyEnded), plain.ended and bool(plain.text)),
    }
    return [(what, ours, theirs) for what, (ours, theirs) in ours_theirs.items() if ours != theirs]


def totals(usage: Usage) -> tuple[int, int]:
    return usage.input_tokens, usage.output_tokens


def plain_totals(usage: dict[str, Any]) -> tuple[int, int]:
    """Input and output by the plain rule: what the reported total exceeds the two parts by is output too (xAI, Gemini)."""
    prompt = usage.get("prompt_tokens", usage.get("input_tokens")) or 0
    completion = usage.get("completion_tokens", usage.get("output_tokens")) or 0
    return prompt, max(completion, (usage.get("total_tokens") or 0) - prompt)


@pytest.mark.parametrize("exchange", SUCCESSES, ids=lambda exchange: exchange.id)
def test_agrees_with_an_independent_reading(exchange: Exchange) -> None:
    assert disagreements(decode(exchange), extract(exchange.body, stream=exchange.stream)) == []


@pytest.mark.parametrize("exchange", SUCCESSES, ids=lambda exchange: exchange.id)
def test_law_1_items_are_the_same_under_any_cut(exchange: Exchange) -> None:
    whole = decode(exchange)
    body = exchange.body
    assert decode(exchange, [body[at : at + 1] for at in range(len(body))]) == whole
    draw = random.Random(exchange.id)
    for _ in range(10):
        edges = sorted(draw.sample(range(len(body) + 1), k=min(len(body), 8)))
        cut = [body[start:end] for start, end in zip([0, *edges], [*edges, len(body)], strict=True)]
        assert decode(exchange, cut) == whole


@pytest.mark.parametrize("exchange", SUCCESSES, ids=lambda exchange: exchange.id)
def test_law_2_a_cut_body_is_never_complete_without_its_evidence(exchange: Exchange) -> None:
    """A prefix counts as complete only where it holds full evidence: `[DONE]`, or all finish reasons and the end of an event."""
    body = exchange.body
    for end in range(0, len(body), max(1, len(body) // 400)):
        prefix = exchange._replace(body=body[:end])
        items = decode(prefix)
        assert isinstance(items[-1], ReplyEnded | FailureReported)
        if isinstance(items[-1], ReplyEnded):
            assert extract(prefix.body, stream=exchange.stream).ended or prefix.body.rstrip().endswith(b"data: [DONE]")


@pytest.mark.slow
@pytest.mark.timeout(300)  # thousands of recordings, each decoded several times
def test_the_whole_collection_agrees_under_any_cut() -> None:
    draw = random.Random(7)
    seen = 0
    for exchange in collection(shared_path("recordings")):
        if not exchange.head.is_success:
            continue
        seen += 1
        items = decode(exchange)
        assert disagreements(items, extract(exchange.body, stream=exchange.stream)) == [], exchange.id
        body = exchange.body
        cuts = [sorted(draw.sample(range(len(body) + 1), k=min(len(body), 12))) for _ in range(2)]
        if len(body) < 4_000:
            cuts.append(list(range(len(body))))
        for edges in cuts:
            pieces = [body[start:end] for start, end in zip([0, *edges], [*edges, len(body)], strict=True)]
            assert decode(exchange, pieces) == items, exchange.id
    assert seen > 3000


@pytest.mark.slow
@pytest.mark.timeout(300)  # thousands of recordings, each decoded at many cuts
def test_no_cut_body_of_the_collection_is_complete_without_its_evidence() -> None:
    draw = random.Random(11)
    for exchange in collection(shared_path("recordings")):
        if not exchange.head.is_success:
            continue
        for end in draw.sample(range(len(exchange.body)), k=min(6, len(exchange.body))):
            prefix = exchange._replace(body=exchange.body[:end])
            if isinstance(decode(prefix)[-1], ReplyEnded):
                evidence = extract(prefix.body, stream=exchange.stream).ended
                assert evidence or prefix.body.rstrip().endswith(b"data: [DONE]"), (exchange.id, end)
