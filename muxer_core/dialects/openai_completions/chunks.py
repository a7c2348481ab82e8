"""Replies of legacy completions, brought to chunks of chat completions.

Three forms are known:

| form | who | becomes |
| --- | --- | --- |
| `choices[].text`, with `logprobs` in the old form | OpenAI, Azure, vLLM, Writer's whole replies | the text as a delta's `content` |
| `{"value": "…"}` | Writer's streams, which have no finish reason and no end mark | the text of the only answer |
| `choices[].message` or `choices[].delta` | Portkey's stored prompts, which answer like a chat | as it is |

The old form of `logprobs` is four lists, one entry a token (`tokens`, `token_logprobs`, `top_logprobs`, `text_offset`); it becomes the
new one's list of records `{"token", "logprob", "top_logprobs", "text_offset"}`, with `bytes` null, which the old form does not tell. Lists
that are no such table stay as they are, among the extras.
"""

from __future__ import annotations

from typing import Any

import msgspec

from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.openai_chat.chunks import Index, PlainChoice, PlainChunk, PlainDelta
from muxer_core.dialects.openai_chat.reading import Shape

DIALECT = "openai_completions"

_TABLE = ("tokens", "token_logprobs", "top_logprobs", "text_offset")


class PlainText(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """One answer that says nothing but text, or that it is finished."""

    text: str | None = None
    index: Index | None = None
    logprobs: None = None
    finish_reason: str | None = None
    stop_reason: None = None


class PlainCompletion(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A chunk of nothing but text: what nearly all chunks of nearly all streams are."""

    id: str | None = None
    object: str | None = None
    created: Index | None = None
    choices: list[PlainText] = []
    model: str | None = None
    usage: None = None


_decode = msgspec.json.Decoder(PlainCompletion).decode


def plain_chunk(data: bytes) -> PlainChunk:
    """The narrow typed reader. Raises `msgspec.MsgspecError` (or `RecursionError`) for everything that is more than text."""
    choices = [PlainChoice(one.index, PlainDelta(one.text), None, one.finish_reason) for one in _decode(data).choices]
    return PlainChunk(choices=choices)


def as_chunk(value: dict[str, Any], whole: bool) -> dict[str, Any]:
    """A decoded text as a chunk of chat completions; a whole reply as a whole one."""
    carrier = "message" if whole else "delta"
    if is_unmarked(value):
        others = {name: content for name, content in value.items() if name != "value"}
        return others | {"choices": [{"index": 0, carrier: {"content": value["value"]}}]}
    choices = value.get("choices")
    if not is_list(choices):
        return value
    return value | {"choices": [_choice(one, carrier) if is_object(one) else one for one in choices]}


def is_unmarked(value: dict[str, Any]) -> bool:
    """Is this a chunk of Writer's form?"""
    return isinstance(value.get("value"), str) and "choices" not in value


def _choice(choice: dict[str, Any], carrier: str) -> dict[str, Any]:
    if is_object(choice.get("message")) or is_object(choice.get("delta")):
        return choice
    fields = {name: content for name, content in choice.items() if name != "text"}
    records = _records(choice.get("logprobs"))
    if records is not None:
        fields["logprobs"] = {"content": records}
    return fields | {carrier: {"content": choice.get("text")}}


def _records(logprobs: Any) -> list[dict[str, Any]] | None:
    """The tokens of the old form as records of the new one; None for what is no table of them."""
    if not is_object(logprobs) or not is_list(logprobs.get("tokens")):
        return None
    tokens: list[Any] = logprobs["tokens"]
    columns: dict[str, list[Any]] = {}
    for name, column in logprobs.items():
        if column is None:
            continue
        if name not in _TABLE or not is_list(column) or len(column) != len(tokens):
            return None
        columns[name] = column
    return [_record({name: column[row] for name, column in columns.items()}) for row in range(len(tokens))]


def _record(row: dict[str, Any]) -> dict[str, Any]:
    likely = row.get("top_logprobs")
    record: dict[str, Any] = {"token": row["tokens"], "logprob": row.get("token_logprobs"), "bytes": None}
    record["top_logprobs"] = (
        [{"token": token, "logprob": logprob, "bytes": None} for token, logprob in likely.items()]
        if is_object(likely)
        else []
    )
    if "text_offset" in row:
        record["text_offset"] = row["text_offset"]
    return record


SHAPE = Shape(DIALECT, plain_chunk, None, as_chunk, is_unmarked)
"""How chat completions' reader reads these replies."""
