"""Conversation messages -> `messages` of `/v2/chat`.

Rules that hold here:

* A user's and a system's text alone is a string; with images or several texts it is a list. An answer's content likewise.
* Thinking has no seals here: another vendor's is refused. It goes back as an item of the content, or as `tool_plan` where it came so.
* Citations of this dialect go back as they came; others are left out. So are marks for caching: the service caches prompts by itself.
* Documents belong to the request (`extras.documents`), not to a message: files are refused.

Source: cohere 7.3.1, `types/chat_message_v2.py` and what it names, November 2026.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from muxer_core.dialects.cohere_v2.words import DIALECT, PLAN
from muxer_core.dialects.field_table import left_out, refuse_field
from muxer_core.dialects.foreign_parts import in_words_of
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    Part,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    ServerToolCallPart,
    ServerToolResultPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from muxer_core.values.usage import JsonValue

Wire = dict[str, JsonValue]


class _Said:
    """What a message says, by the places that it has here."""

    __slots__ = ("calls", "citations", "content", "plan", "results")

    def __init__(self) -> None:
        self.content: list[Wire] = []
        self.plan: list[str] = []
        self.calls: list[JsonValue] = []
        self.citations: list[JsonValue] = []
        self.results: list[Wire] = []


def encode_messages(messages: Iterable[Message], warnings: list[str]) -> list[Wire]:
    """The messages, with warnings for what had to be left out. Raises `InvalidRequest`, naming the message."""
    return list(
        chain.from_iterable(_encode(message, f"messages[{place}]", warnings) for place, message in enumerate(messages))
    )


def _encode(message: Message, where: str, warnings: list[str]) -> Iterator[Wire]:
    message = in_words_of(DIALECT, message, message.dialect, where, warnings)
    if message.name is not None:
        warnings.append(left_out(f"{where}.name", DIALECT, "speakers of one role have no names"))
    said = _Said()
    for number, part in enumerate(message.parts):
        _add(part, message, said, f"{where}.parts[{number}]", warnings)
    yield from said.results
    if said.results and not said.content:
        return
    wire: Wire = {"role": "system" if message.role == "developer" else message.role}
    if said.content or not said.calls:
        wire["content"] = _content(said.content)
    if said.plan:
        wire["tool_plan"] = "".join(said.plan)
    if said.calls:
        wire["tool_calls"] = said.calls
    if said.citations:
        wire["citations"] = said.citations
    yield {**wire, **message.extras}


def _add(part: Part, message: Message, said: _Said, where: str, warnings: list[str]) -> None:
    _check_role(part, message.role, where)
    if getattr(part, "cache", None) is not None:
        warnings.append(left_out(f"{where}.cache", DIALECT, "it caches prompts by itself"))
    match part:
        case TextPart():
            said.content.append(_text(part, where))
            ours = [one.native for one in part.citations if one.dialect == DIALECT and one.native]
            said.citations += ours
            if len(ours) < len(part.citations):
                warnings.append(left_out(f"{where}.citations", DIALECT, "they are of another vendor"))
        case RefusalPart():
            warnings.append(f"{where}: sent as plain text, because Cohere has no refusals")
            said.content.append({"type": "text", "text": part.text})
        case ImagePart():
            said.content.append(_image(part, where))
        case ReasoningPart():
            _think(part, said, where, warnings)
        case ToolCallPart():
            said.calls.append(_call(part, where))
        case ToolResultPart():
            said.results.append(_result(part, message.dialect, where, warnings))
        case ServerToolCallPart() | ServerToolResultPart():
            warnings.append(left_out(where, DIALECT, "it has no place for a tool that a provider ran"))
        case AudioPart() | FilePart():
            raise refuse_field(where, DIALECT, "a message takes texts and images; documents belong to extras.documents")
        case ProviderPart():
            said.content.append(_own(part, message.dialect, where))


def _content(items: list[Wire]) -> JsonValue:
    """One text alone as a string, anything else as a list."""
    if not items:
        return ""
    first = items[0]
    return first["text"] if len(items) == 1 and first.keys() == {"type", "text"} else items


def _text(part: TextPart, where: str) -> Wire:
    _refuse_seal(part.signature, where)
    return {"type": "text", "text": part.text, **part.extras}


def _image(part: ImagePart, where: str) -> Wire:
    _refuse_seal(part.signature, where)
    if part.file_id is not None:
        raise refuse_field(f"{where}.file_id", DIALECT, "it knows no uploaded files")
    if (part.url is None) == (part.data is None):
        raise InvalidRequest(where, "an image needs either a url or base64 data")
    if part.data is not None and part.media_type is None:
        raise InvalidRequest(f"{where}.media_type", "an image given as data needs it, such as image/png")
    url = part.url or f"data:{part.media_type};base64,{part.data}"
    inner: Wire = {"url": url} if part.detail is None else {"url": url, "detail": part.detail}
    return {"type": "image_url", "image_url": inner, **part.extras}


def _think(part: ReasoningPart, said: _Said, where: str, warnings: list[str]) -> None:
    if part.signature is not None or part.encrypted is not None:
        raise refuse_field(where, DIALECT, f"it has no place for the seal of {part.vendor or 'another vendor'}")
    if part.id is not None:
        warnings.append(left_out(f"{where}.id", DIALECT, "the API has no such field"))
    if PLAN in part.form:
        said.plan.append(part.text)
    else:
        said.content.append({"type": "thinking", "thinking": part.text, **part.extras})


def _call(part: ToolCallPart, where: str) -> Wire:
    if part.kind == "custom":
        raise refuse_field(f"{where}.kind", DIALECT, "it has no tools that take free text")
    _refuse_seal(part.signature, where)
    return {
        "id": part.id,
        "type": "function",
        "function": {"name": part.name, "arguments": part.arguments},
        **part.extras,
    }


def _result(part: ToolResultPart, said_in: str | None, where: str, warnings: list[str]) -> Wire:
    content: list[Wire] = []
    for number, one in enumerate(part.parts):
        place = f"{where}.parts[{number}]"
        if getattr(one, "cache", None) is not None:
            warnings.append(left_out(f"{place}.cache", DIALECT, "it caches prompts by itself"))
        if isinstance(one, TextPart):
            content.append(_text(one, place))
        elif isinstance(one, ProviderPart):
            content.append(_own(one, said_in, place))
        else:
            raise refuse_field(place, DIALECT, "a tool's result is texts and documents")
    if part.is_error:
        warnings.append(left_out(f"{where}.is_error", DIALECT, "the tool's own words are sent without the mark"))
    return {"role": "tool", "tool_call_id": part.tool_call_id, "content": _content(content), **part.extras}


def _own(part: ProviderPart, said_in: str | None, where: str) -> Wire:
    if said_in not in (None, DIALECT):
        raise refuse_field(where, DIALECT, f"the part is in the form of {said_in}")
    return part.spec


def _check_role(part: Part, role: str, where: str) -> None:
    if isinstance(part, ToolCallPart | ReasoningPart) and role != "assistant":
        raise InvalidRequest(where, f"a {role} message cannot hold tool calls or reasoning; only an assistant's can")
    if isinstance(part, ToolResultPart) and role not in ("tool", "user"):
        raise InvalidRequest(where, f"a {role} message cannot hold tool results")
    if role == "tool" and not isinstance(part, ToolResultPart):
        raise InvalidRequest(where, "a tool message holds tool results and nothing else")


def _refuse_seal(signature: str | None, where: str) -> None:
    if signature is not None:
        raise refuse_field(f"{where}.signature", DIALECT, "it has no place for another vendor's seal")
