"""`LiteLLMProvider` against a real LiteLLM proxy, seen from inside the program: what a failure says, and what was booked for it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import muxer_httpx
from muxer_cli.local_model import LocalModel
from muxer_core.call.outcome import CallFailed, Outcome
from muxer_core.values.amount import Usd
from muxer_core.values.failure import FailureKind
from tests.support.servers import MASTER_KEY, LiteLLMProxy, free_port

# The first test waits for the proxy, 8 s on an idle machine and several times that on a busy one.
pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

# US dollars per 1,000 tokens.
CUSTOM_MODELS = {
    "doomed": {
        "pricing": {"input": 0.0025, "output": 0.01},
        "rate_limits": {"requests_per_minute": 100, "tokens_per_minute": 100_000},
        "metadata": {"context_window": 2048, "provider": "openai", "task_types": ["general"]},
    }
}


def provider_at(base_url: str, key: str = MASTER_KEY) -> muxer_httpx.LiteLLMProvider:
    return muxer_httpx.LiteLLMProvider(base_url=base_url, api_key=key, custom_models=CUSTOM_MODELS)


def outcome_of_a_failed_chat(provider: muxer_httpx.LiteLLMProvider, model: str, text: str = "Hello!") -> Outcome:
    async def chat() -> None:
        await provider.chat_completion(
            messages=[muxer_httpx.ChatMessage(role="user", content=text)], model=model, max_tokens=8, temperature=0
        )

    with pytest.raises(CallFailed) as caught:
        asyncio.run(chat())
    return caught.value.outcome


@pytest.mark.parametrize(
    ("model", "key", "text", "kind"),
    [
        ("gpt-4o", "sk-wrong", "Hello!", "auth"),
        ("no-such-model", MASTER_KEY, "Hello!", "model_not_found"),
        ("gpt-4o", MASTER_KEY, "word " * 5000, "context_too_long"),
    ],
)
def test_a_fault_of_the_request_is_named_and_not_tried_again(
    litellm_proxy: LiteLLMProxy, model: str, key: str, text: str, kind: FailureKind
) -> None:
    outcome = outcome_of_a_failed_chat(provider_at(litellm_proxy.url, key), model, text)
    assert outcome.failure is not None
    assert outcome.failure.kind == kind
    assert len(outcome.attempts) == 1


def test_an_upstream_that_is_down_is_tried_again_by_us_alone(litellm_proxy: LiteLLMProxy) -> None:
    outcome = outcome_of_a_failed_chat(provider_at(litellm_proxy.url), "doomed")
    assert outcome.failure is not None
    assert outcome.failure.kind == "server_error"
    assert len(outcome.attempts) > 1
    assert {attempt.cause for attempt in outcome.attempts[1:]} == {"retry"}


def test_a_proxy_that_is_not_there() -> None:
    outcome = outcome_of_a_failed_chat(provider_at(f"http://127.0.0.1:{free_port()}"), "gpt-4o")
    assert outcome.failure is not None
    assert outcome.failure.kind == "connect"


def test_a_stream_killed_after_its_first_word_fails_once_and_is_booked(
    litellm_proxy: LiteLLMProxy, doomed_model: LocalModel
) -> None:
    chunks: list[dict[str, Any]] = []

    async def stream() -> None:
        async for chunk in provider_at(litellm_proxy.url).stream_chat_completion(
            messages=[muxer_httpx.ChatMessage(role="user", content="Tell me a long story.")],
            model="doomed",
            max_tokens=400,
            temperature=0,
        ):
            chunks.append(chunk)
            if any(choice["delta"].get("content") for choice in chunk["choices"]):
                doomed_model.kill()

    with pytest.raises(CallFailed) as caught:
        asyncio.run(stream())
    outcome = caught.value.outcome
    assert outcome.status == "failed"
    assert outcome.failure is not None
    # The proxy reports it inside a stream that it then ends in order.
    assert outcome.failure.kind == "server_error"
    # Something was delivered, so nothing was tried again behind the caller's back, and what was used is booked, as an estimate.
    assert len(outcome.attempts) == 1
    assert outcome.cost is not None
    assert not outcome.exact
    assert all("choices" in chunk for chunk in chunks)


# ----------------------------------------------------------------------------------------------------- our cost beside the proxy's

# What `proxy_config` says of these names, in US dollars per 1,000 tokens. As there, cached tokens have no price of their own.
PRICED = {
    "gpt-4o": {"pricing": {"input": 0.0025, "output": 0.01}},
    "gpt-4o-mini": {"pricing": {"input": 0.00015, "output": 0.0006}},
    "claude-3-haiku": {"pricing": {"input": 0.00025, "output": 0.00125}},
}
QUESTION = [muxer_httpx.ChatMessage(role="user", content="What is the capital of France?")]


@pytest.mark.parametrize("model", PRICED)
def test_our_exact_cost_is_the_proxys_to_the_last_digit(litellm_proxy: LiteLLMProxy, model: str) -> None:
    provider = muxer_httpx.LiteLLMProvider(litellm_proxy.url, MASTER_KEY, PRICED)

    async def chat() -> Outcome:
        return (await provider.chat_completion(QUESTION, model, max_tokens=24, temperature=0)).outcome

    async def stream() -> Outcome | None:
        chunks = provider.stream_chat_completion(QUESTION, model, max_tokens=24, temperature=0)
        async for _ in chunks:
            pass
        return chunks.outcome

    for ask, source in ((chat, "x-litellm-response-cost"), (stream, "usage.cost")):
        outcome = asyncio.run(ask())
        assert outcome is not None
        (attempt,) = outcome.attempts
        assert attempt.usage is not None
        assert attempt.cost is not None
        assert attempt.reported_cost is not None
        assert attempt.reported_cost.source == source
        assert attempt.cost == outcome.cost == Usd(attempt.reported_cost.pico_usd)
        ours = provider.calculate_cost(attempt.usage.input_tokens, attempt.usage.output_tokens, model)
        assert ours == float(attempt.cost)
        assert outcome.warnings == ()


def test_what_the_proxy_cannot_price_has_no_cost_anywhere(litellm_proxy: LiteLLMProxy) -> None:
    provider = muxer_httpx.LiteLLMProvider(litellm_proxy.url, MASTER_KEY)
    said = asyncio.run(provider.chat_completion(QUESTION, "unpriced", max_tokens=8))
    assert said.cost is None
    assert said.outcome.attempts[0].reported_cost is None
    assert any("price" in warning for warning in said.outcome.warnings)
