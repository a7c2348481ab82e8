"""`modelmuxer decode FILE.jsonl[.gz]`: recorded exchanges in, one JSON line for each out. For people with logs, and for checks.

An input line is a JSON object that holds one exchange:

| field | meaning |
| --- | --- |
| `body_b64` or `body` | the reply's body: base64 of its exact bytes, or text |
| `status` | HTTP status; 200 when absent |
| `response_headers` | an object, or a list of pairs; may be absent |
| `stream` | whether a stream was asked for; when absent, the content type tells |
| `api` | `chat.completions` is decoded; when absent, `path` tells, and without a path it is taken for chat.completions |
| `id`, `provider`, `model`, `path` | copied or read; may be absent |

An output line has these fields, always all of them:

| field | meaning |
| --- | --- |
| `id`, `provider`, `api`, `model` | as recorded; `model` is the reply's own word where it has one |
| `outcome` | `finished`, `failed`, `unsupported` (another API; nothing was decoded) or `unreadable` (the line is no exchange) |
| `text`, `reasoning`, `refusal` | of the first answer, joined; empty when there is none |
| `tool_calls` | of the first answer: `[{"id", "name", "arguments", "kind"}]`, arguments as the model's own text |
| `finish_reason` | the server's own word, or null |
| `finish` | ours for it: stop, length, tool_call, content_filter, error, or null |
| `usage` | token counts in our terms (`muxer_core.values.usage`): totals with their parts inside; null when none were reported |
| `costs` | costs that the server reported: `[{"usd": "0.000125", "source"}]` |
| `failure` | `{"kind", "message", "status", "code", "retry_after"}`, or null |
| `warnings` | what could not be used as it stood |
| `choices` | every answer, in the form of the fields above, when there is more than one; else null |

Exit status: 0 when the file was read to its end, 2 when it cannot be read.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import sys
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, TextIO

import msgspec

from muxer_core.dialects.json_text import is_object
from muxer_core.dialects.openai_chat import OpenAIChat
from muxer_core.values.failure import Failure
from muxer_core.values.items import (
    ChoiceFinished,
    CostReported,
    FailureReported,
    Item,
    ReasoningDelta,
    RefusalDelta,
    ReplyStarted,
    TextDelta,
    ToolCallDelta,
    UsageReported,
    WarningReported,
)
from muxer_core.values.moment import Moment
from muxer_core.wire.heads import Headers, ResponseHead
from muxer_core.wire.limits import Limits

USAGE = "usage: modelmuxer decode FILE.jsonl[.gz]   (- reads standard input)"

_GZIP_MAGIC = b"\x1f\x8b"
_DIALECT = OpenAIChat()
_DECODED_API = "chat.completions"


def main(arguments: Sequence[str]) -> int:
    """The command's body: `arguments` is what follows `decode`. Prints to standard output; returns the exit status."""
    if len(arguments) != 1 or arguments[0] in ("-h", "--help"):
        print(USAGE, file=sys.stdout if arguments and arguments[0] in ("-h", "--help") else sys.stderr)
        return 0 if arguments and arguments[0] in ("-h", "--help") else 2
    try:
        decode_file(arguments[0], sys.stdout)
    except CannotRead as fault:
        print(f"modelmuxer decode: {fault}", file=sys.stderr)
        return 2
    return 0


def decode_file(path: str, out: TextIO) -> int:
    """Decode every exchange of a file (`-` is standard input) and write one JSON line for each; returns how many.

    Raises `CannotRead` when the file cannot be read, and `OSError` when `out` cannot be written; what stands in the file never raises.
    """
    count = 0
    for line in _lines(path):
        if line.isspace():
            continue
        count += 1
        out.write(_as_line(decode_line(line)))
    return count


def decode_line(line: bytes) -> dict[str, Any]:
    """The output fields for one input line. Never raises."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as fault:
        return _unreadable({}, f"the line is no JSON: {fault}")
    if not is_object(record):
        return _unreadable({}, "the line is no JSON object")
    try:
        return _decode_record(record)
    except _BadRecord as fault:
        return _unreadable(record, str(fault))


class CannotRead(Exception):
    """The file cannot be read (to its end); the message says which and why."""


class _BadRecord(Exception):
    """The line is an object, but no exchange; the message says what is missing."""


class _Answer:
    """One answer, put together from its items."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.reasoning: list[str] = []
        self.refusal: list[str] = []
        self.calls: dict[int, dict[str, Any]] = {}
        self.finished: ChoiceFinished | None = None

    def add_call(self, piece: ToolCallDelta) -> None:
        call = self.calls.setdefault(piece.call, {"id": None, "name": None, "arguments": "", "kind": "function"})
        call["id"] = piece.id or call["id"]
        call["name"] = piece.name or call["name"]
        call["kind"] = piece.kind or call["kind"]
        call["arguments"] += piece.arguments

    def fields(self) -> dict[str, Any]:
        return {
            "text": "".join(self.text),
            "reasoning": "".join(self.reasoning),
            "refusal": "".join(self.refusal),
            "tool_calls": list(self.calls.values()),
            "finish_reason": self.finished.native if self.finished else None,
            "finish": self.finished.reason if self.finished else None,
        }


def _decode_record(record: dict[str, Any]) -> dict[str, Any]:
    api = _api_of(record)
    if api != _DECODED_API:
        return _fields(record, outcome="unsupported", api=api)
    body = _body_of(record)
    status = record.get("status", 200)
    if type(status) is not int or not 100 <= status <= 599:
        raise _BadRecord("status is no HTTP status")
    head = ResponseHead(status=status, headers=_headers_of(record))
    if not head.is_success:
        failure = _DIALECT.failure(head, body, where=str(record.get("provider") or ""), moment=Moment(0.0, 0.0))
        return _fields(record, outcome="failed", failure=failure)
    stream = record.get("stream")
    if not isinstance(stream, bool):
        stream = "event-stream" in (head.headers.get("content-type") or "")
    decoder = _DIALECT.chat_decoder(head, stream=stream, limits=Limits(), keep_source=False)
    return _from_items(record, decoder.receive_data(body) + decoder.receive_eof())


def _from_items(record: dict[str, Any], items: list[Item]) -> dict[str, Any]:
    answers: dict[int, _Answer] = {}
    usage: dict[str, Any] | None = None
    failure: Failure | None = None
    model: str | None = None
    costs: list[dict[str, str]] = []
    warnings: list[str] = []
    for item in items:
        match item:
            case TextDelta():
                answers.setdefault(item.choice, _Answer()).text.append(item.text)
            case ReasoningDelta():
                answers.setdefault(item.choice, _Answer()).reasoning.append(item.text)
            case RefusalDelta():
                answers.setdefault(item.choice, _Answer()).refusal.append(item.text)
            case ToolCallDelta():
                answers.setdefault(item.choice, _Answer()).add_call(item)
            case ChoiceFinished():
                answers.setdefault(item.choice, _Answer()).finished = item
            case UsageReported():
                usage = {name: getattr(item.usage, name) for name in item.usage.__struct_fields__}
            case CostReported():
                costs.append({"usd": _dollars(item.cost.pico_usd), "source": item.cost.source})
            case WarningReported():
                warnings.append(item.message)
            case FailureReported():
                failure = item.failure
            case ReplyStarted():
                model = item.model
            case _:
                pass
    ordered = [answers[index].fields() for index in sorted(answers)]
    return _fields(
        record,
        outcome="finished" if failure is None else "failed",
        model=model,
        answers=ordered,
        usage=usage,
        costs=costs,
        failure=failure,
        warnings=warnings,
    )


def _fields(
    record: dict[str, Any],
    *,
    outcome: str,
    api: str = _DECODED_API,
    model: str | None = None,
    answers: Sequence[dict[str, Any]] = (),
    usage: dict[str, Any] | None = None,
    costs: Sequence[dict[str, str]] = (),
    failure: Failure | None = None,
    warnings: Sequence[str] = (),
) -> dict[str, Any]:
    """The output line, always with the same fields."""
    return {
        "id": record.get("id"),
        "provider": record.get("provider"),
        "api": api,
        "model": model or record.get("model"),
        "outcome": outcome,
        **(answers[0] if answers else _Answer().fields()),
        "usage": usage,
        "costs": list(costs),
        "failure": None if failure is None else _failure_fields(failure),
        "warnings": list(warnings),
        "choices": list(answers) if len(answers) > 1 else None,
    }


def _failure_fields(failure: Failure) -> dict[str, Any]:
    return {name: getattr(failure, name) for name in ("kind", "message", "status", "code", "retry_after")}


def _unreadable(record: dict[str, Any], problem: str) -> dict[str, Any]:
    api = record.get("api")
    return _fields(record, outcome="unreadable", api=api if isinstance(api, str) else "", warnings=[problem])


def _api_of(record: dict[str, Any]) -> str:
    api, path = record.get("api"), record.get("path")
    if isinstance(api, str):
        return api
    if isinstance(path, str) and path:
        return _DECODED_API if path.partition("?")[0].rstrip("/").endswith("/chat/completions") else path
    return _DECODED_API


def _body_of(record: dict[str, Any]) -> bytes:
    encoded, text = record.get("body_b64"), record.get("body")
    if isinstance(encoded, str):
        try:
            return base64.b64decode(encoded, validate=True)
        except ValueError as fault:  # binascii.Error is one; text that is not ASCII gives a plain one
            raise _BadRecord(f"body_b64 is no base64: {fault}") from None
    if isinstance(text, str):
        return text.encode("utf-8", "surrogatepass")
    raise _BadRecord("the line has neither body_b64 nor body")


def _headers_of(record: dict[str, Any]) -> Headers:
    listed: Any = record.get("response_headers") or {}
    pairs: Any = listed.items() if is_object(listed) else listed
    try:
        return Headers(tuple((str(name), str(value)) for name, value in pairs))
    except (TypeError, ValueError) as fault:
        raise _BadRecord(f"response_headers cannot be read: {fault}") from None


def _dollars(pico: int) -> str:
    """Pico-dollars as a decimal number of dollars."""
    whole, rest = divmod(pico, 10**12)
    return f"{whole}.{rest:012d}".rstrip("0").rstrip(".")


def _as_line(fields: dict[str, Any]) -> str:
    try:
        return msgspec.json.encode(fields).decode() + "\n"
    except (UnicodeError, ValueError):  # a lone surrogate has no UTF-8; as an escape it has
        return json.dumps(fields) + "\n"


def _lines(path: str) -> Iterator[bytes]:
    try:
        with _open(path) as stream:
            buffered = io.BufferedReader(stream) if isinstance(stream, io.RawIOBase) else stream
            start = buffered.read(2)
            rest: Any = _Rejoined(start, buffered)
            source: Any = gzip.GzipFile(fileobj=rest) if start == _GZIP_MAGIC else rest
            yield from io.BufferedReader(source)
    except (OSError, EOFError, zlib.error) as fault:
        raise CannotRead(f"cannot read {path}: {fault}") from None


def _open(path: str) -> IO[bytes]:
    return sys.stdin.buffer if path == "-" else Path(path).open("rb")


class _Rejoined(io.RawIOBase):
    """A stream with the bytes that were read ahead put back in front."""

    def __init__(self, start: bytes, rest: IO[bytes]) -> None:
        self._start = start
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._start[: len(buffer)] or self._rest.read(len(buffer))
        self._start = self._start[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)
