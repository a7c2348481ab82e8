"""`modelmuxer health`: does each provider give a sign of life? Spends no money: no model is called. `--watch` asks again and again."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from muxer_cli.load import Settings
from muxer_cli.models import chosen_providers
from muxer_cli.open_client import opened
from muxer_cli.screen import Screen
from muxer_core.call.outcome import CallFailed
from muxer_core.values.errors import InvalidRequest
from muxer_httpx import Client

_LONGEST_INTERVAL = 86_400

HELP = "see which providers answer; calls no model and spends nothing"


class Pulse(NamedTuple):
    """One provider, asked once: is it up, after how many seconds did we know, and what is wrong."""

    provider: str
    up: bool
    seconds: float
    problem: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("provider", nargs="?", help="this provider only")
    parser.add_argument("--watch", action="store_true", help="ask again and again, until interrupted")
    parser.add_argument(
        "--interval", type=float, default=5.0, metavar="SECONDS", help="between rounds of --watch (default 5)"
    )
    parser.add_argument("--rounds", type=int, metavar="N", help="end --watch after so many rounds")


def run(arguments: argparse.Namespace, settings: Settings, screen: Screen) -> int:
    """Ask. The status is 0 when the last round found every provider up."""
    if arguments.rounds is not None and arguments.rounds < 1:
        raise InvalidRequest("--rounds", "must be at least 1")
    if not 0 <= arguments.interval <= _LONGEST_INTERVAL:  # NaN is in no range
        raise InvalidRequest("--interval", f"must be from 0 to {_LONGEST_INTERVAL} seconds")
    providers = chosen_providers(settings, arguments.provider)
    last: list[Pulse] = []
    with opened(settings) as (_, client):
        for number in _rounds(arguments):
            last = [ask(client, provider) for provider in providers]
            _show(last, screen, watching=arguments.watch, first=number == 0)
    return 0 if all(one.up for one in last) else 1


def _rounds(arguments: argparse.Namespace) -> Iterator[int]:
    """The rounds, with the pause between them."""
    number = 0
    yield number
    while arguments.watch and number + 1 != arguments.rounds:
        time.sleep(arguments.interval)
        number += 1
        yield number


def ask(client: Client, provider: str) -> Pulse:
    """Ask one provider for a sign of life. When it gives none, its list of models is asked for, whose failure has words."""
    began = time.monotonic()
    up = client.health(provider)
    seconds = time.monotonic() - began
    problem = ""
    if not up:
        try:
            client.models(provider)
        except CallFailed as error:
            problem = str(error)
    return Pulse(provider, up, seconds, problem)


def _show(pulses: list[Pulse], screen: Screen, *, watching: bool, first: bool) -> None:
    if screen.as_json:
        screen.json([_fields(one) for one in pulses], indent=None if watching else 2)
        return
    now = time.strftime("%H:%M:%S")
    if watching and screen.is_terminal:
        screen.line(now, "bold")
    elif watching and not first:
        screen.line()
    screen.table(
        ("provider", "health", "after", "problem"),
        [(one.provider, "up" if one.up else "down", f"{one.seconds * 1000:.0f} ms", one.problem) for one in pulses],
    )


def _fields(one: Pulse) -> dict[str, Any]:
    return {"provider": one.provider, "up": one.up, "seconds": round(one.seconds, 4), "problem": one.problem or None}
