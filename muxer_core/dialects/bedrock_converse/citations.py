"""Citations of an answer <-> our `Citation`. `native` is the whole citation, and goes back as it came.

| location | kind | start, end |
| --- | --- | --- |
| `web` | `url` | |
| `documentChar`, `documentPage`, `documentChunk` | `document` | of the document, not of the answer: only in `native` |
| `searchResultLocation` | `search_result` | likewise |
| none | `other` | |

Source: botocore 1.44.8, `Citation` and `CitationsDelta`, November 2026.
"""

from __future__ import annotations

from typing import Any, Literal

from muxer_core.dialects.bedrock_converse.words import DIALECT
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.values.messages import Citation

_Kind = Literal["url", "document", "search_result", "other"]

_KINDS: dict[str, _Kind] = {
    "web": "url",
    "documentChar": "document",
    "documentPage": "document",
    "documentChunk": "document",
    "searchResultLocation": "search_result",
}


def citation_of(native: dict[str, Any]) -> Citation:
    """What a citation says. Never raises: what it does not know is kept as it is.

    >>> citation_of(
    ...     {"title": "T", "sourceContent": [{"text": "a"}, {"text": "b"}], "location": {"documentChar": {}}}
    ... ).text
    'ab'
    """
    location = native.get("location")
    places = location if is_object(location) else {}
    kind: _Kind = "other"
    for name in places:
        kind = _KINDS.get(name, kind)
    web = places.get("web")
    url = web.get("url") if is_object(web) else None
    source = native.get("source")
    content = native.get("sourceContent")
    pieces = [one.get("text") for one in content if is_object(one)] if is_list(content) else []
    text = "".join(piece for piece in pieces if isinstance(piece, str))
    title = native.get("title")
    return Citation(
        kind,
        url=url if isinstance(url, str) else source if isinstance(source, str) and "://" in source else None,
        title=title if isinstance(title, str) else None,
        text=text or None,
        native=native,
        dialect=DIALECT,
    )
