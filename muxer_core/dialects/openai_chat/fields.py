"""The field table of the dialect: every field that it knows, and what becomes of it (law 8). Data, read by code, docs and tests.

`fate` is one of: `typed` (a field of ours carries it), `extras` (kept under the server's name), `dropped` (declared here, with the reason)
and `ours` (we set it). A field that is in no row is unknown: in a request it is sent verbatim, in a reply it is reported as an extra.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Fate = Literal["typed", "extras", "dropped", "ours"]


class Field(NamedTuple):
    """One row: the field's name on the wire, its fate, ours of the same meaning (or where it is kept), and why."""

    name: str
    fate: Fate
    ours: str
    note: str = ""


REQUEST: tuple[Field, ...] = (
    Field("model", "typed", "model", "the deployment's name at the provider"),
    Field("messages", "typed", "messages"),
    Field("max_tokens", "typed", "max_tokens", "or max_completion_tokens; see options.output_limit_field"),
    Field("max_completion_tokens", "typed", "max_tokens"),
    Field("temperature", "typed", "temperature"),
    Field("top_p", "typed", "top_p"),
    Field("frequency_penalty", "typed", "frequency_penalty"),
    Field("presence_penalty", "typed", "presence_penalty"),
    Field("stop", "typed", "stop"),
    Field("seed", "typed", "seed"),
    Field("n", "typed", "n"),
    Field("tools", "typed", "tools"),
    Field("tool_choice", "typed", "tool_choice"),
    Field("parallel_tool_calls", "typed", "parallel_tool_calls"),
    Field(
        "response_format",
        "typed",
        "output_format",
        "in extras only when output_format is not set: servers have forms of their own",
    ),
    Field("reasoning_effort", "typed", "reasoning_effort"),
    Field("logprobs", "typed", "logprobs"),
    Field("top_logprobs", "typed", "top_logprobs"),
    Field("modalities", "typed", "modalities"),
    Field("audio", "typed", "audio"),
    Field("top_k", "typed", "top_k", "no field of OpenAI's own, but of many servers that speak its form"),
    Field("service_tier", "typed", "service_tier"),
    Field("user", "typed", "user"),
    Field("stream", "ours", "stream", "the caller chooses by calling chat or stream"),
    Field("stream_options", "ours", "extras", "include_usage is always asked for; the rest is the caller's"),
    Field("prediction", "extras", "extras"),
    Field("verbosity", "typed", "verbosity"),
    Field("web_search_options", "extras", "extras"),
    Field("logit_bias", "extras", "extras"),
    Field("metadata", "typed", "metadata"),
    Field("store", "typed", "store"),
    Field("moderation", "extras", "extras"),
    Field("prompt_cache_key", "typed", "prompt_cache_key"),
    Field("prompt_cache_options", "extras", "extras"),
    Field("prompt_cache_retention", "extras", "extras"),
    Field("safety_identifier", "typed", "safety_identifier"),
    Field("functions", "extras", "extras", "the old form of tools"),
    Field("function_call", "extras", "extras", "the old form of tool_choice"),
)

OWNED: dict[str, str] = {field.name: field.ours for field in REQUEST if field.fate == "typed"} | {"stream": "stream"}
"""Fields of a request that may not stand in `extras`, and the field that tells them."""

CHUNK: tuple[Field, ...] = (
    Field("id", "typed", "ReplyStarted.id"),
    Field("object", "dropped", "", "always chat.completion or chat.completion.chunk"),
    Field("created", "typed", "ReplyStarted.created"),
    Field("model", "typed", "ReplyStarted.model"),
    Field("choices", "typed", "the items"),
    Field("usage", "typed", "UsageReported"),
    Field("service_tier", "typed", "Usage.service_tier"),
    Field("system_fingerprint", "extras", "ExtrasReported", "the first one told with the start or with usage"),
    Field("provider", "extras", "ExtrasReported", "when it changes"),
    Field("obfuscation", "dropped", "", "random padding against traffic analysis (OpenAI)"),
    Field("p", "dropped", "", "the same (Mistral)"),
    Field("error", "typed", "FailureReported"),
)

CHOICE: tuple[Field, ...] = (
    Field("index", "typed", "choice"),
    Field("delta", "typed", "the items"),
    Field(
        "message", "typed", "the items", "in a stream beside a delta: dropped, it repeats the text so far (Perplexity)"
    ),
    Field("finish_reason", "typed", "ChoiceFinished"),
    Field("native_finish_reason", "extras", "ExtrasReported"),
    Field("logprobs", "typed", "LogprobsReported"),
    Field("content_filter_results", "extras", "ExtrasReported", "an empty object is dropped"),
    Field("text", "dropped", "", "where it repeats the delta's content (Together), else an extra"),
)

DELTA: tuple[Field, ...] = (
    Field("role", "dropped", "", "always assistant"),
    Field(
        "content",
        "typed",
        "TextDelta",
        "parts of a list: TextDelta, ReasoningDelta, ImageDelta, RefusalDelta, else an extra",
    ),
    Field("refusal", "typed", "RefusalDelta"),
    Field("tool_calls", "typed", "ToolCallDelta"),
    Field("function_call", "typed", "ToolCallDelta", "without an id"),
    Field("reasoning_content", "typed", "ReasoningDelta"),
    Field("reasoning", "typed", "ReasoningDelta", "once, where it repeats reasoning_content"),
    Field(
        "reasoning_details",
        "typed",
        "ReasoningDelta",
        "its text only where no other field carries it; signatures as extras too",
    ),
    Field("audio", "typed", "AudioDelta"),
    Field("images", "typed", "ImageDelta"),
    Field("annotations", "typed", "CitationsReported"),
)
