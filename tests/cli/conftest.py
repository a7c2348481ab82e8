"""A server, a folder with a configuration for it, and the command, in this process (`modelmuxer`) or in one of its own (`program`)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from muxer_cli import main
from tests.cli.upstream import KEY, upstream
from tests.support.raw_server import RawServer
from tests.support.shared import REPO_ROOT

CONFIG = """\
aliases = {{ short = "good" }}
max_cost = "1"

[retry]
max_retries = 0

[providers.local]
base_url = "{url}/v1/"
credential = "env:LOCAL_KEY"

[models.good]
price = {{ input = "2.50", output = 10, cached_input = "1.25" }}
context_window = 8000
capabilities = ["tools"]
quality = 0.5

[models.busy]
price = {{ input = 1, output = 1 }}
"""

DEPLOYMENT = '\n[[deployments]]\nmodel = "{model}"\nprovider = "local"\n'
PRICED = ("good", "busy", "endless", "cut", "rude", "caller", "thinker", "missing")


class Ran(NamedTuple):
    """What a command did."""

    status: int
    out: str
    err: str


Command = Callable[..., Ran]


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer(upstream) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in, with an environment that says nothing about providers."""
    for name in list(os.environ):
        if name.endswith("_API_KEY") or name.startswith(("LITELLM_", "MUXER_CONFIG", "DEFAULT_ROUTING", "CASCADE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def configured(folder: Path, server: RawServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder, with a `muxer.toml` for the server and the right key."""
    priced = "".join(f"\n[models.{name}]\nprice = {{ input = 2, output = 2 }}\n" for name in PRICED[2:])
    deployments = "".join(DEPLOYMENT.format(model=name) for name in PRICED)
    (folder / "muxer.toml").write_text(CONFIG.format(url=server.url) + priced + deployments, encoding="utf-8")
    monkeypatch.setenv("LOCAL_KEY", KEY)
    return folder


@pytest.fixture
def modelmuxer(capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*arguments: str) -> Ran:
        status = main(list(arguments))
        said = capsys.readouterr()
        return Ran(status, said.out, said.err)

    return run


@pytest.fixture
def program(folder: Path) -> Command:
    def run(*arguments: str, stdin: str = "") -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "muxer_cli", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": f"{REPO_ROOT}:{REPO_ROOT / 'transports'}"},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run
