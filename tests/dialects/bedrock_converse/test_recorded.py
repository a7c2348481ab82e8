"""Recorded replies of Bedrock: the decoder agrees with an independent reading, under any cut, and never calls a cut body complete."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from muxer_core.dialects.bedrock_converse import BedrockConverse
from muxer_core.values.failure import Failure
from muxer_core.values.items import (
    FailureReported,
    Item,
    ReasoningDelta,
    ReplyEnded,
    ReplyStarted,
    ServerToolReported,
    TokensCounted,
)
from muxer_core.values.moment import Moment
from muxer_core.wire.limits import Limits
from tests.dialects.bedrock_converse.independent import Extract, extract
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

DIALECT = BedrockConverse()
APIS = ("converse", "converse-stream")
SAMPLE = sample("bedrock_converse", *APIS)
SUCCESSES = [exchange for exchange in SAMPLE if exchange.head.is_success]


def seals(items: list[Item]) -> list[str]:
    """Signatures and redacted thoughts as the service sends them."""
    found: list[str] = []
    for item in items:
        if isinstance(item, ReasoningDelta) and item.signature is not None:
            found.append(item.signature)
        elif isinstance(item, ReasoningDelta) and item.encrypted is not None:
            raw = item.encrypted
            found.append(raw if item.vendor is None else b64encode(raw.encode()).decode())
    return found


def server_tools(items: list[Item]) -> list[str]:
    parts = [item.part for item in items if isinstance(item, ServerToolReported)]
    return [str(getattr(part, "id", None) or getattr(part, "tool_call_id", "")) for part in parts]


def plain_usage(fields: dict[str, Any] | None) -> tuple[int, int, int, int] | None:
    if fields is None:
        return None
    read, written = fields.get("cacheReadInputTokens", 0), fields.get("cacheWriteInputTokens", 0)
    return fields["inputTokens"] + read + written, fields["outputTokens"], read, written


def disagreements(items: list[Item], plain: Extract) -> list[tuple[str, Any, Any]]:
    usage, finish = usage_of(items), finish_of(items)
    counts = usage and (usage.input_tokens, usage.output_tokens, usage.cached_input_tokens, usage.cache_write_tokens)
    pairs: dict[str, tuple[Any, Any]] = {
        "text": (text_of(items), plain.text),
        "reasoning": (reasoning_of(items), plain.reasoning),
        "seals": (seals(items), plain.seals),
        "calls": (calls_of(items), plain.calls),
        "server tools": (server_tools(items), plain.server_tools),
        "finish": (finish and finish[1], plain.stop),
        "usage": (counts, plain_usage(plain.usage)),
        "complete": (ending_of(items), "complete"),
        "started": (isinstance(items[0], ReplyStarted), True),
    }
    return [(what, ours, theirs) for what, (ours, theirs) in pairs.items() if ours != theirs]


@pytest.mark.parametrize("exchange", SUCCESSES, ids=lambda exchange: exchange.id)
def test_agrees_with_an_independent_reading(exchange: Exchange) -> None:
    assert disagreements(decode(DIALECT, exchange), extract(exchange.body, stream=exchange.stream)) == []


@pytest.mark.parametrize("exchange", SUCCESSES, ids=lambda exchange: exchange.id)
def test_law_1_items_are_the_same_under_any_cut(exchange: Exchange) -> None:
    whole = decode(DIALECT, exchange)
    for pieces in some_cuts(exchange.body, exchange.id):
        assert decode(DIALECT, exchange, pieces) == whole


@pytest.mark.parametrize("exchange", SUCCESSES, ids=lambda exchange: exchange.id)
def test_law_2_a_cut_body_is_never_complete_without_its_evidence(exchange: Exchange) -> None:
    body = exchange.body
    for end in range(0, len(body), max(1, len(body) // 200)):
        items = decode(DIALECT, exchange._replace(body=body[:end]))
        assert isinstance(items[-1], ReplyEnded | FailureReported)
        if isinstance(items[-1], ReplyEnded):
            assert b"stopReason" in body[:end]


@pytest.mark.parametrize(
    "exchange", [one for one in SAMPLE if not one.head.is_success], ids=lambda exchange: exchange.id
)
def test_a_refusal_has_the_words_of_the_server(exchange: Exchange) -> None:
    failure = failure_of(exchange)
    assert failure.message
    assert failure.message in exchange.body.decode()


def failure_of(exchange: Exchange) -> Failure:
    return DIALECT.failure(exchange.head, exchange.body, where="bedrock", moment=Moment(0.0, 0.0))


@pytest.mark.slow
@pytest.mark.timeout(300)  # hundreds of recordings, each decoded several times
def test_the_whole_collection_agrees_under_any_cut() -> None:
    seen = other = 0
    for exchange in collection("bedrock", *APIS):
        if not exchange.head.is_success:
            assert failure_of(exchange).kind in {"auth", "bad_request", "model_not_found", "unsupported"}, exchange.id
            continue
        items = decode(DIALECT, exchange)
        if ending_of(items) == "malformed" and b"stopReason" not in exchange.body:
            other += 1  # a reply of another API under this one's name
            continue
        seen += 1
        assert disagreements(items, extract(exchange.body, stream=exchange.stream)) == [], exchange.id
        for pieces in some_cuts(exchange.body, exchange.id, 2):
            assert decode(DIALECT, exchange, pieces) == items, exchange.id
    assert seen > 300
    assert other <= 1


def test_recorded_counts_of_tokens() -> None:
    for exchange in sample("bedrock_converse", "count-tokens"):
        decoder = DIALECT.count_decoder(exchange.head, limits=Limits())
        items = decoder.receive_data(exchange.body) + decoder.receive_eof()
        counted = [item.input_tokens for item in items if isinstance(item, TokensCounted)]
        assert counted
        assert counted[0] > 0
