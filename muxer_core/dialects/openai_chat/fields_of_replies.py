"""The rows of the field table for replies: whole ones (`reply`) and the chunks of a stream (`event`). See `fields`.

`ours` names items (`TextDelta.text`) here: what a reply says becomes items, and what no item carries is an `ExtrasReported`.
"""

from __future__ import annotations

from muxer_core.dialects.field_table import Row


def _others(*rows: tuple[str, str]) -> tuple[Row, ...]:
    """Servers' own fields, which stay extras: who sends them, and their names."""
    return tuple(Row(name, note=who) for who, names in rows for name in names.split())


_REPLY: tuple[Row, ...] = (
    Row("id", "ReplyStarted.id"),
    Row("object", "-", note="always chat.completion or chat.completion.chunk"),
    Row("created", "ReplyStarted.created"),
    Row("model", "ReplyStarted.model", note="shown under the client's name of it where the caller says so"),
    Row("usage", "UsageReported.usage", "usage"),
    Row("service_tier", "Usage.service_tier"),
    Row("system_fingerprint", note="the first one told with the start or with usage"),
    Row("obfuscation", "-", note="random padding against traffic analysis (OpenAI)"),
    Row("moderation", "SafetyReported.native", "moderation"),
    Row("error", "FailureReported.failure"),
    Row("prompt_filter_results", "SafetyReported.native", "prompt_filter", note="Azure"),
    Row("p", "-", note="random padding (Mistral)"),
    Row("provider", note="OpenRouter, when it changes"),
    Row("cost", "CostReported.cost", note="Venice; in US dollars"),
    *_others(
        ("Perplexity", "citations search_results related_questions"),
        ("Groq", "x_groq usage_breakdown"),
        ("Venice", "venice_parameters"),
        ("vLLM", "prompt_logprobs prompt_token_ids prompt_text kv_transfer_params metrics"),
        ("llama.cpp", "timings"),
        ("Together, Hugging Face", "prompt metadata"),
        ("Cerebras", "time_info"),
        ("Vercel", "generationId"),
        ("Z.AI", "request_id"),
        ("GitHub Copilot", "copilot_usage"),
        ("LiteLLM", "stream_options"),
        ("Azure", "latency_checkpoint"),
    ),
)
"""Fields of a reply, whole or in chunks."""

_STRANGERS = _others(
    ("an event of OpenAI's images API, recorded under this one; without choices it says nothing here",
     "type sequence_number background created_at output_format quality size b64_json"),
    ("a transcript of Mistral's audio API, recorded under this one; it is a failure here", "text language segments"),
    ("an envelope of a batch, recorded under this one; it is a failure here", "status headers body"),
)  # fmt: skip

_CHOICE: tuple[Row, ...] = (
    Row("index", "TextDelta.choice"),
    Row("finish_reason", "ChoiceFinished.reason"),
    Row("logprobs", "LogprobsReported.content", "logprobs"),
    Row("content_filter_results", "SafetyReported.native", "filter", note="Azure"),
    Row("native_finish_reason", note="OpenRouter"),
    Row("stop_reason", note="vLLM"),
    *_others(
        ("Azure", "content_filter_result content_filter_offsets messages"),
        ("vLLM", "token_ids routed_experts"),
        ("SGLang", "matched_stop"),
        ("Together, Hugging Face", "seed"),
        ("OpenAI, older vision models", "finish_details"),
    ),
)

_ANSWER: tuple[Row, ...] = (
    Row("role", "-", note="always assistant"),
    Row("content", "TextDelta.text", "piece"),
    Row("refusal", "RefusalDelta.text"),
    Row("tool_calls", "ToolCallDelta.call", "call_piece"),
    Row("function_call", "ToolCallDelta.call", "function_piece", note="without an id"),
    Row("audio", "AudioDelta.data", "speech"),
    Row("annotations", "CitationsReported.citations", "annotation"),
    Row("reasoning_content", "ReasoningDelta.text"),
    Row("reasoning", "ReasoningDelta.text", note="once, where it repeats reasoning_content"),
    Row(
        "reasoning_details", "ReasoningDelta.signature", "detail", note="its text only where no other field carries it"
    ),
    Row("thinking_blocks", "ReasoningPart.signature", "thinking_block", note="LiteLLM"),
    Row("images", "ImageDelta.url", "image_piece", note="OpenRouter"),
    Row("extra_content", "SignatureReported.signature", "extra_content", note="Gemini's endpoint"),
    *_others(
        ("Groq", "channel executed_tools"),
        ("Mistral, Hugging Face, Venice", "index name token_id"),
        ("Vercel", "provider_metadata"),
        ("Venice", "reasoning_encrypted"),
        ("GitHub Copilot", "padding"),
        ("xAI", "parsed"),
        ("Gemini's endpoint, where it repeats extra_content", "thought_signature"),
    ),
)

REPLY_OBJECTS: dict[str, tuple[Row, ...]] = {
    "reply": (*_REPLY, *_STRANGERS, Row("choices", "TextDelta.choice", "choice")),
    "event": (*_REPLY, *_STRANGERS, Row("choices", "TextDelta.choice", "chunk_choice")),
    "choice": (
        *_CHOICE,
        Row("message", "TextDelta.text", "answer"),
        Row("delta", "-", note="beside a message it says nothing more (Perplexity)"),
    ),
    "chunk_choice": (
        *_CHOICE,
        Row("delta", "TextDelta.text", "answer"),
        Row("message", "-", "answer", note="beside a delta it repeats the text so far (Perplexity)"),
        Row("text", "-", note="repeats the delta's content (Together)"),
    ),
    "answer": _ANSWER,
    "call_piece": (
        Row("index", "ToolCallDelta.call"),
        Row("id", "ToolCallDelta.id"),
        Row("type", "ToolCallDelta.kind"),
        Row("function", "ToolCallDelta.call", "function_piece"),
        Row("custom", "ToolCallDelta.call", "custom_piece"),
        Row("extra_content", "SignatureReported.signature", "extra_content", note="Gemini's endpoint"),
    ),
    "function_piece": (Row("name", "ToolCallDelta.name"), Row("arguments", "ToolCallDelta.arguments")),
    "custom_piece": (Row("name", "ToolCallDelta.name"), Row("input", "ToolCallDelta.arguments")),
    "speech": (
        Row("id", "AudioDelta.id"),
        Row("data", "AudioDelta.data"),
        Row("transcript", "AudioDelta.transcript"),
        Row("expires_at", "AudioDelta.expires_at"),
    ),
    "annotation": (
        Row("type", "Citation.kind"),
        Row("url_citation", "Citation.url", "url_citation"),
        Row("*", "Citation.native"),
    ),
    "url_citation": (
        Row("url", "Citation.url"),
        Row("title", "Citation.title"),
        Row("start_index", "Citation.start"),
        Row("end_index", "Citation.end"),
        Row("content", "Citation.text", note="OpenRouter"),
    ),
    "image_piece": (Row("type", "-"), Row("image_url", "ImageDelta.url"), Row("index", "-")),
    "piece": (Row("*", "TextDelta.text", note="a part of a list: text, thinking, image, refusal, else an extra"),),
    "logprobs": (
        Row("content", "LogprobsReported.content", "token"),
        Row("refusal", "LogprobsReported.refusal", "token"),
    ),
    "token": (
        Row("token"),
        Row("logprob"),
        Row("bytes"),
        Row("top_logprobs", "", "top_token"),
        Row("id", note="llama.cpp"),
    ),
    "top_token": (Row("token"), Row("logprob"), Row("bytes"), Row("id", note="llama.cpp")),
    "filter": (Row("*", "SafetyResult.category", "filtered"),),
    "filtered": (
        Row("filtered", "SafetyResult.blocked"),
        Row("severity", "SafetyResult.level"),
        Row("*", "SafetyReported.native"),
    ),
    "prompt_filter": (
        Row("prompt_index", "SafetyReported.native"),
        Row("content_filter_results", "SafetyReported.native", "filter"),
        Row("content_filter_result", "SafetyReported.native", "filter", note="older versions of Azure's API"),
    ),
    "moderation": (
        Row("input", "SafetyReported.native", "moderated"),
        Row("output", "SafetyReported.native", "moderated"),
    ),
    "moderated": (
        Row("type", "SafetyReported.native"),
        Row("model", "SafetyReported.native"),
        Row("code", "SafetyReported.native"),
        Row("message", "SafetyReported.native"),
        Row("results", "SafetyReported.native", "moderation_result"),
    ),
    "moderation_result": (
        Row("categories", "SafetyResult.category"),
        Row("category_scores", "SafetyResult.level"),
        Row("category_applied_input_types", "SafetyReported.native"),
        Row("flagged", "SafetyReported.native"),
        Row("model", "SafetyReported.native"),
        Row("type", "SafetyReported.native"),
    ),
    "usage": (
        Row("prompt_tokens", "Usage.input_tokens"),
        Row("completion_tokens", "Usage.output_tokens"),
        Row("total_tokens", "Usage.total_tokens"),
        Row("prompt_tokens_details", "Usage.input_tokens", "prompt_details"),
        Row("completion_tokens_details", "Usage.output_tokens", "completion_details"),
        Row("input_tokens", "Usage.input_tokens"),
        Row("output_tokens", "Usage.output_tokens"),
        Row("input_tokens_details", "Usage.input_tokens", "prompt_details"),
        Row("output_tokens_details", "Usage.output_tokens", "completion_details"),
        Row("cached_tokens", "Usage.cached_input_tokens", note="Moonshot, Together"),
        Row("num_cached_tokens", "Usage.cached_input_tokens", note="Mistral"),
        Row("prompt_cache_hit_tokens", "Usage.cached_input_tokens", note="DeepSeek"),
        Row("prompt_cache_miss_tokens", "-", note="DeepSeek: what the other counts leave"),
        Row("cache_read_input_tokens", "Usage.cached_input_tokens", note="Anthropic's counts behind thin proxies"),
        Row("cache_creation_input_tokens", "Usage.cache_write_tokens", note="the same"),
        Row("cache_creation", "Usage.cache_write_1h_tokens", "cache_creation", note="the same"),
        Row("reasoning_tokens", "Usage.reasoning_tokens", note="Copilot, SGLang"),
        Row("cost", "CostReported.cost", note="OpenRouter, Vercel, Perplexity; in US dollars"),
        Row("cost_in_usd_ticks", "CostReported.cost", note="xAI"),
        Row("num_sources_used", "UsageReported.fees", note="xAI"),
        Row("num_search_queries", "UsageReported.fees", note="Perplexity"),
        Row("server_tool_use", "UsageReported.fees", note="Anthropic's counts behind thin proxies"),
        Row("server_tool_use_details", "UsageReported.fees", note="OpenRouter"),
        Row(
            "prompt_audio_seconds",
            "Usage.audio_input_tokens",
            note="Mistral: says that the surplus of the total is audio",
        ),
        *_others(
            ("OpenRouter", "cost_details is_byok"),
            ("Vercel", "market_cost"),
            ("Perplexity", "search_context_size citation_tokens reasoning_tokens_details"),
            ("Groq", "queue_time prompt_time completion_time total_time"),
            ("mistral.rs", "avg_tok_per_sec avg_prompt_tok_per_sec avg_compl_tok_per_sec"),
            ("mistral.rs", "total_time_sec total_prompt_time_sec total_completion_time_sec"),
            ("Mistral", "request_count"),
            ("Pydantic AI Gateway", "pydantic_ai_gateway"),
        ),
    ),
    "cache_creation": (
        Row("ephemeral_5m_input_tokens", "Usage.cache_write_tokens"),
        Row("ephemeral_1h_input_tokens", "Usage.cache_write_1h_tokens"),
        Row("ephemeral_24h_input_tokens", note="Doubleword"),
    ),
    "prompt_details": (
        Row("cached_tokens", "Usage.cached_input_tokens"),
        Row("cache_write_tokens", "Usage.cache_write_tokens"),
        Row("audio_tokens", "Usage.audio_input_tokens"),
        Row("image_tokens", "Usage.image_input_tokens"),
        Row("text_tokens", "-"),
        Row("video_tokens", "-"),
        Row("cache_creation_tokens", "Usage.cache_write_tokens", note="LiteLLM"),
        Row("multimodal_tokens", note="Crusoe"),
    ),
    "completion_details": (
        Row("reasoning_tokens", "Usage.reasoning_tokens"),
        Row("audio_tokens", "Usage.audio_output_tokens"),
        Row("image_tokens", "Usage.image_output_tokens"),
        Row("text_tokens", "-"),
        Row("accepted_prediction_tokens", "-"),
        Row("rejected_prediction_tokens", "-"),
    ),
}
"""Objects of replies by name."""
