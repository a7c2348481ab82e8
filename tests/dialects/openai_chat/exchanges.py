"""Recorded exchanges, and how tests run a decoder over them."""

from __future__ import annotations

import base64
import functools
import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from muxer_core.dialects.openai_chat import OpenAIChat
from muxer_core.values.items import Item
from muxer_core.wire.heads import Headers, ResponseHead
from muxer_core.wire.limits import Limits

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "openai_chat" / "recorded.jsonl"
DIALECT = OpenAIChat()


class Exchange(NamedTuple):
    """One recorded reply."""

    id: str
    head: ResponseHead
    body: bytes
    stream: bool


def sample() -> list[Exchange]:
    """The exchanges that ship with the tests."""
    return list(_sample())


@functools.cache
def _sample() -> tuple[Exchange, ...]:
    return tuple(_exchanges(SAMPLE.read_bytes().splitlines()))


def collection(folder: Path) -> Iterator[Exchange]:
    """Every chat.completions exchange of the large collection."""
    for path in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(path) as lines:
            yield from _exchanges(lines)


def _exchanges(lines: Any) -> Iterator[Exchange]:
    for line in lines:
        record = json.loads(line)
        if record["api"] == "chat.completions":
            body = base64.b64decode(record["body_b64"]) if "body_b64" in record else record["body"].encode()
            head = ResponseHead(record["status"], Headers(tuple(record["response_headers"].items())))
            yield Exchange(record["id"], head, body, record["stream"])


def decode(exchange: Exchange, pieces: Sequence[bytes] | None = None, limits: Limits | None = None) -> list[Item]:
    """All items of a reply that arrives in these pieces (whole when None)."""
    decoder = DIALECT.chat_decoder(exchange.head, stream=exchange.stream, limits=limits or Limits(), keep_source=False)
    items: list[Item] = []
    for piece in [exchange.body] if pieces is None else pieces:
        items += decoder.receive_data(piece)
    return items + decoder.receive_eof()


def stream_items(*events: str, limits: Limits | None = None) -> list[Item]:
    """The items of a stream of these `data` texts."""
    body = "".join(f"data: {event}\n\n" for event in events).encode("utf-8", "surrogatepass")
    return decode(Exchange("", ResponseHead(200), body, stream=True), limits=limits)


def whole_items(body: str | bytes, headers: dict[str, str] | None = None) -> list[Item]:
    """The items of a whole reply."""
    head = ResponseHead(200, Headers(tuple((headers or {}).items())))
    return decode(Exchange("", head, body.encode() if isinstance(body, str) else body, stream=False))
