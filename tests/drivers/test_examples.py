"""The examples are programs: each runs as a user would run it, against a server on loopback."""

from __future__ import annotations

import importlib.util
import os
import selectors
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from muxer_core.call.machine import Call
from muxer_core.call.plan import Plan
from muxer_core.call.policies import Policies, RetryPolicy, Timeouts
from muxer_core.dialects.protocol import Target
from muxer_core.simulation.run import OpenLedger
from muxer_core.simulation.script import Break, Data, Hang, Head, Script, answer
from muxer_core.testing.calls import ROLE, ListedChoices, chat, place, text_chunk
from muxer_core.values.items import Item, TextDelta
from muxer_drivers.credentials import Credentials
from muxer_drivers.desk import Desk
from muxer_drivers.world import system_clock
from tests.drivers.scenarios import REPLY, refusal
from tests.support.raw_server import FullBacklog, RawServer, refused_url

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


CHATS = ["chat_asyncio.py", "chat_trio.py", "chat_sync.py", "chat_selectors.py"]


def start_example(name: str, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "LITELLM_BASE_URL": url,
        "LITELLM_API_KEY": "sk-1",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    return subprocess.run(
        [sys.executable, EXAMPLES / name, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def run_example(name: str, url: str, *arguments: str) -> str:
    done = start_example(name, url, *arguments)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("name", ["chat_asyncio.py", "chat_trio.py", "chat_sync.py"])
def test_a_chat_example(name: str) -> None:
    with RawServer(answer(REPLY)) as server:
        assert run_example(name, server.url, "gpt-4o").startswith("The sky is blue.\ncost: ")
        assert server.requests[0].headers["authorization"] == "Bearer sk-1"


def test_the_selectors_example() -> None:
    with RawServer(answer(REPLY)) as server:
        printed = run_example("chat_selectors.py", server.url, "gpt-4o", "gpt-4o-mini")
    assert printed.count("The sky ") == printed.count("is blue.") == 2
    assert "gpt-4o: complete, cost: " in printed
    assert "gpt-4o-mini: complete, cost: " in printed


@pytest.mark.parametrize("name", CHATS)
def test_an_example_without_a_model_says_how_it_is_called(name: str) -> None:
    done = start_example(name, refused_url())
    assert (done.returncode, done.stdout) == (2, "")
    assert f"python examples/{name} MODEL" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", CHATS)
def test_an_example_whose_call_fails_says_why_in_words(name: str) -> None:
    with RawServer(refusal(401)) as server:
        done = start_example(name, server.url, "gpt-4o")
    assert done.returncode == 1
    assert "check the API key" in done.stderr
    assert "Traceback" not in done.stderr


# -- the driver for another runtime -----------------------------------------------------------------------------------------------------


def selectors_driver() -> ModuleType:
    spec = importlib.util.spec_from_file_location("selectors_driver", EXAMPLES / "selectors_driver.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["selectors_driver"] = module
    spec.loader.exec_module(module)
    return module


def test_a_driver_takes_a_hundred_lines() -> None:
    """Blank ones included."""
    lines = (EXAMPLES / "selectors_driver.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 100


QUICK = Policies(
    timeouts=Timeouts(connect=0.2, first_chunk=0.3, stall=0.2, call=3), retry=RetryPolicy(max_retries=1, backoff=0.01)
)


def run_with_selectors(*urls: str) -> tuple[list[Any], str]:
    """One call to each url, all at once, each under short timeouts."""
    driver = selectors_driver()
    desk = Desk(OpenLedger())
    texts: list[str] = []

    def deliver(items: tuple[Item, ...]) -> None:
        texts.extend(item.text for item in items if isinstance(item, TextDelta))

    calls: list[Any] = []
    for url in urls:
        there = msgspec.structs.replace(place(0), target=Target(where="server", base_url=f"{url}/v1", model="m"))
        plan = Plan(choices=ListedChoices((0,)), places=(there,), policies=QUICK)
        call = Call(chat(), plan, call_id="call", seed=1, moment=system_clock(), capabilities=driver.CAPABILITIES)
        calls.append(driver.RunningCall(call, desk, Credentials(), deliver))
    with selectors.DefaultSelector() as selector:
        driver.run(calls, selector)
        assert not selector.get_map(), "every socket is let go"
    return [one.outcome for one in calls], "".join(texts)


FAULTS: dict[str, tuple[Script, str]] = {
    "reset": ((Break(),), "connection_lost"),
    "closed": ((Break("truncated"),), "connection_lost"),
    "no head": ((Hang(),), "first_chunk_timeout"),
    "stall": ((Head(), Data(ROLE + text_chunk("The ")), Hang()), "stall_timeout"),
    "malformed": ((Data(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), Hang()), "malformed"),
    "cut": ((Head(), Data(ROLE + text_chunk("The ")), Break("truncated")), "connection_lost"),
    "refused": (refusal(401), "auth"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_through_the_selectors_driver(name: str) -> None:
    script, kind = FAULTS[name]
    with RawServer(script) as server:
        (outcome,), _ = run_with_selectors(server.url)
    assert outcome.status == "failed"
    assert outcome.failure.kind == kind


def test_no_connection_through_the_selectors_driver() -> None:
    with FullBacklog() as nobody:
        (refused, unanswered), _ = run_with_selectors(refused_url(), nobody)
    assert refused.failure.kind == "connect"
    assert unanswered.failure.kind == "connect_timeout"
    assert [len(outcome.attempts) for outcome in (refused, unanswered)] == [2, 2]


def test_twenty_calls_side_by_side_in_one_thread() -> None:
    with RawServer(answer(REPLY, gap=0.05)) as server:
        began = system_clock().mono
        outcomes, text = run_with_selectors(*[server.url] * 20)
        assert system_clock().mono - began < 2.5
    assert [outcome.status for outcome in outcomes] == ["complete"] * 20
    assert text.count("is blue.") == 20
