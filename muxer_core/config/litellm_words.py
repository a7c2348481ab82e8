"""LiteLLM's words and ours: which provider prefixes speak an OpenAI-compatible API, what its prices, flags and strategies are called here.

From LiteLLM's proxy configuration reference and `litellm/types/router.py` and `types/utils.py` of version 1.91, read 2026-11-24.
"""

from __future__ import annotations

IN_ENVIRONMENT = "os.environ/"

KNOWN_PREFIXES: dict[str, str] = {
    "openai": "openai",
    "openrouter": "openrouter",
    "groq": "groq",
    "mistral": "mistral",
    "deepseek": "deepseek",
    "together_ai": "together",
    "fireworks_ai": "fireworks",
    "xai": "xai",
    "cerebras": "cerebras",
    "perplexity": "perplexity",
    "moonshot": "moonshot",
    "nvidia_nim": "nvidia",
    "zai": "zai",
    "anthropic": "anthropic",
    "gemini": "gemini",
    "cohere_chat": "cohere",
    "ollama_chat": "ollama",
}
"""Prefixes of providers that we know by name, too; ours are names of presets."""

COMPATIBLE_PREFIXES: tuple[str, ...] = (
    "custom_openai",
    "openai_like",
    "hosted_vllm",
    "vllm",
    "lm_studio",
    "llamafile",
    "litellm_proxy",
    "docker_model_runner",
    "xinference",
    "deepinfra",
    "sambanova",
    "novita",
    "nebius",
)
"""Prefixes of OpenAI-compatible servers whose address the file must give."""

PRICES: dict[str, str] = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cached_input",
    "cache_creation_input_token_cost": "cache_write_5m",
    "cache_creation_input_token_cost_above_1hr": "cache_write_1h",
    "input_cost_per_audio_token": "audio_input",
    "cache_read_input_audio_token_cost": "cached_audio_input",
    "input_cost_per_image_token": "image_input",
    "output_cost_per_reasoning_token": "reasoning",
    "output_cost_per_audio_token": "audio_output",
    "output_cost_per_image_token": "image_output",
}
"""US dollars a token there; US dollars for a million here."""

FLAGS: dict[str, tuple[str, ...]] = {
    "supports_function_calling": ("tools",),
    "supports_parallel_function_calling": ("parallel_tools",),
    "supports_response_schema": ("json_schema",),
    "supports_vision": ("vision",),
    "supports_audio_input": ("audio_input",),
    "supports_audio_output": ("audio_output",),
    "supports_pdf_input": ("files",),
    "supports_reasoning": ("reasoning",),
}
"""A flag that is false takes these capabilities away; one that is true or absent changes nothing, since we believe in them anyway."""

STRATEGIES: dict[str, tuple[str, str]] = {
    "simple-shuffle": ("weighted", "drawn at random by weight"),
    "least-busy": ("least_busy", "the power of two choices"),
    "cost-based-routing": ("cost_optimized", "the lowest expected cost"),
    "latency-based-routing": ("hybrid", "latency is weighed beside quality and cost"),
    "usage-based-routing": ("least_busy", "by attempts in flight, not by tokens a minute"),
    "usage-based-routing-v2": ("least_busy", "by attempts in flight, not by tokens a minute"),
}

CHAT_MODES: tuple[str, ...] = ("chat", "completion", "responses")
"""Modes of `model_info` whose models take chat requests."""

NOT_USED: dict[str, str] = {
    "general_settings.master_key": "it guards LiteLLM's proxy from its clients; a gateway of ours has a key of its own",
    "general_settings.database_url": "it keeps LiteLLM's keys and spend",
    "environment_variables": "set them in the environment, or in .env",
    "include": "included files are not followed; import them one by one",
    "litellm_settings.drop_params": "the dialect's field table says which fields are dropped with a warning, and which refused",
    "router_settings.retry_after": "waits are exponential with jitter, and a server's Retry-After is honoured",
    "router_settings.default_fallbacks": "a fallback stays inside the group that a name means",
}
"""Why a setting is not used, where there is more to say than that nothing corresponds."""
