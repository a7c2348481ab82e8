"""`Pool`: deployments that are as good as each other, and the two ways to spread load over them. Bit i of a mask is deployment i.

* `weighted`: at random, in proportion to the weights.
* `least_busy`: the power of two choices: draw two by weight, take the one with fewer attempts in flight for its weight. Far more even
  than one draw, and without the herd that runs to the one global minimum (Mitzenmacher, "The power of two choices in randomized load
  balancing", 1996).

A draw tries the whole pool first and looks whether it hit an allowed one; when misses repeat, the allowed ones are counted out. Both
ways have the same distribution, so that a mostly healthy fleet costs the same at any size.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from muxer_core.fleet.view import FleetView
from muxer_core.values.seeded import Seeded

_DRAWS = 12
"""Blind draws before the allowed ones are counted out. With half of the pool out, one pair in 30 needs the count."""


def bits(mask: int) -> list[int]:
    """The positions of the set bits, ascending.

    >>> bits(0b10110)
    [1, 2, 4]
    """
    digits = bin(mask)[:1:-1]
    found: list[int] = []
    at = digits.find("1")
    while at >= 0:
        found.append(at)
        at = digits.find("1", at + 1)
    return found


def nth_bit(mask: int, n: int) -> int:
    """The position of the n-th set bit, counted from 0, by halving: log(size) steps.

    >>> [nth_bit(0b10110, n) for n in range(3)]
    [1, 2, 4]
    """
    base = 0
    width = mask.bit_length()
    while width > 1:
        half = width // 2
        low = mask & ((1 << half) - 1)
        here = low.bit_count()
        if n < here:
            mask, width = low, half
        else:
            n -= here
            mask >>= half
            base += half
            width -= half
    return base


class Pool:
    """Deployments with weights (each more than 0). Equal weights are drawn without looking at them."""

    __slots__ = ("_cumulative", "_weights", "indices", "mask")

    def __init__(self, indices: Sequence[int], weights: Sequence[float]) -> None:
        self.indices = tuple(indices)
        self.mask = sum(1 << index for index in self.indices)
        self._weights: dict[int, float] | None = None
        self._cumulative: list[float] = []
        if any(weight != weights[0] for weight in weights):
            self._weights = dict(zip(self.indices, weights, strict=True))
            self._cumulative = list(accumulate(weights))

    def weighted(self, allowed: int, chance: Seeded) -> int:
        """One of `allowed` (not empty, within the pool), in proportion to the weights."""
        indices = self.indices
        if self._weights is None:
            for _ in range(_DRAWS):
                index = indices[chance.below(len(indices))]
                if allowed >> index & 1:
                    return index
            return nth_bit(allowed, chance.below(allowed.bit_count()))
        for _ in range(_DRAWS):
            index = self._at(self._cumulative, indices, chance)
            if allowed >> index & 1:
                return index
        left = bits(allowed)
        return self._at(list(accumulate(self._weights[index] for index in left)), left, chance)

    @staticmethod
    def _at(cumulative: Sequence[float], indices: Sequence[int], chance: Seeded) -> int:
        # The product can round up to the whole sum; the last one is meant then.
        return indices[min(bisect_right(cumulative, chance.uniform() * cumulative[-1]), len(indices) - 1)]

    def least_busy(self, allowed: int, view: FleetView, chance: Seeded) -> int:
        """One of `allowed`: of two different ones drawn by weight, the less busy for its weight; a tie goes to the first drawn."""
        if not allowed & (allowed - 1):
            return allowed.bit_length() - 1
        in_flight = view.in_flight
        if self._weights is None:
            first, second = self._two(allowed, chance)
            return second if in_flight[second] < in_flight[first] else first
        first = self.weighted(allowed, chance)
        second = self.weighted(allowed & ~(1 << first), chance)
        busier = in_flight[second] * self._weights[first] < in_flight[first] * self._weights[second]
        return second if busier else first

    def _two(self, allowed: int, chance: Seeded) -> tuple[int, int]:
        """Two different ones of `allowed`, each as likely as any; one draw of 64 bits serves both."""
        indices = self.indices
        size = len(indices)
        for _ in range(_DRAWS):
            drawn = chance.bits()
            first = indices[(drawn >> 32) * size >> 32]
            second = indices[(drawn & 0xFFFFFFFF) * size >> 32]
            if first != second and allowed >> first & 1 and allowed >> second & 1:
                return first, second
        first = nth_bit(allowed, chance.below(allowed.bit_count()))
        others = allowed & ~(1 << first)
        return first, nth_bit(others, chance.below(others.bit_count()))
