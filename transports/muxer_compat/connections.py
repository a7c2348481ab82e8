"""`Connections`: who holds the network connections, and for how long.

They live while somebody uses them: a call, a stream, or an `async with` block around many; the last to let go closes them. So nothing is
left open when an event loop ends, whether or not anybody remembered to close, and one object serves one loop after the other, asyncio's and
trio's, or several in as many threads: each loop has connections of its own.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from muxer_compat.debug_log import logs_wanted, open_logged
from muxer_core.call.commands import OpenAttempt
from muxer_core.call.exchange import AsyncExchange, AsyncTransport
from muxer_drivers.credentials import Credentials

OpenTransport = Callable[[Credentials], AsyncTransport]


class _Shared:
    """The connections of one loop. `blocks` are those holders that are no calls. `turn` lets one task at a time do what all would do."""

    __slots__ = ("blocks", "holders", "loop", "transport", "turn")

    def __init__(self, loop: object, transport: AsyncTransport, turn: AbstractAsyncContextManager[object]) -> None:
        self.loop = loop
        self.transport = transport
        self.turn = turn
        self.holders = 0
        self.blocks = 0


class Lease:
    """A transport over shared connections. To close it is to let go of them."""

    __slots__ = ("_owner", "_shared")

    def __init__(self, owner: Connections, shared: _Shared) -> None:
        self._owner = owner
        self._shared = shared

    @property
    def turn(self) -> AbstractAsyncContextManager[object]:
        """A lock that all leases of this loop share."""
        return self._shared.turn

    async def open(self, command: OpenAttempt) -> AsyncExchange:
        """Send the request and wait for the head. Raises `TransportError`."""
        transport = self._shared.transport
        if logs_wanted():
            return await open_logged(transport, command, self._owner.secrets)
        return await transport.open(command)

    async def aclose(self) -> None:
        """Let go."""
        await self._owner.let_go(self._shared)


class Connections:
    """Connections to the servers that know `secrets`, by the names of their credentials."""

    __slots__ = ("_credentials", "_open", "_shared", "secrets")

    def __init__(self, open_transport: OpenTransport, secrets: dict[str, str]) -> None:
        self.secrets = tuple(secrets.values())
        self._credentials = Credentials(secrets)
        self._open = open_transport
        self._shared: dict[object, _Shared] = {}

    def lease(self) -> Lease:
        """Take hold of the connections of the running loop."""
        return Lease(self, self._hold())

    def _hold(self) -> _Shared:
        loop, new_lock = _loop_here()
        shared = self._shared.get(loop)
        if shared is None:
            shared = self._shared[loop] = _Shared(loop, self._open(self._credentials), new_lock())
        shared.holders += 1
        return shared

    async def let_go(self, shared: _Shared) -> None:
        """One holder less; the last one closes."""
        shared.holders -= 1
        if not shared.holders:
            del self._shared[shared.loop]
            await shared.transport.aclose()

    def enter(self) -> None:
        """Begin a block: the connections of the running loop stay open between calls."""
        shared = self._hold()
        shared.blocks += 1

    async def leave(self) -> None:
        """End a block of the running loop. Without one, there is nothing to do."""
        shared = self._shared.get(_loop_here()[0])
        if shared is not None and shared.blocks:
            shared.blocks -= 1
            await self.let_go(shared)


def _loop_here() -> tuple[object, Callable[[], AbstractAsyncContextManager[object]]]:
    """The event loop that runs the current task, and how a lock is made for it."""
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        return trio.lowlevel.current_trio_token(), trio.Lock
    return asyncio.get_running_loop(), asyncio.Lock
