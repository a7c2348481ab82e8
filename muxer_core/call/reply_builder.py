"""`ReplyBuilder`: collects the items of a call and makes the reply of them. One builder lives as long as one call.

Rules that hold here:

* Parts stand in the order in which they began. Deltas of one kind in a row are one part; another kind, a `PartEnded` or a seal closes it.
* A tool call stands where its first piece came, however many pieces of other calls follow.
* A citation belongs to the text that is open or was last; one that comes before any text is the answer's alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from muxer_core.call.outcome import Outcome
from muxer_core.call.reply import Answer, Reply
from muxer_core.call.thoughts import Thought, join_thoughts
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.values.items import (
    AudioDelta,
    ChoiceFinished,
    CitationsReported,
    EmbeddingsReported,
    ExtrasReported,
    ImageDelta,
    Item,
    LogprobsReported,
    ModelsListed,
    PartEnded,
    ReasoningDelta,
    RefusalDelta,
    ReplyStarted,
    SafetyReported,
    ServerToolReported,
    SignatureReported,
    TextDelta,
    TokensCounted,
    ToolCallDelta,
)
from muxer_core.values.messages import (
    AudioPart,
    Citation,
    ImagePart,
    Part,
    ProviderPart,
    RefusalPart,
    ServerToolCallPart,
    ServerToolResultPart,
    TextPart,
    ToolCallPart,
)
from muxer_core.values.usage import JsonValue


class _OpenToolCall:
    """A tool call whose pieces are still arriving."""

    __slots__ = ("arguments", "extras", "form", "id", "kind", "name", "number", "signature")

    def __init__(self, number: int) -> None:
        self.number = number
        self.id = ""
        self.name = ""
        self.kind: Literal["function", "custom"] = "function"
        self.arguments: list[str] = []
        self.signature: str | None = None
        self.extras: dict[str, JsonValue] = {}
        self.form: tuple[str, ...] = ()

    def add(self, piece: ToolCallDelta) -> None:
        self.id = piece.id or self.id
        self.name = piece.name or self.name
        self.kind = piece.kind or self.kind
        self.arguments.append(piece.arguments)

    def close(self, unread: dict[str, JsonValue]) -> ToolCallPart:
        extras = {**self.extras, **{name: value for name, value in unread.items() if name != "index"}}
        return ToolCallPart(
            self.id, self.name, "".join(self.arguments), self.kind, extras, signature=self.signature, form=self.form
        )


class _OpenText:
    """Text or a refusal whose pieces are still arriving."""

    __slots__ = ("citations", "extras", "form", "refusal", "signature", "text")

    def __init__(self, *, refusal: bool = False) -> None:
        self.refusal = refusal
        self.text: list[str] = []
        self.citations: list[Citation] = []
        self.signature: str | None = None
        self.extras: dict[str, JsonValue] = {}
        self.form: tuple[str, ...] = ()

    def close(self) -> Part:
        text = "".join(self.text)
        if self.refusal:
            return RefusalPart(text, self.extras, form=self.form)
        return TextPart(text, self.extras, signature=self.signature, citations=tuple(self.citations), form=self.form)


class _OpenImage:
    """An image, which may yet get a seal."""

    __slots__ = ("extras", "form", "signature", "url")

    def __init__(self, url: str) -> None:
        self.url = url
        self.signature: str | None = None
        self.extras: dict[str, JsonValue] = {}
        self.form: tuple[str, ...] = ()


_Whole = ServerToolCallPart | ServerToolResultPart | ProviderPart
_Opened = _OpenText | Thought | _OpenToolCall | _OpenImage | AudioPart | _Whole


class _OpenAnswer:
    """An answer whose items are still arriving. `current` is the part that is open: text, a refusal, a thought or an image."""

    __slots__ = (
        "audio",
        "calls",
        "citations",
        "current",
        "extras",
        "finish",
        "last_text",
        "logprobs",
        "opened",
        "safety",
    )

    def __init__(self) -> None:
        self.opened: list[_Opened] = []
        self.current: _OpenText | Thought | _OpenImage | None = None
        self.last_text: _OpenText | None = None
        self.calls: dict[int, _OpenToolCall] = {}
        self.audio: list[AudioDelta] = []
        self.citations: list[Citation] = []
        self.logprobs: list[LogprobsReported] = []
        self.safety: list[SafetyReported] = []
        self.extras: dict[str, JsonValue] = {}
        self.finish: ChoiceFinished | None = None

    def text(self, text: str, *, refusal: bool = False) -> None:
        current = self.current
        if not isinstance(current, _OpenText) or current.refusal != refusal:
            current = self.current = _OpenText(refusal=refusal)
            self.opened.append(current)
            if not refusal:
                self.last_text = current
        current.text.append(text)

    def think(self, delta: ReasoningDelta) -> None:
        current = self.current
        if not isinstance(current, Thought):
            current = self.current = Thought()
            self.opened.append(current)
        current.deltas.append(delta)

    def call(self, piece: ToolCallDelta) -> None:
        call = self.calls.get(piece.call)
        if call is None:
            call = self.calls[piece.call] = _OpenToolCall(piece.call)
            self.opened.append(call)
            self.current = None
        call.add(piece)

    def speak(self, delta: AudioDelta) -> None:
        if not self.audio:
            self.opened.append(AudioPart())
            self.current = None
        self.audio.append(delta)

    def show(self, url: str) -> None:
        self.current = _OpenImage(url)
        self.opened.append(self.current)

    def tool(self, part: _Whole) -> None:
        self.opened.append(part)
        self.current = None

    def sign(self, seal: SignatureReported) -> None:
        call = None if seal.call is None else self.calls.get(seal.call)
        if call is not None:
            call.signature = seal.signature
            return
        sealed = self.current
        if sealed is None or isinstance(sealed, Thought) or (isinstance(sealed, _OpenText) and sealed.refusal):
            sealed = _OpenText()
            self.opened.append(sealed)
        sealed.signature = seal.signature
        self.current = None

    def end_part(self, end: PartEnded) -> None:
        part = self.current if end.call is None else self.calls.get(end.call)
        if part is not None:
            merge_extras(part.extras, end.extras)
            part.form += end.form
        if end.call is None:
            self.current = None

    def cite(self, citations: list[Citation]) -> None:
        self.citations += citations
        if self.last_text is not None:
            self.last_text.citations += citations

    def close(self, dialect: str | None) -> Answer:
        message = self.extras.get("message")
        unread: dict[str, JsonValue] = message if is_object(message) else {}
        of_calls: dict[JsonValue, dict[str, JsonValue]] = {}
        for fields in _objects(unread.get("tool_calls")):
            merge_extras(of_calls.setdefault(fields.get("index"), {}), fields)
        audio = _join_audio(self.audio)
        thoughts = iter(join_thoughts([one for one in self.opened if isinstance(one, Thought)], unread))
        parts: list[Part] = []
        for one in self.opened:
            match one:
                case _OpenText():
                    parts.append(one.close())
                case Thought():
                    parts += next(thoughts)
                case _OpenToolCall():
                    parts.append(one.close(of_calls.get(one.number, {})))
                case _OpenImage():
                    parts.append(ImagePart(url=one.url, signature=one.signature, extras=one.extras, form=one.form))
                case AudioPart():
                    parts.append(AudioPart(id=None if audio is None else audio.id))
                case _:
                    parts.append(one)
        finish = self.finish
        # Sealed thoughts that came beside the text, with no delta of their own, stand first: that is where they must go back.
        loose = [part for group in thoughts for part in group]
        return Answer(
            parts=(*loose, *parts),
            audio=audio,
            citations=tuple(self.citations),
            logprobs=_join_logprobs(self.logprobs),
            safety=tuple(self.safety),
            finish_reason=None if finish is None else finish.reason,
            native_finish_reason=None if finish is None else finish.native,
            stop_sequence=None if finish is None else finish.stop_sequence,
            extras=self.extras,
            dialect=dialect,
        )


def _objects(value: JsonValue) -> list[dict[str, JsonValue]]:
    return [one for one in value if is_object(one)] if is_list(value) else []


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


def _of_an_answer(answer: _OpenAnswer, item: Item) -> None:
    match item:
        case TextDelta():
            answer.text(item.text)
        case ReasoningDelta():
            answer.think(item)
        case ToolCallDelta():
            answer.call(item)
        case RefusalDelta():
            answer.text(item.text, refusal=True)
        case ChoiceFinished():
            answer.finish = item
        case AudioDelta():
            answer.speak(item)
        case ImageDelta():
            answer.show(item.url)
        case PartEnded():
            answer.end_part(item)
        case SignatureReported():
            answer.sign(item)
        case ServerToolReported():
            answer.tool(item.part)
        case CitationsReported():
            answer.cite(item.citations)
        case _:
            _beside(answer, item)


def _beside(answer: _OpenAnswer, item: Item) -> None:
    """What stands beside the parts of an answer."""
    if isinstance(item, LogprobsReported):
        answer.logprobs.append(item)
    elif isinstance(item, SafetyReported):
        answer.safety.append(item)
    else:
        assert isinstance(item, ExtrasReported)  # noqa: S101 - for the type checkers: no other item tells its choice
        merge_extras(answer.extras, item.fields)


class ReplyBuilder:
    """Collects items and makes the reply of them."""

    __slots__ = ("_answers", "_extras", "_input_tokens", "_models", "_started", "_vectors")

    def __init__(self) -> None:
        self._answers: dict[int, _OpenAnswer] = {}
        self._extras: dict[str, JsonValue] = {}
        self._models: list[dict[str, JsonValue]] = []
        self._vectors: list[list[float] | str] = []
        self._input_tokens: int | None = None
        self._started = ReplyStarted()

    def add(self, items: Iterable[Item]) -> None:
        """Take in items, in the order in which they were delivered."""
        for item in items:
            choice: int | None = getattr(item, "choice", None)
            if choice is None:
                self._of_the_reply(item)
            else:
                _of_an_answer(self._answers.setdefault(choice, _OpenAnswer()), item)

    def _of_the_reply(self, item: Item) -> None:
        match item:
            case ReplyStarted():
                self._started = item
            case ExtrasReported():
                merge_extras(self._extras, item.fields)
            case SafetyReported():
                self._answers.setdefault(0, _OpenAnswer()).safety.append(item)
            case ModelsListed():
                self._models += item.models
            case EmbeddingsReported():
                self._vectors += item.vectors
            case TokensCounted():
                self._input_tokens = item.input_tokens
            case _:
                # Usage, costs and ends are the outcome's business; acknowledgements and source events hold nothing to keep.
                pass

    def answers(self) -> tuple[Answer, ...]:
        """The answers so far, in order of their number."""
        return tuple(self._answers[choice].close(self._started.dialect) for choice in sorted(self._answers))

    def build(self, outcome: Outcome) -> Reply:
        """The reply, once the call has ended with `outcome`."""
        return Reply(
            outcome=outcome,
            answers=self.answers(),
            id=self._started.id,
            model=self._started.model,
            created=self._started.created,
            models=tuple(self._models),
            vectors=tuple(self._vectors),
            input_tokens=self._input_tokens,
            extras=self._extras,
        )
