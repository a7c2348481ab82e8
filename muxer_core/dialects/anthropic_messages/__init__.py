"""The Anthropic Messages dialect, as Anthropic and other servers with endpoints of its form speak it. Both roles.

`AnthropicMessages` is the codec; everything else here is behind it. What each field becomes is the table in `fields`; how tokens are
counted is the table in `usage`; when a stream is complete is the table in `stream`, and what each event does the one in `reading`.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from muxer_core.dialects.anthropic_messages.answers import answer_count, answer_failure, answer_models
from muxer_core.dialects.anthropic_messages.decode import decode_request
from muxer_core.dialects.anthropic_messages.encode import encode_chat, encode_count, encode_models
from muxer_core.dialects.anthropic_messages.failures import failure_from_error
from muxer_core.dialects.anthropic_messages.options import AnthropicMessagesOptions
from muxer_core.dialects.anthropic_messages.reply import WholeReplyDecoder
from muxer_core.dialects.anthropic_messages.reply_encoder import StreamEncoder, WholeEncoder
from muxer_core.dialects.anthropic_messages.stream import StreamDecoder
from muxer_core.dialects.anthropic_messages.words import DIALECT
from muxer_core.dialects.model_lists import models_decoder
from muxer_core.dialects.openai_chat.failures import failure_from_head
from muxer_core.dialects.protocol import Encoded, ReplyDecoder, Target
from muxer_core.dialects.server import Answered, Answering, Asked, Inbound, ReplyEncoder
from muxer_core.dialects.token_counts import count_decoder
from muxer_core.values.failure import Failure
from muxer_core.values.moment import Moment
from muxer_core.values.request import ChatRequest
from muxer_core.values.usage import JsonValue
from muxer_core.wire.heads import ResponseHead
from muxer_core.wire.limits import Limits


class AnthropicMessages(msgspec.Struct, frozen=True):
    """The codec for one provider (`dialects.protocol.ClientDialect`, `dialects.server.ServerDialect`). It holds no state of a call."""

    options: AnthropicMessagesOptions = AnthropicMessagesOptions()

    @property
    def name(self) -> str:
        """The dialect's name in configuration."""
        return DIALECT

    # ------------------------------------------------------------------------------------------------------------------ client role

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
            return StreamDecoder(limits, keep_source=keep_source)
        return WholeReplyDecoder(limits, keep_source=keep_source)

    def encode_count(self, request: ChatRequest, target: Target) -> Encoded:
        """The request that counts the input tokens of another (`count_tokens`). Raises `InvalidRequest`, naming the field."""
        return encode_count(request, target, self.options)

    def count_decoder(self, head: ResponseHead, *, limits: Limits) -> ReplyDecoder:
        """Decodes to one `TokensCounted`."""
        return count_decoder(limits, dialect=DIALECT, failure=failure_from_error)

    def encode_models(self, target: Target) -> Encoded:
        """The request that lists a server's models."""
        return encode_models(target, self.options)

    def models_decoder(self, head: ResponseHead, *, limits: Limits) -> ReplyDecoder:
        """Decodes to one `ModelsListed`."""
        return models_decoder(limits, failure_from_error)

    def failure(self, head: ResponseHead, body: bytes, *, where: str, moment: Moment) -> Failure:
        """What a reply with an error status means. Never raises."""
        return failure_from_head(head, body, where=where, moment=moment)

    # ------------------------------------------------------------------------------------------------------------------ server role

    def decode_chat(self, inbound: Inbound, *, limits: Limits) -> Asked:
        """What the client asks for. Raises `InvalidRequest`, naming the field. A request to count tokens is read likewise."""
        return decode_request(inbound, limits)

    def reply_encoder(self, asked: Asked, answering: Answering) -> ReplyEncoder:
        """An encoder for the reply to a request."""
        return StreamEncoder(answering) if asked.stream else WholeEncoder(answering)

    def answer_failure(self, failure: Failure) -> Answered:
        """A failure before anything was answered, as the API's clients read it."""
        return answer_failure(failure)

    def answer_models(self, models: Iterable[dict[str, JsonValue]]) -> Answered:
        """A list of models, as one page."""
        return answer_models(models)

    def answer_count(self, input_tokens: int) -> Answered:
        """The reply to a request that counts tokens."""
        return answer_count(input_tokens)


__all__ = ["AnthropicMessages", "AnthropicMessagesOptions"]
