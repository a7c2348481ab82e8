"""`Breaker`: the health of one deployment, learned from how its attempts end.

    closed ── enough failures in a row, or a Retry-After, or a failure of setup ──▶ cooling
    cooling ── its time is over ──▶ half open ── one attempt, the probe, is admitted
    half open ── the probe brought a reply ──▶ closed
    half open ── the probe failed ──▶ cooling, twice as long
    half open ── the probe told nothing (cancelled) ──▶ half open, another probe is admitted

Only failures that blame the deployment count (`VERDICTS`). A request that was refused for its own fault is a reply like any other: the
deployment works. One that was refused for its key (`OF_THE_KEY`) blames the deployment only when as many were so refused in a row as it has
keys: until then another key may do. Attempts begun before it cooled may end later; while it cools, a failure can only lengthen the cooldown
by what the server itself asked for, and a success changes nothing. All times are `Moment.mono`.
"""

from __future__ import annotations

from typing import Literal

from muxer_core.fleet.policies import HealthPolicy
from muxer_core.values.failure import OF_THE_KEY, Failure, FailureKind

Verdict = Literal["blames", "setup", "works", "nothing"]
"""What a failure says of the deployment: it failed; a person must repair it; it works; nothing at all."""

VERDICTS: dict[FailureKind, Verdict] = {
    "connect": "blames",
    "connect_timeout": "blames",
    "first_chunk_timeout": "blames",
    "stall_timeout": "blames",
    "attempt_timeout": "blames",
    "call_timeout": "nothing",
    "connection_lost": "blames",
    "truncated": "blames",
    "malformed": "blames",
    "limit_exceeded": "works",
    "rate_limited": "blames",
    "quota_exhausted": "setup",
    "overloaded": "blames",
    "server_error": "blames",
    "auth": "setup",
    "model_not_found": "setup",
    "bad_request": "works",
    "context_too_long": "works",
    "content_policy": "works",
    "unsupported": "works",
    "no_candidate": "nothing",
    "over_ceiling": "nothing",
    "refused_by_budget": "nothing",
    "refused_by_retry_budget": "nothing",
    "rejected_by_judge": "works",
    "cancelled": "nothing",
}

State = Literal["closed", "cooling", "half_open"]


class Breaker:
    """State of one deployment: `failures` in a row, cooldowns in a row (`opened`, 0 when closed), `until` when it cools, whether the probe
    is out, and keys refused in a row (`refused`).
    """

    __slots__ = ("failures", "opened", "probing", "refused", "until")

    def __init__(self) -> None:
        self.failures = 0
        self.opened = 0
        self.refused = 0
        self.until = 0.0
        self.probing = False

    def state(self, now: float) -> State:
        """Where in the diagram it stands."""
        if not self.opened:
            return "closed"
        return "cooling" if now < self.until else "half_open"

    def admits(self, now: float) -> bool:
        """May an attempt be sent there?"""
        return not self.opened or (now >= self.until and not self.probing)

    def attempt_started(self, now: float) -> None:
        """An attempt was sent; when half open, it is the probe."""
        if self.opened and now >= self.until:
            self.probing = True

    def attempt_ended(
        self, failure: Failure | None, policy: HealthPolicy, now: float, *, others_in_flight: bool, keys: int = 1
    ) -> None:
        """Learn from an attempt. `others_in_flight`: attempts at this deployment that have not ended; one of them may be the probe. `keys`:
        how many take turns there.
        """
        verdict = "works" if failure is None else VERDICTS[failure.kind]
        if failure is not None and failure.kind in OF_THE_KEY:
            self.refused += 1
            verdict = "nothing" if self.refused < keys else verdict
        elif verdict == "works":
            self.refused = 0
        cooling = self.opened > 0 and now < self.until
        if failure is None or verdict in ("works", "nothing"):
            if verdict == "works" and not cooling:
                self.failures = self.opened = 0
                self.probing = False
            elif not others_in_flight:
                self.probing = False
            return
        asked = min(failure.retry_after or 0.0, policy.retry_after_max)
        if verdict == "setup":
            asked = max(asked, policy.setup_cooldown)
        if cooling:
            self.until = max(self.until, now + asked)
            return
        self.failures += 1
        if self.opened or asked > 0 or self.failures >= policy.failures:
            ours = min(policy.cooldown_max, policy.cooldown * 2.0 ** min(self.opened, 60))
            self.opened += 1
            self.probing = False
            # What the server asks for is taken at its word; without a word of it, ours.
            self.until = now + (asked if asked > 0 and self.opened == 1 else max(asked, ours))
