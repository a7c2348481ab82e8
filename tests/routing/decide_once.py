"""Prints decisions for fixed inputs, one line each. Run as a program under different hash seeds, it must print the same."""

from __future__ import annotations

from muxer_core.catalog.catalog import Catalog
from muxer_core.catalog.deployments import Deployment
from muxer_core.fleet.fleet import Fleet
from muxer_core.routing.decision import Decision
from muxer_core.routing.facts import route_facts
from muxer_core.routing.group import Groups
from muxer_core.routing.route import route
from muxer_core.routing.strategies import STRATEGIES
from muxer_core.values.amount import Usd
from muxer_core.values.context import CallContext
from muxer_core.values.failure import Failure
from muxer_core.values.request import FunctionTool
from tests.routing.examples import BIG, PROVIDER, SMALL, T0, ask

CATALOG = Catalog(
    [
        Deployment(
            name=f"d{number}",
            card=(SMALL, BIG)[number % 2],
            provider=PROVIDER,
            upstream_model="m",
            weight=1.0 + number % 3,
            tags=((), ("eu", "paid"), ("us",))[number % 3],
        )
        for number in range(40)
    ]
)
REQUESTS = (
    ask(),
    ask("$x_1=2$", max_cost=Usd.parse("0.002")),
    ask(tools=(FunctionTool("f"),), n=2),
    ask("x" * 900_000),
    ask(max_cost=Usd.parse("0.0000001")),
)


def lines() -> list[str]:
    fleet = Fleet(CATALOG, T0)
    group = Groups(CATALOG).named("auto")
    said: list[str] = []
    for seed, request in enumerate(REQUESTS * 3):
        for name in STRATEGIES:
            facts = route_facts(request, group, context=CallContext(tags=("paid", "eu", "x")), seed=seed)
            outcome = route(facts, fleet.view(T0.later(seed)), name)
            if isinstance(outcome, Decision):
                said.append(f"{outcome.reason} {outcome.record()} {outcome.next_choice(1 << outcome.chosen)}")
                said.append(f"{[one.name for one in outcome.candidates()]} {outcome.rejections()}")
                fleet.attempt_started(outcome.chosen, T0.later(seed))
                failure = Failure(kind="overloaded", message="529") if seed % 3 else None
                fleet.attempt_ended(outcome.chosen, T0.later(seed), failure=failure, first_chunk_seconds=0.1 * seed)
            else:
                said.append(outcome.describe())
    return said


if __name__ == "__main__":
    print("\n".join(lines()))
