"""Lenient JSON: what a server meant, where strict JSON gives up. One place, so that every dialect is equally patient.

Nesting is measured before anything recursive sees it; then strict decoding is tried, which is the usual end of the matter. What it refuses
is read again with these indulgences:

| in the bytes | becomes |
| --- | --- |
| a byte-order mark or white space before the value | nothing |
| bytes that are not UTF-8 | U+FFFD |
| an escaped lone surrogate (half of a character that a server cut in two) | U+FFFD, so that all text can be written as UTF-8 again |
| `NaN`, `Infinity`, `-Infinity` | the float of that name |
| a number too large for a float; a whole number of more than `LONGEST_NUMBER` digits | infinity, with its sign |
| a control character inside a string | itself |

Of repeated keys the last one wins. Whole numbers are exact. On what strict decoding takes, both readings are equal (a property in
`tests/wire/test_json.py`). Only one exception leaves: `Unreadable`.
"""

from __future__ import annotations

import re
from itertools import accumulate
from json import JSONDecoder
from typing import Any

import msgspec

DEPTH = 128
"""Nesting of arrays and objects beyond which a value is refused; no provider's reply comes near it."""

LONGEST_NUMBER = 4_300
"""Digits of a whole number that is read exactly, its sign counted: Python's own bound, for the time that digits cost is quadratic."""

_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+["\\]?', re.DOTALL)
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.", re.DOTALL
)
_BEFORE_A_VALUE = " \t\r\n\ufeff"


class Unreadable(ValueError):
    """The bytes are no JSON that anybody could have meant, or cross a limit, whose name is then `limit`. Shows none of the bytes."""

    def __init__(self, problem: str, limit: str | None = None) -> None:
        super().__init__(problem)
        self.limit = limit


def decode(data: bytes, *, depth: int = DEPTH) -> Any:
    """The value. Raises `Unreadable`, saying why, and nothing else. `depth` is the most nesting of arrays and objects.

    >>> decode(b'{"a": 1, "a": [NaN, 18446744073709551616]}')
    {'a': [nan, 18446744073709551616]}
    """
    if data.count(b"[") + data.count(b"{") > depth and _nests_deeper(data, depth):
        raise Unreadable(f"arrays and objects nest deeper than {depth} (limit depth)", limit="depth")
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _decode_leniently(data)


def _decode_leniently(data: bytes) -> Any:
    text = data.decode("utf-8", "replace").lstrip(_BEFORE_A_VALUE)
    if "\\ud" in text or "\\uD" in text:
        text = _ESCAPE.sub(_without_lone_surrogate, text)
    try:
        return _LENIENT.decode(text)
    except ValueError as fault:
        raise Unreadable(str(fault)) from None
    except RecursionError:
        raise Unreadable("arrays and objects nest too deep for what is left of the stack", limit="depth") from None


def _nests_deeper(data: bytes, depth: int) -> bool:
    """Do the brackets outside strings nest deeper than `depth`? Linear, and the loop is not Python's."""
    brackets = _STRING.sub(b"", data).translate(None, _NOT_BRACKETS)
    levels = accumulate(map(_STEPS.__getitem__, brackets))
    return next(filter(depth.__lt__, levels), None) is not None


def _without_lone_surrogate(escape: re.Match[str]) -> str:
    return "\\ufffd" if escape[1] else escape[0]


def _whole_number(digits: str) -> float:
    if len(digits) > LONGEST_NUMBER:
        return float(digits)
    try:
        return int(digits)
    except ValueError:  # the interpreter was told to convert fewer digits than that
        return float(digits)


_LENIENT = JSONDecoder(parse_int=_whole_number, strict=False)
