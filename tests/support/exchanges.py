"""Recorded exchanges of any API, and how tests run a dialect's decoder over them. For dialects that have no exchanges of their own."""

from __future__ import annotations

import base64
import gzip
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from muxer_core.dialects.protocol import ClientDialect
from muxer_core.values.items import (
    ChoiceFinished,
    FailureReported,
    Item,
    ReasoningDelta,
    ReplyEnded,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from muxer_core.values.usage import Usage
from muxer_core.wire.heads import Headers, ResponseHead
from muxer_core.wire.limits import Limits
from tests.support.shared import shared_path

DATA = Path(__file__).resolve().parents[1] / "data"


class Exchange(NamedTuple):
    """One recorded request and its reply."""

    id: str
    api: str
    path: str
    request: Any
    head: ResponseHead
    body: bytes
    stream: bool


def sample(dialect: str, *apis: str) -> list[Exchange]:
    """The exchanges of these APIs that ship with the tests."""
    lines = (DATA / dialect / "recorded.jsonl").read_bytes().splitlines()
    return [one for one in map(_exchange, lines) if one.api in apis]


def collection(provider: str, *apis: str) -> Iterator[Exchange]:
    """Every exchange of these APIs in the large collection; skips the asking test where that is not on the machine."""
    with gzip.open(shared_path("recordings", f"{provider}.jsonl.gz")) as lines:
        for line in lines:
            one = _exchange(line)
            if one.api in apis:
                yield one


def _exchange(line: bytes) -> Exchange:
    record = json.loads(line)
    body = base64.b64decode(record["body_b64"]) if "body_b64" in record else record["body"].encode()
    head = ResponseHead(record["status"], Headers(tuple(record["response_headers"].items())))
    return Exchange(record["id"], record["api"], record["path"], record["request_body"], head, body, record["stream"])


def decode(
    dialect: ClientDialect,
    exchange: Exchange,
    pieces: Sequence[bytes] | None = None,
    *,
    limits: Limits | None = None,
    keep_source: bool = False,
) -> list[Item]:
    """All items of a reply that arrives in these pieces (whole when None)."""
    decoder = dialect.chat_decoder(
        exchange.head, stream=exchange.stream, limits=limits or Limits(), keep_source=keep_source
    )
    items: list[Item] = []
    for piece in [exchange.body] if pieces is None else pieces:
        items += decoder.receive_data(piece)
    return items + decoder.receive_eof()


def reply(body: str | bytes, *, stream: bool = False, content_type: str | None = None, status: int = 200) -> Exchange:
    """A reply that no server sent."""
    head = ResponseHead(status, Headers((("content-type", content_type),) if content_type else ()))
    raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    return Exchange("", "", "", None, head, raw, stream)


def some_cuts(body: bytes, seed: str, count: int = 6) -> Iterator[list[bytes]]:
    """The body cut at random places, some times over, and byte by byte where it is not too long for that."""
    draw = random.Random(seed)
    for _ in range(count):
        edges = sorted(draw.sample(range(len(body) + 1), k=min(len(body), 9)))
        yield [body[start:end] for start, end in zip([0, *edges], [*edges, len(body)], strict=True)]
    if len(body) < 40_000:
        yield [body[at : at + 1] for at in range(len(body))]


def text_of(items: list[Item]) -> str:
    """The text of the answer."""
    return "".join(item.text for item in items if isinstance(item, TextDelta))


def reasoning_of(items: list[Item]) -> str:
    """The text of the thinking."""
    return "".join(item.text for item in items if isinstance(item, ReasoningDelta))


def calls_of(items: list[Item]) -> list[tuple[str, str, Any]]:
    """Tool calls as (id, name, arguments), the arguments as JSON where they are such."""
    found: dict[int, list[str]] = {}
    for item in items:
        if isinstance(item, ToolCallDelta):
            call = found.setdefault(item.call, ["", "", ""])
            call[0] += item.id or ""
            call[1] += item.name or ""
            call[2] += item.arguments
    return [(call_id, name, as_json(arguments)) for call_id, name, arguments in found.values()]


def as_json(text: str) -> Any:
    """JSON's value, or the text where it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def finish_of(items: list[Item]) -> tuple[str, str] | None:
    """Why the answer ended, in our word and the server's."""
    found = [(item.reason, item.native) for item in items if isinstance(item, ChoiceFinished)]
    return found[-1] if found else None


def usage_of(items: list[Item]) -> Usage | None:
    """The last counts."""
    found = [item.usage for item in items if isinstance(item, UsageReported)]
    return found[-1] if found else None


def ending_of(items: list[Item]) -> str:
    """The kind of the failure at the end, or `complete`."""
    last = items[-1]
    return (
        last.failure.kind
        if isinstance(last, FailureReported)
        else "complete"
        if isinstance(last, ReplyEnded)
        else "open"
    )
