"""What `modelmuxer decode` reads: the lines of a file, and the exchange that a line holds."""

from __future__ import annotations

import base64
import gzip
import io
import re
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from muxer_core.dialects.json_text import is_object
from muxer_core.wire.heads import Headers, ResponseHead

CHAT_COMPLETIONS = "chat.completions"
"""What an exchange without a path is taken for."""

PATHS: tuple[tuple[str, str], ...] = (
    (r"/chat/completions$", CHAT_COMPLETIONS),
    (r"/completions$", "completions"),
    (r"/responses$", "responses"),
    (r"/messages/count_tokens$", "count_tokens"),
    (r"/messages$", "messages"),
    (r":(streamGenerateContent|generateContent|countTokens|batchEmbedContents|embedContent|predict)$", r"\1"),
    (r"/model/[^/]+/(converse-stream|converse|count-tokens)$", r"\1"),
    (r"/v2/chat$", "v2.chat"),
    (r"/api/(chat|generate)$", r"ollama.\1"),
    (r"/api/embed(?:dings)?$", "ollama.embed"),
    (r"/v[12]/embed$", "cohere.embed"),
    (r"/embeddings$", "embeddings"),
    (r"/(?:models|api/tags)$", "models"),
)
"""Which API a path means, told by its end, the first that fits. A path that fits none names itself."""

_GZIP_MAGIC = b"\x1f\x8b"
_STREAMS = ("text/event-stream", "application/x-ndjson", "application/vnd.amazon.eventstream")


class CannotRead(Exception):
    """The file cannot be read (to its end); the message says which and why."""


class BadRecord(Exception):
    """The line is an object, but no exchange; the message says what is missing."""


class Record(NamedTuple):
    """One exchange. `fields` are those of its line."""

    fields: dict[str, Any]
    api: str
    head: ResponseHead
    body: bytes
    stream: bool


def read_record(fields: dict[str, Any]) -> Record:
    """The exchange of a line. Raises `BadRecord`."""
    body = _body_of(fields)
    status = fields.get("status", 200)
    if type(status) is not int or not 100 <= status <= 599:
        raise BadRecord("status is no HTTP status")
    head = ResponseHead(status=status, headers=_headers_of(fields))
    api = api_of(fields)
    stream = fields.get("stream")
    if not isinstance(stream, bool):
        content_type = (head.headers.get("content-type") or "").strip().lower()
        stream = content_type.startswith(_STREAMS) or api in ("streamGenerateContent", "converse-stream")
    return Record(fields, api, head, body, stream)


def api_of(fields: dict[str, Any]) -> str:
    """The API of an exchange: as the line says, else by its path, else chat.completions.

    >>> api_of({"path": "/v1beta/models/m:generateContent?alt=sse"}), api_of({"path": "/v1/audio/speech"}), api_of({})
    ('generateContent', '/v1/audio/speech', 'chat.completions')
    """
    api, path = fields.get("api"), fields.get("path")
    if isinstance(api, str):
        return api
    if not isinstance(path, str) or not path:
        return CHAT_COMPLETIONS
    end = path.partition("?")[0].rstrip("/")
    for pattern, name in PATHS:
        found = re.search(pattern, end)
        if found is not None:
            return found.expand(name)
    return path


def _body_of(fields: dict[str, Any]) -> bytes:
    encoded, text = fields.get("body_b64"), fields.get("body")
    if isinstance(encoded, str):
        try:
            return base64.b64decode(encoded, validate=True)
        except ValueError as fault:  # binascii.Error is one; text that is not ASCII gives a plain one
            raise BadRecord(f"body_b64 is no base64: {fault}") from None
    if isinstance(text, str):
        return text.encode("utf-8", "surrogatepass")
    raise BadRecord("the line has neither body_b64 nor body")


def _headers_of(fields: dict[str, Any]) -> Headers:
    listed: Any = fields.get("response_headers") or {}
    pairs: Any = listed.items() if is_object(listed) else listed
    try:
        return Headers(tuple((str(name), str(value)) for name, value in pairs))
    except (TypeError, ValueError) as fault:
        raise BadRecord(f"response_headers cannot be read: {fault}") from None


def lines(path: str) -> Iterator[bytes]:
    """The lines of a file, unpacked where it is packed; `-` is standard input. Raises `CannotRead`."""
    try:
        with _open(path) as stream:
            buffered = io.BufferedReader(stream) if isinstance(stream, io.RawIOBase) else stream
            start = buffered.read(2)
            rest: Any = _Rejoined(start, buffered)
            source: Any = gzip.GzipFile(fileobj=rest) if start == _GZIP_MAGIC else rest
            yield from io.BufferedReader(source)
    except (OSError, EOFError, zlib.error) as fault:
        raise CannotRead(f"cannot read {path}: {fault}") from None


def _open(path: str) -> IO[bytes]:
    return sys.stdin.buffer if path == "-" else Path(path).open("rb")


class _Rejoined(io.RawIOBase):
    """A stream with the bytes that were read ahead put back in front."""

    def __init__(self, start: bytes, rest: IO[bytes]) -> None:
        self._start = start
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._start[: len(buffer)] or self._rest.read(len(buffer))
        self._start = self._start[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)
