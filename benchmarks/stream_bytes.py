"""The stream that the benchmarks parse: 1,000 text chunks in OpenAI's form, as its API sends them in November 2026."""

from __future__ import annotations

import json

CHUNKS = 1_000
WORDS = (" the", " model", " of", " stream", "ing", " token", " and", " a", " été", " data", ",", " is", " router", ".")
READ = 65_536


def _event(choices: list[object], usage: object = None) -> bytes:
    chunk = {
        "id": "chatcmpl-CfYxq0mZkz8hD3a1bW2nT4pQ6rS8u",
        "object": "chat.completion.chunk",
        "created": 1764000000,
        "model": "gpt-4o-mini-2024-07-18",
        "service_tier": "default",
        "system_fingerprint": "fp_560af6e559",
        "choices": choices,
        "usage": usage,
    }
    return b"data: " + json.dumps(chunk, separators=(",", ":")).encode() + b"\n\n"


def _choice(delta: dict[str, object], finish: str | None = None) -> list[object]:
    return [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]


USAGE = {
    "prompt_tokens": 25,
    "completion_tokens": CHUNKS,
    "total_tokens": CHUNKS + 25,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0},
}


def events() -> list[bytes]:
    """One element an event: the role, the text, the finish, the usage, the end mark."""
    texts = [_event(_choice({"content": WORDS[number % len(WORDS)]})) for number in range(CHUNKS)]
    role = _event(_choice({"role": "assistant", "content": "", "refusal": None}))
    return [role, *texts, _event(_choice({}, "stop")), _event([], USAGE), b"data: [DONE]\n\n"]


def reads(size: int | None) -> list[bytes]:
    """The stream as reads: one event each, or pieces of `size` bytes."""
    if size is None:
        return events()
    body = b"".join(events())
    return [body[start : start + size] for start in range(0, len(body), size)]
