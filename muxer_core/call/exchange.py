"""What a driver needs of a transport. Everything that must be *decided* was decided in the core.

A transport opens exchanges; an exchange is one open response. The async and the sync pair say the same thing; only `await` differs.
The whole contract, with its conformance rules, is `docs/guides/write-a-transport.md`.
"""

from __future__ import annotations

from typing import Protocol

from muxer_core.call.commands import OpenAttempt
from muxer_core.values.failure import Failure
from muxer_core.wire.heads import ResponseHead


class TransportError(Exception):
    """Raised by a transport when the network, not our code, is at fault. `sent` False: no byte of the request can have arrived."""

    def __init__(self, failure: Failure, *, sent: bool) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.sent = sent


class AsyncExchange(Protocol):
    """One open response."""

    @property
    def head(self) -> ResponseHead:
        """Status and headers."""
        ...

    async def read(self) -> bytes:
        """The next bytes of the body as they arrive, content-encoding removed; b"" at its proper end. Raises `TransportError`."""
        ...

    async def read_to_end(self) -> None:
        """The reply is complete: take in what little is left, so that the connection can be used again. Never raises for the network."""
        ...

    async def aclose(self) -> None:
        """Let go of the connection. Idempotent; never raises for what the network does."""
        ...


class AsyncTransport(Protocol):
    """Opens exchanges on one async library."""

    async def open(self, command: OpenAttempt) -> AsyncExchange:
        """Send the request and wait for the head; redirects are not followed. Raises `TransportError`."""
        ...

    async def aclose(self) -> None:
        """Close what the transport itself opened; a client that the user gave stays open."""
        ...


class SyncExchange(Protocol):
    """One open response."""

    @property
    def head(self) -> ResponseHead:
        """Status and headers."""
        ...

    def read(self, timeout: float) -> bytes | None:
        """As `AsyncExchange.read`; None when nothing came for `timeout` seconds: no sooner, and hardly later.

        The call's timers act on it. `timeout` is more than 0, and infinity when there is no limit.
        """
        ...

    def close(self) -> None:
        """Let go of the connection. Idempotent; never raises for what the network does."""
        ...


class SyncTransport(Protocol):
    """Opens exchanges for plain threads."""

    def open(self, command: OpenAttempt, timeout: float) -> SyncExchange | None:
        """As `AsyncTransport.open`; None when no head came for `timeout` seconds (what was begun is then closed)."""
        ...

    def close(self) -> None:
        """As `AsyncTransport.aclose`."""
        ...
