"""`Reply`: a whole answer, put together from its items. Streams and plain replies end in the same value.

`Answer.message` is the turn to append to a conversation: it keeps tool-call ids, reasoning signatures and audio ids, because the next
turn needs them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from muxer_core.call.outcome import Outcome
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.routing.decision import Decision
from muxer_core.values.amount import Usd
from muxer_core.values.items import (
    AnnotationsReported,
    AudioDelta,
    ChoiceFinished,
    ExtrasReported,
    FinishReason,
    ImageDelta,
    Item,
    LogprobsReported,
    ModelsListed,
    ReasoningDelta,
    RefusalDelta,
    ReplyStarted,
    TextDelta,
    ToolCallDelta,
)
from muxer_core.values.messages import (
    AudioPart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCallPart,
)
from muxer_core.values.usage import JsonValue, Usage


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One of the answers of a reply (there is more than one only when `n` > 1 was asked for)."""

    text: str = ""
    reasoning: tuple[ReasoningPart, ...] = ()
    refusal: str = ""
    tool_calls: tuple[ToolCallPart, ...] = ()
    audio: AudioDelta | None = None
    images: tuple[str, ...] = ()
    annotations: tuple[JsonValue, ...] = ()
    logprobs: LogprobsReported | None = None
    finish_reason: FinishReason | None = None
    native_finish_reason: str | None = None
    extras: dict[str, JsonValue] = {}

    @property
    def message(self) -> Message:
        """This answer as the assistant's turn, ready to be sent back."""
        parts: list[Part] = list(self.reasoning)
        if self.text:
            parts.append(TextPart(self.text))
        if self.refusal:
            parts.append(RefusalPart(self.refusal))
        if self.audio is not None:
            parts.append(AudioPart(id=self.audio.id))
        parts += [ImagePart(url=url) for url in self.images]
        parts += self.tool_calls
        return Message("assistant", tuple(parts))


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A complete reply. The short properties speak of the first answer and of the outcome."""

    outcome: Outcome
    answers: tuple[Answer, ...] = ()
    id: str | None = None
    model: str | None = None
    created: int | None = None
    models: tuple[dict[str, JsonValue], ...] = ()
    extras: dict[str, JsonValue] = {}

    @property
    def answer(self) -> Answer:
        """The first answer; an empty one if there is none."""
        return self.answers[0] if self.answers else Answer()

    @property
    def text(self) -> str:
        """The first answer's text."""
        return self.answer.text

    @property
    def tool_calls(self) -> tuple[ToolCallPart, ...]:
        """The first answer's tool calls."""
        return self.answer.tool_calls

    @property
    def message(self) -> Message:
        """The first answer as a turn to send back."""
        return self.answer.message

    @property
    def finish_reason(self) -> FinishReason | None:
        """Why the model stopped, in the first answer."""
        return self.answer.finish_reason

    @property
    def usage(self) -> Usage | None:
        """Counts of the attempt that served, in tokens."""
        return self.outcome.usage

    @property
    def cost(self) -> Usd | None:
        """What the call cost in US dollars, over all attempts; None when a price is unknown."""
        return self.outcome.cost

    @property
    def decision(self) -> Decision | None:
        """Why it went where it went."""
        return self.outcome.decision

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was changed, dropped or estimated on the caller's behalf."""
        return self.outcome.warnings


class _OpenToolCall:
    """A tool call whose pieces are still arriving."""

    __slots__ = ("arguments", "id", "kind", "name")

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.kind: Literal["function", "custom"] = "function"
        self.arguments: list[str] = []

    def add(self, piece: ToolCallDelta) -> None:
        self.id = piece.id or self.id
        self.name = piece.name or self.name
        self.kind = piece.kind or self.kind
        self.arguments.append(piece.arguments)

    def close(self, unread: dict[str, JsonValue]) -> ToolCallPart:
        extras = {name: value for name, value in unread.items() if name != "index"}
        return ToolCallPart(self.id, self.name, "".join(self.arguments), self.kind, extras)


class _OpenAnswer:
    """An answer whose items are still arriving."""

    __slots__ = (
        "annotations",
        "audio",
        "calls",
        "extras",
        "finish",
        "images",
        "logprobs",
        "reasoning",
        "refusal",
        "text",
    )

    def __init__(self) -> None:
        self.text: list[str] = []
        self.refusal: list[str] = []
        self.reasoning: list[ReasoningDelta] = []
        self.calls: dict[int, _OpenToolCall] = {}
        self.audio: list[AudioDelta] = []
        self.images: list[str] = []
        self.annotations: list[JsonValue] = []
        self.logprobs: list[LogprobsReported] = []
        self.extras: dict[str, JsonValue] = {}
        self.finish: ChoiceFinished | None = None

    def close(self) -> Answer:
        message = self.extras.get("message")
        unread: dict[str, JsonValue] = message if is_object(message) else {}
        of_calls: dict[JsonValue, dict[str, JsonValue]] = {}
        for one in _objects(unread.get("tool_calls")):
            merge_extras(of_calls.setdefault(one.get("index"), {}), one)
        return Answer(
            text="".join(self.text),
            refusal="".join(self.refusal),
            reasoning=_thoughts(self.reasoning, unread),
            tool_calls=tuple(self.calls[number].close(of_calls.get(number, {})) for number in sorted(self.calls)),
            audio=_join_audio(self.audio),
            images=tuple(self.images),
            annotations=tuple(self.annotations),
            logprobs=_join_logprobs(self.logprobs),
            finish_reason=None if self.finish is None else self.finish.reason,
            native_finish_reason=None if self.finish is None else self.finish.native,
            extras=self.extras,
        )


def _objects(value: JsonValue) -> list[dict[str, JsonValue]]:
    return [one for one in value if is_object(one)] if is_list(value) else []


def _thoughts(deltas: list[ReasoningDelta], unread: dict[str, JsonValue]) -> tuple[ReasoningPart, ...]:
    """The thinking, with what must go back unchanged, in whichever of the two forms it came: `reasoning_details` or `thinking_blocks`."""
    blocks = _objects(unread.get("thinking_blocks"))
    sealed = any(block.get("signature") or block.get("data") for block in blocks)
    if sealed and all(delta.signature is None and delta.encrypted is None for delta in deltas):
        return _join_blocks(blocks, deltas)
    return _join_reasoning(deltas, _objects(unread.get("reasoning_details")))


def _join_blocks(blocks: list[dict[str, JsonValue]], deltas: list[ReasoningDelta]) -> tuple[ReasoningPart, ...]:
    """LiteLLM's form of Anthropic's thinking (docs.litellm.ai, "Reasoning content", November 2026): pieces of a block, closed by the piece
    with its signature; a redacted block holds `data`. The text is that of the blocks; where they tell none, that of the deltas.
    """
    parts: list[ReasoningPart] = []
    told = any(block.get("thinking") for block in blocks)
    text = [] if told else [delta.text for delta in deltas]
    for block in blocks:
        signature, data = block.get("signature"), block.get("data")
        if data:
            parts.append(ReasoningPart("", None, str(data), {"thinking_blocks": [block]}))
            continue
        text.append(str(block.get("thinking") or ""))
        if signature:
            whole = "".join(text)
            parts.append(
                ReasoningPart(whole, str(signature), None, {"thinking_blocks": [{**block, "thinking": whole}]})
            )
            text = []
    if any(text):
        parts.append(ReasoningPart("".join(text)))
    return tuple(parts)


def _join_reasoning(deltas: list[ReasoningDelta], details: list[dict[str, JsonValue]]) -> tuple[ReasoningPart, ...]:
    """Thinking text is joined up to the delta that carries its signature or its encrypted form, which closes the part.

    Where the provider told more of a signed or encrypted part (its id, its format), that goes back with it, in the provider's own form.
    """
    parts: list[ReasoningPart] = []
    text: list[str] = []
    details = list(details)
    for delta in deltas:
        text.append(delta.text)
        if delta.signature is not None or delta.encrypted is not None:
            parts.append(_signed("".join(text), delta, details))
            text = []
    if any(text):
        parts.append(ReasoningPart("".join(text)))
    return tuple(parts)


def _signed(text: str, delta: ReasoningDelta, details: list[dict[str, JsonValue]]) -> ReasoningPart:
    """The part with its detail, which is taken from `details`: two parts may be sealed alike, and each has an id of its own."""
    for position, detail in enumerate(details):
        mine = detail.get("signature") == delta.signature if delta.signature else detail.get("data") == delta.encrypted
        if mine:
            del details[position]
            whole = {**detail, "text": text} if delta.signature else detail
            return ReasoningPart(text, delta.signature, delta.encrypted, {"reasoning_details": [whole]})
    return ReasoningPart(text, delta.signature, delta.encrypted)


def merge_extras(into: dict[str, JsonValue], fields: dict[str, JsonValue]) -> None:
    """Add fields that came later: objects are merged, lists go on, anything else is replaced. `fields` stays as it is."""
    for name, value in fields.items():
        known = into.get(name)
        if is_object(known) and is_object(value):
            merge_extras(known, value)
        elif is_list(known) and is_list(value):
            known += value  # in place, so that a list told in many pieces costs no more than its pieces
        elif is_object(value):
            into[name] = {}
            merge_extras(into[name], value)
        elif is_list(value):
            into[name] = [*value]
        else:
            into[name] = value


def _join_audio(deltas: list[AudioDelta]) -> AudioDelta | None:
    if not deltas:
        return None
    return AudioDelta(
        data="".join(delta.data for delta in deltas),
        transcript="".join(delta.transcript for delta in deltas),
        id=next((delta.id for delta in deltas if delta.id is not None), None),
        expires_at=next((delta.expires_at for delta in deltas if delta.expires_at is not None), None),
        choice=deltas[0].choice,
    )


def _join_logprobs(reports: list[LogprobsReported]) -> LogprobsReported | None:
    if not reports:
        return None
    return LogprobsReported(
        content=[record for report in reports for record in report.content],
        refusal=[record for report in reports for record in report.refusal],
        choice=reports[0].choice,
    )


class ReplyBuilder:
    """Collects items and makes the reply of them."""

    __slots__ = ("_answers", "_extras", "_models", "_started")

    def __init__(self) -> None:
        self._answers: dict[int, _OpenAnswer] = {}
        self._extras: dict[str, JsonValue] = {}
        self._models: list[dict[str, JsonValue]] = []
        self._started = ReplyStarted()

    def add(self, items: Iterable[Item]) -> None:
        """Take in items, in the order in which they were delivered."""
        for item in items:
            self._add(item)

    def _add(self, item: Item) -> None:
        match item:
            case TextDelta():
                self._answer(item.choice).text.append(item.text)
            case ReasoningDelta():
                self._answer(item.choice).reasoning.append(item)
            case ToolCallDelta():
                self._answer(item.choice).calls.setdefault(item.call, _OpenToolCall()).add(item)
            case RefusalDelta():
                self._answer(item.choice).refusal.append(item.text)
            case ChoiceFinished():
                self._answer(item.choice).finish = item
            case AudioDelta():
                self._answer(item.choice).audio.append(item)
            case ImageDelta():
                self._answer(item.choice).images.append(item.url)
            case LogprobsReported():
                self._answer(item.choice).logprobs.append(item)
            case AnnotationsReported():
                self._answer(item.choice).annotations += item.annotations
            case ExtrasReported():
                extras = self._extras if item.choice is None else self._answer(item.choice).extras
                merge_extras(extras, item.fields)
            case ReplyStarted():
                self._started = item
            case ModelsListed():
                self._models += item.models
            case _:
                # Usage, costs and ends are the outcome's business; acknowledgements and source events hold nothing to keep.
                pass

    def _answer(self, choice: int) -> _OpenAnswer:
        return self._answers.setdefault(choice, _OpenAnswer())

    def build(self, outcome: Outcome) -> Reply:
        """The reply, once the call has ended with `outcome`."""
        return Reply(
            outcome=outcome,
            answers=tuple(self._answers[choice].close() for choice in sorted(self._answers)),
            id=self._started.id,
            model=self._started.model,
            created=self._started.created,
            models=tuple(self._models),
            extras=self._extras,
        )
