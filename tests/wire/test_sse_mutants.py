"""Planted faults: each changes one place of `sse.py`, and the laws must notice every one. A law that lets them live proves nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, Phase, settings

import muxer_core.wire.sse as original
from muxer_core.wire.sse import SseDecoder
from tests.wire.sse_laws import LAWS, Decoder

SOURCE = Path(original.__file__).read_text("utf-8")
EFFORT = settings(
    max_examples=3_000,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)

MUTANTS: dict[str, tuple[str, str]] = {
    "an LF after CR ends a line of its own": ("if data[0] == _LF:", "if False:"),
    "an LF at the start of any read is dropped": ("if self._skip_lf:", "if True:"),
    "CR ends no line": ('.replace(b"\\r", b"\\n")', ""),
    "a CR at the end of a read is forgotten": ("self._skip_lf = text[-1] == _CR", "self._skip_lf = False"),
    "every read of whole events counts as fast": ("if body.count(b\"\\n\") != 2 * len(pieces) - 2:", "if False:"),
    "the fast way takes one LF too many": ("!= 2 * len(pieces) - 2", "> 2 * len(pieces) - 1"),
    "the fast way takes CR": (' or _CR in data:', ":"),
    "the fast way takes what has no end": ('or data[-2:] != b"\\n\\n" ', ""),
    "the fast way begins inside an event": ("self._data is not None or self._event or self._id or self.last_id)", "self._id)"),
    "the fast way forgets a CR": ("held or self._skip_lf or self._data", "held or self._data"),
    "the fast way forgets an id": (" or self._id or self.last_id)", ")"),
    "the fast way forgets an id taken back": (" or self.last_id)", ")"),
    "the fast way forgets where it is": ("            self._line_start = begin + size\n            return", "            return"),
    "the fast way takes events of any size": ("size > self._surely_small or ", ""),
    "the fast way knows no end of the stream": (" or begin + size > self._limits.stream", ""),
    "a byte-order mark is data": ("if data.startswith(_BOM):", "if False:"),
    "a cut byte-order mark is data": ("if len(data) < len(_BOM) and _BOM.startswith(data):", "if False:"),
    "a byte-order mark is dropped anywhere": ("        self._at_start = False\n", ""),
    "an event without data is dispatched": ("if held is not None:\n                    events", "if True:\n                    held = held or b''\n                    events"),
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


def survives(decoder: Decoder) -> bool:
    for law in LAWS:
        try:
            law(decoder, EFFORT)
        except Exception:  # noqa: BLE001 a mutant may fail in any way
            return False
    return True


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_planted_fault_is_found(mutant: str) -> None:
    assert not survives(broken(*MUTANTS[mutant])), mutant


def test_the_unchanged_decoder_survives_the_same_effort() -> None:
    for law in LAWS:
        law(SseDecoder, settings(EFFORT, max_examples=1_000))
