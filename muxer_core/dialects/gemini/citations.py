"""What an answer rests on: `groundingMetadata`, `citationMetadata` and `urlContextMetadata` <-> our `Citation`.

* A grounding support names a segment of the text and the chunks that support it: one citation for each pair. A chunk that no support names
  is a citation without a place.
* The vendor counts bytes of UTF-8 in one part; we count characters of the answer's text. A place is converted only where the text there is
  what the vendor says it is; else the segment's text is looked for; else the citation has no place.
* `native` is `{"chunk": …, "support": …}`, `{"citation": …}` or `{"url": …}`; the whole metadata stays beside it, as the answer's extras.

Source: google-genai 3.6.1, `GroundingMetadata`, `Segment` ("measured in bytes"), `Citation`, `UrlContextMetadata`, November 2026.
"""

from __future__ import annotations

from typing import Any, Literal

from muxer_core.dialects.gemini.names import NAME, JsonObject
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.values.messages import Citation

MAX_CITATIONS = 10_000
"""The most citations of one report; further ones stay in the extras alone."""

CitationKind = Literal["url", "document", "file", "search_result", "place", "other"]

_KINDS: tuple[tuple[str, CitationKind], ...] = (
    ("web", "url"),
    ("retrievedContext", "search_result"),
    ("maps", "place"),
    ("image", "url"),
)


def grounding_citations(metadata: JsonObject, text: str) -> list[Citation]:
    """The citations of a `groundingMetadata`; `text` is the answer's text so far. Never raises.

    >>> said = {
    ...     "groundingChunks": [{"web": {"uri": "https://example.org"}}],
    ...     "groundingSupports": [
    ...         {"segment": {"startIndex": 3, "endIndex": 6, "text": "sky"}, "groundingChunkIndices": [0]}
    ...     ],
    ... }
    >>> [(one.url, one.start, one.end) for one in grounding_citations(said, "é sky")]
    [('https://example.org', 2, 5)]
    """
    chunks = [one if is_object(one) else {} for one in _list(metadata.get("groundingChunks"))]
    found: list[Citation] = []
    named: set[int] = set()
    data = text.encode("utf-8", "replace")
    for support in _list(metadata.get("groundingSupports")):
        if not is_object(support):
            continue
        segment = support.get("segment")
        place: JsonObject = segment if is_object(segment) else {}
        start, end = _characters(place, text, data)
        for index in _list(support.get("groundingChunkIndices")):
            if type(index) is int and 0 <= index < len(chunks) and len(found) < MAX_CITATIONS:
                named.add(index)
                quoted = place.get("text")
                native = {"chunk": chunks[index], "support": support}
                found.append(_of_chunk(chunks[index], quoted, start, end, native))
    for index, chunk in enumerate(chunks[:MAX_CITATIONS]):
        if index not in named:
            found.append(_of_chunk(chunk, None, None, None, {"chunk": chunk}))
    return found


def source_citations(metadata: JsonObject, text: str) -> list[Citation]:
    """The citations of a `citationMetadata`: sources that the answer repeats. Never raises."""
    data = text.encode("utf-8", "replace")
    found: list[Citation] = []
    for entry in _list(metadata.get("citations", metadata.get("citationSources")))[:MAX_CITATIONS]:
        if is_object(entry):
            start, end = _characters(entry, text, data)
            url = _text(entry, "uri")
            found.append(
                Citation(
                    "url" if url else "other",
                    url=url,
                    title=_text(entry, "title"),
                    start=start,
                    end=end,
                    native={"citation": entry},
                    dialect=NAME,
                )
            )
    return found


def page_citations(metadata: JsonObject) -> list[Citation]:
    """The pages of a `urlContextMetadata` that the model has read. Never raises."""
    return [
        Citation("url", url=entry["retrievedUrl"], native={"url": entry}, dialect=NAME)
        for entry in _list(metadata.get("urlMetadata"))[:MAX_CITATIONS]
        if is_object(entry)
        and isinstance(entry.get("retrievedUrl"), str)
        and entry.get("urlRetrievalStatus") in ("URL_RETRIEVAL_STATUS_SUCCESS", 1)
    ]


def metadata_of(citations: list[Citation], text: str) -> JsonObject:
    """The `groundingMetadata` that says these citations to a client; `text` is the answer's text."""
    chunks: list[JsonObject] = []
    supports: list[JsonObject] = []
    for citation in citations:
        known = citation.native.get("chunk") if citation.dialect == NAME else None
        chunk: JsonObject = known if is_object(known) else _chunk(citation)
        if chunk not in chunks:
            chunks.append(chunk)
        if citation.start is not None and citation.end is not None:
            before = len(text[: citation.start].encode("utf-8", "replace"))
            inside = text[citation.start : citation.end]
            segment: JsonObject = {"endIndex": before + len(inside.encode("utf-8", "replace")), "text": inside}
            if before:
                segment["startIndex"] = before
            supports.append({"segment": segment, "groundingChunkIndices": [chunks.index(chunk)]})
    return {"groundingChunks": chunks, **({"groundingSupports": supports} if supports else {})}


def _chunk(citation: Citation) -> JsonObject:
    fields = {"uri": citation.url, "title": citation.title}
    told: JsonObject = {name: value for name, value in fields.items() if value is not None}
    if citation.kind == "url":
        return {"web": told}
    if citation.kind == "place":
        return {"maps": told}
    if citation.file_id is not None:
        told.setdefault("uri", citation.file_id)
    if citation.text is not None:
        told["text"] = citation.text
    return {"retrievedContext": told}


def _of_chunk(chunk: JsonObject, quoted: Any, start: int | None, end: int | None, native: JsonObject) -> Citation:
    cited = quoted if isinstance(quoted, str) else None
    for name, kind in _KINDS:
        told = chunk.get(name)
        if is_object(told):
            if cited is None and kind == "search_result":
                cited = _text(told, "text")
            url = _text(told, "uri") or _text(told, "sourceUri")
            title = _text(told, "title") or _text(told, "documentName")
            return Citation(kind, url, title, cited, None, start, end, native, NAME)
    return Citation("other", None, None, cited, None, start, end, native, NAME)


def _characters(place: JsonObject, text: str, data: bytes) -> tuple[int | None, int | None]:
    """A place told in bytes, in characters of the answer's text."""
    begin, stop = place.get("startIndex") or 0, place.get("endIndex")
    quoted = place.get("text")
    if type(begin) is int and type(stop) is int and 0 <= begin < stop <= len(data):
        try:
            before, inside = data[:begin].decode(), data[begin:stop].decode()
        except UnicodeDecodeError:
            inside, before = "", ""
        if inside and (not isinstance(quoted, str) or inside == quoted):
            return len(before), len(before) + len(inside)
    if isinstance(quoted, str) and quoted:
        at = text.find(quoted)
        if at >= 0:
            return at, at + len(quoted)
    return None, None


def _list(value: Any) -> list[Any]:
    return value if is_list(value) else []


def _text(fields: JsonObject, name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) and value else None
