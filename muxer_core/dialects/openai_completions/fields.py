"""The field table of the dialect: every field that it knows, and what becomes of it (law 8). Data, read by code, docs and tests."""

from __future__ import annotations

from muxer_core.dialects.canonical_fields import canonical_fields
from muxer_core.dialects.field_table import Fate, FieldTable, Reach, Row
from muxer_core.dialects.openai_chat.fields_of_replies import REPLY_OBJECTS

_REQUEST: tuple[Row, ...] = (
    Row("model", "ChatRequest.model", note="the deployment's name at the provider is written"),
    Row("prompt", "ChatRequest.messages", note="one message of the user"),
    Row("max_tokens", "ChatRequest.max_tokens"),
    Row("temperature", "ChatRequest.temperature"),
    Row("top_p", "ChatRequest.top_p"),
    Row("frequency_penalty", "ChatRequest.frequency_penalty"),
    Row("presence_penalty", "ChatRequest.presence_penalty"),
    Row("stop", "ChatRequest.stop"),
    Row("seed", "ChatRequest.seed"),
    Row("n", "ChatRequest.n"),
    Row("logprobs", "ChatRequest.top_logprobs", note="a number here"),
    Row("user", "ChatRequest.user"),
    Row("top_k", "ChatRequest.top_k", note="vLLM and others, not OpenAI"),
    Row("stream", "=", note="the caller chooses by calling chat or stream"),
    Row(
        "stream_options", "=", "stream_options", note="usage is always asked for in a stream; the rest is the caller's"
    ),
    Row("best_of", elsewhere="refused", note="it multiplies what is billed"),
    Row("echo", elsewhere="refused", note="the prompt comes back with the answer"),
    Row("suffix", elsewhere="refused", note="what the text must lead to"),
    Row("logit_bias"),
    Row("variables", elsewhere="refused", note="Portkey: what a stored prompt is filled with"),
)

_OWN_FORM: tuple[Row, ...] = (
    Row("text", "TextDelta.text"),
    Row("logprobs", "LogprobsReported.content", "old_logprobs"),
    Row("log_probs", note="Writer"),
    Row("token_ids", note="vLLM"),
    Row("prompt_logprobs", note="vLLM"),
    Row("prompt_token_ids", note="vLLM"),
)

_OWN = frozenset(row.name for row in _OWN_FORM)

REFUSED = {
    "tools": "it has no tools",
    "audio": "the answer is text",
}
"""Fields of a request that are refused where they are set, and why. Three more are, by their value: see `encode`."""

LEFT_OUT = {
    "parallel_tool_calls": "it has no tools",
    "reasoning_effort": "the API has no such field",
    "reasoning_budget": "the API has no such field",
    "reasoning_summary": "the API has no such field",
    "verbosity": "the API has no such field",
    "service_tier": "the API has no such field",
    "metadata": "the API has no such field",
    "store": "the API has no such field",
    "prompt_cache_key": "the API has no such field",
    "safety_identifier": "the API has no such field",
    "cache": "the API has no such field",
}
"""Fields of a request that are left out with a warning where they are set, and why."""

_NO_TOOLS = "it has no tools"
_TEXT_ALONE = "a prompt is text"

_BY_VALUE: dict[str, tuple[Fate, str]] = {
    **dict.fromkeys(
        (
            "ImagePart", "AudioPart", "FilePart", "RefusalPart", "ReasoningPart", "ToolCallPart", "ToolResultPart", "ServerToolCallPart",
            "ServerToolResultPart", "ProviderPart",
        ),
        ("refused", _TEXT_ALONE),
    ),
    **dict.fromkeys(("FunctionTool", "CustomTool", "ProviderTool", "ToolChoice"), ("refused", _NO_TOOLS)),
    "OutputFormat": ("refused", "the answer is free text"),
    "CacheMark": ("warned", "a prompt has no marks"),
    "Citation": ("warned", _TEXT_ALONE),
}  # fmt: skip
"""What becomes of values that a prompt cannot hold, all their fields alike."""

TABLE = FieldTable(
    dialect="openai_completions",
    source="openai-python 3.57.0, types/completion.py and types/completion_create_params.py, November 2026; recordings of vLLM, Writer "
    "and Portkey",
    objects={
        **REPLY_OBJECTS,
        "request": _REQUEST,
        "stream_options": (Row("include_usage", "="), Row("include_obfuscation"), Row("*")),
        "reply": (*REPLY_OBJECTS["reply"], Row("value", "TextDelta.text", note="Writer's streams")),
        "event": (*REPLY_OBJECTS["event"], Row("value", "TextDelta.text", note="Writer's streams")),
        "choice": (*(row for row in REPLY_OBJECTS["choice"] if row.name not in _OWN), *_OWN_FORM),
        "chunk_choice": (*(row for row in REPLY_OBJECTS["chunk_choice"] if row.name not in _OWN), *_OWN_FORM),
        "old_logprobs": (
            Row("tokens", "LogprobsReported.content"),
            Row("token_logprobs", "LogprobsReported.content"),
            Row("top_logprobs", "LogprobsReported.content"),
            Row("text_offset", "LogprobsReported.content"),
        ),
    },
    kinds={},
    reach=(
        Reach("ChatRequest.model", "carried"),
        Reach("ChatRequest.messages", "encoded", "prompt; one message of the user, and no other but a system message by option"),
        *(Reach(f"ChatRequest.{name}", "carried", name) for name in ("max_tokens", "temperature", "top_p", "frequency_penalty",
          "presence_penalty", "stop", "seed", "n", "user")),
        Reach("ChatRequest.top_k", "carried", "top_k; at OpenAI's own servers left out"),
        Reach("ChatRequest.logprobs", "encoded", "logprobs, a number"),
        Reach("ChatRequest.top_logprobs", "encoded", "logprobs, a number"),
        Reach("ChatRequest.tool_choice", "refused", f"{_NO_TOOLS}; only `required` asks for anything"),
        Reach("ChatRequest.output_format", "refused", "the answer is free text; kind `text` says nothing else"),
        Reach("ChatRequest.modalities", "refused", "the answer is text; `text` says nothing else"),
        *(Reach(f"ChatRequest.{name}", "refused", why) for name, why in REFUSED.items()),
        *(Reach(f"ChatRequest.{name}", "warned", why) for name, why in LEFT_OUT.items()),
        Reach("Message.role", "encoded", "user; system and developer by option, others refused"),
        Reach("Message.parts", "encoded", "text parts, joined"),
        Reach("Message.name", "warned", "a prompt is text alone"),
        Reach("TextPart.text", "carried", "prompt"),
        Reach("TextPart.cache", "warned", "a prompt has no marks"),
        Reach("TextPart.signature", "refused", "a prompt holds no seals"),
        Reach("TextPart.citations", "warned", _TEXT_ALONE),
        *(Reach(name, fate, why) for name in canonical_fields() for value, (fate, why) in _BY_VALUE.items()
          if name.startswith(f"{value}.")),
    ),
)  # fmt: skip

OWNED: dict[str, str] = {
    row.name: row.ours.removeprefix("ChatRequest.") for row in _REQUEST if row.ours.startswith("ChatRequest.")
} | {"stream": "stream"}
"""Fields of a request that may not stand in `extras`, and the field that tells them."""
