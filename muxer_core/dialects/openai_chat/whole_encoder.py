"""The encoder of a whole reply: all items -> one JSON object, written with `ReplyEnded`.

What the items of a choice say is gathered in the words of `wording`: text is joined, entries with an index find each other, everything else
goes on where it stood. A source body of this dialect passes as it came (`pass_through`); chunks of a stream are gathered like any items.
A failure gives an error body; the caller, who has sent nothing yet, does better with `answer_failure`.
"""

from __future__ import annotations

from collections.abc import Iterable

from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.openai_chat.answers import error_body
from muxer_core.dialects.openai_chat.forms import DIALECT
from muxer_core.dialects.openai_chat.pass_through import PassThrough, form_of
from muxer_core.dialects.openai_chat.stream_encoder import as_json, wants_functions
from muxer_core.dialects.openai_chat.usage_words import usage_fields
from muxer_core.dialects.openai_chat.wording import JsonObject, Wording
from muxer_core.dialects.server import Answering, Asked
from muxer_core.values.items import FailureReported, Item, ReplyEnded, SourceEvent, TextDelta
from muxer_core.values.usage import JsonValue
from muxer_core.wire.heads import Headers, ResponseHead

HEAD = ResponseHead(200, Headers.of([("content-type", "application/json")]))

_JOINED = frozenset(
    {"content", "refusal", "reasoning_content", "reasoning", "arguments", "input", "data", "transcript", "text"}
)


class _Gathered:
    """What was said in one choice: text in pieces, everything else merged as it comes."""

    __slots__ = ("beside", "message", "text")

    def __init__(self) -> None:
        self.text: list[str] = []
        self.message: JsonObject = {}
        self.beside: JsonObject = {}

    def finished(self, index: int) -> JsonObject:
        text = "".join(self.text)
        silent = self.message.keys() & {"tool_calls", "function_call", "audio", "refusal"}
        message: JsonObject = {
            "role": "assistant",
            "content": text if text or not silent else None,
            "refusal": None,
            **self.message,
        }
        for call in message.get("tool_calls") or ():
            del call["index"]
        return {"index": index, "message": message, "logprobs": None, "finish_reason": "stop", **self.beside}


class WholeEncoder:
    """Encodes one whole reply."""

    __slots__ = ("_choices", "_closed", "_source", "_sources", "_through", "_wording")

    def __init__(self, asked: Asked, answering: Answering) -> None:
        self._wording = Wording(answering, functions=wants_functions(asked))
        self._through = PassThrough(answering.model, hide_usage=False)
        self._choices: dict[int, _Gathered] = {}
        self._sources = answering.source == DIALECT
        self._source: bytes | None = None
        self._closed = False

    @property
    def head(self) -> ResponseHead:
        """Status and headers."""
        return HEAD

    @property
    def warnings(self) -> tuple[str, ...]:
        """What of the reply could not be said."""
        return tuple(self._wording.warnings)

    def receive_items(self, items: Iterable[Item]) -> bytes:
        """Nothing until the reply has ended; then all of it."""
        for item in items:
            if self._closed:
                break
            if type(item) is TextDelta:
                self._of(item.choice).text.append(item.text)
            elif type(item) is SourceEvent:
                self._keep(item.data)
            elif type(item) is ReplyEnded:
                self._closed = True
                return self._end()
            elif type(item) is FailureReported:
                self._closed = True
                return error_body(item.failure)
            else:
                self._gather(item)
        return b""

    def _of(self, choice: int) -> _Gathered:
        gathered = self._choices.get(choice)
        if gathered is None:
            gathered = self._choices[choice] = _Gathered()
        return gathered

    def _keep(self, data: bytes) -> None:
        """A whole body is kept, to pass as it came; a second event says that it is a stream."""
        if self._sources:
            self._source = None if self._source is not None or form_of(data) == "chunk" else data
            self._sources = self._source is not None

    def _gather(self, item: Item) -> None:
        piece = self._wording.put(item)
        if piece is None:
            return
        gathered = self._of(piece.choice)
        delta = piece.delta
        if "content" in delta:
            delta = {name: value for name, value in delta.items() if name != "content"}
        add(gathered.message, delta)
        add(gathered.beside, piece.beside)

    def _end(self) -> bytes:
        if self._source:
            return self._through.edit(self._source)
        wording = self._wording
        choices = [self._choices[index].finished(index) for index in sorted(self._choices)]
        body: JsonObject = {"id": "", "object": "chat.completion", **wording.head, "choices": choices, **wording.reply}
        if wording.usage is not None:
            body["usage"] = usage_fields(wording.usage, wording.cost, wording.usage_extras, wording.warnings)
            if wording.usage.usage.service_tier is not None:
                body["service_tier"] = wording.usage.usage.service_tier
        return as_json(body)


def add(into: JsonObject, fields: JsonObject) -> None:
    """Merge a delta into what was said before: texts that go on are joined, lists go on, objects are merged, the rest is replaced.

    >>> said = {"tool_calls": [{"index": 0, "function": {"arguments": "{"}}]}
    >>> add(said, {"tool_calls": [{"index": 0, "function": {"arguments": "}"}}]})
    >>> said
    {'tool_calls': [{'index': 0, 'function': {'arguments': '{}'}}]}
    """
    for name, value in fields.items():
        known = into.get(name)
        if name in _JOINED and isinstance(known, str) and isinstance(value, str):
            into[name] = known + value
        elif is_object(known) and is_object(value):
            add(known, value)
        elif is_list(known) and is_list(value):
            for entry in value:
                _add_entry(known, entry)
        elif known is None or value is not None:
            into[name] = _copy(value)


def _add_entry(entries: list[JsonValue], entry: JsonValue) -> None:
    """An entry with the index and the type of an earlier one goes on with it."""
    if is_object(entry) and "index" in entry and "image_url" not in entry:
        for known in reversed(entries):
            if (
                is_object(known)
                and known.get("index") == entry["index"]
                and known.get("type") == entry.get("type", known.get("type"))
            ):
                add(known, {name: value for name, value in entry.items() if name != "index"})
                return
    entries.append(_copy(entry))


def _copy(value: JsonValue) -> JsonValue:
    """A value whose objects and lists are its own, since they will be added to."""
    if is_object(value):
        return {name: _copy(one) for name, one in value.items()}
    if is_list(value):
        return [_copy(one) for one in value]
    return value
