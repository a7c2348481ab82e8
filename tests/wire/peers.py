"""Three published decoders of event streams behind one face, and the faults that we know of, each with the bytes that show it.

`python -m tests.wire.peers` writes `docs/peers/sse.md` from this table; `test_sse_peers.py` checks every row against the
installed packages.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from httpx2 import _sse as httpx2_sse
from httpx_sse import _decoders as httpx_sse_decoders
from openai import _streaming as openai_streaming

from tests.wire.sse_reference import read

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "peers" / "sse.md"

Event = tuple[str, str, str]
Peer = Callable[[Iterable[bytes]], list[Event]]


def texts(reads: Iterable[bytes]) -> Iterable[str]:
    """As the response classes of httpx and httpx2 make text of bytes."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    yield from filter(None, map(decoder.decode, reads))
    yield from filter(None, [decoder.decode(b"", final=True)])


def httpx_sse(reads: Iterable[bytes]) -> list[Event]:
    """What `httpx_sse.EventSource.iter_sse` does."""
    lines, decoder = httpx_sse_decoders.SSELineDecoder(), httpx_sse_decoders.SSEDecoder()
    read_lines = [line for text in texts(reads) for line in lines.decode(text)] + lines.flush()
    found = [decoder.decode(line.rstrip("\n")) for line in read_lines]
    return [(event.data, event.event, event.id) for event in found if event is not None]


def httpx2(reads: Iterable[bytes]) -> list[Event]:
    """What `httpx2.EventSource` does, its limit aside."""
    parser = httpx2_sse._SSEParser(None)
    found = [event for text in texts(reads) for event in parser.decode(text)] + list(parser.flush())
    return [(event.data, event.event, event.id) for event in found]


def openai(reads: Iterable[bytes]) -> list[Event]:
    """What `openai.Stream` does before it reads JSON."""
    found = openai_streaming.SSEDecoder().iter_bytes(iter(reads))
    return [(event.data, event.event or "", event.id or "") for event in found]


PEERS: dict[str, Peer] = {"httpx-sse": httpx_sse, "httpx2": httpx2, "openai": openai}


def unnamed(events: list[Event]) -> list[Event]:
    """`message` is how some spell an event without a name."""
    return [(data, "" if name == "message" else name, identifier) for data, name, identifier in events]


class Fault(NamedTuple):
    """What goes wrong, and the bytes that show it. `peers` are those that have the fault."""

    what: str
    stream: bytes
    peers: tuple[str, ...]


EVERYBODY = tuple(PEERS)

FAULTS = (
    Fault("A leading byte-order mark loses the first event.", b"\xef\xbb\xbfdata: 1\n\ndata: 2\n\n", EVERYBODY),
    Fault(
        "One byte that is not UTF-8 raises `UnicodeDecodeError` and ends the stream.",
        b"data: a\xff\n\ndata: b\n\n",
        ("openai",),
    ),
    Fault(
        "After an `id`, every further blank line gives an empty event.",
        b"id: 1\ndata: a\n\n\n\n",
        ("httpx-sse", "openai"),
    ),
    Fault("A name without data gives an empty event, which the standard discards.", b"event: ping\n\n", EVERYBODY),
    Fault("A `retry` alone gives an empty event.", b"retry: 1000\n\n", EVERYBODY),
    Fault("An `id` alone gives an empty event.", b"id: 1\n\n", EVERYBODY),
    Fault("`1_0` counts as a number of milliseconds, and gives an empty event.", b"retry: 1_0\n\n", EVERYBODY),
    Fault(
        "A body cut after the CR of a data line gives that event, though its end never came.",
        b"data: cut\r",
        ("httpx2",),
    ),
)


def outcome(peer: str, stream: bytes) -> str:
    """What a peer makes of the bytes, in a few words."""
    try:
        return words(unnamed(PEERS[peer]([stream])))
    except UnicodeDecodeError:
        return "`UnicodeDecodeError`"


def words(events: list[Event]) -> str:
    """Events by their data; an empty event is shown as such."""
    return ", ".join(f"`{data!r}`" for data, _, _ in events) or "nothing"


def document() -> str:
    """`docs/peers/sse.md`."""
    rows = "".join(
        f"| {fault.what} | `{fault.stream!r}` | {words(read(fault.stream).events)} | "
        + " | ".join(outcome(peer, fault.stream) if peer in fault.peers else "right" for peer in PEERS)
        + " |\n"
        for fault in FAULTS
    )
    versions = ", ".join(f"{peer} {version(peer)}" for peer in PEERS)
    return (
        "# Event stream decoders of our peers\n\n"
        "Where three published Python decoders differ from the standard\n"
        "(<https://html.spec.whatwg.org/multipage/server-sent-events.html>), and from ours, with the bytes that show it.\n"
        f"Versions: {versions}. `tests/wire/test_sse_peers.py` runs every row; `python -m tests.wire.peers` writes this page.\n\n"
        "| fault | bytes | the standard and ours | " + " | ".join(PEERS) + " |\n"
        "| --- | --- | --- | " + " | ".join("---" for _ in PEERS) + " |\n"
        f"{rows}\n"
        "Besides: httpx-sse and openai bound neither lines nor events; httpx-sse and httpx2 hold back an event whose blank line is a CR\n"
        "until the next byte comes. On streams without these faults all three agree with ours, under any cut (a differential property).\n"
    )


if __name__ == "__main__":
    DOCUMENT.write_text(document(), "utf-8")
