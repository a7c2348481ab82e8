"""`Fleet`: what changes about deployments, and the only writer of it.

Everything is a column or a bitset indexed by deployment. A view shares them; the first write to a column after a view copies it, so a view
never changes and costs nothing to take. Cooldowns and full rate windows wait in a heap and are looked at when a view is taken: no timer
runs, and time enters with each call. A moment earlier than one seen before counts as that one.
"""

from __future__ import annotations

from array import array
from heapq import heappop, heappush
from math import inf

from muxer_core.catalog.catalog import Catalog
from muxer_core.fleet.health import Breaker
from muxer_core.fleet.policies import FleetPolicies
from muxer_core.fleet.retry_budget import RetryBudget
from muxer_core.fleet.view import FleetView
from muxer_core.fleet.windows import RateWindow
from muxer_core.values.credential import keys_of
from muxer_core.values.errors import LocalProtocolError
from muxer_core.values.failure import Failure
from muxer_core.values.moment import Moment

DEFAULT_POLICIES = FleetPolicies()

_NEWEST_WEIGHT = 0.25
"""How much of the decayed latency the newest measurement is: after ten measurements an old one weighs 6 %."""


def _decayed(old: float, seconds: float) -> float:
    return old + _NEWEST_WEIGHT * (seconds - old) if old else seconds


class Fleet:
    """The live state of all deployments of `catalog`, and the retry budget of the process (`retry_budget`)."""

    __slots__ = (
        "_back_at",
        "_breakers",
        "_card_first_chunk",
        "_card_of",
        "_first_chunk",
        "_heap",
        "_in_flight",
        "_in_flight_shared",
        "_keys",
        "_latency_shared",
        "_next_look",
        "_now",
        "_policies",
        "_times_shared",
        "_unlimited",
        "_up",
        "_version",
        "_windows",
        "retry_budget",
    )

    def __init__(self, catalog: Catalog, moment: Moment, policies: FleetPolicies = DEFAULT_POLICIES) -> None:
        size = len(catalog.deployments)
        cards = {card.name: position for position, card in enumerate(catalog.cards)}
        self._policies = policies
        self._card_of = [cards[deployment.card.name] for deployment in catalog.deployments]
        self._breakers = [Breaker() for _ in range(size)]
        self._keys = [keys_of(deployment.provider.credential) for deployment in catalog.deployments]
        self._windows = [
            None
            if deployment.card.requests_per_minute is None and deployment.card.tokens_per_minute is None
            else RateWindow(deployment.card.requests_per_minute, deployment.card.tokens_per_minute)
            for deployment in catalog.deployments
        ]
        self._in_flight = array("l", [0]) * size
        self._first_chunk = array("d", [0.0]) * size
        self._card_first_chunk = array("d", [0.0]) * len(cards)
        self._back_at = array("d", [0.0]) * size
        self._in_flight_shared = self._latency_shared = self._times_shared = False
        self._up = self._unlimited = (1 << size) - 1
        self._heap: list[tuple[float, int]] = []
        self._next_look = [inf] * size
        self._now = moment.mono
        self._version = 0
        self.retry_budget = RetryBudget(policies.retry_budget, moment)

    def view(self, moment: Moment) -> FleetView:
        """The fleet as it is at `moment`."""
        self._pass_time(moment)
        self._in_flight_shared = self._latency_shared = self._times_shared = True
        return FleetView(
            self._version,
            moment,
            self._up,
            self._unlimited,
            self._in_flight,
            self._first_chunk,
            self._card_first_chunk,
            self._back_at,
        )

    def attempt_started(self, index: int, moment: Moment, *, tokens: int = 0) -> None:
        """An attempt is being sent to the deployment. `tokens` is what is known of its size: the input, estimated."""
        self._pass_time(moment)
        self._version += 1
        self._count(index, 1)
        breaker, window = self._breakers[index], self._windows[index]
        if window is None and not breaker.opened:
            return
        breaker.attempt_started(self._now)
        if window is not None:
            window.add(self._now, requests=1, tokens=tokens)
        self._look_at(index)

    def attempt_ended(
        self,
        index: int,
        moment: Moment,
        *,
        failure: Failure | None,
        first_chunk_seconds: float | None = None,
        tokens: int = 0,
    ) -> None:
        """An attempt ended: with a whole reply (`failure` None) or with a failure. One that was given up, because its caller cancelled
        it or another won the race, ends with a failure of kind `cancelled`, which teaches nothing.

        `first_chunk_seconds` runs from sending to the first item, None when none came. `tokens` is what it used beyond those told at its
        start. Raises `LocalProtocolError` when no attempt is in flight there.
        """
        self._pass_time(moment)
        if not self._in_flight[index]:
            raise LocalProtocolError(f"attempt_ended: no attempt is in flight at deployment {index}")
        self._version += 1
        self._count(index, -1)
        if first_chunk_seconds is not None:
            self._learn_latency(index, first_chunk_seconds)
        breaker, window = self._breakers[index], self._windows[index]
        was_open = breaker.opened
        others = self._in_flight[index] > 0
        breaker.attempt_ended(
            failure, self._policies.health, self._now, others_in_flight=others, keys=self._keys[index]
        )
        if window is not None and tokens > 0:
            window.add(self._now, tokens=tokens)
        if window is not None or was_open or breaker.opened:
            self._look_at(index)

    def _pass_time(self, moment: Moment) -> None:
        if moment.mono > self._now:
            self._now = moment.mono
        heap = self._heap
        while heap and heap[0][0] <= self._now:
            at, index = heappop(heap)
            if at == self._next_look[index]:
                self._version += 1
                self._next_look[index] = inf
                self._look_at(index)

    def _count(self, index: int, change: int) -> None:
        if self._in_flight_shared:
            self._in_flight = self._in_flight[:]
            self._in_flight_shared = False
        self._in_flight[index] += change

    def _learn_latency(self, index: int, seconds: float) -> None:
        if self._latency_shared:
            self._first_chunk = self._first_chunk[:]
            self._card_first_chunk = self._card_first_chunk[:]
            self._latency_shared = False
        card = self._card_of[index]
        self._first_chunk[index] = _decayed(self._first_chunk[index], seconds)
        self._card_first_chunk[card] = _decayed(self._card_first_chunk[card], seconds)

    def _look_at(self, index: int) -> None:
        """Work out anew whether the deployment is in, and when to look again."""
        now, bit = self._now, 1 << index
        breaker, window = self._breakers[index], self._windows[index]
        free_at = now if window is None else window.free_at(now)
        self._up = self._up | bit if breaker.admits(now) else self._up & ~bit
        self._unlimited = self._unlimited | bit if free_at <= now else self._unlimited & ~bit
        back_at = max(free_at, breaker.until if breaker.opened else now)
        if breaker.probing:
            back_at = inf
        elif back_at <= now:
            back_at = 0.0
        if back_at != self._back_at[index]:
            if self._times_shared:
                self._back_at = self._back_at[:]
                self._times_shared = False
            self._back_at[index] = back_at
        # The earlier of the two is looked at first, and sets the next look. Only an earlier look than the one that waits is entered, so
        # the heap holds few entries for a deployment, however many attempts end while it is out.
        look_again = min((at for at in (free_at, breaker.until if breaker.opened else now) if at > now), default=inf)
        if look_again < self._next_look[index]:
            self._next_look[index] = look_again
            heappush(self._heap, (look_again, index))
