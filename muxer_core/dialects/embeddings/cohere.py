"""Vectors in Cohere's shape: `POST base_url/v2/embed`, and replies of version 1 too.

Request (v2): `model`, `texts`, `input_type` (which the API demands; `search_document` where the caller says none), `embedding_types`,
`output_dimension`; `truncate`, `priority`, `inputs` (with images) and the like go into `extras`.

Reply, by field:

| field | becomes |
| --- | --- |
| `embeddings` as a list (v1) | `EmbeddingsReported` |
| `embeddings.<kind>` (v2, and v1 by type) | one `EmbeddingsReported` for each kind, `float` first |
| `meta.billed_units` | `UsageReported`, with itself as what is billed: no other counts are told. Image tokens stand beside input tokens |
| `meta.warnings` | `WarningReported` |
| the rest of `meta`, `images` and unknown fields | `ExtrasReported` |
| `id` | `ReplyStarted` |
| `texts`, `response_type` | nothing: the request's own, and what the form of `embeddings` says |

Source: docs.cohere.com/reference/embed (v2) and /v1/reference/embed, November 2026.
"""

from __future__ import annotations

from typing import Any

from muxer_core.dialects.embeddings.vectors import count_of, read_vector, reported, texts_of, translated, without
from muxer_core.dialects.json_request import own_extras, post_json
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.protocol import Encoded, Target
from muxer_core.dialects.whole_body import ErrorReader, Malformed, WholeBodyDecoder
from muxer_core.values.embedding_request import EmbeddingRequest
from muxer_core.values.items import ExtrasReported, Item, ReplyStarted, UsageReported, WarningReported
from muxer_core.values.usage import JsonValue, Usage
from muxer_core.wire.limits import Limits

DIALECT = "cohere_v2"

INPUT_TYPES = {
    "query": "search_query",
    "document": "search_document",
    "classification": "classification",
    "clustering": "clustering",
}
"""Our words for what vectors are made for, in Cohere's."""

OWNED = {
    "model": "model",
    "texts": "inputs",
    "input_type": "input_type",
    "embedding_types": "encoding_format",
    "output_dimension": "dimensions",
}

_KNOWN = frozenset({"id", "embeddings", "texts", "meta", "response_type"})


def encode_embeddings(
    request: EmbeddingRequest, target: Target, *, url: str | None = None, dialect: str = DIALECT
) -> Encoded:
    """The request. `url` is where it goes, if not to `base_url/v2/embed` (a `base_url` may end in `/v2`). Raises `InvalidRequest`."""
    extras, warnings = own_extras(request.extras, request.dialect, dialect, OWNED)
    warnings += without(request, dialect, "title", "user")
    input_type = translated(request, INPUT_TYPES, dialect)
    if input_type is None:
        input_type = "search_document"
        warnings.append("input_type: set to search_document, because the dialect demands one and the request says none")
    texts: list[JsonValue] = [*texts_of(request, dialect)]
    body: dict[str, JsonValue] = {
        "model": target.model,
        "texts": texts,
        "input_type": input_type,
        "embedding_types": [request.encoding_format or "float"],
    }
    if request.dimensions is not None:
        body["output_dimension"] = request.dimensions
    body.update(extras)
    return Encoded(
        post_json(target, url or f"{target.base_url.removesuffix('/v2')}/v2/embed", body, headers=()), tuple(warnings)
    )


def embeddings_decoder(
    limits: Limits, *, inputs: int | None = None, dialect: str = DIALECT, failure: ErrorReader
) -> WholeBodyDecoder:
    """A decoder to `EmbeddingsReported`, for a reply of either version; `inputs` as in `EmbeddingDialect`.

    `failure` is how the dialect reads an `error`.
    """
    return WholeBodyDecoder(
        limits, lambda value: _read(value, inputs, dialect), what="the list of vectors", failure=failure
    )


def _read(value: Any, inputs: int | None, dialect: str) -> list[Item]:
    if not is_object(value):
        raise Malformed("it is no object")
    name = value.get("id")
    items: list[Item] = [ReplyStarted(id=name if isinstance(name, str) and name else None, dialect=dialect)]
    embeddings = value.get("embeddings")
    kinds: dict[str, Any] = (
        {"float": embeddings} if is_list(embeddings) else embeddings if is_object(embeddings) else {}
    )
    listed = {kind: vectors for kind, vectors in kinds.items() if is_list(vectors)}
    if not listed:
        raise Malformed("it holds no `embeddings`")
    for kind in sorted(listed, key=lambda kind: kind != "float"):
        vectors = [read_vector(entry, position) for position, entry in enumerate(listed[kind])]
        items += reported(vectors, inputs, kind)
    extras = {key: content for key, content in value.items() if key not in _KNOWN and content is not None}
    if is_object(value.get("meta")):
        items += _meta(value["meta"], extras)
    if extras:
        items.append(ExtrasReported(extras))
    return items


def _meta(meta: dict[str, Any], extras: dict[str, Any]) -> list[Item]:
    """Usage and warnings; what else `meta` holds is added to `extras`."""
    items: list[Item] = []
    units = meta.get("billed_units")
    if is_object(units):
        tokens, images = count_of(units.get("input_tokens")), count_of(units.get("image_tokens")) or 0
        if tokens is None and not images:
            items.append(WarningReported("the usage report was not used: it holds no token count"))
        else:
            usage = Usage(input_tokens=(tokens or 0) + images, image_input_tokens=images)
            items.append(UsageReported(usage, billed=usage))
    warnings = meta.get("warnings")
    items += [WarningReported(str(one)[:400]) for one in (warnings if is_list(warnings) else [])[:32]]
    rest = {key: content for key, content in meta.items() if key not in ("billed_units", "warnings")}
    if rest:
        extras["meta"] = rest
    return items
