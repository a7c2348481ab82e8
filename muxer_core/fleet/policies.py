"""`FleetPolicies`: when a deployment or a key is taken out, for how long, and how many extra attempts the process may make. Values
only.
"""

from __future__ import annotations

from math import isfinite

import msgspec

from muxer_core.values.errors import InvalidRequest


class HealthPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """The circuit breaker of one deployment. Durations are in seconds.

    * `failures`: consecutive failures that blame the deployment, after which it cools down.
    * `cooldown`: the first cooldown; each further one in a row is twice as long, up to `cooldown_max`.
    * `setup_cooldown`: after a failure that only a person can repair (a refused key, a spent quota, a model that is not there). At 0 such
      a failure counts like any other.
    * `retry_after_max`: a server's Retry-After is honoured at once, up to this long. At 0 it is not.
    """

    failures: int = 3
    cooldown: float = 5.0
    cooldown_max: float = 300.0
    setup_cooldown: float = 30.0
    retry_after_max: float = 3600.0

    def __post_init__(self) -> None:
        """Refuse numbers that cannot be meant."""
        if self.failures < 1:
            raise InvalidRequest("health.failures", f"must be at least 1, got {self.failures}")
        for field in ("cooldown", "cooldown_max"):
            seconds = getattr(self, field)
            if not (seconds > 0 and isfinite(seconds)):
                raise InvalidRequest(f"health.{field}", f"must be more than 0 seconds and finite, got {seconds!r}")
        for field in ("setup_cooldown", "retry_after_max"):
            seconds = getattr(self, field)
            if not (seconds >= 0 and isfinite(seconds)):
                raise InvalidRequest(f"health.{field}", f"must be at least 0 seconds and finite, got {seconds!r}")


class RetryBudgetPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Law 6: extra attempts are at most `ratio` x calls + `per_second` x seconds, in one process.

    Saved-up allowance never exceeds what `per_second` gives in `saved_seconds` (one attempt, or one call's share, where that is less), so
    that a quiet night does not pay for a storm. The
    defaults are Finagle's (its `RetryBudget`: a fifth of the calls, ten a second, ten seconds).
    """

    ratio: float = 0.2
    per_second: float = 10.0
    saved_seconds: float = 10.0

    def __post_init__(self) -> None:
        """Refuse numbers that cannot be meant."""
        for field in ("ratio", "per_second", "saved_seconds"):
            number = getattr(self, field)
            if not (number >= 0 and isfinite(number)):
                raise InvalidRequest(f"retry_budget.{field}", f"must be finite and not negative, got {number!r}")


class KeyPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How long a key rests that a server refused, where a credential has several keys (`key_turns`). In seconds.

    * `refused`: after 401, 402 or 403, which a person must repair.
    * `limited`: after 429 without a word of how long; with one, that long, up to `limited_max`.
    """

    refused: float = 300.0
    limited: float = 30.0
    limited_max: float = 3600.0

    def __post_init__(self) -> None:
        """Refuse numbers that cannot be meant."""
        for field in ("refused", "limited", "limited_max"):
            seconds = getattr(self, field)
            if not (seconds >= 0 and isfinite(seconds)):
                raise InvalidRequest(f"keys.{field}", f"must be at least 0 seconds and finite, got {seconds!r}")


class FleetPolicies(msgspec.Struct, frozen=True, kw_only=True):
    """All policies about the fleet."""

    health: HealthPolicy = HealthPolicy()
    retry_budget: RetryBudgetPolicy = RetryBudgetPolicy()
    keys: KeyPolicy = KeyPolicy()
