"""A whole reply to a client that speaks Gemini: all of its bytes come with the end. A seal stands in its very part."""

from __future__ import annotations

from collections.abc import Iterable

from muxer_core.dialects.gemini.failures import error_of
from muxer_core.dialects.gemini.names import NAME, JsonObject, merged
from muxer_core.dialects.gemini.parts import json_text
from muxer_core.dialects.gemini.server_parts import Call, image_part, seal_text
from muxer_core.dialects.gemini.server_telling import Telling, shown_as
from muxer_core.dialects.json_text import is_object
from muxer_core.dialects.server import Answering
from muxer_core.values.items import (
    AudioDelta,
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


class _Parts:
    """The parts of one candidate of a whole reply. `open` is the kind of the part that may yet grow."""

    __slots__ = ("calls", "open", "parts", "seals")

    def __init__(self) -> None:
        self.parts: list[JsonObject | Call] = []
        self.calls: dict[int, Call] = {}
        self.open = ""

    def grow(self, kind: str, text: str) -> JsonObject:
        last = self.parts[-1] if self.parts else None
        if self.open == kind and is_object(last):
            last["text"] += text
            return last
        part: JsonObject = {"text": text, "thought": True} if kind == "thought" else {"text": text}
        self.parts.append(part)
        self.open = kind
        return part

    def add(self, part: JsonObject, kind: str = "") -> None:
        self.parts.append(part)
        self.open = kind


class WholeEncoder:
    """Encodes a whole reply (`server.ReplyEncoder`): all of its bytes come with `ReplyEnded`."""

    __slots__ = ("_answering", "_closed", "_parts", "_sources", "_status", "_telling")

    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self._telling = Telling(answering)
        self._parts: dict[int, _Parts] = {}
        self._sources: list[bytes] = []
        self._closed = False
        self._status = 200

    @property
    def head(self) -> ResponseHead:
        """Status and headers; the status is that of a failure, once one has come."""
        return ResponseHead(self._status, Headers((("content-type", "application/json; charset=UTF-8"),)))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What this dialect could not say."""
        return tuple(self._telling.warnings)

    def receive_items(self, items: Iterable[Item]) -> bytes:
        """The whole body with `ReplyEnded`, or an error; else nothing."""
        for item in items:
            if self._closed:
                break
            match item:
                case FailureReported():
                    self._closed = True
                    self._status = item.failure.status_hint
                    return json_text({"error": error_of(item.failure)}).encode()
                case ReplyEnded():
                    self._closed = True
                    return self._body()
                case SourceEvent():
                    self._sources.append(item.data)
                case _:
                    if not self._telling.take(item):
                        self._take_part(item)
        return b""

    def _body(self) -> bytes:
        if self._answering.source == NAME and len(self._sources) == 1:
            return shown_as(self._sources[0], self._answering.model)
        contents: dict[int, list[JsonObject]] = {}
        for choice, said in self._parts.items():
            contents[choice] = []
            for one in said.parts:
                part = one.part() if isinstance(one, Call) else one
                if part is not None:
                    contents[choice].append(part)
                elif isinstance(one, Call):
                    self._telling.of(choice).malformed = "".join(one.arguments)
        return json_text(self._telling.last(contents)).encode("utf-8", "replace")

    def _of(self, choice: int) -> _Parts:
        self._telling.of(choice)
        known = self._parts.get(choice)
        if known is None:
            known = self._parts[choice] = _Parts()
        return known

    def _take_part(self, item: Item) -> None:
        choice: int = getattr(item, "choice", 0)
        match item:
            case TextDelta() | RefusalDelta():
                if isinstance(item, RefusalDelta):
                    self._telling.refused()
                self._telling.of(choice).text.append(item.text)
                self._of(choice).grow("text", item.text)
            case ReasoningDelta():
                self._think(item)
            case ToolCallDelta():
                said = self._of(choice)
                call = said.calls.get(item.call)
                if call is None:
                    call = said.calls[item.call] = Call()
                    said.parts.append(call)
                    said.open = ""
                call.add(item)
            case SignatureReported():
                self._sign(item)
            case PartEnded():
                self._end_part(item)
            case ImageDelta():
                self._of(choice).add(image_part(item.url), "image")
            case AudioDelta():
                self._speak(item)
            case ServerToolReported():
                tool = self._telling.tool_part(item)
                if tool is not None:
                    self._of(choice).add(tool)
            case _:
                pass  # costs and warnings are no part of this API

    def _think(self, item: ReasoningDelta) -> None:
        said = self._of(item.choice)
        seal = seal_text(item.signature, item.encrypted, item.vendor or self._telling.vendor, item.id)
        part = said.grow("thought", item.text)
        if seal is not None:
            part["thoughtSignature"] = seal
            said.open = ""

    def _sign(self, item: SignatureReported) -> None:
        said = self._of(item.choice)
        seal = seal_text(item.signature, None, item.vendor or self._telling.vendor)
        call = None if item.call is None else said.calls.get(item.call)
        if call is not None:
            call.seal = seal
            return
        last = said.parts[-1] if said.parts else None
        if said.open in ("text", "image") and is_object(last):
            last["thoughtSignature"] = seal
        else:
            said.add({"text": "", "thoughtSignature": seal})
        said.open = ""

    def _end_part(self, item: PartEnded) -> None:
        said = self._of(item.choice)
        if item.call is not None:
            call = said.calls.get(item.call)
            if call is not None and self._telling.native:
                call.extras, call.form = item.extras, item.form
            return
        last = said.parts[-1] if said.parts else None
        if self._telling.native and said.open and is_object(last):
            merged(last, item.extras)
        said.open = ""

    def _speak(self, item: AudioDelta) -> None:
        said = self._of(item.choice)
        last = said.parts[-1] if said.parts else None
        if item.data:
            blob = last.get("inlineData") if said.open == "audio" and is_object(last) else None
            if is_object(blob):
                blob["data"] += item.data
            else:
                kind = self._telling.audio_type(item.choice)
                said.add({"inlineData": {"mimeType": kind, "data": item.data}}, "audio")
        if item.transcript:
            said.grow("transcript", item.transcript)
