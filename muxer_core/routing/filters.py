"""Filters: which deployments of a group cannot take a request, and by which rule.

A deployment is removed by the first rule that it fails, in the order of `RULES`: from what never changes, over what the caller can change,
to what time changes. All but the last work on whole masks. The ceiling costs one multiplication a price, so it is asked of deployments as
they are picked (`route`), and of all of them only when the list is wanted.
"""

from __future__ import annotations

from typing import Literal

from muxer_core.fleet.view import FleetView
from muxer_core.routing.facts import RouteFacts
from muxer_core.routing.prices import PriceClass

Rule = Literal[
    "reserved",
    "capability",
    "context_window",
    "max_output_tokens",
    "unproven_cost",
    "unknown_price",
    "tried",
    "cooling_down",
    "rate_limited",
    "over_max_cost",
]

Codes = tuple[tuple[Rule, int], ...]
"""For each rule that removed something, the mask of what it removed. The masks do not overlap."""


def sift(facts: RouteFacts, view: FleetView, tried: int) -> tuple[int, list[tuple[Rule, int]]]:
    """What is left of the group under every rule but the ceiling, and what was removed. `tried` adds to `facts.tried`."""
    group = facts.group
    allowed = group.mask
    codes: list[tuple[Rule, int]] = []
    if group.reserved and (gone := allowed & group.barred(facts.tags)):
        codes.append(("reserved", gone))
        allowed ^= gone
    if facts.needs and (gone := allowed & ~group.able(facts.needs)):
        codes.append(("capability", gone))
        allowed ^= gone
    if gone := allowed & group.windows.too_small(facts.window):
        codes.append(("context_window", gone))
        allowed ^= gone
    if facts.max_tokens is not None and (gone := allowed & group.answers.too_small(facts.max_tokens)):
        codes.append(("max_output_tokens", gone))
        allowed ^= gone
    if facts.left is not None:
        if facts.counted_input is None and allowed:
            codes.append(("unproven_cost", allowed))
            allowed = 0
        if gone := allowed & ~group.prices.priced:
            codes.append(("unknown_price", gone))
            allowed ^= gone
    if gone := allowed & (facts.tried | tried):
        codes.append(("tried", gone))
        allowed ^= gone
    if gone := allowed & ~view.up:
        codes.append(("cooling_down", gone))
        allowed ^= gone
    if gone := allowed & ~view.unlimited:
        codes.append(("rate_limited", gone))
        allowed ^= gone
    return allowed, codes


def least_bound(facts: RouteFacts, price: PriceClass) -> int:
    """Pico-dollars that must be left under `max_cost` for an attempt at this price to open. Law 4: an upper bound on what it can cost.

    Only asked when the input can be counted: `sift` leaves nothing otherwise.
    """
    counted = facts.tokens.estimate if facts.counted_input is None else facts.counted_input
    return price.bound(counted, facts.least_output)


def over_max_cost(facts: RouteFacts, allowed: int) -> int:
    """Those of `allowed` whose bound does not fit under `max_cost`. Asks each price once."""
    if facts.left is None:
        return 0
    gone = 0
    for price in facts.group.prices.classes:
        here = allowed & price.mask
        if here and least_bound(facts, price) > facts.left:
            gone |= here
    return gone
