"""Thinking <-> `reasoningContent`, with its seals.

`redactedContent` is the base64 of the seal's bytes. Anthropic's seal is itself a text, so that ours (`ReasoningPart.encrypted`) is that
text, and holds at Anthropic's own API too; the note `blob` marks a seal that is no such text and is kept as the base64 that it came in.
"""

from __future__ import annotations

from base64 import b64decode, b64encode

from muxer_core.dialects.bedrock_converse.words import DIALECT
from muxer_core.dialects.field_table import left_out, refuse_field
from muxer_core.values.items import ReasoningDelta
from muxer_core.values.messages import ReasoningPart
from muxer_core.values.usage import JsonValue

BLOB = "blob"
"""The note of a seal that is kept in base64."""


def redacted(content: str, vendor: str | None) -> tuple[ReasoningDelta, tuple[str, ...]]:
    """The item of a redacted thought, and its note. Never raises.

    >>> redacted("RXRr", "anthropic")[0].encrypted
    'Etk'
    """
    text = _text_in(content) if vendor == "anthropic" else None
    if text is None:
        return ReasoningDelta(encrypted=content, vendor=None), (BLOB,)
    return ReasoningDelta(encrypted=text, vendor=vendor), ()


def encode_thought(
    part: ReasoningPart, said_in: str | None, vendor: str, where: str, warnings: list[str]
) -> dict[str, JsonValue] | None:
    """The block of a thought; None where it is left out, with a warning. Raises `InvalidRequest` for another vendor's seal."""
    sealed = part.signature is not None or part.encrypted is not None
    if not sealed:
        warnings.append(left_out(where, DIALECT, "thinking goes back only with its seal"))
        return None
    if part.id is not None:
        warnings.append(left_out(f"{where}.id", DIALECT, "the API has no such field"))
    ours = part.vendor is None and said_in in (None, DIALECT)
    if not ours and (part.vendor is None or part.vendor != vendor):
        raise refuse_field(where, DIALECT, f"the seal is of {part.vendor or said_in}, and only its vendor can open it")
    if part.encrypted is not None:
        raw = BLOB in part.form or (ours and vendor != "anthropic")
        content = part.encrypted if raw else b64encode(part.encrypted.encode()).decode()
        return {"reasoningContent": {"redactedContent": content, **part.extras}}
    told: dict[str, JsonValue] = {"text": part.text, "signature": part.signature, **part.extras}
    return {"reasoningContent": {"reasoningText": told}}


def _text_in(content: str) -> str | None:
    """The text of which this is the base64; None where it is that of no text, or not the only way to write it."""
    try:
        text = b64decode(content, validate=True).decode("ascii")
    except ValueError:
        return None
    return text if text and b64encode(text.encode()).decode() == content else None
