"""Cards, providers and deployments refuse what cannot be, by the name of the field."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.catalog.billing import BillingRules
from muxer_core.catalog.cards import ALL_CAPABILITIES, CAPABILITIES, ModelCard, capability_mask, capability_names
from muxer_core.catalog.deployments import Deployment, Provider
from muxer_core.money import PriceCard
from muxer_core.values.errors import InvalidRequest

CARD = ModelCard(name="m", price=PriceCard.per_million(input=1, output=2), quality=0.5)
HOUSE = Provider(name="house", base_url="http://127.0.0.1:1/v1")


@given(st.sets(st.sampled_from(CAPABILITIES)))
def test_capabilities_are_bits(names: set[str]) -> None:
    mask = capability_mask(sorted(names))
    assert 0 <= mask <= ALL_CAPABILITIES
    assert set(capability_names(mask)) == names


def test_an_unknown_capability_is_named() -> None:
    with pytest.raises(InvalidRequest, match="'flying' is no capability; known are tools"):
        capability_mask(["tools", "flying"])


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: ModelCard(name=""), "card.name"),
        (lambda: ModelCard(name="m", context_window=0), "card.context_window"),
        (lambda: ModelCard(name="m", tokens_per_minute=-1), "card.tokens_per_minute"),
        (lambda: ModelCard(name="m", quality=1.01), "card.quality"),
        (lambda: ModelCard(name="m", quality=float("nan")), "card.quality"),
        (lambda: Provider(name="", base_url="http://127.0.0.1:1"), "provider.name"),
        (lambda: Provider(name="house", base_url="http://127.0.0.1:1/"), "provider.base_url"),
        (lambda: Deployment(name="", card=CARD, provider=HOUSE, upstream_model="m"), "deployment.name"),
        (lambda: Deployment(name="d", card=CARD, provider=HOUSE, upstream_model=""), "deployment.upstream_model"),
        (lambda: Deployment(name="d", card=CARD, provider=HOUSE, upstream_model="m", weight=0), "deployment.weight"),
        (
            lambda: Deployment(name="d", card=CARD, provider=HOUSE, upstream_model="m", weight=float("inf")),
            "deployment.weight",
        ),
    ],
)
def test_what_cannot_be_is_refused_by_name(make: Callable[[], object], field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        make()
    assert caught.value.field == field


def test_a_deployment_survives_being_written_down() -> None:
    deployment = Deployment(name="d", card=CARD, provider=HOUSE, upstream_model="m", weight=2.5, tags=("eu",))
    assert msgspec.json.decode(msgspec.json.encode(deployment), type=Deployment) == deployment


def test_nothing_is_billed_for_what_was_refused_or_never_sent_and_the_rest_is_estimated() -> None:
    rules = BillingRules()
    assert (rules.unsent, rules.rejected, rules.unanswered, rules.cut) == (
        "nothing",
        "nothing",
        "input_estimate",
        "delivered_estimate",
    )
