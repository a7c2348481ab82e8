"""`ConfigError` and the list behind it: every problem of a configuration, each with its place, all found in one reading.

A place is a dotted path as in TOML (`deployments[0].weight`). Values are shown only where they cannot be secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import msgspec

from muxer_core.values.errors import InvalidRequest, LocalProtocolError

_BARE = re.compile(r"[A-Za-z0-9_-]+")


class Problem(msgspec.Struct, frozen=True, gc=False):
    """Something that cannot be right. `path` is its place, `line` its line in the file (from 1), where that is known."""

    path: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        """The place, then what is wrong there."""
        line = "" if self.line is None else f"line {self.line}: "
        return f"{line}{self.path}: {self.message}" if self.path else f"{line}{self.message}"


class ConfigError(LocalProtocolError, ValueError):
    """A configuration cannot be used. `problems` holds all that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def inside(path: str, key: str) -> str:
    """The path of a key below `path`; a key that is not a bare word stands in quotes.

    >>> inside("models", "gpt-4.1")
    'models."gpt-4.1"'
    """
    written = key if _BARE.fullmatch(key) else '"{}"'.format(key.replace("\\", "\\\\").replace('"', '\\"'))
    return f"{path}.{written}" if path else written


class Problems:
    """Collects problems while a configuration is read. `lines` maps paths to line numbers; a path that is not in it takes its parent's."""

    __slots__ = ("_lines", "found")

    def __init__(self, lines: Mapping[str, int] | None = None) -> None:
        self.found: list[Problem] = []
        self._lines = lines or {}

    def add(self, path: str, message: str) -> None:
        """Note a problem."""
        self.found.append(Problem(path, message, self.line_of(path)))

    def add_invalid(self, path: str, error: InvalidRequest) -> None:
        """Note what a value of ours said about itself; its own field names the end of the path."""
        self.add(path, error.problem)

    def line_of(self, path: str) -> int | None:
        """The line of a path or of the nearest table around it."""
        while path:
            if path in self._lines:
                return self._lines[path]
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return None

    def raise_any(self) -> None:
        """Raise `ConfigError` if anything was noted, in the order of the file where lines are known."""
        if self.found:
            raise ConfigError(sorted(self.found, key=lambda one: one.line or 0))
