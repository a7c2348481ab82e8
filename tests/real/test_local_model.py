"""The local model is a real server that answers, can be asked for a key, and dies when it is killed or its parent goes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from muxer_cli import local_model as local_model_room
from muxer_cli.local_model import SMOLLM2, LocalModel, LocalModelUnavailable, what_is_missing

pytestmark = pytest.mark.real

QUESTION = {
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
    "max_tokens": 24,
    "temperature": 0,
}


def test_answers_an_openai_request(local_model: LocalModel) -> None:
    reply = httpx.post(f"{local_model.base_url}/chat/completions", json=QUESTION, trust_env=False, timeout=60).json()
    assert "Paris" in reply["choices"][0]["message"]["content"]
    assert reply["model"] == SMOLLM2
    assert reply["usage"]["prompt_tokens"] + reply["usage"]["completion_tokens"] == reply["usage"]["total_tokens"]


def test_streams_tokens_as_events(local_model: LocalModel) -> None:
    body = {**QUESTION, "stream": True, "stream_options": {"include_usage": True}}
    url = f"{local_model.base_url}/chat/completions"
    text = ""
    with httpx.Client(trust_env=False, timeout=60) as client, client.stream("POST", url, json=body) as reply:
        events = [line.removeprefix("data: ") for line in reply.iter_lines() if line.startswith("data: ")]
    assert events.pop() == "[DONE]"
    for event in events:
        for choice in json.loads(event)["choices"]:
            text += choice["delta"].get("content") or ""
    assert "Paris" in text
    assert json.loads(events[-1])["usage"]["completion_tokens"] > 0


def test_asks_for_its_key_and_ends_with_code_zero() -> None:
    _skip_unless_it_runs_here()
    model = LocalModel(api_key="sk-local", name="my-name").start()
    try:
        url = f"{model.base_url}/chat/completions"
        assert httpx.post(url, json=QUESTION, trust_env=False, timeout=60).status_code == 401
        reply = httpx.post(
            url, json=QUESTION, headers={"Authorization": "Bearer sk-local"}, trust_env=False, timeout=60
        )
        assert reply.json()["model"] == "my-name"
    finally:
        assert model.stop() == 0
    assert model.stop() is None


def test_a_killed_server_breaks_the_stream_without_an_end() -> None:
    _skip_unless_it_runs_here()
    with LocalModel() as model, httpx.Client(trust_env=False, timeout=60) as client:
        body = {"messages": [{"role": "user", "content": "Tell me a long story."}], "max_tokens": 400, "stream": True}
        received = b""
        with client.stream("POST", f"{model.base_url}/chat/completions", json=body) as reply:
            chunks = reply.iter_raw()
            received += next(chunks)
            model.kill()
            with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
                received += b"".join(chunks)
    assert b"[DONE]" not in received


def test_a_port_in_use_is_said_in_words(local_model: LocalModel) -> None:
    taken = int(local_model.url.rpartition(":")[2])
    with pytest.raises(LocalModelUnavailable, match="ended at once with code"):
        LocalModel(port=taken).start()


def test_a_server_that_is_not_ready_in_time_is_ended() -> None:
    _skip_unless_it_runs_here()
    with pytest.raises(LocalModelUnavailable, match=r"was not ready after 0\.0 s"):
        LocalModel(start_timeout=0.0).start()


def test_a_server_that_does_not_end_in_time_is_killed() -> None:
    _skip_unless_it_runs_here()
    assert LocalModel().start().stop(timeout=0.0) in {0, -signal.SIGKILL}


def test_as_a_command_its_first_line_is_json_and_it_ends_with_its_parent() -> None:
    _skip_unless_it_runs_here()
    source_folder = Path(local_model_room.__file__).resolve().parents[1]
    with subprocess.Popen(
        [sys.executable, "-m", "muxer_cli.local_model", "--port", "0", "--exit-with-parent"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(source_folder)},
    ) as server:
        assert server.stdout is not None
        ready = json.loads(server.stdout.readline())
        assert ready["pid"] == server.pid
        assert ready["base_url"] == f"{ready['url']}/v1"
        assert httpx.get(f"{ready['url']}/health", trust_env=False).json() == {"status": "ok"}
        server.communicate(timeout=10)  # closes its stdin, as the end of this process would
        assert server.returncode == 0


def _skip_unless_it_runs_here() -> None:
    missing = what_is_missing()
    if missing is not None:
        pytest.skip(missing)
