"""From events to items: what an event adds to the reply so far. One `Assembly` lives as long as one reply.

Rules that hold here:

* A delta of the wire is an item; an empty delta is none. The one thing added is the blank line between two pieces of one thought.
* Items of the output are known by their `output_index`, since ids change from event to event at some servers (Copilot); where there is
  no index, by their id.
* `output_item.done` brings the rest of an item: whatever no delta told (servers that send no deltas, xAI's calls), what seals a thought,
  the notes that `messages` and `reasoning` need to write the item again, and the uses of the provider's own tools, whole. The last event
  repeats the output; an item that nobody finished is finished from there. So a whole reply is read as one whose items were all done.
* What an item tells at its end wins over nothing: text that was delivered is not taken back. If the end says other text, a warning does.
* A thought that another item interrupts is a part by itself, with the thought's id; the seal that its end brings is another one of that id
  (OpenRouter ends a thought after the answer). `messages` puts them together again.
* Calls are numbered by us, in the order in which they open. The id of a call is its `call_id`.
"""

from __future__ import annotations

from typing import Any, Literal

from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.openai_chat.tool_call_numbers import LimitCrossed
from muxer_core.dialects.openai_responses.citations import citation_of
from muxer_core.dialects.openai_responses.content_parts import JsonObject
from muxer_core.dialects.openai_responses.events import (
    ArgumentsEvent,
    DeltaEvent,
    InputEvent,
    RefusalEvent,
    SummaryEvent,
    TextEvent,
    ThoughtEvent,
)
from muxer_core.dialects.openai_responses.items import CALLS, IMAGE, image_extras, image_url, server_tool
from muxer_core.dialects.openai_responses.reasoning import GAP, GOES_ON, decode_reasoning, lay_out, pieces_of
from muxer_core.values.items import (
    CitationsReported,
    ExtrasReported,
    ImageDelta,
    Item,
    LogprobsReported,
    PartEnded,
    ReasoningDelta,
    RefusalDelta,
    ServerToolReported,
    TextDelta,
    ToolCallDelta,
    WarningReported,
)

MAX_ITEMS = 4096
"""The most items of one reply."""

MESSAGE_NOTES = ("message", "typed", "list")
"""How a reply writes its messages: see `messages`."""

_TEXTS = {"output_text": "text", "refusal": "refusal"}
_OF_A_PART = ("type", "text", "refusal", "annotations", "logprobs")


class _Piece:
    """Text of one part of an item, as far as deltas told it."""

    __slots__ = ("cited", "index", "logprobs", "name", "texts")

    def __init__(self, name: str, index: int) -> None:
        self.name = name
        self.index = index
        self.texts: list[str] = []
        self.cited = 0
        self.logprobs = False


class _OpenItem:
    """An item of the output whose end has not come. `piece` is the part that is being told."""

    __slots__ = ("call", "done", "id", "interrupted", "kind", "named", "piece", "pieces")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.id: str | None = None
        self.call = -1
        self.done = False
        self.named = False
        self.interrupted = False
        self.piece: _Piece | None = None
        self.pieces: list[_Piece] = []

    def heard(self) -> list[tuple[str, str]]:
        """The pieces so far."""
        return [(piece.name, "".join(piece.texts)) for piece in self.pieces]

    def find(self, name: str, index: int) -> _Piece | None:
        for piece in self.pieces:
            if piece.index == index and piece.name == name:
                return piece
        return None


class Assembly:
    """The reply so far, as far as later events depend on it."""

    __slots__ = ("_by_id", "_by_index", "_calls", "_last", "_telling", "_vendor")

    def __init__(self, vendor: str) -> None:
        self._vendor = vendor
        self._by_index: dict[int, _OpenItem] = {}
        self._by_id: dict[str, _OpenItem] = {}
        self._calls = 0
        self._last: _OpenItem | None = None
        self._telling: _OpenItem | None = None

    @property
    def calls(self) -> int:
        """How many calls the reply holds so far."""
        return self._calls

    def add(self, event: DeltaEvent, items: list[Item]) -> None:
        """Append the item of a delta. Raises `LimitCrossed`."""
        delta = event.delta
        index = event.output_index
        found = self._by_index.get(index) if index is not None else None
        if found is None:
            found = self._find(index, event.item_id, _KINDS[type(event)])
        if not delta or found.done:
            return
        if found is not self._telling:
            self._turn_to(found, items)
        if isinstance(event, TextEvent):
            piece = self._say(found, "output_text", event.content_index, items)
            piece.texts.append(delta)
            items.append(TextDelta(delta))
            if event.logprobs:
                piece.logprobs = True
                items.append(LogprobsReported(event.logprobs))
        elif isinstance(event, ArgumentsEvent | InputEvent):
            if found.call < 0:
                self._open_call(found, {}, items)
            self._piece(found, "arguments", 0).texts.append(delta)
            items.append(ToolCallDelta(found.call, delta))
        elif isinstance(event, SummaryEvent):
            self._think(found, "summary", event.summary_index, delta, items)
        elif isinstance(event, ThoughtEvent):
            self._think(found, "content", event.content_index, delta, items)
        else:
            self._say(found, "refusal", event.content_index, items).texts.append(delta)
            items.append(RefusalDelta(delta))

    def cite(self, event: JsonObject, items: list[Item]) -> None:
        """Append the item of an annotation that came by itself."""
        found = self._find(_index(event, "output_index"), _id(event, "item_id"), "message")
        if not found.done:
            self._piece(found, "output_text", _index(event, "content_index") or 0).cited += 1
            items.append(CitationsReported([citation_of(event.get("annotation"))]))

    def open_item(self, event: JsonObject, items: list[Item]) -> None:
        """An item begins. Raises `LimitCrossed`."""
        item = event.get("item")
        if is_object(item):
            found = self._find(_index(event, "output_index"), _id(item, "id"), str(item.get("type")), whole=True)
            if _id(item, "type") in CALLS and found.call < 0:
                self._open_call(found, item, items)

    def end_item(self, event: JsonObject, items: list[Item]) -> None:
        """An item is whole. Raises `LimitCrossed`."""
        item = event.get("item")
        if is_object(item):
            found = self._find(_index(event, "output_index"), _id(item, "id"), str(item.get("type")), whole=True)
            self._finish(found, item, items)

    def end_output(self, output: Any, items: list[Item]) -> None:
        """The output, as the end of the reply repeats it: items that are not finished are. Raises `LimitCrossed`."""
        streamed = self._last is not None
        for index, item in enumerate(output if is_list(output) else ()):
            if is_object(item):
                found = self._by_index.get(index)
                if found is None:
                    name = _id(item, "id")
                    known = self._by_id.get(name) if name is not None and streamed else None
                    found = known or self._find(index, name, str(item.get("type")))
                self._finish(found, item, items)

    def _turn_to(self, found: _OpenItem, items: list[Item]) -> None:
        """Another item is told now. A thought that was being told is a part by itself."""
        before = self._telling
        self._telling = found
        if before is not None and before.kind == "reasoning" and before.piece is not None and not before.done:
            items.append(PartEnded(form=(*lay_out(before.heard())[1], GOES_ON)))
            before.interrupted = True

    def _find(self, index: int | None, name: str | None, kind: str, *, whole: bool = False) -> _OpenItem:
        """The item; a new one where there is none. `whole`: an item of another name at an index that is done is a new one (servers
        that put all items at index 0).
        """
        found = self._by_index.get(index) if index is not None else None
        if found is not None and whole and found.done and name is not None and name != found.id:
            found = self._by_id.get(name)
            if found is None and index is not None:
                del self._by_index[index]
        if found is None and index is None:
            found = self._by_id.get(name) if name is not None else self._last
        if found is None:
            if len(self._by_index) + len(self._by_id) > 2 * MAX_ITEMS:
                raise LimitCrossed(f"the reply holds more than {MAX_ITEMS} items (limit MAX_ITEMS)")
            found = _OpenItem(kind)
            if index is not None:
                self._by_index[index] = found
        if name is not None and found.id is None:
            found.id = name
            self._by_id[name] = found
        self._last = found
        return found

    def _piece(self, found: _OpenItem, name: str, index: int) -> _Piece:
        piece = found.piece
        if piece is not None and piece.index == index and piece.name == name:
            return piece
        piece = found.find(name, index)
        if piece is None:
            piece = _Piece(name, index)
            found.pieces.append(piece)
        return piece

    def _say(self, found: _OpenItem, name: str, index: int, items: list[Item]) -> _Piece:
        """The part of a message that is being told; the one before it is ended, when there is one."""
        piece = self._piece(found, name, index)
        if piece is not found.piece:
            if found.piece is not None:
                items.append(PartEnded())
            found.piece = piece
        return piece

    def _think(self, found: _OpenItem, name: str, index: int, delta: str, items: list[Item]) -> None:
        piece = self._piece(found, name, index)
        if piece is not found.piece:
            if found.piece is not None:
                items.append(ReasoningDelta(GAP))
            found.piece = piece
        piece.texts.append(delta)
        items.append(ReasoningDelta(delta, id=None if found.named else found.id))
        found.named = True

    def _open_call(self, found: _OpenItem, item: JsonObject, items: list[Item]) -> None:
        found.call = self._calls
        self._calls += 1
        kind: Literal["function", "custom"] = "custom" if found.kind == "custom_tool_call" else "function"
        name = _id(item, "name")
        if name is not None:
            call_id = _id(item, "call_id") or _id(item, "id")
            items.append(ToolCallDelta(found.call, "", call_id, name, kind))
            found.named = True

    def _finish(self, found: _OpenItem, item: JsonObject, items: list[Item]) -> None:
        if found.done:
            return
        if found is not self._telling:
            self._turn_to(found, items)
        found.done = True
        kind = _id(item, "type")
        if kind in CALLS:
            self._finish_call(found, item, items)
        elif kind == "message":
            self._finish_message(found, item, items)
        elif kind == "reasoning":
            self._finish_thought(found, item, items)
        elif kind == IMAGE and isinstance(item.get("result"), str) and item["result"]:
            items.append(ImageDelta(image_url(item)))
            items.append(PartEnded(extras=image_extras(item), form=(IMAGE,)))
        else:
            items.append(ServerToolReported(server_tool(item)))
        found.pieces.clear()

    def _finish_call(self, found: _OpenItem, item: JsonObject, items: list[Item]) -> None:
        kind, field = CALLS[str(item["type"])]
        if found.call < 0:
            found.kind = str(item["type"])
            self._open_call(found, item, items)
        rest = self._rest(found, "arguments", 0, _id(item, field) or "", items)
        if not found.named:
            items.append(
                ToolCallDelta(found.call, rest, _id(item, "call_id") or _id(item, "id"), _id(item, "name"), kind)
            )
        elif rest:
            items.append(ToolCallDelta(found.call, rest))
        known = ("type", "call_id", "name", field)
        items.append(
            PartEnded(call=found.call, extras={name: value for name, value in item.items() if name not in known})
        )

    def _finish_message(self, found: _OpenItem, item: JsonObject, items: list[Item]) -> None:
        content = item.get("content")
        last: JsonObject = {}
        if isinstance(content, str):
            content = [{"type": "output_text", "text": content}]
        for index, part in enumerate(content if is_list(content) else ()):
            field = _TEXTS.get(str(part.get("type"))) if is_object(part) else None
            if not is_object(part) or field is None or not isinstance(part.get(field), str):
                items.append(ExtrasReported({"content": [part]}, 0))
                continue
            last = part
            name = str(part["type"])
            rest = self._rest(found, name, index, part[field], items)
            if rest:
                self._say(found, name, index, items)
                items.append(TextDelta(rest) if field == "text" else RefusalDelta(rest))
            self._beside_text(self._piece(found, name, index), part, items)
        if found.piece is not None:
            extras = {name: value for name, value in last.items() if name not in _OF_A_PART}
            fields = {name: value for name, value in item.items() if name not in ("type", "role", "content")}
            items.append(PartEnded(extras={**extras, "item": fields} if fields else extras, form=MESSAGE_NOTES))

    def _beside_text(self, piece: _Piece, part: JsonObject, items: list[Item]) -> None:
        annotations = part.get("annotations")
        if is_list(annotations) and len(annotations) > piece.cited:
            items.append(CitationsReported([citation_of(one) for one in annotations[piece.cited :]]))
        logprobs = part.get("logprobs")
        if is_list(logprobs) and logprobs and not piece.logprobs:
            items.append(LogprobsReported(logprobs))

    def _finish_thought(self, found: _OpenItem, item: JsonObject, items: list[Item]) -> None:
        part = decode_reasoning(item)
        told = pieces_of(item)
        indexes = {"summary": 0, "content": 0}
        for name, text in told:
            index = indexes[name]
            indexes[name] += 1
            rest = self._rest(found, name, index, text, items)
            if rest:
                self._think(found, name, index, rest, items)
        form = part.form
        heard = found.heard()
        if heard != told:
            form = lay_out(heard)[1]
        seal = part.encrypted is not None or part.signature is not None
        vendor = part.vendor or (self._vendor if seal else None)
        if found.interrupted:
            if seal or part.extras:
                items.append(ReasoningDelta("", 0, part.signature, part.encrypted, vendor, part.id))
                items.append(PartEnded(extras=part.extras))
            return
        renamed = part.id is not None and part.id != found.id  # the name at the end is the one that the server knows
        if seal or renamed or not found.named:
            thought = None if found.named and not renamed else part.id
            items.append(ReasoningDelta("", 0, part.signature, part.encrypted, vendor, thought))
        items.append(PartEnded(extras=part.extras, form=form))

    def _rest(self, found: _OpenItem, name: str, index: int, whole: str, items: list[Item]) -> str:
        """What of the whole text no delta told."""
        piece = self._piece(found, name, index)
        told = "".join(piece.texts)
        if whole.startswith(told):
            return whole[len(told) :]
        items.append(
            WarningReported(
                f"{name} of item {index}: the end of the item tells another text than its pieces; the pieces were kept"
            )
        )
        return ""


_KINDS: dict[type[DeltaEvent], str] = {
    TextEvent: "message",
    RefusalEvent: "message",
    SummaryEvent: "reasoning",
    ThoughtEvent: "reasoning",
    ArgumentsEvent: "function_call",
    InputEvent: "custom_tool_call",
}


def _index(fields: JsonObject, name: str) -> int | None:
    value = fields.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _id(fields: JsonObject, name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) and value else None
