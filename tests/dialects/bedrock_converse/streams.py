"""Streams and replies that no server sent, and what the decoder makes of them."""

from __future__ import annotations

import json
from typing import Any

from muxer_core.call.reply_builder import ReplyBuilder
from muxer_core.dialects.bedrock_converse import BedrockConverse
from muxer_core.testing.aws_event_stream import event
from muxer_core.values.items import Item
from muxer_core.wire.limits import Limits
from tests.support.exchanges import decode, reply, some_cuts

DIALECT = BedrockConverse()
STOP = ("messageStop", {"stopReason": "end_turn"})
TEXT = ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "x"}})
METADATA = ("metadata", {"usage": {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5}, "metrics": {"latencyMs": 1}})


def frames(*events: tuple[str, Any]) -> bytes:
    return b"".join(event(name, json.dumps(value).encode()) for name, value in events)


def told(*events: tuple[str, Any] | bytes, limits: Limits | None = None, keep_source: bool = False) -> list[Item]:
    """The items of a stream of these events, the same under any cut."""
    body = b"".join(one if isinstance(one, bytes) else frames(one) for one in events)
    exchange = reply(body, stream=True)
    items = decode(DIALECT, exchange, limits=limits, keep_source=keep_source)
    for pieces in some_cuts(body, "cuts", 3):
        assert decode(DIALECT, exchange, pieces, limits=limits, keep_source=keep_source) == items
    return items


def whole(content: list[Any], **fields: Any) -> list[Item]:
    """The items of a whole reply."""
    value = {"output": {"message": {"role": "assistant", "content": content}}, "stopReason": "end_turn", **fields}
    return decode(DIALECT, reply(json.dumps(value)))


def message_of(items: list[Item]) -> Any:
    builder = ReplyBuilder()
    builder.add(items)
    return builder.answers()[0].message


def block(index: int, delta: dict[str, Any]) -> tuple[str, Any]:
    return "contentBlockDelta", {"contentBlockIndex": index, "delta": delta}


def use(index: int, call_id: Any = "t1", name: Any = "weather", **fields: Any) -> tuple[str, Any]:
    return "contentBlockStart", {
        "contentBlockIndex": index,
        "start": {"toolUse": {"toolUseId": call_id, "name": name, **fields}},
    }
