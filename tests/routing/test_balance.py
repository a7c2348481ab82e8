"""Spreading load: masks, distribution over seeds, the power of two choices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.fleet.view import FleetView
from muxer_core.routing.balance import Pool, bits, nth_bit
from muxer_core.values.moment import Moment
from muxer_core.values.seeded import Seeded

DRAWS = 6_000


@given(st.integers(1, 2**300))
def test_bits_are_found_in_order_and_by_number(mask: int) -> None:
    found = bits(mask)
    assert sum(1 << at for at in found) == mask
    assert found == sorted(found)
    assert [nth_bit(mask, n) for n in range(len(found))] == found


def view_of(in_flight: Sequence[int]) -> FleetView:
    size = len(in_flight)
    return FleetView(
        0, Moment(0.0, 0.0), (1 << size) - 1, (1 << size) - 1, in_flight, [0.0] * size, [0.0], [0.0] * size
    )


@pytest.mark.parametrize("weights", [[1.0] * 40, [1.0 + index % 4 for index in range(40)]], ids=["equal", "weighted"])
@pytest.mark.parametrize("allowed", [[0, 1, 2, 3, 39], list(range(40)), [7]], ids=["few", "all", "one"])
def test_draws_follow_the_weights_of_what_is_allowed(weights: list[float], allowed: list[int]) -> None:
    pool = Pool(range(40), weights)
    mask = sum(1 << index for index in allowed)
    drawn = Counter(pool.weighted(mask, Seeded(seed)) for seed in range(DRAWS))
    assert set(drawn) == set(allowed)
    total = sum(weights[index] for index in allowed)
    for index in allowed:
        expected = DRAWS * weights[index] / total
        assert abs(drawn[index] - expected) <= 6 * expected**0.5, index


@pytest.mark.parametrize("allowed", [[0, 5, 39], list(range(40))], ids=["few", "all"])
def test_pairs_are_different_and_all_as_likely(allowed: list[int]) -> None:
    pool = Pool(range(40), [1.0] * 40)
    mask = sum(1 << index for index in allowed)
    pairs = Counter(pool._two(mask, Seeded(seed)) for seed in range(DRAWS))
    assert all(first != second for first, second in pairs)
    assert {one for pair in pairs for one in pair} == set(allowed)
    for index in allowed:
        seconds = sum(count for (_, second), count in pairs.items() if second == index)
        expected = DRAWS / len(allowed)
        assert abs(seconds - expected) <= 6 * expected**0.5


@given(
    seed=st.integers(0, 2**64 - 1),
    weighted=st.booleans(),
    loads=st.lists(st.integers(0, 3), min_size=2, max_size=12),
    allowed=st.integers(1, 2**12 - 1),
)
def test_the_busiest_of_all_is_never_taken_while_there_is_another(
    seed: int, weighted: bool, loads: list[int], allowed: int
) -> None:
    size = len(loads)
    mask = allowed & ((1 << size) - 1) or 1
    weights = [1.0 + index % 3 if weighted else 1.0 for index in range(size)]
    chosen = Pool(range(size), weights).least_busy(mask, view_of(loads), Seeded(seed))
    assert mask >> chosen & 1
    load = {index: loads[index] / weights[index] for index in bits(mask)}
    others = [value for index, value in load.items() if index != chosen]
    assert not others or load[chosen] <= max(others)


def test_two_choices_keep_the_fleet_more_even_than_one() -> None:
    spread: dict[str, int] = {}
    for way in ("weighted", "least_busy"):
        pool = Pool(range(100), [1.0] * 100)
        loads = [0] * 100
        for seed in range(1_000):
            chance = Seeded(seed)
            mask = (1 << 100) - 1
            chosen = pool.weighted(mask, chance) if way == "weighted" else pool.least_busy(mask, view_of(loads), chance)
            loads[chosen] += 1
        spread[way] = max(loads) - 10
    assert spread["least_busy"] <= 3
    assert spread["weighted"] >= 2 * spread["least_busy"]


def test_a_draw_that_rounds_up_to_the_whole_sum_is_the_last_one() -> None:
    class Highest(Seeded):
        def uniform(self) -> float:
            return 1.0

    assert Pool([3, 9], [1.0, 2.0]).weighted(1 << 3 | 1 << 9, Highest(0)) == 9
