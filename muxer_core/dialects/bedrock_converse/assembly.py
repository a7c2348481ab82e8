"""Events of ConverseStream, and the message of Converse, -> items. Both go the same way, so that both give the same items.

Rules that hold here:

* Blocks are numbered by `contentBlockIndex`. A block of text or thinking ends with its `contentBlockStop`, or where another block begins.
* Tool calls are numbered in the order in which they begin. A whole call's `input` is written as JSON text, as a stream would bring it.
* A use of a tool that Bedrock ran itself (`server_tool_use`), and its result, are told whole when their block ends.
* What no rule knows is an extra; `p` is padding and says nothing. Nothing raises but `Fault`.
"""

from __future__ import annotations

from typing import Any

from muxer_core.dialects.bedrock_converse.citations import citation_of
from muxer_core.dialects.bedrock_converse.safety import safety_items
from muxer_core.dialects.bedrock_converse.thoughts import redacted
from muxer_core.dialects.bedrock_converse.usage import read_usage
from muxer_core.dialects.bedrock_converse.words import DIALECT, FINISH_REASONS
from muxer_core.dialects.json_events import Fault, compact
from muxer_core.dialects.json_text import is_list, is_object, read_json
from muxer_core.values.items import (
    ChoiceFinished,
    CitationsReported,
    ExtrasReported,
    ImageDelta,
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
from muxer_core.values.messages import ServerToolCallPart, ServerToolResultPart
from muxer_core.values.usage import JsonValue
from muxer_core.wire.json import Unreadable
from muxer_core.wire.limits import Limits

JsonObject = dict[str, Any]

MAX_OPEN = 1_000
"""The most blocks that may be open at once, and uses of the service's own tools in one reply."""

_OF_THE_STOP = ("stopReason", "additionalModelResponseFields")


class _Call:
    """A tool call whose block is open."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number


class _ServerTool:
    """A use of the service's own tool, or its result, whose block is open: the fields it began with, and what came since."""

    __slots__ = ("content", "fields", "result", "size", "text")

    def __init__(self, fields: JsonObject, *, result: bool) -> None:
        self.fields = fields
        self.result = result
        self.text: list[str] = []
        self.content: list[JsonValue] = []
        self.size = 0


class Assembly:
    """The reply so far, as far as later events depend on it."""

    __slots__ = (
        "_calls",
        "_current",
        "_id",
        "_image_format",
        "_limits",
        "_open",
        "_tools",
        "_vendor",
        "metered",
        "started",
        "stop_reason",
    )

    def __init__(self, limits: Limits, request_id: str | None, seal_vendor: str) -> None:
        self._limits = limits
        self._id = request_id
        self._vendor = seal_vendor or None
        self._open: dict[int, _Call | _ServerTool] = {}
        self._current: tuple[int, str] | None = None  # the block of text or thinking that is open
        self._calls = 0
        self._tools: dict[str, str] = {}  # names of the service's own tools by the ids of their uses
        self._image_format = "png"
        self.started = False
        self.stop_reason: str | None = None
        self.metered = False

    def begin(self, items: list[Item]) -> None:
        """The start of the reply, once."""
        if not self.started:
            self.started = True
            items.append(ReplyStarted(id=self._id, dialect=DIALECT))

    def add_text(self, index: int, text: str, items: list[Item]) -> None:
        """More text of a block: what nearly every event says."""
        if self._current != (index, "text"):
            self.begin(items)
            self._turn_to(index, "text", items)
        if text:
            items.append(TextDelta(text))

    def add_event(self, name: str, value: JsonObject, items: list[Item]) -> None:
        """Append the items of one event. Raises `Fault`, after the items before it."""
        self.begin(items)
        match name:
            case "messageStart":
                pass
            case "contentBlockStart":
                self._block_start(_index(value), _object(value, "start"), items)
            case "contentBlockDelta":
                self._block_delta(_index(value), _object(value, "delta"), items)
            case "contentBlockStop":
                self._block_stop(_index(value), items)
            case "messageStop":
                self._message_stop(value, items)
            case "metadata":
                self._metadata(value, items)
                self.metered = True
            case "initial-response":
                pass
            case _:
                items.append(ExtrasReported({name: value}))

    def add_whole(self, reply: JsonObject, items: list[Item]) -> None:
        """Append the items of a reply that is not streamed. Raises `Fault`."""
        output = reply.get("output")
        message = output.get("message") if is_object(output) else None
        if not is_object(message):
            raise Fault("the reply holds no answer: it has no output.message; check base_url")
        self.begin(items)
        content = message.get("content")
        for index, block in enumerate(content if is_list(content) else ()):
            if not is_object(block):
                raise Fault("a block of the answer is no object")
            self._whole_block(index, block, items)
        stop: JsonObject = {name: reply[name] for name in _OF_THE_STOP if name in reply}
        self._message_stop(stop, items)
        self._metadata({name: value for name, value in reply.items() if name != "output" and name not in stop}, items)

    # --- blocks -------------------------------------------------------------------------------------------------------------------

    def _turn_to(self, index: int, kind: str, items: list[Item]) -> None:
        """Another block of text or thinking is open now; the one before has ended."""
        if self._current != (index, kind):
            self._leave(items)
            self._current = (index, kind)

    def _leave(self, items: list[Item]) -> None:
        if self._current is not None:
            self._current = None
            items.append(PartEnded())

    def _block_start(self, index: int, start: JsonObject, items: list[Item]) -> None:
        for kind, fields in start.items():
            if kind in ("toolUse", "toolResult") and is_object(fields):
                self._leave(items)
                if len(self._open) >= MAX_OPEN:
                    raise Fault(f"more than {MAX_OPEN} blocks are open (limit MAX_OPEN)", "limit_exceeded")
                if kind == "toolResult":
                    self._open[index] = _ServerTool(fields, result=True)
                elif fields.get("type") == "server_tool_use":
                    self._open[index] = _ServerTool(fields, result=False)
                else:
                    self._open[index] = self._new_call(fields, items)
            elif kind == "image" and is_object(fields):
                self._image_format = str(fields.get("format") or "png")
            elif fields:
                items.append(ExtrasReported({"message": {"content": [{kind: fields}]}}, 0))

    def _new_call(self, fields: JsonObject, items: list[Item]) -> _Call:
        call_id, name = fields.get("toolUseId"), fields.get("name")
        if not isinstance(call_id, str) or not call_id or not isinstance(name, str) or not name:
            raise Fault("a tool call has no id or no name")
        call = _Call(self._calls)
        self._calls += 1
        items.append(ToolCallDelta(call.number, "", call_id, name, "function"))
        return call

    def _block_delta(self, index: int, delta: JsonObject, items: list[Item]) -> None:
        for kind, piece in delta.items():
            if kind == "text" and isinstance(piece, str):
                self.add_text(index, piece, items)
            elif kind == "toolUse" and is_object(piece):
                self._input(index, piece.get("input"), items)
            elif kind == "toolResult" and is_list(piece):
                self._result(index, piece)
            elif kind == "reasoningContent" and is_object(piece):
                self._thought(index, piece, items)
            elif kind == "citation" and is_object(piece):
                items.append(CitationsReported([citation_of(piece)]))
            elif kind == "image" and is_object(piece):
                self._image(piece, self._image_format, items)
            elif piece:
                items.append(ExtrasReported({"message": {"content": [{kind: piece}]}}, 0))

    def _input(self, index: int, text: Any, items: list[Item]) -> None:
        block = self._open.get(index)
        if block is None or (isinstance(block, _ServerTool) and block.result):
            raise Fault("a piece of a tool call came before the call began")
        if not isinstance(text, str):
            raise Fault("a piece of a tool call is no text")
        if isinstance(block, _Call):
            if text:
                items.append(ToolCallDelta(block.number, text))
            return
        block.text.append(text)
        self._grow(block, len(text))

    def _result(self, index: int, pieces: list[Any]) -> None:
        block = self._open.get(index)
        if not isinstance(block, _ServerTool) or not block.result:
            raise Fault("a piece of a tool's result came before the result began")
        block.content += pieces
        self._grow(block, sum(len(compact(piece)) for piece in pieces))

    def _grow(self, block: _ServerTool, size: int) -> None:
        block.size += size + 1
        if block.size > self._limits.event:
            raise Fault(f"a block is larger than {self._limits.event} bytes (limit event)", "limit_exceeded")

    def _thought(self, index: int, piece: JsonObject, items: list[Item]) -> None:
        self._turn_to(index, "thought", items)
        text, signature, content = (piece.get(name) for name in ("text", "signature", "redactedContent"))
        if isinstance(text, str) and text:
            items.append(ReasoningDelta(text))
        if isinstance(signature, str) and signature:
            items.append(ReasoningDelta(signature=signature, vendor=self._vendor))
        if isinstance(content, str) and content:
            seal, note = redacted(content, self._vendor)
            items.append(seal)
            if note:
                self._current = None
                items.append(PartEnded(form=note))
        beyond = {
            name: one for name, one in piece.items() if name not in ("text", "signature", "redactedContent") and one
        }
        if beyond:
            items.append(ExtrasReported({"message": {"content": [{"reasoningContent": beyond}]}}, 0))

    def _image(self, image: JsonObject, kind: str, items: list[Item]) -> None:
        source = image.get("source")
        inner = source if is_object(source) else {}
        data, place = inner.get("bytes"), inner.get("s3Location")
        uri = place.get("uri") if is_object(place) else None
        if isinstance(data, str) and data:
            items.append(ImageDelta(f"data:image/{kind};base64,{data}"))
        elif isinstance(uri, str) and uri:
            items.append(ImageDelta(uri))
        error = image.get("error")
        if is_object(error):
            items.append(
                WarningReported(
                    f"an image of the answer could not be made: {error.get('message') or 'no reason was told'}"
                )
            )

    def _block_stop(self, index: int, items: list[Item]) -> None:
        if self._current is not None and self._current[0] == index:
            self._leave(items)
        block = self._open.pop(index, None)
        if isinstance(block, _Call):
            items.append(PartEnded(call=block.number))
        elif block is not None:
            items.append(ServerToolReported(self._server_part(block)))

    def _server_part(self, block: _ServerTool) -> ServerToolCallPart | ServerToolResultPart:
        fields = block.fields
        use_id = str(fields.get("toolUseId") or "")
        if block.result:
            told = fields.get("content")
            content = [*(told if is_list(told) else ()), *block.content]
            native: JsonObject = {"toolResult": {**fields, "content": content}}
            name = self._tools.get(use_id) or str(fields.get("type") or "")
            return ServerToolResultPart(use_id, name, content, fields.get("status") == "error", native)
        name = str(fields.get("name") or "")
        if len(self._tools) < MAX_OPEN:
            self._tools[use_id] = name
        said = fields.get("input")
        if block.text:
            said = _as_json("".join(block.text))
        return ServerToolCallPart(use_id, name, said, {"toolUse": {**fields, "input": {} if said is None else said}})

    def _whole_block(self, index: int, block: JsonObject, items: list[Item]) -> None:
        for kind, fields in block.items():
            if kind == "toolUse" and is_object(fields):
                self._block_start(index, {kind: fields}, items)
                if isinstance(self._open.get(index), _Call):
                    said = fields.get("input")
                    self._input(index, "{}" if said is None else compact(said), items)
            elif kind == "toolResult":
                self._block_start(index, {kind: fields}, items)
            elif kind == "reasoningContent" and is_object(fields):
                inner = fields.get("reasoningText")
                self._thought(
                    index, {**(inner if is_object(inner) else {}), **_without(fields, "reasoningText")}, items
                )
            elif kind == "citationsContent" and is_object(fields):
                self._cited(index, fields, items)
            elif kind == "image" and is_object(fields):
                self._image(fields, str(fields.get("format") or "png"), items)
            elif kind != "type":
                self._block_delta(index, {kind: fields}, items)
        self._block_stop(index, items)

    def _cited(self, index: int, fields: JsonObject, items: list[Item]) -> None:
        for piece in _objects(fields.get("content")):
            self.add_text(index, str(piece.get("text") or ""), items)
        items.extend(CitationsReported([citation_of(one)]) for one in _objects(fields.get("citations")))

    # --- the end ------------------------------------------------------------------------------------------------------------------

    def _message_stop(self, value: JsonObject, items: list[Item]) -> None:
        self._leave(items)
        for index in list(self._open):
            self._block_stop(index, items)
        reason = value.get("stopReason")
        word = reason if isinstance(reason, str) else ""
        self.stop_reason = word
        further = value.get("additionalModelResponseFields")
        items.append(ChoiceFinished(FINISH_REASONS.get(word, "stop"), word, stop_sequence=_stop_sequence(further)))
        if further:
            items.append(ExtrasReported({"additionalModelResponseFields": further}))

    def _metadata(self, value: JsonObject, items: list[Item]) -> None:
        tier = value.get("serviceTier")
        word = tier.get("type") if is_object(tier) else None
        extras = {
            name: one for name, one in value.items() if name not in ("usage", "trace", "p") and one not in (None, {})
        }
        usage = value.get("usage")
        if is_object(usage):
            reading = read_usage(usage, word if isinstance(word, str) else None)
            if reading.usage is not None:
                items.append(UsageReported(reading.usage))
            if reading.warning is not None:
                items.append(WarningReported(reading.warning))
            if reading.extras:
                extras["usage"] = reading.extras
        trace = value.get("trace")
        if is_object(trace):
            guardrail = trace.get("guardrail")
            items.extend(safety_items(guardrail) if is_object(guardrail) else ())
            extras["trace"] = trace
        if extras:
            items.append(ExtrasReported(extras))


def _index(value: JsonObject) -> int:
    index = value.get("contentBlockIndex", 0)
    if type(index) is not int or index < 0:
        raise Fault("contentBlockIndex is no number of a block")
    return index


def _object(value: JsonObject, name: str) -> JsonObject:
    inner = value.get(name)
    if inner is None:
        return {}
    if not is_object(inner):
        raise Fault(f"{name} is no object")
    return inner


def _objects(value: Any) -> list[JsonObject]:
    return [one for one in value if is_object(one)] if is_list(value) else []


def _without(fields: JsonObject, name: str) -> JsonObject:
    return {key: value for key, value in fields.items() if key != name}


def _as_json(text: str) -> JsonValue:
    """The value of JSON text; the text itself where it is none, as when it was cut."""
    try:
        return read_json(text.encode("utf-8", "replace"))
    except Unreadable:
        return text


def _stop_sequence(further: Any) -> str | None:
    """Claude tells it where `additionalModelResponseFieldPaths` asks for `/stop_sequence`; in a stream under `delta`."""
    if not is_object(further):
        return None
    inner = further.get("delta")
    found = further.get("stop_sequence") or (inner.get("stop_sequence") if is_object(inner) else None)
    return found if isinstance(found, str) else None
