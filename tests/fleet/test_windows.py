"""Rate windows: never more than the limit in any sixty seconds, and never shut for longer than that needs."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from muxer_core.fleet.windows import RateWindow

pauses = st.lists(
    st.sampled_from([0.0, 0.3, 0.7, 0.9, 19.7, 59.2, 60.0, 61.0]) | st.floats(0.0, 25.0, allow_nan=False),
    min_size=1,
    max_size=80,
)


@example(pauses=[0.9, 59.2], limit=1, begin=0.0)
@given(pauses=pauses, limit=st.integers(1, 6), begin=st.floats(0.0, 1e6, allow_nan=False))
def test_no_sixty_seconds_hold_more_than_the_limit(pauses: list[float], limit: int, begin: float) -> None:
    window = RateWindow(limit, None)
    now, starts = begin, list[float]()
    for pause in pauses:
        now += pause
        free_at = window.free_at(now)
        if free_at <= now:
            window.add(now, requests=1)
            starts.append(now)
            assert sum(start > now - 60.0 for start in starts) <= limit
        else:
            assert sum(start > now - 61.0 for start in starts) >= limit, "it is shut without need"
            assert free_at <= starts[-limit] + 61.0
            assert window.free_at(now) == free_at, "asking twice changes nothing"


@given(pauses=pauses, limit=st.integers(1, 50), sizes=st.lists(st.integers(0, 40), min_size=80, max_size=80))
def test_tokens_shut_the_window_until_enough_have_left_it(pauses: list[float], limit: int, sizes: list[int]) -> None:
    window = RateWindow(None, limit)
    now, used = 0.0, list[tuple[float, int]]()
    for pause, tokens in zip(pauses, sizes, strict=False):
        now += pause
        window.add(now, tokens=tokens)
        used.append((now, tokens))
        shut = window.free_at(now) > now
        if sum(size for at, size in used if at > now - 60.0) >= limit:
            assert shut
        if sum(size for at, size in used if at > now - 61.0) < limit:
            assert not shut


def test_a_window_without_limits_is_open() -> None:
    window = RateWindow(None, None)
    window.add(1.0, requests=10**6, tokens=10**9)
    assert window.free_at(1.0) == 1.0
