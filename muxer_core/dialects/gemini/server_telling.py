"""What of a reply is known beside its parts, for both encoders of the server role; and chunks that pass as they came.

Where the reply comes in this dialect (`Answering.source`), its events pass as they came, but for `modelVersion` where a name is to be
shown; an error among them is not told twice.
"""

from __future__ import annotations

import re

import msgspec

from muxer_core.dialects.field_table import left_out
from muxer_core.dialects.gemini.names import NAME, VENDOR, JsonObject, merged
from muxer_core.dialects.gemini.parts import json_text
from muxer_core.dialects.gemini.server_parts import CATEGORY, Findings, usage_of
from muxer_core.dialects.json_text import is_object, read_json
from muxer_core.dialects.server import Answering
from muxer_core.values.items import (
    ChoiceFinished,
    CitationsReported,
    ExtrasReported,
    Item,
    LogprobsReported,
    ReplyStarted,
    SafetyReported,
    ServerToolReported,
    UsageReported,
)
from muxer_core.values.messages import ProviderPart
from muxer_core.values.usage import Usage
from muxer_core.wire.json import Unreadable

_MODEL = re.compile(rb'("modelVersion"\s*:\s*)"(?:[^"\\]|\\.)*"')


class _TopModel(msgspec.Struct, gc=False, rename="camel"):
    model_version: str | None = None


def shown_as(data: bytes, model: str | None) -> bytes:
    """The bytes of a chunk with another model's name; all else as it came."""
    if model is None:
        return data
    places = _MODEL.findall(data)
    try:
        named = msgspec.json.decode(data, type=_TopModel).model_version
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return data
    if named is None:
        return data
    if len(places) == 1:
        return _MODEL.sub(lambda found: found[1] + msgspec.json.encode(model), data)
    value = read_json(data)
    if is_object(value):
        value["modelVersion"] = model
    return json_text(value).encode()


def holds_error(data: bytes) -> bool:
    """Does the event say an error itself?"""
    if b'"error"' not in data:
        return False
    try:
        value = read_json(data)
    except Unreadable:
        return False
    return is_object(value) and bool(value.get("error"))


class Telling:
    """What of a reply is known beside its parts, and how its chunks begin. Shared by both encoders."""

    __slots__ = ("_answering", "candidates", "extras", "feedback", "native", "started", "usage", "warnings")

    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self.candidates: dict[int, Findings] = {}
        self.started = ReplyStarted()
        self.usage: Usage | None = None
        self.extras: JsonObject = {}
        self.feedback: SafetyReported | None = None
        self.native = False
        self.warnings: list[str] = []

    def of(self, index: int) -> Findings:
        """What is told of a candidate."""
        known = self.candidates.get(index)
        if known is None:
            known = self.candidates[index] = Findings()
        return known

    def take(self, item: Item) -> bool:
        """Take in an item that is no part; False where it is one."""
        match item:
            case ReplyStarted():
                self.started = item
                self.native = item.dialect == NAME
            case UsageReported():
                self.usage = item.usage
            case ChoiceFinished():
                self.of(item.choice).finish = item
            case CitationsReported():
                self.of(item.choice).citations += item.citations
            case LogprobsReported():
                self.of(item.choice).logprobs += item.content
            case SafetyReported() if item.choice is None:
                self.feedback = item
                self._warn_of_categories(item)
            case SafetyReported(choice=int(choice)):
                self.of(choice).safety = item
                self._warn_of_categories(item)
            case ExtrasReported():
                self._take_extras(item)
            case _:
                return False
        return True

    def _warn_of_categories(self, item: SafetyReported) -> None:
        if not self.native and any(not one.category.startswith(CATEGORY) for one in item.results):
            self.warnings.append(left_out("safety", NAME, "its categories are another provider's"))

    def _take_extras(self, item: ExtrasReported) -> None:
        if not self.native:
            self.warnings += [left_out(name, NAME, "it is a field of another dialect") for name in item.fields]
            return
        into = self.extras if item.choice is None else self.of(item.choice).extras
        into.update(item.fields)

    def chunk(self, candidates: list[JsonObject]) -> JsonObject:
        """A chunk with these candidates."""
        return {
            "candidates": candidates,
            "modelVersion": self._answering.model or self.started.model or "",
            "responseId": self.started.id or self._answering.reply_id,
        }

    def last(self, contents: dict[int, list[JsonObject]]) -> JsonObject:
        """The chunk that ends the reply, or the whole of it; `contents` are the parts that it holds itself."""
        blocked = self._blocked()
        candidates: list[JsonObject] = []
        for index in sorted(self.candidates):
            findings = self.candidates[index]
            parts = contents.get(index, [])
            content: JsonObject = {"role": "model", "parts": parts} if parts else {"role": "model"}
            candidates.append({"content": content, **findings.fields(index)})
        told = self.chunk([] if blocked else candidates)
        if blocked:
            del told["candidates"]
        if self.feedback is not None and is_object(self.feedback.native) and self.native:
            told["promptFeedback"] = self.feedback.native
        if self.usage is not None:
            told["usageMetadata"] = usage_of(self.usage)
        return merged(told, self.extras)

    def _blocked(self) -> bool:
        """Was the prompt blocked, so that there is no candidate at all?"""
        native = None if self.feedback is None else self.feedback.native
        return self.native and is_object(native) and bool(native.get("blockReason") or native.get("blockReasonMessage"))

    @property
    def vendor(self) -> str | None:
        """Whose a seal is that names no vendor."""
        return VENDOR if self.native else None

    def audio_type(self, choice: int) -> str:
        """The media type of what a candidate speaks."""
        told = self.of(choice).extras.get("inlineData")
        return str(told.get("mimeType")) if is_object(told) else "audio/wav"

    def tool_part(self, item: ServerToolReported) -> JsonObject | None:
        """The part of a provider's own tool; None, with a warning, where it ran at another provider."""
        part = item.part
        native = part.spec if isinstance(part, ProviderPart) else part.native
        if self.native and native:
            return native
        self.warnings.append(left_out("server_tool", NAME, "it is in the form of another provider"))
        return None

    def refused(self) -> None:
        """Note that a refusal was written as text."""
        self.warnings.append(f"refusal: written as text, because the dialect {NAME} has no refusals")
