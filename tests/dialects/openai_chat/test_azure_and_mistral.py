"""Where Azure's requests go, and what Mistral's hold, by option."""

from __future__ import annotations

import json
from typing import Any

import pytest

from muxer_core.dialects.openai_chat import OpenAIChat, OpenAIChatOptions
from muxer_core.dialects.openai_chat.mistral import LEFT_OUT
from muxer_core.dialects.protocol import Encoded, Target
from muxer_core.values.credential import CredentialRef
from muxer_core.values.embedding_request import EmbeddingRequest
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import Message, TextPart
from muxer_core.values.request import ChatRequest, FunctionTool, ToolChoice

HELLO = (Message("user", (TextPart("Hello"),)),)


def encoded(
    target: Target, options: dict[str, Any], *, stream: bool = False, max_tokens: int | None = None, **fields: Any
) -> Encoded:
    request = ChatRequest(model="any", messages=HELLO, **fields)
    return OpenAIChat(OpenAIChatOptions(**options)).encode_chat(request, target, max_tokens=max_tokens, stream=stream)


@pytest.mark.parametrize(
    ("base_url", "version", "chat", "vectors", "models"),
    [
        (
            "https://x.openai.azure.com", "2024-10-21",
            "https://x.openai.azure.com/openai/deployments/my%20gpt/chat/completions?api-version=2024-10-21",
            "https://x.openai.azure.com/openai/deployments/my%20gpt/embeddings?api-version=2024-10-21",
            "https://x.openai.azure.com/openai/models?api-version=2024-10-21",
        ),
        (
            "https://x.openai.azure.com/openai", "a&b",
            "https://x.openai.azure.com/openai/deployments/my%20gpt/chat/completions?api-version=a%26b",
            "https://x.openai.azure.com/openai/deployments/my%20gpt/embeddings?api-version=a%26b",
            "https://x.openai.azure.com/openai/models?api-version=a%26b",
        ),
        (
            "https://x.openai.azure.com/openai/v1", "preview",
            "https://x.openai.azure.com/openai/v1/chat/completions?api-version=preview",
            "https://x.openai.azure.com/openai/v1/embeddings?api-version=preview",
            "https://x.openai.azure.com/openai/v1/models?api-version=preview",
        ),
        (
            "https://x.openai.azure.com/openai/v1", None,
            "https://x.openai.azure.com/openai/v1/chat/completions",
            "https://x.openai.azure.com/openai/v1/embeddings",
            "https://x.openai.azure.com/openai/v1/models",
        ),
    ],
)  # fmt: skip
def test_where_azures_requests_go(base_url: str, version: str | None, chat: str, vectors: str, models: str) -> None:
    target = Target(where="t", base_url=base_url, model="my gpt", credential=CredentialRef("env:KEY", "api-key"))
    dialect = OpenAIChat(OpenAIChatOptions(api_version=version))
    asked = dialect.encode_chat(ChatRequest(model="m", messages=HELLO), target, max_tokens=5, stream=False).request
    assert asked.url == chat
    assert asked.credential == CredentialRef("env:KEY", "api-key")
    assert dialect.encode_embeddings(EmbeddingRequest(model="m", inputs=("a",)), target).request.url == vectors
    assert dialect.encode_models(target).request.url == models


MISTRAL = Target(where="t", base_url="https://api.mistral.ai/v1", model="mistral-small-latest")
TOOLS = (FunctionTool("f"), FunctionTool("g"))


def body(**fields: Any) -> dict[str, Any]:
    sent: dict[str, Any] = json.loads(encoded(MISTRAL, {"form": "mistral"}, **fields).request.body)
    return {name: value for name, value in sent.items() if name not in ("model", "messages", "tools")}


def test_mistrals_own_words() -> None:
    assert body(seed=7, max_tokens=5) == {"random_seed": 7, "max_tokens": 5}
    assert body(tools=TOOLS, tool_choice=ToolChoice("required")) == {"tool_choice": "any"}
    assert body(tools=TOOLS, tool_choice=ToolChoice("auto")) == {"tool_choice": "auto"}
    one = body(tools=TOOLS, tool_choice=ToolChoice("required", ("f",)))
    assert one == {"tool_choice": {"type": "function", "function": {"name": "f"}}}
    assert body(stream=True) == {"stream": True}
    own = {"safe_prompt": True, "prompt_mode": "reasoning"}
    assert body(extras=own) == own
    renamed = json.loads(
        encoded(MISTRAL, {"form": "mistral", "output_limit": "max_completion_tokens"}, max_tokens=5).request.body
    )
    assert renamed["max_tokens"] == 5
    assert "max_completion_tokens" not in renamed


def test_what_mistral_does_not_know_is_left_out_and_said() -> None:
    values: dict[str, Any] = {
        "user": "u", "service_tier": "flex", "store": True, "verbosity": "low", "safety_identifier": "s", "top_k": 5,
        "extras": {"logit_bias": {"1": 2}},
    }  # fmt: skip
    sent = encoded(MISTRAL, {"form": "mistral"}, **values)
    assert json.loads(sent.request.body).keys() == {"model", "messages"}
    assert {warning.partition(":")[0] for warning in sent.warnings} == set(LEFT_OUT)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"modalities": ("text", "audio")}, "modalities"),
        ({"audio": {"voice": "v"}}, "audio"),
        ({"tools": TOOLS, "tool_choice": ToolChoice("auto", ("f", "g"))}, "tool_choice.allowed"),
    ],
)
def test_what_would_change_the_answer_is_refused(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        body(**fields)
    assert refused.value.field == field
