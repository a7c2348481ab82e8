"""From items to the blocks of a message: what each item adds to the answer that our client reads. A `Composer` lives as long as one reply.

| comes | goes |
| --- | --- |
| text, a refusal | a block of text; a refusal also makes the stop reason `refusal` |
| thinking; its signature | a block of thinking, closed by its signature |
| an encrypted thought | its seal on the thinking that is open, else a block of redacted thinking |
| another vendor's seal | the same, wrapped (`seals`); one on text or a tool call is a block of redacted thinking of its own |
| a piece of a tool call | a block of its own for each call, closed once its arguments are whole and another block begins |
| citations | deltas of the text that is open; a URL as a result of a web search. Before any text: left out |
| a tool that the provider ran, a part of this dialect's own | the block as it came; of another dialect: left out |
| the end of a part | its block ends |
| images, audio, probabilities, filter results, costs, another dialect's fields | left out |
| further answers (n > 1) | left out |

Each thing that is left out is named once in `warnings`. A tool call without an id gets one; the text of a custom tool becomes the field
`input` of an object. A finished answer that holds tool calls has the stop reason `tool_use`, whatever the provider said of a plain end.
"""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from muxer_core.dialects.anthropic_messages.citations import shown_citation
from muxer_core.dialects.anthropic_messages.marks import JsonObject
from muxer_core.dialects.anthropic_messages.seals import Seal, wrap
from muxer_core.dialects.anthropic_messages.words import DIALECT, FINISH_REASONS, STOP_REASONS, VENDOR
from muxer_core.dialects.field_table import left_out
from muxer_core.dialects.json_text import is_object
from muxer_core.values.items import (
    ChoiceFinished,
    CitationsReported,
    ExtrasReported,
    Item,
    PartEnded,
    ReasoningDelta,
    RefusalDelta,
    ReplyStarted,
    ServerToolReported,
    SignatureReported,
    TextDelta,
    ToolCallDelta,
    UsageReported,
    WarningReported,
)
from muxer_core.values.messages import ProviderPart

UNKNOWN_VENDOR = "unknown"
"""Whose seal it is where nobody said: not Anthropic's."""

_MESSAGE_EXTRAS = ("container", "stop_details", "context_management", "diagnostics", "input_transformations")


class Sink(Protocol):
    """Where blocks go: into the events of a stream, or into the content of a message."""

    def start(self, index: int, block: JsonObject) -> None:
        """A block begins."""
        ...

    def piece(self, index: int, delta: str, field: str, text: str) -> None:
        """More of a block: a delta of this type, whose one field is this text."""
        ...

    def cite(self, index: int, citation: JsonObject) -> None:
        """A citation of a block of text."""
        ...

    def stop(self, index: int, extras: JsonObject) -> bool:
        """A block ends; `extras` are its further fields. False where it is too late to tell them."""
        ...


class _Call:
    """A tool call: its block once it has begun, and its text so far, until it is whole."""

    __slots__ = ("closed", "custom", "id", "index", "name", "pieces")

    def __init__(self) -> None:
        self.index: int | None = None
        self.id = ""
        self.name = ""
        self.custom = False
        self.closed = False
        self.pieces: list[str] = []


class Composer:
    """The answer so far."""

    __slots__ = (
        "_calls", "_kind", "_next", "_open", "_refused", "_reply_id", "_sink", "_thought", "_warned", "extras", "finish", "own", "started",
        "usage", "usage_extras",
    )  # fmt: skip

    def __init__(self, sink: Sink, reply_id: str) -> None:
        self._sink = sink
        self._reply_id = reply_id
        self._calls: dict[int, _Call] = {}
        self._next = 0
        self._open: int | None = None
        self._kind = ""
        self._thought = ""
        self._refused = False
        self._warned: dict[str, None] = {}
        self.own = False
        self.started = ReplyStarted()
        self.finish: ChoiceFinished | None = None
        self.usage: UsageReported | None = None
        self.usage_extras: JsonObject = {}
        self.extras: JsonObject = {}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What could not be said, each once."""
        return tuple(self._warned)

    def put(self, item: Item) -> None:
        """Take in an item. Never raises."""
        if getattr(item, "choice", None) not in (0, None):
            self._leave_out("choice", "the API gives one answer")
            return
        match item:
            case TextDelta():
                self._say(item.text)
            case RefusalDelta():
                self._refused = True
                self._say(item.text)
            case ReasoningDelta():
                self._think(item)
            case ToolCallDelta():
                self._call(item)
            case PartEnded():
                self._end_part(item)
            case SignatureReported():
                self._seal(item)
            case CitationsReported():
                self._cite(item)
            case ServerToolReported():
                self._server_tool(item)
            case _:
                self._beside(item)

    def _beside(self, item: Item) -> None:
        """What stands beside the blocks."""
        match item:
            case ReplyStarted():
                self.started = item
                self.own = item.dialect == DIALECT
            case ChoiceFinished():
                self.finish = item
            case UsageReported():
                self.usage = item
            case ExtrasReported():
                self._further(item.fields)
            case WarningReported():
                self._warned.setdefault(item.message)
            case _:
                self._leave_out(type(item).__name__, "the API has no word for it")

    def _leave_out(self, field: str, why: str) -> None:
        self._warned.setdefault(left_out(field, DIALECT, why))

    # ------------------------------------------------------------------------------------------------------------------- the blocks

    def _begin(self, kind: str, block: JsonObject) -> int:
        self.close()
        index = self._open = self._next
        self._next += 1
        self._kind = kind
        self._sink.start(index, block)
        return index

    def close(self) -> None:
        """End the block that is open, and the tool calls whose arguments are whole."""
        if self._open is not None:
            self._sink.stop(self._open, {})
            self._open = None
            self._kind = ""
        for call in self._calls.values():
            if not call.closed and call.index is not None and (call.custom or _is_whole(call.pieces)):
                self._end_call(call, {})

    def _stop(self, index: int, extras: JsonObject) -> None:
        if not self._sink.stop(index, extras):
            for name in extras:
                self._leave_out(f"PartEnded.extras.{name}", "a block's start was sent before the field was known")

    def _say(self, text: str) -> None:
        index = self._open
        if index is None or self._kind != "text":
            index = self._begin("text", {"type": "text", "text": ""})
        if text:
            self._sink.piece(index, "text_delta", "text", text)

    def _think(self, delta: ReasoningDelta) -> None:
        vendor = delta.vendor or (VENDOR if self.own else UNKNOWN_VENDOR)
        foreign = vendor != VENDOR
        index = self._open if self._kind == "thinking" else None
        if index is None and (delta.text or delta.signature):
            index = self._begin("thinking", {"type": "thinking", "thinking": "", "signature": ""})
        self._thought = delta.id or self._thought
        if delta.text and index is not None:
            self._sink.piece(index, "thinking_delta", "thinking", delta.text)
        seal, what = (delta.signature, "signature") if delta.signature else (delta.encrypted, "encrypted")
        if not seal:
            return
        told = wrap(Seal(vendor, what, self._thought, seal)) if foreign else seal
        self._thought = ""
        if index is not None and (foreign or what == "signature"):
            self._sink.piece(index, "signature_delta", "signature", told)
        else:
            self._begin("redacted", {"type": "redacted_thinking", "data": told})
        self.close()

    def _seal(self, item: SignatureReported) -> None:
        """A seal on a part that is no thinking."""
        vendor = item.vendor or UNKNOWN_VENDOR
        call = None if item.call is None else self._calls.get(item.call)
        if call is not None:
            self._start_call(call)
            told = wrap(Seal(vendor, "call", call.id, item.signature))
        else:
            if self._kind != "text":
                self._begin("text", {"type": "text", "text": ""})
            told = wrap(Seal(vendor, "text", "", item.signature))
        self._begin("redacted", {"type": "redacted_thinking", "data": told})
        self.close()

    def _cite(self, item: CitationsReported) -> None:
        for citation in item.citations:
            shown = shown_citation(citation)
            if shown is None or self._open is None or self._kind != "text":
                self._leave_out(
                    "CitationsReported", "the API tells places in a document, or URLs, of the text that is open"
                )
            else:
                self._sink.cite(self._open, shown)

    def _server_tool(self, item: ServerToolReported) -> None:
        part = item.part
        native = part.spec if isinstance(part, ProviderPart) else part.native
        if not self.own or not native:
            self._leave_out("ServerToolReported", "the tool was run by another provider")
            return
        self._begin("whole", native)
        self.close()

    def _end_part(self, item: PartEnded) -> None:
        if item.call is not None:
            call = self._calls.get(item.call)
            if call is not None and not call.closed:
                self._start_call(call)
                self._end_call(call, item.extras if self.own else {})
        elif self._open is not None:
            self._stop(self._open, item.extras if self.own else {})
            self._open = None
            self._kind = ""

    # --------------------------------------------------------------------------------------------------------------- tool calls

    def _call(self, piece: ToolCallDelta) -> None:
        call = self._calls.get(piece.call)
        if call is None:
            call = self._calls[piece.call] = _Call()
        if call.closed:
            if piece.arguments.strip():
                self._leave_out("ToolCallDelta.arguments", "a piece came after the arguments were whole")
            return
        call.id = piece.id or call.id
        call.name = piece.name or call.name
        call.custom = call.custom or piece.kind == "custom"
        if piece.arguments:
            call.pieces.append(piece.arguments)
        if call.index is None:
            if call.name:
                self._start_call(call)
        elif piece.arguments:
            self._sink.piece(call.index, "input_json_delta", "partial_json", _escaped(piece.arguments, call.custom))

    def _start_call(self, call: _Call) -> None:
        """Begin the block of a call, once its name is known, or nothing more can come."""
        if call.index is not None:
            return
        self.close()
        call.index = self._next
        self._next += 1
        call.id = call.id or f"toolu_{self._reply_id}_{call.index}"
        self._sink.start(call.index, {"type": "tool_use", "id": call.id, "name": call.name, "input": {}})
        text = "".join(call.pieces)
        if call.custom:
            self._warned.setdefault("ToolCallDelta.kind: the text of a custom tool is told as the field `input`")
            text = '{"input":"' + _escaped(text, custom=True)
        if text:
            self._sink.piece(call.index, "input_json_delta", "partial_json", text)

    def _end_call(self, call: _Call, extras: JsonObject) -> None:
        if call.index is not None:
            if call.custom:
                self._sink.piece(call.index, "input_json_delta", "partial_json", '"}')
            self._stop(call.index, extras)
        call.closed = True
        call.pieces.clear()

    # ------------------------------------------------------------------------------------------------------------------- the end

    def end(self) -> None:
        """End every block."""
        for call in self._calls.values():
            if not call.closed:
                self._start_call(call)
        self.close()
        for call in self._calls.values():
            if not call.closed:
                self._end_call(call, {})

    @property
    def stop_reason(self) -> str:
        """Why the answer ended, in the API's words."""
        finish = self.finish
        if finish is None:
            return "tool_use" if self._calls else "end_turn"
        if self.own or FINISH_REASONS.get(finish.native) == finish.reason:
            return finish.native
        if finish.reason == "stop":
            if self._refused:
                return "refusal"
            if self._calls:
                return "tool_use"
            if finish.stop_sequence is not None:
                return "stop_sequence"
        return STOP_REASONS[finish.reason]

    def _further(self, fields: JsonObject) -> None:
        """Further fields of the reply: this API's own are told, another's left out."""
        for name, value in fields.items():
            if not self.own:
                self._leave_out(f"extras.{name}", "it is another dialect's own")
            elif name == "usage" and is_object(value):
                self.usage_extras.update(value)
            elif name in _MESSAGE_EXTRAS:
                self.extras[name] = value
            else:
                self.extras.setdefault(name, value)


def _escaped(text: str, custom: bool) -> str:
    """A piece of arguments; of a custom tool, as the inside of a JSON string."""
    return msgspec.json.encode(text.encode("utf-8", "replace").decode()).decode()[1:-1] if custom else text


def _is_whole(pieces: list[str]) -> bool:
    """Are the arguments so far complete JSON? No arguments are not: they may yet come."""
    text = "".join(pieces)
    if not text.rstrip().endswith("}"):
        return False
    try:
        value: Any = msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return False
    return is_object(value)
