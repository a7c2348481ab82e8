"""One JSON object of a reply (an event, a line, a frame's payload, a whole body) -> its value, or the failure that it is instead.

For decoders that read a reply object by object. `Fault` carries a failure from the depth of an assembly up to the decoder, which reports it
after the items before it; no other exception leaves an assembly.
"""

from __future__ import annotations

from typing import Any, TypeGuard

import msgspec

from muxer_core.dialects.json_text import is_object
from muxer_core.values.failure import Failure, FailureKind
from muxer_core.values.items import FailureReported
from muxer_core.wire.json import Unreadable
from muxer_core.wire.json import decode as decode_json

MAX_COUNT = 10**12
"""The largest believable count of one attempt."""


class Fault(Exception):
    """Something in a reply that ends it: a bad shape (`malformed`), a crossed limit, or the server's own word for a failure."""

    def __init__(self, message: str, kind: FailureKind = "malformed") -> None:
        super().__init__(message)
        self.reported = FailureReported(Failure(kind=kind, message=message))


def read_object(data: bytes, *, depth: int, what: str) -> dict[str, Any]:
    """The object that these bytes say. `what` names it in words. Raises `Fault` and nothing else."""
    try:
        value = decode_json(data, depth=depth)
    except Unreadable as problem:
        kind: FailureKind = "limit_exceeded" if problem.limit else "malformed"
        raise Fault(f"{what} is no JSON ({problem}); check base_url", kind) from None
    if not is_object(value):
        raise Fault(f"{what} is JSON, but no object; check base_url")
    return value


def is_count(value: Any) -> TypeGuard[int]:
    """Is this a count that can be true: a whole number, not negative, not beyond `MAX_COUNT`?

    >>> is_count(3), is_count(True), is_count(-1), is_count(10**13)
    (True, False, False, False)
    """
    return type(value) is int and 0 <= value <= MAX_COUNT


def compact(value: Any) -> str:
    """A decoded value as JSON text again, in its shortest form. What JSON has no number for is written as null.

    >>> compact({"a": [1, 2.0, 2**70]})
    '{"a":[1,2.0,1180591620717411303424]}'
    """
    return msgspec.json.encode(value).decode()
