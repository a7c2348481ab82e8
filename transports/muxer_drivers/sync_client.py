"""`SyncClient`: what a user calls from plain threads. Made from `client.py` by `scripts/make_sync.py`; do not edit it here."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self, Unpack

from muxer_core.asking import ChatOptions, Prompt, chat_request
from muxer_core.asking_vectors import EmbeddingOptions, Inputs, embedding_request
from muxer_core.call.exchange import SyncTransport
from muxer_core.call.machine import Call
from muxer_core.call.outcome import CallFailed
from muxer_core.call.reply import Reply
from muxer_core.call.reply_builder import ReplyBuilder
from muxer_core.muxer import Muxer
from muxer_core.values.context import NOBODY, CallContext
from muxer_core.values.usage import JsonValue
from muxer_drivers.desk import Desk
from muxer_drivers.sync_driver import SyncStream


class SyncClient:
    """Makes calls. Use it as `with`, or close it with `close`. Many threads may share it."""

    __slots__ = ("_desk", "_muxer", "_transport")

    def __init__(self, muxer: Muxer, transport: SyncTransport, desk: Desk | None = None) -> None:
        self._muxer = muxer
        self._transport = transport
        self._desk = desk or Desk(muxer)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the transport."""
        self._transport.close()

    def chat(
        self, prompt: Prompt, *, model: str = "auto", context: CallContext = NOBODY, **options: Unpack[ChatOptions]
    ) -> Reply:
        """One whole answer. Raises `CallFailed` with the outcome, or `InvalidRequest` when nothing was sent."""
        request = chat_request(prompt, model, options)
        desk = self._desk
        with desk.lock:
            call = self._muxer.start_chat(request, **desk.identity(), streamed=False, context=context)
        return self._collect(call)

    def stream(
        self,
        prompt: Prompt,
        *,
        model: str = "auto",
        context: CallContext = NOBODY,
        keep_source: bool = False,
        **options: Unpack[ChatOptions],
    ) -> SyncStream:
        """An answer item by item: `with client.stream(…) as stream`. Entering it raises `CallFailed` when no answer begins.

        `keep_source` also brings the upstream's own events, as `SourceEvent`.
        """
        request = chat_request(prompt, model, options)
        desk = self._desk
        with desk.lock:
            call = self._muxer.start_chat(
                request, **desk.identity(), streamed=True, context=context, keep_source=keep_source
            )
        return self._stream(call)

    def embed(
        self, inputs: Inputs, *, model: str, context: CallContext = NOBODY, **options: Unpack[EmbeddingOptions]
    ) -> Reply:
        """Vectors for one text or several, in order, as `Reply.vectors`. Raises `CallFailed`, or `InvalidRequest` when nothing was sent."""
        request = embedding_request(inputs, model, options)
        with self._desk.lock:
            call = self._muxer.start_embedding(request, **self._desk.identity(), context=context)
        return self._collect(call)

    def count_tokens(
        self, prompt: Prompt, *, model: str, context: CallContext = NOBODY, **options: Unpack[ChatOptions]
    ) -> int:
        """How many input tokens the provider counts in a chat request that is not run. Spends no money. Raises as `embed` does."""
        request = chat_request(prompt, model, options)
        with self._desk.lock:
            call = self._muxer.start_count(request, **self._desk.identity(), context=context)
        reply = self._collect(call)
        assert reply.input_tokens is not None  # noqa: S101 - for the type checkers: a whole count has its number
        return reply.input_tokens

    def models(self, provider: str | None = None) -> Sequence[dict[str, JsonValue]]:
        """The models that a provider offers (the first configured one, unless named), each a dict with `id`. Raises `CallFailed`."""
        with self._desk.lock:
            call = self._muxer.start_models(provider, **self._desk.identity())
        return self._collect(call).models

    def health(self, provider: str | None = None) -> bool:
        """Does the provider give a sign of life? Spends no money, and never raises for what the provider does."""
        with self._desk.lock:
            call = self._muxer.start_probe(provider, **self._desk.identity())
        try:
            self._collect(call)
        except CallFailed:
            return False
        return True

    def _stream(self, call: Call) -> SyncStream:
        return SyncStream(call, self._desk, self._transport)

    def _collect(self, call: Call) -> Reply:
        builder = ReplyBuilder()
        with self._stream(call) as stream:
            while items := stream.next_batch():
                builder.add(items)
        return builder.build(stream.outcome)
