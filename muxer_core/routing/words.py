"""Words for reasons and rules: for people, derived from codes, facts and view when somebody asks."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isinf
from typing import assert_never

from muxer_core.catalog.cards import capability_names
from muxer_core.fleet.view import FleetView
from muxer_core.routing.balance import bits
from muxer_core.routing.facts import RouteFacts
from muxer_core.routing.filters import Rule, least_bound
from muxer_core.routing.strategies import HYBRID_WEIGHTS, ReasonCode
from muxer_core.routing.task import SIGNAL_WORDS
from muxer_core.values.amount import Usd

SHOWN = 20
"""Names that a sentence lists for one rule before it counts the rest."""


def reason_in_words(facts: RouteFacts, view: FleetView, strategy: str, chosen: int, codes: Sequence[ReasonCode]) -> str:
    """Why a deployment was chosen.

    The sentence names the deployment, the strategy, each reason in order, and what could not be weighed.
    """
    deployment = facts.group.deployments[chosen]
    clauses = [_clause(code, facts, view, chosen) for code in codes]
    return f"{deployment.name} by {strategy}: {'; '.join(clauses)}."


def _clause(code: ReasonCode, facts: RouteFacts, view: FleetView, chosen: int) -> str:
    card = facts.group.deployments[chosen].card
    match code:
        case "one_model":
            return f"only the model {card.name} can serve"
        case "weighted":
            return "drawn at random by weight"
        case "least_busy":
            return f"the less busy of two equals, with {view.in_flight[chosen]} attempts in flight"
        case "cheapest":
            return f"the lowest expected cost, {_expected_cost(facts, chosen)}"
        case "strongest":
            return f"the highest quality prior, {card.quality}"
        case "best_score":
            weights = HYBRID_WEIGHTS[facts.task.difficulty]
            return (
                f"the best sum of quality {weights.quality:g}, cost {weights.cost:g}, latency {weights.latency:g} and task type "
                f"{weights.task_type:g} for a task that is {_difficulty(facts)}, at an expected cost of {_expected_cost(facts, chosen)}"
            )
        case "task_type":
            return f"its card is named for {facts.task.kind} tasks"
        case "hard_task" | "plain_task":
            return f"a {facts.task.kind} task that is {_difficulty(facts)}"
        case "no_price_known":
            return "no price is known, so cost could not decide"
        case "some_prices_unknown":
            return "unknown prices counted as twice the dearest"
        case "quality_unknown":
            return "not every card has a quality prior, so quality was left out"
        case "latency_unknown":
            return "no latency was measured yet"
        case _:
            assert_never(code)


def _difficulty(facts: RouteFacts) -> str:
    if facts.task.difficulty == "plain":
        return "plain (nothing in the prompt's form says that it is hard)"
    return f"hard ({', '.join(SIGNAL_WORDS[signal] for signal in facts.task.signals)})"


def _expected_cost(facts: RouteFacts, chosen: int) -> str:
    price = facts.group.prices.at(chosen)
    if price is None:
        return "unknown"
    tokens = f"about {facts.tokens.estimate} tokens in and {facts.expected_output} out"
    return f"{price.expected(facts.tokens.estimate, facts.expected_output)} for {tokens}"


def rule_in_words(rule: Rule, index: int, facts: RouteFacts, view: FleetView) -> str:
    """Why the rule removed this deployment."""
    deployment = facts.group.deployments[index]
    card = deployment.card
    match rule:
        case "reserved":
            return f"is reserved for calls tagged {' or '.join(deployment.tags)}"
        case "capability":
            return f"cannot do {', '.join(capability_names(facts.needs & ~card.capabilities))}"
        case "context_window":
            return f"its context window of {card.context_window} tokens is below the {facts.window} that are needed"
        case "max_output_tokens":
            return f"answers with at most {card.max_output_tokens} tokens, and max_tokens is {facts.max_tokens}"
        case "unproven_cost":
            return f"max_cost cannot be proven because {facts.tokens.unbounded}"
        case "unknown_price":
            return "its price is unknown, so max_cost cannot be kept"
        case "tried":
            return "was tried already"
        case "cooling_down":
            return f"cools down after failures{_back(view, index)}"
        case "rate_limited":
            return f"is at its limit of requests or tokens a minute{_back(view, index)}"
        case "over_max_cost":
            price = facts.group.prices.at(index)
            least = "unknown" if price is None else Usd(least_bound(facts, price))
            return f"can cost up to {least}, and {Usd(facts.left or 0)} is left under max_cost"
        case _:
            assert_never(rule)


def _back(view: FleetView, index: int) -> str:
    at = view.back_at[index]
    return ", until its probe ends" if isinf(at) else f", for {max(0.0, at - view.moment.mono):.1f} s more"


def soonest(view: FleetView, mask: int) -> float | None:
    """Seconds until the first deployment of `mask` is expected back; None when none has a time."""
    at = min((view.back_at[index] for index in bits(mask)), default=inf)
    return None if isinf(at) else max(0.0, at - view.moment.mono)


def named(mask: int, facts: RouteFacts) -> str:
    """The names of the deployments, at most `SHOWN` of them."""
    indices = bits(mask)
    names = ", ".join(facts.group.deployments[index].name for index in indices[:SHOWN])
    return names if len(indices) <= SHOWN else f"{names} and {len(indices) - SHOWN} more"


def smallest_change(rule: Rule, mask: int, facts: RouteFacts, view: FleetView) -> str:
    """The least that would let one of the deployments pass the rule that removed it."""
    members = [(index, facts.group.deployments[index]) for index in bits(mask)]
    match rule:
        case "reserved":
            tags = dict.fromkeys(tag for _, one in members for tag in one.tags)
            return f"tag the call with {' or '.join(tags)}"
        case "capability":
            missing = min(
                (facts.needs & ~one.card.capabilities for _, one in members),
                key=lambda lacks: (lacks.bit_count(), lacks),
            )
            return f"ask without {', '.join(capability_names(missing))}, or add a deployment that has it"
        case "context_window":
            largest = max(one.card.context_window or 0 for _, one in members)
            return f"shorten the request by about {facts.window - largest} tokens"
        case "max_output_tokens":
            return f"lower max_tokens to {max(one.card.max_output_tokens or 0 for _, one in members)}"
        case "unproven_cost":
            return "say ceiling='estimate' to accept an estimate, or leave out max_cost"
        case "unknown_price":
            return f"give the model card {members[0][1].card.name} a price"
        case "tried":
            return "add a deployment: all that could serve were tried"
        case "cooling_down" | "rate_limited":
            seconds = soonest(view, mask)
            return "wait until a probe has ended" if seconds is None else f"wait {seconds:.1f} s"
        case "over_max_cost":
            prices = [price for index, _ in members if (price := facts.group.prices.at(index)) is not None]
            least = min(least_bound(facts, price) for price in prices)
            return f"raise max_cost by at least {Usd(least - (facts.left or 0))}"
        case _:
            assert_never(rule)
