"""Parts of a message's content: our values <-> the OpenAI form (`text`, `image_url`, `input_audio`, `file`, `refusal`).

A key that is not known here stays in the part's `extras` and is written back at the same place; a part of a kind that is not known here
(`video_url`, `document_url`, …) stays whole, as a `ProviderPart`. What the form cannot say is refused.

Base64 in a `data:` URL is read into `data` and `media_type`, and a document of plain text into `text`, so that other dialects can say it.
A document by its URL is OpenRouter's form only (`file_data` holds the URL), and is written for those who wrote it so.

Notes (`form`): `bare` (text without an object around it, or an image's URL likewise), `audio_url` (vLLM's part), `content` (thinking that
stood in the content, as Mistral writes it), and those of `forms` and `cache_marks`.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from muxer_core.dialects.field_table import refuse_field
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.openai_chat.cache_marks import MarkForm, put_mark, take_mark
from muxer_core.dialects.openai_chat.forms import DIALECT, cannot_say, put_nulls, take_nulls
from muxer_core.dialects.openai_chat.seals import put_signature, take_signature
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import (
    AudioPart,
    FilePart,
    ImagePart,
    Part,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    TextPart,
)
from muxer_core.values.usage import JsonValue

IN_CONTENT = "content"
"""The note of thinking that stood in the content."""

_Simple = TextPart | ImagePart | AudioPart | FilePart | ProviderPart


class PartWriter:
    """Writes parts of one message: where it is, how the server takes marks, whether its `ProviderPart`s are ours, and the warnings."""

    __slots__ = ("marks", "ours", "warnings", "where")

    def __init__(self, where: str, marks: MarkForm, warnings: list[str], *, ours: bool) -> None:
        self.where = where
        self.marks: MarkForm = marks
        self.warnings = warnings
        self.ours = ours

    def content(self, parts: list[Part], *, as_list: bool) -> JsonValue:
        """Plain text as a string, anything else, and what came as a list, as a list of content parts."""
        written = [self.part(part, f"{self.where}.parts") for part in parts]
        if as_list:
            return written
        if not written:
            return ""
        only = written[0]
        if len(written) == 1 and is_object(only) and only.keys() == {"type", "text"} and only["type"] == "text":
            return only["text"]
        return written

    def part(self, part: Part, where: str) -> JsonValue:
        """One part."""
        match part:
            case TextPart():
                if "bare" in part.form and part.cache is None and part.signature is None:
                    return part.text
                wire: dict[str, JsonValue] = {"type": "text", "text": part.text}
                if part.citations:
                    self.warnings.append(cannot_say(f"{where}.citations", "a request has no place for citations"))
            case RefusalPart():
                wire = {"type": "refusal", "refusal": part.text}
                return put_nulls(with_extras(wire, part.extras), part.form)
            case ReasoningPart():
                wire = {"type": "thinking", **part.extras}
                return put_nulls(wire, part.form)
            case ImagePart():
                wire = _image(part, where)
            case AudioPart():
                wire = with_extras(_audio(part, where), part.extras)
                put_mark(wire, part.cache, part.form, self.marks, where, self.warnings)
                return put_nulls(wire, part.form)
            case FilePart():
                wire = {"type": "file", "file": _file(part, where)}
            case ProviderPart():
                if not self.ours:
                    raise refuse_field(where, DIALECT, "the part is in the form of another dialect")
                return part.spec
            case _:
                raise refuse_field(where, DIALECT, f"a message's content cannot hold a {type(part).__name__}")
        with_extras(wire, part.extras)
        put_signature(wire, part.signature)
        put_mark(wire, part.cache, part.form, self.marks, where, self.warnings)
        return put_nulls(wire, part.form)


def _image(part: ImagePart, where: str) -> dict[str, JsonValue]:
    if part.file_id is not None:
        raise refuse_field(
            f"{where}.file_id", DIALECT, "an image is given by its URL or its data, not by an uploaded file"
        )
    if (part.url is None) == (part.data is None):
        raise InvalidRequest(where, "an image needs either a url or base64 data")
    url = part.url
    if url is None:
        if part.media_type is None:
            raise InvalidRequest(where, "an image given as data needs its media_type, such as image/png")
        url = f"data:{part.media_type};base64,{part.data}"
    if "bare" in part.form and part.detail is None:
        return {"type": "image_url", "image_url": url}
    image: dict[str, JsonValue] = {"url": url}
    if part.detail is not None:
        image["detail"] = part.detail
    return {"type": "image_url", "image_url": image}


def _audio(part: AudioPart, where: str) -> dict[str, JsonValue]:
    if part.url is not None:
        if "audio_url" in part.form:
            return {"type": "audio_url", "audio_url": {"url": part.url}}
        raise refuse_field(f"{where}.url", DIALECT, "audio is given by its data, not by its URL")
    if part.data is None or part.format is None:
        raise InvalidRequest(where, "audio that a user sends needs base64 data and a format, such as wav or mp3")
    return {"type": "input_audio", "input_audio": {"data": part.data, "format": part.format}}


def _file(part: FilePart, where: str) -> dict[str, JsonValue]:
    if [part.file_id, part.url, part.data, part.text].count(None) != 3:
        raise InvalidRequest(where, "a file needs exactly one of file_id, url, data and text")
    wire: dict[str, JsonValue] = {}
    if part.url is not None:
        if "file_data" not in part.form:
            raise InvalidRequest(where, "the OpenAI chat form takes files by file_id or data, not by url")
        wire["file_data"] = part.url
    elif part.file_id is not None:
        wire["file_id"] = part.file_id
    elif part.text is not None:
        encoded = base64.b64encode(part.text.encode("utf-8", "surrogatepass")).decode("ascii")
        wire["file_data"] = f"data:{part.media_type or 'text/plain'};base64,{encoded}"
    elif part.media_type is not None:
        wire["file_data"] = f"data:{part.media_type};base64,{part.data}"
    else:
        wire["file_data"] = part.data
    if part.filename is not None:
        wire["filename"] = part.filename
    return wire


def with_extras(wire: dict[str, JsonValue], extras: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Put extras back where they were; under a key that we write ourselves they join the object that is there.

    >>> with_extras({"file": {"file_id": "f"}}, {"file": {"x": 1}, "y": 2})
    {'file': {'file_id': 'f', 'x': 1}, 'y': 2}
    """
    for name, value in extras.items():
        known = wire.get(name)
        wire[name] = with_extras(dict(known), _beyond(value, known)) if is_object(known) and is_object(value) else value
    return wire


def _beyond(extras: dict[str, JsonValue], known: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """What of these extras says more than what is written: inside an object that we write, our own word wins."""
    return {name: value for name, value in extras.items() if name not in known or is_object(value)}


def result_parts(content: JsonValue, where: str) -> tuple[_Simple, ...]:
    """What a tool answered, from the content of its message. Raises `InvalidRequest`."""
    parts = content_parts(content, where)
    kept = tuple(part for part in parts if isinstance(part, _Simple))
    if len(kept) != len(parts):
        raise InvalidRequest(f"{where}.content", "a tool result cannot be a refusal or a thought")
    return kept


def content_parts(content: JsonValue, where: str) -> list[Part]:
    """The parts of a message's content, which is a string, a list of parts, or null. Raises `InvalidRequest`."""
    if content is None or content == "":
        return []
    if isinstance(content, str):
        return [TextPart(content)]
    if not is_list(content):
        raise InvalidRequest(f"{where}.content", f"must be a string or a list of parts, got {type(content).__name__}")
    return [_decode_part(part, f"{where}.content[{position}]") for position, part in enumerate(content)]


def _decode_part(part: JsonValue, where: str) -> Part:
    if isinstance(part, str):
        return TextPart(part, form=("bare",))
    if not is_object(part):
        raise InvalidRequest(where, f"must be an object, got {type(part).__name__}")
    rest = dict(part)
    form = take_nulls(rest)
    match rest.pop("type", None):
        case "refusal" if isinstance(rest.get("refusal"), str):
            return RefusalPart(rest.pop("refusal"), rest, form=form)
        case "thinking" if "thinking" in rest:
            return ReasoningPart(_thinking(rest["thinking"]), extras=rest, form=(IN_CONTENT, *form))
        case "text" if isinstance(rest.get("text"), str):
            text, (mark, note), signature = rest.pop("text"), take_mark(rest), take_signature(rest)
            return TextPart(text, rest, mark, signature, form=form + note)
        case "image_url" if isinstance(rest.get("image_url"), str):
            return _decode_image(rest.pop("image_url"), None, rest, (*form, "bare"))
        case "image_url" if _is_text(rest.get("image_url"), "url", ("detail",)):
            url, detail = _inner(rest, "image_url", "url", "detail")
            return _decode_image(url, detail, rest, form)
        case "input_audio" if _is_text(rest.get("input_audio"), "data", ("format",)):
            data, kind = _inner(rest, "input_audio", "data", "format")
            if kind is not None:
                mark, note = take_mark(rest)
                return AudioPart(data, kind, extras=rest, cache=mark, form=form + note)
        case "audio_url" if _is_text(rest.get("audio_url"), "url", ()):
            (url,) = _inner(rest, "audio_url", "url")
            mark, note = take_mark(rest)
            return AudioPart(extras=rest, url=url, cache=mark, form=("audio_url", *form, *note))
        case "file" if (file := _decode_file(rest, form)) is not None:
            return file
        case _:
            pass
    return ProviderPart(part)


def _is_text(value: JsonValue, name: str, others: tuple[str, ...]) -> bool:
    """Is this an object with this text, and with texts, if anything, under the other names?"""
    return (
        is_object(value)
        and isinstance(value.get(name), str)
        and all(isinstance(value.get(other, ""), str | None) for other in others)
    )


def _thinking(value: JsonValue) -> str:
    """The text of Mistral's thinking: a text, or a list of text parts."""
    listed: list[JsonValue] = value if is_list(value) else [value]
    texts = [piece.get("text") if is_object(piece) else piece for piece in listed]
    return "".join(text for text in texts if isinstance(text, str))


def _decode_image(url: str, detail: str | None, rest: dict[str, JsonValue], form: tuple[str, ...]) -> ImagePart:
    (mark, note), signature = take_mark(rest), take_signature(rest)
    media_type, data = split_data_url(url)
    return ImagePart(
        url=url if media_type is None else None,
        data=data if media_type is not None else None,
        media_type=media_type,
        detail=detail,
        extras=rest,
        cache=mark,
        signature=signature,
        form=form + note,
    )


def _decode_file(rest: dict[str, JsonValue], form: tuple[str, ...]) -> FilePart | None:
    inner = rest.get("file")
    if not is_object(inner):
        return None
    given = [name for name in ("file_id", "file_data") if inner.get(name) is not None]
    if len(given) != 1 or not _is_text(inner, given[0], ("filename",)):
        return None
    file_id, data, filename = _inner(rest, "file", "file_id", "file_data", "filename")
    (mark, note), signature = take_mark(rest), take_signature(rest)
    media_type, data = split_data_url(data)
    url = text = None
    if isinstance(data, str) and media_type is None and data.startswith(("https://", "http://")):
        url, data, note = data, None, (*note, "file_data")
    elif media_type == "text/plain":
        text = _plain_text(data)
        data = None if text is not None else data
    return FilePart(file_id, url, data, filename, media_type, rest, text, mark, signature, form + note)


def _plain_text(data: str | None) -> str | None:
    """The text of base64, where writing it again gives the same letters."""
    try:
        raw = base64.b64decode(data or "", validate=True)
        text = raw.decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    return text if base64.b64encode(raw).decode("ascii") == data else None


def _inner(rest: dict[str, JsonValue], key: str, *names: str) -> tuple[Any, ...]:
    """Take these fields out of the object under `key`; what else it holds stays there as extras."""
    inner = dict(rest.pop(key))
    values = tuple(inner.get(name) for name in names)
    inner = {name: value for name, value in inner.items() if value is None or name not in names}
    if inner:
        rest[key] = inner
    return values


def split_data_url(data: str | None) -> tuple[str | None, str | None]:
    """Media type and base64 of a `data:` URL; anything else as it is.

    >>> split_data_url("data:image/png;base64,AA"), split_data_url("https://example.org/a.png")
    (('image/png', 'AA'), (None, 'https://example.org/a.png'))
    """
    if isinstance(data, str) and data.startswith("data:"):
        media_type, found, body = data.removeprefix("data:").partition(";base64,")
        if found and media_type:
            return media_type, body
    return None, data
