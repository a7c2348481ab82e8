"""`RateWindow`: requests and tokens of the last minute at one deployment, counted by us against the limits on its card.

Counted in buckets of one second, kept for 61: any 60 seconds lie inside the 61 buckets that end with the current one. So attempts that are
only sent while `limited` is False never pass `requests` in *any* 60 seconds, however the server lays its window. Tokens are counted when
they are known, the input at the start and the rest at the end, so one attempt can overshoot a token limit; the next one waits.

Limits are durations, not dates, so the window reads `Moment.mono`.
"""

from __future__ import annotations

from collections import deque
from math import floor

KEPT_SECONDS = 61


class RateWindow:
    """The window. A limit of None is no limit."""

    __slots__ = ("_buckets", "_max_requests", "_max_tokens", "_requests", "_tokens")

    def __init__(self, requests_per_minute: int | None, tokens_per_minute: int | None) -> None:
        self._max_requests = requests_per_minute
        self._max_tokens = tokens_per_minute
        self._buckets: deque[tuple[int, int, int]] = deque()
        self._requests = 0
        self._tokens = 0

    def add(self, now: float, *, requests: int = 0, tokens: int = 0) -> None:
        """Count what was just sent or received. `now` never goes backwards."""
        second = floor(now)
        if self._buckets and self._buckets[-1][0] == second:
            _, had_requests, had_tokens = self._buckets.pop()
            self._buckets.append((second, had_requests + requests, had_tokens + tokens))
        else:
            self._buckets.append((second, requests, tokens))
        self._requests += requests
        self._tokens += tokens

    def free_at(self, now: float) -> float:
        """When another attempt is within the limits: `now` or earlier means at once."""
        while self._buckets and self._buckets[0][0] + KEPT_SECONDS <= now:
            _, requests, tokens = self._buckets.popleft()
            self._requests -= requests
            self._tokens -= tokens
        requests, tokens = self._requests, self._tokens
        free = now
        for second, its_requests, its_tokens in self._buckets:
            if not self._full(requests, tokens):
                break
            requests -= its_requests
            tokens -= its_tokens
            free = float(second + KEPT_SECONDS)
        return free

    def _full(self, requests: int, tokens: int) -> bool:
        return (self._max_requests is not None and requests >= self._max_requests) or (
            self._max_tokens is not None and tokens >= self._max_tokens
        )
