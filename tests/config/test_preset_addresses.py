"""Where a chat request goes with each preset: the whole address that the vendor's page names, made by the preset and its dialect together.

The addresses are written out from the vendors' pages (see each row of the table of presets), and not put together from it.
"""

from __future__ import annotations

import pytest

from muxer_core.config.known_providers import KNOWN_PROVIDERS
from muxer_core.config.schema import Config
from muxer_core.dialects.protocol import Target
from muxer_core.dialects.registry import CLIENT_DIALECTS, client_dialect
from muxer_core.values.messages import Message, TextPart
from muxer_core.values.request import ChatRequest

SETTINGS = {"resource": "house", "project": "p1", "region": "eu-west-1", "workspace": "dbc-1a.cloud.databricks.com"}

ADDRESSES = {
    "openai": "https://api.openai.com/v1/chat/completions",
    "azure": "https://house.openai.azure.com/openai/v1/chat/completions",
    "anthropic": "https://api.anthropic.com/v1/messages",
    "gemini": "https://generativelanguage.googleapis.com/v1beta/models/m:generateContent",
    "vertex": "https://eu-west-1-aiplatform.googleapis.com/v1/projects/p1/locations/eu-west-1/publishers/google/models/m:generateContent",
    "vertex_global": "https://aiplatform.googleapis.com/v1/projects/p1/locations/global/publishers/google/models/m:generateContent",
    "bedrock": "https://bedrock-runtime.eu-west-1.amazonaws.com/model/m/converse",
    "mistral": "https://api.mistral.ai/v1/chat/completions",
    "groq": "https://api.groq.com/openai/v1/chat/completions",
    "cohere": "https://api.cohere.com/v2/chat",
    "deepseek": "https://api.deepseek.com/v1/chat/completions",
    "xai": "https://api.x.ai/v1/chat/completions",
    "openrouter": "https://openrouter.ai/api/v1/chat/completions",
    "together": "https://api.together.ai/v1/chat/completions",
    "fireworks": "https://api.fireworks.ai/inference/v1/chat/completions",
    "perplexity": "https://api.perplexity.ai/chat/completions",
    "cerebras": "https://api.cerebras.ai/v1/chat/completions",
    "huggingface": "https://router.huggingface.co/v1/chat/completions",
    "ollama": "http://127.0.0.1:11434/api/chat",
    "vllm": "http://127.0.0.1:8000/v1/chat/completions",
    "llama_cpp": "http://127.0.0.1:8080/v1/chat/completions",
    "lm_studio": "http://127.0.0.1:1234/v1/chat/completions",
    "litellm": "http://127.0.0.1:4000/v1/chat/completions",
    "databricks": "https://dbc-1a.cloud.databricks.com/serving-endpoints/chat/completions",
    "nvidia": "https://integrate.api.nvidia.com/v1/chat/completions",
    "moonshot": "https://api.moonshot.ai/v1/chat/completions",
    "zai": "https://api.z.ai/api/paas/v4/chat/completions",
}


def test_every_preset_has_its_address_here() -> None:
    assert set(ADDRESSES) == set(KNOWN_PROVIDERS)


@pytest.mark.parametrize("name", KNOWN_PROVIDERS)
def test_a_chat_request_goes_to_the_address_that_the_vendor_names(name: str) -> None:
    preset = KNOWN_PROVIDERS[name]
    if preset.dialect not in CLIENT_DIALECTS:
        pytest.skip(f"no dialect {preset.dialect} here yet")
    settings = {word: SETTINGS[word] for word in preset.settings}
    provider = Config.from_mapping({"providers": {name: {"settings": settings}}}).catalog.providers[name]
    target = Target(where=name, base_url=provider.base_url, model="m", credential=provider.credential)
    request = ChatRequest(model="m", messages=(Message("user", (TextPart("Hi"),)),), max_tokens=10)
    wire = client_dialect(provider).encode_chat(request, target, max_tokens=10, stream=False).request
    assert (wire.method, wire.url) == ("POST", ADDRESSES[name])
    assert wire.credential == provider.credential
