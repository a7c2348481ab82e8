"""Requests: what is sent for each field, and what is refused and by which name."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given

from muxer_core.dialects.health import PROBES, encode_probe
from muxer_core.dialects.openai_chat import OpenAIChat, OpenAIChatOptions
from muxer_core.dialects.openai_chat.options import output_limit_field
from muxer_core.dialects.protocol import Encoded, Target
from muxer_core.testing.openai_chat import requests
from muxer_core.values.credential import CredentialRef
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from muxer_core.values.request import ChatRequest, CustomTool, FunctionTool, OutputFormat, ProviderTool, ToolChoice

TARGET = Target(
    where="t",
    base_url="http://127.0.0.1:4000/v1",
    model="gpt-4o",
    credential=CredentialRef("env:KEY"),
    headers=(("x-team", "a"),),
)
HELLO = (Message("user", (TextPart("Hello"),)),)


def encoded(request: ChatRequest, *, stream: bool = False, max_tokens: int | None = None, **options: Any) -> Encoded:
    return OpenAIChat(OpenAIChatOptions(**options)).encode_chat(request, TARGET, max_tokens=max_tokens, stream=stream)


def body(
    stream: bool = False, max_tokens: int | None = None, options: dict[str, Any] | None = None, **fields: Any
) -> dict[str, Any]:
    given: dict[str, Any] = {"messages": HELLO, **fields}
    request = ChatRequest(model="any", **given)
    sent: dict[str, Any] = json.loads(
        encoded(request, stream=stream, max_tokens=max_tokens, **(options or {})).request.body
    )
    return {name: value for name, value in sent.items() if name not in ("model", "messages")}


def test_the_smallest_request() -> None:
    request = encoded(ChatRequest(model="alias", messages=HELLO)).request
    assert request.method == "POST"
    assert request.url == "http://127.0.0.1:4000/v1/chat/completions"
    assert json.loads(request.body) == {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}
    assert request.credential == CredentialRef("env:KEY")
    assert dict(request.headers.items()) == {
        "content-type": "application/json",
        "accept": "application/json",
        "x-litellm-num-retries": "0",
        "x-team": "a",
    }


SCHEMA: dict[str, Any] = {"type": "object", "properties": {}}
TOOLS = (
    FunctionTool("f", "does f", SCHEMA, strict=True, extras={"cache_control": {}}),
    CustomTool("c", "does c", {"type": "text"}),
    ProviderTool({"type": "web"}),
)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"temperature": 0.5, "top_p": 0.9}, {"temperature": 0.5, "top_p": 0.9}),
        (
            {"frequency_penalty": 1.0, "presence_penalty": -1.0, "seed": 7},
            {"frequency_penalty": 1.0, "presence_penalty": -1.0, "seed": 7},
        ),
        ({"stop": ("a", "b"), "n": 3, "user": "u"}, {"stop": ["a", "b"], "n": 3, "user": "u"}),
        (
            {"parallel_tool_calls": False, "reasoning_effort": "high"},
            {"parallel_tool_calls": False, "reasoning_effort": "high"},
        ),
        ({"logprobs": True, "top_logprobs": 0}, {"logprobs": True, "top_logprobs": 0}),
        (
            {"modalities": ("text", "audio"), "audio": {"voice": "v"}},
            {"modalities": ["text", "audio"], "audio": {"voice": "v"}},
        ),
        ({"service_tier": "flex", "n": 1}, {"service_tier": "flex"}),
        ({"output_format": OutputFormat("text")}, {"response_format": {"type": "text"}}),
        ({"output_format": OutputFormat("json_object")}, {"response_format": {"type": "json_object"}}),
        (
            {"output_format": OutputFormat("json_schema", "n", SCHEMA, True, "d")},
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "n", "schema": SCHEMA, "strict": True, "description": "d"},
                }
            },
        ),
        (
            {"output_format": OutputFormat("json_schema", schema=SCHEMA)},
            {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}},
        ),
        ({"extras": {"response_format": {"type": "regex"}}}, {"response_format": {"type": "regex"}}),
        (
            {"extras": {"web_search_options": {}, "prediction": {"a": [1.5, None]}, "x_new": True}},
            {"web_search_options": {}, "prediction": {"a": [1.5, None]}, "x_new": True},
        ),
        (
            {"tools": TOOLS},
            {
                "tools": [
                    {
                        "type": "function",
                        "function": {"name": "f", "description": "does f", "parameters": SCHEMA, "strict": True},
                        "cache_control": {},
                    },
                    {"type": "custom", "custom": {"name": "c", "description": "does c", "format": {"type": "text"}}},
                    {"type": "web"},
                ]
            },
        ),
        (
            {"tools": (FunctionTool("f"), CustomTool("c"))},
            {"tools": [{"type": "function", "function": {"name": "f"}}, {"type": "custom", "custom": {"name": "c"}}]},
        ),
    ],
)
def test_each_field(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    assert body(**fields) == expected


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (ToolChoice("auto"), "auto"),
        (ToolChoice("none"), "none"),
        (ToolChoice("required", ("f",)), {"type": "function", "function": {"name": "f"}}),
        (ToolChoice("required", ("c",)), {"type": "custom", "custom": {"name": "c"}}),
        (
            ToolChoice("auto", ("f",)),
            {
                "type": "allowed_tools",
                "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "f"}}]},
            },
        ),
        (
            ToolChoice("required", ("f", "c")),
            {
                "type": "allowed_tools",
                "allowed_tools": {
                    "mode": "required",
                    "tools": [
                        {"type": "function", "function": {"name": "f"}},
                        {"type": "custom", "custom": {"name": "c"}},
                    ],
                },
            },
        ),
    ],
)
def test_tool_choice(choice: ToolChoice, expected: Any) -> None:
    assert body(tools=TOOLS, tool_choice=choice)["tool_choice"] == expected


def test_a_stream_asks_for_usage_and_keeps_the_rest() -> None:
    assert body(stream=True) == {"stream": True, "stream_options": {"include_usage": True}}
    asked = {"stream_options": {"include_usage": False, "include_obfuscation": False}}
    assert body(stream=True, extras=asked)["stream_options"] == {"include_usage": True, "include_obfuscation": False}
    assert body(stream=True, options={"ask_stream_usage": False}) == {"stream": True}
    request = encoded(ChatRequest(model="m", messages=HELLO), stream=True).request
    assert request.headers.get("accept") == "text/event-stream"


def test_stream_options_of_a_call_that_is_not_streamed_are_left_out_aloud() -> None:
    done = encoded(ChatRequest(model="m", messages=HELLO, extras={"stream_options": {}}))
    assert b"stream" not in done.request.body
    assert "stream_options" in done.warnings[0]


@pytest.mark.parametrize(
    ("base_url", "model", "field"),
    [
        ("https://api.openai.com/v1", "gpt-4o", "max_completion_tokens"),
        ("http://127.0.0.1:4000", "gpt-4o", "max_tokens"),
        ("http://127.0.0.1:4000", "o3-mini", "max_completion_tokens"),
        ("http://127.0.0.1:4000", "openai/gpt-5", "max_completion_tokens"),
        ("http://127.0.0.1:4000", "ft:o4-mini:x", "max_completion_tokens"),
        ("http://127.0.0.1:4000", "gpt-4.1", "max_tokens"),
        ("http://127.0.0.1:4000", "o10n-model", "max_tokens"),
        ("http://api.openai.com.evil.example/v1", "llama", "max_tokens"),
    ],
)
def test_the_name_of_the_output_limit(base_url: str, model: str, field: str) -> None:
    assert output_limit_field(OpenAIChatOptions(), base_url, model) == field
    assert output_limit_field(OpenAIChatOptions(output_limit="max_tokens"), base_url, model) == "max_tokens"


def test_the_limit_that_is_sent_is_the_attempt_s() -> None:
    assert body(max_tokens=50) == {"max_tokens": 50}
    assert body(max_tokens=50, options={"output_limit": "max_completion_tokens"}) == {"max_completion_tokens": 50}


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"extras": {"temperature": 1}}, "extras.temperature"),
        ({"extras": {"max_completion_tokens": 9}}, "extras.max_completion_tokens"),
        ({"extras": {"stream": True}}, "extras.stream"),
        ({"extras": {"response_format": {}}, "output_format": OutputFormat("text")}, "extras.response_format"),
        ({"extras": {"x": float("nan")}}, "extras.x"),
        ({"extras": {"x": [{"y": float("inf")}]}}, "extras.x"),
        ({"extras": {"stream_options": 1}}, "extras.stream_options"),
        ({"extras": {"x": object()}}, "request"),
        ({"tools": TOOLS, "tool_choice": ToolChoice("required", ("nope",))}, "tool_choice.allowed"),
        ({"tools": TOOLS, "tool_choice": ToolChoice("none", ("f",))}, "tool_choice.allowed"),
        ({"output_format": OutputFormat("json_schema")}, "output_format.schema"),
        ({"messages": (Message("user", (TextPart("\ud83d"),)),)}, "request"),
        ({"messages": (Message("user", (ToolCallPart("a", "f", ""),)),)}, "messages[0].parts"),
        ({"messages": (Message("user", (ReasoningPart("t"),)),)}, "messages[0].parts"),
        ({"messages": (Message("assistant", (ToolResultPart("a"),)),)}, "messages[0].parts"),
        ({"messages": (Message("tool", (TextPart("x"),)),)}, "messages[0].parts"),
        ({"messages": (Message("tool", ()),)}, "messages[0].parts"),
        ({"messages": (Message("user", (ImagePart(),)),)}, "messages[0].parts"),
        ({"messages": (Message("user", (ImagePart(url="u", data="d"),)),)}, "messages[0].parts"),
        ({"messages": (Message("user", (ImagePart(data="d"),)),)}, "messages[0].parts"),
        ({"messages": (Message("user", (AudioPart(id="a"),)),)}, "messages[0].parts"),
        ({"messages": (Message("assistant", (AudioPart(data="a", format="wav"),)),)}, "messages[0].parts"),
        ({"messages": (Message("user", (FilePart(),)),)}, "messages[0].parts"),
        ({"messages": (Message("user", (FilePart(url="u"),)),)}, "messages[0].parts"),
        ({"messages": (*HELLO, Message("user", (FilePart(file_id="f", data="d"),)))}, "messages[1].parts"),
    ],
)
def test_what_cannot_be_said_is_refused_by_name(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        body(**fields)
    assert refused.value.field == named


def test_extras_nested_without_end_are_refused() -> None:
    nested: list[Any] = []
    nested.append(nested)
    with pytest.raises(InvalidRequest) as refused:
        body(extras={"x": nested})
    assert refused.value.field == "extras.x"


@given(requests())
def test_every_drawn_request_can_be_sent(request: ChatRequest) -> None:
    request.check()
    sent = json.loads(encoded(request, stream=True).request.body)
    assert sent["model"] == "gpt-4o"
    assert all(sent[name] == value for name, value in request.extras.items())


# --- other requests -------------------------------------------------------------------------------------------------------------------


def test_models_and_probes_are_plain_gets() -> None:
    listed = OpenAIChat().encode_models(TARGET).request
    assert (listed.method, listed.url, listed.body, listed.credential) == (
        "GET",
        "http://127.0.0.1:4000/v1/models",
        b"",
        TARGET.credential,
    )
    assert [encode_probe(TARGET, probe).request.url for probe in PROBES] == [
        "http://127.0.0.1:4000/health/liveliness",
        "http://127.0.0.1:4000/health/readiness",
        "http://127.0.0.1:4000/v1/models",
    ]
    assert (
        encode_probe(msgspec.structs.replace(TARGET, base_url="http://h"), "readiness").request.url
        == "http://h/health/readiness"
    )


def test_the_dialect_has_its_configured_name() -> None:
    assert OpenAIChat().name == "openai_chat"
