"""The stream decoder: server-sent events (`alt=sse`) or one JSON array -> items, and when a stream is complete.

| the body | the reply |
| --- | --- |
| ends between events, every candidate (as many as were asked for) finished | complete: `end of body after the finish reason` |
| ends between events, the prompt was blocked | complete: the same evidence |
| a JSON array that is closed, every candidate finished | complete: `end of the array after the finish reason` |
| ends with an event whose JSON is whole, its blank line missing, and every candidate finished | complete, as the first row |
| ends anywhere else | failure `truncated` |
| complete, but all candidates ended in an error and none brought content | failure `server_error` |
| an event or element with `error`, an event named `error` | failure with the server's words; nothing follows |
| begins with `{` | no stream: a whole reply, read as one |
| begins with `[` | a JSON array; what is no object in it is `malformed` |

There is no end mark. A finish reason is not the last word: usage, sources, even text may follow it. After a closed array nothing is read.
"""

from __future__ import annotations

from muxer_core.dialects.gemini.json_array import JsonArraySplitter
from muxer_core.dialects.gemini.reading import Reading, ended
from muxer_core.dialects.gemini.reply import WholeReplyDecoder
from muxer_core.dialects.json_text import read_json
from muxer_core.values.failure import Failure
from muxer_core.values.items import FailureReported, Item, SourceEvent
from muxer_core.wire.json import Unreadable
from muxer_core.wire.limits import Limits
from muxer_core.wire.sse import SseDecoder, SseEvent

EVIDENCE_FINISHED = "end of body after the finish reason"
EVIDENCE_ARRAY = "end of the array after the finish reason"

_SPACE = b" \t\r\n\xef\xbb\xbf"


class StreamDecoder:
    """Decodes one streamed reply. Obeys law 1: the items are the same under any cut of the same bytes."""

    __slots__ = ("_answers", "_array", "_closed", "_keep_source", "_limits", "_reading", "_sniffing", "_sse", "_whole")

    def __init__(self, limits: Limits, *, keep_source: bool, answers: int = 1) -> None:
        self._limits = limits
        self._answers = answers
        self._keep_source = keep_source
        self._sse = SseDecoder(limits)
        self._reading = Reading(limits)
        self._array: JsonArraySplitter | None = None
        self._whole: WholeReplyDecoder | None = None
        self._sniffing = True
        self._closed = False

    def receive_data(self, data: bytes) -> list[Item]:
        """The items that these bytes complete."""
        if self._closed:
            return []
        if self._sniffing:
            self._sniff(data)
        if self._whole is not None:
            return self._whole.receive_data(data)
        items: list[Item] = []
        if self._array is not None:
            self._closed = self._read_array(self._array, data, items)
            return items
        for event in self._sse.receive_data(data):
            if self._take(event, items):
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
        if self._array is not None:
            finished = self._array.closed and self._reading.assembly.all_finished(self._answers)
            return [ended(self._reading, EVIDENCE_ARRAY) if finished else self._truncated(inside=self._array.pending)]
        items: list[Item] = []
        inside = self._sse.pending
        if inside:
            for event in self._sse.receive_data(b"\n\n"):
                if _is_json(event.data, self._limits.depth):
                    inside = False
                    if self._take(event, items):
                        return items
        finished = not inside and self._reading.assembly.all_finished(self._answers)
        items.append(ended(self._reading, EVIDENCE_FINISHED) if finished else self._truncated(inside=inside))
        return items

    def _sniff(self, data: bytes) -> None:
        """What is the body? Told by the first byte that is no white space: no event stream begins with a bracket."""
        first = data.lstrip(_SPACE)[:1]
        if first:
            self._sniffing = False
        if first == b"{":
            self._whole = WholeReplyDecoder(self._limits, keep_source=self._keep_source)
        elif first == b"[":
            self._array = JsonArraySplitter(self._limits)

    def _read_array(self, array: JsonArraySplitter, data: bytes, items: list[Item]) -> bool:
        for element in array.receive_data(data):
            if self._keep_source:
                items.append(SourceEvent(element))
            if self._reading.read(element, items):
                return True
        if array.exceeded is not None:
            items.append(FailureReported(array.exceeded.failure()))
            return True
        if array.broken:
            message = "the server sent an array that holds something else than chunks"
            items.append(FailureReported(Failure(kind="malformed", message=message)))
            return True
        return False

    def _take(self, event: SseEvent, items: list[Item]) -> bool:
        """Append the items of an event; True when nothing may follow. An event without data, or named `ping`, says nothing."""
        data = event.data
        if not data or data.isspace() or event.event == "ping":
            return False
        if self._keep_source:
            items.append(SourceEvent(data, event.event))
        return self._reading.read(data, items)

    def _truncated(self, *, inside: bool) -> FailureReported:
        if not self._reading.assembly.has_answer:
            message = "the stream ended before any answer began"
        elif inside:
            message = "the stream ended inside a chunk"
        else:
            message = "the stream ended without a finish reason for every candidate"
        return FailureReported(Failure(kind="truncated", message=message))


def _is_json(data: bytes, depth: int) -> bool:
    try:
        read_json(data, depth=depth)
    except Unreadable:
        return False
    return True
