"""`ServiceTier` and `Period`: rates that hold for some requests, or at some times, only."""

from __future__ import annotations

import msgspec

from muxer_core.money.rates import Rates, Tier

DAY = 86_400
"""Seconds."""

STANDARD = frozenset({"default", "standard", "standard_only", "auto", "on_demand"})
"""What OpenAI, Anthropic and Groq call the service tier that nobody asked for (their API references, read 2026-11-24)."""


class ServiceTier(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Rates of requests that were served at the service tier called `name`, such as `priority`, `flex` or `batch`."""

    name: str
    rates: Rates
    tiers: tuple[Tier, ...] = ()


class Period(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Prices that hold from `since` (seconds since 1970, UTC) on, each day from second `start` up to second `end` of the UTC day."""

    since: int = 0
    start: int = 0
    end: int = DAY
    rates: Rates
    tiers: tuple[Tier, ...] = ()
    service_tiers: tuple[ServiceTier, ...] = ()

    @property
    def is_daily(self) -> bool:
        """Does it hold during some hours only?"""
        return (self.start, self.end) != (0, DAY)

    def holds(self, wall: float) -> bool:
        """Is it in force at `wall` (seconds since 1970, UTC)?"""
        if wall < self.since:
            return False
        second = wall % DAY
        if self.start <= self.end:
            return self.start <= second < self.end
        return second >= self.start or second < self.end
