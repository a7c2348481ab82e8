"""Prices in a configuration: a deployment's own, its model's, or the published one."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from muxer_core.config.schema import Config
from muxer_core.values.amount import Usd
from muxer_core.values.usage import Usage
from tests.config.openai_config import with_key


def test_a_deployment_goes_before_its_model() -> None:
    mapping = with_key(
        "models/gpt-4o", {"price": {"input": "2.50", "output": 10}, "requests_per_minute": 5, "quality": 0.5}
    )
    mapping["deployments"].append(
        {"model": "gpt-4o", "provider": "openai", "name": "own", "price": {"input": 1}, "requests_per_minute": 7}
    )
    first, own = Config.from_mapping(mapping).catalog.deployments
    usage = Usage(input_tokens=1_000_000)
    assert first.card.price is not None
    assert own.card.price is not None
    assert (first.card.price.cost(usage), own.card.price.cost(usage)) == (Usd.parse("2.50"), Usd.parse(1))
    assert (first.card.requests_per_minute, own.card.requests_per_minute) == (5, 7)
    assert own.card.quality == 0.5


@given(price=st.decimals("0.000001", 100, places=6), used=st.integers(0, 10**7))
def test_a_price_for_a_thousand_is_a_thousandth_of_the_price_for_a_million(price: Any, used: int) -> None:
    def cost(unit: str, amount: str) -> Usd | None:
        config = Config.from_mapping(
            with_key("models/gpt-4o", {unit: {"output": amount, "input": amount, "request": "0.5"}})
        )
        card = config.catalog.deployments[0].card.price
        assert card is not None
        return card.cost(Usage(input_tokens=used, output_tokens=used))

    assert cost("price_per_thousand", str(price)) == cost("price", str(price * 1000))


def test_gpt_4_costs_what_its_price_for_a_thousand_says() -> None:
    config = Config.from_mapping(with_key("models/gpt-4o", {"price_per_thousand": {"input": 0.03, "output": 0.06}}))
    card = config.catalog.deployments[0].card.price
    assert card is not None
    assert card.cost(Usage(input_tokens=1000, output_tokens=500)) == Usd.parse("0.06")


# -- published prices ---------------------------------------------------------------------------------------------------------------


def test_a_listed_price_holds_at_its_provider_s_own_address_and_nowhere_else() -> None:
    def price_at(provider: dict[str, Any], model: str = "gpt-4o") -> bool:
        mapping = {"providers": {"openai": provider}, "deployments": [{"model": model, "provider": "openai"}]}
        return Config.from_mapping(mapping).catalog.deployments[0].card.price is not None

    assert price_at({})
    assert not price_at({"base_url": "http://127.0.0.1:8080/v1"})
    assert price_at({"base_url": "http://127.0.0.1:8080/v1", "price_list": "model"})
    assert not price_at({"price_list": "none"})
    assert not price_at({}, "nobody-lists-this")


def test_a_user_s_price_and_window_win_over_the_list() -> None:
    mapping = with_key("models/gpt-4o", {"price": {"input": 7}, "context_window": 5})
    card = Config.from_mapping(mapping).catalog.deployments[0].card
    assert card.price is not None
    assert (card.price.source, card.context_window) == ("configuration", 5)
    listed = Config.from_mapping(with_key("models/gpt-4o", {"context_window": 5})).catalog.deployments[0].card
    assert listed.price is not None
    assert "genai-prices" in listed.price.source
    assert listed.price.date
    assert listed.context_window == 5
