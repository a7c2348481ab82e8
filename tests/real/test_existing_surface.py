"""Each script of `tests/existing_surface/` does its job against a real LiteLLM proxy, as a program of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from muxer_cli import local_model as local_model_room
from muxer_cli.local_model import LocalModel
from tests.support.servers import MASTER_KEY, LiteLLMProxy, free_port
from tests.support.shared import REPO_ROOT

# The first test waits for the proxy, 8 s on an idle machine and several times that on a busy one; the scripts take about a second each.
pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

SCRIPTS = REPO_ROOT / "tests" / "existing_surface"
SOURCES = Path(local_model_room.__file__).resolve().parents[1]


def run(script: str, base_url: str, *, key: str = MASTER_KEY, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one script with nothing but its settings in the environment; no secret may show up in what it prints."""
    finished = subprocess.run(
        [sys.executable, SCRIPTS / f"{script}.py"],
        env={
            "PATH": os.defpath,
            "PYTHONPATH": os.pathsep.join([str(REPO_ROOT), str(SOURCES)]),
            "LITELLM_BASE_URL": base_url,
            "LITELLM_API_KEY": key,
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert key not in finished.stdout + finished.stderr
    return finished


def output(script: str, base_url: str, **environment: str) -> list[str]:
    finished = run(script, base_url, **environment)
    assert finished.returncode == 0, finished.stderr
    # Nothing unclosed, nothing left to the garbage collector to complain about.
    assert finished.stderr == ""
    return finished.stdout.splitlines()


def last_words(finished: subprocess.CompletedProcess[str]) -> str:
    assert finished.returncode != 0, finished.stdout
    return finished.stderr.strip().splitlines()[-1]


# ------------------------------------------------------------------------------------------------------------------ each use, one script


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/v1/"])
def test_basic_chat_with_every_form_of_the_base_url(litellm_proxy: LiteLLMProxy, ending: str) -> None:
    text, tokens = output("basic_chat", litellm_proxy.url + ending)
    assert "Paris" in text
    assert re.fullmatch(r"27 tokens in, \d+ tokens out", tokens)


def test_streaming(litellm_proxy: LiteLLMProxy) -> None:
    text, pieces = output("streaming", litellm_proxy.url)
    assert "Paris" in text
    assert int(pieces.removesuffix(" pieces")) > 3


def test_cost_comparison(litellm_proxy: LiteLLMProxy) -> None:
    lines = output("cost_comparison", litellm_proxy.url)
    costs = dict(line.split(": $") for line in lines)
    # 1,000 × 30 + 500 × 60 and 1,000 × 0.25 + 500 × 1.25 US dollars a million: the makers' published prices.
    assert costs["gpt-4"] == "0.060000"
    assert costs["claude-3-haiku"] == "0.000875"
    assert [float(cost) for cost in costs.values()] == sorted(float(cost) for cost in costs.values())
    assert list(costs)[-1] == "gpt-4"


def test_custom_models(litellm_proxy: LiteLLMProxy) -> None:
    lines = output("custom_models", litellm_proxy.url)
    assert lines[:4] == [
        "gpt-4: $0.060000",
        "house-model: $0.000875",
        "late-model: $0.002000",
        "supported: gpt-4, house-model, late-model",
    ]
    assert "house-model" in lines[4]  # the nearest spelling


def test_model_info(litellm_proxy: LiteLLMProxy) -> None:
    custom, catalog = output("model_info", litellm_proxy.url)
    for known in ("8192", "house", "code"):
        assert known in custom
    assert "128000" in catalog


def test_health(litellm_proxy: LiteLLMProxy) -> None:
    assert output("health", litellm_proxy.url) == ["healthy"]


def test_health_of_a_proxy_that_is_not_there_is_no_exception() -> None:
    assert output("health", f"http://127.0.0.1:{free_port()}") == ["not healthy"]


def test_model_list(litellm_proxy: LiteLLMProxy) -> None:
    lines = output("model_list", litellm_proxy.url)
    available = [line.removeprefix("available: ") for line in lines if line.startswith("available: ")]
    supported = [line.removeprefix("supported: ") for line in lines if line.startswith("supported: ")]
    assert available == ["gpt-4o", "gpt-4o-mini", "claude-3-haiku", "unpriced", "one-a-minute", "doomed"]
    assert {"gpt-4o", "gpt-4o-mini"} <= set(supported)
    assert "unpriced" not in supported


def test_heuristic_choice(litellm_proxy: LiteLLMProxy) -> None:
    choices = [line.split(" | ", 2) for line in output("heuristic_choice", litellm_proxy.url)]
    assert len(choices) == 2
    for provider_name, model, reason in choices:
        assert provider_name == "litellm"
        assert model in {"gpt-4o", "gpt-4o-mini", "claude-3-haiku"}
        assert len(reason.split()) >= 3


def test_cost_aware_request(litellm_proxy: LiteLLMProxy) -> None:
    lines = output("cost_aware_request", litellm_proxy.url)
    assert "Paris" in "\n".join(lines[:-1])
    assert re.fullmatch(r"\d+ tokens in, \d+ tokens out", lines[-1])


def test_monitor_loop(litellm_proxy: LiteLLMProxy) -> None:
    assert output("monitor_loop", litellm_proxy.url) == ["healthy"] * 3


def test_monitor_loop_raises_its_alarm_once() -> None:
    lines = output("monitor_loop", f"http://127.0.0.1:{free_port()}")
    assert lines == ["ALERT: the proxy does not answer", "not healthy", "not healthy", "not healthy"]


def test_debug_logging(litellm_proxy: LiteLLMProxy) -> None:
    finished = run("debug_logging", litellm_proxy.url)
    assert finished.returncode == 0, finished.stderr
    assert "Paris" in finished.stdout
    ours = [line for line in finished.stderr.splitlines() if line.startswith("modelmuxer ")]
    assert any("/chat/completions" in line for line in ours)
    assert any("200" in line for line in ours)


# ------------------------------------------------------------------------------------------------ what goes wrong is said in words


def test_connection_refused_says_to_check_the_server_and_its_address() -> None:
    words = last_words(run("basic_chat", f"http://127.0.0.1:{free_port()}"))
    assert "base_url" in words


def test_a_wrong_key_is_called_a_wrong_key(litellm_proxy: LiteLLMProxy) -> None:
    # The proxy itself says "400 No connected db." here.
    words = last_words(run("basic_chat", litellm_proxy.url, key="sk-wrong"))
    assert "key" in words


def test_an_unknown_model_is_named(litellm_proxy: LiteLLMProxy) -> None:
    words = last_words(run("basic_chat", litellm_proxy.url, LITELLM_MODEL="no-such-model"))
    assert "no-such-model" in words


def test_a_rate_limit_is_called_one(litellm_proxy: LiteLLMProxy) -> None:
    # The proxy's window is the wall clock's minute, so one request is answered and of the next three at least one is not.
    runs = (run("basic_chat", litellm_proxy.url, LITELLM_MODEL="one-a-minute") for _ in range(4))
    words = last_words(next(finished for finished in runs if finished.returncode != 0))
    assert "rate limit" in words.lower()


def test_a_stream_whose_upstream_dies_is_no_whole_answer(litellm_proxy: LiteLLMProxy, doomed_model: LocalModel) -> None:
    with subprocess.Popen(
        [sys.executable, SCRIPTS / "streaming.py"],
        env={
            "PATH": os.defpath,
            "PYTHONPATH": os.pathsep.join([str(REPO_ROOT), str(SOURCES)]),
            "LITELLM_BASE_URL": litellm_proxy.url,
            "LITELLM_API_KEY": MASTER_KEY,
            "LITELLM_MODEL": "doomed",
            "MAX_TOKENS": "400",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as script:
        assert script.stdout is not None
        first = script.stdout.read(1)
        doomed_model.kill()
        rest, said = script.communicate(timeout=60)
    assert first != b""
    assert script.returncode != 0
    assert b"pieces" not in rest
    assert b"CallFailed" in said.splitlines()[-1]
