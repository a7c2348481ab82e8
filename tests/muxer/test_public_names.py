"""The names of the package: all there, all from the rooms that type checkers are told, and loaded no sooner than they are asked for."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import muxer_core

SOURCE = Path(muxer_core.__file__).read_text(encoding="utf-8")


def test_every_public_name_can_be_had() -> None:
    for name in muxer_core.__all__:
        assert getattr(getattr(muxer_core, name), "__name__", name) == name
        assert name in dir(muxer_core)


def test_type_checkers_are_told_the_truth() -> None:
    told = {
        alias.name: str(node.module).removeprefix("muxer_core.")
        for node in ast.walk(ast.parse(SOURCE))
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("muxer_core.")
        for alias in node.names
    }
    assert told == muxer_core._ROOMS
    assert sorted(told) == sorted(muxer_core.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Mixer'"):
        _ = muxer_core.Mixer


def test_nothing_is_loaded_before_it_is_asked_for() -> None:
    program = "import sys, muxer_core; print(sum(name.startswith('muxer_core.') for name in sys.modules))"
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "0"
