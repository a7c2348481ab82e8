"""The field table speaks of every field of the vendor's schema, of every field in the recordings, and of every field of ours."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from muxer_core.dialects.canonical_fields import canonical_fields
from muxer_core.dialects.field_table import FieldTable, crossing, unknown_fields
from muxer_core.dialects.openai_chat import OpenAIChat
from muxer_core.dialects.openai_responses.decode import decode_request
from muxer_core.dialects.openai_responses.fields import TABLE
from muxer_core.dialects.openai_responses.reading import EVENT_FIELDS
from muxer_core.dialects.protocol import Target
from muxer_core.dialects.registry import FIELD_TABLES
from muxer_core.values.errors import InvalidRequest
from tests.dialects.openai_chat.independent import split_events
from tests.dialects.openai_responses.clients_types import EVENTS, REPLY, REQUEST, fields_of, models_in, words_of
from tests.dialects.openai_responses.exchanges import Exchange, collection, sample
from tests.support.shared import shared_path

NOT_IN_A_TABLE = frozenset({"reply.output[]: no object of this kind (item)"})
"""An item of a type that a client's authors made up, to see that unknown ones do no harm. It is carried whole."""


def unknown(exchanges: Iterable[Exchange]) -> Iterator[str]:
    for exchange in exchanges:
        if exchange.request is not None:
            yield from unknown_fields(TABLE, "request", exchange.request)
        if not exchange.head.is_success:
            continue
        if exchange.stream:
            events = [data for _, data in split_events(exchange.body + b"\n\n") if data != "[DONE]"]
            for event in events:
                yield from unknown_fields(TABLE, "event", json.loads(event))
        else:
            yield from unknown_fields(TABLE, "reply", json.loads(exchange.body))


def test_no_recorded_field_is_unknown() -> None:
    assert set(unknown(sample())) <= NOT_IN_A_TABLE


@pytest.mark.slow
def test_no_recorded_field_of_the_collection_is_unknown() -> None:
    assert set(unknown(collection(shared_path("recordings")))) <= NOT_IN_A_TABLE


def missing(model: Any, name: str, seen: set[tuple[Any, str]]) -> Iterator[tuple[str, bool]]:
    """Every field of the vendor's type as (path, is it in the table?), and of the types that its fields hold."""
    if (model, name) in seen:
        return
    seen.add((model, name))
    fields = fields_of(model)
    kind = TABLE.kinds.get(name)
    words = words_of(fields[kind]) if kind is not None and kind in fields else []
    for place in [f"{name}.{word}" for word in words] or [name]:
        rows = {row.name: row for row in (*TABLE.objects.get(name, ()), *TABLE.objects.get(place, ()))}
        known = name in TABLE.objects or place in TABLE.objects
        for field, annotation in fields.items():
            row = rows.get(field) or rows.get("*")
            yield f"{place}.{field}", known and row is not None
            if row is not None and row.holds:
                for inner in models_in(annotation):
                    yield from missing(inner, row.holds, seen)


def test_every_field_of_the_vendors_schema_has_a_row() -> None:
    seen: set[tuple[Any, str]] = set()
    found = [*missing(REQUEST, "request", seen), *missing(REPLY, "reply", seen)]
    for event in EVENTS:
        found += missing(event, "event", seen)
    covered = sum(known for _, known in found)
    assert [path for path, known in found if not known] == []
    assert covered == len(found) > 700  # 100 per cent


def test_every_field_of_ours_has_a_fate() -> None:
    assert sorted(reach.ours for reach in TABLE.reach) == sorted(canonical_fields())


def test_what_only_this_provider_keeps_is_refused_elsewhere() -> None:
    table: FieldTable = FIELD_TABLES["openai_chat"]()
    fates = {row.name: crossing(row, table)[0] for row in TABLE.objects["request"]}
    for name in ("previous_response_id", "conversation", "prompt"):
        assert fates[name] == "refused"
    assert fates["input"] == "carried"
    request = decode_request({"model": "m", "input": "Go on.", "previous_response_id": "resp_1"})
    target = Target(where="here", base_url="http://127.0.0.1:1", model="m")
    with pytest.raises(InvalidRequest, match=r"messages\[0\]"):
        OpenAIChat().encode_chat(request, target, max_tokens=None, stream=False)


def test_the_reader_of_events_knows_what_the_table_knows() -> None:
    rows = {row.name for name, rows in TABLE.objects.items() if name.startswith("event.response.") for row in rows}
    assert rows - {"copilot_usage"} <= EVENT_FIELDS
