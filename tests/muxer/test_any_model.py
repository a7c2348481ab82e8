"""A deployment of any model is, for each name that it is asked by, a deployment of that model: one rule for route, ceiling and books."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from muxer_core.asking import chat_request
from muxer_core.call.commands import OpenAttempt
from muxer_core.catalog.listed_prices import find_by_name
from muxer_core.config.schema import Config
from muxer_core.muxer import Muxer
from muxer_core.routing.decision import Decision
from muxer_core.routing.group import MOST_ASKED, Groups
from muxer_core.simulation.clock import VirtualClock
from muxer_core.simulation.run import Run, simulate
from muxer_core.simulation.script import Script, answer
from muxer_core.testing.calls import DONE, FINISH, ROLE, USAGE, text_chunk
from muxer_core.values.amount import Usd
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.failure import Failure
from muxer_core.values.usage import Usage

GOOD = answer([ROLE, text_chunk("yes"), FINISH, USAGE, DONE])
USED = Usage(input_tokens=12, output_tokens=7)
PROXY = {"litellm": {"base_url": "http://127.0.0.1:4000/v1"}}


def muxer_of(providers: Mapping[str, Any] = PROXY, **more: Any) -> Muxer:
    wild = [{"model": "*", "provider": name, "upstream_model": "*"} for name in providers]
    return Muxer(Config.from_mapping({"providers": providers, "deployments": wild, **more}))


def ran(muxer: Muxer, model: str, max_cost: str | None = None) -> Run:
    clock = VirtualClock()
    request = chat_request("Why?", model, {} if max_cost is None else {"max_cost": max_cost})
    call = muxer.start_chat(request, call_id="c", seed=1, moment=clock())

    def upstream(_: OpenAttempt) -> Script:
        return GOOD

    return simulate(call, upstream, clock, ledger=muxer)


def listed_cost(model: str) -> Usd | None:
    listing = find_by_name(model)
    assert listing is not None
    price = listing.card(model, 0.0).price
    assert price is not None
    return price.at(VirtualClock()().wall).cost(USED)


@pytest.mark.parametrize(
    "model", ["gpt-4o-mini", "claude-3-haiku-20240307", "litellm/gpt-4o-mini", "gemini/gemini-2.0-flash"]
)
@pytest.mark.parametrize("max_cost", [None, "0.01"])
def test_any_model_of_a_proxy_is_priced_by_the_name_that_was_asked_for(model: str, max_cost: str | None) -> None:
    """Under a ceiling, too: before, its price was unknown to the route, so that `max_cost` refused it."""
    outcome = ran(muxer_of(), model, max_cost).outcome
    assert outcome is not None
    assert (outcome.status, outcome.exact) == ("complete", True)
    assert outcome.cost == listed_cost(model.removeprefix("litellm/"))
    assert outcome.decision is not None
    assert outcome.decision.where == outcome.attempts[0].where == f"litellm/{model.removeprefix('litellm/')}"


def test_an_alias_of_any_model_asks_for_the_name_at_its_end() -> None:
    done = ran(muxer_of(aliases={"fast": "quick", "quick": "litellm/gpt-4o-mini"}), "fast")
    assert b'"model":"gpt-4o-mini"' in done.commands(OpenAttempt)[0].request.body
    assert done.outcome is not None
    assert done.outcome.cost == listed_cost("gpt-4o-mini")


def test_a_server_at_another_address_does_not_charge_the_list_price() -> None:
    outcome = ran(muxer_of({"mine": {"base_url": "http://127.0.0.1:8000/v1"}}), "gpt-4o-mini").outcome
    assert outcome is not None
    assert outcome.cost is None
    assert any("price of mine/gpt-4o-mini is unknown" in warning for warning in outcome.warnings)


def test_a_user_s_price_for_any_model_wins_over_the_list() -> None:
    table = {"model": "*", "provider": "litellm", "upstream_model": "*", "price": {"input": "1", "output": "1"}}
    outcome = ran(muxer_of(deployments=[table]), "gpt-4o-mini").outcome
    assert outcome is not None
    assert outcome.cost == Usd(19 * 10**6)


def test_an_unlisted_model_is_refused_under_a_ceiling_with_a_hint_that_can_be_followed() -> None:
    request = chat_request("Why?", "house-model", {"max_cost": "1"})
    refused = muxer_of().explain(request, VirtualClock()())
    assert isinstance(refused, Failure)
    assert "give the model card house-model a price" in refused.message
    priced = muxer_of(models={"house-model": {"price": {"input": 1, "output": 1}}})
    assert isinstance(priced.explain(request, VirtualClock()()), Decision)


def test_a_provider_s_name_alone_is_no_model() -> None:
    with pytest.raises(InvalidRequest, match="'litellm/' names a provider and no model of it"):
        ran(muxer_of(), "litellm/")


def test_names_from_outside_do_not_pile_up() -> None:
    groups = Groups(muxer_of().catalog)
    first = groups.named("m-0")
    assert groups.named("m-0") is first
    for number in range(1, MOST_ASKED + 1):
        groups.named(f"m-{number}")
    assert groups.named("m-0") is not first
    assert groups.named(f"m-{MOST_ASKED}") is groups.named(f"m-{MOST_ASKED}")


def test_models_of_any_provider_and_described_ones_rank_together() -> None:
    """A group of a described deployment and one of any model: each keeps its own card, and the strategies its place in the catalog."""
    muxer = muxer_of(
        {**PROXY, "two": {"base_url": "http://two.invalid/v1"}},
        models={"gpt-*": {}},
        deployments=[
            {"model": "gpt-*", "provider": "litellm", "upstream_model": "*", "name": "gpt-*"},
            {"model": "gpt-*", "provider": "two", "upstream_model": "*", "name": "gpt-4*"},
        ],
    )
    for strategy in ("hybrid", "heuristic", "cost_optimized"):
        decision = muxer.explain(chat_request("Why?", "gpt-4o", {"strategy": strategy}), VirtualClock()())
        assert isinstance(decision, Decision)
        assert {one.name for one in decision.candidates()} <= {"litellm/gpt-4o", "two/gpt-4o"}
