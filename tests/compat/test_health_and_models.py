"""Health checks and lists of models, on asyncio and on trio."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import anyio
import pytest

import muxer_compat.provider
from muxer_core.call.outcome import CallFailed
from muxer_httpx import ChatMessage, LiteLLMProvider
from tests.compat.conftest import Run
from tests.compat.proxies import (
    Proxy,
    refusal,
)

QUESTION = [ChatMessage(role="user", content="What is the capital of France?")]


def test_health_is_a_bool_and_no_exception(run: Run[Any], provider: LiteLLMProvider, proxy: Proxy) -> None:
    assert run(provider.health_check) is True
    assert [request.path for request in proxy.server.requests] == ["/health/liveliness"]
    proxy.health = refusal(503, "no")
    assert run(provider.health_check) is True  # the list of models is there
    proxy.models = refusal(500, "no")
    assert run(provider.health_check) is False


def test_the_list_of_models_is_asked_for_once_and_is_the_callers_own(
    run: Run[Any], provider: LiteLLMProvider, proxy: Proxy, clock: Callable[[float], None]
) -> None:
    first = run(provider.get_available_models)
    assert [model["id"] for model in first] == ["gpt-4o", "text-embedding-3-small", "unpriced"]
    first[0]["id"] = "spoiled"
    assert run(provider.get_available_models)[0]["id"] == "gpt-4o"
    assert len(proxy.sent("/v1/models")) == 1
    clock(301)
    run(provider.get_available_models)
    assert len(proxy.sent("/v1/models")) == 2


def test_many_who_ask_at_once_send_one_request(run: Run[Any], provider: LiteLLMProvider, proxy: Proxy) -> None:
    async def ask() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(10):
                group.start_soon(provider.get_available_models)

    run(ask)
    assert len(proxy.sent("/v1/models")) == 1


def test_the_last_list_stands_when_the_proxy_does_not_answer(
    run: Run[Any],
    provider: LiteLLMProvider,
    proxy: Proxy,
    clock: Callable[[float], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    answers = proxy.models
    proxy.models = refusal(401, "Authentication Error")
    with pytest.raises(CallFailed, match="check the API key"):
        run(provider.get_available_models)
    proxy.models = answers
    listed = run(provider.get_available_models)
    clock(301)
    proxy.models = refusal(401, "Authentication Error")
    assert run(provider.get_available_models) == listed
    assert "the last list of models stands" in caplog.text


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the clock by which a list of models grows old."""
    passed = 0.0
    real = time.monotonic

    def forward(seconds: float) -> None:
        nonlocal passed
        passed += seconds

    class Time:
        @staticmethod
        def monotonic() -> float:
            return real() + passed

    monkeypatch.setattr(muxer_compat.provider, "time", Time)
    return forward
