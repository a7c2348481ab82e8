"""What is said to a model: messages made of parts.

The model is richer than any one dialect, so that a conversation can cross from one to another. A part keeps what it does not
understand in `extras`, under the provider's own names, and a dialect's field table says what becomes of each field.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from muxer_core.values.usage import JsonValue

Role = Literal["system", "developer", "user", "assistant", "tool"]


class TextPart(msgspec.Struct, frozen=True, tag="text", omit_defaults=True):
    """Text."""

    text: str
    extras: dict[str, JsonValue] = {}


class ImagePart(msgspec.Struct, frozen=True, tag="image", omit_defaults=True):
    """An image: a URL (also a `data:` URL), or base64 `data` with its `media_type`. `detail` is the vendor's word (low, high, auto)."""

    url: str | None = None
    data: str | None = None
    media_type: str | None = None
    detail: str | None = None
    extras: dict[str, JsonValue] = {}


class AudioPart(msgspec.Struct, frozen=True, tag="audio", omit_defaults=True):
    """Audio as base64 `data` in `format` (wav, mp3, …), or the `id` of audio that the model spoke earlier."""

    data: str | None = None
    format: str | None = None
    id: str | None = None
    extras: dict[str, JsonValue] = {}


class FilePart(msgspec.Struct, frozen=True, tag="file", omit_defaults=True):
    """A document: an uploaded `file_id`, a `url`, or base64 `data` with a `filename`."""

    file_id: str | None = None
    url: str | None = None
    data: str | None = None
    filename: str | None = None
    media_type: str | None = None
    extras: dict[str, JsonValue] = {}


class RefusalPart(msgspec.Struct, frozen=True, tag="refusal", omit_defaults=True):
    """The model's own words for not answering."""

    text: str
    extras: dict[str, JsonValue] = {}


class ReasoningPart(msgspec.Struct, frozen=True, tag="reasoning", omit_defaults=True):
    """Thinking that the provider showed. `signature` and `encrypted` must go back unchanged on the next turn, or be refused."""

    text: str = ""
    signature: str | None = None
    encrypted: str | None = None
    extras: dict[str, JsonValue] = {}


class ToolCallPart(msgspec.Struct, frozen=True, tag="tool_call", omit_defaults=True):
    """A call that the model asks for. `arguments` is the model's own text: JSON for a function, free text for a custom tool."""

    id: str
    name: str
    arguments: str
    kind: Literal["function", "custom"] = "function"
    extras: dict[str, JsonValue] = {}


class ToolResultPart(msgspec.Struct, frozen=True, tag="tool_result", omit_defaults=True):
    """What a tool answered to the call `tool_call_id`."""

    tool_call_id: str
    parts: tuple[TextPart | ImagePart | AudioPart | FilePart, ...] = ()
    is_error: bool = False
    extras: dict[str, JsonValue] = {}


Part = TextPart | ImagePart | AudioPart | FilePart | RefusalPart | ReasoningPart | ToolCallPart | ToolResultPart


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """One turn: who speaks, and the parts of what is said. `name` tells speakers of one role apart where a dialect can."""

    role: Role
    parts: tuple[Part, ...]
    name: str | None = None
    extras: dict[str, JsonValue] = {}

    @property
    def text(self) -> str:
        """All text parts, joined.

        >>> Message("user", (TextPart("a"), ImagePart(url="https://example.org/x.png"), TextPart("b"))).text
        'ab'
        """
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))
