"""The field table: it speaks of the vendor's whole published schema, of every field that was recorded, and of every field of ours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from muxer_core.dialects.canonical_fields import canonical_fields
from muxer_core.dialects.field_table import unknown_fields
from muxer_core.dialects.gemini import Gemini
from muxer_core.dialects.gemini.fields import TABLE
from muxer_core.dialects.gemini.finish import FINISH_REASONS
from muxer_core.dialects.gemini.generation import OWNED
from muxer_core.dialects.gemini.names import snake
from muxer_core.dialects.gemini.requests import _NOT_SAID
from tests.dialects.gemini.exchanges import Exchange, collection, sample
from tests.dialects.gemini.independent import chunks_of
from tests.dialects.gemini.schema import request_fields, walk
from tests.support.reach import broken_promises
from tests.support.shared import shared_path

BROKEN_ON_PURPOSE = (
    "reply.this",
    "reply.candidates[].content.invalid-field",
    "reply.candidates[].content.missing-parts",
)
"""Fields of the fixtures with which a client's authors test what it does with nonsense."""


def test_the_published_schema_is_covered_to_a_hundred_per_cent() -> None:
    fields = list(walk(TABLE))
    assert [field.path for field in fields if not field.covered] == []
    assert len(fields) > 250


def test_every_setting_of_the_client_has_a_row() -> None:
    known = {row.name for name in ("request", "config") for row in TABLE.objects[name]}
    assert [name for name in request_fields() if name not in known] == []


def test_every_finish_reason_of_the_schema_has_a_meaning() -> None:
    from google.genai import types

    assert [one.value for one in types.FinishReason if one.value not in FINISH_REASONS] == []


def unknown_in(exchange: Exchange) -> Iterator[str]:
    if exchange.api == "models":
        return
    if exchange.request is not None:
        yield from unknown_fields(TABLE, "request", exchange.request)
    root = "count" if exchange.api == "countTokens" else "reply"
    for chunk in chunks_of(exchange.body, stream=exchange.stream and exchange.head.is_success):
        yield from (one for one in unknown_fields(TABLE, root, chunk) if one not in BROKEN_ON_PURPOSE)


@pytest.mark.parametrize("exchange", sample(), ids=lambda exchange: exchange.id)
def test_every_recorded_field_is_in_the_table(exchange: Exchange) -> None:
    assert list(unknown_in(exchange)) == []


@pytest.mark.slow
@pytest.mark.timeout(300)  # more than a thousand recordings
def test_every_field_of_the_collection_is_in_the_table() -> None:
    found = {exchange.id: list(unknown_in(exchange)) for exchange in collection(shared_path("recordings"))}
    assert {name: fields for name, fields in found.items() if fields} == {}
    assert len(found) > 1000


def test_every_field_of_ours_has_its_fate_once() -> None:
    ours = [reach.ours for reach in TABLE.reach]
    assert sorted(ours) == sorted(canonical_fields())


def test_the_encoder_does_what_the_table_says() -> None:
    assert broken_promises(Gemini(), TABLE, vendor="google") == []


def test_what_is_warned_of_and_what_is_owned_is_what_the_table_says() -> None:
    fates = {reach.ours: reach.fate for reach in TABLE.reach}
    assert {name for name in _NOT_SAID if fates[f"ChatRequest.{name}"] != "warned"} == set()
    rows = {row.name: row.ours for row in TABLE.objects["config"]}
    assert all(rows[name] for name in OWNED)


def test_both_spellings_of_a_request_have_a_row() -> None:
    for name in ("request", "config", "thinking", "content", "part", "call", "response", "tool", "function", "calling"):
        known = {row.name for row in TABLE.objects[name]}
        assert {snake(one) for one in known} <= known
