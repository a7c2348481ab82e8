"""Items of any dialect in OpenAI's words: what each adds to a choice. One `Wording` lives as long as one reply.

| item | here |
| --- | --- |
| `TextDelta`, `RefusalDelta` | `content`, `refusal` |
| `ReasoningDelta` | `reasoning_content`; of another dialect also `reasoning_details`, so that its seal comes back with the next turn |
| `ToolCallDelta` | `tool_calls` (an id is made where the provider gave none); `function_call` for a client that sent `functions` |
| `SignatureReported` | `extra_content.google.thought_signature`, on the call or beside the content |
| `AudioDelta`, `ImageDelta` | `audio`, `images` (OpenRouter's form) |
| `CitationsReported` | `annotations`: their own form, a `url_citation`, else a `file_citation` |
| `LogprobsReported` | `logprobs`; records that are not OpenAI's are left out with a warning |
| `SafetyReported` | its own form, else Azure's |
| `ChoiceFinished` | `finish_reason`; another vendor's word as `native_finish_reason`, the text that stopped it as `stop_reason` (vLLM) |
| `ServerToolReported` | left out with a warning: there is no place for a tool that the provider ran |
| `ExtrasReported` | its own fields at their place; another dialect's are left out with a warning |
"""

from __future__ import annotations

from typing import NamedTuple

from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.openai_chat.forms import DIALECT, cannot_say
from muxer_core.dialects.openai_chat.reasoning_parts import FORMATS
from muxer_core.dialects.openai_chat.safety import native_safety
from muxer_core.dialects.openai_chat.seals import put_signature
from muxer_core.dialects.server import Answering
from muxer_core.values.items import (
    AudioDelta,
    ChoiceFinished,
    CitationsReported,
    CostReported,
    ExtrasReported,
    FinishReason,
    ImageDelta,
    Item,
    LogprobsReported,
    PartEnded,
    ReasoningDelta,
    RefusalDelta,
    ReplyStarted,
    SafetyReported,
    ServerToolReported,
    SignatureReported,
    TextDelta,
    ToolCallDelta,
    UsageReported,
    WarningReported,
)
from muxer_core.values.messages import Citation
from muxer_core.values.usage import JsonValue, ReportedCost

JsonObject = dict[str, JsonValue]

FINISH_WORDS: dict[FinishReason, str] = {
    "stop": "stop",
    "length": "length",
    "tool_call": "tool_calls",
    "content_filter": "content_filter",
    "error": "stop",
    "pause": "stop",
}
"""Our finish reasons in OpenAI's words. It has none for a pause or an error; the vendor's own word is told beside it."""

_OWN_WORDS = frozenset({"stop", "length", "tool_calls", "content_filter", "function_call"})


class Piece(NamedTuple):
    """What an item adds to a choice: to what is said (`delta`), and beside it."""

    choice: int
    delta: JsonObject
    beside: JsonObject


class _Choice:
    """What later pieces of a choice depend on."""

    __slots__ = ("images", "kinds", "old_call", "sealed")

    def __init__(self) -> None:
        self.kinds: dict[int, str] = {}
        self.sealed = 0
        self.images = 0
        self.old_call = False


class Wording:
    """Puts items into OpenAI's words. `reply` gathers fields of the reply itself, until an encoder takes them."""

    __slots__ = (
        "_answering",
        "_choices",
        "_functions",
        "cost",
        "reply",
        "started",
        "usage",
        "usage_extras",
        "warnings",
    )

    def __init__(self, answering: Answering, *, functions: bool) -> None:
        self._answering = answering
        self._functions = functions
        self._choices: dict[int, _Choice] = {}
        self.started = ReplyStarted()
        self.usage: UsageReported | None = None
        self.usage_extras: JsonObject = {}
        self.cost: ReportedCost | None = None
        self.reply: JsonObject = {}
        self.warnings: list[str] = []

    @property
    def head(self) -> JsonObject:
        """Id, time and model of the reply: the provider's own where it named them, save for the model's name."""
        started, answering = self.started, self._answering
        return {
            "id": started.id or f"chatcmpl-{answering.reply_id}",
            "created": answering.created if started.created is None else started.created,
            "model": answering.model or started.model or "",
        }

    @property
    def _ours(self) -> bool:
        return self.started.dialect == DIALECT

    def warn(self, warning: str) -> None:
        """Keep a warning, once."""
        if warning not in self.warnings:
            self.warnings.append(warning)

    def put(self, item: Item) -> Piece | None:
        """What this item adds to a choice; None where it speaks of the reply itself, or says nothing here."""
        match item:
            case TextDelta():
                return Piece(item.choice, {"content": item.text}, {})
            case ToolCallDelta():
                return Piece(item.choice, self._call(item), {})
            case ReasoningDelta():
                return self._thought(item)
            case RefusalDelta():
                return Piece(item.choice, {"refusal": item.text}, {})
            case ChoiceFinished():
                return Piece(item.choice, {}, self._finish(item))
            case _:
                return self._further(item)

    def _further(self, item: Item) -> Piece | None:
        match item:
            case AudioDelta():
                told = {"id": item.id, "data": item.data, "transcript": item.transcript, "expires_at": item.expires_at}
                return Piece(item.choice, {"audio": {name: one for name, one in told.items() if one}}, {})
            case ImageDelta():
                state = self._choice(item.choice)
                image: JsonObject = {"type": "image_url", "image_url": {"url": item.url}, "index": state.images}
                state.images += 1
                return Piece(item.choice, {"images": [image]}, {})
            case CitationsReported():
                return Piece(item.choice, {"annotations": [annotation_of(one) for one in item.citations]}, {})
            case SignatureReported():
                if item.call is None:
                    return Piece(item.choice, put_signature({}, item.signature), {})
                sealed = put_signature({"index": item.call}, item.signature)
                return Piece(item.choice, {"tool_calls": [sealed]}, {})
            case LogprobsReported():
                return self._logprobs(item)
            case SafetyReported():
                fields = native_safety(item, self.started.dialect)
                if item.choice is not None and "content_filter_results" in fields:
                    return Piece(item.choice, {}, fields)
                self.reply.update(fields)
            case ExtrasReported():
                return self._extras(item)
            case _:
                self._of_the_reply(item)
        return None

    def _of_the_reply(self, item: Item) -> None:
        match item:
            case ReplyStarted():
                self.started = item
            case UsageReported():
                self.usage = item
            case CostReported():
                self.cost = item.cost
            case WarningReported():
                self.warn(item.message)
            case ServerToolReported():
                self.warn(cannot_say("ServerToolReported", "it has no place for a tool that a provider ran"))
            case PartEnded():
                for name, value in item.extras.items():
                    if value is not None:
                        self.warn(cannot_say(f"PartEnded.extras.{name}", f"it is a field of {self.started.dialect}"))
            case _:
                pass

    def _choice(self, index: int) -> _Choice:
        state = self._choices.get(index)
        if state is None:
            state = self._choices[index] = _Choice()
        return state

    def _call(self, item: ToolCallDelta) -> JsonObject:
        state = self._choice(item.choice)
        opens = item.call not in state.kinds
        kind = state.kinds.get(item.call, "function") if item.kind is None else item.kind
        state.kinds[item.call] = kind
        body: JsonObject = {"input" if kind == "custom" else "arguments": item.arguments}
        if item.name is not None:
            body = {"name": item.name, **body}
        if self._functions and item.call == 0 and kind == "function":
            state.old_call = True
            return {"function_call": body}
        call: JsonObject = {"index": item.call}
        if item.id is not None:
            call["id"] = item.id
        elif opens:
            call["id"] = f"call_{self._answering.reply_id}_{item.choice}_{item.call}"
        if opens:
            call["type"] = kind
        call[kind] = body
        return {"tool_calls": [call]}

    def _thought(self, item: ReasoningDelta) -> Piece | None:
        delta: JsonObject = {"reasoning_content": item.text} if item.text else {}
        if self._ours:
            # The seals of our own dialect come whole, as an extra of the message.
            return Piece(item.choice, delta, {}) if delta else None
        state = self._choice(item.choice)
        common: JsonObject = {"index": state.sealed}
        if item.vendor in FORMATS:
            common["format"] = FORMATS[item.vendor]
        if item.id is not None:
            common["id"] = item.id
        details: list[JsonValue] = []
        if item.text or item.signature is not None:
            detail: JsonObject = {"type": "reasoning.text", **common}
            if item.text:
                detail["text"] = item.text
            if item.signature is not None:
                detail["signature"] = item.signature
            details.append(detail)
        if item.encrypted is not None:
            details.append({"type": "reasoning.encrypted", "data": item.encrypted, **common})
        if item.signature is not None or item.encrypted is not None:
            state.sealed += 1
        return Piece(item.choice, {**delta, "reasoning_details": details}, {}) if details else None

    def _finish(self, item: ChoiceFinished) -> JsonObject:
        word = FINISH_WORDS[item.reason]
        if self._ours and item.native in _OWN_WORDS:
            word = item.native
        if word == "tool_calls" and self._choice(item.choice).old_call:
            word = "function_call"
        told: JsonObject = {"finish_reason": word}
        if item.native != word and item.native not in _OWN_WORDS:
            told["native_finish_reason"] = item.native
        if item.stop_sequence is not None:
            told["stop_reason"] = item.stop_sequence
        return told

    def _logprobs(self, item: LogprobsReported) -> Piece | None:
        if not all(is_object(one) and "token" in one and "logprob" in one for one in (*item.content, *item.refusal)):
            self.warn(cannot_say("LogprobsReported", f"its records are in the form of {self.started.dialect}"))
            return None
        told: JsonObject = {"content": item.content or None, "refusal": item.refusal or None}
        return Piece(item.choice, {}, {"logprobs": told})

    def _extras(self, item: ExtrasReported) -> Piece | None:
        fields = item.fields
        if not self._ours:
            for name, value in fields.items():
                if value is not None:
                    self.warn(cannot_say(f"extras.{name}", f"it is a field of {self.started.dialect}"))
            return None
        if item.choice is None:
            usage = fields.get("usage")
            if is_object(usage):
                self.usage_extras.update(usage)
            self.reply.update({name: value for name, value in fields.items() if name != "usage"})
            return None
        message = fields.get("message")
        delta: JsonObject = dict(message) if is_object(message) else {}
        if "content" in delta and is_list(delta["content"]):
            del delta["content"]
            self.warn(cannot_say("message.content", "a stream's content is text, and these parts of it are none"))
        beside = {name: value for name, value in fields.items() if name not in ("message", "native_finish_reason")}
        return Piece(item.choice, delta, beside) if delta or beside else None


def annotation_of(citation: Citation) -> JsonValue:
    """A citation as an annotation.

    >>> annotation_of(Citation("url", url="https://example.org", title="Example"))["url_citation"]["title"]
    'Example'
    """
    if citation.dialect == DIALECT and citation.native:
        return citation.native.get("value", citation.native) if len(citation.native) == 1 else citation.native
    if citation.url is not None:
        told: JsonObject = {
            "url": citation.url,
            "title": citation.title or "",
            "start_index": citation.start or 0,
            "end_index": citation.end or 0,
        }
        if citation.text is not None:
            told["content"] = citation.text
        return {"type": "url_citation", "url_citation": told}
    named = {
        "file_id": citation.file_id,
        "filename": citation.title,
        "quote": citation.text,
        "start_index": citation.start,
        "end_index": citation.end,
    }
    return {"type": "file_citation", "file_citation": {name: one for name, one in named.items() if one is not None}}
