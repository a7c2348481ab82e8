"""LiteLLM's real proxy still answers as it was recorded: when its pin moves, this says what changed for our client."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from typing import TypeAlias

import httpx
import pytest

from muxer_cli.local_model import LocalModel
from tests.real.record_litellm import EXCHANGES, KILLED, Exchange, exchange
from tests.support.recorded import RecordedReply, parse_reply, recorded
from tests.support.servers import MASTER_KEY, QUIET, LiteLLMProxy, litellm_python
from tests.support.shared import REPO_ROOT

CONFIG = REPO_ROOT / "config" / "litellm-config.yaml"

# The proxy needs 8 s to start on an idle machine and several times that on a busy one.
pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]


Json: TypeAlias = dict[str, "Json"] | list["Json"] | str | float | bool | None


def shape(value: Json) -> Json:
    """A JSON document with its numbers and strings replaced by the names of their types, so that two runs compare."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items() if key != "timings"}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return type(value).__name__


def header_names(reply: RecordedReply) -> set[str]:
    # The cache's share of the cost is named only after the model had the prompt in its cache, which another test may have put there.
    return {name for name, _ in reply.headers} - {"x-litellm-response-cost-cache-read"}


def event_shapes(reply: RecordedReply) -> list[object]:
    lines = [line.removeprefix(b"data: ") for line in reply.body.split(b"\n") if line.startswith(b"data: ")]
    return [shape(json.loads(line)) if line != b"[DONE]" else "[DONE]" for line in lines]


def ask(proxy: LiteLLMProxy, request: Exchange) -> RecordedReply:
    raw, ended = exchange(int(proxy.url.rpartition(":")[2]), request)
    assert ended == "fin"
    return parse_reply(raw)


@pytest.mark.parametrize(
    "request_", [each for each in EXCHANGES if "rate_limit" not in each.name], ids=lambda request: request.name
)
def test_answers_as_recorded(litellm_proxy: LiteLLMProxy, request_: Exchange) -> None:
    live, kept = ask(litellm_proxy, request_), recorded(request_.name)
    assert live.status == kept.status
    assert header_names(live) == header_names(kept)
    assert live.complete
    if live.header("content-type") == "application/json":
        assert shape(json.loads(live.body)) == shape(json.loads(kept.body))
    else:
        assert event_shapes(live) == event_shapes(kept)


def test_a_model_with_a_limit_of_one_a_minute_answers_429(litellm_proxy: LiteLLMProxy) -> None:
    # The window is the wall clock's minute, so the second request may fall into the next one; a third cannot.
    request = next(each for each in EXCHANGES if each.name == "rate_limited")
    limited = next(reply for reply in (ask(litellm_proxy, request) for _ in range(4)) if reply.status == 429)
    assert limited.header("llm_provider-retry-after") == "60"
    assert header_names(limited) == header_names(recorded("rate_limited"))


def test_the_newcomers_configuration_is_one_that_litellm_itself_reads() -> None:
    python = litellm_python()
    if python is None:
        pytest.skip("LiteLLM's proxy is not installed: make .venv-litellm from requirements/litellm-proxy.txt")
    checked = subprocess.run(
        [python, "-c", "from litellm import run_server; run_server()", "--config", CONFIG, "--validate_config"],
        env={**QUIET, "PATH": os.defpath, "LITELLM_MASTER_KEY": MASTER_KEY},  # no other key and no database
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    assert "config OK (5 models)" in checked.stdout + checked.stderr


def test_an_upstream_killed_in_mid_stream(litellm_proxy: LiteLLMProxy, doomed_model: LocalModel) -> None:
    port = int(litellm_proxy.url.rpartition(":")[2])
    raw, ended = exchange(port, KILLED, doomed_model.kill)
    live = parse_reply(raw)
    assert ended == "fin"
    assert live.complete
    assert event_shapes(live)[-1] == event_shapes(recorded("killed_mid_stream"))[-1]
    assert b"[DONE]" not in live.body


@pytest.fixture
def stranger(litellm_proxy: LiteLLMProxy) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=litellm_proxy.url, trust_env=False) as client:
        yield client


def test_health_pages_that_call_no_model_need_no_key(stranger: httpx.Client) -> None:
    assert stranger.get("/health/liveliness").json() == "I'm alive!"
    assert stranger.get("/health/readiness").json() == {"status": "healthy", "db": "Not connected"}
    assert stranger.get("/health").status_code == 401
