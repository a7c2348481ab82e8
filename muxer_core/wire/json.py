"""Lenient JSON: what a server meant, where strict JSON gives up. One place, so that every dialect is equally patient.

Strict decoding is tried first and is the usual end of the matter. Else, in this order: a byte-order mark is dropped, bytes that are not
UTF-8 become U+FFFD, nesting is measured before anything recursive sees it, and then NaN, Infinity, lone surrogates and numbers of any
length are read as Python reads them. Only one exception leaves: `Unreadable`.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

DEPTH = 128
"""Nesting of arrays and objects beyond which a value is refused; no provider's reply comes near it."""

LONGEST_NUMBER = 4_000
"""Digits of a whole number beyond which it is refused: turning digits into a number costs time quadratic in their count."""


class Unreadable(ValueError):
    """The bytes are no JSON that anybody could have meant."""


def depth_of(data: bytes) -> int:
    """The deepest nesting of arrays and objects, by brackets outside strings. Linear.

    >>> depth_of(b'{"a": ["[[["]}')
    2
    """
    depth = deepest = 0
    in_string = escaped = False
    for byte in data:
        if in_string:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                in_string = False
        elif byte == 0x22:
            in_string = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _whole_number(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise Unreadable(f"a number of {len(digits)} digits (limit {LONGEST_NUMBER})")
    return int(digits)


def decode(data: bytes, *, depth: int = DEPTH) -> Any:
    """The value. Raises `Unreadable`, saying why. Of repeated keys the last one wins."""
    if data.count(b"[") + data.count(b"{") > depth and depth_of(data) > depth:
        raise Unreadable(f"nesting deeper than {depth} (limit depth)")
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeError):
        pass
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    try:
        return json.loads(text, parse_int=_whole_number, strict=False)
    except Unreadable:
        raise
    except ValueError as fault:
        raise Unreadable(str(fault)) from None
