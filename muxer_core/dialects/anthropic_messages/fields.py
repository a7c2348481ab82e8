"""The field table of the dialect: every field that it knows, and what becomes of it (law 8). Data, read by code, docs and tests.

A field that is in no row is unknown: in a request it is kept and sent verbatim, in a reply it is reported as an extra. Blocks that go back
whole (`ProviderPart.spec`, `ServerToolCallPart.native`) are listed by their own fields; what stands inside is carried with them.

Edits of ours, where a reply passes through in this dialect: the model's name in `message_start`. None other.
"""

from __future__ import annotations

from muxer_core.dialects.anthropic_messages.fields_of_replies import REPLY_OBJECTS
from muxer_core.dialects.anthropic_messages.reach import REACH
from muxer_core.dialects.field_table import FieldTable, Row

_WHOLE = "whole, in the form of this dialect"
_OWN = "this API's own"

_REQUEST: tuple[Row, ...] = (
    Row("model", "ChatRequest.model", note="the deployment's name at the provider is written"),
    Row("messages", "ChatRequest.messages", "message"),
    Row("system", "ChatRequest.messages", "block", note="a message with the role system, before all others"),
    Row("max_tokens", "ChatRequest.max_tokens", note="0 (fill the cache, answer nothing) stays in extras"),
    Row("temperature", "ChatRequest.temperature"),
    Row("top_p", "ChatRequest.top_p"),
    Row("top_k", "ChatRequest.top_k"),
    Row("stop_sequences", "ChatRequest.stop"),
    Row("stream", "=", note="the caller chooses by calling chat or stream"),
    Row("tools", "ChatRequest.tools", "tool"),
    Row("tool_choice", "ChatRequest.tool_choice", "tool_choice"),
    Row("thinking", "ChatRequest.reasoning_budget", "thinking"),
    Row("output_config", "", "output_config"),
    Row("output_format", "ChatRequest.output_format", "format", note="the form before 2026"),
    Row("metadata", "", "metadata"),
    Row("service_tier", "ChatRequest.service_tier"),
    Row("cache_control", "ChatRequest.cache", "cache_control"),
    Row("betas", note="the header anthropic-beta"),
    Row("user_profile_id", note="the header anthropic-user-profile-id"),
    Row("workspace_id", note="the header anthropic-workspace-id"),
    *(
        Row(name, note=_OWN)
        for name in ("billing_policy", "compaction", "container", "context_management", "diagnostics", "fallback_credit_token",
                     "fallbacks", "inference_geo", "mcp_servers", "speed", "thread")
    ),
)  # fmt: skip

_MESSAGE: tuple[Row, ...] = (
    Row("role", "Message.role", note="results of tools are a user's message"),
    Row("content", "Message.parts", "block"),
    Row("clear_at", note="of a system message"),
    Row("output_config", note="of a system message"),
)

PROVIDER_TOOLS: tuple[str, ...] = (
    "advisor_20260301", "bash_20241022", "bash_20250124", "browser_toolset_20260801", "code_execution_20250522",
    "code_execution_20250825", "code_execution_20260120", "code_execution_20260521", "computer_20241022", "computer_20250124",
    "computer_20251124", "computer_toolset_20260801", "mcp_toolset", "memory_20250818", "text_editor_20241022", "text_editor_20250124",
    "text_editor_20250429", "text_editor_20250728", "tool_search_tool_bm25", "tool_search_tool_bm25_20251119", "tool_search_tool_regex",
    "tool_search_tool_regex_20251119", "web_fetch_20250910", "web_fetch_20260209", "web_fetch_20260309", "web_fetch_20260318",
    "web_search_20250305", "web_search_20260209", "web_search_20260318",
)  # fmt: skip
"""Types of tools that are this API's own: each is a `ProviderTool`, whole."""

_PROVIDER_BLOCKS: dict[str, tuple[str, ...]] = {
    "search_result": ("content", "source", "title", "citations"),
    "container_upload": ("file_id",),
    "compaction": ("content", "encrypted_content", "signature", "tool_changes"),
    "tool_addition": ("tool",),
    "tool_removal": ("tool",),
    "tool_reference": ("tool_name",),
    "mcp_tool_listing": ("mcp_server_name", "tools"),
    "fallback": ("from", "to", "trigger"),
    "browser_state": ("tabs", "state_changes"),
}
"""Types of blocks that only this API understands, and their fields."""

_SERVER_RESULTS: tuple[str, ...] = (
    "web_search_tool_result", "web_fetch_tool_result", "advisor_tool_result", "code_execution_tool_result",
    "bash_code_execution_tool_result", "text_editor_code_execution_tool_result", "tool_search_tool_result", "mcp_tool_result",
)  # fmt: skip

BLOCK_OBJECTS: dict[str, tuple[Row, ...]] = {
    "block": (Row("type", "-", note="the kind of the part"),),
    "block.text": (
        Row("text", "TextPart.text"),
        Row("cache_control", "TextPart.cache", "cache_control"),
        Row("citations", "TextPart.citations", "citation"),
    ),
    "block.image": (
        Row("source", "ImagePart.data", "image_source"),
        Row("cache_control", "ImagePart.cache", "cache_control"),
        Row("transformations"),
    ),
    "block.document": (
        Row("source", "FilePart.data", "document_source"),
        Row("cache_control", "FilePart.cache", "cache_control"),
        Row("title", "FilePart.filename"),
        Row("context"),
        Row("citations", note="whether to cite this document"),
    ),
    "block.thinking": (
        Row("thinking", "ReasoningPart.text"),
        Row("signature", "ReasoningPart.signature", note="another vendor's, wrapped, is that vendor's again"),
    ),
    "block.redacted_thinking": (Row("data", "ReasoningPart.encrypted"),),
    "block.tool_use": (
        Row("id", "ToolCallPart.id"),
        Row("name", "ToolCallPart.name"),
        Row("input", "ToolCallPart.arguments"),
        Row("cache_control", "ToolCallPart.cache", "cache_control"),
        Row("caller"),
        Row("toolset_name"),
    ),
    "block.tool_result": (
        Row("tool_use_id", "ToolResultPart.tool_call_id"),
        Row("content", "ToolResultPart.parts", "block"),
        Row("is_error", "ToolResultPart.is_error"),
        Row("cache_control", "ToolResultPart.cache", "cache_control"),
        Row("toolset_name"),
    ),
    **{
        f"block.{kind}": (
            Row("id", "ServerToolCallPart.id"),
            Row("name", "ServerToolCallPart.name"),
            Row("input", "ServerToolCallPart.input"),
            Row("cache_control", "ServerToolCallPart.cache", "cache_control"),
            Row("caller"),
            Row("server_name"),
        )
        for kind in ("server_tool_use", "mcp_tool_use")
    },
    **{
        f"block.{kind}": (
            Row("tool_use_id", "ServerToolResultPart.tool_call_id"),
            Row("content", "ServerToolResultPart.output"),
            Row("is_error", "ServerToolResultPart.is_error"),
            Row("cache_control", "ServerToolResultPart.cache", "cache_control"),
            Row("caller"),
        )
        for kind in _SERVER_RESULTS
    },
    **{
        f"block.{kind}": (
            *(Row(name, "ProviderPart.spec", note=_WHOLE) for name in names),
            Row("cache_control", "ProviderPart.spec", "cache_control", note=_WHOLE),
        )
        for kind, names in _PROVIDER_BLOCKS.items()
    },
    "image_source": (
        Row("type", "-"),
        Row("media_type", "ImagePart.media_type"),
        Row("data", "ImagePart.data"),
        Row("url", "ImagePart.url"),
        Row("file_id", "ImagePart.file_id"),
    ),
    "document_source": (
        Row("type", "-"),
        Row("media_type", "FilePart.media_type"),
        Row("data", "FilePart.data", note="of the type text: FilePart.text"),
        Row("url", "FilePart.url"),
        Row("file_id", "FilePart.file_id"),
        Row("content", "FilePart.text", note="a list of blocks makes the document a ProviderPart, whole"),
    ),
    "cache_control": (Row("type", "-", note="always ephemeral"), Row("ttl", "CacheMark.ttl")),
    "citation": (
        Row("type", "Citation.kind"),
        Row("cited_text", "Citation.text"),
        Row("title", "Citation.title"),
        Row("document_title", "Citation.title"),
        Row("url", "Citation.url"),
        Row("source", "Citation.url"),
        Row("file_id", "Citation.file_id"),
        *(
            Row(name, note="in Citation.native")
            for name in ("document_index", "start_char_index", "end_char_index", "start_page_number", "end_page_number",
                         "start_block_index", "end_block_index", "search_result_index", "encrypted_index")
        ),
    ),
}  # fmt: skip

REQUEST_OBJECTS: dict[str, tuple[Row, ...]] = {
    "request": _REQUEST,
    "message": _MESSAGE,
    "thinking": (
        Row(
            "type", "ChatRequest.reasoning_budget", note="adaptive says nothing elsewhere: there the model decides too"
        ),
        Row("budget_tokens", "ChatRequest.reasoning_budget"),
        Row("display", "ChatRequest.reasoning_summary"),
        Row("block_binding"),
    ),
    "output_config": (
        Row("effort", "ChatRequest.reasoning_effort"),
        Row("format", "ChatRequest.output_format", "format"),
        Row("task_budget"),
    ),
    "format": (Row("type", "OutputFormat.kind"), Row("schema", "OutputFormat.schema")),
    "metadata": (Row("user_id", "ChatRequest.user"),),
    "tool_choice": (
        Row("type", "ToolChoice.mode"),
        Row("name", "ToolChoice.allowed"),
        Row("disable_parallel_tool_use", "ChatRequest.parallel_tool_calls", note="turned round"),
    ),
    "tool": (
        Row("type", "-", note="custom, or none"),
        Row("name", "FunctionTool.name"),
        Row("description", "FunctionTool.description"),
        Row("input_schema", "FunctionTool.parameters"),
        Row("strict", "FunctionTool.strict"),
        Row("cache_control", "FunctionTool.cache", "cache_control"),
        Row("defer_loading"),
        Row("allowed_callers"),
        Row("eager_input_streaming"),
        Row("input_examples"),
    ),
    "tool.custom": (),
    **{f"tool.{kind}": (Row("*", "ProviderTool.spec", note=_WHOLE),) for kind in PROVIDER_TOOLS},
    **BLOCK_OBJECTS,
}

TABLE = FieldTable(
    dialect="anthropic_messages",
    source="anthropic-sdk-python 2.13.0, `types` and `types/beta`, November 2026; recorded exchanges",
    objects={**REQUEST_OBJECTS, **REPLY_OBJECTS},
    kinds={"block": "type", "tool": "type", "event": "type", "delta": "type"},
    reach=REACH,
)
