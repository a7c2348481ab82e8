"""The asyncio runtime of a stream.

One timer serves the whole call. It is moved only when `wake_at()` comes nearer, and looks again when it fires; only then, and only if the
call is waiting for the network, is that wait interrupted, as `asyncio.timeout` does it: cancel, then take the cancellation back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from math import inf

from muxer_core.call.events import Event
from muxer_core.call.machine import Call
from muxer_drivers.desk import Desk
from muxer_core.call.exchange import AsyncExchange


class AsyncioTimer:
    """The one timer of a call."""

    __slots__ = ("_call", "_desk", "_handle", "_loop", "_rang", "_task", "_waiting", "_when")

    def __init__(self, call: Call, desk: Desk) -> None:
        self._call = call
        self._desk = desk
        self._loop = asyncio.get_running_loop()
        self._handle: asyncio.TimerHandle | None = None
        self._when = inf
        self._task: asyncio.Task[object] | None = None
        self._waiting = False
        self._rang = False

    async def guard(self, wait: Awaitable[Event]) -> Event | None:
        """Wait, unless the call's `wake_at()` comes first: then let its timers act, and return None."""
        self._task = task = asyncio.current_task()
        cancelling = task.cancelling() if task is not None else 0
        wake = self._call.wake_at()
        if wake < self._when:
            self._set(wake)
        self._waiting = True
        try:
            return await wait
        except asyncio.CancelledError:
            if not self._rang or (task is not None and task.uncancel() > cancelling):
                raise
            return None
        finally:
            self._waiting = False
            if self._rang:
                self._rang = False
                self._time_passed()

    async def sleep(self) -> None:
        """Wait until `wake_at()`, then let the call's timers act."""
        await asyncio.sleep(max(0.0, self._call.wake_at() - self._desk.now().mono))
        self._time_passed()

    def _time_passed(self) -> None:
        """A loop may wake a hair early; to the call it is then as late as it asked for."""
        moment = self._desk.now()
        self._call.handle_timeout(moment.later(max(0.0, self._call.wake_at() - moment.mono)))

    def _set(self, wake: float) -> None:
        self.stop()
        if wake < inf:
            self._when = wake
            self._handle = self._loop.call_later(wake - self._desk.now().mono, self._fire)

    def _fire(self) -> None:
        wake, self._when = self._call.wake_at(), inf
        if not self._waiting:
            return
        if wake > self._desk.now().mono:
            self._set(wake)
        elif self._task is not None:
            self._rang = True
            self._task.cancel()

    def stop(self) -> None:
        """Forget the timer."""
        self._when = inf
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None


class AsyncioRuntime:
    """Timers and closing tasks on the running event loop."""

    __slots__ = ("_closing",)

    def __init__(self) -> None:
        self._closing: set[asyncio.Task[None]] = set()

    def timer(self, call: Call, desk: Desk) -> AsyncioTimer:
        """A timer for one call."""
        return AsyncioTimer(call, desk)

    async def within(self, seconds: float, wait: Callable[[], Awaitable[None]]) -> None:
        """Wait, but give up quietly after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await wait()
        except TimeoutError:
            pass

    def close_soon(self, exchange: AsyncExchange) -> None:
        """Have the exchange closed in a task of its own."""
        task = asyncio.get_running_loop().create_task(exchange.aclose())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def closed(self) -> None:
        """Wait until everything given to `close_soon` is closed."""
        if self._closing:
            await asyncio.wait(set(self._closing))
