"""Planted mutants: each is one small, plausible mistake in the machine, and the laws' own state machine must find it.

A suite that cannot tell a broken machine from a sound one is worth nothing. A mutant replaces some text of the source; its test fails when
that text is no longer there (then write it anew), or when nobody objects to the mutant.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

from muxer_core.testing.courses import run_course
from muxer_core.testing.machine import CallMachine
from tests.call.telling import TELLING
from tests.call.test_laws import explore_courses, explore_machine

pytestmark = pytest.mark.mutants

COURSES = 1500
RUNS = 150

ROOMS = ("next_step", "ceiling", "attempt", "answers", "opening", "settlement", "record", "machine")
"""Modules of the machine in the order in which they build on each other."""


class Mutant(NamedTuple):
    """In `room`, `sound` becomes `broken`."""

    room: str
    sound: str
    broken: str


MUTANTS: dict[str, Mutant] = {
    "finishes before all is settled": Mutant(
        "machine", 'all(attempt.state == "closed" for', 'any(attempt.state == "closed" for'
    ),
    "losers of a race go on": Mutant("machine", "if other is not attempt and other.is_live:", "if False:"),
    "delivers after a cancellation": Mutant("machine", "if type(command) is not Deliver]", "if True]"),
    "wishes of an ended attempt stay": Mutant(
        "machine", "isinstance(command, ReadMore | OpenAttempt | Judge | Reserve)", "isinstance(command, Judge)"
    ),
    "closes twice": Mutant("machine", "            attempt.open = False\n", ""),
    "a role marker commits": Mutant("machine", "if commits and not attempt.judged:", "if not attempt.judged:"),
    "goes on after the commit": Mutant(
        "machine",
        "        if attempt is self._serving:\n            self._stop",
        "        if False:\n            self._stop",
    ),
    "an error in the stream counts as its end": Mutant("attempt", "failure = item.failure\n", "ended = True\n"),
    "an abandoned grant is not settled": Mutant(
        "machine",
        'attempt.move("granted", "settling")\n            self._settle(attempt, moment)\n',
        'attempt.move("granted", "settling")\n',
    ),
    "a late event is misuse": Mutant("answers", 'if attempt.state in ("settling", "closed")', "if attempt.state in ()"),
    "an ended call still has a deadline": Mutant(
        "machine", "self._deadline = self._hedge_at = inf\n        ended_as", "self._hedge_at = inf\n        ended_as"
    ),
    "a rejected answer is delivered": Mutant("machine", "place = None if accepted else", "place = None if True else"),
    "hedges beyond what the driver can do": Mutant(
        "machine", "live < self._capabilities.max_parallel", "live <= self._capabilities.max_parallel"
    ),
    "a slow consumer looks like a stalled provider": Mutant(
        "machine",
        "                attempt.stall_at = inf\n                attempt.wake = attempt.deadline\n",
        "                pass\n",
    ),
    "an unsettled reservation ends the call": Mutant(
        "machine", "        if attempt.granted:\n", "        if attempt.granted and attempt.sent:\n"
    ),
    "the ceiling looks at half the bound": Mutant("ceiling", "if bound > left:", "if bound > left + left:"),
    "the largest answer ignores the ceiling": Mutant(
        "ceiling", "fits = 0 if total is None else total", "fits = total or 99"
    ),
    "open attempts are not counted": Mutant(
        "record", "for attempt in attempts if attempt.exposure is not None", "for attempt in attempts if False"
    ),
    "an estimate makes room under the ceiling": Mutant(
        "settlement", "exposure = attempt.bound if cost is None else max(cost, attempt.bound)", "exposure = cost"
    ),
    "only the last attempt is paid for": Mutant(
        "record", "for record in records if record.cost is not None", "for record in records[-1:]"
    ),
    "one attempt too many": Mutant("next_step", ">= retry.max_attempts", "> retry.max_attempts"),
}


@contextmanager
def replaced(modules: dict[str, ModuleType]) -> Generator[None, None, None]:
    """Let imports find these modules for a while."""
    kept = {name: sys.modules[name] for name in modules}
    sys.modules.update(modules)
    try:
        yield
    finally:
        sys.modules.update(kept)


def call_type_of(mutant: Mutant) -> type:
    """The machine, built anew with one room changed."""
    fresh: dict[str, ModuleType] = {}
    for room in ROOMS[ROOMS.index(mutant.room) :]:
        name = f"muxer_core.call.{room}"
        original = import_module(name)
        source = Path(str(original.__file__)).read_text(encoding="utf-8")
        if room == mutant.room:
            assert source.count(mutant.sound) == 1, (
                f"the mutant's text occurs {source.count(mutant.sound)} times in {room}"
            )
            source = source.replace(mutant.sound, mutant.broken)
        module = ModuleType(name)
        fresh[name] = module
        with replaced(fresh):
            exec(compile(source, f"<mutant of {room}>", "exec"), module.__dict__)  # noqa: S102 - our own source, changed
    call: type = fresh["muxer_core.call.machine"].Call
    return call


@pytest.mark.parametrize("name", MUTANTS)
def test_the_mutant_is_killed(name: str) -> None:
    mutant = call_type_of(MUTANTS[name])

    class Mutated(CallMachine):
        call_type = mutant

    with pytest.raises(Exception, match=r"."):  # noqa: PT012 - any objection will do, of either kind
        for course in TELLING:
            run_course(course, mutant)
        explore_courses(mutant, COURSES)
        explore_machine(Mutated, RUNS)
