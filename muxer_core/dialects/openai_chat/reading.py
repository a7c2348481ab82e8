"""One JSON text of a reply (an event's data, or a whole body) -> items. Shared by the stream decoder and the whole-reply decoder.

Rules that hold here:

* The typed reader is tried first; what it cannot take, the lenient one does. After `MISSES_IN_A_ROW` misses the typed try is left out
  for the next `LENIENT_FOR` texts, so that a server with fields of its own does not pay for both. The items are the same either way.
* A text with an `error` is a failure with the server's words, whatever else it holds.
* Nothing raises: what is wrong with the text is a `FailureReported`, after the items before the fault.
"""

from __future__ import annotations

from typing import Any

import msgspec

from muxer_core.dialects.json_text import is_object, read_json
from muxer_core.dialects.openai_chat.assembly import Assembly, LimitCrossed
from muxer_core.dialects.openai_chat.chunks import Chunk, Leftovers, MalformedChunk, decode_chunk, json_text, read_chunk
from muxer_core.dialects.openai_chat.costs import cost_beside_usage
from muxer_core.dialects.openai_chat.failures import failure_from_reply
from muxer_core.values.failure import Failure
from muxer_core.values.items import CostReported, FailureReported, Item
from muxer_core.wire.json import Unreadable
from muxer_core.wire.limits import Limits

MISSES_IN_A_ROW = 4
LENIENT_FOR = 64


class _Texts(msgspec.Struct, gc=False):
    """The text of the fields whose digits or nesting matter."""

    usage: msgspec.Raw | None = None
    cost: msgspec.Raw | None = None


class Reading:
    """Reads the texts of one reply into items."""

    __slots__ = ("_depth", "_misses", "_skip", "assembly")

    def __init__(self, limits: Limits) -> None:
        self.assembly = Assembly(limits.depth)
        self._depth = limits.depth
        self._misses = 0
        self._skip = 0

    def read(self, data: bytes, items: list[Item], *, whole: bool = False, failed: bool = False) -> bool:
        """Append the items of one text; True when nothing may follow, because the last item is a failure.

        `whole` says that the text is a whole reply; `failed` that its event is named `error`.
        """
        if self._skip:
            self._skip -= 1
        elif not whole:
            try:
                chunk = decode_chunk(data)
            except (msgspec.MsgspecError, RecursionError, UnicodeError):
                self._misses += 1
                if self._misses == MISSES_IN_A_ROW:
                    self._misses, self._skip = 0, LENIENT_FOR
            else:
                self._misses = 0
                if not failed:
                    return self._add(chunk, None, items)
        return self._read_leniently(data, items, whole=whole, failed=failed)

    def _read_leniently(self, data: bytes, items: list[Item], *, whole: bool, failed: bool) -> bool:
        try:
            value = read_json(data, depth=self._depth)
        except Unreadable as fault:
            items.append(
                FailureReported(Failure(kind="malformed", message=f"the server sent text that is no JSON: {fault}"))
            )
            return True
        if value is None:
            return False
        if not is_object(value):
            items.append(
                FailureReported(
                    Failure(kind="malformed", message="the server sent JSON that is no object where a chunk was due")
                )
            )
            return True
        error = value.get("error")
        if error or failed:
            items.append(FailureReported(failure_from_reply(error or value)))
            return True
        return self._read_object(data, value, items, whole=whole)

    def _read_object(self, data: bytes, value: dict[str, Any], items: list[Item], *, whole: bool) -> bool:
        texts = _texts(data, value)
        try:
            chunk, leftovers = read_chunk(value, texts.usage, whole=whole)
        except MalformedChunk as fault:
            items.append(_malformed(fault))
            return True
        cost = leftovers.reply.get("cost")
        if self._add(chunk, leftovers, items):
            return True
        if cost is not None:
            reported = cost_beside_usage(cost, texts.cost)
            if reported is not None:
                items.append(CostReported(reported))
        return False

    def _add(self, chunk: Chunk, leftovers: Leftovers | None, items: list[Item]) -> bool:
        try:
            self.assembly.add(chunk, leftovers, items)
        except MalformedChunk as fault:
            items.append(_malformed(fault))
            return True
        except LimitCrossed as crossed:
            items.append(FailureReported(Failure(kind="limit_exceeded", message=str(crossed))))
            return True
        return False


def _malformed(fault: MalformedChunk) -> FailureReported:
    return FailureReported(Failure(kind="malformed", message=f"the server sent a chunk that cannot be read: {fault}"))


def _texts(data: bytes, value: dict[str, Any]) -> _Texts:
    """The text of `usage` and `cost`, as it was sent where it can be cut out of the data, else written anew."""
    usage = value.get("usage")
    if usage is None:
        groq = value.get("x_groq")
        usage = groq.get("usage") if is_object(groq) else None
        return _Texts(_encoded(usage))
    try:
        return msgspec.json.decode(data, type=_Texts)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return _Texts(_encoded(usage))


def _encoded(value: Any) -> msgspec.Raw | None:
    return None if value is None else msgspec.Raw(json_text(value).encode())
