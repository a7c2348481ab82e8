"""Reasoning items <-> our `ReasoningPart`. One item is one part.

Rules that hold here:

* The text of the part is that of all pieces, `summary` before `content`, with a blank line between two pieces (`GAP`), which is ours.
* `form` says how the text falls into pieces (`summary=120`, `gap=2`, `content=30`: so many characters), and whether the item had no
  `summary` (`no_summary`) or an empty `content` (`empty_content`). Without notes the text is one piece of summary.
* `encrypted_content` is `encrypted`; the seal of another vendor, wrapped by our own server role, is unwrapped (`options.wrap_seal`).
* Going out: a seal of another vendor is refused. Thinking without a seal goes back only where it came from here, by its id; otherwise it
  is left out with a warning, since the API takes no thought that it did not have.

Source: openai-python 3.57.0, `types/responses/response_reasoning_item.py`, November 2026.
"""

from __future__ import annotations

from collections.abc import Iterable

from muxer_core.dialects.field_table import left_out, refuse_field
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.openai_responses.content_parts import JsonObject, PartWriter, take_text
from muxer_core.dialects.openai_responses.options import NAME, unwrap_seal
from muxer_core.values.messages import ReasoningPart
from muxer_core.values.usage import JsonValue

GAP = "\n\n"

GOES_ON = "goes_on"
"""The note of a thought whose seal stands in a later part, with the same id."""

PIECES = {"summary": "summary_text", "content": "reasoning_text"}
"""The two lists of a reasoning item, and the type of their entries."""


def pieces_of(item: JsonObject, *, take: bool = False) -> list[tuple[str, str]]:
    """The pieces of thinking in an item, as (list, text). `take`: lists that hold nothing else are taken out of the item."""
    pieces: list[tuple[str, str]] = []
    for name, kind in PIECES.items():
        entries = item.get(name)
        if not is_list(entries):
            continue
        texts = [_piece(entry, kind) for entry in entries]
        pieces += [(name, text) for text in texts if text is not None]
        if take and None not in texts:
            del item[name]
    return pieces


def _piece(entry: JsonValue, kind: str) -> str | None:
    if (
        is_object(entry)
        and entry.keys() == {"type", "text"}
        and entry["type"] == kind
        and isinstance(entry["text"], str)
    ):
        return entry["text"]
    return None


def lay_out(pieces: Iterable[tuple[str, str]]) -> tuple[str, tuple[str, ...]]:
    r"""The whole text, and the notes that `cut_up` needs.

    >>> lay_out([("summary", "One."), ("summary", "Two.")])
    ('One.\n\nTwo.', ('summary=4', 'gap=2', 'summary=4'))
    """
    text = ""
    notes: list[str] = []
    for name, piece in pieces:
        if text and piece:
            text += GAP
            notes.append(f"gap={len(GAP)}")
        text += piece
        notes.append(f"{name}={len(piece)}")
    return text, () if notes == [f"summary={len(text)}"] and text else tuple(notes)


def cut_up(text: str, form: tuple[str, ...]) -> list[tuple[str, str]]:
    """The pieces again. Notes that do not fit the text are not followed."""
    at = 0
    pieces: list[tuple[str, str]] = []
    for note in form:
        name, _, digits = note.partition("=")
        if not digits.isdigit():
            continue
        end = at + int(digits)
        if name in PIECES:
            pieces.append((name, text[at:end]))
        at = end
    if at != len(text) or (text and not pieces):
        return [("summary", text)]
    return pieces


def decode_reasoning(item: JsonObject) -> ReasoningPart:
    """A reasoning item, which is of this type."""
    rest = dict(item)
    del rest["type"]
    summary, content = rest.get("summary"), rest.get("content")
    pieces = pieces_of(rest, take=True)
    if "summary" in rest or "content" in rest:
        rest = {**rest, **{name: item[name] for name in PIECES if name in item}}
        pieces = []
    text, form = lay_out(pieces)
    if summary is None:
        form = (*form, "no_summary")
    if content == []:
        form = (*form, "empty_content")
    name, sealed = take_text(rest, "id"), take_text(rest, "encrypted_content")
    vendor, signature, encrypted = (None, None, None) if sealed is None else unwrap_seal(sealed)
    return ReasoningPart(text, signature, encrypted, rest, vendor, name, form)


def encode_reasoning(part: ReasoningPart, where: str, writer: PartWriter, vendor: str) -> JsonObject | None:
    """The item; None where it is left out, with a warning. Raises `InvalidRequest` for a seal that must not be lost."""
    own = writer.dialect in (None, NAME)
    if part.signature is not None:
        raise refuse_field(f"{where}.signature", NAME, f"the thought is signed by {part.vendor or 'another vendor'}")
    if part.encrypted is not None and (part.vendor != vendor if part.vendor is not None else not own):
        whose = part.vendor or writer.dialect
        raise refuse_field(
            f"{where}.encrypted", NAME, f"the thought is sealed by {whose}, and only {vendor} reads it here"
        )
    if part.encrypted is None and writer.dialect != NAME and (part.id is None or not own):
        if part.text or part.extras:
            writer.warnings.append(left_out(where, NAME, "the API takes no thinking that it did not have itself"))
        return None
    form = part.form if own else ()
    extras = writer.own(part.extras, where)
    item: JsonObject = {"type": "reasoning"}
    if part.id is not None:
        item["id"] = part.id
    pieces = cut_up(part.text, form) if part.text or form else []
    summary = [{"type": PIECES[name], "text": text} for name, text in pieces if name == "summary"]
    content = [{"type": PIECES[name], "text": text} for name, text in pieces if name == "content"]
    if summary or "no_summary" not in form:
        item["summary"] = summary
    if content or "empty_content" in form:
        item["content"] = content
    if part.encrypted is not None:
        item["encrypted_content"] = part.encrypted
    return {**item, **extras}
