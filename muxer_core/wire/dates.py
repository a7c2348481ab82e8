"""Dates and waits in headers: HTTP dates, `Retry-After` in both forms, and the spellings of durations that vendors use.

HTTP dates have three forms (RFC 9110, section 5.6.7); a two-digit year is the latest one that is at most 50 years ahead. A wait is
seconds, at least 0 and at most `LONGEST_WAIT`; what cannot be read is None, since a header that we do not understand must not stop a retry.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from muxer_core.wire.heads import Headers

LONGEST_WAIT = 7 * 24 * 3600.0
"""Seconds. A server that asks for more is understood to say "not this week"."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_IMF = re.compile(r"[A-Z][a-z]{2}, (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) (?:GMT|UTC)", re.ASCII)
_RFC850 = re.compile(r"[A-Z][a-z]{5,8}, (\d{2})-([A-Z][a-z]{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) GMT", re.ASCII)
_ASCTIME = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})", re.ASCII)
_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_DURATION = re.compile(
    r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?(?<=[dhms])", re.ASCII
)
_UNIX_SECONDS = 1e9
_UNIX_MILLISECONDS = 1e12


def parse_http_date(value: str, now: float) -> float | None:
    """Unix seconds of an HTTP date in any of its forms, or None. `now` (Unix seconds) decides the century of two-digit years.

    >>> parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT", 0.0)
    784111777.0
    >>> parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", 0.0) == parse_http_date("Sun Nov  6 08:49:37 1994", 0.0)
    True
    """
    if match := _IMF.fullmatch(value):
        day, month, year, hour, minute, second = match.groups()
        return _instant(int(year), month, int(day), int(hour), int(minute), int(second))
    if match := _RFC850.fullmatch(value):
        day, month, short, hour, minute, second = match.groups()
        latest = datetime.fromtimestamp(now, UTC).year + 50
        full = latest - (latest - int(short)) % 100
        return _instant(full, month, int(day), int(hour), int(minute), int(second))
    if match := _ASCTIME.fullmatch(value):
        month, day, hour, minute, second, year = match.groups()
        return _instant(int(year), month, int(day), int(hour), int(minute), int(second))
    return None


def parse_wait(value: str, now: float) -> float | None:
    """Seconds to wait, or None for what is none of these: seconds, a duration (`120ms`, `14m20.852s`), an HTTP date, an RFC 3339 time.

    A bare number too large for seconds is a Unix time: seconds from 10^9 on, milliseconds from 10^12 on (`x-ratelimit-reset` at OpenRouter
    and others). `now` is Unix seconds.

    >>> parse_wait("14m20.852s", 0.0), parse_wait("1741305600500", 1741305600.0)
    (860.852, 0.5)
    """
    value = value.strip(" \t")
    if _NUMBER.fullmatch(value):
        number = float(value)
        if number >= _UNIX_MILLISECONDS:
            return _bounded(number / 1000 - now)
        return _bounded(number - now if number >= _UNIX_SECONDS else number)
    if match := _DURATION.fullmatch(value):
        days, hours, minutes, seconds, millis = (float(part or 0) for part in match.groups())
        return _bounded(days * 86400 + hours * 3600 + minutes * 60 + seconds + millis / 1000)
    instant = parse_http_date(value, now)
    if instant is None:
        instant = _rfc3339_instant(value)
    return None if instant is None else _bounded(instant - now)


def retry_after(headers: Headers, now: float) -> float | None:
    """Seconds that a server asks us to wait: `retry-after-ms` (OpenAI, Azure), else `retry-after` in seconds or as a date.

    LiteLLM's proxy says it as `llm_provider-retry-after`, for its own limits too (recorded from 1.108.7, tests/data/litellm/).

    >>> retry_after(Headers.of({"llm_provider-retry-after": "60"}), now=0.0)
    60.0
    """
    millis = (headers.get("retry-after-ms") or "").strip(" \t")
    if _NUMBER.fullmatch(millis):
        return _bounded(float(millis) / 1000)
    value = headers.get("retry-after", headers.get("llm_provider-retry-after"))
    return None if value is None else parse_wait(value, now)


def _bounded(seconds: float) -> float:
    return min(max(0.0, seconds), LONGEST_WAIT)


def _instant(year: int, month: str, day: int, hour: int, minute: int, second: int) -> float | None:
    if month not in _MONTHS:
        return None
    # A leap second is the first second of the next minute to everybody who counts Unix time.
    leap = second == 60
    try:
        moment = datetime(year, _MONTHS.index(month) + 1, day, hour, minute, second - leap, tzinfo=UTC)
    except ValueError:
        return None
    return moment.timestamp() + leap


def _rfc3339_instant(value: str) -> float | None:
    if not _RFC3339.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value.upper()).timestamp()
    except ValueError:
        return None
