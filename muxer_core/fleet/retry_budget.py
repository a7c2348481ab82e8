"""`RetryBudget`: law 6 for one process: retries, fallbacks, hedges and continuations together are bounded by the calls that caused them.

A token bucket. Each call puts `ratio` in, each second `per_second`; each extra attempt takes one out. It starts with one second's worth.
So over any stretch of time: extra attempts ≤ what was saved at its start + ratio x calls + per_second x seconds. Cascade steps are no
business of it: they are bounded by the steps and the ceiling of their call.

Counted in whole millionths and rounded down, so that no sum of rounding errors ever grants an attempt.
"""

from __future__ import annotations

from muxer_core.fleet.policies import RetryBudgetPolicy
from muxer_core.values.moment import Moment

_WHOLE = 1_000_000
"""One attempt, in the millionths that are counted."""


class RetryBudget:
    """The bucket. `left` is how many whole extra attempts it would grant now."""

    __slots__ = ("_at", "_balance", "_most", "_per_call", "_per_second")

    def __init__(self, policy: RetryBudgetPolicy, moment: Moment) -> None:
        self._per_call = int(policy.ratio * _WHOLE)
        self._per_second = policy.per_second * _WHOLE
        self._most = max(int(policy.per_second * policy.saved_seconds * _WHOLE), self._per_call, _WHOLE)
        self._balance = min(int(self._per_second), self._most)
        self._at = moment.mono

    @property
    def left(self) -> int:
        """Whole extra attempts that are left, as of the last moment seen."""
        return self._balance // _WHOLE

    def call_started(self, moment: Moment) -> None:
        """A call began: it brings its share."""
        self._balance = min(self._balance + self._per_call, self._most)
        self._pass_time(moment)

    def try_spend(self, moment: Moment) -> bool:
        """May one extra attempt be made? True takes it out of the budget."""
        self._pass_time(moment)
        if self._balance < _WHOLE:
            return False
        self._balance -= _WHOLE
        return True

    def _pass_time(self, moment: Moment) -> None:
        # Time that goes backwards brings nothing and takes nothing. What is below a millionth is left for the next time.
        brought = int((moment.mono - self._at) * self._per_second)
        if brought > 0:
            self._balance = min(self._balance + brought, self._most)
            self._at = moment.mono
