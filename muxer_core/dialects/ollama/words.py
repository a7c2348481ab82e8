"""Ollama's words and ours: the dialect's name, why a model stopped, and what proves that a reply is complete.

| evidence | when |
| --- | --- |
| `done: true` | the object that says so, in a stream and in a whole reply; what follows it is not read |

A body that ends before it is truncated. `done_reason` is missing in old replies; it is `stop` also where the model called tools, so that
an answer with calls that stopped is told as `tool_call`. Source: github.com/ollama/ollama, `docs/api.md` and `api/types.go`, November 2026.
"""

from __future__ import annotations

from muxer_core.values.items import FinishReason

DIALECT = "ollama"
EVIDENCE = "done: true"

FINISH_REASONS: dict[str, FinishReason] = {"stop": "stop", "length": "length", "load": "stop", "unload": "stop"}
"""Done reasons, and what they mean. A word that is not here means `stop`; the server's own word is always kept."""
