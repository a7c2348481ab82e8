"""What an operator can set for one Gemini provider, and the rules that hold when nothing is set.

Gemini is served at two places, and `base_url` says which: the Gemini API (`https://generativelanguage.googleapis.com/v1beta`, models at
`/models/{model}`) and Vertex AI (`https://{region}-aiplatform.googleapis.com/v1/projects/{project}/locations/{region}`, models at
`/publishers/google/models/{model}`; it may go on to `/publishers/google` itself). The credential's scheme follows: `x-goog-api-key`
there, `bearer` here.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

Paths = Literal["auto", "gemini", "vertex"]
CacheMarks = Literal["refuse", "ignore"]
EffortField = Literal["auto", "level", "budget"]

_VERTEX = re.compile(r"aiplatform\.googleapis\.com(?:[:/]|$)|/projects/[^/]+/locations/[^/]+(?:/|$)")
_PUBLISHER = re.compile(r"/publishers/[^/]+$")
_BELOW_VERSION = re.compile(r"/v\d\w*(?:/(?:projects|publishers)/.*)?$")
_FULL_NAME = re.compile(r"(?:models|tunedModels|publishers|projects|endpoints)/.")
_BUDGET_MODELS = re.compile(r"gemini-2(?:\.|-|$)")


class GeminiOptions(msgspec.Struct, frozen=True, omit_defaults=True):
    """Options of the dialect for one provider.

    * `paths`: where models stand under `base_url`; `auto` tells Vertex AI by its host or by a project in the path.
    * `cache_marks`: the API caches by itself and has no marks; `refuse` a request with marks (law 8), or `ignore` them with a warning.
    * `effort`: how `reasoning_effort` is written; `auto` follows `effort_is_budget`.
    """

    paths: Paths = "auto"
    cache_marks: CacheMarks = "refuse"
    effort: EffortField = "auto"


def model_path(options: GeminiOptions, base_url: str, model: str) -> str:
    """The path of a model under `base_url`. A name that is a path already (`tunedModels/…`, `publishers/…`) stays as it is.

    >>> model_path(GeminiOptions(), "https://generativelanguage.googleapis.com/v1beta", "gemini-3-flash")
    'models/gemini-3-flash'
    >>> model_path(GeminiOptions(), "https://aiplatform.googleapis.com/v1", "gemini-3-flash")
    'publishers/google/models/gemini-3-flash'
    """
    if _FULL_NAME.match(model):
        return model
    below = _at_vertex(options, base_url) and _PUBLISHER.search(base_url) is None
    return f"publishers/google/models/{model}" if below else f"models/{model}"


def models_url(options: GeminiOptions, base_url: str) -> str:
    """Where the models are listed. Vertex AI lists Google's at no project, and in its beta version (google-genai 3.6.1, `models.py`).

    >>> models_url(GeminiOptions(), "https://generativelanguage.googleapis.com/v1beta")
    'https://generativelanguage.googleapis.com/v1beta/models?pageSize=1000'
    >>> models_url(GeminiOptions(), "https://x-aiplatform.googleapis.com/v1/projects/p/locations/l")
    'https://x-aiplatform.googleapis.com/v1beta1/publishers/google/models?pageSize=1000'
    """
    if not _at_vertex(options, base_url):
        return f"{base_url}/models?pageSize=1000"
    return f"{_BELOW_VERSION.sub('', base_url)}/v1beta1/publishers/google/models?pageSize=1000"


def _at_vertex(options: GeminiOptions, base_url: str) -> bool:
    return options.paths == "vertex" or (options.paths == "auto" and _VERTEX.search(base_url) is not None)


def effort_is_budget(options: GeminiOptions, model: str) -> bool:
    """Is a reasoning effort written as a token budget? Gemini 2.x refuses `thinkingLevel`, later models prefer it
    (ai.google.dev, "Gemini thinking", November 2026).
    """
    if options.effort != "auto":
        return options.effort == "budget"
    return _BUDGET_MODELS.match(model.rsplit("/", 1)[-1].lower()) is not None
