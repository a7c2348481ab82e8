"""Requests of Cohere: what is written where, and what is refused."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given

from muxer_core.dialects.cohere_v2 import CohereV2
from muxer_core.dialects.protocol import Target
from muxer_core.testing.conversations import conversations
from muxer_core.values.embedding_request import EmbeddingRequest
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.items import EmbeddingsReported, ModelsListed
from muxer_core.values.messages import (
    CacheMark,
    Citation,
    FilePart,
    ImagePart,
    Message,
    ProviderPart,
    ReasoningPart,
    TextPart,
    ToolResultPart,
)
from muxer_core.values.request import ChatRequest, FunctionTool, OutputFormat, ProviderTool, ToolChoice
from muxer_core.wire.heads import ResponseHead
from muxer_core.wire.limits import Limits
from tests.support.reach import ASKED, CALL, SCHEMA, TOOL, body_of, speak

DIALECT = CohereV2()
TARGET = Target("c", "https://api.cohere.com", "command-a")


def body(*messages: Message, stream: bool = False, **fields: Any) -> dict[str, Any]:
    return body_of(
        speak(DIALECT, ChatRequest(model="command-a", messages=messages or (ASKED,), **fields), stream=stream)
    )


def test_a_conversation_with_tools() -> None:
    cited: dict[str, Any] = {"start": 0, "end": 1, "text": "n", "sources": []}
    document = {"type": "document", "document": {"data": {"a": 1}}}
    sent = body(
        Message("developer", (TextPart("be kind"),)),
        Message("user", (TextPart("a"), ImagePart(data="AAAA", media_type="image/png", detail="low"))),
        Message("assistant", (ReasoningPart("I will", form=("tool_plan",)), CALL), dialect="cohere_v2"),
        Message("tool", (ToolResultPart("call_1", (TextPart("sunny"), ProviderPart(document))),)),
        Message(
            "assistant",
            (ReasoningPart("hm"), TextPart("nice", citations=(Citation("other", native=cited, dialect="cohere_v2"),))),
            dialect="cohere_v2",
        ),
        Message("user", (ToolResultPart("call_9", (TextPart("x"),)), TextPart("so?"))),
        stream=True,
    )  # fmt: skip
    assert sent == {
        "model": "command-a",
        "stream": True,
        "messages": [
            {"role": "system", "content": "be kind"},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "a"},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}},
                ],
            },
            {
                "role": "assistant",
                "tool_plan": "I will",
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "weather", "arguments": '{"city":"Berlin"}'},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "sunny"}, document]},
            {
                "role": "assistant",
                "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "nice"}],
                "citations": [cited],
            },
            {"role": "tool", "tool_call_id": "call_9", "content": "x"},
            {"role": "user", "content": "so?"},
        ],
    }


def test_settings_stand_where_the_api_wants_them() -> None:
    sent = body(
        max_tokens=9, temperature=0.5, top_p=0.9, top_k=3, seed=7, stop=("x",), frequency_penalty=0.1, presence_penalty=0.2, logprobs=True,
        output_format=OutputFormat("json_schema", "answer", SCHEMA), reasoning_budget=2048,
        tools=(FunctionTool("weather", "words", SCHEMA, strict=True),), tool_choice=ToolChoice("required"),
        extras={"documents": ["d"], "safety_mode": "STRICT"},
    )  # fmt: skip
    del sent["messages"]
    assert sent == {
        "model": "command-a", "stream": False, "max_tokens": 9, "temperature": 0.5, "p": 0.9, "k": 3, "seed": 7, "stop_sequences": ["x"],
        "frequency_penalty": 0.1, "presence_penalty": 0.2, "logprobs": True,
        "response_format": {"type": "json_object", "json_schema": SCHEMA},
        "thinking": {"type": "enabled", "token_budget": 2048},
        "tools": [{"type": "function", "function": {"name": "weather", "description": "words", "parameters": SCHEMA}}],
        "strict_tools": True, "tool_choice": "REQUIRED", "documents": ["d"], "safety_mode": "STRICT",
    }  # fmt: skip
    plain = body(reasoning_effort="none", output_format=OutputFormat("json_object"))
    assert (plain["thinking"], plain["response_format"]) == ({"type": "disabled"}, {"type": "json_object"})
    empty = body(ASKED, Message("assistant", ()))
    assert empty["messages"][1] == {"role": "assistant", "content": ""}


def test_a_choice_of_tools() -> None:
    tools = (TOOL, FunctionTool("time", strict=True))
    sent = speak(DIALECT, ChatRequest(model="m", messages=(ASKED,), tools=tools, tool_choice=ToolChoice("none")))
    assert body_of(sent)["tool_choice"] == "NONE"
    assert [warning.partition(":")[0] for warning in sent.warnings] == ["tools"]
    assert "tool_choice" not in body(tools=tools, tool_choice=ToolChoice("auto"))
    only = body(tools=tools, tool_choice=ToolChoice("required", ("time",)))
    assert (len(only["tools"]), only["strict_tools"], only["tool_choice"]) == (1, True, "REQUIRED")


def assistant(*parts: Any, **fields: Any) -> dict[str, Any]:
    return {"messages": (ASKED, Message("assistant", parts, **fields))}


def user(*parts: Any) -> dict[str, Any]:
    return {"messages": (Message("user", parts),)}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        (assistant(ReasoningPart("x", "s", vendor="anthropic")), "messages[1].parts[0]"),
        (assistant(ProviderPart({}), dialect="gemini"), "messages[1].parts[0]"),
        (assistant(ToolResultPart("c")), "messages[1].parts[0]"),
        (user(CALL), "messages[0].parts[0]"),
        (user(ImagePart()), "messages[0].parts[0]"),
        (user(ImagePart(data="A")), "messages[0].parts[0].media_type"),
        (user(ToolResultPart("c", (FilePart(text="x"),))), "messages[0].parts[0].parts[0]"),
        ({"messages": (Message("tool", (TextPart("x"),)),)}, "messages[0].parts[0]"),
        ({"tools": (TOOL,), "tool_choice": ToolChoice("auto", ("x",))}, "tool_choice.allowed"),
        ({"tools": (ProviderTool({}),)}, "tools[0]"),
        ({"output_format": OutputFormat("json_schema")}, "output_format.schema"),
        ({"extras": {"response_format": {}}, "output_format": OutputFormat("json_object")}, "extras.response_format"),
        ({"extras": {"p": 0.5}}, "extras.p"),
    ],
)
def test_what_cannot_be_said_is_refused_by_its_field(fields: dict[str, Any], field: str) -> None:
    given_fields: dict[str, Any] = {"messages": (ASKED,), **fields}
    with pytest.raises(InvalidRequest) as refused:
        speak(DIALECT, ChatRequest(model="m", **given_fields))
    assert refused.value.field == field


def test_fields_of_another_dialect_are_left_out_by_name() -> None:
    message = Message("user", (TextPart("a", {"annotations": 1}),), dialect="openai_chat")
    thought = Message("assistant", (ReasoningPart("hm", id="rs"),))
    request = ChatRequest(model="m", messages=(message, thought), extras={"logit_bias": {}}, dialect="openai_chat", tools=(TOOL,),
                          tool_choice=ToolChoice("auto", extras={"u": 1}))  # fmt: skip
    own = ChatRequest(model="m", messages=(ASKED,), tools=(TOOL,), tool_choice=ToolChoice("auto", extras={"u": 1}))
    told = [warning.partition(":")[0] for one in (request, own) for warning in speak(DIALECT, one).warnings]
    assert told == [
        "extras.logit_bias", "messages[0].parts[0].extras.annotations", "messages[1].parts[0].id", "tool_choice.extras.u",
        "tool_choice.extras.u",
    ]  # fmt: skip


@given(request=conversations())
def test_any_conversation_is_written_or_refused_by_a_field(request: ChatRequest) -> None:
    try:
        sent = body_of(speak(DIALECT, request))
    except InvalidRequest as refused:
        if not refused.field:
            raise
        return
    assert all(message.get("content") or message.get("tool_calls") for message in sent["messages"])


def test_a_mark_inside_a_tools_result_is_spoken_of() -> None:
    result = ToolResultPart("c", (TextPart("a", cache=CacheMark()),))
    sent = speak(DIALECT, ChatRequest(model="m", messages=(ASKED, Message("tool", (result,)))))
    assert [warning.partition(":")[0] for warning in sent.warnings] == ["messages[1].parts[0].parts[0].cache"]


@given(request=conversations(media=False, thinking=False, settings=False, cache=False))
def test_plain_talk_with_tools_is_never_refused(request: ChatRequest) -> None:
    assert speak(DIALECT, request).warnings == ()


def test_places_models_and_vectors() -> None:
    sent = DIALECT.encode_chat(ChatRequest(model="m", messages=(ASKED,)), TARGET, max_tokens=None, stream=True).request
    assert (sent.url, sent.headers.get("accept")) == ("https://api.cohere.com/v2/chat", "text/event-stream")
    assert DIALECT.encode_models(TARGET).request.url == "https://api.cohere.com/v1/models"
    models = DIALECT.models_decoder(ResponseHead(200), limits=Limits())
    models.receive_data(b'{"models":[{"name":"command-a"}]}')
    listed = models.receive_eof()[0]
    assert isinstance(listed, ModelsListed)
    assert listed.models[0]["id"] == "command-a"
    asked = DIALECT.encode_embeddings(EmbeddingRequest(model="m", inputs=("a",), input_type="query"), TARGET).request
    assert msgspec.json.decode(asked.body)["input_type"] == "search_query"
    vectors = DIALECT.embeddings_decoder(ResponseHead(200), limits=Limits())
    vectors.receive_data(b'{"id":"e","embeddings":{"float":[[0.5]]}}')
    assert any(isinstance(item, EmbeddingsReported) for item in vectors.receive_eof())
