"""Conversations: our `Message`s <-> `systemInstruction` and `contents`.

| ours | the vendor's |
| --- | --- |
| system and developer messages that lead | the parts of `systemInstruction`, in order |
| a later one | a `user` content, with a warning: the API has one instruction, for the whole conversation |
| user | `user` |
| assistant | `model` |
| tool; neighbours from another dialect together | `user` with `functionResponse` parts: all responses to parallel calls in one |
| results of tools among a user's other parts | the same content, in order |

`form` of a message: `role=…` where the role was missing (`role=`) or another word of the same meaning, `parts:object` where one part stood
for a list, `noparts` where there were none. A message of another dialect brings no extras and no notes: its extras are left out, with a
warning for each that is not null.
"""

from __future__ import annotations

from collections.abc import Iterable

from muxer_core.dialects.field_table import left_out, refuse_field
from muxer_core.dialects.gemini.names import NAME, Fields, JsonObject, merged
from muxer_core.dialects.gemini.options import CacheMarks
from muxer_core.dialects.gemini.parts import decode_part, encode_part
from muxer_core.dialects.gemini.tool_results import decode_result, encode_result
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import Message, Part, Role, TextPart, ToolCallPart, ToolResultPart
from muxer_core.values.usage import JsonValue

_ROLES: dict[Role, str] = {"system": "user", "developer": "user", "user": "user", "assistant": "model", "tool": "user"}


class Conversation:
    """Writes the messages of one request. `system` and `contents` are what was written, `warnings` what was left out."""

    __slots__ = ("_cache_marks", "_merging", "_names", "contents", "system", "warnings")

    def __init__(self, cache_marks: CacheMarks) -> None:
        self._cache_marks = cache_marks
        self._names: dict[str, str] = {}
        self._merging = False
        self.system: JsonObject | str | None = None
        self.contents: list[JsonObject] = []
        self.warnings: list[str] = []

    def add(self, messages: Iterable[Message]) -> None:
        """Write the messages. Raises `InvalidRequest`, naming the message."""
        for position, message in enumerate(messages):
            where = f"messages[{position}]"
            own = message.dialect in (None, NAME)
            if not own:
                self.warnings += [
                    f"{where}.extras.{name}: left out, because it is a field of the dialect {message.dialect}"
                    for name, value in message.extras.items()
                    if value is not None
                ]
            if message.name is not None:
                self.warnings.append(left_out(f"{where}.name", NAME, "a content has no name of its speaker"))
            parts = self._parts(message, where, own=own)
            leading = message.role in ("system", "developer") and not self.contents
            if leading:
                self._instruct(message, parts, own=own)
                continue
            if message.role in ("system", "developer"):
                self.warnings.append(
                    f"{where}.role: written as a user's turn, because the dialect {NAME} has one system instruction, at the start"
                )
            self._say(message, parts, where, own=own)

    def _instruct(self, message: Message, parts: list[JsonObject], *, own: bool) -> None:
        form = message.form if own else ()
        if self.system is not None:
            if isinstance(self.system, str):
                self.system = {"parts": [{"text": self.system}]}
            self.system.setdefault("parts", []).extend(parts)
        elif "text" in form and len(parts) == 1 and parts[0].keys() == {"text"}:
            self.system = str(parts[0]["text"])
        else:
            self.system = _content(parts, None, form, message.extras if own else {})

    def _say(self, message: Message, parts: list[JsonObject], where: str, *, own: bool) -> None:
        results_of_another = message.role == "tool" and message.dialect != NAME
        if results_of_another and self._merging and parts:
            self.contents[-1]["parts"].extend(parts)
            return
        form = message.form if own else ()
        if not parts and "noparts" not in form:
            self.warnings.append(left_out(where, NAME, "a content must have parts, and this one says nothing"))
            return
        self.contents.append(_content(parts, _ROLES[message.role], form, message.extras if own else {}))
        self._merging = results_of_another

    def _parts(self, message: Message, where: str, *, own: bool) -> list[JsonObject]:
        if message.role == "tool" and not all(isinstance(part, ToolResultPart) for part in message.parts):
            raise InvalidRequest(f"{where}.parts", "a tool message holds tool results and nothing else")
        wires = (
            self._part(part, message, f"{where}.parts[{number}]", own=own) for number, part in enumerate(message.parts)
        )
        return [wire for wire in wires if wire is not None]

    def _part(self, part: Part, message: Message, where: str, *, own: bool) -> JsonObject | None:
        self._marks(part, where)
        if isinstance(part, ToolResultPart):
            if message.role not in ("tool", "user"):
                raise InvalidRequest(where, f"a {message.role} message cannot hold tool results")
            if not own:
                self._left_out(part, message, where)
            return encode_result(part, where, self.warnings, self._names, own=own)
        if isinstance(part, ToolCallPart):
            if message.role != "assistant":
                raise InvalidRequest(where, f"a {message.role} message cannot hold tool calls; only an assistant's can")
            self._names[part.id] = part.name
        if isinstance(part, TextPart) and part.citations:
            self.warnings.append(left_out(f"{where}.citations", NAME, "a content has no citations"))
        if not own:
            self._left_out(part, message, where)
        return encode_part(
            part,
            where,
            self.warnings,
            extras=getattr(part, "extras", {}) if own else {},
            form=getattr(part, "form", ()) if own else (),
            foreign=not own,
        )

    def _left_out(self, part: Part, message: Message, where: str) -> None:
        extras: JsonObject = getattr(part, "extras", {})
        self.warnings += [
            f"{where}.extras.{name}: left out, because it is a field of the dialect {message.dialect}"
            for name, value in extras.items()
            if value is not None
        ]

    def _marks(self, part: Part, where: str) -> None:
        if getattr(part, "cache", None) is None:
            return
        why = "it caches by itself, or by cachedContent, and has no marks"
        if self._cache_marks == "refuse":
            raise refuse_field(f"{where}.cache", NAME, f"{why} (the option cache_marks=ignore leaves them out)")
        self.warnings.append(left_out(f"{where}.cache", NAME, why))


def _content(parts: list[JsonObject], role: str | None, form: Iterable[str], extras: JsonObject) -> JsonObject:
    noted = next((note.removeprefix("role=") for note in form if note.startswith("role=")), None)
    content: JsonObject = {}
    word = role if noted is None else noted
    if word:
        content["role"] = word
    if "noparts" not in form or parts:
        content["parts"] = parts[0] if "parts:object" in form and len(parts) == 1 else parts
    return merged(content, extras)


# --- decoding -----------------------------------------------------------------------------------------------------------------------


def decode_system(value: JsonValue) -> tuple[Message, ...]:
    """The message of a `systemInstruction`: a content, or bare text. Raises `InvalidRequest`."""
    where = "systemInstruction"
    if isinstance(value, str):
        return (Message("system", (TextPart(value),), dialect=NAME, form=("text",)),)
    if not is_object(value):
        raise InvalidRequest(where, f"must be an object, got {type(value).__name__}")
    fields = Fields(value, where)
    role = fields.text("role")
    note = [] if role is None else [f"role={role}"]
    parts = _decode_parts(fields, where, {}, 0)
    return (Message("system", parts, extras=fields.rest, dialect=NAME, form=(*fields.form, *note)),)


def decode_contents(contents: list[JsonObject]) -> tuple[Message, ...]:
    """The messages of `contents`. Raises `InvalidRequest`, naming the content."""
    called: dict[str, list[str]] = {}
    return tuple(_decode_content(content, position, called) for position, content in enumerate(contents))


def _decode_content(content: JsonObject, position: int, called: dict[str, list[str]]) -> Message:
    where = f"contents[{position}]"
    fields = Fields(content, where)
    told = fields.text("role")
    if told not in (None, "user", "model", "function", "tool", ""):
        raise InvalidRequest(f"{where}.role", f"must be user or model, got {told!r}")
    parts = _decode_parts(fields, where, called, position)
    role: Role = "assistant" if told == "model" else "user"
    if role == "user" and parts and all(isinstance(part, ToolResultPart) for part in parts):
        role = "tool"
    if role == "assistant":
        if any(isinstance(part, ToolResultPart) for part in parts):
            raise InvalidRequest(f"{where}.parts", "a model's content cannot hold function responses")
        called.clear()  # calls that were not answered before the model spoke again never will be
        for part in parts:
            if isinstance(part, ToolCallPart):
                called.setdefault(part.name, []).append(part.id)
    elif any(isinstance(part, ToolCallPart) for part in parts):
        raise InvalidRequest(f"{where}.parts", "only a model's content can hold function calls")
    note = [] if told == _ROLES[role] else [f"role={told or ''}"]
    return Message(role, parts, extras=fields.rest, dialect=NAME, form=(*fields.form, *note))


def _decode_parts(fields: Fields, where: str, called: dict[str, list[str]], position: int) -> tuple[Part, ...]:
    if fields.key("parts") is None:
        fields.form.append("noparts")
        return ()
    listed = fields.look("parts")
    if is_list(listed) and not listed:
        fields.form.append("noparts")
        fields.rest["parts"] = []
        return ()
    entries = fields.objects("parts", "parts:object") or []
    parts: list[Part] = []
    for number, entry in enumerate(entries):
        place = f"{where}.parts[{number}]"
        inner = Fields(entry, place)
        made_id = f"call_{position}_{number}"
        if inner.key("functionResponse") is not None:
            parts.append(decode_result(inner, called, made_id))
        else:
            parts.append(decode_part(entry, place, made_id=made_id))
    return tuple(parts)
