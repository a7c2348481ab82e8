"""The ceiling (law 4): may this attempt open, with how many output tokens, and what is the most that it can cost?

Before every open: what is booked, plus what is held for open attempts, plus this attempt's bound, is at most `max_cost`. The bound uses
a *proven* number of input tokens (`routing.tokens` says why it is one) unless the caller said `ceiling="estimate"`. A `max_tokens` that
the caller gave is never shrunk, only refused; where none was given, the largest that fits is sent, and the outcome says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from muxer_core.money.card import FREE_OUTPUT
from muxer_core.routing.facts import SMALLEST_ANSWER
from muxer_core.values.amount import Usd
from muxer_core.values.failure import Failure
from muxer_core.values.request import CeilingMode

if TYPE_CHECKING:
    from muxer_core.call.plan import Place


class Demand(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """How large a request is, in tokens. `input_bound` is None when no proof exists; `unbounded` then says what stands in the way.

    `service_tier` is the caller's; without one, the dearest tier that is listed counts for a bound. `max_tokens` is the caller's, per
    answer (0: vectors are billed by their input alone); `answers` is how many answers were asked for. `billed` False: the provider charges
    nothing for such a request (a list of models, a count of tokens, a health probe).
    """

    input_estimate: int = 0
    input_bound: int | None = 0
    unbounded: str | None = None
    service_tier: str | None = None
    max_tokens: int | None = None
    answers: int = 1
    billed: bool = True


class Allowance(msgspec.Struct, frozen=True):
    """What an attempt may use: `max_tokens` to send (None: say nothing) and the `bound` to reserve (None: unknown)."""

    max_tokens: int | None
    bound: Usd | None
    warnings: tuple[str, ...] = ()


def _largest_answer(place: Place, demand: Demand) -> int | None:
    """The longest answer that the model can give, in tokens, as far as its card knows."""
    if demand.max_tokens is not None:
        return demand.max_tokens
    if place.max_output_tokens is not None:
        return place.max_output_tokens
    return place.context_window


def _without_ceiling(place: Place, demand: Demand) -> Allowance:
    answer = _largest_answer(place, demand)
    counted = demand.input_estimate if demand.input_bound is None else demand.input_bound
    bound = None
    if place.price is not None and answer is not None:
        bound = place.price.bound(counted, answer * demand.answers, service_tier=demand.service_tier)
    return Allowance(demand.max_tokens, bound)


def _over(message: str, place: Place) -> Failure:
    return Failure(kind="over_ceiling", message=message, where=place.where)


def allow(place: Place, demand: Demand, left: Usd | None, ceiling: CeilingMode) -> Allowance | Failure:
    """What this attempt may use when `left` US dollars remain under the ceiling (None: there is no ceiling), or why it may not open."""
    if not demand.billed:
        return Allowance(None, None)
    if left is None:
        return _without_ceiling(place, demand)
    if place.price is None:
        return _over("its price is unknown, so max_cost cannot be kept; give its model card a price", place)
    counted = demand.input_bound
    warnings: tuple[str, ...] = ()
    if counted is None:
        if ceiling == "proven":
            return _over(
                f"max_cost cannot be proven because {demand.unbounded}; say ceiling='estimate' to accept an estimate",
                place,
            )
        warnings = (f"ceiling: kept by an estimate, because {demand.unbounded}",)
    if ceiling == "estimate":
        counted = demand.input_estimate
    assert counted is not None  # noqa: S101 - for the type checkers: both branches above gave it a number
    if demand.max_tokens is not None:
        bound = place.price.bound(counted, demand.max_tokens * demand.answers, service_tier=demand.service_tier)
        if bound is None:
            return _over("a unit that it bills has no price, so max_cost cannot be kept", place)
        if bound > left:
            return _over(f"it can cost up to {bound} and {left} is left under max_cost", place)
        return Allowance(demand.max_tokens, bound, warnings)
    total = place.price.largest_output_within(left, counted, service_tier=demand.service_tier)
    fits = 0 if total is None else total // demand.answers
    longest = _largest_answer(place, demand)
    if longest is not None:
        fits = min(fits, longest)
    if fits < SMALLEST_ANSWER:
        least = place.price.bound(counted, SMALLEST_ANSWER * demand.answers, service_tier=demand.service_tier)
        return _over(f"{left} is left under max_cost, and the smallest answer needs up to {least}", place)
    own_end = place.max_output_tokens is None and fits == longest
    if own_end or (longest is None and fits >= FREE_OUTPUT // demand.answers):
        # The model's own end is the bound. Servers refuse a max_tokens that their window has no room for beside the prompt.
        bound = place.price.bound(counted, fits * demand.answers, service_tier=demand.service_tier)
        return Allowance(None, bound, warnings)
    if longest is None or fits < longest:
        warnings += (f"max_tokens: set to {fits} so that {place.where} stays within max_cost",)
    return Allowance(
        fits, place.price.bound(counted, fits * demand.answers, service_tier=demand.service_tier), warnings
    )
