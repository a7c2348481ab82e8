"""`choose`: one choice, the first or a later one: filters, then the strategy, then the ceiling.

The ceiling is asked only of what the strategy picks; a pick that does not fit leaves with all deployments of its price, and the strategy
picks again. After `PICKS` misses every price is asked once, so that a `max_cost` too small for anything costs one pass and no more.
"""

from __future__ import annotations

from typing import NamedTuple

from muxer_core.fleet.view import FleetView
from muxer_core.routing.facts import RouteFacts
from muxer_core.routing.filters import Codes, least_bound, over_max_cost, sift
from muxer_core.routing.strategies import Pick, Strategy

PICKS = 4
"""Picks that may fail the ceiling before all prices are asked."""


class Choice(NamedTuple):
    """What came of it: a pick (None: no deployment is left) and what was removed on the way."""

    pick: Pick | None
    codes: Codes


def choose(facts: RouteFacts, view: FleetView, strategy: Strategy, tried: int = 0) -> Choice:
    """The best deployment whose bit is not in `tried`. Equal arguments give equal choices."""
    allowed, codes = sift(facts, view, tried)
    group = facts.group
    if facts.left is None:
        pick = strategy(facts, view, group.preferred(allowed)) if allowed else None
        return Choice(pick, tuple(codes))
    misfits = 0
    picks = 0
    pick = None
    while allowed:
        pick = strategy(facts, view, group.preferred(allowed))
        price = group.prices.at(pick.chosen)
        if price is None or least_bound(facts, price) <= facts.left:
            break
        pick = None
        picks += 1
        gone = allowed & price.mask if picks < PICKS else over_max_cost(facts, allowed)
        misfits |= gone
        allowed ^= gone
    if misfits:
        codes.append(("over_max_cost", misfits))
    return Choice(pick, tuple(codes))
