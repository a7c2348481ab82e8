"""Recorded exchanges of the Gemini API and of Vertex AI, and how tests run a decoder over them."""

from __future__ import annotations

import base64
import functools
import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from muxer_core.dialects.gemini import Gemini
from muxer_core.dialects.protocol import ReplyDecoder
from muxer_core.values.items import FailureReported, Item, ReplyEnded, ReplyStarted
from muxer_core.wire.heads import Headers, ResponseHead
from muxer_core.wire.limits import Limits

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "gemini" / "recorded.jsonl"
DIALECT = Gemini()
CHATS = ("generateContent", "streamGenerateContent")


class Exchange(NamedTuple):
    """One recorded reply, and the request where it was kept."""

    id: str
    head: ResponseHead
    body: bytes
    stream: bool
    api: str = "generateContent"
    path: str = ""
    request: dict[str, Any] | None = None


def sample() -> list[Exchange]:
    """The exchanges that ship with the tests."""
    return list(_sample())


@functools.cache
def _sample() -> tuple[Exchange, ...]:
    return tuple(_exchanges(SAMPLE.read_bytes().splitlines()))


def collection(folder: Path) -> Iterator[Exchange]:
    """Every exchange of these APIs in the large collection, whoever the provider was."""
    for path in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(path) as lines:
            yield from _exchanges(line for line in lines if b"Content" in line or b"countTokens" in line)


def _exchanges(lines: Any) -> Iterator[Exchange]:
    for line in lines:
        record = json.loads(line)
        if record["api"] in (*CHATS, "countTokens") or (record["api"] == "models" and record["provider"] == "gemini"):
            body = base64.b64decode(record["body_b64"]) if "body_b64" in record else record["body"].encode()
            head = ResponseHead(record["status"], Headers(tuple(record["response_headers"].items())))
            request = record["request_body"]
            yield Exchange(record["id"], head, body, record["stream"], record["api"], record["path"], request)


def decoder_of(exchange: Exchange, limits: Limits | None = None, *, keep_source: bool = False) -> ReplyDecoder:
    """A decoder for the exchange's API."""
    bounds = limits or Limits()
    if exchange.api == "countTokens":
        return DIALECT.count_decoder(exchange.head, limits=bounds)
    if exchange.api == "models":
        return DIALECT.models_decoder(exchange.head, limits=bounds)
    return DIALECT.chat_decoder(exchange.head, stream=exchange.stream, limits=bounds, keep_source=keep_source)


def decode(
    exchange: Exchange,
    pieces: Sequence[bytes] | None = None,
    limits: Limits | None = None,
    *,
    keep_source: bool = False,
) -> list[Item]:
    """All items of a reply that arrives in these pieces (whole when None)."""
    decoder = decoder_of(exchange, limits, keep_source=keep_source)
    items: list[Item] = []
    for piece in [exchange.body] if pieces is None else pieces:
        items += decoder.receive_data(piece)
    return items + decoder.receive_eof()


def streamed(body: bytes, limits: Limits | None = None, *, keep_source: bool = False) -> list[Item]:
    """The items of a streamed body."""
    return decode(Exchange("", ResponseHead(200), body, stream=True), limits=limits, keep_source=keep_source)


def whole(value: Any) -> list[Item]:
    """The items of a whole reply: bytes, or a value to be written as JSON."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return decode(Exchange("", ResponseHead(200), body, stream=False))


def events(*chunks: Any) -> bytes:
    """A stream of these chunks: values, or texts as they stand."""
    texts = [chunk if isinstance(chunk, str) else json.dumps(chunk) for chunk in chunks]
    return "".join(f"data: {text}\r\n\r\n" for text in texts).encode("utf-8", "surrogatepass")


def parts(*said: dict[str, Any], finish: str | None = "STOP", **fields: Any) -> dict[str, Any]:
    """A reply or chunk with one candidate of these parts."""
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": list(said)}, **fields}
    if finish is not None:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "responseId": "r"}


def said(*of: dict[str, Any], **fields: Any) -> list[Item]:
    """The items of a whole reply with these parts, without its start and its end."""
    items = whole(parts(*of, **fields))
    assert isinstance(items[0], ReplyStarted)
    assert isinstance(items[-1], ReplyEnded), items[-1]
    return items[1:-2]


def kind_of(items: list[Item]) -> str:
    """The kind of the failure at the end, or `complete`."""
    last = items[-1]
    return last.failure.kind if isinstance(last, FailureReported) else "complete"
