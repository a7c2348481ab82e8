"""A fleet driven by any sequence of events, judged by what its views show. The model is written from the diagram in `fleet.health`.

`Counter`s of reach tell how deep the runs went.
"""

from __future__ import annotations

from collections import Counter
from math import inf

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from muxer_core.catalog.cards import ModelCard
from muxer_core.catalog.catalog import Catalog
from muxer_core.catalog.deployments import Deployment, Provider
from muxer_core.fleet.fleet import Fleet
from muxer_core.fleet.policies import FleetPolicies, HealthPolicy
from muxer_core.fleet.view import FleetView
from muxer_core.values.failure import Failure
from muxer_core.values.moment import Moment

HEALTH = HealthPolicy(failures=2, cooldown=4.0, cooldown_max=16.0, setup_cooldown=50.0, retry_after_max=30.0)
LIMIT = 3
PROVIDER = Provider(name="house", base_url="http://127.0.0.1:1")

BLAMES = ("server_error", "connect", "overloaded")
SETUP = ("auth", "quota_exhausted", "model_not_found")
WORKS = ("bad_request", "content_policy", "context_too_long")


def new_fleet() -> Fleet:
    """Two deployments without limits, one with `LIMIT` requests a minute."""
    free = ModelCard(name="free")
    limited = ModelCard(name="limited", requests_per_minute=LIMIT)
    cards = (free, free, limited)
    return Fleet(
        Catalog(
            [
                Deployment(name=f"d{number}", card=card, provider=PROVIDER, upstream_model="m")
                for number, card in enumerate(cards)
            ]
        ),
        Moment(0.0, 0.0),
        FleetPolicies(health=HEALTH),
    )


class Expected:
    """What the diagram says of one deployment."""

    def __init__(self) -> None:
        self.state = "closed"
        self.row = 0
        self.cooldowns = 0
        self.until = 0.0
        self.probe_out = False
        self.in_flight = 0
        self.starts: list[float] = []

    def pass_time(self, now: float, reach: Counter[str]) -> None:
        if self.state == "cooling" and now >= self.until:
            self.state = "half open"
            reach["half open"] += 1

    def cool(self, now: float, seconds: float, reach: Counter[str]) -> None:
        reach["reopened" if self.cooldowns else "opened"] += 1
        self.state, self.until, self.probe_out = "cooling", now + seconds, False
        self.cooldowns += 1


class FleetMachine(RuleBasedStateMachine):
    """Attempts start where the view allows it (and sometimes where it does not), end in every way, and time passes."""

    reach: Counter[str] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.fleet = new_fleet()
        self.now = 0.0
        self.expected = [Expected() for _ in range(3)]
        self.kept: list[tuple[FleetView, tuple[list[float], ...]]] = []

    @property
    def moment(self) -> Moment:
        return Moment(self.now, 1_000.0 + self.now)

    def view(self) -> FleetView:
        for one in self.expected:
            one.pass_time(self.now, self.reach)
        return self.fleet.view(self.moment)

    @initialize()
    def begin(self) -> None:
        self.reach["runs"] += 1

    @rule(seconds=st.sampled_from([0.0, 1.0, 4.0, 4.0, 8.0, 16.0, 31.0, 62.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(which=st.integers(0, 2))
    def start(self, which: int) -> None:
        """As a router would: only where the view admits it."""
        view = self.view()
        if view.up & view.unlimited & 1 << which:
            self.begin_attempt(which)

    @rule()
    def wait_for_what_cools(self) -> None:
        self.view()
        self.now = max(self.now, min((one.until for one in self.expected if one.state == "cooling"), default=self.now))

    @rule(kind=st.sampled_from([None, *BLAMES, *BLAMES]), which=st.integers(0, 2))
    def attempt(self, kind: str | None, which: int) -> None:
        self.start(which)
        self.end(kind, None, which, None)

    @rule(kind=st.sampled_from([None, "server_error", "cancelled", "cancelled"]))
    def probe(self, kind: str | None) -> None:
        self.wait_for_what_cools()
        self.view()
        for which, one in enumerate(self.expected):
            if one.state == "half open":
                self.attempt(kind, which)

    @rule(which=st.integers(0, 2))
    def start_anyway(self, which: int) -> None:
        """A decision can be older than the fleet."""
        self.view()
        if self.expected[which].state == "cooling":
            self.begin_attempt(which)

    def begin_attempt(self, which: int) -> None:
        one = self.expected[which]
        self.fleet.attempt_started(which, self.moment, tokens=10)
        one.in_flight += 1
        one.starts.append(self.now)
        if one.state == "half open":
            self.reach["probe"] += 1
            one.probe_out = True

    @rule(
        kind=st.sampled_from([None, None, *BLAMES, "auth", "bad_request", "cancelled", "cancelled", "over_ceiling"]),
        retry_after=st.sampled_from([None, None, None, 7.0, 1_000.0]),
        which=st.integers(0, 2),
        first=st.sampled_from([None, 0.5, 2.0]),
    )
    def end(self, kind: str | None, retry_after: float | None, which: int, first: float | None) -> None:
        if not self.expected[which].in_flight:
            return
        one = self.expected[which]
        self.view()
        failure = None if kind is None else Failure(kind=kind, message="scripted", retry_after=retry_after)  # type: ignore[arg-type]  # kinds are drawn
        self.fleet.attempt_ended(which, self.moment, failure=failure, first_chunk_seconds=first)
        one.in_flight -= 1
        if kind in ("cancelled", "over_ceiling"):
            if one.probe_out and not one.in_flight:
                self.reach["probe told nothing"] += 1
                one.probe_out = False
        elif kind is None or kind in WORKS:
            if one.state == "half open":
                self.reach["recovered"] += 1
                one.state, one.cooldowns, one.probe_out = "closed", 0, False
            if one.state == "closed":
                one.row = 0
            elif not one.in_flight:
                one.probe_out = False
        else:
            asked = 50.0 if kind in SETUP else 0.0
            asked = max(asked, min(retry_after or 0.0, 30.0))
            if one.state == "cooling":
                self.reach["failed while cooling"] += 1
                one.until = max(one.until, self.now + asked)
                return
            one.row += 1
            ours = min(16.0, 4.0 * 2**one.cooldowns)
            if one.cooldowns:
                one.cool(self.now, max(asked, ours), self.reach)
            elif asked:
                one.cool(self.now, asked, self.reach)
            elif one.row >= 2:
                one.cool(self.now, ours, self.reach)

    @rule()
    def keep_a_view(self) -> None:
        view = self.view()
        self.kept.append(
            (view, (list(view.in_flight), list(view.first_chunk), list(view.card_first_chunk), list(view.back_at)))
        )

    @invariant()
    def the_view_shows_what_the_diagram_says(self) -> None:
        view = self.view()
        for index, one in enumerate(self.expected):
            admitted = one.state == "closed" or (one.state == "half open" and not one.probe_out)
            assert bool(view.up >> index & 1) == admitted, (index, one.state)
            assert view.in_flight[index] == one.in_flight
            if admitted and view.unlimited >> index & 1:
                assert view.back_at[index] == 0.0
            elif one.probe_out:
                assert view.back_at[index] == inf
            elif one.state == "cooling":
                assert view.back_at[index] >= one.until > self.now

    @invariant()
    def the_limit_of_requests_is_known(self) -> None:
        view = self.view()
        starts = self.expected[2].starts
        within = sum(start > self.now - 60.0 for start in starts)
        if within >= LIMIT:
            assert not view.unlimited & 0b100
            self.reach["limited"] += 1
        if sum(start > self.now - 62.0 for start in starts) < LIMIT:
            assert view.unlimited & 0b100
        assert view.unlimited & 0b011 == 0b011

    @invariant()
    def kept_views_never_change(self) -> None:
        for view, columns in self.kept:
            now = (list(view.in_flight), list(view.first_chunk), list(view.card_first_chunk), list(view.back_at))
            assert now == columns

    def teardown(self) -> None:
        """Nothing stays out for ever: with no attempt in flight, the longest wait brings everything back."""
        for index, one in enumerate(self.expected):
            for _ in range(one.in_flight):
                self.fleet.attempt_ended(
                    index, self.moment, failure=Failure(kind="cancelled", message="end of the run")
                )
        view = self.fleet.view(self.moment.later(HEALTH.setup_cooldown + HEALTH.cooldown_max + 62.0))
        assert view.up == view.unlimited == 0b111
        assert not any(view.in_flight)
