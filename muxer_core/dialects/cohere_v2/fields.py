"""The field table of the dialect (law 8). Data, read by tests and docs; the rules are in `encode`, `messages`, `assembly`."""

from __future__ import annotations

from muxer_core.dialects.cohere_v2.words import DIALECT
from muxer_core.dialects.field_table import FieldTable, Reach, Row

_TYPE = Row("type", "-", note="the kind of the event")
_INDEX = Row("index", "-", note="in order, with PartEnded between")
_KEPT = "kept in ExtrasReported"
_RAG = "documents that the answer rests on are another dialect's file parts"

_EVENTS = {
    "message-start": (Row("id", "ReplyStarted.id"), Row("delta", "=", "delta")),
    "content-start": (_INDEX, Row("delta", "=", "delta")),
    "content-delta": (_INDEX, Row("delta", "=", "delta"), Row("logprobs", "LogprobsReported", "logprob")),
    "content-end": (_INDEX,),
    "tool-plan-delta": (Row("delta", "=", "delta"),),
    "tool-call-start": (_INDEX, Row("delta", "=", "delta")),
    "tool-call-delta": (_INDEX, Row("delta", "=", "delta")),
    "tool-call-end": (_INDEX,),
    "citation-start": (_INDEX, Row("delta", "=", "delta")),
    "citation-end": (_INDEX,),
    "message-end": (Row("id", "ReplyStarted.id"), Row("delta", "=", "end")),
    "debug": (Row("prompt", note=_KEPT),),
}

OBJECTS: dict[str, tuple[Row, ...]] = {
    "request": (
        Row("model", "ChatRequest.model"),
        Row("messages", "ChatRequest.messages", "message"),
        Row("tools", "ChatRequest.tools", "tool"),
        Row("strict_tools", "FunctionTool.strict", note="for all functions together"),
        Row("documents", holds="document", elsewhere="refused", note=_RAG),
        Row("citation_options"),
        Row("response_format", "ChatRequest.output_format", "format"),
        Row("safety_mode"),
        Row("max_tokens", "ChatRequest.max_tokens"),
        Row("stop_sequences", "ChatRequest.stop"),
        Row("temperature", "ChatRequest.temperature"),
        Row("seed", "ChatRequest.seed"),
        Row("frequency_penalty", "ChatRequest.frequency_penalty"),
        Row("presence_penalty", "ChatRequest.presence_penalty"),
        Row("k", "ChatRequest.top_k"),
        Row("p", "ChatRequest.top_p"),
        Row("logprobs", "ChatRequest.logprobs"),
        Row("tool_choice", "ChatRequest.tool_choice"),
        Row("thinking", "ChatRequest.reasoning_budget", "thinking"),
        Row("priority"),
        Row("stream", "="),
    ),
    "message": (
        Row("role", "Message.role"),
        Row("content", "Message.parts", "part"),
        Row("tool_calls", "ToolCallPart.id", "call"),
        Row("tool_plan", "ReasoningPart.text", note="with the note tool_plan"),
        Row("citations", "TextPart.citations", "citation"),
        Row("tool_call_id", "ToolResultPart.tool_call_id"),
    ),
    "part": (Row("type", "-"), Row("text", "TextPart.text"), Row("thinking", "ReasoningPart.text")),
    "part.text": (Row("text", "TextPart.text"),),
    "part.thinking": (Row("thinking", "ReasoningPart.text"),),
    "part.image_url": (Row("image_url", "ImagePart.url", "image_url"),),
    "part.document": (Row("document", "ProviderPart.spec", "document", note="in a tool's result"),),
    "image_url": (Row("url", "ImagePart.url"), Row("detail", "ImagePart.detail")),
    "document": (Row("data", "ProviderPart.spec"), Row("id", "ProviderPart.spec")),
    "call": (Row("id", "ToolCallPart.id"), Row("type", "=", note="always function"), Row("function", "=", "called")),
    "called": (Row("name", "ToolCallPart.name"), Row("arguments", "ToolCallPart.arguments")),
    "citation": (
        Row("start", "Citation.start"),
        Row("end", "Citation.end"),
        Row("text", "Citation.native", note="the words of the answer"),
        Row("sources", "Citation.title", "source"),
        Row("content_index", "Citation.native", note="tells behind which text it is told"),
        Row("type", "Citation.native"),
    ),
    "source": (Row("type", "Citation.kind"), Row("id", "Citation.native")),
    "source.tool": (Row("tool_output", "Citation.native"),),
    "source.document": (Row("document", "Citation.text"),),
    "tool": (Row("type", "=", note="always function"), Row("function", "=", "function")),
    "function": (
        Row("name", "FunctionTool.name"),
        Row("description", "FunctionTool.description"),
        Row("parameters", "FunctionTool.parameters"),
    ),
    "format": (Row("type", "OutputFormat.kind"), Row("json_schema", "OutputFormat.schema")),
    "thinking": (
        Row("type", "ChatRequest.reasoning_effort", note="disabled: none"),
        Row("token_budget", "ChatRequest.reasoning_budget"),
    ),
    "reply": (
        Row("id", "ReplyStarted.id"),
        Row("finish_reason", "ChoiceFinished.native"),
        Row("message", "=", "message"),
        Row("usage", "UsageReported", "usage"),
        Row("logprobs", "LogprobsReported", "logprob"),
    ),
    "logprob": (
        Row("text", "LogprobsReported"),
        Row("token_ids", "LogprobsReported"),
        Row("logprobs", "LogprobsReported"),
    ),
    "usage": (
        Row("billed_units", "UsageReported.billed", "billed"),
        Row("tokens", "UsageReported.usage", "tokens"),
        Row("cached_tokens", "Usage.cached_input_tokens"),
    ),
    "billed": (
        Row("input_tokens", "UsageReported.billed"),
        Row("output_tokens", "UsageReported.billed"),
        Row("search_units", "UsageReported.fees"),
        Row("classifications", note=_KEPT),
    ),
    "tokens": (Row("input_tokens", "Usage.input_tokens"), Row("output_tokens", "Usage.output_tokens")),
    "event": (_TYPE,),
    **{f"event.{name}": rows for name, rows in _EVENTS.items()},
    "delta": (Row("message", "=", "delta_message"),),
    "delta_message": (
        Row("role", "-", note="always assistant"),
        Row("content", "=", "delta_content"),
        Row("tool_plan", "ReasoningDelta"),
        Row("tool_calls", "ToolCallDelta", "call"),
        Row("citations", "CitationsReported", "citation"),
    ),
    "delta_content": (Row("type", "-"), Row("text", "TextDelta"), Row("thinking", "ReasoningDelta")),
    "end": (
        Row("error", "FailureReported"),
        Row("finish_reason", "ChoiceFinished.native"),
        Row("usage", "UsageReported", "usage"),
    ),
}

_UNKNOWN = "the API has no such field"
_NO_MARKS = "the service caches prompts by itself"
_CARRIED = {
    "ChatRequest": (
        "model", "messages", "max_tokens", "temperature", "top_p", "frequency_penalty", "presence_penalty", "stop", "seed", "tools",
        "tool_choice", "output_format", "logprobs", "top_k", "reasoning_budget",
    ),
    "Message": ("role", "parts"),
    "TextPart": ("text",),
    "ImagePart": ("url", "detail"),
    "ReasoningPart": ("text",),
    "ToolCallPart": ("id", "name", "arguments"),
    "ToolResultPart": ("tool_call_id", "parts"),
    "FunctionTool": ("name", "description", "parameters", "strict"),
    "ToolChoice": ("mode",),
    "OutputFormat": ("kind", "schema"),
}  # fmt: skip

REACH: tuple[Reach, ...] = (
    *(Reach(f"{value}.{name}", "carried") for value, names in _CARRIED.items() for name in names),
    *(Reach(f"ChatRequest.{name}", "warned", _UNKNOWN) for name in (
        "service_tier", "user", "reasoning_summary", "verbosity", "metadata", "store", "prompt_cache_key", "safety_identifier",
    )),
    Reach("ChatRequest.reasoning_effort", "warned", "but for none, which disables thinking"),
    *(Reach(f"{value}.cache", "warned", _NO_MARKS) for value in (
        "ChatRequest", "TextPart", "ImagePart", "ToolCallPart", "ToolResultPart", "FunctionTool",
    )),
    Reach("CacheMark.ttl", "warned", _NO_MARKS),
    Reach("ChatRequest.n", "refused", "it gives one answer"),
    Reach("ChatRequest.modalities", "refused", "any but text alone"),
    *(Reach(f"ChatRequest.{name}", "refused", _UNKNOWN) for name in ("audio", "top_logprobs")),
    Reach("ChatRequest.parallel_tool_calls", "refused", "False; True is what it does anyway"),
    Reach("ToolChoice.allowed", "encoded", "the other tools are not sent"),
    Reach("Message.name", "warned", "speakers of one role have no names"),
    *(Reach(f"{value}.signature", "refused", "another vendor's seal has no place") for value in (
        "TextPart", "ImagePart", "FilePart", "ToolCallPart", "ReasoningPart",
    )),
    Reach("ReasoningPart.encrypted", "refused", "another vendor's seal has no place"),
    Reach("ReasoningPart.vendor", "refused", "with a seal"),
    Reach("ReasoningPart.id", "refused", "with a seal; without one left out with a warning"),
    Reach("TextPart.citations", "warned", "but for this dialect's own, which are carried"),
    *(Reach(f"Citation.{name}", "warned", "but for this dialect's own") for name in (
        "kind", "url", "title", "text", "file_id", "start", "end",
    )),
    Reach("ImagePart.data", "encoded", "as a data: URL"),
    Reach("ImagePart.media_type", "encoded", "in a data: URL"),
    Reach("ImagePart.file_id", "refused", "it knows no uploaded files"),
    *(Reach(f"AudioPart.{name}", "refused", "a message takes texts and images") for name in ("data", "format", "id", "url", "cache")),
    *(Reach(f"FilePart.{name}", "refused", "documents belong to extras.documents") for name in (
        "file_id", "url", "data", "filename", "media_type", "text", "cache",
    )),
    Reach("RefusalPart.text", "warned", "sent as plain text"),
    Reach("ToolCallPart.kind", "refused", "custom; a function is carried"),
    Reach("ToolResultPart.is_error", "warned", _UNKNOWN),
    Reach("ToolResultPart.name", "encoded", "the call of that id tells it"),
    *(Reach(f"ServerToolCallPart.{name}", "warned", "it has no place for a tool that a provider ran") for name in (
        "id", "name", "input", "signature", "cache",
    )),
    *(Reach(f"ServerToolResultPart.{name}", "warned", "it has no place for a tool that a provider ran") for name in (
        "tool_call_id", "name", "output", "is_error", "signature", "cache",
    )),
    *(Reach(f"CustomTool.{name}", "refused", "its tools are functions alone") for name in ("name", "description", "format", "cache")),
    Reach("ProviderPart.spec", "refused", "of another dialect; this one's own goes as it is"),
    Reach("ProviderTool.spec", "refused", "its tools are functions alone"),
    Reach("OutputFormat.name", "encoded", "a schema has no name here; it means nothing to the service"),
    Reach("OutputFormat.strict", "warned", "False; a schema always holds strictly"),
    Reach("OutputFormat.description", "warned", "a schema is all that it takes"),
)  # fmt: skip

TABLE = FieldTable(
    dialect=DIALECT,
    source="cohere 7.3.1 (the official Python client): v2/raw_client.py and types; November 2026",
    objects=OBJECTS,
    kinds={"event": "type", "part": "type", "source": "type"},
    reach=REACH,
)
