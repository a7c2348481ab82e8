"""What must hold of every decision, as functions: the properties call them, and the planted mutants must break one."""

from __future__ import annotations

from muxer_core.fleet.view import FleetView
from muxer_core.routing.decision import Decision
from muxer_core.routing.facts import RouteFacts
from muxer_core.routing.route import route
from muxer_core.routing.strategies import STRATEGIES
from muxer_core.values.failure import Failure
from tests.routing import reference


def filters_agree(facts: RouteFacts, view: FleetView) -> None:
    """Candidates and rejections are exactly those of the reference, for every strategy; a refusal only when nothing is left."""
    allowed = reference.allowed(facts, view)
    for name in STRATEGIES:
        decision = route(facts, view, name)
        if isinstance(decision, Failure):
            assert not allowed
            for index in reference.members(facts)[:20]:
                assert facts.group.deployments[index].name in decision.message
            continue
        assert decision.chosen in reference.preferred(allowed, facts)
        assert sorted(one.index for one in decision.candidates()) == allowed
        rules = {one.index: one.rule for one in decision.rejections()}
        expected = {index: reference.rejected_by(index, facts, view) for index in reference.members(facts)}
        assert rules == {index: rule for index, rule in expected.items() if rule is not None}
        masks = [mask for _, mask in decision.codes]
        assert sum(masks) == _union(masks), "a deployment is removed once"
        costs = [one.cost for one in decision.candidates()]
        known = [cost for cost in costs if cost is not None]
        assert known == sorted(known)
        assert costs[: len(known)] == known


def _union(masks: list[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union


def cheapest_is_cheapest(facts: RouteFacts, view: FleetView) -> None:
    """`cost_optimized` takes one of exactly those that cost least, among those that fit under the ceiling."""
    decision = route(facts, view, "cost_optimized")
    if isinstance(decision, Decision):
        candidates = reference.preferred(reference.allowed(facts, view), facts)
        cheapest = reference.cheapest(candidates, facts)
        assert decision.chosen in (cheapest or candidates)
        assert ("cheapest" in decision.reason_codes) == bool(cheapest)


def later_choices_obey(facts: RouteFacts, view: FleetView) -> None:
    """`next_choice` visits every candidate once, each preferred among what is left, and nothing else."""
    for name in STRATEGIES:
        decision = route(facts, view, name)
        if isinstance(decision, Failure):
            continue
        assert decision.next_choice(0) == decision.chosen
        tried, visited = 0, list[int]()
        choice: int | None = decision.chosen
        while choice is not None:
            assert choice in reference.preferred(reference.allowed(facts, view, tried), facts)
            visited.append(choice)
            tried |= 1 << choice
            choice = decision.next_choice(tried)
        assert sorted(visited) == reference.allowed(facts, view)
        again = route(facts, view, name)
        assert again == decision
        assert isinstance(again, Decision)
        assert again.reason == decision.reason


def least_busy_compares_two(facts: RouteFacts, view: FleetView) -> None:
    """The less busy of two: never the one and only busiest for its weight, while there is a choice."""
    decision = route(facts, view, "least_busy")
    if isinstance(decision, Failure):
        return
    candidates = reference.preferred(reference.allowed(facts, view), facts)
    load = {index: view.in_flight[index] / facts.group.deployments[index].weight for index in candidates}
    busiest = [index for index in candidates if load[index] == max(load.values())]
    if len(candidates) > 1 and len(busiest) == 1:
        assert decision.chosen != busiest[0]


def strongest_for_hard(facts: RouteFacts, view: FleetView) -> None:
    """`heuristic`: among cards named for the task (if any), a hard one goes to the highest prior, any other to the lowest cost."""
    decision = route(facts, view, "heuristic")
    if isinstance(decision, Failure):
        return
    deployments = facts.group.deployments
    pool = reference.preferred(reference.allowed(facts, view), facts)
    if len({deployments[index].card.name for index in pool}) == 1:
        return
    pool = [index for index in pool if facts.task.kind in deployments[index].card.task_types] or pool
    priors = [prior for index in pool if (prior := deployments[index].card.quality) is not None]
    if facts.task.difficulty == "hard" and priors:
        assert deployments[decision.chosen].card.quality == max(priors)
    elif cheapest := reference.cheapest(pool, facts):
        assert decision.chosen in cheapest


def hybrid_is_undominated(facts: RouteFacts, view: FleetView) -> None:
    """`hybrid`: no other card is better or equal in quality, cost and task type and strictly better in one, while latency is unknown."""
    decision = route(facts, view, "hybrid")
    if isinstance(decision, Failure) or any(view.card_first_chunk):
        return
    deployments = facts.group.deployments
    pool = reference.preferred(reference.allowed(facts, view), facts)
    costs = {index: reference.exact_cost(index, facts) for index in pool}
    dearest = max((cost for cost in costs.values() if cost is not None), default=None)
    # A card that the ceiling removes while the strategy picks can be the one whose unknown quality was left out for all.
    weighed = pool if facts.left is None else reference.members(facts)
    by_quality = all(deployments[index].card.quality is not None for index in weighed)
    if not by_quality and all(deployments[index].card.quality is not None for index in pool):
        return

    def merits(index: int) -> tuple[float, ...]:
        card = deployments[index].card
        cost = costs[index]
        return (
            (card.quality or 0.0) if by_quality else 0.0,
            -float(2 * (dearest or 0) if cost is None else cost),
            float(facts.task.kind in card.task_types),
        )

    mine = merits(decision.chosen)
    for index in pool:
        others = merits(index)
        assert not (all(a >= b for a, b in zip(others, mine, strict=True)) and others != mine)


LAWS = (
    filters_agree,
    cheapest_is_cheapest,
    later_choices_obey,
    least_busy_compares_two,
    strongest_for_hard,
    hybrid_is_undominated,
)
