"""From chunks to items: what a chunk adds to the reply so far. One `Assembly` lives as long as one reply.

Rules that hold here:

* A part of the wire is an item; empty text without a seal is none. Nothing is merged, split or held back.
* A part with a thought signature, or with fields of its own, is never joined to the part before it: `PartEnded` closes that one first.
* A call is numbered by us, in the order of parts. One without an id gets one made of the reply's id, its place and what it says, and its
  note `noid` says that the vendor gave none. Arguments that come in pieces grow as text (`partial_arguments`).
* `ChoiceFinished` comes when a candidate's finish reason is first told, and again only if a later chunk tells another one: older models
  tell it on every chunk.
* Usage, feedback on the prompt and fields of the reply itself are told when they change, for they repeat on every chunk.
* What no item of ours carries is an extra, under the vendor's names; a part of a kind that has no item of ours is a `ProviderPart`.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from muxer_core.dialects.gemini.chunks import PlainChunk
from muxer_core.dialects.gemini.citations import grounding_citations, page_citations, source_citations
from muxer_core.dialects.gemini.finish import reason_of, word_of
from muxer_core.dialects.gemini.logprobs import records_of
from muxer_core.dialects.gemini.names import NAME, VENDOR, JsonObject
from muxer_core.dialects.gemini.partial_arguments import OutOfOrder, PartialArguments
from muxer_core.dialects.gemini.safety import feedback_of, ratings_of
from muxer_core.dialects.gemini.server_tools import server_tool_part
from muxer_core.dialects.gemini.usage import UsageReading, usage_from_bytes, usage_from_fields
from muxer_core.dialects.json_text import is_list, is_object, read_json
from muxer_core.values.items import (
    AudioDelta,
    ChoiceFinished,
    CitationsReported,
    ExtrasReported,
    ImageDelta,
    Item,
    LogprobsReported,
    PartEnded,
    ReasoningDelta,
    ReplyStarted,
    ServerToolReported,
    SignatureReported,
    TextDelta,
    ToolCallDelta,
    UsageReported,
    WarningReported,
)
from muxer_core.values.messages import Citation, ProviderPart
from muxer_core.values.usage import Usage

MAX_CANDIDATES = 128
"""The most candidates of one reply; the vendor's own limit is 8 (ai.google.dev, November 2026)."""

MAX_CALLS = 10_000
"""The most calls of one candidate."""

_KNOWN = frozenset({"candidates", "usageMetadata", "modelVersion", "responseId", "createTime", "promptFeedback"})


class MalformedChunk(Exception):
    """A chunk that is none; the message says why."""


class LimitCrossed(Exception):
    """A reply has more of something than anybody could mean; the message names it."""


class _Candidate:
    """What is known of one candidate so far."""

    __slots__ = ("calls", "finish", "open", "partial", "partial_made", "ratings", "said", "seen", "text")

    def __init__(self) -> None:
        self.text: list[str] = []
        self.open = ""
        self.calls = 0
        self.partial: PartialArguments | None = None
        self.partial_made = False
        self.finish: str | None = None
        self.ratings = b""
        self.said = False
        self.seen: JsonObject = {}


class Assembly:
    """The reply so far, as far as later chunks depend on it."""

    __slots__ = ("_candidates", "_id", "_remembered", "_usage", "_usage_extras", "_usage_raw", "blocked", "started")

    def __init__(self) -> None:
        self._candidates: dict[int, _Candidate] = {}
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
                _add_ratings(read_json(ratings), state, index, items)
            word = candidate.finish_reason
            if word and word != state.finish:
                self._finish(state, index, word, items)
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
        self._id = _text(chunk, "responseId") or ""
        model = _text(chunk, "modelVersion")
        if self._id or model or chunk.get("candidates") or chunk.get("promptFeedback"):
            self.started = True
            items.append(ReplyStarted(self._id or None, model, _unix(chunk.get("createTime")), NAME))

    def _begin(self, index: int) -> _Candidate:
        if not 0 <= index < MAX_CANDIDATES:
            raise LimitCrossed(f"the reply has more than {MAX_CANDIDATES} candidates")
        state = self._candidates[index] = _Candidate()
        return state

    def _add_candidate(self, candidate: JsonObject, position: int, items: list[Item]) -> None:
        rest = {name: value for name, value in candidate.items() if value is not None}
        index = rest.pop("index", position)
        if isinstance(index, bool) or not isinstance(index, int):
            raise MalformedChunk(f"candidates[{position}].index is no whole number")
        state = self._candidates.get(index) or self._begin(index)
        if "content" in rest:
            self._add_content(rest.pop("content"), state, index, items)
        self._add_findings(rest, state, index, items)
        word = word_of(rest.pop("finishReason", None))
        rest = {name: value for name, value in rest.items() if _new(state.seen, name, value)}
        if rest:
            items.append(ExtrasReported(rest, index))
        if word is not None and word != state.finish:
            self._finish(state, index, word, items)

    def _finish(self, state: _Candidate, index: int, word: str, items: list[Item]) -> None:
        if state.partial is not None:
            self._close_partial(state, index, items)
        state.finish = word
        items.append(ChoiceFinished(reason_of(word, called=state.calls > 0), word, index))

    def _add_content(self, content: Any, state: _Candidate, index: int, items: list[Item]) -> None:
        if not is_object(content):
            raise MalformedChunk("a candidate's content is no object")
        parts = content.get("parts")
        if parts is not None:
            if not is_list(parts):
                raise MalformedChunk("the parts of a candidate are no list")
            for part in parts:
                if not is_object(part):
                    raise MalformedChunk("a part of a candidate is no object")
                self._add_part(part, state, index, items)
        unknown = {
            name: value for name, value in content.items() if name not in ("parts", "role") and value is not None
        }
        if unknown:
            items.append(ExtrasReported({"content": unknown}, index))

    def _add_part(self, part: JsonObject, state: _Candidate, index: int, items: list[Item]) -> None:
        rest = {name: value for name, value in part.items() if value is not None}
        signature = rest.pop("thoughtSignature", None)
        if signature is not None and not isinstance(signature, str):
            raise MalformedChunk("a thought signature is no text")
        if is_object(rest.get("functionCall")):
            self._add_call(rest.pop("functionCall"), rest, signature, state, index, items)
            return
        if isinstance(rest.get("text"), str) or (signature is not None and not rest.keys() - {"thought"}):
            self._add_text(rest, signature, state, index, items)
            return
        tool = server_tool_part(part, signature)
        if tool is not None:
            state.open, state.said = "", True
            items.append(ServerToolReported(tool, index))
            return
        if not rest:
            return
        self._add_media(part, rest, state, index, items, sealed=signature is not None)
        if signature is not None:
            items.append(SignatureReported(signature, index, None, VENDOR))
            state.open = ""

    def _add_text(
        self, rest: JsonObject, signature: str | None, state: _Candidate, index: int, items: list[Item]
    ) -> None:
        text = rest.pop("text", "")
        thought = rest.pop("thought", None) is True
        kind = "thought" if thought else "text"
        if state.open == kind and (signature is not None or rest):
            items.append(PartEnded(index))
        if text or signature is not None:
            state.said = True
        if thought:
            if text or signature is not None:
                items.append(ReasoningDelta(text, index, signature, None, None if signature is None else VENDOR))
                state.open = kind
        elif text or (rest and signature is None):
            state.text.append(text)
            items.append(TextDelta(text, index))
            state.open = kind
        if signature is not None and not thought:
            items.append(SignatureReported(signature, index, None, VENDOR))
        if signature is not None:
            state.open = ""
        if rest:
            items.append(
                ExtrasReported({"content": {"parts": [rest]}}, index)
                if signature is not None and not thought  # the seal has closed the part
                else PartEnded(index, extras=rest)
            )
            state.open = ""

    def _add_call(
        self,
        call: JsonObject,
        rest: JsonObject,
        signature: str | None,
        state: _Candidate,
        index: int,
        items: list[Item],
    ) -> None:
        told = {name: value for name, value in call.items() if value is not None}
        pieces = told.pop("partialArgs", None)
        goes_on = told.pop("willContinue", None) is True
        state.open, state.said = "", True
        if state.partial is not None:
            if not told:
                self._add_pieces(pieces, state, index, items)
                if not goes_on:
                    self._close_partial(state, index, items)
                return
            self._close_partial(state, index, items)
        number = state.calls
        if number >= MAX_CALLS:
            raise LimitCrossed(f"an answer has more than {MAX_CALLS} tool calls")
        state.calls += 1
        name = _text(told, "name") or ""
        arguments = told.pop("args", None)
        told.pop("name", None)
        call_id = _text(told, "id")
        told.pop("id", None)
        partial = goes_on or pieces is not None
        written = "" if partial else _json({} if arguments is None else arguments)
        made = call_id is None
        if call_id is None:
            call_id = self._made_id(index, number, name, written)
        items.append(ToolCallDelta(number, written, call_id, name, "function", index))
        if signature is not None:
            items.append(SignatureReported(signature, index, number, VENDOR))
        extras = {**rest, "functionCall": told} if told else rest
        if partial:
            state.partial, state.partial_made = PartialArguments(), made
            self._add_pieces(pieces, state, index, items)
            if extras:
                items.append(PartEnded(index, number, extras))
            if not goes_on:
                self._close_partial(state, index, items)
            return
        form = (("noid",) if made else ()) + (("noargs",) if arguments is None else ())
        if extras or form:
            items.append(PartEnded(index, number, extras, form))

    def _add_pieces(self, pieces: Any, state: _Candidate, index: int, items: list[Item]) -> None:
        if pieces is None or state.partial is None:
            return
        if not is_list(pieces):
            raise MalformedChunk("the pieces of a call's arguments are no list")
        for piece in pieces:
            try:
                text = state.partial.add(piece)
            except OutOfOrder as fault:
                raise MalformedChunk(str(fault)) from None
            if text:
                items.append(ToolCallDelta(state.calls - 1, text, choice=index))

    def _close_partial(self, state: _Candidate, index: int, items: list[Item]) -> None:
        if state.partial is not None:
            number = state.calls - 1
            items.append(ToolCallDelta(number, state.partial.close(), choice=index))
            items.append(PartEnded(index, number, form=("noid",) if state.partial_made else ()))
            state.partial = None

    def _made_id(self, index: int, number: int, name: str, arguments: str) -> str:
        place = f"{self._id}\0{index}\0{number}\0{name}\0{arguments}"
        return f"call_{hashlib.sha256(place.encode('utf-8', 'replace')).hexdigest()[:24]}"

    def _add_media(
        self, part: JsonObject, rest: JsonObject, state: _Candidate, index: int, items: list[Item], *, sealed: bool
    ) -> None:
        state.said = True
        blob, file = rest.get("inlineData"), rest.get("fileData")
        told: JsonObject = blob if is_object(blob) else file if is_object(file) else {}
        media, data, uri = _text(told, "mimeType") or "", _text(told, "data"), _text(told, "fileUri")
        if media.startswith("image/") and (data is not None or uri is not None):
            items.append(ImageDelta(f"data:{media};base64,{data}" if uri is None else uri, index))
            key = "inlineData" if uri is None else "fileData"
            further = {name: value for name, value in told.items() if name not in ("mimeType", "data", "fileUri")}
            extras = {name: value for name, value in rest.items() if name != key} | ({key: further} if further else {})
            if extras:  # a seal that follows closes the part, so that its fields cannot be told with its end
                told_apart = ExtrasReported({"content": {"parts": [extras]}}, index)
                items.append(told_apart if sealed else PartEnded(index, extras=extras))
        elif media.startswith("audio/") and data is not None:
            items.append(AudioDelta(data, choice=index))
            if _new(state.seen, "audio", media):
                items.append(ExtrasReported({"inlineData": {"mimeType": media}}, index))
        else:
            items.append(ServerToolReported(ProviderPart(part), index))
        state.open = ""

    def _add_findings(self, rest: JsonObject, state: _Candidate, index: int, items: list[Item]) -> None:
        """What the candidate says of its text: sources, probabilities, ratings. The whole metadata stays in `rest`, as extras."""
        grounding, sources, pages = (
            rest.get("groundingMetadata"),
            rest.get("citationMetadata"),
            rest.get("urlContextMetadata"),
        )
        citations: list[Citation] = []
        if is_object(grounding) and state.seen.get("groundingMetadata") != grounding:
            citations += grounding_citations(grounding, "".join(state.text))
        if is_object(sources) and state.seen.get("citationMetadata") != sources:
            citations += source_citations(sources, "".join(state.text))
        if is_object(pages) and state.seen.get("urlContextMetadata") != pages:
            citations += page_citations(pages)
        if citations:
            items.append(CitationsReported(citations, index))
        result = rest.get("logprobsResult")
        if is_object(result):
            told = rest.pop("logprobsResult")
            items.append(LogprobsReported(records_of(told), choice=index))
            further = {name: value for name, value in told.items() if name not in ("chosenCandidates", "topCandidates")}
            if further:
                rest["logprobsResult"] = further
        _add_ratings(rest.pop("safetyRatings", None), state, index, items)

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
        return _new(self._remembered, name, value)


def _add_ratings(ratings: Any, state: _Candidate, index: int, items: list[Item]) -> None:
    if is_list(ratings) and _new(state.seen, "safetyRatings", ratings):
        items.append(ratings_of(ratings, index))


MAX_REMEMBERED = 64
"""The most fields whose last value is remembered; further ones are told each time."""


def _new(seen: JsonObject, name: str, value: Any) -> bool:
    """Is this another value than the last one of that name?"""
    if name in seen and seen[name] == value:
        return False
    if name in seen or len(seen) < MAX_REMEMBERED:
        seen[name] = value
    return True


def _text(fields: JsonObject, name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) and value else None


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _unix(value: Any) -> int | None:
    if not isinstance(value, str) or len(value) > MAX_REMEMBERED:
        return None
    try:
        moment = datetime.fromisoformat(value)
        return int(moment.timestamp()) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
