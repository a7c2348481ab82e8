"""`simulate`: runs one call against scripted upstreams in virtual time, with attempts in parallel, and keeps the trace.

It is the reference driver: it does what `docs/concepts/drivers.md` asks, and nothing else. The trace is the list of everything that went
in and came out, each with its moment; the same inputs give the same trace (law 9).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from math import inf
from typing import Protocol, TypeVar

import msgspec

from muxer_core.call.commands import (
    CloseAttempt,
    Command,
    Deliver,
    Finish,
    Judge,
    OpenAttempt,
    ReadMore,
    Reserve,
    Settle,
)
from muxer_core.call.events import (
    BodyEnded,
    CancelRequested,
    DataReceived,
    Event,
    Judged,
    ReservationDecided,
    ResponseStarted,
    SettlementRecorded,
    TransportFailed,
)
from muxer_core.call.judging import Judging, accept_every_answer
from muxer_core.call.outcome import Outcome
from muxer_core.simulation.clock import VirtualClock
from muxer_core.simulation.script import Break, Data, End, Hang, Head, Playback, Script
from muxer_core.values.failure import Failure
from muxer_core.values.items import Item
from muxer_core.values.moment import Moment
from muxer_core.wire.heads import Headers, ResponseHead

Kind = TypeVar("Kind", bound=Command)


class Ledger(Protocol):
    """Answers reservations and settlements; `Muxer` is one."""

    def reserve(self, command: Reserve, moment: Moment) -> ReservationDecided:
        """Hold the amount, or say why not."""
        ...

    def settle(self, command: Settle, moment: Moment) -> SettlementRecorded:
        """Record the truth."""
        ...


class Driven(Protocol):
    """What a driver needs of a call; `Call` is one."""

    def next_command(self, moment: Moment) -> Command | None:
        """The next wish."""
        ...

    def handle_event(self, event: Event, moment: Moment) -> None:
        """Take in a fact."""
        ...

    def handle_timeout(self, moment: Moment) -> None:
        """Let the timers act."""
        ...

    def wake_at(self) -> float:
        """When they would."""
        ...


class OpenLedger:
    """Grants everything and remembers what it was told."""

    def __init__(self) -> None:
        self.reserved: list[Reserve] = []
        self.settled: list[Settle] = []

    def reserve(self, command: Reserve, moment: Moment) -> ReservationDecided:
        """Granted."""
        self.reserved.append(command)
        return ReservationDecided(command.attempt, granted=True)

    def settle(self, command: Settle, moment: Moment) -> SettlementRecorded:
        """Recorded."""
        self.settled.append(command)
        return SettlementRecorded(command.attempt)


class Run(msgspec.Struct):
    """What happened. `trace` holds every event and command with its moment; `items` what the consumer received."""

    trace: list[tuple[Moment, Event | Command]]
    items: list[Item]
    outcome: Outcome | None = None

    def commands(self, kind: type[Kind]) -> list[Kind]:
        """All commands of one kind, in order."""
        return [step for _, step in self.trace if isinstance(step, kind)]


def event_of(attempt: int, step: Head | Data | End | Break) -> Event:
    """The event that tells a call of a script's step."""
    if isinstance(step, Head):
        return ResponseStarted(attempt, ResponseHead(step.status, Headers(step.headers)))
    if isinstance(step, Data):
        return DataReceived(attempt, step.data)
    if isinstance(step, Break):
        return TransportFailed(attempt, Failure(kind=step.kind, message=step.message), step.sent)
    return BodyEnded(attempt)


class _Coming:
    """Events that are under way, by the instant of their arrival; those of one instant in the order in which they were asked for."""

    __slots__ = ("_heap", "_order")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Event]] = []
        self._order = 0

    def expect(self, attempt: int, playback: Playback, now: float) -> None:
        """Put the script's next step on its way."""
        seconds, step = playback.next()
        if not isinstance(step, Hang):
            self._order += 1
            heapq.heappush(self._heap, (now + seconds, self._order, event_of(attempt, step)))

    def at(self) -> float:
        """When the next one arrives; infinity when none is under way."""
        return self._heap[0][0] if self._heap else inf

    def next(self) -> Event:
        """The next one."""
        return heapq.heappop(self._heap)[2]


def _answer(command: Reserve | Settle | Judge, ledger: Ledger, judge: Judging, moment: Moment) -> Event:
    """The event that answers a command which needs no network."""
    match command:
        case Reserve():
            return ledger.reserve(command, moment)
        case Settle():
            return ledger.settle(command, moment)
        case Judge():
            return Judged(command.attempt, judge(command.items))


def simulate(
    call: Driven,
    upstream: Callable[[OpenAttempt], Script],
    clock: VirtualClock,
    *,
    ledger: Ledger | None = None,
    judge: Judging = accept_every_answer,
    cancel_at: float = inf,
    consumer_pause: float = 0.0,
) -> Run:
    """Run the call to its end. `cancel_at` (monotonic seconds) cancels it; the consumer takes `consumer_pause` seconds a delivery.

    Stops without an outcome when nothing can ever happen again, which no correct call allows.
    """
    books = OpenLedger() if ledger is None else ledger
    run = Run([], [])
    playing: dict[int, Playback] = {}
    coming = _Coming()

    def feed(event: Event) -> None:
        run.trace.append((clock(), event))
        call.handle_event(event, clock())

    while True:
        if clock().mono >= cancel_at:
            cancel_at = inf
            feed(CancelRequested())
        command = call.next_command(clock())
        if command is not None:
            run.trace.append((clock(), command))
        match command:
            case Finish(outcome):
                run.outcome = outcome
                return run
            case Reserve() | Settle() | Judge():
                feed(_answer(command, books, judge, clock()))
            case Deliver(_, items):
                run.items += items
                clock.sleep(consumer_pause)
            case CloseAttempt():
                playing.pop(command.attempt, None)
            case OpenAttempt() | ReadMore():
                if isinstance(command, OpenAttempt):
                    playing[command.attempt] = Playback(upstream(command))
                coming.expect(command.attempt, playing[command.attempt], clock().mono)
            case None:
                arrival = coming.at()
                instant = min(arrival, call.wake_at(), cancel_at)
                if instant == inf:
                    return run
                clock.sleep_until(instant)
                if instant == arrival:
                    feed(coming.next())
                elif instant != cancel_at:
                    call.handle_timeout(clock())
