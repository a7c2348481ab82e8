"""What a person reads: why this one, why not that one, and what to change when nothing is left."""

from __future__ import annotations

import re
from typing import get_args

import msgspec
import pytest

from muxer_core.catalog.cards import ModelCard, capability_mask
from muxer_core.catalog.catalog import Catalog
from muxer_core.fleet.fleet import Fleet
from muxer_core.routing.facts import RouteFacts, route_facts
from muxer_core.routing.filters import Rule
from muxer_core.routing.group import Group, Groups
from muxer_core.routing.route import route, strategy_named
from muxer_core.values.amount import Usd
from muxer_core.values.context import CallContext
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.failure import Failure, FailureKind
from muxer_core.values.messages import ImagePart, Message, TextPart
from muxer_core.values.request import ChatRequest, FunctionTool
from tests.routing.examples import BIG, SMALL, T0, ask, decided, deployments, house, refused


def facts_of(request: ChatRequest, catalog: Catalog | None = None, **fields: object) -> RouteFacts:
    catalog = catalog or house()
    facts = route_facts(request, Groups(catalog).named("auto"), seed=1)
    return msgspec.structs.replace(facts, **fields)


def test_a_reason_names_the_deployment_the_task_and_the_cost() -> None:
    decision = decided(route(facts_of(ask()), Fleet(house(), T0).view(T0)))
    assert decision.where.startswith("small-")
    assert decision.reason.startswith(
        f"{decision.where} by hybrid: the best sum of quality 0.4, cost 0.45, latency 0.15"
    )
    assert "nothing in the prompt's form says that it is hard" in decision.reason
    assert "no latency was measured yet" in decision.reason
    assert "with 0 attempts in flight" in decision.reason


@pytest.mark.parametrize(
    ("strategy", "request_", "words"),
    [
        (
            "heuristic",
            ask("Show that $x^2 = y$"),
            "a math task that is hard (mathematical notation); the highest quality prior, 0.9",
        ),
        ("heuristic", ask(), "a general task that is plain"),
        ("heuristic", ask("```py\nx\n```"), "its card is named for code tasks"),
        ("cost_optimized", ask(), "the lowest expected cost, $0.0000872 for about 12 tokens in and 215 out"),
        ("weighted", ask(), "drawn at random by weight"),
        ("least_busy", ask(), "the less busy of two equals"),
        ("hybrid", ask(max_tokens=9_000), "only the model big can serve"),
    ],
)
def test_reasons(strategy: str, request_: ChatRequest, words: str) -> None:
    assert words in decided(route(facts_of(request_), Fleet(house(), T0).view(T0), strategy)).reason


@pytest.mark.parametrize("strategy", ["hybrid", "heuristic", "cost_optimized"])
@pytest.mark.parametrize("hard", ["plain", "$x_1 = 2$"])
def test_what_is_not_known_is_said(strategy: str, hard: str) -> None:
    unknown = Catalog(deployments(ModelCard(name="a"), ModelCard(name="b")))
    decision = decided(route(facts_of(ask(hard), unknown), Fleet(unknown, T0).view(T0), strategy))
    assert "no_price_known" in decision.reason_codes
    assert "no price is known" in decision.reason
    if strategy == "hybrid" or (strategy == "heuristic" and hard != "plain"):
        assert "not every card has a quality prior" in decision.reason
    half = Catalog(deployments(ModelCard(name="a"), SMALL))
    decision = decided(route(facts_of(ask(hard), half), Fleet(half, T0).view(T0), "hybrid"))
    assert "unknown prices counted as twice the dearest" in decision.reason
    assert decision.where == "small-1"


def test_hybrid_weighs_latency_once_it_was_measured() -> None:
    twins = Catalog(deployments(*(msgspec.structs.replace(SMALL, name=name) for name in ("a", "b", "c"))))
    fleet = Fleet(twins, T0)
    for index, seconds in ((0, 3.0), (1, 0.5)):
        fleet.attempt_started(index, T0)
        fleet.attempt_ended(index, T0, failure=None, first_chunk_seconds=seconds)
    decision = decided(route(facts_of(ask(), twins), fleet.view(T0)))
    assert decision.where == "b-1"
    assert "no latency" not in decision.reason
    assert decision.next_choice(0b010) == 2, "a card that was not measured lies in the middle"
    assert [one.first_chunk for one in decision.candidates()] == [3.0, 0.5, None]


def one_of_each_rule(rule: Rule) -> tuple[RouteFacts, Fleet]:
    catalog = house()
    fleet = Fleet(catalog, T0)
    match rule:
        case "reserved":
            catalog = Catalog(deployments(SMALL, tags=("eu", "paid")))
            return facts_of(ask(), catalog), Fleet(catalog, T0)
        case "capability":
            catalog = Catalog(deployments(SMALL, msgspec.structs.replace(SMALL, name="none", capabilities=0)))
            message = Message("user", (TextPart("what is it?"), ImagePart(url="https://example.org/x.png")))
            request = ChatRequest(model="auto", messages=(message,), tools=(FunctionTool("f"),))
            return facts_of(request, catalog), Fleet(catalog, T0)
        case "context_window":
            return facts_of(ask("x" * 600_000)), fleet
        case "max_output_tokens":
            return facts_of(ask(max_tokens=20_000)), fleet
        case "unproven_cost":
            return facts_of(ask(max_cost=Usd.parse("1"), extras={"web_search_options": {}})), fleet
        case "unknown_price":
            catalog = Catalog(deployments(ModelCard(name="a")))
            return facts_of(ask(max_cost=Usd.parse("1")), catalog), Fleet(catalog, T0)
        case "tried":
            return facts_of(ask(), tried=0b11111), fleet
        case "cooling_down":
            for index in range(5):
                fleet.attempt_started(index, T0)
                fleet.attempt_ended(
                    index, T0, failure=Failure(kind="overloaded", message="529", retry_after=7.0 + index)
                )
            return facts_of(ask()), fleet
        case "rate_limited":
            catalog = Catalog(deployments(msgspec.structs.replace(SMALL, requests_per_minute=1)))
            fleet = Fleet(catalog, T0)
            fleet.attempt_started(0, T0)
            return facts_of(ask(), catalog), fleet
        case "over_max_cost":
            return facts_of(ask(max_cost=Usd.parse("0.00001"))), fleet


REFUSALS: dict[Rule, tuple[FailureKind, str, str]] = {
    "reserved": ("no_candidate", "is reserved for calls tagged eu or paid", "tag the call with eu or paid"),
    "capability": ("unsupported", "cannot do vision", "ask without vision, or add a deployment that has it"),
    "context_window": (
        "context_too_long",
        "its context window of 8000 tokens is below the 150023 that are needed",
        "shorten the request by about 22023 tokens",
    ),
    "max_output_tokens": (
        "unsupported",
        "answers with at most 16000 tokens, and max_tokens is 20000",
        "lower max_tokens to 16000",
    ),
    "unproven_cost": ("over_ceiling", "max_cost cannot be proven because the field", "say ceiling='estimate'"),
    "unknown_price": ("over_ceiling", "its price is unknown", "give the model card a a price"),
    "tried": ("no_candidate", "was tried already", "add a deployment"),
    "cooling_down": ("no_candidate", "cools down after failures, for 7.0 s more", "wait 7.0 s"),
    "rate_limited": ("no_candidate", "is at its limit of requests or tokens a minute, for 61.0 s more", "wait 61.0 s"),
    "over_max_cost": ("over_ceiling", "is left under max_cost", "raise max_cost by at least $0.0000"),
}


@pytest.mark.parametrize("rule", get_args(Rule))
def test_a_refusal_says_why_and_what_to_change(rule: Rule) -> None:
    facts, fleet = one_of_each_rule(rule)
    failure = refused(route(facts, fleet.view(T0)))
    kind, why, change = REFUSALS[rule]
    assert failure.kind == kind
    assert why in failure.message
    assert f"Smallest change: {change}" in failure.message
    assert failure.retry_after == {"cooling_down": 7.0, "rate_limited": 61.0}.get(rule)


def test_the_smallest_raise_of_the_ceiling_is_enough_and_no_more() -> None:
    facts, fleet = one_of_each_rule("over_max_cost")
    view = fleet.view(T0)
    message = refused(route(facts, view)).message
    found = re.search(r"raise max_cost by at least \$([0-9.]+)", message)
    assert found is not None
    assert facts.left is not None
    enough = facts.left + Usd.parse(found[1].rstrip(".")).pico
    assert decided(route(msgspec.structs.replace(facts, left=enough), view)).where.startswith("small")
    refused(route(msgspec.structs.replace(facts, left=enough - 1), view))


def test_waiting_comes_first_only_where_it_helps() -> None:
    fleet = Fleet(house(), T0)
    for index in range(3):
        fleet.attempt_started(index, T0)
        fleet.attempt_ended(index, T0, failure=Failure(kind="overloaded", message="529", retry_after=9.0))
    cheap_enough_for_small = facts_of(ask(max_cost=Usd.parse("0.0001")))
    failure = refused(route(cheap_enough_for_small, fleet.view(T0)))
    assert (failure.kind, failure.retry_after) == ("no_candidate", 9.0)
    for_none = facts_of(ask(max_cost=Usd.parse("0.00000001")))
    failure = refused(route(for_none, fleet.view(T0)))
    assert (failure.kind, failure.retry_after) == ("over_ceiling", None)


def test_a_probe_that_is_out_has_no_time() -> None:
    catalog = Catalog(deployments(SMALL))
    fleet = Fleet(catalog, T0)
    fleet.attempt_started(0, T0)
    fleet.attempt_ended(0, T0, failure=Failure(kind="overloaded", message="529", retry_after=7.0))
    fleet.attempt_started(0, T0.later(8.0))
    failure = refused(route(facts_of(ask(), catalog), fleet.view(T0.later(8.0))))
    assert failure.retry_after is None
    assert "until its probe ends" in failure.message
    assert "wait until a probe has ended" in failure.message


def test_long_lists_of_names_are_counted() -> None:
    catalog = Catalog(deployments(*(SMALL,) * 50))
    failure = refused(
        route(facts_of(ask(tools=(FunctionTool("f"),), logprobs=True), catalog), Fleet(catalog, T0).view(T0))
    )
    assert "small-19 and 30 more" in failure.message


def test_every_rejection_has_words() -> None:
    facts = facts_of(ask(max_cost=Usd.parse("0.0005"), max_tokens=500))
    decision = decided(route(facts, Fleet(house(), T0).view(T0)))
    (first, second) = decision.rejections()
    assert (first.name, second.name, first.rule) == ("big-3", "big-4", "over_max_cost")
    assert decision.why_not(first) == "can cost up to $0.006492, and $0.0005 is left under max_cost"
    assert [one.name for one in decision.candidates()] == ["small-0", "small-1", "small-2"]


def test_tags_open_what_is_reserved() -> None:
    catalog = Catalog([*deployments(SMALL, tags=("eu",)), *deployments(BIG)])
    group = Group(catalog, (0, 1))
    view = Fleet(catalog, T0).view(T0)
    assert decided(route(route_facts(ask(), group), view)).where == "big-0"
    europe = CallContext(tags=("report-7", "eu"))
    assert decided(route(route_facts(ask(), group, context=europe), view)).where == "small-0"


def test_an_unknown_strategy_names_the_nearest() -> None:
    with pytest.raises(InvalidRequest, match="did you mean 'cost_optimized'"):
        route(facts_of(ask()), Fleet(house(), T0).view(T0), "cost_optimised")
    with pytest.raises(InvalidRequest, match="'x' is not one of hybrid, heuristic"):
        strategy_named("x")
    assert strategy_named("weighted").__name__ == "weighted"


def test_a_record_is_plain_and_short() -> None:
    decision = decided(route(facts_of(ask(max_tokens=9_000)), Fleet(house(), T0).view(T0)))
    encoded = msgspec.json.encode(decision.record())
    assert len(encoded) <= 1_024
    assert msgspec.json.decode(encoded)["removed"] == {"context_window": "7"}
    assert capability_mask(["tools"]) == 1
