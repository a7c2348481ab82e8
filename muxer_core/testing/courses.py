"""Courses: whole runs of a call against scripted upstreams, drawn at once, and judged by a `Referee`.

A course is quicker to run than `CallMachine` and reaches deeper; the state machine reaches orders of events that no upstream would give.
The two complement each other.
"""

from __future__ import annotations

from math import inf
from typing import Any

import msgspec
from hypothesis import strategies as st

from muxer_core.call.capabilities import DriverCapabilities
from muxer_core.call.commands import Command, Reserve, Settle
from muxer_core.call.events import Event, ReservationDecided, SettlementRecorded
from muxer_core.call.machine import Call
from muxer_core.simulation.clock import VirtualClock
from muxer_core.simulation.run import Run, simulate
from muxer_core.simulation.script import REFUSED_CONNECTION, Break, Data, End, Hang, Head, Script, Step, Wait
from muxer_core.testing.calls import ERROR_BODIES, Scenario, reply_chunks, scenarios
from muxer_core.testing.referee import Referee
from muxer_core.values.failure import Failure
from muxer_core.values.items import Item
from muxer_core.values.moment import Moment


class Course(msgspec.Struct, frozen=True):
    """One run: script k is played to attempt k (the last is repeated), verdict k given to the k-th judged answer, grant k to the k-th
    reservation (after the last: yes).
    """

    scenario: Scenario
    scripts: tuple[Script, ...]
    verdicts: tuple[bool, ...]
    grants: tuple[bool, ...]
    cancel_at: float


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    """What one upstream does: mostly a reply, with pauses that are at times too long."""
    fate = draw(st.sampled_from(["reply"] * 7 + ["refused", "error", "hang", "break"]))
    if fate == "refused":
        return REFUSED_CONNECTION
    steps: list[Step] = [Wait(draw(st.sampled_from([0.0, 0.0, 0.5, 0.5, 2.0, 2.0, 30.0])))]
    if fate == "hang":
        return (*steps, Hang())
    if fate == "error":
        status = draw(st.sampled_from(sorted(ERROR_BODIES)))
        return (*steps, Head(status, ()), Data(ERROR_BODIES[status]), End())
    steps.append(Head())
    for chunk in draw(reply_chunks()):
        steps += [Wait(draw(st.sampled_from([0.0, 0.0, 0.5, 0.5, 0.5, 0.5, 0.5, 15.0]))), Data(chunk)]
    if fate == "break":
        steps = steps[: draw(st.integers(1, len(steps)))]
        return (*steps, Break())
    return (*steps, End())


@st.composite
def courses(draw: st.DrawFn) -> Course:
    """A scenario, its upstreams, its judge, its ledger, and at times a cancellation."""
    played = tuple(draw(st.lists(scripts(), min_size=4, max_size=4)))
    return Course(
        scenario=draw(scenarios()),
        scripts=played,
        verdicts=tuple(draw(st.lists(st.booleans(), min_size=2, max_size=2))),
        grants=tuple(draw(st.lists(st.sampled_from([True] * 9 + [False]), min_size=4, max_size=4))),
        cancel_at=draw(
            st.sampled_from([inf, inf, inf, inf, 0.0, 0.6, 1.2, 2.2, 31.0, *[_in_mid_stream(played[0])] * 4])
        ),
    )


def _in_mid_stream(script: Script) -> float:
    """A moment shortly after the script's second piece of data, where there is one."""
    passed, pieces = 0.25, 0
    for step in script:
        if isinstance(step, Wait):
            passed += step.seconds
        pieces += isinstance(step, Data)
        if pieces == 2:
            break
    return passed


class _Bank:
    """A ledger that grants as the course says."""

    def __init__(self, grants: tuple[bool, ...]) -> None:
        self._grants = list(grants)

    def reserve(self, command: Reserve, moment: Moment) -> ReservationDecided:
        granted = self._grants.pop(0) if self._grants else True
        failure = None if granted else Failure(kind="refused_by_budget", message="the budget is spent")
        return ReservationDecided(command.attempt, granted, failure)

    def settle(self, command: Settle, moment: Moment) -> SettlementRecorded:
        return SettlementRecorded(command.attempt)


class _Watched:
    """A call under the eyes of a referee."""

    def __init__(self, call: Any, referee: Referee) -> None:
        self._call = call
        self._referee = referee

    def next_command(self, moment: Moment) -> Command | None:
        command: Command | None = self._call.next_command(moment)
        if command is None:
            self._referee.at_rest()
        else:
            self._referee.saw_command(command)
        return command

    def handle_event(self, event: Event, moment: Moment) -> None:
        self._referee.saw_event(event)
        self._call.handle_event(event, moment)

    def handle_timeout(self, moment: Moment) -> None:
        self._call.handle_timeout(moment)

    def wake_at(self) -> float:
        wake: float = self._call.wake_at()
        return wake


def run_course(course: Course, call_type: type[Any] = Call) -> tuple[Run, Referee]:
    """Run it. Raises `LawBroken` when a law is, and `AssertionError` when the call does not come to its end."""
    scenario, clock = course.scenario, VirtualClock()
    verdicts = list(course.verdicts)
    referee = referee_for(scenario)
    call = call_type(
        scenario.operation,
        scenario.plan,
        call_id="call",
        seed=scenario.seed,
        moment=clock(),
        capabilities=DriverCapabilities(max_parallel=scenario.parallel, reports_connected=False),
    )

    def judge(_items: tuple[Item, ...]) -> bool:
        return verdicts.pop(0) if verdicts else True

    run = simulate(
        _Watched(call, referee),
        lambda command: course.scripts[min(command.attempt, len(course.scripts) - 1)],
        clock,
        ledger=_Bank(course.grants),
        judge=judge,
        cancel_at=course.cancel_at,
        consumer_pause=scenario.consumer_pause,
    )
    assert run.outcome is not None, "the call neither ends nor waits for anything"
    assert call.next_command(clock()) is None, "Finish is the last command"
    assert call.wake_at() == inf, "an ended call waits for nothing"
    served = next((one for one in run.outcome.attempts if one.number == referee.serving), None)
    if run.outcome.status == "failed" and served is not None and served.failure is not None:
        assert run.outcome.failure == served.failure, "what was being delivered broke, and that is how the call ended"
    for one in run.outcome.attempts:
        # The consumer's time is not the provider's: between two reads no clock of the provider runs.
        stalled = one.failure is not None and one.failure.kind == "stall_timeout"
        assert not (stalled and scenario.consumer_pause > 0 and not _has_pause(course, one.number)), (
            "a slow consumer is no stalled provider"
        )
    return run, referee


def _has_pause(course: Course, attempt: int) -> bool:
    """Does the attempt's script hold a silence long enough for a stall?"""
    script = course.scripts[min(attempt, len(course.scripts) - 1)]
    stall = course.scenario.plan.policies.timeouts.stall
    return any(isinstance(step, Hang) or (isinstance(step, Wait) and step.seconds >= stall) for step in script)


def referee_for(scenario: Scenario) -> Referee:
    """A referee who knows the scenario's ceiling and limits."""
    plan = scenario.plan
    hedge = plan.policies.hedge
    return Referee(
        max_cost=None if plan.max_cost is None else plan.max_cost.pico,
        parallel=scenario.parallel,
        max_attempts=plan.policies.retry.max_attempts + (0 if hedge is None else hedge.max_hedges),
    )
