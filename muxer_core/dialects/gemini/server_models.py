"""The list of models, as the vendor's clients read it. Source: google-genai 3.6.1, `Model` (Gemini API), November 2026."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from muxer_core.dialects.gemini.names import JsonObject
from muxer_core.dialects.server import Answered
from muxer_core.values.usage import JsonValue
from muxer_core.wire.heads import Headers, ResponseHead

METHODS = ("generateContent", "streamGenerateContent", "countTokens")


def answer_models(models: Iterable[dict[str, JsonValue]]) -> Answered:
    """The list. What a model brings beside its `id` is kept where the vendor has such a field.

    >>> answer_models([{"id": "gpt-4o", "created": 1}]).body[:60]
    b'{"models":[{"name":"models/gpt-4o","displayName":"gpt-4o","s'
    """
    listed: list[JsonObject] = []
    for model in models:
        name = str(model["id"])
        told: JsonObject = {
            "name": name if name.startswith(("models/", "tunedModels/")) else f"models/{name}",
            "displayName": name,
            "supportedGenerationMethods": list(METHODS),
        }
        told |= {key: value for key, value in model.items() if key in KEPT and value is not None}
        listed.append(told)
    head = ResponseHead(200, Headers((("content-type", "application/json; charset=UTF-8"),)))
    return Answered(head, msgspec.json.encode({"models": listed}))


KEPT = frozenset({
    "displayName", "description", "version", "inputTokenLimit", "outputTokenLimit", "supportedGenerationMethods", "temperature",
    "maxTemperature", "topP", "topK", "thinking",
})  # fmt: skip
