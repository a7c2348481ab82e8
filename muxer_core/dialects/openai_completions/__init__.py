"""The legacy completions dialect of OpenAI (`POST base_url/completions`), as it, Azure, vLLM and Writer speak it. Client role.

A prompt goes in and text comes out. Chunks are brought to the form of chat completions (`chunks`) and read by the rules of that dialect:
usage and costs by its tables, completion by its evidence, failures by its words. What each field becomes is the table in `fields`.
"""

from __future__ import annotations

import msgspec

from muxer_core.dialects.model_lists import models_decoder
from muxer_core.dialects.openai_chat.encode import encode_models
from muxer_core.dialects.openai_chat.failures import failure_from_head, failure_from_reply
from muxer_core.dialects.openai_chat.reply import WholeReplyDecoder
from muxer_core.dialects.openai_chat.stream import StreamDecoder
from muxer_core.dialects.openai_completions.chunks import SHAPE
from muxer_core.dialects.openai_completions.encode import encode_chat
from muxer_core.dialects.openai_completions.options import OpenAICompletionsOptions
from muxer_core.dialects.protocol import Encoded, ReplyDecoder, Target
from muxer_core.values.failure import Failure
from muxer_core.values.moment import Moment
from muxer_core.values.request import ChatRequest
from muxer_core.wire.heads import ResponseHead
from muxer_core.wire.limits import Limits


class OpenAICompletions(msgspec.Struct, frozen=True):
    """The codec for one provider (`dialects.protocol.ClientDialect`). It holds options and no state of a call."""

    options: OpenAICompletionsOptions = OpenAICompletionsOptions()

    @property
    def name(self) -> str:
        """The dialect's name in configuration."""
        return "openai_completions"

    def encode_chat(self, request: ChatRequest, target: Target, *, max_tokens: int | None, stream: bool) -> Encoded:
        """The request for one attempt. Raises `InvalidRequest`, naming the field."""
        return encode_chat(request, target, max_tokens=max_tokens, stream=stream, options=self.options)

    def chat_decoder(
        self, head: ResponseHead, *, stream: bool, limits: Limits, keep_source: bool, answers: int = 1
    ) -> ReplyDecoder:
        """A decoder for a reply with a success status, told apart as `OpenAIChat.chat_decoder` does."""
        content_type = (head.headers.get("content-type") or "").strip().lower()
        if stream or content_type.startswith("text/event-stream"):
            return StreamDecoder(limits, head.headers, keep_source=keep_source, answers=answers, shape=SHAPE)
        return WholeReplyDecoder(limits, head.headers, keep_source=keep_source, shape=SHAPE)

    def encode_models(self, target: Target) -> Encoded:
        """The request that lists a server's models."""
        return encode_models(target, self.options.api_version)

    def models_decoder(self, head: ResponseHead, *, limits: Limits) -> ReplyDecoder:
        """Decodes to one `ModelsListed`."""
        return models_decoder(limits, failure_from_reply)

    def failure(self, head: ResponseHead, body: bytes, *, where: str, moment: Moment) -> Failure:
        """What a reply with an error status means. Never raises."""
        return failure_from_head(head, body, where=where, moment=moment)


__all__ = ["OpenAICompletions", "OpenAICompletionsOptions"]
