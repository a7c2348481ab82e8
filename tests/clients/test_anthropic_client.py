"""The official `anthropic` client reads our messages as it does its vendor's own."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import anthropic
import pytest

from muxer_core.dialects.registry import SERVER_DIALECTS
from muxer_core.values.failure import Failure
from muxer_core.values.items import Item
from muxer_core.values.messages import ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from tests.clients.dialect_server import DialectServer
from tests.clients.replies import BROKEN, RATE_LIMITED, SEAL, TEXT, tool_calls

QUESTION: list[Any] = [{"role": "user", "content": "Why is the sky blue?"}]
TOOLS: list[Any] = [{"name": "weather", "input_schema": {"type": "object"}}]


@contextmanager
def talking(reply: list[Item] | Failure) -> Generator[tuple[anthropic.Anthropic, DialectServer]]:
    codec = SERVER_DIALECTS["anthropic_messages"]()
    with (
        DialectServer(codec, reply) as server,
        anthropic.Anthropic(base_url=server.url, api_key="key", max_retries=0) as client,
    ):
        yield client, server


def test_a_whole_reply() -> None:
    with talking(TEXT) as (client, server):
        said = client.messages.create(model="m", max_tokens=100, messages=QUESTION, system="Be brief.")
    assert said.role == "assistant"
    assert said.type == "message"
    assert [(block.type, block.text) for block in said.content if block.type == "text"] == [
        ("text", "The sky is blue – mostly.")
    ]
    assert len(said.content) == 1
    assert said.stop_reason == "end_turn"
    assert said.usage.input_tokens == 20
    assert said.usage.cache_read_input_tokens == 100
    assert said.usage.output_tokens == 30
    assert [message.role for message in server.asked[0].request.messages] == ["system", "user"]
    assert server.asked[0].request.max_tokens == 100


def test_a_stream() -> None:
    with talking(TEXT) as (client, _), client.messages.stream(model="m", max_tokens=9, messages=QUESTION) as stream:
        pieces = list(stream.text_stream)
        said = stream.get_final_message()
    assert pieces == ["The sky ", "is blue – ", "mostly."]
    assert said.stop_reason == "end_turn"
    assert (said.usage.input_tokens, said.usage.output_tokens) == (20, 30)


@pytest.mark.parametrize("stream", [False, True])
def test_calls_and_sealed_thinking_come_back_with_the_next_turn(stream: bool) -> None:
    with talking(tool_calls("anthropic")) as (client, server):
        if stream:
            with client.messages.stream(model="m", max_tokens=9, messages=QUESTION, tools=TOOLS) as events:
                said: Any = events.get_final_message()
        else:
            said = client.messages.create(model="m", max_tokens=9, messages=QUESTION, tools=TOOLS)
        assert [block.type for block in said.content] == ["thinking", "text", "tool_use", "tool_use"]
        uses = [block for block in said.content if block.type == "tool_use"]
        assert [(block.id, block.name, block.input) for block in uses] == [
            ("call_a", "weather", {"city": "Berlin"}),
            ("call_b", "weather", {"city": "Rome"}),
        ]
        assert said.stop_reason == "tool_use"
        results: Any = [{"type": "tool_result", "tool_use_id": block.id, "content": "sunny"} for block in uses]
        turn: Any = {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in said.content]}
        client.messages.create(
            model="m", max_tokens=9, messages=[*QUESTION, turn, {"role": "user", "content": results}], tools=TOOLS
        )
    parts = [part for message in server.asked[-1].request.messages for part in message.parts]
    thoughts = [part for part in parts if isinstance(part, ReasoningPart)]
    assert [(thought.text, thought.signature, thought.vendor) for thought in thoughts] == [
        ("Weather is needed.", SEAL, "anthropic")
    ]
    assert [part.text for part in parts if isinstance(part, TextPart)][1] == "Let me look."
    assert [part.id for part in parts if isinstance(part, ToolCallPart)] == ["call_a", "call_b"]
    assert [part.tool_call_id for part in parts if isinstance(part, ToolResultPart)] == ["call_a", "call_b"]


def test_a_failure_before_the_answer() -> None:
    with talking(RATE_LIMITED) as (client, _), pytest.raises(anthropic.RateLimitError, match="too many") as caught:
        client.messages.create(model="m", max_tokens=9, messages=QUESTION)
    assert caught.value.status_code == 429


def test_a_failure_in_the_middle_of_a_stream() -> None:
    with (
        talking(BROKEN) as (client, _),
        pytest.raises(anthropic.APIStatusError, match="overloaded"),
        client.messages.stream(model="m", max_tokens=9, messages=QUESTION) as stream,
    ):
        list(stream.text_stream)


def test_a_request_that_cannot_be_right_names_its_field() -> None:
    wrong: Any = [{"role": "nobody", "content": "x"}]
    with talking(TEXT) as (client, _), pytest.raises(anthropic.BadRequestError, match="messages"):
        client.messages.create(model="m", max_tokens=9, messages=wrong)
