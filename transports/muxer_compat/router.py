"""`HeuristicRouter`: which model of which provider, and why. It lays the models of all providers before the core's own routing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from muxer_compat.completion import ChatCompletion, completion_of
from muxer_compat.connections import Connections
from muxer_compat.debug_log import logger
from muxer_compat.messages import Messages, to_prompt
from muxer_compat.muxers import muxer_over, secrets_of
from muxer_compat.parameters import chat_options
from muxer_compat.provider import LiteLLMProvider
from muxer_compat.settings import STRATEGY, setting
from muxer_core.asking import chat_request
from muxer_core.call.outcome import CallFailed, Outcome
from muxer_core.catalog.cards import ModelCard
from muxer_core.catalog.listed import MAKERS
from muxer_core.fleet.policies import FleetPolicies
from muxer_core.muxer import Muxer
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.failure import Failure
from muxer_core.values.usage import JsonValue
from muxer_drivers.client import AsyncClient
from muxer_drivers.desk import Desk

Providers = Mapping[str, LiteLLMProvider]

AUTO = "auto"

GUESSED = f"the listed models of {', '.join(MAKERS)} stand for it until get_available_models() was awaited."


class HeuristicRouter:
    """Chooses among the priced models of providers: those that were described, and those that a proxy said it offers.

    A provider's offer is known after `await provider.get_available_models()`; `route_request` asks for it where nothing was described.
    """

    __slots__ = ("_cards", "_made", "_providers")

    def __init__(self) -> None:
        self._providers: dict[str, LiteLLMProvider] = {}
        self._cards: dict[str, list[ModelCard]] = {}
        self._made: tuple[Muxer, Connections] | None = None

    def select_model(
        self, messages: Messages, providers: Providers, strategy: str = "heuristic", **parameters: JsonValue
    ) -> tuple[str, str, str]:
        """The provider's name, the model's, and the reason in words. Nothing is sent.

        `parameters` are those that the call would have. Raises `CallFailed` when no model can take it.
        """
        _check(providers)
        options = chat_options({**parameters, "strategy": strategy})
        muxer, _ = self._over(providers)
        desk = Desk(muxer)
        me = desk.identity()
        with desk.lock:
            decision = muxer.explain(chat_request(to_prompt(messages), AUTO, options), me["moment"], seed=me["seed"])
        if isinstance(decision, Failure):
            raise CallFailed(Outcome(call_id=me["call_id"], status="failed", attempts=(), failure=decision))
        chosen = muxer.catalog.deployments[decision.chosen]
        name = chosen.provider.name
        guessed = f" What {name} offers was not asked; {GUESSED}" if providers[name].models.guessed else ""
        return name, chosen.upstream_model, decision.reason + guessed

    async def route_request(
        self, messages: Messages, providers: Providers, strategy: str | None = None, **parameters: JsonValue
    ) -> ChatCompletion:
        """One whole answer from the model that `strategy` prefers, or, should it fail, from the next.

        Without a strategy it is `DEFAULT_ROUTING_STRATEGY` (environment or `.env`), else `hybrid`. `parameters` are OpenAI's, and ours:
        `max_cost` (US dollars over all attempts; without `max_tokens`, the longest answer that fits is allowed) and `ceiling`.
        """
        _check(providers)
        options = chat_options({**parameters, "strategy": strategy or setting(STRATEGY)})
        for provider in providers.values():
            if provider.models.guessed:
                try:
                    await provider.get_available_models()
                except CallFailed as failed:
                    logger.warning("routing without the list of %r: %s", provider, failed)
        muxer, connections = self._over(providers)
        async with AsyncClient(muxer, connections.lease()) as client:
            return completion_of(await client.chat(to_prompt(messages), model=AUTO, **options))

    def _over(self, providers: Providers) -> tuple[Muxer, Connections]:
        """A muxer over these providers' models: the last one, as long as they are the same, since it has learned from its calls."""
        cards = {name: provider.models.candidates() for name, provider in providers.items()}
        if self._made is None or cards != self._cards or dict(providers) != self._providers:
            if not any(cards.values()):
                words = "have no model with a known price; describe some, or await get_available_models() first"
                raise InvalidRequest("providers", words)
            self._cards, self._providers = cards, dict(providers)
            proxies = {name: provider.proxy for name, provider in providers.items()}
            open_transport = next(iter(providers.values())).open_transport
            self._made = (
                muxer_over({name: (proxy, cards[name]) for name, proxy in proxies.items()}, FleetPolicies()),
                Connections(open_transport, secrets_of(proxies)),
            )
        return self._made


def _check(providers: object) -> None:
    """Raises `InvalidRequest` for what callers without a type checker hand over."""
    if not isinstance(providers, Mapping):
        raise InvalidRequest("providers", f"must map names to providers, got {type(providers).__name__}")
    if not providers:
        raise InvalidRequest("providers", "must not be empty")
    for name, provider in cast("Mapping[object, object]", providers).items():
        if not isinstance(provider, LiteLLMProvider):
            raise InvalidRequest(f"providers[{name!r}]", f"must be a LiteLLMProvider, got {type(provider).__name__}")
