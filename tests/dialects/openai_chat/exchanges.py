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
from muxer_core.values.items import ChoiceFinished, FailureReported, Item, ReplyEnded, ReplyStarted
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


STOP = '{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}'
TEXT = '{"choices":[{"index":0,"delta":{"content":"x"}}]}'


def delta(fields: str, index: int = 0) -> str:
    """A chunk whose delta has these fields, written as JSON without its braces."""
    return f'{{"choices":[{{"index":{index},"delta":{{{fields}}}}}]}}'


def said(*events: str) -> list[Item]:
    """The items of these events, between the start and the end of the reply."""
    items = stream_items(*events, STOP, "[DONE]")
    assert isinstance(items[-1], ReplyEnded), items[-1]
    return [item for item in items if not isinstance(item, ReplyStarted | ReplyEnded | ChoiceFinished)]


def streamed(body: bytes, limits: Limits | None = None) -> list[Item]:
    """The items of a streamed body."""
    return decode(Exchange("", ResponseHead(200), body, stream=True), limits=limits)


def kind_of(items: list[Item]) -> str:
    """The kind of the failure at the end, or `complete`."""
    last = items[-1]
    return last.failure.kind if isinstance(last, FailureReported) else "complete"


def piece(index: Any = None, call_id: str | None = None, name: str | None = None, arguments: str | None = None) -> str:
    """A piece of a tool call, as JSON, without the fields that are None."""
    fields = {"index": index, "id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
    return json.dumps({key: value for key, value in fields.items() if value is not None})
