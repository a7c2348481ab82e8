"""The Gemini dialect: generateContent, streamGenerateContent and countTokens, at the Gemini API and at Vertex AI. Both roles.

`Gemini` is the codec; everything else here is behind it. What each field becomes is the table in `fields`; how counts are read is the
table in `usage`; when a stream is complete is the table in `stream`; why a candidate ended is the table in `finish`.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from muxer_core.dialects.embeddings import gemini as vectors
from muxer_core.dialects.gemini.counting import answer_count
from muxer_core.dialects.gemini.failures import answer_failure, failure_from_head, failure_from_reply
from muxer_core.dialects.gemini.inbound import decode_chat
from muxer_core.dialects.gemini.names import NAME
from muxer_core.dialects.gemini.options import GeminiOptions, model_path
from muxer_core.dialects.gemini.reply import WholeReplyDecoder
from muxer_core.dialects.gemini.requests import encode_chat, encode_count, encode_models
from muxer_core.dialects.gemini.server_models import answer_models
from muxer_core.dialects.gemini.server_stream import StreamEncoder
from muxer_core.dialects.gemini.server_whole import WholeEncoder
from muxer_core.dialects.gemini.stream import StreamDecoder
from muxer_core.dialects.model_lists import models_decoder
from muxer_core.dialects.protocol import Encoded, ReplyDecoder, Target
from muxer_core.dialects.server import Answered, Answering, Asked, Inbound, ReplyEncoder
from muxer_core.dialects.token_counts import count_decoder
from muxer_core.values.embedding_request import EmbeddingRequest
from muxer_core.values.failure import Failure
from muxer_core.values.moment import Moment
from muxer_core.values.request import ChatRequest
from muxer_core.values.usage import JsonValue
from muxer_core.wire.heads import ResponseHead
from muxer_core.wire.limits import Limits


class Gemini(msgspec.Struct, frozen=True):
    """The codec for one provider (`protocol.ClientDialect`, `server.ServerDialect`). It holds options and no state of a call."""

    options: GeminiOptions = GeminiOptions()

    @property
    def name(self) -> str:
        """The dialect's name in configuration."""
        return NAME

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
            return StreamDecoder(limits, keep_source=keep_source, answers=answers)
        return WholeReplyDecoder(limits, keep_source=keep_source)

    def encode_count(self, request: ChatRequest, target: Target) -> Encoded:
        """The request that counts tokens without running the model. Raises `InvalidRequest`, naming the field."""
        return encode_count(request, target, options=self.options)

    def count_decoder(self, head: ResponseHead, *, limits: Limits) -> ReplyDecoder:
        """Decodes to one `TokensCounted`."""
        return count_decoder(limits, dialect=NAME, failure=failure_from_reply)

    def encode_embeddings(self, request: EmbeddingRequest, target: Target) -> Encoded:
        """The request for vectors. Raises `InvalidRequest`, naming the field."""
        path = model_path(self.options, target.base_url, target.model)
        return vectors.encode_embeddings(request, target, path=path)

    def embeddings_decoder(self, head: ResponseHead, *, limits: Limits, inputs: int | None = None) -> ReplyDecoder:
        """Decodes to `EmbeddingsReported`, in the order of the inputs."""
        return vectors.embeddings_decoder(limits, inputs=inputs, failure=failure_from_reply)

    def encode_models(self, target: Target) -> Encoded:
        """The request that lists a server's models."""
        return encode_models(target, self.options)

    def models_decoder(self, head: ResponseHead, *, limits: Limits) -> ReplyDecoder:
        """Decodes to one `ModelsListed`."""
        return models_decoder(limits, failure_from_reply)

    def failure(self, head: ResponseHead, body: bytes, *, where: str, moment: Moment) -> Failure:
        """What a reply with an error status means. Never raises."""
        return failure_from_head(head, body, where=where, moment=moment)

    def decode_chat(self, inbound: Inbound, *, limits: Limits) -> Asked:
        """What a client asks for. Raises `InvalidRequest`, naming the field."""
        return decode_chat(inbound, limits=limits)

    def reply_encoder(self, asked: Asked, answering: Answering) -> ReplyEncoder:
        """An encoder for the reply: server-sent events, a JSON array, or a whole reply, as the client asked."""
        return StreamEncoder(asked, answering) if asked.stream else WholeEncoder(answering)

    def answer_failure(self, failure: Failure) -> Answered:
        """A failure before anything was answered."""
        return answer_failure(failure)

    def answer_models(self, models: Iterable[dict[str, JsonValue]]) -> Answered:
        """A list of models."""
        return answer_models(models)

    def answer_count(self, input_tokens: int, cached_input_tokens: int = 0) -> Answered:
        """The answer to countTokens."""
        return answer_count(input_tokens, cached_input_tokens)


__all__ = ["Gemini", "GeminiOptions"]
