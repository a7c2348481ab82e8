"""Recorded exchanges of the Responses API, and how tests run a decoder over them."""

from __future__ import annotations

import base64
import functools
import gzip
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from muxer_core.dialects.openai_responses import OpenAIResponses
from muxer_core.values.items import ChoiceFinished, Item, ReplyEnded, ReplyStarted
from muxer_core.wire.heads import Headers, ResponseHead
from muxer_core.wire.limits import Limits

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "openai_responses" / "recorded.jsonl"
DIALECT = OpenAIResponses()
LIMITS = Limits()


class Exchange(NamedTuple):
    """One recorded request and reply. `request` is None where the source kept none."""

    id: str
    head: ResponseHead
    body: bytes
    stream: bool
    request: dict[str, Any] | None = None


def sample() -> list[Exchange]:
    """The exchanges that ship with the tests."""
    return list(_sample())


@functools.cache
def _sample() -> tuple[Exchange, ...]:
    return tuple(_exchanges(SAMPLE.read_bytes().splitlines()))


def collection(folder: Path) -> Iterator[Exchange]:
    """Every exchange of this API in the large collection."""
    for path in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(path) as lines:
            yield from _exchanges(lines)


def _exchanges(lines: Iterable[bytes]) -> Iterator[Exchange]:
    for line in lines:
        record = json.loads(line)
        if record["api"] == "responses":
            body = base64.b64decode(record["body_b64"]) if "body_b64" in record else record["body"].encode()
            head = ResponseHead(record["status"], Headers(tuple(record["response_headers"].items())))
            yield Exchange(record["id"], head, body, record["stream"], record.get("request_body"))


def decode(exchange: Exchange, pieces: Sequence[bytes] | None = None, *, keep_source: bool = False) -> list[Item]:
    """All items of a reply that arrives in these pieces (whole when None)."""
    decoder = DIALECT.chat_decoder(exchange.head, stream=exchange.stream, limits=LIMITS, keep_source=keep_source)
    items: list[Item] = []
    for piece in [exchange.body] if pieces is None else pieces:
        items += decoder.receive_data(piece)
    return items + decoder.receive_eof()


def stream_bytes(*events: dict[str, Any] | str) -> bytes:
    """A stream of these events, each named by its type, as the API writes them; a text stands as it is."""
    lines: list[str] = []
    for event in events:
        data = event if isinstance(event, str) else json.dumps(event)
        name = "" if isinstance(event, str) or "type" not in event else f"event: {event['type']}\n"
        lines.append(f"{name}data: {data}\n\n")
    return "".join(lines).encode("utf-8", "surrogatepass")


def stream_items(*events: dict[str, Any] | str, limits: Limits = LIMITS) -> list[Item]:
    """The items of a stream of these events."""
    return streamed(stream_bytes(*events), limits)


def streamed(body: bytes, limits: Limits = LIMITS) -> list[Item]:
    """The items of a streamed body."""
    decoder = DIALECT.chat_decoder(ResponseHead(200), stream=True, limits=limits, keep_source=False)
    return decoder.receive_data(body) + decoder.receive_eof()


def whole_items(
    body: bytes | dict[str, Any], headers: dict[str, str] | None = None, limits: Limits = LIMITS
) -> list[Item]:
    """The items of a whole reply."""
    head = ResponseHead(200, Headers(tuple((headers or {}).items())))
    decoder = DIALECT.chat_decoder(head, stream=False, limits=limits, keep_source=False)
    return decoder.receive_data(body if isinstance(body, bytes) else json.dumps(body).encode()) + decoder.receive_eof()


CREATED: dict[str, Any] = {"type": "response.created", "response": {"id": "resp_1", "model": "m", "created_at": 5.7}}
TEXT: dict[str, Any] = {
    "type": "response.output_text.delta",
    "output_index": 0,
    "content_index": 0,
    "item_id": "msg_1",
    "delta": "x",
}
END: dict[str, Any] = {"type": "response.completed", "response": {"id": "resp_1", "status": "completed", "output": []}}


def between(items: list[Item]) -> list[Item]:
    """What came between the start and the finish of a complete reply."""
    assert isinstance(items[-1], ReplyEnded), items[-1]
    return [item for item in items if not isinstance(item, ReplyStarted | ReplyEnded | ChoiceFinished)]
