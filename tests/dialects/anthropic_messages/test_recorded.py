"""Recorded replies of real servers: the decoder agrees with an independent reading, under any cut, and never calls a cut body complete."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from muxer_core.call.reply_builder import ReplyBuilder
from muxer_core.values.items import (
    ChoiceFinished,
    CitationsReported,
    FailureReported,
    Item,
    ModelsListed,
    ReasoningDelta,
    ReplyEnded,
    ServerToolReported,
    SourceEvent,
    TextDelta,
    TokensCounted,
    ToolCallDelta,
    UsageReported,
)
from muxer_core.values.messages import ProviderPart, ReasoningPart, TextPart, ToolCallPart
from muxer_core.values.moment import Moment
from tests.dialects.anthropic_messages.exchanges import DIALECT, Exchange, collection, cut, decode, sample
from tests.dialects.anthropic_messages.independent import Extract, extract, read_input
from tests.support.shared import shared_path

EXCHANGES = sample()
SUCCESSES = [one for one in EXCHANGES if one.head.is_success and one.api == "messages"]
ERRORS = [one for one in EXCHANGES if not one.head.is_success]


def calls(items: list[Item]) -> list[tuple[str, str, Any]]:
    found: dict[int, list[str]] = {}
    for item in items:
        if isinstance(item, ToolCallDelta):
            call = found.setdefault(item.call, ["", "", ""])
            for position, piece in enumerate((item.id, item.name, item.arguments)):
                call[position] += piece or ""
    return [(call_id, name, read_input(arguments)) for call_id, name, arguments in found.values()]


def others(items: list[Item]) -> list[str]:
    parts = [item.part for item in items if isinstance(item, ServerToolReported)]
    return [(part.spec if isinstance(part, ProviderPart) else part.native)["type"] for part in parts]


def disagreements(items: list[Item], plain: Extract) -> list[tuple[str, Any, Any]]:
    """(what, ours, theirs) for everything in which the decoder and the plain reading differ."""
    usages = [item.usage for item in items if isinstance(item, UsageReported)]
    last = usages[-1] if usages else None
    thoughts = [item for item in items if isinstance(item, ReasoningDelta)]
    finishes = [item.native for item in items if isinstance(item, ChoiceFinished)]
    cited = [item.citations for item in items if isinstance(item, CitationsReported)]
    failures = [item.failure.message for item in items if isinstance(item, FailureReported)]
    ours_theirs: dict[str, tuple[Any, Any]] = {
        "text": ("".join(item.text for item in items if isinstance(item, TextDelta)), plain.text),
        "thinking": ("".join(one.text for one in thoughts), plain.thinking),
        "seals": ([one.signature or one.encrypted for one in thoughts if one.signature or one.encrypted], plain.seals),
        "calls": (calls(items), plain.calls),
        "others": (others(items), plain.others),
        "citations": ([one.native for listed in cited for one in listed], plain.citations),
        "finish": (finishes[-1] if finishes else None, plain.finish),
        "usage": (
            None
            if last is None
            else (last.input_tokens, last.output_tokens, last.cached_input_tokens, last.cache_write_tokens),
            plain.totals,
        ),
        "complete": (isinstance(items[-1], ReplyEnded), plain.ended and plain.started),
        "failure": (failures[-1] if failures and plain.error is not None else None, plain.error),
    }
    return [(what, ours, theirs) for what, (ours, theirs) in ours_theirs.items() if ours != theirs]


@pytest.mark.parametrize("exchange", SUCCESSES, ids=lambda exchange: exchange.id)
def test_agrees_with_an_independent_reading(exchange: Exchange) -> None:
    assert disagreements(decode(exchange), extract(exchange.body, stream=exchange.stream)) == []


@pytest.mark.parametrize(
    "exchange", [one for one in EXCHANGES if one.head.is_success], ids=lambda exchange: exchange.id
)
def test_law_1_items_are_the_same_under_any_cut(exchange: Exchange) -> None:
    whole = decode(exchange)
    body = exchange.body
    assert decode(exchange, [body[at : at + 1] for at in range(len(body))]) == whole
    draw = random.Random(exchange.id)
    for _ in range(10):
        edges = sorted(draw.sample(range(len(body) + 1), k=min(len(body), 8)))
        assert decode(exchange, cut(body, edges)) == whole


@pytest.mark.parametrize("exchange", SUCCESSES, ids=lambda exchange: exchange.id)
def test_law_2_a_cut_body_is_never_complete_without_its_evidence(exchange: Exchange) -> None:
    body = exchange.body
    for end in range(0, len(body), max(1, len(body) // 300)):
        items = decode(exchange._replace(body=body[:end]))
        assert isinstance(items[-1], ReplyEnded | FailureReported)
        if isinstance(items[-1], ReplyEnded):
            assert b"message_stop" in body[:end] if exchange.stream else body[end:].strip() == b""


@pytest.mark.parametrize("exchange", SUCCESSES, ids=lambda exchange: exchange.id)
def test_source_events_are_the_whole_body_and_change_no_item(exchange: Exchange) -> None:
    items = decode(exchange, keep_source=True)
    kept = [item for item in items if not isinstance(item, SourceEvent)]
    assert kept == decode(exchange)
    if not exchange.stream:
        assert [item.data for item in items if isinstance(item, SourceEvent)] == [exchange.body.strip()]


@pytest.mark.parametrize("exchange", ERRORS, ids=lambda exchange: exchange.id)
def test_an_error_keeps_the_servers_words(exchange: Exchange) -> None:
    failure = DIALECT.failure(exchange.head, exchange.body, where="w", moment=Moment(0, 0))
    said = json.loads(exchange.body)["error"]
    assert said["message"].rstrip(".") in failure.message
    assert failure.code == said["type"]
    assert failure.status == exchange.head.status


def parts_agree(items: list[Item], plain: Extract) -> bool:
    """The parts that go back on the next turn are the blocks of the answer, in their order."""
    builder = ReplyBuilder()
    builder.add(items)
    answers = builder.answers()
    expected: list[tuple[str, Any]] = []
    for index in sorted(plain.blocks):
        block = plain.blocks[index]
        match block["type"]:
            case "text" if block["text"] or block.get("citations"):
                expected.append(("text", block["text"]))
            case "text":
                pass
            case "thinking":
                expected.append(("thinking", (block["thinking"], block.get("signature") or None)))
            case "redacted_thinking":
                expected.append(("redacted", block["data"]))
            case "tool_use":
                expected.append(("call", (block["id"], plain.input_of(index))))
            case kind:
                expected.append(("other", kind))
    found: list[tuple[str, Any]] = []
    for part in answers[0].parts if answers else ():
        match part:
            case TextPart():
                found.append(("text", part.text))
            case ReasoningPart(encrypted=None):
                found.append(("thinking", (part.text, part.signature)))
            case ReasoningPart():
                found.append(("redacted", part.encrypted))
            case ToolCallPart():
                found.append(("call", (part.id, read_input(part.arguments))))
            case ProviderPart():
                found.append(("other", part.spec["type"]))
            case _:
                found.append(("other", getattr(part, "native", {})["type"]))
    return found == expected


@pytest.mark.parametrize("exchange", SUCCESSES, ids=lambda exchange: exchange.id)
def test_the_parts_of_the_answer_are_its_blocks(exchange: Exchange) -> None:
    plain = extract(exchange.body, stream=exchange.stream)
    if plain.ended:
        assert parts_agree(decode(exchange), plain)


def test_counts_and_models_of_the_sample() -> None:
    found = {one.api: decode(one) for one in EXCHANGES if one.head.is_success and one.api != "messages"}
    assert any(isinstance(item, TokensCounted) for item in found["count_tokens"])
    assert any(isinstance(item, ModelsListed) and item.models for item in found["models"])


@pytest.mark.slow
@pytest.mark.timeout(300)  # some fourteen hundred recordings, each decoded several times
def test_the_whole_collection_agrees_under_any_cut() -> None:
    draw = random.Random(7)
    seen = 0
    for exchange in collection(shared_path("recordings")):
        if not exchange.head.is_success:
            failure = DIALECT.failure(exchange.head, exchange.body, where="w", moment=Moment(0, 0))
            assert json.loads(exchange.body)["error"]["message"].rstrip(".") in failure.message, exchange.id
            continue
        seen += 1
        items = decode(exchange)
        body = exchange.body
        if exchange.api == "messages":
            plain = extract(body, stream=exchange.stream)
            assert disagreements(items, plain) == [], exchange.id
            assert not plain.ended or parts_agree(items, plain), exchange.id
        else:
            assert isinstance(items[-1], ReplyEnded), exchange.id
        cuts = [sorted(draw.sample(range(len(body) + 1), k=min(len(body), 12))) for _ in range(2)]
        if len(body) < 4_000:
            cuts.append(list(range(len(body))))
        for edges in cuts:
            assert decode(exchange, cut(body, edges)) == items, exchange.id
    assert seen > 1300
