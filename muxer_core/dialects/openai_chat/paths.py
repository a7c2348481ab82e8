"""Where a request goes: at OpenAI and the servers like it, and at Azure.

| `api_version` | `base_url` | a chat goes to |
| --- | --- | --- |
| not set | anything | `base_url/chat/completions` (Azure's newer API too: `https://NAME.openai.azure.com/openai/v1`) |
| set | ends in `/v1` | `base_url/chat/completions?api-version=…` |
| set | Azure's endpoint, with or without `/openai` | `…/openai/deployments/MODEL/chat/completions?api-version=…` |

In the last form the model's name at the provider is the deployment's. Azure takes its key in the header `api-key`: give the provider's
credential that scheme.

Source: learn.microsoft.com, "Azure OpenAI in Azure AI Foundry Models REST API reference", and "API version lifecycle", November 2026.
"""

from __future__ import annotations

from urllib.parse import quote

from muxer_core.dialects.protocol import Target


def url_of(target: Target, path: str, api_version: str | None) -> str:
    """The URL of an operation on a model; `path` is what follows `base_url` at OpenAI, without a slash in front.

    >>> azure = Target(where="t", base_url="https://x.openai.azure.com", model="my-gpt")
    >>> url_of(azure, "chat/completions", "2024-10-21")
    'https://x.openai.azure.com/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21'
    """
    if api_version is None:
        return f"{target.base_url}/{path}"
    model = quote(target.model, safe="")
    place = target.base_url if _has_v1(target) else f"{_endpoint(target)}/deployments/{model}"
    return f"{place}/{path}?api-version={quote(api_version, safe='')}"


def models_url(target: Target, api_version: str | None) -> str:
    """The URL of the list of models.

    >>> models_url(Target(where="t", base_url="https://x.openai.azure.com/openai", model=""), "2024-10-21")
    'https://x.openai.azure.com/openai/models?api-version=2024-10-21'
    """
    if api_version is None:
        return f"{target.base_url}/models"
    place = target.base_url if _has_v1(target) else _endpoint(target)
    return f"{place}/models?api-version={quote(api_version, safe='')}"


def _has_v1(target: Target) -> bool:
    return target.base_url.endswith("/v1")


def _endpoint(target: Target) -> str:
    return target.base_url if target.base_url.endswith("/openai") else f"{target.base_url}/openai"
