"""`modelmuxer decode FILE.jsonl[.gz]`: recorded exchanges in, one JSON line for each out. For people with logs, and for checks.

An input line is a JSON object that holds one exchange:

| field | meaning |
| --- | --- |
| `body_b64` or `body` | the reply's body: base64 of its exact bytes, or text; binary streams (Bedrock) need base64 |
| `status` | HTTP status; 200 when absent |
| `response_headers` | an object, or a list of pairs; may be absent |
| `stream` | whether a stream was asked for; when absent, the content type tells |
| `api` | which API it was (`decode_apis.APIS` names them); when absent, `path` tells, and without a path it is taken for chat.completions |
| `id`, `provider`, `model`, `path` | copied or read; may be absent |

An output line has these fields, always all of them:

| field | meaning |
| --- | --- |
| `id`, `provider`, `api`, `model` | as recorded; `model` is the reply's own word where it has one |
| `outcome` | `finished`, `failed`, `unsupported` (another API; nothing was decoded) or `unreadable` (the line is no exchange) |
| `text`, `reasoning`, `refusal` | of the first answer, joined; empty when there is none |
| `tool_calls` | of the first answer: `[{"id", "name", "arguments", "kind"}]`, arguments as the model's own text |
| `finish_reason` | the server's own word, or null |
| `finish` | ours for it: stop, length, tool_call, content_filter, error, pause, or null |
| `usage` | token counts in our terms (`muxer_core.values.usage`): totals with their parts inside; null when none were reported |
| `costs` | costs that the server reported: `[{"usd": "0.000125", "source"}]` |
| `failure` | `{"kind", "message", "status", "code", "retry_after"}`, or null |
| `warnings` | what could not be used as it stood |
| `choices` | every answer, in the form of the fields above, when there is more than one; else null |
| `embeddings` | of vectors: `{"count", "dimensions"}`; `dimensions` is null where they are text (base64) or differ; else null |
| `input_tokens` | of a count of tokens: the number; else null |
| `models` | of a list of models: their ids; else null |

Exit status: 0 when the file was read to its end, 2 when it cannot be read.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any, TextIO

import msgspec

from muxer_cli.decode_apis import decoded
from muxer_cli.decode_output import output_line
from muxer_cli.decode_records import BadRecord, CannotRead, lines, read_record
from muxer_core.dialects.json_text import is_object

__all__ = ["CannotRead", "decode_file", "decode_line", "main"]

USAGE = "usage: modelmuxer decode FILE.jsonl[.gz]   (- reads standard input)"


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
    for line in lines(path):
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
        return decoded(read_record(record))
    except BadRecord as fault:
        return _unreadable(record, str(fault))


def _unreadable(record: dict[str, Any], problem: str) -> dict[str, Any]:
    api = record.get("api")
    return output_line(record, outcome="unreadable", api=api if isinstance(api, str) else "", warnings=[problem])


def _as_line(fields: dict[str, Any]) -> str:
    try:
        return msgspec.json.encode(fields).decode() + "\n"
    except (UnicodeError, ValueError):  # a lone surrogate has no UTF-8; as an escape it has
        return json.dumps(fields) + "\n"
