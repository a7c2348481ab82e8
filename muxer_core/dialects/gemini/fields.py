"""The field table of the dialect: every field that it knows, and what becomes of it (law 8). Data, read by code, docs and tests.

Requests may spell a field in `camelCase` or `snake_case`: both rows stand here, the second made of the first. A row whose value is free
(`holds` empty) and that is this dialect's own is kept whole, whatever it holds. A field that is in no row is unknown: in a request it is
kept and sent verbatim, in a reply it is reported as an extra.

Source: google-genai 3.6.1, `types.py` and the converters of `models.py` (Gemini API and Vertex AI), November 2026.
"""

from __future__ import annotations

from muxer_core.dialects.field_table import FieldTable, Reach, Row
from muxer_core.dialects.gemini.fields_of_replies import REPLY_OBJECTS
from muxer_core.dialects.gemini.names import snake


def _both(*rows: Row) -> tuple[Row, ...]:
    """The rows, and those of the other spelling."""
    others = [row._replace(name=snake(row.name)) for row in rows if snake(row.name) != row.name]
    return (*rows, *others)


_WHOLE = "kept whole, and sent back as it came"
_NATIVE = "native"
_OWN_TOOL = "a tool of the vendor's own"

_REQUEST = _both(
    Row("contents", "ChatRequest.messages", "content"),
    Row("systemInstruction", "ChatRequest.messages", "content", note="the system messages that lead"),
    Row("generationConfig", "", "config", note="its fields have rows of their own; the rest is kept"),
    Row("tools", "ChatRequest.tools", "tool"),
    Row("toolConfig", "", "tool_config"),
    Row("serviceTier", "ChatRequest.service_tier"),
    Row("store", "ChatRequest.store"),
    Row("safetySettings"),
    Row("cachedContent", "", elsewhere="refused", note="a part of the prompt, which only the vendor has"),
    Row("labels"),
    Row("modelArmorConfig"),
    Row("continuationToken", "", elsewhere="refused", note="a part of the prompt, which only the vendor has"),
    Row("generateContentRequest", "=", "request", note="of countTokens"),
    Row("model", "ChatRequest.model", note="in the path, and in generateContentRequest"),
)

_CONFIG = _both(
    Row("maxOutputTokens", "ChatRequest.max_tokens"),
    Row("temperature", "ChatRequest.temperature"),
    Row("topP", "ChatRequest.top_p"),
    Row("topK", "ChatRequest.top_k"),
    Row("seed", "ChatRequest.seed"),
    Row("candidateCount", "ChatRequest.n"),
    Row("stopSequences", "ChatRequest.stop"),
    Row("presencePenalty", "ChatRequest.presence_penalty"),
    Row("frequencyPenalty", "ChatRequest.frequency_penalty"),
    Row("responseLogprobs", "ChatRequest.logprobs"),
    Row("logprobs", "ChatRequest.top_logprobs", note="an extra where responseLogprobs is not true"),
    Row("responseModalities", "ChatRequest.modalities"),
    Row("responseMimeType", "ChatRequest.output_format", note="an extra where it is neither JSON nor plain text"),
    Row("responseSchema", "OutputFormat.schema", note="as JSON schema, where the way back is whole"),
    Row("responseJsonSchema", "OutputFormat.schema"),
    Row("thinkingConfig", "", "thinking"),
    Row("mediaResolution"),
    Row("speechConfig"),
    Row("audioTimestamp"),
    Row("imageConfig"),
    Row("routingConfig"),
    Row("modelSelectionConfig"),
    Row("modelConfig"),
    Row("enableAffectiveDialog"),
    Row("enableEnhancedCivicAnswers"),
    Row("responseFormat"),
    Row("translationConfig"),
    Row("audioTranscriptionConfig"),
    Row("generationOutputConfig"),
)

_THINKING = _both(
    Row("thinkingBudget", "ChatRequest.reasoning_budget"),
    Row("thinkingLevel", "ChatRequest.reasoning_effort"),
    Row("includeThoughts", "ChatRequest.reasoning_summary"),
)

_CONTENT = _both(Row("role", "Message.role"), Row("parts", "Message.parts", "part"))

_MEDIA_EXTRAS = (
    "mediaResolution",
    "videoMetadata",
    "audioMetadata",
    "documentMetadata",
    "spreadsheetMetadata",
    "mediaProcessing",
)

_BLOB = _both(
    Row("mimeType", "FilePart.media_type", note="image/* is an ImagePart, audio/* an AudioPart"),
    Row("data", "FilePart.data"),
    Row("displayName", "FilePart.filename", note="of images and audio: an extra"),
)

_FILE = _both(
    Row("mimeType", "FilePart.media_type", note="image/* is an ImagePart, audio/* an AudioPart"),
    Row("fileUri", "FilePart.url", note="in the vendor's own stores: file_id"),
    Row("displayName", "FilePart.filename", note="of images and audio: an extra"),
)

_PART = _both(
    Row("text", "TextPart.text"),
    Row("thought", "ReasoningPart.text", note="true: the text is thinking"),
    Row("thoughtSignature", "TextPart.signature", note="on the very part: text, thought, call, image or file"),
    Row("inlineData", "FilePart.data", "blob"),
    Row("fileData", "FilePart.url", "file"),
    Row("functionCall", "ToolCallPart.arguments", "call"),
    Row("functionResponse", "ToolResultPart.parts", "response"),
    Row("executableCode", "ServerToolCallPart.input", "code", note=_NATIVE),
    Row("codeExecutionResult", "ServerToolResultPart.output", "code_result", note=_NATIVE),
    Row("toolCall", "ServerToolCallPart.input", "tool_call", note=_NATIVE),
    Row("toolResponse", "ServerToolResultPart.output", "tool_response", note=_NATIVE),
    Row("audioTranscription", "ProviderPart.spec", note=_WHOLE),
    Row("partMetadata", note=_WHOLE),
    Row("speechMetadata", note=_WHOLE),
    *(Row(name, note=_WHOLE) for name in _MEDIA_EXTRAS),
)

_CALL = _both(
    Row("id", "ToolCallPart.id", note="made by us where there is none, and then not written back"),
    Row("name", "ToolCallPart.name"),
    Row("args", "ToolCallPart.arguments", note="as JSON text"),
    Row("partialArgs", "ToolCallPart.arguments", "partial", note="in a stream: joined to JSON text"),
    Row("willContinue", "-", note="in a stream: more pieces follow"),
)

_PARTIAL = tuple(
    Row(name, "ToolCallPart.arguments")
    for name in ("jsonPath", "stringValue", "numberValue", "boolValue", "nullValue", "willContinue")
)

_RESPONSE = _both(
    Row("id", "ToolResultPart.tool_call_id"),
    Row("name", "ToolResultPart.name"),
    Row("response", "ToolResultPart.parts", note="as text: see tool_results"),
    Row("parts", "ToolResultPart.parts", "response_part"),
    Row("willContinue", note=_WHOLE),
    Row("scheduling", note=_WHOLE),
)

_RESPONSE_PART = _both(
    Row("inlineData", "FilePart.data", "blob"),
    Row("fileData", "FilePart.url", "file"),
    *(Row(name, note=_WHOLE) for name in _MEDIA_EXTRAS),
)

_TOOL = _both(
    Row("functionDeclarations", "ChatRequest.tools", "function"),
    *(
        Row(name, "ProviderTool.spec", note=_OWN_TOOL)
        for name in (
            "googleSearch", "googleSearchRetrieval", "googleMaps", "urlContext", "codeExecution", "fileSearch", "retrieval",
            "computerUse", "enterpriseWebSearch", "parallelAiSearch", "exaAiSearch", "mcpServers",
        )
    ),
)  # fmt: skip

_FUNCTION = _both(
    Row("name", "FunctionTool.name"),
    Row("description", "FunctionTool.description"),
    Row("parameters", "FunctionTool.parameters", note="as JSON schema, where the way back is whole"),
    Row("parametersJsonSchema", "FunctionTool.parameters"),
    Row("response"),
    Row("responseJsonSchema"),
    Row("behavior"),
)

_TOOL_CONFIG = _both(
    Row("functionCallingConfig", "ChatRequest.tool_choice", "calling"),
    Row("retrievalConfig"),
    Row("includeServerSideToolInvocations"),
)

_CALLING = _both(
    Row("mode", "ToolChoice.mode"),
    Row("allowedFunctionNames", "ToolChoice.allowed"),
    Row("streamFunctionCallArguments"),
)


def _native(*names: str) -> tuple[Row, ...]:
    rows = {
        "id": "ServerToolCallPart.id",
        "toolType": "ServerToolCallPart.name",
        "output": "ServerToolResultPart.output",
        "response": "ServerToolResultPart.output",
        "outcome": "ServerToolResultPart.is_error",
    }
    return _both(*(Row(name, rows.get(name, "ServerToolCallPart.input"), note=_NATIVE) for name in names))


_CONFIG_OF = "generationConfig"

_REACH: tuple[Reach, ...] = (
    Reach("ChatRequest.model", "carried", "in the path"),
    Reach("ChatRequest.messages", "carried", "contents, and systemInstruction for those that lead"),
    *(
        Reach(f"ChatRequest.{ours}", "carried", f"{_CONFIG_OF}.{theirs}")
        for ours, theirs in (
            ("max_tokens", "maxOutputTokens"), ("temperature", "temperature"), ("top_p", "topP"), ("top_k", "topK"), ("seed", "seed"),
            ("stop", "stopSequences"), ("n", "candidateCount"), ("presence_penalty", "presencePenalty"),
            ("frequency_penalty", "frequencyPenalty"), ("logprobs", "responseLogprobs"), ("top_logprobs", "logprobs"),
            ("reasoning_budget", "thinkingConfig.thinkingBudget"),
        )
    ),
    Reach("ChatRequest.modalities", "encoded", "responseModalities, in capitals"),
    Reach("ChatRequest.reasoning_effort", "encoded", "thinkingConfig.thinkingLevel; for Gemini 2.x a thinkingBudget, with a warning"),
    Reach("ChatRequest.reasoning_summary", "encoded", "thinkingConfig.includeThoughts: auto is true, none false; others with a warning"),
    Reach("ChatRequest.output_format", "encoded", "responseMimeType and responseJsonSchema"),
    Reach("ChatRequest.tools", "encoded", "functions in a row are declared in one object"),
    Reach("ChatRequest.tool_choice", "encoded", "toolConfig.functionCallingConfig"),
    Reach("ChatRequest.service_tier", "encoded", "serviceTier: standard for default, unspecified for auto, any other word as it is"),
    Reach("ChatRequest.store", "carried", "store"),
    Reach("ChatRequest.cache", "refused", "it has no marks; left out with a warning where the option cache_marks is ignore"),
    Reach("ChatRequest.parallel_tool_calls", "warned", "it always may call several functions at once"),
    Reach("ChatRequest.audio", "warned", "its voices are set by speechConfig"),
    Reach("ChatRequest.user", "warned", "it has no field for the end user"),
    Reach("ChatRequest.safety_identifier", "warned", "it has no field for the end user"),
    Reach("ChatRequest.metadata", "warned", "its labels are for billing, and only at Vertex AI"),
    Reach("ChatRequest.prompt_cache_key", "warned", "it caches by itself, or by cachedContent"),
    Reach("ChatRequest.verbosity", "warned", "it has no such setting"),
    Reach("Message.role", "encoded", "user and model; a later system message is written as a user's turn, with a warning"),
    Reach("Message.parts", "carried", "parts, in order"),
    Reach("Message.name", "warned", "a content has no name of its speaker"),
    Reach("TextPart.text", "carried", "text"),
    Reach("TextPart.signature", "carried", "thoughtSignature"),
    Reach("TextPart.citations", "warned", "a content has no citations"),
    *(
        Reach(f"{kind}.cache", "refused", "as ChatRequest.cache")
        for kind in ("TextPart", "ImagePart", "AudioPart", "FilePart", "ToolCallPart", "ToolResultPart", "ServerToolCallPart",
                     "ServerToolResultPart", "FunctionTool", "CustomTool")
    ),
    Reach("ImagePart.url", "carried", "fileData.fileUri; a data URL as inlineData"),
    Reach("ImagePart.data", "carried", "inlineData.data"),
    Reach("ImagePart.media_type", "carried", "mimeType; of a URL where it is not told: by its ending, else image/jpeg"),
    Reach("ImagePart.detail", "warned", "it is said by mediaResolution"),
    Reach("ImagePart.file_id", "carried", "fileData.fileUri; a file at another vendor is refused"),
    Reach("ImagePart.signature", "carried", "thoughtSignature"),
    Reach("AudioPart.data", "carried", "inlineData.data"),
    Reach("AudioPart.format", "encoded", "inlineData.mimeType"),
    Reach("AudioPart.id", "refused", "audio of an earlier answer is named at its own vendor only"),
    Reach("AudioPart.url", "carried", "fileData.fileUri"),
    Reach("FilePart.file_id", "carried", "fileData.fileUri; a file at another vendor is refused"),
    Reach("FilePart.url", "carried", "fileData.fileUri"),
    Reach("FilePart.data", "carried", "inlineData.data"),
    Reach("FilePart.filename", "carried", "displayName"),
    Reach("FilePart.media_type", "carried", "mimeType"),
    Reach("FilePart.text", "warned", "arrives as inlineData of text/plain, and comes back as data"),
    Reach("FilePart.signature", "carried", "thoughtSignature"),
    Reach("RefusalPart.text", "warned", "written as text"),
    Reach("ReasoningPart.text", "carried", "text with thought: true"),
    Reach("ReasoningPart.signature", "carried", "thoughtSignature; another vendor's seal is refused"),
    Reach("ReasoningPart.encrypted", "refused", "only its own vendor can open it"),
    Reach("ReasoningPart.vendor", "encoded", "google is written; any other vendor's seal is refused"),
    Reach("ReasoningPart.id", "encoded", "with a seal: in its envelope; an unsealed thought needs none"),
    Reach("ToolCallPart.id", "carried", "functionCall.id"),
    Reach("ToolCallPart.name", "carried", "functionCall.name"),
    Reach("ToolCallPart.arguments", "encoded", "functionCall.args, an object; what is no object is refused"),
    Reach("ToolCallPart.kind", "refused", "custom: its functions take an object, not free text"),
    Reach("ToolCallPart.signature", "carried", "thoughtSignature"),
    Reach("ToolResultPart.tool_call_id", "carried", "functionResponse.id"),
    Reach("ToolResultPart.parts", "encoded", "functionResponse.response and .parts: see tool_results"),
    Reach("ToolResultPart.is_error", "encoded", "functionResponse.response.error"),
    Reach("ToolResultPart.name", "carried", "functionResponse.name; else that of the call; refused where there is none"),
    *(
        Reach(f"{kind}.{name}", "refused", "in another dialect's form; in ours it is written as it stands")
        for kind, names in (
            ("ServerToolCallPart", ("id", "name", "input", "signature")),
            ("ServerToolResultPart", ("tool_call_id", "name", "output", "is_error", "signature")),
        )
        for name in names
    ),
    Reach("ProviderPart.spec", "refused", "in another dialect's form; in ours it is written as it stands"),
    Reach("CacheMark.ttl", "refused", "as ChatRequest.cache"),
    *(
        Reach(f"Citation.{name}", "warned", "a content has no citations")
        for name in ("kind", "url", "title", "text", "file_id", "start", "end")
    ),
    Reach("FunctionTool.name", "carried", "functionDeclarations[].name"),
    Reach("FunctionTool.description", "carried", "functionDeclarations[].description"),
    Reach("FunctionTool.parameters", "carried", "functionDeclarations[].parametersJsonSchema"),
    Reach("FunctionTool.strict", "warned", "functions are validated by the mode VALIDATED"),
    *(Reach(f"CustomTool.{name}", "refused", "its functions take an object, not free text") for name in ("name", "description", "format")),
    Reach("ProviderTool.spec", "refused", "in another dialect's form; in ours it is written as it stands"),
    Reach("ToolChoice.mode", "encoded", "mode: AUTO, ANY, NONE"),
    Reach("ToolChoice.allowed", "carried", "allowedFunctionNames; with auto, the mode is VALIDATED"),
    Reach("OutputFormat.kind", "encoded", "responseMimeType"),
    Reach("OutputFormat.schema", "carried", "responseJsonSchema"),
    Reach("OutputFormat.name", "encoded", "the schema's title; left out with a warning where it has one"),
    *(
        Reach(f"OutputFormat.{name}", "warned", "it takes the schema alone, and always keeps to it")
        for name in ("strict", "description")
    ),
)  # fmt: skip

TABLE = FieldTable(
    dialect="gemini",
    source="google-genai 3.6.1, types.py and models.py, November 2026",
    objects={
        "request": _REQUEST,
        "config": _CONFIG,
        "thinking": _THINKING,
        "content": _CONTENT,
        "part": _PART,
        "blob": _BLOB,
        "file": _FILE,
        "call": _CALL,
        "partial": _PARTIAL,
        "response": _RESPONSE,
        "response_part": _RESPONSE_PART,
        "code": _native("id", "language", "code"),
        "code_result": _native("id", "outcome", "output"),
        "tool_call": _native("id", "toolType", "args"),
        "tool_response": _native("id", "toolType", "response"),
        "tool": _TOOL,
        "function": _FUNCTION,
        "tool_config": _TOOL_CONFIG,
        "calling": _CALLING,
        **REPLY_OBJECTS,
    },
    kinds={},
    reach=_REACH,
    event="reply",
)
