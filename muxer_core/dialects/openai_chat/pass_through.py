"""Events of this dialect that pass as they came, but for the edits that the field table names.

* The model's name, where the caller gave another one to show: at the top of the event, nowhere else.
* A chunk with nothing but usage, which we asked for and the client did not: it is held back.

Everything else stays byte for byte. The bytes before and with the model's name are the same in all events of most streams; they are learnt
from one event, and exchanged in the next ones without reading them.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from muxer_core.dialects.openai_chat.chunks import NOTHING, is_told

_MISS = (msgspec.MsgspecError, RecursionError, UnicodeError)


class _Said(msgspec.Struct):
    delta: msgspec.Raw = NOTHING
    message: msgspec.Raw = NOTHING


class _Peek(msgspec.Struct):
    """What must be known of an event."""

    object: str | None = None
    choices: list[_Said] | None = None
    usage: msgspec.Raw = NOTHING


_peek = msgspec.json.Decoder(_Peek).decode
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class PassThrough:
    """Edits events of one reply."""

    __slots__ = ("_begin", "_hide_usage", "_learnt", "_model", "_size")

    def __init__(self, model: str | None, *, hide_usage: bool) -> None:
        self._model = None if model is None else json_text_bytes(model)
        self._hide_usage = hide_usage
        self._learnt = b""
        self._begin = b""
        self._size = 0

    def hides(self, data: bytes) -> bool:
        """Is the client not to see this event?"""
        return self._hide_usage and b'"usage"' in data and _is_usage_alone(data)

    def line(self, data: bytes) -> bytes:
        """The event's data as the client is to see it, as the lines of an event. What cannot be read stays as it is."""
        if b"\n" in data:
            return b"data: " + self.edit(data).replace(b"\n", b"\ndata: ") + b"\n\n"
        if self._model is None:
            return b"data: " + data + b"\n\n"
        if self._size and data.startswith(self._learnt):
            return self._begin + data[self._size :] + b"\n\n"
        return b"data: " + self._rename(data, self._model) + b"\n\n"

    def edit(self, data: bytes) -> bytes:
        """The data as the client is to see it."""
        return data if self._model is None else self._rename(data, self._model)

    def _rename(self, data: bytes, model: bytes) -> bytes:
        try:
            fields = _fields(data)
        except _MISS:
            return data
        named = fields.get("model")
        if named is None:
            return data
        raw = bytes(named)
        begin = data.find(raw, data.find(b'"model"') + 7)
        before = data[:begin]
        try:
            reaches = _fields(before + raw + b"}")
        except _MISS:
            reaches = {}
        if reaches and next(reversed(reaches)) == "model" and list(fields)[: len(reaches)] == list(reaches):
            self._learnt = before + raw
            self._size = len(self._learnt)
            self._begin = b"data: " + before + model
            return before + model + data[self._size :]
        fields["model"] = msgspec.Raw(model)
        return msgspec.json.encode(fields)


def json_text_bytes(text: str) -> bytes:
    """Text as JSON, also where it holds what UTF-8 cannot say."""
    try:
        return msgspec.json.encode(text)
    except UnicodeError:
        return msgspec.json.encode(text.encode("utf-8", "replace").decode())


def form_of(data: bytes) -> Literal["chunk", "whole"] | None:
    """Is this an event of a stream, or a whole reply? None where it does not say: some servers send `delta` and `message` in both.

    >>> form_of(b'{"choices":[{"message":{}}]}'), form_of(b'{"choices":[]}')
    ('whole', None)
    """
    try:
        peek = _peek(data)
    except _MISS:
        return None
    if peek.object is not None and peek.object.endswith(".chunk"):
        return "chunk"
    told = {(is_told(choice.delta), is_told(choice.message)) for choice in peek.choices or ()}
    if told == {(True, False)}:
        return "chunk"
    return "whole" if told == {(False, True)} else None


def _is_usage_alone(data: bytes) -> bool:
    try:
        peek = _peek(data)
    except _MISS:
        return False
    return not peek.choices and is_told(peek.usage)
