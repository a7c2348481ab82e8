"""`CallMachine`: a Hypothesis state machine that answers a call's commands in every order and way, under the eyes of a `Referee`.

Each rule answers one command that the call has taken, as some driver and some server might. Cancellation is drawn once for a run, at a
step drawn with it: a rule as likely as any other would end nearly all runs before they begin. Success is weighted, for the same reason.
"""

from __future__ import annotations

from math import inf
from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from muxer_core.call.capabilities import DriverCapabilities
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
    Connected,
    DataReceived,
    Event,
    Judged,
    ReservationDecided,
    ResponseStarted,
    SettlementRecorded,
    TransportFailed,
)
from muxer_core.call.machine import Call
from muxer_core.simulation.clock import VirtualClock
from muxer_core.testing.calls import ERROR_BODIES, Scenario, reply_chunks, scenarios
from muxer_core.testing.courses import referee_for
from muxer_core.values.failure import Failure
from muxer_core.wire.heads import Headers, ResponseHead


class CallMachine(RuleBasedStateMachine):
    """Subclass it with `call_type` to try a changed machine; `referee.reached` says how deep a run went."""

    call_type: type[Any] = Call

    @initialize(scenario=scenarios())
    def begin(self, scenario: Scenario) -> None:
        """A call in some configuration."""
        self.scenario = scenario
        self.clock = VirtualClock()
        self.referee = referee_for(scenario)
        self.call = self.call_type(
            scenario.operation,
            scenario.plan,
            call_id="call",
            seed=scenario.seed,
            moment=self.clock(),
            capabilities=DriverCapabilities(
                max_parallel=scenario.parallel, reports_connected=scenario.reports_connected
            ),
        )
        self.waiting: list[Command] = []
        self.unread: dict[int, list[bytes]] = {}
        self.late: list[Event] = []
        self.steps = 0
        self.drain()

    def drain(self) -> None:
        """Take every command; keep those that need an answer."""
        while (command := self.call.next_command(self.clock())) is not None:
            self.referee.saw_command(command)
            if isinstance(command, Reserve | OpenAttempt | ReadMore | Judge | Settle):
                self.waiting.append(command)
            elif isinstance(command, CloseAttempt):
                # What was under way may still arrive: late events are normal.
                gone = [
                    one
                    for one in self.waiting
                    if isinstance(one, OpenAttempt | ReadMore) and one.attempt == command.attempt
                ]
                self.waiting = [one for one in self.waiting if one not in gone]
                self.late += [
                    BodyEnded(one.attempt) if isinstance(one, ReadMore) else _head(one.attempt, 200) for one in gone
                ]
            elif isinstance(command, Finish):
                self.finished(command)
            elif isinstance(command, Deliver):
                self.clock.sleep(self.scenario.consumer_pause)
                assert not self.call.wake_reason().startswith("stall"), "a slow consumer is no stalled provider"

        self.referee.at_rest()
        waits = self.waiting or self.referee.finished or self.call.wake_reason().startswith("backoff")
        assert waits, "a call that is not over waits for an answer or for its next attempt"

    def finished(self, command: Finish) -> None:
        """The call is over: nothing may be owed, and nothing may wake it."""
        assert self.call.wake_at() == inf

    def feed(self, event: Event) -> None:
        """One event, then everything that follows from it."""
        note(f"{event}")
        self.steps += 1
        self.referee.saw_event(event)
        self.call.handle_event(event, self.clock())
        if self.steps == self.scenario.cancel_at_step:
            # Before the commands are taken: what was wished for and not yet done must be taken back.
            self.referee.saw_event(CancelRequested())
            self.call.handle_event(CancelRequested(), self.clock())
        self.drain()

    def take(self, kind: type[Any], choice: int) -> Any:
        """One of the commands of a kind that wait for an answer."""
        some = [command for command in self.waiting if isinstance(command, kind)]
        command = some[choice % len(some)]
        self.waiting.remove(command)
        return command

    def waits_for(self, *kinds: type[Any]) -> bool:
        """Does a command of one of these kinds wait?"""
        return any(isinstance(command, kinds) for command in getattr(self, "waiting", ()))

    @precondition(lambda self: self.waits_for(Reserve))
    @rule(choice=st.integers(0, 3), granted=st.sampled_from([True] * 9 + [False]))
    def decide_reservation(self, choice: int, granted: bool) -> None:
        """The ledger answers."""
        command = self.take(Reserve, choice)
        failure = None if granted else Failure(kind="refused_by_budget", message="the budget is spent")
        self.feed(ReservationDecided(command.attempt, granted, failure))

    @precondition(lambda self: self.waits_for(OpenAttempt))
    @rule(
        choice=st.integers(0, 3), status=st.sampled_from([200] * 6 + [500, 429, 401, 400, 404]), chunks=reply_chunks()
    )
    def answer_open(self, choice: int, status: int, chunks: list[bytes]) -> None:
        """A head arrives."""
        command = self.take(OpenAttempt, choice)
        if self.scenario.reports_connected:
            self.call.handle_event(Connected(command.attempt), self.clock())
        self.unread[command.attempt] = list(chunks) if status == 200 else [ERROR_BODIES[status]]
        self.feed(_head(command.attempt, status))

    @precondition(lambda self: self.waits_for(ReadMore))
    @rule(choice=st.integers(0, 3))
    def answer_read(self, choice: int) -> None:
        """Bytes arrive, or the body ends."""
        command = self.take(ReadMore, choice)
        unread = self.unread[command.attempt]
        self.feed(DataReceived(command.attempt, unread.pop(0)) if unread else BodyEnded(command.attempt))

    @precondition(lambda self: bool(getattr(self, "waiting", ())))
    @rule(steps=st.integers(3, 20), choice=st.integers(0, 3), chunks=reply_chunks())
    def go_well(self, steps: int, choice: int, chunks: list[bytes]) -> None:
        """Several answers at a time, all of the kind that a good day brings."""
        for _ in range(steps):
            if not self.waiting:
                return
            command = self.waiting[choice % len(self.waiting)]
            self.waiting.remove(command)
            if isinstance(command, Reserve):
                self.feed(ReservationDecided(command.attempt, granted=True))
            elif isinstance(command, OpenAttempt):
                self.unread[command.attempt] = list(chunks)
                self.feed(_head(command.attempt, 200))
            elif isinstance(command, ReadMore):
                unread = self.unread[command.attempt]
                self.feed(DataReceived(command.attempt, unread.pop(0)) if unread else BodyEnded(command.attempt))
            elif isinstance(command, Settle):
                self.feed(SettlementRecorded(command.attempt))
            elif isinstance(command, Judge):
                self.feed(Judged(command.attempt, accepted=choice % 2 == 0))

    @precondition(lambda self: bool(getattr(self, "waiting", ())))
    @rule(steps=st.integers(3, 20), choice=st.integers(0, 3), chunks=reply_chunks())
    def go_well_again(self, steps: int, choice: int, chunks: list[bytes]) -> None:
        """The same, so that good days are likelier."""
        self.go_well(steps, choice, chunks)

    @precondition(lambda self: self.waits_for(OpenAttempt, ReadMore))
    @rule(choice=st.integers(0, 3), sent=st.booleans(), odds=st.integers(0, 3))
    def break_connection(self, choice: int, sent: bool, odds: int) -> None:
        """The network fails, one time in four."""
        if odds:
            return
        command = self.take((OpenAttempt, ReadMore), choice)  # type: ignore[arg-type]  # isinstance takes a tuple of classes
        failure = Failure(kind="connection_lost" if sent else "connect", message="the connection was reset")
        self.feed(TransportFailed(command.attempt, failure, sent or isinstance(command, ReadMore)))

    @precondition(lambda self: self.waits_for(Judge))
    @rule(choice=st.integers(0, 3), accepted=st.booleans())
    def judge(self, choice: int, accepted: bool) -> None:
        """The judge decides."""
        self.feed(Judged(self.take(Judge, choice).attempt, accepted))

    @precondition(lambda self: self.waits_for(Settle))
    @rule(choice=st.integers(0, 3))
    def record_settlement(self, choice: int) -> None:
        """The ledger has it."""
        self.feed(SettlementRecorded(self.take(Settle, choice).attempt))

    @precondition(lambda self: bool(getattr(self, "late", ())))
    @rule()
    def arrive_late(self) -> None:
        """Something of a closed attempt arrives: it changes nothing."""
        before = self.call.wake_at()
        self.call.handle_event(self.late.pop(), self.clock())
        assert self.call.wake_at() == before
        assert self.call.next_command(self.clock()) is None

    @precondition(lambda self: hasattr(self, "call"))
    @rule(seconds=st.sampled_from([0.0, 0.0, 0.1, 1.0, 1000.0]))
    def pass_time(self, seconds: float) -> None:
        """Time passes, but never beyond the next wake; a timeout handled early or twice changes nothing."""
        before = self.call.wake_at()
        self.call.handle_timeout(self.clock())
        if before > self.clock().mono:
            assert self.call.next_command(self.clock()) is None, "an early timeout changes nothing"
        self.clock.sleep(min(seconds, max(0.0, self.call.wake_at() - self.clock().mono)))
        if self.call.wake_at() <= self.clock().mono:
            assert self.call.wake_reason() != "nothing"
            self.let_timers_act()

    @precondition(lambda self: hasattr(self, "call") and self.call.wake_reason().startswith(("hedge", "backoff")))
    @rule(steps=st.integers(0, 3), choice=st.integers(0, 3), chunks=reply_chunks())
    def wake_up(self, steps: int, choice: int, chunks: list[bytes]) -> None:
        """The call's own next step in time, the end of a backoff or a hedge, and a few good answers after it."""
        self.clock.sleep_until(self.call.wake_at())
        self.let_timers_act()
        self.go_well(steps, choice, chunks)

    @precondition(lambda self: self.waits_for(Reserve) and self.scenario.plan.policies.hedge is not None)
    @rule(steps=st.integers(0, 8), choice=st.integers(0, 3), chunks=reply_chunks())
    def be_slow(self, steps: int, choice: int, chunks: list[bytes]) -> None:
        """The first attempt opens and says nothing until its hedge begins; then both go on."""
        self.go_well(1, 0, chunks)
        if self.call.wake_reason() == "hedge":
            self.wake_up(steps, choice, chunks)

    def let_timers_act(self) -> None:
        """Opens and reads of attempts that time out become late events, through their closes."""
        self.call.handle_timeout(self.clock())
        self.drain()

    def teardown(self) -> None:
        """Whatever state a run stops in, a cancellation must bring it to its end with every obligation met."""
        if not hasattr(self, "call") or self.referee.finished or self.referee.objected:
            return
        self.referee.saw_event(CancelRequested())
        self.call.handle_event(CancelRequested(), self.clock())
        self.drain()
        while not self.referee.finished:
            assert self.waiting, "the call neither ends nor waits for anything"
            command = self.waiting.pop(0)
            if isinstance(command, Reserve):
                self.feed(ReservationDecided(command.attempt, granted=True))
            elif isinstance(command, Settle):
                self.feed(SettlementRecorded(command.attempt))
            else:
                assert not isinstance(command, OpenAttempt | ReadMore | Judge) or command.attempt in self.unread


def _head(attempt: int, status: int) -> ResponseStarted:
    return ResponseStarted(attempt, ResponseHead(status, Headers()))
