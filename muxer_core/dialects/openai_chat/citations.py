"""Annotations of an answer <-> our `Citation`: `url_citation` and `file_citation` in OpenAI's form, and a bare URL (older servers)."""

from __future__ import annotations

from typing import Any

from muxer_core.dialects.json_text import is_object
from muxer_core.dialects.openai_chat.forms import DIALECT
from muxer_core.values.messages import Citation
from muxer_core.values.usage import JsonValue


def citation_of(annotation: JsonValue) -> Citation:
    """What an annotation says. Never raises: what it does not know is kept as it is.

    >>> citation_of({"type": "url_citation", "url_citation": {"url": "https://example.org", "title": "Example"}}).title
    'Example'
    """
    if not is_object(annotation):
        url = annotation if isinstance(annotation, str) else None
        return Citation("url" if url else "other", url=url, native={"value": annotation}, dialect=DIALECT)
    kind = annotation.get("type")
    if kind == "url_citation":
        inner = annotation.get("url_citation")
        told: dict[str, Any] = inner if is_object(inner) else annotation
        return Citation(
            "url",
            url=_text(told, "url"),
            title=_text(told, "title"),
            text=_text(told, "content"),
            start=_count(told, "start_index"),
            end=_count(told, "end_index"),
            native=annotation,
            dialect=DIALECT,
        )
    if kind in ("file_citation", "file_path", "file"):
        inner = annotation.get(kind)
        told = inner if is_object(inner) else annotation
        return Citation(
            "file",
            file_id=_text(told, "file_id"),
            title=_text(told, "filename"),
            native=annotation,
            dialect=DIALECT,
        )
    return Citation("other", native=annotation, dialect=DIALECT)


def _text(fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) else None


def _count(fields: dict[str, Any], name: str) -> int | None:
    value = fields.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
