"""A muxer and its client for one command. Where a configuration only says "any model", the servers are asked which models they offer."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from muxer_cli.load import Settings
from muxer_core.call.outcome import CallFailed
from muxer_core.catalog.catalog import AUTO
from muxer_core.catalog.deployments import ANY_MODEL
from muxer_core.config.schema import Config
from muxer_core.muxer import Muxer
from muxer_httpx import Client


class Opened(NamedTuple):
    """What a command works with."""

    muxer: Muxer
    client: Client


@contextmanager
def opened(settings: Settings, config: Config | None = None) -> Generator[Opened, None, None]:
    """A muxer and a client for it, closed afterwards."""
    muxer = Muxer(config or settings.config)
    with Client(muxer, credentials=settings.credentials) as client:
        yield Opened(muxer, client)


def config_for(settings: Settings, model: str) -> Config:
    """The configuration in which `model` can be looked up. For `auto` where only "any model" is configured: with what servers offer.
    Raises `CallFailed` when no server can be asked.
    """
    return with_offered_models(settings) if model == AUTO and only_any_model(settings.config) else settings.config


def only_any_model(config: Config) -> bool:
    """Does the configuration name no model, but only providers that serve any?"""
    return all(one.upstream_model == ANY_MODEL for one in config.catalog.deployments)


def with_offered_models(settings: Settings) -> Config:
    """The configuration with a deployment for every chat model that its any-model providers offer.

    Raises `CallFailed` with the last failure when none of them answered.
    """
    wild = dict.fromkeys(
        one.provider.name for one in settings.config.catalog.deployments if one.upstream_model == ANY_MODEL
    )
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    failure: CallFailed | None = None
    with opened(settings) as (_, client):
        for provider in wild:
            try:
                found.update({(provider, one["id"]): one for one in client.models(provider) if _is_chat(one)})
            except CallFailed as error:
                failure = error
    if failure is not None and not found:
        raise failure
    mapping = dict(settings.mapping)
    mapping["deployments"] = [
        *_explicit(mapping),
        *({"model": model, "provider": provider} for provider, model in found),
    ]
    mapping["models"] = {**_cards(found), **mapping.get("models", {})}
    return Config.from_mapping(mapping)


def _explicit(mapping: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    deployments: Sequence[Mapping[str, Any]] = mapping.get("deployments", ())
    return deployments


def _is_chat(listed: Mapping[str, Any]) -> bool:
    """LiteLLM says what a model is for; other servers do not. A pattern is no model."""
    return ANY_MODEL not in listed["id"] and listed.get("mode", "chat") in ("chat", "completion", "responses", None)


def _cards(found: Mapping[tuple[str, str], Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """What LiteLLM's list says about models."""
    words = {"max_input_tokens": "context_window", "max_output_tokens": "max_output_tokens"}
    cards: dict[str, dict[str, Any]] = {}
    for (_, model), listed in found.items():
        known = {
            ours: listed[theirs]
            for theirs, ours in words.items()
            if isinstance(listed.get(theirs), int) and listed[theirs] > 0
        }
        cards.setdefault(model, {}).update(known)
    return cards
