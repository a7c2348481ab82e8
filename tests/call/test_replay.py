"""Law 9: a call is a function of its inputs. A recorded list of events gives the same commands again, in this process and in another."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

from hypothesis import given, settings

from muxer_core.call.commands import Command
from muxer_core.call.events import Event
from muxer_core.call.machine import Call
from muxer_core.testing.courses import Course, courses, run_course
from muxer_core.values.moment import Moment
from tests.call.test_laws import quick

ROOT = Path(__file__).resolve().parent.parent.parent


class Recording:
    """A call that writes down everything that is done with it, in order: what, when, and what came of it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.made = (arguments, options)
        self.log: list[tuple[str, Moment, object]] = []
        self._call = Call(*arguments, **options)
        RECORDED.append(self)

    def next_command(self, moment: Moment) -> Command | None:
        command = self._call.next_command(moment)
        self.log.append(("next_command", moment, command))
        return command

    def handle_event(self, event: Event, moment: Moment) -> None:
        self.log.append(("handle_event", moment, event))
        self._call.handle_event(event, moment)

    def handle_timeout(self, moment: Moment) -> None:
        self.log.append(("handle_timeout", moment, None))
        self._call.handle_timeout(moment)

    def wake_at(self) -> float:
        return self._call.wake_at()


RECORDED: list[Recording] = []
"""The calls of the course that is being run."""


@settings(max_examples=100, deadline=None)
@given(courses())
def test_a_recorded_call_gives_the_same_commands_again(course: Course) -> None:
    RECORDED.clear()
    run_course(course, Recording)
    (recorded,) = RECORDED
    arguments, options = recorded.made
    again = Recording(*arguments, **options)
    for what, moment, step in recorded.log:
        if what == "handle_event":
            again.handle_event(cast("Event", step), moment)
        elif what == "handle_timeout":
            again.handle_timeout(moment)
        else:
            again.next_command(moment)
    assert again.log == recorded.log


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
