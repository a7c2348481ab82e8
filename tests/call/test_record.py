"""What the outcome says of the money: an unknown cost hides no known one."""

from __future__ import annotations

from muxer_core.call.machine import Call
from muxer_core.call.plan import Plan
from muxer_core.call.policies import CascadePolicy, Policies
from muxer_core.simulation.clock import VirtualClock
from muxer_core.simulation.run import simulate
from muxer_core.simulation.script import answer
from muxer_core.testing.calls import DONE, FINISH, ROLE, ListedChoices, chat, chunk, place, text_chunk
from muxer_core.values.amount import Usd


def test_an_overrun_is_flagged_also_where_another_attempts_cost_is_unknown() -> None:
    usages = [
        chunk(choices=[], service_tier="unheard of", usage={"prompt_tokens": 12, "completion_tokens": 7}),
        chunk(choices=[], usage={"prompt_tokens": 12, "completion_tokens": 70_000}),
    ]
    clock = VirtualClock()
    plan = Plan(
        choices=ListedChoices((0, 1)),
        places=(place(0), place(1)),
        policies=Policies(cascade=CascadePolicy(steps=2)),
        max_cost=Usd.parse("0.01"),
    )
    call = Call(chat(max_tokens=50), plan, call_id="call", seed=1, moment=clock())
    run = simulate(
        call,
        lambda opening: answer([ROLE, text_chunk("a"), FINISH, usages[opening.attempt], DONE]),
        clock,
        judge=lambda _items: False,
    )
    assert run.outcome is not None
    assert [record.cost is None for record in run.outcome.attempts] == [True, False]
    assert run.outcome.cost is None
    assert run.outcome.over_ceiling
