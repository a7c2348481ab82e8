"""Tools and the choice among them: our values <-> `tools` and `toolConfig.functionCallingConfig`.

One object of `tools` may declare many functions and switch on tools of the vendor's besides. Ours are one value each:

* A `FunctionTool` is a function declaration. Functions in a row are declared in one object, as the vendor advises; a note in `form` says
  where it was otherwise: `apart` (it began an object of its own), `joined` (it stood in the object of the vendor's tool before it).
* Anything else of an object is a `ProviderTool` with the object as it came.
* Parameters are JSON schema (`parametersJsonSchema`), or, with the note `parameters`, the vendor's `Schema` (see `schema`).

| ours | the vendor's mode |
| --- | --- |
| auto | AUTO; with `allowed`, VALIDATED and `allowedFunctionNames` |
| required | ANY |
| none | NONE |

A mode that reads like another one is noted: `mode=VALIDATED` without names, `mode=` where there is none.

Source: google-genai 3.6.1, `Tool`, `FunctionDeclaration`, `FunctionCallingConfig`, November 2026.
"""

from __future__ import annotations

from typing import Literal

from muxer_core.dialects.field_table import left_out, refuse_field
from muxer_core.dialects.gemini.names import NAME, Fields, JsonObject, merged, spelled
from muxer_core.dialects.gemini.options import CacheMarks
from muxer_core.dialects.gemini.schema import read_schema, write_schema
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.request import CustomTool, FunctionTool, ProviderTool, Tool, ToolChoice

_MODES: dict[str, Literal["auto", "none", "required"]] = {
    "AUTO": "auto",
    "VALIDATED": "auto",
    "ANY": "required",
    "NONE": "none",
    "MODE_UNSPECIFIED": "auto",
}
_WORDS = {"auto": "AUTO", "required": "ANY", "none": "NONE"}


def encode_tools(
    tools: tuple[Tool, ...], *, own: bool, dialect: str | None, cache_marks: CacheMarks, warnings: list[str]
) -> list[JsonObject]:
    """The `tools` of a request. `own` says that extras and forms are in our words. Raises `InvalidRequest`."""
    encoded: list[JsonObject] = []
    last = ""
    for position, tool in enumerate(tools):
        where = f"tools[{position}]"
        match tool:
            case ProviderTool():
                if not own:
                    raise refuse_field(where, NAME, f"the tool is in the form of the dialect {dialect}")
                encoded.append(dict(tool.spec))
                last = "vendor"
            case CustomTool():
                raise refuse_field(where, NAME, "its functions take an object, not free text")
            case FunctionTool():
                _marks(tool, where, cache_marks, warnings)
                form = tool.form if own else ()
                if not own:
                    warnings += [
                        f"{where}.extras.{name}: left out, because it is a field of the dialect {dialect}"
                        for name in tool.extras
                    ]
                if tool.strict is not None:
                    warnings.append(left_out(f"{where}.strict", NAME, "functions are validated by the mode VALIDATED"))
                key = spelled(form, "functionDeclarations")
                declared = _declaration(tool, form, tool.extras if own else {})
                joins = last == "function" and "apart" not in form and key in encoded[-1]
                joins = joins or (last == "vendor" and "joined" in form)
                if joins:
                    encoded[-1].setdefault(key, []).append(declared)
                else:
                    encoded.append({key: declared if "one:object" in form else [declared]})
                last = "function"
    return encoded


def _marks(tool: FunctionTool, where: str, cache_marks: CacheMarks, warnings: list[str]) -> None:
    if tool.cache is None:
        return
    why = "it caches by itself, or by cachedContent, and has no marks"
    if cache_marks == "refuse":
        raise refuse_field(f"{where}.cache", NAME, f"{why} (the option cache_marks=ignore leaves them out)")
    warnings.append(left_out(f"{where}.cache", NAME, why))


def _declaration(tool: FunctionTool, form: tuple[str, ...], extras: JsonObject) -> JsonObject:
    declared: JsonObject = {"name": tool.name}
    if tool.description is not None:
        declared["description"] = tool.description
    if tool.parameters is not None:
        if "parameters" in form:
            declared["parameters"] = write_schema(tool.parameters, form)
        else:
            declared[spelled(form, "parametersJsonSchema")] = tool.parameters
    return merged(declared, extras)


def decode_tools(entries: list[JsonObject]) -> tuple[Tool, ...]:
    """The tools of a request. Raises `InvalidRequest`, naming the tool."""
    tools: list[Tool] = []
    for position, entry in enumerate(entries):
        where = f"tools[{position}]"
        fields = Fields(entry, where)
        listed = fields.look("functionDeclarations")
        if listed is None or (is_list(listed) and not listed):
            tools.append(ProviderTool(entry))
            continue
        note: list[str] = []
        declared = fields.objects("functionDeclarations", "one:object") or []
        note += fields.form
        if fields.rest:
            tools.append(ProviderTool(fields.rest))
            note.append("joined")
        elif tools and isinstance(tools[-1], FunctionTool):
            note.append("apart")
        for number, one in enumerate(declared):
            shared = note if number == 0 else [name for name in note if name not in ("apart", "joined", "one:object")]
            tools.append(_read_declaration(one, f"{where}.functionDeclarations[{number}]", shared))
    return tuple(tools)


def _read_declaration(entry: JsonObject, where: str, note: list[str]) -> FunctionTool:
    fields = Fields(entry, where)
    name = fields.text("name")
    if not name:
        raise InvalidRequest(f"{where}.name", "must be the name of a function")
    description = fields.text("description")
    parameters = fields.look("parametersJsonSchema")
    form: tuple[str, ...] = ()
    if is_object(parameters):
        fields.take("parametersJsonSchema")
    elif is_object(fields.look("parameters")):
        parameters, form = read_schema(fields.take("parameters"))
        form = ("parameters", *form)
    else:
        parameters = None
    return FunctionTool(name, description, parameters, extras=fields.rest, form=(*note, *fields.form, *form))


def encode_choice(
    choice: ToolChoice, tools: tuple[Tool, ...], *, dialect: str | None, warnings: list[str]
) -> JsonObject:
    """The `functionCallingConfig`. Raises `InvalidRequest`."""
    own = dialect in (None, NAME)
    form = choice.form if own else ()
    if choice.mode == "none" and choice.allowed and dialect != NAME:
        raise InvalidRequest("tool_choice.allowed", "cannot name tools when the mode is none")
    known = {tool.name for tool in tools if isinstance(tool, FunctionTool)}
    for name in choice.allowed:
        if name not in known and dialect != NAME:
            raise InvalidRequest("tool_choice.allowed", f"names {name!r}, which is none of the request's tools")
    word = "VALIDATED" if choice.mode == "auto" and choice.allowed else _WORDS[choice.mode]
    noted = next((note.removeprefix("mode=") for note in form if note.startswith("mode=")), None)
    config: JsonObject = {}
    mode = word if noted is None else noted
    if mode:
        config["mode"] = mode
    if choice.allowed:
        config[spelled(form, "allowedFunctionNames")] = list(choice.allowed)
    if not own:
        warnings += [
            f"tool_choice.extras.{name}: left out, because it is a field of the dialect {dialect}"
            for name in choice.extras
        ]
        return config
    return merged(config, choice.extras)


def decode_choice(fields: Fields) -> ToolChoice:
    """The choice of a `functionCallingConfig`. Raises `InvalidRequest`."""
    word = fields.text("mode")
    if word is not None and word.upper() not in _MODES:
        raise InvalidRequest(f"{fields.where}.mode", f"must be one of {', '.join(_MODES)}, got {word!r}")
    mode = _MODES[(word or "AUTO").upper()]
    allowed: tuple[str, ...] = ()
    listed = fields.look("allowedFunctionNames")
    if listed is not None:
        if not is_list(listed) or not all(isinstance(name, str) for name in listed):
            raise fields.wrong("allowedFunctionNames", "a list of names", listed)
        if listed:
            fields.take("allowedFunctionNames")
            allowed = tuple(listed)
    usual = "VALIDATED" if mode == "auto" and allowed else _WORDS[mode]
    note = () if word == usual else (f"mode={word or ''}",)
    return ToolChoice(mode, allowed, fields.rest, (*fields.form, *note))
