"""Recorded requests, and how tests read and write them again."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from muxer_core.dialects.openai_chat import OpenAIChat
from muxer_core.dialects.protocol import Encoded, Target
from muxer_core.dialects.server import Asked, Inbound
from muxer_core.wire.limits import Limits

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "openai_chat" / "requests.jsonl"
DIALECT = OpenAIChat()

PUT_BACK = ("model", "stream", "stream_options")
"""What the caller puts back, as the field table says: the name of the model, and how the answer is to come."""


class Asking(NamedTuple):
    """One recorded request."""

    id: str
    path: str
    body: dict[str, Any]


def sample() -> list[Asking]:
    """The requests that ship with the tests."""
    return list(_requests(SAMPLE.read_bytes().splitlines()))


def collection(folder: Path) -> Iterator[Asking]:
    """Every chat.completions request of the large collection."""
    for path in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(path) as lines:
            yield from _requests(lines)


def _requests(lines: Iterable[bytes]) -> Iterator[Asking]:
    for line in lines:
        record = json.loads(line)
        if record["api"] == "chat.completions" and isinstance(record["request_body"], dict):
            yield Asking(record["id"], record["path"], record["request_body"])


def read(body: Any, path: str = "/v1/chat/completions") -> Asked:
    """What the server role makes of a body."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return DIALECT.decode_chat(Inbound("POST", path, body=raw), limits=Limits())


def write(asked: Asked, base_url: str = "http://127.0.0.1:4000/v1") -> Encoded:
    """The request written again by the client role."""
    request = asked.request
    target = Target(where="t", base_url=base_url, model=request.model)
    return DIALECT.encode_chat(request, target, max_tokens=request.max_tokens, stream=asked.stream)


def kept(body: dict[str, Any]) -> dict[str, Any]:
    """The body without what the caller puts back."""
    return {name: value for name, value in body.items() if name not in PUT_BACK}
