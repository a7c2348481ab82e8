"""The format of a field table: the walk finds what no row names, and a crossing says what the two tables say together."""

from __future__ import annotations

from muxer_core.dialects.field_table import (
    FieldTable,
    Reach,
    Row,
    crossing,
    left_out,
    refuse_field,
    unknown_fields,
)
from muxer_core.values.usage import JsonValue

TABLE = FieldTable(
    dialect="one",
    source="the test",
    objects={
        "request": (
            Row("model", "ChatRequest.model"),
            Row("parts", "Message.parts", "part"),
            Row("labels", "", "label"),
            Row("free"),
            Row("state", "", elsewhere="refused", note="the other side does not know it"),
            Row("padding", "-", note="says nothing"),
        ),
        "part": (Row("type", "-"), Row("cache", "TextPart.cache", "cache")),
        "part.text": (Row("text", "TextPart.text"),),
        "part.image": (Row("url", "ImagePart.url"),),
        "cache": (Row("ttl", "CacheMark.ttl"),),
        "label": (Row("*"),),
    },
    kinds={"part": "type"},
    reach=(),
)

OTHER = FieldTable(
    dialect="other",
    source="the test",
    objects={},
    kinds={},
    reach=(
        Reach("ChatRequest.model", "carried"),
        Reach("TextPart.cache", "warned", "it caches by itself"),
        Reach("TextPart.text", "encoded", "in capitals"),
    ),
)


def unknown(value: JsonValue) -> list[str]:
    return sorted(unknown_fields(TABLE, "request", value))


def test_every_known_field_is_found_however_deep() -> None:
    value: JsonValue = {
        "model": "m",
        "parts": [
            {"type": "text", "text": "a", "cache": {"ttl": "5m"}},
            {"type": "image", "url": "u"},
            "a text where an object may stand",
        ],
        "labels": {"anything": 1},
        "free": {"deep": {"down": []}},
        "state": "s",
        "padding": "xxx",
    }
    assert unknown(value) == []


def test_an_unknown_field_is_named_by_its_path() -> None:
    value = {"parts": [{"type": "text", "url": "u", "cache": {"colour": 1}}], "colour": "red"}
    assert unknown(value) == ["request.colour", "request.parts[].cache.colour", "request.parts[].url"]


def test_an_object_of_an_unknown_kind_is_unknown() -> None:
    assert unknown({"parts": [{"type": "smell"}]}) == ["request.parts[]: no object of this kind (part)"]
    assert list(unknown_fields(TABLE, "nothing", {"a": 1})) == ["nothing: no object of this kind (nothing)"]


def test_an_object_that_tells_no_kind_has_the_shared_fields() -> None:
    assert unknown({"parts": [{"cache": {"ttl": "5m"}}]}) == []
    assert unknown({"parts": [{"text": "a"}]}) == ["request.parts[].text"]


def test_the_words_for_what_cannot_be_said_name_field_and_target() -> None:
    refused = refuse_field("top_k", "other", "it has no such field")
    assert refused.field == "top_k"
    for words in (str(refused), left_out("top_k", "other", "it has no such field")):
        assert "top_k" in words
        assert "other" in words
        assert "it has no such field" in words


def test_what_a_field_becomes_in_another_dialect() -> None:
    rows = {row.name: row for rows in TABLE.objects.values() for row in rows}
    assert crossing(rows["model"], OTHER) == ("carried", "")
    assert crossing(rows["cache"], OTHER) == ("warned", "it caches by itself")
    assert crossing(rows["text"], OTHER) == ("encoded", "in capitals")
    assert crossing(rows["free"], OTHER) == ("warned", "")
    assert crossing(rows["state"], OTHER) == ("refused", "the other side does not know it")
    assert crossing(rows["padding"], OTHER) == ("carried", "says nothing")
    assert crossing(rows["url"], OTHER) == ("refused", "ImagePart.url is in no row of other")
