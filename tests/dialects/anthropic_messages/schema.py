"""The vendor's published schema, walked: the types of the installed `anthropic` client, each field with the objects that it holds."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, get_args, get_origin

import pydantic.fields
from anthropic import types
from anthropic.types import beta
from anthropic.types import message_count_tokens_params as count_params
from anthropic.types import message_create_params as create_params
from anthropic.types.beta import message_count_tokens_params as beta_count_params
from anthropic.types.beta import message_create_params as beta_create_params
from anthropic.types.shared import ErrorResponse
from typing_extensions import get_type_hints

from muxer_core.dialects.field_table import FieldTable

REQUESTS: tuple[Any, ...] = (
    create_params.MessageCreateParamsNonStreaming,
    create_params.MessageCreateParamsStreaming,
    count_params.MessageCountTokensParams,
    beta_create_params.MessageCreateParamsNonStreaming,
    beta_create_params.MessageCreateParamsStreaming,
    beta_count_params.MessageCountTokensParams,
)
REPLIES: tuple[Any, ...] = (types.Message, beta.BetaMessage, ErrorResponse)
EVENTS: tuple[Any, ...] = (
    *get_args(get_args(types.RawMessageStreamEvent)[0]),
    *get_args(get_args(beta.BetaRawMessageStreamEvent)[0]),
)


class SchemaField(NamedTuple):
    """A field of the schema: where it stands, and whether a row of the table speaks of it."""

    path: str
    covered: bool


def fields_of(kind: Any) -> dict[str, Any]:
    """The fields of a model or a typed dictionary, with their types; empty for any other type."""
    modelled: dict[str, pydantic.fields.FieldInfo] | None = getattr(kind, "model_fields", None)
    if modelled is not None:
        return {field.alias or name: field.annotation for name, field in modelled.items()}
    if hasattr(kind, "__required_keys__"):
        return _hints(kind)
    return {}


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def members(annotation: Any) -> Iterator[Any]:
    """The types inside unions, lists and the like."""
    if get_origin(annotation) in (None, Literal):
        yield annotation
        return
    for inner in get_args(annotation):
        if isinstance(inner, type) or get_origin(inner) is not None or hasattr(inner, "__required_keys__"):
            yield from members(inner)


def words(annotation: Any) -> tuple[str, ...]:
    """The texts that a literal allows."""
    return tuple(word for one in members(annotation) if get_origin(one) is Literal for word in get_args(one))


def walk(table: FieldTable, root: str, kinds: tuple[Any, ...]) -> Iterator[SchemaField]:
    """Every field of these types, walked beside the table from the object `root`."""
    waiting: list[tuple[str, Any]] = [(root, kind) for kind in kinds]
    seen: set[tuple[str, Any]] = set()
    while waiting:
        name, kind = waiting.pop()
        fields = fields_of(kind)
        if (name, kind) in seen or not fields:
            continue
        seen.add((name, kind))
        key = table.kinds.get(name)
        kinds_of_it = words(fields[key]) if key in fields else ()
        rows = {row.name: row for row in table.objects.get(name, ())}
        for word in kinds_of_it:
            rows |= {row.name: row for row in table.objects.get(f"{name}.{word}", ())}
        for field, annotation in fields.items():
            row = rows.get(field) or rows.get("*")
            yield SchemaField(f"{name}[{getattr(kind, '__name__', kind)}].{field}", row is not None)
            if row is not None and row.holds:
                waiting += [(row.holds, inner) for inner in members(annotation)]
