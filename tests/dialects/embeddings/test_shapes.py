"""What is sent for each field of a request for vectors, what is refused, and what becomes of replies that are not as they should be."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.asking_vectors import embedding_request
from muxer_core.catalog.deployments import Provider
from muxer_core.dialects.embeddings import cohere, gemini, ollama
from muxer_core.dialects.json_text import is_list
from muxer_core.dialects.openai_chat import OpenAIChat
from muxer_core.dialects.openai_chat import vectors as openai
from muxer_core.dialects.openai_chat.failures import failure_from_reply
from muxer_core.dialects.protocol import EmbeddingDialect, Encoded, ReplyDecoder, Target
from muxer_core.dialects.registry import client_dialect
from muxer_core.values.credential import CredentialRef
from muxer_core.values.embedding_request import EmbeddingRequest
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.items import (
    CostReported,
    EmbeddingsReported,
    ExtrasReported,
    FailureReported,
    Item,
    ReplyEnded,
    ReplyStarted,
    UsageReported,
    WarningReported,
)
from muxer_core.values.usage import Usage
from muxer_core.wire.heads import ResponseHead
from muxer_core.wire.limits import Limits
from tests.support.beside_chat import items_of, sample

SHAPES: dict[str, Any] = {"openai": openai, "gemini": gemini, "cohere": cohere, "ollama": ollama}
VERTEX = "https://vertex.test/v1/projects/p/locations/l/publishers/google"


def target(base_url: str = "https://api.test/v1", model: str = "m") -> Target:
    return Target(
        where="t", base_url=base_url, model=model, credential=CredentialRef("env:KEY"), headers=(("x-team", "a"),)
    )


def request(*inputs: str | tuple[int, ...], **fields: Any) -> EmbeddingRequest:
    return EmbeddingRequest(model="any", inputs=inputs or ("a", "b"), **fields)


def sent(encoded: Encoded) -> tuple[str, Any]:
    return encoded.request.url, json.loads(encoded.request.body)


FULL = request("a", "b", dimensions=8, input_type="query")


@pytest.mark.parametrize(
    ("shape", "to", "asked", "url", "body"),
    [
        (openai, target(), request("a", (1, 2), dimensions=8, encoding_format="base64", user="u"), "https://api.test/v1/embeddings",
         {"model": "m", "input": ["a", [1, 2]], "dimensions": 8, "encoding_format": "base64", "user": "u"}),
        (ollama, target("http://127.0.0.1:11434"), request("a", dimensions=8, extras={"truncate": False}),
         "http://127.0.0.1:11434/api/embed", {"model": "m", "input": ["a"], "dimensions": 8, "truncate": False}),
        (cohere, target("https://api.test"), request("a", dimensions=8, encoding_format="int8", input_type="query"),
         "https://api.test/v2/embed",
         {"model": "m", "texts": ["a"], "input_type": "search_query", "embedding_types": ["int8"], "output_dimension": 8}),
        (cohere, target("https://api.test/v2"), request("a", input_type="image"), "https://api.test/v2/embed",
         {"model": "m", "texts": ["a"], "input_type": "image", "embedding_types": ["float"]}),
        (gemini, target("https://api.test/v1beta"), FULL, "https://api.test/v1beta/models/m:batchEmbedContents",
         {"requests": [
             {"content": {"parts": [{"text": text}]}, "model": "models/m", "taskType": "RETRIEVAL_QUERY", "outputDimensionality": 8}
             for text in ("a", "b")]}),
        (gemini, target(VERTEX, "gemini-embedding-001"), request("a", dimensions=8, input_type="document", title="t"),
         f"{VERTEX}/models/gemini-embedding-001:predict",
         {"instances": [{"content": "a", "task_type": "RETRIEVAL_DOCUMENT", "title": "t"}], "parameters": {"outputDimensionality": 8}}),
        (gemini, target(VERTEX, "text-embedding-005"), request("a"), f"{VERTEX}/models/text-embedding-005:predict",
         {"instances": [{"content": "a"}]}),
        (gemini, target(VERTEX, "gemini-embedding-2"), request("a", input_type="CUSTOM"),
         f"{VERTEX}/models/gemini-embedding-2:embedContent",
         {"content": {"parts": [{"text": "a"}]}, "embedContentConfig": {"taskType": "CUSTOM"}}),
        (gemini, target(VERTEX, "gemini-embedding-2"), request("a", "b"), f"{VERTEX}/models/gemini-embedding-2:batchEmbedContents",
         {"requests": [{"content": {"parts": [{"text": "a"}]}}, {"content": {"parts": [{"text": "b"}]}}]}),
    ],
)  # fmt: skip
def test_what_is_sent(shape: Any, to: Target, asked: EmbeddingRequest, url: str, body: Any) -> None:
    encoded = shape.encode_embeddings(asked, to)
    assert sent(encoded) == (url, body)
    assert encoded.warnings == ()
    assert encoded.request.headers.get("x-team") == "a"
    assert encoded.request.credential == CredentialRef("env:KEY")


@pytest.mark.parametrize(
    ("shape", "fields", "field"),
    [
        ("gemini", {"encoding_format": "base64"}, "encoding_format"),
        ("ollama", {"encoding_format": "base64"}, "encoding_format"),
        ("cohere", {"input_type": "similarity"}, "input_type"),
        ("openai", {"extras": {"input": "x"}}, "extras.input"),
        ("openai", {"extras": {"x": float("nan")}}, "extras.x"),
        ("openai", {"extras": {"x": object()}}, "request"),
        ("cohere", {"extras": {"texts": []}}, "extras.texts"),
        ("gemini", {"extras": {"taskType": "X"}}, "extras.taskType"),
        ("ollama", {"extras": {"input": ""}}, "extras.input"),
    ],
)
def test_what_is_refused_names_its_field(shape: str, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        SHAPES[shape].encode_embeddings(request(**fields), target())
    assert refused.value.field == field


@pytest.mark.parametrize("shape", ["gemini", "cohere", "ollama"])
def test_tokens_are_refused_where_the_api_takes_text(shape: str) -> None:
    with pytest.raises(InvalidRequest, match=r"inputs: cannot be said in the dialect .*: the API takes text"):
        SHAPES[shape].encode_embeddings(request("a", (1,)), target())


@pytest.mark.parametrize(
    ("shape", "fields", "warned"),
    [
        ("openai", {"input_type": "query", "title": "t"}, ["input_type", "title"]),
        ("ollama", {"input_type": "query", "title": "t", "user": "u"}, ["input_type", "title", "user"]),
        ("gemini", {"user": "u"}, ["user"]),
        ("cohere", {"title": "t", "user": "u"}, ["title", "user", "input_type"]),
        ("openai", {"extras": {"a": 1, "b": 2}, "dialect": "gemini"}, ["extras.a", "extras.b"]),
    ],
)
def test_what_is_left_out_is_said(shape: str, fields: dict[str, Any], warned: list[str]) -> None:
    encoded = SHAPES[shape].encode_embeddings(request(**fields), target())
    assert [warning.partition(":")[0] for warning in encoded.warnings] == warned


def test_extras_in_their_own_dialect_are_sent_where_options_stand() -> None:
    asked = request("a", extras={"autoTruncate": True}, dialect="gemini")
    parameters = sent(gemini.encode_embeddings(asked, target(VERTEX, "text-embedding-005")))[1]["parameters"]
    assert parameters == {"autoTruncate": True}
    assert sent(gemini.encode_embeddings(asked, target()))[1]["requests"][0]["autoTruncate"] is True


@pytest.mark.parametrize("exchange", [one for one in sample("embeddings") if one.asked], ids=lambda one: one.id)
def test_recorded_requests_can_be_said(exchange: Any) -> None:
    """A recorded body, asked for in our words, is sent as it was (a single input as a list of one)."""
    asked: dict[str, Any] = {name: value for name, value in exchange.asked.items() if value is not None}
    if asked.get("dimensions", 1) < 1:
        pytest.skip("no provider could accept it")
    given: Any = asked.pop("input")
    model = asked.pop("model")
    named: dict[str, Any] = {
        name: asked.pop(name) for name in ("dimensions", "encoding_format", "user") if name in asked
    }
    options: Any = {**named, "extras": asked}
    ours = embedding_request(given, "any", options)
    body = sent(openai.encode_embeddings(ours, target(model=model)))[1]
    listed: list[Any] = given if is_list(given) and not isinstance(given[0], int) else [given]
    assert body == {"model": model, "input": listed, **named, **asked}


def decoder_of(shape: Any, inputs: int | None = None) -> ReplyDecoder:
    """The decoder of a shape, with errors read as OpenAI's where the shape leaves that to its dialect."""
    failure = {} if shape is openai else {"failure": failure_from_reply}
    decoder: ReplyDecoder = shape.embeddings_decoder(Limits(), inputs=inputs, **failure)
    return decoder


def read(shape: Any, body: Any, inputs: int | None = None) -> list[Item]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return items_of(decoder_of(shape, inputs), [raw])


def embeddings(*entries: Any, **fields: Any) -> dict[str, Any]:
    return {"data": list(entries), **fields}


A, B = {"embedding": [1.0], "index": 0}, {"embedding": [2.0], "index": 1}


@pytest.mark.parametrize(
    ("entries", "vectors"),
    [
        ((A, B), [[1.0], [2.0]]),
        ((B, A), [[1.0], [2.0]]),
        (({"embedding": [2.0]}, A), [[2.0], [1.0]]),
        ((B, B), [[2.0], [2.0]]),
        (({"embedding": "AAAA", "index": 0},), ["AAAA"]),
        (({"embedding": [1, 2.5, -3e2]},), [[1.0, 2.5, -300.0]]),
    ],
)
def test_vectors_stand_in_the_order_of_their_indices(entries: tuple[Any, ...], vectors: list[Any]) -> None:
    (found,) = (item for item in read(openai, embeddings(*entries)) if isinstance(item, EmbeddingsReported))
    assert found.vectors == vectors


def test_usage_of_every_form() -> None:
    assert UsageReported(Usage(input_tokens=5, total_tokens=5)) in read(
        openai, embeddings(A, usage={"total_tokens": 5})
    )
    costs = read(openai, embeddings(A, usage={"prompt_tokens": 5, "total_tokens": 5, "cost": 0.000002}))
    assert [item.cost.pico_usd for item in costs if isinstance(item, CostReported)] == [2_000_000]
    odd = read(openai, embeddings(A, usage={"prompt_tokens": -5, "colour": "red"}))
    assert any(isinstance(item, WarningReported) for item in odd)
    assert not any(isinstance(item, UsageReported) for item in odd)
    assert ExtrasReported({"usage": {"a": 1}}) in read(openai, embeddings(A, usage={"prompt_tokens": 1, "a": 1}))
    google = {
        "embedding": {"values": [1.0]},
        "usageMetadata": {
            "promptTokenCount": 9,
            "promptTokensDetails": [{"modality": "IMAGE", "tokenCount": 4}, {"modality": "TEXT", "tokenCount": 5}, 7],
        },
    }
    assert UsageReported(Usage(input_tokens=9, image_input_tokens=4)) in read(gemini, google)
    assert any(isinstance(item, WarningReported) for item in read(gemini, google | {"usageMetadata": {"a": 1}}))
    usage = Usage(input_tokens=7, image_input_tokens=4)
    units = {"input_tokens": 3, "image_tokens": 4}
    items = read(
        cohere, {"embeddings": [[1.0]], "meta": {"billed_units": units, "warnings": ["old"], "api_version": 1}}
    )
    assert items[2:5] == [
        UsageReported(usage, billed=usage),
        WarningReported("old"),
        ExtrasReported({"meta": {"api_version": 1}}),
    ]
    assert any(
        isinstance(item, WarningReported)
        for item in read(cohere, {"embeddings": [[1.0]], "meta": {"billed_units": {}}})
    )


def test_each_kind_of_coheres_is_told_apart_and_numbers_come_first() -> None:
    items = read(
        cohere, {"id": "i", "embeddings": {"int8": [[1, -2]], "float": [[0.5]], "base64": ["AA"], "binary": None}}
    )
    assert items[:4] == [
        ReplyStarted(id="i", dialect="cohere_v2"),
        EmbeddingsReported([[0.5]], "float"),
        EmbeddingsReported([[1.0, -2.0]], "int8"),
        EmbeddingsReported(["AA"], "base64"),
    ]


def test_fields_that_nobody_knows_are_kept() -> None:
    assert ExtrasReported({"provider": "p"}) in read(openai, embeddings(A, provider="p", object="list"))
    assert ExtrasReported({"x": True}) in read(gemini, {"embedding": {"values": [1.0]}, "x": True})
    tiers = {"embedding": {"values": [1.0]}, "usageMetadata": {"promptTokenCount": 1, "trafficType": "ON_DEMAND"}}
    assert ExtrasReported({"usageMetadata": {"trafficType": "ON_DEMAND"}}) in read(gemini, tiers)
    assert ExtrasReported({"total_duration": 1}) in read(ollama, {"embeddings": [[1.0]], "total_duration": 1})
    assert ExtrasReported({"colour": "red"}) in read(cohere, {"embeddings": [[1.0]], "colour": "red"})


def test_an_input_that_the_server_cut_is_warned_of() -> None:
    def predicted(*cut: bool) -> Any:
        return {
            "predictions": [
                {"embeddings": {"values": [1.0], "statistics": {"token_count": 1, "truncated": one}}} for one in cut
            ]
        }

    assert WarningReported("embeddings: the server cut input 1, which was too long") in read(
        gemini, predicted(False, True)
    )
    assert not any(isinstance(item, WarningReported) for item in read(gemini, predicted(False)))
    whole = {"embedding": {"values": [1.0]}, "truncated": True}
    assert WarningReported("embeddings: the server cut the input, which was too long") in read(gemini, whole)


def test_an_empty_vector_is_warned_of() -> None:
    assert WarningReported("embeddings: vector 0 is empty") in read(ollama, {"embedding": []})


@pytest.mark.parametrize(
    ("shape", "body", "kind"),
    [
        (openai, b"", "truncated"),
        (openai, b"<html>Bad gateway</html>", "malformed"),
        (openai, b"\xff\xfe", "malformed"),
        (openai, b"[" * 500, "limit_exceeded"),
        (openai, b"7", "malformed"),
        (openai, {"data": 7}, "malformed"),
        (openai, {"data": []}, "malformed"),
        (openai, {"data": [7]}, "malformed"),
        (openai, {"data": [{"embedding": ["a"]}]}, "malformed"),
        (openai, {"data": [{"embedding": [None]}]}, "malformed"),
        (openai, b'{"data":[{"embedding":[NaN]}]}', "malformed"),
        (openai, b'{"data":[{"embedding":[1e999]}]}', "malformed"),
        (openai, {"error": {"message": "slow down", "code": "rate_limit_exceeded"}}, "rate_limited"),
        (gemini, [], "malformed"),
        (gemini, {}, "malformed"),
        (gemini, {"embeddings": [7]}, "malformed"),
        (gemini, {"predictions": [7]}, "malformed"),
        (gemini, {"predictions": [{"embeddings": 7}]}, "malformed"),
        (gemini, {"error": {"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED"}}, "rate_limited"),
        (cohere, [], "malformed"),
        (cohere, {}, "malformed"),
        (cohere, {"embeddings": {"float": None}}, "malformed"),
        (ollama, [], "malformed"),
        (ollama, {"model": "m"}, "malformed"),
        (ollama, {"error": "model 'm' not found"}, "model_not_found"),
    ],
)
def test_bad_replies_are_failures(shape: Any, body: Any, kind: str) -> None:
    (failed,) = read(shape, body)
    assert isinstance(failed, FailureReported)
    assert failed.failure.kind == kind


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_another_number_of_vectors_than_of_inputs_is_no_answer(shape: Any) -> None:
    two = {
        "data": [A, B],
        "embeddings": [{"values": [1.0]}, {"values": [2.0]}] if shape is gemini else [[1.0], [2.0]],
    }
    assert isinstance(read(shape, two, 2)[-1], ReplyEnded)
    (failed,) = read(shape, two, 3)
    assert isinstance(failed, FailureReported)
    assert "2 vectors for 3 inputs" in failed.failure.message


@given(st.binary(max_size=80), st.sampled_from(sorted(SHAPES)))
def test_random_bytes_never_raise(body: bytes, shape: str) -> None:
    assert isinstance(read(SHAPES[shape], body)[-1], FailureReported | ReplyEnded)


NAMES = (
    "data", "embedding", "embeddings", "values", "predictions", "usage", "usageMetadata", "index", "float", "meta", "billed_units", "id",
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=12,
)


@given(JSON, st.sampled_from(sorted(SHAPES)), st.sampled_from([None, 1]))
def test_any_json_never_raises(value: Any, shape: str, inputs: int | None) -> None:
    items = read(SHAPES[shape], value, inputs)
    assert isinstance(items[-1], FailureReported | ReplyEnded)
    if isinstance(items[-1], FailureReported):
        assert len(items) == 1


def test_a_body_over_its_limit_is_said_once() -> None:
    decoder = openai.embeddings_decoder(Limits(body=10))
    (failed,) = decoder.receive_data(b"x" * 11)
    assert isinstance(failed, FailureReported)
    assert failed.failure.kind == "limit_exceeded"
    assert decoder.receive_data(b"x") == []
    assert decoder.receive_eof() == []


@pytest.mark.parametrize(
    ("base_url", "model", "url"),
    [
        ("https://generativelanguage.googleapis.com/v1beta", "m", "/models/m:batchEmbedContents"),
        (
            "https://r-aiplatform.googleapis.com/v1/projects/p/locations/r",
            "gemini-embedding-001",
            "/publishers/google/models/gemini-embedding-001:predict",
        ),
        (
            "https://r-aiplatform.googleapis.com/v1/projects/p/locations/r",
            "gemini-embedding-2",
            "/publishers/google/models/gemini-embedding-2:embedContent",
        ),
    ],
)
def test_gemini_makes_vectors_at_both_of_googles_places(base_url: str, model: str, url: str) -> None:
    dialect: Any = client_dialect(Provider(name="g", base_url=base_url, dialect="gemini"))
    assert isinstance(dialect, EmbeddingDialect)
    assert sent(dialect.encode_embeddings(request("a"), target(base_url, model)))[0] == base_url + url


def test_openai_chat_makes_vectors() -> None:
    dialect: Any = OpenAIChat()
    assert isinstance(dialect, EmbeddingDialect)
    assert sent(dialect.encode_embeddings(request("a"), target()))[0] == "https://api.test/v1/embeddings"
    decoder = dialect.embeddings_decoder(ResponseHead(200), limits=Limits(), inputs=1)
    assert isinstance(items_of(decoder, [json.dumps(embeddings(A)).encode()])[-1], ReplyEnded)
