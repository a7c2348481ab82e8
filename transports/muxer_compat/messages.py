"""`ChatMessage`: a turn of a conversation in OpenAI's words, which a reply's own message is too, so that it can go back as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

import msgspec

from muxer_core.asking import Prompt
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import Message
from muxer_core.values.usage import JsonValue


class FunctionCall(msgspec.Struct, frozen=True):
    """Which function, and its arguments as the model wrote them: JSON, if the model kept to it."""

    name: str
    arguments: str


class CustomCall(msgspec.Struct, frozen=True):
    """Which custom tool, and its input as free text."""

    name: str
    input: str


class ToolCall(msgspec.Struct, frozen=True, omit_defaults=True):
    """A call that the model asks for: `function` or `custom`, as `type` says."""

    id: str
    type: str
    function: FunctionCall | None = None
    custom: CustomCall | None = None


class ChatMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """One turn. `content` is text or a list of OpenAI's content parts; what has no field here goes into `extras` under OpenAI's name.

    >>> ChatMessage("user", "Why is the sky blue?").to_openai()
    {'role': 'user', 'content': 'Why is the sky blue?'}
    """

    role: str
    content: str | Sequence[Mapping[str, JsonValue]] | None
    name: str | None = None
    tool_calls: Sequence[ToolCall | Mapping[str, JsonValue]] | None = None
    tool_call_id: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    extras: dict[str, JsonValue] = {}

    def to_openai(self) -> dict[str, JsonValue]:
        """The message as OpenAI's API writes it."""
        fields: dict[str, JsonValue] = msgspec.to_builtins(self)
        return {**fields, **fields.pop("extras", {})}


class ReplyMessage(ChatMessage, frozen=True, omit_defaults=True):
    """What the model said: a `ChatMessage` to read and to send back. `content` is None where it only calls tools or refuses."""

    content: str | None
    tool_calls: list[ToolCall] | None = None


Messages = Prompt | Iterable[ChatMessage | Message | Mapping[str, JsonValue]]
"""A conversation, or one user's message as text."""


def to_prompt(messages: object) -> Prompt:
    """The conversation (`Messages`) as the core takes it. Raises `InvalidRequest` naming the message that is none."""
    if isinstance(messages, str | Message):
        return messages
    kind = type(messages).__name__
    if isinstance(messages, Mapping) or not isinstance(messages, Iterable):
        raise InvalidRequest("messages", f"must be a list of messages, got {kind}")
    return [_turn(one, f"messages[{number}]") for number, one in enumerate(cast("Iterable[object]", messages))]


def _turn(one: object, where: str) -> Message | Mapping[str, JsonValue]:
    if isinstance(one, ChatMessage):
        return one.to_openai()
    if isinstance(one, Message):
        return one
    if isinstance(one, Mapping):
        return cast("Mapping[str, JsonValue]", one)
    raise InvalidRequest(where, f"must be a ChatMessage or a dict, got {type(one).__name__}")
