"""Encoders of replies: items -> the events of a stream, or one response object.

| comes | goes, streamed | goes, whole |
| --- | --- | --- |
| the first item | `response.created`, `response.in_progress` | nothing |
| items of the answer | the events that `output` tells | nothing |
| `ReplyEnded` | what is open ends; `response.completed` or `.incomplete` | the response |
| `FailureReported` | what is open ends as incomplete; `response.failed` | the error object, with the failure's status |
| a source event of this dialect | itself, but for the model's name | the body itself, likewise |

Passed through, an event is not written anew: a failure of ours after it still ends the stream with `response.failed`, unless the last event
that passed was the server's own `error` or `response.failed`. A source that is whole where a stream was asked for, and the other way
round, is written from its items. A response is one answer: further answers are left out with a warning.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from muxer_core.dialects.field_table import left_out
from muxer_core.dialects.json_text import is_object
from muxer_core.dialects.openai_chat.answers import answer_failure
from muxer_core.dialects.openai_chat.pass_through import json_text_bytes
from muxer_core.dialects.openai_chat.stream_encoder import HEAD, as_json
from muxer_core.dialects.openai_responses.content_parts import JsonObject
from muxer_core.dialects.openai_responses.options import NAME
from muxer_core.dialects.openai_responses.output import Output
from muxer_core.dialects.openai_responses.response_object import ending_fields, error_fields, settings, usage_object
from muxer_core.dialects.server import Answering, Asked
from muxer_core.values.failure import Failure
from muxer_core.values.items import (
    AudioDelta,
    ChoiceFinished,
    CitationsReported,
    CostReported,
    ExtrasReported,
    FailureReported,
    ImageDelta,
    Item,
    LogprobsReported,
    PartEnded,
    ReasoningDelta,
    RefusalDelta,
    ReplyEnded,
    ReplyStarted,
    SafetyReported,
    ServerToolReported,
    SignatureReported,
    SourceEvent,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from muxer_core.values.messages import ProviderPart
from muxer_core.wire.heads import Headers, ResponseHead

WHOLE_HEAD = ResponseHead(200, Headers.of([("content-type", "application/json")]))

_FAILED = ("error", "response.failed")
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_MISS = (msgspec.MsgspecError, RecursionError, UnicodeError)


class ResponseEncoder:
    """Encodes one reply, streamed or whole."""

    __slots__ = (
        "_answering", "_asked", "_begun", "_cost", "_done", "_extras", "_finish", "_head", "_last_passed", "_number", "_output", "_passing",
        "_started", "_usage", "_warned", "_warnings", "_whole_body", "_written",
    )  # fmt: skip

    def __init__(self, asked: Asked, answering: Answering) -> None:
        self._asked = asked
        self._answering = answering
        self._output = Output(answering.reply_id, self._tell, whole=not asked.stream)
        self._head = HEAD if asked.stream else WHOLE_HEAD
        self._written: list[bytes] = []
        self._number = 0
        self._started = ReplyStarted()
        self._begun = False
        self._done = False
        self._finish: ChoiceFinished | None = None
        self._usage: UsageReported | None = None
        self._extras: JsonObject = {}
        self._warnings: list[str] = []
        self._warned: set[str] = set()
        self._passing: bool | None = None if answering.source == NAME else False
        self._last_passed = ""
        self._whole_body: bytes | None = None

    @property
    def head(self) -> ResponseHead:
        """Status and headers of the answer."""
        return self._head

    @property
    def warnings(self) -> tuple[str, ...]:
        """What of the reply this dialect cannot say, by field."""
        return tuple(self._warnings)

    def receive_items(self, items: Iterable[Item]) -> bytes:
        """The bytes that these items complete. Never raises."""
        for item in items:
            if self._done:
                break
            if self._passing is not False and isinstance(item, SourceEvent):
                self._source(item)
            elif self._passing:
                self._beside_source(item)
            else:
                self._receive(item)
        written = b"".join(self._written)
        self._written.clear()
        return written

    def _source(self, event: SourceEvent) -> None:
        """An event of the source. The first one says whether it has the form that the client asked for."""
        if self._passing is None:
            begin = event.data.lstrip()[:1]
            word = _type_of(event.data) or event.event
            self._passing = bool(word) if self._asked.stream else begin == b"{" and not word
            if not self._passing:
                return
        data = event.data
        if not self._asked.stream:
            self._whole_body = data if self._answering.model is None else _rename(data, self._answering.model)
            return
        if self._answering.model is not None and b'"response"' in data:
            data = _rename_inside(data, self._answering.model)
        self._last_passed = _type_of(data) or event.event
        name = f"event: {event.event}\n".encode() if event.event else b""
        lines = b"\ndata: ".join(data.splitlines()) or data
        self._written.append(name + b"data: " + lines + b"\n\n")
        self._number += 1

    def _beside_source(self, item: Item) -> None:
        """What items say while source events pass: only ends matter."""
        if isinstance(item, ReplyStarted):
            self._started = item
        elif isinstance(item, ReplyEnded):
            self._done = True
            if self._whole_body is not None:
                self._written.append(self._whole_body)
        elif isinstance(item, FailureReported):
            self._done = True
            if not self._asked.stream:
                self._fail_whole(item.failure)
            elif self._last_passed not in _FAILED:
                self._write("response.failed", {"response": self._response(error_fields(item.failure))})

    def _receive(self, item: Item) -> None:
        if isinstance(item, ReplyStarted):
            self._started = item
            self._output.own = item.dialect == NAME
            self._begin()
            return
        if isinstance(item, FailureReported):
            self._fail(item.failure)
            return
        if not self._begun:
            self._begin()
        choice = getattr(item, "choice", None)
        if choice:
            self._warn("choice", "a response is one answer")
        elif isinstance(item, TextDelta):
            if item.text:
                self._output.text("output_text", item.text)
        elif isinstance(item, ReplyEnded):
            self._end()
        else:
            self._of_the_answer(item)

    def _of_the_answer(self, item: Item) -> None:
        output = self._output
        match item:
            case ReasoningDelta():
                output.think(item)
            case ToolCallDelta():
                output.call(item)
            case RefusalDelta():
                output.text("refusal", item.text)
            case PartEnded():
                output.end_part(item)
            case SignatureReported():
                output.sign(item)
            case CitationsReported():
                if not output.cite(item.citations):
                    self._warn("citations", "an annotation stands on text, and names a web page or a file")
            case LogprobsReported():
                if not output.logprobs(item.content) or item.refusal:
                    self._warn("logprobs", "log probabilities stand on text")
            case ImageDelta():
                if not output.show(item.url):
                    self._warn("image", "an image is given by its data")
            case ServerToolReported():
                part = item.part
                native = part.spec if isinstance(part, ProviderPart) else part.native
                if output.own and isinstance(native.get("type"), str):
                    output.use(native)
                else:
                    self._warn("server tools", "they are tools that another API ran itself")
            case _:
                self._beside(item)

    def _beside(self, item: Item) -> None:
        match item:
            case ChoiceFinished():
                self._finish = item
            case UsageReported():
                self._usage = item
            case ExtrasReported():
                if not self._output.own:
                    for name in item.fields:
                        self._warn(f"extras.{name}", f"it is a field of {self._started.dialect or 'another dialect'}")
                elif item.choice is None:
                    self._extras.update(item.fields)
            case AudioDelta():
                self._warn("audio", "a response is text")
            case CostReported():
                self._warn("cost", "the API tells no costs")
            case SafetyReported():
                self._warn("safety", "the API tells no results of filters")
            case _:
                pass

    def _warn(self, field: str, why: str) -> None:
        if field not in self._warned:
            self._warned.add(field)
            self._warnings.append(left_out(field, NAME, why))

    def _tell(self, word: str, **fields: Any) -> None:
        if self._asked.stream:
            self._write(f"response.{word}", fields)

    def _write(self, word: str, fields: JsonObject) -> None:
        data = as_json({"type": word, **fields, "sequence_number": self._number})
        self._number += 1
        self._written.append(b"event: " + word.encode() + b"\ndata: " + data + b"\n\n")

    def _response(self, fields: JsonObject) -> JsonObject:
        """The response as it stands, with these fields."""
        started, answering = self._started, self._answering
        told: JsonObject = {
            "id": started.id or f"resp_{answering.reply_id}",
            "object": "response",
            "created_at": started.created or answering.created,
            "model": answering.model or started.model or self._asked.request.model,
        }
        usage: JsonObject | None = None
        extras = dict(self._extras)
        more = extras.pop("usage", {})
        if self._usage is not None:
            usage = usage_object(self._usage, more if is_object(more) else {})
            if self._usage.usage.service_tier is not None:
                extras["service_tier"] = self._usage.usage.service_tier
        written = {**told, **settings(self._asked.request), **extras, "output": self._output.items, "usage": usage}
        return {**written, **fields}

    def _begin(self) -> None:
        if self._begun:
            return
        self._begun = True
        if self._asked.stream:
            response: JsonObject = {**self._response({"status": "in_progress"}), "output": [], "usage": None}
            self._write("response.created", {"response": response})
            self._write("response.in_progress", {"response": response})

    def _end(self) -> None:
        self._done = True
        fields = ending_fields(self._finish, own=self._output.own)
        self._output.status = fields["status"]
        self._output.end()
        response = self._response(fields)
        if self._asked.stream:
            self._write(f"response.{fields['status']}", {"response": response})
        else:
            self._written.append(as_json(response))

    def _fail(self, failure: Failure) -> None:
        self._done = True
        if not self._asked.stream:
            self._fail_whole(failure)
            return
        self._begin()
        self._output.status = "incomplete"
        self._output.end()
        self._write("response.failed", {"response": self._response(error_fields(failure))})

    def _fail_whole(self, failure: Failure) -> None:
        answered = answer_failure(failure)
        self._head = answered.head
        self._written.append(answered.body)


class _Typed(msgspec.Struct):
    type: Any = None


def _type_of(data: bytes) -> str:
    """The type of an event; empty for a whole response, and for what is no JSON."""
    try:
        word = msgspec.json.decode(data, type=_Typed).type
    except _MISS:
        return ""
    return word if isinstance(word, str) else ""


def _rename(data: bytes, model: str) -> bytes:
    """The response with another model's name. What cannot be read stays as it is."""
    try:
        fields = _fields(data)
    except _MISS:
        return data
    if "model" not in fields:
        return data
    fields["model"] = msgspec.Raw(json_text_bytes(model))
    return msgspec.json.encode(fields)


def _rename_inside(data: bytes, model: str) -> bytes:
    """The event with another model's name in its response."""
    try:
        fields = _fields(data)
    except _MISS:
        return data
    response = fields.get("response")
    if response is None:
        return data
    fields["response"] = msgspec.Raw(_rename(bytes(response), model))
    return msgspec.json.encode(fields)
