"""The decoders of a stream of `/v2/chat` (server-sent events) and of a whole reply.

| the body | the reply |
| --- | --- |
| an event `message-end` | complete; what follows is not read, `[DONE]` neither |
| ends before it, also inside an event; `[DONE]` before it | failure `truncated` |
| an event without `type`, but with a `message` in words, or an `error` | failure with the server's words; nothing follows |
| begins with `{` or `<` | no stream: a whole reply, or no reply at all |

The kind of an event is the `type` in its data; its name says the same. The bytes of a `SourceEvent` are the event's data.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from muxer_core.dialects.cohere_v2.assembly import Assembly
from muxer_core.dialects.cohere_v2.words import EVIDENCE, ended
from muxer_core.dialects.json_events import Fault, read_object
from muxer_core.dialects.openai_chat.failures import failure_from_reply
from muxer_core.dialects.whole_body import EVIDENCE as EVIDENCE_WHOLE
from muxer_core.dialects.whole_body import BodyBuffer
from muxer_core.values.items import FailureReported, Item, SourceEvent
from muxer_core.wire.limits import Limits
from muxer_core.wire.sse import SseDecoder, SseEvent

_DONE = b"[DONE]"
_SPACE = b" \t\r\n\xef\xbb\xbf"


class _Content(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    text: str


class _Message(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    content: _Content


class _Inner(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    message: _Message


class _TextEvent(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """What nearly every event is."""

    type: Literal["content-delta"]
    delta: _Inner
    index: int = 0


_decode_text = msgspec.json.Decoder(_TextEvent).decode


class StreamDecoder:
    """Decodes one streamed reply. Obeys law 1: the items are the same under any cut of the same bytes."""

    __slots__ = ("_assembly", "_closed", "_keep_source", "_limits", "_sniffing", "_sse", "_whole")

    def __init__(self, limits: Limits, *, keep_source: bool) -> None:
        self._limits = limits
        self._keep_source = keep_source
        self._sse = SseDecoder(limits)
        self._assembly = Assembly()
        self._whole: WholeDecoder | None = None
        self._sniffing = True
        self._closed = False

    def receive_data(self, data: bytes) -> list[Item]:
        """The items that these bytes complete."""
        items: list[Item] = []
        if self._closed:
            return items
        if self._sniffing:
            first = data.lstrip(_SPACE)[:1]
            self._sniffing = not first
            if first in (b"{", b"<"):
                self._whole = WholeDecoder(self._limits, keep_source=self._keep_source)
        if self._whole is not None:
            return self._whole.receive_data(data)
        for event in self._sse.receive_data(data):
            if self._take(event, items):
                self._closed = True
                return items
        if self._sse.failure is not None:
            self._closed = True
            items.append(FailureReported(self._sse.failure))
        return items

    def receive_eof(self) -> list[Item]:
        """Without `message-end` a failure."""
        if self._whole is not None:
            return self._whole.receive_eof()
        if self._closed:
            return []
        self._closed = True
        how = (
            "inside an event"
            if self._sse.pending
            else "without message-end"
            if self._assembly.started
            else "before any answer began"
        )
        return [Fault(f"the stream ended {how}", "truncated").reported]

    def _take(self, event: SseEvent, items: list[Item]) -> bool:
        """Append the items of an event; True when nothing may follow."""
        data = event.data
        if not data.strip():
            return False
        if self._keep_source:
            items.append(SourceEvent(data, event.event))
        try:
            delta = _decode_text(data)
        except (msgspec.MsgspecError, UnicodeError):
            return self._take_any(data, items)
        if delta.index < 0:
            return self._take_any(data, items)
        self._assembly.add_text(delta.index, delta.delta.message.content.text, items)
        return False

    def _take_any(self, data: bytes, items: list[Item]) -> bool:
        try:
            if data.strip() == _DONE:
                raise Fault("the stream said [DONE] before message-end", "truncated")
            value = read_object(data, depth=self._limits.depth, what="an event of the stream")
            if _is_refusal(value):
                items.append(FailureReported(failure_from_reply(value.get("error") or value)))
                return True
            assembly = self._assembly
            assembly.add_event(value, items)
        except Fault as fault:
            items.append(fault.reported)
            return True
        if assembly.finish is None:
            return False
        items.append(ended(assembly.finish, assembly.error, EVIDENCE))
        return True


class WholeDecoder:
    """Decodes a whole reply at the end of its body."""

    __slots__ = ("_body", "_closed", "_keep_source", "_limits")

    def __init__(self, limits: Limits, *, keep_source: bool) -> None:
        self._body = BodyBuffer(limits.body)
        self._limits = limits
        self._keep_source = keep_source
        self._closed = False

    def receive_data(self, data: bytes) -> list[Item]:
        """Nothing, until the body ends; a failure when it crosses its limit."""
        if self._closed or self._body.add(data):
            return []
        self._closed = True
        return [Fault(f"the reply is larger than {self._limits.body} bytes (limit body)", "limit_exceeded").reported]

    def receive_eof(self) -> list[Item]:
        """The items of the whole reply."""
        if self._closed:
            return []
        self._closed = True
        body = self._body.take()
        if not body:
            return [Fault("the reply has no body", "truncated").reported]
        items: list[Item] = [SourceEvent(body)] if self._keep_source else []
        assembly = Assembly()
        try:
            value = read_object(body, depth=self._limits.depth, what="the reply")
            if _is_refusal(value):
                return [*items, FailureReported(failure_from_reply(value.get("error") or value))]
            assembly.add_whole(value, items)
        except Fault as fault:
            return [*items, fault.reported]
        items.append(ended(assembly.finish or "", assembly.error, EVIDENCE_WHOLE))
        return items


def _is_refusal(value: dict[str, object]) -> bool:
    """Is this an error where an event or a reply was due: `{"message": "words"}`, or an object with an `error`?"""
    return bool(value.get("error")) or (isinstance(value.get("message"), str) and "delta" not in value)
