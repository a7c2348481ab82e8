"""Writes the messages of one request as the API's list of items: see `messages` for the rules, which hold in both directions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from muxer_core.dialects.field_table import left_out, refuse_field
from muxer_core.dialects.json_text import is_object
from muxer_core.dialects.openai_responses.content_parts import ContentPart, JsonObject, PartWriter, is_content
from muxer_core.dialects.openai_responses.items import encode_call, encode_image, encode_server_tool
from muxer_core.dialects.openai_responses.messages import KEPT
from muxer_core.dialects.openai_responses.options import NAME
from muxer_core.dialects.openai_responses.reasoning import GOES_ON, encode_reasoning
from muxer_core.values.messages import (
    ImagePart,
    Message,
    Part,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    ServerToolCallPart,
    ServerToolResultPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from muxer_core.values.usage import JsonValue


class MessageWriter:
    """Writes the messages of one request. `vendor` is whose sealed thinking the provider reads."""

    __slots__ = (
        "_custom",
        "_unfinished",
        "_vendor",
        "_writer",
        "instructions",
        "items",
        "kept",
        "only_text",
        "warnings",
    )

    def __init__(self, vendor: str, *, marks: bool = True) -> None:
        self._vendor = vendor
        self.warnings: list[str] = []
        self._writer = PartWriter(self.warnings, marks=marks)
        self._custom: set[str] = set()
        self._unfinished: dict[str, JsonObject] = {}
        self.items: list[JsonValue] = []
        self.instructions: str | None = None
        self.only_text: str | None = None
        """The one message's text, where the input was a string."""
        self.kept: JsonObject = {}
        """Where the provider keeps what was said before: fields of the request."""

    def write(self, messages: Iterable[Message]) -> None:
        """Write all messages. Raises `InvalidRequest`, naming the message."""
        for position, message in enumerate(messages):
            where = f"messages[{position}]"
            self._writer.dialect = message.dialect
            own = message.dialect == NAME
            if own and message.form == KEPT:
                for part in message.parts:
                    self.kept |= part.spec if isinstance(part, ProviderPart) else {}
                continue
            if own and not self.items and message.form == ("instructions",) and message.role == "system":
                self.instructions = message.text
                continue
            self.only_text = message.text if own and message.form == ("input",) and not self.items else None
            if message.name is not None:
                self.warnings.append(left_out(f"{where}.name", NAME, "the API has no names of speakers"))
            if message.role == "assistant":
                self._assistant(message, where)
            elif message.role == "tool":
                self._tool(message, where)
            else:
                self._other(message, where)

    def _other(self, message: Message, where: str) -> None:
        specs = [part.spec for part in message.parts if isinstance(part, ProviderPart) and "type" in part.spec]
        if (
            message.dialect in (None, NAME)
            and len(message.parts) == 1
            and specs
            and specs[0].get("role") == message.role
        ):
            self.items.append(specs[0])
            return
        parts: list[ContentPart] = []
        for number, part in enumerate(message.parts):
            if not is_content(part) and not isinstance(part, ProviderPart):
                raise refuse_field(f"{where}.parts[{number}]", NAME, f"a {message.role} says no {type(part).__name__}")
            parts.append(cast("ContentPart", part))
        form = message.form if message.dialect in (None, NAME) else ()
        item: JsonObject = {"type": "message"} if "typed" in form else {}
        item["role"] = message.role
        item["content"] = self._content(parts, message.role, where, form)
        self.items.append({**item, **self._writer.own(message.extras, where)})

    def _content(self, parts: list[ContentPart], role: str, where: str, form: tuple[str, ...]) -> JsonValue:
        """Text alone as a string, unless it was written as a list."""
        if len(parts) == 1 and "list" not in form:
            only = parts[0]
            if isinstance(only, TextPart) and not (only.extras or only.cache or only.citations or only.signature):
                return only.text
        if not parts:
            return [] if "empty" in form or "list" in form else ""
        return [self._writer.write(part, role, f"{where}.parts[{number}]") for number, part in enumerate(parts)]

    def _assistant(self, message: Message, where: str) -> None:
        """The items of one turn: parts of content are gathered until one of them ends an item, or something else follows."""
        for name in self._writer.own(message.extras, where):
            self.warnings.append(
                left_out(f"{where}.extras.{name}", NAME, "a turn is several items, which have fields of their own")
            )
        content: list[ContentPart] = []
        for number, part in enumerate(message.parts):
            place = f"{where}.parts[{number}]"
            match part:
                case TextPart() | RefusalPart():
                    content.append(part)
                    if "message" in self._writer.form(part):
                        self._end_item(content, where)
                    continue
                case _:
                    self._end_item(content, where)
                    self._item(part, place)
        self._end_item(content, where)

    def _item(self, part: Part, where: str) -> None:
        match part:
            case ToolCallPart():
                if part.kind == "custom":
                    self._custom.add(part.id)
                self.items.append(encode_call(part, where, self._writer))
            case ReasoningPart():
                item = encode_reasoning(part, where, self._writer, self._vendor)
                if item is not None and not self._joins(item):
                    self.items.append(item)
                    if GOES_ON in part.form and part.id is not None:
                        self._unfinished[part.id] = item
            case ServerToolCallPart() | ServerToolResultPart():
                used = encode_server_tool(part, where, self._writer)
                if used is not None:
                    self.items.append(used)
            case ImagePart():
                self.items.append(encode_image(part, where, self._writer))
            case ProviderPart() if self._writer.dialect in (None, NAME):
                self.items.append(part.spec)
            case _:
                raise refuse_field(where, NAME, f"the assistant says no {type(part).__name__}")

    def _joins(self, item: JsonObject) -> bool:
        """Is this the seal of a thought that was interrupted, and so part of the item that has its id?"""
        known = self._unfinished.pop(str(item.get("id")), None)
        if known is None:
            return False
        known.update({field: value for field, value in item.items() if value or field not in known})
        return True

    def _end_item(self, content: list[ContentPart], where: str) -> None:
        """Write the gathered parts as one message item. The notes and the item's fields are on its last part."""
        if not content:
            return
        last = content[-1]
        form = self._writer.form(last) if isinstance(last, TextPart | RefusalPart) else ()
        fields: JsonObject = {}
        if isinstance(last, TextPart | RefusalPart) and "item" in last.extras and self._writer.dialect in (None, NAME):
            fields = last.extras["item"] if is_object(last.extras["item"]) else {}
            rest = {name: value for name, value in last.extras.items() if name != "item"}
            content[-1] = (
                RefusalPart(last.text, rest, form=last.form)
                if isinstance(last, RefusalPart)
                else TextPart(last.text, rest, last.cache, last.signature, last.citations, last.form)
            )
        if "empty" in form:
            content.pop()
        item: JsonObject = {"type": "message"} if "typed" in form else {}
        item["role"] = "assistant"
        written = self._content(content, "assistant", where, form)
        self.items.append({**item, "content": written, **fields})
        content.clear()

    def _tool(self, message: Message, where: str) -> None:
        for number, part in enumerate(message.parts):
            place = f"{where}.parts[{number}]"
            if isinstance(part, ToolResultPart):
                self.items.append(self._result(part, place))
            elif isinstance(part, ProviderPart) and message.dialect in (None, NAME):
                self.items.append(part.spec)
            else:
                raise refuse_field(place, NAME, "a message of a tool holds results of calls")
        for name in self._writer.own(message.extras, where):
            self.warnings.append(left_out(f"{where}.extras.{name}", NAME, "a result has fields of its own"))

    def _result(self, part: ToolResultPart, where: str) -> JsonObject:
        if not part.tool_call_id:
            raise refuse_field(f"{where}.tool_call_id", NAME, "a result needs the id of its call")
        own = self._writer.dialect in (None, NAME)
        custom = "custom" in part.form if own and part.form else part.tool_call_id in self._custom
        if part.is_error:
            self.warnings.append(left_out(f"{where}.is_error", NAME, "a result has no mark for that; its text says it"))
        parts: list[ContentPart] = list(part.parts)
        form = part.form if own else ()
        if part.cache is not None:
            last = parts.pop() if parts else TextPart("")
            if isinstance(last, TextPart) and last.cache is None:
                last = TextPart(last.text, last.extras, part.cache, last.signature, last.citations, last.form)
            else:
                self._writer.unmarked(part.cache, where)
            parts.append(last)
        item: JsonObject = {
            "type": "custom_tool_call_output" if custom else "function_call_output",
            "call_id": part.tool_call_id,
            "output": self._content(parts, "tool", where, form),
        }
        if part.name is not None and self._writer.dialect == NAME:
            item["name"] = part.name  # from elsewhere it says nothing that the call does not say
        return {**item, **self._writer.own(part.extras, where)}
