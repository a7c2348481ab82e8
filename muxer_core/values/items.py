"""Items: what a caller receives from a call, streamed or not.

Every dialect decodes to these, and a whole (non-streamed) reply decodes to the same items as a stream would. Rules:

* Content items (`CONTENT`) commit the call when the first is delivered; all others may be held back or dropped with an abandoned attempt.
* Decoders never merge deltas: one delta of the wire is one item (law 1).
* `choice` is the index of the answer when several were asked for (n > 1).
* `UsageReported` is cumulative: a later one replaces an earlier one.
* `ReplyEnded` comes once, last, and only with the dialect's evidence of completion; without it the reply is not complete.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from muxer_core.values.failure import Failure
from muxer_core.values.messages import Citation, ProviderPart, ServerToolCallPart, ServerToolResultPart
from muxer_core.values.usage import JsonValue, ReportedCost, Unit, Usage

FinishReason = Literal["stop", "length", "tool_call", "content_filter", "error", "pause"]
"""Why the model stopped, in OpenTelemetry's words. The vendor's own word is kept beside it as `native`.

`pause`: the provider paused a long turn of its own tools; send the answer back as it is, and it goes on (Anthropic's `pause_turn`).
"""


class ReplyStarted(msgspec.Struct, frozen=True, gc=False, tag="reply_started", omit_defaults=True):
    """The reply has begun. `model` is what the provider says it runs; `created` is Unix time in seconds.

    `dialect` is the one that the reply came in: whose words `native`, `extras` and `form` are.
    """

    id: str | None = None
    model: str | None = None
    created: int | None = None
    dialect: str | None = None


class TextDelta(msgspec.Struct, frozen=True, gc=False, tag="text", omit_defaults=True):
    """More text of the answer."""

    text: str
    choice: int = 0


class ReasoningDelta(msgspec.Struct, frozen=True, gc=False, tag="reasoning", omit_defaults=True):
    """More of the model's shown thinking. `signature` or `encrypted` must be sent back unchanged on the next turn."""

    text: str = ""
    choice: int = 0
    signature: str | None = None
    encrypted: str | None = None
    vendor: str | None = None
    id: str | None = None


class RefusalDelta(msgspec.Struct, frozen=True, gc=False, tag="refusal", omit_defaults=True):
    """More of the model's refusal."""

    text: str
    choice: int = 0


class ToolCallDelta(msgspec.Struct, frozen=True, gc=False, tag="tool_call", omit_defaults=True):
    """A piece of a tool call. `call` numbers the calls of one choice from 0. `id` and `name` are set on the piece that opens the call;
    `arguments` is an increment of the argument text. `kind` is set with `name`.
    """

    call: int
    arguments: str = ""
    id: str | None = None
    name: str | None = None
    kind: Literal["function", "custom"] | None = None
    choice: int = 0


class AudioDelta(msgspec.Struct, frozen=True, gc=False, tag="audio", omit_defaults=True):
    """More spoken answer: base64 `data`, its `transcript`, the `id` to refer to it later, and when that id expires (Unix seconds)."""

    data: str = ""
    transcript: str = ""
    id: str | None = None
    expires_at: int | None = None
    choice: int = 0


class ImageDelta(msgspec.Struct, frozen=True, gc=False, tag="image", omit_defaults=True):
    """An image of the answer: a URL, or base64 data in a `data:` URL."""

    url: str
    choice: int = 0


class LogprobsReported(msgspec.Struct, frozen=True, tag="logprobs", omit_defaults=True):
    """Log probabilities of tokens just delivered, in the provider's own form: `content` and `refusal` are lists of token records."""

    content: list[JsonValue] = []
    refusal: list[JsonValue] = []
    choice: int = 0


class CitationsReported(msgspec.Struct, frozen=True, tag="citations", omit_defaults=True):
    """What the text just delivered rests on, or the whole answer where the dialect tells it at the end."""

    citations: list[Citation]
    choice: int = 0


class SignatureReported(msgspec.Struct, frozen=True, gc=False, tag="signature", omit_defaults=True):
    """A seal on a part that is no thinking: on tool call number `call`, or on the part that is open (a new, empty text if none is).

    It must go back in the same part on the next turn. `vendor` as in `ReasoningPart`.
    """

    signature: str
    choice: int = 0
    call: int | None = None
    vendor: str | None = None


class ServerToolReported(msgspec.Struct, frozen=True, tag="server_tool", omit_defaults=True):
    """The provider used a tool of its own, or that tool answered, or the answer holds a part that only its own dialect understands."""

    part: ServerToolCallPart | ServerToolResultPart | ProviderPart
    choice: int = 0


class PartEnded(msgspec.Struct, frozen=True, tag="part_ended", omit_defaults=True):
    """The part that is open (or tool call number `call`) is whole; further text begins a new part.

    Only dialects that mark parts say it. `extras` are the part's further fields, in the dialect's own names, and `form` its notes.
    """

    choice: int = 0
    call: int | None = None
    extras: dict[str, JsonValue] = {}
    form: tuple[str, ...] = ()


class SafetyResult(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What a filter found: its `category` and `level` in the vendor's words, and whether it blocked; None where it does not say."""

    category: str
    level: str | None = None
    blocked: bool | None = None


class SafetyReported(msgspec.Struct, frozen=True, tag="safety", omit_defaults=True):
    """What the provider's filters found in the prompt (`choice` None) or in an answer; `native` is the report in the dialect's own form."""

    results: tuple[SafetyResult, ...] = ()
    choice: int | None = None
    native: JsonValue = None


class ChoiceFinished(msgspec.Struct, frozen=True, gc=False, tag="choice_finished", omit_defaults=True):
    """One answer is finished. More items of the same reply (usage, filter results) may follow. `stop_sequence`: the text that ended it."""

    reason: FinishReason
    native: str
    choice: int = 0
    stop_sequence: str | None = None


class UsageReported(msgspec.Struct, frozen=True, gc=False, tag="usage", omit_defaults=True):
    """Counts so far; a later report replaces an earlier one.

    `billed` are the counts that the vendor says it bills, where they are other than those it used (Cohere's billed units), and `fees` what
    is billed beside tokens: searches, calls of the provider's own tools.
    """

    usage: Usage
    billed: Usage | None = None
    fees: tuple[tuple[Unit, int], ...] = ()


class CostReported(msgspec.Struct, frozen=True, gc=False, tag="cost"):
    """The provider or a proxy named a cost. Kept beside ours."""

    cost: ReportedCost


class ExtrasReported(msgspec.Struct, frozen=True, tag="extras", omit_defaults=True):
    """Fields that the dialect does not know, under the provider's names. `choice` is None for fields of the reply itself."""

    fields: dict[str, JsonValue]
    choice: int | None = None


class WarningReported(msgspec.Struct, frozen=True, gc=False, tag="warning"):
    """Something in the reply could not be used as it stood (a negative count, a part larger than its whole). The reply goes on."""

    message: str


class ModelsListed(msgspec.Struct, frozen=True, tag="models"):
    """The models that a server offers, one object each, in the server's own form; each has an `id`."""

    models: list[dict[str, JsonValue]]


class EmbeddingsReported(msgspec.Struct, frozen=True, tag="embeddings", omit_defaults=True):
    """Vectors, one for each input in order: numbers, or the vendor's base64 text where that was asked for.

    `kind` is the vendor's word (float, int8, base64, …); an embedding may be told in several kinds, one item for each.
    """

    vectors: list[list[float] | str]
    kind: str = "float"


class TokensCounted(msgspec.Struct, frozen=True, gc=False, tag="tokens_counted", omit_defaults=True):
    """How many tokens the provider counts in a request that was not run. `cached` of them would come from a cache."""

    input_tokens: int
    cached_input_tokens: int = 0


class Acknowledged(msgspec.Struct, frozen=True, gc=False, tag="acknowledged", omit_defaults=True):
    """A health probe was answered."""

    status: int


class SourceEvent(msgspec.Struct, frozen=True, gc=False, tag="source"):
    """The bytes of one event as the server sent them, before the items that it decodes to. Only for a caller that asked for them.

    `data` is the event's data (a whole body, where the reply is not streamed) and `event` its name, where it has one.
    """

    data: bytes
    event: str = ""


class FailureReported(msgspec.Struct, frozen=True, gc=False, tag="failure"):
    """The provider reported a failure inside the reply, or the reply broke its dialect. Nothing follows."""

    failure: Failure


class ReplyEnded(msgspec.Struct, frozen=True, gc=False, tag="reply_ended"):
    """The reply is complete. `evidence` names what proved it (`[DONE]`, a last event, the end of the body after a finish reason)."""

    evidence: str


Item = (
    ReplyStarted
    | TextDelta
    | ReasoningDelta
    | RefusalDelta
    | ToolCallDelta
    | AudioDelta
    | ImageDelta
    | LogprobsReported
    | CitationsReported
    | SignatureReported
    | ServerToolReported
    | PartEnded
    | SafetyReported
    | ChoiceFinished
    | UsageReported
    | CostReported
    | ExtrasReported
    | WarningReported
    | ModelsListed
    | EmbeddingsReported
    | TokensCounted
    | Acknowledged
    | SourceEvent
    | FailureReported
    | ReplyEnded
)

CONTENT: tuple[type, ...] = (
    TextDelta,
    ReasoningDelta,
    ToolCallDelta,
    RefusalDelta,
    AudioDelta,
    ImageDelta,
    ModelsListed,
    EmbeddingsReported,
    TokensCounted,
    Acknowledged,
)
"""Items that commit a call (law 2)."""
