"""The field table of the dialect (law 8). Data, read by tests and docs; the rules are in `encode`, `messages`, `assembly`.

Objects are named as this file likes; a block of content is a union of the service, so that it has one field of many. What the service's
own tools, guardrails and documents hold is kept whole, and its insides are in no row.
"""

from __future__ import annotations

from muxer_core.dialects.bedrock_converse.words import DIALECT
from muxer_core.dialects.field_table import FieldTable, Reach, Row

_OWN_PART = "ProviderPart.spec"
_MEDIA = "base64, or a place in S3"
_PADDING = Row("p", "-", note="padding against traffic analysis")
_INDEX = Row("contentBlockIndex", "-", note="in order, with PartEnded between")

_CACHE_POINT = Row("cachePoint", "TextPart.cache", "cache_point", note="a block after what carries the mark")

_BLOCK = (
    Row("text", "TextPart.text"),
    Row("image", "ImagePart.data", "image", note=_MEDIA),
    Row("audio", "AudioPart.data", "audio", note=_MEDIA),
    Row("video", "FilePart.data", "video", note=_MEDIA),
    Row("document", "FilePart.data", "document", note=_MEDIA),
    Row("toolUse", "ToolCallPart.id", "tool_use", note="with type server_tool_use: a ServerToolCallPart"),
    Row("toolResult", "ToolResultPart.tool_call_id", "tool_result", note="in an answer: a ServerToolResultPart"),
    Row("guardContent", _OWN_PART),
    _CACHE_POINT,
    Row("reasoningContent", "ReasoningPart.signature", "reasoning"),
    Row("citationsContent", "TextPart.citations", "cited"),
    Row("searchResult", _OWN_PART),
    Row("toolAddition", _OWN_PART),
    Row("toolRemoval", _OWN_PART),
    Row("type", "-", note="the kind of the block again, from proxies"),
)

_SOURCE = (
    Row("bytes", "ImagePart.data"),
    Row("s3Location", "ImagePart.url", "s3", note="as an s3: URL"),
    Row("text", "FilePart.text"),
    Row("content", _OWN_PART, note="a document in pieces"),
)

_CITATION = (
    Row("title", "Citation.title"),
    Row("source", "Citation.url", note="where it is a URL; else in Citation.native"),
    Row("sourceContent", "Citation.text"),
    Row("location", "Citation.kind", note="whole in Citation.native"),
)

_EXTRA = "kept in ExtrasReported"

OBJECTS: dict[str, tuple[Row, ...]] = {
    "request": (
        Row("modelId", "ChatRequest.model", note="in the path"),
        Row("messages", "ChatRequest.messages", "message"),
        Row("system", "ChatRequest.messages", "system_block", note="the system messages at the beginning"),
        Row("inferenceConfig", "=", "inference"),
        Row("toolConfig", "=", "tool_config"),
        Row("guardrailConfig"),
        Row("projectIdentifier"),
        Row("additionalModelRequestFields", note="joined with top_k and thinking where ours are told"),
        Row("promptVariables", elsewhere="refused", note="the prompt itself lies with the service"),
        Row("additionalModelResponseFieldPaths"),
        Row("requestMetadata", "ChatRequest.metadata", note="texts alone"),
        Row("performanceConfig"),
        Row("serviceTier", "ChatRequest.service_tier", "tier"),
        Row("outputConfig", "=", "output_config"),
    ),
    "count": (Row("modelId", "ChatRequest.model"), Row("input", "=", "count_input")),
    "count_input": (Row("converse", "=", "request"), Row("invokeModel", note="not asked for")),
    "counted": (Row("inputTokens", "TokensCounted.input_tokens"),),
    "message": (Row("role", "Message.role"), Row("content", "Message.parts", "block")),
    "block": _BLOCK,
    "system_block": (Row("text", "TextPart.text"), Row("guardContent", _OWN_PART), _CACHE_POINT),
    "image": (
        Row("format", "ImagePart.media_type"),
        Row("source", "ImagePart.data", "source"),
        Row("error", note="a warning"),
    ),
    "audio": (Row("format", "AudioPart.format"), Row("source", "AudioPart.data", "source"), Row("error")),
    "video": (Row("format", "FilePart.media_type"), Row("source", "FilePart.data", "source")),
    "document": (
        Row("format", "FilePart.media_type"),
        Row("name", "FilePart.filename", note="without the characters that the service does not take"),
        Row("source", "FilePart.data", "source"),
        Row("context", note="FilePart.extras"),
        Row("citations", note="FilePart.extras"),
    ),
    "source": _SOURCE,
    "s3": (Row("uri", "ImagePart.url"), Row("bucketOwner", note="not written by us")),
    "tool_use": (
        Row("toolUseId", "ToolCallPart.id"),
        Row("name", "ToolCallPart.name"),
        Row("input", "ToolCallPart.arguments", note="an object; a stream brings its JSON text in pieces"),
        Row("type", "-", note="server_tool_use makes a ServerToolCallPart of it; tool_use says nothing"),
    ),
    "tool_result": (
        Row("toolUseId", "ToolResultPart.tool_call_id"),
        Row("content", "ToolResultPart.parts", "result_block"),
        Row("status", "ToolResultPart.is_error"),
        Row("type", "ServerToolResultPart.name"),
    ),
    "result_block": (
        Row("json", _OWN_PART),
        Row("text", "TextPart.text"),
        Row("image", "ImagePart.data", "image"),
        Row("document", "FilePart.data", "document"),
        Row("video", "FilePart.data", "video"),
        Row("searchResult", _OWN_PART),
    ),
    "cache_point": (Row("type", "=", note="always default"), Row("ttl", "CacheMark.ttl")),
    "reasoning": (
        Row("reasoningText", "ReasoningPart.text", "reasoning_text"),
        Row("redactedContent", "ReasoningPart.encrypted", note="see thoughts"),
    ),
    "reasoning_text": (Row("text", "ReasoningPart.text"), Row("signature", "ReasoningPart.signature")),
    "cited": (Row("content", "TextPart.text", "cited_text"), Row("citations", "TextPart.citations", "citation")),
    "cited_text": (Row("text", "TextPart.text"),),
    "citation": _CITATION,
    "inference": (
        Row("maxTokens", "ChatRequest.max_tokens"),
        Row("temperature", "ChatRequest.temperature"),
        Row("topP", "ChatRequest.top_p"),
        Row("stopSequences", "ChatRequest.stop"),
    ),
    "tool_config": (Row("tools", "ChatRequest.tools", "tool"), Row("toolChoice", "ChatRequest.tool_choice", "tool_choice")),
    "tool": (
        Row("toolSpec", "FunctionTool.name", "tool_spec"),
        Row("systemTool", "ProviderTool.spec"),
        Row("cachePoint", "FunctionTool.cache", "cache_point"),
    ),
    "tool_spec": (
        Row("name", "FunctionTool.name"),
        Row("description", "FunctionTool.description"),
        Row("inputSchema", "FunctionTool.parameters", "input_schema"),
        Row("strict", "FunctionTool.strict"),
    ),
    "input_schema": (Row("json", "FunctionTool.parameters"),),
    "tool_choice": (
        Row("auto", "ToolChoice.mode"),
        Row("any", "ToolChoice.mode"),
        Row("tool", "ToolChoice.allowed", "named_tool"),
    ),
    "named_tool": (Row("name", "ToolChoice.allowed"),),
    "tier": (Row("type", "ChatRequest.service_tier"),),
    "output_config": (
        Row("textFormat", "ChatRequest.output_format", "text_format"),
        Row("effort", "ChatRequest.reasoning_effort"),
    ),
    "text_format": (Row("type", "OutputFormat.kind"), Row("structure", "OutputFormat.schema", "structure")),
    "structure": (Row("jsonSchema", "OutputFormat.schema", "json_schema"),),
    "json_schema": (
        Row("schema", "OutputFormat.schema", note="as JSON text"),
        Row("name", "OutputFormat.name"),
        Row("description", "OutputFormat.description"),
    ),
    "reply": (
        Row("output", "=", "output"),
        Row("stopReason", "ChoiceFinished.native"),
        Row("usage", "UsageReported.usage", "usage"),
        Row("metrics", note=_EXTRA),
        Row("additionalModelResponseFields", note=f"{_EXTRA}; stop_sequence in ChoiceFinished"),
        Row("trace", note=f"{_EXTRA}; what a guardrail found in SafetyReported too"),
        Row("performanceConfig", note=_EXTRA),
        Row("serviceTier", "Usage.service_tier", "tier"),
    ),
    "output": (Row("message", "=", "message"),),
    "usage": (
        Row("inputTokens", "Usage.input_tokens", note="cached and written tokens are added in"),
        Row("outputTokens", "Usage.output_tokens"),
        Row("totalTokens", "Usage.total_tokens"),
        Row("cacheReadInputTokens", "Usage.cached_input_tokens"),
        Row("cacheWriteInputTokens", "Usage.cache_write_tokens"),
        Row("cacheReadInputTokenCount", "Usage.cached_input_tokens", note="the same again"),
        Row("cacheWriteInputTokenCount", "Usage.cache_write_tokens", note="the same again"),
        Row("cacheDetails", "Usage.cache_write_1h_tokens", "cache_detail"),
        Row("serverToolUsage", note=_EXTRA),
    ),
    "cache_detail": (Row("ttl", "-"), Row("inputTokens", "Usage.cache_write_1h_tokens")),
    "event": (
        Row("messageStart", "ReplyStarted", "message_start"),
        Row("contentBlockStart", "=", "block_start"),
        Row("contentBlockDelta", "=", "block_delta"),
        Row("contentBlockStop", "PartEnded", "block_stop"),
        Row("messageStop", "ChoiceFinished", "message_stop"),
        Row("metadata", "=", "metadata"),
        Row("internalServerException", "FailureReported", "exception"),
        Row("modelStreamErrorException", "FailureReported", "exception"),
        Row("validationException", "FailureReported", "exception"),
        Row("throttlingException", "FailureReported", "exception"),
        Row("serviceUnavailableException", "FailureReported", "exception"),
    ),
    "message_start": (Row("role", "-", note="always assistant"), _PADDING),
    "block_start": (_INDEX, Row("start", "=", "start"), _PADDING),
    "start": (
        Row("toolUse", "ToolCallDelta", "tool_use"),
        Row("toolResult", "ServerToolReported", "tool_result"),
        Row("image", "ImageDelta", "image"),
    ),
    "block_delta": (_INDEX, Row("delta", "=", "delta"), _PADDING),
    "delta": (
        Row("text", "TextDelta"),
        Row("toolUse", "ToolCallDelta", "tool_use"),
        Row("toolResult", "ServerToolReported", "result_block"),
        Row("reasoningContent", "ReasoningDelta", "reasoning_delta"),
        Row("citation", "CitationsReported", "citation"),
        Row("image", "ImageDelta", "image"),
    ),
    "reasoning_delta": (
        Row("text", "ReasoningPart.text"),
        Row("redactedContent", "ReasoningPart.encrypted"),
        Row("signature", "ReasoningPart.signature"),
    ),
    "block_stop": (_INDEX, _PADDING),
    "message_stop": (
        Row("stopReason", "ChoiceFinished.native"),
        Row("additionalModelResponseFields", note=_EXTRA),
        _PADDING,
    ),
    "metadata": (
        Row("usage", "UsageReported.usage", "usage"),
        Row("metrics", note=_EXTRA),
        Row("trace", note=_EXTRA),
        Row("performanceConfig", note=_EXTRA),
        Row("serviceTier", "Usage.service_tier", "tier"),
        _PADDING,
    ),
    "exception": (
        Row("message", "Failure.message"),
        Row("originalStatusCode", "-"),
        Row("originalMessage", "Failure.message"),
    ),
}  # fmt: skip

_UNKNOWN = "the API has no such field"
_CARRIED = {
    "ChatRequest": (
        "model", "messages", "max_tokens", "temperature", "top_p", "stop", "tools", "tool_choice", "output_format", "reasoning_effort",
        "service_tier", "metadata",
    ),
    "Message": ("role", "parts"),
    "TextPart": ("text",),
    "ImagePart": ("data", "media_type"),
    "AudioPart": ("data", "format"),
    "FilePart": ("data", "media_type", "text"),
    "ReasoningPart": ("signature", "encrypted", "vendor"),
    "ToolCallPart": ("id", "name", "arguments"),
    "ToolResultPart": ("tool_call_id", "parts", "is_error"),
    "CacheMark": ("ttl",),
    "FunctionTool": ("name", "description", "parameters"),
    "OutputFormat": ("kind", "name", "schema", "description"),
}  # fmt: skip

REACH: tuple[Reach, ...] = (
    *(Reach(f"{value}.{name}", "carried") for value, names in _CARRIED.items() for name in names),
    *(Reach(f"{value}.cache", "encoded", "a cachePoint block after it") for value in (
        "ChatRequest", "TextPart", "ImagePart", "AudioPart", "FilePart", "ToolCallPart", "ToolResultPart", "FunctionTool",
    )),
    *(Reach(f"ChatRequest.{name}", "warned", _UNKNOWN) for name in (
        "frequency_penalty", "presence_penalty", "seed", "user", "reasoning_summary", "verbosity", "prompt_cache_key", "safety_identifier",
        "store",
    )),
    *(Reach(f"ChatRequest.{name}", "refused", _UNKNOWN) for name in ("logprobs", "top_logprobs", "audio")),
    Reach("ChatRequest.n", "refused", "it gives one answer"),
    Reach("ChatRequest.modalities", "refused", "any but text alone"),
    Reach("ChatRequest.parallel_tool_calls", "refused", "False; True is what it does anyway"),
    Reach("ChatRequest.top_k", "warned", "but for Claude and Nova, which take it in additionalModelRequestFields"),
    Reach("ChatRequest.reasoning_budget", "warned", "but for Claude, which takes it in additionalModelRequestFields.thinking"),
    Reach("Message.name", "warned", "speakers of one role have no names"),
    *(Reach(f"{value}.signature", "refused", "another vendor's seal has no place") for value in (
        "TextPart", "ImagePart", "FilePart", "ToolCallPart",
    )),
    Reach("TextPart.citations", "warned", "but for this dialect's own, which are carried"),
    *(Reach(f"Citation.{name}", "warned", "but for this dialect's own") for name in (
        "kind", "url", "title", "text", "file_id", "start", "end",
    )),
    *(Reach(f"{value}.url", "encoded", "data: and s3: URLs; others are refused") for value in ("ImagePart", "FilePart")),
    Reach("AudioPart.url", "refused", "but for data: and s3: URLs"),
    Reach("ImagePart.detail", "warned", _UNKNOWN),
    *(Reach(f"{value}.file_id", "refused", "it knows no uploaded files") for value in ("ImagePart", "FilePart")),
    Reach("AudioPart.id", "refused", "it knows no audio of earlier answers"),
    Reach("FilePart.filename", "encoded", "the document's name, without the characters that the service does not take"),
    Reach("RefusalPart.text", "warned", "sent as plain text"),
    Reach("ReasoningPart.text", "warned", "but for a sealed thought, which is carried"),
    Reach("ReasoningPart.id", "warned", _UNKNOWN),
    Reach("ToolCallPart.kind", "refused", "custom; a function is carried"),
    Reach("ToolResultPart.name", "encoded", "the call of that id tells it"),
    *(Reach(f"ServerToolCallPart.{name}", "warned", "but for this dialect's own, which goes back as it came") for name in (
        "id", "name", "input", "signature", "cache",
    )),
    *(Reach(f"ServerToolResultPart.{name}", "warned", "but for this dialect's own, which goes back as it came") for name in (
        "tool_call_id", "name", "output", "is_error", "signature", "cache",
    )),
    Reach("FunctionTool.strict", "carried"),
    *(Reach(f"CustomTool.{name}", "refused", "it has no tools that take free text") for name in ("name", "description", "format", "cache")),
    Reach("ToolChoice.mode", "encoded", "none: without tools, refused where the conversation has calls already"),
    Reach("ToolChoice.allowed", "encoded", "one: toolChoice.tool; several: the other tools are not sent"),
    *(Reach(f"{value}.spec", "refused", "of another dialect; this one's own goes as it is") for value in ("ProviderPart", "ProviderTool")),
    Reach("OutputFormat.strict", "warned", "False; a schema always holds strictly"),
)  # fmt: skip

TABLE = FieldTable(
    dialect=DIALECT,
    source="botocore 1.44.8, data/bedrock-runtime/2023-09-30, operations Converse, ConverseStream, CountTokens; November 2026",
    objects=OBJECTS,
    kinds={},
    reach=REACH,
)
