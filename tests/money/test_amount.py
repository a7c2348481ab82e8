"""`Usd`: sums are exact and no binary float comes near."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.money import Usd
from muxer_core.values.errors import InvalidRequest

amounts = st.integers(-(10**30), 10**30).map(Usd)


@given(st.lists(amounts))
def test_sums_are_exact_in_any_order(some: list[Usd]) -> None:
    assert sum(some, Usd(0)) == sum(reversed(some), Usd(0)) == Usd(sum(one.pico for one in some))
    if some:
        assert sum(some) == sum(some, Usd(0))


@given(amounts, amounts, st.integers(-1000, 1000))
def test_arithmetic_and_order_are_those_of_the_integers(one: Usd, other: Usd, times: int) -> None:
    assert (one + other) - other == one
    assert one * times == times * one == Usd(one.pico * times)
    assert (one < other) == (one.pico < other.pico)
    assert bool(one) == (one.pico != 0)


@given(amounts)
def test_what_is_printed_is_what_was_meant(amount: Usd) -> None:
    text = str(amount)
    assert text.removeprefix("-").startswith("$")
    assert Usd.parse(text.replace("$", "")) == amount
    assert Fraction(text.replace("$", "")) * 10**12 == amount.pico
    assert amount.to_decimal() * Decimal(10) ** 12 == amount.pico or amount.pico.bit_length() > 80
    assert Fraction(amount.to_decimal()) == Fraction(amount.pico, 10**12)
    assert msgspec.json.decode(msgspec.json.encode(amount), type=Usd) == amount
    assert float(amount) == pytest.approx(amount.pico / 10**12)


@given(st.floats(min_value=0.000001, max_value=1000).map(lambda amount: round(amount, 6)))
def test_a_float_is_read_by_its_shortest_spelling(amount: float) -> None:
    assert Usd.parse(amount) == Usd.parse(repr(amount)) == Usd.parse(Decimal(repr(amount)))


def test_a_cent_is_a_cent() -> None:
    assert Usd.parse(0.01) == Usd.parse("$0.01") == Usd.parse(Decimal("0.01")) == Usd(10**10)
    assert Usd.parse(Usd(3)) == Usd(3)
    assert (str(Usd.parse(0.000123)), str(Usd.parse(5)), str(Usd(-1)), str(Usd.parse("0.5"))) == (
        "$0.000123",
        "$5",
        "-$0.000000000001",
        "$0.50",
    )


NO_AMOUNTS = [
    True, "", "abc", float("nan"), float("inf"), "1e-13", "1e-999999999", "1e999999999", "0e999999999", 10**40, "1" * 100,
    "0.1234567890123", "1234567890.1234567890123",
]  # fmt: skip


@pytest.mark.parametrize("amount", NO_AMOUNTS)
def test_what_is_no_amount_is_refused_at_once_and_by_name(amount: str | float) -> None:
    with pytest.raises(InvalidRequest) as caught:
        Usd.parse(amount, field="max_cost")
    assert caught.value.field == "max_cost"


def test_an_integer_too_long_to_print_is_refused_in_words() -> None:
    with pytest.raises(InvalidRequest, match="thousands of digits"):
        Usd.parse(10**5000)


def test_no_float_gets_in_by_arithmetic() -> None:
    with pytest.raises(TypeError):
        _ = Usd(1) * 0.5  # type: ignore[operator]  # the wrong type is the subject
    with pytest.raises(TypeError):
        _ = 1 + Usd(1)
