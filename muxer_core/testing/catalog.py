"""Hypothesis strategies for prices and usage: cards with tiers, service tiers and hours; counts that agree and counts that contradict.

Numbers cluster around thresholds, at zero and far beyond any real count, since that is where money goes wrong.
"""

from __future__ import annotations

from hypothesis import strategies as st

from muxer_core.money import STANDARD, Fees, Period, PriceCard, Rates, ServiceTier, Tier
from muxer_core.values.usage import Usage

ENORMOUS = 10**18
SERVICE_TIERS = ("priority", "flex", "batch", "default")
"""Names that cards may list, one of them standard."""

THRESHOLDS = (5, 40, 1000)
"""Input lengths, in tokens, above which a drawn card's tiers hold."""

_near_thresholds = st.sampled_from(sorted({0, 1, *THRESHOLDS, *(one + 1 for one in THRESHOLDS)}))
counts = st.one_of(st.integers(0, 50), _near_thresholds, st.integers(0, ENORMOUS))
"""Token counts."""

_numerators = st.one_of(st.integers(0, 20), st.integers(0, 10**8))
_TOKEN_UNITS = tuple(name for name in Rates.__struct_fields__ if name not in ("input", "output"))


@st.composite
def rates(draw: st.DrawFn, *, complete: bool = False) -> Rates:
    """Rates of which some are unknown. `complete`: those of input and output are known."""
    known = {name: draw(st.none() | _numerators) for name in _TOKEN_UNITS}
    main = _numerators if complete else st.one_of(_numerators, _numerators, _numerators, st.none())
    return Rates(input=draw(main), output=draw(main), **known)


def _tiers(*, complete: bool) -> st.SearchStrategy[tuple[Tier, ...]]:
    starts = st.lists(st.sampled_from(THRESHOLDS), unique=True, max_size=2).map(sorted)
    return starts.flatmap(
        lambda above: st.tuples(*(st.builds(Tier, st.just(one), rates(complete=complete)) for one in above))
    )


def _service_tiers(*, complete: bool) -> st.SearchStrategy[tuple[ServiceTier, ...]]:
    names = st.lists(st.sampled_from(SERVICE_TIERS), unique=True, max_size=2)
    return names.flatmap(
        lambda chosen: st.tuples(
            *(
                st.builds(ServiceTier, st.just(one), rates(complete=complete), _tiers(complete=complete))
                for one in chosen
            )
        )
    )


def periods(*, complete: bool = False) -> st.SearchStrategy[Period]:
    """Prices by date and hour; dates lie within ten days of 1970's first, hours on whole hours."""
    hours = st.one_of(
        st.just((0, 86_400)),
        st.tuples(st.integers(0, 23), st.integers(0, 24)).map(lambda two: (two[0] * 3600, two[1] * 3600)),
    )
    return hours.flatmap(
        lambda two: st.builds(
            Period,
            since=st.integers(0, 10).map(lambda day: day * 86_400),
            start=st.just(two[0]),
            end=st.just(two[1]),
            rates=rates(complete=complete),
            tiers=_tiers(complete=complete),
            service_tiers=_service_tiers(complete=complete),
        )
    )


def price_cards(*, complete: bool = False) -> st.SearchStrategy[PriceCard]:
    """Cards of every shape. `complete`: input and output tokens have a known price wherever the card names any."""
    return st.builds(
        PriceCard,
        rates=rates(complete=complete),
        denominator=st.sampled_from((1, 1, 2, 3, 12, 1_000_003)),
        per_request=st.one_of(st.just(0), _numerators),
        tiers=_tiers(complete=complete),
        service_tiers=_service_tiers(complete=complete),
        periods=st.lists(periods(complete=complete), max_size=2).map(tuple),
    )


def _names() -> st.SearchStrategy[str | None]:
    return st.one_of(st.none(), st.none(), st.sampled_from((*SERVICE_TIERS, *sorted(STANDARD), "unheard-of")))


def usages() -> st.SearchStrategy[Usage]:
    """Usage whose parts may be larger than their whole."""
    some = st.one_of(st.just(0), counts)
    return st.builds(
        Usage,
        input_tokens=counts,
        output_tokens=counts,
        cached_input_tokens=some,
        cache_write_tokens=some,
        cache_write_1h_tokens=some,
        reasoning_tokens=some,
        audio_input_tokens=some,
        audio_output_tokens=some,
        image_input_tokens=some,
        image_output_tokens=some,
        service_tier=_names(),
    )


@st.composite
def text_usages(draw: st.DrawFn, most_input: int, most_output: int, *, service_tier: str | None = None) -> Usage:
    """Usage of a text request within these counts, served at the tier asked for or at a standard one (None: at any). Its parts may be
    larger than their whole.
    """
    some = st.integers(0, most_input)
    tier = _names() if service_tier is None else st.sampled_from((None, service_tier, *sorted(STANDARD)))
    return Usage(
        input_tokens=draw(some),
        output_tokens=draw(st.integers(0, most_output)),
        cached_input_tokens=draw(some),
        cache_write_tokens=draw(some),
        cache_write_1h_tokens=draw(some),
        reasoning_tokens=draw(st.integers(0, most_output)),
        image_output_tokens=draw(st.integers(0, most_output)),
        service_tier=draw(tier),
    )


fees: st.SearchStrategy[Fees] = st.lists(
    st.tuples(st.sampled_from(("search", "tool_call")), st.integers(0, 1000)), max_size=2, unique_by=lambda fee: fee[0]
).map(tuple)
"""Searches and tool calls, each at most once."""
