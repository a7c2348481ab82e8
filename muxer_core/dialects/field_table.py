"""The format of a field table: for every field of a dialect, what happens to it (law 8). Data, read by code, tests and the docs.

A table has two halves.

`Row`s say what a dialect's *own* fields become when it is read: the field of ours that carries it, or that it stays in `extras` as this
dialect's own. They are grouped by the object that they stand in, and `holds` names the object that a value is, so that a whole JSON value
can be walked (`unknown_fields`): a field that is in no row is unknown, and a recording that holds one fails a test.

`Reach` rows say what becomes of *our* fields when the dialect is written. Both together answer, for any two dialects, what happens to a
field of the one in the other (`crossing`), and the tables in the docs are made of that.

The fates are four: `carried` (it arrives as it was), `encoded` (it arrives in another form, and comes back as it was), `warned` (it is
left out, and a warning names it) and `refused` (the request is refused before money is spent, naming field and target).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.values.errors import InvalidRequest

Fate = Literal["carried", "encoded", "warned", "refused"]


class Row(NamedTuple):
    """A field of the dialect.

    * `name`: its name on the wire. `*` stands for any name: a map whose keys are the caller's.
    * `ours`: what carries it, such as `ChatRequest.top_p` or `TextPart.text`; empty where it is this dialect's own and stays in `extras`;
      `-` where it says nothing that is not said elsewhere, and is not kept; `=` where we write it ourselves.
    * `holds`: the object that its value is, or that the entries of its list are; empty where the value is free (a schema, a map).
    * `elsewhere`: what becomes of a field of its own (`ours` empty) in another dialect.
    * `note`: why, or how.
    """

    name: str
    ours: str = ""
    holds: str = ""
    elsewhere: Literal["warned", "refused"] = "warned"
    note: str = ""


class Reach(NamedTuple):
    """What becomes of a field of ours in this dialect: its fate, and where it is written or why not."""

    ours: str
    fate: Fate
    note: str = ""


class FieldTable(NamedTuple):
    """The table of one dialect.

    `objects` are rows by object; a name such as `part.text` is the object `part` whose field `kinds["part"]` says `text`. `request` and
    `reply` name the objects where a walk begins (a stream's events are walked from `event`). `reach` are rows for our fields, and `source`
    says where the fields are from.
    """

    dialect: str
    source: str
    objects: Mapping[str, tuple[Row, ...]]
    kinds: Mapping[str, str]
    reach: tuple[Reach, ...]
    request: str = "request"
    reply: str = "reply"
    event: str = "event"


def unknown_fields(table: FieldTable, root: str, value: Any) -> Iterator[str]:
    """The paths of fields that are in no row, walking `value` as the object `root`.

    >>> table = FieldTable("d", "", {"request": (Row("model", "ChatRequest.model"),)}, {}, ())
    >>> list(unknown_fields(table, "request", {"model": "m", "colour": "red"}))
    ['request.colour']
    """
    waiting: list[tuple[str, str, Any]] = [(root, root, value)]
    while waiting:
        path, name, one = waiting.pop()
        if is_list(one):
            waiting += [(f"{path}[]", name, entry) for entry in one]
            continue
        if not is_object(one):
            continue
        rows = _rows(table, name, one)
        if rows is None:
            yield f"{path}: no object of this kind ({name})"
            continue
        for key, inner in one.items():
            row = rows.get(key) or rows.get("*")
            if row is None:
                yield f"{path}.{key}"
            elif row.holds:
                waiting.append((f"{path}.{key}", row.holds, inner))


def _rows(table: FieldTable, name: str, value: dict[str, Any]) -> dict[str, Row] | None:
    """The rows of an object: those that all its kinds share, and those of its own kind."""
    shared = table.objects.get(name)
    key = table.kinds.get(name)
    own = None if key is None else table.objects.get(f"{name}.{value.get(key)}")
    if shared is None and own is None:
        return None
    if key is not None and own is None and key in value and any(one.startswith(f"{name}.") for one in table.objects):
        return None
    return {row.name: row for row in (*(shared or ()), *(own or ()))}


def crossing(row: Row, target: FieldTable) -> tuple[Fate, str]:
    """What becomes of a field in another dialect, and the note of the row that says so."""
    if row.ours in {"-", "="}:
        return "carried", row.note
    if not row.ours:
        return row.elsewhere, row.note
    for reach in target.reach:
        if reach.ours == row.ours:
            return reach.fate, reach.note
    return "refused", f"{row.ours} is in no row of {target.dialect}"


def refuse_field(field: str, dialect: str, why: str) -> InvalidRequest:
    """The error for a field that a dialect cannot say: it names the field, the target, and what to do.

    >>> raise refuse_field("top_k", "openai_chat", "the API has no such field")
    Traceback (most recent call last):
    ...
    muxer_core.values.errors.InvalidRequest: top_k: cannot be said in the dialect openai_chat: the API has no such field
    """
    return InvalidRequest(field, f"cannot be said in the dialect {dialect}: {why}")


def left_out(field: str, dialect: str, why: str) -> str:
    """The warning for a field that a dialect leaves out.

    >>> left_out("top_k", "openai_chat", "the API has no such field")
    'top_k: left out, because the dialect openai_chat cannot say it: the API has no such field'
    """
    return f"{field}: left out, because the dialect {dialect} cannot say it: {why}"
