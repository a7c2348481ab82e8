"""One JSON text of a reply (an event's data, an element of an array, or a whole body) -> items.

* The typed reader takes text and nothing else; what it cannot take, the general one does, and the items are the same whichever reads.
  After `MISSES_IN_A_ROW` misses the typed one is left out for `GENERAL_FOR` texts.
* A text with an `error` is a failure with the server's words, whatever else it holds.
* Nothing raises: what is wrong with the text is a `FailureReported`, after the items before the fault.
"""

from __future__ import annotations

import msgspec

from muxer_core.dialects.gemini.assembly import Assembly
from muxer_core.dialects.gemini.candidate import LimitCrossed, MalformedChunk
from muxer_core.dialects.gemini.chunks import decode_plain_chunk
from muxer_core.dialects.gemini.failures import failure_from_reply
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.values.failure import Failure, FailureKind
from muxer_core.values.items import FailureReported, Item, ReplyEnded
from muxer_core.wire.json import Unreadable
from muxer_core.wire.json import decode as decode_json
from muxer_core.wire.limits import Limits

MISSES_IN_A_ROW = 4
GENERAL_FOR = 32


class Reading:
    """Reads the texts of one reply into items."""

    __slots__ = ("_depth", "_general_left", "_misses", "assembly")

    def __init__(self, limits: Limits) -> None:
        self.assembly = Assembly()
        self._depth = limits.depth
        self._general_left = 0
        self._misses = 0

    def read(self, data: bytes, items: list[Item]) -> bool:
        """Append the items of one text; True when nothing may follow, because the last item is a failure."""
        if self._general_left:
            self._general_left -= 1
        elif self.assembly.started:
            try:
                plain = decode_plain_chunk(data)
            except (msgspec.MsgspecError, RecursionError, UnicodeError):
                self._misses += 1
                if self._misses == MISSES_IN_A_ROW:
                    self._misses, self._general_left = 0, GENERAL_FOR
            else:
                self._misses = 0
                try:
                    self.assembly.add_plain(plain, items)
                except LimitCrossed as fault:
                    items.append(_failed("limit_exceeded", str(fault)))
                    return True
                return False
        return self.read_general(data, items)

    def read_general(self, data: bytes, items: list[Item]) -> bool:
        """As `read`, for any text."""
        try:
            value = decode_json(data, depth=self._depth)
        except Unreadable as fault:
            kind: FailureKind = "limit_exceeded" if fault.limit else "malformed"
            items.append(_failed(kind, f"the server sent text that cannot be read: {fault}"))
            return True
        if is_list(value) and len(value) == 1:
            value = value[0]  # an error in a list, or a stream of one chunk
        if not is_object(value):
            items.append(_failed("malformed", "the server sent JSON that is no object where a chunk was due"))
            return True
        error = value.get("error")
        if error:
            items.append(FailureReported(failure_from_reply(error)))
            return True
        try:
            self.assembly.add(value, items)
        except MalformedChunk as fault:
            items.append(_failed("malformed", f"the server sent a chunk that cannot be read: {fault}"))
            return True
        except LimitCrossed as fault:
            items.append(_failed("limit_exceeded", str(fault)))
            return True
        return False


def ended(reading: Reading, evidence: str) -> Item:
    """The last item of a reply with evidence of completion: a failure where every candidate ended in an error and none brought content."""
    word = reading.assembly.failed_word
    if word is not None:
        message = f"the provider ended the answer with finishReason {word!r} and no content"
        return FailureReported(Failure(kind="server_error", message=message, code=word))
    return ReplyEnded(evidence)


def _failed(kind: FailureKind, message: str) -> FailureReported:
    return FailureReported(Failure(kind=kind, message=message))
