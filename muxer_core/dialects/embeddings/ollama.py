"""Vectors in Ollama's own shape: `POST base_url/api/embed`, and replies of the older `/api/embeddings`.

Request: `model`, `input`, `dimensions`; `truncate`, `options` and `keep_alive` go into `extras`.

Reply: `embeddings` is a list of vectors, `embedding` (the older form) one vector; `prompt_eval_count` is the input, and where it is
missing no usage is reported. Durations and unknown fields are extras.

Source: github.com/ollama/ollama, `docs/api.md`, "Generate Embeddings", and `api/types.go` (`EmbedRequest`, `EmbedResponse`), November 2026.
"""

from __future__ import annotations

from typing import Any

from muxer_core.dialects.embeddings.vectors import count_of, only_numbers, read_vector, reported, texts_of, without
from muxer_core.dialects.json_request import own_extras, post_json
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.protocol import Encoded, Target
from muxer_core.dialects.whole_body import ErrorReader, Malformed, WholeBodyDecoder
from muxer_core.values.embedding_request import EmbeddingRequest
from muxer_core.values.items import ExtrasReported, Item, ReplyStarted, UsageReported
from muxer_core.values.usage import JsonValue, Usage
from muxer_core.wire.limits import Limits

DIALECT = "ollama"

OWNED = {"model": "model", "input": "inputs", "dimensions": "dimensions"}

_KNOWN = frozenset({"model", "embeddings", "embedding", "prompt_eval_count"})


def encode_embeddings(
    request: EmbeddingRequest, target: Target, *, url: str | None = None, dialect: str = DIALECT
) -> Encoded:
    """The request. `url` is where it goes, if not to `base_url/api/embed`. Raises `InvalidRequest`, naming the field."""
    only_numbers(request, dialect)
    extras, warnings = own_extras(request.extras, request.dialect, dialect, OWNED)
    warnings += without(request, dialect, "input_type", "title", "user")
    texts: list[JsonValue] = [*texts_of(request, dialect)]
    body: dict[str, JsonValue] = {"model": target.model, "input": texts}
    if request.dimensions is not None:
        body["dimensions"] = request.dimensions
    body.update(extras)
    return Encoded(post_json(target, url or f"{target.base_url}/api/embed", body, headers=()), tuple(warnings))


def embeddings_decoder(
    limits: Limits, *, inputs: int | None = None, dialect: str = DIALECT, failure: ErrorReader
) -> WholeBodyDecoder:
    """A decoder to `EmbeddingsReported`, for a reply of either form; `inputs` as in `EmbeddingDialect`.

    `failure` is how the dialect reads an `error`.
    """
    return WholeBodyDecoder(
        limits, lambda value: _read(value, inputs, dialect), what="the list of vectors", failure=failure
    )


def _read(value: Any, inputs: int | None, dialect: str) -> list[Item]:
    if not is_object(value):
        raise Malformed("it is no object")
    listed = value.get("embeddings")
    if listed is None and is_list(value.get("embedding")):
        listed = [value["embedding"]]
    if not is_list(listed):
        raise Malformed("it holds neither `embeddings` nor `embedding`")
    model = value.get("model")
    items: list[Item] = [ReplyStarted(model=model if isinstance(model, str) and model else None, dialect=dialect)]
    items += reported([read_vector(entry, position) for position, entry in enumerate(listed)], inputs)
    tokens = count_of(value.get("prompt_eval_count"))
    if tokens is not None:
        items.append(UsageReported(Usage(input_tokens=tokens)))
    extras = {name: content for name, content in value.items() if name not in _KNOWN and content is not None}
    if extras:
        items.append(ExtrasReported(extras))
    return items
