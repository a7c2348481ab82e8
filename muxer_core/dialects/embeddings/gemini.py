"""Vectors in Google's shapes: `batchEmbedContents` and `embedContent` of the Gemini API, those two and `predict` of Vertex AI.

| where | what is sent |
| --- | --- |
| Gemini API | always `batchEmbedContents`: `requests[]` of `content`, `model`, `taskType`, `title`, `outputDimensionality` |
| Vertex, older models (see `_predicts`) | `predict`: `instances[]` of `content`, `task_type`, `title`; `parameters.outputDimensionality` |
| Vertex, one input | `embedContent`: `content`, and `embedContentConfig` with the rest |
| Vertex, several inputs | `batchEmbedContents`: `requests[]` of those |

`extras` go where these options stand: into each of `requests[]` (Gemini API), `parameters`, or `embedContentConfig`.

A server that cut an input says `truncated`, which is a warning.
A reply's vectors stand in `embeddings[].values`, `embedding.values` or `predictions[].embeddings.values`. Usage is `usageMetadata`, or the
sum of `statistics.token_count`; where the reply holds neither, none is reported. `predict` also answers for image models: images are
`ImageDelta`s, one answer each, and what a filter held back is a `SafetyReported`.

Source: google-genai 1.x, `models.py` (`_EmbedContentParametersPrivate_to_mldev`, `…_to_vertex`) and `types.py`, November 2026.
"""

from __future__ import annotations

from typing import Any

from muxer_core.dialects.embeddings.vectors import (
    Vector,
    count_of,
    only_numbers,
    read_vector,
    reported,
    texts_of,
    translated,
    without,
)
from muxer_core.dialects.json_request import own_extras, post_json
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.protocol import Encoded, Target
from muxer_core.dialects.whole_body import ErrorReader, Malformed, WholeBodyDecoder
from muxer_core.values.embedding_request import EmbeddingRequest
from muxer_core.values.items import (
    ChoiceFinished,
    ExtrasReported,
    ImageDelta,
    Item,
    ReplyStarted,
    SafetyReported,
    SafetyResult,
    UsageReported,
    WarningReported,
)
from muxer_core.values.usage import JsonValue, Usage
from muxer_core.wire.limits import Limits

DIALECT = "gemini"

TASK_TYPES = {
    "query": "RETRIEVAL_QUERY",
    "document": "RETRIEVAL_DOCUMENT",
    "similarity": "SEMANTIC_SIMILARITY",
    "classification": "CLASSIFICATION",
    "clustering": "CLUSTERING",
    "question": "QUESTION_ANSWERING",
    "fact_check": "FACT_VERIFICATION",
    "code_query": "CODE_RETRIEVAL_QUERY",
}
"""Our words for what vectors are made for, in Google's (ai.google.dev/gemini-api/docs/embeddings, "Supported task types")."""

OWNED = {
    "model": "model",
    "content": "inputs",
    "requests": "inputs",
    "instances": "inputs",
    "taskType": "input_type",
    "task_type": "input_type",
    "title": "title",
    "outputDimensionality": "dimensions",
}

_KNOWN = frozenset({"embeddings", "embedding", "predictions", "usageMetadata", "truncated"})
_COUNTS = frozenset({"promptTokenCount", "totalTokenCount", "promptTokensDetails", "promptTokenDetails"})


def encode_embeddings(
    request: EmbeddingRequest, target: Target, *, path: str | None = None, dialect: str = DIALECT
) -> Encoded:
    """The request. `path` is the model's under `base_url`, if not `models/` and its name; Vertex is told by `publishers/` in the two.
    Raises `InvalidRequest`, naming the field.
    """
    only_numbers(request, dialect)
    texts = texts_of(request, dialect)
    task = translated(request, TASK_TYPES, dialect)
    extras, warnings = own_extras(request.extras, request.dialect, dialect, OWNED)
    warnings += without(request, dialect, "user")
    options: dict[str, JsonValue] = {
        "taskType": task,
        "title": request.title,
        "outputDimensionality": request.dimensions,
    }
    options = {name: value for name, value in options.items() if value is not None} | extras
    contents: list[dict[str, JsonValue]] = [{"parts": [{"text": text}]} for text in texts]
    path = path or f"models/{target.model.removeprefix('models/')}"
    place = f"{target.base_url}/{path}"
    body: dict[str, JsonValue]
    if "/publishers/" not in place:
        action = "batchEmbedContents"
        body = {"requests": [{"content": content, "model": path, **options} for content in contents]}
    elif _predicts(path.rpartition("/")[2]):
        action = "predict"
        instance = {"task_type": task, "title": request.title}
        instance = {name: value for name, value in instance.items() if value is not None}
        dimensions: dict[str, JsonValue] = (
            {} if request.dimensions is None else {"outputDimensionality": request.dimensions}
        )
        parameters = dimensions | extras
        body = {"instances": [{"content": text, **instance} for text in texts]}
        if parameters:
            body["parameters"] = parameters
    else:
        config: dict[str, JsonValue] = {"embedContentConfig": options} if options else {}
        one = len(contents) == 1
        action = "embedContent" if one else "batchEmbedContents"
        body = (
            {"content": contents[0], **config}
            if one
            else {"requests": [{"content": text, **config} for text in contents]}
        )
    return Encoded(post_json(target, f"{place}:{action}", body, headers=()), tuple(warnings))


def _predicts(model: str) -> bool:
    """Is this a model of Vertex's older API: `gemini-embedding-001`, or one without `gemini` or `maas` in its name?"""
    return model.startswith("gemini-embedding-001") or not ("gemini" in model or "maas" in model)


def embeddings_decoder(
    limits: Limits, *, inputs: int | None = None, dialect: str = DIALECT, failure: ErrorReader
) -> WholeBodyDecoder:
    """A decoder to `EmbeddingsReported`, for a reply of any of the shapes; `inputs` as in `EmbeddingDialect`.

    `failure` is how the dialect reads an `error`.
    """
    return WholeBodyDecoder(
        limits, lambda value: _read(value, inputs, dialect), what="the list of vectors", failure=failure
    )


def _read(value: Any, inputs: int | None, dialect: str) -> list[Item]:
    if not is_object(value):
        raise Malformed("it is no object")
    items: list[Item] = [ReplyStarted(dialect=dialect)]
    predictions = value.get("predictions")
    if is_list(predictions):
        items += _predictions(predictions, inputs)
    else:
        items += reported(_vectors(value), inputs)
    if is_object(value.get("usageMetadata")):
        items += _usage(value["usageMetadata"])
    if value.get("truncated") is True:
        items.append(WarningReported("embeddings: the server cut the input, which was too long"))
    extras = {name: content for name, content in value.items() if name not in _KNOWN and content is not None}
    if extras:
        items.append(ExtrasReported(extras))
    return items


def _vectors(value: dict[str, Any]) -> list[Vector]:
    listed = value.get("embeddings")
    if listed is None and is_object(value.get("embedding")):
        listed = [value["embedding"]]
    if not is_list(listed):
        raise Malformed("it holds neither `embeddings` nor `embedding` nor `predictions`")
    return [_values(entry, position) for position, entry in enumerate(listed)]


def _values(entry: Any, position: int) -> Vector:
    if not is_object(entry):
        raise Malformed(f"vector {position} is no object")
    return read_vector(entry.get("values"), position)


def _predictions(predictions: list[Any], inputs: int | None) -> list[Item]:
    if any(is_object(one) and "embeddings" in one for one in predictions) or inputs is not None:
        return _predicted_vectors(predictions, inputs)
    items = [item for choice, one in enumerate(predictions) for item in _image(one, choice)]
    if not items:
        raise Malformed("its predictions hold neither vectors nor images")
    return items


def _predicted_vectors(predictions: list[Any], inputs: int | None) -> list[Item]:
    vectors: list[Vector] = []
    cut: list[str] = []
    tokens: int | None = 0
    for position, one in enumerate(predictions):
        entry = one.get("embeddings") if is_object(one) else None
        vectors.append(_values(entry, position))
        statistics = entry.get("statistics") if is_object(entry) else None
        counted = count_of(statistics.get("token_count")) if is_object(statistics) else None
        tokens = None if tokens is None or counted is None else tokens + counted
        if is_object(statistics) and statistics.get("truncated") is True:
            cut.append(str(position))
    items = reported(vectors, inputs)
    if cut:
        items.append(WarningReported(f"embeddings: the server cut input {', '.join(cut[:10])}, which was too long"))
    if tokens is not None:
        items.append(UsageReported(Usage(input_tokens=tokens)))
    return items


def _image(prediction: Any, choice: int) -> list[Item]:
    """The items of a prediction of an image model (Imagen)."""
    if not is_object(prediction):
        return []
    items: list[Item] = []
    data, uri, held_back = (prediction.get(name) for name in ("bytesBase64Encoded", "gcsUri", "raiFilteredReason"))
    if isinstance(data, str) and data:
        items.append(ImageDelta(f"data:{prediction.get('mimeType') or 'image/png'};base64,{data}", choice))
    elif isinstance(uri, str) and uri:
        items.append(ImageDelta(uri, choice))
    if is_object(prediction.get("safetyAttributes")):
        items.append(SafetyReported(choice=choice, native=prediction["safetyAttributes"]))
    if isinstance(held_back, str) and held_back:
        items.append(SafetyReported((SafetyResult("raiFilteredReason", held_back, blocked=True),), choice))
        items.append(ChoiceFinished("content_filter", held_back, choice))
    return items


def _usage(fields: dict[str, Any]) -> list[Item]:
    """`usageMetadata`: all of it is input. The details' parts lie inside."""
    total = count_of(fields.get("totalTokenCount"))
    tokens = count_of(fields.get("promptTokenCount"))
    tokens = total if tokens is None else tokens
    if tokens is None:
        return [WarningReported("the usage report was not used: it holds no token count")]
    details: Any = fields.get("promptTokensDetails") or fields.get("promptTokenDetails")
    parts = {"AUDIO": 0, "IMAGE": 0}
    for one in details if is_list(details) else ():
        modality = one.get("modality") if is_object(one) else None
        if isinstance(modality, str) and modality in parts:
            parts[modality] = min(parts[modality] + (count_of(one.get("tokenCount")) or 0), tokens)
    usage = Usage(
        input_tokens=tokens, total_tokens=total, audio_input_tokens=parts["AUDIO"], image_input_tokens=parts["IMAGE"]
    )
    rest = {name: value for name, value in fields.items() if name not in _COUNTS and value is not None}
    return [UsageReported(usage), *([ExtrasReported({"usageMetadata": rest})] if rest else [])]
