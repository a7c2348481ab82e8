"""Prices as people write them, in US dollars for some number of units, become rates. No binary floating point: a float means what its
shortest spelling says, so that 0.1 is a tenth.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, DecimalException
from fractions import Fraction
from math import lcm
from typing import NamedTuple

from muxer_core.money.rates import Rates, Tier
from muxer_core.values.amount import PICO, shown
from muxer_core.values.errors import InvalidRequest

Price = Decimal | Fraction | str | int | float
"""US dollars for some number of units; a float means what its shortest spelling says."""

MOST_DIGITS = 40
"""A price with its first digit further than this from the decimal point is refused before its arithmetic can take for ever."""


def exact(price: Price, field: str) -> Fraction:
    """The price as a fraction of a dollar. Raises `InvalidRequest` for `field` when it is no finite number of at least zero.

    >>> exact(0.1, "price.input")
    Fraction(1, 10)
    """
    problem = InvalidRequest(field, f"must be a price in US dollars, got {shown(price)}")
    if isinstance(price, Fraction):
        fraction = price
    else:
        if isinstance(price, bool):
            raise problem
        try:
            decimal = Decimal(repr(price) if isinstance(price, float) else price)
        except (DecimalException, TypeError, ValueError):
            raise problem from None
        if (
            not decimal.is_finite()
            or abs(decimal.adjusted()) > MOST_DIGITS
            or len(decimal.as_tuple().digits) > MOST_DIGITS
        ):
            raise problem
        fraction = Fraction(decimal)
    if fraction < 0:
        raise InvalidRequest(field, f"must not be negative, got {shown(price)}")
    return fraction


class PricesRead(NamedTuple):
    """The parts of a card: see `PriceCard`."""

    rates: Rates
    tiers: tuple[Tier, ...]
    denominator: int
    per_request: int


def read_prices(
    units: int,
    prices: Mapping[str, Price | None],
    request: Price,
    tiers: Mapping[int, Mapping[str, Price]],
    currency: str,
    field: str,
) -> PricesRead:
    """The parts of a card from US dollars for `units` units. Raises `InvalidRequest` for what `field` holds."""
    if currency != "USD":
        raise InvalidRequest(f"{field}.currency", f"must be USD, got {currency!r}; give the prices in US dollars")
    if any(above < 1 for above in tiers):
        raise InvalidRequest(f"{field}.tiers", "each must hold above an input length of at least 1 token")
    tables = {0: prices} | {above: {**prices, **tiers[above]} for above in sorted(tiers)}
    per_unit = {above: _per_unit(table, units, field) for above, table in tables.items()}
    per_request = exact(request, f"{field}.request") * PICO
    denominator = lcm(
        per_request.denominator, *(rate.denominator for table in per_unit.values() for rate in table.values())
    )
    rates = {
        above: Rates(**{name: int(rate * denominator) for name, rate in table.items()})
        for above, table in per_unit.items()
    }
    lowest = rates.pop(0)
    return PricesRead(lowest, tuple(Tier(*pair) for pair in rates.items()), denominator, int(per_request * denominator))


def _per_unit(table: Mapping[str, Price | None], units: int, field: str) -> dict[str, Fraction]:
    """Pico-dollars a unit."""
    for name in table:
        if name not in Rates.__struct_fields__:
            raise InvalidRequest(
                f"{field}.{name}", f"is not a priced unit; known are {', '.join(Rates.__struct_fields__)}"
            )
    return {name: exact(price, f"{field}.{name}") * PICO / units for name, price in table.items() if price is not None}
