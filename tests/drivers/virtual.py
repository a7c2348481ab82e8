"""One call on each driver in virtual time: asyncio, trio, plain threads, and the reference that `muxer_core.simulation` is.

Each run gives the trace of its call: every event and command with its moment, taken at the call itself, so that drivers stay as they are.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Mapping
from math import inf
from typing import Any, TypeVar, cast

import msgspec
import trio
import trio.testing

from muxer_core.call.commands import CloseAttempt, Command, OpenAttempt
from muxer_core.call.events import BodyEnded, DataReceived, Event, ResponseStarted, TransportFailed
from muxer_core.call.judging import Judging, accept_every_answer
from muxer_core.call.machine import Call
from muxer_core.call.outcome import CallFailed, Outcome
from muxer_core.call.plan import Plan
from muxer_core.call.policies import Policies, Timeouts
from muxer_core.simulation.clock import VirtualClock
from muxer_core.simulation.run import OpenLedger, simulate
from muxer_core.simulation.script import Script
from muxer_core.testing.calls import ListedChoices, chat, place
from muxer_core.testing.referee import Referee
from muxer_core.testing.transports import AsyncScriptedTransport, SyncScriptedTransport
from muxer_core.values.items import Item
from muxer_core.values.moment import Moment
from muxer_drivers.async_stream import AsyncStream
from muxer_drivers.asyncio_driver import AsyncioRuntime
from muxer_drivers.desk import Desk
from muxer_drivers.sync_driver import SyncStream
from muxer_drivers.trio_driver import TrioRuntime

WALL = 1_000_000.0
TIMEOUTS = Timeouts(connect=5, first_chunk=20, stall=10, call=100)

T = TypeVar("T")
Trace = list[tuple[float, float, Any]]


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A call and what happens to it. `scripts` are played to its attempts in order, the last one again and again."""

    scripts: tuple[Script, ...]
    places: int = 2
    policies: Policies = Policies(timeouts=TIMEOUTS)
    streamed: bool = True
    judge: Judging = accept_every_answer
    cancel_at: float = inf
    consumer_pause: float = 0.0

    def upstream(self, command: OpenAttempt) -> Script:
        return self.scripts[min(command.attempt, len(self.scripts) - 1)]


class TracedCall(Call):
    """A call that keeps what went in and what came out."""

    __slots__ = ("__weakref__", "trace")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.trace: list[tuple[Moment, Event | Command]] = []
        super().__init__(*args, **kwargs)

    def next_command(self, moment: Moment) -> Command | None:
        command = super().next_command(moment)
        if command is not None:
            self.trace.append((moment, command))
        return command

    def handle_event(self, event: Event, moment: Moment) -> None:
        self.trace.append((moment, event))
        super().handle_event(event, moment)


class Ran(msgspec.Struct):
    """What one run gave."""

    trace: Trace
    items: list[Item]
    outcome: Outcome | None
    left_open: int
    ended: str


def call_of(case: Case, moment: Moment) -> TracedCall:
    plan = Plan(
        choices=ListedChoices(tuple(range(case.places))),
        places=tuple(place(number) for number in range(case.places)),
        policies=case.policies,
    )
    return TracedCall(chat(streamed=case.streamed), plan, call_id="call", seed=7, moment=moment)


def comparable(trace: list[tuple[Moment, Event | Command]]) -> Trace:
    """The trace with its times to a microsecond, since clocks that add the same seconds in another order differ in the last digit, and
    without late events: the simulation plays on what a driver interrupts, and the machine ignores it."""
    steps: Trace = []
    closed: set[int] = set()
    for moment, step in trace:
        if isinstance(step, CloseAttempt):
            closed.add(step.attempt)
        elif isinstance(step, ResponseStarted | DataReceived | BodyEnded | TransportFailed) and step.attempt in closed:
            continue
        steps.append((round(moment.mono, 6), round(moment.wall, 6), _round(msgspec.to_builtins(step))))
    return steps


def _round(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, Mapping):
        return {key: _round(part) for key, part in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_round(part) for part in cast("list[Any]", value)]
    return value


def referee_saw(call: TracedCall) -> Referee:
    """The laws hold on the trace of this call, and it came to its end."""
    referee = Referee()
    for _, step in call.trace:
        if isinstance(step, Event):
            referee.saw_event(step)
        else:
            referee.saw_command(step)
    assert referee.finished
    return referee


def check_end(call: TracedCall, left_open: int) -> None:
    referee_saw(call)
    assert left_open == 0
    assert call.wake_at() == inf


# -- the reference ----------------------------------------------------------------------------------------------------------------------


def run_reference(case: Case) -> Ran:
    clock = VirtualClock(wall=WALL)
    call = call_of(case, clock())
    run = simulate(
        call, case.upstream, clock, judge=case.judge, cancel_at=case.cancel_at, consumer_pause=case.consumer_pause
    )
    return Ran(comparable(call.trace), run.items, run.outcome, 0, _ended(run.outcome))


def _ended(outcome: Outcome | None) -> str:
    return "" if outcome is None else outcome.status


# -- plain threads ----------------------------------------------------------------------------------------------------------------------


class Interrupted:
    """A virtual `sleep` that is interrupted at an instant, as Ctrl-C does it."""

    def __init__(self, clock: VirtualClock, at: float) -> None:
        self._clock = clock
        self._at = at

    def __call__(self, seconds: float) -> None:
        if self._clock().mono + seconds >= self._at:
            self._clock.sleep_until(self._at)
            self._at = inf
            raise KeyboardInterrupt
        self._clock.sleep(seconds)


def run_sync(case: Case) -> Ran:
    clock = VirtualClock(wall=WALL)
    call = call_of(case, clock())
    sleep = Interrupted(clock, case.cancel_at)
    transport = SyncScriptedTransport(case.upstream, sleep)
    stream = SyncStream(call, Desk(OpenLedger(), judge=case.judge, clock=clock, sleep=sleep), transport)
    items: list[Item] = []
    ended = "complete"
    try:
        with stream:
            while batch := stream.next_batch():
                items += batch
                sleep(case.consumer_pause)
    except CallFailed:
        ended = "failed"
    except KeyboardInterrupt:
        ended = "cancelled"
    referee_saw(call)
    return Ran(comparable(call.trace), items, stream.outcome, transport.left_open, ended)


# -- asyncio ----------------------------------------------------------------------------------------------------------------------------


class VirtualSelector(selectors.SelectSelector):
    """Never waits: the time for which it was asked to wait has passed."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "nothing can ever happen again"
            self._clock.sleep(timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An asyncio event loop whose time is a `VirtualClock`'s. It counts the timers that were armed."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.armed: list[str] = []
        super().__init__(VirtualSelector(clock))

    def time(self) -> float:
        return self.clock().mono

    def call_at(  # type: ignore[override]  # the supertype's variadic type variable says no more than this
        self, when: float, callback: Callable[..., Any], *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        self.armed.append(getattr(callback, "__qualname__", repr(callback)))
        return super().call_at(when, callback, *args, context=context)


def run_on_virtual_loop(main: Callable[[VirtualLoop], Awaitable[T]]) -> T:
    clock = VirtualClock(wall=WALL)
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(clock)) as runner:
        loop = cast("VirtualLoop", runner.get_loop())
        return runner.run(_main(main, loop))


async def _main(main: Callable[[VirtualLoop], Awaitable[T]], loop: VirtualLoop) -> T:
    return await main(loop)


async def consume(
    stream: AsyncStream, items: list[Item], pause: float, sleep: Callable[[float], Awaitable[None]]
) -> str:
    try:
        async with stream:
            while batch := await stream.next_batch():
                items += batch
                if pause:
                    await sleep(pause)
    except CallFailed:
        return "failed"
    return "complete"


def run_asyncio(case: Case) -> Ran:
    async def main(loop: VirtualLoop) -> Ran:
        call = call_of(case, loop.clock())
        transport = AsyncScriptedTransport(case.upstream, asyncio.sleep)
        runtime = AsyncioRuntime()
        desk = Desk(OpenLedger(), judge=case.judge, clock=loop.clock)
        stream = AsyncStream(call, desk, transport, runtime)
        items: list[Item] = []
        task = asyncio.ensure_future(consume(stream, items, case.consumer_pause, asyncio.sleep))
        if case.cancel_at < inf:
            loop.call_at(case.cancel_at, task.cancel)
        await asyncio.wait([task])
        ended = "cancelled" if task.cancelled() else task.result()
        await runtime.closed()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        referee_saw(call)
        return Ran(comparable(call.trace), items, stream.outcome, transport.left_open, ended)

    return run_on_virtual_loop(main)


# -- trio -------------------------------------------------------------------------------------------------------------------------------


def trio_clock() -> Moment:
    return Moment(trio.current_time(), WALL + trio.current_time())


def run_trio(case: Case) -> Ran:
    async def main() -> Ran:
        call = call_of(case, trio_clock())
        transport = AsyncScriptedTransport(case.upstream, trio.sleep)
        runtime = TrioRuntime()
        stream = AsyncStream(call, Desk(OpenLedger(), judge=case.judge, clock=trio_clock), transport, runtime)
        items: list[Item] = []
        ended = "cancelled"
        with trio.CancelScope(deadline=case.cancel_at):
            ended = await consume(stream, items, case.consumer_pause, trio.sleep)
        await runtime.closed()
        referee_saw(call)
        return Ran(comparable(call.trace), items, stream.outcome, transport.left_open, ended)

    return trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


DRIVERS: dict[str, Callable[[Case], Ran]] = {"sync": run_sync, "asyncio": run_asyncio, "trio": run_trio}
