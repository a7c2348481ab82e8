"""Hypothesis strategies for routing: catalogs, fleets with a past, and the facts of requests.

Small numbers on purpose: ties, empty intersections and values at a limit are where routing goes wrong.
"""

from __future__ import annotations

import msgspec
from hypothesis import strategies as st

from muxer_core.catalog.cards import ALL_CAPABILITIES, ModelCard
from muxer_core.catalog.catalog import Catalog
from muxer_core.catalog.deployments import Deployment, Provider
from muxer_core.fleet.fleet import Fleet
from muxer_core.fleet.view import FleetView
from muxer_core.money import PriceCard, Rates, Tier
from muxer_core.routing.facts import RouteFacts
from muxer_core.routing.group import Group
from muxer_core.routing.task import Difficulty, Task, TaskKind
from muxer_core.routing.tokens import Tokens
from muxer_core.values.failure import Failure, FailureKind
from muxer_core.values.moment import Moment

PROVIDER = Provider(name="house", base_url="http://127.0.0.1:1")
START = Moment(100.0, 1_000_000.0)
"""When every fleet of `fleets` begins."""

FAILURES: tuple[FailureKind, ...] = (
    "server_error",
    "rate_limited",
    "connect",
    "auth",
    "bad_request",
    "cancelled",
    "content_policy",
)
"""Kinds that `fleets` and its like let attempts end with: all four verdicts on a deployment are among them."""


def _price(*rates: tuple[int, int | None], denominator: int = 1, per_request: int = 0) -> PriceCard:
    base, *tiers = (Rates(input=one, output=other, cache_write_5m=one + 1) for one, other in rates)
    return PriceCard(
        rates=base,
        denominator=denominator,
        per_request=per_request,
        tiers=tuple(Tier(above, its) for above, its in zip((50, 1_000), tiers, strict=False)),
    )


PRICES: tuple[PriceCard | None, ...] = (
    _price((1, 4)),
    _price((2, 3)),
    _price((3, 12), denominator=3),
    _price((7, 20), denominator=7, per_request=100),
    _price((1, 4), (2, 1)),
    _price((4, 1), (1, 6), (0, 9)),
    _price((0, 0)),
    _price((1, None)),
    None,
)
"""Prices with and without denominators, tiers and a fee; two cost the same; one lacks a text rate, one is unknown."""

_TRAITS: tuple[tuple[float, int, tuple[str, ...]], ...] = (
    *((1.0, 0, ()),) * 8,
    (2.5, 0, ()),
    (2.5, 1, ()),
    (1.0, 1, ()),
    (1.0, 0, ("eu",)),
    (1.0, 0, ("eu", "paid")),
)
"""Weight, priority and tags of a deployment."""

_SIZES: tuple[tuple[int | None, int | None], ...] = (
    *((None, None),) * 7,
    (2_000, 64),
    (None, 16),
    (100, None),
    (40, 16),
)
"""Context window and longest answer of a card."""

_SKILLS = (*(ALL_CAPABILITIES,) * 4, 0b0011, 0b0001)
_LIMITS: tuple[tuple[int | None, int | None], ...] = (*((None, None),) * 4, (1, None), (3, 50))
"""Requests and tokens a minute of a card."""


_TASKS: tuple[tuple[TaskKind, Difficulty], ...] = (
    ("general", "plain"),
    ("general", "hard"),
    ("code", "plain"),
    ("code", "hard"),
    ("math", "hard"),
)

_chance = st.randoms(use_true_random=True)
"""One seed stands for a whole value. Such values do not shrink, but they are small, ten times as fast to make as draw by draw, and each one
is independent of the last: every rule is met."""


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    """Two to four cards on one to seven deployments."""
    chance = draw(_chance)
    some = chance.choice
    cards: list[ModelCard] = []
    for number in range(some((2, 3, 4))):
        window, answer = some(_SIZES)
        requests, tokens = some(_LIMITS)
        cards.append(
            ModelCard(
                name=f"model-{number}",
                price=some(PRICES),
                context_window=window,
                max_output_tokens=answer,
                capabilities=some(_SKILLS),
                requests_per_minute=requests,
                tokens_per_minute=tokens,
                quality=some((None, 0.2, 0.5, 0.5, 0.9)),
                task_types=some(((), (), ("code",), ("general", "math"))),
            )
        )
    deployments: list[Deployment] = []
    for number in range(some((1, 2, 3, 4, 5, 6, 7))):
        weight, priority, tags = some(_TRAITS)
        deployments.append(
            Deployment(
                name=f"deployment-{number}",
                card=some(cards),
                provider=PROVIDER,
                upstream_model="m",
                weight=weight,
                priority=priority,
                tags=tags,
            )
        )
    return Catalog(deployments)


@st.composite
def fleets(draw: st.DrawFn, catalog: Catalog) -> tuple[Fleet, Moment]:
    """A fleet that has seen attempts start, end and fail, and the moment at which its past ends."""
    chance = draw(_chance)
    fleet = Fleet(catalog, START)
    moment = START
    for _ in range(chance.randrange(9)):
        index = chance.randrange(len(catalog.deployments))
        fleet.attempt_started(index, moment, tokens=30)
        pause = chance.choice((0.0, 0.0, 0.0, 0.5, 0.5, 6.0, 62.0))
        moment = moment.later(pause)
        if chance.randrange(5):
            kind = chance.choice((None, None, *FAILURES))
            failure = None if kind is None else Failure(kind=kind, message="scripted", retry_after=20.0)
            fleet.attempt_ended(index, moment, failure=failure, first_chunk_seconds=pause or None, tokens=25)
    return fleet, moment


@st.composite
def facts_for(draw: st.DrawFn, catalog: Catalog) -> RouteFacts:
    """Facts of a request to some deployments of the catalog. Money left is often exactly what one of them needs, or a pico less."""
    chance = draw(_chance)
    some = chance.choice
    every = tuple(range(len(catalog.deployments)))
    left_out = some((0, 0, 0, 0b1, 0b110))
    members = tuple(index for index in every if not left_out >> index & 1) or every
    estimate = some((0, 5, 5, 5, 30, 30, 90, 1_500))
    proven = some((True, True, True, False))
    kind, difficulty = some(_TASKS)
    facts = RouteFacts(
        group=Group(catalog, members),
        tokens=Tokens(estimate, estimate * 4 + 50 if proven else None, None if proven else "an image has no bound"),
        task=Task(kind, difficulty, ()),
        needs=some((0, 0, 0, 0, 0, 0b0010, 0b0100)),
        max_tokens=some((None, None, 10, 16, 50, 100)),
        answers=some((1, 1, 3)),
        tags=some(((), ("eu",), ("elsewhere", "paid"))),
        tried=some((0, 0, 0, 0, 0, 0b1, 0b101)),
        left=some((None, None, 300, 700, 20_000)),
        ceiling=some(("proven", "estimate")),
        seed=chance.getrandbits(64),
    )
    if facts.left is None or facts.counted_input is None or not facts.group.prices.classes or some((True, False)):
        return facts
    bound = some(facts.group.prices.classes).bound(facts.counted_input, facts.least_output)
    return msgspec.structs.replace(facts, left=max(0, bound - some((0, 1))))


@st.composite
def routing_inputs(draw: st.DrawFn) -> tuple[RouteFacts, FleetView]:
    """The whole input of a decision."""
    catalog = draw(catalogs())
    fleet, moment = draw(fleets(catalog))
    return draw(facts_for(catalog)), fleet.view(moment.later(draw(st.sampled_from((0.0, 7.0)))))
