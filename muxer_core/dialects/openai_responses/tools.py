"""Tools, tool choice, text and reasoning settings: our values <-> the Responses API's form, in both directions.

Rules that hold here:

* A function is flat (`name`, `description`, `parameters`, `strict` beside `type`). The API holds a function to its schema strictly unless
  told otherwise; our `strict=None` means what it means in chat completions, not strictly. So a request of elsewhere says `strict: false`,
  and `strict: false` is read as None, noted `not_strict`.
* A tool of another type is the provider's own, and goes as it stands; so does a choice of such a tool (`ToolChoice.extras`).
* A field with a value that is none of the known kind stays in extras, under its own name.
* `form` of a choice: `list` where one required name was written as a list, and the types of the named tools where they are not what
  the request's tools say.

Source: openai-python 3.57.0, `types/responses/{function,custom}_tool_param.py`, `tool_choice_*_param.py`,
`response_format_text_*_param.py`, November 2026.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

from muxer_core.dialects.field_table import refuse_field
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.openai_responses.content_parts import JsonObject, PartWriter, take_text
from muxer_core.dialects.openai_responses.options import NAME
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.request import CustomTool, FunctionTool, OutputFormat, ProviderTool, Tool, ToolChoice
from muxer_core.values.usage import JsonValue

Mode = Literal["auto", "none", "required"]
MODES: dict[str, Mode] = {mode: mode for mode in get_args(Mode)}

Own = Callable[[JsonObject, str], JsonObject]
"""Which of these extras, found at this place, are ours to write."""


def decode_tool(tool: JsonValue, where: str) -> Tool:
    """One tool. Raises `InvalidRequest`."""
    if not is_object(tool):
        raise InvalidRequest(where, f"must be an object, got {type(tool).__name__}")
    kind = tool.get("type")
    if not isinstance(kind, str):
        raise InvalidRequest(f"{where}.type", f"must be a text such as 'function', got {kind!r}")
    if kind not in ("function", "custom"):
        return ProviderTool(tool)
    rest = dict(tool)
    del rest["type"]
    name = rest.pop("name", None)
    if not isinstance(name, str) or not name:
        raise InvalidRequest(f"{where}.name", "must be a text that is not empty")
    description = take_text(rest, "description")
    if kind == "custom":
        form = rest.pop("format") if is_object(rest.get("format")) else None
        return CustomTool(name, description, form, rest)
    parameters = rest.pop("parameters") if is_object(rest.get("parameters")) else None
    strict = rest.pop("strict") if isinstance(rest.get("strict"), bool) else None
    form = ("not_strict",) if strict is False else ()
    return FunctionTool(name, description, parameters, strict or None, rest, form=form)


def encode_tool(tool: Tool, where: str, writer: PartWriter, *, home: bool) -> JsonValue:
    """One tool. `home` says that the request came in this dialect. Raises `InvalidRequest`."""
    if isinstance(tool, ProviderTool):
        if writer.dialect not in (None, NAME):
            raise refuse_field(where, NAME, f"it is a tool that {writer.dialect} runs itself")
        return tool.spec
    writer.unmarked(tool.cache, where)
    own = writer.own
    wire: JsonObject = {"type": "custom" if isinstance(tool, CustomTool) else "function", "name": tool.name}
    if tool.description is not None:
        wire["description"] = tool.description
    if isinstance(tool, CustomTool):
        if tool.format is not None:
            wire["format"] = tool.format
        return {**wire, **own(tool.extras, where)}
    if tool.parameters is not None:
        wire["parameters"] = tool.parameters
    elif not home:
        wire["parameters"] = {
            "type": "object",
            "properties": {},
        }  # the API wants one; a function without parameters takes none
    if tool.strict is not None or not home or "not_strict" in tool.form:
        wire["strict"] = bool(tool.strict)
    return {**wire, **own(tool.extras, where)}


def decode_tool_choice(choice: JsonValue, tools: tuple[Tool, ...]) -> ToolChoice:
    """A tool choice. Raises `InvalidRequest`.

    >>> decode_tool_choice({"type": "function", "name": "now"}, ()).allowed
    ('now',)
    """
    if isinstance(choice, str) and choice in MODES:
        return ToolChoice(MODES[choice])
    if not is_object(choice):
        raise InvalidRequest("tool_choice", f"must be one of {', '.join(MODES)}, or an object; got {choice!r}")
    if not isinstance(choice.get("type"), str):
        raise InvalidRequest("tool_choice.type", f"must be a text such as 'function', got {choice.get('type')!r}")
    named = _named(choice)
    if named is not None and choice.keys() == {"type", "name"}:
        return ToolChoice("required", (named,), form=_kinds((choice,), tools))
    entries = choice.get("tools")
    mode = choice.get("mode")
    if choice.get("type") == "allowed_tools" and is_list(entries) and entries and mode in ("auto", "required"):
        names = [_named(entry) if is_object(entry) and entry.keys() == {"type", "name"} else None for entry in entries]
        if None not in names and choice.keys() == {"type", "mode", "tools"}:
            form = ("list", *_kinds(tuple(entry for entry in entries if is_object(entry)), tools))
            return ToolChoice(MODES[mode], tuple(name for name in names if name is not None), form=form)
    return ToolChoice(MODES["auto"] if mode == "auto" else MODES["required"], extras=choice)


def _named(spec: JsonObject) -> str | None:
    name = spec.get("name")
    return name if spec.get("type") in ("function", "custom") and isinstance(name, str) and name else None


def _kinds(specs: tuple[JsonObject, ...], tools: tuple[Tool, ...]) -> tuple[str, ...]:
    """The types of named tools, where they are not what the request's own tools say."""
    told = [str(spec["type"]) for spec in specs]
    return () if told == [_kind_of(str(spec["name"]), tools) for spec in specs] else tuple(told)


def _kind_of(name: str, tools: tuple[Tool, ...]) -> str | None:
    for tool in tools:
        if not isinstance(tool, ProviderTool) and tool.name == name:
            return "custom" if isinstance(tool, CustomTool) else "function"
    return None


def encode_tool_choice(choice: ToolChoice, tools: tuple[Tool, ...], own: Own, *, home: bool) -> JsonValue:
    """A tool choice. Raises `InvalidRequest`."""
    extras = own(choice.extras, "tool_choice")
    if "type" in extras:
        return extras
    if not choice.allowed:
        return choice.mode
    if choice.mode == "none":
        raise InvalidRequest("tool_choice.allowed", "cannot name tools when the mode is none")
    form = choice.form if home else ()
    told = [note for note in form if note != "list"]
    named: list[JsonValue] = []
    for number, name in enumerate(choice.allowed):
        kind = told[number] if number < len(told) else _kind_of(name, tools)
        if kind is None:
            raise InvalidRequest("tool_choice.allowed", f"names {name!r}, which is none of the request's tools")
        named.append({"type": kind, "name": name})
    if choice.mode == "required" and len(named) == 1 and "list" not in form:
        return named[0]
    return {"type": "allowed_tools", "mode": choice.mode, "tools": named}


def decode_output_format(form: JsonObject) -> OutputFormat | None:
    """The `format` of `text`; None for one that is not known, which stays an extra."""
    kind = form.get("type")
    if kind == "text" and form.keys() == {"type"}:
        return OutputFormat("text")
    if kind == "json_object" and form.keys() == {"type"}:
        return OutputFormat("json_object")
    rest = dict(form)
    name, schema = take_text(rest, "name"), rest.pop("schema", None)
    if kind != "json_schema" or name is None or not is_object(schema):
        return None
    del rest["type"]
    strict = rest.pop("strict") if isinstance(rest.get("strict"), bool) else None
    description = take_text(rest, "description")
    return OutputFormat("json_schema", name, schema, strict, description, rest)


def encode_output_format(wanted: OutputFormat, own: Own) -> JsonObject:
    """The `format` of `text`. Raises `InvalidRequest`."""
    extras = own(wanted.extras, "output_format")
    if wanted.kind != "json_schema":
        return {"type": wanted.kind, **extras}
    if wanted.schema is None:
        raise InvalidRequest("output_format.schema", "must be given when the kind is json_schema")
    wire: JsonObject = {"type": "json_schema", "name": wanted.name or "answer", "schema": wanted.schema}
    if wanted.strict is not None:
        wire["strict"] = wanted.strict
    if wanted.description is not None:
        wire["description"] = wanted.description
    return {**wire, **extras}
