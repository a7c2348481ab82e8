"""The dialect's name, and its notes to itself on how a thing was written (`form`), so that what came in this dialect goes back as it came.

A note is a word or two of plain text. `null NAME` says that the field stood there as null, which says nothing to anybody else; the other
notes are named where they are made. A value without notes is written in the dialect's first way.
"""

from __future__ import annotations

from muxer_core.dialects.field_table import left_out
from muxer_core.values.messages import Form
from muxer_core.values.usage import JsonValue

DIALECT = "openai_chat"
"""The dialect's name in configuration, and on what it decodes."""

_NULL = "null "


def is_ours(dialect: str | None) -> bool:
    """Are extras and notes under this name to be written as they stand? None: the caller's own words."""
    return dialect is None or dialect == DIALECT


def take_nulls(rest: dict[str, JsonValue], *, but: tuple[str, ...] = ()) -> Form:
    """Take out fields that are null, and note them.

    >>> fields = {"a": 1, "b": None}
    >>> take_nulls(fields), fields
    (('null b',), {'a': 1})
    """
    nulls = [name for name, value in rest.items() if value is None and name not in but]
    for name in nulls:
        del rest[name]
    return tuple(_NULL + name for name in nulls)


def put_nulls(wire: dict[str, JsonValue], form: Form) -> dict[str, JsonValue]:
    """Put the noted nulls back, where nothing else was written since."""
    for note in form:
        if note.startswith(_NULL):
            wire.setdefault(note.removeprefix(_NULL), None)
    return wire


def cannot_say(field: str, why: str) -> str:
    """The warning for a field that is left out."""
    return left_out(field, DIALECT, why)
