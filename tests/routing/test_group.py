"""Groups are made once a configuration; cards of one name that differ stay apart."""

from __future__ import annotations

import msgspec
import pytest

from muxer_core.catalog.catalog import Catalog, UnknownModel
from muxer_core.fleet.fleet import Fleet
from muxer_core.routing.facts import route_facts
from muxer_core.routing.group import Group, Groups
from muxer_core.routing.route import route
from tests.routing.examples import BIG, SMALL, T0, ask, decided, deployments, house


def test_a_name_means_one_group() -> None:
    groups = Groups(house())
    assert groups.named("small") is groups.named("small")
    assert groups.named("auto").mask == 0b11111
    assert groups.named("big-3").mask == 0b01000
    with pytest.raises(UnknownModel, match="did you mean"):
        groups.named("smal")


def test_cards_of_one_name_with_other_prices_are_other_cards() -> None:
    dear = msgspec.structs.replace(SMALL, price=BIG.price)
    catalog = Catalog(deployments(SMALL, dear, SMALL))
    rows = Group(catalog, (0, 1, 2)).rows
    assert [row.pool.mask for row in rows] == [0b101, 0b010]
    assert {row.position for row in rows} == {0}


def test_a_lower_priority_is_preferred_and_the_others_follow() -> None:
    catalog = Catalog([*deployments(SMALL, priority=2), *deployments(BIG, BIG)])
    decision = decided(
        route(route_facts(ask(), Group(catalog, (0, 1, 2))), Fleet(catalog, T0).view(T0), "cost_optimized")
    )
    assert decision.chosen in (1, 2)
    other = decision.next_choice(1 << decision.chosen)
    assert {decision.chosen, other} == {1, 2}
    assert decision.next_choice(0b110) == 0
    assert decision.next_choice(0b111) is None


def test_a_concrete_name_is_never_swapped() -> None:
    catalog = house()
    groups = Groups(catalog)
    view = Fleet(catalog, T0).view(T0)
    for strategy in ("hybrid", "heuristic", "cost_optimized", "least_busy", "weighted"):
        decision = decided(route(route_facts(ask(), groups.named("big")), view, strategy))
        tried = 0
        choice: int | None = decision.chosen
        while choice is not None:
            assert catalog.deployments[choice].card.name == "big"
            tried |= 1 << choice
            choice = decision.next_choice(tried)
        assert tried == 0b11000
