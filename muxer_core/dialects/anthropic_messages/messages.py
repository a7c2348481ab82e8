"""Conversations: our `Message` values <-> `system` and `messages` of the Messages API, in both directions.

Rules that hold here:

* System and developer messages before any other are the request's `system`: a text where it is nothing but one text, else a list. Later
  ones are messages with the role `system`, or text of the user's turn (`options.later_system`).
* A message with the role `tool` is a user's message with tool results. Read from the wire, results and what else a user says in one
  message are messages of their own, the later ones `joined` to the first.
* A message that came in this dialect stands as it came. Others are merged with their neighbours of the same role, for the API wants all
  results of one turn's tool calls in one message, and reads neighbours as one turn.
* A message of which nothing is left is left out (what was left out of it has been named).

Notes in `form`: `message` (a system message that stands in `messages`), `list` (a content of one text written as a list), `no_content`,
`joined` (to the message before, of which it is a part on the wire).
"""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

from muxer_core.dialects.anthropic_messages.blocks import LIST_FORM, NO_CONTENT, content_parts
from muxer_core.dialects.anthropic_messages.marks import JsonObject, kind_of
from muxer_core.dialects.anthropic_messages.options import LaterSystem
from muxer_core.dialects.anthropic_messages.parts import Scribe, foreign
from muxer_core.dialects.anthropic_messages.words import DIALECT
from muxer_core.dialects.field_table import left_out, refuse_field
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import (
    Message,
    ProviderPart,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from muxer_core.values.usage import JsonValue

IN_MESSAGES = "message"
JOINED = "joined"

_NO_CONTENT: JsonValue = object()
_SYSTEM_ROLES = ("system", "developer")


class Conversation(NamedTuple):
    """A conversation on the wire: `system` is None where there is none."""

    system: JsonValue
    messages: list[JsonObject]


class _Turn(NamedTuple):
    role: str
    content: JsonValue
    extras: JsonObject
    mergeable: bool


def encode_conversation(
    messages: tuple[Message, ...], warnings: list[str], *, later_system: LaterSystem = "message"
) -> Conversation:
    """The conversation on the wire; what had to be left out is added to `warnings`. Raises `InvalidRequest`, naming the message.

    >>> encode_conversation((Message("system", (TextPart("Be brief."),)), Message("user", (TextPart("Why?"),))), [])
    Conversation(system='Be brief.', messages=[{'role': 'user', 'content': 'Why?'}])
    """
    leading = 0
    while leading < len(messages) and _leads(messages[leading]):
        leading += 1
    turns: list[_Turn] = []
    for position in range(leading, len(messages)):
        turn = _turn(messages[position], f"messages[{position}]", warnings, later_system)
        if turn is None:
            continue
        last = turns[-1] if turns else None
        joins = messages[position].dialect == DIALECT and JOINED in messages[position].form
        if last is not None and last.role == turn.role and (joins or (last.mergeable and turn.mergeable)):
            turns[-1] = last._replace(content=[*_as_blocks(last.content), *_as_blocks(turn.content)])
        else:
            turns.append(turn)
    return Conversation(_system(messages[:leading], warnings), [_wire(turn) for turn in turns])


def _leads(message: Message) -> bool:
    return message.role in _SYSTEM_ROLES and not (message.dialect == DIALECT and IN_MESSAGES in message.form)


def _wire(turn: _Turn) -> JsonObject:
    wire: JsonObject = {"role": turn.role}
    if turn.content is not _NO_CONTENT:
        wire["content"] = turn.content
    return {**wire, **turn.extras}


def _as_blocks(content: JsonValue) -> list[JsonValue]:
    if is_list(content):
        return content
    return [{"type": "text", "text": content}] if content else []


def _system(messages: tuple[Message, ...], warnings: list[str]) -> JsonValue:
    contents: list[JsonValue] = []
    for position, message in enumerate(messages):
        where = f"messages[{position}]"
        _only_text(message, where)
        _drop_name(message, where, warnings)
        if message.extras and message.dialect in (None, DIALECT):
            raise refuse_field(f"{where}.extras", DIALECT, "the system prompt has no fields of its own")
        _extras(message, where, warnings)
        contents.append(_content(message, where, warnings))
    if len(contents) < 2:
        return contents[0] if contents else None
    return [block for content in contents for block in _as_blocks(content)]


def _only_text(message: Message, where: str) -> None:
    for number, part in enumerate(message.parts):
        if not isinstance(part, TextPart | ProviderPart):
            raise refuse_field(f"{where}.parts[{number}]", DIALECT, "a system message holds text only")


def _drop_name(message: Message, where: str, warnings: list[str]) -> None:
    if message.name is not None:
        warnings.append(left_out(f"{where}.name", DIALECT, "the API does not tell speakers of one role apart"))


def _extras(message: Message, where: str, warnings: list[str]) -> JsonObject:
    if message.dialect in (None, DIALECT):
        return message.extras
    warnings += foreign(f"{where}.extras", message.extras)
    return {}


def _content(message: Message, where: str, warnings: list[str]) -> JsonValue:
    scribe = Scribe(message.dialect, warnings)
    form = message.form if scribe.own else ()
    if not message.parts and NO_CONTENT in form:
        return _NO_CONTENT
    return scribe.content(message.parts, form, f"{where}.parts")


def _turn(message: Message, where: str, warnings: list[str], later_system: LaterSystem) -> _Turn | None:
    own = message.dialect == DIALECT
    _drop_name(message, where, warnings)
    extras = _extras(message, where, warnings)
    if message.role in _SYSTEM_ROLES:
        _only_text(message, where)
        content = _content(message, where, warnings)
        if later_system == "message":
            return _Turn("system", content, extras, mergeable=False)
        warnings.append(f"{where}: a system message after the first turn is sent as the user's text, between marks")
        text = f"<system>\n{message.text}\n</system>"
        return _Turn("user", [{"type": "text", "text": text}], extras, mergeable=not own and not extras)
    _check_parts(message, where)
    content = _content(message, where, warnings)
    if content == [] and not own:
        return None
    role = "assistant" if message.role == "assistant" else "user"
    return _Turn(role, content, extras, mergeable=not own and not extras)


def _check_parts(message: Message, where: str) -> None:
    """What a role cannot hold. A message of this dialect is the client's to answer for."""
    if message.dialect == DIALECT:
        return
    for number, part in enumerate(message.parts):
        place = f"{where}.parts[{number}]"
        if isinstance(part, ToolCallPart) and message.role != "assistant":
            raise InvalidRequest(place, f"a {message.role} message cannot hold a tool call; only an assistant's can")
        if isinstance(part, ToolResultPart) and message.role == "assistant":
            raise InvalidRequest(place, "an assistant message cannot hold a tool result")
        if message.role == "tool" and not isinstance(part, ToolResultPart):
            raise InvalidRequest(place, "a tool message holds tool results and nothing else")


# --- decoding -----------------------------------------------------------------------------------------------------------------------


def decode_conversation(body: JsonObject) -> tuple[Message, ...]:
    """The conversation of a request's body, whose `system` and `messages` are taken out of it. Raises `InvalidRequest`."""
    decoded: list[Message] = []
    if "system" in body:
        parts, form = content_parts(body.pop("system"), "system")
        decoded.append(Message("system", tuple(parts), dialect=DIALECT, form=form))
    listed = body.pop("messages", None)
    if not is_list(listed):
        raise InvalidRequest("messages", f"must be a list, got {kind_of(listed)}")
    for position, message in enumerate(listed):
        where = f"messages[{position}]"
        if not is_object(message):
            raise InvalidRequest(where, f"must be an object, got {kind_of(message)}")
        decoded += _by_speaker(decode_message(message, where))
    return tuple(decoded)


def _by_speaker(message: Message) -> list[Message]:
    """A user's message, its tool results apart from what else it says."""
    parts = message.parts
    if message.role != "user" or not any(isinstance(part, ToolResultPart) for part in parts):
        return [message]
    split: list[Message] = []
    for is_result, run in groupby(parts, key=lambda part: isinstance(part, ToolResultPart)):
        form = (LIST_FORM, JOINED) if split else (LIST_FORM,)
        role: Role = "tool" if is_result else "user"
        split.append(Message(role, tuple(run), None, {} if split else message.extras, DIALECT, form))
    return split


def decode_message(message: JsonObject, where: str) -> Message:
    """One message of this API as our value. Raises `InvalidRequest`; `where` names the message in it.

    >>> decode_message({"role": "user", "content": "Why?"}, "messages[0]").text
    'Why?'
    """
    rest = dict(message)
    word = rest.pop("role", None)
    role: Role
    match word:
        case "user" | "assistant" | "system":
            role = word
        case _:
            raise InvalidRequest(f"{where}.role", f"must be user, assistant or system, got {word!r}")
    form = (IN_MESSAGES,) if role == "system" else ()
    if role == "system" and "content" not in rest:
        return Message(role, (), None, rest, DIALECT, (*form, NO_CONTENT))
    parts, noted = content_parts(rest.pop("content", None), f"{where}.content")
    return Message(role, tuple(parts), None, rest, DIALECT, (*form, *noted))
