"""The machine obeys the laws in every order of events, and the runs that say so go deep enough to mean it."""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from muxer_core.testing.machine import CallMachine

RUNS = 500


def explore(machine: type[CallMachine], runs: int, *, derandomize: bool = True) -> None:
    """Run a state machine without shrinking: here only the verdict counts."""
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=runs,
            stateful_step_count=25,
            deadline=None,
            derandomize=derandomize,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_laws_hold_and_the_runs_go_deep() -> None:
    reached: Counter[str] = Counter()
    runs = 0

    class Counting(CallMachine):
        def teardown(self) -> None:
            nonlocal runs
            super().teardown()
            if hasattr(self, "referee"):
                runs += 1
                reached.update(self.referee.reached)

    explore(Counting, RUNS)
    print(f"{runs} runs reached: {dict(sorted(reached.items()))}")  # noqa: T201 - the count is evidence
    assert reached["deliver"] >= runs / 4
    for deep in ("complete", "retry", "fallback", "hedge", "cascade", "judge", "cancel mid-stream"):
        assert reached[deep] >= runs / 100, f"{deep} was reached in {reached[deep]} of {runs} runs"
