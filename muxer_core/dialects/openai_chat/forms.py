"""The dialect's name, and its notes to itself on how a thing was written (`form`), so that what came in this dialect goes back as it came.

A note is a word or two of plain text. `null NAME` says that the field stood there as null, and `empty NAME` as a list without entries: both
say nothing to anybody else. The other notes are named where they are made. A value without notes is written in the dialect's first way.
"""

from __future__ import annotations

from muxer_core.dialects.field_table import left_out
from muxer_core.values.messages import Form
from muxer_core.values.usage import JsonValue

DIALECT = "openai_chat"
"""The dialect's name in configuration, and on what it decodes."""

_NULL = "null "
_EMPTY = "empty "


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


def take_empty(rest: dict[str, JsonValue], *, but: tuple[str, ...] = ()) -> Form:
    """Take out fields that are lists without entries, and note them.

    >>> fields = {"a": [1], "b": []}
    >>> take_empty(fields), fields
    (('empty b',), {'a': [1]})
    """
    names = [name for name, value in rest.items() if value == [] and name not in but]
    for name in names:
        del rest[name]
    return tuple(_EMPTY + name for name in names)


def put_nulls(wire: dict[str, JsonValue], form: Form) -> dict[str, JsonValue]:
    """Put the noted nulls and empty lists back, where nothing else was written since."""
    for note in form:
        if note.startswith(_NULL):
            wire.setdefault(note.removeprefix(_NULL), None)
        elif note.startswith(_EMPTY):
            wire.setdefault(note.removeprefix(_EMPTY), [])
    return wire


def cannot_say(field: str, why: str) -> str:
    """The warning for a field that is left out."""
    return left_out(field, DIALECT, why)
