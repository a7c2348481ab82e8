"""`Seeded`: the core's only source of chance. The driver gives a seed; from there on everything is arithmetic (law 9).

SplitMix64: one 64-bit state, equal on every platform and Python version, and each of its 2^64 states is visited once. It is for jitter
and for spreading load; it is no source of secrets.

Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014; reference code by Vigna,
https://prng.di.unimi.it/splitmix64.c (2015). The numbers of that code for one seed are a test.
"""

from __future__ import annotations

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15


class Seeded:
    """A generator whose whole state is `state`, an integer of 64 bits: keep it, and the numbers that follow can be drawn again.

    >>> chance = Seeded(1234567)
    >>> chance.bits()
    6457827717110365317
    >>> again = Seeded(chance.state)
    >>> again.bits() == chance.bits()
    True
    """

    __slots__ = ("state",)

    state: int

    def __init__(self, seed: int) -> None:
        self.state = seed & _MASK

    def bits(self) -> int:
        """The next 64 random bits, as an integer from 0 to 2^64 - 1."""
        self.state = state = (self.state + _GOLDEN) & _MASK
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
        return state ^ (state >> 31)

    def uniform(self) -> float:
        """A number in [0, 1), from the upper 53 bits, so that every value is exact in binary floating point."""
        return (self.bits() >> 11) * 2.0**-53

    def below(self, limit: int) -> int:
        """A whole number from 0 to `limit` - 1; `limit` is at least 1.

        The bias of one multiplication instead of a division loop is below `limit` / 2^64, too small to be seen.
        """
        return (self.bits() * limit) >> 64
