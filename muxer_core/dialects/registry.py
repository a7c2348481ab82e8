"""Dialects by the names that configuration uses. A new dialect is one function and one line in each table that it belongs to.

A dialect is loaded when it is first asked for: a program that speaks to one provider pays for one.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from muxer_core.catalog.deployments import Provider
from muxer_core.dialects.field_table import FieldTable
from muxer_core.dialects.protocol import ClientDialect
from muxer_core.dialects.server import ServerDialect
from muxer_core.values.errors import InvalidRequest


def _openai_chat(provider: Provider) -> ClientDialect:
    from muxer_core.dialects.openai_chat import OpenAIChat, OpenAIChatOptions

    return OpenAIChat(msgspec.convert(provider.options, OpenAIChatOptions, strict=False))


def _openai_chat_server() -> ServerDialect:
    from muxer_core.dialects.openai_chat import OpenAIChat

    return OpenAIChat()


def _openai_chat_fields() -> FieldTable:
    from muxer_core.dialects.openai_chat.fields import TABLE

    return TABLE


def _openai_responses(provider: Provider) -> ClientDialect:
    from muxer_core.dialects.openai_responses import OpenAIResponses, OpenAIResponsesOptions

    return OpenAIResponses(msgspec.convert(provider.options, OpenAIResponsesOptions, strict=False))


def _openai_responses_server() -> ServerDialect:
    from muxer_core.dialects.openai_responses import OpenAIResponses

    return OpenAIResponses()


def _openai_responses_fields() -> FieldTable:
    from muxer_core.dialects.openai_responses.fields import TABLE

    return TABLE


def _bedrock_converse(provider: Provider) -> ClientDialect:
    from muxer_core.dialects.bedrock_converse import BedrockConverse, BedrockConverseOptions

    return BedrockConverse(msgspec.convert(provider.options, BedrockConverseOptions, strict=False))


def _bedrock_converse_fields() -> FieldTable:
    from muxer_core.dialects.bedrock_converse.fields import TABLE

    return TABLE


def _ollama(provider: Provider) -> ClientDialect:
    from muxer_core.dialects.ollama import Ollama, OllamaOptions

    return Ollama(msgspec.convert(provider.options, OllamaOptions, strict=False))


def _ollama_fields() -> FieldTable:
    from muxer_core.dialects.ollama.fields import TABLE

    return TABLE


def _cohere_v2(provider: Provider) -> ClientDialect:
    from muxer_core.dialects.cohere_v2 import CohereV2, CohereV2Options

    return CohereV2(msgspec.convert(provider.options, CohereV2Options, strict=False))


def _cohere_v2_fields() -> FieldTable:
    from muxer_core.dialects.cohere_v2.fields import TABLE

    return TABLE


def _openai_completions(provider: Provider) -> ClientDialect:
    from muxer_core.dialects.openai_completions import OpenAICompletions, OpenAICompletionsOptions

    return OpenAICompletions(msgspec.convert(provider.options, OpenAICompletionsOptions, strict=False))


def _openai_completions_fields() -> FieldTable:
    from muxer_core.dialects.openai_completions.fields import TABLE

    return TABLE


def _anthropic_messages(provider: Provider) -> ClientDialect:
    from muxer_core.dialects.anthropic_messages import AnthropicMessages, AnthropicMessagesOptions

    return AnthropicMessages(msgspec.convert(provider.options, AnthropicMessagesOptions, strict=False))


def _anthropic_messages_server() -> ServerDialect:
    from muxer_core.dialects.anthropic_messages import AnthropicMessages

    return AnthropicMessages()


def _anthropic_messages_fields() -> FieldTable:
    from muxer_core.dialects.anthropic_messages.fields import TABLE

    return TABLE


def _gemini(provider: Provider) -> ClientDialect:
    from muxer_core.dialects.gemini import Gemini, GeminiOptions

    return Gemini(msgspec.convert(provider.options, GeminiOptions, strict=False))


def _gemini_server() -> ServerDialect:
    from muxer_core.dialects.gemini import Gemini

    return Gemini()


def _gemini_fields() -> FieldTable:
    from muxer_core.dialects.gemini.fields import TABLE

    return TABLE


CLIENT_DIALECTS: dict[str, Callable[[Provider], ClientDialect]] = {
    "openai_chat": _openai_chat,
    "anthropic_messages": _anthropic_messages,
    "bedrock_converse": _bedrock_converse,
    "cohere_v2": _cohere_v2,
    "ollama": _ollama,
    "openai_responses": _openai_responses,
    "openai_completions": _openai_completions,
    "gemini": _gemini,
}

SERVER_DIALECTS: dict[str, Callable[[], ServerDialect]] = {
    "openai_chat": _openai_chat_server,
    "anthropic_messages": _anthropic_messages_server,
    "openai_responses": _openai_responses_server,
    "gemini": _gemini_server,
}
"""What our clients may speak."""

FIELD_TABLES: dict[str, Callable[[], FieldTable]] = {
    "openai_chat": _openai_chat_fields,
    "anthropic_messages": _anthropic_messages_fields,
    "bedrock_converse": _bedrock_converse_fields,
    "cohere_v2": _cohere_v2_fields,
    "ollama": _ollama_fields,
    "openai_completions": _openai_completions_fields,
    "openai_responses": _openai_responses_fields,
    "gemini": _gemini_fields,
}
"""What becomes of every field, by dialect."""


def client_dialect(provider: Provider) -> ClientDialect:
    """The dialect of a provider, with its options. Raises `InvalidRequest` naming the provider's field."""
    field = f"providers.{provider.name}"
    make = CLIENT_DIALECTS.get(provider.dialect)
    if make is None:
        raise InvalidRequest(
            f"{field}.dialect", f"{provider.dialect!r} is not known; known are {', '.join(CLIENT_DIALECTS)}"
        )
    try:
        return make(provider)
    except msgspec.ValidationError as problem:
        raise InvalidRequest(f"{field}.options", str(problem)) from None
