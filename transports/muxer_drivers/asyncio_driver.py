"""The asyncio runtime of a stream.

One timer serves the whole call. It is moved only when `wake_at()` comes nearer, and looks again when it fires; only then, and only if the
call is waiting for the network, is that wait interrupted, as `asyncio.timeout` does it: cancel, then take the cancellation back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from math import inf
from typing import Any, cast

from muxer_core.call.events import Event
from muxer_core.call.exchange import AsyncExchange
from muxer_core.call.machine import Call
from muxer_drivers.desk import Desk
from muxer_drivers.runtime import close_quietly


class AsyncioTimer:
    """The one timer of a call."""

    __slots__ = ("_call", "_desk", "_handle", "_loop", "_rang", "_waiting", "_when")

    def __init__(self, call: Call, desk: Desk) -> None:
        self._call = call
        self._desk = desk
        self._loop = asyncio.get_running_loop()
        self._handle: asyncio.TimerHandle | None = None
        self._when = inf
        self._waiting: asyncio.Task[object] | None = None
        self._rang = False

    async def guard(self, wait: Coroutine[Any, Any, Event]) -> Event | None:
        """Wait, unless the call's `wake_at()` comes first: then let its timers act, and return None."""
        if (wake := self._call.wake_at()) < self._when and not self._set(wake):
            wait.close()
            self._desk.time_passed(self._call)
            return None
        task = cast("asyncio.Task[object]", asyncio.current_task())  # a coroutine of asyncio always runs in a task
        cancelled_before = task.cancelling()
        self._waiting = task
        try:
            return await wait
        except asyncio.CancelledError:
            # One cancellation is ours. If there is another, somebody else wants the task to end, whoever came first.
            if not self._rang or task.cancelling() > cancelled_before + 1:
                raise
            return None
        finally:
            self._waiting = None
            if self._rang:
                self._rang = False
                task.uncancel()
                self._desk.time_passed(self._call)

    async def sleep(self) -> None:
        """Wait until `wake_at()`, then let the call's timers act."""
        await asyncio.sleep(self._desk.left(self._call))
        self._desk.time_passed(self._call)

    def _set(self, wake: float) -> bool:
        """Have the timer fire at `wake`. False when that has passed already."""
        self.stop()
        left = wake - self._desk.now().mono
        if 0.0 < left < inf:
            self._when = wake
            self._handle = self._loop.call_later(left, self._fire)
        return left > 0.0

    def _fire(self) -> None:
        """Look again: `wake_at()` may have moved away since. Outside of a wait, nothing is done: the next wait looks anew."""
        self._when = inf
        if self._waiting is not None and not self._set(self._call.wake_at()):
            self._rang = True
            self._waiting.cancel()

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
        task = asyncio.get_running_loop().create_task(close_quietly(exchange))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def closed(self) -> None:
        """Wait until everything given to `close_soon` is closed."""
        while self._closing:
            await asyncio.wait(set(self._closing))
