"""The field table of the dialect: every field that it knows, and what becomes of it (law 8). Data, read by code, docs and tests.

The rows of OpenAI's own schema come first in each object, then those of the servers that speak its form, by what recordings of them hold.
A field that is in no row is unknown: in a request it is kept and sent verbatim, in a reply it is reported as an extra.
"""

from __future__ import annotations

from muxer_core.dialects.field_table import FieldTable, Reach, Row
from muxer_core.dialects.openai_chat.fields_of_replies import REPLY_OBJECTS

_BOTH_LIMITS = (
    "under the name that it came with, else options.output_limit_field; OpenAI's newer models get the new name"
)
_EXTRA = "a server's own field"

_REQUEST: tuple[Row, ...] = (
    Row("model", "ChatRequest.model", note="the deployment's name at the provider is written"),
    Row("messages", "ChatRequest.messages", "message"),
    Row("max_tokens", "ChatRequest.max_tokens", note=_BOTH_LIMITS),
    Row("max_completion_tokens", "ChatRequest.max_tokens", note=_BOTH_LIMITS),
    Row("temperature", "ChatRequest.temperature"),
    Row("top_p", "ChatRequest.top_p"),
    Row("frequency_penalty", "ChatRequest.frequency_penalty"),
    Row("presence_penalty", "ChatRequest.presence_penalty"),
    Row("stop", "ChatRequest.stop"),
    Row("seed", "ChatRequest.seed"),
    Row("n", "ChatRequest.n"),
    Row("tools", "ChatRequest.tools", "tool"),
    Row("tool_choice", "ChatRequest.tool_choice", "choice_of_tool"),
    Row("parallel_tool_calls", "ChatRequest.parallel_tool_calls"),
    Row("response_format", "ChatRequest.output_format", "format", note="servers' own forms stay in extras"),
    Row("reasoning_effort", "ChatRequest.reasoning_effort"),
    Row("logprobs", "ChatRequest.logprobs"),
    Row("top_logprobs", "ChatRequest.top_logprobs"),
    Row("modalities", "ChatRequest.modalities"),
    Row("audio", "ChatRequest.audio"),
    Row("service_tier", "ChatRequest.service_tier"),
    Row("user", "ChatRequest.user"),
    Row("verbosity", "ChatRequest.verbosity"),
    Row("metadata", "ChatRequest.metadata"),
    Row("store", "ChatRequest.store"),
    Row("prompt_cache_key", "ChatRequest.prompt_cache_key"),
    Row("safety_identifier", "ChatRequest.safety_identifier"),
    Row("stream", "=", note="the caller chooses by calling chat or stream"),
    Row(
        "stream_options", "=", "stream_options", note="usage is always asked for in a stream; the rest is the caller's"
    ),
    Row("functions", "ChatRequest.tools", "function", note="the old form of tools"),
    Row("function_call", "ChatRequest.tool_choice", "named", note="the old form of tool_choice"),
    Row("prediction"),
    Row("web_search_options"),
    Row("logit_bias"),
    Row("moderation"),
    Row("prompt_cache_options"),
    Row("prompt_cache_retention"),
    Row("top_k", "ChatRequest.top_k", note="of many servers, not of OpenAI"),
    Row("random_seed", "ChatRequest.seed", note="Mistral"),
    Row("cache_control", "ChatRequest.cache", "cache_control", note="OpenRouter"),
    Row("reasoning", "", "reasoning", note="OpenRouter"),
    *(
        Row(name, note=f"{_EXTRA} ({who})")
        for who, names in (
            ("OpenRouter", "models plugins preset provider transforms usage route include_reasoning"),
            ("DeepSeek, Z.AI, Moonshot, LiteLLM", "thinking"),
            ("Cerebras", "clear_thinking disable_reasoning"),
            ("llama.cpp", "grammar json_schema ignore_eos cache_prompt n_predict id_slot samplers timings_per_token"),
            (
                "llama.cpp, vLLM, Together, Fireworks",
                "min_p typical_p repeat_penalty repetition_penalty mirostat mirostat_tau mirostat_eta",
            ),
            (
                "vLLM",
                "chat_template_kwargs guided_json guided_regex guided_choice guided_grammar min_tokens stop_token_ids",
            ),
            (
                "vLLM",
                "include_stop_str_in_output skip_special_tokens add_generation_prompt continue_final_message structured_outputs",
            ),
            ("Ollama", "keep_alive options think"),
            ("Groq", "reasoning_format search_settings compound_custom citation_options documents"),
            ("Mistral", "safe_prompt prompt_mode guardrails"),
            ("xAI", "search_parameters deferred"),
            (
                "Perplexity",
                "return_related_questions search_context_size return_images search_mode search_domain_filter",
            ),
            ("Perplexity", "search_recency_filter search_after_date_filter search_before_date_filter media_response"),
            ("DashScope", "enable_thinking thinking_budget enable_search search_options"),
            ("Z.AI", "do_sample request_id tool_stream user_id"),
            ("Fireworks", "context_length_exceeded_behavior prompt_truncate_len"),
            ("Azure", "data_sources"),
            ("Gemini's endpoint", "extra_body"),
            ("Venice", "venice_parameters"),
        )
        for name in names.split()
    ),
)

_MARKS: tuple[Row, ...] = (
    Row("cache_control", "TextPart.cache", "cache_control", note="OpenRouter, Vercel, LiteLLM, DashScope"),
)
_PART: tuple[Row, ...] = (
    Row("type", "-"),
    Row("content", note="of a message where a part was due (a client's slip, seen once): kept as it is"),
    Row("role", note="the same"),
    Row("prompt_cache_breakpoint", "TextPart.cache", "breakpoint", note="OpenAI, gpt-5.6 and later"),
    *_MARKS,
    Row("extra_content", "TextPart.signature", "extra_content", note="Gemini's endpoint"),
)

_MESSAGE: tuple[Row, ...] = (
    Row("role", "Message.role"),
    Row("content", "Message.parts", "part"),
    Row("name", "Message.name"),
    *_MARKS,
    Row("images", note="Ollama, OpenRouter"),
    Row("tool_calls", "Message.parts", "call", note="an assistant's alone; null in others' says nothing"),
)

REQUEST_OBJECTS: dict[str, tuple[Row, ...]] = {
    "request": _REQUEST,
    "stream_options": (Row("include_usage", "="), Row("include_obfuscation")),
    "reasoning": (
        Row("effort", "ChatRequest.reasoning_effort"),
        Row("max_tokens", "ChatRequest.reasoning_budget"),
        Row("summary", "ChatRequest.reasoning_summary"),
        Row("enabled"),
        Row("exclude"),
    ),
    "message": _MESSAGE,
    "message.system": (),
    "message.developer": (),
    "message.user": (),
    "message.assistant": (
        Row("refusal", "RefusalPart.text"),
        Row("audio", "AudioPart.id", "spoken"),
        Row("function_call", "Message.parts", "function_called", note="the old form of a call, without an id"),
        Row("annotations", note="of an answer that goes back; no vendor reads them"),
        Row("prefix", note="Mistral, DeepSeek: the answer is to go on from here"),
        Row("partial", note="Moonshot, DashScope: the same"),
        Row("reasoning_content", "ReasoningPart.text"),
        Row("reasoning", "ReasoningPart.text"),
        Row("reasoning_details", "ReasoningPart.signature", "detail"),
        Row("thinking_blocks", "ReasoningPart.signature", "thinking_block"),
        Row("extra_content", "TextPart.signature", "extra_content", note="Gemini's endpoint"),
    ),
    "message.tool": (Row("tool_call_id", "ToolResultPart.tool_call_id"),),
    "message.function": (),
    "spoken": (Row("id", "AudioPart.id"),),
    "call": (
        Row("id", "ToolCallPart.id"),
        Row("type", "ToolCallPart.kind"),
        Row("function", "Message.parts", "function_called"),
        Row("custom", "Message.parts", "custom_called"),
        Row("index", "-", note="Mistral, and clients that send back what a stream told"),
        Row("cache_control", "ToolCallPart.cache", "cache_control", note="Vercel"),
        Row("extra_content", "ToolCallPart.signature", "extra_content", note="Gemini's endpoint"),
    ),
    "function_called": (Row("name", "ToolCallPart.name"), Row("arguments", "ToolCallPart.arguments")),
    "custom_called": (Row("name", "ToolCallPart.name"), Row("input", "ToolCallPart.arguments")),
    "extra_content": (Row("google", "", "google"), Row("*")),
    "google": (Row("thought_signature", "ToolCallPart.signature"), Row("thought")),
    "detail": (
        Row("type"),
        Row("text", "ReasoningPart.text"),
        Row("summary", "ReasoningPart.text"),
        Row("signature", "ReasoningPart.signature"),
        Row("data", "ReasoningPart.encrypted"),
        Row("format", "ReasoningPart.vendor"),
        Row("id", "ReasoningPart.id"),
        Row("index"),
    ),
    "thinking_block": (
        Row("type"),
        Row("thinking", "ReasoningPart.text"),
        Row("signature", "ReasoningPart.signature"),
        Row("data", "ReasoningPart.encrypted"),
    ),
    "part": _PART,
    "part.text": (
        Row("text", "TextPart.text"),
        Row("image_url", "-", note="null (a client that writes every field)"),
    ),
    "part.refusal": (Row("refusal", "RefusalPart.text"),),
    "part.image_url": (
        Row("image_url", "ImagePart.url", "image"),
        Row("text", "-", note="null (a client that writes every field)"),
    ),
    "part.input_audio": (Row("input_audio", "AudioPart.data", "sound"),),
    "part.audio_url": (Row("audio_url", "AudioPart.url", "url", note="vLLM"),),
    "part.file": (Row("file", "FilePart.data", "file"),),
    "part.thinking": (
        Row("thinking", "ReasoningPart.text", "thought", note="Mistral"),
        Row("closed"),
        Row("signature"),
    ),
    "part.video_url": (Row("video_url", "ProviderPart.spec", note="llama.cpp, OpenRouter"),),
    "part.document_url": (
        Row("document_url", "ProviderPart.spec", note="Mistral"),
        Row("document_name", "ProviderPart.spec", note="Mistral"),
    ),
    "thought": (Row("type"), Row("text", "ReasoningPart.text")),
    "image": (
        Row("url", "ImagePart.url", note="base64 in a data URL is ImagePart.data and media_type"),
        Row("detail", "ImagePart.detail"),
    ),
    "sound": (Row("data", "AudioPart.data"), Row("format", "AudioPart.format")),
    "url": (Row("url", "AudioPart.url"),),
    "file": (
        Row("file_id", "FilePart.file_id"),
        Row(
            "file_data", "FilePart.data", note="base64 of plain text is FilePart.text; OpenRouter's URL is FilePart.url"
        ),
        Row("filename", "FilePart.filename"),
    ),
    "cache_control": (Row("type", "-"), Row("ttl", "CacheMark.ttl")),
    "breakpoint": (Row("mode", "-"), Row("ttl", "CacheMark.ttl")),
    "tool": (
        Row("type", "-"),
        Row("function", "ChatRequest.tools", "function"),
        Row("custom", "ChatRequest.tools", "custom"),
        Row("cache_control", "FunctionTool.cache", "cache_control", note="OpenRouter"),
        Row("*", "ProviderTool.spec", note="a tool of the provider's own, and servers' fields beside a function"),
    ),
    "function": (
        Row("name", "FunctionTool.name"),
        Row("description", "FunctionTool.description"),
        Row("parameters", "FunctionTool.parameters"),
        Row("strict", "FunctionTool.strict"),
        Row("cache_control", "FunctionTool.cache", "cache_control", note="LiteLLM"),
    ),
    "custom": (
        Row("name", "CustomTool.name"),
        Row("description", "CustomTool.description"),
        Row("format", "CustomTool.format"),
    ),
    "choice_of_tool": (
        Row("type", "-"),
        Row("function", "ToolChoice.allowed", "named"),
        Row("custom", "ToolChoice.allowed", "named"),
        Row("allowed_tools", "ToolChoice.allowed", "allowed"),
    ),
    "named": (Row("name", "ToolChoice.allowed"),),
    "allowed": (Row("mode", "ToolChoice.mode"), Row("tools", "ToolChoice.allowed", "choice_of_tool")),
    "format": (Row("type", "OutputFormat.kind"), Row("json_schema", "OutputFormat.schema", "schema")),
    "schema": (
        Row("name", "OutputFormat.name"),
        Row("schema", "OutputFormat.schema"),
        Row("strict", "OutputFormat.strict"),
        Row("description", "OutputFormat.description"),
    ),
}

_SAME = "under the same name"

REACH: tuple[Reach, ...] = (
    *(
        Reach(f"ChatRequest.{name}", "carried", _SAME)
        for name in ("model", "messages", "temperature", "top_p", "frequency_penalty", "presence_penalty", "stop", "seed", "n", "tools",
                     "tool_choice", "parallel_tool_calls", "reasoning_effort", "logprobs", "top_logprobs", "modalities", "audio",
                     "service_tier", "user", "verbosity", "metadata", "store", "prompt_cache_key", "safety_identifier")
    ),
    Reach("ChatRequest.max_tokens", "carried", "max_tokens or max_completion_tokens (options.output_limit_field)"),
    Reach("ChatRequest.output_format", "carried", "response_format"),
    Reach("ChatRequest.top_k", "carried", "left out with a warning at OpenAI's and Azure's own hosts"),
    Reach("ChatRequest.reasoning_budget", "warned", "reasoning.max_tokens where the option reasoning_object is set"),
    Reach("ChatRequest.reasoning_summary", "warned", "reasoning.summary where the option reasoning_object is set"),
    Reach("ChatRequest.cache", "carried", "cache_control; OpenAI caches every prompt by itself, and is sent none, with a warning"),
    Reach("Message.role", "carried", _SAME),
    Reach("Message.parts", "carried", "content, tool_calls, and messages of role tool"),
    Reach("Message.name", "carried", _SAME),
    Reach("TextPart.text", "carried", "content"),
    Reach("TextPart.cache", "encoded", "cache_control, or OpenAI's prompt_cache_breakpoint; its older models need no mark"),
    Reach("TextPart.signature", "encoded", "extra_content.google.thought_signature, on the message where only one text is sealed"),
    Reach("TextPart.citations", "warned", "a request has no place for citations"),
    Reach("ImagePart.url", "carried", "image_url.url"),
    Reach("ImagePart.data", "encoded", "image_url.url, as a data URL"),
    Reach("ImagePart.media_type", "encoded", "in the data URL"),
    Reach("ImagePart.detail", "carried", "image_url.detail"),
    Reach("ImagePart.file_id", "refused", "an image is given by its URL or its data"),
    Reach("ImagePart.cache", "encoded", "as TextPart.cache"),
    Reach("ImagePart.signature", "encoded", "extra_content.google.thought_signature on the part"),
    Reach("AudioPart.data", "carried", "input_audio.data; an assistant's is refused"),
    Reach("AudioPart.format", "carried", "input_audio.format"),
    Reach("AudioPart.id", "carried", "audio.id of an assistant's message"),
    Reach("AudioPart.url", "refused", "audio is given by its data; vLLM's audio_url is written where it came so"),
    Reach("AudioPart.cache", "encoded", "as TextPart.cache"),
    Reach("FilePart.file_id", "carried", "file.file_id"),
    Reach("FilePart.url", "refused", "a document is given by its data or its id; OpenRouter's form is written where it came so"),
    Reach("FilePart.data", "encoded", "file.file_data, as a data URL"),
    Reach("FilePart.filename", "carried", "file.filename"),
    Reach("FilePart.media_type", "encoded", "in the data URL"),
    Reach("FilePart.text", "encoded", "file.file_data, as a data URL of plain text"),
    Reach("FilePart.cache", "encoded", "as TextPart.cache"),
    Reach("FilePart.signature", "encoded", "as ImagePart.signature"),
    Reach("RefusalPart.text", "carried", "refusal, or a part of the content"),
    Reach("ReasoningPart.text", "warned", "without a seal: only under the configured reasoning_field; with one, in reasoning_details"),
    Reach("ReasoningPart.signature", "encoded", "reasoning_details[].signature; refused at OpenAI's own hosts, see the option seals"),
    Reach("ReasoningPart.encrypted", "encoded", "reasoning_details[].data; likewise"),
    Reach("ReasoningPart.vendor", "encoded", "reasoning_details[].format"),
    Reach("ReasoningPart.id", "encoded", "reasoning_details[].id"),
    Reach("ToolCallPart.id", "carried", "tool_calls[].id"),
    Reach("ToolCallPart.name", "carried", "tool_calls[].function.name"),
    Reach("ToolCallPart.arguments", "carried", "tool_calls[].function.arguments"),
    Reach("ToolCallPart.kind", "carried", "tool_calls[].type"),
    Reach("ToolCallPart.cache", "encoded", "cache_control on the call; OpenAI's own hosts need no mark"),
    Reach("ToolCallPart.signature", "encoded", "tool_calls[].extra_content.google.thought_signature"),
    Reach("ToolResultPart.tool_call_id", "carried", _SAME),
    Reach("ToolResultPart.parts", "carried", "content of a message of role tool"),
    Reach("ToolResultPart.is_error", "warned", "the tool's own words are sent without the mark"),
    Reach("ToolResultPart.name", "carried", "name"),
    Reach("ToolResultPart.cache", "encoded", "cache_control on the message, or a breakpoint on its last part"),
    *(
        Reach(f"{kind}.{name}", "warned", "it has no place for a tool that a provider ran")
        for kind, names in (
            ("ServerToolCallPart", ("id", "name", "input", "signature", "cache")),
            ("ServerToolResultPart", ("tool_call_id", "name", "output", "is_error", "signature", "cache")),
        )
        for name in names
    ),
    Reach("ProviderPart.spec", "refused", "in another dialect's form; in ours it is written as it stands"),
    Reach("CacheMark.ttl", "carried", "ttl"),
    *(
        Reach(f"Citation.{name}", "warned", "a request has no place for citations")
        for name in ("kind", "url", "title", "text", "file_id", "start", "end")
    ),
    *(Reach(f"FunctionTool.{name}", "carried", f"function.{name}") for name in ("name", "description", "parameters", "strict")),
    Reach("FunctionTool.cache", "encoded", "cache_control on the tool; left out with a warning at OpenAI's own hosts"),
    *(Reach(f"CustomTool.{name}", "carried", f"custom.{name}") for name in ("name", "description", "format")),
    Reach("CustomTool.cache", "encoded", "as FunctionTool.cache"),
    Reach("ProviderTool.spec", "refused", "in another dialect's form; in ours it is written as it stands"),
    Reach("ToolChoice.mode", "carried", "tool_choice"),
    Reach("ToolChoice.allowed", "carried", "a named tool, or allowed_tools"),
    Reach("OutputFormat.kind", "carried", "response_format.type"),
    *(Reach(f"OutputFormat.{name}", "carried", f"json_schema.{name}") for name in ("name", "schema", "strict", "description")),
)  # fmt: skip

TABLE = FieldTable(
    dialect="openai_chat",
    source="openai-python 3.57.0, `types/chat`, November 2026; recorded exchanges of 41 providers",
    objects={**REQUEST_OBJECTS, **REPLY_OBJECTS},
    kinds={"message": "role", "part": "type"},
    reach=REACH,
)

OWNED: dict[str, str] = {
    row.name: row.ours.removeprefix("ChatRequest.") for row in _REQUEST if row.ours.startswith("ChatRequest.")
} | {"stream": "stream"}
"""Fields of a request that may not stand in `extras`, and the field of ours that tells them."""
