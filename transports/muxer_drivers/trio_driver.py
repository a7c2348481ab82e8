"""The trio runtime of a stream.

Each wait stands in a cancel scope of its own, whose deadline is the call's `wake_at()`. A nursery is never opened around the consumer's
code, so that failures are never wrapped in groups. Connections are closed by trio's system tasks, which no scope of the caller's reaches.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import trio

from muxer_core.call.events import Event
from muxer_core.call.exchange import AsyncExchange
from muxer_core.call.machine import Call
from muxer_drivers.desk import Desk
from muxer_drivers.runtime import close_quietly


class TrioTimer:
    """The timers of a call, kept by trio as the deadline of each wait."""

    __slots__ = ("_call", "_desk")

    def __init__(self, call: Call, desk: Desk) -> None:
        self._call = call
        self._desk = desk

    async def guard(self, wait: Coroutine[Any, Any, Event]) -> Event | None:
        """Wait, unless the call's `wake_at()` comes first: then let its timers act, and return None."""
        with trio.CancelScope(deadline=trio.current_time() + self._desk.left(self._call)):
            return await wait
        self._desk.time_passed(self._call)
        return None

    async def sleep(self) -> None:
        """Wait until `wake_at()`, then let the call's timers act."""
        await trio.sleep_until(trio.current_time() + self._desk.left(self._call))
        self._desk.time_passed(self._call)

    def stop(self) -> None:
        """Nothing is kept between waits."""


class TrioRuntime:
    """Scopes and closing tasks in the running trio loop."""

    __slots__ = ("_closing", "_idle")

    def __init__(self) -> None:
        self._closing = 0
        self._idle = trio.Event()

    def timer(self, call: Call, desk: Desk) -> TrioTimer:
        """A timer for one call."""
        return TrioTimer(call, desk)

    async def within(self, seconds: float, wait: Callable[[], Awaitable[None]]) -> None:
        """Wait, but give up quietly after `seconds`."""
        with trio.move_on_after(seconds):
            await wait()

    def close_soon(self, exchange: AsyncExchange) -> None:
        """Have the exchange closed in a system task."""
        self._closing += 1
        trio.lowlevel.spawn_system_task(self._close, exchange)

    async def _close(self, exchange: AsyncExchange) -> None:
        try:
            await close_quietly(exchange)
        finally:
            self._closing -= 1
            self._idle.set()

    async def closed(self) -> None:
        """Wait until everything given to `close_soon` is closed."""
        while self._closing:
            self._idle = trio.Event()
            await self._idle.wait()
