"""Hypothesis strategies for routing: catalogs, fleets with a past, and the facts of requests.

Small numbers on purpose: ties, empty intersections and values at a limit are where routing goes wrong.
"""

from __future__ import annotations

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
    *((1.0, 0, ()),) * 4,
    (2.5, 0, ()),
    (2.5, 1, ()),
    (1.0, 1, ()),
    (1.0, 0, ("eu",)),
    (1.0, 0, ("eu", "paid")),
)
"""Weight, priority and tags of a deployment."""

_SIZES: tuple[tuple[int | None, int | None], ...] = (*((None, None),) * 4, (2_000, 64), (100, None), (40, 16))
"""Context window and longest answer of a card."""

_SKILLS = (ALL_CAPABILITIES, ALL_CAPABILITIES, 0b0011, 0b0001)
_LIMITS: tuple[tuple[int | None, int | None], ...] = (*((None, None),) * 4, (1, None), (3, 50))
"""Requests and tokens a minute of a card."""


_TASKS: tuple[tuple[TaskKind, Difficulty], ...] = (
    ("general", "plain"),
    ("general", "hard"),
    ("code", "plain"),
    ("code", "hard"),
    ("math", "hard"),
)

# Strategies are made once: making them for each draw costs more than drawing.
_some = st.sampled_from
_cards = st.tuples(
    _some(PRICES),
    _some(_SIZES),
    _some(_SKILLS),
    _some(_LIMITS),
    _some((None, 0.2, 0.5, 0.5, 0.9)),
    _some(((), (), ("code",), ("general", "math"))),
)
_card_lists = st.lists(_cards, min_size=1, max_size=4)
_member_lists = st.lists(st.tuples(st.integers(0, 3), _some(_TRAITS)), min_size=1, max_size=7)
_pauses = _some((0.0, 0.0, 0.0, 0.5, 0.5, 6.0, 62.0))
_ends: tuple[tuple[bool, FailureKind | None], ...] = (
    (False, None),
    (True, None),
    (True, None),
    *((True, kind) for kind in FAILURES),
)
_attempts = st.lists(st.tuples(st.integers(0, 6), _some(_ends), _pauses), max_size=8)
_requests = st.tuples(
    _some((0, 5, 5, 5, 30, 30, 90, 1_500)),
    _some((True, True, True, True, True, False)),
    _some(_TASKS),
    _some((0, 0, 0, 0b0010, 0b0100)),
    _some((None, None, 10, 50, 100)),
    _some((1, 1, 3)),
    _some(((), ("eu",), ("elsewhere", "paid"))),
    _some((0, 0, 0, 0b1, 0b101)),
    _some((None, None, None, 150, 220, 220, 300, 420, 700, 20_000)),
    _some(("proven", "estimate")),
    st.integers(0, 2**64 - 1),
)
_left_out = _some((0, 0, 0, 0b1, 0b110))
_waits = _some((0.0, 7.0))


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    """Up to four cards on up to seven deployments."""
    cards = [
        ModelCard(
            name=f"model-{number}",
            price=price,
            context_window=window,
            max_output_tokens=answer,
            capabilities=skills,
            requests_per_minute=requests,
            tokens_per_minute=tokens,
            quality=quality,
            task_types=task_types,
        )
        for number, (price, (window, answer), skills, (requests, tokens), quality, task_types) in enumerate(
            draw(_card_lists)
        )
    ]
    return Catalog(
        [
            Deployment(
                name=f"deployment-{number}",
                card=cards[card % len(cards)],
                provider=PROVIDER,
                upstream_model="m",
                weight=weight,
                priority=priority,
                tags=tags,
            )
            for number, (card, (weight, priority, tags)) in enumerate(draw(_member_lists))
        ]
    )


@st.composite
def fleets(draw: st.DrawFn, catalog: Catalog) -> tuple[Fleet, Moment]:
    """A fleet that has seen attempts start, end and fail, and the moment at which its past ends."""
    fleet = Fleet(catalog, START)
    moment = START
    for number, (ended, kind), pause in draw(_attempts):
        index = number % len(catalog.deployments)
        fleet.attempt_started(index, moment, tokens=30)
        moment = moment.later(pause)
        if ended:
            failure = None if kind is None else Failure(kind=kind, message="scripted", retry_after=20.0)
            fleet.attempt_ended(index, moment, failure=failure, first_chunk_seconds=pause or None, tokens=25)
    return fleet, moment


@st.composite
def facts_for(draw: st.DrawFn, catalog: Catalog) -> RouteFacts:
    """Facts of a request to some deployments of the catalog."""
    estimate, proven, (kind, difficulty), needs, max_tokens, answers, tags, tried, left, ceiling, seed = draw(_requests)
    left_out = draw(_left_out)
    every = tuple(range(len(catalog.deployments)))
    members = tuple(index for index in every if not left_out >> index & 1) or every
    return RouteFacts(
        group=Group(catalog, members),
        tokens=Tokens(estimate, estimate * 4 + 50 if proven else None, None if proven else "an image has no bound"),
        task=Task(kind, difficulty, ()),
        needs=needs,
        max_tokens=max_tokens,
        answers=answers,
        tags=tags,
        tried=tried,
        left=left,
        ceiling=ceiling,
        seed=seed,
    )


@st.composite
def routing_inputs(draw: st.DrawFn) -> tuple[RouteFacts, FleetView]:
    """The whole input of a decision."""
    catalog = draw(catalogs())
    fleet, moment = draw(fleets(catalog))
    return draw(facts_for(catalog)), fleet.view(moment.later(draw(_waits)))
