"""Content blocks of a request -> our parts. The other way is `parts`.

Rules that hold here:

* A block's fields that we have no part's field for stay in `extras` under their own names, and a null of a known field in `form`.
* A block that no part can hold (`container_upload`, `compaction`, `search_result`, a document made of blocks, and every type that is not
  known) is a `ProviderPart`, whole. What a provider's own tool was asked and brought keeps its whole block in `native`.
* The text of a tool call's arguments is compact JSON, since a request holds an object.
* A thought whose signature is another vendor's, wrapped (see `seals`), is that vendor's again.
"""

from __future__ import annotations

from typing import Any

import msgspec

from muxer_core.dialects.anthropic_messages.assembly import json_text, server_part
from muxer_core.dialects.anthropic_messages.citations import citation_of
from muxer_core.dialects.anthropic_messages.marks import (
    JsonObject,
    kind_of,
    take_cache,
    take_nulls,
    take_text,
)
from muxer_core.dialects.anthropic_messages.seals import unwrap
from muxer_core.dialects.anthropic_messages.words import VENDOR
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import (
    AudioPart,
    Citation,
    FilePart,
    Form,
    ImagePart,
    Part,
    ProviderPart,
    ReasoningPart,
    ServerToolCallPart,
    ServerToolResultPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from muxer_core.values.usage import JsonValue

TEXT_FORM = "text"
LIST_FORM = "list"
NO_CONTENT = "no_content"

ResultPart = TextPart | ImagePart | AudioPart | FilePart | ProviderPart


def content_parts(content: JsonValue, where: str) -> tuple[list[Part], Form]:
    """The parts of a content that is a text or a list of blocks, and the note of how it was written. Raises `InvalidRequest`.

    >>> parts, form = content_parts([{"type": "text", "text": "Why?"}], "messages[0].content")
    >>> len(parts), form
    (1, ('list',))
    """
    if isinstance(content, str):
        return [TextPart(content)], ()
    if not is_list(content):
        raise InvalidRequest(where, f"must be a string or a list of blocks, got {kind_of(content)}")
    parts: list[Part] = []
    for position, block in enumerate(content):
        _add(parts, block, f"{where}[{position}]")
    return parts, (LIST_FORM,) if written_as_text(parts) else ()


def written_as_text(parts: list[Part] | tuple[Part, ...]) -> bool:
    """Is a content of these parts written as one text, where no note says otherwise? One text that is nothing but text."""
    return len(parts) == 1 and parts[0] == TextPart(getattr(parts[0], "text", ""))


def _add(parts: list[Part], block: JsonValue, where: str) -> None:
    """Add the part that a block is; the seal of an earlier part that stands in a block of its own goes back to that part."""
    if not is_object(block):
        raise InvalidRequest(where, f"must be an object, got {kind_of(block)}")
    seal = unwrap(block["data"]) if block.get("type") == "redacted_thinking" and _is_text(block, "data") else None
    if seal is not None and seal.what in ("text", "call"):
        for position in range(len(parts) - 1, -1, -1):
            part = parts[position]
            if isinstance(part, ToolCallPart) if seal.what == "call" else isinstance(part, TextPart | ImagePart):
                if isinstance(part, ToolCallPart) and part.id != seal.name:
                    continue
                parts[position] = msgspec.structs.replace(part, signature=seal.seal)
                return
        raise InvalidRequest(where, f"holds the seal of a {seal.what} that is not before it in the message")
    parts.append(part_of(block, where))


def part_of(block: JsonObject, where: str) -> Part:
    """The part that a block is. Raises `InvalidRequest`."""
    rest = dict(block)
    match rest.pop("type", None):
        case "text":
            return _text(rest, where)
        case "image":
            return _image(block, rest, where)
        case "document":
            return _document(block, rest, where)
        case "thinking":
            return _thinking(rest, where)
        case "redacted_thinking":
            return _redacted(rest, where)
        case "tool_use":
            return _call(rest, where)
        case "tool_result":
            return _result(rest, where)
        case str():
            return with_cache(block, where)
        case _:
            raise InvalidRequest(f"{where}.type", "a block must have a type")


def with_cache(block: JsonObject, where: str) -> Part:
    """A block that is told whole, its cache mark read beside it where the part has a place for one."""
    part = server_part(block)
    if isinstance(part, ProviderPart) or block.get("cache_control") is None:
        return part
    return msgspec.structs.replace(part, cache=take_cache(dict(block), where))


def _is_text(fields: JsonObject, name: str) -> bool:
    return isinstance(fields.get(name), str)


def _text(rest: JsonObject, where: str) -> TextPart:
    text = take_text(rest, "text", where)
    form = take_nulls(rest, "cache_control", "citations")
    cache = take_cache(rest, where)
    citations: tuple[Citation, ...] = ()
    listed = rest.get("citations")
    if is_list(listed):
        del rest["citations"]
        citations = tuple(citation_of(one) for one in listed)
        form += () if citations else ("citations:empty",)
    return TextPart(text, rest, cache, None, citations, form)


def _source(rest: JsonObject, known: tuple[str, ...], where: str) -> tuple[str, dict[str, Any]]:
    """The kind of a source, and its fields; what is not known of them stays in `rest`."""
    source = rest.pop("source", None)
    if not is_object(source) or not _is_text(source, "type"):
        raise InvalidRequest(f"{where}.source", "must be an object with a type")
    beyond = {name: value for name, value in source.items() if name != "type" and name not in known}
    if beyond:
        rest["source"] = beyond
    return source["type"], source


def _image(block: JsonObject, rest: JsonObject, where: str) -> Part:
    form = take_nulls(rest, "cache_control")
    cache = take_cache(rest, where)
    kind, source = _source(rest, ("data", "media_type", "url", "file_id"), where)
    match kind:
        case "base64" if _is_text(source, "data") and _is_text(source, "media_type"):
            return ImagePart(data=source["data"], media_type=source["media_type"], extras=rest, cache=cache, form=form)
        case "url" if _is_text(source, "url"):
            if source["url"].startswith("data:"):
                form += ("url",)
            return ImagePart(url=source["url"], extras=rest, cache=cache, form=form)
        case "file" if _is_text(source, "file_id"):
            return ImagePart(file_id=source["file_id"], extras=rest, cache=cache, form=form)
        case _:
            return ProviderPart(block)


def _document(block: JsonObject, rest: JsonObject, where: str) -> Part:
    form = take_nulls(rest, "cache_control", "title")
    cache = take_cache(rest, where)
    name = rest.pop("title") if _is_text(rest, "title") else None
    kind, source = _source(rest, ("data", "media_type", "url", "file_id", "content"), where)
    match kind:
        case "base64" if _is_text(source, "data") and _is_text(source, "media_type"):
            return FilePart(
                data=source["data"],
                media_type=source["media_type"],
                filename=name,
                extras=rest,
                cache=cache,
                form=(*form, "base64"),
            )
        case "text" if _is_text(source, "data") and _is_text(source, "media_type"):
            return FilePart(
                text=source["data"], media_type=source["media_type"], filename=name, extras=rest, cache=cache, form=form
            )
        case "content" if _is_text(source, "content"):
            return FilePart(text=source["content"], filename=name, extras=rest, cache=cache, form=(*form, "content"))
        case "url" if _is_text(source, "url"):
            return FilePart(url=source["url"], filename=name, extras=rest, cache=cache, form=form)
        case "file" if _is_text(source, "file_id"):
            return FilePart(file_id=source["file_id"], filename=name, extras=rest, cache=cache, form=form)
        case _:
            return ProviderPart(block)


def _thinking(rest: JsonObject, where: str) -> ReasoningPart:
    text = take_text(rest, "thinking", where)
    form = take_nulls(rest, "signature")
    signature = take_text(rest, "signature", where) if "signature" in rest else None
    seal = unwrap(signature) if signature else None
    if seal is None:
        return ReasoningPart(text, signature, None, rest, VENDOR if signature else None, None, form)
    if seal.what == "encrypted":
        return ReasoningPart(text, None, seal.seal, rest, seal.vendor, seal.name or None, form)
    return ReasoningPart(text, seal.seal, None, rest, seal.vendor, seal.name or None, form)


def _redacted(rest: JsonObject, where: str) -> ReasoningPart:
    data = take_text(rest, "data", where)
    seal = unwrap(data)
    if seal is None:
        return ReasoningPart("", None, data, rest, VENDOR)
    if seal.what == "signature":
        return ReasoningPart("", seal.seal, None, rest, seal.vendor, seal.name or None)
    return ReasoningPart("", None, seal.seal, rest, seal.vendor, seal.name or None)


def _call(rest: JsonObject, where: str) -> ToolCallPart:
    call_id, name = take_text(rest, "id", where), take_text(rest, "name", where)
    form = take_nulls(rest, "cache_control")
    cache = take_cache(rest, where)
    given = rest.pop("input", None)
    if not is_object(given):
        raise InvalidRequest(f"{where}.input", f"must be an object, got {kind_of(given)}")
    return ToolCallPart(call_id, name, json_text(given), "function", rest, cache, None, form)


def _result(rest: JsonObject, where: str) -> ToolResultPart:
    call_id = take_text(rest, "tool_use_id", where)
    form = take_nulls(rest, "cache_control", "content", "is_error")
    cache = take_cache(rest, where)
    failed = rest.pop("is_error", None)
    if failed is False:
        form += ("is_error:false",)
    elif failed not in (None, True):
        raise InvalidRequest(f"{where}.is_error", f"must be true or false, got {kind_of(failed)}")
    parts: list[Part] = []
    if "content" in rest:
        parts, noted = content_parts(rest.pop("content"), f"{where}.content")
        form += noted if parts else (LIST_FORM,)
    inner: list[ResultPart] = []
    for part in parts:
        if isinstance(part, ReasoningPart | ToolCallPart | ToolResultPart | ServerToolCallPart | ServerToolResultPart):
            raise InvalidRequest(f"{where}.content", "a tool result cannot hold thinking, tool calls or tool results")
        if isinstance(part, TextPart | ImagePart | AudioPart | FilePart | ProviderPart):
            inner.append(part)
    return ToolResultPart(call_id, tuple(inner), failed is True, rest, None, cache, form)
