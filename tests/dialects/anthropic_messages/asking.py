"""Requests in a word: what our fields become, what is refused, and what a client's body is read as."""

from __future__ import annotations

import json
from typing import Any

import pytest

from muxer_core.dialects.anthropic_messages import AnthropicMessages, AnthropicMessagesOptions
from muxer_core.dialects.anthropic_messages.decode import decode_request
from muxer_core.dialects.protocol import Encoded, Target
from muxer_core.dialects.server import Asked, Inbound
from muxer_core.values.credential import CredentialRef
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import (
    Message,
    Part,
    TextPart,
)
from muxer_core.values.request import ChatRequest
from muxer_core.wire.heads import Headers
from muxer_core.wire.limits import Limits

TARGET = Target("w", "https://api.anthropic.com", "claude", CredentialRef("key", "x-api-key"), (("x-team", "blue"),))
OWN = "anthropic_messages"
FOREIGN = "openai_chat"
HELLO = (Message("user", (TextPart("hi"),)),)


def encoded(request: ChatRequest, *, stream: bool = False, target: Target = TARGET, **options: Any) -> Encoded:
    dialect = AnthropicMessages(AnthropicMessagesOptions(**options))
    return dialect.encode_chat(request, target, max_tokens=request.max_tokens, stream=stream)


def request_of(**fields: Any) -> ChatRequest:
    """A request of these fields, and a question."""
    given: dict[str, Any] = {"model": "m", "messages": HELLO, "max_tokens": 9, **fields}
    return ChatRequest(**given)


def body_of(sent: Encoded) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(sent.request.body)
    return body


def asked(**fields: Any) -> dict[str, Any]:
    """The body of a request of these fields, about which nothing is to be said."""
    sent = encoded(request_of(**fields))
    assert sent.warnings == ()
    return body_of(sent)


def warned(**fields: Any) -> tuple[dict[str, Any], list[str]]:
    """The body, and the fields that warnings name."""
    sent = encoded(request_of(**fields))
    return body_of(sent), [warning.partition(":")[0] for warning in sent.warnings]


def refused(**fields: Any) -> str:
    """The field that is refused, for a reason that is said."""
    with pytest.raises(InvalidRequest) as raised:
        encoded(request_of(**fields))
    return raised.value.field


def spoken(*parts: Part, role: Any = "assistant", dialect: str | None = None) -> tuple[Message, ...]:
    return (Message("user", (TextPart("a"),)), Message(role, parts, dialect=dialect))


def heard(body: bytes | dict[str, Any], headers: dict[str, str] | None = None, limits: Limits | None = None) -> Asked:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    inbound = Inbound("POST", "/v1/messages", headers=Headers(tuple((headers or {}).items())), body=data)
    return decode_request(inbound, limits or Limits())
