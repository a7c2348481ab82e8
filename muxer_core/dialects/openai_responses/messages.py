"""The input of a request: our `Message` values <-> the API's list of items. Read here, written in `message_writer`.

Rules that hold here:

* Items of the assistant's side in a row (its messages, calls, thinking, the provider's own tools) are ONE message of ours, so that a
  conversation can cross to APIs that have turns; they are written apart again, each as it was. Every other item is a message by itself.
* A message of the assistant that says anything but text and refusals is a `ProviderPart`, whole.
* Of a message item, the last part carries the notes: `message` ends an item; `typed`: it had a `type`; `text`: its content was a
  string; `empty`: its content was an empty list. Its further fields (`id`, `status`, `phase`) are there as `extras.item`.
  Parts of content in a row without notes are one item. Other roles have notes and extras on the message itself.
* `instructions` are the first message, of the system, noted `instructions`; an `input` that is a string is one message noted `input`.
* What the provider keeps (`previous_response_id`, `conversation`, a stored `prompt`) is said before the rest: a message noted `kept`, with
  a `ProviderPart` of these fields. So every other dialect refuses it, since nobody else knows what was said.
* A message of elsewhere is written in the shortest way: text alone as a string, without `type`.
* `function_call_output` and `custom_tool_call_output` are messages of a tool, each with one `ToolResultPart`. Which of the two is written
  is told by the call. Outputs of the API's other tools are messages of a tool with a `ProviderPart`, and refused elsewhere, as are
  references to items that the provider keeps.

Source: openai-python 3.57.0, `types/responses/response_input_item_param.py`, November 2026.
"""

from __future__ import annotations

from typing import cast

from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.openai_responses.content_parts import (
    ContentPart,
    JsonObject,
    decode_part,
    take_text,
)
from muxer_core.dialects.openai_responses.items import (
    IMAGE,
    decode_item,
)
from muxer_core.dialects.openai_responses.options import NAME
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import (
    ImagePart,
    Message,
    Part,
    ProviderPart,
    RefusalPart,
    Role,
    TextPart,
    ToolResultPart,
)
from muxer_core.values.usage import JsonValue

_SPEAKERS = ("user", "system", "developer", "assistant")

KEPT = ("kept",)
"""The note of a message that stands for what the provider keeps."""

KEPT_FIELDS = ("previous_response_id", "conversation", "prompt")

RESULTS = {"function_call_output": "function", "custom_tool_call_output": "custom"}

OF_THE_CLIENT = frozenset({
    "computer_call_output", "local_shell_call_output", "shell_call_output", "apply_patch_call_output", "mcp_approval_response",
})  # fmt: skip
"""What a client answers to the API's other tools. A `tool_search_output` is one of them where the client searched."""

OF_THE_ASSISTANT = frozenset({
    "reasoning", "function_call", "custom_tool_call", "web_search_call", "file_search_call", "computer_call", "code_interpreter_call",
    IMAGE, "local_shell_call", "shell_call", "apply_patch_call", "mcp_list_tools", "mcp_call", "mcp_approval_request", "tool_search_call",
    "program", "program_output", "x_search_call",
})  # fmt: skip
"""Items that a reply holds. What is in no set here is a `ProviderPart`."""


def decode_input(value: JsonValue) -> tuple[Message, ...]:
    """The messages of `input`, a string or a list of items. Raises `InvalidRequest`, naming the item."""
    if isinstance(value, str):
        return (Message("user", (TextPart(value),), dialect=NAME, form=("input",)),)
    if not is_list(value):
        raise InvalidRequest("input", f"must be a text or a list of items, got {type(value).__name__}")
    messages: list[Message] = []
    turn: list[Part] = []
    for number, item in enumerate(value):
        where = f"input[{number}]"
        if not is_object(item):
            raise InvalidRequest(where, f"must be an object, got {type(item).__name__}")
        spoken = _assistant_parts(item, where)
        if spoken is not None:
            turn += spoken
            continue
        _end_turn(turn, messages)
        messages.append(_other_message(item, where))
    _end_turn(turn, messages)
    return tuple(messages)


def take_kept(rest: JsonObject) -> tuple[Message, ...]:
    """The message that stands for what the provider keeps; none where the request names nothing."""
    spec = {name: rest.pop(name) for name in KEPT_FIELDS if rest.get(name) is not None}
    return (Message("system", (ProviderPart(spec),), dialect=NAME, form=KEPT),) if spec else ()


def decode_instructions(text: str) -> Message:
    """The message that `instructions` are."""
    return Message("system", (TextPart(text),), dialect=NAME, form=("instructions",))


def _end_turn(turn: list[Part], messages: list[Message]) -> None:
    if turn:
        messages.append(Message("assistant", tuple(turn), dialect=NAME))
        turn.clear()


def _assistant_parts(item: JsonObject, where: str) -> list[Part] | None:
    """The parts of an item of the assistant's side; None for any other."""
    kind = _kind(item)
    if not isinstance(kind, str):
        raise InvalidRequest(f"{where}.type", f"must be a text, got {type(kind).__name__}")
    if kind == "message":
        return _message_parts(item, where) if item.get("role") == "assistant" else None
    if kind in OF_THE_ASSISTANT:
        return [decode_item(item, where)]
    if kind == "tool_search_output" and item.get("execution") != "client":
        return [decode_item(item, where)]
    if kind in RESULTS or kind in OF_THE_CLIENT or kind == "tool_search_output" or item.get("role") in _SPEAKERS:
        return None
    return [ProviderPart(item)]


def _kind(item: JsonObject) -> JsonValue:
    """What an item is. One without a `type` is a message, or, with nothing but an `id`, a reference."""
    kind = item.get("type")
    return kind if kind is not None else "item_reference" if "role" not in item and "id" in item else "message"


def _message_parts(item: JsonObject, where: str) -> list[Part]:
    rest = dict(item)
    del rest["role"]
    form: tuple[str, ...] = ("message",)
    if rest.get("type") == "message":
        del rest["type"]
        form += ("typed",)
    parts, noted = _content(rest.pop("content", None), "assistant", where)
    form += noted
    extras: JsonObject = {"item": rest} if rest else {}
    last = parts.pop() if parts else TextPart("")
    if not isinstance(last, TextPart | RefusalPart) or not all(
        isinstance(part, TextPart | RefusalPart) for part in parts
    ):
        return [ProviderPart(item)]
    extras = {**last.extras, **extras}
    if isinstance(last, RefusalPart):
        return [*parts, RefusalPart(last.text, extras, form=(*last.form, *form))]
    last = TextPart(last.text, extras, last.cache, last.signature, last.citations, (*last.form, *form))
    return [*parts, last]


def _content(content: JsonValue, role: str, where: str) -> tuple[list[ContentPart], tuple[str, ...]]:
    """The parts of an item's content, and the notes on how it was written. Raises `InvalidRequest`."""
    if isinstance(content, str):
        return [TextPart(content)], ("text",)
    if not is_list(content):
        raise InvalidRequest(f"{where}.content", f"must be a text or a list of parts, got {type(content).__name__}")
    parts = [decode_part(part, role, f"{where}.content[{number}]") for number, part in enumerate(content)]
    return parts, ("list",) if parts else ("empty",)


def _other_message(item: JsonObject, where: str) -> Message:
    kind, role = _kind(item), item.get("role")
    if kind == "message":
        if role not in _SPEAKERS:
            known = ", ".join(_SPEAKERS)
            raise InvalidRequest(f"{where}.role", f"must be one of {known}, got {role!r}")
        rest = dict(item)
        del rest["role"]
        form: tuple[str, ...] = ()
        if rest.get("type") == "message":
            del rest["type"]
            form = ("typed",)
        parts, noted = _content(rest.pop("content", None), str(role), where)
        return Message(cast("Role", role), tuple(parts), extras=rest, dialect=NAME, form=form + noted)
    if kind in RESULTS:
        return _result(item, where)
    speaker = cast("Role", role) if role in ("user", "system", "developer") else "tool"
    return Message(speaker, (ProviderPart(item),), dialect=NAME)


def _result(item: JsonObject, where: str) -> Message:
    rest = dict(item)
    kind = RESULTS[rest.pop("type")]
    call_id = rest.pop("call_id", None)
    if not isinstance(call_id, str):
        raise InvalidRequest(f"{where}.call_id", f"must be a text, got {type(call_id).__name__}")
    output = rest.pop("output", None)
    if not isinstance(output, str | list):
        raise InvalidRequest(f"{where}.output", f"must be a text or a list of parts, got {type(output).__name__}")
    decoded, noted = _content(output, "tool", f"{where}.output")
    parts: list[TextPart | ImagePart | ProviderPart | JsonValue] = []
    cache = None
    for number, part in enumerate(decoded):
        if isinstance(part, RefusalPart):
            raise InvalidRequest(f"{where}.output[{number}]", "a tool result cannot be a refusal")
        if number == len(decoded) - 1 and isinstance(part, TextPart) and part.cache is not None:
            cache = part.cache
            parts.append(TextPart(part.text, part.extras, form=part.form))
        else:
            parts.append(part)
    form = (*noted, kind) if kind == "custom" else noted
    if output == "":
        parts = []
    name = take_text(rest, "name")
    result = ToolResultPart(call_id, tuple(parts), extras=rest, name=name, cache=cache, form=form)
    return Message("tool", (result,), dialect=NAME)
