"""Law 6: extra attempts are bounded by the calls and the seconds that paid for them, over any stretch of any sequence."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from muxer_core.fleet.policies import RetryBudgetPolicy
from muxer_core.fleet.retry_budget import RetryBudget
from muxer_core.values.moment import Moment

steps = st.lists(
    st.tuples(
        st.sampled_from(["call", "call", "spend", "spend", "spend"]),
        st.sampled_from([0.0, 0.0, 0.001, 0.3, 2.0, 100.0, -5.0]),
    ),
    max_size=120,
)
policies = st.builds(
    RetryBudgetPolicy,
    ratio=st.sampled_from([0.0, 0.1, 0.2, 1 / 3, 1.0, 3.0]),
    per_second=st.sampled_from([0.0, 0.1, 1.0, 10.0]),
    saved_seconds=st.sampled_from([0.0, 1.0, 10.0]),
)


@given(policy=policies, steps=steps)
@example(policy=RetryBudgetPolicy(ratio=0.0, per_second=1.0, saved_seconds=1.0), steps=[("spend", 0.01)] * 100)
def test_no_stretch_grants_more_than_was_saved_and_paid(
    policy: RetryBudgetPolicy, steps: list[tuple[str, float]]
) -> None:
    budget = RetryBudget(policy, Moment(0.0, 0.0))
    now, latest = 0.0, 0.0
    history: list[tuple[int, int, float]] = [(0, 0, 0.0)]
    calls = granted = 0
    for what, pause in steps:
        now += pause
        latest = max(latest, now)
        if what == "call":
            budget.call_started(Moment(now, now))
            calls += 1
        else:
            granted += budget.try_spend(Moment(now, now))
        history.append((calls, granted, latest))
    most_saved = max(policy.per_second * policy.saved_seconds, policy.ratio, 1.0)
    for begin, (calls_then, granted_then, then) in enumerate(history):
        for calls_now, granted_now, at in history[begin:]:
            paid = policy.ratio * (calls_now - calls_then) + policy.per_second * (at - then)
            assert granted_now - granted_then <= most_saved + paid + 1e-5
    start = policy.per_second
    assert granted <= start + policy.ratio * calls + policy.per_second * latest + 1e-5


def test_a_steady_load_gets_its_share() -> None:
    budget = RetryBudget(RetryBudgetPolicy(ratio=0.2, per_second=0.0, saved_seconds=10.0), Moment(0.0, 0.0))
    granted = 0
    for _ in range(1_000):
        budget.call_started(Moment(0.0, 0.0))
        granted += budget.try_spend(Moment(0.0, 0.0))
    assert granted in (199, 200)


def test_seconds_bring_their_allowance_and_no_more_than_is_kept() -> None:
    budget = RetryBudget(RetryBudgetPolicy(ratio=0.0, per_second=2.0, saved_seconds=5.0), Moment(0.0, 0.0))
    assert budget.left == 2
    assert [budget.try_spend(Moment(0.0, 0.0)) for _ in range(3)] == [True, True, False]
    assert budget.try_spend(Moment(0.5, 0.5))
    assert not budget.try_spend(Moment(0.6, 0.6))
    assert sum(budget.try_spend(Moment(1e6, 1e6)) for _ in range(50)) == 10
    assert budget.left == 0
