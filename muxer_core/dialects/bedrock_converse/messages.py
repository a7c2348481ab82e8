"""Conversation messages -> `system` and `messages` of Converse.

Rules that hold here:

* Converse wants turns that alternate: messages of one role in a row become one, tool results are the user's.
* System messages at the beginning are `system`; a later one stays where it is, as a message of the role `system`.
* A cache mark is a `cachePoint` block after what it stands on.
* A block of text must not be blank: an empty text says nothing, and is not written.
* A tool call's arguments must be JSON of an object. Seals go back by the rule in `thoughts`.

Source: botocore 1.44.8, data/bedrock-runtime/2023-09-30 (`ConverseRequest`), November 2026.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from muxer_core.dialects.bedrock_converse.media import audio_block, file_block, image_block
from muxer_core.dialects.bedrock_converse.thoughts import encode_thought
from muxer_core.dialects.bedrock_converse.words import DIALECT
from muxer_core.dialects.field_table import left_out, refuse_field
from muxer_core.dialects.foreign_parts import in_words_of
from muxer_core.dialects.json_text import is_object
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import (
    AudioPart,
    CacheMark,
    FilePart,
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

Block = dict[str, JsonValue]

_TTLS = ("5m", "1h")


class Turns:
    """The conversation as it is written: system blocks, and turns that alternate."""

    __slots__ = ("_documents", "_vendor", "has_tools", "messages", "system", "warnings")

    def __init__(self, messages: Iterable[Message], seal_vendor: str) -> None:
        self.system: list[Block] = []
        self.messages: list[Block] = []
        self.warnings: list[str] = []
        self.has_tools = False
        self._documents = 0
        self._vendor = seal_vendor
        for position, message in enumerate(messages):
            where = f"messages[{position}]"
            self._add(in_words_of(DIALECT, message, message.dialect, where, self.warnings), where)

    def _add(self, message: Message, where: str) -> None:
        if message.name is not None:
            self.warnings.append(left_out(f"{where}.name", DIALECT, "speakers of one role have no names"))
        role = "system" if message.role == "developer" else "user" if message.role == "tool" else message.role
        blocks: list[Block] = []
        for number, part in enumerate(message.parts):
            place = f"{where}.parts[{number}]"
            _check_role(part, message.role, place)
            block = self._block(part, message.dialect, place)
            if block is not None:
                blocks.append(block)
            mark = _mark_of(part)
            if mark is not None and blocks:
                blocks.append(cache_point(mark, f"{place}.cache"))
        if role == "system" and not self.messages:
            self.system += blocks
        elif self.messages and self.messages[-1]["role"] == role:
            self.messages[-1]["content"] += blocks
            self.messages[-1].update(message.extras)
        elif blocks:
            self.messages.append({"role": role, "content": blocks, **message.extras})

    def _block(self, part: Part, said_in: str | None, where: str) -> Block | None:
        match part:
            case TextPart():
                return self._text(part, where)
            case RefusalPart():
                self.warnings.append(f"{where}: sent as plain text, because Bedrock has no refusals")
                return {"text": part.text, **part.extras} if part.text else None
            case ReasoningPart():
                return encode_thought(part, said_in, self._vendor, where, self.warnings)
            case ToolCallPart():
                return self._call(part, where)
            case ToolResultPart():
                self.has_tools = True
                content = [
                    self._in_a_result(one, said_in, f"{where}.parts[{place}]") for place, one in enumerate(part.parts)
                ]
                told: Block = {"toolUseId": part.tool_call_id, "content": [one for one in content if one is not None]}
                return {"toolResult": {**told, **({"status": "error"} if part.is_error else {}), **part.extras}}
            case ServerToolCallPart() | ServerToolResultPart():
                if said_in == DIALECT and part.native:
                    return part.native
                self.warnings.append(left_out(where, DIALECT, "it has no place for a tool that another provider ran"))
                return None
            case _:
                return self._content(part, said_in, where)

    def _in_a_result(
        self, part: TextPart | ImagePart | AudioPart | FilePart | ProviderPart, said_in: str | None, where: str
    ) -> Block | None:
        """What a tool answered: as in a message, but for what the API takes only there."""
        if isinstance(part, AudioPart):
            raise refuse_field(where, DIALECT, "a tool's result cannot hold audio")
        if isinstance(part, TextPart) and part.citations:
            self.warnings.append(left_out(f"{where}.citations", DIALECT, "a tool's result has none"))
            part = msgspec.structs.replace(part, citations=())
        return self._content(part, said_in, where)

    def _content(
        self, part: TextPart | ImagePart | AudioPart | FilePart | ProviderPart, said_in: str | None, where: str
    ) -> Block | None:
        match part:
            case TextPart():
                return self._text(part, where)
            case ImagePart():
                return image_block(part, where, self.warnings)
            case AudioPart():
                return audio_block(part, where)
            case FilePart():
                self._documents += 1
                return file_block(part, where, self._documents, self.warnings)
            case ProviderPart():
                if said_in not in (None, DIALECT):
                    raise refuse_field(where, DIALECT, f"the part is in the form of {said_in}")
                return part.spec

    def _text(self, part: TextPart, where: str) -> Block | None:
        if part.signature is not None:
            raise refuse_field(f"{where}.signature", DIALECT, "it has no place for another vendor's seal")
        ours = [one.native for one in part.citations if one.dialect == DIALECT and one.native]
        if len(ours) < len(part.citations):
            self.warnings.append(left_out(f"{where}.citations", DIALECT, "they are of another vendor"))
        if ours:
            return {"citationsContent": {"content": [{"text": part.text}], "citations": ours}, **part.extras}
        return {"text": part.text, **part.extras} if part.text or part.extras else None

    def _call(self, part: ToolCallPart, where: str) -> Block:
        self.has_tools = True
        if part.kind == "custom":
            raise refuse_field(f"{where}.kind", DIALECT, "it has no tools that take free text")
        if part.signature is not None:
            raise refuse_field(f"{where}.signature", DIALECT, "it has no place for another vendor's seal")
        said = arguments_object(part.arguments, f"{where}.arguments")
        return {"toolUse": {"toolUseId": part.id, "name": part.name, "input": said, **part.extras}}


def cache_point(mark: CacheMark, where: str) -> Block:
    """The block that a cache mark is. Raises `InvalidRequest` for a time that the service does not know."""
    if mark.ttl is not None and mark.ttl not in _TTLS:
        raise refuse_field(f"{where}.ttl", DIALECT, f"it keeps a prompt for {' or '.join(_TTLS)}, not {mark.ttl!r}")
    return {"cachePoint": {"type": "default", **({} if mark.ttl is None else {"ttl": mark.ttl}), **mark.extras}}


def arguments_object(text: str, where: str) -> dict[str, JsonValue]:
    """A call's arguments as the object that they are. Raises `InvalidRequest`; no text at all means no arguments.

    >>> arguments_object('{"city": "Berlin"}', "arguments"), arguments_object("", "arguments")
    ({'city': 'Berlin'}, {})
    """
    if not text.strip():
        return {}
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as fault:
        raise InvalidRequest(where, f"must be JSON: {fault}") from fault
    if value is None:
        return {}
    if not is_object(value):
        raise InvalidRequest(where, "must be JSON of an object")
    return value


def _mark_of(part: Part) -> CacheMark | None:
    """The mark of a part. One that stands inside a tool's result is written behind the whole result: no block can stand inside."""
    mark: CacheMark | None = getattr(part, "cache", None)
    if mark is None and isinstance(part, ToolResultPart):
        inner = [one.cache for one in part.parts if not isinstance(one, ProviderPart) and one.cache is not None]
        return inner[-1] if inner else None
    return mark


def _check_role(part: Part, role: str, where: str) -> None:
    if isinstance(part, ToolCallPart | ReasoningPart) and role != "assistant":
        raise InvalidRequest(where, f"a {role} message cannot hold tool calls or reasoning; only an assistant's can")
    if isinstance(part, ToolResultPart) and role not in ("tool", "user"):
        raise InvalidRequest(where, f"a {role} message cannot hold tool results")
    if role == "tool" and not isinstance(part, ToolResultPart):
        raise InvalidRequest(where, "a tool message holds tool results and nothing else")
