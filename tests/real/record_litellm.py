"""Record what LiteLLM's proxy answers, byte for byte, into `tests/data/litellm/`.

Run `python -m tests.real.record_litellm` from the root of the repository after the proxy's pin has moved, read the difference, and bring
`docs/guides/litellm-proxy.md` up to date. Each reply is read from a plain socket, so head, chunk framing and end are as they were sent.
"""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from muxer_cli.local_model import LocalModel
from tests.support.servers import MASTER_KEY, LiteLLMProxy, free_port, litellm_python, proxy_config

FOLDER = Path(__file__).resolve().parents[1] / "data" / "litellm"

QUESTION = {
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
    "max_tokens": 24,
    "temperature": 0,
}
STORY = {
    "messages": [{"role": "user", "content": "Tell me a long story."}],
    "max_tokens": 400,
    "temperature": 0,
    "stream": True,
}
USAGE = {"stream": True, "stream_options": {"include_usage": True}}


class Exchange(NamedTuple):
    """One request; `body` None is a GET. `key` None sends no Authorization."""

    name: str
    path: str = "/v1/chat/completions"
    body: dict[str, Any] | None = None
    key: str | None = MASTER_KEY


EXCHANGES = (
    Exchange("chat", body={**QUESTION, "model": "gpt-4o"}),
    Exchange("chat_unpriced", body={**QUESTION, "model": "unpriced"}),
    Exchange("stream", body={**QUESTION, "model": "gpt-4o", "stream": True}),
    Exchange("stream_usage", body={**QUESTION, "model": "gpt-4o", **USAGE}),
    Exchange("stream_usage_unpriced", body={**QUESTION, "model": "unpriced", **USAGE}),
    Exchange("models", "/v1/models"),
    Exchange("liveliness", "/health/liveliness", key=None),
    Exchange("readiness", "/health/readiness", key=None),
    Exchange("no_key", body={**QUESTION, "model": "gpt-4o"}, key=None),
    Exchange("wrong_key", body={**QUESTION, "model": "gpt-4o"}, key="sk-wrong"),
    Exchange("wrong_key_models", "/v1/models", key="sk-wrong"),
    Exchange("unknown_model", body={**QUESTION, "model": "no-such-model"}),
    Exchange("no_messages", body={"model": "gpt-4o"}),
    Exchange("context_too_long", body={"model": "gpt-4o", "messages": [{"role": "user", "content": "word " * 5000}]}),
    Exchange("within_rate_limit", body={**QUESTION, "model": "one-a-minute"}),
    Exchange("rate_limited", body={**QUESTION, "model": "one-a-minute"}),
    Exchange("rate_limited_stream", body={**QUESTION, "model": "one-a-minute", "stream": True}),
    Exchange("upstream_down", body={**QUESTION, "model": "doomed"}),
    Exchange("upstream_down_stream", body={**QUESTION, "model": "doomed", "stream": True}),
)
KILLED = Exchange("killed_mid_stream", body={**STORY, "model": "doomed"})


def exchange(port: int, request: Exchange, on_third_event: Callable[[], object] | None = None) -> tuple[bytes, str]:
    """Send one request on a connection of its own; return the reply's bytes and how the connection ended, `fin` or `reset`."""
    body = b"" if request.body is None else json.dumps(request.body).encode()
    head = [
        f"{'GET' if request.body is None else 'POST'} {request.path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Connection: close",
    ]
    if request.key is not None:
        head.append(f"Authorization: Bearer {request.key}")
    if request.body is not None:
        head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode() + body)
        while True:
            try:
                data = connection.recv(65536)
            except ConnectionResetError:
                return received, "reset"
            if not data:
                return received, "fin"
            received += data
            if on_third_event is not None and received.count(b"data: ") >= 3:
                on_third_event()
                on_third_event = None


def record(only: str | None = None) -> None:
    """Record every exchange, or the one named `only`."""
    python = litellm_python()
    if python is None:
        raise SystemExit("LiteLLM's proxy is not installed: see requirements/litellm-proxy.txt")
    doomed_port = free_port()
    FOLDER.mkdir(parents=True, exist_ok=True)
    ends: dict[str, str] = {}
    with LocalModel() as local:
        config = proxy_config(local.base_url, f"http://127.0.0.1:{doomed_port}/v1")
        with LiteLLMProxy(python, config) as proxy:
            port = int(proxy.url.rpartition(":")[2])
            for request in EXCHANGES:
                if only in (None, request.name):
                    reply, ends[request.name] = exchange(port, request)
                    (FOLDER / f"{request.name}.http").write_bytes(reply)
            if only in (None, KILLED.name):
                with LocalModel(port=doomed_port) as doomed:
                    reply, ends[KILLED.name] = exchange(port, KILLED, doomed.kill)
                (FOLDER / f"{KILLED.name}.http").write_bytes(reply)
    print(json.dumps(ends, indent=2))


if __name__ == "__main__":
    record(sys.argv[1] if len(sys.argv) > 1 else None)
