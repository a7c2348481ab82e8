"""What all shapes of vectors share: reading them, putting them in order, and the words for what they are made for.

Numbers are decoded by msgspec without a loop of Python's. base64 stays text, since its meaning (float32, int8, bits) is the vendor's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import msgspec

from muxer_core.dialects.field_table import left_out, refuse_field
from muxer_core.dialects.whole_body import Malformed
from muxer_core.values.embedding_request import INPUT_TYPES, EmbeddingRequest
from muxer_core.values.items import EmbeddingsReported, Item, WarningReported

Vector = list[float] | str

MAX_COUNT = 10**12
"""The largest believable token count of one call; a larger one is not used."""

_NUMBERS = list[float]


def read_vector(value: Any, position: int) -> Vector:
    """One vector: numbers, or text as it is. Raises `Malformed` naming its position."""
    if isinstance(value, str):
        return value
    try:
        numbers = msgspec.convert(value, _NUMBERS)
    except msgspec.ValidationError as fault:
        raise Malformed(f"vector {position} is no list of numbers ({fault})") from None
    if not isfinite(sum(numbers)):
        raise Malformed(f"vector {position} holds a number that is not finite")
    return numbers


def reported(vectors: Sequence[Vector], inputs: int | None, kind: str | None = None) -> list[Item]:
    """The item of these vectors, with a warning for empty ones. Raises `Malformed` when they are not one for each of `inputs`."""
    if not vectors:
        raise Malformed("it holds no vectors")
    if inputs is not None and len(vectors) != inputs:
        raise Malformed(f"it holds {len(vectors)} vectors for {inputs} inputs")
    kind = kind or ("base64" if isinstance(vectors[0], str) else "float")
    items: list[Item] = [EmbeddingsReported([*vectors], kind)]
    empty = [str(position) for position, vector in enumerate(vectors) if not vector]
    if empty:
        items.append(WarningReported(f"embeddings: vector {', '.join(empty[:10])} is empty"))
    return items


def count_of(value: Any) -> int | None:
    """A token count, or None for what is none."""
    return value if type(value) is int and 0 <= value <= MAX_COUNT else None


def texts_of(request: EmbeddingRequest, dialect: str) -> list[str]:
    """The inputs of an API that takes text alone. Raises `InvalidRequest` for tokens."""
    texts = [one for one in request.inputs if isinstance(one, str)]
    if len(texts) < len(request.inputs):
        raise refuse_field("inputs", dialect, "the API takes text, and no lists of tokens")
    return texts


def only_numbers(request: EmbeddingRequest, dialect: str) -> None:
    """Raise `InvalidRequest` for an encoding other than `float`, where an API knows no other."""
    if request.encoding_format not in (None, "float"):
        raise refuse_field("encoding_format", dialect, "the API gives numbers alone")


def translated(request: EmbeddingRequest, words: Mapping[str, str], dialect: str) -> str | None:
    """The vendor's word for the input type: translated where it is one of ours, else as it is. Raises `InvalidRequest` for one of ours
    that the vendor has no word for.
    """
    ours = request.input_type
    if ours is None or ours in words:
        return None if ours is None else words[ours]
    if ours in INPUT_TYPES:
        raise refuse_field("input_type", dialect, f"the API has no word for {ours!r}")
    return ours


def without(request: EmbeddingRequest, dialect: str, *fields: str) -> list[str]:
    """A warning for each of these fields that the request sets and the API does not have."""
    return [left_out(field, dialect, "the API has no such field") for field in fields if getattr(request, field)]
