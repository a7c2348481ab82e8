"""One JSON text of a reply (an event's data, or a whole body) -> items. Shared by the stream decoder and the whole-reply decoder.

Rules that hold here:

* Two readers: a typed one for `content_block_delta` in its common forms, which is what nearly all events are, and a lenient one for
  everything. What the typed one cannot take whole (an unknown field, a surprising type, a lone surrogate) the lenient one reads, and the
  items are the same whichever reads.
* The input of a tool call is the server's own text, cut out of the JSON where it stands whole; written anew where it cannot be.
* Nothing raises: what is wrong with the text is a `FailureReported`, after the items before the fault.

| event | what it does |
| --- | --- |
| `message_start` | the reply begins; a second one says nothing, but is malformed where it is another message's, after content |
| `content_block_start`, `content_block_delta`, `content_block_stop`, `message_delta` | items; before `message_start`, malformed |
| `message_stop` | the evidence of completion; open blocks are ended first. Before `message_start`, malformed |
| `error`, by its name or its type | failure with the server's words; nothing follows |
| `ping`, and every event that is not known | nothing ("Event types may be added", platform.claude.com, November 2026) |

The type in an event's data says what it is; the name beside it counts where the data has no type.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

import msgspec

from muxer_core.dialects.anthropic_messages.assembly import (
    MAX_INDEX,
    Assembly,
    Delta,
    LimitCrossed,
    Malformed,
    json_text,
)
from muxer_core.dialects.anthropic_messages.failures import failure_from_event
from muxer_core.dialects.json_text import is_list, is_object, read_json
from muxer_core.dialects.whole_body import EVIDENCE as EVIDENCE_WHOLE
from muxer_core.values.failure import Failure, FailureKind
from muxer_core.values.items import FailureReported, Item, ReplyEnded
from muxer_core.wire.json import Unreadable
from muxer_core.wire.limits import Limits
from muxer_core.wire.sse import SseEvent

EVIDENCE = "message_stop"

MISS = (msgspec.MsgspecError, RecursionError, UnicodeError)
"""What the typed reader raises for a text that the lenient one must take."""


class DeltaEvent(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A `content_block_delta` in the common forms."""

    type: Literal["content_block_delta"]
    index: Annotated[int, msgspec.Meta(ge=0, le=MAX_INDEX)]
    delta: Delta


decode_delta = msgspec.json.Decoder(DeltaEvent).decode
"""The typed reader. Raises what is in `MISS`."""

_COMMON = frozenset({"text_delta", "input_json_delta", "thinking_delta", "signature_delta"})


_NOTHING = msgspec.Raw(b"")  # a union of `Raw` with None would take nothing but null


class _Input(msgspec.Struct, gc=False):
    input: msgspec.Raw = _NOTHING


class _Content(msgspec.Struct, gc=False):
    content: list[_Input] = []


class _Start(msgspec.Struct, gc=False):
    content_block: _Input | None = None
    message: _Content | None = None


class Reading:
    """Reads the texts of one reply into items."""

    __slots__ = ("_depth", "assembly")

    def __init__(self, limits: Limits) -> None:
        self.assembly = Assembly()
        self._depth = limits.depth

    def read_events(self, events: Iterable[SseEvent], items: list[Item]) -> SseEvent | None:
        """Append the items of deltas in the common forms; the first event that needs more is given back, None when none does.

        This is the path of nearly every event, so it does nothing else. Raises `Malformed`.
        """
        assembly = self.assembly
        if not assembly.started:
            return next(iter(events), None)
        add_delta = assembly.add_delta
        for event in events:
            if event.event != "content_block_delta":
                return event
            try:
                found = decode_delta(event.data)
            except MISS:
                return event
            if found.delta.type not in _COMMON:
                return event
            add_delta(found.index, found.delta, items)
        return None

    def read_event(self, event: SseEvent, items: list[Item]) -> bool:
        """Append the items of one event, read leniently; True when nothing may follow."""
        value = self._object(event.data, items, "an event")
        if value is None:
            return bool(items) and isinstance(items[-1], FailureReported)
        word = value.get("type")
        kind = word if isinstance(word, str) and word else event.event
        if kind == "error" or event.event == "error" or (not word and value.get("error")):
            items.append(FailureReported(failure_from_event(value)))
            return True
        try:
            return self._take(kind, value, event.data, items)
        except (Malformed, LimitCrossed) as fault:
            items.append(fault_failure(fault))
            return True

    def _take(self, kind: str, value: dict[str, Any], data: bytes, items: list[Item]) -> bool:
        assembly = self.assembly
        if kind == "message_start":
            message = value.get("message")
            if not is_object(message):
                raise Malformed("message_start holds no message")
            content = message.get("content")
            assembly.begin(message, items, _inputs(data, content) if content else None)
            return False
        if kind not in _KNOWN:
            return False
        if not assembly.started:
            raise Malformed(f"{kind} came before message_start")
        match kind:
            case "content_block_start":
                block = value.get("content_block")
                given = block.get("input") if is_object(block) else None
                assembly.open(value, items, _cut(_start(data), given) if given else None)
            case "content_block_delta":
                assembly.change_block(value, items)
            case "content_block_stop":
                assembly.end(value, items)
            case "message_delta":
                assembly.change(value, items)
            case _:
                assembly.end_blocks(items)
                items.append(ReplyEnded(EVIDENCE))
                return True
        return False

    def read_whole(self, data: bytes, items: list[Item]) -> None:
        """Append the items of a whole reply, the last of which is its end or a failure."""
        value = self._object(data, items, "a reply")
        if value is None:
            if not items or not isinstance(items[-1], FailureReported):
                items.append(FailureReported(Failure(kind="malformed", message="the reply holds no answer")))
            return
        if value.get("type") == "error" or (value.get("error") and not is_list(value.get("content"))):
            items.append(FailureReported(failure_from_event(value)))
            return
        content = value.get("content")
        if not is_list(content):
            message = "the reply holds no answer: it has no content; check base_url and dialect"
            items.append(FailureReported(Failure(kind="malformed", message=message)))
            return
        try:
            self.assembly.begin(value, items, _inputs(b'{"message":' + data + b"}", content))
        except (Malformed, LimitCrossed) as fault:
            items.append(fault_failure(fault))
            return
        items.append(ReplyEnded(EVIDENCE_WHOLE))

    def _object(self, data: bytes, items: list[Item], what: str) -> dict[str, Any] | None:
        """The JSON object of a text. None where it is none; a failure was then appended, unless the text is empty, null or `[DONE]`."""
        if data.strip() in (b"", b"[DONE]"):
            return None
        try:
            value = read_json(data, depth=self._depth)
        except Unreadable as fault:
            kind: FailureKind = "limit_exceeded" if fault.limit else "malformed"
            message = f"the server sent {what} that cannot be read: {fault}"
            items.append(FailureReported(Failure(kind=kind, message=message)))
            return None
        if is_object(value):
            return value
        if value is not None:
            message = f"the server sent JSON that is no object where {what} was due"
            items.append(FailureReported(Failure(kind="malformed", message=message)))
        return None


_KNOWN = frozenset({
    "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop",
})  # fmt: skip


def fault_failure(fault: Malformed | LimitCrossed) -> FailureReported:
    """The failure that a fault inside an event becomes."""
    if isinstance(fault, LimitCrossed):
        return FailureReported(Failure(kind="limit_exceeded", message=str(fault)))
    return FailureReported(Failure(kind="malformed", message=f"the server sent an event that cannot be read: {fault}"))


def _start(data: bytes) -> msgspec.Raw | None:
    try:
        found = msgspec.json.decode(data, type=_Start).content_block
    except MISS:
        return None
    return None if found is None or found.input is _NOTHING else found.input


def _inputs(data: bytes, content: Any) -> list[str | None] | None:
    """The texts of the inputs of a message's blocks. `data` is an object whose `message` is the message."""
    try:
        message = msgspec.json.decode(data, type=_Start).message
    except MISS:
        return None
    blocks = content if is_list(content) else []
    if message is None or len(message.content) != len(blocks):
        return None
    return [
        _cut(found.input, block.get("input") if is_object(block) else None)
        for found, block in zip(message.content, blocks, strict=True)
    ]


def _cut(raw: msgspec.Raw | None, value: Any) -> str | None:
    """The server's own text of a value; None where strict JSON cannot read it."""
    if raw is None or raw is _NOTHING or value is None:
        return None
    try:
        msgspec.json.decode(raw)
        return bytes(raw).decode()
    except MISS:
        return json_text(value)
