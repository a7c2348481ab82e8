"""Requests of Ollama: what is written where, and what is refused."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given

from muxer_core.dialects.ollama import Ollama, OllamaOptions
from muxer_core.dialects.protocol import Target
from muxer_core.testing.conversations import conversations
from muxer_core.values.embedding_request import EmbeddingRequest
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.items import EmbeddingsReported, ModelsListed
from muxer_core.values.messages import (
    CacheMark,
    FilePart,
    ImagePart,
    Message,
    ProviderPart,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from muxer_core.values.moment import Moment
from muxer_core.values.request import ChatRequest, FunctionTool, OutputFormat, ProviderTool, ToolChoice
from muxer_core.wire.heads import ResponseHead
from muxer_core.wire.limits import Limits
from tests.support.reach import ASKED, CALL, SCHEMA, TOOL, body_of, speak

DIALECT = Ollama()
TARGET = Target("o", "http://127.0.0.1:11434", "llama3.2")


def body(*messages: Message, stream: bool = False, dialect: Ollama = DIALECT, **fields: Any) -> dict[str, Any]:
    return body_of(
        speak(dialect, ChatRequest(model="llama3.2", messages=messages or (ASKED,), **fields), stream=stream)
    )


def test_a_conversation_with_tools() -> None:
    sent = body(
        Message("developer", (TextPart("be kind"),)),
        Message("user", (TextPart("a"), ImagePart(url="data:image/png;base64,AAAA"), TextPart("b"))),
        Message("assistant", (ReasoningPart("hm"), TextPart("wait"), CALL)),
        Message("tool", (ToolResultPart("call_1", (TextPart("sunny"), ImagePart(data="BBBB"))),)),
        Message("user", (ToolResultPart("call_9"), TextPart("so?"))),
        stream=True,
    )
    assert sent == {
        "model": "llama3.2",
        "stream": True,
        "messages": [
            {"role": "system", "content": "be kind"},
            {"role": "user", "content": "a\nb", "images": ["AAAA"]},
            {
                "role": "assistant",
                "content": "wait",
                "thinking": "hm",
                "tool_calls": [{"id": "call_1", "function": {"name": "weather", "arguments": {"city": "Berlin"}}}],
            },
            {"role": "tool", "content": "sunny", "tool_name": "weather", "tool_call_id": "call_1", "images": ["BBBB"]},
            {"role": "tool", "content": "", "tool_call_id": "call_9"},
            {"role": "user", "content": "so?"},
        ],
    }


def test_settings_stand_where_the_api_wants_them() -> None:
    sent = body(
        max_tokens=9, temperature=0.5, top_p=0.9, top_k=3, seed=7, stop=("x",), frequency_penalty=0.1, presence_penalty=0.2,
        output_format=OutputFormat("json_schema", "answer", SCHEMA), reasoning_effort="high", logprobs=True, top_logprobs=2,
        tools=(FunctionTool("weather", "words", SCHEMA),), extras={"options": {"num_ctx": 8192}, "keep_alive": "5m"},
    )  # fmt: skip
    del sent["messages"]
    assert sent == {
        "model": "llama3.2",
        "stream": False,
        "tools": [{"type": "function", "function": {"name": "weather", "description": "words", "parameters": SCHEMA}}],
        "format": SCHEMA,
        "think": "high",
        "logprobs": True,
        "top_logprobs": 2,
        "options": {
            "num_predict": 9, "temperature": 0.5, "top_p": 0.9, "top_k": 3, "seed": 7, "frequency_penalty": 0.1, "presence_penalty": 0.2,
            "stop": ["x"], "num_ctx": 8192,
        },
        "keep_alive": "5m",
    }  # fmt: skip
    assert body(reasoning_effort="none", output_format=OutputFormat("json_object")) == {
        "model": "llama3.2",
        "messages": [{"role": "user", "content": "Why?"}],
        "stream": False,
        "format": "json",
        "think": False,
    }


def test_a_choice_of_tools() -> None:
    tools = (TOOL, FunctionTool("time"))
    assert "tools" not in body(tools=tools, tool_choice=ToolChoice("none"))
    assert len(body(tools=tools, tool_choice=ToolChoice("auto"))["tools"]) == 2
    (only,) = body(tools=tools, tool_choice=ToolChoice("auto", ("time",)))["tools"]
    assert only["function"] == {"name": "time", "parameters": {"type": "object", "properties": {}}}


def test_one_prompt_at_the_other_api() -> None:
    generate = Ollama(OllamaOptions(api="generate"))
    asked = Message("user", (TextPart("a"), ImagePart(data="AAAA")))
    request = ChatRequest(model="m", messages=(Message("system", (TextPart("s"),)), asked), extras={"suffix": "z"})
    sent = generate.encode_chat(request, TARGET, max_tokens=None, stream=False).request
    assert sent.url == "http://127.0.0.1:11434/api/generate"
    assert msgspec.json.decode(sent.body) == {
        "model": "llama3.2", "prompt": "a", "system": "s", "images": ["AAAA"], "stream": False, "suffix": "z",
    }  # fmt: skip
    for fields in ({"messages": (ASKED, Message("assistant", (TextPart("b"),)), ASKED)}, {"tools": (TOOL,)}):
        given_fields: dict[str, Any] = {"messages": (ASKED,), **fields}
        with pytest.raises(InvalidRequest, match="api/generate"):
            speak(generate, ChatRequest(model="m", **given_fields))


def assistant(*parts: Any, **fields: Any) -> dict[str, Any]:
    return {"messages": (ASKED, Message("assistant", parts, **fields))}


def user(*parts: Any) -> dict[str, Any]:
    return {"messages": (Message("user", parts),)}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        (assistant(ReasoningPart("x", "s", vendor="anthropic")), "messages[1].parts[0]"),
        (assistant(ToolCallPart("c", "f", "{")), "messages[1].parts[0].arguments"),
        (assistant(ToolCallPart("c", "f", "[1]")), "messages[1].parts[0].arguments"),
        (assistant(ToolResultPart("c")), "messages[1].parts[0]"),
        (user(CALL), "messages[0].parts[0]"),
        (user(ProviderPart({})), "messages[0].parts[0]"),
        (user(ImagePart(url="https://example.org/a.png")), "messages[0].parts[0].url"),
        (user(ImagePart()), "messages[0].parts[0]"),
        (user(ToolResultPart("c", (FilePart(text="x"),))), "messages[0].parts[0].parts[0]"),
        ({"messages": (Message("tool", (TextPart("x"),)),)}, "messages[0].parts[0]"),
        ({"tools": (TOOL,), "tool_choice": ToolChoice("auto", ("x",))}, "tool_choice.allowed"),
        ({"tools": (ProviderTool({}),)}, "tools[0]"),
        ({"output_format": OutputFormat("json_schema")}, "output_format.schema"),
        ({"extras": {"options": 1}}, "extras.options"),
        ({"extras": {"options": {"seed": 1}}, "seed": 2}, "extras.options.seed"),
        ({"extras": {"format": "json"}, "output_format": OutputFormat("json_object")}, "extras.format"),
        ({"extras": {"messages": []}}, "extras.messages"),
    ],
)
def test_what_cannot_be_said_is_refused_by_its_field(fields: dict[str, Any], field: str) -> None:
    given_fields: dict[str, Any] = {"messages": (ASKED,), **fields}
    with pytest.raises(InvalidRequest) as refused:
        speak(DIALECT, ChatRequest(model="m", **given_fields))
    assert refused.value.field == field


def test_what_is_left_out_is_told_by_its_field() -> None:
    parts = (
        TextPart("a", {"x": 1}),
        ImagePart(data="AAAA", extras={"y": 2}, cache=CacheMark()),
    )
    thought = ReasoningPart("hm", extras={"z": 3}, id="rs")
    request = ChatRequest(
        model="m", messages=(Message("user", parts), Message("assistant", (thought,))), cache=CacheMark()
    )
    foreign = ChatRequest(model="m", messages=(Message("user", (TextPart("a", {"x": 1}),), dialect="gemini"),), dialect="gemini",
                          extras={"safetySettings": []}, tools=(TOOL,), tool_choice=ToolChoice("auto", extras={"u": 1}))  # fmt: skip
    told = [warning.partition(":")[0] for one in (request, foreign) for warning in speak(DIALECT, one).warnings]
    assert told == [
        "cache", "messages[0].parts[0].extras.x", "messages[0].parts[1].cache", "messages[0].parts[1].extras.y", "messages[1].parts[0].id",
        "messages[1].parts[0].extras.z", "extras.safetySettings", "messages[0].parts[0].extras.x", "tool_choice.extras.u",
    ]  # fmt: skip


@given(request=conversations())
def test_any_conversation_is_written_or_refused_by_a_field(request: ChatRequest) -> None:
    try:
        sent = body_of(speak(DIALECT, request))
    except InvalidRequest as refused:
        if not refused.field:
            raise
        return
    assert all(isinstance(message["content"], str) for message in sent["messages"])


def test_a_mark_inside_a_tools_result_is_spoken_of() -> None:
    result = ToolResultPart("c", (TextPart("a", cache=CacheMark()),))
    sent = speak(DIALECT, ChatRequest(model="m", messages=(ASKED, Message("tool", (result,)))))
    assert [warning.partition(":")[0] for warning in sent.warnings] == ["messages[1].parts[0].parts[0].cache"]


@given(request=conversations(media=False, thinking=False, settings=False, cache=False))
def test_plain_talk_with_tools_is_never_refused(request: ChatRequest) -> None:
    if request.tool_choice is not None and request.tool_choice.mode == "required":
        request = msgspec.structs.replace(request, tool_choice=None)
    assert speak(DIALECT, request).warnings == ()


def test_models_vectors_and_failures() -> None:
    assert DIALECT.encode_models(TARGET).request.url == "http://127.0.0.1:11434/api/tags"
    models = DIALECT.models_decoder(ResponseHead(200), limits=Limits())
    models.receive_data(b'{"models":[{"name":"llama3.2:latest","size":1}]}')
    listed = models.receive_eof()[0]
    assert isinstance(listed, ModelsListed)
    assert listed.models[0]["id"] == "llama3.2:latest"
    asked = DIALECT.encode_embeddings(EmbeddingRequest(model="m", inputs=("a",)), TARGET).request
    assert asked.url == "http://127.0.0.1:11434/api/embed"
    vectors = DIALECT.embeddings_decoder(ResponseHead(200), limits=Limits())
    vectors.receive_data(b'{"model":"m","embeddings":[[0.5]]}')
    assert any(isinstance(item, EmbeddingsReported) for item in vectors.receive_eof())
    told = b'{"error":"model \'x\' not found"}'
    failure = DIALECT.failure(ResponseHead(404), told, where="o", moment=Moment(0.0, 0.0))
    assert (failure.kind, failure.message) == ("model_not_found", "model 'x' not found")
