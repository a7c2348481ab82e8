"""Exact costs, and the cheapest of many, against fractions and a plain loop."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from muxer_core.catalog.catalog import Catalog
from muxer_core.money import PriceCard, Rates, Tier
from muxer_core.routing.group import Group
from muxer_core.routing.prices import SHARES, PriceClass, is_priced
from muxer_core.values.usage import Usage
from tests.routing.examples import SMALL, deployments

rates = st.builds(Rates, input=st.integers(0, 40), output=st.integers(0, 160))
cards = st.builds(
    PriceCard,
    rates=rates,
    denominator=st.sampled_from([1, 1, 3, 12]),
    per_request=st.sampled_from([0, 0, 5_000]),
    tiers=st.lists(
        st.builds(Tier, st.sampled_from([100, 2_000]), rates), max_size=2, unique_by=lambda tier: tier.above
    ).map(lambda tiers: tuple(sorted(tiers, key=lambda tier: tier.above))),
)


many_prices = {
    "prices": st.lists(cards, min_size=1, max_size=12),
    "input_tokens": st.sampled_from([0, 1, 99, 100, 101, 3_000]),
    "output_tokens": st.sampled_from([0, 1, 50, 215, 9_000]),
    "out": st.integers(0, 2**12 - 1),
}
one_price = {"card": cards, "input_tokens": st.integers(0, 3_000), "output_tokens": st.integers(1, 3_000)}


def search_finds_what_a_loop_finds(prices: list[PriceCard], input_tokens: int, output_tokens: int, out: int) -> None:
    catalog = Catalog(
        deployments(
            *(msgspec.structs.replace(SMALL, name=f"m{number}", price=card) for number, card in enumerate(prices))
        )
    )
    group = Group(catalog, tuple(range(len(prices))))
    allowed = group.mask & ~out
    costs: dict[int, int] = {}
    for index in range(len(prices)):
        price = group.prices.at(index)
        assert price is not None
        if allowed >> index & 1:
            costs[index] = price.cost(input_tokens, output_tokens)
        booked = price.card.cost(Usage(input_tokens=input_tokens, output_tokens=output_tokens))
        assert price.expected(input_tokens, output_tokens) == booked
        bound = price.bound(input_tokens, output_tokens)
        assert bound * group.prices.denominator >= price.cost(input_tokens, output_tokens)
    mask, cost = group.prices.cheapest(allowed, input_tokens, output_tokens)
    best = min(costs.values(), default=0)
    assert cost == best
    assert mask == sum(1 << index for index, its in costs.items() if its == best)


def no_request_costs_less_than_the_least_of_its_share(card: PriceCard, input_tokens: int, output_tokens: int) -> None:
    price = PriceClass(card, 1, 1)
    total = input_tokens + output_tokens
    share = input_tokens * SHARES // total
    assert price.least(share) * total <= price.cost(input_tokens, output_tokens) * SHARES


test_search = settings(max_examples=200)(given(**many_prices)(search_finds_what_a_loop_finds))
test_least = given(**one_price)(no_request_costs_less_than_the_least_of_its_share)


def test_a_price_is_known_only_when_text_has_one_at_any_length() -> None:
    half = PriceCard(rates=Rates(input=1))
    assert not is_priced(None)
    assert not is_priced(half)
    assert not is_priced(PriceCard(rates=Rates(input=1, output=1), tiers=(Tier(10, Rates(output=1)),)))
    assert is_priced(PriceCard(rates=Rates(input=1, output=0)))


def test_a_class_knows_its_deployments() -> None:
    catalog = Catalog(deployments(SMALL, SMALL, msgspec.structs.replace(SMALL, name="free", price=None)))
    prices = Group(catalog, (0, 1, 2)).prices
    (only,) = prices.classes
    assert isinstance(only, PriceClass)
    assert (only.mask, prices.priced, prices.at(2)) == (0b011, 0b011, None)
