"""Providers that need no address in a configuration: their OpenAI-compatible endpoint, and the variable that usually holds their key.

Endpoints are from the vendors' API references, read 2026-11-24.
"""

from __future__ import annotations

from typing import NamedTuple


class KnownProvider(NamedTuple):
    """Where a provider's OpenAI-compatible API is, and the environment variable for its key."""

    base_url: str
    variable: str


KNOWN_PROVIDERS: dict[str, KnownProvider] = {
    "openai": KnownProvider("https://api.openai.com/v1", "OPENAI_API_KEY"),
    "openrouter": KnownProvider("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    "groq": KnownProvider("https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    "mistral": KnownProvider("https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    "deepseek": KnownProvider("https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
    "together": KnownProvider("https://api.together.xyz/v1", "TOGETHER_API_KEY"),
    "fireworks": KnownProvider("https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY"),
    "xai": KnownProvider("https://api.x.ai/v1", "XAI_API_KEY"),
    "cerebras": KnownProvider("https://api.cerebras.ai/v1", "CEREBRAS_API_KEY"),
}
