"""What is booked for an attempt when it has ended (laws 3 to 5): its usage, its charges, its cost, and how sure we are.

Where the provider reported usage for a complete reply, that is the truth and the booking is exact. Everything else is booked by the
provider's billing rule, which is data with a source (`catalog.billing`), and marked inexact. A rule speaks of what is not known: what was
reported before a reply broke off is booked under every rule. A report of zero tokens for an answer that came is no report: proxies send
one where they do not know. `exposure` is the most that the attempt can have cost; the ceiling counts with it, so that an estimate never
makes room for money that may be gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from muxer_core.catalog.billing import BillingRule
from muxer_core.values.amount import Usd
from muxer_core.values.usage import Charge, ReportedCost, Usage

if TYPE_CHECKING:
    from muxer_core.call.attempt import Attempt
    from muxer_core.call.ceiling import Demand
    from muxer_core.call.plan import Place

FREE = Usd(0)
BYTES_PER_TOKEN = 4
"""Characters of delivered text to a token, for estimates only. OpenAI's rule of thumb for English (help centre, read 2026-11-24)."""

DIFFERENCE = 100
"""Our cost and a reported one are flagged when they differ by more than one part in this many."""


class Booking(msgspec.Struct, frozen=True, kw_only=True):
    """The books' view of one attempt. `cost` None: its price is unknown. `exposure` None: it cannot be bounded."""

    usage: Usage | None
    charges: tuple[Charge, ...]
    cost: Usd | None
    exact: bool
    exposure: Usd | None
    warnings: tuple[str, ...] = ()


NOTHING = Booking(usage=None, charges=(), cost=FREE, exact=True, exposure=FREE)


def _applicable_rule(attempt: Attempt, place: Place) -> BillingRule:
    """Which rule books an attempt that did not complete with its usage reported."""
    rules = place.billing
    if not attempt.sent:
        return rules.unsent
    if attempt.head is None:
        return rules.unanswered
    if not attempt.head.is_success:
        return rules.rejected
    return rules.cut


def _reported(attempt: Attempt) -> Usage | None:
    """The usage that the provider reported, if that says anything."""
    usage = attempt.usage
    if usage is not None and attempt.delivered and attempt.billed is None:
        return usage if usage.input_tokens or usage.output_tokens else None
    return usage


def _estimate(attempt: Attempt, reported: Usage, demand: Demand, *, with_output: bool) -> Usage:
    """A guess at the counts: never less than what the provider had already reported."""
    delivered = -(-attempt.text_length // BYTES_PER_TOKEN) if with_output else 0
    return msgspec.structs.replace(
        reported,
        input_tokens=max(reported.input_tokens, demand.input_estimate),
        output_tokens=max(reported.output_tokens, delivered),
        exact=False,
    )


def _by_rule(rule: BillingRule, attempt: Attempt, reported: Usage | None, demand: Demand) -> Usage | None:
    """What is counted by the rule: never less than what was reported. None where nothing was, and the rule does not count."""
    if rule == "nothing" or (rule == "bound" and attempt.bound is not None):
        return None if reported is None else msgspec.structs.replace(reported, exact=False)
    return _estimate(attempt, reported or Usage(), demand, with_output=rule != "input_estimate")


def _words(attempt: Attempt, reported: Usage | None) -> str:
    """What is missing."""
    if reported is not None:
        return "not all of its usage"
    return "no usage" if attempt.usage is None else "a usage of zero for its answer"


def _priced(attempt: Attempt, place: Place, usage: Usage) -> tuple[Usd | None, tuple[Charge, ...]]:
    """Cost and billable lines at the prices that held when the request was sent: some providers price by the hour.

    What the provider says it bills wins over what it says it used, and fees (searches, calls of its own tools) come on top.
    """
    if place.price is None:
        return None, ()
    price = place.price.at(attempt.opened_wall)
    billed = attempt.billed if usage is attempt.usage and attempt.billed is not None else usage
    return price.cost(billed, attempt.fees), price.charges(billed, attempt.fees)


def _unpriced(charges: tuple[Charge, ...], where: str) -> str:
    """Whose price is unknown: that of a fee, where the tokens have theirs, else that of the model."""
    unknown = [charge for charge in charges if charge.pico_usd is None]
    if charges and len(unknown) < len(charges):
        units = ", ".join(f"{charge.quantity} of {charge.unit}" for charge in unknown)
        return f"cost: the price of {units} at {where} is unknown; nothing was booked for this attempt"
    return f"cost: the price of {where} is unknown; nothing was booked for this attempt"


def _chosen(
    ours: Usd | None, reported: ReportedCost | None, book: Literal["ours", "reported"], where: str
) -> tuple[Usd | None, tuple[str, ...]]:
    """Which cost is booked, and a warning where the two disagree."""
    if reported is None:
        return ours, ()
    theirs = Usd(reported.pico_usd)
    if ours is None:
        return theirs, (
            f"cost: the price of {where} is unknown here; booked {theirs} as reported in {reported.source}",
        )
    warnings: tuple[str, ...] = ()
    if abs(theirs.pico - ours.pico) * DIFFERENCE > max(theirs.pico, ours.pico):
        warnings = (f"cost: {where} is {ours} by our prices and {theirs} by {reported.source}",)
    return (theirs if book == "reported" else ours), warnings


def book(attempt: Attempt, place: Place, demand: Demand, book_as: Literal["ours", "reported"]) -> Booking:
    """What to book for an ended attempt."""
    if attempt.opened_at is None or not demand.billed:
        return NOTHING
    reported = _reported(attempt)
    rule: BillingRule | None = None
    usage = reported
    if not attempt.whole or reported is None or not reported.exact:
        rule = _applicable_rule(attempt, place)
        if rule == "nothing" and not attempt.whole and reported is None and attempt.reported_cost is None:
            return NOTHING
        usage = _by_rule(rule, attempt, reported, demand)
    ours, charges = (FREE, ()) if usage is None else _priced(attempt, place, usage)
    if rule == "bound" and attempt.bound is not None:
        ours, charges = max(ours or FREE, attempt.bound), ()
    cost, warnings = _chosen(ours, attempt.reported_cost, book_as, place.where)
    if cost is None:
        warnings += (_unpriced(charges, place.where),)
    elif rule is not None:
        warnings += (f"cost: {place.where} reported {_words(attempt, reported)}; {cost} is an estimate",)
    exposure = cost
    if attempt.bound is not None and (cost is None or rule is not None):
        exposure = attempt.bound if cost is None else max(cost, attempt.bound)
    return Booking(usage=usage, charges=charges, cost=cost, exact=rule is None, exposure=exposure, warnings=warnings)
