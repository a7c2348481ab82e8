"""The standard, written as short as it can be, over a whole text. Slow, unbounded, and shares nothing with the decoder under test."""

from __future__ import annotations

import re
from typing import NamedTuple

from muxer_core.wire.limits import Limits


class Read(NamedTuple):
    """What a whole stream says: events as (data, type, last event id), the id and the reconnection time in the end, and what was cut."""

    events: list[tuple[str, str, str]]
    last_id: str
    retry: int | None
    pending: bool


def read(stream: bytes) -> Read:
    """Sections 9.2.5 and 9.2.6 of the standard, sentence by sentence."""
    lines = re.split("\r\n|\r|\n", stream.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace"))
    unfinished = lines.pop()
    events: list[tuple[str, str, str]] = []
    data = name = identifier = last_id = ""
    retry: int | None = None
    for line in lines:
        if line == "":
            last_id = identifier
            if data != "":
                events.append((data.removesuffix("\n"), name, last_id))
            data = name = ""
            continue
        if line.startswith(":"):
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data += value + "\n"
        elif field == "id" and "\0" not in value:
            identifier = value
        elif field == "retry" and re.fullmatch("[0-9]{1,12}", value):  # digits only, and bounded by us
            retry = int(value)
    begun = unfinished != "" and not unfinished.startswith(":")
    return Read(events, last_id, retry, data != "" or name != "" or begun)


def first_crossing(stream: bytes, limits: Limits) -> tuple[str, int] | None:
    """The first limit that the stream crosses, and the byte at which, found one byte at a time."""
    line, data, previous = b"", b"", b""
    start = 3 if stream.startswith(b"\xef\xbb\xbf") else 0
    for offset in range(start, len(stream)):
        byte = stream[offset : offset + 1]
        if offset >= limits.stream:
            return "stream", limits.stream
        if byte in b"\r\n":
            if previous == b"\r" and byte == b"\n":
                previous = byte
                continue
            field, _, value = line.partition(b":")
            if field == b"data":
                data += value.removeprefix(b" ") + b"\n"
                if len(data) - 1 > limits.event:
                    return "event", offset
            elif not line:
                data = b""
            line = b""
        else:
            line += byte
            if len(line) > limits.line:
                return "line", offset
        previous = byte
    return ("stream", limits.stream) if len(stream) > limits.stream else None
