"""Tools, tool choice and output format: our values <-> OpenAI's form.

A tool of a kind that is not ours is the provider's own, and goes to it as it stands. Fields that are not known here stay in `extras` where
they stood: those of the inner object under its name (`function`, `custom`, `json_schema`).

Notes (`form`): `functions` (a tool of the old field of that name), `function_call` (a choice likewise), `untyped` (a tool without its
type), `inner cache` (a mark that stood inside `function`), `nameless` and `schemaless` (a
format without a name or a schema), `any` (Mistral's word for required),
`allowed_tools` (the long form of a choice that has a short one), and those of `forms`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from muxer_core.dialects.field_table import refuse_field
from muxer_core.dialects.json_text import is_object
from muxer_core.dialects.openai_chat.cache_marks import MarkForm, put_mark, take_mark
from muxer_core.dialects.openai_chat.content_parts import with_extras
from muxer_core.dialects.openai_chat.forms import DIALECT, put_nulls, take_nulls
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


def _typed(spec: dict[str, Any], name: str, kind: type, where: str) -> Any:
    value = spec.pop(name, None)
    if value is not None and not isinstance(value, kind):
        words = {str: "a text", dict: "an object", bool: "true or false"}[kind]
        raise InvalidRequest(f"{where}.{name}", f"must be {words}, got {type(value).__name__}")
    return value


# --- reading ----------------------------------------------------------------------------------------------------------------------


def decode_tool(tool: Mapping[str, JsonValue], *, where: str = "tool") -> Tool:
    """One tool. A kind that is not ours is the provider's own, and goes to it as it stands. Raises `InvalidRequest`.

    >>> decode_tool({"type": "function", "function": {"name": "now", "description": "the time"}}).description
    'the time'
    """
    kind = tool.get("type")
    if kind is None and is_object(tool.get("function")):
        kind = "function"
    if kind in ("function", "custom") and not is_object(tool.get(kind)) and "name" in tool:
        return ProviderTool(dict(tool))  # the flat form of another API: whoever takes it knows what it means
    if kind == "function":
        return _decode_function_tool(dict(tool), where)
    if kind == "custom":
        rest = dict(tool)
        del rest["type"]
        form = take_nulls(rest)
        spec = _object(rest.pop("custom", None), f"{where}.custom")
        mark, note = take_mark(rest)
        return CustomTool(
            name=_name(spec, f"{where}.custom"),
            description=_typed(spec, "description", str, f"{where}.custom"),
            format=_typed(spec, "format", dict, f"{where}.custom"),
            extras=_with_inner(rest, "custom", spec),
            cache=mark,
            form=form + note,
        )
    if not isinstance(kind, str):
        raise InvalidRequest(f"{where}.type", f"must be a text such as 'function', got {kind!r}")
    return ProviderTool(dict(tool))


def decode_function(function: JsonValue, *, where: str) -> FunctionTool:
    """An entry of the old field `functions`. Raises `InvalidRequest`."""
    tool = _decode_function_tool({"type": "function", "function": _object(function, where)}, where)
    return FunctionTool(
        tool.name, tool.description, tool.parameters, tool.strict, tool.extras, tool.cache, (*tool.form, "functions")
    )


def _decode_function_tool(rest: dict[str, Any], where: str) -> FunctionTool:
    form = take_nulls(rest)
    if "type" not in rest:
        form += ("untyped",)
    rest.pop("type", None)
    spec = _object(rest.pop("function", None), f"{where}.function")
    inner_nulls = {name: None for name, value in spec.items() if value is None}
    name = _name(spec, f"{where}.function")
    description = _typed(spec, "description", str, f"{where}.function")
    parameters = _typed(spec, "parameters", dict, f"{where}.function")
    strict = _typed(spec, "strict", bool, f"{where}.function")
    mark, note = take_mark(rest)
    if mark is None and "cache_control" in spec:
        mark, _ = take_mark(spec)
        note = ("inner cache",) if mark is not None else ()
    extras = _with_inner(rest, "function", {**inner_nulls, **spec})
    return FunctionTool(name, description, parameters, strict, extras, mark, form + note)


def _with_inner(rest: dict[str, Any], name: str, inner: dict[str, Any]) -> dict[str, Any]:
    """The extras of a tool: its own further fields, and those of its inner object under the name of that."""
    return {**rest, name: inner} if inner else rest


def decode_tool_choice(choice: str | Mapping[str, JsonValue]) -> ToolChoice:
    """A tool choice: a mode, one named tool, or a list of allowed ones. Raises `InvalidRequest`.

    >>> decode_tool_choice({"type": "function", "function": {"name": "now"}}).allowed
    ('now',)
    """
    if isinstance(choice, str):
        for known in ("auto", "none", "required"):
            if choice == known:
                return ToolChoice(known)
        if choice == "any":
            return ToolChoice("required", form=("any",))
        raise InvalidRequest("tool_choice", f"must be one of {', '.join(MODES)}, or an object; got {choice!r}")
    rest = dict(choice)
    kind = rest.pop("type", None)
    untyped = ("untyped",) if kind is None and is_object(rest.get("function")) else ()
    kind = "function" if untyped else kind
    if kind in ("function", "custom"):
        spec = _object(rest.pop(kind, None), f"tool_choice.{kind}")
        name = _name(spec, f"tool_choice.{kind}")
        return ToolChoice("required", (name,), _with_inner(rest, str(kind), spec), untyped)
    if kind == "allowed_tools":
        allowed = _object(rest.pop("allowed_tools", None), "tool_choice.allowed_tools")
        names: list[str] = []
        for number, tool in enumerate(allowed.pop("tools", None) or ()):
            where = f"tool_choice.allowed_tools.tools[{number}]"
            one = _object(tool, where)
            names.append(_name(_object(one.get(str(one.get("type"))), where), where))
        mode: Literal["auto", "required"] = "required" if allowed.pop("mode", None) == "required" else "auto"
        long = not names or (mode == "required" and len(names) == 1)
        extras = _with_inner(rest, "allowed_tools", allowed)
        return ToolChoice(mode, tuple(names), extras, ("allowed_tools",) if long else ())
    raise InvalidRequest("tool_choice.type", f"must be function, custom or allowed_tools, got {kind!r}")


def decode_output_format(form: Mapping[str, JsonValue]) -> OutputFormat:
    """A `response_format`. Raises `InvalidRequest`.

    >>> decode_output_format({"type": "json_object"}).kind
    'json_object'
    """
    rest = dict(form)
    kind = rest.pop("type", None)
    if kind == "text":
        return OutputFormat("text", extras=rest)
    if kind == "json_object":
        return OutputFormat("json_object", extras=rest)
    if kind == "json_schema":
        where = "output_format.json_schema"
        spec = _object(rest.pop("json_schema", None), where)
        nulls = take_nulls(spec)
        if "schema" not in spec:
            nulls += ("schemaless",)
        named = spec.get("name")
        if named is not None and not isinstance(named, str):
            raise InvalidRequest(f"{where}.name", "must be a text")
        return OutputFormat(
            "json_schema",
            name=spec.pop("name", None),
            schema=_typed(spec, "schema", dict, where),
            strict=_typed(spec, "strict", bool, where),
            description=_typed(spec, "description", str, where),
            extras=_with_inner(rest, "json_schema", spec),
            form=(*(() if named is not None else ("nameless",)), *nulls),
        )
    raise InvalidRequest("output_format.type", f"must be text, json_object or json_schema, got {kind!r}")


# --- writing ----------------------------------------------------------------------------------------------------------------------


def encode_tool(tool: Tool, where: str, marks: MarkForm, warnings: list[str], *, ours: bool) -> JsonValue:
    """One tool. `ours`: a provider's own tool is in this dialect's words. Raises `InvalidRequest`."""
    taken: MarkForm = "cache_control" if marks == "cache_control" else "none"
    match tool:
        case FunctionTool():
            function = _told(tool, ("name", "description", "parameters", "strict"))
            wire: dict[str, JsonValue] = {"type": "function", "function": function}
            if "untyped" in tool.form:
                del wire["type"]
            if "inner cache" in tool.form:
                put_mark(function, tool.cache, (), "cache_control", where, warnings)
            else:
                put_mark(wire, tool.cache, tool.form, taken, where, warnings)
        case CustomTool():
            wire = {"type": "custom", "custom": _told(tool, ("name", "description", "format"))}
            put_mark(wire, tool.cache, tool.form, taken, where, warnings)
        case _:
            if not ours:
                raise refuse_field(where, DIALECT, "the tool is in the form of another dialect")
            return tool.spec
    return put_nulls(with_extras(wire, tool.extras), tool.form)


def encode_function(tool: FunctionTool) -> JsonValue:
    """An entry of the old field `functions`."""
    function = _told(tool, ("name", "description", "parameters", "strict"))
    return with_extras(function, tool.extras.get("function") or {})


def _told(value: FunctionTool | CustomTool, names: tuple[str, ...]) -> dict[str, JsonValue]:
    told = {name: getattr(value, name) for name in names}
    return {name: one for name, one in told.items() if one is not None}


def encode_tool_choice(choice: ToolChoice, tools: tuple[Tool, ...], *, old: bool = False) -> JsonValue:
    """A tool choice; `old`: as the field `function_call` has it. Raises `InvalidRequest`."""
    if not choice.allowed and "allowed_tools" not in choice.form:
        return "any" if "any" in choice.form and choice.mode == "required" else choice.mode
    if choice.mode == "none":
        raise InvalidRequest("tool_choice.allowed", "cannot name tools when the mode is none")
    kinds = {
        tool.name: "custom" if isinstance(tool, CustomTool) else "function"
        for tool in tools
        if not isinstance(tool, ProviderTool)
    }
    for name in choice.allowed:
        if name not in kinds:
            raise InvalidRequest("tool_choice.allowed", f"names {name!r}, which is none of the request's tools")
    named: list[dict[str, JsonValue]] = [{"type": kinds[name], kinds[name]: {"name": name}} for name in choice.allowed]
    if choice.mode == "required" and len(named) == 1 and "allowed_tools" not in choice.form:
        if old:
            return {"name": choice.allowed[0], **choice.extras}
        if "untyped" in choice.form:
            del named[0]["type"]
        return with_extras(named[0], choice.extras)
    wire = {"type": "allowed_tools", "allowed_tools": {"mode": choice.mode, "tools": named}}
    return with_extras(wire, choice.extras)


def encode_output_format(wanted: OutputFormat) -> JsonValue:
    """A `response_format`. Raises `InvalidRequest`."""
    if wanted.kind != "json_schema":
        return with_extras({"type": wanted.kind}, wanted.extras)
    described: dict[str, JsonValue] = {"name": wanted.name or "answer", "schema": wanted.schema}
    if wanted.schema is None:
        if "schemaless" not in wanted.form:
            raise InvalidRequest("output_format.schema", "must be given when the kind is json_schema")
        del described["schema"]
    if wanted.name is None and "nameless" in wanted.form:
        del described["name"]
    if wanted.strict is not None:
        described["strict"] = wanted.strict
    if wanted.description is not None:
        described["description"] = wanted.description
    put_nulls(described, wanted.form)
    return with_extras({"type": "json_schema", "json_schema": described}, wanted.extras)


def decode_function_call(choice: JsonValue) -> ToolChoice:
    """The old field `function_call`: a mode, or the name of a function. Raises `InvalidRequest`."""
    if isinstance(choice, str):
        decoded = decode_tool_choice(choice)
        return ToolChoice(decoded.mode, form=("function_call", *decoded.form))
    rest = _object(choice, "function_call")
    return ToolChoice("required", (_name(rest, "function_call"),), rest, ("function_call",))
