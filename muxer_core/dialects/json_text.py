"""Reading JSON, and small questions about what was read: is it an object, is it a list, how deep does it nest.

`read_json` is the wire room's lenient reader under the name that dialects and adapters use.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeGuard

from muxer_core.wire.json import decode as read_json

__all__ = ["deeper_than", "is_list", "is_object", "read_json"]


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
