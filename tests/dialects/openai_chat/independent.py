"""A second, independent reading of recorded replies: plain `json` over plainly split events. It shares no code with the decoder.

It reads only what can be read simply: text, tool calls, finish reason and token counts of the first answer, and how the stream ended.
"""

from __future__ import annotations

import json
from typing import Any, cast


def split_events(body: bytes) -> list[tuple[str, str]]:
    """(event name, data) of every complete event, after the rules of server-sent events, written the plain way."""
    text = body.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    events: list[tuple[str, str]] = []
    name = ""
    data: list[str] = []
    for line in text.split("\n")[:-1]:
        if line == "":
            if data:
                events.append((name, "\n".join(data)))
            name, data = "", []
        elif line.startswith("data"):
            value = line[5:] if line[4:5] == ":" else ""
            data.append(value.removeprefix(" "))
        elif line.startswith("event:"):
            name = line[6:].strip()
    return events


class Extract:
    """What the plain reading found."""

    def __init__(self) -> None:
        self.text: dict[int, str] = {}
        self.calls: dict[int, dict[Any, dict[str, str]]] = {}
        self.finish: dict[int, str] = {}
        self.usage: dict[str, Any] | None = None
        self.error = False
        self.ended = False
        self.broken = False

    def add_message(self, index: int, message: dict[str, Any]) -> None:
        content: Any = message.get("content")
        if isinstance(content, list):
            content = "".join(
                str(part["text"]) for part in cast("list[dict[str, str]]", content) if part.get("type") == "text"
            )
        elif isinstance(content, dict):
            content = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
        self.text[index] = self.text.get(index, "") + (content or "")
        calls = self.calls.setdefault(index, {})
        for position, call in enumerate(message.get("tool_calls") or []):
            inner: dict[str, str] = call.get("custom" if call.get("type") == "custom" else "function") or {}
            key = call.get("index", call.get("id", position))
            slot = calls.setdefault(key, {"id": "", "name": "", "arguments": ""})
            slot["id"] = slot["id"] or call.get("id") or ""
            slot["name"] = slot["name"] or inner.get("name") or ""
            slot["arguments"] += inner.get("arguments") or inner.get("input") or ""
        function = message.get("function_call")
        if function and (function.get("name") or function.get("arguments")):
            slot = calls.setdefault("function_call", {"id": "", "name": "", "arguments": ""})
            slot["name"] = slot["name"] or function.get("name") or ""
            slot["arguments"] += function.get("arguments") or ""

    def add(self, value: dict[str, Any], carrier: str) -> None:
        if value.get("error"):
            self.error = True
            return
        for position, choice in enumerate(value.get("choices") or []):
            index = choice.get("index", position)
            self.text.setdefault(index, "")
            self.add_message(index, choice.get(carrier) or {})
            if choice.get("finish_reason"):
                self.finish[index] = choice["finish_reason"]
        groq: dict[str, Any] = value.get("x_groq") or {}
        usage: dict[str, Any] | None = value.get("usage") or groq.get("usage")
        if usage:
            self.usage = usage


def extract(body: bytes, *, stream: bool) -> Extract:
    """Read a recorded body."""
    found = Extract()
    if not stream:
        try:
            found.add(json.loads(body), "message")
        except ValueError:
            found.broken = True
            return found
        found.ended = not found.error
        return found
    for name, data in split_events(body):
        if data.strip() == "[DONE]":
            found.ended = True
            break
        try:
            value = json.loads(data)
        except ValueError:
            found.broken = True
            break
        if name == "error":
            found.error = True
        found.add(value, "delta")
        if found.error:
            break
    else:
        found.ended = bool(found.text) and set(found.finish) == set(found.text)
    return found
