"""The official `openai` client reads our Responses as it does its vendor's own."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import openai
import pytest

from muxer_core.dialects.registry import SERVER_DIALECTS
from muxer_core.values.failure import Failure
from muxer_core.values.items import Item
from muxer_core.values.messages import TextPart, ToolCallPart, ToolResultPart
from tests.clients.dialect_server import DialectServer
from tests.clients.replies import BROKEN, RATE_LIMITED, TEXT, tool_calls

TOOLS: list[Any] = [{"type": "function", "name": "weather", "parameters": {"type": "object"}, "strict": False}]


@contextmanager
def talking(reply: list[Item] | Failure) -> Generator[tuple[openai.OpenAI, DialectServer]]:
    codec = SERVER_DIALECTS["openai_responses"]()
    with (
        DialectServer(codec, reply) as server,
        openai.OpenAI(base_url=f"{server.url}/v1", api_key="key", max_retries=0) as client,
    ):
        yield client, server


def test_a_whole_reply() -> None:
    with talking(TEXT) as (client, server):
        said = client.responses.create(model="m", input="Why is the sky blue?", instructions="Be brief.")
    assert said.output_text == "The sky is blue – mostly."
    assert said.status == "completed"
    usage = said.usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (120, 30, 150)
    assert usage.input_tokens_details.cached_tokens == 100
    assert usage.output_tokens_details.reasoning_tokens == 10
    assert [message.role for message in server.asked[0].request.messages] == ["system", "user"]


def test_a_stream() -> None:
    with talking(TEXT) as (client, _), client.responses.stream(model="m", input="Why?") as stream:
        events = list(stream)
        said = stream.get_final_response()
    assert said.output_text == "The sky is blue – mostly."
    kinds = [event.type for event in events]
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"
    assert kinds.count("response.output_text.delta") == 3
    numbers = [event.sequence_number for event in events]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("stream", [False, True])
def test_calls_and_sealed_thinking_come_back_with_the_next_turn(stream: bool) -> None:
    with talking(tool_calls("openai")) as (client, server):
        if stream:
            with client.responses.stream(model="m", input="Weather?", tools=TOOLS) as events:
                said: Any = events.get_final_response()
        else:
            said = client.responses.create(model="m", input="Weather?", tools=TOOLS)
        calls = [item for item in said.output if item.type == "function_call"]
        assert [(call.call_id, call.name, call.arguments) for call in calls] == [
            ("call_a", "weather", '{"city":"Berlin"}'),
            ("call_b", "weather", '{"city":"Rome"}'),
        ]
        turn: Any = [item.model_dump(exclude_none=True, exclude={"parsed_arguments"}) for item in said.output]
        results: Any = [{"type": "function_call_output", "call_id": call.call_id, "output": "sunny"} for call in calls]
        client.responses.create(
            model="m", input=[{"role": "user", "content": "Weather?"}, *turn, *results], tools=TOOLS
        )
    parts = [part for message in server.asked[-1].request.messages for part in message.parts]
    assert [part.text for part in parts if isinstance(part, TextPart)][1] == "Let me look."
    assert [(part.id, part.arguments) for part in parts if isinstance(part, ToolCallPart)] == [
        ("call_a", '{"city":"Berlin"}'),
        ("call_b", '{"city":"Rome"}'),
    ]
    assert [part.tool_call_id for part in parts if isinstance(part, ToolResultPart)] == ["call_a", "call_b"]


def test_a_failure_before_the_answer() -> None:
    with talking(RATE_LIMITED) as (client, _), pytest.raises(openai.RateLimitError, match="too many requests"):
        client.responses.create(model="m", input="Why?")


def test_a_failure_in_the_middle_of_a_stream() -> None:
    with talking(BROKEN) as (client, _):
        events = list(client.responses.create(model="m", input="Why?", stream=True))
    last = events[-1]
    assert last.type == "response.failed"
    error = last.response.error
    assert error is not None
    assert "overloaded" in error.message


def test_a_request_that_cannot_be_right_names_its_field() -> None:
    wrong: Any = [{"role": "nobody", "content": "x"}]
    with talking(TEXT) as (client, _), pytest.raises(openai.BadRequestError, match="input"):
        client.responses.create(model="m", input=wrong)
