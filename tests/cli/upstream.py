"""An OpenAI-compatible server for the command's tests: real sockets, and a behaviour for each model name.

`good` answers; `endless` falls silent in the middle; `busy` is over its rate limit; `cut` breaks off in mid-stream; `rude` writes control
characters; `caller` calls a tool; `thinker` thinks first. A request without the right key is refused. Any other model is unknown.
"""

from __future__ import annotations

import json
from typing import Any

from muxer_core.simulation.script import Break, Data, End, Hang, Head, Script
from tests.support.raw_server import Received

KEY = "sk-the-right-key"
MODELS = ("good", "busy", "cut", "rude", "caller", "thinker")
RUDE = "\x1b]0;owned\x07\x1b[2Jplain\u202etxet"

_CALL = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": '{"q":1}'}}
_DELTAS: dict[str, list[dict[str, Any]]] = {
    "good": [{"role": "assistant", "content": ""}, {"content": "Blue light "}, {"content": "scatters most."}],
    "cut": [{"content": "Blue "}, {"content": "light"}],
    "endless": [{"content": "Blue "}, {"content": "light\n"}],
    "rude": [{"content": RUDE}],
    "caller": [{"tool_calls": [_CALL]}],
    "thinker": [{"reasoning_content": "Let me see."}, {"content": "42"}],
}


def upstream(request: Received) -> Script:
    """What the server does with a request."""
    if request.headers.get("authorization") != f"Bearer {KEY}":
        return _error(401, "Incorrect API key provided", "invalid_api_key")
    if request.target == "/v1/models":
        listed = [{"id": name, "object": "model", "max_input_tokens": 8000} for name in MODELS]
        listed += [{"id": "embedder", "object": "model", "mode": "embedding"}, {"id": "openai/*", "object": "model"}]
        return _json(200, {"object": "list", "data": listed})
    if request.method == "GET":
        return _error(404, f"no such path: {request.target}", None)
    model = json.loads(request.body)["model"]
    if model == "busy":
        return _error(429, "Rate limit reached", "rate_limit_exceeded", ("retry-after", "3600"))
    if model not in _DELTAS:
        return _error(404, f"The model `{model}` does not exist", "model_not_found")
    return _stream(model, _DELTAS[model])


def _stream(model: str, deltas: list[dict[str, Any]]) -> Script:
    events: list[dict[str, Any]] = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    if model not in ("cut", "endless"):
        reason = "tool_calls" if model == "caller" else "stop"
        events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
        events.append({"choices": [], "usage": {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500}})
    head = Head(200, (("content-type", "text/event-stream"),))
    frame = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model}
    data = [Data(f"data: {json.dumps({**frame, **event})}\n\n".encode()) for event in events]
    if model == "cut":
        return (head, *data, Break("truncated"))
    if model == "endless":
        return (head, *data, Hang())
    return (head, *data, Data(b"data: [DONE]\n\n"), End())


def _json(status: int, content: Any, *headers: tuple[str, str]) -> Script:
    body = json.dumps(content).encode()
    fields = (("content-type", "application/json"), ("content-length", str(len(body))), *headers)
    return (Head(status, fields), Data(body), End())


def _error(status: int, message: str, code: str | None, *headers: tuple[str, str]) -> Script:
    return _json(status, {"error": {"message": message, "type": "error", "code": code}}, *headers)
