"""Strategies: pure functions (facts, view, allowed) -> pick. `allowed` is a mask of deployments that passed every filter and is not empty.

A strategy chooses a *model card*, by rules that it can put in words; among the deployments of that card it balances. Chance comes from the
seed of the facts alone. What a strategy does not know, it says in its reason codes instead of guessing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from muxer_core.fleet.view import FleetView
from muxer_core.routing.facts import RouteFacts
from muxer_core.routing.group import CardRow
from muxer_core.values.seeded import Seeded

ReasonCode = Literal[
    "one_model",
    "weighted",
    "least_busy",
    "cheapest",
    "strongest",
    "best_score",
    "task_type",
    "hard_task",
    "plain_task",
    "no_price_known",
    "some_prices_unknown",
    "quality_unknown",
    "latency_unknown",
]


class Pick(NamedTuple):
    """The deployment chosen, and the reasons in order."""

    chosen: int
    reasons: tuple[ReasonCode, ...]


Strategy = Callable[[RouteFacts, FleetView, int], Pick]
"""Third parties write one of these."""


class Weights(NamedTuple):
    """What a point of `hybrid` is worth: the quality prior in [0, 1], the cost and the latency relative to the dearest and the slowest
    candidate, and being named for the kind of task.
    """

    quality: float
    cost: float
    latency: float
    task_type: float


HYBRID_WEIGHTS = {"plain": Weights(0.4, 0.45, 0.15, 0.1), "hard": Weights(0.7, 0.2, 0.1, 0.1)}
"""Stated, not fitted: there is no outcome data yet. They are what an operator would say: a hard prompt is worth its price."""

_UNKNOWN_COST = 2.0
"""Relative cost of a card without a price while others have one: twice the dearest, so that it never wins by being unknown."""

_UNKNOWN_LATENCY = 0.5
"""Relative latency of a card that was not measured while others were: neither fast nor slow."""


def weighted(facts: RouteFacts, view: FleetView, allowed: int) -> Pick:  # noqa: ARG001 - a strategy's shape
    """Any deployment, at random by weight."""
    return Pick(facts.group.pool.weighted(allowed, Seeded(facts.seed)), ("weighted",))


def least_busy(facts: RouteFacts, view: FleetView, allowed: int) -> Pick:
    """Any deployment, the less busy of two drawn by weight."""
    return Pick(facts.group.pool.least_busy(allowed, view, Seeded(facts.seed)), ("least_busy",))


def cost_optimized(facts: RouteFacts, view: FleetView, allowed: int) -> Pick:
    """The deployment at which the whole call is expected to cost least; equals are balanced."""
    group = facts.group
    cheapest, _ = group.prices.cheapest(allowed, facts.tokens.estimate, facts.expected_output)
    if not cheapest:
        return Pick(group.pool.least_busy(allowed, view, Seeded(facts.seed)), ("no_price_known", "least_busy"))
    if cheapest & (cheapest - 1):
        return Pick(group.pool.least_busy(cheapest, view, Seeded(facts.seed)), ("cheapest", "least_busy"))
    return Pick(cheapest.bit_length() - 1, ("cheapest",))


def heuristic(facts: RouteFacts, view: FleetView, allowed: int) -> Pick:
    """By the form of the prompt: a hard task goes to the card with the highest quality prior, any other to the cheapest. Cards that the
    operator named for this kind of task go first. Without quality priors there is no ground to prefer a card for a hard task; the price
    decides then, and the reason says so.
    """
    rows = _rows(facts, allowed)
    if len(rows) == 1:
        return _balance(facts, view, allowed, rows[0], ["one_model"])
    reasons: list[ReasonCode] = []
    named = [row for row in rows if facts.task.kind in row.card.task_types]
    if named:
        rows = named
        reasons.append("task_type")
    if facts.task.difficulty == "hard":
        reasons.append("hard_task")
        known = [row for row in rows if row.card.quality is not None]
        if known:
            best = min(known, key=lambda row: (-_quality(row), _cost(facts, row), row.position))
            return _balance(facts, view, allowed, best, [*reasons, "strongest"])
        reasons.append("quality_unknown")
    else:
        reasons.append("plain_task")
    best = min(rows, key=lambda row: (_cost(facts, row), -_quality(row), row.position))
    reasons.append("no_price_known" if best.price is None else "cheapest")
    return _balance(facts, view, allowed, best, reasons)


def hybrid(facts: RouteFacts, view: FleetView, allowed: int) -> Pick:
    """The best sum of quality prior, cost, latency and task type by `HYBRID_WEIGHTS`. A measure that says nothing of any candidate, or
    quality that is not known of all, is left out for all, and the reason says so.
    """
    rows = _rows(facts, allowed)
    if len(rows) == 1:
        return _balance(facts, view, allowed, rows[0], ["one_model"])
    scores, reasons = score_cards(facts, view, rows)
    return _balance(facts, view, allowed, rows[scores.index(max(scores))], ["best_score", *reasons])


def score_cards(facts: RouteFacts, view: FleetView, rows: list[CardRow]) -> tuple[list[float], list[ReasonCode]]:
    """The `hybrid` score of each card, and what could not be weighed."""
    weights = HYBRID_WEIGHTS[facts.task.difficulty]
    kind = facts.task.kind
    input_tokens, output_tokens = facts.tokens.estimate, facts.expected_output
    costs = [None if row.price is None else row.price.cost(input_tokens, output_tokens) for row in rows]
    dearest = max((cost for cost in costs if cost is not None), default=0) or 1
    seconds = [view.card_first_chunk[row.position] for row in rows]
    slowest = max(seconds)
    reasons: list[ReasonCode] = []
    if None in costs:
        reasons.append("some_prices_unknown" if any(cost is not None for cost in costs) else "no_price_known")
    for_quality = weights.quality
    if any(row.card.quality is None for row in rows):
        for_quality = 0.0
        reasons.append("quality_unknown")
    if not slowest:
        reasons.append("latency_unknown")
    scores: list[float] = []
    for row, cost, its_seconds in zip(rows, costs, seconds, strict=True):
        score = for_quality * (row.card.quality or 0.0) - weights.cost * (
            _UNKNOWN_COST if cost is None else cost / dearest
        )
        if slowest:
            score -= weights.latency * (its_seconds / slowest if its_seconds else _UNKNOWN_LATENCY)
        if kind in row.card.task_types:
            score += weights.task_type
        scores.append(score)
    return scores, reasons


def _rows(facts: RouteFacts, allowed: int) -> list[CardRow]:
    rows = facts.group.rows
    return list(rows) if len(rows) == 1 else [row for row in rows if row.pool.mask & allowed]


def _quality(row: CardRow) -> float:
    """The quality prior; an unknown one is below any known one."""
    return -1.0 if row.card.quality is None else row.card.quality


def _cost(facts: RouteFacts, row: CardRow) -> tuple[bool, int]:
    """Orders cards by expected cost, unknown ones last."""
    if row.price is None:
        return True, 0
    return False, row.price.cost(facts.tokens.estimate, facts.expected_output)


def _balance(facts: RouteFacts, view: FleetView, allowed: int, row: CardRow, reasons: list[ReasonCode]) -> Pick:
    here = allowed & row.pool.mask
    if here & (here - 1):
        return Pick(row.pool.least_busy(here, view, Seeded(facts.seed)), (*reasons, "least_busy"))
    return Pick(here.bit_length() - 1, tuple(reasons))


STRATEGIES: dict[str, Strategy] = {
    "hybrid": hybrid,
    "heuristic": heuristic,
    "cost_optimized": cost_optimized,
    "least_busy": least_busy,
    "weighted": weighted,
}
"""The strategies that come with the core, by the name that a request or the configuration gives."""
