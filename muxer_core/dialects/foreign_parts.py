"""What came in another dialect: its own fields (`extras`) mean nothing here and are left out, each with a warning; its notes are not read.

For dialects whose messages have no forms of their own. A field that is null says nothing, and is not spoken of.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from muxer_core.dialects.field_table import left_out
from muxer_core.values.messages import CacheMark, Message, ToolResultPart
from muxer_core.values.usage import JsonValue

_Value = TypeVar("_Value", bound=msgspec.Struct)


def in_words_of(dialect: str, value: _Value, said_in: str | None, where: str, warnings: list[str]) -> _Value:
    """A message, part or tool without what only the dialect `said_in` understands; as it stands where that is `dialect` or the caller."""
    if said_in in (None, dialect):
        return value
    why = f"it is a field of the dialect {said_in}"
    changes: dict[str, JsonValue] = {}
    extras: dict[str, JsonValue] = getattr(value, "extras", None) or {}
    if extras:
        warnings += [
            left_out(f"{where}.extras.{name}", dialect, why) for name, one in extras.items() if one is not None
        ]
        changes["extras"] = {}
    if getattr(value, "form", ()):
        changes["form"] = ()
    mark: CacheMark | None = getattr(value, "cache", None)
    if mark is not None and mark.extras:
        warnings += [left_out(f"{where}.cache.extras.{name}", dialect, why) for name in mark.extras]
        changes["cache"] = CacheMark(mark.ttl)
    if isinstance(value, Message | ToolResultPart):
        changes["parts"] = tuple(
            in_words_of(dialect, part, said_in, f"{where}.parts[{position}]", warnings)
            for position, part in enumerate(value.parts)
        )
    return msgspec.structs.replace(value, **changes) if changes else value
