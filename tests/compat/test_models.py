"""Prices, descriptions, and which models count."""

from __future__ import annotations

from typing import Any

import pytest

import muxer_httpx
from muxer_compat.models import MOST_ASKED, Models, listed_card
from muxer_core.catalog.catalog import UnknownModel
from muxer_core.values.errors import InvalidRequest
from tests.compat.proxies import DESCRIBED

OFFER = [{"id": "gpt-4o", "mode": "chat"}, {"id": "text-embedding-3-small", "mode": "embedding"}, {"id": "unpriced"}]


def provider(custom_models: dict[str, Any] | None = None) -> muxer_httpx.LiteLLMProvider:
    return muxer_httpx.LiteLLMProvider("http://localhost:4000", custom_models=custom_models)


def test_described_prices_are_for_a_thousand_tokens() -> None:
    described = provider({"gpt-4": {"pricing": {"input": 0.03, "output": 0.06}}})
    assert described.calculate_cost(1000, 500, "gpt-4") == 0.06


def test_listed_prices_agree_with_what_the_makers_publish() -> None:
    assert provider().calculate_cost(1000, 500, "gpt-4") == 0.06
    assert provider().calculate_cost(1000, 500, "claude-3-haiku") == 0.000875


def test_a_description_wins_over_the_list() -> None:
    described = provider({"gpt-4": {"pricing": {"input": 1, "output": 0}}})
    assert described.calculate_cost(1000, 500, "gpt-4") == 1.0


def test_an_unknown_model_names_the_nearest() -> None:
    with pytest.raises(LookupError, match="house-model"):
        provider(DESCRIBED).calculate_cost(1, 1, "house-modle")
    with pytest.raises(UnknownModel):
        provider().get_model_info("no-such-model")


@pytest.mark.parametrize("counts", [(-1, 0), (0, -1), (1.5, 0), (True, 0), (0, "7")])
def test_counts_that_are_none(counts: tuple[Any, Any]) -> None:
    with pytest.raises(InvalidRequest, match=r"(prompt|completion)_tokens: must be a whole number"):
        provider().calculate_cost(*counts, "gpt-4")


GOOD: dict[str, Any] = {"pricing": {"input": 1, "output": 2}}


@pytest.mark.parametrize(
    ("description", "field"),
    [
        ({}, r"custom_models\['m'\]: .*pricing"),
        ({"pricing": {"input": 1}}, r"custom_models\['m'\]\.pricing: .*output"),
        ({"pricing": {"input": 1, "output": None}}, r"custom_models\['m'\]\.pricing"),
        ({"pricing": {"input": -1, "output": 1}}, r"custom_models\['m'\]\.pricing\.input"),
        ({"pricing": {"input": 1, "output": "cheap"}}, r"custom_models\['m'\]\.pricing\.output"),
        ({"pricing": {"input": 1, "output": 2, "outptu": 2}}, r"custom_models\['m'\]\.pricing: .*outptu"),
        ({"pricing": 1}, r"custom_models\['m'\]\.pricing"),
        (
            {**GOOD, "rate_limits": {"requests_per_minute": 0}},
            r"custom_models\['m'\]\.rate_limits\.requests_per_minute",
        ),
        ({**GOOD, "rate_limits": {"rpm": 1}}, r"custom_models\['m'\]\.rate_limits: .*rpm"),
        ({**GOOD, "metadata": {"context_window": "8k"}}, r"custom_models\['m'\]\.metadata\.context_window"),
        ({**GOOD, "metadata": {"task_types": "code"}}, r"custom_models\['m'\]\.metadata\.task_types"),
        ({**GOOD, "metadata": {"quality": 7}}, r"custom_models\['m'\]\.metadata\.quality"),
        ({**GOOD, "metadata": {"capabilities": ["flying"]}}, r"custom_models\['m'\]\.metadata\.capabilities: .*flying"),
        ({**GOOD, "prices": {}}, r"custom_models\['m'\]: .*prices"),
        ("gpt-4", r"custom_models\['m'\]"),
    ],
)
def test_a_wrong_description_names_the_field(description: Any, field: str) -> None:
    with pytest.raises(InvalidRequest, match=field):
        provider({"m": description})


@pytest.mark.parametrize("name", ["", 7])
def test_a_name_that_is_none(name: Any) -> None:
    with pytest.raises(InvalidRequest, match="model_name"):
        provider({name: GOOD})


def test_what_is_known_comes_back_in_the_shape_in_which_it_was_told() -> None:
    told = provider(DESCRIBED).get_model_info("house-model")
    assert told["pricing"] == DESCRIBED["house-model"]["pricing"]
    assert told["rate_limits"] == DESCRIBED["house-model"]["rate_limits"]
    assert DESCRIBED["house-model"]["metadata"].items() <= told["metadata"].items()


def test_a_listed_model_says_where_its_price_is_from() -> None:
    known = provider().get_model_info("gpt-4o")
    assert known["pricing"] == {"input": 0.0025, "output": 0.01}
    assert known["metadata"]["context_window"] == 128000
    assert known["metadata"]["provider"] == "openai"
    assert known["metadata"]["price_source"]
    assert known["metadata"]["price_date"]


def test_a_model_added_later_counts_at_once_and_can_be_described_anew() -> None:
    late = provider()
    late.add_custom_model(model_name="late", pricing={"input": 1, "output": 1})
    assert late.calculate_cost(1000, 0, "late") == 1.0
    late.add_custom_model("late", {"input": 2, "output": 1}, metadata={"capabilities": ["tools"]})
    assert late.calculate_cost(1000, 0, "late") == 2.0
    with pytest.raises(InvalidRequest, match=r"late\.pricing"):
        late.add_custom_model("late", {"input": 2})
    assert late.calculate_cost(1000, 0, "late") == 2.0


def test_a_provider_lists_what_it_supports() -> None:
    assert {"house-model", "gpt-4o"} <= set(provider(DESCRIBED).get_supported_models())


def test_supported_is_never_empty_and_always_has_the_described() -> None:
    models = Models(DESCRIBED)
    assert {"house-model", "cheap-model", "gpt-4o"} <= set(models.supported())
    models.offer(OFFER)
    assert models.supported() == ["house-model", "cheap-model", "gpt-4o", "text-embedding-3-small"]
    only_described = Models(DESCRIBED)
    only_described.offer([{"id": "unpriced"}])
    assert only_described.supported() == ["house-model", "cheap-model"]
    bare = Models(None)
    assert bare.supported()
    bare.offer([{"id": "unpriced"}])
    assert bare.supported()
    assert "unpriced" not in bare.supported()


def test_every_supported_model_has_a_cost() -> None:
    models = Models(None)
    for name in models.supported():
        assert models.cost(1, 0, name) >= 0


def test_a_model_that_answers_nothing_has_no_price_for_answers() -> None:
    assert provider().calculate_cost(1000, 0, "text-embedding-3-small") == 0.00002
    with pytest.raises(InvalidRequest, match="text-embedding-3-small"):
        provider().calculate_cost(1000, 1, "text-embedding-3-small")
    assert provider().get_model_info("text-embedding-3-small")["pricing"] == {"input": 0.00002, "output": None}


def test_candidates_chat_and_have_a_price() -> None:
    models = Models(DESCRIBED)
    assert [card.name for card in models.candidates()] == ["house-model", "cheap-model"]
    models.offer([*OFFER, {"id": "gpt-4o-mini"}])
    assert [card.name for card in models.candidates()] == ["house-model", "cheap-model", "gpt-4o", "gpt-4o-mini"]
    assert Models(None).guessed
    assert Models(None).candidates()


def test_names_that_were_only_asked_for_are_forgotten_in_time() -> None:
    models = Models(DESCRIBED)
    for number in range(MOST_ASKED + 10):
        models.ask(f"model-{number}")
    assert len(models.cards) == MOST_ASKED + len(DESCRIBED)
    assert f"model-{MOST_ASKED + 9}" in models.cards
    assert "model-0" not in models.cards


def test_an_offer_that_did_not_change_changes_nothing() -> None:
    models = Models(None)
    models.offer(OFFER)
    before = models.cards
    models.offer(OFFER)
    assert models.cards is before


def test_what_is_not_listed_has_no_card() -> None:
    assert listed_card("no-such-model") is None
