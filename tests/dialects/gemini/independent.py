"""A second, independent reading of recorded replies: plain `json` over plainly split events. It shares no code with the decoder.

It reads what can be read simply: text, thinking, calls, finish reasons and token counts, and whether the reply holds an answer.
"""

from __future__ import annotations

import json
import re
from typing import Any

NUMBERS = {1: "STOP", 2: "MAX_TOKENS", 3: "SAFETY"}


def chunks_of(body: bytes, *, stream: bool) -> list[Any]:
    """The chunks of a body, written the plain way. A last event without its blank line counts where its JSON is whole."""
    text = body.decode("utf-8", "replace").replace("\r\n", "\n")
    if not stream or text.lstrip()[:1] in ("[", "{"):
        value: Any = json.loads(text)
        return [*value] if text.lstrip().startswith("[") else [value]
    found: list[Any] = []
    for block in re.split(r"\n\n+", text):
        data = "\n".join(line[5:].removeprefix(" ") for line in block.split("\n") if line.startswith("data:"))
        if data:
            try:
                found.append(json.loads(data))
            except ValueError:
                break
    return found


class Extract:
    """What the plain reading found, by candidate."""

    def __init__(self) -> None:
        self.text: dict[int, str] = {}
        self.thinking: dict[int, str] = {}
        self.calls: dict[int, list[tuple[str | None, str, Any]]] = {}
        self.seals: list[str] = []
        self.finish: dict[int, str] = {}
        self.usage: tuple[int, int] | None = None
        self.blocked = False
        self.candidates: set[int] = set()
        self.content = False
        self.error = False

    @property
    def finished(self) -> bool:
        return self.blocked or (bool(self.candidates) and set(self.finish) == self.candidates)


def extract(body: bytes, *, stream: bool) -> Extract:
    """Read a recorded body."""
    found = Extract()
    for chunk in chunks_of(body, stream=stream):
        if chunk.get("error"):
            found.error = True
            break
        _add(found, chunk)
    return found


def _add(found: Extract, chunk: dict[str, Any]) -> None:
    feedback: dict[str, Any] = chunk.get("promptFeedback") or {}
    if not chunk.get("candidates") and (feedback.get("blockReason") or feedback.get("blockReasonMessage")):
        found.blocked = True
        found.finish[0] = str(feedback.get("blockReason") or "BLOCKED_REASON_UNSPECIFIED")
    for position, candidate in enumerate(chunk.get("candidates") or []):
        index = candidate.get("index", position)
        found.candidates.add(index)
        content: dict[str, Any] = candidate.get("content") or {}
        listed: list[dict[str, Any]] = content.get("parts") or []
        for part in listed:
            _add_part(found, index, part)
        reason = candidate.get("finishReason")
        if reason is not None:
            found.finish[index] = str(NUMBERS.get(reason, reason))
    usage: dict[str, Any] = chunk.get("usageMetadata") or {}
    counts = {name: usage.get(name) or 0 for name in usage if name.endswith("Count")}
    if counts:
        sent = counts.get("promptTokenCount", 0) + counts.get("toolUsePromptTokenCount", 0)
        output = counts.get("candidatesTokenCount", 0) + counts.get("thoughtsTokenCount", 0)
        found.usage = (sent, output)


def _add_part(found: Extract, index: int, part: dict[str, Any]) -> None:
    if part.get("thoughtSignature"):
        found.seals.append(part["thoughtSignature"])
        found.content = True
    call = part.get("functionCall")
    if part.get("text"):
        into = found.thinking if part.get("thought") else found.text
        into[index] = into.get(index, "") + part["text"]
        found.content = True
    elif call is not None:
        found.content = True
        calls = found.calls.setdefault(index, [])
        if "name" in call:
            calls.append((call.get("id"), call["name"], call.get("args") or {}))
        pieces: list[dict[str, Any]] = call.get("partialArgs") or []
        for piece in pieces:
            _add_piece(calls[-1][2], piece)
    elif part.keys() - {"text", "thought", "thoughtSignature"}:
        found.content = True


def _add_piece(arguments: Any, piece: dict[str, Any]) -> None:
    """Put a piece where its path says."""
    steps: list[Any] = []
    for name, index in re.findall(r"\.([A-Za-z_]\w*)|\[(\d+)\]", piece["jsonPath"]):
        steps.append(int(index) if index else name)
    place: Any = arguments
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        last = following is None
        value: Any = [] if isinstance(following, int) else {}
        if last:
            value = piece.get("stringValue", piece.get("numberValue", piece.get("boolValue")))
        if isinstance(step, int):
            if len(place) == step:
                place.append(value)
            elif last:
                place[step] += value
        elif step not in place:
            place[step] = value
        elif last:
            place[step] += value
        place = place[step]
