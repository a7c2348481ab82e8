"""What came in another dialect: its own fields (`extras`) mean nothing here and are left out, each with a warning; its notes are not read.

A field that is null says nothing, and is not spoken of.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from muxer_core.dialects.openai_chat.forms import cannot_say, is_ours
from muxer_core.values.messages import CacheMark, Message, ToolResultPart
from muxer_core.values.usage import JsonValue

_Value = TypeVar("_Value", bound=msgspec.Struct)


def message_in_our_words(message: Message, where: str, warnings: list[str]) -> Message:
    """The message without what only its own dialect understands. One of ours, or of the caller, stays as it is."""
    if is_ours(message.dialect):
        return message
    parts = tuple(
        in_our_words(part, f"{where}.parts[{position}]", str(message.dialect), warnings)
        for position, part in enumerate(message.parts)
    )
    stripped = in_our_words(message, where, str(message.dialect), warnings)
    return msgspec.structs.replace(stripped, parts=parts)


def in_our_words(value: _Value, where: str, dialect: str, warnings: list[str]) -> _Value:
    """A part, tool or choice without its foreign fields and notes."""
    changes: dict[str, JsonValue] = {}
    extras: dict[str, JsonValue] = getattr(value, "extras", None) or {}
    if extras:
        warnings += foreign_fields(extras, where, dialect)
        changes["extras"] = {}
    if getattr(value, "form", ()):
        changes["form"] = ()
    mark: CacheMark | None = getattr(value, "cache", None)
    if mark is not None and mark.extras:
        warnings += foreign_fields(mark.extras, f"{where}.cache", dialect)
        changes["cache"] = CacheMark(mark.ttl)
    if isinstance(value, ToolResultPart):
        changes["parts"] = tuple(
            in_our_words(part, f"{where}.parts[{position}]", dialect, warnings)
            for position, part in enumerate(value.parts)
        )
    return msgspec.structs.replace(value, **changes) if changes else value


def foreign_fields(extras: dict[str, JsonValue], where: str, dialect: str) -> list[str]:
    """The warnings for fields of another dialect."""
    return [
        cannot_say(f"{where}.extras.{name}" if where else f"extras.{name}", f"it is a field of {dialect}")
        for name, value in extras.items()
        if value is not None
    ]
