"""Requests of legacy completions: what is sent, what is refused by name, and what is left out with a warning."""

from __future__ import annotations

import json
from typing import Any

import pytest

from muxer_core.dialects.openai_completions import OpenAICompletions, OpenAICompletionsOptions
from muxer_core.dialects.openai_completions.fields import LEFT_OUT, TABLE
from muxer_core.dialects.protocol import ClientDialect, Encoded, Target
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import CacheMark, Citation, ImagePart, Message, TextPart, ToolCallPart
from muxer_core.values.request import ChatRequest, FunctionTool, OutputFormat, ToolChoice

DIALECT = OpenAICompletions()
TARGET = Target(where="t", base_url="http://127.0.0.1:8000/v1", model="m")
HELLO = (Message("user", (TextPart("Hello"),)),)


def encoded(
    stream: bool = False, max_tokens: int | None = None, base_url: str = TARGET.base_url, **fields: Any
) -> Encoded:
    options = {name: fields.pop(name) for name in ("system", "ask_stream_usage", "api_version") if name in fields}
    dialect: ClientDialect = OpenAICompletions(OpenAICompletionsOptions(**options))
    given_fields: dict[str, Any] = {"messages": HELLO, **fields}
    target = Target(where="t", base_url=base_url, model="m")
    return dialect.encode_chat(ChatRequest(model="any", **given_fields), target, max_tokens=max_tokens, stream=stream)


def body(*args: Any, **fields: Any) -> dict[str, Any]:
    sent: dict[str, Any] = json.loads(encoded(*args, **fields).request.body)
    return {name: value for name, value in sent.items() if name != "model"}


def test_what_is_sent() -> None:
    assert DIALECT.name == TABLE.dialect == "openai_completions"
    assert encoded().request.url == "http://127.0.0.1:8000/v1/completions"
    assert body() == {"prompt": "Hello"}
    assert body(max_tokens=5, temperature=0.5, stop=("a", "b"), n=2, seed=3, user="u", logprobs=True, top_logprobs=4) == {
        "prompt": "Hello", "max_tokens": 5, "temperature": 0.5, "stop": ["a", "b"], "n": 2, "seed": 3, "user": "u", "logprobs": 4,
    }  # fmt: skip
    assert body(logprobs=True)["logprobs"] == 0
    assert body(extras={"suffix": "!", "echo": True}) == {"prompt": "Hello", "suffix": "!", "echo": True}
    assert body(top_k=5)["top_k"] == 5
    assert encoded(top_k=5, base_url="https://api.openai.com/v1").warnings[0].startswith("top_k: left out")
    assert body(output_format=OutputFormat("text"), modalities=("text",), tool_choice=ToolChoice("auto")) == body()


def test_azures_deployments() -> None:
    sent = encoded(base_url="https://x.openai.azure.com", api_version="2024-10-21").request
    assert sent.url == "https://x.openai.azure.com/openai/deployments/m/completions?api-version=2024-10-21"


def test_streams_ask_for_usage() -> None:
    streamed = {"prompt": "Hello", "stream": True, "stream_options": {"include_usage": True}}
    assert body(stream=True) == streamed
    assert body(stream=True, ask_stream_usage=False) == {"prompt": "Hello", "stream": True}
    assert encoded(stream=True).request.headers.get("accept") == "text/event-stream"
    assert encoded(extras={"stream_options": {}}).warnings[0].startswith("extras.stream_options: left out")
    with pytest.raises(InvalidRequest, match="stream_options: must be an object"):
        body(stream=True, extras={"stream_options": 1})


def test_a_system_message_is_refused_or_put_before_the_prompt() -> None:
    messages = (Message("system", (TextPart("Be brief."),)), *HELLO)
    with pytest.raises(InvalidRequest, match=r"messages\[0\]: cannot be said"):
        encoded(messages=messages)
    sent = encoded(messages=messages, system="prepend")
    assert json.loads(sent.request.body)["prompt"] == "Be brief.\n\nHello"
    assert sent.warnings[0].startswith("messages[0]: put before the prompt")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"messages": (*HELLO, *HELLO)}, "messages[1]"),
        ({"messages": (*HELLO, Message("assistant", (TextPart("a"),)))}, "messages[1]"),
        ({"messages": (Message("system", (TextPart("a"),)),), "system": "prepend"}, "messages"),
        ({"messages": (Message("user", (ImagePart(url="u"),)),)}, "messages[0].parts[0]"),
        ({"messages": (Message("user", (ToolCallPart("i", "n", "{}"),)),)}, "messages[0].parts[0]"),
        ({"messages": (Message("user", (TextPart("a", signature="s"),)),)}, "messages[0].parts[0].signature"),
        ({"tools": (FunctionTool("f"),)}, "tools"),
        ({"tool_choice": ToolChoice("required")}, "tool_choice"),
        ({"output_format": OutputFormat("json_object")}, "output_format"),
        ({"modalities": ("audio",)}, "modalities"),
        ({"audio": {"voice": "v"}}, "audio"),
        ({"extras": {"prompt": "x"}}, "extras.prompt"),
        ({"extras": {"stream": True}}, "extras.stream"),
    ],
)
def test_what_cannot_be_said_is_refused_by_name(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        encoded(**fields)
    assert refused.value.field == field


def test_what_is_left_out_is_said() -> None:
    values: dict[str, Any] = {
        "parallel_tool_calls": True, "reasoning_effort": "low", "reasoning_budget": 5, "reasoning_summary": "auto", "verbosity": "low",
        "service_tier": "flex", "metadata": {}, "store": False, "prompt_cache_key": "k", "safety_identifier": "s", "cache": CacheMark(),
    }  # fmt: skip
    assert values.keys() == LEFT_OUT.keys()
    warned = [warning.partition(":")[0] for warning in encoded(**values).warnings]
    assert warned == list(LEFT_OUT)
    part = TextPart("a", extras={"x": 1}, cache=CacheMark(), citations=(Citation("other"),))
    marked = encoded(messages=(Message("user", (part,), name="n", extras={"y": 1}),)).warnings
    assert [warning.partition(":")[0].removeprefix("messages[0].") for warning in marked] == [
        "parts[0].citations", "parts[0].cache", "parts[0].extras.x", "name", "extras.y",
    ]  # fmt: skip
    assert encoded(extras={"a": 1, "b": None}, dialect="gemini").warnings[0].startswith("extras.a: left out")
