"""The decoder of a whole (not streamed) reply. The end of the body, with JSON that is whole, is the evidence of completion:
a candidate that brings content may leave out its finish reason (recorded), one that brings neither is no answer.
"""

from __future__ import annotations

from muxer_core.dialects.gemini.reading import Reading, ended
from muxer_core.dialects.whole_body import EVIDENCE, BodyBuffer
from muxer_core.values.failure import Failure
from muxer_core.values.items import FailureReported, Item, SourceEvent
from muxer_core.wire.limits import Limits


class WholeReplyDecoder:
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
        message = f"the reply is larger than {self._limits.body} bytes (limit body)"
        return [FailureReported(Failure(kind="limit_exceeded", message=message))]

    def receive_eof(self) -> list[Item]:
        """The items of the whole reply."""
        if self._closed:
            return []
        self._closed = True
        body = self._body.take()
        if not body:
            return [FailureReported(Failure(kind="truncated", message="the reply has no body"))]
        items: list[Item] = [SourceEvent(body)] if self._keep_source else []
        reading = Reading(self._limits)
        if reading.read_general(body, items):
            return items
        if not reading.assembly.answered:
            message = "the reply holds no answer: no candidate says anything or why it ended, and no reason why the prompt was blocked"
            items.append(FailureReported(Failure(kind="malformed", message=message)))
            return items
        items.append(ended(reading, EVIDENCE))
        return items
