"""Law 5 as functions that object: each takes a card (of the sound code, or of a mutant's) and says whether the rule holds for it."""

from __future__ import annotations

from fractions import Fraction

import msgspec

from muxer_core.money import FREE_OUTPUT, Fees, PriceCard, Usd
from muxer_core.values.usage import Usage
from tests.money import reference


def the_cost_is_the_exact_sum_rounded_once(card: PriceCard, usage: Usage, fees: Fees) -> None:
    exact = reference.exact_cost(card, usage, fees)
    expected = None if exact is None else Usd(reference.half_up(exact))
    assert card.cost(usage, fees) == expected


def the_lines_add_up(card: PriceCard, usage: Usage, fees: Fees) -> None:
    lines = card.charges(usage, fees)
    assert all(line.quantity > 0 for line in lines)
    for side, total in (("input", usage.input_tokens), ("output", usage.output_tokens)):
        units = [name for name, chain in reference.CHAINS.items() if chain[-1] == side or chain[-1] == f"audio_{side}"]
        assert sum(line.quantity for line in lines if line.unit in units) == total
    rates = reference.applicable(card, usage)
    for line in lines:
        if line.unit == "request":
            price: Fraction | None = Fraction(card.per_request, card.denominator)
        else:
            price = None if rates is None else reference.price_of(rates, line.unit, card.denominator)
        assert (line.pico_usd is None) == (price is None)
        if price is not None and line.pico_usd is not None:
            assert line.pico_usd >= 0
            assert abs(line.pico_usd - price * line.quantity) < 1
    cost = card.cost(usage, fees)
    amounts = [line.pico_usd for line in lines if line.pico_usd is not None]
    if cost is None:
        assert rates is None or len(amounts) < len(lines)
    else:
        assert sum(amounts) == cost.pico


def the_bound_is_never_passed(
    card: PriceCard, most_input: int, most_output: int, asked: str | None, usage: Usage, wall: float
) -> None:
    bound = card.bound(most_input, most_output, service_tier=asked)
    if bound is None:
        return
    for priced in (card, *(card.at(moment) for moment in moments(card, wall))):
        names = (usage.service_tier, *(tier.name for tier in priced.service_tiers if asked in (None, tier.name)))
        for name in names:
            cost = priced.cost(msgspec.structs.replace(usage, service_tier=name))
            assert cost is None or cost <= bound


def the_largest_output_fits_and_one_more_does_not(
    card: PriceCard, budget: Usd, input_tokens: int, asked: str | None
) -> None:
    largest = card.largest_output_within(budget, input_tokens, service_tier=asked)
    if largest is None:
        least = card.bound(input_tokens, 1, service_tier=asked)
        assert least is None or least > budget
        return
    assert largest >= 0
    fits = card.bound(input_tokens, largest, service_tier=asked)
    assert fits is not None
    assert fits <= budget
    if largest != FREE_OUTPUT:
        too_much = card.bound(input_tokens, largest + 1, service_tier=asked)
        assert too_much is not None
        assert too_much > budget


def moments(card: PriceCard, wall: float) -> list[float]:
    """`wall`, and every edge of the card's periods with the second before it."""
    edges = [
        day + second
        for one in card.periods
        for day in (one.since, one.since + 86_400)
        for second in (one.start, one.end)
    ]
    return [wall, *edges, *(edge - 1 for edge in edges if edge)]


def the_last_period_that_holds_is_in_force(card: PriceCard, wall: float) -> None:
    for moment in moments(card, wall):
        found = reference.in_force(card.periods, moment)
        then = card.at(moment)
        if found is None:
            assert then == card
        else:
            assert (then.rates, then.tiers, then.service_tiers) == (found.rates, found.tiers, found.service_tiers)
            assert (then.denominator, then.per_request, then.periods) == (card.denominator, card.per_request, ())
