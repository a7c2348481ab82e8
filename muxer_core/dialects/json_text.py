"""JSON as dialects read it: lenient, bounded in depth, and free of lone surrogates.

A lone surrogate (half of a character that a server cut in two) is no text: it cannot be written as UTF-8, so every trace, log and reply
that holds it would fail later. It becomes U+FFFD here, at the edge.
"""

from __future__ import annotations

from typing import Any

from muxer_core.wire.json import Unreadable
from muxer_core.wire.json import decode as decode_leniently


def read_json(data: bytes, *, depth: int) -> Any:
    """The value. Raises `Unreadable`, saying why, and nothing else.

    >>> read_json(b'{"a": "\\\\ud83d", "b": NaN}', depth=8)
    {'a': '\ufffd', 'b': nan}
    """
    try:
        value = decode_leniently(data, depth=depth)
    except RecursionError:
        raise Unreadable("nesting too deep for what is left of the stack") from None
    return _mended(value) if b"\\ud" in data or b"\\uD" in data else value


def deeper_than(value: Any, levels: int) -> bool:
    """Does a decoded value nest more than `levels` arrays and objects?

    >>> deeper_than([{"a": []}], 2), deeper_than([{"a": []}], 3)
    (True, False)
    """
    nested = [value] if isinstance(value, dict | list) else []
    while nested and levels >= 0:
        levels -= 1
        inner = [entry for outer in nested for entry in (outer.values() if isinstance(outer, dict) else outer)]
        nested = [entry for entry in inner if isinstance(entry, dict | list)]
    return bool(nested) or levels < 0


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_mended(name): _mended(field) for name, field in value.items()}
    if isinstance(value, list):
        return [_mended(entry) for entry in value]
    return value
