"""Annotations of an answer <-> our `Citation`: `url_citation`, `file_citation`, `container_file_citation` and `file_path`.

Source: openai-python 3.57.0, `types/responses/response_output_text.py`, November 2026.
"""

from __future__ import annotations

from muxer_core.dialects.json_text import is_object
from muxer_core.dialects.openai_responses.options import NAME
from muxer_core.values.messages import Citation
from muxer_core.values.usage import JsonValue


def citation_of(annotation: JsonValue) -> Citation:
    """What an annotation says. Never raises: what it does not know is kept as it is.

    >>> citation_of({"type": "url_citation", "url": "https://example.org", "title": "Example"}).title
    'Example'
    """
    if not is_object(annotation):
        return Citation("other", native={"value": annotation}, dialect=NAME)
    kind = annotation.get("type")
    if kind == "url_citation":
        return Citation(
            "url",
            url=_text(annotation, "url"),
            title=_text(annotation, "title"),
            start=_count(annotation, "start_index"),
            end=_count(annotation, "end_index"),
            native=annotation,
            dialect=NAME,
        )
    if kind in ("file_citation", "container_file_citation", "file_path"):
        return Citation(
            "file",
            file_id=_text(annotation, "file_id"),
            title=_text(annotation, "filename"),
            start=_count(annotation, "start_index"),
            end=_count(annotation, "end_index"),
            native=annotation,
            dialect=NAME,
        )
    return Citation("other", native=annotation, dialect=NAME)


def annotation_of(citation: Citation) -> JsonValue | None:
    """The annotation for a citation; None for what this API cannot say (a passage of a document, a place).

    Where the text that it belongs to is not told, it belongs to the beginning: both ends are 0.
    """
    if citation.dialect == NAME and citation.native:
        return citation.native["value"] if citation.native.keys() == {"value"} else citation.native
    start, end = citation.start or 0, citation.end or 0
    if citation.url is not None:
        title = citation.title or ""
        return {"type": "url_citation", "url": citation.url, "title": title, "start_index": start, "end_index": end}
    if citation.file_id is not None:
        filename = citation.title or ""
        return {"type": "file_citation", "file_id": citation.file_id, "filename": filename, "index": start}
    return None


def _text(fields: dict[str, JsonValue], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) else None


def _count(fields: dict[str, JsonValue], name: str) -> int | None:
    value = fields.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
