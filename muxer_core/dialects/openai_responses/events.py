"""The events that nearly all of a stream consists of, as shapes for a typed reader: deltas of text, refusal, thinking and arguments.

The typed reader forbids unknown fields: an event of another type, with a field more or with a surprising value goes to the lenient reader
(`reading`), which does the same with it (a property test).

Source: openai-python 3.57.0, `types/responses/response_*_delta_event.py`, November 2026.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

COUNT_LIMIT = 10**6
"""No index of an item, a part or an event in a reply is larger."""

Index = Annotated[int, msgspec.Meta(ge=0, le=COUNT_LIMIT)]


class TextEvent(
    msgspec.Struct, gc=False, forbid_unknown_fields=True, tag_field="type", tag="response.output_text.delta"
):
    """A piece of text."""

    delta: str
    content_index: Index = 0
    item_id: str | None = None
    logprobs: list[Any] | None = None
    obfuscation: str | None = None
    output_index: Index | None = None
    sequence_number: int | None = None


class RefusalEvent(
    msgspec.Struct, gc=False, forbid_unknown_fields=True, tag_field="type", tag="response.refusal.delta"
):
    """A piece of a refusal."""

    delta: str
    content_index: Index = 0
    item_id: str | None = None
    obfuscation: str | None = None
    output_index: Index | None = None
    sequence_number: int | None = None


class SummaryEvent(
    msgspec.Struct, gc=False, forbid_unknown_fields=True, tag_field="type", tag="response.reasoning_summary_text.delta"
):
    """A piece of the summary of thinking."""

    delta: str
    item_id: str | None = None
    obfuscation: str | None = None
    output_index: Index | None = None
    sequence_number: int | None = None
    summary_index: Index = 0


class ThoughtEvent(
    msgspec.Struct, gc=False, forbid_unknown_fields=True, tag_field="type", tag="response.reasoning_text.delta"
):
    """A piece of thinking itself."""

    delta: str
    content_index: Index = 0
    item_id: str | None = None
    obfuscation: str | None = None
    output_index: Index | None = None
    sequence_number: int | None = None


class ArgumentsEvent(
    msgspec.Struct, gc=False, forbid_unknown_fields=True, tag_field="type", tag="response.function_call_arguments.delta"
):
    """A piece of a function's arguments."""

    delta: str
    item_id: str | None = None
    obfuscation: str | None = None
    output_index: Index | None = None
    sequence_number: int | None = None


class InputEvent(
    msgspec.Struct, gc=False, forbid_unknown_fields=True, tag_field="type", tag="response.custom_tool_call_input.delta"
):
    """A piece of a custom tool's input."""

    delta: str
    item_id: str | None = None
    obfuscation: str | None = None
    output_index: Index | None = None
    sequence_number: int | None = None


DeltaEvent = TextEvent | RefusalEvent | SummaryEvent | ThoughtEvent | ArgumentsEvent | InputEvent

DELTAS: dict[str, type[DeltaEvent]] = {
    str(kind.__struct_config__.tag): kind
    for kind in (TextEvent, RefusalEvent, SummaryEvent, ThoughtEvent, ArgumentsEvent, InputEvent)
}
"""The typed events by their types on the wire."""

decode_event = msgspec.json.Decoder(DeltaEvent).decode
"""The typed reader. Raises `msgspec.MsgspecError` (or `RecursionError`) for what the lenient reader must take."""
