"""One JSON text of a reply (an event's data, or a whole body) -> items. Shared by the stream decoder and the whole-reply decoder.

Rules that hold here:

* Three readers, each wider and slower than the one before: nothing but text, everything that is common, anything. What one cannot take,
  the next does, and the items are the same whichever reads. So that a server with fields of its own does not pay for every try, the
  narrow one is left out for `WIDE_FOR` events after a miss, and both typed ones for `LENIENT_FOR` events after `MISSES_IN_A_ROW`.
* A text with an `error` is a failure with the server's words, whatever else it holds.
* Nothing raises: what is wrong with the text is a `FailureReported`, after the items before the fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec

from muxer_core.dialects.json_text import is_object
from muxer_core.dialects.openai_chat.assembly import Assembly
from muxer_core.dialects.openai_chat.chunks import (
    NOTHING,
    Chunk,
    MalformedChunk,
    PlainChunk,
    decode_chunk,
    decode_plain_chunk,
    is_told,
    json_text,
    read_chunk,
)
from muxer_core.dialects.openai_chat.costs import cost_beside_usage
from muxer_core.dialects.openai_chat.failures import failure_from_reply
from muxer_core.dialects.openai_chat.forms import DIALECT
from muxer_core.dialects.openai_chat.tool_call_numbers import LimitCrossed
from muxer_core.values.failure import Failure, FailureKind
from muxer_core.values.items import CostReported, FailureReported, Item, SourceEvent
from muxer_core.wire.json import Unreadable
from muxer_core.wire.json import decode as decode_json
from muxer_core.wire.limits import Limits
from muxer_core.wire.sse import SseEvent

MISSES_IN_A_ROW = 4
LENIENT_FOR = 64
WIDE_FOR = 16

MISS = (msgspec.MsgspecError, RecursionError, UnicodeError)
"""What a typed reader raises for a text that a wider one must take."""


class _Texts(msgspec.Struct, gc=False):
    """The text of the fields whose digits or nesting matter."""

    usage: msgspec.Raw = NOTHING
    cost: msgspec.Raw = NOTHING


class Shape(NamedTuple):
    """How the texts of an API that is like chat completions are brought to chunks.

    * `plain` and `wide` are the typed readers; without `wide`, what `plain` cannot take is read leniently.
    * `as_chunk` makes a chunk (or a whole reply) of a decoded text before it is read leniently.
    * `unmarked`: is this a text of a stream that has no end mark? Then the end of its body is all the evidence that there is.
    """

    dialect: str
    plain: Callable[[bytes], PlainChunk]
    wide: Callable[[bytes], Chunk] | None = None
    as_chunk: Callable[[dict[str, Any], bool], dict[str, Any]] | None = None
    unmarked: Callable[[dict[str, Any]], bool] | None = None


CHAT = Shape(DIALECT, decode_plain_chunk, decode_chunk)


class Reading:
    """Reads the texts of one reply into items. `unmarked` says that its stream has no end mark."""

    __slots__ = ("_depth", "_misses", "_shape", "_wide_left", "assembly", "lenient_left", "unmarked")

    def __init__(self, limits: Limits, shape: Shape = CHAT) -> None:
        self.assembly = Assembly(limits.depth, shape.dialect)
        self.lenient_left = 0
        self.unmarked = False
        self._shape = shape
        self._depth = limits.depth
        self._misses = 0
        self._wide_left = 0

    def read_events(
        self, events: Iterable[SseEvent], items: list[Item], *, keep_source: bool = False
    ) -> SseEvent | None:
        """Append the items of events that the typed reader takes; the first event that needs more is given back, None when none does.

        `keep_source` puts each event, also the one given back, before its items.

        This is the path of nearly every chunk, so it does nothing else. Raises `LimitCrossed`.
        """
        assembly = self.assembly
        add_plain = assembly.add_plain
        plain_chunk, wide_chunk = self._shape.plain, self._shape.wide
        for event in events:
            data = event.data
            if keep_source:
                items.append(SourceEvent(data, event.event))
            if event.event or self.lenient_left:
                return event
            if self._wide_left:
                self._wide_left -= 1
            elif assembly.started:
                try:
                    plain = plain_chunk(data)
                except MISS:
                    self._wide_left = WIDE_FOR
                else:
                    add_plain(plain, items)
                    continue
            if wide_chunk is None:
                return event
            try:
                chunk = wide_chunk(data)
            except MISS:
                self._misses += 1
                if self._misses == MISSES_IN_A_ROW:
                    self._misses, self.lenient_left = 0, LENIENT_FOR
                return event
            self._misses = 0
            assembly.add(chunk, None, items)
        return None

    def read(self, data: bytes, items: list[Item], *, whole: bool = False, failed: bool = False) -> bool:
        """Append the items of one text, read leniently; True when nothing may follow, because the last item is a failure.

        `whole` says that the text is a whole reply; `failed` that its event is named `error`.
        """
        try:
            value = decode_json(data, depth=self._depth)
        except Unreadable as fault:
            kind: FailureKind = "limit_exceeded" if fault.limit else "malformed"
            items.append(
                FailureReported(Failure(kind=kind, message=f"the server sent text that cannot be read: {fault}"))
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
        shape = self._shape
        if shape.unmarked is not None and shape.unmarked(value):
            self.unmarked = True
        if shape.as_chunk is not None:
            value = shape.as_chunk(value, whole)
        return self._read_object(data, value, items, whole=whole)

    def _read_object(self, data: bytes, value: dict[str, Any], items: list[Item], *, whole: bool) -> bool:
        texts = _texts(data, value)
        try:
            chunk, leftovers = read_chunk(value, texts.usage, whole=whole)
            cost = leftovers.reply.get("cost")
            self.assembly.add(chunk, leftovers, items)
        except (MalformedChunk, LimitCrossed) as fault:
            items.append(fault_failure(fault))
            return True
        if cost is not None:
            reported = cost_beside_usage(cost, texts.cost if is_told(texts.cost) else None)
            if reported is not None:
                items.append(CostReported(reported))
        return False


def fault_failure(fault: MalformedChunk | LimitCrossed) -> FailureReported:
    """The failure that a fault inside a chunk becomes."""
    if isinstance(fault, LimitCrossed):
        return FailureReported(Failure(kind="limit_exceeded", message=str(fault)))
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


def _encoded(value: Any) -> msgspec.Raw:
    return NOTHING if value is None else msgspec.Raw(json_text(value).encode())
