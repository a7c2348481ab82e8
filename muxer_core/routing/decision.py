"""`Decision`: where a call goes first, why, and where it may go next. It keeps masks and codes; every word is derived when asked for.

A decision holds the facts and the frozen view that it was made from, so it is a value: `next_choice` gives the same answer however often,
and whatever happened to the fleet since.
"""

from __future__ import annotations

import msgspec

from muxer_core.fleet.view import FleetView
from muxer_core.routing.balance import bits
from muxer_core.routing.choose import choose
from muxer_core.routing.facts import RouteFacts
from muxer_core.routing.filters import Codes, Rule, over_max_cost
from muxer_core.routing.strategies import ReasonCode, Strategy
from muxer_core.routing.words import reason_in_words, rule_in_words
from muxer_core.values.amount import Usd
from muxer_core.values.usage import JsonValue


class Candidate(msgspec.Struct, frozen=True, gc=False):
    """A deployment that could serve. `cost` is what the call is expected to cost there, None when its price is unknown; `in_flight` and
    `first_chunk` (decayed seconds, None when not measured) are as of the view.
    """

    index: int
    name: str
    cost: Usd | None
    in_flight: int
    first_chunk: float | None


class Rejection(msgspec.Struct, frozen=True, gc=False):
    """A deployment that could not serve, and the first rule that it failed. `Decision.why_not` words it."""

    index: int
    name: str
    rule: Rule


class Decision(msgspec.Struct, frozen=True):
    """`chosen` is an index into the catalog's deployments. `codes` are masks of what each rule removed before the choice was made;
    deployments that the choice never came to look at may still fail the ceiling: `rejections` asks them.
    """

    facts: RouteFacts
    view: FleetView
    strategy: str
    pick: Strategy
    chosen: int
    codes: Codes
    reason_codes: tuple[ReasonCode, ...]

    @property
    def where(self) -> str:
        """The name of the chosen deployment."""
        return self.facts.group.deployments[self.chosen].name

    @property
    def reason(self) -> str:
        """Why this one, in words."""
        return reason_in_words(self.facts, self.view, self.strategy, self.chosen, self.reason_codes)

    def next_choice(self, tried: int) -> int | None:
        """The best deployment whose bit is not in `tried`, by the same strategy, facts and view; None when there is none.

        `next_choice(0)` is `chosen`.
        """
        pick = choose(self.facts, self.view, self.pick, tried).pick
        return None if pick is None else pick.chosen

    def _removed(self) -> dict[Rule, int]:
        removed: dict[Rule, int] = dict(self.codes)
        gone = sum(removed.values())
        unseen = over_max_cost(self.facts, self.facts.group.mask & ~gone)
        if unseen:
            removed["over_max_cost"] = removed.get("over_max_cost", 0) | unseen
        return removed

    def candidates(self) -> list[Candidate]:
        """Every deployment that could serve, cheapest first, unknown prices last."""
        facts, view, group = self.facts, self.view, self.facts.group
        allowed = group.mask & ~sum(self._removed().values())
        tokens = (facts.tokens.estimate, facts.expected_output)
        cost_at = {price: price.expected(*tokens) for price in group.prices.classes if allowed & price.mask}
        found: list[Candidate] = []
        for index in bits(allowed):
            price = group.prices.at(index)
            cost = None if price is None else cost_at[price]
            name = group.deployments[index].name
            found.append(Candidate(index, name, cost, view.in_flight[index], view.first_chunk[index] or None))
        found.sort(key=lambda one: (one.cost is None, 0 if one.cost is None else one.cost.pico, one.index))
        return found

    def rejections(self) -> list[Rejection]:
        """Every deployment of the group that could not serve, in the order of their indices."""
        deployments = self.facts.group.deployments
        found = [
            Rejection(index, deployments[index].name, rule)
            for rule, mask in self._removed().items()
            for index in bits(mask)
        ]
        found.sort(key=lambda one: one.index)
        return found

    def why_not(self, rejection: Rejection) -> str:
        """A rejection in words."""
        return rule_in_words(rejection.rule, rejection.index, self.facts, self.view)

    def record(self) -> dict[str, JsonValue]:
        """The decision as plain data, for traces and reports: no group, no view, and masks in hexadecimal."""
        return {
            "view_version": self.view.version,
            "strategy": self.strategy,
            "chosen": self.where,
            "reason": self.reason,
            "reason_codes": list(self.reason_codes),
            "removed": {rule: f"{mask:x}" for rule, mask in self.codes},
        }
