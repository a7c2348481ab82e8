"""Policies: how a call behaves, as values. What they lead to after a failed attempt is `next_step`'s business."""

from __future__ import annotations

from math import inf, isfinite
from typing import Any, Literal

import msgspec

from muxer_core.values.errors import InvalidRequest
from muxer_core.values.failure import Failure, FailureKind


def _check_number(field: str, number: Any, *, least: int, kinds: type[int] | tuple[type[int], type[float]]) -> None:
    """Raise `InvalidRequest` for what is no finite number of this kind, or below `least`. NaN would slip through every comparison."""
    if isinstance(number, bool) or not isinstance(number, kinds) or not isfinite(number):
        words = "a whole number" if kinds is int else "a finite number"
        raise InvalidRequest(field, f"must be {words}, got {number!r}")
    if number < least:
        raise InvalidRequest(field, f"must be at least {least}, got {number!r}")


_SECONDS = (int, float)


class Timeouts(msgspec.Struct, frozen=True, kw_only=True):
    """Durations in seconds; `attempt` and `call` may be None: no limit.

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
            seconds: Any = getattr(self, field)
            if seconds is None and field in ("attempt", "call"):
                continue
            if isinstance(seconds, bool) or not isinstance(seconds, _SECONDS) or not seconds > 0:
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
        _check_number("retry.max_attempts", self.max_attempts, least=1, kinds=int)
        _check_number("retry.max_retries", self.max_retries, least=0, kinds=int)
        for field in ("backoff", "backoff_max", "retry_after_max"):
            _check_number(f"retry.{field}", getattr(self, field), least=0, kinds=_SECONDS)


class HedgePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Begin another attempt elsewhere when the first has brought nothing after `after` seconds. The first to bring content wins."""

    after: float
    max_hedges: int = 1

    def __post_init__(self) -> None:
        """Refuse numbers that cannot be meant."""
        _check_number("hedge.after", self.after, least=0, kinds=_SECONDS)
        _check_number("hedge.max_hedges", self.max_hedges, least=0, kinds=int)


class CascadePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Try places in rank order and have each answer judged, but for the last of `steps`, which is delivered as it streams.

    `deliver_rejected`: where no later step brings an answer, the last one that was judged is delivered, with a warning; False: the call
    fails.
    """

    steps: int = 2
    deliver_rejected: bool = True

    def __post_init__(self) -> None:
        """Refuse a number that cannot be meant."""
        _check_number("cascade.steps", self.steps, least=1, kinds=int)


class Policies(msgspec.Struct, frozen=True, kw_only=True):
    """How a call behaves. `hedge` and `cascade` are off unless given. `fallbacks` False keeps the call at its first place."""

    timeouts: Timeouts = Timeouts()
    retry: RetryPolicy = RetryPolicy()
    hedge: HedgePolicy | None = None
    cascade: CascadePolicy | None = None
    fallbacks: bool = True
    book: Literal["ours", "reported"] = "ours"
