"""A conversation sent from one dialect into another and back, and what was lost on the way: for the laws of crossing.

`there_and_back` speaks A, hands what A's server role read to B, lets B's server role read what B's client role wrote, and speaks A again.
`lost` compares what A read at first with what it read at last, field by field, as the two tables promise.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeGuard
from urllib.parse import urlsplit

import msgspec

from muxer_core.catalog.deployments import Provider
from muxer_core.dialects.field_table import FieldTable
from muxer_core.dialects.protocol import ClientDialect, Encoded, Target
from muxer_core.dialects.registry import CLIENT_DIALECTS, FIELD_TABLES, SERVER_DIALECTS
from muxer_core.dialects.server import Asked, Inbound, ServerDialect
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import Part
from muxer_core.values.request import ChatRequest, ToolChoice
from muxer_core.wire.limits import Limits

TABLES = {name: FIELD_TABLES[name]() for name in sorted(FIELD_TABLES)}
_SETTINGS = [
    name for name in ChatRequest.__struct_fields__ if name not in ("model", "messages", "extras", "dialect", "form")
]


def client(name: str) -> ClientDialect:
    return CLIENT_DIALECTS[name](Provider(name=name, base_url="http://127.0.0.1:1", dialect=name))


def server(name: str) -> ServerDialect:
    return SERVER_DIALECTS[name]()


def speak(name: str, request: ChatRequest) -> Encoded:
    """The request in this dialect. Raises `InvalidRequest` where it cannot be said."""
    target = Target(where=name, base_url="http://127.0.0.1:1", model=request.model)
    return client(name).encode_chat(request, target, max_tokens=request.max_tokens, stream=False)


def hear(name: str, encoded: Encoded) -> Asked:
    """What the server role of this dialect reads."""
    url = urlsplit(encoded.request.url)
    inbound = Inbound(encoded.request.method, url.path, url.query, encoded.request.headers, encoded.request.body)
    return server(name).decode_chat(inbound, limits=Limits())


class Journey(NamedTuple):
    """What A read at first, what B warned of, and what A read at last."""

    first: ChatRequest
    warnings: tuple[str, ...]
    last: ChatRequest


def refusal(name: str, request: ChatRequest) -> InvalidRequest | None:
    """Why this dialect refuses the request; None when it can say it."""
    try:
        speak(name, request)
    except InvalidRequest as problem:
        return problem
    return None


def there_and_back(home: str, away: str, request: ChatRequest) -> Journey:
    """A, B, A. Raises `InvalidRequest` where one of them refuses."""
    first = hear(home, speak(home, request)).request
    crossed = speak(away, first)
    second = hear(away, crossed).request
    last = speak(home, second)
    return Journey(first, crossed.warnings + last.warnings, hear(home, last).request)


def fates(table: FieldTable) -> dict[str, str]:
    return {one.ours: one.fate for one in table.reach}


def lost(journey: Journey, away: FieldTable) -> Iterator[str]:
    """What is missing or changed though the table of B says that it is carried or encoded."""
    kept = {name for name, fate in fates(away).items() if fate in ("carried", "encoded")}
    for name in _SETTINGS:
        before, after = _setting(journey.first, name, kept), _setting(journey.last, name, kept)
        if f"ChatRequest.{name}" in kept and before != after:
            yield f"ChatRequest.{name}: {before!r} came back as {after!r}"
    before, after = turns(journey.first, kept), turns(journey.last, kept)
    if before != after:
        for one, other in zip(before, after, strict=False):
            if one != other:
                yield f"messages: {one!r} came back as {other!r}"
        yield f"messages: {len(before)} turns came back as {len(after)}"


def turns(request: ChatRequest, kept: set[str]) -> list[tuple[str, list[Any]]]:
    """Who spoke and what was said, as far as the table keeps it: neighbours of one role are one turn, as most vendors read them."""
    said: list[tuple[str, list[Any]]] = []
    for message in request.messages:
        role = "system" if message.role == "developer" else message.role
        parts = [plain for part in message.parts if (plain := _plain_part(part, kept)) is not None]
        if not parts:
            continue
        if said and said[-1][0] == role:
            said[-1][1].extend(parts)
        else:
            said.append((role, parts))
    return said


def _setting(request: ChatRequest, name: str, kept: set[str]) -> Any:
    """A setting without its notes. To choose freely among tools is what no choice means, and is told so by APIs that must name one."""
    value = getattr(request, name)
    return None if request.tools and value == ToolChoice("auto") else _plain(value, kept)


_MAIN = {
    "TextPart": "text", "RefusalPart": "text", "ReasoningPart": "text", "ImagePart": "data", "AudioPart": "data", "FilePart": "data",
    "ToolCallPart": "id", "ToolResultPart": "tool_call_id", "ServerToolCallPart": "id", "ServerToolResultPart": "tool_call_id",
    "ProviderPart": "spec",
}  # fmt: skip
"""The field without which a part of this kind does not arrive at all."""


def _plain_part(part: Part, kept: set[str]) -> Any:
    kind = type(part).__name__
    if f"{kind}.{_MAIN[kind]}" not in kept and not _sealed(part):
        return None
    return _plain(part, kept)


def _sealed(part: Part) -> bool:
    return bool(getattr(part, "signature", None) or getattr(part, "encrypted", None))


def _is_tuple(value: Any) -> TypeGuard[tuple[Any, ...]]:
    return isinstance(value, tuple)


def _plain(value: Any, kept: set[str]) -> Any:
    """The value without its notes, and without the fields that the table does not keep."""
    if _is_tuple(value):
        return [_plain(one, kept) for one in value]
    if not isinstance(value, msgspec.Struct):
        return value
    kind = type(value).__name__
    fields = {
        name: _plain(getattr(value, name), kept)
        for name in value.__struct_fields__
        if f"{kind}.{name}" in kept and name not in ("name" if kind == "ToolResultPart" else "", "filename")
    }
    if kind == "ToolCallPart":
        fields["arguments"] = _as_json(fields.get("arguments"))
    return kind, fields


def _as_json(text: Any) -> Any:
    """Arguments are compared as JSON: a dialect that wants an object may write its text anew."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, TypeError):
        return text
