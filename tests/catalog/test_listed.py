"""The published prices: the generated list against the package it was made from, and against vendors' own pages."""

from __future__ import annotations

import random
import subprocess
import sys
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from fractions import Fraction
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import genai_prices
import msgspec
import pytest
from genai_prices import types as theirs
from genai_prices.data import providers
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.catalog import listed
from muxer_core.catalog.listed import (
    Listing,
    find_model,
    find_provider,
    listed_models,
    listed_providers,
    price_list_date,
)
from muxer_core.money import PriceCard, Rates, Usd
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.usage import Usage
from tests.money import reference
from tests.support.shared import REPO_ROOT

NOW = price_list_date()
FIELDS = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cached_input_tokens": "cache_read_tokens",
    "cache_write_tokens": "cache_write_tokens",
    "cache_write_1h_tokens": "cache_write_1h_tokens",
    "reasoning_tokens": "output_reasoning_tokens",
    "audio_input_tokens": "input_audio_tokens",
    "audio_output_tokens": "output_audio_tokens",
    "image_input_tokens": "input_image_tokens",
    "image_output_tokens": "output_image_tokens",
}
MODELS = [(provider, model) for provider in providers for model in provider.models]


def listing(provider: theirs.Provider, model: theirs.ModelInfo) -> Listing:
    """Ours of the same row."""
    ours = next(one for one in listed_providers() if one.id == provider.id)
    return Listing(ours, next(one for one in listed_models(provider.id) if one.id == model.id))


def their_price(
    provider: theirs.Provider, model: theirs.ModelInfo, usage: Usage, wall: float, tier: dict[str, str]
) -> Decimal:
    counts = {field: getattr(usage, name) for name, field in FIELDS.items() if getattr(usage, name)}
    counts.setdefault("input_tokens", 0)
    with localcontext(prec=80), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about prices for units that this usage does not have
        return model.calc_price(
            theirs.Usage(**counts),
            provider,
            genai_request_timestamp=datetime.fromtimestamp(wall, UTC),
            price_context=tier or None,
        ).total_price


def a_usage(chance: random.Random) -> Usage:
    """Counts that agree with each other, as their calculator demands."""

    def parts(total: int, number: int) -> list[int]:
        cuts = sorted(chance.randint(0, total) for _ in range(number))
        return [upper - lower for lower, upper in zip([0, *cuts], [*cuts, total], strict=True)]

    incoming = chance.choice([0, 7, 1_000, 99_999, 127_999, 128_001, 200_000, 200_001, 272_001, 1_000_003])
    outgoing = chance.choice([0, 1, 500, 8_191, 65_537])
    cached, written, _ = parts(incoming, 2)
    reasoning, _ = parts(outgoing, 1)
    style = chance.randrange(3)
    if style == 0:
        return Usage(input_tokens=incoming, output_tokens=outgoing)
    if style == 1:
        return Usage(
            input_tokens=incoming, output_tokens=outgoing, cached_input_tokens=cached, reasoning_tokens=reasoning
        )
    return Usage(
        input_tokens=incoming,
        output_tokens=outgoing,
        cached_input_tokens=cached,
        cache_write_tokens=written,
        cache_write_1h_tokens=chance.randint(0, written),
        reasoning_tokens=reasoning,
    )


def unknown_to_us(card: PriceCard, usage: Usage) -> bool:
    """Where the two differ on purpose: they take a unit without any price for free, and we do not know its cost."""
    rates = reference.applicable(card, usage)
    return rates is None or any(
        quantity and reference.price_of(rates, unit, 1) is None for unit, quantity in reference.units(usage).items()
    )


@given(st.sampled_from(MODELS), st.randoms(use_true_random=False), st.integers(-60, 60), st.integers(0, 86_399))
def test_costs_agree_with_genai_prices_to_the_pico_dollar(
    row: tuple[theirs.Provider, theirs.ModelInfo], chance: random.Random, days: int, second: int
) -> None:
    """Differential: 100 draws here, each of 30 usages; every model once below."""
    agree(row, [a_usage(chance) for _ in range(30)], NOW + days * 86_400 + second)


def test_every_model_of_the_list_costs_what_genai_prices_says() -> None:
    chance = random.Random(2026)
    compared = [agree(row, [a_usage(chance) for _ in range(3)], NOW + 11 * 3600) for row in MODELS]
    assert sum(compared) > 4_000, "the comparison has lost its subject"


def agree(row: tuple[theirs.Provider, theirs.ModelInfo], usages: list[Usage], wall: float) -> int:
    """Compare a model's costs; returns how many were known to both."""
    provider, model = row
    price = listing(provider, model).price(wall)
    if price is None:
        return 0
    compared = 0
    for usage in usages:
        card = price.at(wall)
        ours = card.cost(usage)
        if ours is None:
            assert unknown_to_us(card, usage)
            continue
        if set(listing(provider, model).model.unmodelled) & {"output_citation_mtok"}:
            continue  # their reasoning and citation prices cannot be combined without a count that we do not have
        exact = Fraction(their_price(provider, model, usage, wall, {})) * 10**12
        # Their decimals lose digits beyond the context's 80 and never more than that.
        assert abs(ours.pico - exact) <= Fraction(1, 2) + Fraction(1, 10**20), (provider.id, model.id, usage)
        compared += 1
    return compared


@pytest.mark.parametrize(
    ("tier", "context"),
    [
        ("priority", {"service_tier": "priority"}),
        ("flex", {"service_tier": "flex"}),
        ("batch", {"processing": "batch"}),
    ],
)
def test_service_tiers_agree_as_well(tier: str, context: dict[str, str]) -> None:
    used = Usage(input_tokens=300_001, output_tokens=1_000, cached_input_tokens=70_000)
    compared = 0
    for provider, model in MODELS:
        price = listing(provider, model).price(NOW)
        if price is None or tier not in {one.name for one in price.service_tiers}:
            continue
        usage = msgspec.structs.replace(used, service_tier=tier)
        ours = price.cost(usage)
        if ours is None:
            assert unknown_to_us(price, usage)
            continue
        exact = Fraction(their_price(provider, model, used, NOW, context)) * 10**12
        assert abs(ours.pico - exact) <= Fraction(1, 2)
        compared += 1
    assert compared >= 10


def test_a_unit_without_any_price_is_free_there_and_unknown_here() -> None:
    provider, model = next((p, m) for p, m in MODELS if (p.id, m.id) == ("openai", "gpt-4o"))
    usage = Usage(input_tokens=100, audio_input_tokens=100)
    assert their_price(provider, model, usage, NOW, {}) == Decimal("0.00025"), "there audio is billed as text"
    price = listing(provider, model).price(NOW)
    assert price is not None
    assert price.cost(usage) is None


# ------------------------------------------------------------------------------------------------------------------------ finding a model


def spellings(chance: random.Random) -> Iterator[tuple[str, str]]:
    """Names of every model at its provider: as listed, in capitals, with a date, cut, and prefixed."""
    for provider, model in MODELS:
        name = model.id
        yield provider.id, name
        yield (
            provider.id,
            chance.choice(
                [name.upper(), f"{name}-20251211", f"{name}-20250231", name[:-1], f"x/{name}", f"{name}:free"]
            ),
        )


def test_models_are_found_as_genai_prices_finds_them() -> None:
    by_id = {provider.id: provider for provider in providers}
    found = 0
    for provider, name in spellings(random.Random(7)):
        expected = by_id[provider].find_model(name, all_providers=providers)
        ours = find_model(name, provider=provider)
        assert (None if ours is None else ours.model.id) == (None if expected is None else expected.id), (
            provider,
            name,
        )
        found += ours is not None
    assert found > len(MODELS)


BASE_URLS = (
    "https://api.openai.com/v1",
    "https://generativelanguage.googleapis.com/v1beta/openai",
    "https://x.openai.azure.com/openai",
    "https://openrouter.ai/api/v1",
    "http://127.0.0.1:4000",
    "https://api.openai.com.evil.example/",
    "",
)


@pytest.mark.parametrize("base_url", BASE_URLS)
def test_providers_are_found_by_url_as_genai_prices_finds_them(base_url: str) -> None:
    from genai_prices.data_snapshot import get_snapshot

    try:
        expected: str | None = get_snapshot().find_provider(None, None, base_url).id
    except LookupError:
        expected = None
    ours = find_provider(base_url=base_url, name="openai", model="gpt-4o")
    assert (None if ours is None else ours.id) == expected


@pytest.mark.parametrize(
    "name", ["openai", "OpenAI ", "bedrock", "vertex_ai", "gemini", "xai", "nobody", "together_ai"]
)
def test_providers_are_found_by_name_as_genai_prices_finds_them(name: str) -> None:
    from genai_prices.data_snapshot import find_provider_by_id

    expected = find_provider_by_id(providers, name)
    ours = find_provider(name=name)
    assert (None if ours is None else ours.id) == (None if expected is None else expected.id)


def found(model: str, **where: str) -> str | None:
    one = find_model(model, **where)
    return None if one is None else f"{one.provider.id}:{one.model.id}"


def test_where_a_model_is_looked_for() -> None:
    assert found("gpt-4o") == "openai:gpt-4o"
    assert found("openai/gpt-4o") == "openai:gpt-4o"
    assert found("anthropic/claude-3-haiku-20240307") == "anthropic:claude-3-haiku"
    assert found("gpt-4o", provider="azure") == "azure:gpt-4o" or found("gpt-4o", provider="azure") == "openai:gpt-4o"
    assert found("gpt-4o", base_url="http://127.0.0.1:8000/v1") is None, "a server here does not charge OpenAI's prices"
    assert found("nobody/gpt-unheard-of") is None
    assert found("local-model") is None
    assert found("gpt-4o" * 200) is None
    assert find_provider() is None
    with pytest.raises(InvalidRequest, match="nobody"):
        listed_models("nobody")


# -------------------------------------------------------------------------------------------------------------------------- golden prices


@pytest.mark.parametrize(
    ("model", "usage", "dollars"),
    [
        # developers.openai.com/api/docs/pricing: gpt-4o 2.50 in, 1.25 cached, 10.00 out; priority 4.25 and 17.00.
        ("openai/gpt-4o", Usage(input_tokens=1_000_000, output_tokens=1_000_000), "12.5"),
        ("openai/gpt-4o", Usage(input_tokens=1_000_000, cached_input_tokens=1_000_000), "1.25"),
        ("openai/gpt-4o", Usage(input_tokens=1_000_000, service_tier="default"), "2.5"),
        ("openai/gpt-4o", Usage(input_tokens=1_000_000, output_tokens=1_000_000, service_tier="priority"), "21.25"),
        ("openai/gpt-4o-mini", Usage(input_tokens=1_000_000, output_tokens=1_000_000), "0.75"),
        # anthropic.com/pricing: Claude 3 Haiku 0.25 in, 1.25 out, cache write 0.30, read 0.03.
        ("anthropic/claude-3-haiku", Usage(input_tokens=1_000_000, output_tokens=1_000_000), "1.5"),
        ("anthropic/claude-3-haiku", Usage(input_tokens=1_000_000, cached_input_tokens=1_000_000), "0.03"),
        # ai.google.dev/gemini-api/docs/pricing: Gemini 2.5 Pro 1.25 up to 200,000 tokens, 2.50 above; 10 and 15 out.
        ("google/gemini-2.5-pro", Usage(input_tokens=200_000, output_tokens=1_000), "0.26"),
        ("google/gemini-2.5-pro", Usage(input_tokens=200_001, output_tokens=1_000), "0.5150025"),
    ],
)
def test_prices_on_vendors_pages(model: str, usage: Usage, dollars: str) -> None:
    one = find_model(model)
    assert one is not None
    price = one.price(NOW)
    assert price is not None
    assert price.cost(usage) == Usd.parse(dollars)
    assert price.source.startswith("https://")
    assert price.date == "2026-11-24"


def test_a_card_is_made_under_the_users_name() -> None:
    one = find_model("gpt-4o", base_url="https://api.openai.com/v1")
    assert one is not None
    card = one.card("my-gpt", NOW)
    assert (card.name, card.context_window, card.price) == ("my-gpt", 128_000, one.price(NOW))


def test_prices_by_the_hour_bound_by_the_dearest_hour() -> None:
    one = find_model("deepseek-v4-pro", provider="deepseek")
    assert one is not None
    price = one.price(NOW)
    assert price is not None
    usage = Usage(input_tokens=1_000_000)
    at_noon, at_two = price.at(NOW + 12 * 3600).cost(usage), price.at(NOW + 2 * 3600).cost(usage)
    assert at_noon is not None
    assert at_two is not None
    assert at_noon < at_two
    assert price.cost(usage) == at_two


def test_a_price_to_come_is_kept_and_one_that_is_over_is_not() -> None:
    periods = {
        listing(provider, model).model.id: (listing(provider, model), provider, model)
        for provider, model in MODELS
        if any(one.since > NOW for one in listing(provider, model).model.periods)
    }
    assert periods, "the list has lost every price to come: choose another subject"
    for one, provider, model in periods.values():
        price = one.price(NOW)
        assert price is not None
        change = max(period.since for period in price.periods)
        usage = Usage(input_tokens=1_000_000, output_tokens=1_000_000)
        for wall in (change - 1, change):
            cost = price.at(wall).cost(usage)
            if cost is not None:
                assert cost.pico == Fraction(their_price(provider, model, usage, wall, {})) * 10**12
        past = one.price(0)
        assert past is not None
        assert len(past.periods) >= len(price.periods)


# ------------------------------------------------------------------------------------------------------------------------ the list itself


def test_every_row_is_priced_or_says_what_it_is_billed_in() -> None:
    rows = [model for provider in listed_providers() for model in listed_models(provider.id)]
    assert len(rows) == len(MODELS)
    for (_, theirs_row), ours in zip(MODELS, rows, strict=True):
        conditional = theirs_row.prices if isinstance(theirs_row.prices, list) else [theirs_row.prices]
        has_price = any((getattr(one, "prices", one)).__dict__ for one in conditional)
        assert bool(ours.periods or ours.unmodelled) == has_price
        assert ours.context_window == theirs_row.context_window


def test_hours_price_the_same_units() -> None:
    for provider in listed_providers():
        for model in listed_models(provider.id):
            if any(one.is_daily for one in model.periods):
                named = [
                    [name for name in Rates.__struct_fields__ if getattr(one.rates, name) is not None]
                    for one in model.periods
                ]
                assert all(names == named[0] for names in named)
                assert not any(one.tiers or one.service_tiers for one in model.periods)


def test_the_list_is_what_the_script_makes() -> None:
    run = subprocess.run(
        [sys.executable, str(REPO_ROOT / "scripts" / "build_catalog.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_a_stale_list_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check fails when a single price differs."""
    spec = spec_from_file_location("build_catalog", REPO_ROOT / "scripts" / "build_catalog.py")
    assert spec is not None
    assert spec.loader is not None
    script = module_from_spec(spec)
    spec.loader.exec_module(script)
    stale = tmp_path / "muxer_core" / "prices_data.py"
    stale.parent.mkdir()
    stale.write_text(script.TARGET.read_text().replace('"output":10000000}', '"output":10000001}', 1))
    monkeypatch.setattr(script, "TARGET", stale)
    monkeypatch.setattr(script, "ROOT", stale.parent.parent)
    assert script.main(["--check"]) == 1
    assert script.main([]) == 0
    assert script.main(["--check"]) == 0


def test_the_list_is_not_read_before_it_is_asked_for() -> None:
    code = (
        "import sys, muxer_core, muxer_core.catalog.listed; from muxer_core.catalog.listed import find_model;"
        "name = 'muxer_core.catalog.prices_data'; assert name not in sys.modules; find_model('gpt-4o'); assert name in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=REPO_ROOT)


def test_the_package_is_the_one_that_was_recorded() -> None:
    assert genai_prices.__version__ == listed._data().PACKAGE_VERSION
