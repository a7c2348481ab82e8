"""Planted faults: each changes one place of `sse.py`, and the laws must notice every one. A law that lets them live proves nothing."""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path
from random import Random
from types import ModuleType

import pytest

import muxer_core.wire.sse as original
from muxer_core.testing.wire import cut
from muxer_core.wire.limits import Limits
from muxer_core.wire.sse import SseDecoder
from tests.wire.sse_laws import (
    HARD_READS,
    Decoder,
    check_a_limit_fails_at_one_byte,
    check_an_event_appears_with_its_last_byte,
    check_says_what_the_standard_says,
)

pytestmark = pytest.mark.mutants

SOURCE = Path(original.__file__).read_text("utf-8")
CASES = 8_000
BYTES = (b"\n", b"\r", b":", b" ", b"d", b"\0", b"\xef")
TEXTS = (b"", b"x", b"  x", b": y", b"a\rb", b"\xff", b"\0", "…".encode(), b"data: z")
LINES = (
    *(b"data:", b"data", b"event: e", b"event: \xff", b"id: 1", b"id:", b"id: \0", b": c", b"x"),
    *(b"retry: 7", b"retry: 9x", b"retry: " + b"9" * 14),
)

MUTANTS: dict[str, tuple[str, str]] = {
    "an LF after CR ends a line of its own": ("if data[0] == _LF:", "if False:"),
    "an LF at the start of any read is dropped": ("if self._skip_lf:", "if True:"),
    "CR ends no line": ('.replace(b"\\r", b"\\n")', ""),
    "a CR at the end of a read is forgotten": ("self._skip_lf = text[-1] == _CR", "self._skip_lf = False"),
    "every read of whole events counts as fast": ('if body.count(b"\\n") != 2 * len(pieces) - 2:', "if False:"),
    "the fast way takes one LF too many": ("!= 2 * len(pieces) - 2", "> 2 * len(pieces) - 1"),
    "the fast way takes CR": (" or _CR in data:", ":"),
    "the fast way takes what has no end": ('if data[-2:] != b"\\n\\n" or ', "if "),
    "the fast way of a name takes CR": ("            or _CR in data\n", ""),
    "the fast way of a name takes fewer lines": ("len(lines) != 4", "False"),
    "the fast way of a name takes any second line": ('            or lines[1][:6] != b"data: "\n', ""),
    "the fast way of a name takes a third line": ("            or lines[2]\n", ""),
    "the fast way of a name takes what has no end": ("            or lines[3]\n", ""),
    "the fast way of a name takes events of any size": ("            or size > self._surely_small\n", ""),
    "the fast way of a name knows no end of the stream": ("            or self._line_start + size > self._limits.stream\n", ""),
    "the fast way of a name forgets where it is": ("        self._line_start += size\n", ""),
    "the fast way of a name raises": ('lines[0][7:].decode("utf-8", "replace")', 'lines[0][7:].decode("utf-8")'),
    "the fast way begins inside an event": ("self._data is not None or self._event or self._id or self.last_id)", "self._id)"),
    "the fast way forgets an id": (" or self._id or self.last_id)", ")"),
    "the fast way forgets an id taken back": (" or self.last_id)", ")"),
    "the fast way forgets where it is": ("            self._line_start = begin + size\n            return", "            return"),
    "the fast way takes events of any size": ("size > self._surely_small or ", ""),
    "the fast way knows no end of the stream": (" or begin + size > self._limits.stream", ""),
    "a byte-order mark is data": ("if data.startswith(_BOM):", "if False:"),
    "a cut byte-order mark is data": ("if len(data) < len(_BOM) and _BOM.startswith(data):", "if False:"),
    "a byte-order mark is dropped anywhere": ("        self._at_start = False\n", ""),
    "an event without data is dispatched": ("if held is not None:\n                    events", "if True:\n                    events"),
    "an event with empty data is discarded": ("if held is not None:\n                    events", "if held:\n                    events"),
    "a type outlives its event": ('                self._event = ""\n                self.last_id', "                self.last_id"),
    "all spaces after the colon are dropped": ("                    value = value[1:]", "                    value = value.lstrip()"),
    "the space after the colon is kept": ('if value[:1] == b" ":', "if False:"),
    "data lines are glued": ('held += b"\\n"\n', 'held += b""\n'),
    "an id may hold NUL": ('if b"\\0" not in value:', "if True:"),
    "a reconnection time may be cut short": ("value.isdigit() and len(value) <= _MOST_DIGITS", "value[:1].isdigit()"),
    "the id of a cut event counts": ("                self._id = value", "                self.last_id = self._id = value"),
    "a long line fails a byte late": ("if len(line) > most:", "if len(line) > most + 1:"),
    "an unfinished long line is waited for": ("if len(held) > self._limits.line:", "if False:"),
    "a limit fails at the start of the read": ("start + column)", "column)"),
    "the line of a limit is counted wrong": ("index - 1, None)", "index, None)"),
    "data is unbounded": ("if len(held) > most_data:", "if False:"),
    "the stream may be one byte longer": ("if len(data) <= room:", "if len(data) <= room + 1:"),
    "a later limit replaces the first": ("if self.exceeded is None:\n", "if True:\n"),
    "decoding goes on after a limit": ("or self.exceeded is not None:\n            return", "or False:\n            return"),
    "a comment is the beginning of an event": (' and not self._line.startswith(b":"))', ")"),
    "a bad byte in a type raises": ('self._event = value.decode("utf-8", "replace")', 'self._event = value.decode("utf-8")'),
}  # fmt: skip


def broken(old: str, new: str) -> Decoder:
    """The decoder class of the source with one change."""
    assert SOURCE.count(old) == 1, f"the source holds {SOURCE.count(old)} times: {old}"
    module = ModuleType("mutant_of_sse")
    sys.modules[module.__name__] = module  # msgspec looks annotations up there
    try:
        exec(compile(SOURCE.replace(old, new), "mutant_of_sse.py", "exec"), module.__dict__)  # noqa: S102 our own source, changed in one place
    finally:
        del sys.modules[module.__name__]
    decoder: Decoder = module.SseDecoder
    return decoder


def some_stream(chance: Random) -> bytes:
    """Well formed, plain, named or mixed, with up to two bytes edited; sometimes ended too early."""
    kind = chance.random()
    if kind < 0.3:
        names, rests = (b"e", b"", b"\xff"), (b"\n", b"\n", b"\n", b"data: z\n\n", b"id: 1\n\n")
        stream = b"".join(
            b"event: " + chance.choice(names) + b"\ndata: " + chance.choice(TEXTS) + b"\n" + chance.choice(rests)
            for _ in range(chance.randint(1, 5))
        )
    elif kind < 0.6:
        stream = b"".join(b"data: " + chance.choice(TEXTS) + b"\n\n" for _ in range(chance.randint(1, 5)))
    else:
        stream = b"\xef\xbb\xbf" if chance.random() < 0.2 else b""
        usual = chance.choice((b"\n", b"\r", b"\r\n"))
        for _ in range(chance.randint(1, 10)):
            line = chance.choice((b"", b"data: " + chance.choice(TEXTS), chance.choice(LINES)))
            stream += line + (usual if chance.random() < 0.8 else chance.choice((b"\n", b"\r", b"\r\n")))
    for _ in range(chance.randint(0, 2)):
        place = chance.randint(0, len(stream))
        stream = stream[:place] + chance.choice(BYTES) + stream[place + chance.randint(0, 1) :]
    return stream[: chance.randint(0, len(stream))] if chance.random() < 0.2 else stream


def some_reads(chance: Random, stream: bytes) -> list[bytes]:
    """One event a read, or cut at a few edges of lines, give or take a byte."""
    if chance.random() < 0.4:
        return cut(stream, [found.end() for found in re.finditer(b"\n\n", stream)])
    edges = [found.end() for found in re.finditer(b"[\r\n]", stream)] or [0]
    return cut(stream, [chance.choice(edges) + chance.randint(-1, 1) for _ in range(chance.randint(0, 4))])


@cache
def cases() -> list[tuple[list[bytes], Limits]]:
    chance = Random("a fixed seed: a gate must say the same twice")
    made = [(reads, Limits()) for reads in HARD_READS]
    for _ in range(CASES):
        reads = some_reads(chance, some_stream(chance))
        made.append(
            (reads, Limits(line=chance.randint(3, 24), event=chance.randint(1, 24), stream=chance.randint(1, 80)))
        )
    return made


def survives(decoder: Decoder) -> bool:
    try:
        for number, (reads, limits) in enumerate(cases()):
            check_says_what_the_standard_says(decoder, reads)
            check_a_limit_fails_at_one_byte(decoder, reads, limits)
            if number % 8 == 0:
                check_an_event_appears_with_its_last_byte(decoder, b"".join(reads))
    except Exception:  # noqa: BLE001 a mutant may fail in any way
        return False
    return True


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_planted_fault_is_found(mutant: str) -> None:
    assert not survives(broken(*MUTANTS[mutant])), mutant


def test_the_unchanged_decoder_survives_the_same_effort() -> None:
    assert survives(SseDecoder)
