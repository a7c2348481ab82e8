"""The fleet: the breaker's diagram, views, latency; and what it refuses."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from muxer_core.catalog.cards import ModelCard
from muxer_core.catalog.catalog import Catalog
from muxer_core.catalog.deployments import Deployment, Provider
from muxer_core.fleet.fleet import Fleet
from muxer_core.fleet.health import VERDICTS, Breaker
from muxer_core.fleet.policies import HealthPolicy, RetryBudgetPolicy
from muxer_core.values.credential import CredentialRef
from muxer_core.values.errors import InvalidRequest, LocalProtocolError
from muxer_core.values.failure import OF_THE_KEY, Failure, FailureKind
from muxer_core.values.moment import Moment
from tests.fleet.machine import HEALTH, FleetMachine, new_fleet

T0 = Moment(0.0, 0.0)
BROKEN = Failure(kind="server_error", message="500")


def test_any_sequence_of_events_follows_the_diagram() -> None:
    FleetMachine.reach.clear()
    run_state_machine_as_test(
        FleetMachine, settings=settings(max_examples=150, stateful_step_count=40, database=None, derandomize=True)
    )
    reach = FleetMachine.reach
    runs = reach["runs"]
    least = {
        "opened": runs / 4,
        "half open": runs / 5,
        "probe": runs / 8,
        "recovered": 10,
        "reopened": 10,
        "probe told nothing": 1,
        "failed while cooling": 10,
        "limited": 10,
    }
    assert {name: reach[name] for name, wanted in least.items() if reach[name] < wanted} == {}, dict(reach)


def fail(fleet: Fleet, moment: Moment, failure: Failure | None = BROKEN) -> None:
    fleet.attempt_started(0, moment)
    fleet.attempt_ended(0, moment, failure=failure)


def test_every_kind_of_failure_has_a_verdict() -> None:
    assert set(VERDICTS) == set(get_args(FailureKind))


@pytest.mark.parametrize("kind", get_args(FailureKind))
def test_what_a_kind_says_of_the_deployment(kind: FailureKind) -> None:
    fleet = new_fleet()
    for _ in range(HEALTH.failures):
        fail(fleet, T0, Failure(kind=kind, message="scripted"))
    assert bool(fleet.view(T0).up & 1) == (VERDICTS[kind] in ("works", "nothing"))


def test_cooldowns_double_up_to_their_limit_and_a_success_forgets_them() -> None:
    fleet = new_fleet()
    moment = T0
    fail(fleet, moment)
    fail(fleet, moment)
    for seconds in (4.0, 8.0, 16.0, 16.0):
        assert fleet.view(moment.later(seconds - 0.01)).up & 1 == 0
        moment = moment.later(seconds)
        assert fleet.view(moment).up & 1
        fail(fleet, moment)
    moment = moment.later(16.0)
    fail(fleet, moment, None)
    fail(fleet, moment)
    assert fleet.view(moment).up & 1, "one failure after a success is not a row"
    fail(fleet, moment)
    assert fleet.view(moment.later(3.9)).up & 1 == 0
    assert fleet.view(moment.later(4.0)).up & 1


def test_retry_after_cools_at_once_and_no_longer_than_its_limit() -> None:
    fleet = new_fleet()
    fail(fleet, T0, Failure(kind="rate_limited", message="429", retry_after=7.0))
    view = fleet.view(T0)
    assert view.up & 1 == 0
    assert view.back_at[0] == 7.0
    assert fleet.view(T0.later(7.0)).up & 1
    fleet = new_fleet()
    fail(fleet, T0, Failure(kind="rate_limited", message="429", retry_after=1e9))
    assert fleet.view(T0.later(30.0)).up & 1


def test_a_refused_request_with_retry_after_blames_nobody() -> None:
    fleet = new_fleet()
    for _ in range(9):
        fail(fleet, T0, Failure(kind="bad_request", message="400", retry_after=7.0))
    assert fleet.view(T0).up & 1


def test_one_probe_at_a_time() -> None:
    fleet = new_fleet()
    fail(fleet, T0, Failure(kind="overloaded", message="529", retry_after=5.0))
    later = T0.later(5.0)
    fleet.attempt_started(0, later)
    assert fleet.view(later.later(1_000.0)).up & 1 == 0
    fleet.attempt_ended(0, later.later(1_000.0), failure=Failure(kind="cancelled", message="left"))
    assert fleet.view(later.later(1_000.0)).up & 1, "a probe that told nothing makes room for another"


def test_an_older_attempt_that_is_given_up_does_not_make_room_for_a_second_probe() -> None:
    fleet = new_fleet()
    fleet.attempt_started(0, T0)
    fail(fleet, T0, Failure(kind="overloaded", message="529", retry_after=5.0))
    later = T0.later(5.0)
    fleet.attempt_started(0, later)
    fleet.attempt_ended(0, later, failure=Failure(kind="cancelled", message="the older one"))
    assert fleet.view(later).up & 1 == 0
    fleet.attempt_ended(0, later, failure=None)
    assert fleet.view(later).up & 1


def test_the_probe_of_a_limited_deployment_ends_while_the_window_is_full() -> None:
    fleet = new_fleet()
    for _ in range(3):
        fleet.attempt_started(2, T0)
    fleet.attempt_ended(2, T0, failure=Failure(kind="overloaded", message="529", retry_after=5.0))
    fleet.attempt_ended(2, T0, failure=None)
    fleet.attempt_ended(2, T0, failure=None)
    view = fleet.view(T0.later(6.0))
    assert view.up & 0b100
    assert view.unlimited & 0b100 == 0
    assert view.back_at[2] == 61.0
    assert fleet.view(T0.later(61.0)).unlimited & 0b100


def test_time_that_goes_backwards_changes_nothing() -> None:
    fleet = new_fleet()
    late = T0.later(10.0)
    fail(fleet, late, Failure(kind="overloaded", message="529", retry_after=5.0))
    assert fleet.view(T0).up & 1 == 0
    assert fleet.view(late.later(5.0)).up & 1
    assert fleet.view(T0).up & 1


def test_versions_count_writes_and_views_cost_none() -> None:
    fleet = new_fleet()
    first = fleet.view(T0)
    assert fleet.view(T0.later(1.0)).version == first.version
    fleet.attempt_started(1, T0)
    second = fleet.view(T0)
    assert second.version > first.version
    assert second.first_chunk is first.first_chunk, "a column that was not written is shared"
    assert (first.in_flight[1], second.in_flight[1]) == (0, 1)


def test_latency_decays_toward_the_newest_by_deployment_and_by_card() -> None:
    fleet = new_fleet()
    for index, seconds in ((0, 2.0), (0, 1.0), (1, 1.0)):
        fleet.attempt_started(index, T0)
        fleet.attempt_ended(index, T0, failure=None, first_chunk_seconds=seconds)
    view = fleet.view(T0)
    assert list(view.first_chunk) == [1.75, 1.0, 0.0]
    assert list(view.card_first_chunk) == [1.5625, 0.0]


def test_an_end_without_a_start_is_refused() -> None:
    with pytest.raises(LocalProtocolError, match="no attempt is in flight at deployment 1"):
        new_fleet().attempt_ended(1, T0, failure=None)


def test_states_by_name() -> None:
    breaker = Breaker()
    assert breaker.state(0.0) == "closed"
    breaker.attempt_ended(Failure(kind="auth", message="401"), HealthPolicy(), 1.0, others_in_flight=False)
    assert breaker.state(2.0) == "cooling"
    assert breaker.state(301.0) == "half_open"


@pytest.mark.parametrize("field", ["cooldown", "cooldown_max", "setup_cooldown", "retry_after_max"])
@pytest.mark.parametrize("seconds", [-1.0, float("inf"), float("nan")])
def test_durations_that_cannot_be_meant(field: str, seconds: float) -> None:
    with pytest.raises(InvalidRequest, match=f"health.{field}"):
        HealthPolicy(**{field: seconds})  # type: ignore[arg-type]  # the field is drawn


@pytest.mark.parametrize("field", ["cooldown", "cooldown_max"])
def test_a_cooldown_takes_time(field: str) -> None:
    with pytest.raises(InvalidRequest, match=f"health.{field}"):
        HealthPolicy(**{field: 0.0})  # type: ignore[arg-type]  # the field is drawn


def test_without_cooldowns_of_their_own_failures_of_setup_only_count() -> None:
    breaker = Breaker()
    policy = HealthPolicy(failures=2, setup_cooldown=0.0, retry_after_max=0.0)
    breaker.attempt_ended(Failure(kind="auth", message="401", retry_after=60.0), policy, 1.0, others_in_flight=False)
    assert breaker.state(1.0) == "closed"
    breaker.attempt_ended(Failure(kind="auth", message="401", retry_after=60.0), policy, 2.0, others_in_flight=False)
    assert breaker.state(2.0) == "cooling"
    assert breaker.state(7.0) == "half_open"


def test_numbers_that_cannot_be_meant() -> None:
    with pytest.raises(InvalidRequest, match=r"health\.failures"):
        HealthPolicy(failures=0)
    for field in ("ratio", "per_second", "saved_seconds"):
        with pytest.raises(InvalidRequest, match=f"retry_budget.{field}"):
            RetryBudgetPolicy(**{field: -0.1})


# -- deployments with several keys ------------------------------------------------------------------------------------------------------


KEY_KINDS: list[Any] = [*OF_THE_KEY]


@given(
    keys=st.integers(1, 4),
    ends=st.lists(st.sampled_from([None, "bad_request", "cancelled", *KEY_KINDS]), max_size=30),
)
def test_a_deployment_stays_up_until_each_of_its_keys_was_refused_in_a_row(keys: int, ends: list[Any]) -> None:
    """Every refusal names a wait, so that with one key each of them takes the deployment out at once."""
    breaker, in_a_row = Breaker(), 0
    for kind in ends:
        failure = None if kind is None else Failure(kind=kind, message="scripted", retry_after=5.0)
        breaker.attempt_ended(failure, HEALTH, 1.0, others_in_flight=False, keys=keys)
        in_a_row = in_a_row + 1 if kind in OF_THE_KEY else in_a_row if kind == "cancelled" else 0
        assert breaker.state(1.0) == ("cooling" if in_a_row >= keys else "closed")
        if in_a_row >= keys:
            return


def test_a_probe_whose_key_is_refused_leaves_the_place_to_the_next_probe() -> None:
    breaker = Breaker()
    for _ in range(2):
        breaker.attempt_ended(BROKEN, HEALTH, 0.0, others_in_flight=False, keys=2)
    breaker.attempt_started(5.0)
    assert not breaker.admits(5.0)
    breaker.attempt_ended(Failure(kind="auth", message="401"), HEALTH, 5.0, others_in_flight=False, keys=2)
    assert breaker.admits(5.0)


def test_the_fleet_knows_how_many_keys_a_deployment_has() -> None:
    ref = CredentialRef("one", others=("two",))
    provider = Provider(name="house", base_url="http://127.0.0.1:1", credential=ref)
    catalog = Catalog([Deployment(name="d", card=ModelCard(name="m"), provider=provider, upstream_model="m")])
    fleet = Fleet(catalog, T0)
    refused = Failure(kind="auth", message="401")
    fail(fleet, T0, refused)
    assert fleet.view(T0).up & 1
    fail(fleet, T0, refused)
    assert not fleet.view(T0).up & 1
