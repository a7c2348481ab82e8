"""The field table: it names every field of the vendor's schema and of the recordings, and speaks of every field of ours."""

from __future__ import annotations

import importlib
import json
import pkgutil
import types
import typing
from collections.abc import Iterator
from typing import Any, NamedTuple, get_args, get_origin

import openai.types.chat as schema
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk, completion_create_params
from pydantic import BaseModel

from muxer_core.dialects.canonical_fields import canonical_fields
from muxer_core.dialects.field_table import Row, unknown_fields
from muxer_core.dialects.openai_chat.chunks import Choice, Chunk, Delta
from muxer_core.dialects.openai_chat.fields import OWNED, TABLE
from muxer_core.values.request import ChatRequest
from tests.dialects.openai_chat import exchanges, recorded_requests
from tests.dialects.openai_chat.independent import split_events
from tests.support.shared import shared_path


class Known(NamedTuple):
    """A field of the vendor's schema: the object of the table that it belongs to, and its name."""

    object: str
    name: str


def fields_of(kind: Any) -> dict[str, Any]:
    """Names and types of a type of the client: a TypedDict (request) or a pydantic model (reply)."""
    if is_model(kind):
        return {name: field.annotation for name, field in kind.model_fields.items()}
    module = importlib.import_module(kind.__module__)
    return typing.get_type_hints(kind, vars(module))


def is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def structures(annotation: Any) -> Iterator[Any]:
    """The TypedDicts and models that a type names, through unions, lists and the like."""
    if is_model(annotation) or typing.is_typeddict(annotation):
        yield annotation
    elif get_origin(annotation) is not dict:
        for inner in get_args(annotation):
            yield from structures(inner)


def rows(name: str, kind: Any) -> dict[str, Row]:
    """The rows of an object, with those of its kind where the type says which one it is."""
    found = {row.name: row for row in TABLE.objects.get(name, ())}
    key = TABLE.kinds.get(name)
    if key is not None:
        for word in get_args(literal(fields_of(kind).get(key))):
            found |= {row.name: row for row in TABLE.objects.get(f"{name}.{word}", ())}
    return found


def literal(annotation: Any) -> Any:
    """The Literal inside Required and the like."""
    while annotation is not None and get_origin(annotation) is not typing.Literal and get_args(annotation):
        annotation = get_args(annotation)[0]
    return annotation


def walk(kind: Any, name: str, seen: set[Any]) -> Iterator[tuple[Known, bool]]:
    """Every field of the schema below this type, and whether the table names it."""
    if (kind, name) in seen:
        return
    seen.add((kind, name))
    known = rows(name, kind)
    for field, annotation in fields_of(kind).items():
        row = known.get(field) or known.get("*")
        yield Known(name, field), row is not None
        if row is not None and row.holds:
            for inner in structures(annotation):
                yield from walk(inner, row.holds, seen)


ROOTS: list[tuple[Any, str]] = [
    (completion_create_params.CompletionCreateParamsNonStreaming, "request"),
    (completion_create_params.CompletionCreateParamsStreaming, "request"),
    (ChatCompletion, "reply"),
    (ChatCompletionChunk, "event"),
]


def test_the_table_names_every_field_of_the_published_schema() -> None:
    seen: set[Any] = set()
    found = [one for root, name in ROOTS for one in walk(root, name, seen)]
    missing = sorted({known for known, named in found if not named})
    assert missing == []
    assert len({known for known, _ in found}) > 120


def test_no_type_of_the_schema_is_out_of_reach() -> None:
    """Every type of a message, part, tool or reply in the client's folder is walked from the roots, save those of other endpoints."""
    seen: set[Any] = set()
    for root, name in ROOTS:
        list(walk(root, name, seen))
    walked = {kind for kind, _ in seen}
    elsewhere = {
        "ChatCompletionDeleted", "ChatCompletionStoreMessage", "CompletionListParams", "CompletionUpdateParams", "MessageListParams",
        "ChatCompletionContentPartText", "ChatCompletionContentPartImage", "ChatCompletionFunctionTool", "ParsedFunction",
        "ParsedFunctionToolCall", "ParsedChoice", "ParsedChatCompletion", "ParsedChatCompletionMessage", "CompletionCreateParamsBase",
    }  # fmt: skip
    free = {"ChatCompletionAudioParam", "ChatCompletionPredictionContentParam"}  # their values are carried whole
    for module_info in pkgutil.iter_modules(schema.__path__):
        module: types.ModuleType = importlib.import_module(f"{schema.__name__}.{module_info.name}")
        for name in getattr(module, "__all__", []):
            kind = getattr(module, name)
            if not name.startswith(("ChatCompletion", "Parsed", "Completion", "Message")):
                continue
            if list(structures(kind)) == [kind] and name not in elsewhere | free:
                assert kind in walked, name


def unknown(asking: recorded_requests.Asking) -> list[str]:
    return list(unknown_fields(TABLE, "request", asking.body))


def unknown_of_reply(exchange: exchanges.Exchange) -> list[str]:
    """Unknown fields of a reply, whole or streamed. What is no JSON is another test's business."""
    if not exchange.head.is_success:
        return []
    texts = [data for _, data in split_events(exchange.body)] if exchange.stream else [exchange.body]
    found: list[str] = []
    for text in texts:
        try:
            value = json.loads(text)
        except ValueError:
            continue
        found += unknown_fields(TABLE, "event" if exchange.stream else "reply", value)
    return found


def test_the_samples_hold_no_unknown_field() -> None:
    assert [(asking.id, found) for asking in recorded_requests.sample() if (found := unknown(asking))] == []
    assert [(one.id, found) for one in exchanges.sample() if (found := unknown_of_reply(one))] == []


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_the_collection_holds_no_unknown_field() -> None:
    folder = shared_path("recordings")
    assert [(one.id, found) for one in recorded_requests.collection(folder) if (found := unknown(one))] == []
    assert [(one.id, found) for one in exchanges.collection(folder) if (found := unknown_of_reply(one))] == []


def test_an_unknown_field_is_found_at_every_depth() -> None:
    body = {
        "model": "m",
        "x": 1,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "t", "y": 1}], "z": 1}],
    }
    assert sorted(unknown_fields(TABLE, "request", body)) == [
        "request.messages[].content[].y",
        "request.messages[].z",
        "request.x",
    ]


def test_every_field_of_ours_has_its_fate() -> None:
    spoken_of = [row.ours for row in TABLE.reach]
    assert sorted(spoken_of) == sorted(canonical_fields())


def test_fields_that_the_readers_know_are_in_the_table() -> None:
    for struct, name in ((Chunk, "event"), (Choice, "chunk_choice"), (Delta, "answer")):
        assert set(struct.__struct_fields__) <= {row.name for row in TABLE.objects[name]}


def test_owned_fields_are_fields_of_ours() -> None:
    for name, ours in OWNED.items():
        assert name == "stream" or ours in ChatRequest.__struct_fields__
    assert OWNED["max_completion_tokens"] == "max_tokens"


def test_the_objects_that_rows_hold_are_there() -> None:
    kinds = {name.partition(".")[0] for name in TABLE.objects}
    for rows_of_object in TABLE.objects.values():
        names = [row.name for row in rows_of_object]
        assert len(set(names)) == len(names)
        assert {row.holds for row in rows_of_object if row.holds} <= kinds
