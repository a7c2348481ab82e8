"""`Body`: takes gzip off a reply's body, piece by piece, so that a small body cannot become a large one at once.

Transports ask for `ACCEPTED` and do this themselves: it is the same on every HTTP library, no piece is larger than `LARGEST_PIECE`
whatever was compressed, and a body that is not what its head says ends as a typed failure.
"""

from __future__ import annotations

import zlib

from muxer_core.call.exchange import TransportError
from muxer_core.values.failure import Failure, FailureKind

ACCEPTED = ("accept-encoding", "gzip")
"""The header field that asks for what this can undo."""

LARGEST_PIECE = 64 * 1024
"""Bytes that come out of compressed data at a time."""

_GZIP = 16 + zlib.MAX_WBITS


class Body:
    """Undoes the content-encoding that a head names (RFC 9110, section 8.4). Raises `TransportError` for one that was not asked for."""

    __slots__ = ("_engine", "_given", "_rest")

    def __init__(self, encoding: str | None) -> None:
        name = (encoding or "identity").strip().lower()
        if name not in ("identity", "gzip", "x-gzip"):
            raise _failed("malformed", f"the body's content-encoding {name[:40]!r} was not asked for")
        self._engine = None if name == "identity" else zlib.decompressobj(_GZIP)
        self._given = False
        self._rest = b""

    def piece(self, data: bytes = b"") -> bytes:
        """What `data`, and what is left of earlier data, brings; call it again without data until it brings nothing."""
        engine = self._engine
        if engine is None:
            return data
        self._given = self._given or bool(data)
        try:
            piece = engine.decompress(self._rest + data, LARGEST_PIECE)
        except zlib.error as error:
            raise _failed("malformed", f"the body is not compressed as its head says: {error}") from None
        self._rest = engine.unconsumed_tail
        return piece

    def end(self) -> None:
        """The body has ended by its framing. Raises `TransportError` when its compressed data has not."""
        if self._engine is not None and self._given and not self._engine.eof:
            raise _failed("truncated", "the compressed body ended before its end mark")


def _failed(kind: FailureKind, message: str) -> TransportError:
    return TransportError(Failure(kind=kind, message=message), sent=True)
