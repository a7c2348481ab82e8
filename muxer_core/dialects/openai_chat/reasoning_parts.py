"""Thinking on a message: our `ReasoningPart`s <-> the fields that servers of this dialect have for it.

| field | who | seals |
| --- | --- | --- |
| `reasoning_content` | DeepSeek, vLLM, LiteLLM, Moonshot, … | none |
| `reasoning` | OpenRouter, Groq, Ollama, newer vLLM | none |
| `reasoning_details` | OpenRouter, Vercel, Snowflake | a list; `signature`, or `data` for what is encrypted; `format` says whose |
| `thinking_blocks` | LiteLLM | a list; Anthropic's `signature`, or `data` for what is redacted |

Rules that hold here:

* Details and blocks go up to the one with a seal: that is one part, which keeps them whole in `extras`, and they go back as they came.
* A text field beside them that says the same is noted (`form`) and written from the parts again; one that says something else is a part of
  its own.
* A seal of any vendor has its place in `reasoning_details`, with the `format` of `FORMATS`. Thinking without a seal goes back under the
  field that it came with, else under the provider's configured one, else not at all, with a warning.

Sources: openrouter.ai/docs, "Reasoning tokens"; docs.litellm.ai, "Reasoning content"; recorded replies; November 2026.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from muxer_core.dialects.field_table import left_out, refuse_field
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.openai_chat.forms import put_nulls
from muxer_core.values.messages import Message, Part, ReasoningPart
from muxer_core.values.usage import JsonValue

ReasoningField = Literal["none", "reasoning_content", "reasoning"]
"""Under which key thinking without a signature is sent back: none, DeepSeek's and vLLM's, or OpenRouter's and Ollama's."""

FORMATS: dict[str, str] = {
    "anthropic": "anthropic-claude-v1",
    "google": "google-gemini-v1",
    "openai": "openai-responses-v1",
    "xai": "xai-responses-v1",
}
"""Whose seal a detail bears, in OpenRouter's words."""

_VENDORS = {word: vendor for vendor, word in FORMATS.items()} | {"azure-openai-responses-v1": "openai"}
_TEXTS = ("reasoning_content", "reasoning")
_LISTS = ("reasoning_details", "thinking_blocks")


def vendor_of(detail: dict[str, JsonValue]) -> str | None:
    """Whose seal a detail bears; None where it does not say, or says what is not known here."""
    word = detail.get("format")
    return _VENDORS.get(word) if isinstance(word, str) else None


def decode_reasoning(rest: dict[str, JsonValue]) -> list[Part]:
    """Take thinking out of a message's fields."""
    told = {name: rest.pop(name) for name in _TEXTS if isinstance(rest.get(name), str) and rest[name]}
    parts: list[ReasoningPart] = []
    listed = next((name for name in _LISTS if _is_entries(rest.get(name))), None)
    if listed is not None:
        parts = _from_entries(rest.pop(listed), listed, next(iter(told.values()), ""))
    said = "".join(part.text for part in parts)
    first: ReasoningPart | None = None
    for name, text in told.items():
        if parts and text == said:
            last = parts[-1]
            parts[-1] = ReasoningPart(
                last.text, last.signature, last.encrypted, last.extras, last.vendor, last.id, (*last.form, name)
            )
        elif first is not None and text == first.text:
            first = ReasoningPart(text, form=(*first.form, name))
        elif first is None:
            first = ReasoningPart(text, form=(name,))
        else:
            rest[name] = text
    return [*([] if first is None else [first]), *parts]


def without_seals(
    messages: tuple[Message, ...], rule: Literal["send", "refuse", "leave_out"], warnings: list[str]
) -> tuple[Message, ...]:
    """The conversation as the rule of `OpenAIChatOptions.seals` has it. Raises `InvalidRequest` naming the part."""
    if rule == "send":
        return messages
    kept: list[Message] = []
    for position, message in enumerate(messages):
        parts: list[Part] = []
        for number, part in enumerate(message.parts):
            if not isinstance(part, ReasoningPart) or (part.signature is None and part.encrypted is None):
                parts.append(part)
                continue
            field, why = (
                f"messages[{position}].parts[{number}].signature",
                "the server has no field for sealed thinking",
            )
            if rule == "refuse":
                raise refuse_field(field, "openai_chat", f"{why} (option seals = leave_out sends the rest)")
            warnings.append(left_out(field, "openai_chat", why))
        kept.append(msgspec.structs.replace(message, parts=tuple(parts)))
    return tuple(kept)


def encode_reasoning(
    parts: list[ReasoningPart], wire: dict[str, JsonValue], field: ReasoningField, where: str, warnings: list[str]
) -> None:
    """Write thinking into a message's fields."""
    lists: dict[str, list[JsonValue]] = {name: [] for name in _LISTS}
    texts: dict[str, list[str]] = {}
    sealed: list[str] = []
    unsaid = False
    for part in parts:
        noted = [name for name in _TEXTS if name in part.form]
        fields = dict(part.extras)
        kept = {name: fields.pop(name) for name in _LISTS if is_list(fields.get(name))}
        for name, entries in kept.items():
            lists[name] += _with_text(entries, part) if name == "reasoning_details" else entries
        if not kept and (part.signature is not None or part.encrypted is not None):
            lists["reasoning_details"].append(_detail(part, len(lists["reasoning_details"])))
            kept["reasoning_details"] = []
        told_already = fields.keys() & set(_TEXTS)
        wire.update(fields)
        if kept:
            sealed.append(part.text)
            for name in noted:
                texts[name] = [*sealed]
        elif noted:
            for name in noted:
                texts.setdefault(name, []).append(part.text)
        elif told_already or not part.text:
            pass
        elif field == "none":
            unsaid = True
        else:
            texts.setdefault(field, []).append(part.text)
        put_nulls(wire, part.form)
    wire.update({name: entries for name, entries in lists.items() if entries})
    wire.update({name: "".join(said) for name, said in texts.items()})
    if unsaid:
        warnings.append(
            f"{where}: the OpenAI chat form has no field for thinking; it was not sent back (set reasoning_field to send it)"
        )


def _is_entries(value: JsonValue) -> bool:
    return is_list(value) and bool(value) and all(is_object(entry) for entry in value)


def _from_entries(entries: list[dict[str, JsonValue]], name: str, beside: str) -> list[ReasoningPart]:
    """One part for each seal, and one for what follows the last. `beside` is told in a text field, for entries that tell no text."""
    parts: list[ReasoningPart] = []
    group: list[dict[str, JsonValue]] = []
    silent = not any(_text_of(entry) for entry in entries)
    for entry in entries:
        group.append(entry)
        if _seal(entry, "signature") or _seal(entry, "data"):
            parts.append(_from_group(group, name, beside if silent and not parts else None))
            group = []
    if group:
        parts.append(_from_group(group, name, None))
    return parts


def _from_group(group: list[dict[str, JsonValue]], name: str, text: str | None) -> ReasoningPart:
    last = group[-1]
    named = next((entry["id"] for entry in group if _seal(entry, "id")), None)
    return ReasoningPart(
        "".join(map(_text_of, group)) if text is None else text,
        _seal(last, "signature"),
        _seal(last, "data"),
        {name: group},
        "anthropic" if name == "thinking_blocks" else vendor_of(last),
        named,
    )


def _text_of(entry: dict[str, JsonValue]) -> str:
    for name in ("text", "summary", "thinking"):
        if isinstance(entry.get(name), str):
            return str(entry[name])
    return ""


def _seal(entry: dict[str, JsonValue], name: str) -> str | None:
    value = entry.get(name)
    return value if isinstance(value, str) and value else None


def _with_text(entries: list[JsonValue], part: ReasoningPart) -> list[JsonValue]:
    """The details of a part; where none tells its text (a reply told it apart from its encrypted form), a summary before them does."""
    if not part.text or part.form or any(is_object(entry) and _text_of(entry) for entry in entries):
        return entries
    first = entries[0] if entries else None
    like = {name: first[name] for name in ("format", "id", "index") if name in first} if is_object(first) else {}
    return [{"type": "reasoning.summary", "summary": part.text, **like}, *entries]


def _detail(part: ReasoningPart, index: int) -> dict[str, JsonValue]:
    detail: dict[str, JsonValue] = {"type": "reasoning.text" if part.encrypted is None else "reasoning.encrypted"}
    if part.text:
        detail["text"] = part.text
    if part.signature is not None:
        detail["signature"] = part.signature
    if part.encrypted is not None:
        detail["data"] = part.encrypted
    if part.vendor in FORMATS:
        detail["format"] = FORMATS[part.vendor]
        detail["index"] = index
    if part.id is not None:
        detail["id"] = part.id
    return detail
