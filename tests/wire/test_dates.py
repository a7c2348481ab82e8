"""HTTP dates in three forms, and waits as servers spell them. The examples of formats are recorded unless a source is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from muxer_core.wire.dates import LONGEST_WAIT, parse_http_date, parse_wait, retry_after
from muxer_core.wire.heads import Headers

NOW = 1_764_000_000.0  # 2025-11-24 16:00:00 UTC
instants = st.integers(0, 4_102_444_799).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(instants)
def test_the_preferred_form_is_what_the_standard_library_writes(instant: datetime) -> None:
    assert parse_http_date(format_datetime(instant, usegmt=True), NOW) == instant.timestamp()


@given(instants)
def test_the_form_of_asctime(instant: datetime) -> None:
    assert (
        parse_http_date(instant.strftime("%a %b ") + f"{instant.day:2d}" + instant.strftime(" %H:%M:%S %Y"), NOW)
        == instant.timestamp()
    )


@given(st.integers(0, 4_102_444_799), st.integers(-49 * 365, 49 * 365))
def test_a_two_digit_year_is_within_fifty_years_of_now(now: int, days: int) -> None:
    """RFC 9110, section 5.6.7: one that seems more than 50 years ahead is in the past."""
    instant = datetime.fromtimestamp(now, UTC) + timedelta(days=days)
    assert parse_http_date(instant.strftime("%A, %d-%b-%y %H:%M:%S GMT"), float(now)) == instant.timestamp()


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("Sunday, 06-Nov-94 08:49:37 GMT", 1994),
        ("Friday, 06-Nov-75 08:49:37 GMT", 2075),
        ("Friday, 06-Nov-76 08:49:37 GMT", 1976),
    ],
)
def test_the_century_of_a_two_digit_year(text: str, year: int) -> None:
    assert parse_http_date(text, NOW) == datetime(year, 11, 6, 8, 49, 37, tzinfo=UTC).timestamp()


def test_a_leap_second_is_the_second_after() -> None:
    assert parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT", NOW) == datetime(2017, 1, 1, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, ٠٦ Nov 1994 08:49:37 GMT",
        "Sunday, 31-Feb-94 08:49:37 GMT",
        "Sun Feb 31 08:49:37 1994",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_http_date(text, NOW) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("1", 1.0),
        (" 20\t", 20.0),
        ("1.5", 1.5),
        ("26ms", 0.026),
        ("10.781s", 10.781),
        ("120ms", 0.12),
        ("8s", 8.0),
        ("6m0s", 360.0),
        ("14m20.852s", 860.852),
        ("1h2m3.5s", 3723.5),
        ("2m", 120.0),
        ("1d", 86400.0),
        ("1s500ms", 1.5),
        ("34.4s", 34.4),  # google.rpc.RetryInfo
        ("9" * 8, LONGEST_WAIT),
        ("9" * 400, LONGEST_WAIT),
        ("9" * 400 + "s", LONGEST_WAIT),
        ("2025-11-24T16:00:30Z", 30.0),
        ("2025-11-24t17:00:00.250+01:00", 0.25),
        ("2025-11-24 16:00:30Z", 30.0),
        ("2001-01-01T00:00:00Z", 0.0),
        ("Mon, 24 Nov 2025 16:01:00 GMT", 60.0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0.0),
        ("Monday, 24-Nov-25 16:00:10 GMT", 10.0),
        ("1764000009", 9.0),  # Unix seconds
        ("1764000000500", 0.5),  # Unix milliseconds, as OpenRouter's x-ratelimit-reset
        ("1741305600000", 0.0),
    ],
)
def test_a_wait(text: str, seconds: float) -> None:
    assert parse_wait(text, NOW) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-1",
        "+1",
        "1e3",
        "nan",
        "inf",
        "soon",
        "s",
        "1x",
        "1s1m",
        "1.5m",
        "٣",
        "1,5",
        "2025-11-24T16:00:30",
        "2025-13-24T16:00:30Z",
        "2025-11-24",
    ],
)
def test_what_is_no_wait_is_none(text: str) -> None:
    assert parse_wait(text, NOW) is None


@given(st.text(max_size=40) | st.text("0123456789.:-+TZmshd GMT", max_size=30), st.floats(0, 1e11))
@example("9999-12-31T23:59:59-23:59", NOW)
@example("0001-01-01T00:00:00+23:59", NOW)
def test_any_text_gives_a_bounded_wait_or_none(text: str, now: float) -> None:
    wait = parse_wait(text, now)
    assert wait is None or 0 <= wait <= LONGEST_WAIT


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({}, None),
        ({"retry-after": "1", "retry-after-ms": "0"}, 0.0),  # Azure
        ({"Retry-After": "2", "Retry-After-Ms": "1500.5"}, 1.5005),
        ({"retry-after": "2", "retry-after-ms": "soon"}, 2.0),
        ({"retry-after": "Mon, 24 Nov 2025 16:01:00 GMT"}, 60.0),
        ({"retry-after": "soon"}, None),
        ({"llm_provider-retry-after": "60"}, 60.0),
        ({"llm_provider-retry-after": "60", "retry-after": "5"}, 5.0),
        ({"retry-after-ms": "9" * 30}, LONGEST_WAIT),
    ],
)
def test_the_headers_that_ask_us_to_wait(fields: dict[str, str], seconds: float | None) -> None:
    assert retry_after(Headers.of(fields), NOW) == seconds
