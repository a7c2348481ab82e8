"""Arguments of a call that come in pieces (`functionCall.partialArgs`, Vertex AI with `streamFunctionCallArguments`) -> JSON text.

Each piece names its place by a JSON path (`$.operations[0].action`) and brings a value, or a part of a text that goes on
(`willContinue`). Pieces come in the order of a document, so that the text can grow with them: every piece becomes the text that it adds.
A piece for a place that is closed already cannot be said in text that was delivered: `OutOfOrder`.

Source: google-genai 3.6.1, `PartialArg`, November 2026, and recorded streams.
"""

from __future__ import annotations

import json
import re
from typing import Any

from muxer_core.dialects.json_text import is_object

MAX_DEPTH = 64
"""The deepest place that a piece may name."""

_STEP = re.compile(r"""\.([^.\[\]]+)|\[(\d{1,9})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]""")
_UNESCAPED = re.compile(r"\\(.)")

Step = str | int


class OutOfOrder(Exception):
    """A piece that cannot be joined to what was told before it; the message says why."""


def steps_of(path: Any) -> tuple[Step, ...]:
    """The steps of a JSON path. Raises `OutOfOrder` for what is none.

    >>> steps_of("$.operations[0]['the action']")
    ('operations', 0, 'the action')
    """
    if not isinstance(path, str) or not path.startswith("$"):
        raise OutOfOrder("a piece of a call's arguments names no place")
    steps: list[Step] = []
    at = 1
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None or len(steps) == MAX_DEPTH:
            raise OutOfOrder("a piece of a call's arguments names a place that cannot be read")
        name, index, quoted, double = found.groups()
        if index is not None:
            steps.append(int(index))
        else:
            steps.append(name if name is not None else _UNESCAPED.sub(r"\1", quoted if quoted is not None else double))
        at = found.end()
    if not steps or isinstance(steps[0], int):
        raise OutOfOrder("a piece of a call's arguments names no argument")
    return tuple(steps)


class PartialArguments:
    """The arguments of one call so far. `_at` is the place of the last value, `_text` says that its text goes on."""

    __slots__ = ("_at", "_text")

    def __init__(self) -> None:
        self._at: tuple[Step, ...] = ()
        self._text = False

    def add(self, piece: Any) -> str:
        """The text that a piece adds. Raises `OutOfOrder`."""
        if not is_object(piece):
            raise OutOfOrder("a piece of a call's arguments is no object")
        steps = steps_of(piece.get("jsonPath"))
        goes_on = piece.get("willContinue") is True
        text = piece.get("stringValue")
        added: list[str] = []
        if self._text and steps == self._at:
            added.append(json.dumps(text, ensure_ascii=False)[1:-1] if isinstance(text, str) else "")
        else:
            added.append(self._open(steps))
            if isinstance(text, str):
                added.append(json.dumps(text, ensure_ascii=False)[:-1])
                self._text = True
            else:
                value = piece.get("numberValue", piece.get("boolValue"))
                added.append(json.dumps(value, ensure_ascii=False))
        if self._text and not goes_on:
            added.append('"')
            self._text = False
        return "".join(added)

    def close(self) -> str:
        """The text that ends the arguments."""
        text = '"' if self._text else ""
        self._text = False
        if not self._at:
            return f"{text}{{}}"
        text += "".join("]" if isinstance(step, int) else "}" for step in reversed(self._at))
        return text

    def _open(self, steps: tuple[Step, ...]) -> str:
        """Close what the new place is not in, and open what it is in."""
        text = '"' if self._text else ""
        self._text = False
        at = self._at
        if not at:
            opened = "{"
            common = 0
        else:
            common = next(
                (place for place, (old, new) in enumerate(zip(at, steps, strict=False)) if old != new),
                min(len(at), len(steps)),
            )
            if common in (len(at), len(steps)):
                raise OutOfOrder("a call's argument is told twice, or inside a value that is no container")
            old, new = at[common], steps[common]
            if isinstance(old, int) != isinstance(new, int) or (isinstance(new, int) and new != int(old) + 1):
                raise OutOfOrder("the pieces of a call's arguments are out of order")
            opened = "".join("]" if isinstance(step, int) else "}" for step in reversed(at[common + 1 :])) + ","
        for depth in range(common, len(steps)):
            step = steps[depth]
            if depth > common:
                opened += "[" if isinstance(step, int) else "{"
                if isinstance(step, int) and step != 0:
                    raise OutOfOrder("the pieces of a call's arguments are out of order")
            if isinstance(step, str):
                opened += json.dumps(step, ensure_ascii=False) + ":"
        self._at = steps
        return text + opened
