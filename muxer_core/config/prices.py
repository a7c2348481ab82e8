"""Prices as a configuration writes them: for a million units or for a thousand, never both."""

from __future__ import annotations

from fractions import Fraction

from muxer_core.config.problems import Problems, inside
from muxer_core.config.tables import Amount, DeploymentTable, ModelTable, PriceTable, TierTable
from muxer_core.money import Price, PriceCard, Rates, exact
from muxer_core.values.errors import InvalidRequest

_UNITS = Rates.__struct_fields__


def read_price(table: ModelTable | DeploymentTable, path: str, problems: Problems) -> PriceCard | None:
    """The price of a table, in either unit; None when it names none or a wrong one."""
    if table.price is not None and table.price_per_thousand is not None:
        problems.add(inside(path, "price_per_thousand"), "contradicts price: give one of the two")
        return None
    if table.price is not None:
        return _card(table.price, Fraction(1), inside(path, "price"), problems)
    if table.price_per_thousand is not None:
        return _card(table.price_per_thousand, Fraction(1000), inside(path, "price_per_thousand"), problems)
    return None


def _card(table: PriceTable, factor: Fraction, path: str, problems: Problems) -> PriceCard | None:
    before = len(problems.found)
    prices = _prices(table, factor, path, problems)
    request = _one(table.request, Fraction(1), inside(path, "request"), problems)
    tiers: dict[int, dict[str, Price]] = {}
    for number, tier in enumerate(table.tiers):
        where = f"{path}.tiers[{number}]"
        if tier.above < 1 or tier.above in tiers:
            problems.add(inside(where, "above"), "must be at least 1 token, and another for each tier")
        tiers[tier.above] = dict(_prices(tier, factor, where, problems))
    if not prices and not request:
        problems.add(path, "names no price")
    if len(problems.found) > before:
        return None
    try:
        return PriceCard.per_million(
            request=request,
            tiers=tiers,
            currency=table.currency,
            source=table.source,
            date=table.date,
            field=path,
            **prices,
        )
    except InvalidRequest as error:
        problems.add(error.field, error.problem)
        return None


def _prices(table: PriceTable | TierTable, factor: Fraction, path: str, problems: Problems) -> dict[str, Fraction]:
    given: dict[str, Amount | None] = {unit: getattr(table, unit) for unit in _UNITS}
    return {
        unit: _one(amount, factor, inside(path, unit), problems) for unit, amount in given.items() if amount is not None
    }


def _one(amount: Amount, factor: Fraction, path: str, problems: Problems) -> Fraction:
    try:
        return exact(amount, path) * factor
    except InvalidRequest as error:
        problems.add(path, error.problem)
        return Fraction(0)
