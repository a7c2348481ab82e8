"""Conversation messages -> `messages` of `/api/chat`.

Rules that hold here:

* A message is one text, one list of images and one list of calls: texts are joined (an answer's without anything between, others with a
  line end), and where an image stood among them is not told.
* Thinking goes back as `thinking`. It has no seals here: another vendor's is refused.
* A call's `id` and a result's `tool_call_id` and `tool_name` are always written; servers that do not know them do not read them.
* Marks for caching are left out: the server caches every prompt by itself.

Source: github.com/ollama/ollama, `api/types.go` (`Message`), August 2026; ollama-python 0.6.3, `_types.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

import msgspec

from muxer_core.dialects.field_table import left_out, refuse_field
from muxer_core.dialects.foreign_parts import in_words_of
from muxer_core.dialects.json_text import is_object
from muxer_core.dialects.ollama.words import DIALECT
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    RefusalPart,
    ServerToolCallPart,
    ServerToolResultPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from muxer_core.values.usage import JsonValue

_DATA_URL = re.compile(r"data:[^,;]*;base64,")


class _Said:
    """What a message says, by the places that it has here."""

    __slots__ = ("calls", "images", "results", "texts", "thinking")

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.images: list[JsonValue] = []
        self.thinking: list[str] = []
        self.calls: list[JsonValue] = []
        self.results: list[dict[str, JsonValue]] = []


def encode_messages(messages: Iterable[Message], warnings: list[str]) -> list[dict[str, JsonValue]]:
    """The messages, with warnings for what had to be left out. Raises `InvalidRequest`, naming the message."""
    conversation = tuple(messages)
    calls = (part for message in conversation for part in message.parts if isinstance(part, ToolCallPart))
    names = {call.id: call.name for call in calls}
    return list(
        chain.from_iterable(
            _encode(message, f"messages[{place}]", names, warnings) for place, message in enumerate(conversation)
        )
    )


def _encode(message: Message, where: str, names: dict[str, str], warnings: list[str]) -> Iterator[dict[str, JsonValue]]:
    message = in_words_of(DIALECT, message, message.dialect, where, warnings)
    if message.name is not None:
        warnings.append(left_out(f"{where}.name", DIALECT, "speakers of one role have no names"))
    said = _Said()
    for number, part in enumerate(message.parts):
        _add(part, message.role, said, f"{where}.parts[{number}]", names, warnings)
    yield from said.results
    if said.results and not (said.texts or said.images):
        return
    role = "system" if message.role == "developer" else message.role
    wire: dict[str, JsonValue] = {"role": role, "content": ("" if role == "assistant" else "\n").join(said.texts)}
    if said.thinking:
        wire["thinking"] = "".join(said.thinking)
    if said.images:
        wire["images"] = said.images
    if said.calls:
        wire["tool_calls"] = said.calls
    yield {**wire, **message.extras}


def _add(part: Part, role: str, said: _Said, where: str, names: dict[str, str], warnings: list[str]) -> None:
    check_role(part, role, where)
    if getattr(part, "cache", None) is not None:
        warnings.append(left_out(f"{where}.cache", DIALECT, "it caches every prompt by itself"))
    match part:
        case TextPart():
            said.texts.append(text_of(part, where, warnings))
        case RefusalPart():
            warnings.append(f"{where}: sent as plain text, because Ollama has no refusals")
            said.texts.append(part.text)
        case ImagePart():
            said.images.append(image_data(part, where, warnings))
        case ReasoningPart():
            said.thinking.append(_thinking(part, where, warnings))
        case ToolCallPart():
            said.calls.append(_call(part, where))
        case ToolResultPart():
            said.results.append(_result(part, where, names, warnings))
        case ServerToolCallPart() | ServerToolResultPart():
            warnings.append(left_out(where, DIALECT, "it has no place for a tool that a provider ran"))
        case AudioPart() | FilePart():
            raise refuse_field(where, DIALECT, "it takes texts and images alone")
        case _:
            raise refuse_field(where, DIALECT, "a message is no list of parts here")


def text_of(part: TextPart, where: str, warnings: list[str]) -> str:
    """The text of a part, with warnings for what else it holds. Raises `InvalidRequest` for a seal."""
    _refuse_seal(part.signature, where)
    if part.citations:
        warnings.append(left_out(f"{where}.citations", DIALECT, "a text is all that it has"))
    warnings += [left_out(f"{where}.extras.{name}", DIALECT, "a text is all that it has") for name in part.extras]
    return part.text


def image_data(part: ImagePart, where: str, warnings: list[str]) -> str:
    """The base64 of an image. Raises `InvalidRequest` for one that is only named."""
    _refuse_seal(part.signature, where)
    if part.detail is not None:
        warnings.append(left_out(f"{where}.detail", DIALECT, "the API has no such field"))
    warnings += [left_out(f"{where}.extras.{name}", DIALECT, "an image is its data alone") for name in part.extras]
    if part.data is not None and part.url is None:
        return part.data
    if part.file_id is not None:
        raise refuse_field(f"{where}.file_id", DIALECT, "it knows no uploaded files")
    found = _DATA_URL.match(part.url or "")
    if part.url is None or part.data is not None:
        raise InvalidRequest(where, "an image needs either a url or base64 data")
    if found is None:
        raise refuse_field(f"{where}.url", DIALECT, "it fetches nothing: give the image as data")
    return part.url[found.end() :]


def _thinking(part: ReasoningPart, where: str, warnings: list[str]) -> str:
    if part.signature is not None or part.encrypted is not None:
        raise refuse_field(where, DIALECT, f"it has no place for the seal of {part.vendor or 'another vendor'}")
    if part.id is not None:
        warnings.append(left_out(f"{where}.id", DIALECT, "the API has no such field"))
    warnings += [left_out(f"{where}.extras.{name}", DIALECT, "thinking is a text alone") for name in part.extras]
    return part.text


def _call(part: ToolCallPart, where: str) -> JsonValue:
    if part.kind == "custom":
        raise refuse_field(f"{where}.kind", DIALECT, "it has no tools that take free text")
    _refuse_seal(part.signature, where)
    arguments: JsonValue = {}
    if part.arguments.strip():
        try:
            arguments = msgspec.json.decode(part.arguments)
        except (msgspec.DecodeError, RecursionError, UnicodeError) as fault:
            raise InvalidRequest(f"{where}.arguments", f"must be JSON: {fault}") from fault
    if arguments is None:
        arguments = {}
    if not is_object(arguments):
        raise InvalidRequest(f"{where}.arguments", "must be JSON of an object")
    return {"id": part.id, "function": {"name": part.name, "arguments": arguments}, **part.extras}


def _result(part: ToolResultPart, where: str, names: dict[str, str], warnings: list[str]) -> dict[str, JsonValue]:
    texts: list[str] = []
    images: list[JsonValue] = []
    for number, one in enumerate(part.parts):
        place = f"{where}.parts[{number}]"
        if getattr(one, "cache", None) is not None:
            warnings.append(left_out(f"{place}.cache", DIALECT, "it caches every prompt by itself"))
        if isinstance(one, TextPart):
            texts.append(text_of(one, place, warnings))
        elif isinstance(one, ImagePart):
            images.append(image_data(one, place, warnings))
        else:
            raise refuse_field(place, DIALECT, "a tool's result is text and images alone")
    if part.is_error:
        warnings.append(left_out(f"{where}.is_error", DIALECT, "the tool's own words are sent without the mark"))
    wire: dict[str, JsonValue] = {"role": "tool", "content": "\n".join(texts)}
    name = part.name or names.get(part.tool_call_id)
    if name:
        wire["tool_name"] = name
    wire["tool_call_id"] = part.tool_call_id
    if images:
        wire["images"] = images
    return {**wire, **part.extras}


def check_role(part: Part, role: str, where: str) -> None:
    """Raise `InvalidRequest` for a part that no message of this role can hold."""
    if isinstance(part, ToolCallPart | ReasoningPart) and role != "assistant":
        raise InvalidRequest(where, f"a {role} message cannot hold tool calls or reasoning; only an assistant's can")
    if isinstance(part, ToolResultPart) and role not in ("tool", "user"):
        raise InvalidRequest(where, f"a {role} message cannot hold tool results")
    if role == "tool" and not isinstance(part, ToolResultPart):
        raise InvalidRequest(where, "a tool message holds tool results and nothing else")


def _refuse_seal(signature: str | None, where: str) -> None:
    if signature is not None:
        raise refuse_field(f"{where}.signature", DIALECT, "it has no place for another vendor's seal")
