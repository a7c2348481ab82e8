"""A transport over bytes that already lie in memory: what is left is the cost of the machine and of its driver."""

from __future__ import annotations

from muxer_core.call.commands import OpenAttempt
from muxer_core.wire.heads import ResponseHead


class Exchange:
    """A reply in pieces, each of which is ready at once."""

    head = ResponseHead(200)

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = iter(pieces)

    async def read(self) -> bytes:
        """The next piece, b"" at the end."""
        return next(self._pieces, b"")

    async def read_to_end(self) -> None:
        """Nothing is left that matters."""

    async def aclose(self) -> None:
        """Nothing is open."""


class Transport:
    """Opens the same reply every time."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    async def open(self, command: OpenAttempt) -> Exchange:
        """The reply."""
        return Exchange(self._pieces)

    async def aclose(self) -> None:
        """Nothing is open."""
