"""`Reply`: a whole answer, put together from its items (`reply_builder`). Streams and plain replies end in the same value.

`Answer.message` is the turn to append to a conversation: it keeps the parts in the order in which they came, with tool-call ids,
signatures and audio ids, because the next turn needs them.
"""

from __future__ import annotations

import msgspec

from muxer_core.call.outcome import Outcome, decision_of
from muxer_core.routing.decision import Decision
from muxer_core.values.amount import Usd
from muxer_core.values.items import AudioDelta, FinishReason, LogprobsReported, SafetyReported
from muxer_core.values.messages import (
    AudioPart,
    Citation,
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
    """One of the answers of a reply (there is more than one only when `n` > 1 was asked for).

    `parts` are all that was said, in order. `audio` is what was spoken, with its data, which no later turn sends back. `citations` are all
    there are, those of the text parts among them. `extras` are fields that the dialect does not know, under the provider's names, and
    `dialect` says in which dialect the answer came.
    """

    parts: tuple[Part, ...] = ()
    audio: AudioDelta | None = None
    citations: tuple[Citation, ...] = ()
    logprobs: LogprobsReported | None = None
    safety: tuple[SafetyReported, ...] = ()
    finish_reason: FinishReason | None = None
    native_finish_reason: str | None = None
    stop_sequence: str | None = None
    extras: dict[str, JsonValue] = {}
    dialect: str | None = None

    @property
    def text(self) -> str:
        """All text, joined."""
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))

    @property
    def reasoning(self) -> tuple[ReasoningPart, ...]:
        """The thinking that was shown, one part for each thought."""
        return tuple(part for part in self.parts if isinstance(part, ReasoningPart))

    @property
    def refusal(self) -> str:
        """The model's words for not answering; empty where it did answer."""
        return "".join(part.text for part in self.parts if isinstance(part, RefusalPart))

    @property
    def tool_calls(self) -> tuple[ToolCallPart, ...]:
        """The calls that the model asks for, in order."""
        return tuple(part for part in self.parts if isinstance(part, ToolCallPart))

    @property
    def images(self) -> tuple[str, ...]:
        """The images of the answer: URLs, or `data:` URLs."""
        return tuple(part.url for part in self.parts if isinstance(part, ImagePart) and part.url is not None)

    @property
    def message(self) -> Message:
        """This answer as the assistant's turn, ready to be sent back. Audio without an id, and parts that say nothing, are left out."""
        parts = tuple(part for part in self.parts if not _says_nothing(part))
        return Message("assistant", parts, dialect=self.dialect)


def _says_nothing(part: Part) -> bool:
    if isinstance(part, AudioPart):
        return part.id is None
    return isinstance(part, TextPart) and not (part.text or part.signature or part.extras)


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A complete reply. The short properties speak of the first answer and of the outcome."""

    outcome: Outcome
    answers: tuple[Answer, ...] = ()
    id: str | None = None
    model: str | None = None
    created: int | None = None
    models: tuple[dict[str, JsonValue], ...] = ()
    vectors: tuple[list[float] | str, ...] = ()
    input_tokens: int | None = None
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
    def decision(self) -> Decision:
        """Why it went where it went. Raises `LocalProtocolError` for a call that was not routed."""
        return decision_of(self.outcome)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was changed, dropped or estimated on the caller's behalf."""
        return self.outcome.warnings
