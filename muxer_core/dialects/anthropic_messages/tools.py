"""Tools, the choice among them, and whether several may be called at once: our values <-> the Messages API.

| ours | the API's |
| --- | --- |
| `FunctionTool` | a tool without a type, or with the type `custom` (noted in `form`); `parameters` is `input_schema` |
| `ProviderTool` | a tool of any other type, whole: those that Anthropic runs (web search), and its own for the client (bash) |
| `CustomTool` | refused: the API has no tools that take free text |
| `ToolChoice` auto, none, required | `auto`, `none`, `any` |
| required with one name | `tool` with that name; names in any other way are refused, since the API cannot say them |
| `parallel_tool_calls` | `disable_parallel_tool_use` of the choice, turned round; without a choice, that of `auto` |
"""

from __future__ import annotations

from muxer_core.dialects.anthropic_messages.marks import (
    JsonObject,
    cache_control,
    kind_of,
    merged,
    put_nulls,
    take_cache,
    take_nulls,
    take_text,
)
from muxer_core.dialects.anthropic_messages.parts import foreign
from muxer_core.dialects.anthropic_messages.words import DIALECT
from muxer_core.dialects.field_table import left_out, refuse_field
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.request import ChatRequest, CustomTool, FunctionTool, ProviderTool, Tool, ToolChoice
from muxer_core.values.usage import JsonValue

_TYPED = "type"
_NO_SCHEMA = "no_schema"
_PARALLEL = "disable_parallel_tool_use"


def encode_tools(request: ChatRequest, body: JsonObject, warnings: list[str]) -> None:
    """Put tools and the choice into `body`. Raises `InvalidRequest`, naming the tool."""
    own = request.dialect in (None, DIALECT)
    if request.tools or (own and "tools:empty" in request.form):
        body["tools"] = [
            _tool(tool, f"tools[{number}]", warnings, own=own) for number, tool in enumerate(request.tools)
        ]
    choice = _choice(request, warnings, own=own)
    if choice is not None:
        body["tool_choice"] = choice


def _tool(tool: Tool, where: str, warnings: list[str], *, own: bool) -> JsonObject:
    match tool:
        case FunctionTool():
            return _function(tool, where, warnings, own=own)
        case CustomTool():
            raise refuse_field(where, DIALECT, "the API has no tools that take free text")
        case ProviderTool():
            if not own:
                raise refuse_field(where, DIALECT, "the tool is in the form of another dialect")
            return tool.spec


def _function(tool: FunctionTool, where: str, warnings: list[str], *, own: bool) -> JsonObject:
    form = tool.form if own else ()
    wire: JsonObject = {"type": "custom"} if _TYPED in form else {}
    wire["name"] = tool.name
    if tool.description is not None:
        wire["description"] = tool.description
    if _NO_SCHEMA not in form:
        schema = tool.parameters
        if schema is None:
            schema = dict[str, JsonValue](type="object", properties={})
        elif not own and "type" not in schema:
            schema = {"type": "object", **schema}
        wire["input_schema"] = schema
    if tool.strict is not None:
        wire["strict"] = tool.strict
    if tool.cache is not None:
        wire["cache_control"] = cache_control(tool.cache, where, own=own)
    if own:
        put_nulls(wire, form)
        return merged(wire, tool.extras)
    warnings += foreign(f"{where}.extras", tool.extras)
    return wire


def _choice(request: ChatRequest, warnings: list[str], *, own: bool) -> JsonObject | None:
    choice, parallel = request.tool_choice, request.parallel_tool_calls
    wire: JsonObject
    if choice is None:
        if parallel is None:
            return None
        if not request.tools:
            warnings.append(left_out("parallel_tool_calls", DIALECT, "the request has no tools"))
            return None
        wire = {"type": "auto"}
    elif not choice.allowed:
        wire = {"type": {"auto": "auto", "none": "none", "required": "any"}[choice.mode]}
    elif choice.mode == "required" and len(choice.allowed) == 1:
        wire = {"type": "tool", "name": choice.allowed[0]}
    else:
        raise refuse_field("tool_choice.allowed", DIALECT, "the API can only force one tool, or any of all")
    if parallel is not None and wire["type"] != "none":
        wire[_PARALLEL] = not parallel
    if choice is None:
        return wire
    if own:
        put_nulls(wire, choice.form)
        return merged(wire, choice.extras)
    warnings += foreign("tool_choice.extras", choice.extras)
    return wire


# --- decoding -----------------------------------------------------------------------------------------------------------------------


def decode_tools(listed: JsonValue) -> tuple[Tool, ...]:
    """The tools of a request. Raises `InvalidRequest`."""
    if not is_list(listed):
        raise InvalidRequest("tools", f"must be a list, got {kind_of(listed)}")
    tools: list[Tool] = []
    for number, one in enumerate(listed):
        where = f"tools[{number}]"
        if not is_object(one):
            raise InvalidRequest(where, f"must be an object, got {kind_of(one)}")
        tools.append(_decode_tool(one, where))
    return tuple(tools)


def _decode_tool(tool: JsonObject, where: str) -> Tool:
    word = tool.get("type")
    if word not in (None, "custom"):
        return ProviderTool(tool)
    rest = dict(tool)
    form = take_nulls(rest, "type", "cache_control", "description", "strict")
    if rest.pop("type", None) is not None:
        form += (_TYPED,)
    name = take_text(rest, "name", where)
    description = take_text(rest, "description", where) if "description" in rest else None
    cache = take_cache(rest, where)
    strict = rest.pop("strict", None)
    if strict is not None and not isinstance(strict, bool):
        raise InvalidRequest(f"{where}.strict", f"must be true or false, got {kind_of(strict)}")
    schema = rest.pop("input_schema", None)
    if schema is None:
        form += (_NO_SCHEMA,)
    elif not is_object(schema):
        raise InvalidRequest(f"{where}.input_schema", f"must be an object, got {kind_of(schema)}")
    return FunctionTool(name, description, schema, strict, rest, cache, form)


def decode_choice(value: JsonValue) -> tuple[ToolChoice, bool | None]:
    """The choice among tools, and whether several may be called at once (None where it does not say). Raises `InvalidRequest`."""
    if not is_object(value):
        raise InvalidRequest("tool_choice", f"must be an object, got {kind_of(value)}")
    rest = dict(value)
    form = take_nulls(rest, _PARALLEL)
    word = rest.pop("type", None)
    parallel = None
    if word != "none" and isinstance(rest.get(_PARALLEL), bool):
        parallel = not rest.pop(_PARALLEL)
    match word:
        case "auto" | "none":
            return ToolChoice(word, (), rest, form), parallel
        case "any":
            return ToolChoice("required", (), rest, form), parallel
        case "tool":
            return ToolChoice("required", (take_text(rest, "name", "tool_choice"),), rest, form), parallel
        case _:
            raise InvalidRequest("tool_choice.type", f"must be auto, any, tool or none, got {word!r}")
