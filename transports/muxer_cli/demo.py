"""`modelmuxer demo`: everything on a real small model on this machine, without a key: routing, streaming, exact cost; then two failures.

Two servers are started. Unless the larger model is installed, both serve one model under two names, which the demo says. One server is
killed before its first token, so that the call falls back; the other in mid-stream, where no fallback is honest, so that the call ends in a
typed failure. The first kill is made sure of by freezing the server's process before it is asked: else a fast machine might answer first.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

from muxer_cli.chat import Watch, ignore, show_stream
from muxer_cli.local_model import QWEN, SMOLLM2, LocalModel, LocalModelUnavailable, what_is_missing
from muxer_cli.report import outcome_fields, print_outcome
from muxer_cli.screen import Screen, dollars
from muxer_core.asking import ChatOptions
from muxer_core.call.outcome import Outcome
from muxer_core.config.schema import Config
from muxer_core.money import Usd
from muxer_core.muxer import Muxer
from muxer_core.values.items import Item, TextDelta
from muxer_drivers.sync_driver import SyncStream
from muxer_httpx import Client

SECONDS_UNTIL_KILL = 0.5
PIECES_UNTIL_KILL = 8
ANSWER = 60
"""Most tokens of an answer: enough to see it stream, little enough for a slow machine."""

PROMPTS = (
    "What is the capital of France?",
    "Solve for x, step by step: $x^2 - 5x + 6 = 0$ with \\frac{1}{x} \\leq 1.",
    "What does this code do?\n```python\nprint(sum(range(10)))\n```",
    "Write one sentence about the sea.",
)
STORY = "Tell me a long story about a lighthouse keeper and a storm."


class Step(NamedTuple):
    """A part of the demo: what it shows, and the call that showed it."""

    title: str
    outcome: Outcome


def run(screen: Screen) -> int:
    """Run the demo. 1 when the local model cannot run here, or when something that was to be shown did not happen."""
    larger = QWEN if what_is_missing(QWEN) is None else SMOLLM2
    try:
        with ExitStack() as servers:
            small = servers.enter_context(LocalModel(SMOLLM2))
            second = servers.enter_context(LocalModel(larger))
            steps = list(_Demo(small, second, screen).steps())
    except LocalModelUnavailable as error:
        screen.trouble(f"modelmuxer demo: {error}")
        return 1
    total = sum((step.outcome.cost for step in steps if step.outcome.cost is not None), Usd(0))
    if screen.as_json:
        screen.json({"total_usd": dollars(total)}, indent=None)
    else:
        screen.line()
        screen.fact("booked for all calls", f"{total}, every attempt once")
    return 0 if _as_meant(steps) else 1


def _as_meant(steps: list[Step]) -> bool:
    """Every answer complete, the fallback visible, the last call failed honestly."""
    *answers, fallback, cut = (step.outcome for step in steps)
    fell_back = any(one.cause == "fallback" and one.status == "complete" for one in fallback.attempts)
    return all(one.status == "complete" for one in answers) and fell_back and cut.status == "failed"


def configuration(small: LocalModel, second: LocalModel) -> dict[str, Any]:
    """The demo's configuration. Its prices and qualities are made up, so that there is something to weigh."""
    providers = {
        name: {"base_url": server.base_url, "credential": "none"}
        for name, server in (("small", small), ("small-b", second))
    }
    models = {
        "small": {"price": {"input": "0.10", "output": "0.20"}, "context_window": 2048, "quality": 0.2},
        "small-b": {"price": {"input": "0.50", "output": "1.50"}, "context_window": 2048, "quality": 0.9},
    }
    servers = {"small": small, "small-b": second}
    deployments = [
        {"model": name, "provider": name, "name": name, "upstream_model": server.model}
        for name, server in servers.items()
    ]
    return {
        "providers": providers,
        "models": models,
        "deployments": deployments,
        "retry": {"max_retries": 1, "backoff": 0.2},
        "max_cost": "0.01",
    }


class _Demo:
    """The steps, in order, over two running servers."""

    def __init__(self, small: LocalModel, second: LocalModel, screen: Screen) -> None:
        self._small = small
        self._second = second
        self._screen = screen

    def steps(self) -> Iterator[Step]:
        """Show one step after another."""
        import httpx  # noqa: PLC0415 the demo alone brings its own client

        self._introduce()
        muxer = Muxer(Config.from_mapping(configuration(self._small, self._second)))
        # A proxy that the environment names is not for 127.0.0.1.
        with httpx.Client(trust_env=False) as http, Client(muxer, http=http) as client:
            options: ChatOptions = {"max_tokens": ANSWER, "temperature": 0.0}
            for number, prompt in enumerate(PROMPTS, start=1):
                stream = client.stream(prompt, model="auto", **options)
                yield self._show(f"{number}. A routed call", prompt, stream)
            yield self._fallback(client, options)
            yield self._cut(client, options)

    def _say(self, words: str, style: str = "") -> None:
        if not self._screen.as_json:
            self._screen.line(words, style)

    def _introduce(self) -> None:
        started = f"small in {self._small.startup_s:.1f} s, small-b in {self._second.startup_s:.1f} s"
        self._say(f"Two real model servers run on this machine: {started}. No key, no account, no network.", "bold")
        if self._second.model == self._small.model:
            words = f"Both names are one model, {self._small.model}: small-b plays the part of a stronger and dearer one. With the packages"
            self._say(f"{words} of {QWEN} installed it would be that model.")
        self._say("Prices and quality priors are made up for the demo; tokens, streams and kills are real.")

    def _show(self, title: str, prompt: str, stream: SyncStream, watch: Watch = ignore) -> Step:
        self._say("")
        self._say(title, "bold")
        self._say(f"> {prompt}")
        outcome, text = show_stream(stream, self._screen, watch)
        if self._screen.as_json:
            self._screen.json({"title": title, "prompt": prompt, "text": text, **outcome_fields(outcome)}, indent=None)
        else:
            print_outcome(outcome, self._screen)
            if outcome.failure is not None:
                self._screen.fact("failed, as it must", outcome.failure.describe())
        if outcome.status == "cancelled":
            raise KeyboardInterrupt
        return Step(title, outcome)

    def _fallback(self, client: Client, options: ChatOptions) -> Step:
        """Kill the server that is asked first, before its first token."""
        self._small.freeze()
        killer = threading.Timer(SECONDS_UNTIL_KILL, self._small.kill)
        killer.start()
        title = f"{len(PROMPTS) + 1}. The server of small is killed {SECONDS_UNTIL_KILL} s after it was asked, before its first token"
        try:
            return self._show(title, PROMPTS[0], client.stream(PROMPTS[0], model="auto", **options))
        finally:
            killer.join()

    def _cut(self, client: Client, options: ChatOptions) -> Step:
        """Kill the other server in the middle of its answer."""
        title = f"{len(PROMPTS) + 2}. The server of small-b is killed after {PIECES_UNTIL_KILL} pieces of its answer: no silent switch"
        longer: ChatOptions = {**options, "max_tokens": 400}
        pieces = 0

        def kill_in_time(items: Sequence[Item]) -> None:
            nonlocal pieces
            before = pieces
            pieces += sum(isinstance(item, TextDelta) for item in items)
            if before < PIECES_UNTIL_KILL <= pieces:
                self._second.kill()

        return self._show(title, STORY, client.stream(STORY, model="small-b", **longer), kill_in_time)
