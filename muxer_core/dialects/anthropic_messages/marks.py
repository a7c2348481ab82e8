"""Small forms that stand in many places: cache marks, nulls, and fields that stay under their own names.

* `cache_control` is a `CacheMark`: its `ttl`, and what else it holds in `extras`. The vendor's times are 5m and 1h; another one is written
  only where it came from this dialect, and refused from elsewhere, since a cache mark is never dropped.
* A field of ours whose value is null says nothing; a note in `form` (`cache_control:null`) keeps it for this dialect.
"""

from __future__ import annotations

from typing import Any

from muxer_core.dialects.anthropic_messages.words import DIALECT
from muxer_core.dialects.field_table import refuse_field
from muxer_core.dialects.json_text import is_object
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import CacheMark, Form
from muxer_core.values.usage import JsonValue

JsonObject = dict[str, JsonValue]

TTLS = ("5m", "1h")
NULL = ":null"


def take_nulls(rest: JsonObject, *names: str) -> Form:
    """Take these fields out where they are null, and note it."""
    noted = tuple(f"{name}{NULL}" for name in names if name in rest and rest[name] is None)
    for note in noted:
        del rest[note.removesuffix(NULL)]
    return noted


def put_nulls(wire: JsonObject, form: Form) -> None:
    """Put nulls back where `take_nulls` took them."""
    for note in form:
        if note.endswith(NULL):
            wire.setdefault(note.removesuffix(NULL), None)


def take_cache(rest: JsonObject, where: str) -> CacheMark | None:
    """The cache mark of an object, taken out of it. Raises `InvalidRequest` for what is no mark."""
    mark = rest.pop("cache_control", None)
    if mark is None:
        return None
    if not is_object(mark) or not isinstance(mark.get("type"), str):
        raise InvalidRequest(f"{where}.cache_control", "must be an object with a type")
    fields = dict(mark)
    if fields["type"] == "ephemeral":
        del fields["type"]
    ttl = fields.pop("ttl") if isinstance(fields.get("ttl"), str) else None
    return CacheMark(ttl, fields)


def cache_control(mark: CacheMark, where: str, *, own: bool) -> JsonObject:
    """A cache mark on the wire. `own`: it came in this dialect, or from the caller. Raises `InvalidRequest` for an unknown time."""
    if not own and mark.ttl is not None and mark.ttl not in TTLS:
        raise refuse_field(f"{where}.cache.ttl", DIALECT, f"the API knows {' and '.join(TTLS)}, not {mark.ttl!r}")
    wire: JsonObject = {"type": "ephemeral"}
    if mark.ttl is not None:
        wire["ttl"] = mark.ttl
    if own:
        wire.update(mark.extras)
    return wire


def take_text(rest: JsonObject, name: str, where: str) -> str:
    """A text that must be there. Raises `InvalidRequest`."""
    value = rest.pop(name, None)
    if not isinstance(value, str):
        raise InvalidRequest(f"{where}.{name}", f"must be a string, got {kind_of(value)}")
    return value


def kind_of(value: Any) -> str:
    """What a JSON value is, in words."""
    if value is None:
        return "nothing"
    named = ((dict, "an object"), (list, "a list"), (str, "a string"), (bool, "a boolean"))
    return next((name for kind, name in named if isinstance(value, kind)), "a number")


def merged(wire: JsonObject, extras: JsonObject) -> JsonObject:
    """Put extras back where they were; under a key that we write ourselves they join the object that is there."""
    for name, value in extras.items():
        known = wire.get(name)
        wire[name] = {**value, **known} if is_object(known) and is_object(value) else value
    return wire
