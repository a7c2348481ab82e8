"""Prices for people: US dollars for a million tokens, exactly, from a card's rates."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from muxer_core.money import PriceCard


def per_million(rate: int | None, card: PriceCard) -> str | None:
    """A rate in US dollars for a million units, at most twelve digits after the point.

    >>> per_million(2_500_000, PriceCard.per_million(input="2.5", output=10))
    '2.50'
    """
    if rate is None:
        return None
    dollars = card.dollars(rate, 1_000_000)
    decimal = (Decimal(dollars.numerator) / Decimal(dollars.denominator)).quantize(Decimal("1e-12"))
    whole, _, part = f"{decimal:f}".partition(".")
    return f"{whole}.{part.rstrip('0').ljust(2, '0')}"


def price_fields(card: PriceCard | None) -> dict[str, Any] | None:
    """A card's prices as JSON; only what it names."""
    if card is None:
        return None
    named = {unit: per_million(getattr(card.rates, unit), card) for unit in card.rates.__struct_fields__}
    prices = {unit: price for unit, price in named.items() if price is not None}
    return {"per_million": prices, "source": card.source, "date": card.date}


def price_in_words(card: PriceCard | None) -> str:
    """Input and output price in US dollars for a million tokens.

    >>> price_in_words(PriceCard.per_million(input="2.5", output=10))
    '$2.50 in, $10.00 out'
    """
    if card is None:
        return "unknown"
    sides = ((card.rates.input, "in"), (card.rates.output, "out"))
    return ", ".join(f"${per_million(rate, card)} {side}" for rate, side in sides if rate is not None) or "see its fees"
