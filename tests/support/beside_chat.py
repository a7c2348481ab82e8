"""Recorded exchanges of what stands beside chats (vectors, lists of models, counts, legacy completions), and cuts of their bodies."""

from __future__ import annotations

import base64
import gzip
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from muxer_core.dialects.protocol import ReplyDecoder
from muxer_core.values.items import Item
from muxer_core.wire.heads import Headers, ResponseHead

SAMPLE = Path(__file__).resolve().parents[1] / "data" / "beside_chat" / "recorded.jsonl"


class Exchange(NamedTuple):
    """One recorded exchange. `asked` is the request's body, None where the source kept none."""

    id: str
    api: str
    path: str
    asked: Any
    head: ResponseHead
    body: bytes
    stream: bool


def sample(*apis: str) -> list[Exchange]:
    """The exchanges of these APIs that ship with the tests."""
    return list(_exchanges(SAMPLE.read_bytes().splitlines(), apis))


def collection(folder: Path, *apis: str) -> Iterator[Exchange]:
    """All exchanges of these APIs in the large collection."""
    for path in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(path) as lines:
            yield from _exchanges(lines, apis)


def _exchanges(lines: Any, apis: Sequence[str]) -> Iterator[Exchange]:
    for line in lines:
        record = json.loads(line)
        if record["api"] in apis:
            body = base64.b64decode(record["body_b64"]) if "body_b64" in record else record["body"].encode()
            head = ResponseHead(record["status"], Headers(tuple(record["response_headers"].items())))
            asked = None if record.get("request_elided") else record["request_body"]
            yield Exchange(record["id"], record["api"], record["path"], asked, head, body, record["stream"])


def items_of(decoder: ReplyDecoder, pieces: Sequence[bytes]) -> list[Item]:
    """All items of a reply that arrives in these pieces."""
    items = [item for piece in pieces for item in decoder.receive_data(piece)]
    return items + decoder.receive_eof()


def cuts(body: bytes, seed: object, *, bytewise: bool = True) -> Iterator[list[bytes]]:
    """The body in pieces: byte by byte, and cut at random places."""
    if bytewise:
        yield [body[at : at + 1] for at in range(len(body))]
    draw = random.Random(str(seed))
    for _ in range(4):
        edges = sorted(draw.sample(range(len(body) + 1), k=min(len(body), 8)))
        yield [body[start:end] for start, end in zip([0, *edges], [*edges, len(body)], strict=True)]
