"""`modelmuxer cost`: what a number of tokens costs at each model, exactly, cheapest first."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from muxer_cli.load import Settings
from muxer_cli.open_client import only_any_model, with_offered_models
from muxer_cli.screen import Screen, dollars
from muxer_core.call.outcome import CallFailed
from muxer_core.catalog.catalog import AUTO
from muxer_core.catalog.deployments import Deployment
from muxer_core.catalog.listed import MAKERS, listed_models
from muxer_core.money import Usd
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.usage import Usage
from muxer_drivers.world import system_clock

HELP = "compare what a number of tokens costs at each model"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument(
        "models", nargs="*", metavar="MODEL", help="models, deployments, groups or aliases; all without one"
    )
    parser.add_argument("-i", "--input", type=int, default=1000, metavar="TOKENS", help="input tokens (default 1000)")
    parser.add_argument("-o", "--output", type=int, default=500, metavar="TOKENS", help="output tokens (default 500)")
    parser.add_argument(
        "--cached", type=int, default=0, metavar="TOKENS", help="of the input tokens, those read from a cache"
    )
    parser.add_argument(
        "--reasoning", type=int, default=0, metavar="TOKENS", help="of the output tokens, those of reasoning"
    )


def run(arguments: argparse.Namespace, settings: Settings, screen: Screen) -> int:
    """Compare."""
    usage = _usage(arguments)
    wall = system_clock().wall
    rows = [
        (one, None if one.card.price is None else one.card.price.at(wall).cost(usage))
        for one in _compared(arguments.models, settings, screen)
    ]
    rows.sort(key=lambda row: (row[1] is None, 0 if row[1] is None else row[1].pico, row[0].name))
    if screen.as_json:
        screen.json([_fields(one, cost, usage) for one, cost in rows])
        return 0
    cached = f" ({usage.cached_input_tokens} cached)" if usage.cached_input_tokens else ""
    screen.line(f"{usage.input_tokens} tokens in{cached}, {usage.output_tokens} out:")
    screen.table(("model", "deployment", "cost"), [(one.card.name, one.name, _words(cost)) for one, cost in rows])
    return 0


def _compared(names: Sequence[str], settings: Settings, screen: Screen) -> list[Deployment]:
    """The deployments that the names mean; without a name, all of a model. Where only "any model" is configured, those are the models that
    the servers offer, else, so that there is something to compare, the listed models of the best known makers.
    """
    catalog = settings.config.catalog
    if not names and only_any_model(settings.config):
        try:
            offered = with_offered_models(settings)
            catalog = offered.catalog
            trouble = "the servers offer no model" if only_any_model(offered) else None
        except CallFailed as failed:
            trouble = str(failed)
        if trouble is not None:
            screen.trouble(f"modelmuxer: {trouble.rstrip('.')}. Compared are the listed models of {', '.join(MAKERS)}")
            names = [one.id for maker in MAKERS for one in listed_models(maker)]
    found = [catalog.as_asked(name) for name in names or [AUTO]]
    return list({one.name: one for each in found for one in each.values()}.values())


def _usage(arguments: argparse.Namespace) -> Usage:
    for name in ("input", "output", "cached", "reasoning"):
        if getattr(arguments, name) < 0:
            raise InvalidRequest(f"--{name}", "must not be negative")
    for part, whole in (("cached", "input"), ("reasoning", "output")):
        if getattr(arguments, part) > getattr(arguments, whole):
            raise InvalidRequest(f"--{part}", f"is a part of --{whole} and cannot be larger")
    return Usage(
        input_tokens=arguments.input,
        output_tokens=arguments.output,
        cached_input_tokens=arguments.cached,
        reasoning_tokens=arguments.reasoning,
    )


def _words(cost: Usd | None) -> str:
    return "unknown: it has no price" if cost is None else str(cost)


def _fields(one: Deployment, cost: Usd | None, usage: Usage) -> dict[str, Any]:
    price = None if one.card.price is None else one.card.price.at(system_clock().wall)
    charges = () if price is None else price.charges(usage)
    return {
        "model": one.card.name,
        "deployment": one.name,
        "cost_usd": dollars(cost),
        "source": None if price is None else price.source,
        "charges": [
            {
                "unit": line.unit,
                "quantity": line.quantity,
                "cost_usd": None if line.pico_usd is None else dollars(Usd(line.pico_usd)),
            }
            for line in charges
        ],
    }
