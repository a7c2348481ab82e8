"""Routing written as simply as possible: loops over deployments, fractions for money. The oracle of the properties."""

from __future__ import annotations

from fractions import Fraction

from muxer_core.fleet.view import FleetView
from muxer_core.routing.facts import SMALLEST_ANSWER, RouteFacts
from muxer_core.values.usage import Usage


def members(facts: RouteFacts) -> list[int]:
    return list(facts.group.pool.indices)


def rejected_by(index: int, facts: RouteFacts, view: FleetView, tried: int = 0) -> str | None:
    """The first rule that a deployment fails."""
    deployment = facts.group.deployments[index]
    card = deployment.card
    answer = SMALLEST_ANSWER if facts.max_tokens is None else facts.max_tokens
    counted = facts.tokens.bound if facts.ceiling == "proven" else facts.tokens.estimate
    if deployment.tags and not set(deployment.tags) & set(facts.tags):
        return "reserved"
    if any(facts.needs >> bit & 1 and not card.capabilities >> bit & 1 for bit in range(12)):
        return "capability"
    if card.context_window is not None and facts.tokens.estimate + answer > card.context_window:
        return "context_window"
    if (
        facts.max_tokens is not None
        and card.max_output_tokens is not None
        and facts.max_tokens > card.max_output_tokens
    ):
        return "max_output_tokens"
    if facts.left is not None:
        if counted is None:
            return "unproven_cost"
        if card.price is None or card.price.bound(10**9, 1) is None:
            return "unknown_price"
    if (facts.tried | tried) >> index & 1:
        return "tried"
    if not view.up >> index & 1:
        return "cooling_down"
    if not view.unlimited >> index & 1:
        return "rate_limited"
    if facts.left is not None:
        assert card.price is not None
        assert counted is not None
        bound = card.price.bound(counted, answer * facts.answers)
        assert bound is not None
        if bound.pico > facts.left:
            return "over_max_cost"
    return None


def allowed(facts: RouteFacts, view: FleetView, tried: int = 0) -> list[int]:
    return [index for index in members(facts) if rejected_by(index, facts, view, tried) is None]


def preferred(indices: list[int], facts: RouteFacts) -> list[int]:
    """Those with the lowest priority number."""
    best = min(facts.group.deployments[index].priority for index in indices)
    return [index for index in indices if facts.group.deployments[index].priority == best]


def exact_cost(index: int, facts: RouteFacts) -> Fraction | None:
    """The expected cost in pico-dollars, as a fraction, from a price scaled so that nothing is rounded."""
    price = facts.group.deployments[index].card.price
    if price is None or price.bound(10**9, 1) is None:
        return None
    rates = price.rates
    for tier in price.tiers:
        if facts.tokens.estimate > tier.above:
            rates = tier.rates
    assert rates.input is not None
    assert rates.output is not None
    total = rates.input * facts.tokens.estimate + rates.output * facts.expected_output + price.per_request
    cost = price.cost(Usage(input_tokens=facts.tokens.estimate, output_tokens=facts.expected_output))
    exact = Fraction(total, price.denominator)
    assert cost is not None
    assert abs(exact - cost.pico) <= Fraction(1, 2)
    return exact


def cheapest(indices: list[int], facts: RouteFacts) -> list[int]:
    """All with the lowest known cost; empty when none is known."""
    known = {index: cost for index in indices if (cost := exact_cost(index, facts)) is not None}
    return [index for index, cost in known.items() if cost == min(known.values())]
