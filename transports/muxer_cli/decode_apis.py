"""Which decoder reads which API, one line for each; and decoding with it. A dialect is loaded when an exchange of its API comes.

An API whose dialect is not there is `unsupported`, as is one that is in no line.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from muxer_cli.decode_output import line_of_items, output_line
from muxer_cli.decode_records import Record
from muxer_core.catalog.deployments import Provider
from muxer_core.dialects.protocol import ClientDialect, CountingDialect, EmbeddingDialect, ReplyDecoder
from muxer_core.dialects.registry import CLIENT_DIALECTS, client_dialect
from muxer_core.values.moment import Moment
from muxer_core.wire.limits import Limits

LIMITS = Limits()

Making = Callable[[Record, ClientDialect], ReplyDecoder]
"""Makes the decoder of an exchange, with the dialect that reads its conversations and errors."""


def _chat(record: Record, dialect: ClientDialect) -> ReplyDecoder:
    return dialect.chat_decoder(record.head, stream=record.stream, limits=LIMITS, keep_source=False)


def _counts(record: Record, dialect: ClientDialect) -> ReplyDecoder:
    if not isinstance(dialect, CountingDialect):
        raise _NotThere
    return dialect.count_decoder(record.head, limits=LIMITS)


def _vectors(record: Record, dialect: ClientDialect) -> ReplyDecoder:
    if not isinstance(dialect, EmbeddingDialect):
        raise _NotThere
    return dialect.embeddings_decoder(record.head, limits=LIMITS)


def _models(record: Record, dialect: ClientDialect) -> ReplyDecoder:
    return dialect.models_decoder(record.head, limits=LIMITS)


class _NotThere(Exception):
    """The dialect does not offer this."""


APIS: dict[str, tuple[str, Making]] = {
    "chat.completions": ("openai_chat", _chat),
    "completions": ("openai_completions", _chat),
    "responses": ("openai_responses", _chat),
    "messages": ("anthropic_messages", _chat),
    "count_tokens": ("anthropic_messages", _counts),
    "generateContent": ("gemini", _chat),
    "streamGenerateContent": ("gemini", _chat),
    "countTokens": ("gemini", _counts),
    "converse": ("bedrock_converse", _chat),
    "converse-stream": ("bedrock_converse", _chat),
    "count-tokens": ("bedrock_converse", _counts),
    "v2.chat": ("cohere_v2", _chat),
    "ollama.chat": ("ollama", _chat),
    "ollama.generate": ("ollama", _chat),
    "embeddings": ("openai_chat", _vectors),
    "batchEmbedContents": ("gemini", _vectors),
    "embedContent": ("gemini", _vectors),
    "predict": ("gemini", _vectors),
    "cohere.embed": ("cohere_v2", _vectors),
    "ollama.embed": ("ollama", _vectors),
    "models": ("openai_chat", _models),
}
"""The dialect of each API, and what is decoded."""


def decoded(record: Record) -> dict[str, Any]:
    """The output line of an exchange."""
    row = APIS.get(record.api)
    if row is None or row[0] not in CLIENT_DIALECTS:
        return output_line(record.fields, outcome="unsupported", api=record.api)
    dialect = _dialect(row[0])
    if not record.head.is_success:
        where = str(record.fields.get("provider") or "")
        failure = dialect.failure(record.head, record.body, where=where, moment=Moment(0.0, 0.0))
        return output_line(record.fields, outcome="failed", api=record.api, failure=failure)
    try:
        decoder = row[1](record, dialect)
    except _NotThere:
        return output_line(record.fields, outcome="unsupported", api=record.api)
    items = decoder.receive_data(record.body) + decoder.receive_eof()
    return line_of_items(record.fields, items, api=record.api)


@cache
def _dialect(name: str) -> ClientDialect:
    return client_dialect(Provider(name="decode", base_url="http://recorded.invalid", dialect=name))
