"""The reader of JSON lines obeys its laws, and the laws find planted faults."""

from __future__ import annotations

import sys
import time
from functools import cache
from pathlib import Path
from random import Random
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

import muxer_core.wire.ndjson as original
from muxer_core.testing.wire import cut, json_texts
from muxer_core.wire.limits import Limits
from muxer_core.wire.ndjson import NdjsonDecoder

Decoder = type[NdjsonDecoder]

SOURCE = Path(original.__file__).read_text("utf-8")


def plain(stream: bytes, limits: Limits) -> tuple[list[bytes], tuple[str, int] | None, list[bytes]]:
    """The lines that have ended, what was crossed, and the line that only the end of the body ends: one byte at a time."""
    lines: list[bytes] = []
    line = b""
    for place, byte in enumerate(stream):
        if place >= limits.stream:
            return lines, ("stream", place), []
        if byte == 10:
            lines += [line.strip()] if line.strip() else []
            line = b""
            continue
        line += bytes([byte])
        if len(line) > limits.line:
            return lines, ("line", place), []
    return lines, None, [line.strip()] if line.strip() else []


def check_says_what_the_form_says(decoder: Decoder, reads: list[bytes], limits: Limits) -> None:
    """Under any cut (law 1), and the same byte at which a limit fails; no bytes raise."""
    stream = b"".join(reads)
    expected = plain(stream, limits)
    for pieces in (reads, [stream], cut(stream, range(len(stream)))):
        under_test = decoder(limits)
        lines = [line for data in pieces for line in under_test.receive_data(data)]
        exceeded = under_test.exceeded
        crossed = None if exceeded is None else (exceeded.limit, exceeded.offset)
        if exceeded is not None:
            assert exceeded.number == getattr(limits, exceeded.limit)
            assert under_test.failure == exceeded.failure()
            assert under_test.receive_data(b"1\n2\n") == []
            assert under_test.exceeded == exceeded
        else:
            assert under_test.failure is None
        assert (lines, crossed, under_test.receive_eof()) == expected
        assert under_test.receive_eof() == []


def check_a_line_appears_with_its_end(decoder: Decoder, stream: bytes) -> None:
    """Promptness (law 1)."""
    under_test = decoder()
    lines: list[bytes] = []
    for place, byte in enumerate(stream):
        lines += under_test.receive_data(bytes([byte]))
        assert lines == plain(stream[: place + 1], Limits())[0]


@st.composite
def line_reads(draw: st.DrawFn) -> list[bytes]:
    """Lines, blank ones among them, with or without CR, sometimes with no end; cut anywhere."""
    texts = st.sampled_from((b"", b" ", b"\r", b"{}", b' {"a":1} ', b"\xff", b"\xef\xbb\xbf1")) | json_texts()
    ends = st.sampled_from((b"\n", b"\r\n", b"\n\n", b"\r"))
    stream = b"".join(draw(texts) + draw(ends) for _ in range(draw(st.integers(0, 5)))) + draw(texts)
    return cut(stream, draw(st.lists(st.integers(0, len(stream)), max_size=6)))


@given(line_reads())
def test_law_1_says_what_the_form_says_under_any_cut(reads: list[bytes]) -> None:
    check_says_what_the_form_says(NdjsonDecoder, reads, Limits())


@given(line_reads(), st.integers(1, 12), st.integers(1, 40))
def test_law_10_a_limit_fails_at_one_byte_under_any_cut(reads: list[bytes], line: int, stream: int) -> None:
    check_says_what_the_form_says(NdjsonDecoder, reads, Limits(line=line, stream=stream))


@given(line_reads())
def test_law_1_a_line_appears_with_its_end(reads: list[bytes]) -> None:
    check_a_line_appears_with_its_end(NdjsonDecoder, b"".join(reads))


def test_a_long_line_in_small_reads_costs_linear_time() -> None:
    decoder = NdjsonDecoder()
    began = time.process_time()
    for _ in range(4_000):
        assert decoder.receive_data(b"x" * 1_000) == []
    assert len(decoder.receive_data(b"\n")[0]) == 4_000_000
    assert time.process_time() - began < 2


MUTANTS: dict[str, tuple[str, str]] = {
    "a cut line is two lines": ("lines[0] = bytes(held) + lines[0]", "pass"),
    "what was held is told twice": ("            held.clear()\n", ""),
    "a blank line is a line": ("            if line:\n", "            if True:\n"),
    "white space is part of a line": ("line = line.strip()  #", "line = line  #"),
    "a line ends with any white space": ('data.split(b"\\n")', "data.splitlines() or [b'']"),
    "a finished line knows no bound": ("            if len(line) > most:", "            if False:"),
    "an unfinished line knows no bound": ("        if len(held) > most:", "        if False:"),
    "a line may be a byte longer": ("            if len(line) > most:", "            if len(line) > most + 1:"),
    "lines are counted without their ends": ("self._line_start += len(line) + 1", "self._line_start += len(line)"),
    "the stream knows no bound": ("data if len(data) <= room else data[:room]", "data"),
    "the stream's end is not told": ("        if len(data) > room:", "        if False:"),
    "a later limit replaces the first": ("        if self.exceeded is None:\n", "        if True:\n"),
    "decoding goes on after a limit": ("        if self.exceeded is not None:\n            return found", ""),
    "the last line is forgotten": ("return [line] if line else []", "return []"),
    "the last line is told twice": ("        self._held.clear()\n        return", "        return"),
    "the last line keeps its white space": ("bytes(self._held).strip()", "bytes(self._held)"),
    "what was held is a line after a limit": (
        "offset)\n            self._held.clear()", "offset)"
    ),
}  # fmt: skip


def broken(old: str, new: str) -> Decoder:
    """The decoder class of the source with one change."""
    assert SOURCE.count(old) == 1, f"the source holds {SOURCE.count(old)} times: {old}"
    module = ModuleType("mutant_of_ndjson")
    sys.modules[module.__name__] = module
    try:
        exec(compile(SOURCE.replace(old, new), "mutant_of_ndjson.py", "exec"), module.__dict__)  # noqa: S102 our own source, changed in one place
    finally:
        del sys.modules[module.__name__]
    decoder: Decoder = module.NdjsonDecoder
    return decoder


@cache
def cases() -> list[tuple[list[bytes], Limits]]:
    chance = Random("a fixed seed: a gate must say the same twice")
    made: list[tuple[list[bytes], Limits]] = []
    for _ in range(600):
        stream = b"".join(
            chance.choice((b"", b" ", b"{}", b" [1] ", b"abcdefgh", b"x\ry"))
            + chance.choice((b"\n", b"\r\n", b"\n\n", b""))
            for _ in range(chance.randint(0, 6))
        )
        edges = [chance.randint(0, len(stream)) for _ in range(chance.randint(0, 4))]
        limits = Limits(line=chance.randint(1, 9), stream=chance.randint(1, 40)) if chance.random() < 0.5 else Limits()
        made.append((cut(stream, edges), limits))
    return made


def survives(decoder: Decoder) -> bool:
    try:
        for reads, limits in cases():
            check_says_what_the_form_says(decoder, reads, limits)
            check_a_line_appears_with_its_end(decoder, b"".join(reads))
    except Exception:  # noqa: BLE001 a mutant may fail in any way
        return False
    return True


@pytest.mark.mutants
@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_planted_fault_is_found(mutant: str) -> None:
    assert not survives(broken(*MUTANTS[mutant])), mutant


@pytest.mark.mutants
def test_the_unchanged_decoder_survives_the_same_effort() -> None:
    assert survives(NdjsonDecoder)
