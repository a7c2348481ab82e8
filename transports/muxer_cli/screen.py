"""`Screen`: where a command prints. Formatted on a terminal, plain text when piped, one JSON document (or line) with `--json`.

Text from a model or a server is never trusted on a terminal: its control characters are left out, so that no answer can move the cursor,
set the title or hide itself. In a pipe bytes stay as they are. `NO_COLOR` (no-color.org) switches colours off.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from muxer_core.money import Usd

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

Row = Sequence[str]


class Screen:
    """Prints to `out`, and what went wrong to `err`."""

    def __init__(self, *, as_json: bool = False, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self.as_json = as_json
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self.is_terminal = not as_json and self._out.isatty()
        self._console = Console(file=self._out, highlight=False, soft_wrap=True) if self.is_terminal else None

    def text(self, text: str, style: str = "") -> None:
        """A piece of text, no line end added, shown at once."""
        if self._console is not None:
            self._console.print(Text(_CONTROL.sub("", text), style=style), end="")
        else:
            self._out.write(text)
        self._out.flush()

    def line(self, text: str = "", style: str = "") -> None:
        """A line."""
        self.text(f"{text}\n", style)

    def fact(self, name: str, words: str) -> None:
        """A named fact, in a line."""
        self.text(f"{name}: ", "bold")
        self.line(words)

    def table(self, headings: Row, rows: Sequence[Row]) -> None:
        """A table; piped, its fields are separated by tabs and its headings are the first line."""
        if self._console is None:
            for row in (headings, *rows):
                self.line("\t".join(_CONTROL.sub(" ", field) for field in row))
            return
        table = Table(box=None, pad_edge=False, header_style="bold")
        for heading in headings:
            table.add_column(heading, overflow="fold")
        for row in rows:
            table.add_row(*(Text(_CONTROL.sub("", field)) for field in row))
        self._console.print(table, soft_wrap=False)

    def json(self, value: Any, *, indent: int | None = 2) -> None:
        """A JSON document; with `indent=None`, in one line."""
        self._out.write(json.dumps(value, ensure_ascii=False, indent=indent) + "\n")
        self._out.flush()

    def trouble(self, words: str) -> None:
        """What went wrong, in words, to standard error."""
        self._out.flush()
        self._err.write(_CONTROL.sub("", words) + "\n" if self._err.isatty() else words + "\n")
        self._err.flush()


def dollars(amount: Usd | None) -> str | None:
    """An amount for JSON: exact, as text, without the sign.

    >>> dollars(Usd.parse("0.25"))
    '0.25'
    """
    return None if amount is None else str(amount).replace("$", "", 1)
