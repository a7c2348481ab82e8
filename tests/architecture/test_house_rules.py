"""Rules about the text of the project that no linter checks: sizes, words that must not appear, and escapes that need a reason."""

from __future__ import annotations

import io
import re
import subprocess
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.support.shared import REPO_ROOT

MOST_LINES = 400
MOST_DRIVER_LINES = 150

LONG_FILES: dict[str, str] = {
    "muxer_core/catalog/prices_data.py": "generated data, one line a rate",
    "muxer_core/call/machine.py": "one machine over one state; what can stand alone (tables, policies, money, sizing, answers) does",
    "tests/call/test_machine.py": "the machine's scenarios, one after the other, on one page",
}
"""Files with more than 400 lines, each with the reason why it is better whole."""

DRIVERS = ("sync_driver", "asyncio_driver", "trio_driver")

# Written in pieces, because this file may not contain them either.
_MACHINE_PATH = re.compile(r"(?<![\w./~-])/(?:work|root|" + r"tmp|home/\w+)/")
_REGISTRY_HOST = re.compile(
    "|".join(("py" + r"pi\.org", "python" + r"hosted\.org", "registry\\." + "npmjs", "deb" + r"\.debian\.org"))
)
_WORKPLACE = re.compile("|".join((r"\." + "library/", "issues " + "show", r"\bC" + r"EO\b", "/opt/" + "pypi")))

_EXCUSES = {
    # what the comment must look like, in whole, if it contains the key
    "type: ignore": re.compile(r"# type: ignore\[[\w-]+(, ?[\w-]+)*\]  # \S.*"),
    "pyright: ignore": re.compile(r"# pyright: ignore\[\w+(, ?\w+)*\]  # \S.*"),
    "noqa": re.compile(r"# noqa: [A-Z]+\d+(, ?[A-Z]+\d+)* \S.*|# noqa: [A-Z]+\d+(, ?[A-Z]+\d+)*  # \S.*"),
    "pragma: no": re.compile(r"(?!)"),
}


@cache
def project_files() -> tuple[Path, ...]:
    """The files of the project: those git tracks or would track; without git, all that are not hidden."""
    git = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPO_ROOT,
        capture_output=True,
        check=False,
    )
    if git.returncode == 0:
        names = git.stdout.decode().split("\0")
        return tuple(path for name in sorted(names) if name and (path := REPO_ROOT / name).is_file())
    return tuple(
        path
        for path in sorted(REPO_ROOT.rglob("*"))
        if path.is_file() and not any(p.startswith(".") for p in path.parts)
    )


def python_files() -> list[Path]:
    return [path for path in project_files() if path.suffix == ".py"]


def name_of(path: Path) -> str:
    return path.relative_to(REPO_ROOT).as_posix()


def lines_of(path: Path) -> Iterator[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    yield from enumerate(text.splitlines(), start=1)


def bad_excuses(source: str) -> list[tuple[int, str]]:
    """Comments that silence a tool without saying which rule, or without saying why."""
    found: list[tuple[int, str]] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            found.extend(
                (token.start[0], token.string)
                for key, form in _EXCUSES.items()
                if re.match(rf"#\s*{key}", token.string) and not form.fullmatch(token.string)
            )
    return found


def test_long_files_are_listed_with_a_reason() -> None:
    long = {name_of(path): sum(1 for _ in lines_of(path)) for path in python_files()}
    long = {name: lines for name, lines in long.items() if lines > MOST_LINES}
    assert {name: lines for name, lines in long.items() if name not in LONG_FILES} == {}
    assert [name for name in LONG_FILES if name not in long] == [], "no longer long: take it off the list"
    assert all(LONG_FILES.values())


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_driver_stays_small(driver: str) -> None:
    """A driver carries out commands. When it needs more room than this, it has begun to decide."""
    path = REPO_ROOT / "transports" / "muxer_drivers" / f"{driver}.py"
    assert sum(1 for _ in lines_of(path)) <= MOST_DRIVER_LINES


@pytest.mark.parametrize(
    "forbidden", [_MACHINE_PATH, _REGISTRY_HOST, _WORKPLACE], ids=["machine path", "registry host", "workplace"]
)
def test_no_file_names_where_it_was_written(forbidden: re.Pattern[str]) -> None:
    found = [
        f"{name_of(path)}:{number}: {line.strip()[:120]}"
        for path in project_files()
        for number, line in lines_of(path)
        if forbidden.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("forbidden", "text"),
    [
        (_MACHINE_PATH, 'open("' + "/wo" + 'rk/main/x")'),
        (_MACHINE_PATH, "see /ro" + "ot/.venv"),
        (_REGISTRY_HOST, "https://py" + "pi.org/simple"),
        (_REGISTRY_HOST, "https://files.python" + "hosted.org/x"),
        (_WORKPLACE, "run issues " + "show 2"),
    ],
)
def test_a_planted_word_is_found(forbidden: re.Pattern[str], text: str) -> None:
    assert forbidden.search(text)


def test_a_tool_is_silenced_only_by_rule_and_with_a_reason() -> None:
    found = [
        f"{name_of(path)}:{line}: {comment}"
        for path in python_files()
        for line, comment in bad_excuses(path.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("comment", "allowed"),
    [
        ("# type: " + "ignore", False),
        ("# type: " + "ignore[arg-type]", False),
        ("# type: " + "ignore[arg-type]  # the stub is wrong about None", True),
        ("# no" + "qa", False),
        ("# no" + "qa: BLE001", False),
        ("# no" + "qa: BLE001 the thread's own last resort", True),
        ("# no" + "qa: BLE001  # the thread's own last resort", True),
        ("# pragma: " + "no cover", False),
        ("# pragma: " + "no branch", False),
        ("# an ordinary remark", True),
    ],
)
def test_an_excuse_is_judged(comment: str, allowed: bool) -> None:
    assert (bad_excuses(f"x = 1  {comment}\n") == []) == allowed


def test_a_skip_or_an_expected_failure_gives_its_reason() -> None:
    bare = re.compile(r"pytest\.(skip|xfail)\(\)|mark\.(skip|xfail)(\(\))?$|mark\.skipif\([^,]*\)$")
    found = [
        f"{name_of(path)}:{number}"
        for path in python_files()
        for number, line in lines_of(path)
        if bare.search(line.strip())
    ]
    assert found == []
