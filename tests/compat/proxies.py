"""A proxy that answers as LiteLLM's does, one reply a path, and can be told to answer otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.loopback import Answer, LoopbackServer, Request, json_answer, sse_answer

KEY = "hunter22-is-not-a-key-by-its-form"
USAGE = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}

# US dollars per 1,000 tokens.
DESCRIBED: dict[str, dict[str, Any]] = {
    "house-model": {
        "pricing": {"input": 0.03, "output": 0.06},
        "rate_limits": {"requests_per_minute": 20, "tokens_per_minute": 20000},
        "metadata": {"context_window": 8192, "provider": "house", "task_types": ["general", "code"], "floor": 3},
    },
    "cheap-model": {"pricing": {"input": "0.00025", "output": "0.00125"}},
}


def reply(text: str | None = "Paris.", **message: Any) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_795_534_508,
        "model": "gpt-4o",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": "stop"}
        ],
        "usage": USAGE,
    }


def chunk(delta: dict[str, Any], finish: str | None = None, **fields: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-4o",
        "choices": [choice],
        **fields,
    }


BEGUN, SAID, FINISHED = chunk({"role": "assistant", "content": ""}), chunk({"content": "Paris"}), chunk({}, "stop")
LITELLM_USAGE: dict[str, Any] = {**chunk({}), "choices": [{"index": 0, "delta": {}}], "usage": USAGE}
OPENAI_USAGE: dict[str, Any] = {**chunk({}), "choices": [], "usage": USAGE}
DONE = b"[DONE]"


class Proxy:
    """What is asked, by path. `chat`, `models` and `health` may be replaced."""

    server: LoopbackServer

    def __init__(self) -> None:
        self.chat: Callable[[Request], Answer] = _chat
        self.models: Callable[[Request], Answer] = lambda _: json_answer(
            {
                "data": [
                    {"id": "gpt-4o", "mode": "chat"},
                    {"id": "text-embedding-3-small", "mode": "embedding"},
                    {"id": "unpriced"},
                ]
            }
        )
        self.health: Callable[[Request], Answer] = lambda _: json_answer("I'm alive!")

    def __call__(self, request: Request) -> Answer:
        if request.path == "/v1/chat/completions":
            return self.chat(request)
        return self.models(request) if request.path == "/v1/models" else self.health(request)

    def sent(self, path: str = "/v1/chat/completions") -> list[Request]:
        return [request for request in self.server.requests if request.path == path]


def _chat(request: Request) -> Answer:
    if request.json().get("stream"):
        return sse_answer([BEGUN, SAID, FINISHED, LITELLM_USAGE, DONE])
    return json_answer(reply(), x_litellm_response_cost="0.0000625")


def refusal(status: int, message: str, **headers: str) -> Callable[[Request], Answer]:
    return lambda _: json_answer(
        {"error": {"message": message, "type": None, "param": None, "code": str(status)}}, status, **headers
    )
