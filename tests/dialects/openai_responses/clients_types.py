"""The vendor's own types, walked by a script: which fields they have, and whether what we emit fits them."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pydantic
from openai.types.responses import Response, ResponseStreamEvent
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming
from typing_extensions import is_typeddict

Model = Any


def models_in(annotation: Any) -> Iterator[Model]:
    """The object types that a field's annotation names, however deep."""
    if get_origin(annotation) is Literal:
        return
    if get_origin(annotation) is None:
        if isinstance(annotation, type) and (is_typeddict(annotation) or issubclass(annotation, pydantic.BaseModel)):
            yield annotation
        return
    for inner in get_args(annotation):
        yield from models_in(inner)


def fields_of(model: Model) -> dict[str, Any]:
    """The fields of an object type, by their names on the wire."""
    if is_typeddict(model):
        return get_type_hints(model, include_extras=True)
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def words_of(annotation: Any) -> list[str]:
    """The words that a literal annotation allows."""
    if get_origin(annotation) is Literal:
        return [str(word) for word in get_args(annotation)]
    return [word for inner in get_args(annotation) for word in words_of(inner)]


REQUEST: Model = ResponseCreateParamsNonStreaming
REPLY: Model = Response
EVENTS: tuple[Model, ...] = tuple(models_in(ResponseStreamEvent))


@functools.cache
def _events() -> dict[str, Model]:
    return {word: event for event in EVENTS for word in words_of(fields_of(event)["type"])}


def check_response(value: Any) -> None:
    """Raise where this is no response of the vendor's."""
    Response.model_validate(value)


def check_event(value: Any) -> None:
    """Raise where this is no event of the vendor's."""
    _events()[value["type"]].model_validate(value)


__all__ = ["EVENTS", "REPLY", "REQUEST", "check_event", "check_response", "fields_of", "models_in", "words_of"]
