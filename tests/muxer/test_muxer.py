"""`Muxer` puts the rooms together: names, routing, places, reservations, settlements, and what the fleet learns from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from muxer_core.asking import ChatOptions, chat_request
from muxer_core.call.commands import OpenAttempt
from muxer_core.call.machine import Call
from muxer_core.call.outcome import CallFailed
from muxer_core.catalog.catalog import UnknownModel
from muxer_core.config.schema import Config
from muxer_core.muxer import Muxer
from muxer_core.routing.decision import Decision
from muxer_core.simulation.clock import VirtualClock
from muxer_core.simulation.run import Run, simulate
from muxer_core.simulation.script import REFUSED_CONNECTION, Data, End, Head, Script, answer
from muxer_core.testing.calls import DONE, ERROR_BODIES, FINISH, ROLE, USAGE, text_chunk
from muxer_core.values.amount import Usd
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.failure import Failure
from muxer_core.values.items import ModelsListed

GOOD = answer([ROLE, text_chunk("yes"), FINISH, USAGE, DONE])


def config(**more: Any) -> Config:
    mapping: dict[str, Any] = {
        "providers": {"one": {"base_url": "http://one.invalid/v1"}, "two": {"base_url": "http://two.invalid/v1/"}},
        "models": {
            "small": {"price": {"input": "1", "output": "4"}, "max_output_tokens": 500},
            "large": {"price": {"input": "10", "output": "40"}, "max_output_tokens": 500},
        },
        "deployments": [
            {"model": "small", "provider": "one", "name": "a"},
            {"model": "small", "provider": "two", "name": "b"},
            {"model": "large", "provider": "two", "name": "c"},
        ],
        "routing": {"strategy": "cost_optimized"},
    }
    return Config.from_mapping(mapping | more)


def start(muxer: Muxer, clock: VirtualClock, model: str = "small", *, seed: int = 1, **options: Any) -> Call:
    return muxer.start_chat(
        chat_request("Why?", model, cast("ChatOptions", options)), call_id=f"call-{seed}", seed=seed, moment=clock()
    )


def run(muxer: Muxer, call: Call, clock: VirtualClock, upstream: Callable[[OpenAttempt], Script]) -> Run:
    return simulate(call, upstream, clock, ledger=muxer)


def test_a_call_is_held_booked_and_learned_from() -> None:
    muxer, clock = Muxer(config()), VirtualClock()
    call = start(muxer, clock)
    done = run(muxer, call, clock, lambda _: GOOD)
    assert done.outcome is not None
    assert done.outcome.cost == Usd(12 * 10**6 + 7 * 4 * 10**6)
    assert isinstance(done.outcome.decision, Decision)
    assert muxer.ledger.booked == done.outcome.cost
    assert (muxer.ledger.held, muxer.ledger.open) == (Usd(0), 0)
    assert sum(muxer.fleet(clock()).view(clock()).in_flight) == 0


def test_a_failing_deployment_is_left_alone_after_a_while() -> None:
    muxer, clock = Muxer(config()), VirtualClock()

    def half_down(command: OpenAttempt) -> Script:
        return REFUSED_CONNECTION if command.request.url.startswith("http://one.invalid/") else GOOD

    for seed in range(12):
        done = run(muxer, start(muxer, clock, seed=seed), clock, half_down)
        assert done.outcome is not None
        assert done.outcome.status == "complete"
    decision = muxer.explain(chat_request("Why?", "small", {}), clock())
    assert isinstance(decision, Decision)
    assert [rejection.name for rejection in decision.rejections()] == ["a"]


def test_a_name_that_is_not_configured_names_the_nearest() -> None:
    with pytest.raises(UnknownModel, match="small"):
        start(Muxer(config()), VirtualClock(), "smal")


def test_no_candidate_is_a_failed_call_that_sent_nothing() -> None:
    with pytest.raises(CallFailed, match="over_ceiling") as failed:
        start(Muxer(config()), VirtualClock(), max_cost="0.000001")
    assert failed.value.outcome.attempts == ()


def test_the_configured_ceiling_holds_where_a_call_names_none() -> None:
    muxer, clock = Muxer(config(max_cost="0.0005")), VirtualClock()
    assert isinstance(muxer.explain(chat_request("Why?", "large", {}), clock()), Failure)
    assert isinstance(muxer.explain(chat_request("Why?", "large", {"max_cost": "1"}), clock()), Decision)
    assert start(muxer, clock).plan.max_cost == Usd.parse("0.0005")


def test_the_retry_budget_of_the_process_is_asked() -> None:
    muxer, clock = Muxer(config(fleet={"retry_budget": {"ratio": 0, "per_second": 0}})), VirtualClock()
    done = run(muxer, start(muxer, clock), clock, lambda _: REFUSED_CONNECTION)
    assert done.outcome is not None
    kinds = [one.failure.kind for one in done.outcome.attempts if one.failure]
    assert kinds == ["connect", "refused_by_retry_budget"]
    assert done.outcome.failure is not None
    assert done.outcome.failure.kind == "connect", "the cause is told, not our refusal"


def test_any_model_of_a_provider_passes_verbatim() -> None:
    any_model = config(models={}, deployments=[{"model": "*", "provider": "one", "upstream_model": "*"}])
    muxer, clock = Muxer(any_model), VirtualClock()
    for name, upstream in (("gpt-9", "gpt-9"), ("one/gpt-9", "gpt-9"), ("vendor/gpt-9", "vendor/gpt-9")):
        done = run(muxer, start(muxer, clock, name), clock, lambda _: GOOD)
        opened = done.commands(OpenAttempt)[0]
        assert isinstance(opened, OpenAttempt)
        assert f'"model":"{upstream}"'.encode() in opened.request.body
        assert done.outcome is not None
        assert done.outcome.attempts[0].where == f"one/{upstream}"


def test_one_model_that_is_not_there_does_not_take_down_the_others_of_its_provider() -> None:
    muxer, clock = (
        Muxer(config(models={}, deployments=[{"model": "*", "provider": "one", "upstream_model": "*"}])),
        VirtualClock(),
    )
    missing = (Head(404, ()), Data(ERROR_BODIES[404]), End())
    for seed in range(5):
        run(muxer, start(muxer, clock, "no-such-model", seed=seed), clock, lambda _: missing)
    done = run(muxer, start(muxer, clock, "gpt-9", seed=9), clock, lambda _: GOOD)
    assert done.outcome is not None
    assert done.outcome.status == "complete"


def test_a_provider_is_asked_for_its_models_and_for_a_sign_of_life() -> None:
    muxer, clock = Muxer(config()), VirtualClock()
    listing = (Head(200, ()), Data(b'{"data": [{"id": "m"}]}'), End())
    models = muxer.start_models("two", call_id="m", seed=1, moment=clock())
    assert run(muxer, models, clock, lambda _: listing).items[0] == ModelsListed([{"id": "m"}])
    probe = muxer.start_probe(None, call_id="p", seed=1, moment=clock())
    refused = (Head(404, ()), Data(ERROR_BODIES[404]), End())
    done = run(muxer, probe, clock, lambda command: listing if command.attempt == 2 else refused)
    assert done.outcome is not None
    assert done.outcome.status == "complete"
    assert muxer.ledger.booked == Usd(0)
    with pytest.raises(InvalidRequest, match="'three' is not configured; known are one, two"):
        muxer.start_models("three", call_id="m", seed=1, moment=clock())


def test_a_settlement_that_comes_twice_is_booked_once() -> None:
    muxer, clock = Muxer(config()), VirtualClock()
    done = run(muxer, start(muxer, clock), clock, lambda _: GOOD)
    settle = next(step for _, step in done.trace if type(step).__name__ == "Settle")
    booked = muxer.ledger.booked
    muxer.settle(settle, clock())  # type: ignore[arg-type]  # the name was just compared
    assert muxer.ledger.booked == booked


def test_a_cancelled_call_teaches_the_fleet_nothing() -> None:
    muxer, clock = Muxer(config()), VirtualClock()
    slow = answer([ROLE, text_chunk("a"), DONE], gap=5.0)
    for seed in range(5):
        simulate(start(muxer, clock, seed=seed), lambda _: slow, clock, ledger=muxer, cancel_at=clock().mono + 6.0)
    decision = muxer.explain(chat_request("Why?", "small", {}), clock())
    assert isinstance(decision, Decision)
    assert decision.rejections() == []


@pytest.mark.parametrize("wrong", [{"providers": {"openai": {}}}, None, "muxer.toml", Config])
def test_what_is_no_configuration_is_refused_with_the_way_to_make_one(wrong: Any) -> None:
    with pytest.raises(InvalidRequest, match=r"config: must be a Config, got \w+; .*Config\.from_mapping"):
        Muxer(wrong)


def test_the_catalog_is_the_configurations() -> None:
    configured = config()
    assert Muxer(configured).catalog is configured.catalog


def test_an_operators_header_is_shown_nowhere() -> None:
    secret = "Bearer sk-very-secret"
    configured = config(
        providers={
            "one": {"base_url": "http://one.invalid/v1", "headers": {"authorization": secret}},
            "two": {"base_url": "http://two.invalid/v1"},
        }
    )
    muxer, clock = Muxer(configured), VirtualClock()
    call = start(muxer, clock)
    for shown in (configured.catalog.providers, configured.catalog.deployments, call.plan.places):
        assert secret not in repr(shown)
