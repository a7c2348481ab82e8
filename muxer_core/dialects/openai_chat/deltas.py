"""What one delta says beside plain text: thinking and its seals, images, and content that came as a list of parts. Used by `assembly`.

Each function appends items; what it does not understand it reports as an extra of the message.
"""

from __future__ import annotations

from typing import Any

from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.openai_chat.chunks import Delta, JsonObject, Thought, json_text
from muxer_core.dialects.openai_chat.reasoning_parts import vendor_of
from muxer_core.dialects.openai_chat.seals import take_signature
from muxer_core.values.items import (
    ExtrasReported,
    ImageDelta,
    Item,
    ReasoningDelta,
    RefusalDelta,
    SignatureReported,
    TextDelta,
)


def entries_of(value: Any) -> list[Any]:
    """The entries of a list; none of what is no list."""
    return value if is_list(value) else []


def add_reasoning(delta: Delta, index: int, items: list[Item]) -> None:
    """One text, whichever of the three fields carries it, then what must go back unchanged.

    OpenRouter and Vercel send the same text as `reasoning` and in `reasoning_details`; some servers send it as `reasoning` and
    `reasoning_content`. The text is taken once: from the details where they tell all of it, since a signature holds for the text of its
    own detail.
    """
    details = delta.reasoning_details or ()
    text = delta.reasoning_content or delta.reasoning
    texts = [json_text(entry.get("text") or entry.get("summary") or "") for entry in details]
    if text and text != "".join(texts):
        items.append(ReasoningDelta(text, index))
        texts = [""] * len(texts)
    kept: list[JsonObject] = []
    for entry, own in zip(details, texts, strict=True):
        if own:
            items.append(ReasoningDelta(own, index))
        signature, data = _sealed(entry.get("signature")), _sealed(entry.get("data"))
        if signature or data:
            name = entry.get("id")
            items.append(
                ReasoningDelta("", index, signature, data, vendor_of(entry), name if isinstance(name, str) else None)
            )
        beyond = {name: value for name, value in entry.items() if name not in ("text", "summary") and value is not None}
        if signature or data or beyond.keys() - {"type", "format", "index", "id"}:
            kept.append(beyond)
    if kept:
        items.append(ExtrasReported({"message": {"reasoning_details": kept}}, index))
    if delta.reasoning_content and delta.reasoning and delta.reasoning != delta.reasoning_content:
        items.append(ExtrasReported({"message": {"reasoning": delta.reasoning}}, index))


def _sealed(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def add_seal(unread: JsonObject, index: int, items: list[Item]) -> None:
    """A seal of Google on the message: it is that of the text that was last."""
    message = unread["message"]
    signature = take_signature(message)
    if signature is not None:
        items.append(SignatureReported(signature, index, None, "google"))
        if not message:
            del unread["message"]


def add_image(image: JsonObject, index: int, items: list[Item]) -> None:
    """An image of the answer; one in a form that is not known here is an extra."""
    inner = image.get("image_url")
    url = inner.get("url") if is_object(inner) else inner
    if isinstance(url, str) and url:
        items.append(ImageDelta(url, index))
        return
    items.append(ExtrasReported({"message": {"images": [image]}}, index))


def add_content_piece(piece: str | Thought | JsonObject, index: int, fields: JsonObject, items: list[Item]) -> None:
    """A piece of content that came as a list of parts."""
    if isinstance(piece, str):
        if piece:
            items.append(TextDelta(piece, index))
    elif isinstance(piece, Thought):
        if piece.text:
            items.append(ReasoningDelta(piece.text, index))
    elif piece.get("type") == "image_url":
        add_image(piece, index, items)
    elif piece.get("type") == "refusal" and isinstance(piece.get("refusal"), str):
        items.append(RefusalDelta(piece["refusal"], index))
    else:
        message = fields.setdefault("message", {})
        message.setdefault("content", []).append(piece)
