"""The list of models that a server offers, whatever form it has. Every dialect reads it here.

| form | who |
| --- | --- |
| `{"data": […]}` | OpenAI and its many compatible servers, Anthropic |
| `{"models": […]}` | Gemini, Cohere, Ollama (`/api/tags`) |
| `{"publisherModels": […]}`, `{"modelSummaries": […]}` | Vertex, Bedrock |
| a bare list | Together, Hugging Face |
| one model by itself | `GET …/models/{name}` everywhere |

Each model is an object as the server sent it, with an `id` added where it has none: from the first of `NAMES`, and without the path in
front (`models/`, `publishers/google/models/`) that Google's names have. What names no model is left out, with a warning. A list that has
further pages says so in a warning, and its marks are extras.
"""

from __future__ import annotations

import re
from typing import Any

from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.whole_body import ErrorReader, Malformed, WholeBodyDecoder
from muxer_core.values.items import ExtrasReported, Item, ModelsListed, WarningReported
from muxer_core.wire.limits import Limits

LISTS = ("data", "models", "publisherModels", "modelSummaries")
"""Where a list stands; the first that is there counts (llama.cpp says the same list twice)."""

NAMES = ("id", "name", "model", "modelId")
"""Where a model's name stands; the first that is there counts."""

PAGES = ("first_id", "last_id", "has_more", "nextPageToken", "next_page_token", "nextToken")
"""What says whether more pages follow, and from where."""

_PATH = re.compile(r"(?:publishers/[^/]+/)?models/(?=.)")


def models_decoder(limits: Limits, failure: ErrorReader) -> WholeBodyDecoder:
    """A decoder to one `ModelsListed`. `failure` is how the dialect reads an `error`."""
    return WholeBodyDecoder(limits, _read, what="the list of models", failure=failure)


def _read(value: Any) -> list[Item]:
    listed, pages = _list_of(value)
    models = [_with_id(entry) for entry in listed]
    found = [model for model in models if model is not None]
    items: list[Item] = [ModelsListed(found)]
    if len(found) < len(models):
        items.append(WarningReported(f"models: {len(models) - len(found)} entries of the list name no model"))
    if pages:
        items.append(ExtrasReported(pages))
    if any(pages.get(name) for name in PAGES[2:]):
        items.append(WarningReported("models: the list goes on; only its first page was asked for"))
    return items


def _list_of(value: Any) -> tuple[list[Any], dict[str, Any]]:
    """The list, and the marks of its pages. Raises `Malformed`."""
    if is_list(value):
        return value, {}
    if is_object(value):
        for name in LISTS:
            if is_list(value.get(name)):
                return value[name], {key: value[key] for key in PAGES if value.get(key) is not None}
        if _with_id(value) is not None:
            return [value], {}
    raise Malformed("it holds no list")


def _with_id(entry: Any) -> dict[str, Any] | None:
    """The model as an object with an `id`; None for what names no model."""
    if isinstance(entry, str) and entry:
        return {"id": entry}
    if not is_object(entry):
        return None
    for name in NAMES:
        found = entry.get(name)
        if isinstance(found, str) and found:
            return entry if name == "id" else {**entry, "id": _PATH.sub("", found, count=1)}
    return None
