"""Vectors in OpenAI's shape (`POST base_url/embeddings`), as its many compatible servers speak it.

Request: `model`, `input`, `dimensions`, `encoding_format`, `user`. An input type is no field of OpenAI's; servers that take one name it
differently (Voyage and Cohere `input_type`, Jina `task`), so ours is left out with a warning, and theirs goes into `extras`.

Reply, by field:

| field | becomes |
| --- | --- |
| `data[].embedding` | `EmbeddingsReported`: numbers, or base64 text |
| `data[].index` | the order; where indices are missing or no numbering from 0, the list's own order |
| `id`, `model`, `created` | `ReplyStarted` |
| `usage` | `UsageReported` and `CostReported`, as the dialect reads them |
| `object`, `data[].object` | nothing: they are always the same |
| anything else (`provider`, …) | `ExtrasReported` |

Source: openai-python 3.57.0, `types/embedding_create_params.py` and `types/create_embedding_response.py`, November 2026.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from muxer_core.dialects.embeddings.vectors import Vector, read_vector, reported, without
from muxer_core.dialects.json_request import own_extras, post_json
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.protocol import Encoded, Target
from muxer_core.dialects.whole_body import ErrorReader, Malformed, WholeBodyDecoder
from muxer_core.values.embedding_request import EmbeddingRequest
from muxer_core.values.items import ExtrasReported, Item, ReplyStarted
from muxer_core.values.usage import JsonValue
from muxer_core.wire.limits import Limits

OWNED = {
    "model": "model",
    "input": "inputs",
    "dimensions": "dimensions",
    "encoding_format": "encoding_format",
    "user": "user",
}
"""Fields that may not stand in `extras`, and the field that tells them."""

_KNOWN = frozenset({"object", "data", "model", "usage", "id", "created"})


UsageReader = Callable[[dict[str, Any]], list[Item]]
"""How a dialect reads the `usage` of a reply."""


def encode_embeddings(request: EmbeddingRequest, target: Target, *, url: str | None = None, dialect: str) -> Encoded:
    """The request. `url` is where it goes, if not to `base_url/embeddings`. Raises `InvalidRequest`, naming the field."""
    extras, warnings = own_extras(request.extras, request.dialect, dialect, OWNED)
    warnings += without(request, dialect, "input_type", "title")
    inputs: list[JsonValue] = [one if isinstance(one, str) else list(one) for one in request.inputs]
    body: dict[str, JsonValue] = {"model": target.model, "input": inputs}
    for name in ("dimensions", "encoding_format", "user"):
        value = getattr(request, name)
        if value is not None:
            body[name] = value
    body.update(extras)
    return Encoded(post_json(target, url or f"{target.base_url}/embeddings", body), tuple(warnings))


def embeddings_decoder(
    limits: Limits, *, inputs: int | None = None, dialect: str, failure: ErrorReader, usage: UsageReader
) -> WholeBodyDecoder:
    """A decoder to `EmbeddingsReported`; `inputs` as in `EmbeddingDialect`. `failure` and `usage` are how the dialect reads these two."""
    return WholeBodyDecoder(
        limits, lambda value: _read(value, inputs, dialect, usage), what="the list of vectors", failure=failure
    )


def _read(value: Any, inputs: int | None, dialect: str, read_usage: UsageReader) -> list[Item]:
    if not is_object(value) or not is_list(value.get("data")):
        raise Malformed("it holds no list `data`")
    vectors = in_order(value["data"])
    items: list[Item] = [started(value, dialect), *reported(vectors, inputs)]
    usage = value.get("usage")
    if is_object(usage):
        items += read_usage(usage)
    extras = {name: content for name, content in value.items() if name not in _KNOWN and content is not None}
    if extras:
        items.append(ExtrasReported(extras))
    return items


def in_order(entries: list[Any]) -> list[Vector]:
    """The vectors of a list of embeddings, in the order of their indices. Raises `Malformed`."""
    vectors: list[Vector] = []
    indices: list[Any] = []
    for position, entry in enumerate(entries):
        if not is_object(entry):
            raise Malformed(f"data[{position}] is no object")
        vectors.append(read_vector(entry.get("embedding"), position))
        indices.append(entry.get("index"))
    numbering = list(range(len(vectors)))
    if indices == numbering or not all(type(index) is int for index in indices) or sorted(indices) != numbering:
        return vectors
    placed = sorted(zip(indices, numbering, strict=True))
    return [vectors[position] for _, position in placed]


def started(value: dict[str, Any], dialect: str) -> ReplyStarted:
    """What a reply says of itself."""
    name, model, created = value.get("id"), value.get("model"), value.get("created")
    return ReplyStarted(
        id=name if isinstance(name, str) and name else None,
        model=model if isinstance(model, str) and model else None,
        created=created if type(created) is int else None,
        dialect=dialect,
    )
