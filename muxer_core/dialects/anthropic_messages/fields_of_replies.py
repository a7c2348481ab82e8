"""The rows of the field table for replies: whole ones (`reply`) and the events of a stream (`event`). See `fields`.

`ours` names items (`TextDelta.text`) here: what a reply says becomes items, and what no item carries is an `ExtrasReported`.
"""

from __future__ import annotations

from muxer_core.dialects.field_table import Row

_EXTRA = "an extra of the reply"

_MESSAGE: tuple[Row, ...] = (
    Row("id", "ReplyStarted.id"),
    Row("type", "-", note="always message"),
    Row("role", "-", note="always assistant"),
    Row("model", "ReplyStarted.model", note="shown under the client's name of it where the caller says so"),
    Row("content", "the items", "block"),
    Row("stop_reason", "ChoiceFinished.reason"),
    Row("stop_sequence", "ChoiceFinished.stop_sequence"),
    Row("usage", "UsageReported.usage", "usage"),
    Row("stop_details", "", "stop_details", note=_EXTRA),
    Row("container", note=_EXTRA),
    Row("context_management", note=_EXTRA),
    Row("diagnostics", note=_EXTRA),
    Row("input_transformations", note=_EXTRA),
    Row("error", "FailureReported.failure", "error"),
    Row("request_id", "-", note="of an error; the head has it too"),
)

_USAGE: tuple[Row, ...] = (
    Row("input_tokens", "Usage.input_tokens", note="the cached and the written are added"),
    Row("output_tokens", "Usage.output_tokens"),
    Row("cache_read_input_tokens", "Usage.cached_input_tokens"),
    Row("cache_creation_input_tokens", "Usage.cache_write_tokens"),
    Row("cache_creation", "Usage.cache_write_1h_tokens", "cache_creation"),
    Row("output_tokens_details", "Usage.reasoning_tokens", "output_tokens_details"),
    Row("server_tool_use", "UsageReported.fees", "server_tool_use"),
    Row("service_tier", "Usage.service_tier"),
    Row("speed", "Usage.service_tier", note="fast is a tier with prices of its own"),
    Row("iterations", "UsageReported.billed", note="with compaction; the list itself is an extra"),
    Row("inference_geo", note=_EXTRA),
    Row("fallback_credit", note=_EXTRA),
    Row("prompt_tokens_details", note="of servers that speak this form for other models"),
)

REPLY_OBJECTS: dict[str, tuple[Row, ...]] = {
    "reply": _MESSAGE,
    "usage": _USAGE,
    "cache_creation": (
        Row("ephemeral_5m_input_tokens", "-", note="what is not 1h"),
        Row("ephemeral_1h_input_tokens", "Usage.cache_write_1h_tokens"),
    ),
    "output_tokens_details": (Row("thinking_tokens", "Usage.reasoning_tokens"),),
    "server_tool_use": (
        Row("web_search_requests", "UsageReported.fees", note="the fee search"),
        Row("web_fetch_requests", note="free; an extra"),
    ),
    "stop_details": tuple(
        Row(name, note=_EXTRA)
        for name in (
            "type",
            "category",
            "explanation",
            "recommended_model",
            "fallback_credit_token",
            "fallback_has_prefill_claim",
        )
    ),
    "error": (
        Row("type", "Failure.code"),
        Row("message", "Failure.message"),
        Row("details", "-", note="null in all that were seen"),
    ),
    "count": (Row("input_tokens", "TokensCounted.input_tokens"), Row("context_management", note=_EXTRA)),
    "event": (Row("type", "-", note="the kind of the event"),),
    "event.message_start": (Row("message", "the items", "reply"),),
    "event.content_block_start": (
        Row("index", "-", note="the order of the parts"),
        Row("content_block", "the items", "block"),
    ),
    "event.content_block_delta": (Row("index", "-", note="the order of the parts"), Row("delta", "the items", "delta")),
    "event.content_block_stop": (Row("index", "PartEnded"),),
    "event.message_delta": (
        Row("delta", "the items", "message_delta"),
        Row("usage", "UsageReported.usage", "usage"),
        Row("context_management", note=_EXTRA),
        Row("input_transformations", note=_EXTRA),
    ),
    "event.message_stop": (),
    "event.ping": (),
    "event.error": (
        Row("error", "FailureReported.failure", "error"),
        Row("request_id", "-", note="the head has it too"),
    ),
    "message_delta": (
        Row("stop_reason", "ChoiceFinished.reason"),
        Row("stop_sequence", "ChoiceFinished.stop_sequence"),
        Row("stop_details", "", "stop_details", note=_EXTRA),
        Row("container", note=_EXTRA),
    ),
    "delta": (Row("type", "-", note="the kind of the delta"),),
    "delta.text_delta": (Row("text", "TextDelta.text"),),
    "delta.thinking_delta": (
        Row("thinking", "ReasoningDelta.text"),
        Row("estimated_tokens", "-", note="an estimate of what usage tells"),
    ),
    "delta.signature_delta": (Row("signature", "ReasoningDelta.signature"),),
    "delta.input_json_delta": (Row("partial_json", "ToolCallDelta.arguments"),),
    "delta.citations_delta": (Row("citation", "CitationsReported.citations", "citation"),),
    "delta.compaction_delta": (
        Row("content", "ServerToolReported.part", note="of a ProviderPart"),
        Row("encrypted_content", "ServerToolReported.part", note="of a ProviderPart"),
    ),
}
