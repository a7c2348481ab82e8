"""Hypothesis strategies for prices and usage: cards with tiers, service tiers and hours; counts that agree and counts that contradict.

Numbers cluster around thresholds, at zero and far beyond any real count, since that is where money goes wrong.
"""

from __future__ import annotations

from hypothesis import strategies as st

from muxer_core.money import STANDARD, Fees, Period, PriceCard, Rates, ServiceTier, Tier
from muxer_core.values.usage import Usage

ENORMOUS = 10**18
SERVICE_TIERS = ("priority", "flex", "default")
"""Names that cards may list, one of them standard."""

THRESHOLDS = (40, 1000)
"""Input lengths, in tokens, above which a drawn card's tiers hold."""

_EDGES = (*THRESHOLDS, *(one + 1 for one in THRESHOLDS))
counts = st.one_of(
    st.sampled_from((0, 1, 2, 17, *_EDGES, *_EDGES, ENORMOUS)), st.integers(0, 50), st.integers(0, ENORMOUS)
)
"""Token counts."""

_NUMERATORS = (0, 1, 2, 3, 5, 7, 11, 20, 999, 75_000, 2_500_000, 10_000_001)
_TOKEN_UNITS = tuple(name for name in Rates.__struct_fields__ if name not in ("input", "output"))
_known = st.sampled_from(_NUMERATORS)
_perhaps_unknown = st.sampled_from((None, None, *_NUMERATORS))
_seldom_unknown = st.sampled_from((None, *_NUMERATORS, *_NUMERATORS))
_HOURS = (0, 6, 9, 22, 24)
_hours = st.one_of(st.just((0, 24)), st.tuples(st.sampled_from(_HOURS[:-1]), st.sampled_from(_HOURS)))


def _period(
    day: int, hours: tuple[int, int], rates: Rates, tiers: tuple[Tier, ...], service_tiers: tuple[ServiceTier, ...]
) -> Period:
    start, end = (hour * 3600 for hour in hours)
    return Period(since=day * 86_400, start=start, end=end, rates=rates, tiers=tiers, service_tiers=service_tiers)


class _Shapes:
    """The strategies for the parts of a card, made once: making one costs more than drawing from it."""

    def __init__(self, *, complete: bool) -> None:
        main = _known if complete else _seldom_unknown
        others = dict.fromkeys(_TOKEN_UNITS, _perhaps_unknown)
        self.rates = st.builds(Rates, input=main, output=main, **others)
        tier = st.builds(Tier, st.sampled_from(THRESHOLDS), self.rates)
        self.tiers = st.lists(tier, max_size=2, unique_by=lambda one: one.above).map(
            lambda some: tuple(sorted(some, key=lambda one: one.above))
        )
        service_tier = st.builds(ServiceTier, st.sampled_from(SERVICE_TIERS), self.rates, self.tiers)
        self.service_tiers = st.lists(service_tier, max_size=2, unique_by=lambda one: one.name).map(tuple)
        self.periods = st.builds(_period, st.integers(0, 10), _hours, self.rates, self.tiers, self.service_tiers)
        main_parts = {
            "rates": self.rates,
            "denominator": st.sampled_from((1, 1, 2, 3, 12, 1_000_003)),
            "per_request": st.sampled_from((0, 0, *_NUMERATORS)),
            "tiers": self.tiers,
        }
        self.cards = st.one_of(
            # Plain cards as well, on which nothing dearer hides a mistake in the rest.
            st.builds(PriceCard, **main_parts),
            st.builds(PriceCard, **main_parts, service_tiers=self.service_tiers),
            st.builds(
                PriceCard,
                **main_parts,
                service_tiers=self.service_tiers,
                periods=st.lists(self.periods, max_size=2).map(tuple),
            ),
        )


_ANY = _Shapes(complete=False)
_COMPLETE = _Shapes(complete=True)


def price_cards(*, complete: bool = False) -> st.SearchStrategy[PriceCard]:
    """Cards of every shape. `complete`: input and output tokens have a known price in every tier and period.

    Dates of their periods lie within ten days of 1970's first, hours on whole hours.
    """
    return (_COMPLETE if complete else _ANY).cards


_names = st.one_of(st.none(), st.sampled_from((*SERVICE_TIERS, "standard", "unheard-of")))
_part = st.one_of(st.just(0), counts)
_usages = st.builds(
    Usage,
    input_tokens=counts,
    output_tokens=counts,
    cached_input_tokens=_part,
    cache_write_tokens=_part,
    cache_write_1h_tokens=_part,
    reasoning_tokens=_part,
    audio_input_tokens=_part,
    audio_output_tokens=_part,
    image_input_tokens=_part,
    image_output_tokens=_part,
    service_tier=_names,
)


def _common(
    fresh: int, cached: int, for_minutes: int, for_an_hour: int, answer: int, reasoning: int, tier: str | None
) -> Usage:
    """Usage as it mostly is: its parts lie inside their wholes."""
    written = for_minutes + for_an_hour
    return Usage(
        input_tokens=fresh + cached + written,
        cached_input_tokens=cached,
        cache_write_tokens=written,
        cache_write_1h_tokens=for_an_hour,
        output_tokens=answer + reasoning,
        reasoning_tokens=reasoning,
        service_tier=tier,
    )


_few_parts = st.one_of(
    st.builds(_common, counts, _part, _part, _part, counts, _part, _names),
    st.builds(
        Usage,
        input_tokens=counts,
        cached_input_tokens=_part,
        output_tokens=counts,
        reasoning_tokens=_part,
        service_tier=_names,
    ),
)


def usages() -> st.SearchStrategy[Usage]:
    """Usage with few parts, as most is, and with all. Parts may be larger than their whole."""
    return _few_parts | _usages


@st.composite
def text_usages(draw: st.DrawFn, most_input: int, most_output: int, *, service_tier: str | None = None) -> Usage:
    """Usage of a text request within these counts, served at the tier asked for or at a standard one (None: at any). Its parts may be
    larger than their whole.
    """
    incoming = st.one_of(st.just(most_input), st.integers(0, most_input))
    outgoing = st.one_of(st.just(most_output), st.integers(0, most_output))
    part_of_input, part_of_output = st.just(0) | incoming, st.just(0) | outgoing
    tier = _names if service_tier is None else st.sampled_from((None, service_tier, *sorted(STANDARD)))
    return Usage(
        input_tokens=draw(incoming),
        output_tokens=draw(outgoing),
        cached_input_tokens=draw(part_of_input),
        cache_write_tokens=draw(part_of_input),
        cache_write_1h_tokens=draw(part_of_input),
        reasoning_tokens=draw(part_of_output),
        image_output_tokens=draw(part_of_output),
        service_tier=draw(tier),
    )


def _both(searches: int, tool_calls: int) -> Fees:
    return (("search", searches), ("tool_call", tool_calls))


fees = st.one_of(st.just(()), st.builds(_both, st.integers(0, 3), st.integers(0, 1000)))
"""Searches and tool calls."""
