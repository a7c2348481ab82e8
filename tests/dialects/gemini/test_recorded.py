"""Recorded replies: the decoder agrees with an independent reading, under any cut, and never calls a cut body complete."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from muxer_core.call.reply_builder import ReplyBuilder
from muxer_core.values.items import (
    ChoiceFinished,
    FailureReported,
    Item,
    ReasoningDelta,
    ReplyEnded,
    ReplyStarted,
    ServerToolReported,
    SignatureReported,
    TextDelta,
    TokensCounted,
    ToolCallDelta,
    UsageReported,
)
from muxer_core.values.messages import ServerToolCallPart, ServerToolResultPart
from muxer_core.values.moment import Moment
from tests.dialects.gemini.exchanges import CHATS, DIALECT, Exchange, collection, decode, sample
from tests.dialects.gemini.independent import Extract, extract
from tests.support.shared import shared_path

CHAT_REPLIES = [one for one in sample() if one.head.is_success and one.api in CHATS]
OTHERS = [one for one in sample() if one.head.is_success and one.api not in CHATS]
REFUSALS = [one for one in sample() if not one.head.is_success]


def joined(items: list[Item], kind: type[TextDelta | ReasoningDelta]) -> dict[int, str]:
    found: dict[int, str] = {}
    for item in items:
        if isinstance(item, kind) and item.text:
            found[item.choice] = found.get(item.choice, "") + item.text
    return found


def calls(items: list[Item]) -> dict[int, list[tuple[str, str, Any]]]:
    found: dict[int, dict[int, list[str]]] = {}
    for item in items:
        if isinstance(item, ToolCallDelta):
            call = found.setdefault(item.choice, {}).setdefault(item.call, ["", "", ""])
            for at, piece in enumerate((item.id, item.name, item.arguments)):
                call[at] += piece or ""
    return {
        choice: [(one[0], one[1], json.loads(one[2])) for one in by_number.values()]
        for choice, by_number in found.items()
    }


def seals(items: list[Item]) -> list[str]:
    found: list[str] = []
    for item in items:
        if isinstance(item, SignatureReported | ReasoningDelta) and item.signature:
            found.append(item.signature)
        elif isinstance(item, ServerToolReported) and isinstance(item.part, ServerToolCallPart | ServerToolResultPart):
            found += [item.part.signature] if item.part.signature else []
    return found


def disagreements(items: list[Item], plain: Extract) -> list[tuple[str, Any, Any]]:
    """(what, ours, theirs) for everything in which the decoder and the plain reading differ."""
    usages = [item.usage for item in items if isinstance(item, UsageReported)]
    made = calls(items)
    told = {index: [(one[1], one[2]) for one in named] for index, named in made.items()}
    ids_kept = all(
        theirs[0] in (None, ours[0])
        for index in plain.calls
        for ours, theirs in zip(made.get(index, []), plain.calls[index], strict=True)
    )
    ours_theirs: dict[str, tuple[Any, Any]] = {
        "text": (joined(items, TextDelta), plain.text),
        "thinking": (joined(items, ReasoningDelta), plain.thinking),
        "calls": (told, {index: [(one[1], one[2]) for one in named] for index, named in plain.calls.items()}),
        "ids": (ids_kept, True),
        "ids differ": (len({one[0] for named in made.values() for one in named}), sum(map(len, made.values()))),
        "seals": (seals(items), plain.seals),
        "finish": ({item.choice: item.native for item in items if isinstance(item, ChoiceFinished)}, plain.finish),
        "usage": ((usages[-1].input_tokens, usages[-1].output_tokens) if usages else None, plain.usage),
    }
    return [(what, ours, theirs) for what, (ours, theirs) in ours_theirs.items() if ours != theirs]


def expected_end(exchange: Exchange, plain: Extract) -> str:
    """How the reply must end, by the written rules of `stream`, `reply` and `finish`."""
    if not exchange.stream and not (plain.finish or plain.content):
        return "malformed"
    if exchange.stream and not plain.finished:
        return "truncated"
    slip = not plain.content and any(word in ("OTHER", "UNEXPECTED_TOOL_CALL") for word in plain.finish.values())
    return "server_error" if slip else "complete"


def end_of(items: list[Item]) -> str:
    last = items[-1]
    if isinstance(last, FailureReported):
        return last.failure.kind
    assert isinstance(last, ReplyEnded)
    return "complete"


def check_against_a_plain_reading(exchange: Exchange) -> None:
    items = decode(exchange)
    plain = extract(exchange.body, stream=exchange.stream)
    assert disagreements(items, plain) == [], exchange.id
    assert end_of(items) == expected_end(exchange, plain), exchange.id
    assert all(item.dialect == "gemini" for item in items if isinstance(item, ReplyStarted))


@pytest.mark.parametrize("exchange", CHAT_REPLIES, ids=lambda exchange: exchange.id)
def test_agrees_with_an_independent_reading(exchange: Exchange) -> None:
    check_against_a_plain_reading(exchange)


@pytest.mark.parametrize("exchange", [*CHAT_REPLIES, *OTHERS], ids=lambda exchange: exchange.id)
def test_law_1_items_are_the_same_under_any_cut(exchange: Exchange) -> None:
    whole = decode(exchange)
    body = exchange.body
    assert decode(exchange, [body[at : at + 1] for at in range(len(body))]) == whole
    draw = random.Random(exchange.id)
    for _ in range(10):
        edges = sorted(draw.sample(range(len(body) + 1), k=min(len(body), 8)))
        assert decode(exchange, cut(body, edges)) == whole


@pytest.mark.parametrize("exchange", CHAT_REPLIES, ids=lambda exchange: exchange.id)
def test_law_2_a_cut_body_is_never_complete_without_its_evidence(exchange: Exchange) -> None:
    body = exchange.body
    for end in range(0, len(body), max(1, len(body) // 200)):
        prefix = exchange._replace(body=body[:end])
        items = decode(prefix)
        assert isinstance(items[-1], ReplyEnded | FailureReported)
        if isinstance(items[-1], ReplyEnded):
            plain = extract(prefix.body, stream=exchange.stream)
            assert plain.finished or (plain.content and not exchange.stream)


@pytest.mark.parametrize("exchange", OTHERS, ids=lambda exchange: exchange.id)
def test_counts_and_lists_are_read(exchange: Exchange) -> None:
    items = decode(exchange)
    value = json.loads(exchange.body)
    assert isinstance(items[-1], ReplyEnded)
    if exchange.api == "countTokens":
        counted = [item.input_tokens for item in items if isinstance(item, TokensCounted)]
        assert counted == [value["totalTokens"]]
    else:
        assert sum(len(getattr(item, "models", ())) for item in items) == len(value["models"])


@pytest.mark.parametrize("exchange", REFUSALS, ids=lambda exchange: exchange.id)
def test_refusals_keep_the_servers_words(exchange: Exchange) -> None:
    failure = DIALECT.failure(exchange.head, exchange.body, where="there", moment=Moment(0.0, 0.0))
    error = json.loads(exchange.body)["error"]
    assert failure.message.split(".")[0] in error["message"] or "***" in failure.message
    assert failure.status == error["code"] == exchange.head.status
    assert failure.kind in ("auth", "bad_request", "model_not_found", "rate_limited", "unsupported")


@pytest.mark.parametrize("exchange", CHAT_REPLIES, ids=lambda exchange: exchange.id)
def test_an_answer_goes_back_part_by_part(exchange: Exchange) -> None:
    """The turn that is sent back holds every seal and call in the parts in which they came; ids that we made are not sent."""
    items = decode(exchange)
    builder = ReplyBuilder()
    builder.add(items)
    plain = extract(exchange.body, stream=exchange.stream)
    for index, answer in enumerate(builder.answers()):
        if not answer.message.parts:
            continue
        content = sent_back(answer.message)
        told = [(one.get("id"), one["name"], one.get("args", {})) for one in calls_in(content)]
        assert told == plain.calls.get(index, [])
        if len(plain.candidates) < 2:
            assert [part["thoughtSignature"] for part in content["parts"] if "thoughtSignature" in part] == plain.seals


def calls_in(content: dict[str, Any]) -> list[dict[str, Any]]:
    return [part["functionCall"] for part in content["parts"] if "functionCall" in part]


def sent_back(message: Any) -> dict[str, Any]:
    from muxer_core.dialects.protocol import Target
    from muxer_core.values.messages import Message, TextPart
    from muxer_core.values.request import ChatRequest

    request = ChatRequest(model="m", messages=(Message("user", (TextPart("x"),)), message))
    encoded = DIALECT.encode_chat(request, Target("t", "http://h", "m"), max_tokens=None, stream=False)
    content: dict[str, Any] = json.loads(encoded.request.body)["contents"][1]
    return content


def cut(body: bytes, edges: list[int]) -> list[bytes]:
    return [body[start:end] for start, end in zip([0, *edges], [*edges, len(body)], strict=True)]


@pytest.mark.slow
@pytest.mark.timeout(300)  # more than a thousand recordings, each decoded several times
def test_the_whole_collection_agrees_under_any_cut() -> None:
    draw = random.Random(7)
    seen = 0
    for exchange in collection(shared_path("recordings")):
        if not exchange.head.is_success or exchange.api not in CHATS:
            continue
        seen += 1
        check_against_a_plain_reading(exchange)
        items = decode(exchange)
        body = exchange.body
        cuts = [sorted(draw.sample(range(len(body) + 1), k=min(len(body), 12))) for _ in range(2)]
        if len(body) < 4_000:
            cuts.append(list(range(len(body))))
        for edges in cuts:
            assert decode(exchange, cut(body, edges)) == items, exchange.id
    assert seen > 1000
