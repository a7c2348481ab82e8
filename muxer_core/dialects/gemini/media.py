"""Media of a part: `inlineData` and `fileData` <-> images, audio and files of ours.

`image/*` is an image, `audio/*` audio, anything else a file. A URI of the vendor's own stores (`gs://…`, an uploaded file of the Gemini
API) is a `file_id`, since nobody else can fetch it; any other URI is a `url`. Audio formats are the endings of OpenAI's API; a media type
that they do not name is noted in `form`.
"""

from __future__ import annotations

import base64
import re
from typing import NamedTuple

from muxer_core.dialects.field_table import refuse_field
from muxer_core.dialects.gemini.names import NAME, Fields, JsonObject, merged, spelled
from muxer_core.values.messages import AudioPart, FilePart, ImagePart

MediaPart = ImagePart | AudioPart | FilePart

AUDIO_TYPES = {
    "mp3": "audio/mpeg",
    "pcm16": "audio/l16",
    "mpga": "audio/mpeg",
    "m4a": "audio/mp4",
    "mpeg": "audio/mpeg",
}
"""Formats whose media type is not `audio/` and their name."""

IMAGE_TYPE = "image/jpeg"
"""What an image behind a URL is said to be where neither its part nor its ending tells: the API wants a media type, and looks itself."""

_FORMATS = {"audio/mpeg": "mp3", "audio/x-wav": "wav", "audio/mp4": "m4a"}
_ENDINGS = {
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp", "gif": "image/gif", "heic": "image/heic",
    "heif": "image/heif", "pdf": "application/pdf", "mp4": "video/mp4", "mp3": "audio/mpeg", "wav": "audio/wav",
}  # fmt: skip
_OWN_STORE = re.compile(r"gs://|https://generativelanguage\.googleapis\.com/[^/]+/files/|files/")
_DATA_URL = re.compile(r"data:([^;,]+)((?:;[^;,]+)*);base64,", re.IGNORECASE)


def decode_media(fields: Fields, signature: str | None) -> MediaPart | None:
    """The media of a part, taken out of `fields`; None where there is none. Raises `InvalidRequest`."""
    inline = fields.inner("inlineData")
    file = None if inline is not None else fields.inner("fileData")
    told = inline or file
    if told is None:
        return None
    media_type = told.text("mimeType")
    data = told.text("data") if inline is not None else None
    uri = told.text("fileUri") if file is not None else None
    kind = (media_type or "").partition("/")[0]
    name = (
        told.text("displayName") if kind not in ("image", "audio") else None
    )  # where ours has no name, it stays an extra
    key = "inlineData" if inline is not None else "fileData"
    note: list[str] = []
    fields.leave(key, told)
    if uri is not None and data is None:
        own = _OWN_STORE.match(uri) is not None
        file_id, url = (uri, None) if own else (None, uri)
    else:
        file_id = url = None
    if inline is not None and data is None:
        note.append("nodata")
    if file is not None and uri is None:
        note.append("nouri")
    form = (*fields.form, *note)
    if kind == "image":
        return ImagePart(
            url=url,
            data=data,
            media_type=media_type,
            extras=fields.rest,
            file_id=file_id,
            signature=signature,
            form=form,
        )
    if kind == "audio" and file_id is None and signature is None:
        name_of_format = _FORMATS.get(media_type or "", (media_type or "").partition("/")[2])
        if audio_type(name_of_format) != media_type:
            form = (*form, f"mime={media_type}")
        return AudioPart(data=data, format=name_of_format, url=url, extras=fields.rest, form=form)
    return FilePart(file_id, url, data, name, media_type, fields.rest, signature=signature, form=form)


def audio_type(name: str | None) -> str:
    """The media type of an audio format.

    >>> audio_type("mp3"), audio_type("wav")
    ('audio/mpeg', 'audio/wav')
    """
    return AUDIO_TYPES.get(name or "", f"audio/{name or 'wav'}")


class _Source(NamedTuple):
    """Where the bytes of a part are: here, or to be fetched."""

    data: str | None
    uri: str | None
    media_type: str | None


def encode_media(part: MediaPart, where: str, *, foreign: bool, extras: JsonObject) -> JsonObject:
    """The part in the vendor's form. `foreign` says that it came in another dialect. Raises `InvalidRequest`."""
    form = part.form
    source = _source(part, where, foreign=foreign)
    if (source.data is None) == (source.uri is None) and "nodata" not in form and "nouri" not in form:
        raise refuse_field(where, NAME, "media needs either data or one place to fetch it from")
    told: JsonObject = {}
    media_type = source.media_type
    key = "fileData" if source.uri is not None or "nouri" in form else "inlineData"
    image = isinstance(part, ImagePart)
    if media_type is None and source.uri is not None and (foreign or image):
        media_type = _ENDINGS.get(
            source.uri.partition("?")[0].rsplit(".", 1)[-1].lower(), IMAGE_TYPE if image else None
        )
    if media_type is not None:
        told[spelled(form, "mimeType")] = media_type
    elif source.data is not None and (foreign or image):
        raise refuse_field(f"{where}.media_type", NAME, "data needs its media type, such as image/png")
    if source.uri is not None:
        told[spelled(form, "fileUri")] = source.uri
    elif source.data is not None:
        told["data"] = source.data
    if isinstance(part, FilePart) and part.filename is not None:
        told[spelled(form, "displayName")] = part.filename
    written = spelled(form, key)
    own = {(written if name == key else name): value for name, value in extras.items()}
    return merged({written: told}, own)


def _source(part: MediaPart, where: str, *, foreign: bool) -> _Source:
    data, uri, media_type = part.data, part.url, _media_type(part)
    if isinstance(part, AudioPart):
        if part.id is not None and data is None and uri is None:
            raise refuse_field(f"{where}.id", NAME, "audio of an earlier answer is named at its own vendor only")
    elif part.file_id is not None and uri is None and data is None:
        uri = part.file_id
        if foreign and not _OWN_STORE.match(uri):
            raise refuse_field(f"{where}.file_id", NAME, "the file lies at another vendor")
    if isinstance(part, FilePart) and part.text is not None and data is None and uri is None:
        data = base64.b64encode(part.text.encode("utf-8", "replace")).decode()
        media_type = media_type or "text/plain"
    found = None if uri is None else _DATA_URL.match(uri)
    if found is not None and uri is not None:
        return _Source(uri[found.end() :], None, found[1] + (found[2] or ""))
    return _Source(data, uri, media_type)


def _media_type(part: MediaPart) -> str | None:
    if not isinstance(part, AudioPart):
        return part.media_type
    noted = next((note[5:] for note in part.form if note.startswith("mime=")), None)
    return noted or audio_type(part.format)
