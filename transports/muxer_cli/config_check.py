"""`modelmuxer config check`: is the configuration right, where is it from, and what would be used? A LiteLLM file gets its report."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from muxer_cli.load import Settings
from muxer_cli.screen import Screen
from muxer_core.catalog.deployments import Provider
from muxer_core.config.known_providers import KNOWN_PROVIDERS
from muxer_core.values.errors import LocalProtocolError

HELP = "check a configuration (ours or LiteLLM's) and say what is in it"


def run(_: argparse.Namespace, settings: Settings, screen: Screen) -> int:
    """Say what is in it; what is wrong was raised when it was loaded. A key that is missing is said, and is no error."""
    if screen.as_json:
        screen.json(_fields(settings))
        return 0
    config = settings.config
    screen.fact("configuration", settings.source)
    screen.fact("digest", config.digest)
    for provider in config.catalog.providers.values():
        trouble = _missing_key(provider, settings)
        key = "no key" if provider.credential is None else (trouble or f"key {', '.join(provider.credential.names)}")
        preset = _preset(provider.name, settings.mapping)
        kind = provider.dialect if preset is None else f"preset {preset}, {provider.dialect}"
        screen.fact("provider", f"{provider.name} at {provider.base_url} ({kind}), {key}")
    for one in config.catalog.deployments:
        price = "price known" if one.card.price is not None else "no price known, so refused under max_cost"
        screen.fact("deployment", f"{one.name}: model {one.card.name}, {price}")
    ceiling = "none" if config.max_cost is None else str(config.max_cost)
    screen.fact("strategy", config.strategy)
    screen.fact("max_cost of a call", ceiling)
    for note in settings.notes:
        screen.fact("note", note)
    if settings.report:
        screen.line()
        screen.line("What became of each LiteLLM setting:")
        rows = [
            ("" if one.line is None else str(one.line), one.path, one.became.replace("_", " "), one.words)
            for one in settings.report
        ]
        screen.table(("line", "setting", "became", "how"), rows)
    return 0


def _missing_key(provider: Provider, settings: Settings) -> str | None:
    if provider.credential is None:
        return None
    try:
        settings.credentials.check(provider.credential)
    except LocalProtocolError as error:
        return str(error)
    return None


def _fields(settings: Settings) -> dict[str, Any]:
    config = settings.config
    return {
        "source": settings.source,
        "digest": config.digest,
        "providers": [
            {
                "name": one.name,
                "base_url": one.base_url,
                "dialect": one.dialect,
                "preset": _preset(one.name, settings.mapping),
                "credential_problem": _missing_key(one, settings),
            }
            for one in config.catalog.providers.values()
        ],
        "deployments": [
            {
                "name": one.name,
                "model": one.card.name,
                "provider": one.provider.name,
                "priced": one.card.price is not None,
            }
            for one in config.catalog.deployments
        ],
        "strategy": config.strategy,
        "notes": list(settings.notes),
        "litellm": [
            {"line": one.line, "setting": one.path, "became": one.became, "how": one.words} for one in settings.report
        ],
        "mapping": _without_header_values(settings.mapping),
    }


def _preset(name: str, mapping: Mapping[str, Any]) -> str | None:
    """The preset that a provider began with, or None."""
    table: Mapping[str, Any] = mapping["providers"][name] or {}
    named: str = table.get("preset", name)
    return named if named in KNOWN_PROVIDERS or named in (mapping.get("presets") or {}) else None


def _without_header_values(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping, with headers by name only: what is sent with every request is often a secret."""
    return {
        **mapping,
        **{key: _names_of_headers(mapping[key]) for key in ("providers", "presets") if mapping.get(key)},
    }


def _names_of_headers(tables: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {**one, "headers": dict.fromkeys(one["headers"], "***")} if one and one.get("headers") else one
        for name, one in tables.items()
    }
