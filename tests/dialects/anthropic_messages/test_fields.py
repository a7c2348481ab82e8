"""The field table: it speaks of the vendor's whole published schema, of every field that was recorded, and of every field of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from muxer_core.dialects.anthropic_messages.encode import OWNED, WARNED
from muxer_core.dialects.anthropic_messages.fields import TABLE
from muxer_core.dialects.canonical_fields import canonical_fields
from muxer_core.dialects.field_table import unknown_fields
from tests.dialects.anthropic_messages.exchanges import Exchange, collection, sample
from tests.dialects.anthropic_messages.independent import split_events
from tests.dialects.anthropic_messages.schema import EVENTS, REPLIES, REQUESTS, walk
from tests.support.shared import shared_path


@pytest.mark.parametrize(
    ("root", "kinds"), [("request", REQUESTS), ("reply", REPLIES), ("event", EVENTS)], ids=["request", "reply", "event"]
)
def test_the_published_schema_is_covered_to_a_hundred_per_cent(root: str, kinds: tuple[object, ...]) -> None:
    fields = list(walk(TABLE, root, kinds))
    covered = sum(field.covered for field in fields)
    assert [field.path for field in fields if not field.covered] == []
    assert covered == len(fields) > 15


def unknown_in(exchange: Exchange) -> Iterator[str]:
    if exchange.request is not None:
        yield from unknown_fields(TABLE, "request", exchange.request)
    if exchange.api == "models":
        return
    if not exchange.head.is_success or not exchange.stream:
        yield from unknown_fields(
            TABLE,
            "count" if exchange.api == "count_tokens" and exchange.head.is_success else "reply",
            json.loads(exchange.body),
        )
        return
    for _, data in split_events(exchange.body):
        yield from unknown_fields(TABLE, "event", json.loads(data))


@pytest.mark.parametrize("exchange", sample(), ids=lambda exchange: exchange.id)
def test_every_recorded_field_is_in_the_table(exchange: Exchange) -> None:
    assert list(unknown_in(exchange)) == []


@pytest.mark.slow
@pytest.mark.timeout(300)  # some fourteen hundred recordings
def test_every_field_of_the_collection_is_in_the_table() -> None:
    found = {exchange.id: list(unknown_in(exchange)) for exchange in collection(shared_path("recordings"))}
    assert {name: fields for name, fields in found.items() if fields} == {}
    assert len(found) > 1400


def test_every_field_of_ours_has_its_fate_once() -> None:
    ours = [reach.ours for reach in TABLE.reach]
    assert sorted(ours) == sorted(canonical_fields())
    assert len(ours) == len(set(ours))


def test_what_is_warned_of_is_what_the_table_says() -> None:
    fates = {reach.ours: reach.fate for reach in TABLE.reach}
    assert {name for name in WARNED if fates[f"ChatRequest.{name}"] != "warned"} == set()
    rows = {row.name: row for row in TABLE.objects["request"]}
    assert all(name in rows and rows[name].ours for name in OWNED)
