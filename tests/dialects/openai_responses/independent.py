"""A second, independent reading of recorded responses: plain `json` over plainly split events. It shares no code with the decoder.

It reads what can be read simply, from the deltas of a stream and from the output of a whole reply: text, refusals, thinking, calls, images,
how the response ended, and its counts. Where a stream's items say more at their end than its deltas did, the items count.
"""

from __future__ import annotations

import json
from typing import Any

from tests.dialects.openai_chat.independent import split_events

Json = Any


def inside(value: Json, name: str) -> dict[str, Any]:
    return value.get(name) or {}


def joined(deltas: str, whole: str) -> str:
    """What deltas said, and what else the end says; where the end says another text, what was delivered counts."""
    return whole if whole.startswith(deltas) else deltas


class Extract:
    """What the plain reading found."""

    def __init__(self) -> None:
        self.text = ""
        self.told: dict[str, str] = {}
        self.refusal = ""
        self.reasoning = ""
        self.calls: list[tuple[str, str, str]] = []
        self.images = 0
        self.encrypted: list[str] = []
        self.finish: str | None = None
        self.usage: tuple[int, int, int, int] | None = None
        self.failed = False

    def end(self, response: Json) -> None:
        status: str = response.get("status") or "completed"
        self.failed = bool(response.get("error")) or status in ("failed", "cancelled", "queued", "in_progress")
        usage = response.get("usage")
        if usage:
            cached: int = inside(usage, "input_tokens_details").get("cached_tokens") or 0
            reasoning: int = inside(usage, "output_tokens_details").get("reasoning_tokens") or 0
            self.usage = usage["input_tokens"], usage["output_tokens"], cached, min(reasoning, usage["output_tokens"])
        if not self.failed:
            self.finish = inside(response, "incomplete_details").get("reason") or status

    def read_items(self, output: list[Json]) -> None:
        """What finished items tell."""
        text = refusal = reasoning = ""
        for item in output:
            match item.get("type"):
                case "message":
                    whole = "".join(part.get("text") or "" for part in item["content"])
                    text += joined(self.told.get(item.get("id"), ""), whole)
                    refusal += "".join(part.get("refusal") or "" for part in item["content"])
                case "reasoning":
                    pieces: list[Json] = [*(item.get("summary") or []), *(item.get("content") or [])]
                    reasoning += "".join(piece["text"] for piece in pieces)
                    self.encrypted += [item["encrypted_content"]] if item.get("encrypted_content") else []
                case "function_call":
                    self.calls.append((item["call_id"], item["name"], item["arguments"]))
                case "custom_tool_call":
                    self.calls.append((item["call_id"], item["name"], item["input"]))
                case "image_generation_call":
                    self.images += bool(item.get("result"))
                case _:
                    pass
        self.text = text or self.text
        self.refusal = joined(self.refusal, refusal)
        self.reasoning = joined(self.reasoning, reasoning)


def extract(body: bytes, *, stream: bool) -> Extract:
    """Read a recorded body."""
    found = Extract()
    done: list[Json] = []
    if not stream:
        value: Json = json.loads(body)
        found.end(value)
        if not found.failed:
            found.read_items(value["output"])
        return found
    events = split_events(body + b"\n\n")
    for _, data in events:
        if data == "[DONE]":
            continue
        event: Json = json.loads(data)
        match event["type"]:
            case "response.output_text.delta":
                found.text += event["delta"]
                found.told[event["item_id"]] = found.told.get(event["item_id"], "") + event["delta"]
            case "response.refusal.delta":
                found.refusal += event["delta"]
            case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
                found.reasoning += event["delta"]
            case "response.output_item.done":
                done.append(event["item"])
            case "response.completed" | "response.incomplete" | "response.failed":
                found.end(event["response"])
                found.read_items(done or event["response"].get("output") or [])
                return found
            case "error":
                found.failed = True
                found.read_items(done)
                return found
            case _:
                pass
    found.failed = True
    return found
