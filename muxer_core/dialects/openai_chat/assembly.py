"""From chunks to items: what a chunk adds to the reply so far. One `Assembly` lives as long as one reply.

Rules that hold here:

* A delta of the wire is an item; an empty delta is none. Nothing is merged, split or held back. Where one delta tells thinking and text,
  as every whole reply does, the thinking comes first: it must stand first on the next turn.
* `ReplyStarted` comes with the first chunk that names an id or a model, or holds a choice (Azure's first chunk names neither).
* Tool calls are numbered by us, in the order in which they open (`tool_call_numbers` says how pieces find their call).
* `ChoiceFinished` comes when a choice's finish reason is first told, and again only if a later chunk tells another one; a null later
  says nothing. A finish reason is not the last word: filter results, usage and even text may follow.
* `service_tier` and `system_fingerprint` are read from the chunk that starts the reply and from chunks with usage: they stand on all.
* Fields of the reply itself that repeat on every chunk (`provider`, `citations`, …) are reported when they change. Fields of a choice
  are reported each time.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from muxer_core.dialects.json_text import deeper_than
from muxer_core.dialects.openai_chat.chunks import (
    Choice,
    Chunk,
    Delta,
    JsonObject,
    Leftovers,
    PlainChunk,
    ToolCall,
    is_told,
)
from muxer_core.dialects.openai_chat.citations import citation_of
from muxer_core.dialects.openai_chat.deltas import add_content_piece, add_image, add_reasoning, add_seal, entries_of
from muxer_core.dialects.openai_chat.forms import DIALECT
from muxer_core.dialects.openai_chat.safety import REPLY_FIELDS, safety_of_choice, safety_of_reply
from muxer_core.dialects.openai_chat.seals import take_signature
from muxer_core.dialects.openai_chat.tool_call_numbers import LimitCrossed, ToolCallNumbers
from muxer_core.dialects.openai_chat.usage import usage_from_bytes
from muxer_core.values.items import (
    AudioDelta,
    ChoiceFinished,
    CitationsReported,
    CostReported,
    ExtrasReported,
    FinishReason,
    Item,
    LogprobsReported,
    RefusalDelta,
    ReplyStarted,
    SignatureReported,
    TextDelta,
    ToolCallDelta,
    UsageReported,
    WarningReported,
)
from muxer_core.wire.json import DEPTH

MAX_CHOICES = 128
"""The most answers of one reply; the API's own limit for `n` (platform.openai.com, November 2026)."""

MAX_REMEMBERED_FIELDS = 64
"""The most unknown fields of a reply whose last value is remembered; further ones are reported each time."""

ToolKind = Literal["function", "custom"]

FINISH_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_call",
    "content_filter": "content_filter",
    "function_call": "tool_call",
    "eos": "stop",
    "eos_token": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "complete": "stop",
    "completed": "stop",
    "max_tokens": "length",
    "model_length": "length",
    "tool_call": "tool_call",
    "tool_use": "tool_call",
    "safety": "content_filter",
    "recitation": "content_filter",
    "refusal": "content_filter",
    "sensitive": "content_filter",
    "error": "error",
    "network_error": "error",
    "insufficient_system_resource": "error",
    "abort": "error",
    "cancelled": "error",
}
"""Servers' words, in lower case, and what they mean. A word that is not here means `stop`; the server's own word is always kept."""


class _ChoiceState:
    """What is known of one answer so far."""

    __slots__ = ("calls", "finish", "function_opened")

    def __init__(self) -> None:
        self.finish: str | None = None
        self.calls: ToolCallNumbers | None = None
        self.function_opened = False


class Assembly:
    """The reply so far, as far as later chunks depend on it."""

    __slots__ = ("_choices", "_depth", "_dialect", "_fingerprint", "_remembered", "_service_tier", "started")

    def __init__(self, depth: int = DEPTH, dialect: str = DIALECT) -> None:
        self._depth = depth
        self._dialect = dialect
        self.started = False
        self._service_tier: str | None = None
        self._fingerprint: str | None = None
        self._choices: dict[int, _ChoiceState] = {}
        self._remembered: dict[str, Any] = {}

    @property
    def has_choices(self) -> bool:
        """Has any answer begun?"""
        return bool(self._choices)

    def all_finished(self, answers: int) -> bool:
        """Has every answer seen so far told its finish reason, and are there as many as were asked for?"""
        return len(self._choices) >= answers and all(state.finish is not None for state in self._choices.values())

    @property
    def failed_word(self) -> str | None:
        """The finish reason of an answer that ended because the provider failed, or None."""
        words = (state.finish for state in self._choices.values() if state.finish is not None)
        return next((word for word in words if FINISH_REASONS.get(word.lower()) == "error"), None)

    def add_plain(self, chunk: PlainChunk, items: list[Item]) -> None:
        """Append the items of a chunk of nothing but text, once the reply has started. Raises `LimitCrossed`."""
        position = 0
        for choice in chunk.choices:
            index = choice.index
            if index is None:
                index = position
            state = self._choices.get(index) or self._begin_choice(index)
            delta = choice.delta
            if delta is not None:
                text = delta.content
                if text:
                    items.append(TextDelta(text, index))
            word = choice.finish_reason
            if word and word != state.finish:
                state.finish = word
                items.append(ChoiceFinished(FINISH_REASONS.get(word.lower(), "stop"), word, index))
            position += 1  # noqa: SIM113  # enumerate would cost a tuple for every chunk

    def add(self, chunk: Chunk, leftovers: Leftovers | None, items: list[Item]) -> None:
        """Append the items of this chunk. Raises `LimitCrossed`, after the items before the fault."""
        told = is_told(chunk.usage)
        if leftovers is not None or chunk.provider is not None or told or not self.started:
            self._reply_fields(chunk, leftovers, items, told=told)
        unread = None
        position = 0
        for choice in chunk.choices or ():
            index = choice.index
            if index is None:
                index = position
            state = self._choices.get(index) or self._begin_choice(index)
            if leftovers is not None:
                unread = leftovers.choices[position]
                for piece in leftovers.contents.get(position, ()):
                    add_content_piece(piece, index, unread, items)
            delta = choice.delta
            if delta is not None:
                if (
                    delta.reasoning_content is not None
                    or delta.reasoning is not None
                    or delta.reasoning_details is not None
                ):
                    if unread is None and deeper_than(delta.reasoning_details, self._depth - 4):
                        raise self._too_deep()
                    add_reasoning(delta, index, items)
                text = delta.content
                if text:
                    items.append(TextDelta(text, index))
                if unread is not None and "message" in unread:
                    add_seal(unread, index, items)
                if (
                    delta.tool_calls is not None
                    or delta.refusal is not None
                    or delta.audio is not None
                    or delta.function_call is not None
                    or delta.annotations is not None
                    or delta.images is not None
                ):
                    self._further_content(delta, index, state, items, unread)
            if (
                unread is not None
                or choice.logprobs is not None
                or choice.content_filter_results is not None
                or choice.native_finish_reason is not None
            ):
                self._choice_fields(choice, index, unread, items)
            word = choice.finish_reason
            if word and word != state.finish:
                state.finish = word
                items.append(ChoiceFinished(FINISH_REASONS.get(word.lower(), "stop"), word, index))
            position += 1  # noqa: SIM113  # enumerate would cost a tuple for every chunk
        if told:
            self._usage(chunk.usage, items)

    def _too_deep(self) -> LimitCrossed:
        return LimitCrossed(f"arrays and objects nest deeper than {self._depth} (limit depth)")

    def _begin_choice(self, index: int) -> _ChoiceState:
        if len(self._choices) >= MAX_CHOICES:
            raise LimitCrossed(f"the reply holds more than {MAX_CHOICES} answers (limit MAX_CHOICES)")
        state = self._choices[index] = _ChoiceState()
        return state

    def _further_content(
        self, delta: Delta, index: int, state: _ChoiceState, items: list[Item], unread: JsonObject | None
    ) -> None:
        """Everything said that is not plain text. `unread` are the fields of the choice that the lenient reader left over."""
        if unread is None and deeper_than([delta.images, delta.annotations], self._depth - 3):
            raise self._too_deep()
        if delta.refusal:
            items.append(RefusalDelta(delta.refusal, index))
        audio = delta.audio
        if audio is not None and (audio.data or audio.transcript or audio.id):
            items.append(
                AudioDelta(audio.data or "", audio.transcript or "", audio.id or None, audio.expires_at or None, index)
            )
        for image in delta.images or ():
            add_image(image, index, items)
        if delta.tool_calls:
            self._tool_calls(delta.tool_calls, index, state, items, unread.get("message") if unread else None)
        function = delta.function_call
        if function is not None and (function.name or function.arguments):
            name = None if state.function_opened else function.name
            kind: ToolKind | None = "function" if name else None
            items.append(ToolCallDelta(0, function.arguments or "", None, name, kind, index))
            state.function_opened = True
        if delta.annotations:
            items.append(CitationsReported([citation_of(one) for one in delta.annotations], index))

    def _tool_calls(
        self, pieces: list[ToolCall], index: int, state: _ChoiceState, items: list[Item], unread: JsonObject | None
    ) -> None:
        calls = state.calls
        if calls is None:
            calls = state.calls = ToolCallNumbers()
        numbers: list[int] = []
        for piece in pieces:
            custom = piece.custom
            is_custom = piece.type == "custom" or (custom is not None and piece.function is None)
            if is_custom:
                name, arguments = (custom.name, custom.input or "") if custom is not None else (None, "")
            else:
                function = piece.function
                name, arguments = (function.name, function.arguments or "") if function is not None else (None, "")
            number, new_id, new_name = calls.place(piece, name or None, arguments)
            numbers.append(number)
            if arguments or new_id or new_name:
                kind: ToolKind | None = None if not new_name else "custom" if is_custom else "function"
                items.append(ToolCallDelta(number, arguments, new_id, new_name, kind, index))
        if unread is not None and "tool_calls" in unread:
            for number, fields in zip(numbers, unread["tool_calls"], strict=True):
                signature = take_signature(fields)
                if signature is not None:
                    items.append(SignatureReported(signature, index, number, "google"))
            found = zip(numbers, unread.pop("tool_calls"), strict=True)
            entries = [{"index": number, **fields} for number, fields in found if fields]
            if entries:
                unread["tool_calls"] = entries

    def _choice_fields(self, choice: Choice, index: int, unread: JsonObject | None, items: list[Item]) -> None:
        fields: JsonObject = unread or {}
        if fields.get("message") == {}:
            del fields["message"]
        if unread is None and deeper_than([choice.logprobs, choice.content_filter_results], self._depth - 2):
            raise self._too_deep()
        logprobs = choice.logprobs
        if logprobs is not None:
            content, refusal = (entries_of(logprobs.get(name)) for name in ("content", "refusal"))
            if content or refusal:
                items.append(LogprobsReported(content, refusal, index))
            others = {
                name: value
                for name, value in logprobs.items()
                if name not in ("content", "refusal") and value is not None
            }
            if others:
                fields["logprobs"] = others
        if choice.content_filter_results:
            items.append(safety_of_choice(choice.content_filter_results, index))
        if choice.native_finish_reason:
            fields["native_finish_reason"] = choice.native_finish_reason
        if fields:
            items.append(ExtrasReported(fields, index))

    def _reply_fields(self, chunk: Chunk, leftovers: Leftovers | None, items: list[Item], *, told: bool) -> None:
        """The start of the reply, once, and fields of the reply itself, when they change. `told`: the chunk has usage."""
        fields: JsonObject = {}
        starts = not self.started and bool(chunk.id or chunk.model or chunk.choices)
        if starts:
            self.started = True
            items.append(ReplyStarted(chunk.id or None, chunk.model or None, chunk.created or None, self._dialect))
        if starts or told:
            self._service_tier = chunk.service_tier or self._service_tier
            if chunk.system_fingerprint is not None and self._fingerprint is None:
                self._fingerprint = fields["system_fingerprint"] = chunk.system_fingerprint
        candidates = dict(leftovers.reply) if leftovers is not None else {}
        if chunk.provider is not None:
            candidates["provider"] = chunk.provider
        for name, value in candidates.items():
            if name in self._remembered and self._remembered[name] == value:
                continue
            if name in self._remembered or len(self._remembered) < MAX_REMEMBERED_FIELDS:
                self._remembered[name] = value
            if name in REPLY_FIELDS:
                items += safety_of_reply(name, value)
            else:
                fields[name] = value
        if fields:
            items.append(ExtrasReported(fields))

    def _usage(self, raw: msgspec.Raw, items: list[Item]) -> None:
        reading = usage_from_bytes(raw, self._service_tier, depth=self._depth - 1)
        if reading.usage is not None:
            items.append(UsageReported(reading.usage, fees=reading.fees))
        items.extend(CostReported(cost) for cost in reading.costs)
        if reading.warning is not None:
            items.append(WarningReported(reading.warning))
        if reading.extras and self._remembered.get("usage") != reading.extras:
            self._remembered["usage"] = reading.extras
            items.append(ExtrasReported({"usage": reading.extras}))
