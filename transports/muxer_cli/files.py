"""Reads configuration files, TOML or YAML (JSON is YAML), into a mapping and the line on which each path stands.

tomllib tells no lines, so `toml_lines` finds them by the form of the text; inside a value that spans lines or tables, a path takes the line
of what it stands in. Dates become text, since a configuration has no other use for them.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

from muxer_core.config.problems import ConfigError, Problem, inside

YAML_SUFFIXES = (".yaml", ".yml", ".json")

_KEY = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_DOTTED = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_TABLE = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]\]?\s*(?:#.*)?")
_ASSIGNMENT = re.compile(rf"\s*({_DOTTED})\s*=\s*(.*)")
_PART = re.compile(_KEY)
_TOML_LINE = re.compile(r"(.*) \(at line (\d+), column \d+\)", re.DOTALL)


class ConfigFile(NamedTuple):
    """What stands in a file, and on which lines."""

    mapping: Mapping[str, Any]
    lines: dict[str, int]


def read_config_file(path: Path) -> ConfigFile:
    """Read a file. Raises `ConfigError` when it cannot be read, with the line where that is known."""
    text = read_text(path)
    try:
        if path.suffix == ".toml":
            return _read_toml(text)
        if path.suffix in YAML_SUFFIXES:
            return _read_yaml(text)
    except RecursionError:
        raise ConfigError([Problem("", f"{path} is nested too deeply")]) from None
    raise ConfigError([Problem("", f"{path}: a configuration ends in .toml, {', '.join(YAML_SUFFIXES)}")])


def read_text(path: Path) -> str:
    """The text of a file. Raises `ConfigError` when it cannot be read or is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError([Problem("", f"cannot read {path}: {error.strerror or error}")]) from None
    except UnicodeDecodeError as error:
        raise ConfigError([Problem("", f"{path} is not UTF-8 text (byte {error.start})")]) from None


def _read_toml(text: str) -> ConfigFile:
    try:
        mapping = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _TOML_LINE.fullmatch(str(error))
        raise ConfigError([Problem("", found[1], int(found[2])) if found else Problem("", str(error))]) from None
    return ConfigFile(cast("Mapping[str, Any]", _plain(mapping)), toml_lines(text))


def toml_lines(text: str) -> dict[str, int]:
    """The line, from 1, of each table and key of a TOML text that is known to be right."""
    lines: dict[str, int] = {}
    arrays: dict[str, int] = {}
    table = ""
    closing = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if closing:
            closing = "" if closing in line else closing
        elif header := _TABLE.fullmatch(line):
            table = _path("", header[2], arrays)
            if header[1] == "[[":
                arrays[table] = arrays.get(table, -1) + 1
                table = f"{table}[{arrays[table]}]"
            lines.setdefault(table, number)
        elif assignment := _ASSIGNMENT.match(line):
            lines.setdefault(_path(table, assignment[1], arrays), number)
            opening = assignment[2][:3]
            if opening in ('"' * 3, "'" * 3) and opening not in assignment[2][3:]:
                closing = opening
    return lines


def _path(table: str, dotted: str, arrays: Mapping[str, int]) -> str:
    """A dotted key below a table, as the path that problems use; a table of an array is its latest member."""
    path = table
    parts = _PART.findall(dotted)
    for position, part in enumerate(parts):
        key: str = tomllib.loads(f"{part} = 0").popitem()[0]
        path = inside(path, key)
        if path in arrays and position < len(parts) - 1:
            path = f"{path}[{arrays[path]}]"
    return path


def _read_yaml(text: str) -> ConfigFile:
    import yaml  # noqa: PLC0415 only here, so that a TOML file needs no PyYAML

    try:
        mapping = yaml.safe_load(text)
        lines: dict[str, int] = {}
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is not None:
            _yaml_lines(node, "", lines)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else None
        raise ConfigError([Problem("", str(error.problem or error), line)]) from None
    except yaml.YAMLError as error:
        raise ConfigError([Problem("", str(error))]) from None
    except ValueError as error:  # a date or a number in form, but not in fact
        raise ConfigError([Problem("", f"holds a value that cannot be: {error}")]) from None
    if not isinstance(mapping, Mapping):
        raise ConfigError([Problem("", "a configuration is a table of keys and values, and this file is none")])
    return ConfigFile(cast("Mapping[str, Any]", _plain(cast("object", mapping))), lines)


def _yaml_lines(node: Any, path: str, lines: dict[str, int]) -> None:
    if node.id == "mapping":
        for key, value in node.value:
            below = inside(path, str(key.value))
            line = key.start_mark.line + 1
            if below in lines:
                raise ConfigError([Problem(below, f"stands here again, after line {lines[below]}", line)])
            lines[below] = line
            _yaml_lines(value, below, lines)
    elif node.id == "sequence":
        for number, value in enumerate(node.value):
            below = f"{path}[{number}]"
            lines[below] = value.start_mark.line + 1
            _yaml_lines(value, below, lines)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in cast("Mapping[object, object]", value).items()}
    if isinstance(value, list):
        return [_plain(one) for one in cast("list[object]", value)]
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return value
