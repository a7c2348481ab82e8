"""From events to items: what an event adds to the reply so far. One `Assembly` lives as long as one reply.

Rules that hold here:

* A delta of the wire is an item; an empty delta is none, but the first citation of a block opens its text. Nothing is merged, split or
  held back, but for the input of a tool that the provider runs itself, and for blocks that only this API knows: they are told whole, when
  their block ends.
* Each block of text, thinking or a tool call ends with `PartEnded`, which holds its further fields.
* Tool calls are numbered in the order in which their blocks begin. The input that stands in a block's start counts where no piece of it
  follows; a call that ends without any input has the input `{}`, which is what it means to this API.
* Blocks that are still open when the message ends are ended there. A piece of input for a block that never began is malformed: nobody
  can say whose it is. Text and thinking are taken even so.
* A whole reply is read as its blocks, each begun and ended, so both give the same items for the same content.
* A null says nothing. Fields that are not known become `ExtrasReported` (of the reply), or `PartEnded.extras` (of a block).
"""

from __future__ import annotations

from typing import Any

import msgspec

from muxer_core.dialects.anthropic_messages.citations import citation_of
from muxer_core.dialects.anthropic_messages.usage import read_usage
from muxer_core.dialects.anthropic_messages.words import (
    DIALECT,
    FINISH_REASONS,
    VENDOR,
    is_server_call,
    is_server_result,
)
from muxer_core.dialects.json_text import is_list, is_object, read_json
from muxer_core.values.items import (
    ChoiceFinished,
    CitationsReported,
    ExtrasReported,
    Item,
    PartEnded,
    ReasoningDelta,
    ReplyStarted,
    ServerToolReported,
    TextDelta,
    ToolCallDelta,
    UsageReported,
    WarningReported,
)
from muxer_core.values.messages import ProviderPart, ServerToolCallPart, ServerToolResultPart
from muxer_core.wire.json import Unreadable

JsonObject = dict[str, Any]

MAX_BLOCKS = 4096
"""The most content blocks of one reply."""

MAX_INDEX = 10**15
"""No number of a block is larger."""

_MESSAGE_FIELDS = frozenset({
    "id", "type", "role", "model", "content", "usage", "stop_reason", "stop_sequence",
})  # fmt: skip
_DELTA_FIELDS = frozenset({"stop_reason", "stop_sequence"})
_EVENT_FIELDS = frozenset({"type", "usage", "delta", "message"})
_BLOCK_FIELDS: dict[str, frozenset[str]] = {
    "text": frozenset({"type", "text", "citations"}),
    "thinking": frozenset({"type", "thinking", "signature"}),
    "redacted_thinking": frozenset({"type", "data"}),
    "tool_use": frozenset({"type", "id", "name", "input"}),
}


class Malformed(Exception):
    """An event that cannot be one; the message says why. Never leaves the dialect: it becomes a failure of kind `malformed`."""


class LimitCrossed(Exception):
    """A named limit of a reply was crossed; the message says which. Never leaves the dialect."""


class Delta(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """More of a block, in the common forms."""

    type: str
    text: str | None = None
    partial_json: str | None = None
    thinking: str | None = None
    signature: str | None = None
    estimated_tokens: int | None = None


class _Block:
    """A block that is open. `call` is the number of a tool call, None for another block; `native` is a block that is told whole."""

    __slots__ = ("call", "extras", "input", "native", "pieces", "told")

    def __init__(self) -> None:
        self.call: int | None = None
        self.native: JsonObject | None = None
        self.extras: JsonObject = {}
        self.input = ""
        self.pieces: list[str] = []
        self.told = False


class Assembly:
    """The reply so far, as far as later events depend on it."""

    __slots__ = ("_blocks", "_calls", "_count", "_finish", "_name", "_reported", "_usage", "started")

    def __init__(self) -> None:
        self.started = False
        self._blocks: dict[int, _Block] = {}
        self._count = 0
        self._calls = 0
        self._finish: str | None = None
        self._name: str | None = None
        self._usage: JsonObject = {}
        self._reported: JsonObject | None = None

    # ------------------------------------------------------------------------------------------------------------------ the message

    def begin(self, message: JsonObject, items: list[Item], inputs: list[str | None] | None = None) -> None:
        """Take in the message of `message_start`, or a whole reply. `inputs` are the texts of its blocks' inputs, where they were cut out.

        Raises `Malformed` or `LimitCrossed`, after the items before the fault.
        """
        name = _text(message, "id")
        if self.started:
            if self._count and name != self._name:
                raise Malformed("another message began inside the message")
            return
        self.started = True
        self._name = name
        items.append(ReplyStarted(name, _text(message, "model"), None, DIALECT))
        content = message.get("content")
        if is_list(content):
            for position, block in enumerate(content):
                if not is_object(block):
                    raise Malformed(f"content[{position}] is no object")
                cut = inputs[position] if inputs is not None and position < len(inputs) else None
                self._end(self._open(block, items, cut), items)
        elif content:
            items.append(TextDelta(content if isinstance(content, str) else str(content)))
            items.append(PartEnded())
        self._extras(message, _MESSAGE_FIELDS, items)
        self._finished(message, items)
        self._take_usage(message.get("usage"), items, final=self._finish is not None)

    def change(self, event: JsonObject, items: list[Item]) -> None:
        """Take in a `message_delta`."""
        delta = event.get("delta")
        self._extras(event, _EVENT_FIELDS, items)
        if is_object(delta):
            self._extras(delta, _DELTA_FIELDS, items)
            if _text(delta, "stop_reason"):
                self.end_blocks(items)
            self._finished(delta, items)
        self._take_usage(event.get("usage"), items, final=True)

    def _finished(self, fields: JsonObject, items: list[Item]) -> None:
        word = _text(fields, "stop_reason")
        if word and word != self._finish:
            self._finish = word
            reason = FINISH_REASONS.get(word, "stop")
            items.append(ChoiceFinished(reason, word, 0, _text(fields, "stop_sequence")))

    def _take_usage(self, usage: Any, items: list[Item], *, final: bool) -> None:
        if not is_object(usage):
            return
        self._usage.update({name: value for name, value in usage.items() if value is not None})
        reading = read_usage(self._usage, final=final)
        if reading.usage is not None:
            items.append(UsageReported(reading.usage, reading.billed, reading.fees))
        if reading.warning is not None:
            items.append(WarningReported(reading.warning))
        if reading.extras and reading.extras != self._reported:
            # Lists of two reports are one list told twice: only what is new may be reported, for extras are merged.
            known = self._reported or {}
            fresh = {name: value for name, value in reading.extras.items() if known.get(name) != value}
            self._reported = reading.extras
            items.append(ExtrasReported({"usage": fresh}))

    def _extras(self, fields: JsonObject, known: frozenset[str], items: list[Item]) -> None:
        further = {name: value for name, value in fields.items() if name not in known and value is not None}
        if further:
            items.append(ExtrasReported(further))

    # ------------------------------------------------------------------------------------------------------------------- the blocks

    def open(self, event: JsonObject, items: list[Item], cut: str | None) -> None:
        """Take in a `content_block_start`; `cut` is the text of the block's input. Raises `Malformed` or `LimitCrossed`."""
        block = event.get("content_block")
        if not is_object(block):
            raise Malformed("content_block_start holds no content_block")
        index = _index(event)
        earlier = self._blocks.pop(index, None)
        if earlier is not None:  # a server that numbers all its blocks alike
            self._end(earlier, items)
        self._blocks[index] = self._open(block, items, cut)

    def _open(self, block: JsonObject, items: list[Item], cut: str | None) -> _Block:
        self._count += 1
        if self._count > MAX_BLOCKS:
            raise LimitCrossed(f"the reply holds more than {MAX_BLOCKS} content blocks (limit MAX_BLOCKS)")
        state = _Block()
        kind = block.get("type")
        known = _BLOCK_FIELDS.get(kind) if isinstance(kind, str) else None
        if known is None or (kind == "tool_use" and not is_call(block)):
            state.native = {**block}
            return state
        state.extras = {name: value for name, value in block.items() if name not in known and value is not None}
        match kind:
            case "text":
                text = _text(block, "text")
                if text:
                    items.append(TextDelta(text))
                listed = block.get("citations")
                if is_list(listed) and listed:
                    if not text:
                        items.append(TextDelta(""))
                    items.append(CitationsReported([citation_of(one) for one in listed]))
            case "thinking":
                text, signature = _text(block, "thinking"), _text(block, "signature")
                if text:
                    items.append(ReasoningDelta(text))
                if signature:
                    items.append(ReasoningDelta("", 0, signature, None, VENDOR))
            case "redacted_thinking":
                items.append(ReasoningDelta("", 0, None, _text(block, "data") or "", VENDOR))
            case _:
                state.call = self._calls
                self._calls += 1
                items.append(ToolCallDelta(state.call, "", block["id"], block["name"], "function"))
                given = block.get("input")
                if given not in (None, {}):
                    state.input = cut if cut is not None else json_text(given)
        return state

    def add_delta(self, index: int, delta: Delta, items: list[Item]) -> None:
        """Take in more of a block. Raises `Malformed`."""
        kind = delta.type
        if kind == "text_delta":
            if delta.text:
                items.append(TextDelta(delta.text))
        elif kind == "input_json_delta":
            piece = delta.partial_json
            if piece:
                block = self._blocks.get(index)
                if block is None:
                    raise Malformed(f"a piece of input came for block {index}, which is not open")
                if block.call is None:
                    block.pieces.append(piece)
                else:
                    block.told = True
                    items.append(ToolCallDelta(block.call, piece))
        elif kind == "thinking_delta":
            if delta.thinking:
                items.append(ReasoningDelta(delta.thinking))
        elif delta.signature:
            items.append(ReasoningDelta("", 0, delta.signature, None, VENDOR))

    def change_block(self, event: JsonObject, items: list[Item]) -> None:
        """Take in a `content_block_delta` of any form. Raises `Malformed`."""
        delta = event.get("delta")
        if not is_object(delta):
            raise Malformed("content_block_delta holds no delta")
        index = _index(event)
        kind = delta.get("type")
        block = self._blocks.get(index)
        if kind == "citations_delta":
            if block is not None and not block.told:
                block.told = True
                items.append(TextDelta(""))  # citations may come before the text that they belong to
            items.append(CitationsReported([citation_of(delta.get("citation"))]))
            return
        if kind in COMMON_DELTAS:
            field = COMMON_DELTAS[kind]
            value = delta.get(field)
            if field == "partial_json" and is_object(value):
                value = json_text(value)
            common = Delta(kind)
            setattr(common, field, value if isinstance(value, str) else None)
            self.add_delta(index, common, items)
            beyond = {
                name: one
                for name, one in delta.items()
                if name not in ("type", field, "estimated_tokens") and one is not None
            }
            if beyond and block is not None:
                block.extras.update(beyond)
            return
        fields = {name: value for name, value in delta.items() if name != "type" and value is not None}
        if block is None:
            return
        if block.native is None:
            block.extras.update(fields)
            return
        for name, value in fields.items():
            known = block.native.get(name)
            block.native[name] = known + value if isinstance(known, str) and isinstance(value, str) else value

    def end(self, event: JsonObject, items: list[Item]) -> None:
        """Take in a `content_block_stop`. One for a block that is not open says nothing. Raises `Malformed`."""
        block = self._blocks.pop(_index(event), None)
        if block is not None:
            self._end(block, items)

    def end_blocks(self, items: list[Item]) -> None:
        """End every block that is still open."""
        for index in sorted(self._blocks):
            self._end(self._blocks[index], items)
        self._blocks.clear()

    def _end(self, block: _Block, items: list[Item]) -> None:
        if block.native is not None:
            items.append(ServerToolReported(_whole(block.native, "".join(block.pieces))))
            return
        if block.call is not None and not block.told:
            items.append(ToolCallDelta(block.call, block.input or "{}"))
        items.append(PartEnded(0, block.call, block.extras))


COMMON_DELTAS: dict[str, str] = {
    "text_delta": "text",
    "input_json_delta": "partial_json",
    "thinking_delta": "thinking",
    "signature_delta": "signature",
}
"""The deltas of which most streams are made, and the field that holds what each says."""


def json_text(value: Any) -> str:
    """A JSON value as compact text."""
    return msgspec.json.encode(value).decode()


def is_call(block: JsonObject) -> bool:
    """Is this block a tool call that can be answered: does it have an id and a name?"""
    return isinstance(block.get("id"), str) and isinstance(block.get("name"), str)


def server_part(block: JsonObject) -> ServerToolCallPart | ServerToolResultPart | ProviderPart:
    """A block that is no text, thinking or tool call: a tool that the provider ran, or a part that only this API understands."""
    if is_server_call(block):
        return ServerToolCallPart(block["id"], block["name"], block.get("input"), block)
    if is_server_result(block):
        content = block.get("content")
        word = content.get("type") if is_object(content) else None
        failed = block.get("is_error") is True or (isinstance(word, str) and word.endswith("_error"))
        name = block["type"].removesuffix("_tool_result")
        return ServerToolResultPart(block["tool_use_id"], name, content, failed, block)
    return ProviderPart(block)


def _whole(block: JsonObject, pieces: str) -> ServerToolCallPart | ServerToolResultPart | ProviderPart:
    """A block that was told in pieces. Input that is no JSON stays the text that it is."""
    if pieces:
        try:
            block["input"] = read_json(pieces.encode("utf-8", "replace"))
        except Unreadable:
            block["input"] = pieces
    return server_part(block)


def _text(fields: JsonObject, name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) else None


def _index(event: JsonObject) -> int:
    value = event.get("index")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_INDEX:
        raise Malformed("index is no whole number of at least 0")
    return value
