"""The OpenAI chat completions dialect, as OpenAI and its many compatible servers speak it. Both roles.

`OpenAIChat` is the codec; everything else here is behind it. What each field becomes is the table in `fields`; how servers differ in
counting is the table in `usage`; when a stream is complete is the table in `stream`.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from muxer_core.dialects.model_lists import models_decoder
from muxer_core.dialects.openai_chat import vectors
from muxer_core.dialects.openai_chat.answers import answer_failure, answer_models
from muxer_core.dialects.openai_chat.decode_request import decode_request
from muxer_core.dialects.openai_chat.encode import encode_chat, encode_models
from muxer_core.dialects.openai_chat.failures import failure_from_head, failure_from_reply
from muxer_core.dialects.openai_chat.options import OpenAIChatOptions
from muxer_core.dialects.openai_chat.reply import WholeReplyDecoder
from muxer_core.dialects.openai_chat.stream import StreamDecoder
from muxer_core.dialects.openai_chat.stream_encoder import StreamEncoder
from muxer_core.dialects.openai_chat.whole_encoder import WholeEncoder
from muxer_core.dialects.protocol import Encoded, ReplyDecoder, Target
from muxer_core.dialects.server import Answered, Answering, Asked, Inbound, ReplyEncoder
from muxer_core.values.embedding_request import EmbeddingRequest
from muxer_core.values.failure import Failure
from muxer_core.values.moment import Moment
from muxer_core.values.request import ChatRequest
from muxer_core.values.usage import JsonValue
from muxer_core.wire.heads import ResponseHead
from muxer_core.wire.limits import Limits


class OpenAIChat(msgspec.Struct, frozen=True):
    """The codec for one provider, or for our own clients (`dialects.protocol.ClientDialect`, `dialects.server.ServerDialect`).

    It holds options and no state of a call.
    """

    options: OpenAIChatOptions = OpenAIChatOptions()

    @property
    def name(self) -> str:
        """The dialect's name in configuration."""
        return "openai_chat"

    def encode_chat(self, request: ChatRequest, target: Target, *, max_tokens: int | None, stream: bool) -> Encoded:
        """The request for one attempt. Raises `InvalidRequest`, naming the field."""
        return encode_chat(request, target, max_tokens=max_tokens, stream=stream, options=self.options)

    def chat_decoder(
        self, head: ResponseHead, *, stream: bool, limits: Limits, keep_source: bool, answers: int = 1
    ) -> ReplyDecoder:
        """A decoder for a reply with a success status.

        A stream that was not asked for is told by its content type; a whole reply where a stream was asked for, by its first byte.
        """
        content_type = (head.headers.get("content-type") or "").strip().lower()
        if stream or content_type.startswith("text/event-stream"):
            return StreamDecoder(limits, head.headers, keep_source=keep_source, answers=answers)
        return WholeReplyDecoder(limits, head.headers, keep_source=keep_source)

    def encode_models(self, target: Target) -> Encoded:
        """The request that lists a server's models."""
        return encode_models(target, self.options.api_version)

    def models_decoder(self, head: ResponseHead, *, limits: Limits) -> ReplyDecoder:
        """Decodes to one `ModelsListed`."""
        return models_decoder(limits, failure_from_reply)

    def encode_embeddings(self, request: EmbeddingRequest, target: Target) -> Encoded:
        """The request for vectors. Raises `InvalidRequest`, naming the field."""
        return vectors.encode_embeddings(request, target, api_version=self.options.api_version)

    def embeddings_decoder(self, head: ResponseHead, *, limits: Limits, inputs: int | None = None) -> ReplyDecoder:
        """Decodes to `EmbeddingsReported`, in the order of the inputs."""
        return vectors.embeddings_decoder(limits, inputs=inputs)

    def failure(self, head: ResponseHead, body: bytes, *, where: str, moment: Moment) -> Failure:
        """What a reply with an error status means. Never raises."""
        return failure_from_head(head, body, where=where, moment=moment)

    def decode_chat(self, inbound: Inbound, *, limits: Limits) -> Asked:
        """What the client asks for. Raises `InvalidRequest`, naming the field."""
        return decode_request(inbound, limits)

    def reply_encoder(self, asked: Asked, answering: Answering) -> ReplyEncoder:
        """An encoder for the reply to a request, streamed or whole as it was asked for."""
        return StreamEncoder(asked, answering) if asked.stream else WholeEncoder(asked, answering)

    def answer_failure(self, failure: Failure) -> Answered:
        """A failure before anything was answered."""
        return answer_failure(failure)

    def answer_models(self, models: Iterable[dict[str, JsonValue]]) -> Answered:
        """A list of models."""
        return answer_models(models)


__all__ = ["OpenAIChat", "OpenAIChatOptions"]
