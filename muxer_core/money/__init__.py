"""Prices and exact cost. Law 5: no binary floating point between usage and ledger; an unknown price is never zero.

`rates` says what a unit costs and which units a usage is billed as, `schedule` when other rates hold, `reading` how prices are written,
and `card` puts them together: cost, billable lines, and bounds.
"""

from __future__ import annotations

from muxer_core.money.card import FREE_OUTPUT, PriceCard
from muxer_core.money.rates import FALLS_BACK, Fees, Rates, Tier
from muxer_core.money.reading import Price, exact
from muxer_core.money.schedule import STANDARD, Period, ServiceTier
from muxer_core.values.amount import Usd

__all__ = [
    "FALLS_BACK",
    "FREE_OUTPUT",
    "STANDARD",
    "Fees",
    "Period",
    "Price",
    "PriceCard",
    "Rates",
    "ServiceTier",
    "Tier",
    "Usd",
    "exact",
]
