"""The vendor's `Schema` (a subset of OpenAPI 3.0) <-> JSON schema, where the way back is whole.

`parameters` and `responseSchema` take a `Schema`: types in capitals, and `nullable`. `parametersJsonSchema` and `responseJsonSchema` take
JSON schema. Ours is JSON schema; a schema that was read from a `Schema` is noted in `form`, and written as one again:

* `capitals`: the types were in capitals, all of them;
* `verbatim`: it could not be brought to JSON schema and back without loss, and stands as it came.

Source: google-genai 3.6.1, `Schema` and `JSONSchema`, November 2026.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from muxer_core.dialects.gemini.names import JsonObject
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.values.messages import Form

MAX_DEPTH = 100
"""The deepest schema that is walked; a deeper one stands verbatim."""

_MAPS = frozenset({"properties", "defs", "$defs", "patternProperties", "definitions"})
_SCHEMAS = frozenset({"items", "additionalProperties", "additional_properties", "not"})
_LISTS = frozenset({"anyOf", "any_of", "oneOf", "allOf", "prefixItems"})


class _TooDeep(Exception):
    """The schema nests deeper than anybody means."""


def read_schema(schema: JsonObject) -> tuple[JsonObject, Form]:
    """A `Schema` as JSON schema, and the notes that lead back.

    >>> read_schema({"type": "OBJECT", "properties": {"a": {"type": "STRING", "nullable": True}}})
    ({'type': 'object', 'properties': {'a': {'type': ['string', 'null']}}}, ('capitals',))
    """
    try:
        ours = _walk(schema, _to_json_schema, 0)
        for form in ((), ("capitals",)):
            if write_schema(ours, form) == schema:
                return ours, form
    except _TooDeep:
        pass
    return schema, ("verbatim",)


def write_schema(schema: JsonObject, form: Form) -> JsonObject:
    """The `Schema` of a JSON schema that `read_schema` made."""
    if "verbatim" in form:
        return schema
    capitals = "capitals" in form
    return _walk(schema, lambda one: _from_json_schema(one, capitals=capitals), 0)


def _walk(schema: JsonObject, change: Callable[[JsonObject], JsonObject], depth: int) -> JsonObject:
    if depth > MAX_DEPTH:
        raise _TooDeep
    found: JsonObject = {}
    for name, value in change(schema).items():
        if name in _MAPS and is_object(value):
            found[name] = {key: _walk_any(one, change, depth) for key, one in value.items()}
        elif name in _SCHEMAS:
            found[name] = _walk_any(value, change, depth)
        elif name in _LISTS and is_list(value):
            found[name] = [_walk_any(one, change, depth) for one in value]
        else:
            found[name] = value
    return found


def _walk_any(value: Any, change: Callable[[JsonObject], JsonObject], depth: int) -> Any:
    return _walk(value, change, depth + 1) if is_object(value) else value


def _to_json_schema(schema: JsonObject) -> JsonObject:
    found = dict(schema)
    kind = found.get("type")
    if isinstance(kind, str):
        found["type"] = kind.lower()
        if found.get("nullable") is True:
            del found["nullable"]
            found["type"] = [kind.lower(), "null"]
    return found


def _from_json_schema(schema: JsonObject, *, capitals: bool) -> JsonObject:
    found = dict(schema)
    kind = found.get("type")
    if is_list(kind) and len(kind) == 2 and kind[1] == "null" and isinstance(kind[0], str):
        kind = found["type"] = kind[0]
        found["nullable"] = True
    if capitals and isinstance(kind, str):
        found["type"] = kind.upper()
    return found
