"""Dates and waits in headers: HTTP dates, `Retry-After` in both forms, and the spellings of durations that vendors use.

HTTP dates have three forms (RFC 9110, section 5.6.7); a two-digit year more than 50 years ahead is in the past. A wait is seconds, at
least 0 and at most `LONGEST_WAIT`; what cannot be read is None, since a header that we do not understand must not stop a retry.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from muxer_core.wire.heads import Headers

LONGEST_WAIT = 7 * 24 * 3600.0
"""Seconds. A server that asks for more is understood to say "not this week"."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_IMF = re.compile(r"[A-Za-z]{3}, (\d{2}) ([A-Za-z]{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) (?:GMT|UTC)")
_RFC850 = re.compile(r"[A-Za-z]{6,9}, (\d{2})-([A-Za-z]{3})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) GMT")
_ASCTIME = re.compile(r"[A-Za-z]{3} ([A-Za-z]{3}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})")
_SECONDS = re.compile(r"\d+(?:\.\d+)?")
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")


def _instant(year: int, month: str, day: int, hour: int, minute: int, second: int) -> float | None:
    if month not in _MONTHS:
        return None
    try:
        # A leap second is the first second of the next minute to everybody who counts Unix time.
        moment = datetime(year, _MONTHS.index(month) + 1, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return None
    return moment.timestamp() + (1.0 if second == 60 else 0.0)


def parse_http_date(value: str, now: float) -> float | None:
    """Unix seconds of an HTTP date in any of its forms, or None. `now` (Unix seconds) decides the century of two-digit years.

    >>> parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT", 0.0)
    784111777.0
    """
    if match := _IMF.fullmatch(value):
        day, month, year, hour, minute, second = match.groups()
        return _instant(int(year), month, int(day), int(hour), int(minute), int(second))
    if match := _RFC850.fullmatch(value):
        day, month, short, hour, minute, second = match.groups()
        this_year = datetime.fromtimestamp(now, UTC).year
        full = this_year - this_year % 100 + int(short)
        return _instant(full - 100 if full > this_year + 50 else full, month, int(day), int(hour), int(minute), int(second))
    if match := _ASCTIME.fullmatch(value):
        month, day, hour, minute, second, year = match.groups()
        return _instant(int(year), month, int(day), int(hour), int(minute), int(second))
    return None


def _bounded(seconds: float) -> float:
    return min(max(0.0, seconds), LONGEST_WAIT)


def parse_wait(value: str, now: float) -> float | None:
    """Seconds to wait, from bare seconds, a duration (`120ms`, `14m20.852s`), an HTTP date or an RFC 3339 time; None if it is none.

    >>> parse_wait("14m20.852s", 0.0)
    860.852
    """
    value = value.strip()
    if _SECONDS.fullmatch(value):
        return _bounded(float(value))
    if value and (match := _DURATION.fullmatch(value)):
        days, hours, minutes, seconds, millis = (float(part or 0) for part in match.groups())
        return _bounded(days * 86400 + hours * 3600 + minutes * 60 + seconds + millis / 1000)
    instant = parse_http_date(value, now)
    if instant is None:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return None
        if moment.tzinfo is None:
            return None
        instant = moment.timestamp()
    return _bounded(instant - now)


def retry_after(headers: Headers, now: float) -> float | None:
    """Seconds that a server asks us to wait: `retry-after-ms` (OpenAI, Azure), else `retry-after` in seconds or as a date.

    LiteLLM's proxy says it as `llm_provider-retry-after`, for its own limits too (recorded from 1.108.7, tests/data/litellm/).

    >>> retry_after(Headers.of({"llm_provider-retry-after": "60"}), now=0.0)
    60.0
    """
    millis = headers.get("retry-after-ms")
    if millis is not None and _SECONDS.fullmatch(millis.strip()):
        return _bounded(float(millis) / 1000)
    value = headers.get("retry-after", headers.get("llm_provider-retry-after"))
    return None if value is None else parse_wait(value, now)
