"""Every decision, for any catalog, fleet and request, against the simple loops of `reference`."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings

from muxer_core.fleet.view import FleetView
from muxer_core.routing.decision import Decision
from muxer_core.routing.facts import RouteFacts
from muxer_core.routing.route import route
from muxer_core.testing.routing import routing_inputs
from tests.routing.laws import LAWS


@given(inputs=routing_inputs())
@settings(max_examples=200)
def test_every_decision_obeys_the_laws(inputs: tuple[RouteFacts, FleetView]) -> None:
    for law in LAWS:
        law(*inputs)


def test_the_generated_inputs_reach_every_rule_and_both_ends() -> None:
    reached: Counter[str] = Counter()

    @given(inputs=routing_inputs())
    @settings(max_examples=500, database=None, derandomize=True)
    def look(inputs: tuple[RouteFacts, FleetView]) -> None:
        decision = route(*inputs, "cost_optimized")
        if isinstance(decision, Decision):
            reached["decision"] += 1
            reached["choice"] += len(decision.candidates()) > 1
            reached.update(one.rule for one in decision.rejections())
        else:
            reached[f"refused: {decision.kind}"] += 1

    look()
    assert reached["decision"] >= 150, dict(reached)
    assert reached["choice"] >= 80, dict(reached)
    for rule in (
        "reserved",
        "capability",
        "context_window",
        "max_output_tokens",
        "unknown_price",
        "tried",
        "cooling_down",
        "rate_limited",
        "over_max_cost",
    ):
        assert reached[rule] >= 5, (rule, dict(reached))
    for kind in ("no_candidate", "unsupported", "context_too_long", "over_ceiling"):
        assert reached[f"refused: {kind}"] >= 5, (kind, reached)
