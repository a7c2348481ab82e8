"""Courses that tell a sound machine from a broken one where a drawn course seldom does: the laws and the mutants run them first."""

from __future__ import annotations

from math import inf

from muxer_core.call.plan import Plan
from muxer_core.call.policies import HedgePolicy, Policies, RetryPolicy, Timeouts
from muxer_core.simulation.script import Break, Data, Hang, Head, Script, answer
from muxer_core.testing.calls import DONE, FINISH, ROLE, USAGE, ListedChoices, Scenario, chat, place, text_chunk
from muxer_core.testing.courses import Course

TIMEOUTS = Timeouts(connect=5, first_chunk=20, stall=10, attempt=None, call=100)
GOOD = answer([ROLE, text_chunk("good"), FINISH, USAGE, DONE])


def course(policies: Policies, *scripts: Script, parallel: int = 1, places: int = 3) -> Course:
    """That many places, these scripts, every reservation granted, nothing cancelled."""
    plan = Plan(
        choices=ListedChoices(tuple(range(places))),
        places=tuple(place(number, card="shared") for number in range(places)),
        policies=policies,
    )
    scenario = Scenario(
        operation=chat(),
        plan=plan,
        seed=1,
        parallel=parallel,
        reports_connected=False,
        consumer_pause=0.0,
        cancel_at_step=None,
    )
    return Course(scenario=scenario, scripts=scripts, verdicts=(), grants=(), cancel_at=inf)


TELLING: tuple[Course, ...] = (
    # Two hedges are due and a third place is there, but the driver can run two attempts at once.
    course(
        Policies(
            timeouts=TIMEOUTS,
            retry=RetryPolicy(max_retries=0, max_attempts=3),
            hedge=HedgePolicy(after=1.0, max_hedges=2),
        ),
        (Hang(),),
        parallel=2,
    ),
    # The stream breaks after its first word: what was said is said, and nobody else may go on.
    course(
        Policies(timeouts=TIMEOUTS, retry=RetryPolicy(max_retries=2, max_attempts=4)),
        (Head(), Data(ROLE), Data(text_chunk("half")), Break()),
        GOOD,
    ),
)
