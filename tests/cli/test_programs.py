"""Every command as a program of its own: exit status, pipes, a terminal, an interrupt, and what importing it costs."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.support.shared import REPO_ROOT


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize(
    ("arguments", "status", "expected"),
    [
        (("chat", "-m", "good", "Why?"), 0, "cost: $0.0075, exact"),
        (("chat", "-m", "busy", "Why?"), 1, "attempt 1: local/busy"),
        (("models",), 0, "good\tlocal/good"),
        (("cost", "good"), 0, "$0.0075"),
        (("route", "--explain", "-m", "good", "Why?"), 0, "decision: local/good"),
        (("health",), 0, "local\tup"),
        (("config", "check"), 0, "provider: local"),
        (("--version",), 0, "modelmuxer "),
        (("chat", "--help"), 0, "--max-cost"),
        (("chta",), 2, ""),
        ((), 2, ""),
    ],
)
def test_a_program_ends_with_its_status(
    program: Command, arguments: tuple[str, ...], status: int, expected: str
) -> None:
    ran = program(*arguments)
    assert ran.status == status, ran.err
    assert expected in ran.out
    assert "Traceback" not in ran.err


def test_decode_reads_a_file_and_a_pipe(program: Command, folder: Path) -> None:
    recorded = (REPO_ROOT / "tests" / "data" / "openai_chat" / "recorded.jsonl").read_text(encoding="utf-8")
    (folder / "recorded.jsonl").write_text(recorded, encoding="utf-8")
    ran = program("decode", "recorded.jsonl")
    assert ran.status == 0
    assert len(ran.out.splitlines()) == len(recorded.splitlines())
    assert program("decode", "-", stdin=recorded).out == ran.out
    assert program("decode", "missing.jsonl").status == 2
    assert program("decode").status == 2


def test_nothing_configured_says_how_to_begin(program: Command) -> None:
    ran = program("chat", "Hi")
    assert ran.status == 2
    assert "there is no muxer.toml in this folder" in ran.err
    assert "OPENAI_API_KEY" in ran.err


def test_a_terminal_gets_no_control_characters_of_a_model(configured: Path) -> None:
    assert configured.is_dir()
    shown = in_a_terminal("chat", "-q", "-m", "rude", "Hi")
    assert "plain" in shown
    assert "owned" in shown  # its words stay, without their power
    for evil in ("\x1b]0;", "\x1b[2J", "\x07", "\u202e"):
        assert evil not in shown


def test_a_terminal_shows_thinking_and_tables(configured: Path) -> None:
    assert configured.is_dir()
    shown = in_a_terminal("chat", "-m", "thinker", "Hi")
    assert "Let me see." in shown
    assert "42" in shown
    assert "decision:" in shown
    assert "good" in in_a_terminal("models")
    assert "up" in in_a_terminal("health", "--watch", "--rounds", "1")


def in_a_terminal(*arguments: str) -> str:
    """What the command writes to a terminal."""
    terminal, end = pty.openpty()
    environment = {
        **os.environ,
        "PYTHONPATH": f"{REPO_ROOT}:{REPO_ROOT / 'transports'}",
        "TERM": "xterm",
        "COLUMNS": "200",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "muxer_cli", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=end,
        stderr=end,
        env=environment,
    ):
        os.close(end)
        written = b""
        while True:
            try:
                piece = os.read(terminal, 65536)
            except OSError:  # how Linux says that the other end has closed
                break
            written += piece
    os.close(terminal)
    return written.decode()


def interrupted(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Status and output of a command that is interrupted after its first line."""
    environment = {**os.environ, "PYTHONPATH": f"{REPO_ROOT}:{REPO_ROOT / 'transports'}"}
    with subprocess.Popen(
        [sys.executable, "-m", "muxer_cli", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        first = running.stdout.readline()
        running.send_signal(signal.SIGINT)
        rest, err = running.communicate(timeout=20)
    return running.returncode, first + rest, err


def test_an_interrupt_ends_the_watch_in_words(configured: Path) -> None:
    status, _, err = interrupted(configured, "health", "--watch", "--interval", "30")
    assert (status, err) == (130, "interrupted\n")


def test_an_answer_that_is_interrupted_still_says_what_it_cost(configured: Path) -> None:
    status, out, err = interrupted(configured, "chat", "-m", "endless", "Why?")
    assert (status, err) == (130, "interrupted\n")
    assert out.startswith("Blue light\n")
    assert "attempt 1: local/endless, first choice: cancelled after" in out
    assert "cost: $0.00" in out
    assert "estimated" in out


def test_a_reader_that_leaves_gets_no_traceback(configured: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{REPO_ROOT}:{REPO_ROOT / 'transports'}"}
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "muxer_cli", "models"],
        cwd=configured,
        env=environment,
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("command", "status"),
    [("chat -m good <&-", 2), ("decode - <&-", 0), ("models >&-", 0), ("models --provider x 2>&-", 2)],
)
def test_a_stream_that_is_closed_is_an_empty_one(configured: Path, command: str, status: int) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{REPO_ROOT}:{REPO_ROOT / 'transports'}"}
    shell = ["sh", "-c", f'"{sys.executable}" -m muxer_cli {command}']
    done = subprocess.run(shell, cwd=configured, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert "Traceback" not in done.stderr


def test_a_full_disk_is_said_without_a_traceback(configured: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{REPO_ROOT}:{REPO_ROOT / 'transports'}"}
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "muxer_cli", "chat", "-m", "good", "Why?"],
            cwd=configured,
            env=environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "modelmuxer: cannot write the output: No space left on device\n"


def test_an_interrupt_while_the_command_is_loaded_is_one_in_words(folder: Path) -> None:
    program = (
        "import builtins, sys, muxer_cli\n"
        "load = builtins.__import__\n"
        "def interrupted(name, *rest):\n"
        "    if name == 'muxer_cli.command': raise KeyboardInterrupt\n"
        "    return load(name, *rest)\n"
        "builtins.__import__ = interrupted\n"
        "sys.exit(muxer_cli.main(['models']))\n"
    )
    environment = {**os.environ, "PYTHONPATH": f"{REPO_ROOT}:{REPO_ROOT / 'transports'}"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (130, "interrupted\n")


def test_help_imports_neither_http_library_nor_the_price_list() -> None:
    heavy = {"asyncio", "httpx", "httpx2", "rich", "yaml", "muxer_core.catalog.prices_data"}
    program = f"import sys, muxer_cli, muxer_cli.load; print(sorted({heavy} & set(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": f"{REPO_ROOT}:{REPO_ROOT / 'transports'}"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.real
@pytest.mark.timeout(180)  # two real models on a busy machine
def test_the_demo_shows_what_it_says(program: Command) -> None:
    from muxer_cli.local_model import what_is_missing

    missing = what_is_missing()
    if missing is not None:
        pytest.skip(missing)
    began = time.monotonic()
    ran = program("demo", "--json")
    assert ran.status == 0, ran.err
    *steps, total = map(json.loads, ran.out.splitlines())
    answers, (fallback, cut) = steps[:-2], steps[-2:]
    assert all(one["status"] == "complete" and one["exact"] and one["text"] for one in answers)
    assert {one["decision"]["chosen"] for one in answers} == {"small", "small-b"}
    assert [one["where"] for one in fallback["attempts"]] == ["small", "small", "small-b"]
    assert fallback["attempts"][0]["first_chunk"] is None
    assert fallback["attempts"][0]["failure"]["kind"] == "connection_lost"
    assert (fallback["status"], fallback["attempts"][-1]["cause"]) == ("complete", "fallback")
    assert cut["status"] == "failed"
    assert cut["text"]
    assert len(cut["attempts"]) == 1
    assert cut["failure"]["kind"] in ("connection_lost", "truncated")
    assert float(total["total_usd"]) > 0
    assert time.monotonic() - began < 120


def test_where_the_model_cannot_run_the_demo_says_what_it_needs(
    modelmuxer: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "plan9")
    ran = modelmuxer("demo")
    assert ran.status == 1
    assert "The local model needs CPython on Linux x86_64" in ran.err
    assert len(ran.err.splitlines()) == 1
