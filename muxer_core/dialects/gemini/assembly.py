"""From chunks to items: what a chunk adds to the reply so far. One `Assembly` lives as long as one reply.

Rules that hold here:

* What a candidate's parts become is `candidate`'s.
* `ChoiceFinished` comes when a candidate's finish reason is first told, and again only if a later chunk tells another one: older models
  tell it on every chunk.
* Usage, feedback on the prompt and fields of the reply itself are told when they change, for they repeat on every chunk.
* What no item of ours carries is an extra, under the vendor's names.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from muxer_core.dialects.gemini.candidate import (
    Candidate,
    LimitCrossed,
    MalformedChunk,
    is_new,
    text_of,
)
from muxer_core.dialects.gemini.chunks import PlainChunk
from muxer_core.dialects.gemini.finish import reason_of, word_of
from muxer_core.dialects.gemini.names import NAME, JsonObject
from muxer_core.dialects.gemini.safety import feedback_of
from muxer_core.dialects.gemini.usage import UsageReading, usage_from_bytes, usage_from_fields
from muxer_core.dialects.json_text import is_list, is_object, read_json
from muxer_core.values.items import (
    ChoiceFinished,
    ExtrasReported,
    Item,
    ReasoningDelta,
    ReplyStarted,
    TextDelta,
    UsageReported,
    WarningReported,
)
from muxer_core.values.usage import Usage

MAX_CANDIDATES = 128
"""The most candidates of one reply; the vendor's own limit is 8 (ai.google.dev, November 2026)."""

_KNOWN = frozenset({"candidates", "usageMetadata", "modelVersion", "responseId", "createTime", "promptFeedback"})


class Assembly:
    """The reply so far, as far as later chunks depend on it."""

    __slots__ = ("_candidates", "_id", "_remembered", "_usage", "_usage_extras", "_usage_raw", "blocked", "started")

    def __init__(self) -> None:
        self._candidates: dict[int, Candidate] = {}
        self._remembered: JsonObject = {}
        self._usage: Usage | None = None
        self._usage_extras: JsonObject | None = None
        self._usage_raw = b""
        self._id = ""
        self.started = False
        self.blocked: str | None = None
        """Why the prompt was blocked, or None."""

    @property
    def has_answer(self) -> bool:
        """Has any candidate begun, or was the prompt blocked?"""
        return bool(self._candidates) or self.blocked is not None

    @property
    def answered(self) -> bool:
        """Did a candidate say something, or why it ended, or was the prompt blocked?"""
        return self.blocked is not None or any(one.said or one.finish is not None for one in self._candidates.values())

    def all_finished(self, answers: int) -> bool:
        """Has every candidate told its finish reason, and are there as many as were asked for? A blocked prompt has no more to say."""
        if self.blocked is not None:
            return True
        known = self._candidates.values()
        return len(known) >= answers and all(one.finish is not None and one.partial is None for one in known)

    @property
    def failed_word(self) -> str | None:
        """The finish reason that means an error, where no candidate brought any content; else None."""
        known = self._candidates.values()
        if not known or any(one.said for one in known):
            return None
        words = [one.finish for one in known if one.finish is not None]
        return next((word for word in words if reason_of(word, called=False) == "error"), None)

    def add_plain(self, chunk: PlainChunk, items: list[Item]) -> None:
        """Append the items of a chunk of nothing but text, once the reply has started. Raises `LimitCrossed`."""
        position = 0
        for candidate in chunk.candidates:
            index = candidate.index
            if index is None:
                index = position
            state = self._candidates.get(index) or self._begin(index)
            content = candidate.content
            if content is not None:
                for part in content.parts:
                    text = part.text
                    if text:
                        state.said = True
                        if part.thought:
                            state.open = "thought"
                            items.append(ReasoningDelta(text, index))
                        else:
                            state.open = "text"
                            state.text.append(text)
                            items.append(TextDelta(text, index))
            ratings = bytes(candidate.safety_ratings)
            if ratings and ratings != state.ratings:
                state.ratings = ratings
                state.rate(read_json(ratings), items)
            word = candidate.finish_reason
            if word and word != state.finish:
                state.end(word, items)
            position += 1  # noqa: SIM113  # enumerate would cost a tuple for every chunk
        raw = bytes(chunk.usage_metadata)
        if raw and raw != self._usage_raw:
            self._add_raw_usage(raw, items)

    def add(self, chunk: JsonObject, items: list[Item]) -> None:
        """Append the items of any chunk. Raises `MalformedChunk`, `LimitCrossed`."""
        if not self.started:
            self._start(chunk, items)
        feedback = chunk.get("promptFeedback")
        if is_object(feedback) and self._changed("promptFeedback", feedback):
            items.append(feedback_of(feedback))
        candidates = chunk.get("candidates")
        if candidates is not None:
            if not is_list(candidates):
                raise MalformedChunk("candidates is no list")
            for position, candidate in enumerate(candidates):
                if not is_object(candidate):
                    raise MalformedChunk(f"candidates[{position}] is no object")
                self._add_candidate(candidate, position, items)
        if (
            is_object(feedback)
            and (feedback.get("blockReason") or feedback.get("blockReasonMessage"))
            and not self._candidates
            and self.blocked is None
        ):
            self.blocked = str(feedback.get("blockReason") or "BLOCKED_REASON_UNSPECIFIED")
            items.append(ChoiceFinished("content_filter", self.blocked))
        usage = chunk.get("usageMetadata")
        if is_object(usage):
            self._usage_raw = b""
            self._add_usage(usage_from_fields(usage), items)
        unknown = {
            name: value
            for name, value in chunk.items()
            if name not in _KNOWN and value is not None and self._changed(name, value)
        }
        if unknown:
            items.append(ExtrasReported(unknown))

    def _start(self, chunk: JsonObject, items: list[Item]) -> None:
        self._id = text_of(chunk, "responseId") or ""
        model = text_of(chunk, "modelVersion")
        if self._id or model or chunk.get("candidates") or chunk.get("promptFeedback"):
            self.started = True
            items.append(ReplyStarted(self._id or None, model, _unix(chunk.get("createTime")), NAME))

    def _begin(self, index: int) -> Candidate:
        if not 0 <= index < MAX_CANDIDATES:
            raise LimitCrossed(f"the reply has more than {MAX_CANDIDATES} candidates")
        state = self._candidates[index] = Candidate(index, self._id)
        return state

    def _add_candidate(self, candidate: JsonObject, position: int, items: list[Item]) -> None:
        rest = {name: value for name, value in candidate.items() if value is not None}
        index = rest.pop("index", position)
        if isinstance(index, bool) or not isinstance(index, int):
            raise MalformedChunk(f"candidates[{position}].index is no whole number")
        state = self._candidates.get(index) or self._begin(index)
        if "content" in rest:
            state.add_content(rest.pop("content"), items)
        state.add_findings(rest, items)
        word = word_of(rest.pop("finishReason", None))
        rest = {name: value for name, value in rest.items() if is_new(state.seen, name, value)}
        if rest:
            items.append(ExtrasReported(rest, index))
        if word is not None and word != state.finish:
            state.end(word, items)

    def _add_raw_usage(self, raw: bytes, items: list[Item]) -> None:
        self._usage_raw = raw
        reading = usage_from_bytes(raw)
        if reading is None:
            fields = read_json(raw)
            if not is_object(fields):
                return
            reading = usage_from_fields(fields)
        self._add_usage(reading, items)

    def _add_usage(self, reading: UsageReading, items: list[Item]) -> None:
        usage, extras, warning = reading
        if usage is not None and usage != self._usage:
            self._usage = usage
            items.append(UsageReported(usage))
            if warning is not None:
                items.append(WarningReported(warning))
        elif usage is None and warning is not None:
            items.append(WarningReported(warning))
        if extras and extras != self._usage_extras:
            self._usage_extras = extras
            items.append(ExtrasReported({"usageMetadata": extras}))

    def _changed(self, name: str, value: Any) -> bool:
        return is_new(self._remembered, name, value)


_LONGEST_TIME = 64


def _unix(value: Any) -> int | None:
    if not isinstance(value, str) or len(value) > _LONGEST_TIME:
        return None
    try:
        moment = datetime.fromisoformat(value)
        return int(moment.timestamp()) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
