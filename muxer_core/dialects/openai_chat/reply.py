"""The decoder of a whole (not streamed) reply: JSON in one piece -> the same items as a stream would give.

White space before the JSON keeps a connection alive (OpenRouter, DeepSeek) and is not kept. The end of the body, with JSON that is
whole, is the evidence of completion.
"""

from __future__ import annotations

from muxer_core.dialects.openai_chat.costs import LITELLM_COST_HEADER, cost_from_text
from muxer_core.dialects.openai_chat.reading import CHAT, Reading, Shape
from muxer_core.dialects.whole_body import EVIDENCE, BodyBuffer
from muxer_core.values.failure import Failure
from muxer_core.values.items import CostReported, FailureReported, Item, ReplyEnded, SourceEvent
from muxer_core.wire.heads import Headers
from muxer_core.wire.limits import Limits


class WholeReplyDecoder:
    """Decodes a whole reply at the end of its body."""

    __slots__ = ("_body", "_closed", "_cost_text", "_keep_source", "_limits", "_shape")

    def __init__(self, limits: Limits, headers: Headers, *, keep_source: bool, shape: Shape = CHAT) -> None:
        self._body = BodyBuffer(limits.body)
        self._limits = limits
        self._shape = shape
        self._cost_text = headers.get(LITELLM_COST_HEADER)
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
        reading = Reading(self._limits, self._shape)
        if reading.read(body, items, whole=True):
            return items
        if not reading.assembly.has_choices:
            items.append(
                FailureReported(Failure(kind="malformed", message="the reply holds no answer: it has no choices"))
            )
            return items
        if self._cost_text:
            cost = cost_from_text(self._cost_text, LITELLM_COST_HEADER)
            if cost is not None:
                items.append(CostReported(cost))
        items.append(ended(reading, EVIDENCE))
        return items


def ended(reading: Reading, evidence: str) -> Item:
    """The last item of a reply with evidence of completion: a failure where the server said that an answer ended in an error."""
    word = reading.assembly.failed_word
    if word is not None:
        return FailureReported(
            Failure(
                kind="server_error", message=f"the provider ended the answer with finish_reason {word!r}", code=word
            )
        )
    return ReplyEnded(evidence)
