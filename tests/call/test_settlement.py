"""What is booked for an attempt when it has ended: reported usage first, the billing rule for what is not known (laws 3 to 5)."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from muxer_core.call.attempt import MOST_WARNINGS, Attempt
from muxer_core.call.ceiling import Demand
from muxer_core.call.settlement import NOTHING, book
from muxer_core.catalog.billing import BillingRule, BillingRules
from muxer_core.money import PriceCard
from muxer_core.money.schedule import Period
from muxer_core.testing.calls import place
from muxer_core.values.amount import Usd
from muxer_core.values.items import (
    AudioDelta,
    ChoiceFinished,
    CostReported,
    ImageDelta,
    ReasoningDelta,
    RefusalDelta,
    ToolCallDelta,
    UsageReported,
    WarningReported,
)
from muxer_core.values.usage import Charge, ReportedCost, Usage
from muxer_core.wire.heads import ResponseHead

PRICED = place(0, price=PriceCard.per_million(input=1, output=10))
FREE = msgspec.structs.replace(PRICED, price=None)


DEMAND = Demand(input_estimate=100, input_bound=400, max_tokens=50)


def ended(
    *, status: int | None = 200, complete: bool = False, usage: Usage | None = None, sent: bool = True, text: int = 0
) -> Attempt:
    attempt = Attempt(0, 0, "first", 0.0, judged=False)
    attempt.opened_at = 0.0
    attempt.sent = sent
    attempt.head = None if status is None else ResponseHead(status)
    attempt.usage = usage
    attempt.text_length = text
    attempt.delivered = text > 0
    attempt.bound = attempt.exposure = Usd(900 * 10**6)
    attempt.status = "complete" if complete else "failed"
    attempt.whole = complete
    return attempt


def test_a_complete_reply_with_usage_is_exact() -> None:
    booking = book(ended(complete=True, usage=Usage(input_tokens=90, output_tokens=5)), PRICED, DEMAND, "ours")
    assert (booking.cost, booking.exposure, booking.exact, booking.warnings) == (
        Usd(140 * 10**6),
        Usd(140 * 10**6),
        True,
        (),
    )
    assert sum(charge.pico_usd or 0 for charge in booking.charges) == 140 * 10**6


def test_the_price_of_the_hour_in_which_the_request_was_sent_counts() -> None:
    night = PriceCard.per_million(input=1, output=10).rates
    by_hour = PriceCard(
        rates=PriceCard.per_million(input=2, output=20).rates, periods=(Period(rates=night, end=6 * 3600),)
    )
    priced = msgspec.structs.replace(PRICED, price=by_hour)
    usage = Usage(input_tokens=100)
    for hour, pico in ((3, 100 * 10**6), (12, 200 * 10**6)):
        attempt = ended(complete=True, usage=usage)
        attempt.opened_wall = hour * 3600.0
        assert book(attempt, priced, DEMAND, "ours").cost == Usd(pico)


def test_what_was_never_opened_or_is_never_billed_costs_nothing() -> None:
    unopened = ended()
    unopened.opened_at = None
    assert book(unopened, PRICED, DEMAND, "ours") == NOTHING
    assert book(ended(complete=True), PRICED, Demand(billed=False), "ours") == NOTHING


@pytest.mark.parametrize(
    ("attempt", "tokens"),
    [
        (ended(sent=False, status=None), None),
        (ended(status=429), None),
        (ended(status=None), (100, 0)),
        (ended(text=41), (100, 11)),
        (ended(text=4, usage=Usage(input_tokens=120, output_tokens=7)), (120, 7)),
        (ended(complete=True, text=8), (100, 2)),
    ],
    ids=["unsent", "rejected", "unanswered", "cut", "cut after a report", "complete without usage"],
)
def test_an_attempt_without_its_usage_is_booked_by_rule(attempt: Attempt, tokens: tuple[int, int] | None) -> None:
    booking = book(attempt, PRICED, DEMAND, "ours")
    if tokens is None:
        assert booking == NOTHING
        return
    assert booking.usage is not None
    assert (booking.usage.input_tokens, booking.usage.output_tokens, booking.exact) == (*tokens, False)
    assert booking.cost == Usd(tokens[0] * 10**6 + tokens[1] * 10**7)
    assert booking.exposure == Usd(900 * 10**6), "an estimate makes no room under a ceiling"
    assert "is an estimate" in booking.warnings[-1]


@pytest.mark.parametrize("rule", ["nothing", "bound"])
def test_a_providers_own_rule_counts(rule: BillingRule) -> None:
    ruled = msgspec.structs.replace(PRICED, billing=BillingRules(cut=rule))
    booking = book(ended(text=40), ruled, DEMAND, "ours")
    assert booking.cost == (Usd(0) if rule == "nothing" else Usd(900 * 10**6))


RULES = st.sampled_from(get_args(BillingRule))


COUNTS = st.integers(0, 10**6)


@given(rule=RULES, text=st.integers(1, 10**6), tier=st.sampled_from([None, "default"]))
def test_a_usage_of_zero_for_an_answer_that_came_is_no_report(rule: BillingRule, text: int, tier: str | None) -> None:
    """Proxies send one where they do not know. It is booked as if nothing had been reported: by rule, inexact, and said."""
    ruled = msgspec.structs.replace(PRICED, billing=BillingRules(cut=rule))
    zero = book(ended(complete=True, usage=Usage(service_tier=tier), text=text), ruled, DEMAND, "ours")
    silent = book(ended(complete=True, text=text), ruled, DEMAND, "ours")
    assert (zero.cost, zero.usage, zero.exposure) == (silent.cost, silent.usage, silent.exposure)
    assert not zero.exact
    assert "place-0 reported a usage of zero for its answer" in zero.warnings[-1]
    assert zero.cost is not None
    assert zero.cost > Usd(0) or rule == "nothing"


def test_a_usage_of_zero_for_no_answer_is_believed_and_so_is_what_is_billed() -> None:
    assert book(ended(complete=True, usage=Usage()), PRICED, DEMAND, "ours").exact
    billed = ended(complete=True, usage=Usage(), text=4)
    billed.billed = Usage(input_tokens=3)
    booking = book(billed, PRICED, DEMAND, "ours")
    assert (booking.cost, booking.exact) == (Usd(3 * 10**6), True)


def test_an_image_is_an_answer() -> None:
    attempt = ended(complete=True, usage=Usage())
    assert attempt.read([ImageDelta("data:image/png;base64,AAAA")])[0]
    assert not book(attempt, PRICED, DEMAND, "ours").exact


@given(rule=RULES, sent=COUNTS, said=COUNTS, whole=st.booleans(), text=st.integers(0, 10**5))
def test_usage_that_was_reported_is_booked_under_every_rule(
    rule: BillingRule, sent: int, said: int, whole: bool, text: int
) -> None:
    """A rule speaks of what is not known: a reply that broke off after a report costs at least what was reported."""
    assume(sent or said)
    ruled = msgspec.structs.replace(PRICED, billing=BillingRules(cut=rule))
    attempt = ended(complete=whole, usage=Usage(input_tokens=sent, output_tokens=said), text=text)
    booking = book(attempt, ruled, DEMAND, "ours")
    least = Usd(sent * 10**6 + said * 10**7)
    assert booking.cost is not None
    assert booking.cost >= least
    assert booking.exact is whole
    assert booking.usage is not None
    assert booking.usage.input_tokens >= sent
    assert booking.usage.output_tokens >= said
    if whole or rule == "nothing":
        assert booking.cost == least
    if not whole:
        assert "reported not all of its usage" in booking.warnings[-1]


def test_a_cost_that_was_reported_before_a_reply_broke_off_is_kept_though_the_rule_says_nothing() -> None:
    ruled = msgspec.structs.replace(PRICED, billing=BillingRules(cut="nothing"))
    attempt = ended(text=4)
    attempt.reported_cost = ReportedCost(7, "x-litellm-response-cost")
    assert book(attempt, ruled, DEMAND, "reported").cost == Usd(7)
    ours = book(attempt, ruled, DEMAND, "ours")
    assert (ours.cost, ours.exact) == (Usd(0), False)
    assert "x-litellm-response-cost" in ours.warnings[0]


def test_an_unknown_price_is_said_and_not_booked_as_zero() -> None:
    booking = book(ended(complete=True, usage=Usage(input_tokens=1)), FREE, DEMAND, "ours")
    assert booking.cost is None
    assert "the price of place-0 is unknown" in booking.warnings[0]
    cut = book(ended(text=4), FREE, DEMAND, "ours")
    assert (cut.cost, cut.exposure) == (None, Usd(900 * 10**6))


def test_an_estimate_without_a_bound_exposes_what_it_says() -> None:
    attempt = ended(text=4)
    attempt.bound = None
    booking = book(attempt, PRICED, DEMAND, "ours")
    assert booking.exposure == booking.cost


def with_report(pico: int) -> Attempt:
    attempt = ended(complete=True, usage=Usage(input_tokens=100))
    attempt.reported_cost = ReportedCost(pico, "x-litellm-response-cost")
    return attempt


def test_a_reported_cost_is_kept_beside_ours_and_a_difference_is_flagged() -> None:
    ours = Usd(100 * 10**6)
    same = book(with_report(ours.pico + 10**6), PRICED, DEMAND, "ours")
    assert (same.cost, same.warnings) == (ours, ())
    apart = book(with_report(2 * ours.pico), PRICED, DEMAND, "ours")
    assert apart.cost == ours
    assert "$0.0001 by our prices and $0.0002 by x-litellm-response-cost" in apart.warnings[0]
    assert book(with_report(2 * ours.pico), PRICED, DEMAND, "reported").cost == Usd(2 * ours.pico)


def test_a_reported_cost_is_booked_where_ours_is_unknown() -> None:
    booking = book(with_report(5), FREE, DEMAND, "ours")
    assert booking.cost == Usd(5)
    assert "as reported in x-litellm-response-cost" in booking.warnings[0]


def test_the_first_answers_end_counts_and_warnings_are_bounded() -> None:
    attempt = Attempt(0, 0, "first", 0.0, judged=False)
    attempt.note(ChoiceFinished("length", "length", 1))
    attempt.note(ChoiceFinished("stop", "stop", 0))
    attempt.note(ChoiceFinished("length", "length", 1))
    assert attempt.finish_reason == "stop"
    attempt.note(CostReported(ReportedCost(5, "cost")))
    assert attempt.reported_cost == ReportedCost(5, "cost")
    for number in range(MOST_WARNINGS + 5):
        attempt.note(WarningReported(f"warning {number}"))
    assert len(attempt.warnings) == MOST_WARNINGS


def reported(item: UsageReported) -> Attempt:
    attempt = ended(complete=True)
    attempt.note(item)
    return attempt


SEARCHING = place(0, price=PriceCard.per_million(input=1, output=10, search=5_000, request="0.5"))


def test_what_a_provider_bills_is_booked_and_what_it_used_is_told() -> None:
    used, billed = Usage(input_tokens=900, output_tokens=50), Usage(input_tokens=90, output_tokens=5)
    booking = book(reported(UsageReported(used, billed)), PRICED, DEMAND, "ours")
    assert booking.usage == used
    assert booking.cost == Usd(90 * 10**6 + 5 * 10**7)
    assert booking.exact


def test_fees_come_on_top_of_tokens() -> None:
    item = UsageReported(Usage(input_tokens=90, output_tokens=5), fees=(("search", 2),))
    booking = book(reported(item), SEARCHING, DEMAND, "ours")
    assert booking.cost == Usd(90 * 10**6 + 5 * 10**7 + 2 * 5 * 10**9 + 5 * 10**11)
    assert Charge("search", 2, 2 * 5 * 10**9) in booking.charges


def test_a_fee_without_a_price_is_no_gift_and_is_named() -> None:
    item = UsageReported(Usage(input_tokens=90, output_tokens=5), fees=(("search", 2),))
    booking = book(reported(item), PRICED, DEMAND, "ours")
    assert booking.cost is None
    assert booking.warnings == (
        "cost: the price of 2 of search at place-0 is unknown; nothing was booked for this attempt",
    )


def test_an_exact_usage_without_a_known_price_is_exposed_at_its_bound() -> None:
    attempt = ended(complete=True, usage=Usage(input_tokens=90, output_tokens=5, service_tier="unheard of"))
    booking = book(attempt, PRICED, DEMAND, "ours")
    assert (booking.cost, booking.exposure) == (None, attempt.bound)


def test_a_count_that_was_left_out_is_estimated_and_not_taken_for_zero() -> None:
    booking = book(ended(complete=True, usage=Usage(input_tokens=90, exact=False), text=400), PRICED, DEMAND, "ours")
    assert booking.usage is not None
    assert (booking.usage.output_tokens, booking.exact) == (100, False)


def test_a_whole_reply_that_was_cancelled_before_its_verdict_is_booked_as_reported() -> None:
    attempt = ended(complete=True, usage=Usage(input_tokens=90, output_tokens=5))
    attempt.status = "cancelled"
    booking = book(attempt, PRICED, DEMAND, "ours")
    assert (booking.cost, booking.exact) == (Usd(140 * 10**6), True)


def test_thinking_and_tool_arguments_are_estimated_like_text() -> None:
    attempt = ended()
    attempt.read(
        [ReasoningDelta("x" * 40), ToolCallDelta(0, "y" * 40), RefusalDelta("z" * 40), AudioDelta("", "a" * 40)]
    )
    assert attempt.text_length == 160
