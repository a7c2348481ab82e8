"""Policies: when another attempt is begun, where, and how long to wait first. Values and pure functions; no state.

The rules, in order, after an attempt failed:

1. No more than `max_attempts` opened in a call (cascade steps apart), and none once content was delivered (the machine sees to that).
2. Another place that serves the *same model* is tried at once, if the failure's kind allows another: it costs the caller nothing.
3. The same place is tried again, at most `max_retries` times, after an exponential backoff with full jitter; `Retry-After` is a floor,
   and one longer than `retry_after_max` rules the place out.
4. A place with *another model* is tried (fallback), if it can cure the cause: a context that was too long needs a larger window, a
   content filter or a bad key needs another provider.

Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ (2015-03-04).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from muxer_core.call.outcome import Cause
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.failure import Failure, FailureKind

if TYPE_CHECKING:
    from muxer_core.call.plan import Place, Plan


LONGEST_SEARCH = 64
"""Attempts of a call, refused before they opened included. Bounds the work when nearly every place is refused by a ledger."""


class Timeouts(msgspec.Struct, frozen=True, kw_only=True):
    """Durations in seconds; None means no limit.

    * `connect`: until the connection stands.
    * `first_chunk`: from opening until the first item of the reply.
    * `stall`: without a single byte, once the reply has begun.
    * `attempt`, `call`: the whole attempt, the whole call.
    """

    connect: float = 10.0
    first_chunk: float = 120.0
    stall: float = 60.0
    attempt: float | None = None
    call: float | None = 600.0

    def __post_init__(self) -> None:
        """Refuse durations that cannot be meant."""
        for field in ("connect", "first_chunk", "stall", "attempt", "call"):
            seconds = getattr(self, field)
            if seconds is not None and not seconds > 0:
                raise InvalidRequest(f"timeouts.{field}", f"must be more than 0 seconds, got {seconds!r}")

    def expired(self, timer: FailureKind) -> Failure:
        """The failure of an attempt or a call whose `timer` ran out.

        >>> Timeouts(connect=5).expired("connect_timeout").message
        'no connection within 5 seconds'
        """
        words = {
            "connect_timeout": f"no connection within {self.connect:g} seconds",
            "first_chunk_timeout": f"no part of the reply within {self.first_chunk:g} seconds",
            "stall_timeout": f"no byte for {self.stall:g} seconds in the middle of the reply",
            "attempt_timeout": f"no complete reply within the attempt's {self.attempt or inf:g} seconds",
            "call_timeout": f"no complete reply within the call's {self.call or inf:g} seconds",
        }
        return Failure(kind=timer, message=words[timer])


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """`max_retries` at one place and `max_attempts` in a call; the k-th backoff is uniform in [0, min(`backoff_max`, `backoff` x 2^k)]
    seconds. A server's Retry-After above `retry_after_max` seconds is not waited for.
    """

    max_retries: int = 2
    max_attempts: int = 4
    backoff: float = 0.5
    backoff_max: float = 8.0
    retry_after_max: float = 20.0

    def __post_init__(self) -> None:
        """Refuse numbers that cannot be meant."""
        if self.max_attempts < 1:
            raise InvalidRequest("retry.max_attempts", f"must be at least 1, got {self.max_attempts}")
        for field in ("max_retries", "backoff", "backoff_max", "retry_after_max"):
            number = getattr(self, field)
            if number < 0:
                raise InvalidRequest(f"retry.{field}", f"must not be negative, got {number!r}")


class HedgePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Begin another attempt elsewhere when the first has brought nothing after `after` seconds. The first to bring content wins."""

    after: float
    max_hedges: int = 1


class CascadePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Try places in rank order and have each answer judged, but for the last of `steps`, which is delivered as it streams."""

    steps: int = 2


class Policies(msgspec.Struct, frozen=True, kw_only=True):
    """How a call behaves. `hedge` and `cascade` are off unless given. `fallbacks` False keeps the call at its first place."""

    timeouts: Timeouts = Timeouts()
    retry: RetryPolicy = RetryPolicy()
    hedge: HedgePolicy | None = None
    cascade: CascadePolicy | None = None
    fallbacks: bool = True
    book: Literal["ours", "reported"] = "ours"


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
    another = None
    if failure.try_another and plan.policies.fallbacks:
        another = next_curing(failure, failed, tried, plan)
        if another is not None and plan.places[another].card == plan.places[failed].card:
            return Step(another, "fallback", 0.0)
    retries = sum(one.place == failed for one in tries) - 1
    if failure.retry_same and retries < retry.max_retries and (failure.retry_after or 0.0) <= retry.retry_after_max:
        backoff = jitter * min(retry.backoff_max, retry.backoff * 2.0**retries)
        return Step(failed, "retry", max(backoff, failure.retry_after or 0.0))
    return None if another is None else Step(another, "fallback", 0.0)
