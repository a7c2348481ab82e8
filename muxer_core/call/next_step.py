"""What follows a failed attempt: another one or none, where, why, after how long, and what a user is told. Pure functions; no state.

The rules, in order, after an attempt failed:

1. No more than `max_attempts` opened in a call (cascade steps apart), and none once content was delivered (the machine sees to that).
2. The same place is tried again at once where the failure blames the key (`OF_THE_KEY`) and its credential has keys that were not tried
   there in this call: the transport sends the next one.
3. Another place that serves the *same model* is tried at once, if the failure's kind allows another: it costs the caller nothing.
4. The same place is tried again, at most `max_retries` times, after an exponential backoff with full jitter; `Retry-After` is a floor,
   and one longer than `retry_after_max` rules the place out.
5. A place with *another model* is tried (fallback), if it can cure the cause: a context that was too long needs a larger window, a
   content filter or a bad key needs another provider.

Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ (2015-03-04).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from muxer_core.call.outcome import Cause
from muxer_core.call.plan import Place, Plan
from muxer_core.values.credential import keys_of
from muxer_core.values.failure import OF_THE_KEY, Failure, FailureKind

LONGEST_SEARCH = 64
"""Attempts of a call, refused before they opened included. Bounds the work when nearly every place is refused by a ledger."""


_OUR_REFUSALS: frozenset[FailureKind] = frozenset({"over_ceiling", "refused_by_budget", "refused_by_retry_budget"})


class Try(NamedTuple):
    """One attempt so far, as far as policies care: at which place, why, and was anything opened there?"""

    place: int
    cause: Cause
    opened: bool


class Step(NamedTuple):
    """The next attempt: where, why, and after how many seconds."""

    place: int
    cause: Cause
    delay: float


def cures(failure: Failure, failed: Place, candidate: Place) -> bool:
    """Can `candidate` succeed where `failed` did not, given the cause?

    A context that was too long needs a larger window (an unknown window may be larger); a content filter and a refused key belong to the
    provider, so that another one is needed.
    """
    if failure.kind == "context_too_long":
        return candidate.context_window is None or (
            failed.context_window is not None and candidate.context_window > failed.context_window
        )
    if failure.kind in ("content_policy", "auth", "quota_exhausted"):
        return candidate.provider != failed.provider
    return True


def telling(failures: Sequence[Failure | None], last: Failure) -> Failure:
    """The failure that a user can act on: the last one that the other side caused, else simply the last."""
    for failure in reversed(failures):
        if failure is not None and failure.kind not in _OUR_REFUSALS:
            return failure
    return last


def next_curing(failure: Failure, failed: int, tried: int, plan: Plan) -> int | None:
    """The best place not tried that can cure the cause."""
    place = plan.choices.next_choice(tried)
    while place is not None and not cures(failure, plan.places[failed], plan.places[place]):
        tried |= 1 << place
        place = plan.choices.next_choice(tried)
    return place


def next_step(failure: Failure, failed: int, tries: Sequence[Try], plan: Plan, jitter: float) -> Step | None:
    """What follows a failed attempt at place `failed`, or None when nothing does. `jitter` is a uniform number in [0, 1)."""
    retry = plan.policies.retry
    if (
        sum(one.opened and one.cause != "cascade" for one in tries) >= retry.max_attempts
        or len(tries) >= LONGEST_SEARCH
    ):
        return None
    tried = 0
    for one in tries:
        tried |= 1 << one.place
    retries = sum(one.place == failed for one in tries) - 1
    if failure.kind in OF_THE_KEY and retries < keys_of(plan.places[failed].target.credential) - 1:
        return Step(failed, "retry", 0.0)
    another = None
    if failure.try_another and plan.policies.fallbacks:
        another = next_curing(failure, failed, tried, plan)
        if another is not None and plan.places[another].card == plan.places[failed].card:
            return Step(another, "fallback", 0.0)
    if failure.retry_same and retries < retry.max_retries and (failure.retry_after or 0.0) <= retry.retry_after_max:
        backoff = jitter * min(retry.backoff_max, retry.backoff * 2.0**retries)
        return Step(failed, "retry", max(backoff, failure.retry_after or 0.0))
    return None if another is None else Step(another, "fallback", 0.0)
