"""The vendor's published schema, walked: the types of the installed `google-genai` client, each field with the object that it holds."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Any, NamedTuple

import pydantic
from google.genai import types

from muxer_core.dialects.field_table import FieldTable

ROOTS: tuple[tuple[str, type[pydantic.BaseModel]], ...] = (
    ("reply", types.GenerateContentResponse),
    ("count", types.CountTokensResponse),
    ("content", types.Content),
    ("config", types.GenerationConfig),
    ("tool", types.Tool),
    ("tool_config", types.ToolConfig),
)

OF_THE_CLIENT = frozenset({
    "sdkHttpResponse", "automaticFunctionCallingHistory", "parsed",  # what the client adds to a reply
    "httpOptions", "shouldReturnHttpResponse", "automaticFunctionCalling", "automaticContinuation",  # how the client behaves
})  # fmt: skip
"""Fields of the client's types that are never on the wire."""


class SchemaField(NamedTuple):
    """A field of the schema: where it stands, and whether a row of the table speaks of it."""

    path: str
    covered: bool


def models_in(annotation: Any) -> Iterator[type[pydantic.BaseModel]]:
    """The models inside unions, lists and the like."""
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        yield annotation
    for inner in typing.get_args(annotation):
        yield from models_in(inner)


def walk(table: FieldTable) -> Iterator[SchemaField]:
    """Every field of these types, walked beside the table. What stands in a row whose value is free is kept whole: covered."""
    waiting: list[tuple[str, type[pydantic.BaseModel]]] = [*ROOTS]
    seen: set[tuple[str, type[pydantic.BaseModel]]] = set()
    while waiting:
        name, model = waiting.pop()
        if (name, model) in seen:
            continue
        seen.add((name, model))
        rows = {row.name: row for row in table.objects[name]}
        for key, field in model.model_fields.items():
            wire = field.alias or key
            if wire in OF_THE_CLIENT:
                continue
            row = rows.get(wire)
            yield SchemaField(f"{name}[{model.__name__}].{wire}", row is not None)
            if row is not None and row.holds:
                waiting += [(row.holds, inner) for inner in models_in(field.annotation)]


def request_fields() -> Iterator[str]:
    """The fields of a request that the client takes as settings; they stand beside `contents` or in `generationConfig`."""
    for key, field in types.GenerateContentConfig.model_fields.items():
        wire = field.alias or key
        if wire not in OF_THE_CLIENT:
            yield wire
