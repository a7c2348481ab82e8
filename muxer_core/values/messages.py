"""What is said to a model: messages made of parts.

The model is richer than any one dialect, so that a conversation can cross from one to another. Rules that hold here:

* A typed field means the same in every dialect. What only one dialect understands stays in `extras`, under that dialect's own names, and
  `Message.dialect` says whose names they are; None means the caller's own, sent as they stand to whoever is asked.
* What the next turn needs (tool-call ids, `signature`, `encrypted`, `vendor`, cache marks) is never dropped: a dialect carries it or
  refuses it.
* `form` notes in which of several equal ways a dialect had written a thing (`content` as text or as a list). It says nothing to
  another dialect, and a value without it is written in the dialect's first way.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from muxer_core.values.usage import JsonValue

Role = Literal["system", "developer", "user", "assistant", "tool"]

Form = tuple[str, ...]
"""Notes of one dialect to itself on how a thing was written."""


class CacheMark(msgspec.Struct, frozen=True, omit_defaults=True):
    """The prompt up to and with the thing that carries this mark is to be cached. `ttl` is the vendor's word (`5m`, `1h`), or None."""

    ttl: str | None = None
    extras: dict[str, JsonValue] = {}


class Citation(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a piece of an answer rests on.

    `kind` is ours: a web page, a document of the request, an uploaded file, a result of a search, or a place on a map. `text` is what was
    cited; `start` and `end` count characters of the answer's text, where the vendor tells them. `native` is the whole citation in the form
    of `dialect`, and goes back to that dialect as it came.
    """

    kind: Literal["url", "document", "file", "search_result", "place", "other"]
    url: str | None = None
    title: str | None = None
    text: str | None = None
    file_id: str | None = None
    start: int | None = None
    end: int | None = None
    native: dict[str, JsonValue] = {}
    dialect: str | None = None


class TextPart(msgspec.Struct, frozen=True, tag="text", omit_defaults=True):
    """Text. `signature` is a vendor's seal on it, which must go back in the same part (Gemini)."""

    text: str
    extras: dict[str, JsonValue] = {}
    cache: CacheMark | None = None
    signature: str | None = None
    citations: tuple[Citation, ...] = ()
    form: Form = ()


class ImagePart(msgspec.Struct, frozen=True, tag="image", omit_defaults=True):
    """An image: a URL (also a `data:` URL), base64 `data` with its `media_type`, or an uploaded `file_id`.

    `detail` is the vendor's word (low, high, auto); `signature` as in `TextPart`.
    """

    url: str | None = None
    data: str | None = None
    media_type: str | None = None
    detail: str | None = None
    extras: dict[str, JsonValue] = {}
    file_id: str | None = None
    cache: CacheMark | None = None
    signature: str | None = None
    form: Form = ()


class AudioPart(msgspec.Struct, frozen=True, tag="audio", omit_defaults=True):
    """Audio: base64 `data` in `format` (wav, mp3, …), a `url`, or the `id` of audio that the model spoke earlier."""

    data: str | None = None
    format: str | None = None
    id: str | None = None
    extras: dict[str, JsonValue] = {}
    url: str | None = None
    cache: CacheMark | None = None
    form: Form = ()


class FilePart(msgspec.Struct, frozen=True, tag="file", omit_defaults=True):
    """A document or video: an uploaded `file_id`, a `url`, base64 `data`, or plain `text`. `media_type` tells what it is."""

    file_id: str | None = None
    url: str | None = None
    data: str | None = None
    filename: str | None = None
    media_type: str | None = None
    extras: dict[str, JsonValue] = {}
    text: str | None = None
    cache: CacheMark | None = None
    signature: str | None = None
    form: Form = ()


class RefusalPart(msgspec.Struct, frozen=True, tag="refusal", omit_defaults=True):
    """The model's own words for not answering."""

    text: str
    extras: dict[str, JsonValue] = {}
    form: Form = ()


class ReasoningPart(msgspec.Struct, frozen=True, tag="reasoning", omit_defaults=True):
    """Thinking that the provider showed. `signature` and `encrypted` must go back unchanged on the next turn, or be refused.

    `vendor` says whose seal it is (`anthropic`, `google`, `openai`, `xai`, …) where that is known: no other vendor can open it. `id` is the
    vendor's name for the thought (OpenAI Responses).
    """

    text: str = ""
    signature: str | None = None
    encrypted: str | None = None
    extras: dict[str, JsonValue] = {}
    vendor: str | None = None
    id: str | None = None
    form: Form = ()


class ToolCallPart(msgspec.Struct, frozen=True, tag="tool_call", omit_defaults=True):
    """A call that the model asks for. `arguments` is the model's own text: JSON for a function, free text for a custom tool.

    `signature` as in `TextPart`.
    """

    id: str
    name: str
    arguments: str
    kind: Literal["function", "custom"] = "function"
    extras: dict[str, JsonValue] = {}
    cache: CacheMark | None = None
    signature: str | None = None
    form: Form = ()


class ProviderPart(msgspec.Struct, frozen=True, tag="provider", omit_defaults=True):
    """A part that only its own dialect understands, whole, in that dialect's form. Another dialect refuses it."""

    spec: dict[str, JsonValue]


class ToolResultPart(msgspec.Struct, frozen=True, tag="tool_result", omit_defaults=True):
    """What a tool answered to the call `tool_call_id`. `name` is the tool's, where the dialect tells it (Gemini)."""

    tool_call_id: str
    parts: tuple[TextPart | ImagePart | AudioPart | FilePart | ProviderPart, ...] = ()
    is_error: bool = False
    extras: dict[str, JsonValue] = {}
    name: str | None = None
    cache: CacheMark | None = None
    form: Form = ()


class ServerToolCallPart(msgspec.Struct, frozen=True, tag="server_tool_call", omit_defaults=True):
    """A use of a tool that the provider ran itself: `name` and `input` are for reading, `native` is the whole in its dialect's form."""

    id: str
    name: str
    input: JsonValue = None
    native: dict[str, JsonValue] = {}
    signature: str | None = None
    cache: CacheMark | None = None


class ServerToolResultPart(msgspec.Struct, frozen=True, tag="server_tool_result", omit_defaults=True):
    """What a tool that the provider ran itself brought. As `ServerToolCallPart`; `is_error` says that the tool failed."""

    tool_call_id: str
    name: str
    output: JsonValue = None
    is_error: bool = False
    native: dict[str, JsonValue] = {}
    signature: str | None = None
    cache: CacheMark | None = None


Part = (
    TextPart
    | ImagePart
    | AudioPart
    | FilePart
    | RefusalPart
    | ReasoningPart
    | ToolCallPart
    | ToolResultPart
    | ServerToolCallPart
    | ServerToolResultPart
    | ProviderPart
)


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """One turn: who speaks, and the parts of what is said, in order. `name` tells speakers of one role apart where a dialect can.

    `dialect` names the dialect that `extras` (the parts' too), `form` and `native` are in; None: the caller's own words.
    """

    role: Role
    parts: tuple[Part, ...]
    name: str | None = None
    extras: dict[str, JsonValue] = {}
    dialect: str | None = None
    form: Form = ()

    @property
    def text(self) -> str:
        """All text parts, joined.

        >>> Message("user", (TextPart("a"), ImagePart(url="https://example.org/x.png"), TextPart("b"))).text
        'ab'
        """
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))
