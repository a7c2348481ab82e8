"""The floors of the house: import-linter's contracts in `pyproject.toml` hold, name every package, and would catch a breach."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.shared import REPO_ROOT

PROJECT = tomllib.loads((REPO_ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    """import-linter with the contracts and the sources of `root`."""
    code = "import sys; sys.path[:0] = ['.', 'transports']; from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", code, "--no-cache", "--no-logo"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )


@pytest.fixture
def copied_house(tmp_path: Path) -> Path:
    shutil.copy(REPO_ROOT / "pyproject.toml", tmp_path)
    for folder in ("muxer_core", "transports"):
        shutil.copytree(REPO_ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_floors_hold() -> None:
    run = lint_imports(REPO_ROOT)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize(
    ("file", "breach"),
    [
        ("muxer_core/values/planted.py", "import muxer_core.wire"),
        ("muxer_core/wire/planted.py", "import muxer_core.catalog"),
        ("muxer_core/call/planted.py", "import muxer_core.muxer"),
        ("muxer_core/dialects/planted.py", "import muxer_core.routing"),
        ("muxer_core/call/planted.py", "import muxer_httpx"),
        ("muxer_core/call/planted.py", "import asyncio"),
        ("muxer_core/attic/__init__.py", ""),
        ("transports/muxer_drivers/planted.py", "import httpx"),
        ("transports/muxer_drivers/planted.py", "import muxer_httpx"),
    ],
)
def test_a_planted_breach_is_found(copied_house: Path, file: str, breach: str) -> None:
    planted = copied_house / file
    planted.parent.mkdir(exist_ok=True)
    planted.write_text(f"{breach}\n", encoding="utf-8")
    run = lint_imports(copied_house)
    assert run.returncode != 0
    assert planted.parent.name in run.stdout + run.stderr


def test_a_planted_circle_is_found(copied_house: Path) -> None:
    for one, other in (("planted", "lure"), ("lure", "planted")):
        (copied_house / f"muxer_core/call/{one}.py").write_text(f"import muxer_core.call.{other}\n", encoding="utf-8")
    run = lint_imports(copied_house)
    assert run.returncode != 0
    assert "No circles between rooms BROKEN" in run.stdout


def test_every_package_under_transports_is_watched_typed_and_forbidden_to_the_core() -> None:
    packages = {path.parent.name for path in (REPO_ROOT / "transports").glob("*/__init__.py")}
    linter = PROJECT["tool"]["importlinter"]
    by_name = {contract["name"]: contract for contract in linter["contracts"]}
    assert packages < set(linter["root_packages"])
    assert packages < set(
        by_name["The core knows no adapter and no library that touches the world"]["forbidden_modules"]
    )
    assert packages <= set(PROJECT["tool"]["ruff"]["lint"]["isort"]["known-first-party"])
    assert [name for name in sorted(packages) if not (REPO_ROOT / "transports" / name / "py.typed").exists()] == []
    assert (REPO_ROOT / "muxer_core" / "py.typed").exists()
