"""Cohere's own dialect, version 2: `/v2/chat`. Client role.

`CohereV2` is the codec; everything else here is behind it. What each field becomes is the table in `fields`; counting and billing is the
table in `usage`; when a reply is complete is the table in `words`; how a body is read is the table in `stream`.
"""

from __future__ import annotations

import msgspec

from muxer_core.dialects.cohere_v2.encode import encode_chat, encode_models
from muxer_core.dialects.cohere_v2.stream import StreamDecoder, WholeDecoder
from muxer_core.dialects.cohere_v2.words import DIALECT
from muxer_core.dialects.embeddings import cohere as vectors
from muxer_core.dialects.model_lists import models_decoder
from muxer_core.dialects.openai_chat.failures import failure_from_head, failure_from_reply
from muxer_core.dialects.protocol import Encoded, ReplyDecoder, Target
from muxer_core.values.embedding_request import EmbeddingRequest
from muxer_core.values.failure import Failure
from muxer_core.values.moment import Moment
from muxer_core.values.request import ChatRequest
from muxer_core.wire.heads import ResponseHead
from muxer_core.wire.limits import Limits


class CohereV2Options(msgspec.Struct, frozen=True, omit_defaults=True):
    """Options of the dialect for one provider: there are none yet."""


class CohereV2(msgspec.Struct, frozen=True):
    """The codec for one provider (`ClientDialect`, `EmbeddingDialect`). It holds options and no state of a call."""

    options: CohereV2Options = CohereV2Options()

    @property
    def name(self) -> str:
        """The dialect's name in configuration."""
        return DIALECT

    def encode_chat(self, request: ChatRequest, target: Target, *, max_tokens: int | None, stream: bool) -> Encoded:
        """The request for one attempt. Raises `InvalidRequest`, naming the field."""
        return encode_chat(request, target, max_tokens=max_tokens, stream=stream)

    def chat_decoder(
        self, head: ResponseHead, *, stream: bool, limits: Limits, keep_source: bool, answers: int = 1
    ) -> ReplyDecoder:
        """A decoder for a reply with a success status; a stream that was not asked for is told by its content type."""
        kind = (head.headers.get("content-type") or "").strip().lower()
        if stream or kind.startswith("text/event-stream"):
            return StreamDecoder(limits, keep_source=keep_source)
        return WholeDecoder(limits, keep_source=keep_source)

    def encode_models(self, target: Target) -> Encoded:
        """The request that lists the models."""
        return encode_models(target)

    def models_decoder(self, head: ResponseHead, *, limits: Limits) -> ReplyDecoder:
        """Decodes to one `ModelsListed`."""
        return models_decoder(limits, failure_from_reply)

    def encode_embeddings(self, request: EmbeddingRequest, target: Target) -> Encoded:
        """The request for vectors. Raises `InvalidRequest`, naming the field."""
        return vectors.encode_embeddings(request, target)

    def embeddings_decoder(self, head: ResponseHead, *, limits: Limits, inputs: int | None = None) -> ReplyDecoder:
        """A decoder to `EmbeddingsReported`."""
        return vectors.embeddings_decoder(limits, inputs=inputs, failure=failure_from_reply)

    def failure(self, head: ResponseHead, body: bytes, *, where: str, moment: Moment) -> Failure:
        """What a reply with an error status means: Cohere says `{"id", "message"}`. Never raises."""
        return failure_from_head(head, body, where=where, moment=moment)


__all__ = ["CohereV2", "CohereV2Options"]
