"""Policies that cannot be meant are refused at once, and the field is named: NaN would make a timer that never runs out."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from typing import Any

import pytest

from muxer_core.call.policies import CascadePolicy, HedgePolicy, RetryPolicy, Timeouts
from muxer_core.values.errors import InvalidRequest

REFUSED: list[tuple[Callable[..., Any], str, Any]] = [
    *(
        (RetryPolicy, field, number)
        for field in ("backoff", "backoff_max", "retry_after_max")
        for number in (nan, inf, -1, "1", True)
    ),
    *((RetryPolicy, "max_attempts", number) for number in (0, 1.5, "1", True)),
    *((RetryPolicy, "max_retries", number) for number in (-1, 1.5)),
    *(
        (Timeouts, field, number)
        for field in ("connect", "first_chunk", "stall")
        for number in (None, 0, -1, nan, "5", True)
    ),
    *((Timeouts, field, number) for field in ("attempt", "call") for number in (0, nan, "5")),
    *((HedgePolicy, "after", number) for number in (-1, nan, inf, "1")),
    (CascadePolicy, "steps", 0),
    (CascadePolicy, "steps", "2"),
]


@pytest.mark.parametrize(("policy", "field", "number"), REFUSED)
def test_what_cannot_be_meant_is_refused_by_name(policy: Callable[..., Any], field: str, number: Any) -> None:
    with pytest.raises(InvalidRequest, match=rf"\.{field}: must be .*got"):
        policy(**{field: number})


def test_a_negative_number_of_hedges_is_refused() -> None:
    with pytest.raises(InvalidRequest, match=r"hedge\.max_hedges"):
        HedgePolicy(after=1, max_hedges=-1)


def test_an_attempt_and_a_call_may_last_for_ever() -> None:
    assert (Timeouts(attempt=None, call=None).attempt, Timeouts(call=inf).call) == (None, inf)
