"""Citations of an answer -> our `Citation`. `native` is the whole citation, and goes back as it came.

`start` and `end` count characters of the answer's text. A source is a document of the request, or what a tool brought; where a citation
has several, the first tells kind, title, text and URL. Source: cohere 7.3.1, `types/citation.py` and `types/source.py`, November 2026.
"""

from __future__ import annotations

from typing import Any

from muxer_core.dialects.cohere_v2.words import DIALECT
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.values.messages import Citation


def citation_of(native: dict[str, Any]) -> Citation:
    """What a citation says. Never raises: what it does not know is kept as it is.

    >>> citation_of({"start": 0, "end": 3, "sources": [{"type": "document", "document": {"title": "T"}}]}).title
    'T'
    """
    listed = native.get("sources")
    sources = [one for one in listed if is_object(one)] if is_list(listed) else []
    first = sources[0] if sources else {}
    document = first.get("document")
    told = document if is_object(document) else {}
    return Citation(
        "document" if first.get("type") == "document" else "other",
        url=_text(told, "url"),
        title=_text(told, "title"),
        text=_text(told, "text") or _text(told, "snippet"),
        start=_number(native, "start"),
        end=_number(native, "end"),
        native=native,
        dialect=DIALECT,
    )


def _text(fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) and value else None


def _number(fields: dict[str, Any], name: str) -> int | None:
    value = fields.get(name)
    return value if type(value) is int and value >= 0 else None
