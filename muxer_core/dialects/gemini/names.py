"""Names of fields in both spellings, and reading the fields of one object of a request.

The vendor's JSON is that of protocol buffers: `camelCase` is written, and `snake_case` is read as well. A field that came in `snake_case`
is noted in `form` under that very name, so that it is written back as it came. A field that is null says nothing, and stays where it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.usage import JsonValue

_CAPITAL = re.compile(r"[A-Z]")

NAME = "gemini"
"""The dialect's name, on what it decodes and in what it refuses."""

VENDOR = "google"
"""Whose seals thought signatures are."""

JsonObject = dict[str, Any]


def snake(name: str) -> str:
    """The other spelling.

    >>> snake("thoughtSignature")
    'thought_signature'
    """
    return _CAPITAL.sub(lambda found: f"_{found[0].lower()}", name)


def spelled(form: Iterable[str], name: str) -> str:
    """The name as it came, after the notes of `form`."""
    other = snake(name)
    return other if other in form else name


class Fields:
    """The fields of one object that have not been taken yet (`rest`), and notes on those that were (`form`). `where` names it."""

    __slots__ = ("form", "rest", "where")

    def __init__(self, value: Mapping[str, JsonValue], where: str, form: list[str] | None = None) -> None:
        self.rest: JsonObject = dict(value)
        self.where = where
        self.form: list[str] = [] if form is None else form

    def key(self, name: str) -> str | None:
        """Under which spelling the field is there, with a value; None where it is not."""
        if self.rest.get(name) is not None:
            return name
        other = snake(name)
        return other if self.rest.get(other) is not None else None

    def look(self, name: str) -> Any:
        """The value, left in place; None where there is none."""
        key = self.key(name)
        return None if key is None else self.rest[key]

    def take(self, name: str) -> Any:
        """The value, taken out; None where there is none."""
        key = self.key(name)
        if key is None:
            return None
        if key != name:
            self.form.append(key)
        return self.rest.pop(key)

    def text(self, name: str) -> str | None:
        """The value, which must be text."""
        value = self.take(name)
        if value is not None and not isinstance(value, str):
            raise self.wrong(name, "text", value)
        return value

    def whole(self, name: str) -> int | None:
        """The value, which must be a whole number (`12.0` is one)."""
        value = self.take(name)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise self.wrong(name, "a whole number", value)
        return value

    def number(self, name: str) -> float | None:
        """The value, which must be a number."""
        value = self.take(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise self.wrong(name, "a number", value)
        return value

    def truth(self, name: str) -> bool | None:
        """The value, which must be true or false."""
        value = self.take(name)
        if value is not None and not isinstance(value, bool):
            raise self.wrong(name, "true or false", value)
        return value

    def inner(self, name: str) -> Fields | None:
        """The fields of an object inside this one, which notes its spellings here; put back what is left of it with `leave`."""
        value = self.take(name)
        if value is None:
            return None
        if not is_object(value):
            raise self.wrong(name, "an object", value)
        return Fields(value, f"{self.where}.{name}", self.form)

    def leave(self, name: str, inner: Fields, *, empty: bool = False) -> None:
        """Put back what is left of an inner object; `empty` says that it was empty from the start, which is kept too."""
        if inner.rest or empty:
            self.rest[name] = inner.rest

    def objects(self, name: str, note: str) -> list[JsonObject] | None:
        """The value, which must be a list of objects, or one object by itself (noted in `form` as `note`)."""
        value = self.take(name)
        if value is None:
            return None
        if is_object(value):
            self.form.append(note)
            return [value]
        if not is_list(value):
            raise self.wrong(name, "a list", value)
        for position, entry in enumerate(value):
            if not is_object(entry):
                raise InvalidRequest(
                    f"{self.where}.{name}[{position}]", f"must be an object, got {type(entry).__name__}"
                )
        return value

    def wrong(self, name: str, words: str, value: Any) -> InvalidRequest:
        """The error for a value of the wrong kind."""
        place = f"{self.where}.{name}" if self.where else name
        return InvalidRequest(place, f"must be {words}, got {type(value).__name__}")


def merged(wire: JsonObject, extras: Mapping[str, JsonValue]) -> JsonObject:
    """Put fields of the dialect's own beside ours: objects are joined, and what is written already stays."""
    for name, value in extras.items():
        known = wire.get(name)
        if is_object(known) and is_object(value):
            merged(known, value)
        elif name not in wire:
            wire[name] = {**value} if is_object(value) else value
    return wire
