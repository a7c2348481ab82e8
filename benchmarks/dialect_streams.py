"""The same 1,000 pieces of text as each dialect's stream, one element an event, as the vendors send them in November 2026."""

from __future__ import annotations

import json
from collections.abc import Iterable

from benchmarks.stream_bytes import CHUNKS, WORDS
from benchmarks.stream_bytes import events as openai_chat

TEXTS = [WORDS[number % len(WORDS)] for number in range(CHUNKS)]


def _sse(fields: dict[str, object], *, named: bool = True, end: str = "\n\n") -> bytes:
    data = json.dumps(fields, separators=(",", ":"))
    return (f"event: {fields['type']}\ndata: {data}{end}" if named else f"data: {data}{end}").encode()


def anthropic_messages() -> list[bytes]:
    """Anthropic Messages."""
    usage = {
        "input_tokens": 25,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": 1,
        "service_tier": "standard",
    }
    message = {
        "id": "msg_01XFDUDYJgAACzvnptvVoYEL",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5-20250929",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }
    return [
        _sse({"type": "message_start", "message": message}),
        _sse({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        _sse({"type": "ping"}),
        *(
            _sse({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}})
            for text in TEXTS
        ),
        _sse({"type": "content_block_stop", "index": 0}),
        _sse({
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": CHUNKS},
        }),
        _sse({"type": "message_stop"}),
    ]  # fmt: skip


def gemini() -> list[bytes]:
    """Gemini streamGenerateContent with `alt=sse`: running totals on every chunk, and CRLF."""

    def chunk(number: int, text: str, finish: str | None = None) -> bytes:
        candidate: dict[str, object] = {"content": {"parts": [{"text": text}], "role": "model"}, "index": 0}
        if finish:
            candidate["finishReason"] = finish
        counts = {
            "promptTokenCount": 25,
            "candidatesTokenCount": number,
            "totalTokenCount": 25 + number,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 25}],
        }
        fields: dict[str, object] = {
            "candidates": [candidate],
            "usageMetadata": counts,
            "modelVersion": "gemini-2.5-flash",
            "responseId": "kTMmaYv8J8yNz7IPrYzQ8A0",
        }
        return _sse(fields, named=False, end="\r\n\r\n")

    return [*(chunk(number, text) for number, text in enumerate(TEXTS)), chunk(CHUNKS, "", "STOP")]


def openai_responses() -> list[bytes]:
    """OpenAI Responses."""
    item = "msg_68b8c1f1a5a08196a4c8a2d7e0f8f2b4"
    numbers = iter(range(CHUNKS + 20))

    def response(status: str, output: list[object], usage: object = None) -> dict[str, object]:
        return {
            "id": "resp_68b8c1f0b1f08196",
            "object": "response",
            "created_at": 1764000000,
            "status": status,
            "model": "gpt-4o-mini-2024-07-18",
            "output": output,
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "usage": usage,
        }

    def event(kind: str, **fields: object) -> bytes:
        return _sse({"type": f"response.{kind}", "sequence_number": next(numbers), **fields})

    whole = "".join(TEXTS)
    part = {"type": "output_text", "annotations": [], "logprobs": [], "text": whole}
    message = {"id": item, "type": "message", "status": "completed", "content": [part], "role": "assistant"}
    usage = {
        "input_tokens": 25,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": CHUNKS,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": CHUNKS + 25,
    }
    where: dict[str, object] = {"item_id": item, "output_index": 0, "content_index": 0}
    return [
        event("created", response=response("in_progress", [])),
        event("in_progress", response=response("in_progress", [])),
        event("output_item.added", output_index=0, item={**message, "status": "in_progress", "content": []}),
        event("content_part.added", **where, part={**part, "text": ""}),
        *(event("output_text.delta", **where, delta=text, logprobs=[], obfuscation="aX9kQ2") for text in TEXTS),
        event("output_text.done", **where, text=whole, logprobs=[]),
        event("content_part.done", **where, part=part),
        event("output_item.done", output_index=0, item=message),
        event("completed", response=response("completed", [message], usage)),
    ]


STREAMS = {
    "openai_chat": openai_chat,
    "anthropic_messages": anthropic_messages,
    "gemini": gemini,
    "openai_responses": openai_responses,
}
"""The streams by dialect."""


def total(pieces: Iterable[bytes]) -> int:
    """Bytes in all."""
    return sum(map(len, pieces))
