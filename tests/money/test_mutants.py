"""Planted mutants: each is one plausible mistake about money, and the laws must object to it.

A mutant is a copy of the room with some text replaced, imported under a name of its own; cards are rebuilt as its own type. A mutant
whose text is no longer there fails its test: then write it anew.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module, invalidate_caches
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from muxer_core.money import Fees, PriceCard, Rates, ServiceTier, Usd
from muxer_core.testing import catalog as draws
from muxer_core.values.usage import Usage
from tests.money import laws
from tests.money.test_card import TIER_NAMES, WALLS
from tests.support.shared import REPO_ROOT

pytestmark = pytest.mark.mutants


class Mutant(NamedTuple):
    """In module `file`, `sound` becomes `broken`."""

    file: str
    sound: str
    broken: str


MUTANTS: dict[str, Mutant] = {
    "halves are rounded down": Mutant(
        "card", "(2 * numerator + self.denominator) //", "(2 * numerator + self.denominator - 1) //"
    ),
    "the denominator is forgotten in the fast case": Mutant(
        "card", "if self.denominator == 1", "if not usage.cache_write_tokens"
    ),
    "cached tokens are billed twice": Mutant(
        "card", "cached * (rates.cached_input - incoming)", "cached * rates.cached_input"
    ),
    "reasoning is billed beside output": Mutant(
        "card", "reasoning * (rates.reasoning - outgoing)", "reasoning * rates.reasoning"
    ),
    "an unknown price is zero": Mutant(
        "card", "if rate is None:\n                    return None", "if rate is None:\n                    continue"
    ),
    "a cache without a price is free": Mutant(
        "rates", '    "cached_input_token": "input_token",\n', '    "cached_input_token": "search",\n'
    ),
    "audio is billed as text": Mutant(
        "rates",
        '    "reasoning_token": "output_token",',
        '    "audio_input_token": "input_token",\n    "reasoning_token": "output_token",',
    ),
    "an hour's cache writes are billed twice": Mutant("rates", "written - written_1h", "written"),
    "parts may exceed their whole": Mutant(
        "rates", "cached = min(usage.cached_input_tokens, left)", "cached = usage.cached_input_tokens"
    ),
    "an hour's cache writes are billed as minutes' in the fast case": Mutant(
        "card", " + usage.cache_write_1h_tokens * (for_an_hour - for_minutes)", ""
    ),
    "a contradiction slips through the fast case": Mutant(
        "card", "            or cached + written > usage.input_tokens\n", ""
    ),
    "the tier begins a token early": Mutant("rates", "if input_tokens > tier.above", "if input_tokens >= tier.above"),
    "only the first tier holds": Mutant(
        "rates", "rates = tier.rates\n    return rates", "return tier.rates\n    return rates"
    ),
    "an unheard-of service tier is standard": Mutant("card", "if name not in STANDARD:", "if name is None:"),
    "the fast case forgets the request's fee": Mutant(
        "card", "* outgoing + self.per_request\n            if", "* outgoing\n            if"
    ),
    "lines are rounded each for itself": Mutant(
        "card", "self._rounded(total) - booked", "self._rounded(quantity * rate)"
    ),
    "a bound is rounded down": Mutant("card", "Usd(-(-total // self.denominator))", "Usd(total // self.denominator)"),
    "a bound forgets the tiers": Mutant(
        "card", "for tier in schedule.tiers if input_tokens > tier.above", "for tier in ()"
    ),
    "a bound forgets the hours": Mutant("card", "[self, *self.periods]\n        #", "[self]\n        #"),
    "a bound forgets service tiers": Mutant("card", "served is None or tier.name in served]", "False]"),
    "a bound forgets the standard tier": Mutant("card", "STANDARD | {service_tier}", "{service_tier}"),
    "a bound forgets cache writes": Mutant("rates", "self.cache_write_5m or 0, ", ""),
    "the largest output is one too many": Mutant("card", "return left // outgoing", "return left // outgoing + 1"),
    "the largest output forgets the input": Mutant("card", " - input_tokens * incoming - self", " - self"),
    "the first period wins": Mutant("card", "in reversed(self.periods)", "in self.periods"),
    "midnight ends the night": Mutant("schedule", "second >= self.start or second", "second >= self.start and second"),
    "a price begins a day late": Mutant("schedule", "wall < self.since", "wall < self.since + 86_400"),
}

LISTS_ITS_STANDARD_TIER = PriceCard(
    rates=Rates(input=1, output=1),
    service_tiers=(
        ServiceTier("default", Rates(input=50, output=70)),
        ServiceTier("priority", Rates(input=2, output=2)),
    ),
)
SERVED_AT_IT = Usage(input_tokens=9, output_tokens=9, service_tier="default")


def explore(card_type: type[PriceCard]) -> None:
    """All laws, on cards of this type. Raises when one of them objects."""
    searched = settings(max_examples=1_500, derandomize=True, deadline=None, database=None, phases=(Phase.generate,))

    def own(card: PriceCard) -> PriceCard:
        return msgspec.convert(msgspec.to_builtins(card), type=card_type)

    @searched
    @given(draws.price_cards(), draws.usages(), draws.fees, WALLS)
    def costs(card: PriceCard, usage: Usage, fees: Fees, wall: float) -> None:
        laws.the_cost_is_the_exact_sum_rounded_once(own(card), usage, fees)
        laws.the_lines_add_up(own(card), usage, fees)
        laws.the_last_period_that_holds_is_in_force(own(card), wall)

    @searched
    @given(draws.price_cards(complete=True), st.integers(0, 10**9).map(Usd), draws.counts, TIER_NAMES)
    def largest(card: PriceCard, budget: Usd, input_tokens: int, asked: str | None) -> None:
        laws.the_largest_output_fits_and_one_more_does_not(own(card), budget, input_tokens, asked)

    @searched
    @given(st.data(), draws.price_cards(complete=True), draws.counts, draws.counts, TIER_NAMES, WALLS)
    def bounds(data: st.DataObject, card: PriceCard, most: int, output: int, asked: str | None, wall: float) -> None:
        usage = data.draw(draws.text_usages(most, output, service_tier=asked))
        laws.the_bound_is_never_passed(own(card), most, output, asked, usage, wall)

    costs()
    largest()
    bounds()
    # Seldom drawn: asked for one tier, served at the standard one, which the card lists by name.
    laws.the_bound_is_never_passed(own(LISTS_ITS_STANDARD_TIER), 9, 9, "priority", SERVED_AT_IT, 0.0)


@contextmanager
def planted(mutant: Mutant | None, folder: Path) -> Generator[type[PriceCard]]:
    """The card of a copy of the room with the mutant in it."""
    name = "planted_money"
    package = folder / name
    package.mkdir()
    for path in sorted((REPO_ROOT / "muxer_core" / "money").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        if mutant is not None and path.stem == mutant.file:
            assert text.count(mutant.sound) == 1, f"the text to replace is not there once: {mutant.sound!r}"
            text = text.replace(mutant.sound, mutant.broken)
        (package / path.name).write_text(text.replace("muxer_core.money", name), encoding="utf-8")
    sys.path.insert(0, str(folder))
    try:
        yield import_module(name).PriceCard
    finally:
        sys.path.remove(str(folder))
        for module in [one for one in sys.modules if one.split(".")[0] == name]:
            del sys.modules[module]
        invalidate_caches()


def test_an_unchanged_copy_is_sound(tmp_path: Path) -> None:
    with planted(None, tmp_path) as card_type:
        explore(card_type)


@pytest.mark.parametrize("name", MUTANTS)
def test_the_mutant_is_killed(name: str, tmp_path: Path) -> None:
    with planted(MUTANTS[name], tmp_path) as card_type, pytest.raises((AssertionError, TypeError)):
        explore(card_type)
