"""From pieces of thinking to `ReasoningPart`s, each with what must go back unchanged on the next turn.

Three forms are joined here: deltas that carry their own seal (most dialects), and beside OpenAI chat's deltas the fields
`reasoning_details` (OpenRouter) and `thinking_blocks` (LiteLLM), which come as extras of the message and seal what the deltas told.
"""

from __future__ import annotations

from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.values.items import ReasoningDelta
from muxer_core.values.messages import ReasoningPart
from muxer_core.values.usage import JsonValue


class Thought:
    """A stretch of thinking whose pieces are still arriving: it may hold several thoughts, each closed by its seal."""

    __slots__ = ("deltas", "extras", "form")

    def __init__(self) -> None:
        self.deltas: list[ReasoningDelta] = []
        self.extras: dict[str, JsonValue] = {}
        self.form: tuple[str, ...] = ()


def join_thoughts(thoughts: list[Thought], unread: dict[str, JsonValue]) -> list[tuple[ReasoningPart, ...]]:
    """The parts of each stretch. `unread` are the message's fields that no item carries; sealed thoughts that only they tell are a stretch
    of their own, the only one.
    """
    blocks = _objects(unread.get("thinking_blocks"))
    deltas = [delta for thought in thoughts for delta in thought.deltas]
    sealed = any(block.get("signature") or block.get("data") for block in blocks)
    if sealed and all(delta.signature is None and delta.encrypted is None for delta in deltas):
        return [_join_blocks(blocks, deltas), *[() for _ in thoughts[1:]]]
    details = _objects(unread.get("reasoning_details"))
    return [_join_deltas(thought, details) for thought in thoughts]


def _objects(value: JsonValue) -> list[dict[str, JsonValue]]:
    return [one for one in value if is_object(one)] if is_list(value) else []


def _join_blocks(blocks: list[dict[str, JsonValue]], deltas: list[ReasoningDelta]) -> tuple[ReasoningPart, ...]:
    """LiteLLM's form of Anthropic's thinking (docs.litellm.ai, "Reasoning content", November 2026): pieces of a block, closed by the piece
    with its signature; a redacted block holds `data`. The text is that of the blocks; where they tell none, that of the deltas.
    """
    parts: list[ReasoningPart] = []
    told = any(block.get("thinking") for block in blocks)
    text = [] if told else [delta.text for delta in deltas]
    for block in blocks:
        signature, data = block.get("signature"), block.get("data")
        if data:
            parts.append(ReasoningPart("", None, str(data), {"thinking_blocks": [block]}, "anthropic"))
            continue
        text.append(str(block.get("thinking") or ""))
        if signature:
            whole = "".join(text)
            extras: dict[str, JsonValue] = {"thinking_blocks": [{**block, "thinking": whole}]}
            parts.append(ReasoningPart(whole, str(signature), None, extras, "anthropic"))
            text = []
    if any(text):
        parts.append(ReasoningPart("".join(text)))
    return tuple(parts)


def _join_deltas(thought: Thought, details: list[dict[str, JsonValue]]) -> tuple[ReasoningPart, ...]:
    """Thinking text is joined up to the delta that carries its signature or its encrypted form, which closes the part.

    Where the provider told more of a signed or encrypted part (its id, its format), that goes back with it, in the provider's own form.
    Further fields of a stretch belong to its last thought.
    """
    parts: list[ReasoningPart] = []
    text: list[str] = []
    name: str | None = None
    for delta in thought.deltas:
        text.append(delta.text)
        name = delta.id or name
        if delta.signature is not None or delta.encrypted is not None:
            parts.append(_sealed("".join(text), delta, name, details))
            text, name = [], None
    if any(text) or name is not None or ((thought.extras or thought.form) and not parts):
        parts.append(ReasoningPart("".join(text), id=name))
    if parts and (thought.extras or thought.form):
        last = parts[-1]
        parts[-1] = ReasoningPart(
            last.text,
            last.signature,
            last.encrypted,
            {**last.extras, **thought.extras},
            last.vendor,
            last.id,
            thought.form,
        )
    return tuple(parts)


def _sealed(text: str, delta: ReasoningDelta, name: str | None, details: list[dict[str, JsonValue]]) -> ReasoningPart:
    """The part with its detail, which is taken from `details`: two parts may be sealed alike, and each has an id of its own."""
    for position, detail in enumerate(details):
        mine = detail.get("signature") == delta.signature if delta.signature else detail.get("data") == delta.encrypted
        if mine:
            del details[position]
            whole = {**detail, "text": text} if delta.signature else detail
            extras: dict[str, JsonValue] = {"reasoning_details": [whole]}
            return ReasoningPart(text, delta.signature, delta.encrypted, extras, delta.vendor, name)
    return ReasoningPart(text, delta.signature, delta.encrypted, {}, delta.vendor, name)


__all__ = ["Thought", "join_thoughts"]
