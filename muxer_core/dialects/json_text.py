"""JSON as dialects read it: lenient, bounded in depth, and free of lone surrogates.

A lone surrogate (half of a character that a server cut in two) is no text: it cannot be written as UTF-8, so every trace, log and reply
that holds it would fail later. It becomes U+FFFD here, at the edge.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeGuard

from muxer_core.wire.json import Unreadable
from muxer_core.wire.json import decode as decode_leniently


def read_json(data: bytes, *, depth: int) -> Any:
    r"""The value. Raises `Unreadable`, saying why, and nothing else.

    >>> read_json(rb'{"a": "\ud83d"}', depth=8) == {"a": "\ufffd"}
    True
    """
    try:
        value = decode_leniently(data, depth=depth)
    except RecursionError:
        raise Unreadable("nesting too deep for what is left of the stack") from None
    return _mended(value) if b"\\ud" in data or b"\\uD" in data else value


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Is this decoded value a JSON object?"""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Is this decoded value a JSON array?"""
    return isinstance(value, list)


def deeper_than(value: Any, levels: int) -> bool:
    """Does a decoded value nest more than `levels` arrays and objects?

    >>> deeper_than([{"a": []}], 2), deeper_than([{"a": []}], 3)
    (True, False)
    """
    nested = _nested([value])
    for _ in range(levels):
        if not nested:
            break
        nested = [entry for outer in nested for entry in _nested(outer.values() if is_object(outer) else outer)]
    return bool(nested)


def _nested(values: Iterable[Any]) -> list[Any]:
    return [value for value in values if isinstance(value, dict | list)]


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if is_object(value):
        return {_mended(name): _mended(field) for name, field in value.items()}
    if is_list(value):
        return [_mended(entry) for entry in value]
    return value
