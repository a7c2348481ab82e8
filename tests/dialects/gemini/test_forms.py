"""Rare forms of requests: each goes out as it came; and what of another dialect's messages is left out or refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from muxer_core.dialects.gemini.citations import metadata_of
from muxer_core.dialects.gemini.schema import read_schema, write_schema
from muxer_core.dialects.protocol import Target
from muxer_core.values.embedding_request import EmbeddingRequest
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import (
    Citation,
    ImagePart,
    Message,
    ProviderPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from muxer_core.values.request import ChatRequest, FunctionTool, OutputFormat, ToolChoice
from muxer_core.wire.heads import ResponseHead
from muxer_core.wire.limits import Limits
from tests.dialects.gemini.test_requests import DIALECT, encoded, hear, refused, talk, written

USER: dict[str, Any] = {"role": "user", "parts": [{"text": "a"}]}


def deep(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "STRING"}
    for _ in range(levels):
        schema = {"type": "OBJECT", "properties": {"a": schema}}
    return schema


RARE: list[dict[str, Any]] = [
    {"contents": USER},
    {"contents": [{"role": "user", "parts": {"text": "a"}}]},
    {"contents": [{"role": "user"}]},
    {"contents": [{"role": "user", "parts": [{"inlineData": {"mimeType": "image/png"}}]}]},
    {"contents": [{"role": "user", "parts": [{"fileData": {"mimeType": "image/png"}}]}]},
    {"contents": [{"role": "user", "parts": [{"inlineData": {"data": "AAAA"}}]}]},
    {"contents": [{"role": "user", "parts": [{"fileData": {"fileUri": "https://example.org/a.png"}}]}]},
    {"contents": [{"role": "user", "parts": [{"functionResponse": {"name": "f"}}]}]},
    {"contents": [{"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {}, "parts": []}}]}]},
    {"contents": [{"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {}, "parts": {"hologram": {}}}}]}]},
    {"contents": [{"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"output": ["a", "b"]}, "mood": 1}}]}]},
    {"contents": [{"role": "model", "parts": [{"thought": True, "thoughtSignature": "QUFB"}, {"thoughtSignature": "QUFB"}]}]},
    {"contents": [{"role": "model", "parts": [{"function_call": {"name": "f", "mood": 1}, "functionCallMood": 2}]}]},
    {"contents": [USER], "system_instruction": "Be brief."},
    {"contents": [USER], "tools": {"functionDeclarations": {"name": "f"}}},
    {"contents": [USER], "tools": [{"functionDeclarations": [{"name": "f", "parameters": deep(40)}]}]},
    {"contents": [USER], "generationConfig": {"responseModalities": [1], "thinkingConfig": {"thinkingLevel": "Odd", "mood": 1}}},
    {"contents": [USER], "generation_config": {"thinking_config": {"mood": 1}}, "toolConfig": {}},
    {"contents": [USER], "generationConfig": {"responseSchema": {"type": "STRING", "enum": ["a"]}, "responseMimeType": "text/x.enum"}},
    {"contents": [USER], "generationConfig": None, "safetySettings": None, "systemInstruction": None},
]  # fmt: skip


@pytest.mark.parametrize("body", RARE, ids=range(len(RARE)))
def test_a_rare_form_goes_out_as_it_came(body: dict[str, Any]) -> None:
    assert written(hear(body).request) == body


def test_a_schema_of_the_vendors_becomes_json_schema_and_back() -> None:
    theirs = {
        "type": "OBJECT",
        "properties": {"type": {"type": "STRING", "nullable": True}},
        "anyOf": [{"type": "NULL"}],
    }
    body = {"contents": [USER], "tools": [{"functionDeclarations": [{"name": "f", "parameters": theirs}]}]}
    request = hear(body).request
    (tool,) = request.tools
    assert isinstance(tool, FunctionTool)
    assert tool.parameters == {
        "type": "object",
        "properties": {"type": {"type": ["string", "null"]}},
        "anyOf": [{"type": "null"}],
    }
    assert written(request) == body


def test_a_schema_that_cannot_be_turned_stands_verbatim() -> None:
    schema = deep(120)
    read, form = read_schema(schema)
    assert (read, form) == (schema, ("verbatim",))
    assert write_schema(read, form) is schema


def test_texts_of_the_system_are_joined_in_order() -> None:
    request = hear({"contents": [USER], "systemInstruction": "one"}).request
    more = ChatRequest(
        model="m", messages=(request.messages[0], Message("system", (TextPart("two"),)), *request.messages[1:])
    )
    assert written(more)["systemInstruction"] == {"parts": [{"text": "one"}, {"text": "two"}]}


def test_what_another_dialect_said_is_left_out_by_name() -> None:
    foreign = "openai_chat"
    request = ChatRequest(
        model="m",
        messages=(
            Message("user", (TextPart("a", {"x": 1}),), name="ann", extras={"y": 2}, dialect=foreign),
            Message("assistant", (ToolCallPart("1", "f", "{}"),), dialect=foreign),
            Message("tool", (ToolResultPart("1", (TextPart("b", {"z": 3}),), extras={"w": 4}),), dialect=foreign),
            Message("assistant", (), dialect=foreign),
        ),
        tools=(FunctionTool("f", extras={"u": 5}),),
        tool_choice=ToolChoice("auto", extras={"t": 6}),
        output_format=OutputFormat("json_object", extras={"s": 7}),
        dialect=foreign,
    )
    warnings = "\n".join(encoded(request).warnings)
    for place in (
        "messages[0].extras.y", "messages[0].name", "messages[0].parts[0].extras.x", "messages[2].parts[0].extras.w",
        "messages[2].parts[0].parts[0].extras", "messages[3]", "tools[0].extras.u", "tool_choice.extras.t", "output_format.extras.s",
    ):  # fmt: skip
        assert place in warnings
    assert len(written(request)["contents"]) == 3


def test_a_result_in_another_dialects_form_is_refused() -> None:
    call = Message("assistant", (ToolCallPart("1", "f", "{}"),))
    result = Message("tool", (ToolResultPart("1", (ProviderPart({"type": "x"}),)),), dialect="anthropic_messages")
    assert refused(ChatRequest(model="m", messages=(call, result))).endswith("parts[0].parts[0]")
    assert refused(talk(TextPart("a"), tool_choice=ToolChoice("none", ("f",)))) == "tool_choice.allowed"


def test_a_result_of_errors_and_of_several_texts() -> None:
    several = ToolResultPart("1", (TextPart("a"), TextPart("b")), is_error=True, name="f")
    empty = ToolResultPart("2", (), is_error=True, name="f")
    image = ToolResultPart("3", (ImagePart(data="AAAA", media_type="image/png"),), name="f")
    told = [
        part["functionResponse"] for part in written(talk(several, empty, image, role="tool"))["contents"][0]["parts"]
    ]
    assert [one["response"] for one in told] == [{"error": "a\nb"}, {"error": ""}, {}]
    assert told[2]["parts"] == [{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (
            {"contents": [USER], "toolConfig": {"functionCallingConfig": {"allowedFunctionNames": 3}}},
            "allowedFunctionNames",
        ),
        ({"contents": [USER], "generationConfig": {"responseLogprobs": 1}}, "responseLogprobs"),
        ({"contents": [USER], "generationConfig": 3}, "generationConfig"),
        ({"contents": [{"role": "model", "parts": [{"functionCall": {"name": "f", "args": 3}}]}]}, "args"),
    ],
)
def test_values_of_the_wrong_kind_are_refused_by_name(body: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        hear(body)
    assert caught.value.field.endswith(field)


def test_sources_of_every_kind_have_a_place_in_the_vendors_form() -> None:
    told = metadata_of(
        [
            Citation("file", file_id="file-1", text="quoted"),
            Citation("file", file_id="file-1", text="quoted", start=2, end=3),
            Citation("place", "https://m", "M"),
        ],
        "ä b",
    )
    assert told == {
        "groundingChunks": [
            {"retrievedContext": {"uri": "file-1", "text": "quoted"}},
            {"maps": {"uri": "https://m", "title": "M"}},
        ],
        "groundingSupports": [{"segment": {"endIndex": 4, "text": "b", "startIndex": 3}, "groundingChunkIndices": [0]}],
    }


def test_vectors_are_asked_for_in_the_vendors_form() -> None:
    target = Target("t", "https://example.org/v1beta", "gemini-embedding-001")
    asked = DIALECT.encode_embeddings(EmbeddingRequest(model="gemini-embedding-001", inputs=("a",)), target)
    assert asked.request.url.endswith("models/gemini-embedding-001:batchEmbedContents")
    decoder = DIALECT.embeddings_decoder(ResponseHead(200), limits=Limits(), inputs=1)
    decoder.receive_data(json.dumps({"embeddings": [{"values": [0.5]}]}).encode())
    assert any(getattr(item, "vectors", None) == [[0.5]] for item in decoder.receive_eof())
