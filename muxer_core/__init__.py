"""muxer-core: a pure core that decides everything about an LLM call and does nothing. Transports carry its wishes out.

Here are the names that most users need. Everything else is imported from its own room, whose name says what is in it.

A name is loaded when it is first asked for (PEP 562), so that `import muxer_core` costs nothing to a program that only may make a call.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from muxer_core.asking import ChatOptions, Prompt, chat_request
    from muxer_core.asking_vectors import EmbeddingOptions, Inputs, embedding_request
    from muxer_core.call.exchange import AsyncExchange, AsyncTransport, SyncExchange, SyncTransport, TransportError
    from muxer_core.call.machine import Call
    from muxer_core.call.outcome import AttemptRecord, CallFailed, Outcome
    from muxer_core.call.reply import Answer, Reply
    from muxer_core.call.reply_builder import ReplyBuilder
    from muxer_core.catalog.catalog import UnknownModel
    from muxer_core.config.problems import ConfigError
    from muxer_core.config.schema import Config
    from muxer_core.muxer import Muxer
    from muxer_core.routing.decision import Decision
    from muxer_core.values.amount import Usd
    from muxer_core.values.context import CallContext
    from muxer_core.values.embedding_request import EmbeddingRequest
    from muxer_core.values.errors import InvalidRequest, LocalProtocolError
    from muxer_core.values.failure import Failure
    from muxer_core.values.items import (
        AudioDelta,
        ChoiceFinished,
        Item,
        ReasoningDelta,
        RefusalDelta,
        ReplyEnded,
        ReplyStarted,
        SourceEvent,
        TextDelta,
        ToolCallDelta,
        UsageReported,
    )
    from muxer_core.values.messages import Message, TextPart
    from muxer_core.values.moment import Moment
    from muxer_core.values.request import ChatRequest
    from muxer_core.values.usage import Usage

_ROOMS = {
    "Answer": "call.reply",
    "AsyncExchange": "call.exchange",
    "AsyncTransport": "call.exchange",
    "AttemptRecord": "call.outcome",
    "AudioDelta": "values.items",
    "Call": "call.machine",
    "CallContext": "values.context",
    "CallFailed": "call.outcome",
    "ChatOptions": "asking",
    "ChatRequest": "values.request",
    "ChoiceFinished": "values.items",
    "Config": "config.schema",
    "ConfigError": "config.problems",
    "Decision": "routing.decision",
    "EmbeddingOptions": "asking_vectors",
    "EmbeddingRequest": "values.embedding_request",
    "Failure": "values.failure",
    "Inputs": "asking_vectors",
    "InvalidRequest": "values.errors",
    "Item": "values.items",
    "LocalProtocolError": "values.errors",
    "Message": "values.messages",
    "Moment": "values.moment",
    "Muxer": "muxer",
    "Outcome": "call.outcome",
    "Prompt": "asking",
    "ReasoningDelta": "values.items",
    "RefusalDelta": "values.items",
    "Reply": "call.reply",
    "ReplyBuilder": "call.reply_builder",
    "ReplyEnded": "values.items",
    "ReplyStarted": "values.items",
    "SourceEvent": "values.items",
    "SyncExchange": "call.exchange",
    "SyncTransport": "call.exchange",
    "TextDelta": "values.items",
    "TextPart": "values.messages",
    "ToolCallDelta": "values.items",
    "TransportError": "call.exchange",
    "UnknownModel": "catalog.catalog",
    "Usage": "values.usage",
    "UsageReported": "values.items",
    "Usd": "values.amount",
    "chat_request": "asking",
    "embedding_request": "asking_vectors",
}
"""Which room holds which name. A test holds it against the imports above, which only type checkers see."""


def __getattr__(name: str) -> object:
    room = _ROOMS.get(name)
    if room is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{room}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


__all__ = [
    "Answer",
    "AsyncExchange",
    "AsyncTransport",
    "AttemptRecord",
    "AudioDelta",
    "Call",
    "CallContext",
    "CallFailed",
    "ChatOptions",
    "ChatRequest",
    "ChoiceFinished",
    "Config",
    "ConfigError",
    "Decision",
    "EmbeddingOptions",
    "EmbeddingRequest",
    "Failure",
    "Inputs",
    "InvalidRequest",
    "Item",
    "LocalProtocolError",
    "Message",
    "Moment",
    "Muxer",
    "Outcome",
    "Prompt",
    "ReasoningDelta",
    "RefusalDelta",
    "Reply",
    "ReplyBuilder",
    "ReplyEnded",
    "ReplyStarted",
    "SourceEvent",
    "SyncExchange",
    "SyncTransport",
    "TextDelta",
    "TextPart",
    "ToolCallDelta",
    "TransportError",
    "UnknownModel",
    "Usage",
    "UsageReported",
    "Usd",
    "chat_request",
    "embedding_request",
]
