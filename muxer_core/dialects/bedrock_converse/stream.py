"""The decoders of ConverseStream and Converse: frames of an AWS event stream, or a whole JSON body -> items.

| the body | is read as |
| --- | --- |
| begins with a byte below 0x20 that is no white space | frames (a frame's length is never so large that its first byte is a letter) |
| content type `application/x-ndjson`, `application/jsonl` | JSON lines, each `{"<event>": {…}}`: what AWS SDKs give to programs |
| anything else | a whole reply: proxies that do not stream, refusals, and HTML pages |

| in a frame | means |
| --- | --- |
| `:message-type` `event`, or none | the event that `:event-type` names |
| `:message-type` `exception` | a failure; `:exception-type` names it; nothing follows |
| `:message-type` `error` | a failure; `:error-code` and `:error-message` tell it |
| an event whose name ends in `Exception` | a failure likewise |
| a wrong checksum, or lengths that contradict each other | failure `malformed` |

When a reply is complete is the table in `words`. What follows the end is not read. The bytes of a `SourceEvent` are a frame's payload.
"""

from __future__ import annotations

import msgspec

from muxer_core.dialects.bedrock_converse.assembly import Assembly
from muxer_core.dialects.bedrock_converse.failures import failure_from_event, failure_in_body
from muxer_core.dialects.bedrock_converse.options import BedrockConverseOptions
from muxer_core.dialects.bedrock_converse.words import EVIDENCE_METADATA, EVIDENCE_STOPPED, ended
from muxer_core.dialects.json_events import Fault, read_object
from muxer_core.dialects.json_text import is_object
from muxer_core.dialects.whole_body import EVIDENCE, BodyBuffer
from muxer_core.values.failure import Failure
from muxer_core.values.items import FailureReported, Item, SourceEvent
from muxer_core.wire.aws_event_stream import AwsEventStreamDecoder, EventFrame
from muxer_core.wire.heads import ResponseHead
from muxer_core.wire.limits import Limits
from muxer_core.wire.ndjson import NdjsonDecoder

REQUEST_ID = "x-amzn-requestid"

_FRAMES = frozenset(range(0x20)) - frozenset(b"\t\n\r")
_LINES = ("application/x-ndjson", "application/jsonl")


class _Text(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    text: str


class _TextDelta(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """The event of nearly every frame."""

    delta: _Text
    contentBlockIndex: int  # noqa: N815 the service's name
    p: str = ""


_decode_text = msgspec.json.Decoder(_TextDelta).decode


class StreamDecoder:
    """Decodes one streamed reply. Obeys law 1: the items are the same under any cut of the same bytes."""

    __slots__ = ("_assembly", "_closed", "_frames", "_head", "_keep_source", "_limits", "_lines", "_options", "_whole")

    def __init__(
        self, head: ResponseHead, limits: Limits, options: BedrockConverseOptions, *, keep_source: bool
    ) -> None:
        self._head = head
        self._limits = limits
        self._options = options
        self._keep_source = keep_source
        self._assembly = Assembly(limits, head.headers.get(REQUEST_ID), options.seal_vendor)
        self._frames: AwsEventStreamDecoder | None = None
        self._lines: NdjsonDecoder | None = None
        self._whole: WholeDecoder | None = None
        self._closed = False

    def receive_data(self, data: bytes) -> list[Item]:
        """The items that these bytes complete."""
        if self._closed or not data:
            return []
        if self._frames is None and self._lines is None and self._whole is None:
            self._choose(data[0])
        if self._whole is not None:
            return self._whole.receive_data(data)
        items: list[Item] = []
        if self._frames is not None:
            self._read_frames(self._frames, data, items)
        elif self._lines is not None:
            self._read_lines(self._lines, self._lines.receive_data(data), items)
        return items

    def receive_eof(self) -> list[Item]:
        """The items that the end of the body completes: the evidence of completion, or a failure."""
        if self._whole is not None:
            return self._whole.receive_eof()
        if self._closed:
            return []
        items: list[Item] = []
        if self._lines is not None:
            self._read_lines(self._lines, self._lines.receive_eof(), items)
            if self._closed:
                return items
        self._closed = True
        reason = self._assembly.stop_reason
        if self._frames is not None and self._frames.pending:
            items.append(Fault("the stream ended inside a frame", "truncated").reported)
        elif reason is None:
            how = "without messageStop" if self._assembly.started else "before any answer began"
            items.append(Fault(f"the stream ended {how}", "truncated").reported)
        else:
            items.append(ended(reason, EVIDENCE_STOPPED))
        return items

    def _choose(self, first: int) -> None:
        kind = (self._head.headers.get("content-type") or "").strip().lower()
        if kind.startswith(_LINES):
            self._lines = NdjsonDecoder(self._limits)
        elif first in _FRAMES:
            self._frames = AwsEventStreamDecoder(self._limits)
        else:
            self._whole = WholeDecoder(self._head, self._limits, self._options, keep_source=self._keep_source)

    def _read_frames(self, decoder: AwsEventStreamDecoder, data: bytes, items: list[Item]) -> None:
        for frame in decoder.receive_data(data):
            if self._take_frame(frame, items):
                self._closed = True
                return
        self._stop_at(decoder.failure, items)

    def _read_lines(self, decoder: NdjsonDecoder, lines: list[bytes], items: list[Item]) -> None:
        for line in lines:
            if self._keep_source:
                items.append(SourceEvent(line))
            try:
                event = read_object(line, depth=self._limits.depth, what="a line of the stream")
                closed = any(self._take(name, value, items) for name, value in event.items())
            except Fault as fault:
                items.append(fault.reported)
                closed = True
            if closed:
                self._closed = True
                return
        self._stop_at(decoder.failure, items)

    def _stop_at(self, failure: Failure | None, items: list[Item]) -> None:
        if failure is not None:
            self._closed = True
            items.append(FailureReported(failure))

    def _take_frame(self, frame: EventFrame, items: list[Item]) -> bool:
        """Append the items of a frame; True when nothing may follow."""
        name, payload = frame.text(":event-type"), frame.payload
        if self._keep_source:
            items.append(SourceEvent(payload, name or frame.text(":exception-type")))
        kind = frame.text(":message-type")
        if kind == "error":
            value = {"message": frame.text(":error-message")}
            items.append(FailureReported(failure_from_event(frame.text(":error-code"), value)))
            return True
        if name == "contentBlockDelta" and kind != "exception":
            try:
                delta = _decode_text(payload)
            except (msgspec.MsgspecError, UnicodeError):
                pass
            else:
                if delta.contentBlockIndex >= 0:
                    self._assembly.add_text(delta.contentBlockIndex, delta.delta.text, items)
                    return False
        try:
            value = read_object(payload, depth=self._limits.depth, what="the payload of a frame") if payload else {}
            failed = kind == "exception"
            return self._take(frame.text(":exception-type") if failed else name, value, items, failed=failed)
        except Fault as fault:
            items.append(fault.reported)
            return True

    def _take(self, name: str, value: object, items: list[Item], *, failed: bool = False) -> bool:
        """Append the items of an event; True when nothing may follow. Raises `Fault`."""
        if failed or name.endswith("Exception"):
            items.append(FailureReported(failure_from_event(name, value)))
            return True
        if not is_object(value):
            raise Fault(f"the event {name} is no object")
        assembly = self._assembly
        assembly.add_event(name, value, items)
        if name == "metadata" and assembly.stop_reason is not None:
            items.append(ended(assembly.stop_reason, EVIDENCE_METADATA))
            return True
        return False


class WholeDecoder:
    """Decodes a whole reply at the end of its body."""

    __slots__ = ("_body", "_closed", "_head", "_keep_source", "_limits", "_options")

    def __init__(
        self, head: ResponseHead, limits: Limits, options: BedrockConverseOptions, *, keep_source: bool
    ) -> None:
        self._body = BodyBuffer(limits.body)
        self._head = head
        self._limits = limits
        self._options = options
        self._keep_source = keep_source
        self._closed = False

    def receive_data(self, data: bytes) -> list[Item]:
        """Nothing, until the body ends; a failure when it crosses its limit."""
        if self._closed or self._body.add(data):
            return []
        self._closed = True
        return [Fault(f"the reply is larger than {self._limits.body} bytes (limit body)", "limit_exceeded").reported]

    def receive_eof(self) -> list[Item]:
        """The items of the whole reply."""
        if self._closed:
            return []
        self._closed = True
        body = self._body.take()
        if not body:
            return [Fault("the reply has no body", "truncated").reported]
        items: list[Item] = [SourceEvent(body)] if self._keep_source else []
        assembly = Assembly(self._limits, self._head.headers.get(REQUEST_ID), self._options.seal_vendor)
        try:
            reply = read_object(body, depth=self._limits.depth, what="the reply")
            if reply.get("error"):
                return [*items, FailureReported(failure_in_body(reply["error"]))]
            assembly.add_whole(reply, items)
        except Fault as fault:
            return [*items, fault.reported]
        items.append(ended(assembly.stop_reason or "", EVIDENCE))
        return items
