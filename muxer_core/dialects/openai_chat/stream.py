"""The stream decoder: server-sent events -> items, and when a stream is complete.

| the body | the reply |
| --- | --- |
| `data: [DONE]` after at least one choice | complete (evidence `[DONE]`), also where some choice told no finish reason |
| ends with `data: [DONE]`, the blank line after it missing | the same (several servers and proxies end so) |
| `data: [DONE]` before any choice | failure `malformed`: an empty stream is no answer |
| ends between events, all choices that were asked for finished | complete (evidence `end of body after the finish reason`) |
| ends anywhere else, or inside an event | failure `truncated` |
| ends in either way, a choice's finish reason being a word for an error | failure `server_error` |
| ends between events of a form that has no marks at all (`Shape.unmarked`) | complete (evidence `end of body of a stream without marks`) |
| an event with `error`, or named `error` | failure with the server's words; nothing follows |
| begins with `{` | no stream: a whole reply, read as one (servers answer so when they do not stream, or refuse) |

The bytes of a `SourceEvent` are the event's data: what stands after `data: `.

An event named `ping`, an event without data, and comments say nothing.
"""

from __future__ import annotations

import re

from muxer_core.dialects.openai_chat.reading import CHAT, Reading, Shape, fault_failure
from muxer_core.dialects.openai_chat.reply import WholeReplyDecoder, ended
from muxer_core.dialects.openai_chat.tool_call_numbers import LimitCrossed
from muxer_core.values.failure import Failure
from muxer_core.values.items import FailureReported, Item
from muxer_core.wire.heads import Headers
from muxer_core.wire.limits import Limits
from muxer_core.wire.sse import SseDecoder, SseEvent

DONE = "[DONE]"
EVIDENCE_DONE = DONE
EVIDENCE_FINISHED = "end of body after the finish reason"
EVIDENCE_UNMARKED = "end of body of a stream without marks"

_DONE = b"[DONE]"
_TAIL = 40
_UNCLOSED_DONE = re.compile(rb"(?:\n\n|\r\r|\r\n\r\n)data: ?\[DONE\][ \t]*[\r\n]{0,2}\Z")
_SPACE = b" \t\r\n\xef\xbb\xbf"


class StreamDecoder:
    """Decodes one streamed reply. Obeys law 1: the items are the same under any cut of the same bytes."""

    __slots__ = (
        "_answers",
        "_closed",
        "_headers",
        "_keep_source",
        "_limits",
        "_reading",
        "_shape",
        "_sniffing",
        "_sse",
        "_tail",
        "_whole",
    )

    def __init__(
        self, limits: Limits, headers: Headers, *, keep_source: bool, answers: int = 1, shape: Shape = CHAT
    ) -> None:
        self._limits = limits
        self._shape = shape
        self._answers = answers
        self._headers = headers
        self._keep_source = keep_source
        self._sse = SseDecoder(limits)
        self._reading = Reading(limits, shape)
        self._whole: WholeReplyDecoder | None = None
        self._sniffing = True
        self._closed = False
        self._tail = b""

    def receive_data(self, data: bytes) -> list[Item]:
        """The items that these bytes complete."""
        if self._closed:
            return []
        if self._sniffing and self._begins_whole(data):
            self._whole = WholeReplyDecoder(
                self._limits, self._headers, keep_source=self._keep_source, shape=self._shape
            )
        if self._whole is not None:
            return self._whole.receive_data(data)
        self._tail = data if len(data) > _TAIL else (self._tail + data)[-_TAIL:]
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
        if _UNCLOSED_DONE.search(self._tail[-_TAIL:]):
            return [self._done()]
        if self._reading.assembly.all_finished(self._answers) and not self._sse.pending:
            return [ended(self._reading, EVIDENCE_FINISHED)]
        if self._reading.unmarked and not self._sse.pending:
            return [ended(self._reading, EVIDENCE_UNMARKED)]
        return [FailureReported(Failure(kind="truncated", message=self._how_cut()))]

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
            while (event := reading.read_events(rest, items, keep_source=self._keep_source)) is not None:
                if self._take(event, items):
                    return True
        except LimitCrossed as fault:
            items.append(fault_failure(fault))
            return True
        return False

    def _take(self, event: SseEvent, items: list[Item]) -> bool:
        """Append the items of an event that the typed reader did not take; True when nothing may follow."""
        data = event.data
        if data.strip() == _DONE and event.event != "error":
            items.append(self._done())
            return True
        if self._reading.lenient_left:
            self._reading.lenient_left -= 1
        if event.event == "ping" or data.isspace() or not data:
            return False
        return self._reading.read(data, items, failed=event.event == "error")

    def _done(self) -> Item:
        if not self._reading.assembly.has_choices:
            return FailureReported(Failure(kind="malformed", message="the stream ended before any answer began"))
        return ended(self._reading, EVIDENCE_DONE)

    def _how_cut(self) -> str:
        if not self._reading.assembly.has_choices:
            return "the stream ended before any answer began"
        if self._sse.pending:
            return "the stream ended inside an event"
        return "the stream ended without a finish reason and without [DONE]"
