"""The Bedrock Converse dialect: one form for all chat models of Amazon Bedrock. Client role.

`BedrockConverse` is the codec; everything else here is behind it. What each field becomes is the table in `fields`; counting is the table
in `usage`; when a reply is complete is the table in `words`; how a body is read is the table in `stream`.
"""

from __future__ import annotations

import msgspec

from muxer_core.dialects.bedrock_converse.encode import encode_chat, encode_count, encode_models
from muxer_core.dialects.bedrock_converse.failures import failure_from_head, failure_in_body
from muxer_core.dialects.bedrock_converse.options import BedrockConverseOptions
from muxer_core.dialects.bedrock_converse.stream import StreamDecoder, WholeDecoder
from muxer_core.dialects.bedrock_converse.words import DIALECT
from muxer_core.dialects.model_lists import models_decoder
from muxer_core.dialects.protocol import Encoded, ReplyDecoder, Target
from muxer_core.dialects.token_counts import count_decoder
from muxer_core.values.failure import Failure
from muxer_core.values.moment import Moment
from muxer_core.values.request import ChatRequest
from muxer_core.wire.heads import ResponseHead
from muxer_core.wire.limits import Limits


class BedrockConverse(msgspec.Struct, frozen=True):
    """The codec for one provider (`ClientDialect`, `CountingDialect`). It holds options and no state of a call."""

    options: BedrockConverseOptions = BedrockConverseOptions()

    @property
    def name(self) -> str:
        """The dialect's name in configuration."""
        return DIALECT

    def encode_chat(self, request: ChatRequest, target: Target, *, max_tokens: int | None, stream: bool) -> Encoded:
        """The request for one attempt. Raises `InvalidRequest`, naming the field."""
        return encode_chat(request, target, max_tokens=max_tokens, stream=stream, options=self.options)

    def chat_decoder(
        self, head: ResponseHead, *, stream: bool, limits: Limits, keep_source: bool, answers: int = 1
    ) -> ReplyDecoder:
        """A decoder for a reply with a success status; a stream that was not asked for is told by its content type."""
        kind = (head.headers.get("content-type") or "").strip().lower()
        if stream or kind.startswith("application/vnd.amazon.eventstream"):
            return StreamDecoder(head, limits, self.options, keep_source=keep_source)
        return WholeDecoder(head, limits, self.options, keep_source=keep_source)

    def encode_models(self, target: Target) -> Encoded:
        """The request that lists the models of the account's region."""
        return encode_models(target)

    def models_decoder(self, head: ResponseHead, *, limits: Limits) -> ReplyDecoder:
        """Decodes to one `ModelsListed`."""
        return models_decoder(limits, failure_in_body)

    def encode_count(self, request: ChatRequest, target: Target) -> Encoded:
        """The request that counts a chat request. Raises `InvalidRequest`, naming the field."""
        return encode_count(request, target, options=self.options)

    def count_decoder(self, head: ResponseHead, *, limits: Limits) -> ReplyDecoder:
        """A decoder to one `TokensCounted`."""
        return count_decoder(limits, dialect=DIALECT, failure=failure_in_body)

    def failure(self, head: ResponseHead, body: bytes, *, where: str, moment: Moment) -> Failure:
        """What a reply with an error status means. Never raises."""
        return failure_from_head(head, body, where=where, moment=moment)


__all__ = ["BedrockConverse", "BedrockConverseOptions"]
