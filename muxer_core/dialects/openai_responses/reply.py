"""The decoder of a whole (not streamed) response: JSON in one piece -> the same items as a stream would give.

| the body | the reply |
| --- | --- |
| an object with a list `output` | read; its status decides (`endings`) |
| an object with `choices` and no `output` | a chat completion, read as one (models of Azure's catalogue were recorded answering so) |
| an object with an `error` that is not null | failure with the server's words |
| any other JSON, or no JSON (an HTML page with status 200) | failure `malformed` |
| nothing | failure `truncated` |
"""

from __future__ import annotations

from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.openai_chat.costs import LITELLM_COST_HEADER, cost_from_text
from muxer_core.dialects.openai_chat.failures import failure_from_reply
from muxer_core.dialects.openai_chat.reading import Reading as ChatReading
from muxer_core.dialects.openai_responses.reading import Reading
from muxer_core.dialects.whole_body import EVIDENCE, BodyBuffer
from muxer_core.values.failure import Failure, FailureKind
from muxer_core.values.items import CostReported, FailureReported, Item, ReplyEnded, SourceEvent
from muxer_core.wire.heads import Headers
from muxer_core.wire.json import Unreadable
from muxer_core.wire.json import decode as decode_json
from muxer_core.wire.limits import Limits


class WholeReplyDecoder:
    """Decodes a whole reply at the end of its body."""

    __slots__ = ("_body", "_closed", "_cost_text", "_keep_source", "_limits", "_vendor")

    def __init__(self, limits: Limits, headers: Headers, *, vendor: str, keep_source: bool) -> None:
        self._body = BodyBuffer(limits.body)
        self._limits = limits
        self._vendor = vendor
        self._cost_text = headers.get(LITELLM_COST_HEADER)
        self._keep_source = keep_source
        self._closed = False

    def receive_data(self, data: bytes) -> list[Item]:
        """Nothing, until the body ends; a failure when it crosses its limit."""
        if self._closed or self._body.add(data):
            return []
        self._closed = True
        return [_failed("limit_exceeded", f"the reply is larger than {self._limits.body} bytes (limit body)")]

    def receive_eof(self) -> list[Item]:
        """The items of the whole reply."""
        if self._closed:
            return []
        self._closed = True
        body = self._body.take()
        if not body:
            return [_failed("truncated", "the reply has no body")]
        items: list[Item] = [SourceEvent(body)] if self._keep_source else []
        try:
            value = decode_json(body, depth=self._limits.depth)
        except Unreadable as fault:
            items.append(
                _failed("limit_exceeded" if fault.limit else "malformed", f"the reply cannot be read: {fault}")
            )
            return items
        if is_object(value) and value.get("error"):
            items.append(FailureReported(failure_from_reply(value["error"])))
        elif is_object(value) and is_list(value.get("output")):
            self._read(value, body, items)
        elif is_object(value) and is_list(value.get("choices")) and value["choices"]:
            if not ChatReading(self._limits).read(body, items, whole=True):
                items.append(ReplyEnded(EVIDENCE))
        else:
            items.append(_failed("malformed", "the reply is no response: it has no output; check base_url and dialect"))
        return items

    def _read(self, value: dict[str, object], body: bytes, items: list[Item]) -> None:
        Reading(self._limits, self._vendor).read_whole(value, body, items, evidence=EVIDENCE)
        if self._cost_text and isinstance(items[-1], ReplyEnded):
            cost = cost_from_text(self._cost_text, LITELLM_COST_HEADER)
            if cost is not None:
                items.insert(-1, CostReported(cost))


def _failed(kind: FailureKind, message: str) -> FailureReported:
    return FailureReported(Failure(kind=kind, message=message))
