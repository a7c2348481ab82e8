"""The typed form of the common chunk: text, thinking and an end, with nothing else. Any other chunk goes the general way (`assembly`).

Both ways give the same items (a property in `tests/dialects/gemini/test_chunks.py`).
"""

from __future__ import annotations

import msgspec


class PlainPart(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """Text, or thinking."""

    text: str
    thought: bool | None = None


class PlainContent(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """Parts of one candidate."""

    parts: list[PlainPart] = []
    role: str | None = None


class PlainCandidate(msgspec.Struct, gc=False, forbid_unknown_fields=True, rename="camel"):
    """One candidate's share of a chunk. `safety_ratings` is their text: older models repeat it on every chunk."""

    content: PlainContent | None = None
    finish_reason: str | None = None
    safety_ratings: msgspec.Raw = msgspec.Raw()
    index: int | None = None


class PlainChunk(msgspec.Struct, gc=False, forbid_unknown_fields=True, rename="camel"):
    """One `GenerateContentResponse` of a stream. `usage_metadata` is its text, empty where there is none."""

    candidates: list[PlainCandidate]
    usage_metadata: msgspec.Raw = msgspec.Raw()
    model_version: str | None = None
    response_id: str | None = None
    create_time: str | None = None


decode_plain_chunk = msgspec.json.Decoder(PlainChunk).decode
