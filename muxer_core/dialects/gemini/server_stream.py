"""A streamed reply to a client that speaks Gemini: server-sent events, or one JSON array.

| what happens | the stream |
| --- | --- |
| a delta | a chunk with one part; a call once it is whole |
| the reply ends | one last chunk: finish reasons, findings, usage; an array is closed |
| a failure after the start | an error object (`data: {"error": …}`, or an element of the array); then nothing: an array stays open |

A seal on text is told in a part of its own with empty text, as the vendor does, since the text before it was delivered.
"""

from __future__ import annotations

from collections.abc import Iterable

from muxer_core.dialects.field_table import left_out
from muxer_core.dialects.gemini.failures import error_of
from muxer_core.dialects.gemini.names import NAME, JsonObject
from muxer_core.dialects.gemini.parts import json_text
from muxer_core.dialects.gemini.server_parts import Call, image_part, seal_text
from muxer_core.dialects.gemini.server_telling import Telling, holds_error, shown_as
from muxer_core.dialects.server import Answering, Asked
from muxer_core.values.items import (
    AudioDelta,
    ChoiceFinished,
    FailureReported,
    ImageDelta,
    Item,
    PartEnded,
    ReasoningDelta,
    RefusalDelta,
    ReplyEnded,
    ServerToolReported,
    SignatureReported,
    SourceEvent,
    TextDelta,
    ToolCallDelta,
)
from muxer_core.wire.heads import Headers, ResponseHead


class StreamEncoder:
    """Encodes a streamed reply (`server.ReplyEncoder`)."""

    __slots__ = ("_array", "_calls", "_closed", "_count", "_failed", "_model", "_passing", "_telling")

    def __init__(self, asked: Asked, answering: Answering) -> None:
        self._array = "array" in asked.form
        self._telling = Telling(answering)
        self._passing = answering.source == NAME
        self._model = answering.model
        self._calls: dict[tuple[int, int], Call] = {}
        self._count = 0
        self._closed = False
        self._failed = False

    @property
    def head(self) -> ResponseHead:
        """Status and headers."""
        kind = "application/json; charset=UTF-8" if self._array else "text/event-stream"
        return ResponseHead(200, Headers((("content-type", kind),)))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What this dialect could not say."""
        return tuple(self._telling.warnings)

    def receive_items(self, items: Iterable[Item]) -> bytes:
        """The bytes that these items complete."""
        written: list[bytes] = []
        for item in items:
            if self._closed:
                break
            if isinstance(item, FailureReported):
                self._closed = True
                if not self._failed:
                    written.append(self._event(json_text({"error": error_of(item.failure)}).encode()))
            elif isinstance(item, ReplyEnded):
                self._closed = True
                if not self._passing:
                    written += self._flush_all()
                    written.append(self._write(self._telling.last(self._endings())))
                if self._array:
                    written.append(b"]" if self._count else b"[]")
            elif self._passing:
                if isinstance(item, SourceEvent):
                    self._failed = holds_error(item.data)
                    written.append(self._event(shown_as(item.data, self._model)))
            elif not isinstance(item, SourceEvent) and not self._take_finding(item, written):
                self._take_part(item, written)
        return b"".join(written)

    def _take_finding(self, item: Item, written: list[bytes]) -> bool:
        if isinstance(item, ChoiceFinished):
            written += self._flush(item.choice)
        return self._telling.take(item)

    def _endings(self) -> dict[int, list[JsonObject]]:
        """Clients want content in every chunk: an empty text says nothing."""
        return {index: [{"text": ""}] for index in self._telling.candidates}

    def _take_part(self, item: Item, written: list[bytes]) -> None:
        choice: int = getattr(item, "choice", 0)
        match item:
            case TextDelta():
                self._telling.of(choice).text.append(item.text)
                self._say(choice, {"text": item.text}, written)
            case RefusalDelta():
                self._telling.refused()
                self._say(choice, {"text": item.text}, written)
            case ReasoningDelta():
                self._think(item, written)
            case ToolCallDelta():
                self._calls.setdefault((choice, item.call), Call()).add(item)
            case SignatureReported():
                self._sign(item, written)
            case PartEnded():
                self._end_part(item, written)
            case ImageDelta():
                self._say(choice, image_part(item.url), written)
            case AudioDelta():
                self._speak(item, written)
            case ServerToolReported():
                tool = self._telling.tool_part(item)
                if tool is not None:
                    self._say(choice, tool, written)
            case _:
                pass  # costs and warnings are no part of this API

    def _think(self, item: ReasoningDelta, written: list[bytes]) -> None:
        part: JsonObject = {"text": item.text, "thought": True}
        seal = seal_text(item.signature, item.encrypted, item.vendor or self._telling.vendor, item.id)
        if seal is not None:
            part["thoughtSignature"] = seal
        if item.text or seal is not None:
            self._say(item.choice, part, written)

    def _speak(self, item: AudioDelta, written: list[bytes]) -> None:
        if item.data:
            kind = self._telling.audio_type(item.choice)
            self._say(item.choice, {"inlineData": {"mimeType": kind, "data": item.data}}, written)
        if item.transcript:
            self._say(item.choice, {"text": item.transcript}, written)

    def _sign(self, item: SignatureReported, written: list[bytes]) -> None:
        seal = seal_text(item.signature, None, item.vendor or self._telling.vendor)
        call = None if item.call is None else self._calls.get((item.choice, item.call))
        if call is not None:
            call.seal = seal
        else:
            self._say(item.choice, {"text": "", "thoughtSignature": seal}, written)

    def _end_part(self, item: PartEnded, written: list[bytes]) -> None:
        if item.call is None:
            if item.extras:
                self._telling.warnings += [left_out(name, NAME, "its part was told before it") for name in item.extras]
            return
        call = self._calls.get((item.choice, item.call))
        if call is not None:
            if self._telling.native:
                call.extras, call.form = item.extras, item.form
            written += self._flush(item.choice, item.call)

    def _flush(self, choice: int, number: int | None = None) -> list[bytes]:
        """Write the calls of a choice that are whole; all of them, or one."""
        written: list[bytes] = []
        for key in [one for one in self._calls if one[0] == choice and number in (None, one[1])]:
            call = self._calls.pop(key)
            part = call.part()
            if part is None:
                self._telling.of(choice).malformed = "".join(call.arguments)
            else:
                self._say(choice, part, written)
        return written

    def _flush_all(self) -> list[bytes]:
        return [data for choice in sorted({key[0] for key in self._calls}) for data in self._flush(choice)]

    def _say(self, choice: int, part: JsonObject, written: list[bytes]) -> None:
        self._telling.of(choice)
        candidate = {"content": {"role": "model", "parts": [part]}, "index": choice}
        written.append(self._write(self._telling.chunk([candidate])))

    def _write(self, chunk: JsonObject) -> bytes:
        return self._event(json_text(chunk).encode("utf-8", "replace"))

    def _event(self, data: bytes) -> bytes:
        self._count += 1
        if self._array:
            return (b"[" if self._count == 1 else b"\r\n,") + data
        return b"data: " + b"\r\ndata: ".join(data.splitlines()) + b"\r\n\r\n"
