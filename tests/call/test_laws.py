"""The machine obeys the laws in every order of events, and the runs that say so go deep enough to mean it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.stateful import run_state_machine_as_test

from muxer_core.call.machine import Call
from muxer_core.testing.courses import Course, courses, run_course
from muxer_core.testing.machine import CallMachine
from tests.call.telling import TELLING

DEEP = ("complete", "retry", "fallback", "hedge", "cascade", "judge", "cancel", "cancel mid-stream")


def quick(runs: int) -> settings:
    """Settings for a verdict: the same runs each time, no shrinking, no database."""
    return settings(
        max_examples=runs,
        stateful_step_count=25,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )


def explore_courses(call_type: type[Any], runs: int) -> tuple[int, Counter[str]]:
    """Run that many courses; how many there were, and how often each depth was reached."""
    reached: Counter[str] = Counter()
    count = 0

    @quick(runs)
    @given(courses())
    def explore(course: Course) -> None:
        nonlocal count
        count += 1
        reached.update(run_course(course, call_type)[1].reached)

    explore()
    return count, reached


def explore_machine(machine: type[CallMachine], runs: int) -> None:
    """Run a state machine that often."""
    run_state_machine_as_test(machine, settings=quick(runs))


def test_the_laws_hold_in_whole_courses_and_they_go_deep() -> None:
    runs, reached = explore_courses(Call, 600)
    print(f"{runs} courses reached: {dict(sorted(reached.items()))}")
    assert reached["deliver"] >= runs / 4
    for depth in DEEP:
        assert reached[depth] >= runs / 100, f"{depth} was reached in {reached[depth]} of {runs} courses"


@pytest.mark.parametrize("number", range(len(TELLING)))
def test_the_laws_hold_in_courses_that_are_seldom_drawn(number: int) -> None:
    run_course(TELLING[number])


def test_the_laws_hold_in_any_order_of_events() -> None:
    reached: Counter[str] = Counter()
    runs = 0

    class Counting(CallMachine):
        def teardown(self) -> None:
            nonlocal runs
            super().teardown()
            if hasattr(self, "referee"):
                runs += 1
                reached.update(self.referee.reached)

    explore_machine(Counting, 250)
    print(f"{runs} runs reached: {dict(sorted(reached.items()))}")
    assert reached["deliver"] >= runs / 4
    for depth in DEEP:
        assert reached[depth] >= 1, f"{depth} was reached in none of {runs} runs"
