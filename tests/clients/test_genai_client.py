"""The official `google-genai` client reads our Gemini replies as it does its vendor's own."""

from __future__ import annotations

import base64
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest
from google import genai
from google.genai import errors, types

from muxer_core.dialects.registry import SERVER_DIALECTS
from muxer_core.values.failure import Failure
from muxer_core.values.items import Item
from muxer_core.values.messages import TextPart, ToolCallPart, ToolResultPart
from tests.clients.dialect_server import DialectServer
from tests.clients.replies import BROKEN, RATE_LIMITED, TEXT, tool_calls

TOOLS: list[Any] = [
    types.Tool(
        function_declarations=[types.FunctionDeclaration(name="weather", parameters_json_schema={"type": "object"})]
    )
]


@contextmanager
def talking(reply: list[Item] | Failure) -> Generator[tuple[Any, DialectServer]]:
    codec = SERVER_DIALECTS["gemini"]()
    with DialectServer(codec, reply) as server:
        client = genai.Client(api_key="key", http_options=types.HttpOptions(base_url=server.url))
        try:
            yield client, server
        finally:
            client.close()


def test_a_whole_reply() -> None:
    with talking(TEXT) as (client, server):
        said = client.models.generate_content(
            model="m",
            contents="Why is the sky blue?",
            config=types.GenerateContentConfig(system_instruction="Be brief.", temperature=0.5, max_output_tokens=9),
        )
    assert said.text == "The sky is blue – mostly."
    assert said.candidates is not None
    assert said.candidates[0].finish_reason == types.FinishReason.STOP
    usage = said.usage_metadata
    assert usage is not None
    assert (usage.prompt_token_count, usage.candidates_token_count, usage.thoughts_token_count) == (120, 20, 10)
    assert (usage.cached_content_token_count, usage.total_token_count) == (100, 150)
    asked = server.asked[0].request
    assert [message.role for message in asked.messages] == ["system", "user"]
    assert (asked.temperature, asked.max_tokens, asked.model) == (0.5, 9, "m")


def test_a_stream() -> None:
    with talking(TEXT) as (client, _):
        chunks = list(client.models.generate_content_stream(model="m", contents="Why?"))
    assert "".join(chunk.text or "" for chunk in chunks) == "The sky is blue – mostly."
    assert chunks[-1].usage_metadata is not None
    assert chunks[-1].usage_metadata.total_token_count == 150


def spoken(client: Any, config: Any, *, stream: bool) -> Any:
    """The parts of the answer. Any: the client's own types are only half typed."""
    if not stream:
        whole = client.models.generate_content(model="m", contents="Weather?", config=config)
        return whole.candidates[0].content.parts
    chunks = client.models.generate_content_stream(model="m", contents="Weather?", config=config)
    contents = [candidate.content for chunk in chunks for candidate in chunk.candidates or ()]
    return [part for content in contents if content for part in content.parts or ()]


@pytest.mark.parametrize("stream", [False, True])
def test_calls_come_back_with_the_next_turn(stream: bool) -> None:
    config = types.GenerateContentConfig(
        tools=TOOLS, automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True)
    )
    with talking(tool_calls("google")) as (client, server):
        parts = spoken(client, config, stream=stream)
        calls = [part.function_call for part in parts if part.function_call]
        assert [(call.id, call.name, call.args) for call in calls] == [
            ("call_a", "weather", {"city": "Berlin"}),
            ("call_b", "weather", {"city": "Rome"}),
        ]
        seals = [part.thought_signature for part in parts if part.thought_signature]
        assert seals == [base64.b64decode("c2VhbA==")]
        results = [
            types.Part(
                function_response=types.FunctionResponse(id=call.id, name=call.name, response={"output": "sunny"})
            )
            for call in calls
        ]
        client.models.generate_content(
            model="m",
            contents=[
                types.Content(role="user", parts=[types.Part(text="Weather?")]),
                types.Content(role="model", parts=parts),
                types.Content(role="user", parts=results),
            ],
            config=config,
        )
    back = [part for message in server.asked[-1].request.messages for part in message.parts]
    assert "Let me look." in [part.text for part in back if isinstance(part, TextPart)]
    assert [part.id for part in back if isinstance(part, ToolCallPart)] == ["call_a", "call_b"]
    assert [part.tool_call_id for part in back if isinstance(part, ToolResultPart)] == ["call_a", "call_b"]
    assert "c2VhbA==" in [getattr(part, "signature", None) for part in back]


def test_a_failure_before_the_answer() -> None:
    with talking(RATE_LIMITED) as (client, _), pytest.raises(errors.ClientError, match="too many requests") as caught:
        client.models.generate_content(model="m", contents="Why?")
    assert caught.value.code == 429
    assert caught.value.status == "RESOURCE_EXHAUSTED"


def test_a_failure_in_the_middle_of_a_stream() -> None:
    with talking(BROKEN) as (client, _), pytest.raises(errors.APIError, match="overloaded"):
        list(client.models.generate_content_stream(model="m", contents="Why?"))


def test_a_request_that_cannot_be_right_names_its_field() -> None:
    with talking(TEXT) as (client, _), pytest.raises(errors.ClientError, match="contents"):
        client.models.generate_content(model="m", contents=[types.Content(role="nobody", parts=[])])
