"""Names and small tables that several files of the dialect share. No rule of its own is here but what a word means.

Source: the types of the client package anthropic 2.13.0 (`anthropic/types`, `anthropic/types/beta`), November 2026.
"""

from __future__ import annotations

from typing import Any

from muxer_core.values.items import FinishReason

DIALECT = "anthropic_messages"
"""The dialect's name, on what it decodes."""

VENDOR = "anthropic"
"""Whose seals this API opens (`ReasoningPart.vendor`)."""

FINISH_REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_call",
    "pause_turn": "pause",
    "compaction": "pause",
    "refusal": "content_filter",
}
"""Stop reasons and what they mean. A word that is not here means `stop`; the server's own word is always kept.

`compaction` is a pause: the server summed the conversation up and waits to be asked to go on (`pause_after_compaction`).
"""

STOP_REASONS: dict[FinishReason, str] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_call": "tool_use",
    "content_filter": "refusal",
    "error": "end_turn",
    "pause": "pause_turn",
}
"""The stop reason that is told where the provider's own word is none of this API's."""


def is_server_call(block: dict[str, Any]) -> bool:
    """Is this block the use of a tool that the provider ran itself (`server_tool_use`, `mcp_tool_use`)?"""
    kind = block.get("type")
    return (
        isinstance(kind, str)
        and kind.endswith("_tool_use")
        and isinstance(block.get("id"), str)
        and isinstance(block.get("name"), str)
    )


def is_server_result(block: dict[str, Any]) -> bool:
    """Is this block what a tool brought that the provider ran itself (`web_search_tool_result`, `mcp_tool_result`, …)?"""
    kind = block.get("type")
    return isinstance(kind, str) and kind.endswith("_tool_result") and isinstance(block.get("tool_use_id"), str)
