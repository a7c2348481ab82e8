"""The stream decoder: server-sent events -> items, and when a stream is complete.

| the body | the reply |
| --- | --- |
| an event `response.completed` or `response.incomplete` | complete (that event is the evidence); what follows is not read |
| an event `response.failed` or `error` | failure with the server's words; nothing follows |
| `data: [DONE]` | says nothing: no proof that the answer is whole (OpenRouter and llama.cpp send it after the last event) |
| ends with the last event, the blank line after it missing | complete, where its JSON is whole (recorded) |
| ends before one of these, or inside an event | failure `truncated` |
| begins with `{` | no stream: a whole reply, read as one |

An event named `ping`, an event without data, and comments say nothing. The bytes of a `SourceEvent` are the event's data.
"""

from __future__ import annotations

from muxer_core.dialects.json_text import is_object
from muxer_core.dialects.openai_chat.tool_call_numbers import LimitCrossed
from muxer_core.dialects.openai_responses.reading import ENDS, Reading
from muxer_core.dialects.openai_responses.reply import WholeReplyDecoder
from muxer_core.values.failure import Failure
from muxer_core.values.items import FailureReported, Item, SourceEvent
from muxer_core.wire.heads import Headers
from muxer_core.wire.json import Unreadable
from muxer_core.wire.json import decode as decode_json
from muxer_core.wire.limits import Limits
from muxer_core.wire.sse import SseDecoder, SseEvent

_DONE = b"[DONE]"
_SPACE = b" \t\r\n\xef\xbb\xbf"


class StreamDecoder:
    """Decodes one streamed reply. Obeys law 1: the items are the same under any cut of the same bytes."""

    __slots__ = ("_closed", "_headers", "_keep_source", "_limits", "_reading", "_sniffing", "_sse", "_vendor", "_whole")

    def __init__(self, limits: Limits, headers: Headers, *, vendor: str, keep_source: bool) -> None:
        self._limits = limits
        self._headers = headers
        self._vendor = vendor
        self._keep_source = keep_source
        self._sse = SseDecoder(limits)
        self._reading = Reading(limits, vendor)
        self._whole: WholeReplyDecoder | None = None
        self._sniffing = True
        self._closed = False

    def receive_data(self, data: bytes) -> list[Item]:
        """The items that these bytes complete."""
        if self._closed:
            return []
        if self._sniffing:
            first = data.lstrip(_SPACE)[:1]
            self._sniffing = not first
            if first == b"{":
                self._whole = WholeReplyDecoder(
                    self._limits, self._headers, vendor=self._vendor, keep_source=self._keep_source
                )
        if self._whole is not None:
            return self._whole.receive_data(data)
        items: list[Item] = []
        for event in self._sse.receive_data(data):
            if self._take(event, items):
                self._closed = True
                return items
        if self._sse.failure is not None:
            self._closed = True
            items.append(FailureReported(self._sse.failure))
        return items

    def receive_eof(self) -> list[Item]:
        """A failure, unless the reply has ended: the end of the body is no evidence."""
        if self._whole is not None:
            return self._whole.receive_eof()
        if self._closed:
            return []
        self._closed = True
        cut = self._sse.pending
        if cut:
            items: list[Item] = []
            if self._take_last(items):
                return items
        message = "the stream ended without response.completed"
        if not self._reading.started:
            message = "the stream ended before any answer began"
        elif cut:
            message = "the stream ended inside an event"
        return [FailureReported(Failure(kind="truncated", message=message))]

    def _take_last(self, items: list[Item]) -> bool:
        """Append the items of an event that the body ended in: True only for a last event whose JSON is whole."""
        for event in self._sse.receive_data(b"\n\n"):
            try:
                value = decode_json(event.data, depth=self._limits.depth)
            except Unreadable:
                return False
            if is_object(value) and value.get("type") in ENDS:
                return self._take(event, items)
        return False

    def _take(self, event: SseEvent, items: list[Item]) -> bool:
        """Append the items of an event; True when nothing may follow."""
        data = event.data
        if self._keep_source:
            items.append(SourceEvent(data, event.event))
        if event.event != "error":
            try:
                if self._reading.read_event(data, items):
                    return False
            except LimitCrossed as fault:
                items.append(FailureReported(Failure(kind="limit_exceeded", message=str(fault))))
                return True
        if event.event == "ping" or not data or data.isspace() or (data.strip() == _DONE and event.event != "error"):
            return False
        return self._reading.read(data, items, name=event.event)
