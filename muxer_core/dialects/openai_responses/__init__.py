"""The OpenAI Responses dialect (`POST {base_url}/responses`), as OpenAI, Azure, xAI, DeepSeek, OpenRouter and others speak it.

`OpenAIResponses` is the codec; everything else here is behind it. What each field becomes is the table in `fields`; when a stream is
complete is the table in `stream`, how a response ends the one in `endings`, how it counts the one in `usage`.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from muxer_core.dialects.model_lists import models_decoder
from muxer_core.dialects.openai_chat.answers import answer_failure, answer_models
from muxer_core.dialects.openai_chat.failures import failure_from_head, failure_from_reply
from muxer_core.dialects.openai_responses.decode import decode_chat
from muxer_core.dialects.openai_responses.encode import encode_chat, encode_count, encode_models
from muxer_core.dialects.openai_responses.options import NAME, OpenAIResponsesOptions
from muxer_core.dialects.openai_responses.reply import WholeReplyDecoder
from muxer_core.dialects.openai_responses.reply_encoder import ResponseEncoder
from muxer_core.dialects.openai_responses.stream import StreamDecoder
from muxer_core.dialects.protocol import Encoded, ReplyDecoder, Target
from muxer_core.dialects.server import Answered, Answering, Asked, Inbound, ReplyEncoder
from muxer_core.dialects.token_counts import count_decoder
from muxer_core.values.failure import Failure
from muxer_core.values.moment import Moment
from muxer_core.values.request import ChatRequest
from muxer_core.values.usage import JsonValue
from muxer_core.wire.heads import ResponseHead
from muxer_core.wire.limits import Limits


class OpenAIResponses(msgspec.Struct, frozen=True):
    """The codec for one provider, and for clients (`protocol.ClientDialect`, `server.ServerDialect`). It holds no state of a call."""

    options: OpenAIResponsesOptions = OpenAIResponsesOptions()

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
        """A decoder for a reply with a success status. A response is one answer.

        A stream that was not asked for is told by its content type; a whole reply where a stream was asked for, by its first byte.
        """
        content_type = (head.headers.get("content-type") or "").strip().lower()
        kind = StreamDecoder if stream or content_type.startswith("text/event-stream") else WholeReplyDecoder
        return kind(limits, head.headers, vendor=self.options.vendor, keep_source=keep_source)

    def encode_count(self, request: ChatRequest, target: Target) -> Encoded:
        """The request that counts the tokens of `request` (`/responses/input_tokens`). Raises `InvalidRequest`."""
        return encode_count(request, target, options=self.options)

    def count_decoder(self, head: ResponseHead, *, limits: Limits) -> ReplyDecoder:
        """Decodes to one `TokensCounted`."""
        return count_decoder(limits, dialect=NAME, failure=failure_from_reply)

    def encode_models(self, target: Target) -> Encoded:
        """The request that lists a server's models."""
        return encode_models(target)

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
        """An encoder for the reply to a request."""
        return ResponseEncoder(asked, answering)

    def answer_failure(self, failure: Failure) -> Answered:
        """A failure before anything was answered, as clients of this API read it: OpenAI's error object."""
        return answer_failure(failure)

    def answer_models(self, models: Iterable[dict[str, JsonValue]]) -> Answered:
        """A list of models."""
        return answer_models(models)


__all__ = ["OpenAIResponses", "OpenAIResponsesOptions"]
