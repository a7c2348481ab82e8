"""Recorded vectors, counts and lists of models: the decoders agree with an independent reading of the JSON, under any cut."""

from __future__ import annotations

import json
from typing import Any

import pytest

from muxer_core.dialects.embeddings import cohere, gemini, ollama
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.model_lists import models_decoder
from muxer_core.dialects.openai_chat import vectors as openai
from muxer_core.dialects.openai_chat.failures import failure_from_head, failure_from_reply
from muxer_core.dialects.protocol import ReplyDecoder
from muxer_core.dialects.token_counts import count_decoder
from muxer_core.routing.vectors import count_inputs
from muxer_core.values.embedding_request import EmbeddingRequest
from muxer_core.values.items import (
    EmbeddingsReported,
    ImageDelta,
    Item,
    ModelsListed,
    ReplyEnded,
    SafetyReported,
    TokensCounted,
    UsageReported,
)
from muxer_core.values.moment import Moment
from muxer_core.wire.limits import Limits
from tests.support.beside_chat import Exchange, collection, cuts, items_of, sample
from tests.support.shared import shared_path

SHAPES: dict[str, Any] = {
    "embeddings": openai,
    "batchEmbedContents": gemini,
    "embedContent": gemini,
    "predict": gemini,
    "cohere.embed": cohere,
    "ollama.embed": ollama,
}
COUNTS = ("count_tokens", "countTokens", "count-tokens")
APIS = (*SHAPES, *COUNTS, "models")
SAMPLE = sample(*APIS)


def decoder_of(api: str, inputs: int | None = None) -> ReplyDecoder:
    if api in COUNTS:
        return count_decoder(Limits(), dialect="d", failure=failure_from_reply)
    if api == "models":
        return models_decoder(Limits(), failure_from_reply)
    if api == "embeddings":
        return openai.embeddings_decoder(Limits(), inputs=inputs)
    decoder: ReplyDecoder = SHAPES[api].embeddings_decoder(Limits(), inputs=inputs, failure=failure_from_reply)
    return decoder


def vectors_in(value: Any) -> list[Any]:
    """The vectors of a reply of any form, by its JSON alone."""
    if "data" in value:
        return [one["embedding"] for one in sorted(value["data"], key=lambda one: one.get("index", 0))]
    if "predictions" in value:
        return [one["embeddings"]["values"] for one in value["predictions"] if "embeddings" in one]
    found: Any = value["embedding"] if "embedding" in value else value["embeddings"]
    if is_object(found):
        return [found["values"]] if "values" in found else list(found["float"])
    listed: list[Any] = found if isinstance(found[0], list | dict) else [found]
    return [one["values"] if is_object(one) else one for one in listed]


def tokens_in(value: Any) -> int | None:
    """The input tokens that a reply reports, by its JSON alone."""
    usage: Any = value.get("usage") or {}
    google: Any = value.get("usageMetadata") or {}
    meta: Any = value.get("meta") or {}
    units: Any = meta.get("billed_units") or {}
    predicted = [
        one["embeddings"]["statistics"]["token_count"] for one in value.get("predictions", []) if "embeddings" in one
    ]
    numbers: list[int | None] = [
        usage.get("prompt_tokens", usage.get("total_tokens")),
        google.get("promptTokenCount"),
        units.get("input_tokens"),
        value.get("prompt_eval_count"),
        sum(predicted) if predicted else None,
    ]
    return next((number for number in numbers if number is not None), None)


def summary(items: list[Item]) -> dict[str, Any]:
    usages = [item.usage.input_tokens for item in items if isinstance(item, UsageReported)]
    return {
        "vectors": [vector for item in items if isinstance(item, EmbeddingsReported) for vector in item.vectors],
        "tokens": usages[-1] if usages else None,
        "images": sum(isinstance(item, ImageDelta) for item in items),
        "held back": sum(isinstance(item, SafetyReported) and bool(item.results) for item in items),
        "counted": [item.input_tokens for item in items if isinstance(item, TokensCounted)],
        "models": [model["id"] for item in items if isinstance(item, ModelsListed) for model in item.models],
    }


def plain_summary(exchange: Exchange) -> dict[str, Any]:
    value = json.loads(exchange.body)
    nothing: dict[str, Any] = {"vectors": [], "tokens": None, "images": 0, "held back": 0, "counted": [], "models": []}
    if exchange.api in COUNTS:
        return nothing | {
            "counted": [value[name] for name in ("input_tokens", "totalTokens", "inputTokens") if name in value]
        }
    if exchange.api == "models":
        listed: list[Any] = value if is_list(value) else value.get("data") or value.get("models") or [value]
        names = [one.get("id") or one["name"].removeprefix("models/") for one in listed if is_object(one)]
        return nothing | {"models": names}
    predictions: list[Any] = value.get("predictions", [])
    return nothing | {
        "vectors": vectors_in(value),
        "tokens": tokens_in(value),
        "images": sum("bytesBase64Encoded" in one or "gcsUri" in one for one in predictions),
        "held back": sum("raiFilteredReason" in one for one in predictions),
    }


def inputs_of(asked: Any) -> int | None:
    """How many inputs a recorded request had, where that can be read."""
    if not is_object(asked):
        return None
    batch: Any = asked.get("requests") or asked.get("instances") or asked.get("texts")
    if is_list(batch):
        return len(batch)
    given: Any = asked.get("input")
    return len(given) if is_list(given) and not isinstance(given[0], int) else 1


def check(exchange: Exchange, *, bytewise: bool) -> None:
    if not exchange.head.is_success:
        failure = failure_from_head(exchange.head, exchange.body, where="w", moment=Moment(0.0, 0.0))
        assert len(failure.message) > 10
        assert failure.kind != "malformed"
        return
    inputs = inputs_of(exchange.asked) if exchange.api in SHAPES else None
    items = items_of(decoder_of(exchange.api, inputs), [exchange.body])
    assert isinstance(items[-1], ReplyEnded), items[-1]
    assert summary(items) == plain_summary(exchange)
    for pieces in cuts(exchange.body, exchange.id, bytewise=bytewise):
        assert items_of(decoder_of(exchange.api, inputs), pieces) == items


@pytest.mark.parametrize("exchange", SAMPLE, ids=lambda exchange: exchange.id)
def test_agrees_with_an_independent_reading_under_any_cut(exchange: Exchange) -> None:
    check(exchange, bytewise=len(exchange.body) < 4000)


@pytest.mark.parametrize("exchange", [one for one in SAMPLE if one.head.is_success], ids=lambda exchange: exchange.id)
def test_law_2_a_cut_body_is_never_complete(exchange: Exchange) -> None:
    body = exchange.body.rstrip()
    for end in range(0, len(body), max(1, len(body) // 40)):
        assert not isinstance(items_of(decoder_of(exchange.api), [body[:end]])[-1], ReplyEnded)


def asked_for(exchange: Exchange) -> EmbeddingRequest | None:
    """The recorded request in our words, as far as money looks at it."""
    given: Any = exchange.asked.get("input") if is_object(exchange.asked) else None
    if not given:
        return None
    listed: list[Any] = [given] if isinstance(given, str) or isinstance(given[0], int) else given
    inputs = tuple(one if isinstance(one, str) else tuple(one) for one in listed)
    return EmbeddingRequest(model="m", inputs=inputs)


def test_law_4_no_server_counted_more_tokens_than_the_bound() -> None:
    for exchange in SAMPLE:
        bounded(exchange)


def bounded(exchange: Exchange) -> bool:
    request = asked_for(exchange) if exchange.api == "embeddings" and exchange.head.is_success else None
    tokens = None if request is None else tokens_in(json.loads(exchange.body))
    if request is None or tokens is None:
        return False
    bound = count_inputs(request).bound
    assert bound is not None
    assert tokens <= bound, exchange.id
    return True


@pytest.mark.slow
@pytest.mark.timeout(300)  # two hundred bodies of a hundred kilobytes, each decoded several times
def test_the_whole_collection_agrees_under_any_cut() -> None:
    seen = within = 0
    for exchange in collection(shared_path("recordings"), *APIS):
        seen += 1
        check(exchange, bytewise=len(exchange.body) < 3000)
        within += bounded(exchange)
    print(f"{seen} exchanges agree; {within} requests are within their bound")
    assert seen > 250
    assert within > 100
