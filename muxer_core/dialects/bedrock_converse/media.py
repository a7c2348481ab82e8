"""Images, audio, documents and videos as blocks of Converse: base64 data, or a place in S3.

The service takes no other URLs and no uploaded files: they are refused. A document needs a name of letters, digits, single spaces, hyphens,
parentheses and square brackets (docs.aws.amazon.com, `DocumentBlock`, November 2026); one that has others is written without them.
"""

from __future__ import annotations

import re

from muxer_core.dialects.bedrock_converse.words import DIALECT
from muxer_core.dialects.field_table import left_out, refuse_field
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import AudioPart, FilePart, ImagePart
from muxer_core.values.usage import JsonValue

IMAGE_FORMATS = {
    "image/png": "png",
    "image/jpeg": "jpeg",
    "image/jpg": "jpeg",
    "image/gif": "gif",
    "image/webp": "webp",
}

DOCUMENT_FORMATS = {
    "application/pdf": "pdf",
    "text/csv": "csv",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "text/html": "html",
    "text/plain": "txt",
    "text/markdown": "md",
}

VIDEO_FORMATS = {
    "video/x-matroska": "mkv",
    "video/quicktime": "mov",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "video/x-flv": "flv",
    "video/mpeg": "mpeg",
    "video/mpg": "mpg",
    "video/x-ms-wmv": "wmv",
    "video/3gpp": "three_gp",
}

_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+);base64,", re.ASCII)
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9\s\-()\[\]]")
_SPACES = re.compile(r"\s+")


def image_block(part: ImagePart, where: str, warnings: list[str]) -> dict[str, JsonValue]:
    """The block of an image. Raises `InvalidRequest` for what the service cannot take."""
    _refuse_uploaded(part.file_id, where)
    _refuse_seal(part.signature, where)
    if part.detail is not None:
        warnings.append(left_out(f"{where}.detail", DIALECT, "the API has no such field"))
    kind, source = _source(part.data, part.url, part.media_type, where)
    form = IMAGE_FORMATS.get(kind or _kind_of_name(part.url))
    if form is None:
        raise refuse_field(f"{where}.media_type", DIALECT, f"it takes {', '.join(IMAGE_FORMATS)}, got {kind!r}")
    return {"image": {"format": form, "source": source, **part.extras}}


def audio_block(part: AudioPart, where: str) -> dict[str, JsonValue]:
    """The block of audio. Raises `InvalidRequest`."""
    if part.id is not None:
        raise refuse_field(f"{where}.id", DIALECT, "it knows no audio of earlier answers")
    kind, source = _source(part.data, part.url, None, where)
    form = part.format or (kind or "").removeprefix("audio/") or (part.url or "").rpartition(".")[2]
    return {"audio": {"format": form, "source": source, **part.extras}}


def file_block(part: FilePart, where: str, number: int, warnings: list[str]) -> dict[str, JsonValue]:
    """The block of a document or a video; `number` counts the documents of the request. Raises `InvalidRequest`."""
    _refuse_uploaded(part.file_id, where)
    _refuse_seal(part.signature, where)
    if part.text is not None:
        kind, source = part.media_type, {"text": part.text}
    else:
        kind, source = _source(part.data, part.url, part.media_type, where)
    kind = kind or _kind_of_name(part.filename or part.url)
    if kind in VIDEO_FORMATS:
        return {"video": {"format": VIDEO_FORMATS[kind], "source": source, **part.extras}}
    form = DOCUMENT_FORMATS.get(kind)
    if form is None and part.text is None:
        known = ", ".join([*DOCUMENT_FORMATS, *VIDEO_FORMATS])
        raise refuse_field(f"{where}.media_type", DIALECT, f"it takes {known}, got {kind!r}")
    document: dict[str, JsonValue] = {} if form is None else {"format": form}
    document["name"] = _name(part.filename, number, where, warnings)
    return {"document": {**document, "source": source, **part.extras}}


def _source(data: str | None, url: str | None, kind: str | None, where: str) -> tuple[str | None, dict[str, JsonValue]]:
    """What kind of media it is, where that is told, and its source."""
    if (data is None) == (url is None):
        raise InvalidRequest(where, "needs either base64 data or a url")
    if url is None:
        return kind, {"bytes": data}
    if url.startswith("s3://"):
        return kind, {"s3Location": {"uri": url}}
    found = _DATA_URL.match(url)
    if found is None:
        raise refuse_field(f"{where}.url", DIALECT, "it takes places in S3 (s3://…) and data, and no other URL")
    return found[1].lower(), {"bytes": url[found.end() :]}


_BY_ENDING = {
    "jpg": "image/jpeg",
    **{form: kind for kind, form in (IMAGE_FORMATS | DOCUMENT_FORMATS | VIDEO_FORMATS).items() if kind != "image/jpg"},
}


def _kind_of_name(name: str | None) -> str:
    return _BY_ENDING.get((name or "").rpartition(".")[2].lower(), "")


def _name(filename: str | None, number: int, where: str, warnings: list[str]) -> str:
    if filename is None:
        return f"document {number}"
    stem, dot, ending = filename.rpartition(".")
    plain = stem if dot and ending.lower() in _BY_ENDING else filename
    name = _SPACES.sub(" ", _NOT_IN_A_NAME.sub(" ", plain)).strip() or f"document {number}"
    if name != plain:
        warnings.append(f"{where}.filename: sent as {name!r}, because Bedrock takes only plain names of documents")
    return name


def _refuse_uploaded(file_id: str | None, where: str) -> None:
    if file_id is not None:
        raise refuse_field(f"{where}.file_id", DIALECT, "it knows no uploaded files")


def _refuse_seal(signature: str | None, where: str) -> None:
    if signature is not None:
        raise refuse_field(f"{where}.signature", DIALECT, "it has no place for another vendor's seal")
