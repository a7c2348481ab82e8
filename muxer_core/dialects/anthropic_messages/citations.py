"""Citations of a text block <-> our `Citation`: places in documents, results of a web search, and search results of the request.

A citation of this dialect goes back as it came (`native`). One of another dialect has no place in a request (a place in a document is
told by the document's number there, and a web result by a sealed index), so it is left out with a warning; in a reply, a URL is told as a
result of a web search whose sealed index is empty.
"""

from __future__ import annotations

from typing import Any, Literal

from muxer_core.dialects.anthropic_messages.words import DIALECT
from muxer_core.dialects.json_text import is_object
from muxer_core.values.messages import Citation
from muxer_core.values.usage import JsonValue

Kind = Literal["url", "document", "file", "search_result", "place", "other"]

_KINDS: dict[str, Kind] = {
    "char_location": "document",
    "page_location": "document",
    "content_block_location": "document",
    "web_search_result_location": "url",
    "search_result_location": "search_result",
}


def citation_of(native: JsonValue) -> Citation:
    """What a citation says. Never raises: what it does not know is kept as it is.

    >>> citation_of({"type": "web_search_result_location", "url": "https://example.org", "cited_text": "Hello"}).text
    'Hello'
    """
    if not is_object(native):
        return Citation("other", native={"value": native}, dialect=DIALECT)
    word = native.get("type")
    kind = _KINDS.get(word, "other") if isinstance(word, str) else "other"
    url = _text(native, "url") or (_text(native, "source") if kind == "search_result" else None)
    return Citation(
        kind,
        url=url,
        title=_text(native, "title") or _text(native, "document_title"),
        text=_text(native, "cited_text"),
        file_id=_text(native, "file_id"),
        native=native,
        dialect=DIALECT,
    )


def native_citation(citation: Citation) -> dict[str, JsonValue] | None:
    """A citation as it came in this dialect; None for one of another."""
    return citation.native if citation.dialect == DIALECT and citation.native else None


def shown_citation(citation: Citation) -> dict[str, JsonValue] | None:
    """A citation for a client of ours: as it came, or a URL as a result of a web search; None where it cannot be told."""
    native = native_citation(citation)
    if native is not None or citation.url is None:
        return native
    return {
        "type": "web_search_result_location",
        "cited_text": citation.text or "",
        "encrypted_index": "",
        "title": citation.title,
        "url": citation.url,
    }


def _text(fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) else None
