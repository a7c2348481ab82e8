"""`LiteLLMProvider`: a LiteLLM proxy, or any OpenAI-compatible server, as an object with a few methods."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
from typing import ClassVar, Self

from muxer_compat.chat_stream import ChatStream
from muxer_compat.completion import ChatCompletion, completion_of
from muxer_compat.connections import Connections
from muxer_compat.debug_log import logger
from muxer_compat.messages import Messages, to_prompt
from muxer_compat.models import Models
from muxer_compat.muxers import ALWAYS_ASK, muxer_over, secrets_of
from muxer_compat.parameters import chat_options
from muxer_compat.settings import Proxy
from muxer_core.asking import chat_request
from muxer_core.call.exchange import AsyncTransport
from muxer_core.call.outcome import CallFailed
from muxer_core.dialects.json_text import is_object
from muxer_core.muxer import Muxer
from muxer_core.values.usage import JsonValue
from muxer_drivers.client import AsyncClient
from muxer_drivers.credentials import Credentials

MODELS_TTL = 300.0
"""Seconds for which a list of models is believed."""


class LiteLLMProvider:
    """A proxy at `base_url`, with or without `/v1` and a slash at the end; model names go to it as they are.

    What is not given comes from the environment or from `.env`: `LITELLM_BASE_URL`, `LITELLM_API_KEY`. `custom_models` describes models:
    `{name: {"pricing": {"input": 0.03, "output": 0.06}, "rate_limits": {…}, "metadata": {…}}}`, prices in US dollars per 1,000 tokens.

    Works on asyncio and trio, from one event loop after the other. Connections close with the last call that uses them; around many calls,
    `async with provider:` keeps them open. Calls raise `CallFailed`, whose words name the cause and the next step, and
    `InvalidRequest`, which names the argument.
    """

    __slots__ = ("_connections", "_listed_at", "_models", "_muxer", "_muxer_cards", "proxy")

    open_transport: ClassVar[staticmethod[[Credentials], AsyncTransport]]
    """How connections are made: an adapter says it."""

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        custom_models: Mapping[str, Mapping[str, JsonValue]] | None = None,
    ) -> None:
        self.proxy = Proxy(base_url, api_key)
        self._models = Models(custom_models)
        self._connections = Connections(type(self).open_transport, secrets_of({self.proxy.address: self.proxy}))
        self._muxer: Muxer | None = None
        self._muxer_cards = self._models.cards
        self._listed_at = 0.0

    def __repr__(self) -> str:
        return f"LiteLLMProvider({self.proxy.base_url!r})"

    async def __aenter__(self) -> Self:
        self._connections.enter()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End the block, if there is one: connections close when the last call that uses them has ended. The provider can be used again."""
        await self._connections.leave()

    # -- calls ----------------------------------------------------------------------------------------------------------------------

    async def chat_completion(
        self,
        messages: Messages,
        model: str,
        max_tokens: int | None = None,
        temperature: float | None = None,
        **parameters: JsonValue,
    ) -> ChatCompletion:
        """One whole answer. `parameters` are OpenAI's, and ours: `max_cost`, `ceiling`."""
        options = chat_options({"max_tokens": max_tokens, "temperature": temperature, **parameters})
        async with self._client(model) as client:
            return completion_of(await client.chat(to_prompt(messages), model=model, **options))

    def stream_chat_completion(
        self,
        messages: Messages,
        model: str,
        max_tokens: int | None = None,
        temperature: float | None = None,
        **parameters: JsonValue,
    ) -> ChatStream:
        """An answer chunk by chunk: `async for chunk in provider.stream_chat_completion(…)`. Arguments as for `chat_completion`."""
        options = chat_options({"max_tokens": max_tokens, "temperature": temperature, **parameters})
        prompt = to_prompt(messages)
        chat_request(
            prompt, model, options
        )  # what is wrong with the arguments is said now, not when the first chunk is due
        stream_options = options.get("extras", {}).get("stream_options")
        asks_usage = is_object(stream_options) and bool(stream_options.get("include_usage"))
        return ChatStream(
            lambda: self._client(model),
            lambda client: client.stream(prompt, model=model, keep_source=True, **options),
            asks_usage=asks_usage,
        )

    async def health_check(self) -> bool:
        """Does the proxy give a sign of life? Never raises, and spends no money."""
        async with self._client() as client:
            return await client.health()

    async def get_available_models(self) -> list[dict[str, JsonValue]]:
        """What the proxy offers: objects with an `id`.

        The list is believed for `MODELS_TTL` seconds, many tasks that ask at once send one request, and where the proxy does not answer,
        the last list stands. Raises `CallFailed` when there is none.
        """
        lease = self._connections.lease()
        async with AsyncClient(self._muxer_for(), lease) as client, lease.turn:
            if not self._models.offer_known or time.monotonic() - self._listed_at >= MODELS_TTL:
                try:
                    self._models.offer(await client.models())
                    self._listed_at = time.monotonic()
                except CallFailed as failed:
                    if not self._models.offer_known:
                        raise
                    logger.warning("the last list of models stands: %s", failed)
        return [dict(model) for model in self._models.offered]

    def _client(self, model: str | None = None) -> AsyncClient:
        return AsyncClient(self._muxer_for(model), self._connections.lease())

    def _muxer_for(self, model: str | None = None) -> Muxer:
        """The muxer over all models that are known, `model` among them. A new model makes a new one."""
        if model is not None:
            self._models.ask(model)
        if self._muxer is None or self._muxer_cards is not self._models.cards:
            self._muxer_cards = self._models.cards
            self._muxer = muxer_over({self.proxy.address: (self.proxy, self._muxer_cards.values())}, ALWAYS_ASK)
        return self._muxer

    # -- models and prices ------------------------------------------------------------------------------------------------------------

    @property
    def models(self) -> Models:
        """What is known of the proxy's models."""
        return self._models

    def calculate_cost(self, prompt_tokens: int, completion_tokens: int, model: str) -> float:
        """US dollars at the model's price. Raises `UnknownModel`, naming the nearest, where no price is known."""
        return self._models.cost(prompt_tokens, completion_tokens, model)

    def get_supported_models(self) -> list[str]:
        """Names of models with a price: the described ones, and of the published price list those that the proxy offers. Never empty."""
        return self._models.supported()

    def get_model_info(self, model: str) -> dict[str, JsonValue]:
        """What is known of a model, in the shape of `custom_models`. Raises `UnknownModel`, naming the nearest."""
        return self._models.info(model)

    def add_custom_model(
        self,
        model_name: str,
        pricing: Mapping[str, JsonValue],
        rate_limits: Mapping[str, JsonValue] | None = None,
        metadata: Mapping[str, JsonValue] | None = None,
    ) -> None:
        """Describe a model, as `custom_models` does: prices in US dollars per 1,000 tokens. Raises `InvalidRequest` naming the field."""
        description = {"pricing": pricing, "rate_limits": rate_limits or {}, "metadata": metadata or {}}
        self._models.add(model_name, description, model_name)
