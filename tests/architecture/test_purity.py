"""The core decides and does nothing: it neither touches the world nor depends on what differs from run to run.

Every ban has a planted violation that the checker must find, and every permission an example that it must let pass.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.architecture.purity import PURE_MODULES, check_sources, check_tree
from tests.support.shared import REPO_ROOT

CORE = REPO_ROOT / "muxer_core"


def rules_found(source: str, path: str = "muxer_core/planted.py", **others: str) -> list[str]:
    sources = {path: source, **{f"muxer_core/{name}.py": text for name, text in others.items()}}
    return [violation.rule for violation in check_sources(sources) if violation.path == path]


def test_the_core_is_pure() -> None:
    assert [str(violation) for violation in check_tree(CORE)] == []


@pytest.mark.parametrize(
    "module",
    [
        "socket", "ssl", "asyncio", "trio", "anyio", "httpx", "httpx2", "aiohttp", "h11", "time", "random",
        "secrets", "uuid", "os", "os.path", "sys", "threading", "_thread", "logging", "subprocess", "tempfile",
        "email.utils", "pathlib", "io", "select", "selectors", "signal", "multiprocessing",
        "concurrent.futures", "queue", "sqlite3", "http.client", "urllib.request", "importlib", "ctypes", "gc",
        "warnings", "weakref", "platform", "locale", "zoneinfo", "contextvars", "muxer_httpx", "muxer_drivers",
        "muxer_cli", "hypothesis",
    ],
)  # fmt: skip
def test_a_planted_import_is_found(module: str) -> None:
    assert rules_found(f"import {module}\n") == ["modules"]
    assert rules_found(f"from {module} import something\n") == ["modules"]
    assert rules_found(f"def late() -> None:\n    import {module} as hidden\n") == ["modules"]


def test_other_forms_of_import_are_found() -> None:
    assert rules_found("from urllib import request\n") == ["modules"]
    assert rules_found("from . import anything\n") == ["modules"]
    assert rules_found("import json, time\n") == ["modules"]


def test_hypothesis_belongs_to_the_testing_room_only() -> None:
    assert rules_found("import hypothesis\n", path="muxer_core/testing/strategies.py") == []
    assert rules_found("import hypothesis\n", path="muxer_core/testing_not.py") == ["modules"]


@pytest.mark.parametrize(
    "expression",
    [
        "open('a')", "print('a')", "input()", "breakpoint()", "eval('1')", "exec('1')", "__import__('time')",
        "hash('a')", "id(value)", "sorted(values, key=hash)", "datetime.now()", "datetime.now(UTC)",
        "datetime.utcnow()", "datetime.today()", "date.today()", "dt.datetime.now()",
        "make(default=datetime.now)", "dt.date.today()", "datetime.fromtimestamp(1)", "date.fromtimestamp(1)",
        "moment.astimezone()",
    ],
)  # fmt: skip
def test_a_planted_call_is_found(expression: str) -> None:
    assert rules_found(f"def planted(value, values, moment):\n    return {expression}\n") == ["calls"]


@pytest.mark.parametrize(
    "expression",
    [
        "datetime.fromtimestamp(1, UTC)", "datetime.fromtimestamp(1, tz=UTC)", "moment.astimezone(UTC)",
        "deck.open()", "clock.now()", "head.id", "Reply(id='a', hash='b')", "datetime(2026, 1, 1, tzinfo=UTC)",
    ],
)  # fmt: skip
def test_a_harmless_call_passes(expression: str) -> None:
    assert rules_found(f"def harmless(deck, clock, head, moment):\n    return {expression}\n") == []


def test_a_parameter_may_bear_the_name_of_a_builtin_but_a_field_hides_nothing() -> None:
    assert rules_found("def find(id):\n    return id\n") == []
    assert rules_found("class Reply:\n    id: str\n    def key(self):\n        return id(self)\n") == ["calls"]


@pytest.mark.parametrize(
    "body",
    [
        "for one in {1, 2}: yield one",
        "for one in set(values): yield one",
        "for one in names: yield one",
        "for one in view.open_ones: yield one",
        "for one in names | {3}: yield one",
        "for one in names.union(values): yield one",
        "for one in NAMES: yield one",
        "for one in ELSEWHERE: yield one",
        "for number, one in enumerate(names): yield one",
        "mine = set(values)\n    for one in mine: yield one",
        "mine: set[str] = make()\n    for one in mine: yield one",
        "yield [one for one in names]",
        "yield {one: 1 for one in names}",
        "yield list(names)",
        "yield tuple(names)",
        "yield next(iter(names))",
        "yield ', '.join(names)",
        "yield ', '.join(str(one) for one in names)",
        "yield dict.fromkeys(names)",
        "yield [*names]",
        "yield f'{names}'",
        "yield names.pop()",
        "yield any([one for one in list(names)])",
        "first, second = names\n    yield first",
        "yield [one for one in (names if values else ())]",
    ],
)
def test_a_planted_order_of_a_set_is_found(body: str) -> None:
    source = f"""
from muxer_core.elsewhere import ELSEWHERE
NAMES = frozenset({{"a", "b"}})
class View:
    open_ones: frozenset[int] = frozenset()
def planted(names: set[str], values: list[str], view: View, make):
    {body}
"""
    assert set(rules_found(source, elsewhere='ELSEWHERE = frozenset({"a"})\n')) == {"order"}


@pytest.mark.parametrize(
    "body",
    [
        "yield sorted(names)",
        "for one in sorted(names): yield one",
        "yield len(names), max(names), min(names), sum(names)",
        "yield any(one == 'a' for one in names)",
        "yield {one.lower() for one in names}",
        "yield frozenset(one for one in names)",
        "yield 'a' in names",
        "for one in values: yield one",
        "names = sorted(names)\n    for one in names: yield one",
        "for one in names: one.close()  # any order: each closes alone",
        "yield values.pop()",
        "yield ', '.join(values)",
    ],
)
def test_a_harmless_use_of_a_set_passes(body: str) -> None:
    assert rules_found(f"def harmless(names: set[str], values: list[str]):\n    {body}\n") == []


def test_an_excuse_needs_a_reason() -> None:
    assert rules_found("def planted(names: set[str]):\n    for one in names: one.close()  # any order:\n") == ["order"]


_LOAD_THE_CORE = """
import importlib, json, sys
sys.path[:0] = {path!r}
import {allowed}
before = set(sys.modules)
for name in {modules!r}:
    importlib.import_module(name)
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def test_importing_the_whole_core_loads_nothing_that_touches_the_world() -> None:
    """What msgspec or an allowed module loads for itself is not our doing; anything more is. A bare interpreter starts clean."""
    files = [path.relative_to(REPO_ROOT).with_suffix("") for path in sorted(CORE.rglob("*.py"))]
    modules = [".".join(file.parts).removesuffix(".__init__") for file in files if "testing" not in file.parts]
    code = _LOAD_THE_CORE.format(
        modules=modules,
        path=[str(REPO_ROOT), str(Path(msgspec.__file__).parents[1])],
        allowed=", ".join(sorted(PURE_MODULES - {"muxer_core", "__future__"})),
    )
    run = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    loaded = json.loads(run.stdout)
    assert "muxer_core.call.machine" in loaded
    assert [name for name in loaded if name.split(".")[0] not in {"muxer_core", "msgspec"}] == []
