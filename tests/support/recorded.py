"""Replies recorded from a real LiteLLM proxy (`tests/data/litellm/`), for tests that run without one."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import h11

FOLDER = Path(__file__).resolve().parents[1] / "data" / "litellm"


class RecordedReply(NamedTuple):
    """One reply: `raw` as it came out of the socket, and what an HTTP parser makes of it. Header names are lower-case."""

    raw: bytes
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    complete: bool

    def header(self, name: str) -> str | None:
        """The first value of a header, None when it is absent."""
        return next((value for key, value in self.headers if key == name), None)


def recorded_names() -> list[str]:
    """The names of all recordings, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.http"))


def recorded(name: str) -> RecordedReply:
    """The recording `name`, parsed."""
    return parse_reply((FOLDER / f"{name}.http").read_bytes())


def parse_reply(raw: bytes) -> RecordedReply:
    """One whole reply, parsed by h11; `complete` says whether its HTTP framing came to its end."""
    connection = h11.Connection(our_role=h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "127.0.0.1"), ("Connection", "close")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(raw)
    connection.receive_data(b"")
    status, headers, body, complete = 0, list[tuple[str, str]](), bytearray(), False
    while not complete:
        event = connection.next_event()
        if isinstance(event, h11.Response):
            status = event.status_code
            headers = [(key.decode(), value.decode()) for key, value in event.headers]
        elif isinstance(event, h11.Data):
            body += event.data
        else:
            complete = isinstance(event, h11.EndOfMessage)
            break
    return RecordedReply(raw, status, headers, bytes(body), complete)
