"""Makes `muxer_drivers/sync_client.py` from `muxer_drivers/client.py`, so that the two cannot drift apart.

    python scripts/make_sync.py            write it
    python scripts/make_sync.py --check    exit 1 when it differs from what would be written

The sync client is the async one with names exchanged: each row below is one exchange of text, in order. A row that finds nothing is an
error, because then the source has changed and the rows no longer say what they mean.
"""

from __future__ import annotations

import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "transports" / "muxer_drivers"
SOURCE = FOLDER / "client.py"
TARGET = FOLDER / "sync_client.py"

WAIT_AND_CLOSE = '''\
        """Wait for connections that are being closed, then close the transport."""
        try:
            if self._runtime is not None:
                await self._runtime.closed()
        finally:
            await self._transport.aclose()
'''
CLOSE = '''\
        """Close the transport."""
        self._transport.close()
'''
STREAM_ON_A_RUNTIME = """\
        if self._runtime is None:
            self._runtime = runtime_here()
        return AsyncStream(call, self._desk, self._transport, self._runtime)
"""
STREAM = """\
        return SyncStream(call, self._desk, self._transport)
"""

EXCHANGES = (
    (
        "`AsyncClient`: what a user calls, on any async transport.",
        "`SyncClient`: what a user calls from plain threads.",
    ),
    (
        "An adapter gives it a transport; everything else is the same everywhere.",
        "Made from `client.py` by `scripts/make_sync.py`; do not edit it here.",
    ),
    ("from muxer_drivers.async_stream import AsyncStream\n", ""),
    ("from muxer_drivers.here import runtime_here\n", ""),
    ("from muxer_drivers.runtime import Runtime\n", "from muxer_drivers.sync_driver import SyncStream\n"),
    ('("_desk", "_muxer", "_runtime", "_transport")', '("_desk", "_muxer", "_transport")'),
    ("        self._runtime: Runtime | None = None\n", ""),
    (WAIT_AND_CLOSE, CLOSE),
    (STREAM_ON_A_RUNTIME, STREAM),
    ("Many tasks may share it", "Many threads may share it"),
    ("AsyncClient", "SyncClient"),
    ("AsyncStream", "SyncStream"),
    ("AsyncTransport", "SyncTransport"),
    ("__aenter__", "__enter__"),
    ("__aexit__", "__exit__"),
    ("aclose", "close"),
    ("async def", "def"),
    ("async with", "with"),
    ("(await self._collect(call)).models", "self._collect(call).models"),
    ("await ", ""),
)


def sync_twin(source: str) -> str:
    """The sync client's text. Raises `LookupError` naming the row of `EXCHANGES` that found nothing."""
    for old, new in EXCHANGES:
        if old not in source:
            raise LookupError(f"{SOURCE.name} no longer holds {old!r}: change the row in {Path(__file__).name}")
        source = source.replace(old, new)
    return source


def main(arguments: list[str]) -> int:
    """Write or check; returns the exit status."""
    twin = sync_twin(SOURCE.read_text(encoding="utf-8"))
    if "--check" not in arguments:
        TARGET.write_text(twin, encoding="utf-8")
        return 0
    if TARGET.read_text(encoding="utf-8") == twin:
        return 0
    print(f"{TARGET.name} is not what {SOURCE.name} makes of it: run python {Path(__file__).name}")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
