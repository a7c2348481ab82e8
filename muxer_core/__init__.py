"""muxer-core: a pure core that decides everything about an LLM call and does nothing. Transports carry its wishes out.

Here are the names that most users need. Everything else is imported from its own room, whose name says what is in it.
"""

from muxer_core.asking import ChatOptions, Prompt, chat_request
from muxer_core.call.exchange import AsyncExchange, AsyncTransport, SyncExchange, SyncTransport, TransportError
from muxer_core.call.machine import Call
from muxer_core.call.outcome import AttemptRecord, CallFailed, Outcome
from muxer_core.call.reply import Answer, Reply, ReplyBuilder
from muxer_core.catalog.catalog import UnknownModel
from muxer_core.config.problems import ConfigError
from muxer_core.config.schema import Config
from muxer_core.muxer import Muxer
from muxer_core.routing.decision import Decision
from muxer_core.values.amount import Usd
from muxer_core.values.context import CallContext
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
    "Failure",
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
]
