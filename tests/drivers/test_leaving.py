"""Consumers that leave early or raise, and helpers of a call that raise where they must not: what comes out, and what is left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
import trio
import trio.testing

from muxer_core.call.commands import Reserve
from muxer_core.call.events import CancelRequested, ReservationDecided
from muxer_core.simulation.clock import VirtualClock
from muxer_core.simulation.run import OpenLedger
from muxer_core.testing.transports import AsyncScriptedTransport, SyncScriptedTransport
from muxer_core.values.errors import LocalProtocolError
from muxer_core.values.items import Item
from muxer_core.values.moment import Moment
from muxer_drivers.async_stream import AsyncStream
from muxer_drivers.asyncio_driver import AsyncioRuntime
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
    check_end,
    run_on_virtual_loop,
    trio_clock,
)


class Enough(Exception):
    """A consumer's own exception."""


def leave(error: BaseException | None) -> None:
    if error is not None:
        raise error


def left_early_on_asyncio(case: Case, error: BaseException | None) -> TracedCall:
    async def main(loop: VirtualLoop) -> TracedCall:
        runtime = AsyncioRuntime()
        call = call_of(case, loop.clock())
        transport = AsyncScriptedTransport(case.upstream, asyncio.sleep)
        stream = AsyncStream(call, Desk(OpenLedger(), clock=loop.clock), transport, runtime)
        try:
            async with stream:
                async for _ in stream:
                    leave(error)
                    break
        finally:
            await runtime.closed()
            assert asyncio.all_tasks() == {asyncio.current_task()}
            check_end(call, transport.left_open)
            assert not await stream.next_batch(), "nothing is delivered after the end"
        return call

    return run_on_virtual_loop(main)


def left_early_on_trio(case: Case, error: BaseException | None) -> TracedCall:
    async def main() -> TracedCall:
        runtime = TrioRuntime()
        call = call_of(case, trio_clock())
        transport = AsyncScriptedTransport(case.upstream, trio.sleep)
        stream = AsyncStream(call, Desk(OpenLedger(), clock=trio_clock), transport, runtime)
        try:
            async with stream:
                async for _ in stream:
                    leave(error)
                    break
        finally:
            await runtime.closed()
            check_end(call, transport.left_open)
            assert not await stream.next_batch(), "nothing is delivered after the end"
        return call

    return trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


def left_early_in_a_thread(case: Case, error: BaseException | None) -> TracedCall:
    clock = VirtualClock(wall=WALL)
    call = call_of(case, clock())
    transport = SyncScriptedTransport(case.upstream, clock.sleep)
    stream = SyncStream(call, Desk(OpenLedger(), clock=clock, sleep=clock.sleep), transport)
    try:
        with stream:
            for _ in stream:
                leave(error)
                break
    finally:
        check_end(call, transport.left_open)
        assert not stream.next_batch(), "nothing is delivered after the end"
    return call


LEAVING = [left_early_on_asyncio, left_early_on_trio, left_early_in_a_thread]


def reasons(call: TracedCall) -> list[str]:
    return [step.reason for _, step in call.trace if isinstance(step, CancelRequested)]


@pytest.mark.parametrize("run", LEAVING)
@pytest.mark.parametrize("name", ["plain success", "one read"])
def test_a_consumer_leaves_early(run: Callable[[Case, BaseException | None], TracedCall], name: str) -> None:
    """Even with items of the same read still unread: what the consumer did not take is not delivered later."""
    assert reasons(run(CASES[name], None)) == ["the stream was left before its end"]


@pytest.mark.parametrize("run", LEAVING)
def test_a_consumer_raises(run: Callable[[Case, BaseException | None], TracedCall]) -> None:
    """Its exception comes out as it is: in no group, and with nothing of ours as its context."""
    error = Enough("that will do")
    with pytest.raises(Enough) as raised:
        run(CASES["plain success"], error)
    assert raised.value is error
    assert error.__context__ is None
    assert error.__cause__ is None


class BrokenLedger(OpenLedger):
    """Fails where a ledger must not."""

    def reserve(self, command: Reserve, moment: Moment) -> ReservationDecided:
        raise OSError("the disk is full")


def test_a_ledger_that_raises_is_heard() -> None:
    """A reservation that may or may not be held cannot be settled: there is no outcome, and the exception says why."""
    clock = VirtualClock()
    call = call_of(CASES["plain success"], clock())
    transport = SyncScriptedTransport(CASES["plain success"].upstream, clock.sleep)
    stream = SyncStream(call, Desk(BrokenLedger(), clock=clock, sleep=clock.sleep), transport)
    with pytest.raises(OSError, match="the disk is full"), stream:
        pass
    with pytest.raises(LocalProtocolError, match="outcome: the call has not ended"):
        _ = stream.outcome
    assert transport.opened == []


def angry_judge(items: tuple[Item, ...]) -> bool:
    raise Enough("no")


def test_a_judge_that_raises_ends_the_call() -> None:
    case = CASES["cascade, second answers"]
    clock = VirtualClock()
    call = call_of(case, clock())
    transport = SyncScriptedTransport(case.upstream, clock.sleep)
    stream = SyncStream(call, Desk(OpenLedger(), judge=angry_judge, clock=clock, sleep=clock.sleep), transport)
    with pytest.raises(Enough), stream:
        pass
    check_end(call, transport.left_open)
    assert reasons(call) == ["stopped by Enough"]
