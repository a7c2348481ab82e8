"""A refused key is followed by the next key of its credential, at the same place and at once, before anything else is tried."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.call.next_step import Step, Try, next_step
from muxer_core.call.plan import Place, Plan
from muxer_core.call.policies import Policies, RetryPolicy
from muxer_core.testing.calls import ListedChoices, place
from muxer_core.values.credential import CredentialRef
from muxer_core.values.failure import OF_THE_KEY, Failure, FailureKind


def keyed(number: int, keys: int) -> Place:
    there = place(number, card="model")
    ref = CredentialRef("k0", others=tuple(f"k{key}" for key in range(1, keys)))
    return msgspec.structs.replace(there, target=msgspec.structs.replace(there.target, credential=ref))


def steps_after(kind: Any, *keys: int, attempts: int = 9, retries: int = 0) -> list[Step]:
    """What follows when every attempt fails in one way. The places serve one model."""
    retry = RetryPolicy(max_retries=retries, max_attempts=attempts)
    plan = Plan(
        choices=ListedChoices(tuple(range(len(keys)))),
        places=tuple(keyed(number, count) for number, count in enumerate(keys)),
        policies=Policies(retry=retry),
    )
    failure = Failure(kind=kind, message="refused")
    tries, taken = [Try(0, "first", opened=True)], list[Step]()
    while (step := next_step(failure, tries[-1].place, tries, plan, 0.5)) is not None:
        tries.append(Try(step.place, step.cause, opened=True))
        taken.append(step)
    return taken


@pytest.mark.parametrize("kind", OF_THE_KEY)
def test_each_key_of_a_place_is_tried_once_and_at_once(kind: FailureKind) -> None:
    assert steps_after(kind, 3) == [Step(0, "retry", 0.0)] * 2
    assert steps_after(kind, 1) == []


def test_the_keys_of_a_place_come_before_another_place() -> None:
    assert steps_after("auth", 2, 2) == [Step(0, "retry", 0.0), Step(1, "fallback", 0.0), Step(1, "retry", 0.0)]


@given(
    kind=st.sampled_from(get_args(FailureKind)),
    keys=st.integers(1, 6),
    attempts=st.integers(1, 8),
    retries=st.integers(0, 3),
)
def test_keys_never_lead_beyond_the_attempts_of_a_call(
    kind: FailureKind, keys: int, attempts: int, retries: int
) -> None:
    with_keys = steps_after(kind, keys, attempts=attempts, retries=retries)
    with_one = steps_after(kind, 1, attempts=attempts, retries=retries)
    assert len(with_keys) <= attempts - 1
    if kind in OF_THE_KEY:
        assert len(with_keys) == max(len(with_one), min(keys, attempts) - 1)
        assert [step.delay for step in with_keys[: keys - 1]] == [0.0] * min(keys - 1, len(with_keys))
    else:
        assert with_keys == with_one
