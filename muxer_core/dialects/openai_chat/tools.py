"""Tools, tool choice and output format in OpenAI's form, as our values. For callers who bring what they wrote for OpenAI's own client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from muxer_core.dialects.json_text import is_object
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.request import CustomTool, FunctionTool, OutputFormat, ProviderTool, Tool, ToolChoice
from muxer_core.values.usage import JsonValue

MODES = ("auto", "none", "required")


def _object(value: JsonValue, where: str) -> dict[str, Any]:
    if not is_object(value):
        raise InvalidRequest(where, f"must be an object, got {type(value).__name__}")
    return dict(value)


def _name(spec: dict[str, Any], where: str) -> str:
    name = spec.pop("name", None)
    if not isinstance(name, str) or not name:
        raise InvalidRequest(f"{where}.name", "must be a text that is not empty")
    return name


def decode_tool(tool: Mapping[str, JsonValue], *, where: str = "tool") -> Tool:
    """One tool. A kind that is not ours is the provider's own, and goes to it as it stands. Raises `InvalidRequest`.

    >>> decode_tool({"type": "function", "function": {"name": "now", "description": "the time"}}).description
    'the time'
    """
    kind = tool.get("type")
    if kind == "function":
        spec = _object(tool.get("function"), f"{where}.function")
        return FunctionTool(
            name=_name(spec, f"{where}.function"),
            description=spec.pop("description", None),
            parameters=spec.pop("parameters", None),
            strict=spec.pop("strict", None),
            extras=spec,
        )
    if kind == "custom":
        spec = _object(tool.get("custom"), f"{where}.custom")
        return CustomTool(
            name=_name(spec, f"{where}.custom"),
            description=spec.pop("description", None),
            format=spec.pop("format", None),
            extras=spec,
        )
    if not isinstance(kind, str):
        raise InvalidRequest(f"{where}.type", f"must be a text such as 'function', got {kind!r}")
    return ProviderTool(dict(tool))


def decode_tool_choice(choice: str | Mapping[str, JsonValue]) -> ToolChoice:
    """A tool choice: a mode, one named tool, or a list of allowed ones. Raises `InvalidRequest`.

    >>> decode_tool_choice({"type": "function", "function": {"name": "now"}}).allowed
    ('now',)
    """
    if isinstance(choice, str):
        for mode in ("auto", "none", "required"):
            if choice == mode:
                return ToolChoice(mode)
        raise InvalidRequest("tool_choice", f"must be one of {', '.join(MODES)}, or an object; got {choice!r}")
    kind = choice.get("type")
    if kind in ("function", "custom"):
        return ToolChoice("required", (_name(_object(choice.get(kind), f"tool_choice.{kind}"), f"tool_choice.{kind}"),))
    if kind == "allowed_tools":
        allowed = _object(choice.get("allowed_tools"), "tool_choice.allowed_tools")
        names: list[str] = []
        for number, tool in enumerate(allowed.get("tools", ())):
            where = f"tool_choice.allowed_tools.tools[{number}]"
            one = _object(tool, where)
            names.append(_name(_object(one.get(str(one.get("type"))), where), where))
        return ToolChoice("required" if allowed.get("mode") == "required" else "auto", tuple(names))
    raise InvalidRequest("tool_choice.type", f"must be function, custom or allowed_tools, got {kind!r}")


def decode_output_format(form: Mapping[str, JsonValue]) -> OutputFormat:
    """A `response_format`. Raises `InvalidRequest`.

    >>> decode_output_format({"type": "json_object"}).kind
    'json_object'
    """
    kind = form.get("type")
    if kind == "text":
        return OutputFormat("text")
    if kind == "json_object":
        return OutputFormat("json_object")
    if kind == "json_schema":
        spec = _object(form.get("json_schema"), "output_format.json_schema")
        return OutputFormat(
            "json_schema",
            name=_name(spec, "output_format.json_schema"),
            schema=spec.get("schema"),
            strict=spec.get("strict"),
            description=spec.get("description"),
        )
    raise InvalidRequest("output_format.type", f"must be text, json_object or json_schema, got {kind!r}")
