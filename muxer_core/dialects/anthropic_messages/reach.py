"""What becomes of our fields in this dialect: the second half of the field table. See `fields`."""

from __future__ import annotations

from muxer_core.dialects.anthropic_messages.encode import WARNED
from muxer_core.dialects.field_table import Reach

_SAME = "under the same name"
_AUDIO = "the API takes no audio"
_CUSTOM = "the API has no tools that take free text"
_OTHER_SERVER = "a tool that another provider ran is left out; one of this API's own goes back whole"
_CITED = "a citation of another dialect has no place in a request"
_SEALED = "the API has no seals but those on thinking"
_SOURCE = "source"

REACH: tuple[Reach, ...] = (
    *(Reach(f"ChatRequest.{name}", "carried", _SAME) for name in ("model", "temperature", "top_p", "top_k")),
    Reach("ChatRequest.messages", "carried", "system and messages"),
    Reach(
        "ChatRequest.max_tokens", "carried", "where none is given, the option default_max_tokens is sent with a warning"
    ),
    Reach("ChatRequest.stop", "carried", "stop_sequences"),
    Reach("ChatRequest.tools", "carried", _SAME),
    Reach("ChatRequest.tool_choice", "carried", _SAME),
    Reach("ChatRequest.parallel_tool_calls", "encoded", "tool_choice.disable_parallel_tool_use, turned round"),
    Reach("ChatRequest.output_format", "encoded", "output_config.format"),
    Reach(
        "ChatRequest.reasoning_effort",
        "carried",
        "output_config.effort; minimal is low, with a warning; none is thinking disabled",
    ),
    Reach("ChatRequest.reasoning_budget", "carried", "thinking.budget_tokens; 0 is disabled, -1 adaptive"),
    Reach("ChatRequest.reasoning_summary", "warned", "thinking.display, where thinking is asked for"),
    Reach("ChatRequest.service_tier", "warned", "auto, and default as standard_only; other words are left out"),
    Reach("ChatRequest.user", "encoded", "metadata.user_id"),
    Reach("ChatRequest.cache", "carried", "cache_control"),
    Reach("ChatRequest.n", "refused", "the API gives one answer"),
    Reach("ChatRequest.audio", "refused", "the API answers in text alone"),
    Reach("ChatRequest.modalities", "refused", "the API answers in text alone; text by itself says nothing"),
    *(Reach(f"ChatRequest.{name}", "warned", why) for name, why in WARNED.items()),
    Reach("Message.role", "carried", "tool messages are a user's with tool results; developer is system"),
    Reach("Message.parts", "carried", "content"),
    Reach("Message.name", "warned", "the API does not tell speakers of one role apart"),
    Reach("TextPart.text", "carried", "text"),
    Reach("TextPart.cache", "carried", "cache_control"),
    Reach("TextPart.signature", "refused", _SEALED),
    Reach("TextPart.citations", "warned", _CITED),
    *(Reach(f"ImagePart.{name}", "carried", _SOURCE) for name in ("data", "media_type")),
    Reach("ImagePart.url", "encoded", "source; a data URL is taken apart"),
    Reach("ImagePart.file_id", "carried", "source; of another dialect refused, for the file lies elsewhere"),
    Reach("ImagePart.detail", "warned", "the API has no such field"),
    Reach("ImagePart.cache", "carried", "cache_control"),
    Reach("ImagePart.signature", "refused", _SEALED),
    *(Reach(f"AudioPart.{name}", "refused", _AUDIO) for name in ("data", "format", "id", "url", "cache")),
    Reach("FilePart.data", "encoded", "source; a PDF as it is, plain text decoded, an image as an image, else refused"),
    Reach("FilePart.media_type", "encoded", "source.media_type"),
    *(Reach(f"FilePart.{name}", "carried", _SOURCE) for name in ("url", "text")),
    Reach("FilePart.file_id", "carried", "source; of another dialect refused, for the file lies elsewhere"),
    Reach("FilePart.filename", "encoded", "title; an image has none"),
    Reach("FilePart.cache", "carried", "cache_control"),
    Reach("FilePart.signature", "refused", _SEALED),
    Reach("RefusalPart.text", "warned", "sent as text"),
    Reach("ReasoningPart.text", "warned", "thinking, where the API sealed it itself; else left out"),
    Reach("ReasoningPart.signature", "carried", "signature; another vendor's is refused"),
    Reach("ReasoningPart.encrypted", "carried", "redacted_thinking.data; another vendor's is refused"),
    Reach("ReasoningPart.vendor", "carried", "a sealed thought here is Anthropic's"),
    Reach("ReasoningPart.id", "warned", "a thought of the API has no id; another vendor's is refused with its seal"),
    Reach("ToolCallPart.id", "carried", "id"),
    Reach("ToolCallPart.name", "carried", "name"),
    Reach("ToolCallPart.arguments", "encoded", "input; refused where they are no JSON object"),
    Reach("ToolCallPart.kind", "refused", _CUSTOM),
    Reach("ToolCallPart.cache", "carried", "cache_control"),
    Reach("ToolCallPart.signature", "refused", _SEALED),
    Reach("ToolResultPart.tool_call_id", "carried", "tool_use_id"),
    Reach("ToolResultPart.parts", "carried", "content"),
    Reach("ToolResultPart.is_error", "carried", "is_error"),
    Reach("ToolResultPart.name", "encoded", "the call of that id names the tool"),
    Reach("ToolResultPart.cache", "carried", "cache_control"),
    *(
        Reach(f"ServerToolCallPart.{name}", "warned", _OTHER_SERVER)
        for name in ("id", "name", "input", "signature", "cache")
    ),
    *(
        Reach(f"ServerToolResultPart.{name}", "warned", _OTHER_SERVER)
        for name in ("tool_call_id", "name", "output", "is_error", "signature", "cache")
    ),
    Reach("ProviderPart.spec", "refused", "in another dialect's form; in ours it is written as it stands"),
    Reach("CacheMark.ttl", "carried", "5m and 1h; another dialect's other times are refused"),
    *(
        Reach(f"Citation.{name}", "warned", _CITED)
        for name in ("kind", "url", "title", "text", "file_id", "start", "end")
    ),
    *(Reach(f"FunctionTool.{name}", "carried", _SAME) for name in ("name", "description", "strict")),
    Reach("FunctionTool.parameters", "carried", "input_schema"),
    Reach("FunctionTool.cache", "carried", "cache_control"),
    *(Reach(f"CustomTool.{name}", "refused", _CUSTOM) for name in ("name", "description", "format", "cache")),
    Reach("ProviderTool.spec", "refused", "in another dialect's form; in ours it is written as it stands"),
    Reach("ToolChoice.mode", "carried", "auto, none, and any for required"),
    Reach("ToolChoice.allowed", "refused", "one name with required is the choice tool; names otherwise are refused"),
    Reach("OutputFormat.kind", "carried", "json_schema; json_object is refused"),
    Reach("OutputFormat.schema", "carried", "schema"),
    Reach("OutputFormat.name", "encoded", "a label of the schema, which the API does not need"),
    Reach("OutputFormat.strict", "warned", "the API always follows the schema"),
    Reach("OutputFormat.description", "warned", "the API has no such field"),
)
