"""Recorded exchanges of the Messages API, and how tests run a decoder over them."""

from __future__ import annotations

import base64
import functools
import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from muxer_core.dialects.anthropic_messages import AnthropicMessages
from muxer_core.dialects.protocol import ReplyDecoder
from muxer_core.values.items import FailureReported, Item, ReplyEnded, ReplyStarted
from muxer_core.wire.heads import Headers, ResponseHead
from muxer_core.wire.limits import Limits

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "anthropic_messages" / "recorded.jsonl"
DIALECT = AnthropicMessages()
APIS = ("messages", "count_tokens")


class Exchange(NamedTuple):
    """One recorded reply, and the body of the request where it was kept."""

    id: str
    head: ResponseHead
    body: bytes
    stream: bool
    api: str = "messages"
    request: dict[str, Any] | None = None


def sample() -> list[Exchange]:
    """The exchanges that ship with the tests."""
    return list(_sample())


@functools.cache
def _sample() -> tuple[Exchange, ...]:
    return tuple(_exchanges(SAMPLE.read_bytes().splitlines()))


def collection(folder: Path) -> Iterator[Exchange]:
    """Every exchange of this API in the large collection, whoever the provider was."""
    for path in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(path) as lines:
            yield from _exchanges(line for line in lines if b'"messages"' in line or b'"count_tokens"' in line)


def _exchanges(lines: Any) -> Iterator[Exchange]:
    for line in lines:
        record = json.loads(line)
        if record["api"] in APIS or (record["api"] == "models" and record["provider"] == "anthropic"):
            body = base64.b64decode(record["body_b64"]) if "body_b64" in record else record["body"].encode()
            head = ResponseHead(record["status"], Headers(tuple(record["response_headers"].items())))
            request = record["request_body"]
            yield Exchange(record["id"], head, body, record["stream"], record["api"], request)


def decoder_of(exchange: Exchange, limits: Limits | None = None, *, keep_source: bool = False) -> ReplyDecoder:
    """A decoder for the exchange's API."""
    bounds = limits or Limits()
    if exchange.api == "count_tokens":
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


def cut(body: bytes, edges: Sequence[int]) -> list[bytes]:
    """The body in pieces that end at these places."""
    return [body[start:end] for start, end in zip([0, *edges], [*edges, len(body)], strict=True)]


def stream_body(*events: str | dict[str, Any]) -> bytes:
    """A stream of these events: objects with a type, or the text of one."""
    written: list[str] = []
    for event in events:
        data = event if isinstance(event, str) else json.dumps(event)
        name = event["type"] if isinstance(event, dict) else ""
        written.append(f"event: {name}\ndata: {data}\n\n" if name else f"data: {data}\n\n")
    return "".join(written).encode("utf-8", "surrogatepass")


START: dict[str, Any] = {
    "type": "message_start",
    "message": {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": {}},
}
STOP: dict[str, Any] = {"type": "message_stop"}


def opened(index: int, **block: Any) -> dict[str, Any]:
    """The start of a block."""
    return {"type": "content_block_start", "index": index, "content_block": block}


def more(index: int, **delta: Any) -> dict[str, Any]:
    """A delta of a block."""
    return {"type": "content_block_delta", "index": index, "delta": delta}


def closed(index: int) -> dict[str, Any]:
    """The end of a block."""
    return {"type": "content_block_stop", "index": index}


def finished(reason: str = "end_turn", **usage: int) -> dict[str, Any]:
    """The `message_delta` with a stop reason."""
    return {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, "usage": usage}


def streamed(body: bytes, limits: Limits | None = None) -> list[Item]:
    """The items of a streamed body."""
    return decode(Exchange("", ResponseHead(200), body, stream=True), limits=limits)


def whole_items(body: str | bytes | dict[str, Any], limits: Limits | None = None) -> list[Item]:
    """The items of a whole reply."""
    data = json.dumps(body) if isinstance(body, dict) else body
    raw = data.encode() if isinstance(data, str) else data
    return decode(Exchange("", ResponseHead(200), raw, stream=False), limits=limits)


def said(*events: dict[str, Any] | str) -> list[Item]:
    """The items of these events, between the start and the end of a reply."""
    items = streamed(stream_body(START, *events, STOP))
    assert isinstance(items[-1], ReplyEnded), items[-1]
    return [item for item in items if not isinstance(item, ReplyStarted | ReplyEnded)]


def kind_of(items: list[Item]) -> str:
    """The kind of the failure at the end, or `complete`."""
    last = items[-1]
    return last.failure.kind if isinstance(last, FailureReported) else "complete"
