"""Seals of Google on parts that are no thinking: `extra_content.google.thought_signature`, on a tool call, a content part or a message.

Source: ai.google.dev, "Gemini thought signatures", section on OpenAI compatibility, November 2026; recorded replies of that endpoint.
"""

from __future__ import annotations

from muxer_core.dialects.json_text import is_object
from muxer_core.values.usage import JsonValue


def take_signature(rest: dict[str, JsonValue]) -> str | None:
    """Take the seal out of a call, part or message; what else `extra_content` holds stays there.

    >>> fields = {"extra_content": {"google": {"thought_signature": "s", "thought": True}}}
    >>> take_signature(fields), fields
    ('s', {'extra_content': {'google': {'thought': True}}})
    """
    content = rest.get("extra_content")
    google = content.get("google") if is_object(content) else None
    signature = google.get("thought_signature") if is_object(google) else None
    if not is_object(content) or not is_object(google) or not isinstance(signature, str) or not signature:
        return None
    others = {name: value for name, value in google.items() if name != "thought_signature"}
    beside = {name: value for name, value in content.items() if name != "google"}
    if others:
        beside["google"] = others
    if beside:
        rest["extra_content"] = beside
    else:
        del rest["extra_content"]
    return signature


def put_signature(wire: dict[str, JsonValue], signature: str | None) -> dict[str, JsonValue]:
    """Write the seal, beside what `extra_content` already holds."""
    if signature is None:
        return wire
    content = wire.get("extra_content")
    inner: dict[str, JsonValue] = dict(content) if is_object(content) else {}
    google = inner.get("google")
    inner["google"] = {**(google if is_object(google) else {}), "thought_signature": signature}
    wire["extra_content"] = inner
    return wire
