"""Answers of the server role, and what our client role reads in them: for the tests of replies."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from muxer_core.dialects.openai_chat import OpenAIChat
from muxer_core.dialects.server import Answering, Asked
from muxer_core.values.items import (
    AudioDelta,
    ChoiceFinished,
    CitationsReported,
    FailureReported,
    ImageDelta,
    Item,
    ReasoningDelta,
    RefusalDelta,
    ReplyEnded,
    ReplyStarted,
    SignatureReported,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from muxer_core.values.messages import Message, TextPart
from muxer_core.values.request import ChatRequest
from tests.dialects.openai_chat.exchanges import Exchange, decode
from tests.dialects.openai_chat.independent import split_events

DIALECT = OpenAIChat()
REQUEST = ChatRequest(model="m", messages=(Message("user", (TextPart("Hello"),)),))
ANSWERING = Answering("abc", 7)
STARTED = ReplyStarted("msg_1", "claude", 5, "anthropic_messages")
DONE = ReplyEnded("message_stop")
STOP = ChoiceFinished("stop", "end_turn")


class Answer(NamedTuple):
    """What an encoder wrote."""

    body: bytes
    warnings: tuple[str, ...]

    @property
    def chunks(self) -> list[dict[str, Any]]:
        return [json.loads(data) for _, data in split_events(self.body) if data != "[DONE]"]

    @property
    def whole(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.body)
        return value

    @property
    def message(self) -> dict[str, Any]:
        message: dict[str, Any] = self.whole["choices"][0]["message"]
        return message


def answer(
    *items: Item, stream: bool = False, request: ChatRequest = REQUEST, usage: bool = True, **answering: Any
) -> Answer:
    """The answer to a request, from items given at once."""
    asked = Asked(request, stream=stream, wants_usage=usage)
    encoder = DIALECT.reply_encoder(asked, Answering("abc", 7, **answering))
    body = encoder.receive_items(items)
    assert encoder.receive_items([TextDelta("late"), DONE]) == b""
    assert encoder.head.status == 200
    return Answer(body, encoder.warnings)


def read_back(written: Answer, *, stream: bool) -> list[Item]:
    """What our client role reads."""
    asked = Asked(REQUEST, stream=stream)
    return decode(Exchange("", DIALECT.reply_encoder(asked, ANSWERING).head, written.body, stream=stream))


def said(items: list[Item]) -> dict[str, Any]:
    """What a reply said, whichever way its pieces were cut."""
    told: dict[str, Any] = {}

    def add(name: str, choice: int, text: str) -> None:
        if text:
            told[f"{name} {choice}"] = told.get(f"{name} {choice}", "") + text

    for item in items:
        match item:
            case TextDelta():
                add("text", item.choice, item.text)
            case RefusalDelta():
                add("refusal", item.choice, item.text)
            case ReasoningDelta():
                add("reasoning", item.choice, item.text)
                add("seals", item.choice, f"{item.signature or ''}{item.encrypted or ''}{item.vendor or ''}")
            case ToolCallDelta():
                opened = f"{item.id or ''} {item.name or ''} {item.kind or ''}".strip()
                add(f"call {item.call}", item.choice, f"{item.arguments}")
                add(f"call {item.call} name", item.choice, opened)
            case SignatureReported():
                add(f"seal of {item.call}", item.choice, item.signature)
            case AudioDelta():
                add("audio", item.choice, item.data + item.transcript)
            case ImageDelta():
                add("image", item.choice, item.url)
            case _:
                said_of_the_reply(item, told)
    return told


def said_of_the_reply(item: Item, told: dict[str, Any]) -> None:
    match item:
        case ChoiceFinished():
            told[f"finish {item.choice}"] = item.reason
        case UsageReported():
            told["usage"] = (item.usage.input_tokens, item.usage.output_tokens, item.usage.cached_input_tokens)
        case ReplyStarted():
            told["started"] = (item.id, item.model, item.created)
        case ReplyEnded():
            told["ended"] = True
        case FailureReported():
            told["failed"] = item.failure.kind
        case CitationsReported():
            told["citations"] = told.get("citations", []) + item.citations
        case _:
            pass
