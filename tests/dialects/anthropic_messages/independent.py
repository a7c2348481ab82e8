"""A second, independent reading of recorded replies: plain `json` over plainly split events. It shares no code with the decoder.

It reads what can be read simply: the blocks of the answer in order, stop reason and token counts, and how the stream ended.
"""

from __future__ import annotations

import json
from typing import Any


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
    if data:  # an end without its blank line
        events.append((name, "\n".join(data)))
    return events


class Extract:
    """What the plain reading found. `blocks` are the answer's blocks as a client would put them together."""

    def __init__(self) -> None:
        self.blocks: dict[int, dict[str, Any]] = {}
        self.inputs: dict[int, str] = {}
        self.finish: str | None = None
        self.usage: dict[str, Any] = {}
        self.error: str | None = None
        self.ended = False
        self.started = False

    def add_message(self, message: dict[str, Any]) -> None:
        self.started = True
        for index, block in enumerate(message.get("content") or []):
            self.blocks[index] = block
        self.finish = message.get("stop_reason") or self.finish
        self.add_usage(message.get("usage"))

    def add_usage(self, usage: dict[str, Any] | None) -> None:
        self.usage.update({name: value for name, value in (usage or {}).items() if value is not None})

    def add_delta(self, index: int, delta: dict[str, Any]) -> None:
        block = self.blocks.setdefault(index, {"type": "text", "text": ""})
        match delta["type"]:
            case "text_delta":
                block["text"] = block.get("text", "") + delta["text"]
            case "thinking_delta":
                block["thinking"] = block.get("thinking", "") + delta["thinking"]
            case "signature_delta":
                block["signature"] = delta["signature"]
            case "input_json_delta":
                self.inputs[index] = self.inputs.get(index, "") + delta["partial_json"]
            case "citations_delta":
                block["citations"] = [*(block.get("citations") or []), delta["citation"]]
            case _:
                block.update({name: value for name, value in delta.items() if name != "type"})

    def add(self, name: str, event: dict[str, Any]) -> None:
        match event.get("type", name):
            case "message_start":
                self.add_message(event["message"])
            case "content_block_start":
                self.blocks[event["index"]] = dict(event["content_block"])
            case "content_block_delta":
                self.add_delta(event["index"], event["delta"])
            case "message_delta":
                self.finish = event["delta"].get("stop_reason") or self.finish
                self.add_usage(event.get("usage"))
            case "message_stop":
                self.ended = True
            case "error":
                self.error = event["error"]["message"]
            case _:
                pass

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        return [self.blocks[index] for index in sorted(self.blocks) if self.blocks[index].get("type") == kind]

    @property
    def text(self) -> str:
        return "".join(block["text"] for block in self.of_type("text"))

    @property
    def thinking(self) -> str:
        return "".join(block["thinking"] for block in self.of_type("thinking"))

    @property
    def seals(self) -> list[str]:
        """Signatures and redacted thoughts, in order."""
        kinds = {"thinking": "signature", "redacted_thinking": "data"}
        found = [self.blocks[index] for index in sorted(self.blocks)]
        return [
            block[kinds[block["type"]]] for block in found if block["type"] in kinds and block.get(kinds[block["type"]])
        ]

    @property
    def calls(self) -> list[tuple[str, str, Any]]:
        """Id, name and input of each tool call."""
        return [
            (block["id"], block["name"], self.input_of(index))
            for index, block in sorted(self.blocks.items())
            if block["type"] == "tool_use"
        ]

    def input_of(self, index: int) -> Any:
        return read_input(self.inputs[index]) if self.inputs.get(index) else self.blocks[index]["input"]

    @property
    def others(self) -> list[str]:
        """The types of all other blocks, in order."""
        known = {"text", "thinking", "redacted_thinking", "tool_use"}
        return [block["type"] for _, block in sorted(self.blocks.items()) if block["type"] not in known]

    @property
    def citations(self) -> list[Any]:
        listed: list[list[Any]] = [block.get("citations") or [] for block in self.of_type("text")]
        return [one for cited in listed for one in cited]

    @property
    def totals(self) -> tuple[int, int, int, int] | None:
        """Input with the cache, output, read from the cache, written to it."""
        usage = self.usage
        if not usage:
            return None
        read, written = usage.get("cache_read_input_tokens") or 0, usage.get("cache_creation_input_tokens") or 0
        return (usage.get("input_tokens") or 0) + read + written, usage.get("output_tokens") or 0, read, written


def read_input(text: str) -> Any:
    """The input that a text says; the text itself where it was cut off."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def extract(body: bytes, *, stream: bool) -> Extract:
    """Read a recorded body."""
    found = Extract()
    if not stream:
        value = json.loads(body)
        if value.get("type") == "error":
            found.error = value["error"]["message"]
        else:
            found.add_message(value)
            found.ended = True
        return found
    for name, data in split_events(body):
        try:
            event = json.loads(data)
        except ValueError:
            break
        found.add(name, event)
        if found.ended or found.error is not None:
            break
    return found
