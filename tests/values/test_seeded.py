"""The core's chance: the numbers of the reference code, and ranges."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from muxer_core.values.seeded import Seeded


def test_the_numbers_of_the_reference_code() -> None:
    """splitmix64.c, seed 1234567, as published with it."""
    chance = Seeded(1234567)
    assert [chance.bits() for _ in range(5)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


@given(seed=st.integers(), limit=st.integers(1, 10**6))
def test_ranges_and_the_state_that_is_all(seed: int, limit: int) -> None:
    chance = Seeded(seed)
    for _ in range(20):
        again = Seeded(chance.state)
        assert 0.0 <= chance.uniform() < 1.0
        again.bits()
        assert again.state == chance.state
        assert 0 <= chance.below(limit) < limit


def test_every_value_below_a_small_limit_is_as_likely() -> None:
    chance = Seeded(0)
    seen = [0] * 7
    for _ in range(7_000):
        seen[chance.below(7)] += 1
    assert all(850 <= times <= 1_150 for times in seen)
