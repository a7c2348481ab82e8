"""The field table of the dialect (law 8). Data, read by tests and docs; the rules are in `encode`, `messages`, `assembly`."""

from __future__ import annotations

from muxer_core.dialects.field_table import FieldTable, Reach, Row
from muxer_core.dialects.ollama.words import DIALECT

_KEPT = "kept in ExtrasReported"

_CALLS = (
    Row("id", "ToolCallPart.id", note="made by us where the server gives none"),
    Row("function", "=", "called"),
)

_METRICS = (
    Row("total_duration", note=_KEPT),
    Row("load_duration", note=_KEPT),
    Row("prompt_eval_count", "Usage.input_tokens"),
    Row("prompt_eval_cached_count", "Usage.cached_input_tokens"),
    Row("prompt_eval_duration", note=_KEPT),
    Row("eval_count", "Usage.output_tokens"),
    Row("eval_duration", note=_KEPT),
)

OBJECTS: dict[str, tuple[Row, ...]] = {
    "request": (
        Row("model", "ChatRequest.model"),
        Row("messages", "ChatRequest.messages", "message"),
        Row("prompt", "ChatRequest.messages", note="/api/generate"),
        Row("system", "ChatRequest.messages", note="/api/generate"),
        Row("images", "ImagePart.data", note="/api/generate"),
        Row("suffix", elsewhere="refused", note="/api/generate: what stands after the answer"),
        Row("template"),
        Row("context", elsewhere="refused", note="/api/generate: a conversation as tokens of one model"),
        Row("raw"),
        Row("stream", "="),
        Row("format", "ChatRequest.output_format", note="json, or a schema"),
        Row("keep_alive"),
        Row("options", "=", "options"),
        Row("tools", "ChatRequest.tools", "tool"),
        Row("think", "ChatRequest.reasoning_effort", note="true and false stay in extras"),
        Row("truncate"),
        Row("shift"),
        Row("_debug_render_only"),
        Row("logprobs", "ChatRequest.logprobs"),
        Row("top_logprobs", "ChatRequest.top_logprobs"),
        Row("width"),
        Row("height"),
        Row("steps"),
        Row("temperature", note="no field of the API: its place is in options, and the server does not read it here"),
    ),
    "options": (
        Row("num_predict", "ChatRequest.max_tokens"),
        Row("temperature", "ChatRequest.temperature"),
        Row("top_p", "ChatRequest.top_p"),
        Row("top_k", "ChatRequest.top_k"),
        Row("seed", "ChatRequest.seed"),
        Row("stop", "ChatRequest.stop"),
        Row("frequency_penalty", "ChatRequest.frequency_penalty"),
        Row("presence_penalty", "ChatRequest.presence_penalty"),
        *(Row(name, note="extras.options") for name in (
            "num_keep", "min_p", "tfs_z", "typical_p", "repeat_last_n", "repeat_penalty", "mirostat", "mirostat_tau", "mirostat_eta",
            "penalize_newline", "numa", "num_ctx", "num_batch", "num_gpu", "main_gpu", "low_vram", "f16_kv", "logits_all", "vocab_only",
            "use_mmap", "use_mlock", "embedding_only", "num_thread", "draft_num_predict",
        )),
    ),
    "message": (
        Row("role", "Message.role"),
        Row("content", "TextPart.text"),
        Row("thinking", "ReasoningPart.text"),
        Row("images", "ImagePart.data"),
        Row("tool_calls", "ToolCallPart.id", "call"),
        Row("tool_name", "ToolResultPart.name"),
        Row("tool_call_id", "ToolResultPart.tool_call_id"),
    ),
    "call": _CALLS,
    "called": (
        Row("index", "-", note="the order of the calls"),
        Row("name", "ToolCallPart.name"),
        Row("arguments", "ToolCallPart.arguments", note="an object"),
    ),
    "tool": (
        Row("type", "=", note="always function"),
        Row("items", note="FunctionTool.extras"),
        Row("function", "=", "function"),
    ),
    "function": (
        Row("name", "FunctionTool.name"),
        Row("description", "FunctionTool.description"),
        Row("parameters", "FunctionTool.parameters"),
    ),
    "reply": (
        Row("model", "ReplyStarted.model"),
        Row("created_at", "ReplyStarted.created"),
        Row("remote_model", note=_KEPT),
        Row("remote_host", note=_KEPT),
        Row("message", "=", "message"),
        Row("response", "TextPart.text", note="/api/generate"),
        Row("thinking", "ReasoningPart.text", note="/api/generate"),
        Row("tool_calls", "ToolCallPart.id", "call", note="/api/generate"),
        Row("image", "ImageDelta", note="/api/generate"),
        Row("completed", note=_KEPT),
        Row("total", note=_KEPT),
        Row("done", "ReplyEnded"),
        Row("done_reason", "ChoiceFinished.native"),
        Row("context", note=_KEPT),
        Row("logprobs", "LogprobsReported", "logprob"),
        Row("_debug_info", note=_KEPT),
        Row("error", "FailureReported"),
        *_METRICS,
    ),
    "logprob": (
        Row("token", "LogprobsReported"),
        Row("logprob", "LogprobsReported"),
        Row("bytes", "LogprobsReported"),
        Row("top_logprobs", "LogprobsReported", "logprob"),
    ),
}  # fmt: skip

_UNKNOWN = "the API has no such field"
_BY_ITSELF = "the server caches every prompt by itself"
_CARRIED = {
    "ChatRequest": (
        "model", "messages", "max_tokens", "temperature", "top_p", "frequency_penalty", "presence_penalty", "stop", "seed", "tools",
        "output_format", "reasoning_effort", "logprobs", "top_logprobs", "top_k",
    ),
    "Message": ("role", "parts"),
    "TextPart": ("text",),
    "ImagePart": ("data",),
    "ReasoningPart": ("text",),
    "ToolCallPart": ("id", "name", "arguments"),
    "ToolResultPart": ("tool_call_id", "parts", "name"),
    "FunctionTool": ("name", "description", "parameters"),
    "OutputFormat": ("kind", "schema"),
}  # fmt: skip

REACH: tuple[Reach, ...] = (
    *(Reach(f"{value}.{name}", "carried") for value, names in _CARRIED.items() for name in names),
    *(Reach(f"ChatRequest.{name}", "warned", _UNKNOWN) for name in (
        "service_tier", "user", "reasoning_budget", "reasoning_summary", "verbosity", "metadata", "store", "prompt_cache_key",
        "safety_identifier",
    )),
    *(Reach(f"{value}.cache", "warned", _BY_ITSELF) for value in (
        "ChatRequest", "TextPart", "ImagePart", "ToolCallPart", "ToolResultPart", "FunctionTool",
    )),
    Reach("CacheMark.ttl", "warned", _BY_ITSELF),
    Reach("ChatRequest.n", "refused", "it gives one answer"),
    Reach("ChatRequest.modalities", "refused", "any but text alone"),
    Reach("ChatRequest.audio", "refused", _UNKNOWN),
    Reach("ChatRequest.parallel_tool_calls", "refused", "False; True is what it does anyway"),
    Reach("ChatRequest.tool_choice", "encoded", "auto; none sends no tools; required is refused"),
    Reach("ToolChoice.mode", "refused", "required; auto is carried, none sends no tools"),
    Reach("ToolChoice.allowed", "refused", "with required; with auto the other tools are not sent"),
    Reach("Message.name", "warned", "speakers of one role have no names"),
    *(Reach(f"{value}.signature", "refused", "another vendor's seal has no place") for value in (
        "TextPart", "ImagePart", "FilePart", "ToolCallPart", "ReasoningPart",
    )),
    Reach("ReasoningPart.encrypted", "refused", "another vendor's seal has no place"),
    Reach("ReasoningPart.vendor", "refused", "with a seal"),
    Reach("ReasoningPart.id", "refused", "with a seal; without one left out with a warning"),
    Reach("TextPart.citations", "warned", _UNKNOWN),
    *(Reach(f"Citation.{name}", "warned", _UNKNOWN) for name in ("kind", "url", "title", "text", "file_id", "start", "end")),
    Reach("ImagePart.url", "encoded", "data: URLs; others are refused"),
    Reach("ImagePart.media_type", "encoded", "the data shows it"),
    Reach("ImagePart.detail", "warned", _UNKNOWN),
    Reach("ImagePart.file_id", "refused", "it knows no uploaded files"),
    *(Reach(f"AudioPart.{name}", "refused", "it takes texts and images alone") for name in ("data", "format", "id", "url", "cache")),
    *(Reach(f"FilePart.{name}", "refused", "it takes texts and images alone") for name in (
        "file_id", "url", "data", "filename", "media_type", "text", "cache",
    )),
    Reach("RefusalPart.text", "warned", "sent as plain text"),
    Reach("ToolCallPart.kind", "refused", "custom; a function is carried"),
    Reach("ToolResultPart.is_error", "warned", _UNKNOWN),
    *(Reach(f"ServerToolCallPart.{name}", "warned", "it has no place for a tool that a provider ran") for name in (
        "id", "name", "input", "signature", "cache",
    )),
    *(Reach(f"ServerToolResultPart.{name}", "warned", "it has no place for a tool that a provider ran") for name in (
        "tool_call_id", "name", "output", "is_error", "signature", "cache",
    )),
    Reach("ProviderPart.spec", "refused", "a message is no list of parts here"),
    Reach("FunctionTool.strict", "warned", _UNKNOWN),
    *(Reach(f"CustomTool.{name}", "refused", "its tools are functions alone") for name in ("name", "description", "format", "cache")),
    Reach("ProviderTool.spec", "refused", "its tools are functions alone"),
    Reach("OutputFormat.name", "encoded", "a schema has no name here; it means nothing to the server"),
    Reach("OutputFormat.strict", "warned", "False; a schema always holds strictly"),
    Reach("OutputFormat.description", "warned", "a schema is all that it takes"),
)  # fmt: skip

TABLE = FieldTable(
    dialect=DIALECT,
    source="github.com/ollama/ollama api/types.go at fb307609968 (August 2026), docs.ollama.com; ollama-python 0.6.3; read November 2026",
    objects=OBJECTS,
    kinds={},
    reach=REACH,
    event="reply",
)
