"""`modelmuxer models`: the deployments of the configuration with what is known of their models, or what the servers offer."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from muxer_cli.load import Settings
from muxer_cli.open_client import only_any_model, opened, with_offered_models
from muxer_cli.prices import price_fields, price_in_words
from muxer_cli.report import failure_fields
from muxer_cli.screen import Screen
from muxer_core.call.outcome import CallFailed
from muxer_core.catalog.cards import ALL_CAPABILITIES, capability_names
from muxer_core.catalog.deployments import ANY_MODEL, Deployment
from muxer_core.values.errors import InvalidRequest

HELP = "list models with context window, price and capabilities"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument(
        "--offered", action="store_true", help="ask the servers which models they offer, as they answer"
    )
    parser.add_argument("--provider", metavar="NAME", help="of this provider only")


def run(arguments: argparse.Namespace, settings: Settings, screen: Screen) -> int:
    """List them."""
    providers = chosen_providers(settings, arguments.provider)
    if arguments.offered:
        return _offered(providers, settings, screen)
    config = settings.config
    if only_any_model(config):
        config = with_offered_models(settings)
    offered = config is not settings.config  # then the deployment of any model has nothing to add
    deployments = [
        one
        for one in config.catalog.deployments
        if one.provider.name in providers and not (offered and one.upstream_model == ANY_MODEL)
    ]
    if screen.as_json:
        screen.json([_fields(one) for one in deployments])
        return 0
    screen.table(
        ("model", "deployment", "context", "US dollars for a million tokens", "cannot do"),
        [_row(one) for one in deployments],
    )
    return 0


def chosen_providers(settings: Settings, name: str | None) -> list[str]:
    """The provider of this name, or all. Raises `InvalidRequest` for an unknown one."""
    known = settings.config.catalog.providers
    if name is None:
        return list(known)
    if name not in known:
        raise InvalidRequest("provider", f"{name!r} is not configured; known are {', '.join(known)}")
    return [name]


def _fields(one: Deployment) -> dict[str, Any]:
    return {
        "model": one.card.name,
        "deployment": one.name,
        "provider": one.provider.name,
        "upstream_model": one.upstream_model,
        "context_window": one.card.context_window,
        "max_output_tokens": one.card.max_output_tokens,
        "price": price_fields(one.card.price),
        "capabilities": list(capability_names(one.card.capabilities)),
        "quality": one.card.quality,
        "task_types": list(one.card.task_types),
    }


def _row(one: Deployment) -> tuple[str, ...]:
    window = "unknown" if one.card.context_window is None else str(one.card.context_window)
    lacking = ", ".join(capability_names(ALL_CAPABILITIES & ~one.card.capabilities))
    return one.card.name, one.name, window, price_in_words(one.card.price), lacking


def _offered(providers: Sequence[str], settings: Settings, screen: Screen) -> int:
    """Ask each provider; one that does not answer is said, and does not hide the others."""
    offered: dict[str, Any] = {}
    failed: dict[str, CallFailed] = {}
    with opened(settings) as (_, client):
        for provider in providers:
            try:
                offered[provider] = list(client.models(provider))
            except CallFailed as error:
                failed[provider] = error
    if screen.as_json:
        failures = {
            name: failure_fields(e.outcome.failure) for name, e in failed.items() if e.outcome.failure is not None
        }
        screen.json({"offered": offered, "failures": failures})
    else:
        screen.table(
            ("provider", "model"),
            [(provider, str(one["id"])) for provider, models in offered.items() for one in models],
        )
        for failure in failed.values():
            screen.trouble(f"modelmuxer: {failure}")
    return 1 if failed else 0
