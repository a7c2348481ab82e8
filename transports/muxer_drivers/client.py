"""`AsyncClient`: what a user calls, on any async transport. An adapter gives it a transport; everything else is the same everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self, Unpack

from muxer_core.asking import ChatOptions, Prompt, chat_request
from muxer_core.asking_vectors import EmbeddingOptions, Inputs, embedding_request
from muxer_core.call.exchange import AsyncTransport
from muxer_core.call.machine import Call
from muxer_core.call.outcome import CallFailed
from muxer_core.call.reply import Reply
from muxer_core.call.reply_builder import ReplyBuilder
from muxer_core.muxer import Muxer
from muxer_core.values.context import NOBODY, CallContext
from muxer_core.values.usage import JsonValue
from muxer_drivers.async_stream import AsyncStream
from muxer_drivers.desk import Desk
from muxer_drivers.here import runtime_here
from muxer_drivers.runtime import Runtime


class AsyncClient:
    """Makes calls. Use it as `async with`, or close it with `aclose`. Many tasks may share it."""

    __slots__ = ("_desk", "_muxer", "_runtime", "_transport")

    def __init__(self, muxer: Muxer, transport: AsyncTransport, desk: Desk | None = None) -> None:
        self._muxer = muxer
        self._transport = transport
        self._desk = desk or Desk(muxer)
        self._runtime: Runtime | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Wait for connections that are being closed, then close the transport."""
        try:
            if self._runtime is not None:
                await self._runtime.closed()
        finally:
            await self._transport.aclose()

    async def chat(
        self, prompt: Prompt, *, model: str = "auto", context: CallContext = NOBODY, **options: Unpack[ChatOptions]
    ) -> Reply:
        """One whole answer. Raises `CallFailed` with the outcome, or `InvalidRequest` when nothing was sent."""
        request = chat_request(prompt, model, options)
        desk = self._desk
        with desk.lock:
            call = self._muxer.start_chat(request, **desk.identity(), streamed=False, context=context)
        return await self._collect(call)

    def stream(
        self,
        prompt: Prompt,
        *,
        model: str = "auto",
        context: CallContext = NOBODY,
        keep_source: bool = False,
        **options: Unpack[ChatOptions],
    ) -> AsyncStream:
        """An answer item by item: `async with client.stream(…) as stream`. Entering it raises `CallFailed` when no answer begins.

        `keep_source` also brings the upstream's own events, as `SourceEvent`.
        """
        request = chat_request(prompt, model, options)
        desk = self._desk
        with desk.lock:
            call = self._muxer.start_chat(
                request, **desk.identity(), streamed=True, context=context, keep_source=keep_source
            )
        return self._stream(call)

    async def embed(
        self, inputs: Inputs, *, model: str, context: CallContext = NOBODY, **options: Unpack[EmbeddingOptions]
    ) -> Reply:
        """Vectors for one text or several, in order, as `Reply.vectors`. Raises `CallFailed`, or `InvalidRequest` when nothing was sent."""
        request = embedding_request(inputs, model, options)
        with self._desk.lock:
            call = self._muxer.start_embedding(request, **self._desk.identity(), context=context)
        return await self._collect(call)

    async def count_tokens(
        self, prompt: Prompt, *, model: str, context: CallContext = NOBODY, **options: Unpack[ChatOptions]
    ) -> int:
        """How many input tokens the provider counts in a chat request that is not run. Spends no money. Raises as `embed` does."""
        request = chat_request(prompt, model, options)
        with self._desk.lock:
            call = self._muxer.start_count(request, **self._desk.identity(), context=context)
        reply = await self._collect(call)
        assert reply.input_tokens is not None  # noqa: S101 - for the type checkers: a whole count has its number
        return reply.input_tokens

    async def models(self, provider: str | None = None) -> Sequence[dict[str, JsonValue]]:
        """The models that a provider offers (the first configured one, unless named), each a dict with `id`. Raises `CallFailed`."""
        with self._desk.lock:
            call = self._muxer.start_models(provider, **self._desk.identity())
        return (await self._collect(call)).models

    async def health(self, provider: str | None = None) -> bool:
        """Does the provider give a sign of life? Spends no money, and never raises for what the provider does."""
        with self._desk.lock:
            call = self._muxer.start_probe(provider, **self._desk.identity())
        try:
            await self._collect(call)
        except CallFailed:
            return False
        return True

    def _stream(self, call: Call) -> AsyncStream:
        if self._runtime is None:
            self._runtime = runtime_here()
        return AsyncStream(call, self._desk, self._transport, self._runtime)

    async def _collect(self, call: Call) -> Reply:
        builder = ReplyBuilder()
        async with self._stream(call) as stream:
            while items := await stream.next_batch():
                builder.add(items)
        return builder.build(stream.outcome)
