"""Rows of the field table: what a response and the events of its stream hold.

A response repeats the request's settings; they are extras of the reply, with all that no item carries. The fields of events are those that
`reading` reads or that the finished item says again.
"""

from __future__ import annotations

from muxer_core.dialects.field_table import Row
from muxer_core.dialects.openai_responses.rows import own

_ECHO = "the request's, or the API's default for it"

_RESPONSE: tuple[Row, ...] = (
    Row("id", "ReplyStarted.id"),
    Row("object", "=", note="always response"),
    Row("created_at", "ReplyStarted.created"),
    Row("model", "ReplyStarted.model", note="edited where the client is to see another name"),
    Row("output", "Message.parts", "item"),
    Row("usage", "UsageReported.usage", "usage"),
    Row("status", "ChoiceFinished.native"),
    Row("incomplete_details", "ChoiceFinished.native", "details"),
    Row("error", "Failure.message", "error"),
    Row("service_tier", "Usage.service_tier"),
    *own(
        "background", "conversation", "frequency_penalty", "instructions", "max_output_tokens", "max_tool_calls", "metadata",
        "parallel_tool_calls", "presence_penalty", "previous_response_id", "prompt", "prompt_cache_key", "prompt_cache_options",
        "prompt_cache_retention", "reasoning", "safety_identifier", "store", "temperature", "text", "tool_choice", "tools", "top_logprobs",
        "top_p", "truncation", "user", "image", "access_programs", note=_ECHO,
    ),
    *own("billing", "completed_at", "moderation", "output_text", "input_transformations", "prompt_cache_diagnostics"),
    Row("tool_usage", "UsageReported.fees", note="searches; the rest is an extra"),
    *own("content_filters", "prompt_filter_results", note="Azure"),
    *own("copilot_usage", note="Copilot"),
    *own("system_fingerprint", note="xAI, DeepSeek"),
    *own("citations", "debug_output", "incomplete_reason", note="xAI"),
    *own(
        "status_details", "tool_calls", "total_tokens", "input", "provider", "native_finish_reason", "input_messages", "output_messages",
        "kv_transfer_params", note="servers of other makers",
    ),
    Row("choices", "Message.parts", note="a chat completion where a response was due (Azure's catalogue); read as one"),
    Row("created", "ReplyStarted.created", note="of a chat completion"),
)  # fmt: skip

_PLACE = (
    "item_id", "output_index", "content_index", "summary_index", "annotation_index", "sequence_number", "obfuscation", "command_index",
    "partial_image_index",
)  # fmt: skip


def _event(*fields: Row | str) -> tuple[Row, ...]:
    """The rows of an event: its place in the reply says nothing more, and a field given by name only is said again by the finished item."""
    rows = tuple(Row(one, "-", note="the finished item says it") if isinstance(one, str) else one for one in fields)
    return (*rows, *(Row(name, "-") for name in _PLACE))


_PROGRESS = tuple(
    f"{tool}.{step}"
    for tool, steps in {
        "code_interpreter_call": ("in_progress", "interpreting", "completed"),
        "compaction": ("compacting",),
        "file_search_call": ("in_progress", "searching", "completed"),
        "image_generation_call": ("in_progress", "generating", "completed"),
        "mcp_call": ("in_progress", "completed", "failed"),
        "mcp_list_tools": ("in_progress", "completed", "failed"),
        "web_search_call": ("in_progress", "searching", "completed"),
    }.items()
    for step in steps
)

_PIECES: dict[str, tuple[str, ...]] = {
    "apply_patch_call_operation_diff.delta": ("delta",),
    "apply_patch_call_operation_diff.done": ("diff",),
    "audio.done": (),
    "audio.transcript.done": (),
    "code_interpreter_call_code.delta": ("delta",),
    "code_interpreter_call_code.done": ("code",),
    "content_part.added": ("part",),
    "content_part.done": ("part",),
    "custom_tool_call_input.done": ("input",),
    "function_call_arguments.done": ("arguments", "name"),
    "image_generation_call.partial_image": ("partial_image_b64", "background", "output_format", "quality", "size"),
    "mcp_call_arguments.delta": ("delta",),
    "mcp_call_arguments.done": ("arguments",),
    "output_text.done": ("text", "logprobs"),
    "reasoning_part.added": ("part",),
    "reasoning_part.done": ("part",),
    "reasoning_summary_part.added": ("part",),
    "reasoning_summary_part.done": ("part", "status"),
    "reasoning_summary_text.done": ("text",),
    "reasoning_text.done": ("text",),
    "refusal.done": ("refusal",),
    "shell_call_command.added": ("command",),
    "shell_call_command.delta": ("delta",),
    "shell_call_command.done": ("command",),
    "shell_call_output_content.delta": ("delta",),
    "shell_call_output_content.done": ("output",),
}

_RESPONSE_ROW = Row("response", "Message.parts", "reply")

REPLY_OBJECTS: dict[str, tuple[Row, ...]] = {
    "reply": _RESPONSE,
    "details": (Row("reason", "ChoiceFinished.native"),),
    "error": (Row("code", "Failure.code"), Row("message", "Failure.message"), *own("param", "type", "misalignment")),
    "usage": (
        Row("input_tokens", "Usage.input_tokens"),
        Row("output_tokens", "Usage.output_tokens"),
        Row("total_tokens", "Usage.total_tokens"),
        Row("input_tokens_details", "Usage.cached_input_tokens", "input_details"),
        Row("output_tokens_details", "Usage.reasoning_tokens", "output_details"),
        Row("cost", "CostReported.cost", note="OpenRouter"),
        Row("cost_in_usd_ticks", "CostReported.cost", note="xAI"),
        *own("cost_details", "is_byok", note="OpenRouter"),
        *own("num_sources_used", "num_server_side_tools_used", "server_side_tool_usage_details", "context_details", note="xAI"),
        *own("prompt_tokens", "completion_tokens", "audio_prompt_tokens", note="of a chat completion"),
        *own("pydantic_ai_gateway", note="Pydantic's gateway"),
        *own("prompt_tokens_details", "completion_tokens_details", "num_cached_tokens", note="servers of other makers"),
    ),
    "input_details": (
        Row("cached_tokens", "Usage.cached_input_tokens"),
        Row("cache_write_tokens", "Usage.cache_write_tokens"),
        *own("cache_write_tokens_details", "text_tokens", "image_tokens", "audio_tokens", "video_tokens", "input_tokens_per_turn",
            "cached_tokens_per_turn"),
    ),
    "output_details": (
        Row("reasoning_tokens", "Usage.reasoning_tokens"),
        *own("text_tokens", "image_tokens", "audio_tokens", "tool_output_tokens", "output_tokens_per_turn", "tool_output_tokens_per_turn"),
    ),
    "event": (Row("type", "-"),),
    "event.response.output_text.delta": _event(Row("delta", "TextDelta.text"), Row("logprobs", "LogprobsReported.content")),
    "event.response.refusal.delta": _event(Row("delta", "RefusalDelta.text")),
    "event.response.reasoning_summary_text.delta": _event(Row("delta", "ReasoningDelta.text")),
    "event.response.reasoning_text.delta": _event(Row("delta", "ReasoningDelta.text")),
    "event.response.function_call_arguments.delta": _event(Row("delta", "ToolCallDelta.arguments")),
    "event.response.custom_tool_call_input.delta": _event(Row("delta", "ToolCallDelta.arguments")),
    "event.response.audio.delta": _event(Row("delta", "AudioDelta.data")),
    "event.response.audio.transcript.delta": _event(Row("delta", "AudioDelta.transcript")),
    "event.response.output_text.annotation.added": _event(Row("annotation", "CitationsReported.citations", "annotation")),
    "event.response.output_item.added": _event(Row("item", "ToolCallDelta.id", "item")),
    "event.response.output_item.done": _event(Row("item", "Message.parts", "item")),
    **{f"event.response.{word}": _event(_RESPONSE_ROW) for word in ("created", "in_progress", "queued", "incomplete", "failed")},
    "event.response.completed": _event(_RESPONSE_ROW, *own("copilot_usage", note="Copilot")),
    "event.error": _event(
        Row("error", "Failure.message", "error"), Row("message", "Failure.message"), Row("code", "Failure.code"), *own("param"),
    ),
    "event.keepalive": _event(),
    **{f"event.response.{word}": _event() for word in _PROGRESS},
    **{f"event.response.{word}": _event(*fields) for word, fields in _PIECES.items()},
}  # fmt: skip
"""Objects of replies and of the events of a stream."""
