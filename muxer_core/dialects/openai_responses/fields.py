"""The field table of the dialect: every field that it knows, and what becomes of it (law 8). Data, read by code, docs and tests.

What the API's own tools ran is carried whole (`native`), so that the fields inside such an item are its own, and are not listed one by one.
Rows of replies and events are in `fields_of_replies`.
"""

from __future__ import annotations

from muxer_core.dialects.field_table import FieldTable, Reach, Row
from muxer_core.dialects.openai_responses.fields_of_replies import REPLY_OBJECTS
from muxer_core.dialects.openai_responses.options import NAME, SIGNATURE
from muxer_core.dialects.openai_responses.rows import own, plain

_KEPT = "what the provider keeps; said by a part that every other dialect refuses"

_REQUEST: tuple[Row, ...] = (
    Row("model", "ChatRequest.model", note="the deployment's name at the provider is written"),
    Row("input", "ChatRequest.messages", "item", note="a text, or items; the assistant's in a row are one message"),
    Row("instructions", "ChatRequest.messages", note="the first message, of the system"),
    Row("max_output_tokens", "ChatRequest.max_tokens"),
    Row("temperature", "ChatRequest.temperature"),
    Row("top_p", "ChatRequest.top_p"),
    Row("tools", "ChatRequest.tools", "tool"),
    Row("tool_choice", "ChatRequest.tool_choice", "choice"),
    Row("parallel_tool_calls", "ChatRequest.parallel_tool_calls"),
    Row("text", "ChatRequest.output_format", "text"),
    Row("reasoning", "ChatRequest.reasoning_effort", "reasoning"),
    Row("service_tier", "ChatRequest.service_tier"),
    Row("user", "ChatRequest.user"),
    Row("metadata", "ChatRequest.metadata"),
    Row("store", "ChatRequest.store", note="sent only where the caller said it"),
    Row("prompt_cache_key", "ChatRequest.prompt_cache_key"),
    Row("safety_identifier", "ChatRequest.safety_identifier"),
    Row("top_logprobs", "ChatRequest.top_logprobs"),
    Row("include", note="an entry for log probabilities says ChatRequest.logprobs too"),
    Row("previous_response_id", "ProviderPart.spec", note=_KEPT),
    Row("conversation", "ProviderPart.spec", note=_KEPT),
    Row("prompt", "ProviderPart.spec", note=_KEPT),
    Row("stream", "=", note="the caller chooses by calling chat or stream"),
    Row("stream_options", "", "stream_options", note="left out with a warning where the call is not streamed"),
    Row("background", note="the answer is made later; this dialect reads no such reply"),
    *own(
        "access_programs", "background_options", "context_management", "image", "max_tool_calls", "moderation", "prompt_cache_options",
        "prompt_cache_retention", "truncation",
    ),
    *own("provider", "models", "plugins", note="OpenRouter"),
    *own("search_parameters", note="xAI"),
    *own(
        "frequency_penalty", "presence_penalty", "seed", "stop", "top_k", "min_p", "repetition_penalty", "logit_bias", "modalities",
        "preset", "route", "session_id", "transforms", note="servers of other makers",
    ),
)  # fmt: skip

_SEAL = "another vendor's seal, as our server role gives it to a client"

_CALL = (
    Row(SIGNATURE, "ToolCallPart.signature", note=_SEAL),
    Row("call_id", "ToolCallPart.id"),
    Row("name", "ToolCallPart.name"),
    *own("id", "status", "async", "caller", "namespace", "type"),
)

_ITEMS: dict[str, tuple[Row, ...]] = {
    "item.function_call": (*_CALL, Row("arguments", "ToolCallPart.arguments")),
    "item.custom_tool_call": (*_CALL, Row("input", "ToolCallPart.arguments")),
    "item.function_call_output": (
        Row("call_id", "ToolResultPart.tool_call_id"),
        Row("output", "ToolResultPart.parts", "part"),
        Row("name", "ToolResultPart.name"),
        *own("id", "status", "caller", "created_by", "namespace", "type"),
    ),
    "item.custom_tool_call_output": (
        Row("call_id", "ToolResultPart.tool_call_id"),
        Row("output", "ToolResultPart.parts", "part"),
        Row("name", "ToolResultPart.name"),
        *own("id", "status", "caller", "created_by", "namespace", "type"),
    ),
    "item.reasoning": (
        Row("id", "ReasoningPart.id"),
        Row("summary", "ReasoningPart.text", "part"),
        Row("content", "ReasoningPart.text", "part"),
        Row("encrypted_content", "ReasoningPart.encrypted"),
        *own("status", "type"),
    ),
    "item.image_generation_call": (
        Row("result", "ImagePart.url", note="a data URL; without a result it is a ServerToolCallPart"),
        *own(
            "id", "status", "type", "action", "background", "error", "output_format", "prompt", "quality", "revised_prompt", "size",
            "svg_usage",
        ),
    ),
}  # fmt: skip

_MESSAGE: tuple[Row, ...] = (
    Row("role", "Message.role"),
    Row("content", "Message.parts", "part"),
    *own("type", "id", "status", "phase"),
)

_TOOLS_OF_THE_API: dict[str, tuple[str, ...]] = {
    "web_search_call": ("id", "status", "action", "arguments", "call_id", "name"),
    "x_search_call": ("id", "status", "action", "arguments", "call_id", "name"),
    "file_search_call": ("id", "status", "queries", "results"),
    "code_interpreter_call": ("id", "status", "code", "container_id", "outputs", "arguments", "call_id", "name"),
    "computer_call": ("id", "status", "call_id", "action", "actions", "pending_safety_checks"),
    "local_shell_call": ("id", "status", "call_id", "action"),
    "shell_call": ("id", "status", "call_id", "action", "caller", "created_by", "environment"),
    "apply_patch_call": ("id", "status", "call_id", "operation", "caller", "created_by"),
    "mcp_call": ("id", "status", "arguments", "name", "server_label", "approval_request_id", "error", "output"),
    "mcp_approval_request": ("id", "arguments", "name", "server_label"),
    "tool_search_call": ("id", "status", "arguments", "call_id", "execution", "created_by"),
    "program": ("id", "call_id", "code", "fingerprint"),
}
_OUTPUTS_OF_THE_API: dict[str, tuple[str, ...]] = {
    "mcp_list_tools": ("id", "server_label", "tools", "error"),
    "program_output": ("id", "status", "call_id", "result"),
    "tool_search_output": ("id", "status", "call_id", "execution", "tools", "created_by"),
    "shell_call_output": ("id", "status", "call_id", "caller", "max_output_length", "output", "created_by"),
    "apply_patch_call_output": ("id", "status", "call_id", "caller", "output", "created_by"),
    "local_shell_call_output": ("id", "status", "output"),
    "computer_call_output": ("id", "status", "call_id", "output", "acknowledged_safety_checks", "created_by"),
}
_ONLY_HERE: dict[str, tuple[str, ...]] = {
    "mcp_approval_response": ("id", "approval_request_id", "approve", "reason"),
    "item_reference": ("id",),
    "additional_tools": ("id", "role", "tools"),
    "compaction_trigger": ("id",),
    "compaction": ("id", "encrypted_content", "created_by"),
    "configuration_update": ("id", "reasoning", "text", "tools", "tool_choice", "created_by"),
}

_TEXT_PART = (Row("text", "TextPart.text"),)
_MARK = (Row("prompt_cache_breakpoint", "TextPart.cache", "breakpoint"),)

REQUEST_OBJECTS: dict[str, tuple[Row, ...]] = {
    "request": _REQUEST,
    **_ITEMS,
    "item": _MESSAGE,
    "item.message": (),
    **{f"item.{kind}": plain("ServerToolCallPart.input", *names) for kind, names in _TOOLS_OF_THE_API.items()},
    **{f"item.{kind}": plain("ServerToolResultPart.output", *names) for kind, names in _OUTPUTS_OF_THE_API.items()},
    **{f"item.{kind}": plain("ProviderPart.spec", *names) for kind, names in _ONLY_HERE.items()},
    "part": (Row("type", "-"),),
    "part.input_text": (*_TEXT_PART, *_MARK),
    "part.output_text": (
        Row(SIGNATURE, "TextPart.signature", note=_SEAL),
        *_TEXT_PART,
        Row("annotations", "TextPart.citations", "annotation"),
        Row("logprobs", note="LogprobsReported in a reply"),
        Row("refusal", "-", note="null (a server that writes every field)"),
        Row("parsed", note="the openai client's own"),
    ),
    "part.text": _TEXT_PART,
    "part.reasoning_text": (Row("text", "ReasoningPart.text"),),
    "part.summary_text": (Row("text", "ReasoningPart.text"),),
    "part.refusal": (Row("refusal", "RefusalPart.text"),),
    "part.input_image": (
        Row("image_url", "ImagePart.url"),
        Row("file_id", "ImagePart.file_id"),
        Row("detail", "ImagePart.detail"),
        Row("prompt_cache_breakpoint", "ImagePart.cache", "breakpoint"),
    ),
    "part.input_file": (
        Row("file_data", "FilePart.data"),
        Row("file_id", "FilePart.file_id"),
        Row("file_url", "FilePart.url"),
        Row("filename", "FilePart.filename"),
        Row("prompt_cache_breakpoint", "FilePart.cache", "breakpoint"),
        *own("detail"),
    ),
    "part.input_audio": (Row("input_audio", "AudioPart.data", "audio"),),
    "audio": (Row("data", "AudioPart.data"), Row("format", "AudioPart.format")),
    "breakpoint": (Row("mode", "-"), Row("ttl", "CacheMark.ttl")),
    "annotation": (
        Row("type", "Citation.kind"),
        Row("url", "Citation.url"),
        Row("title", "Citation.title"),
        Row("file_id", "Citation.file_id"),
        Row("filename", "Citation.title"),
        Row("start_index", "Citation.start"),
        Row("end_index", "Citation.end"),
        *own("index", "container_id"),
    ),
    "tool": (Row("type", "-"),),
    "tool.function": (
        Row("name", "FunctionTool.name"),
        Row("description", "FunctionTool.description"),
        Row("parameters", "FunctionTool.parameters"),
        Row("strict", "FunctionTool.strict"),
        *own("allowed_callers", "async", "defer_loading", "output_schema"),
    ),
    "tool.custom": (
        Row("name", "CustomTool.name"),
        Row("description", "CustomTool.description"),
        Row("format", "CustomTool.format"),
        *own("allowed_callers", "async", "defer_loading"),
    ),
    **{
        f"tool.{kind}": (Row("*", "ProviderTool.spec"),)
        for kind in (
            "apply_patch", "code_interpreter", "computer", "computer_use_preview", "file_search", "image_generation", "local_shell", "mcp",
            "namespace", "programmatic_tool_calling", "shell", "tool_search", "web_search", "web_search_2025_08_26", "web_search_preview",
            "web_search_preview_2025_03_11", "x_search",
        )
    },
    "choice": (
        Row("type", "ToolChoice.allowed"),
        Row("name", "ToolChoice.allowed"),
        Row("mode", "ToolChoice.mode"),
        Row("tools", "ToolChoice.allowed"),
        *own("server_label"),
    ),
    "text": (Row("format", "ChatRequest.output_format", "format"), Row("verbosity", "ChatRequest.verbosity")),
    "format": (
        Row("type", "OutputFormat.kind"),
        Row("name", "OutputFormat.name"),
        Row("schema", "OutputFormat.schema"),
        Row("strict", "OutputFormat.strict"),
        Row("description", "OutputFormat.description"),
    ),
    "reasoning": (
        Row("effort", "ChatRequest.reasoning_effort"),
        Row("summary", "ChatRequest.reasoning_summary"),
        *own("context", "generate_summary", "mode", "enabled", "max_tokens"),
    ),
    "stream_options": own("include_obfuscation"),
}  # fmt: skip

_SAME = "under the same name"
_ITSELF = "OpenAI caches the whole prompt by itself there"

REACH: tuple[Reach, ...] = (
    *(
        Reach(f"ChatRequest.{name}", "carried", _SAME)
        for name in ("model", "temperature", "top_p", "tools", "tool_choice", "parallel_tool_calls", "service_tier", "user", "metadata",
                     "store", "prompt_cache_key", "safety_identifier", "top_logprobs")
    ),
    Reach("ChatRequest.messages", "carried", "input"),
    Reach("ChatRequest.max_tokens", "carried", "max_output_tokens"),
    Reach("ChatRequest.output_format", "carried", "text.format"),
    Reach("ChatRequest.verbosity", "carried", "text.verbosity"),
    Reach("ChatRequest.reasoning_effort", "carried", "reasoning.effort"),
    Reach("ChatRequest.reasoning_summary", "carried", "reasoning.summary"),
    Reach("ChatRequest.logprobs", "encoded", "an entry of include"),
    *(Reach(f"ChatRequest.{name}", "warned", "the API has no such field")
      for name in ("frequency_penalty", "presence_penalty", "seed", "top_k", "reasoning_budget")),
    Reach("ChatRequest.cache", "warned", _ITSELF),
    Reach("ChatRequest.stop", "refused", "the API has no stop sequences, and the answer would be longer than allowed"),
    Reach("ChatRequest.n", "refused", "a response is one answer; 1 is said by nothing"),
    Reach("ChatRequest.modalities", "refused", "the API answers in text; text alone is said by nothing"),
    Reach("ChatRequest.audio", "refused", "the API answers in text"),
    Reach("Message.role", "carried", "role, or the kind of the item"),
    Reach("Message.parts", "carried", "content, and items by themselves"),
    Reach("Message.name", "warned", "the API has no names of speakers"),
    Reach("TextPart.text", "carried", "content"),
    Reach("TextPart.cache", "encoded", "prompt_cache_breakpoint; text of the assistant and OpenAI's older models need no mark"),
    Reach("TextPart.signature", "refused", "only thinking is sealed here"),
    Reach("TextPart.citations", "encoded", "annotations of text of the assistant; on other text left out with a warning"),
    Reach("ImagePart.url", "carried", "image_url; an image of the assistant's only where it was generated here"),
    Reach("ImagePart.data", "encoded", "image_url, as a data URL"),
    Reach("ImagePart.media_type", "encoded", "in the data URL"),
    Reach("ImagePart.detail", "carried", _SAME),
    Reach("ImagePart.file_id", "carried", _SAME),
    Reach("ImagePart.cache", "encoded", "as TextPart.cache"),
    Reach("ImagePart.signature", "refused", "only thinking is sealed here"),
    Reach("AudioPart.data", "carried", "input_audio.data"),
    Reach("AudioPart.format", "carried", "input_audio.format"),
    Reach("AudioPart.id", "refused", "the API knows no audio that the model spoke"),
    Reach("AudioPart.url", "refused", "audio is given by its data"),
    Reach("AudioPart.cache", "warned", _ITSELF),
    Reach("FilePart.file_id", "carried", _SAME),
    Reach("FilePart.url", "carried", "file_url"),
    Reach("FilePart.data", "encoded", "file_data, as a data URL"),
    Reach("FilePart.filename", "carried", _SAME),
    Reach("FilePart.media_type", "encoded", "in the data URL"),
    Reach("FilePart.text", "encoded", "file_data, as a data URL of plain text"),
    Reach("FilePart.cache", "encoded", "as TextPart.cache"),
    Reach("FilePart.signature", "refused", "only thinking is sealed here"),
    Reach("RefusalPart.text", "carried", "a part of the content"),
    Reach("ReasoningPart.text", "warned", "without a seal: only where it came from here, by its id"),
    Reach("ReasoningPart.signature", "refused", "no vendor of this API signs thinking; a client of ours gets it wrapped"),
    Reach("ReasoningPart.encrypted", "carried", "encrypted_content; another vendor's is refused"),
    Reach("ReasoningPart.vendor", "warned", "the provider is the vendor (options.vendor), and another's seal is refused"),
    Reach("ReasoningPart.id", "carried", "id"),
    Reach("ToolCallPart.id", "carried", "call_id"),
    Reach("ToolCallPart.name", "carried", _SAME),
    Reach("ToolCallPart.arguments", "carried", "arguments, or input of a custom tool"),
    Reach("ToolCallPart.kind", "carried", "the kind of the item"),
    Reach("ToolCallPart.cache", "warned", _ITSELF),
    Reach("ToolCallPart.signature", "refused", "a call has no seal here"),
    Reach("ToolResultPart.tool_call_id", "carried", "call_id"),
    Reach("ToolResultPart.parts", "carried", "output"),
    Reach("ToolResultPart.is_error", "warned", "the tool's own words are sent without the mark"),
    Reach("ToolResultPart.name", "encoded", "it is the name of the call that has the id"),
    Reach("ToolResultPart.cache", "encoded", "prompt_cache_breakpoint on its last text"),
    *(
        Reach(f"{kind}.{name}", "refused" if name == "signature" else "warned", "the API takes no result of a tool that it did not run")
        for kind, names in (
            ("ServerToolCallPart", ("id", "name", "input", "signature", "cache")),
            ("ServerToolResultPart", ("tool_call_id", "name", "output", "is_error", "signature", "cache")),
        )
        for name in names
    ),
    Reach("ProviderPart.spec", "refused", "in another dialect's form; in ours it is written as it stands"),
    Reach("CacheMark.ttl", "warned", "only 30m and 12h are known; the mark itself stays"),
    *(Reach(f"Citation.{name}", "encoded", "an annotation") for name in ("kind", "url", "title", "file_id", "start", "end")),
    Reach("Citation.text", "warned", "an annotation does not repeat what is cited"),
    *(Reach(f"FunctionTool.{name}", "carried", _SAME) for name in ("name", "description", "parameters")),
    Reach("FunctionTool.strict", "encoded", "strict: false is said, where nothing is; the API would be strict"),
    Reach("FunctionTool.cache", "warned", _ITSELF),
    *(Reach(f"CustomTool.{name}", "carried", _SAME) for name in ("name", "description", "format")),
    Reach("CustomTool.cache", "warned", _ITSELF),
    Reach("ProviderTool.spec", "refused", "in another dialect's form; in ours it is written as it stands"),
    Reach("ToolChoice.mode", "carried", "tool_choice"),
    Reach("ToolChoice.allowed", "carried", "a named tool, or allowed_tools"),
    Reach("OutputFormat.kind", "carried", "text.format.type"),
    *(Reach(f"OutputFormat.{name}", "carried", f"text.format.{name}") for name in ("name", "schema", "strict", "description")),
)  # fmt: skip

TABLE = FieldTable(
    dialect=NAME,
    source="openai-python 3.57.0, `types/responses`, November 2026; recorded exchanges of ten providers",
    objects={**REQUEST_OBJECTS, **REPLY_OBJECTS},
    kinds={"item": "type", "part": "type", "tool": "type", "event": "type"},
    reach=REACH,
)
