"""Planted mutants: a wrong line in the code, swapped in while a law is checked. Each must be killed; every law holds without one."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FunctionType
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis.stateful import run_state_machine_as_test

from muxer_core.fleet.fleet import Fleet
from muxer_core.fleet.health import Breaker
from muxer_core.fleet.retry_budget import RetryBudget
from muxer_core.fleet.view import FleetView
from muxer_core.fleet.windows import RateWindow
from muxer_core.routing import choose as choosing
from muxer_core.routing import filters, strategies
from muxer_core.routing.balance import Pool
from muxer_core.routing.decision import Decision
from muxer_core.routing.facts import RouteFacts
from muxer_core.routing.group import Ceilings, Group
from muxer_core.routing.prices import PriceClass, Prices
from muxer_core.testing.routing import routing_inputs
from tests.fleet.machine import FleetMachine
from tests.fleet.test_fleet import (
    test_an_older_attempt_that_is_given_up_does_not_make_room_for_a_second_probe as one_probe,
)
from tests.fleet.test_fleet import (
    test_the_probe_of_a_limited_deployment_ends_while_the_window_is_full as looks_in_time,
)
from tests.fleet.test_retry_budget import test_no_stretch_grants_more_than_was_saved_and_paid as retry_budget_is_kept
from tests.fleet.test_windows import test_no_sixty_seconds_hold_more_than_the_limit as window_is_kept
from tests.routing import test_prices
from tests.routing.laws import LAWS
from tests.routing.test_balance import test_the_busiest_of_all_is_never_taken_while_there_is_another as two_choices_hold

pytestmark = pytest.mark.mutants

hard = settings(max_examples=400, database=None, derandomize=True, phases=[Phase.generate])


def laws_of_routing() -> None:
    @given(inputs=routing_inputs())
    @hard
    def hold(inputs: tuple[RouteFacts, FleetView]) -> None:
        for law in LAWS:
            law(*inputs)

    hold()


cheapest_is_found = hard(given(**test_prices.many_prices)(test_prices.search_finds_what_a_loop_finds))
least_is_least = hard(given(**test_prices.one_price)(test_prices.no_request_costs_less_than_the_least_of_its_share))


def diagram_of_health() -> None:
    run_state_machine_as_test(FleetMachine, settings=settings(hard, max_examples=80, stateful_step_count=40))


@contextmanager
def planted(function: FunctionType, right: str, wrong: str) -> Generator[None, None, None]:
    """`function` with one piece of its text replaced, for everyone who holds a reference to it."""
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(right) == 1, f"{right!r} is not once in {function.__qualname__}"
    space: dict[str, Any] = {}
    text = f"from __future__ import annotations\n{source.replace(right, wrong)}"
    code = compile(text, f"<mutant of {function.__qualname__}>", "exec")
    exec(code, function.__globals__, space)  # noqa: S102 - the text is ours
    mutant = space[function.__name__]
    before = function.__code__
    function.__code__ = mutant.__code__
    try:
        yield
    finally:
        function.__code__ = before


MUTANTS: list[tuple[Callable[[], None], Any, str, str]] = [
    (laws_of_routing, filters.sift, "allowed & (facts.tried | tried)", "allowed & facts.tried"),
    (laws_of_routing, filters.sift, "~view.unlimited", "~view.up"),
    (
        laws_of_routing,
        filters.sift,
        "facts.counted_input is None and allowed",
        "facts.tokens.bound is None and allowed",
    ),
    (laws_of_routing, filters.over_max_cost, "> facts.left", ">= facts.left"),
    (laws_of_routing, choosing.choose, "<= facts.left", "< facts.left"),
    (
        laws_of_routing,
        choosing.choose,
        "allowed & price.mask if picks < PICKS else over_max_cost(facts, allowed)",
        "allowed",
    ),
    (laws_of_routing, Ceilings.too_small, "bisect_left(self._limits, tokens)", "bisect_left(self._limits, tokens + 1)"),
    (laws_of_routing, Group.barred, "self.reserved & ~serve", "self.reserved if not serve else 0"),
    (laws_of_routing, Group.preferred, "for level in self.levels", "for level in reversed(self.levels)"),
    (
        laws_of_routing,
        Decision.next_choice,
        "self.view, self.pick, tried",
        "self.view, self.pick, tried & ~(1 << self.chosen)",
    ),
    (laws_of_routing, Decision.candidates, "allowed = group.mask & ~sum", "allowed = group.mask | sum"),
    (laws_of_routing, strategies.hybrid, "max(scores)", "min(scores)"),
    (laws_of_routing, strategies.heuristic, "(-_quality(row)", "(_quality(row)"),
    (cheapest_is_found, Prices.cheapest, "if found and least", "if least"),
    (cheapest_is_found, Prices.cheapest, "> best * SHARES", "> best"),
    (cheapest_is_found, Prices.cheapest, "found |= here", "pass"),
    (least_is_least, PriceClass.least, "(share, share + 1)", "(share + 1,)"),
    (least_is_least, PriceClass.least, "*(rates for _, rates in self._tiers)", ""),
    (cheapest_is_found, PriceClass.cost, "input_tokens > above", "input_tokens >= above"),
    (two_choices_hold, Pool.least_busy, "in_flight[second] < in_flight[first]", "in_flight[second] > in_flight[first]"),
    (two_choices_hold, Pool._two, "first != second and ", ""),
    (window_is_kept, RateWindow.free_at, "+ KEPT_SECONDS <= now", "+ KEPT_SECONDS - 1 <= now"),
    (retry_budget_is_kept, RetryBudget._pass_time, "self._at = moment.mono", "pass"),
    (retry_budget_is_kept, RetryBudget.try_spend, "self._balance -= _WHOLE", "self._balance -= _WHOLE // 2"),
    (diagram_of_health, Breaker.admits, "and not self.probing", ""),
    (diagram_of_health, Breaker.attempt_ended, "self.failures = self.opened = 0", "self.opened = 0"),
    (one_probe, Breaker.attempt_ended, "elif not others_in_flight:", "else:"),
    (diagram_of_health, Fleet._look_at, "now if window is None else window.free_at(now)", "now"),
    (looks_in_time, Fleet._look_at, "look_again = min(", "look_again = max("),
    (diagram_of_health, Fleet._count, "self._in_flight = self._in_flight[:]", "pass"),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("law", "function", "right", "wrong"), MUTANTS, ids=lambda value: getattr(value, "__name__", None)
)
def test_a_planted_mutant_is_killed(law: Callable[[], None], function: FunctionType, right: str, wrong: str) -> None:
    with planted(function, right, wrong), pytest.raises(Exception):  # noqa: B017, PT011 - any way to die will do
        law()
