"""Tools and the choice among them, on the wire."""

from __future__ import annotations

from muxer_core.values.messages import CacheMark
from muxer_core.values.request import FunctionTool, ProviderTool, ToolChoice
from tests.dialects.anthropic_messages.asking import FOREIGN, asked


def test_tools_and_the_choice_among_them() -> None:
    tools = (
        FunctionTool("f", "d", {"properties": {}}, strict=True, cache=CacheMark()),
        FunctionTool("g"),
        ProviderTool({"type": "web_search_20250305"}),
    )
    body = asked(tools=tools, tool_choice=ToolChoice("required", ("f",)), parallel_tool_calls=False)
    assert body["tools"] == [
        {
            "name": "f",
            "description": "d",
            "input_schema": {"properties": {}},
            "strict": True,
            "cache_control": {"type": "ephemeral"},
        },
        {"name": "g", "input_schema": {"type": "object", "properties": {}}},
        {"type": "web_search_20250305"},
    ]
    assert body["tool_choice"] == {"type": "tool", "name": "f", "disable_parallel_tool_use": True}
    foreign = asked(tools=(FunctionTool("f", None, {"properties": {}}),), dialect=FOREIGN, parallel_tool_calls=True)
    assert foreign["tools"][0]["input_schema"] == {"type": "object", "properties": {}}
    assert foreign["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": False}
    assert asked(tools=tools[1:2], tool_choice=ToolChoice("none"), parallel_tool_calls=False)["tool_choice"] == {
        "type": "none"
    }
    assert asked(tools=tools[1:2], tool_choice=ToolChoice("required"))["tool_choice"] == {"type": "any"}
