"""Reads untyped tables into Structs: unknown keys are problems that name the nearest spelling, and no problem hides another.

msgspec stops at the first wrong value of a table; a person who edits a file wants to hear of all. So each field is read for itself, and
`read_what_is_right` goes on around what is wrong. An empty table of YAML (nothing after the colon) is a table without keys.
In a field that may be absent, the text "none" switches off (TOML has no null): `call = "none"`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from types import UnionType
from typing import Any, Final, Literal, TypeVar, Union, cast, get_args, get_origin

import msgspec

from muxer_core.config.problems import Problems, inside
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.spelling import did_you_mean

T = TypeVar("T", bound=msgspec.Struct)

NONE = "none"

_BAD: Final = object()
"""Stands for a value that could not be read; the problem is noted."""

_WORDS: dict[object, str] = {
    int: "a whole number",
    float: "a number",
    str: "text",
    bool: "true or false",
    dict: "a table",
    tuple: "a list",
}


def read_what_is_right(kind: type[T], value: object, problems: Problems) -> T:
    """`value` as a `kind`, whose fields all have defaults; a field that is wrong has its default. Of a table or list of `X | None`, wrong
    members are None.
    """
    if not isinstance(value, Mapping):
        problems.add("", f"a configuration must be a table, got {got(value)}")
        return kind()
    return kind(**_read_fields(kind, cast("Mapping[Any, object]", value), "", problems))


def read_table(kind: type[T], value: object, path: str, problems: Problems) -> T | None:
    """`value` as a `kind`, or None when something in it is wrong."""
    if value is None:
        value = {}
    if not isinstance(value, Mapping):
        problems.add(path, f"must be a table, got {got(value)}")
        return None
    before = len(problems.found)
    read = _read_fields(kind, cast("Mapping[Any, object]", value), path, problems)
    required = [field.name for field in msgspec.structs.fields(kind) if field.required]
    for name in required:
        if name not in value:
            problems.add(inside(path, name), "is missing")
    made = _make(kind, read, path, problems) if all(name in read for name in required) else None
    return made if len(problems.found) == before else None


def _read_fields(kind: type[T], value: Mapping[Any, object], path: str, problems: Problems) -> dict[str, Any]:
    """The fields that are right."""
    kinds = {field.name: field.type for field in msgspec.structs.fields(kind)}
    hints = HINTS.get(kind.__name__, {})
    read: dict[str, Any] = {}
    for key, given in value.items():
        name = str(key)
        if name not in kinds:
            known = did_you_mean(name, kinds) or f"; known are {', '.join(kinds)}"
            problems.add(inside(path, name), hints.get(name) or f"is not known here{known}")
            continue
        one = _read(kinds[name], given, inside(path, name), problems)
        if one is not _BAD:
            read[name] = one
    return read


def _make(kind: type[T], read: dict[str, Any], path: str, problems: Problems) -> T | None:
    """The value, once it accepts its fields; each field that it refuses is noted. A required one that it refuses ends the search."""
    while True:
        try:
            return kind(**read)
        except InvalidRequest as error:
            name = error.field.rpartition(".")[2]
            problems.add(inside(path, name), error.problem)
            del read[name]
        except TypeError:
            return None


def got(value: object) -> str:
    """What kind of value this is, in words. Never the value: it may be a secret in the wrong place."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "a list"
    return _WORDS.get(type(value), type(value).__name__)


def _read(kind: Any, value: object, path: str, problems: Problems) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (UnionType, Union) and type(None) in arguments:
        wanted = [one for one in arguments if one is not type(None)]
        if value is None or (value == NONE and str not in wanted):
            return None
        if len(wanted) == 1:
            return _read(wanted[0], value, path, problems)
    if _is_struct(kind):
        made = read_table(kind, value, path, problems)
        return _BAD if made is None else made
    if origin is dict and arguments[1] is not Any:
        return _read_named(arguments[1], value, path, problems)
    if origin is tuple:
        return _read_listed(arguments[0], value, path, problems)
    if isinstance(value, float) and not isfinite(value):
        problems.add(path, "must be a finite number")
        return _BAD
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        problems.add(path, f"must be {_wanted(kind)}, got {got(value)}{_near(kind, value)}")
        return _BAD


def _read_named(kind: Any, value: object, path: str, problems: Problems) -> Any:
    if value is None:
        value = {}
    if not isinstance(value, Mapping):
        problems.add(path, f"must be a table, got {got(value)}")
        return _BAD
    table = cast("Mapping[object, object]", value)
    return _whole({str(key): _member(kind, one, inside(path, str(key)), problems) for key, one in table.items()})


def _read_listed(kind: Any, value: object, path: str, problems: Problems) -> Any:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        problems.add(path, f"must be a list, got {got(value)}")
        return _BAD
    members = enumerate(cast("Sequence[object]", value))
    read = _whole({str(number): _member(kind, one, f"{path}[{number}]", problems) for number, one in members})
    return _BAD if read is _BAD else tuple(read.values())


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _member(kind: Any, value: object, path: str, problems: Problems) -> Any:
    """A member of a table or list. In one of `X | None`, None is not a value that can be written: it stands for what was wrong."""
    if get_origin(kind) is UnionType:
        return read_table(get_args(kind)[0], value, path, problems)
    return _read(kind, value, path, problems)


def _whole(read: dict[str, Any]) -> Any:
    return _BAD if any(one is _BAD for one in read.values()) else read


def _wanted(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return f"one of {', '.join(map(repr, get_args(kind)))}"
    parts = [one for one in get_args(kind) if one is not type(None)] or [kind]
    return " or ".join(dict.fromkeys(_WORDS.get(get_origin(one) or one, str(one)) for one in parts))


def _near(kind: Any, value: object) -> str:
    return did_you_mean(value, get_args(kind)) if get_origin(kind) is Literal and isinstance(value, str) else ""


HINTS: dict[str, Mapping[str, str]] = {
    "ProviderTable": {
        "api_key": 'a key does not belong into a file: put it into the environment and write credential = "env:NAME"',
    },
    "Preset": {
        "api_key": 'a key does not belong into a file: put it into the environment and write variables = ["NAME"]',
    },
}
