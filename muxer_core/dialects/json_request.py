"""A POST request with a JSON body, and the check of what goes into it. For every dialect that sends whole JSON.

JSON has no NaN and no infinity, and an encoder would write null in silence: such a value is refused with the field's name, as is a value
that nests too deep. Retries above us are switched off (law 6): LiteLLM's proxy reads `x-litellm-num-retries` (docs.litellm.ai, request
headers, November 2026); other servers ignore the header.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from muxer_core.dialects.field_table import left_out
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.protocol import Target
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.usage import JsonValue
from muxer_core.wire.heads import Headers, WireRequest

NO_RETRIES_ABOVE = ("x-litellm-num-retries", "0")

EXTRAS_DEPTH = 64
"""Nesting beyond which a field of the caller's own is refused."""


def post_json(
    target: Target,
    url: str,
    body: Mapping[str, JsonValue],
    *,
    accept: str = "application/json",
    headers: Iterable[tuple[str, str]] = (NO_RETRIES_ABOVE,),
) -> WireRequest:
    """The request. `headers` go before the operator's own. Raises `InvalidRequest` for a body that cannot be written."""
    try:
        encoded = msgspec.json.encode(body)
    except (TypeError, ValueError, OverflowError, RecursionError) as fault:
        raise InvalidRequest("request", f"cannot be written as JSON: {fault}") from fault
    fields = Headers.of([("content-type", "application/json"), ("accept", accept), *headers, *target.headers])
    return WireRequest(method="POST", url=url, headers=fields, body=encoded, credential=target.credential)


def check_json(value: Any, field: str, depth: int = EXTRAS_DEPTH) -> None:
    """Raise `InvalidRequest`, naming `field`, for a value that JSON cannot say or that nests more than `depth` levels."""
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidRequest(field, f"must be a finite number, got {value!r}")
    inner: Iterable[Any] = value.values() if is_object(value) else value if is_list(value) else ()
    for entry in inner:
        if depth == 0:
            raise InvalidRequest(field, f"is nested more than {EXTRAS_DEPTH} levels deep")
        check_json(entry, field, depth - 1)


def own_extras(
    extras: Mapping[str, JsonValue], said_in: str | None, dialect: str, owned: Mapping[str, str]
) -> tuple[dict[str, JsonValue], list[str]]:
    """The extras of a request that go into the body, and a warning for each that does not because it is another dialect's.

    `said_in` is the request's `dialect` (a field of another one that is null says nothing); `owned` are the body's fields that a typed
    field tells. Raises `InvalidRequest` for one of those.
    """
    if said_in not in (None, dialect):
        why = f"it is a field of the dialect {said_in}"
        return {}, [left_out(f"extras.{name}", dialect, why) for name, value in extras.items() if value is not None]
    for name, value in extras.items():
        if name in owned:
            raise InvalidRequest(f"extras.{name}", f"is told by the field {owned[name]}; set that one instead")
        check_json(value, f"extras.{name}")
    return {**extras}, []
