"""A second, independent reading of recorded Converse replies: botocore's own frames, plain `json`, and as few words as possible."""

from __future__ import annotations

import importlib
import json
from typing import Any

EventStreamBuffer: Any = importlib.import_module("botocore.eventstream").EventStreamBuffer


class Extract:
    """What the plain reading found."""

    def __init__(self) -> None:
        self.text = ""
        self.reasoning = ""
        self.seals: list[str] = []
        self.calls: list[tuple[str, str, Any]] = []
        self.server_tools: list[str] = []
        self.stop: str | None = None
        self.usage: dict[str, Any] | None = None


def extract(body: bytes, *, stream: bool) -> Extract:
    """Read a recorded body."""
    found = Extract()
    if not stream:
        _whole(json.loads(body), found)
    elif body.startswith(b"{"):
        _events([pair for line in body.splitlines() for pair in json.loads(line).items()], found)
    else:
        buffer: Any = EventStreamBuffer()
        buffer.add_data(body)
        _events([(one.headers[":event-type"], json.loads(one.payload)) for one in buffer], found)
    return found


def _whole(reply: dict[str, Any], found: Extract) -> None:
    for block in reply["output"]["message"]["content"]:
        found.text += block.get("text", "")
        thought = block.get("reasoningContent", {})
        found.reasoning += thought.get("reasoningText", {}).get("text", "")
        found.seals += [
            seal for seal in (thought.get("reasoningText", {}).get("signature"), thought.get("redactedContent")) if seal
        ]
        if "toolUse" in block:
            use = block["toolUse"]
            if use.get("type") == "server_tool_use":
                found.server_tools.append(use["toolUseId"])
            else:
                found.calls.append((use["toolUseId"], use["name"], use["input"]))
        if "toolResult" in block:
            found.server_tools.append(block["toolResult"]["toolUseId"])
    found.stop = reply["stopReason"]
    found.usage = reply.get("usage")


def _events(events: list[tuple[str, dict[str, Any]]], found: Extract) -> None:
    opened: dict[int, tuple[str, str]] = {}
    inputs: dict[int, str] = {}
    for name, value in events:
        if name == "contentBlockStart":
            use = value["start"].get("toolUse")
            if use and use.get("type") == "server_tool_use":
                found.server_tools.append(use["toolUseId"])
            elif use:
                opened[value["contentBlockIndex"]] = (use["toolUseId"], use["name"])
                inputs[value["contentBlockIndex"]] = ""
            if "toolResult" in value["start"]:
                found.server_tools.append(value["start"]["toolResult"]["toolUseId"])
        elif name == "contentBlockDelta":
            delta = value["delta"]
            found.text += delta.get("text", "")
            thought = delta.get("reasoningContent", {})
            found.reasoning += thought.get("text", "")
            found.seals += [thought[key] for key in ("signature", "redactedContent") if thought.get(key)]
            if "toolUse" in delta and value["contentBlockIndex"] in inputs:
                inputs[value["contentBlockIndex"]] += delta["toolUse"]["input"]
        elif name == "messageStop":
            found.stop = value["stopReason"]
        elif name == "metadata":
            found.usage = value["usage"]
    for index, (call_id, call_name) in opened.items():
        said = inputs[index]
        found.calls.append((call_id, call_name, json.loads(said) if said else ""))
