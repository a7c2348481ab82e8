"""`route`: the one entry to routing. Pure: equal facts, view and strategy give an equal decision, whatever was decided before."""

from __future__ import annotations

from collections.abc import Mapping

from muxer_core.fleet.view import FleetView
from muxer_core.routing.choose import choose
from muxer_core.routing.decision import Decision
from muxer_core.routing.facts import RouteFacts
from muxer_core.routing.filters import Codes, Rule, over_max_cost
from muxer_core.routing.strategies import STRATEGIES, Strategy
from muxer_core.routing.words import named, rule_in_words, smallest_change, soonest
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.failure import Failure, FailureKind
from muxer_core.values.spelling import did_you_mean

_KINDS: dict[Rule, FailureKind] = {
    "reserved": "no_candidate",
    "capability": "unsupported",
    "context_window": "context_too_long",
    "max_output_tokens": "unsupported",
    "unproven_cost": "over_ceiling",
    "unknown_price": "over_ceiling",
    "tried": "no_candidate",
    "cooling_down": "no_candidate",
    "rate_limited": "no_candidate",
    "over_max_cost": "over_ceiling",
}
_PASSING: frozenset[Rule] = frozenset({"cooling_down", "rate_limited"})
"""Rules that time alone lifts."""


def strategy_named(name: str, strategies: Mapping[str, Strategy] = STRATEGIES) -> Strategy:
    """The strategy of this name. Raises `InvalidRequest` that names the nearest spelling."""
    found = strategies.get(name)
    if found is None:
        hint = did_you_mean(name, strategies)
        raise InvalidRequest("strategy", f"{name!r} is not one of {', '.join(strategies)}{hint}")
    return found


def route(
    facts: RouteFacts, view: FleetView, strategy: str = "hybrid", strategies: Mapping[str, Strategy] = STRATEGIES
) -> Decision | Failure:
    """Where the call goes, or a failure that lists every candidate with the rule that removed it and the smallest change that helps.

    Raises `InvalidRequest` for an unknown strategy.
    """
    pick = strategies.get(strategy) or strategy_named(strategy, strategies)
    choice = choose(facts, view, pick)
    if choice.pick is None:
        return _refusal(facts, view, choice.codes)
    return Decision(facts, view, strategy, pick, choice.pick.chosen, choice.codes, choice.pick.reasons)


def _refusal(facts: RouteFacts, view: FleetView, codes: Codes) -> Failure:
    """Nothing is left. Where waiting helps, it says so first; else the rule that came last names the nearest candidates."""
    waiting: list[tuple[Rule, int]] = []
    for rule, mask in codes:
        affordable = mask & ~over_max_cost(facts, mask)
        if rule in _PASSING and affordable:
            waiting.append((rule, affordable))
    rule, mask = waiting[-1] if waiting else codes[-1]
    lines = [f"{named(removed, facts)} {_in_words(one, removed, facts, view)}" for one, removed in codes]
    retry_after = soonest(view, sum(removed for _, removed in waiting))
    return Failure(
        kind=_KINDS[rule],
        message=f"no deployment can take this call: {'; '.join(lines)}. Smallest change: {smallest_change(rule, mask, facts, view)}",
        retry_after=retry_after,
    )


def _in_words(rule: Rule, removed: int, facts: RouteFacts, view: FleetView) -> str:
    first = (removed & -removed).bit_length() - 1
    words = rule_in_words(rule, first, facts, view)
    return words if removed & (removed - 1) == 0 else f"({rule}; the first {words})"
