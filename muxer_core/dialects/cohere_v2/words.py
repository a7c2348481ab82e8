"""Cohere's words and ours: the dialect's name, why a model stopped, and what proves that a reply is complete.

| evidence | when |
| --- | --- |
| `message-end` | the event of that name; `[DONE]`, which newer servers send after it, is not read |
| `end of a whole JSON body` | a reply that is not streamed |

A body that ends before `message-end`, or says `[DONE]` before it, is truncated. A finish reason that is a word for an error ends the reply
as a failure of the server, with the words of `delta.error` where there are any.

Source: cohere 7.3.1, `types/chat_finish_reason.py` and `types/v2chat_stream_response.py`, November 2026; docs.cohere.com, "Streaming".
"""

from __future__ import annotations

from muxer_core.dialects.json_events import Fault
from muxer_core.values.items import FailureReported, FinishReason, ReplyEnded

DIALECT = "cohere_v2"
EVIDENCE = "message-end"

FINISH_REASONS: dict[str, FinishReason] = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
    "TOOL_CALL": "tool_call",
    "ERROR": "error",
    "TIMEOUT": "error",
    "ERROR_TOXIC": "content_filter",
    "ERROR_LIMIT": "length",
}
"""Finish reasons, and what they mean. A word that is not here means `stop`; the service's own word is always kept."""

PLAN = "tool_plan"
"""The note of thinking that came as `tool_plan`, and goes back as such."""


def ended(word: str, error: str | None, evidence: str) -> ReplyEnded | FailureReported:
    """The last item of a reply with evidence of completion."""
    if FINISH_REASONS.get(word) == "error":
        return Fault(error or f"the provider ended the answer with finish_reason {word!r}", "server_error").reported
    return ReplyEnded(evidence)
