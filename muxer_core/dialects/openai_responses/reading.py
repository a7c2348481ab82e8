"""One JSON text of a reply (an event's data, or a whole body) -> items. Shared by the stream decoder and the whole-reply decoder.

| event | outcome |
| --- | --- |
| deltas of text, refusal, thinking, arguments, custom input | one item each |
| `response.output_text.annotation.added` | `CitationsReported` |
| `response.audio.delta`, `response.audio.transcript.delta` | `AudioDelta` |
| `response.output_item.added`, `.done` | a call opens; the rest of an item, its seal and its notes |
| `response.created`, `.in_progress`, `.queued` | `ReplyStarted`, once |
| `response.completed`, `.incomplete` | finish, usage, costs, the response's own fields; the evidence of completion |
| `response.failed`, `error` (its words nested or flat), any text with an `error` and no type | failure |
| `.done` of a part, progress of the provider's own tools, pieces of their input and output | nothing: the finished item tells it |
| `keepalive`, a type that is not known | nothing |

An event without a `type` is what its event name says; without either it is malformed. Nothing raises: what is wrong with the text is a
`FailureReported`, after the items before the fault. A field that is in no row of the table is an extra of the reply.
"""

from __future__ import annotations

from typing import Any

import msgspec

from muxer_core.dialects.json_text import deeper_than, is_list, is_object
from muxer_core.dialects.openai_chat.chunks import whole_number
from muxer_core.dialects.openai_chat.failures import failure_from_reply
from muxer_core.dialects.openai_chat.tool_call_numbers import LimitCrossed
from muxer_core.dialects.openai_responses.assembly import Assembly
from muxer_core.dialects.openai_responses.endings import ending
from muxer_core.dialects.openai_responses.events import COUNT_LIMIT, DELTAS, DeltaEvent, TextEvent, decode_event
from muxer_core.dialects.openai_responses.options import NAME
from muxer_core.dialects.openai_responses.usage import add_usage
from muxer_core.values.failure import Failure, FailureKind
from muxer_core.values.items import AudioDelta, ExtrasReported, FailureReported, Item, ReplyEnded, ReplyStarted
from muxer_core.wire.json import Unreadable
from muxer_core.wire.json import decode as decode_json
from muxer_core.wire.limits import Limits

MISS = (msgspec.MsgspecError, RecursionError, UnicodeError)
"""What the typed reader raises for a text that the lenient one must take."""

STARTS = ("response.created", "response.in_progress", "response.queued")
ENDS = ("response.completed", "response.incomplete", "response.failed")

EVENT_FIELDS = frozenset({
    "type", "response", "item", "part", "annotation", "delta", "text", "refusal", "arguments", "input", "name", "code", "diff", "logprobs",
    "obfuscation", "sequence_number", "output_index", "content_index", "summary_index", "annotation_index", "item_id", "partial_image_b64",
    "partial_image_index", "background", "output_format", "quality", "size", "command", "command_index", "output", "status",
})  # fmt: skip
"""Fields of events that are read, or said again by the item at its end."""

OWN_FIELDS = frozenset({
    "id", "object", "created_at", "model", "output", "usage", "status", "error", "incomplete_details",
})  # fmt: skip
"""Fields of a response that items carry. All others are extras of the reply."""

MAX_REMEMBERED = 64


class Reading:
    """Reads the texts of one reply into items."""

    __slots__ = ("_depth", "_remembered", "assembly", "ended", "started")

    def __init__(self, limits: Limits, vendor: str) -> None:
        self.assembly = Assembly(vendor)
        self.started = False
        self.ended = False
        self._depth = limits.depth
        self._remembered: dict[str, Any] = {}

    def read_event(self, data: bytes, items: list[Item]) -> bool:
        """Append the item of a delta; False when the text needs the lenient reader. Raises `LimitCrossed`."""
        try:
            event = decode_event(data)
        except MISS:
            return False
        if isinstance(event, TextEvent) and event.logprobs and deeper_than(event.logprobs, self._depth - 1):
            return False
        self.assembly.add(event, items)
        return True

    def read(self, data: bytes, items: list[Item], *, name: str = "") -> bool:
        """Append the items of one event; True when nothing may follow. `name` is the event's name, where it has one."""
        try:
            value = decode_json(data, depth=self._depth)
        except Unreadable as fault:
            kind: FailureKind = "limit_exceeded" if fault.limit else "malformed"
            return _fail(items, kind, f"the server sent text that cannot be read: {fault}")
        if value is None:
            return False
        if not is_object(value):
            return _fail(items, "malformed", "the server sent JSON that is no object where an event was due")
        told = value.get("type")
        word = told if isinstance(told, str) and told else name
        if word == "error" or (value.get("error") and not word.startswith("response.")):
            items.append(FailureReported(failure_from_reply(value.get("error") or _flat(value))))
            return True
        if not word:
            return _fail(items, "malformed", "the server sent an event without a type; check base_url and dialect")
        try:
            return self._event(word, value, data, items)
        except LimitCrossed as fault:
            return _fail(items, "limit_exceeded", str(fault))

    def _event(self, word: str, value: dict[str, Any], data: bytes, items: list[Item]) -> bool:
        shape = DELTAS.get(word)
        if shape is not None:
            self.assembly.add(_lenient_delta(shape, value), items)
        elif word == "response.output_item.added":
            self.assembly.open_item(value, items)
        elif word == "response.output_item.done":
            self.assembly.end_item(value, items)
        elif word == "response.output_text.annotation.added":
            self.assembly.cite(value, items)
        elif word in ("response.audio.delta", "response.audio.transcript.delta"):
            delta = value.get("delta")
            if isinstance(delta, str) and delta:
                items.append(AudioDelta(delta) if word == "response.audio.delta" else AudioDelta(transcript=delta))
        elif word in STARTS or word in ENDS:
            response = value.get("response")
            if not is_object(response):
                return _fail(items, "malformed", f"the server sent {word} without a response")
            self._start(response, items)
            self._unknown(value, items)
            return word in ENDS and self.end(response, data, items, whole=False, evidence=word)
        else:
            return False
        self._unknown(value, items)
        return False

    def read_whole(self, value: dict[str, Any], data: bytes, items: list[Item], *, evidence: str) -> None:
        """Append the items of a whole reply, and its end."""
        self._start(value, items)
        try:
            self.end(value, data, items, whole=True, evidence=evidence)
        except LimitCrossed as fault:
            _fail(items, "limit_exceeded", str(fault))

    def _start(self, response: dict[str, Any], items: list[Item]) -> None:
        if self.started:
            return
        self.started = True
        name, model = response.get("id"), response.get("model")
        created = whole_number(response.get("created_at"))
        if created is None and isinstance(response.get("created_at"), float):
            created = whole_number(response["created_at"] // 1)
        items.append(
            ReplyStarted(
                name if isinstance(name, str) and name else None,
                model if isinstance(model, str) and model else None,
                created or None,
                NAME,
            )
        )

    def end(self, response: dict[str, Any], data: bytes, items: list[Item], *, whole: bool, evidence: str) -> bool:
        """Append what the last event, or a whole reply, says. Always True: nothing may follow."""
        if not (evidence == "response.failed" and not response.get("error")):
            failed = ending(response, calls=False)
        else:
            failed = ending({**response, "status": "failed"}, calls=False)
        if isinstance(failed, Failure):
            add_usage(data, response, items, whole=whole, depth=self._depth)
            items.append(FailureReported(failed))
            return True
        self.assembly.end_output(response.get("output"), items)
        finish = ending(response, calls=self.assembly.calls > 0)
        if not isinstance(finish, Failure):
            items.append(finish)
        add_usage(data, response, items, whole=whole, depth=self._depth)
        extras = {name: field for name, field in response.items() if name not in OWN_FIELDS and field is not None}
        if extras:
            items.append(ExtrasReported(extras))
        items.append(ReplyEnded(evidence))
        return True

    def _unknown(self, value: dict[str, Any], items: list[Item]) -> None:
        """Report fields of an event that no row knows, when they change."""
        if value.keys() <= EVENT_FIELDS:
            return
        fields: dict[str, Any] = {}
        for name, field in value.items():
            if name in EVENT_FIELDS or field is None or self._remembered.get(name) == field:
                continue
            if name in self._remembered or len(self._remembered) < MAX_REMEMBERED:
                self._remembered[name] = field
            fields[name] = field
        if fields:
            items.append(ExtrasReported(fields))


def _lenient_delta(shape: type[DeltaEvent], value: dict[str, Any]) -> DeltaEvent:
    """A delta whose fields are read where they are of their kind."""
    delta, logprobs = value.get("delta"), value.get("logprobs")
    event = shape(delta if isinstance(delta, str) else "")
    for name in shape.__struct_fields__:
        if name.endswith("_index"):
            number = whole_number(value.get(name))
            if number is not None and number <= COUNT_LIMIT:
                setattr(event, name, number)
        elif name == "item_id" and isinstance(value.get(name), str):
            event.item_id = value[name]
        elif name == "logprobs" and is_list(logprobs):
            setattr(event, name, logprobs)
    return event


def _flat(value: dict[str, Any]) -> dict[str, Any]:
    """The words of an `error` event that stand beside its type. The type says only that it is one."""
    return {name: field for name, field in value.items() if name not in ("type", "sequence_number")}


def _fail(items: list[Item], kind: FailureKind, message: str) -> bool:
    items.append(FailureReported(Failure(kind=kind, message=message)))
    return True
