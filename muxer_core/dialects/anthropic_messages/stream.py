"""The stream decoder: server-sent events -> items, and when a stream is complete.

| the body | the reply |
| --- | --- |
| event `message_stop` after `message_start` | complete (evidence `message_stop`); what comes after it is ignored |
| ends with `message_stop`, the blank line after it missing | the same |
| `message_stop` before `message_start` | failure `malformed`: an empty stream is no answer |
| ends anywhere else, also after a stop reason | failure `truncated` |
| an event `error` | failure with the server's words; nothing follows |
| begins with `{` | no stream: a whole reply, read as one (servers answer so when they do not stream, or refuse) |

The bytes of a `SourceEvent` are the event's data: what stands after `data: `.
"""

from __future__ import annotations

from muxer_core.dialects.anthropic_messages.assembly import LimitCrossed, Malformed
from muxer_core.dialects.anthropic_messages.reading import Reading, fault_failure
from muxer_core.dialects.anthropic_messages.reply import WholeReplyDecoder
from muxer_core.dialects.json_text import is_object, read_json
from muxer_core.values.failure import Failure
from muxer_core.values.items import FailureReported, Item, SourceEvent
from muxer_core.wire.json import Unreadable
from muxer_core.wire.limits import Limits
from muxer_core.wire.sse import SseDecoder, SseEvent

_SPACE = b" \t\r\n\xef\xbb\xbf"


class StreamDecoder:
    """Decodes one streamed reply. Obeys law 1: the items are the same under any cut of the same bytes."""

    __slots__ = ("_closed", "_keep_source", "_limits", "_reading", "_sniffing", "_sse", "_whole")

    def __init__(self, limits: Limits, *, keep_source: bool) -> None:
        self._limits = limits
        self._keep_source = keep_source
        self._sse = SseDecoder(limits)
        self._reading = Reading(limits)
        self._whole: WholeReplyDecoder | None = None
        self._sniffing = True
        self._closed = False

    def receive_data(self, data: bytes) -> list[Item]:
        """The items that these bytes complete."""
        if self._closed:
            return []
        if self._sniffing and self._begins_whole(data):
            self._whole = WholeReplyDecoder(self._limits, keep_source=self._keep_source)
        if self._whole is not None:
            return self._whole.receive_data(data)
        items: list[Item] = []
        if self._read(self._sse.receive_data(data), items):
            self._closed = True
            return items
        if self._sse.failure is not None:
            self._closed = True
            items.append(FailureReported(self._sse.failure))
        return items

    def receive_eof(self) -> list[Item]:
        """The items that the end of the body completes: the evidence of completion, or a failure."""
        if self._whole is not None:
            return self._whole.receive_eof()
        if self._closed:
            return []
        self._closed = True
        items: list[Item] = []
        pending = self._sse.pending
        last = [event for event in self._sse.receive_data(b"\n\n") if _is_stop(event)] if pending else []
        if last and self._read(last, items):
            return items
        return [FailureReported(Failure(kind="truncated", message=self._how_cut(pending=pending)))]

    def _begins_whole(self, data: bytes) -> bool:
        """Is this a whole reply where a stream was due? Told by the first byte that is no white space: no stream begins with `{`."""
        first = data.lstrip(_SPACE)[:1]
        if first:
            self._sniffing = False
        return first == b"{"

    def _read(self, events: list[SseEvent], items: list[Item]) -> bool:
        """Append the items of these events; True when nothing may follow."""
        rest = iter(events)
        reading = self._reading
        try:
            if not self._keep_source:
                while (event := reading.read_events(rest, items)) is not None:
                    if reading.read_event(event, items):
                        return True
                return False
            for event in rest:
                items.append(SourceEvent(event.data, event.event))
                if reading.read_events((event,), items) is not None and reading.read_event(event, items):
                    return True
        except (Malformed, LimitCrossed) as fault:
            items.append(fault_failure(fault))
            return True
        return False

    def _how_cut(self, *, pending: bool) -> str:
        if not self._reading.assembly.started:
            return "the stream ended before any answer began"
        if pending:
            return "the stream ended inside an event"
        return "the stream ended without message_stop"


def _is_stop(event: SseEvent) -> bool:
    try:
        value = read_json(event.data)
    except Unreadable:
        return False
    return is_object(value) and value.get("type") == "message_stop"
