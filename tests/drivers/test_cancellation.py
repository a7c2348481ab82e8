"""Law 7: obligations outlive cancellation, whatever cancels, wherever it strikes.

Every await of a call, its transport's and its consumer's, goes through one `sleep`. It is counted, and the cancellation comes at the n-th,
for every n. After each run the referee must be content with the trace, every exchange closed, no task and no timer left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import anyio
import pytest
import trio
import trio.testing

from muxer_core.call.commands import Finish, OpenAttempt
from muxer_core.call.exchange import TransportError
from muxer_core.call.outcome import CallFailed
from muxer_core.simulation.clock import VirtualClock
from muxer_core.simulation.run import OpenLedger
from muxer_core.testing.transports import AsyncScriptedExchange, AsyncScriptedTransport, SyncScriptedTransport
from muxer_core.values.failure import Failure
from muxer_core.values.items import Item
from muxer_drivers.async_stream import AsyncStream
from muxer_drivers.asyncio_driver import AsyncioRuntime, AsyncioTimer
from muxer_drivers.desk import Desk
from muxer_drivers.here import runtime_here
from muxer_drivers.sync_driver import SyncStream
from muxer_drivers.trio_driver import TrioRuntime
from muxer_drivers.world import system_clock
from tests.drivers.scenarios import CASES
from tests.drivers.virtual import (
    WALL,
    VirtualLoop,
    call_of,
    check_end,
    consume,
    run_on_virtual_loop,
    trio_clock,
)

STRUCK = [
    "plain success",
    "not streamed",
    "retry after 500",
    "no head",
    "stall",
    "cascade, second answers",
    "nothing more after the end mark",
    "slow consumer",
]
"""Scenarios whose awaits are of every kind: opening, reading, backoff, a wait that the call ends itself, an end mark, a consumer's own."""


class Striking:
    """A `sleep` that does something at its n-th call, before it sleeps."""

    def __init__(self, sleep: Callable[[float], Awaitable[None]], at: int, strike: Callable[[], object]) -> None:
        self.calls = 0
        self._sleep = sleep
        self._at = at
        self._strike = strike

    async def __call__(self, seconds: float) -> None:
        self.calls += 1
        if self.calls == self._at:
            self._strike()
        await self._sleep(seconds)


def everywhere(run: Callable[[int], bool]) -> int:
    """Run with a strike at the first await, the second, …, until there is none to strike. Returns how many there were."""
    at = 1
    while run(at):
        at += 1
    return at - 1


# -- asyncio ----------------------------------------------------------------------------------------------------------------------------


async def cancelled_task(body: Callable[[Callable[[], object]], Awaitable[None]]) -> bool:
    """`Task.cancel`, once."""
    task: asyncio.Task[None] | None = None

    async def inside() -> None:
        await body(lambda: task and task.cancel())

    task = asyncio.ensure_future(inside())
    await asyncio.wait([task])
    return task.cancelled()


async def timed_out(body: Callable[[Callable[[], object]], Awaitable[None]]) -> bool:
    """`asyncio.timeout`, which comes out as `TimeoutError` and leaves the task as it was."""
    task = asyncio.current_task()
    assert task is not None
    inside = True
    try:
        async with asyncio.timeout(None) as limit:

            def cancel() -> None:
                if inside:
                    limit.reschedule(0.0)

            await body(cancel)
    except TimeoutError:
        return True
    finally:
        inside = False
        assert task.cancelling() == 0
    return False


async def cancelled_scope(body: Callable[[Callable[[], object]], Awaitable[None]]) -> bool:
    """An anyio cancel scope: every later await inside is cancelled again."""
    with anyio.CancelScope() as scope:
        await body(scope.cancel)
    return scope.cancelled_caught


@pytest.mark.parametrize("way", [cancelled_task, timed_out, cancelled_scope])
@pytest.mark.parametrize("name", STRUCK)
def test_asyncio_cancelled_at_every_await(name: str, way: Callable[..., Awaitable[bool]]) -> None:
    case = CASES[name]

    def strike(at: int) -> bool:
        async def main(loop: VirtualLoop) -> bool:
            call = call_of(case, loop.clock())
            runtime = AsyncioRuntime()
            items: list[Item] = []
            sleep: Striking | None = None
            transport: AsyncScriptedTransport | None = None

            async def body(cancel: Callable[[], object]) -> None:
                nonlocal sleep, transport
                sleep = Striking(asyncio.sleep, at, cancel)
                transport = AsyncScriptedTransport(case.upstream, sleep)
                desk = Desk(OpenLedger(), judge=case.judge, clock=loop.clock)
                await consume(AsyncStream(call, desk, transport, runtime), items, case.consumer_pause, sleep)

            was_cancelled = await way(body)
            await runtime.closed()
            assert sleep is not None
            assert transport is not None
            check_end(call, transport.left_open)
            assert asyncio.all_tasks() == {asyncio.current_task()}
            assert not [handle for handle in loop._scheduled if not handle.cancelled()], "every timer is stopped"  # type: ignore[attr-defined]  # private, and the only way to ask
            struck = sleep.calls >= at
            # A strike during the very last await may find nobody to cancel; before that it must come out.
            assert was_cancelled or not struck or isinstance(call.trace[-1][1], Finish)
            return struck

        return run_on_virtual_loop(main)

    assert everywhere(strike) >= 3


@pytest.mark.parametrize("way", ["cancel first", "alarm first"])
def test_asyncio_cancelled_as_the_alarm_rings(way: str) -> None:
    """The call's own timeout must not swallow a cancellation that comes at the same time, whoever is first."""

    async def main(loop: VirtualLoop) -> None:
        call = call_of(CASES["no head"], loop.clock())
        transport = AsyncScriptedTransport(CASES["no head"].upstream, asyncio.sleep)
        runtime = AsyncioRuntime()
        stream = AsyncStream(call, Desk(OpenLedger(), clock=loop.clock), transport, runtime)
        task = asyncio.ensure_future(consume(stream, [], 0.0, asyncio.sleep))
        await asyncio.sleep(1.0)
        timer = stream._timer
        assert isinstance(timer, AsyncioTimer)
        loop.clock.sleep_until(call.wake_at())
        for strike in (task.cancel, timer._fire) if way == "cancel first" else (timer._fire, task.cancel):
            strike()
        await asyncio.wait([task])
        assert task.cancelled()
        await runtime.closed()
        check_end(call, transport.left_open)

    run_on_virtual_loop(main)


@pytest.mark.parametrize("way", ["scope first", "alarm first"])
def test_an_anyio_scope_is_cancelled_as_the_alarm_rings(way: str) -> None:
    async def main(loop: VirtualLoop) -> None:
        call = call_of(CASES["no head"], loop.clock())
        transport = AsyncScriptedTransport(CASES["no head"].upstream, asyncio.sleep)
        runtime = AsyncioRuntime()
        stream = AsyncStream(call, Desk(OpenLedger(), clock=loop.clock), transport, runtime)
        timer = stream._timer
        assert isinstance(timer, AsyncioTimer)
        with anyio.CancelScope() as scope:

            def strike() -> None:
                loop.clock.sleep_until(call.wake_at())
                for blow in (scope.cancel, timer._fire) if way == "scope first" else (timer._fire, scope.cancel):
                    blow()

            loop.call_later(1.0, strike)
            await consume(stream, [], 0.0, asyncio.sleep)
        assert scope.cancelled_caught
        await runtime.closed()
        check_end(call, transport.left_open)

    run_on_virtual_loop(main)


def test_asyncio_timeouts_of_a_call_and_around_it_at_one_instant() -> None:
    """Both end at 20 s: the one around the call must come out, since its block is over."""

    async def main(loop: VirtualLoop) -> None:
        call = call_of(CASES["no head"], loop.clock())
        transport = AsyncScriptedTransport(CASES["no head"].upstream, asyncio.sleep)
        runtime = AsyncioRuntime()
        stream = AsyncStream(call, Desk(OpenLedger(), clock=loop.clock), transport, runtime)

        async def limited() -> None:
            async with asyncio.timeout(20.0):
                await consume(stream, [], 0.0, asyncio.sleep)
                await asyncio.sleep(0.0)

        with pytest.raises(TimeoutError):
            await limited()
        await runtime.closed()
        check_end(call, transport.left_open)

    run_on_virtual_loop(main)


class Stubborn(AsyncScriptedTransport):
    """Swallows the cancellation of an opening and reports it as a failure, as a badly behaved library does."""

    async def open(self, command: OpenAttempt) -> AsyncScriptedExchange:
        try:
            return await super().open(command)
        except asyncio.CancelledError:
            raise TransportError(Failure(kind="connection_lost", message="swallowed"), sent=True) from None


def test_a_transport_that_swallows_the_alarm_leaves_the_task_as_it_was() -> None:
    async def main(loop: VirtualLoop) -> None:
        call = call_of(CASES["no head"], loop.clock())
        transport = Stubborn(CASES["no head"].upstream, asyncio.sleep)
        runtime = AsyncioRuntime()
        stream = AsyncStream(call, Desk(OpenLedger(), clock=loop.clock), transport, runtime)
        assert await consume(stream, [], 0.0, asyncio.sleep) == "complete"
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0
        await runtime.closed()
        check_end(call, transport.left_open)
        failure = stream.outcome.attempts[0].failure
        assert failure is not None
        assert failure.kind == "first_chunk_timeout"

    run_on_virtual_loop(main)


# -- trio -------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STRUCK)
def test_trio_cancelled_at_every_await(name: str) -> None:
    case = CASES[name]

    def strike(at: int) -> bool:
        async def main() -> bool:
            call = call_of(case, trio_clock())
            runtime, scope = TrioRuntime(), trio.CancelScope()
            sleep = Striking(trio.sleep, at, scope.cancel)
            transport = AsyncScriptedTransport(case.upstream, sleep)
            stream = AsyncStream(call, Desk(OpenLedger(), judge=case.judge, clock=trio_clock), transport, runtime)
            with scope:
                await consume(stream, [], case.consumer_pause, sleep)
            await runtime.closed()
            check_end(call, transport.left_open)
            struck = sleep.calls >= at
            assert scope.cancelled_caught or not struck or isinstance(call.trace[-1][1], Finish)
            return struck

        return trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))

    assert everywhere(strike) >= 3


def test_trio_deadlines_of_a_call_and_around_it_at_one_instant() -> None:
    async def main() -> None:
        call = call_of(CASES["no head"], trio_clock())
        transport = AsyncScriptedTransport(CASES["no head"].upstream, trio.sleep)
        runtime = TrioRuntime()
        with trio.CancelScope(deadline=20.0) as scope:
            stream = AsyncStream(call, Desk(OpenLedger(), clock=trio_clock), transport, runtime)
            await consume(stream, [], 0.0, trio.sleep)
        assert scope.cancelled_caught
        await runtime.closed()
        check_end(call, transport.left_open)

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_anyio_picks_either(backend: str) -> None:
    """A call in anyio's own task group, cancelled with it; nothing is wrapped into a group."""

    async def main() -> None:
        call = call_of(CASES["no head"], system_clock())
        runtime = runtime_here()
        transport = AsyncScriptedTransport(CASES["no head"].upstream, anyio.sleep)
        async with anyio.create_task_group() as group:
            stream = AsyncStream(call, Desk(OpenLedger()), transport, runtime)
            group.start_soon(consume, stream, list[Item](), 0.0, anyio.sleep)
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()
        await runtime.closed()
        check_end(call, transport.left_open)

    anyio.run(main, backend=backend)


# -- plain threads ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STRUCK)
def test_sync_interrupted_at_every_wait(name: str) -> None:
    case = CASES[name]

    def strike(at: int) -> bool:
        clock = VirtualClock(wall=WALL)
        call = call_of(case, clock())
        calls = 0

        def sleep(seconds: float) -> None:
            nonlocal calls
            calls += 1
            if calls == at:
                raise KeyboardInterrupt
            clock.sleep(seconds)

        transport = SyncScriptedTransport(case.upstream, sleep)
        stream = SyncStream(call, Desk(OpenLedger(), judge=case.judge, clock=clock, sleep=sleep), transport)
        interrupted = False
        try:
            with stream:
                while stream.next_batch():
                    sleep(case.consumer_pause)
        except CallFailed:
            pass
        except KeyboardInterrupt:
            interrupted = True
        check_end(call, transport.left_open)
        assert interrupted == (calls >= at)
        return interrupted

    assert everywhere(strike) >= 3
