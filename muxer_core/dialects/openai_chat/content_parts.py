"""Parts of a message's content: our values <-> the OpenAI form (`text`, `image_url`, `input_audio`, `file`, `refusal`).

A key that is not known here stays in the part's `extras` and is written back at the same place. What the form cannot say is refused.
"""

from __future__ import annotations

from typing import Any

from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import AudioPart, FilePart, ImagePart, RefusalPart, TextPart
from muxer_core.values.usage import JsonValue

ContentPart = TextPart | ImagePart | AudioPart | FilePart | RefusalPart


def encode_content(parts: list[Any], where: str) -> JsonValue:
    """Plain text as a string, anything else as a list of content parts."""
    if not parts:
        return ""
    if len(parts) == 1 and isinstance(parts[0], TextPart) and not parts[0].extras:
        return parts[0].text
    return [_encode_part(part, f"{where}.parts") for part in parts]


def _encode_part(part: ContentPart, where: str) -> JsonValue:
    match part:
        case TextPart():
            return with_extras({"type": "text", "text": part.text}, part.extras)
        case RefusalPart():
            return with_extras({"type": "refusal", "refusal": part.text}, part.extras)
        case ImagePart():
            image: dict[str, JsonValue] = {"url": _image_url(part, where)}
            if part.detail is not None:
                image["detail"] = part.detail
            return with_extras({"type": "image_url", "image_url": image}, part.extras)
        case AudioPart():
            if part.data is None or part.format is None:
                raise InvalidRequest(
                    where, "audio that a user sends needs base64 data and a format, such as wav or mp3"
                )
            return with_extras(
                {"type": "input_audio", "input_audio": {"data": part.data, "format": part.format}}, part.extras
            )
        case FilePart():
            return with_extras({"type": "file", "file": _file(part, where)}, part.extras)


def _image_url(part: ImagePart, where: str) -> str:
    if (part.url is None) == (part.data is None):
        raise InvalidRequest(where, "an image needs either a url or base64 data")
    if part.url is not None:
        return part.url
    if part.media_type is None:
        raise InvalidRequest(where, "an image given as data needs its media_type, such as image/png")
    return f"data:{part.media_type};base64,{part.data}"


def _file(part: FilePart, where: str) -> dict[str, JsonValue]:
    if [part.file_id, part.url, part.data].count(None) != 2:
        raise InvalidRequest(where, "a file needs exactly one of file_id, url and data")
    if part.url is not None:
        raise InvalidRequest(where, "the OpenAI chat form takes files by file_id or data, not by url")
    wire: dict[str, JsonValue] = {}
    if part.file_id is not None:
        wire["file_id"] = part.file_id
    elif part.media_type is not None:
        wire["file_data"] = f"data:{part.media_type};base64,{part.data}"
    else:
        wire["file_data"] = part.data
    if part.filename is not None:
        wire["filename"] = part.filename
    return wire


def with_extras(wire: dict[str, JsonValue], extras: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Put extras back where they were; under a key that we write ourselves they join the object that is there."""
    for name, value in extras.items():
        known = wire.get(name)
        wire[name] = {**value, **known} if is_object(known) and is_object(value) else value
    return wire


def result_parts(content: JsonValue, where: str) -> tuple[TextPart | ImagePart | AudioPart | FilePart, ...]:
    """What a tool answered, from the content of its message. Raises `InvalidRequest`."""
    parts = content_parts(content, where)
    if any(isinstance(part, RefusalPart) for part in parts):
        raise InvalidRequest(f"{where}.content", "a tool result cannot be a refusal")
    return tuple(part for part in parts if not isinstance(part, RefusalPart))


def content_parts(content: JsonValue, where: str) -> list[ContentPart]:
    """The parts of a message's content, which is a string, a list of parts, or null. Raises `InvalidRequest`."""
    if content is None or content == "":
        return []
    if isinstance(content, str):
        return [TextPart(content)]
    if not is_list(content):
        raise InvalidRequest(f"{where}.content", f"must be a string or a list of parts, got {type(content).__name__}")
    return [_decode_part(part, f"{where}.content[{position}]") for position, part in enumerate(content)]


def _decode_part(part: JsonValue, where: str) -> ContentPart:
    if isinstance(part, str):
        return TextPart(part)
    if not is_object(part):
        raise InvalidRequest(where, f"must be an object, got {type(part).__name__}")
    rest = dict(part)
    kind = rest.pop("type", None)
    match kind:
        case "text" if isinstance(rest.get("text"), str):
            return TextPart(rest.pop("text"), rest)
        case "refusal" if isinstance(rest.get("refusal"), str):
            return RefusalPart(rest.pop("refusal"), rest)
        case "image_url" if isinstance(rest.get("image_url"), str):
            return ImagePart(url=rest.pop("image_url"), extras=rest)
        case "image_url" if is_object(rest.get("image_url")):
            url, detail = _inner(rest, "image_url", "url", "detail")
            if isinstance(url, str):
                return ImagePart(url=url, detail=detail, extras=rest)
        case "input_audio" if is_object(rest.get("input_audio")):
            data, form = _inner(rest, "input_audio", "data", "format")
            return AudioPart(data=data, format=form, extras=rest)
        case "file" if is_object(rest.get("file")):
            file_id, data, filename = _inner(rest, "file", "file_id", "file_data", "filename")
            media_type, data = _split_data_url(data)
            return FilePart(file_id=file_id, data=data, filename=filename, media_type=media_type, extras=rest)
        case _:
            pass
    raise InvalidRequest(
        where,
        f"is no content part of the OpenAI chat form: type {kind!r} with keys {', '.join(sorted(map(str, rest)))}",
    )


def _inner(rest: dict[str, JsonValue], key: str, *names: str) -> tuple[Any, ...]:
    """Take these fields out of the object under `key`; what else it holds stays there as extras."""
    inner = dict(rest.pop(key))
    values = tuple(inner.pop(name, None) for name in names)
    if inner:
        rest[key] = inner
    return values


def _split_data_url(data: str | None) -> tuple[str | None, str | None]:
    if isinstance(data, str) and data.startswith("data:"):
        media_type, found, body = data.removeprefix("data:").partition(";base64,")
        if found:
            return media_type, body
    return None, data
