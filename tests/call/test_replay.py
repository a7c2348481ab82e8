"""Law 9: a call is a function of its inputs. A recorded list of events gives the same commands again, in this process and in another."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import cast, get_args

from hypothesis import given, settings

from muxer_core.call.capabilities import DriverCapabilities
from muxer_core.call.commands import Command
from muxer_core.call.events import Event
from muxer_core.call.machine import Call
from muxer_core.simulation.clock import VirtualClock
from muxer_core.simulation.run import Run
from muxer_core.testing.courses import Course, courses, run_course
from muxer_core.values.moment import Moment
from tests.call.test_laws import quick

ROOT = Path(__file__).resolve().parent.parent.parent
COMMANDS = get_args(Command)


def replayed(course: Course, recorded: Run) -> list[tuple[Moment, object]]:
    """Feed the recorded events to a new call and take its commands where the recorded ones were taken."""
    scenario = course.scenario
    call = Call(
        scenario.operation,
        scenario.plan,
        call_id="call",
        seed=scenario.seed,
        moment=VirtualClock()(),
        capabilities=DriverCapabilities(max_parallel=scenario.parallel),
    )
    trace: list[tuple[Moment, object]] = []
    for moment, step in recorded.trace:
        if isinstance(step, COMMANDS):
            command = call.next_command(moment)
            if command is None:
                call.handle_timeout(moment)
                command = call.next_command(moment)
            trace.append((moment, command))
        else:
            call.handle_event(cast("Event", step), moment)
            trace.append((moment, step))
    return trace


@settings(max_examples=100, deadline=None)
@given(courses())
def test_a_recorded_call_gives_the_same_commands_again(course: Course) -> None:
    recorded, _ = run_course(course)
    assert replayed(course, recorded) == recorded.trace


def digest_of_many_traces() -> str:
    """A digest over the traces of a fixed list of courses."""
    digest = hashlib.sha256()

    @quick(40)
    @given(courses())
    def explore(course: Course) -> None:
        digest.update(repr(run_course(course)[0].trace).encode())

    explore()
    return digest.hexdigest()


def test_traces_are_equal_under_any_hash_seed() -> None:
    program = "from tests.call.test_replay import digest_of_many_traces as digest; print(digest())"
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": f"{ROOT}:{ROOT / 'transports'}"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(digests) == 1
