"""Money before an attempt opens: what may be spent (law 4), and the policies that say so."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.call.ceiling import Allowance, Demand, allow
from muxer_core.call.plan import OnlyPlace, Place
from muxer_core.call.policies import RetryPolicy, Timeouts
from muxer_core.money import PriceCard
from muxer_core.money.schedule import ServiceTier
from muxer_core.routing.facts import SMALLEST_ANSWER
from muxer_core.testing.calls import place
from muxer_core.values.amount import Usd
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.failure import Failure

PRICED = place(0, price=PriceCard.per_million(input=1, output=10))
FREE = msgspec.structs.replace(PRICED, price=None)
CENT = Usd.parse("0.01")


def refusal(answer: Allowance | Failure) -> str:
    assert isinstance(answer, Failure)
    assert answer.kind == "over_ceiling"
    return answer.message


def granted(answer: Allowance | Failure) -> Allowance:
    assert isinstance(answer, Allowance)
    return answer


# -- before ---------------------------------------------------------------------------------------------------------------------------


def test_without_a_ceiling_nothing_is_changed_and_the_bound_is_what_is_known() -> None:
    demand = Demand(input_bound=100, max_tokens=50)
    assert allow(PRICED, demand, None, "proven") == Allowance(50, Usd(100 * 10**6 + 50 * 10**7))
    assert allow(FREE, demand, None, "proven") == Allowance(50, None)
    silent = msgspec.structs.replace(PRICED, max_output_tokens=None, context_window=None)
    assert granted(allow(silent, Demand(input_bound=1), None, "proven")).bound is None
    windowed = msgspec.structs.replace(silent, context_window=30)
    assert granted(allow(windowed, Demand(input_estimate=2, input_bound=None), None, "proven")).bound == Usd(
        2 * 10**6 + 30 * 10**7
    )


def test_an_unknown_price_cannot_stay_below_a_ceiling() -> None:
    assert "price is unknown" in refusal(allow(FREE, Demand(), CENT, "proven"))
    audio = msgspec.structs.replace(PRICED, price=PriceCard.per_million(input=1))
    assert "no price" in refusal(allow(audio, Demand(max_tokens=5), CENT, "proven"))


def test_what_cannot_be_bounded_is_refused_unless_an_estimate_will_do() -> None:
    demand = Demand(
        input_estimate=10, input_bound=None, unbounded="the size of a remote image is unknown", max_tokens=5
    )
    assert "remote image" in refusal(allow(PRICED, demand, CENT, "proven"))
    allowance = granted(allow(PRICED, demand, CENT, "estimate"))
    assert allowance.bound == Usd(10 * 10**6 + 5 * 10**7)
    assert "estimate" in allowance.warnings[0]


def test_an_estimate_is_used_where_it_was_asked_for_even_with_a_proof() -> None:
    demand = Demand(input_estimate=10, input_bound=1000, max_tokens=5)
    assert granted(allow(PRICED, demand, CENT, "estimate")).bound == Usd(10 * 10**6 + 5 * 10**7)


def test_a_callers_max_tokens_is_never_shrunk_only_refused() -> None:
    demand = Demand(input_bound=100, max_tokens=5000, answers=2)
    assert "can cost up to $0.1001" in refusal(allow(PRICED, demand, CENT, "proven"))
    assert granted(allow(PRICED, demand, Usd.parse("0.1001"), "proven")).max_tokens == 5000


def test_too_little_for_the_smallest_answer_is_refused_with_what_it_needs() -> None:
    assert "the smallest answer needs up to $0.00026" in refusal(
        allow(PRICED, Demand(input_bound=100), Usd(1), "proven")
    )


@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(0, 10**12), st.sampled_from([None, 40, 10**6]))
def test_the_largest_answer_that_fits_fits_and_no_larger_one_does(
    tokens: int, answers: int, left: int, longest: int | None
) -> None:
    place = msgspec.structs.replace(PRICED, max_output_tokens=longest)
    allowance = allow(place, Demand(input_bound=tokens, answers=answers), Usd(left), "proven")
    rate_in, rate_out = 10**6, 10**7
    if isinstance(allowance, Failure):
        assert tokens * rate_in + SMALLEST_ANSWER * answers * rate_out > left
        return
    assert allowance.max_tokens is not None
    assert allowance.bound is not None
    assert allowance.bound == Usd(tokens * rate_in + allowance.max_tokens * answers * rate_out)
    assert allowance.bound <= Usd(left)
    assert allowance.max_tokens >= SMALLEST_ANSWER
    if allowance.max_tokens != longest:
        assert tokens * rate_in + (allowance.max_tokens + 1) * answers * rate_out > left
        assert "max_tokens: set to" in allowance.warnings[0]
    else:
        assert allowance.warnings == ()


def test_a_named_service_tier_is_what_is_bounded() -> None:
    tiered = PriceCard(
        rates=PriceCard.per_million(input=1, output=10).rates,
        service_tiers=(ServiceTier("priority", PriceCard.per_million(input=2, output=20).rates),),
    )
    dear = msgspec.structs.replace(PRICED, price=tiered)
    named = granted(allow(dear, Demand(input_bound=100, max_tokens=5, service_tier="default"), CENT, "proven")).bound
    unnamed = granted(allow(dear, Demand(input_bound=100, max_tokens=5), CENT, "proven")).bound
    assert named == Usd(100 * 10**6 + 5 * 10**7)
    assert named is not None
    assert unnamed is not None
    assert unnamed > named


# -- small values -----------------------------------------------------------------------------------------------------------------------


def test_policies_refuse_what_cannot_be_meant() -> None:
    for field in ("connect", "first_chunk", "stall", "attempt", "call"):
        with pytest.raises(InvalidRequest, match=rf"timeouts\.{field}"):
            Timeouts(**{field: 0})
    for field in ("max_retries", "backoff", "backoff_max", "retry_after_max"):
        with pytest.raises(InvalidRequest, match=rf"retry\.{field}"):
            RetryPolicy(**{field: -1})
    with pytest.raises(InvalidRequest, match=r"retry\.max_attempts"):
        RetryPolicy(max_attempts=0)


def test_one_place_alone_has_no_other() -> None:
    assert (OnlyPlace().chosen, OnlyPlace().next_choice(0)) == (0, None)


def test_places_say_where_they_are() -> None:
    assert isinstance(PRICED, Place)
    assert PRICED.where == "place-0"


def test_without_a_known_longest_answer_nothing_absurd_is_sent() -> None:
    free = msgspec.structs.replace(
        place(0, price=PriceCard.per_million(input=0, output=0)), max_output_tokens=None, context_window=None
    )
    windowed = msgspec.structs.replace(place(0), max_output_tokens=None, context_window=8192)
    demand = Demand(input_estimate=10, input_bound=60)
    for row in (free, windowed):
        answer = allow(row, demand, Usd.parse("1"), "proven")
        assert isinstance(answer, Allowance)
        assert answer.max_tokens is None
        assert answer.bound is not None
