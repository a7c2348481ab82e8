"""The official `openai` client reads our chat completions as it does its vendor's own."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import openai
import pytest

from muxer_core.dialects.registry import SERVER_DIALECTS
from muxer_core.values.failure import Failure
from muxer_core.values.items import Item
from muxer_core.values.messages import ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from tests.clients.dialect_server import DialectServer
from tests.clients.replies import BROKEN, RATE_LIMITED, SEAL, TEXT, tool_calls

QUESTION: list[Any] = [{"role": "user", "content": "Why is the sky blue?"}]
TOOLS: list[Any] = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]


@contextmanager
def talking(reply: list[Item] | Failure) -> Generator[tuple[openai.OpenAI, DialectServer]]:
    codec = SERVER_DIALECTS["openai_chat"]()
    with (
        DialectServer(codec, reply) as server,
        openai.OpenAI(base_url=f"{server.url}/v1", api_key="key", max_retries=0) as client,
    ):
        yield client, server


def test_a_whole_reply() -> None:
    with talking(TEXT) as (client, server):
        said = client.chat.completions.create(model="m", messages=QUESTION, temperature=0.5)
    assert said.choices[0].message.content == "The sky is blue – mostly."
    assert said.choices[0].finish_reason == "stop"
    assert said.model == "model-1"
    assert said.object == "chat.completion"
    usage = said.usage
    assert usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (120, 30, 150)
    assert usage.prompt_tokens_details is not None
    assert usage.prompt_tokens_details.cached_tokens == 100
    assert usage.completion_tokens_details is not None
    assert usage.completion_tokens_details.reasoning_tokens == 10
    assert server.asked[0].request.temperature == 0.5


def test_a_stream_with_usage() -> None:
    with talking(TEXT) as (client, _):
        chunks = list(
            client.chat.completions.create(
                model="m", messages=QUESTION, stream=True, stream_options={"include_usage": True}
            )
        )
    assert (
        "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        == "The sky is blue – mostly."
    )
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens == 150
    assert len({chunk.id for chunk in chunks}) == 1


def test_usage_is_hidden_from_a_client_that_did_not_ask() -> None:
    with talking(TEXT) as (client, _):
        chunks = list(client.chat.completions.create(model="m", messages=QUESTION, stream=True))
    assert all(chunk.usage is None for chunk in chunks)
    assert all(chunk.choices for chunk in chunks)


@pytest.mark.parametrize("stream", [False, True])
def test_calls_and_sealed_thinking_come_back_with_the_next_turn(stream: bool) -> None:
    with talking(tool_calls("anthropic")) as (client, server):
        if stream:
            with client.chat.completions.stream(model="m", messages=QUESTION, tools=TOOLS) as events:
                message: Any = events.get_final_completion().choices[0].message
            turn: dict[str, Any] = {"role": "assistant", **message.model_dump(exclude_none=True, exclude={"parsed"})}
            for call in turn["tool_calls"]:
                call.pop("index", None)
                call["function"].pop("parsed_arguments", None)
        else:
            message = client.chat.completions.create(model="m", messages=QUESTION, tools=TOOLS).choices[0].message
            turn = message.model_dump(exclude_none=True)
        assert [(call.id, call.function.name, call.function.arguments) for call in message.tool_calls] == [
            ("call_a", "weather", '{"city":"Berlin"}'),
            ("call_b", "weather", '{"city":"Rome"}'),
        ]
        results = [{"role": "tool", "tool_call_id": call.id, "content": "sunny"} for call in message.tool_calls]
        conversation: Any = [*QUESTION, turn, *results]
        client.chat.completions.create(model="m", messages=conversation, tools=TOOLS)
    answered = server.asked[-1].request.messages
    thoughts = [part for part in answered[1].parts if isinstance(part, ReasoningPart)]
    assert [(thought.text, thought.signature, thought.vendor) for thought in thoughts] == [
        ("Weather is needed.", SEAL, "anthropic")
    ]
    assert [part.text for part in answered[1].parts if isinstance(part, TextPart)] == ["Let me look."]
    assert [(part.id, part.arguments) for part in answered[1].parts if isinstance(part, ToolCallPart)] == [
        ("call_a", '{"city":"Berlin"}'),
        ("call_b", '{"city":"Rome"}'),
    ]
    assert [
        part.tool_call_id for message in answered[2:] for part in message.parts if isinstance(part, ToolResultPart)
    ] == [
        "call_a",
        "call_b",
    ]


def test_a_failure_before_the_answer() -> None:
    with (
        talking(RATE_LIMITED) as (client, _),
        pytest.raises(openai.RateLimitError, match="too many requests") as caught,
    ):
        client.chat.completions.create(model="m", messages=QUESTION)
    assert caught.value.status_code == 429
    assert caught.value.response.headers["retry-after"] == "3"


def test_a_failure_in_the_middle_of_a_stream() -> None:
    with talking(BROKEN) as (client, _):
        stream = client.chat.completions.create(model="m", messages=QUESTION, stream=True)
        heard: list[str] = []
        with pytest.raises(openai.APIError, match="overloaded"):
            heard.extend(chunk.choices[0].delta.content or "" for chunk in stream)
    assert heard == [] or "".join(heard) == "The sky "


def test_a_request_that_cannot_be_right_names_its_field() -> None:
    wrong: Any = [{"role": "nobody", "content": "x"}]
    with talking(TEXT) as (client, _), pytest.raises(openai.BadRequestError, match="messages") as caught:
        client.chat.completions.create(model="m", messages=wrong)
    assert caught.value.status_code == 400
