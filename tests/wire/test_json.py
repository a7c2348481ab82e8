"""Lenient JSON: equal to strict JSON where that reads anything, one exception, no lone surrogate, bounded nesting."""

from __future__ import annotations

import json
import math
import sys
import time
from typing import Any, TypeAlias, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.testing.wire import json_texts, json_values
from muxer_core.wire import json as lenient
from muxer_core.wire.json import DEPTH, LONGEST_NUMBER, Unreadable, decode

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

BOM = b"\xef\xbb\xbf"


def same(one: Any, other: Any) -> bool:
    """Equal in type and value all the way down; NaN equals NaN, and 0.0 is not -0.0."""
    return repr(one) == repr(other)


def strictly(data: bytes) -> tuple[bool, Any]:
    try:
        return True, msgspec.json.decode(data)
    except (msgspec.MsgspecError, ValueError):
        return False, None


@given(json_texts())
def test_both_readings_are_equal_where_strict_json_reads(data: bytes) -> None:
    """The differential property: a byte-order mark forces the lenient reading of the same text."""
    readable, value = strictly(data)
    if readable:
        assert same(decode(data), value)
        assert same(decode(BOM + data), value)


@given(json_values())
def test_what_python_writes_is_read_back(value: object) -> None:
    assert same(decode(json.dumps(value).encode()), value)
    assert same(decode(BOM + json.dumps(value, ensure_ascii=False).encode()), value)


@given(
    json_texts()
    | st.binary(max_size=30)
    | st.lists(st.sampled_from(b'[]{}",:\\u1d8cNaI-e. \xff'), max_size=30).map(bytes)
)
def test_any_bytes_give_a_value_or_unreadable(data: bytes) -> None:
    try:
        value = decode(data)
    except Unreadable:
        return
    # All text can be written again. `allow_nan` is json's default.
    json.dumps(value, ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (BOM + b'{"a": 1}', {"a": 1}),
        (b"\n         \n {}\n", {}),
        (b" \r\n\t" + BOM + b"1 ", 1),
        (b"NaN", math.nan),
        (b"[Infinity, -Infinity]", [math.inf, -math.inf]),
        (b'"\\ud83d"', "\ufffd"),
        (b'"\\uDE00 x"', "\ufffd x"),
        (b'"\\ud83d\\ud83d\\ude00"', "\ufffd😀"),
        (b'{"\\ud800": "\\ud83d\\ude00"}', {"\ufffd": "😀"}),
        (b'["\\\\ud800", "\\ud800"]', ["\\ud800", "\ufffd"]),
        (b'["\\\\\\ud800"]', ["\\\ufffd"]),
        (b'"a\xffb"', "a\ufffdb"),
        (b'"\xed\xa0\x80"', "\ufffd\ufffd\ufffd"),
        (b'"a\tb\nc"', "a\tb\nc"),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (BOM + b'{"a": 1, "a": 2}', {"a": 2}),
        (b"1000000000000000000", 10**18),
        (b"9223372036854775808", 2**63),
        (b"[-9223372036854775809, 18446744073709551616]", [-(2**63) - 1, 2**64]),
        (b"9" * LONGEST_NUMBER, int("9" * LONGEST_NUMBER)),
        (BOM + b"9" * LONGEST_NUMBER, int("9" * LONGEST_NUMBER)),
        (b"9" * (LONGEST_NUMBER + 1), math.inf),
        (b'{"usage": -%b}' % (b"9" * 100_000), {"usage": -math.inf}),
        (b"1e400", math.inf),
        (b"1.5", 1.5),
        (b"-0", 0),
        (BOM + b"-0", 0),
        (b"-0.0", -0.0),
    ],
)
def test_an_indulgence(data: bytes, value: Any) -> None:
    assert same(decode(data), value)


@pytest.mark.parametrize(
    "data", [b"", b" ", BOM, b"{", b"nul", b"01", b"1 2", b"{'a': 1}", b'{"a": 1,}', b'"', b'"\\', b"<html>", b"\0"]
)
def test_what_nobody_could_have_meant_is_unreadable(data: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        decode(data)
    assert caught.value.limit is None


def test_the_fault_shows_none_of_the_bytes() -> None:
    with pytest.raises(Unreadable) as caught:
        decode(b'{"api_key": "sk-secret" oops}')
    assert str(caught.value) == "Expecting ',' delimiter: line 1 column 25 (char 24)"
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"[": '])
@pytest.mark.parametrize("prefix", [b"", BOM])
def test_nesting_is_bounded_at_exactly_the_limit(opening: bytes, prefix: bytes) -> None:
    closing = {b"[": b"]", b'{"a":': b"}", b'[{"[": ': b"}]"}[opening]
    times = 10
    levels = times * (opening.count(b"[{") + 1)
    data = prefix + opening * times + b"1" + closing * times
    assert decode(data, depth=levels) == decode(data)
    with pytest.raises(Unreadable, match=rf"deeper than {levels - 1} \(limit depth\)") as caught:
        decode(data, depth=levels - 1)
    assert caught.value.limit == "depth"


@given(json_values(), st.integers(1, 4))
def test_nesting_is_counted_by_values_and_not_by_brackets_in_text(value: object, depth: int) -> None:
    def height(inner: Json) -> int:
        if isinstance(inner, dict):
            return 1 + max(map(height, inner.values()), default=0)
        return 1 + max(map(height, inner), default=0) if isinstance(inner, list) else 0

    data = json.dumps([value, '[[[["\\'], ensure_ascii=False).encode()
    if height([cast("Json", value)]) > depth:
        with pytest.raises(Unreadable):
            decode(data, depth=depth)
    else:
        assert same(decode(data, depth=depth), [value, '[[[["\\'])


@pytest.mark.parametrize(
    "data", [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000, BOM + b"[" * 100_000]
)
def test_nesting_a_hundred_thousand_deep_is_a_crossed_limit(data: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        decode(data)
    assert caught.value.limit == "depth"


def test_a_limit_deeper_than_the_stack_is_no_other_exception() -> None:
    """Whoever allows more nesting than the interpreter can follow gets the same answer at the interpreter's own bound."""
    for data in (b"[" * 100_000 + b"]" * 100_000, BOM + b'{"a":' * 100_000 + b"1" + b"}" * 100_000):
        with pytest.raises(Unreadable, match="what is left of the stack") as caught:
            decode(data, depth=1_000_000)
        assert caught.value.limit == "depth"


@pytest.mark.parametrize("unit", [b'"\\"', b'"', b"\\", b"[]", b'"\\ud800"', b"\\ud800", b"[", b"{}"])
def test_measuring_and_mending_are_linear(unit: bytes) -> None:
    def seconds(size: int) -> float:
        data = b"[" * (DEPTH - 1) + unit * (size // len(unit))
        begin = time.process_time()
        with pytest.raises(Unreadable):
            decode(data)
        return time.process_time() - begin

    ratios: list[float] = []
    for _ in range(5):
        ratios.append(seconds(400_000) / max(seconds(100_000), 1e-4))
        if ratios[-1] < 9:
            return
    pytest.fail(f"four times the bytes took {ratios} times as long")


def test_an_interpreter_told_to_convert_fewer_digits_changes_no_kind_of_answer() -> None:
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    try:
        assert decode(b"1" * 640) == int("1" * 640)
        assert decode(b"1" * 641) == math.inf
    finally:
        sys.set_int_max_str_digits(before)


def test_the_limit_is_the_house_s() -> None:
    from muxer_core.wire.limits import Limits

    assert Limits().depth == lenient.DEPTH
