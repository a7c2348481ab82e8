"""Law 5 (money): prices are rational, an attempt is rounded once, an unknown price is never zero, bounds hold (law 4)."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from muxer_core.money import FREE_OUTPUT, Fees, Period, PriceCard, Rates, ServiceTier, Tier, Usd
from muxer_core.testing import catalog as draws
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.usage import Charge, Usage
from tests.money import laws

TIER_NAMES = st.sampled_from((None, "priority", "flex", "default", "auto", "unheard-of"))
WALLS = st.one_of(st.integers(0, 12 * 24).map(lambda hour: float(hour * 3600)), st.floats(0, 12 * 86_400))


@given(draws.price_cards(), draws.usages(), draws.fees)
def test_law_5_the_cost_is_the_exact_sum_rounded_once(card: PriceCard, usage: Usage, fees: Fees) -> None:
    laws.the_cost_is_the_exact_sum_rounded_once(card, usage, fees)


@given(draws.price_cards(), draws.usages(), draws.fees)
def test_law_5_the_lines_add_up_to_the_cost(card: PriceCard, usage: Usage, fees: Fees) -> None:
    laws.the_lines_add_up(card, usage, fees)


@given(st.data(), draws.price_cards(complete=True), draws.counts, draws.counts, TIER_NAMES, WALLS)
def test_law_4_no_usage_within_the_counts_costs_more_than_the_bound(
    data: st.DataObject, card: PriceCard, most_input: int, most_output: int, asked: str | None, wall: float
) -> None:
    usage = data.draw(draws.text_usages(most_input, most_output, service_tier=asked))
    laws.the_bound_is_never_passed(card, most_input, most_output, asked, usage, wall)


@given(draws.price_cards(), st.integers(0, 10**15).map(Usd), draws.counts, TIER_NAMES)
@example(PriceCard(rates=Rates(input=1, output=3), denominator=2), Usd(5), 0, None)
def test_law_4_the_largest_output_fits_and_one_more_does_not(
    card: PriceCard, budget: Usd, input_tokens: int, asked: str | None
) -> None:
    laws.the_largest_output_fits_and_one_more_does_not(card, budget, input_tokens, asked)


@given(draws.price_cards(), WALLS)
def test_the_last_period_that_holds_is_in_force(card: PriceCard, wall: float) -> None:
    laws.the_last_period_that_holds_is_in_force(card, wall)


# ---------------------------------------------------------------------------------------------------------------- one case for each rule

PLAIN = PriceCard.per_million(input=2, output=8)


def test_an_unknown_price_is_never_zero() -> None:
    assert PriceCard(rates=Rates()).cost(Usage(input_tokens=1)) is None
    assert PriceCard(rates=Rates(input=1)).cost(Usage(input_tokens=1, output_tokens=1)) is None
    assert PriceCard(rates=Rates(input=1)).cost(Usage(input_tokens=1)) == Usd(1)
    assert PLAIN.cost(Usage(input_tokens=10, audio_input_tokens=1)) is None
    assert PLAIN.cost(Usage(), (("search", 1),)) is None
    assert PLAIN.charges(Usage(output_tokens=3, audio_output_tokens=1)) == (
        Charge("audio_output_token", 1, None),
        Charge("output_token", 2, 16_000_000),
    )


def test_a_service_tier_that_nobody_priced_has_no_price_and_a_standard_one_has() -> None:
    used = Usage(input_tokens=1_000_000, service_tier="priority")
    assert PLAIN.cost(used) is None
    assert PLAIN.charges(used) == (Charge("input_token", 1_000_000, None),)
    assert PLAIN.bound(1_000_000, 0, service_tier="priority") is None
    dearer = PriceCard(
        rates=PLAIN.rates, service_tiers=(ServiceTier("priority", Rates(input=4_000_000, output=16_000_000)),)
    )
    assert dearer.cost(used) == Usd.parse(4)
    assert dearer.cost(Usage(input_tokens=1_000_000, service_tier="default")) == Usd.parse(2)
    assert dearer.bound(1_000_000, 0, service_tier="default") == Usd.parse(2)
    assert dearer.bound(1_000_000, 0) == Usd.parse(4), "who does not ask for a tier may be served at any"


def test_cache_writes_for_an_hour_are_part_of_the_cache_writes() -> None:
    card = PriceCard.per_million(input=3, output=15, cached_input="0.3", cache_write_5m="3.75", cache_write_1h=6)
    usage = Usage(input_tokens=1_000, cache_write_tokens=1_000, cache_write_1h_tokens=400)
    assert card.charges(usage) == (
        Charge("cache_write_5m_token", 600, 2_250_000_000),
        Charge("cache_write_1h_token", 400, 2_400_000_000),
    )


def test_audio_that_does_not_fit_beside_cached_tokens_is_cached_audio() -> None:
    card = PriceCard(rates=Rates(input=1, cached_input=2, audio_input=100, cached_audio_input=50))
    usage = Usage(input_tokens=1_000, cached_input_tokens=800, audio_input_tokens=900)
    assert card.charges(usage) == (
        Charge("cached_input_token", 100, 200),
        Charge("cached_audio_input_token", 700, 35_000),
        Charge("audio_input_token", 200, 20_000),
    )


def test_a_long_request_pays_the_tier_for_all_its_tokens() -> None:
    card = PriceCard.per_million(input="1.25", output=10, tiers={200_000: {"input": "2.5", "output": 15}})
    assert card.cost(Usage(input_tokens=200_000)) == Usd.parse("0.25")
    assert card.cost(Usage(input_tokens=200_001)) == Usd.parse("0.5000025")


def test_halves_are_rounded_up_and_lines_share_the_rounding() -> None:
    card = PriceCard(rates=Rates(input=1, output=1), denominator=2)
    assert card.cost(Usage(input_tokens=1)) == Usd(1)
    usage = Usage(input_tokens=1, output_tokens=1)
    assert card.cost(usage) == Usd(1)
    assert [line.pico_usd for line in card.charges(usage)] == [1, 0]
    assert card.bound(3, 0) == Usd(2)


def test_counts_beyond_belief_are_exact() -> None:
    card = PriceCard(rates=Rates(input=10**7 + 1, output=3), denominator=3)
    assert card.cost(Usage(input_tokens=10**18, output_tokens=1)) == Usd((10**18 * (10**7 + 1) + 3 + 1) // 3)


def test_free_models_cost_nothing_and_are_not_unknown() -> None:
    free = PriceCard.per_million(input=0, output=0)
    assert free.cost(Usage(input_tokens=5, output_tokens=5)) == Usd(0)
    assert free.largest_output_within(Usd(0), 5) == FREE_OUTPUT


def test_what_cannot_be_bounded_is_not() -> None:
    embeddings = PriceCard.per_million(input=1)
    assert embeddings.bound(1_000_000, 0) == Usd.parse(1)
    assert embeddings.bound(1_000_000, 1) is None
    assert embeddings.largest_output_within(Usd.parse(5), 10) is None
    assert PriceCard(rates=Rates(output=1)).bound(1, 0) is None
    assert PLAIN.largest_output_within(Usd(1), 1_000) is None


def test_a_request_for_priority_that_is_served_at_the_listed_standard_tier_stays_within_its_bound() -> None:
    card = PriceCard(
        rates=Rates(input=1, output=1),
        service_tiers=(
            ServiceTier("default", Rates(input=50, output=70)),
            ServiceTier("priority", Rates(input=2, output=2)),
        ),
    )
    served = Usage(input_tokens=10, output_tokens=10, service_tier="default")
    assert card.bound(10, 10, service_tier="priority") == card.cost(served) == Usd(1200)


def test_every_hour_counts_for_a_bound() -> None:
    night = Period(start=22 * 3600, end=6 * 3600, rates=Rates(input=1, output=1))
    card = PriceCard(rates=Rates(input=5, output=5), periods=(Period(rates=Rates(input=5, output=5)), night))
    assert card.at(23 * 3600).cost(Usage(input_tokens=1)) == Usd(1)
    assert card.at(6 * 3600).cost(Usage(input_tokens=1)) == Usd(5)
    assert card.at(6 * 3600 - 0.5).cost(Usage(input_tokens=1)) == Usd(1)
    later = PriceCard(rates=Rates(input=1, output=1), periods=(Period(since=86_400, rates=Rates(input=7, output=2)),))
    assert later.at(86_399.0) == later
    assert later.bound(1, 1) == Usd(9)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Rates(input=-1), "price.input"),
        (lambda: PriceCard(rates=Rates(), denominator=0), "price.denominator"),
        (lambda: PriceCard(rates=Rates(), per_request=-1), "price.request"),
        (lambda: PriceCard(rates=Rates(), tiers=(Tier(5, Rates()), Tier(5, Rates()))), "price.tiers"),
        (
            lambda: PriceCard(
                rates=Rates(), service_tiers=(ServiceTier("x", Rates(), (Tier(6, Rates()), Tier(5, Rates()))),)
            ),
            "price.tiers",
        ),
    ],
)
def test_a_card_that_cannot_be_is_refused_by_name(make: object, field: str) -> None:
    assert callable(make)
    with pytest.raises(InvalidRequest) as caught:
        make()
    assert caught.value.field == field
