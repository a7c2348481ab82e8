"""Our parts -> content blocks of a request. The other way is `blocks`.

Rules that hold here (the table in `fields` lists them by field):

* What came in this dialect, or from the caller, is written as it stands; another dialect's `extras` are left out with a warning that names
  each.
* Seals: Anthropic's go back where they were. Another vendor's are refused; thinking without a seal that another dialect told is left out
  with a warning, since this API takes back only what it sealed itself.
* Tool calls keep their id and their text of arguments; text that is no JSON object is refused, since the API wants an object.
* Audio, custom tools and seals on text are refused; a refusal becomes text, with a warning.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec

from muxer_core.dialects.anthropic_messages.blocks import LIST_FORM, written_as_text
from muxer_core.dialects.anthropic_messages.citations import native_citation
from muxer_core.dialects.anthropic_messages.marks import JsonObject, cache_control, merged, put_nulls
from muxer_core.dialects.anthropic_messages.words import DIALECT, VENDOR
from muxer_core.dialects.field_table import left_out, refuse_field
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import (
    AudioPart,
    CacheMark,
    FilePart,
    Form,
    ImagePart,
    Part,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    ServerToolCallPart,
    ServerToolResultPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from muxer_core.values.usage import JsonValue

_PDF = "application/pdf"
_PLAIN = "text/plain"


class Scribe:
    """Writes the parts of one message. `dialect` is whose extras, forms and natives they hold; `warnings` grow."""

    __slots__ = ("own", "read_here", "warnings")

    def __init__(self, dialect: str | None, warnings: list[str]) -> None:
        self.own = dialect in (None, DIALECT)
        self.read_here = dialect == DIALECT
        self.warnings = warnings

    def content(self, parts: tuple[Part, ...], form: Form, where: str) -> JsonValue:
        """The content of a message: a text where it is nothing but text, else a list. Raises `InvalidRequest`."""
        if written_as_text(parts) and LIST_FORM not in form:
            part = parts[0]
            return part.text if isinstance(part, TextPart) else ""
        return self.blocks(parts, where)

    def blocks(self, parts: tuple[Part, ...], where: str) -> list[JsonObject]:
        """The blocks of these parts. Raises `InvalidRequest`, naming the part."""
        blocks: list[JsonObject] = []
        for position, part in enumerate(parts):
            block = self._block(part, f"{where}[{position}]")
            if block is not None:
                blocks.append(block)
        return blocks

    def _block(self, part: Part, where: str) -> JsonObject | None:
        match part:
            case TextPart():
                return self._text(part, where)
            case ToolCallPart():
                return self._call(part, where)
            case ToolResultPart():
                return self._result(part, where)
            case ReasoningPart():
                return self._thought(part, where)
            case ImagePart():
                return self._image(part, where)
            case FilePart():
                return self._file(part, where)
            case RefusalPart():
                self.warnings.append(
                    f"{where}: a refusal is sent as text, because the dialect {DIALECT} has no block for it"
                )
                return self._finish({"type": "text", "text": part.text}, part.extras, None, part.form, where)
            case AudioPart():
                raise refuse_field(where, DIALECT, "the API takes no audio")
            case ServerToolCallPart() | ServerToolResultPart():
                return self._server_tool(part, where)
            case ProviderPart():
                if not self.own:
                    raise refuse_field(where, DIALECT, "the part is in the form of another dialect")
                return part.spec

    def _finish(
        self, wire: JsonObject, extras: JsonObject, cache: CacheMark | None, form: Form, where: str
    ) -> JsonObject:
        if cache is not None:
            wire["cache_control"] = cache_control(cache, where, own=self.own)
        if self.own:
            put_nulls(wire, form)
            return merged(wire, extras)
        self.warnings += foreign(f"{where}.extras", extras)
        if cache is not None:
            self.warnings += foreign(f"{where}.cache.extras", cache.extras)
        return wire

    def _text(self, part: TextPart, where: str) -> JsonObject:
        _refuse_seal(part.signature, where)
        wire: JsonObject = {"type": "text", "text": part.text}
        citations: list[JsonObject] = []
        for position, citation in enumerate(part.citations):
            native = native_citation(citation)
            if native is None:
                why = "a citation of another dialect has no place in a request"
                self.warnings.append(left_out(f"{where}.citations[{position}]", DIALECT, why))
            else:
                citations.append(native)
        if citations or (self.own and "citations:empty" in part.form):
            wire["citations"] = citations
        return self._finish(wire, part.extras, part.cache, part.form, where)

    def _call(self, part: ToolCallPart, where: str) -> JsonObject:
        _refuse_seal(part.signature, where)
        if part.kind == "custom":
            raise refuse_field(f"{where}.kind", DIALECT, "the API has no tools that take free text")
        if not part.id:
            raise refuse_field(f"{where}.id", DIALECT, "the API wants an id for every tool call")
        wire: JsonObject = {"type": "tool_use", "id": part.id, "name": part.name, "input": _input(part, where)}
        return self._finish(wire, part.extras, part.cache, part.form, where)

    def _result(self, part: ToolResultPart, where: str) -> JsonObject:
        if not part.tool_call_id:
            raise refuse_field(f"{where}.tool_call_id", DIALECT, "a tool result names the call that it answers")
        wire: JsonObject = {"type": "tool_result", "tool_use_id": part.tool_call_id}
        form = part.form if self.own else ()
        if part.parts or LIST_FORM in form:
            wire["content"] = self.content(part.parts, form, f"{where}.parts")
        if part.is_error:
            wire["is_error"] = True
        elif "is_error:false" in form:
            wire["is_error"] = False
        return self._finish(wire, part.extras, part.cache, form, where)

    def _thought(self, part: ReasoningPart, where: str) -> JsonObject | None:
        if part.signature and part.encrypted:
            raise refuse_field(where, DIALECT, "a thought has either a signature or an encrypted form")
        sealed = bool(part.signature or part.encrypted)
        if sealed and part.vendor != VENDOR and not (part.vendor is None and self.own):
            whose = part.vendor or "another vendor"
            raise refuse_field(where, DIALECT, f"the thought is sealed by {whose}, and only its own vendor can open it")
        if part.id is not None:
            self.warnings.append(left_out(f"{where}.id", DIALECT, "a thought of the API has no id"))
        if part.encrypted is not None:
            return self._finish(
                {"type": "redacted_thinking", "data": part.encrypted}, self._own(part), None, part.form, where
            )
        if not sealed and not self.read_here:
            self.warnings.append(left_out(where, DIALECT, "the API takes back only thinking that it sealed itself"))
            return None
        wire: JsonObject = {"type": "thinking", "thinking": part.text}
        if part.signature is not None:
            wire["signature"] = part.signature
        return self._finish(wire, self._own(part), None, part.form, where)

    def _own(self, part: ReasoningPart) -> JsonObject:
        """The extras of a thought: those of a sealed thought that another dialect carried only tell where that dialect keeps the seal."""
        return part.extras if self.own else {}

    def _image(self, part: ImagePart, where: str) -> JsonObject:
        _refuse_seal(part.signature, where)
        if [part.url, part.data, part.file_id].count(None) != 2:
            raise InvalidRequest(where, "an image needs exactly one of url, data and file_id")
        if part.detail is not None:
            self.warnings.append(left_out(f"{where}.detail", DIALECT, "the API has no such field"))
        source: JsonObject
        if part.file_id is not None:
            if not self.own:
                raise refuse_field(f"{where}.file_id", DIALECT, "the file lies with another provider")
            source = {"type": "file", "file_id": part.file_id}
        elif part.data is not None:
            if part.media_type is None:
                raise InvalidRequest(where, "an image given as data needs its media_type, such as image/png")
            source = {"type": "base64", "media_type": part.media_type, "data": part.data}
        else:
            source = _url_source(part.url or "", as_it_is=self.own and "url" in part.form)
        return self._finish({"type": "image", "source": source}, part.extras, part.cache, part.form, where)

    def _file(self, part: FilePart, where: str) -> JsonObject:
        _refuse_seal(part.signature, where)
        if [part.url, part.data, part.file_id, part.text].count(None) != 3:
            raise InvalidRequest(where, "a file needs exactly one of file_id, url, data and text")
        media_type = part.media_type
        source: JsonObject
        if part.file_id is not None:
            if not self.own:
                raise refuse_field(f"{where}.file_id", DIALECT, "the file lies with another provider")
            source = {"type": "file", "file_id": part.file_id}
        elif part.text is not None and self.own and "content" in part.form:
            source = {"type": "content", "content": part.text}
        elif part.text is not None:
            source = {"type": "text", "media_type": media_type or _PLAIN, "data": part.text}
        elif part.url is not None:
            source = {"type": "url", "url": part.url}
            if (media_type or "").startswith("image/") and not part.filename:
                return self._finish({"type": "image", "source": source}, part.extras, part.cache, (), where)
        else:
            data = part.data or ""
            if media_type is None and (part.filename or "").lower().endswith(".pdf"):
                media_type = _PDF
            if media_type is not None and media_type.startswith("image/"):
                image: JsonObject = {"type": "base64", "media_type": media_type, "data": data}
                return self._finish({"type": "image", "source": image}, part.extras, part.cache, (), where)
            source = _data_source(data, media_type, where, as_it_is=self.own and "base64" in part.form)
        wire: JsonObject = {"type": "document", "source": source}
        if part.filename is not None:
            wire["title"] = part.filename
        return self._finish(wire, part.extras, part.cache, part.form, where)

    def _server_tool(self, part: ServerToolCallPart | ServerToolResultPart, where: str) -> JsonObject | None:
        if not self.own:
            self.warnings.append(left_out(where, DIALECT, "the tool was run by another provider"))
            return None
        if not part.native:
            raise refuse_field(
                where, DIALECT, "a tool that the provider ran goes back whole, and this part has no native form"
            )
        wire = dict(part.native)
        if part.cache is not None:
            wire["cache_control"] = cache_control(part.cache, where, own=True)
        return wire


def foreign(where: str, extras: JsonObject) -> list[str]:
    """The warnings for fields of another dialect. A null says nothing, and is not spoken of."""
    why = "it is another dialect's own"
    return [left_out(f"{where}.{name}", DIALECT, why) for name, value in extras.items() if value is not None]


def _refuse_seal(signature: str | None, where: str) -> None:
    if signature is not None:
        raise refuse_field(f"{where}.signature", DIALECT, "the API has no seals but those on thinking")


def _input(part: ToolCallPart, where: str) -> Any:
    """The arguments as the object that they are, in the text in which they came."""
    text = part.arguments.strip() or "{}"
    try:
        value: object = msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        value = None
    if not isinstance(value, dict):
        raise refuse_field(f"{where}.arguments", DIALECT, "the API wants the arguments of a tool call as a JSON object")
    return msgspec.Raw(text.encode())


def _url_source(url: str, *, as_it_is: bool) -> JsonObject:
    """A URL, or the data of a `data:` URL, which this API takes apart."""
    if url.startswith("data:") and not as_it_is:
        media_type, found, data = url.removeprefix("data:").partition(";base64,")
        if found and media_type:
            return {"type": "base64", "media_type": media_type, "data": data}
    return {"type": "url", "url": url}


def _data_source(data: str, media_type: str | None, where: str, *, as_it_is: bool) -> JsonObject:
    """A document given as base64: a PDF as it is; plain text decoded, for so the API takes it."""
    if as_it_is or media_type == _PDF:
        return {"type": "base64", "media_type": media_type, "data": data}
    if media_type is not None and media_type.partition(";")[0] == _PLAIN:
        try:
            return {"type": "text", "media_type": _PLAIN, "data": base64.b64decode(data, validate=True).decode()}
        except (binascii.Error, UnicodeError):
            raise InvalidRequest(where, "text given as data must be UTF-8 in base64") from None
    why = f"the API takes documents as {_PDF} or {_PLAIN}, not {media_type or 'without a media_type'}"
    raise refuse_field(f"{where}.media_type", DIALECT, why)
