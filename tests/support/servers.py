"""Real servers for tests: LiteLLM's own proxy, in an environment of its own, in front of the local model.

The proxy runs from `.venv-litellm` at the root of the repository (`requirements/litellm-proxy.txt`), or from the interpreter that
`MUXER_LITELLM_PYTHON` names. It is started with an environment of its own, so neither a key nor an HTTP proxy of this shell reaches it.
"""

from __future__ import annotations

import json
import os
import queue
import re
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, Any, Self

from tests.support.shared import REPO_ROOT

MASTER_KEY = "sk-master-key-for-tests"

# Each of these is data that the proxy would fetch from the internet at start or at the first page view; the packaged copy is used.
QUIET = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_LOCAL_BLOG_POSTS": "True",
    "LITELLM_LOCAL_POLICY_TEMPLATES": "True",
    "LITELLM_LOCAL_AUTOROUTER_PRESETS": "True",
    "LITELLM_TELEMETRY_DISABLED": "True",
    "DISABLE_ADMIN_UI": "True",
    "NO_COLOR": "1",
}

# The proxy has no way to end with its parent, so this gives it one: it leaves when stdin closes.
_PROXY = """
import os, sys, threading
def leave_with_parent():
    while os.read(0, 4096):
        pass
    os._exit(0)
threading.Thread(target=leave_with_parent, daemon=True).start()
from litellm import run_server
sys.exit(run_server())
"""


def litellm_python() -> Path | None:
    """The interpreter that has LiteLLM's proxy, or None when this machine has none."""
    named = os.environ.get("MUXER_LITELLM_PYTHON")
    python = Path(named) if named else REPO_ROOT / ".venv-litellm" / "bin" / "python"
    return python if python.exists() else None


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listened on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def proxy_config(model_base_url: str, doomed_base_url: str) -> dict[str, Any]:
    """A proxy's configuration with every model served by the local one: prices are those of the names, in US dollars a token."""

    def model(name: str, base_url: str = model_base_url, **parameters: object) -> dict[str, Any]:
        upstream = {"model": "openai/smollm2-135m", "api_base": base_url, "api_key": "unused"}
        return {"model_name": name, "litellm_params": {**upstream, **parameters}}

    return {
        "model_list": [
            model("gpt-4o", input_cost_per_token=2.5e-6, output_cost_per_token=1e-5),
            model("gpt-4o-mini", input_cost_per_token=1.5e-7, output_cost_per_token=6e-7),
            model("claude-3-haiku", input_cost_per_token=2.5e-7, output_cost_per_token=1.25e-6),
            model("unpriced"),
            model("one-a-minute", rpm=1),
            model("doomed", doomed_base_url),
        ],
        "router_settings": {"num_retries": 0, "optional_pre_call_checks": ["enforce_model_rate_limits"]},
        "general_settings": {"master_key": "os.environ/LITELLM_MASTER_KEY"},
    }


class LiteLLMProxy:
    """LiteLLM's proxy as a child process, from `start` (or `with`) to `stop`; it also ends when this process does.

    `config` is its configuration as a mapping. Its log is in `log_path` while it runs. Raises RuntimeError, with the end of the log,
    when it was not ready after `start_timeout` seconds.
    """

    def __init__(self, python: Path, config: dict[str, Any], *, start_timeout: float = 120.0) -> None:
        self.master_key = MASTER_KEY
        self.url = ""
        self.base_url = ""
        self.startup_s = 0.0
        self._python = python
        self._config = config
        self._start_timeout = start_timeout
        self._folder = tempfile.TemporaryDirectory(prefix="litellm-proxy-")
        self.log_path = Path(self._folder.name, "proxy.log")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        config_path = Path(self._folder.name, "config.yaml")
        config_path.write_text(json.dumps(self._config), encoding="utf-8")  # JSON is YAML
        started = time.monotonic()
        process = subprocess.Popen(
            [self._python, "-c", _PROXY, "--config", config_path, "--host", "127.0.0.1", "--port", str(free_port())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self._folder.name,
            env={**QUIET, "PATH": "/usr/bin:/bin", "HOME": self._folder.name, "LITELLM_MASTER_KEY": self.master_key},
        )
        self._process = process
        ready: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=_copy_log, args=(process.stdout, self.log_path, ready), daemon=True)
        self._reader.start()
        try:
            self.url = ready.get(timeout=self._start_timeout)
        except queue.Empty:
            self.url = ""
        if not self.url:
            said = self.log_path.read_text(encoding="utf-8", errors="replace")[-2000:]
            self.stop()
            raise RuntimeError(f"LiteLLM's proxy did not start in {self._start_timeout} s; it said: {said}")
        self.base_url = f"{self.url}/v1"
        self.startup_s = time.monotonic() - started
        return self

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self._reader.join(10)
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()


def _copy_log(stream: IO[bytes] | None, path: Path, ready: queue.Queue[str]) -> None:
    """Copy the server's output to a file; put its address into `ready` when it listens, and "" when the output ends."""
    assert stream is not None
    with path.open("wb") as log:
        for line in stream:
            log.write(line)
            log.flush()
            address = re.search(rb"Uvicorn running on (http://127\.0\.0\.1:\d+)", line)
            if address:
                ready.put(address.group(1).decode())
    ready.put("")
