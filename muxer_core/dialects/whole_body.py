"""`WholeBodyDecoder`: decodes a reply that is one JSON value and no conversation: vectors, counts, lists of models.

A dialect gives a function that reads the value into items; everything around it is the same for all. Rules that hold here:

* The body is bounded (`Limits.body`, `Limits.depth`); white space and a byte-order mark around it mean nothing.
* The evidence of completion is the end of the body with JSON that is whole and holds what was asked for.
* Nothing raises: no body is `truncated`, what is no JSON (an HTML page with status 200 too) is `malformed`, an `error` in the body is a
  failure with the server's words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from muxer_core.dialects.json_text import is_object
from muxer_core.values.failure import Failure, FailureKind
from muxer_core.values.items import FailureReported, Item, ReplyEnded
from muxer_core.wire.json import Unreadable
from muxer_core.wire.json import decode as decode_json
from muxer_core.wire.limits import Limits

EVIDENCE = "end of a whole JSON body"

_SPACE = b" \t\r\n\xef\xbb\xbf"

ErrorReader = Callable[[Any], Failure]
"""How a dialect reads the `error` of a reply with a success status."""


class BodyBuffer:
    """The bytes of a body that is read in one piece: leading white space dropped, bounded by a limit."""

    __slots__ = ("_limit", "_parts", "size")

    def __init__(self, limit: int) -> None:
        self._parts: list[bytes] = []
        self._limit = limit
        self.size = 0

    def add(self, data: bytes) -> bool:
        """Keep these bytes; False when the body is larger than the limit."""
        if not self._parts:
            data = data.lstrip(_SPACE)
            if not data:
                return True
        self.size += len(data)
        if self.size > self._limit:
            self._parts.clear()
            return False
        self._parts.append(data)
        return True

    def take(self) -> bytes:
        """The whole body, without the white space around it; the buffer is empty afterwards."""
        body = b"".join(self._parts).rstrip(_SPACE)
        self._parts.clear()
        return body


class Malformed(Exception):
    """The value is not what was asked for; the message says what is wrong, worded to follow a colon."""


class WholeBodyDecoder:
    """Decodes at the end of the body. `read` turns the value into items and raises nothing but `Malformed`; `what` names the
    reply in words, and `failure` reads an `error` in it.
    """

    __slots__ = ("_body", "_closed", "_failure", "_limits", "_read", "_what")

    def __init__(self, limits: Limits, read: Callable[[Any], list[Item]], *, what: str, failure: ErrorReader) -> None:
        self._body = BodyBuffer(limits.body)
        self._limits = limits
        self._read = read
        self._what = what
        self._failure = failure
        self._closed = False

    def receive_data(self, data: bytes) -> list[Item]:
        """Nothing, until the body ends; a failure when it crosses its limit."""
        if self._closed or self._body.add(data):
            return []
        self._closed = True
        return [_failed("limit_exceeded", f"{self._what} is larger than {self._limits.body} bytes (limit body)")]

    def receive_eof(self) -> list[Item]:
        """The items of the whole body."""
        if self._closed:
            return []
        self._closed = True
        body = self._body.take()
        if not body:
            return [_failed("truncated", f"{self._what} has no body; check base_url")]
        try:
            value = decode_json(body, depth=self._limits.depth)
        except Unreadable as fault:
            kind: FailureKind = "limit_exceeded" if fault.limit else "malformed"
            return [_failed(kind, f"{self._what} is no JSON ({fault}); check base_url")]
        if is_object(value) and value.get("error"):
            return [FailureReported(self._failure(value["error"]))]
        try:
            items = self._read(value)
        except Malformed as fault:
            return [_failed("malformed", f"{self._what} cannot be read: {fault}; check base_url")]
        return [*items, ReplyEnded(EVIDENCE)]


def _failed(kind: FailureKind, message: str) -> FailureReported:
    return FailureReported(Failure(kind=kind, message=message))
