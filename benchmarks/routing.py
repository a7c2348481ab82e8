"""What a routing decision costs: CPU microseconds, medians of interleaved rounds, each size in a fresh process.

    python benchmarks/routing.py            all sizes
    python benchmarks/routing.py 1000       one size, in this process

One decision is `fleet.view` and `route`, reasons kept as codes. Trust ratios within one run; the naive loop is the yardstick.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import cycle

import msgspec

from muxer_core.catalog.cards import ModelCard
from muxer_core.catalog.catalog import Catalog
from muxer_core.catalog.deployments import Deployment, Provider
from muxer_core.fleet.fleet import Fleet
from muxer_core.money import PriceCard
from muxer_core.routing.decision import Decision
from muxer_core.routing.facts import RouteFacts, route_facts
from muxer_core.routing.group import Groups
from muxer_core.routing.route import route
from muxer_core.values.amount import Usd
from muxer_core.values.messages import Message, TextPart
from muxer_core.values.moment import Moment
from muxer_core.values.request import ChatRequest
from muxer_core.values.usage import Usage

SIZES = (10, 100, 1_000, 10_000)
ROUNDS = 9
NOW = Moment(10.0, 1_000_010.0)
PROVIDER = Provider(name="house", base_url="http://127.0.0.1:1")


def catalog(size: int, cards: int) -> Catalog:
    """`size` deployments of `cards` models, every price different, every fifth deployment without room for the request."""
    models = [
        ModelCard(
            name=f"model-{number}",
            price=PriceCard.per_million(
                input=f"{1 + number * 0.001:.3f}", output=f"{4 + number * 7919 % cards * 0.003:.3f}"
            ),
            context_window=100 if number % 5 == 4 else 128_000,
            quality=0.3 + number % 7 / 10,
        )
        for number in range(cards)
    ]
    return Catalog(
        [
            Deployment(name=f"deployment-{number}", card=models[number % cards], provider=PROVIDER, upstream_model="m")
            for number in range(size)
        ]
    )


def request(max_cost: Usd | None = None) -> ChatRequest:
    return ChatRequest(model="auto", messages=(Message("user", (TextPart("x" * 1_200),)),), max_cost=max_cost)


def naive(facts: RouteFacts, fleet: Fleet) -> int:
    """The cheapest by a plain loop, with a list of reasons: what routing would cost without columns and masks."""
    view = fleet.view(NOW)
    usage = Usage(input_tokens=facts.tokens.estimate, output_tokens=facts.expected_output)
    best, chosen = None, -1
    rejected: list[tuple[int, str]] = []
    for index in facts.group.pool.indices:
        card = facts.group.deployments[index].card
        if card.context_window is not None and card.context_window < facts.window:
            rejected.append((index, "context_window"))
        elif not view.up >> index & 1:
            rejected.append((index, "cooling_down"))
        elif card.price is not None and (cost := card.price.cost(usage)) is not None and (best is None or cost < best):
            best, chosen = cost, index
    return chosen


def measured(work: Callable[[], object], seconds: float = 0.02) -> float:
    """Microseconds of CPU for one run, over as many runs as fill `seconds`."""
    work()
    times = 1
    while True:
        begin = time.process_time()
        for _ in range(times):
            work()
        spent = time.process_time() - begin
        if spent >= seconds:
            return spent / times * 1e6
        times *= 4


def seeded(facts: RouteFacts) -> Callable[[], RouteFacts]:
    """The facts again and again, with many seeds in turn: one seed can be lucky in its draws."""
    return cycle([msgspec.structs.replace(facts, seed=seed * 7_919) for seed in range(251)]).__next__


def decision_of(facts: RouteFacts, fleet: Fleet, strategy: str) -> Decision:
    outcome = route(facts, fleet.view(NOW), strategy)
    assert isinstance(outcome, Decision)
    return outcome


def cases(size: int) -> dict[str, Callable[[], object]]:
    few, distinct = catalog(size, min(size, 10)), catalog(size, size)
    few_fleet, distinct_fleet = Fleet(few, NOW), Fleet(distinct, NOW)
    few_facts = seeded(route_facts(request(), Groups(few).named("auto")))
    distinct_facts = route_facts(request(), Groups(distinct).named("auto"), seed=7)
    capped = route_facts(request(Usd.parse("0.05")), Groups(distinct).named("auto"), seed=7)
    decided = decision_of(distinct_facts, distinct_fleet, "cost_optimized")

    def with_attempt() -> None:
        decision = decision_of(few_facts(), few_fleet, "least_busy")
        few_fleet.attempt_started(decision.chosen, NOW)
        few_fleet.attempt_ended(decision.chosen, NOW, failure=None, first_chunk_seconds=0.5)

    assert naive(distinct_facts, distinct_fleet) == decided.chosen
    return {
        "least_busy": lambda: decision_of(few_facts(), few_fleet, "least_busy"),
        "weighted": lambda: decision_of(few_facts(), few_fleet, "weighted"),
        "cost_optimized, every price distinct": lambda: decision_of(distinct_facts, distinct_fleet, "cost_optimized"),
        "the same under max_cost": lambda: decision_of(capped, distinct_fleet, "cost_optimized"),
        "heuristic, 10 cards": lambda: decision_of(few_facts(), few_fleet, "heuristic"),
        "hybrid, 10 cards": lambda: decision_of(few_facts(), few_fleet, "hybrid"),
        "least_busy, attempt started and ended": with_attempt,
        "every rejection": decided.rejections,
        "every candidate with its cost, sorted": decided.candidates,
        "naive loop": lambda: naive(distinct_facts, distinct_fleet),
    }


def report(size: int) -> None:
    work = cases(size)
    rounds: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(ROUNDS):
        for name, one in work.items():
            rounds[name].append(measured(one))
    print(f"{size} deployments: µs a decision, median (lowest to highest of {ROUNDS} rounds)")
    for name, values in rounds.items():
        print(f"  {name:40} {statistics.median(values):9.2f}  ({min(values):.2f} to {max(values):.2f})")


def main() -> None:
    if len(sys.argv) > 1:
        report(int(sys.argv[1]))
        return
    for size in SIZES:
        subprocess.run([sys.executable, __file__, str(size)], check=True)


if __name__ == "__main__":
    main()
