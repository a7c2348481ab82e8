"""What a wait's time limit costs on trio, per chunk of a stream: CPU microseconds, medians of interleaved rounds in one process.

    python benchmarks/driver_trio.py [rounds]

Compared are the shipped timer (a cancel scope with a deadline for each read), a watcher task for each call that cancels a scope without
deadline, and no limit at all, which is what a watcher could reach that interrupts a read by closing its connection. Reads find their data
ready, or wait for another task to bring it. docs/decisions/ says what followed from it.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Coroutine
from math import inf
from typing import Any

import trio

from muxer_core.call.commands import OpenAttempt
from muxer_core.call.events import Event
from muxer_core.call.machine import Call
from muxer_core.call.plan import Plan
from muxer_core.simulation.run import OpenLedger
from muxer_core.testing.calls import DONE, FINISH, ROLE, ListedChoices, chat, place, text_chunk
from muxer_core.wire.heads import Headers, ResponseHead
from muxer_drivers.async_stream import AsyncStream
from muxer_drivers.desk import Desk
from muxer_drivers.trio_driver import TrioRuntime, TrioTimer
from muxer_drivers.world import system_clock

CHUNKS = [ROLE, *[text_chunk("word ")] * 1000, FINISH, DONE, b""]


class Ready:
    """An exchange whose bytes are there already."""

    def __init__(self) -> None:
        self.head = ResponseHead(200, Headers())
        self._chunks = iter(CHUNKS)

    async def read(self) -> bytes:
        """The next chunk."""
        await trio.lowlevel.checkpoint()
        return next(self._chunks)

    async def read_to_end(self) -> None:
        """Nothing is left."""

    async def aclose(self) -> None:
        """Nothing to close."""


class Paced(Ready):
    """An exchange that waits for another task to bring each chunk."""

    def __init__(self, receive: trio.MemoryReceiveChannel[bytes]) -> None:
        super().__init__()
        self._receive = receive

    async def read(self) -> bytes:
        """The next chunk."""
        return await self._receive.receive()


class Transport:
    """Opens one exchange."""

    def __init__(self, exchange: Ready) -> None:
        self._exchange = exchange

    async def open(self, command: OpenAttempt) -> Ready:
        """The one exchange."""
        return self._exchange

    async def aclose(self) -> None:
        """Nothing to close."""


class WatchingTimer(TrioTimer):
    """One watcher task a call; each wait has a scope that it can cancel."""

    def __init__(self, call: Call, desk: Desk) -> None:
        super().__init__(call, desk)
        self._scope: trio.CancelScope | None = None
        self._nap: trio.CancelScope | None = None
        self._when = inf
        self._stopped = False

    def _watch(self) -> None:
        wake = self._call.wake_at()
        if wake < self._when:
            if self._nap is None:
                trio.lowlevel.spawn_system_task(self._run)
            else:
                self._nap.deadline = trio.current_time() + self._desk.left(self._call)
            self._when = wake

    async def guard(self, wait: Coroutine[Any, Any, Event]) -> Event | None:
        """As `Timer.guard`."""
        self._watch()
        with trio.CancelScope() as self._scope:
            return await wait
        self._scope = None
        self._desk.time_passed(self._call)
        return None

    async def _run(self) -> None:
        while not self._stopped:
            with trio.CancelScope(deadline=trio.current_time() + self._desk.left(self._call)) as self._nap:
                await trio.sleep_forever()
            if self._desk.left(self._call) <= 0.0 and self._scope is not None:
                self._scope.cancel()

    def stop(self) -> None:
        """The watcher ends."""
        self._stopped = True
        if self._nap is not None:
            self._nap.cancel()


class NoTimer(WatchingTimer):
    """A watcher, and waits that only it could end."""

    async def guard(self, wait: Coroutine[Any, Any, Event]) -> Event | None:
        """As `Timer.guard`."""
        self._watch()
        return await wait


class Runtime(TrioRuntime):
    """A runtime with another timer."""

    def __init__(self, timer: type[TrioTimer]) -> None:
        super().__init__()
        self._timer = timer

    def timer(self, call: Call, desk: Desk) -> TrioTimer:
        """The one to be measured."""
        return self._timer(call, desk)


async def consume(exchange: Ready, timer: type[TrioTimer]) -> None:
    plan = Plan(choices=ListedChoices((0,)), places=(place(0),))
    call = Call(chat(), plan, call_id="call", seed=1, moment=system_clock())
    runtime = Runtime(timer)
    async with AsyncStream(call, Desk(OpenLedger()), Transport(exchange), runtime) as stream:
        while await stream.next_batch():
            pass
    await runtime.closed()


async def ready(timer: type[TrioTimer]) -> float:
    began = time.process_time()
    await consume(Ready(), timer)
    return time.process_time() - began


async def paced(timer: type[TrioTimer]) -> float:
    send, receive = trio.open_memory_channel[bytes](0)

    async def bring() -> None:
        for chunk in CHUNKS:
            await send.send(chunk)

    began = time.process_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(bring)
        await consume(Paced(receive), timer)
        nursery.cancel_scope.cancel()
    return time.process_time() - began


async def main(rounds: int) -> None:
    timers: dict[str, type[TrioTimer]] = {
        "scope with deadline": TrioTimer,
        "watcher + scope": WatchingTimer,
        "no limit": NoTimer,
    }
    for name, measure in (("data ready", ready), ("another task brings it", paced)):
        times: dict[str, list[float]] = {timer: [] for timer in timers}
        for _ in range(rounds):
            for timer, kind in timers.items():
                times[timer].append(await measure(kind) / len(CHUNKS) * 1e6)
        for timer, taken in times.items():
            print(f"{name:24} {timer:22} {statistics.median(taken):6.1f} µs  ({min(taken):.1f}-{max(taken):.1f})")


if __name__ == "__main__":
    trio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 15)
