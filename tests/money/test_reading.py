"""Prices as people write them. US dollars for a thousand or a million units, read without binary floating point."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.money import Price, PriceCard, Rates, Usd, exact
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.usage import Usage


def test_the_origins_prices_are_for_a_thousand_tokens() -> None:
    gpt_4 = PriceCard.per_thousand(input=0.03, output=0.06, source="a page", date="2026-11-24")
    assert gpt_4.cost(Usage(input_tokens=1000, output_tokens=500)) == Usd.parse("0.06")
    assert (gpt_4.source, gpt_4.date) == ("a page", "2026-11-24")
    haiku = PriceCard.per_thousand(input=0.00025, output=0.00125)
    assert haiku.rates == PriceCard.per_million(input=0.25, output=1.25).rates


@given(st.decimals(min_value=0, max_value=10**9, allow_nan=False, allow_infinity=False, places=9))
def test_every_spelling_of_a_price_means_the_same(price: Decimal) -> None:
    assert exact(price, "p") == exact(str(price), "p") == exact(Fraction(price), "p") == Fraction(price)


@given(st.floats(min_value=0, max_value=1e9, allow_subnormal=False).filter(lambda price: price == 0 or price > 1e-30))
def test_a_float_means_its_shortest_spelling(price: float) -> None:
    assert exact(price, "p") == Fraction(repr(price))


@given(st.fractions(min_value=0, max_value=1000), st.fractions(min_value=0, max_value=1000))
def test_a_card_holds_prices_exactly(incoming: Fraction, outgoing: Fraction) -> None:
    card = PriceCard.per_million(input=incoming, output=outgoing)
    assert card.rates.input is not None
    assert card.rates.output is not None
    assert Fraction(card.rates.input, card.denominator) == incoming * 10**6
    assert Fraction(card.rates.output, card.denominator) == outgoing * 10**6


def test_prices_below_a_pico_dollar_get_a_denominator() -> None:
    card = PriceCard.per_million(input=Fraction(1, 12), output=1, request="0.014")
    assert (card.denominator, card.rates.input, card.per_request) == (3, 250_000, 42_000_000_000)


def test_a_tier_keeps_what_it_does_not_change() -> None:
    card = PriceCard.per_million(input=1, output=2, cached_input="0.1", tiers={200: {"input": 3}, 100: {"output": 4}})
    assert [(tier.above, tier.rates) for tier in card.tiers] == [
        (100, Rates(input=1_000_000, output=4_000_000, cached_input=100_000)),
        (200, Rates(input=3_000_000, output=2_000_000, cached_input=100_000)),
    ]


@pytest.mark.parametrize(
    "price",
    [
        -1,
        -0.01,
        "",
        "free",
        float("nan"),
        float("inf"),
        "NaN",
        True,
        "1e999999999",
        "1e-999999999",
        "1" * 60,
        "1" * 5000,
        "1/3",
    ],
)
def test_what_is_no_price_is_refused_at_once(price: Price) -> None:
    with pytest.raises(InvalidRequest) as caught:
        PriceCard.per_million(input=price, field="models.x.price")
    assert caught.value.field == "models.x.price.input"


@pytest.mark.parametrize("price", [10**5000, [1], None], ids=["enormous", "list", "none"])
def test_exact_refuses_what_is_no_number(price: object) -> None:
    with pytest.raises(InvalidRequest):
        exact(price, "p")  # type: ignore[arg-type]  # the wrong type is the subject


@pytest.mark.parametrize(
    ("arguments", "field", "words"),
    [
        ({"input": 1, "currency": "EUR"}, "price.currency", "USD"),
        ({"input": 1, "video": 1}, "price.video", "known are input"),
        ({"input": 1, "tiers": {0: {"input": 2}}}, "price.tiers", "at least 1"),
        ({"input": 1, "tiers": {5: {"inputs": 2}}}, "price.inputs", "known are input"),
        ({"input": 1, "request": -1}, "price.request", "negative"),
    ],
)
def test_the_refusal_names_the_field(arguments: dict[str, object], field: str, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words) as caught:
        PriceCard.per_million(**arguments)  # type: ignore[arg-type]  # one table of many kinds of argument
    assert caught.value.field == field
