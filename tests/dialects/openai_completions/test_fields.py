"""The field table of legacy completions: no recorded field is unknown, none of the published schema is missing, nor any of ours."""

from __future__ import annotations

import json

import pytest
from openai.types import completion, completion_create_params
from openai.types.completion_choice import CompletionChoice

from muxer_core.dialects.canonical_fields import canonical_fields
from muxer_core.dialects.field_table import unknown_fields
from muxer_core.dialects.openai_completions.fields import TABLE
from tests.dialects.openai_chat.independent import split_events
from tests.support.beside_chat import Exchange, collection, sample
from tests.support.shared import shared_path


def walk(exchange: Exchange) -> None:
    if exchange.asked is not None:
        assert list(unknown_fields(TABLE, "request", exchange.asked)) == [], exchange.id
    if exchange.stream:
        for _, data in split_events(exchange.body):
            if data.strip() != "[DONE]":
                assert list(unknown_fields(TABLE, "event", json.loads(data))) == [], exchange.id
    elif exchange.head.is_success:
        assert list(unknown_fields(TABLE, "reply", json.loads(exchange.body))) == [], exchange.id


@pytest.mark.parametrize("exchange", sample("completions"), ids=lambda exchange: exchange.id)
def test_no_recorded_field_is_unknown(exchange: Exchange) -> None:
    walk(exchange)


def test_every_field_of_the_published_schema_has_a_row() -> None:
    """100 per cent of the official client's types."""
    requests = {*completion_create_params.CompletionCreateParamsBase.__annotations__, "stream"}
    assert requests <= {row.name for row in TABLE.objects["request"]}
    assert completion.Completion.model_fields.keys() <= {row.name for row in TABLE.objects["reply"]}
    choice = CompletionChoice
    assert choice.model_fields.keys() <= {row.name for row in TABLE.objects["choice"]}
    assert choice.model_fields.keys() <= {row.name for row in TABLE.objects["chunk_choice"]}


def test_every_field_of_ours_has_one_reach() -> None:
    named = [row.ours for row in TABLE.reach]
    assert sorted(named) == sorted(canonical_fields())


@pytest.mark.slow
def test_no_field_of_the_collection_is_unknown() -> None:
    for exchange in collection(shared_path("recordings"), "completions"):
        walk(exchange)
