"""Law 9: equal driver capabilities give equal traces. One list of scenarios, and random ones, on every driver."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muxer_core.call.policies import CascadePolicy, Policies, RetryPolicy, Timeouts
from muxer_core.simulation.script import REFUSED_CONNECTION, Break, Data, End, Hang, Head, Script, Wait
from muxer_core.testing.calls import reply_chunks
from tests.drivers.scenarios import CASES, says_good
from tests.drivers.virtual import DRIVERS, Case, Ran, run_reference


def check(ran: Ran, expected: Ran) -> None:
    assert ran.trace == expected.trace
    assert ran.items == expected.items
    assert ran.ended == expected.ended
    assert ran.left_open == 0, "everything that was opened is closed"


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("name", CASES)
def test_equal_traces(driver: str, name: str) -> None:
    """The same events and commands at the same moments as in the simulation."""
    check(DRIVERS[driver](CASES[name]), run_reference(CASES[name]))


def test_the_scenarios_go_everywhere() -> None:
    """The list would prove little if all its calls went the same way."""
    ends = {name: run_reference(case).ended for name, case in CASES.items()}
    assert {"complete", "failed", "cancelled"} == set(ends.values())
    assert ends["plain success"] == ends["slow consumer"] == ends["cascade, second answers"] == "complete"
    assert ends["stall"] == ends["nobody listens"] == ends["consumer slower than the call"] == "failed"
    assert all(ends[name] == "cancelled" for name in ends if name.startswith("cancelled"))


# No wait equals a timer, nor the sum of some: at a tie either order is right.
WAITS = st.sampled_from([0.0, 0.0, 0.013, 0.31, 3.7, 11.3, 21.9])


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    status = draw(st.sampled_from([200] * 5 + [500, 429, 401]))
    steps: list[Wait | Head | Data | End | Break | Hang] = [Wait(draw(WAITS)), Head(status)]
    for chunk in draw(reply_chunks()):
        steps += [Wait(draw(WAITS)), Data(chunk)]
    ends: list[End | Break | Hang] = [End(), End(), End(), Break(), Hang()]
    end = draw(st.sampled_from(ends))
    kept = draw(st.integers(0, len(steps))) if draw(st.integers(0, 3)) == 0 else len(steps)
    if kept < 2 and isinstance(end, End):
        return REFUSED_CONNECTION
    return (*steps[:kept], end)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    return Case(
        scripts=tuple(draw(st.lists(scripts(), min_size=1, max_size=4))),
        places=draw(st.integers(1, 3)),
        policies=Policies(
            timeouts=Timeouts(
                connect=5, first_chunk=20.03, stall=10.07, attempt=draw(st.sampled_from([None, 25.09])), call=100.01
            ),
            retry=RetryPolicy(max_retries=draw(st.integers(0, 2)), max_attempts=draw(st.integers(1, 4))),
            cascade=draw(st.sampled_from([None, None, CascadePolicy(steps=2)])),
        ),
        judge=says_good,
        consumer_pause=draw(st.sampled_from([0.0, 0.0, 1.003, 14.009])),
    )


@settings(max_examples=150, deadline=None)
@given(case=cases())
def test_equal_traces_of_random_scripts(case: Case) -> None:
    expected = run_reference(case)
    for run in DRIVERS.values():
        check(run(case), expected)
