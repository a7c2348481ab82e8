"""The gate itself can close: a missing real server, a missed branch and a broken floor each make it fail."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.shared import REPO_ROOT

SKIPS = """
import pytest

@pytest.fixture
def server():
    pytest.skip("no server here")

@pytest.mark.real
def test_real(server): ...

@pytest.mark.real
def test_real_inside():
    pytest.skip("no server here")

def test_other(server): ...
"""


def outcomes(folder: Path, *, require_real: bool) -> str:
    """The closing line of pytest over the planted tests, with this project's conftest."""
    tests = folder / "tests"
    (tests / "support").mkdir(parents=True)
    (tests / "real").mkdir()
    for name in ("conftest.py", "support/real.py"):
        shutil.copy(REPO_ROOT / "tests" / name, tests / name)
    (tests / "test_planted.py").write_text(SKIPS, encoding="utf-8")
    (tests / "real" / "test_whole.py").write_text(
        "import pytest\npytest.importorskip('no_such_module')\n", encoding="utf-8"
    )
    (folder / "pytest.ini").write_text(
        "[pytest]\nmarkers = real\npythonpath = .\naddopts = --import-mode=importlib\n", encoding="utf-8"
    )
    environment = {key: value for key, value in os.environ.items() if key not in {"MUXER_REQUIRE_REAL", "CI"}}
    environment |= {"MUXER_REQUIRE_REAL": "1"} if require_real else {}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--continue-on-collection-errors"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout.splitlines()[-1]


def test_a_missing_server_skips(tmp_path: Path) -> None:
    assert outcomes(tmp_path, require_real=False).startswith("4 skipped")


def test_a_missing_server_fails_where_it_is_required(tmp_path: Path) -> None:
    assert outcomes(tmp_path, require_real=True).startswith("1 failed, 1 skipped, 2 errors")


def floors(folder: Path, **missed_in: int) -> subprocess.CompletedProcess[str]:
    """The floors over a report of one file in each of four rooms (and `values`), with so many of 100 branches missed by room."""
    rooms = ("call", "wire", "routing", "values")
    names = {
        **{room: f"muxer_core/{room}/file.py" for room in rooms},
        "money": "muxer_core/money.py",
        "httpx": "transports/muxer_httpx/a.py",
    }
    files = {
        name: {
            "summary": {
                "covered_lines": 100,
                "num_statements": 100,
                "covered_branches": 100 - missed_in.get(room, 0),
                "num_branches": 100,
            },
            "missing_lines": [],
            "missing_branches": [[number, number + 2] for number in range(1, missed_in.get(room, 0) + 1)],
        }
        for room, name in names.items()
        if missed_in.get(room, 0) >= 0
    }
    report = folder / "coverage.json"
    report.write_text(json.dumps({"files": files}), encoding="utf-8")
    return subprocess.run(
        [sys.executable, REPO_ROOT / ".ci" / "coverage_floors.py", report], capture_output=True, text=True, check=False
    )


def test_full_coverage_passes(tmp_path: Path) -> None:
    assert floors(tmp_path).returncode == 0


@pytest.mark.parametrize("room", ["call", "wire", "money", "routing"])
def test_one_missed_branch_where_none_is_allowed_fails_and_is_listed(tmp_path: Path, room: str) -> None:
    run = floors(tmp_path, **{room: 1})
    assert run.returncode == 1
    assert "branches 1->3" in run.stdout
    assert f"BELOW muxer_core/{room}" in run.stdout


@pytest.mark.parametrize("room", ["values", "httpx"])
def test_elsewhere_a_twentieth_may_be_missed_and_is_listed(tmp_path: Path, room: str) -> None:
    allowed, too_many = floors(tmp_path, **{room: 10}), floors(tmp_path, **{room: 11})
    assert (allowed.returncode, too_many.returncode) == (0, 1)
    assert "branches 1->3, 2->4" in allowed.stdout


def test_a_room_that_was_not_measured_fails(tmp_path: Path) -> None:
    assert floors(tmp_path, wire=-1).returncode == 1
