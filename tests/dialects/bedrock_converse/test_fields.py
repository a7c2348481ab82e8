"""The field table: the whole published schema is in it, so are all recorded fields, and the encoder does what it says (law 8)."""

from __future__ import annotations

import gzip
import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from muxer_core.dialects.bedrock_converse import BedrockConverse
from muxer_core.dialects.bedrock_converse.fields import TABLE
from muxer_core.dialects.field_table import unknown_fields
from muxer_core.wire.aws_event_stream import AwsEventStreamDecoder
from tests.support.exchanges import Exchange, collection, sample
from tests.support.reach import broken_promises

CHAT = ("converse", "converse-stream")


def schema_fields() -> Iterator[tuple[str, bool]]:
    """Every field of the published schema, and whether a row names it. Where a row says that a value is kept whole, its insides count as
    covered and are not walked.
    """
    path = (
        Path(str(importlib.import_module("botocore").__file__)).parent
        / "data"
        / "bedrock-runtime"
        / "2023-09-30"
        / "service-2.json.gz"
    )
    shapes: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))["shapes"]
    roots = {
        "ConverseRequest": "request", "ConverseStreamRequest": "request", "ConverseResponse": "reply", "ConverseStreamOutput": "event",
        "CountTokensRequest": "count", "CountTokensResponse": "counted", "ConverseTokensRequest": "request",
    }  # fmt: skip
    waiting = list(roots.items())
    seen: set[tuple[str, str]] = set()
    while waiting:
        name, table = waiting.pop()
        shape = shapes[name]
        while shape["type"] in ("list", "map"):
            name = (shape.get("member") or shape["value"])["shape"]
            shape = shapes[name]
        if (name, table) in seen:
            continue
        seen.add((name, table))
        rows = {row.name: row for row in TABLE.objects.get(table, ())}
        for field, member in shape.get("members", {}).items():
            row = rows.get(field)
            yield f"{name}.{field} ({table})", row is not None
            if row is not None and row.holds:
                waiting.append((member["shape"], row.holds))


def test_every_field_of_the_published_schema_is_in_the_table() -> None:
    fields = dict(schema_fields())
    missing = [name for name, covered in fields.items() if not covered]
    assert missing == []
    assert len(fields) > 150


def unknown(exchange: Exchange) -> set[str]:
    found = {*unknown_fields(TABLE, "request", exchange.request)} if exchange.request else set[str]()
    if not exchange.head.is_success:
        return found
    if not exchange.stream:
        return found | {*unknown_fields(TABLE, "reply", json.loads(exchange.body))}
    if exchange.body.startswith(b"{"):
        events = [json.loads(line) for line in exchange.body.splitlines()]
    else:
        frames = AwsEventStreamDecoder().receive_data(exchange.body)
        events = [{frame.text(":event-type"): json.loads(frame.payload)} for frame in frames]
    return found | {path for one in events for path in unknown_fields(TABLE, "event", one)}


def test_every_field_of_the_sample_is_in_the_table() -> None:
    assert {path for one in sample("bedrock_converse", *CHAT) for path in unknown(one)} == set()


@pytest.mark.slow
def test_every_recorded_field_is_in_the_table() -> None:
    found = {path for one in collection("bedrock", *CHAT) for path in unknown(one)}
    assert found <= {"reply.results"}, "a reply of another API was recorded under this one's name"


def test_the_encoder_does_what_the_table_says() -> None:
    assert broken_promises(BedrockConverse(), TABLE, "meta.llama3-70b-instruct-v1:0") == []
    better = broken_promises(BedrockConverse(), TABLE, "us.anthropic.claude-sonnet-4-5-20250929-v1:0")
    assert [one.partition(":")[0] for one in better] == ["ChatRequest.top_k", "ChatRequest.reasoning_budget"]
