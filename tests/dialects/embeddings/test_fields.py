"""The field tables of vectors: no recorded field is unknown, no published one is missing, and each of ours becomes what its row says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.genai import types
from openai.types import create_embedding_response, embedding, embedding_create_params

from muxer_core.dialects.embeddings import cohere, gemini, ollama
from muxer_core.dialects.embeddings.fields import NOT_SENT, TABLES
from muxer_core.dialects.field_table import FieldTable, unknown_fields
from muxer_core.dialects.openai_chat import vectors as openai
from muxer_core.dialects.protocol import Target
from muxer_core.values.embedding_request import EmbeddingRequest
from muxer_core.values.errors import InvalidRequest
from tests.support.beside_chat import Exchange, collection, sample
from tests.support.shared import shared_path

BY_NAME = {table.dialect: table for table in TABLES}
SHAPE_OF = {
    "embeddings": "openai", "batchEmbedContents": "gemini", "embedContent": "gemini", "predict": "gemini", "cohere.embed": "cohere",
    "ollama.embed": "ollama",
}  # fmt: skip
MODULES: dict[str, Any] = {"openai": openai, "gemini": gemini, "cohere": cohere, "ollama": ollama}
TARGET = Target(where="t", base_url="https://api.test", model="m")


def walk(exchange: Exchange) -> None:
    table = BY_NAME[SHAPE_OF[exchange.api]]
    if exchange.asked is not None:
        assert list(unknown_fields(table, "request", exchange.asked)) == [], exchange.id
    if exchange.head.is_success:
        assert list(unknown_fields(table, "reply", json.loads(exchange.body))) == [], exchange.id


@pytest.mark.parametrize("exchange", sample(*SHAPE_OF), ids=lambda exchange: exchange.id)
def test_no_recorded_field_is_unknown(exchange: Exchange) -> None:
    walk(exchange)


@pytest.mark.slow
def test_no_field_of_the_collection_is_unknown() -> None:
    seen = 0
    for exchange in collection(shared_path("recordings"), *SHAPE_OF):
        walk(exchange)
        seen += 1
    assert seen > 200


def rows(table: str, name: str) -> set[str]:
    return {row.name for row in BY_NAME[table].objects[name]}


def names(model: Any) -> set[str]:
    """The fields of a class of Google's client, as they go over the wire."""
    fields: dict[str, Any] = model.model_fields
    return {field.alias or name for name, field in fields.items()}


def test_every_field_of_the_published_schemas_has_a_row() -> None:
    """100 per cent of OpenAI's; of Google's all but what the client adds itself (`httpOptions`, `sdkHttpResponse`), in its own spelling."""
    assert embedding_create_params.EmbeddingCreateParams.__annotations__.keys() <= rows("openai", "request")
    assert create_embedding_response.CreateEmbeddingResponse.model_fields.keys() <= rows("openai", "reply")
    assert create_embedding_response.Usage.model_fields.keys() <= rows("openai", "usage")
    assert embedding.Embedding.model_fields.keys() <= rows("openai", "embedding")
    assert names(types.EmbedContentConfig) - {"httpOptions"} <= rows("gemini", "one")
    assert names(types.EmbedContentResponse) - {"sdkHttpResponse"} <= rows("gemini", "reply")
    assert names(types.ContentEmbedding) <= rows("gemini", "values")
    assert names(types.ContentEmbeddingStatistics) - {"tokenCount"} | {"token_count"} <= rows("gemini", "statistics")
    assert names(types.UsageMetadata) <= rows("gemini", "usage")


VALUES: dict[str, Any] = {
    "dimensions": 8, "encoding_format": "base64", "input_type": "query", "title": "t", "user": "u", "inputs": ("a",), "model": "m",
}  # fmt: skip


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.dialect)
def test_each_field_of_ours_becomes_what_its_row_says(table: FieldTable) -> None:
    fates = {reach.ours.removeprefix("EmbeddingRequest."): reach.fate for reach in table.reach}
    assert fates.keys() == VALUES.keys() == set(EmbeddingRequest.__struct_fields__) - NOT_SENT
    for name, fate in fates.items():
        fields: dict[str, Any] = {"model": "m", "inputs": ("a",), name: VALUES[name]}
        if fate == "refused":
            with pytest.raises(InvalidRequest, match=name):
                MODULES[table.dialect].encode_embeddings(EmbeddingRequest(**fields), TARGET)
            continue
        warnings = MODULES[table.dialect].encode_embeddings(EmbeddingRequest(**fields), TARGET).warnings
        assert any(warning.startswith(f"{name}: left out") for warning in warnings) == (fate == "warned"), name
