"""Settings of a request: thinking, output formats, tools and choices, and fields of the caller's own."""

from __future__ import annotations

from typing import Any

import pytest

from muxer_core.dialects.gemini import GeminiOptions
from muxer_core.values.messages import (
    Message,
    TextPart,
)
from muxer_core.values.request import (
    ChatRequest,
    CustomTool,
    FunctionTool,
    OutputFormat,
    ProviderTool,
    ToolChoice,
)
from tests.dialects.gemini.test_requests import encoded, hear, refused, talk, written


def test_thinking_by_level_or_by_budget() -> None:
    by_level = talk(TextPart("a"), reasoning_effort="high", reasoning_summary="auto")
    assert written(by_level)["generationConfig"] == {
        "thinkingConfig": {"thinkingLevel": "HIGH", "includeThoughts": True}
    }
    older = talk(TextPart("a"), reasoning_effort="low", model="models/gemini-2.5-pro")
    assert written(older)["generationConfig"] == {"thinkingConfig": {"thinkingBudget": 1024}}
    assert any("reasoning_effort" in warning for warning in encoded(older).warnings)
    none = talk(TextPart("a"), reasoning_effort="none", reasoning_summary="none")
    assert written(none)["generationConfig"]["thinkingConfig"] == {"thinkingBudget": 0, "includeThoughts": False}
    assert refused(talk(TextPart("a"), reasoning_effort="enormous")) == "reasoning_effort"
    told = encoded(older, options=GeminiOptions(effort="level")).request.body
    assert b"thinkingLevel" in told


def test_output_formats() -> None:
    schema = {"type": "object"}
    strict = talk(TextPart("a"), output_format=OutputFormat("json_schema", "n", schema, strict=True))
    named = {"title": "n", **schema}
    assert written(strict)["generationConfig"] == {"responseMimeType": "application/json", "responseJsonSchema": named}
    assert [warning.partition(":")[0] for warning in encoded(strict).warnings] == ["output_format.strict"]
    assert hear(written(strict)).request.output_format == OutputFormat("json_schema", "n", schema)
    titled = talk(
        TextPart("a"), output_format=OutputFormat("json_schema", "n", {"title": "T t"}), reasoning_summary="detailed"
    )
    assert [warning.partition(":")[0] for warning in encoded(titled).warnings] == [
        "output_format.name",
        "reasoning_summary",
    ]
    assert written(talk(TextPart("a"), output_format=OutputFormat("text")))["generationConfig"] == {
        "responseMimeType": "text/plain"
    }
    assert refused(talk(TextPart("a"), output_format=OutputFormat("json_schema"))) == "output_format.schema"


def test_tools_and_choices() -> None:
    tools = (
        FunctionTool("f", "d", {"type": "object"}),
        FunctionTool("g", strict=True),
        ProviderTool({"googleSearch": {}}),
    )
    body = written(talk(TextPart("a"), tools=tools, tool_choice=ToolChoice("required", ("f",))))
    assert body["tools"] == [
        {
            "functionDeclarations": [
                {"name": "f", "description": "d", "parametersJsonSchema": {"type": "object"}},
                {"name": "g"},
            ]
        },
        {"googleSearch": {}},
    ]
    assert body["toolConfig"] == {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}}
    allowed = written(talk(TextPart("a"), tools=tools, tool_choice=ToolChoice("auto", ("f",))))
    assert allowed["toolConfig"]["functionCallingConfig"]["mode"] == "VALIDATED"
    assert refused(talk(TextPart("a"), tools=(CustomTool("c"),))) == "tools[0]"
    assert (
        refused(talk(TextPart("a"), tools=tools, tool_choice=ToolChoice("required", ("h",)))) == "tool_choice.allowed"
    )
    assert refused(talk(TextPart("a"), tools=tools, tool_choice=ToolChoice("none", ("f",)))) == "tool_choice.allowed"
    foreign = ChatRequest(
        model="m", messages=(Message("user", (TextPart("a"),)),), tools=tools[2:], dialect="openai_chat"
    )
    assert refused(foreign) == "tools[0]"


@pytest.mark.parametrize(
    ("extras", "field"),
    [
        ({"contents": [1]}, "extras.contents"),
        ({"model": "x"}, "extras.model"),
        ({"generationConfig": {"maxOutputTokens": 5}}, "extras.generationConfig.maxOutputTokens"),
        ({"generationConfig": {"temperature": 1}}, "extras.generationConfig.temperature"),
        ({"labels": {"a": float("nan")}}, "extras.labels"),
    ],
)
def test_extras_that_a_field_owns_are_refused(extras: dict[str, Any], field: str) -> None:
    assert refused(talk(TextPart("a"), temperature=0.5, extras=extras)) == field


def test_own_extras_go_where_they_stand() -> None:
    request = talk(
        TextPart("a"),
        temperature=0.5,
        service_tier="auto",
        extras={"generationConfig": {"speechConfig": {}}, "labels": {"a": "b"}},
    )
    body = written(request)
    assert body["generationConfig"] == {"temperature": 0.5, "speechConfig": {}}
    assert (body["labels"], body["serviceTier"]) == ({"a": "b"}, "unspecified")
