"""One lazy timer a call (HOT_PATHS.md): armed when `wake_at()` comes nearer, looked at when it fires, never moved for a read."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Callable, Iterator

import pytest
import trio
import trio.testing

from muxer_core.call.outcome import CallFailed
from muxer_core.call.policies import Policies, Timeouts
from muxer_core.simulation.clock import VirtualClock
from muxer_core.simulation.run import OpenLedger
from muxer_core.simulation.script import answer
from muxer_core.testing.calls import DONE, FINISH, ROLE, text_chunk
from muxer_core.testing.transports import AsyncScriptedTransport, SyncScriptedTransport
from muxer_drivers.async_stream import AsyncStream
from muxer_drivers.asyncio_driver import AsyncioRuntime, AsyncioTimer
from muxer_drivers.desk import Desk
from muxer_drivers.sync_driver import SyncStream
from muxer_drivers.trio_driver import TrioRuntime
from tests.drivers.scenarios import CASES
from tests.drivers.virtual import (
    WALL,
    Case,
    TracedCall,
    VirtualLoop,
    call_of,
    comparable,
    consume,
    run_on_virtual_loop,
    run_reference,
    trio_clock,
)

CHUNKS = [ROLE, *[text_chunk("x")] * 1000, FINISH, DONE]


def timers_armed(case: Case) -> int:
    """How often the call's timer was armed on asyncio."""

    async def main(loop: VirtualLoop) -> int:
        call = call_of(case, loop.clock())
        transport = AsyncScriptedTransport(case.upstream, asyncio.sleep)
        runtime = AsyncioRuntime()
        ended = await consume(
            AsyncStream(call, Desk(OpenLedger(), clock=loop.clock), transport, runtime), [], 0.0, asyncio.sleep
        )
        assert ended == "complete"
        await runtime.closed()
        return sum(name == "AsyncioTimer._fire" for name in loop.armed)

    return run_on_virtual_loop(main)


def test_a_quick_stream_arms_the_timer_twice() -> None:
    """Once for the first chunk, once for the stall timer, which is nearer; a thousand reads move it no more."""
    assert timers_armed(Case(scripts=(answer(CHUNKS, gap=0.001),))) == 2


def test_a_long_stream_arms_it_again_by_distance_not_by_reads() -> None:
    """A thousand reads in 500 s, with a stall timer of 10 s: each time that it fires it is set to where `wake_at()` is by then."""
    policies = Policies(timeouts=Timeouts(first_chunk=20, stall=10, call=1000))
    assert 50 <= timers_armed(Case(scripts=(answer(CHUNKS, gap=0.5),), policies=policies)) <= 55


@pytest.mark.parametrize("name", ["slow but steady", "no first chunk", "stall", "slow consumer", "retry-after"])
def test_early_alarms_change_nothing(name: str) -> None:
    """An alarm every tenth of a second: a read in flight outlives it, and the trace stays the same."""
    case = CASES[name]

    async def main(loop: VirtualLoop) -> None:
        call = call_of(case, loop.clock())
        transport = AsyncScriptedTransport(case.upstream, asyncio.sleep)
        runtime = AsyncioRuntime()
        stream = AsyncStream(call, Desk(OpenLedger(), clock=loop.clock), transport, runtime)
        timer = stream._timer
        assert isinstance(timer, AsyncioTimer)
        consumer = asyncio.ensure_future(consume(stream, [], case.consumer_pause, asyncio.sleep))
        alarms = 0
        while not consumer.done():
            await asyncio.sleep(0.0999)
            if loop.clock().mono < call.wake_at():
                timer._fire()
                alarms += 1
        assert alarms > 20
        await runtime.closed()
        assert comparable(call.trace) == run_reference(case).trace

    run_on_virtual_loop(main)


def test_a_clock_that_lags_behind_the_loop() -> None:
    """A wait that ends a hair before `wake_at()` is as late to the call as it asked for: no second wait, no spin."""
    case = CASES["no head"]

    async def main(loop: VirtualLoop) -> None:
        call = call_of(case, loop.clock())
        naps = 0

        def sleep_short(seconds: float) -> None:
            nonlocal naps
            naps += 1
            loop.clock.sleep(seconds * 0.999999)

        transport = SyncScriptedTransport(case.upstream, sleep_short)
        with SyncStream(call, Desk(OpenLedger(), clock=loop.clock, sleep=sleep_short), transport) as stream:
            while stream.next_batch():
                pass
        assert [one.status for one in stream.outcome.attempts] == ["failed", "complete"]
        assert naps <= 10

    run_on_virtual_loop(main)


# -- what is left of a call -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Only reference counts free anything."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class Watched(AsyncStream):
    __slots__ = ("__weakref__",)


class WatchedInThread(SyncStream):
    __slots__ = ("__weakref__",)


Refs = list["weakref.ref[object]"]


def refs_to(*things: object) -> Refs:
    return [weakref.ref(thing) for thing in things]


async def run_async(case: Case, call: TracedCall, stream: Watched) -> None:
    try:
        async with stream:
            while await stream.next_batch():
                pass
    except CallFailed:
        pass


def left_on_asyncio(case: Case) -> Refs:
    async def main(loop: VirtualLoop) -> Refs:
        call = call_of(case, loop.clock())
        transport = AsyncScriptedTransport(case.upstream, asyncio.sleep)
        runtime = AsyncioRuntime()
        stream = Watched(call, Desk(OpenLedger(), clock=loop.clock), transport, runtime)
        await run_async(case, call, stream)
        await runtime.closed()
        return refs_to(call, stream, *transport.opened)

    return run_on_virtual_loop(main)


def left_on_trio(case: Case) -> Refs:
    async def main() -> Refs:
        call = call_of(case, trio_clock())
        transport = AsyncScriptedTransport(case.upstream, trio.sleep)
        runtime = TrioRuntime()
        stream = Watched(call, Desk(OpenLedger(), clock=trio_clock), transport, runtime)
        await run_async(case, call, stream)
        await runtime.closed()
        return refs_to(call, stream, *transport.opened)

    return trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


def left_in_a_thread(case: Case) -> Refs:
    clock = VirtualClock(wall=WALL)
    call = call_of(case, clock())
    transport = SyncScriptedTransport(case.upstream, clock.sleep)
    stream = WatchedInThread(call, Desk(OpenLedger(), clock=clock, sleep=clock.sleep), transport)
    try:
        with stream:
            while stream.next_batch():
                pass
    except CallFailed:
        pass
    return refs_to(call, stream, *transport.opened)


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("run", [left_on_asyncio, left_on_trio, left_in_a_thread])
@pytest.mark.parametrize(
    "name", ["plain success", "retry after 500", "nobody listens", "reset in mid-stream", "stall", "no head"]
)
def test_a_finished_call_leaves_no_cycle(run: Callable[[Case], Refs], name: str) -> None:
    """Law 10. With the collector off, everything of the call is gone when the last name for it is."""
    assert [ref() for ref in run(CASES[name]) if ref() is not None] == []
