"""`KNOWN_PROVIDERS`: presets of providers, as rows of data. The next provider is one more row.

`docs/reference/presets.md` is drawn from this table. Each row names the vendor's page from which it is, and when that was read. Options are
set where the vendor's page or a recorded exchange says so; anything else is the dialect's usual way.
"""

from __future__ import annotations

from muxer_core.config.presets import Preset

READ = "2026-11-24"

_OWN_THOUGHTS = "thinking goes back on the next turn as the vendor asks"

KNOWN_PROVIDERS: dict[str, Preset] = {
    "openai": Preset(
        base_url="https://api.openai.com/v1",
        variables=("OPENAI_API_KEY",),
        note='for the Responses API write dialect = "openai_responses"',
        page="https://platform.openai.com/docs/api-reference",
        date=READ,
    ),
    "azure": Preset(
        base_url="https://{resource}.openai.azure.com/openai/v1",
        variables=("AZURE_OPENAI_API_KEY", "AZURE_API_KEY"),
        credential_scheme="api-key",
        note='models go by the names of their deployments; credential = "azure:default" uses Entra ID',
        page="https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle",
        date=READ,
    ),
    "anthropic": Preset(
        base_url="https://api.anthropic.com",
        variables=("ANTHROPIC_API_KEY",),
        dialect="anthropic_messages",
        credential_scheme="x-api-key",
        page="https://docs.claude.com/en/api/overview",
        date=READ,
    ),
    "gemini": Preset(
        base_url="https://generativelanguage.googleapis.com/v1beta",
        variables=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        dialect="gemini",
        credential_scheme="x-goog-api-key",
        note="Google's own client takes GOOGLE_API_KEY first",
        page="https://ai.google.dev/gemini-api/docs/api-key",
        date=READ,
    ),
    "vertex": Preset(
        base_url="https://{region}-aiplatform.googleapis.com/v1/projects/{project}/locations/{region}",
        credential="google:default",
        dialect="gemini",
        credential_scheme="x-goog-api-key",
        note="needs the extra vertex",
        page="https://cloud.google.com/vertex-ai/generative-ai/docs/learn/locations",
        date=READ,
    ),
    "vertex_global": Preset(
        base_url="https://aiplatform.googleapis.com/v1/projects/{project}/locations/global",
        credential="google:default",
        dialect="gemini",
        credential_scheme="x-goog-api-key",
        note="the global endpoint, whose host names no region; needs the extra vertex",
        page="https://cloud.google.com/vertex-ai/generative-ai/docs/learn/locations",
        date=READ,
    ),
    "bedrock": Preset(
        base_url="https://bedrock-runtime.{region}.amazonaws.com",
        credential="aws:default",
        dialect="bedrock_converse",
        note='needs the extra bedrock; an API key instead of a signature: credential = "env:AWS_BEARER_TOKEN_BEDROCK"',
        page="https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-use.html",
        date=READ,
    ),
    "mistral": Preset(
        base_url="https://api.mistral.ai/v1",
        variables=("MISTRAL_API_KEY",),
        options={"form": "mistral"},
        note="refuses fields that it does not know; its streams bring usage unasked (all 28 recorded)",
        page="https://docs.mistral.ai/api/",
        date=READ,
    ),
    "groq": Preset(
        base_url="https://api.groq.com/openai/v1",
        variables=("GROQ_API_KEY",),
        page="https://console.groq.com/docs/openai",
        date=READ,
    ),
    "cohere": Preset(
        base_url="https://api.cohere.com",
        variables=("CO_API_KEY", "COHERE_API_KEY"),
        dialect="cohere_v2",
        page="https://docs.cohere.com/reference/chat",
        date=READ,
    ),
    "deepseek": Preset(
        base_url="https://api.deepseek.com/v1",
        variables=("DEEPSEEK_API_KEY",),
        options={"reasoning_field": "reasoning_content"},
        note=f"{_OWN_THOUGHTS}: reasoning_content of turns with tool calls must be passed back",
        page="https://api-docs.deepseek.com/guides/thinking_mode",
        date=READ,
    ),
    "xai": Preset(
        base_url="https://api.x.ai/v1",
        variables=("XAI_API_KEY",),
        note='the vendor recommends its Responses API: dialect = "openai_responses"',
        page="https://docs.x.ai/developers/model-capabilities/text/comparison",
        date=READ,
    ),
    "openrouter": Preset(
        base_url="https://openrouter.ai/api/v1",
        variables=("OPENROUTER_API_KEY",),
        options={"reasoning_field": "reasoning", "reasoning_object": True},
        note=f"{_OWN_THOUGHTS}; efforts and budgets go in its object reasoning",
        page="https://openrouter.ai/docs/use-cases/reasoning-tokens",
        date=READ,
    ),
    "together": Preset(
        base_url="https://api.together.ai/v1",
        variables=("TOGETHER_API_KEY",),
        page="https://docs.together.ai/docs/inference/openai-compatibility",
        date=READ,
    ),
    "fireworks": Preset(
        base_url="https://api.fireworks.ai/inference/v1",
        variables=("FIREWORKS_API_KEY",),
        page="https://docs.fireworks.ai/tools-sdks/openai-compatibility",
        date=READ,
    ),
    "perplexity": Preset(
        base_url="https://api.perplexity.ai",
        variables=("PERPLEXITY_API_KEY", "PPLX_API_KEY"),
        note="the address of Sonar's chat completions has no version in it",
        page="https://docs.perplexity.ai/docs/sonar/openai-compatibility",
        date=READ,
    ),
    "cerebras": Preset(
        base_url="https://api.cerebras.ai/v1",
        variables=("CEREBRAS_API_KEY",),
        options={"output_limit": "max_completion_tokens"},
        page="https://inference-docs.cerebras.ai/api-reference/chat-completions",
        date=READ,
    ),
    "huggingface": Preset(
        base_url="https://router.huggingface.co/v1",
        variables=("HF_TOKEN",),
        note="models may name who serves them: org/model:groq",
        page="https://huggingface.co/docs/inference-providers/index",
        date=READ,
    ),
    "ollama": Preset(
        base_url="http://127.0.0.1:11434",
        dialect="ollama",
        local=True,
        note='for its OpenAI-compatible API write base_url = "http://127.0.0.1:11434/v1" and dialect = "openai_chat"',
        page="https://docs.ollama.com/api",
        date=READ,
    ),
    "vllm": Preset(
        base_url="http://127.0.0.1:8000/v1",
        options={"reasoning_field": "reasoning"},
        local=True,
        note="reasoning was called reasoning_content before 0.11",
        page="https://docs.vllm.ai/en/stable/features/reasoning_outputs/",
        date=READ,
    ),
    "llama_cpp": Preset(
        base_url="http://127.0.0.1:8080/v1",
        options={"reasoning_field": "reasoning_content"},
        local=True,
        page="https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md",
        date=READ,
    ),
    "lm_studio": Preset(
        base_url="http://127.0.0.1:1234/v1",
        local=True,
        page="https://lmstudio.ai/docs/api/openai-api",
        date=READ,
    ),
    "litellm": Preset(
        base_url="http://127.0.0.1:4000/v1",
        local=True,
        note='a proxy with a master key: credential = "env:LITELLM_API_KEY"',
        page="https://docs.litellm.ai/docs/proxy/quick_start",
        date=READ,
    ),
    "databricks": Preset(
        base_url="https://{workspace}/serving-endpoints",
        variables=("DATABRICKS_TOKEN",),
        options={"ask_stream_usage": False},
        note="workspace is its host, such as dbc-a1b2345c-d6e7.cloud.databricks.com; streams bring usage unasked",
        page="https://docs.databricks.com/en/large-language-models/llm-serving-intro.html",
        date=READ,
    ),
    "nvidia": Preset(
        base_url="https://integrate.api.nvidia.com/v1",
        variables=("NVIDIA_API_KEY", "NVIDIA_NIM_API_KEY"),
        page="https://docs.api.nvidia.com/nim/reference/llm-apis",
        date=READ,
    ),
    "moonshot": Preset(
        base_url="https://api.moonshot.ai/v1",
        variables=("MOONSHOT_API_KEY",),
        options={"reasoning_field": "reasoning_content", "output_limit": "max_completion_tokens"},
        note=f"{_OWN_THOUGHTS}; in China: https://api.moonshot.cn/v1",
        page="https://platform.kimi.ai/docs/overview",
        date=READ,
    ),
    "zai": Preset(
        base_url="https://api.z.ai/api/paas/v4",
        variables=("ZAI_API_KEY",),
        options={"reasoning_field": "reasoning_content"},
        note=f"{_OWN_THOUGHTS}; the coding plan has its own address: https://api.z.ai/api/coding/paas/v4",
        page="https://docs.z.ai/api-reference/introduction",
        date=READ,
    ),
}
"""Presets by name."""
