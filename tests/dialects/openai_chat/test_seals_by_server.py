"""Sealed thinking goes to servers that have a field for it; OpenAI's own refuse a field that they do not know, so nothing is sent there."""

from __future__ import annotations

import msgspec
import pytest

from muxer_core.dialects.openai_chat import OpenAIChat, OpenAIChatOptions
from muxer_core.dialects.protocol import Encoded, Target
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import Message, ReasoningPart, TextPart
from muxer_core.values.request import ChatRequest

REQUEST = ChatRequest(
    model="m",
    messages=(
        Message("user", (TextPart("Why?"),)),
        Message("assistant", (ReasoningPart("hm", "c2VhbA==", vendor="anthropic"), TextPart("so"))),
        Message("user", (TextPart("And?"),)),
    ),
)
OPENAI, PROXY = "https://api.openai.com/v1", "http://127.0.0.1:4000/v1"


def sent(base_url: str, options: OpenAIChatOptions) -> Encoded:
    target = Target(where="there", base_url=base_url, model="m")
    return OpenAIChat(options).encode_chat(REQUEST, target, max_tokens=None, stream=False)


def thinking(encoded: Encoded) -> object:
    return msgspec.json.decode(encoded.request.body)["messages"][1].get("reasoning_details")


def test_a_proxy_is_sent_the_seal() -> None:
    encoded = sent(PROXY, OpenAIChatOptions())
    assert thinking(encoded) is not None
    assert encoded.warnings == ()


def test_openai_itself_is_not_asked_in_vain() -> None:
    with pytest.raises(InvalidRequest, match="openai_chat") as refused:
        sent(OPENAI, OpenAIChatOptions())
    assert refused.value.field == "messages[1].parts[0].signature"
    with pytest.raises(InvalidRequest):
        sent(PROXY, OpenAIChatOptions(seals="refuse"))


def test_whoever_chooses_it_goes_on_without_the_thought_and_is_told() -> None:
    encoded = sent(OPENAI, OpenAIChatOptions(seals="leave_out"))
    assert thinking(encoded) is None
    assert len(encoded.warnings) == 1
    assert encoded.warnings[0].startswith("messages[1].parts[0].signature: left out")
    assert thinking(sent(OPENAI, OpenAIChatOptions(seals="send"))) is not None
