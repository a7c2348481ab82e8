"""Bedrock's words and ours: the dialect's name, why a model stopped, and what proves that a reply is complete.

| evidence | when |
| --- | --- |
| `metadata after messageStop` | the event `metadata`, which the service sends last, once the message has stopped |
| `end of body after messageStop` | the body ends between two frames, the message has stopped, and no `metadata` followed |
| `end of a whole JSON body` | a reply that is not streamed |

A body that ends inside a frame, or before `messageStop`, is truncated. A stop reason that is a word for a broken answer
(`malformed_model_output`, `malformed_tool_use`) ends the reply as a failure of the server.

Source: botocore 1.44.8, data/bedrock-runtime/2023-09-30 (`StopReason`, `ConverseStreamOutput`), November 2026; recorded streams.
"""

from __future__ import annotations

from muxer_core.dialects.json_events import Fault
from muxer_core.values.items import FailureReported, FinishReason, ReplyEnded

DIALECT = "bedrock_converse"

EVIDENCE_METADATA = "metadata after messageStop"
EVIDENCE_STOPPED = "end of body after messageStop"

FINISH_REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "tool_use": "tool_call",
    "max_tokens": "length",
    "stop_sequence": "stop",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
    "malformed_model_output": "error",
    "malformed_tool_use": "error",
    "model_context_window_exceeded": "length",
}
"""Stop reasons, and what they mean. A word that is not here means `stop`; the service's own word is always kept."""


def ended(stop_reason: str, evidence: str) -> ReplyEnded | FailureReported:
    """The last item of a reply with evidence of completion."""
    if FINISH_REASONS.get(stop_reason) == "error":
        return Fault(f"the provider ended the answer with stopReason {stop_reason!r}", "server_error").reported
    return ReplyEnded(evidence)
