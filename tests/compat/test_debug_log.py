"""Debug logging: requests and replies are there to read, and no secret is, wherever it was written."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from muxer_compat.debug_log import LOGGED
from muxer_core.call.outcome import CallFailed
from muxer_httpx import LiteLLMProvider
from tests.compat.conftest import Run
from tests.compat.proxies import BEGUN, DONE, FINISHED, KEY, SAID, Proxy, refusal, reply
from tests.support.loopback import Answer, json_answer, sse_answer


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, "modelmuxer")
    return caplog


def chat(run: Run[Any], provider: LiteLLMProvider, **parameters: Any) -> None:
    async def ask() -> None:
        await provider.chat_completion("What is the capital of France?", "gpt-4o", **parameters)

    run(ask)


def lines(log: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in log.records if record.name == "modelmuxer"]


def test_request_and_reply_are_logged(
    run: Run[Any], provider: LiteLLMProvider, proxy: Proxy, log: pytest.LogCaptureFixture
) -> None:
    chat(run, provider)
    asked, status, answered = lines(log)
    assert f"POST {proxy.server.url}/v1/chat/completions" in asked
    assert "capital of France" in asked
    assert "status 200" in status
    assert "Paris." in answered
    number = asked.partition(":")[0]
    assert status.startswith(number)
    assert answered.startswith(number)


def test_nothing_is_logged_when_nobody_listens(
    run: Run[Any], provider: LiteLLMProvider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "modelmuxer")
    chat(run, provider)
    assert lines(caplog) == []


def test_no_secret_is_logged(
    run: Run[Any], provider: LiteLLMProvider, proxy: Proxy, log: pytest.LogCaptureFixture
) -> None:
    echoed = {"X-Echo": f"Bearer {KEY}", "X-Api-Key": KEY}
    proxy.chat = lambda _: Answer(
        200, json_answer(reply(f"You said {KEY}.")).body, (("Content-Type", "application/json"), *echoed.items())
    )
    chat(run, provider, api_key="sk-another-secret-of-mine")
    assert "sk-another" not in log.text
    assert KEY not in log.text
    assert lines(log)[0].count("***") >= 1


def test_a_secret_that_arrives_in_pieces_is_none_the_less_masked(
    run: Run[Any], provider: LiteLLMProvider, proxy: Proxy, log: pytest.LogCaptureFixture
) -> None:
    body = json_answer(reply(f"You said {KEY}.")).body
    assert isinstance(body, bytes)
    cut = body.index(KEY.encode()) + 5
    proxy.chat = lambda _: Answer(200, [body[:cut], body[cut:]])
    chat(run, provider)
    assert KEY[:12] not in log.text


@pytest.mark.parametrize("before", range(LOGGED - 60, LOGGED + 10, 7))
def test_a_long_body_is_cut_and_a_secret_at_the_cut_is_masked(
    provider: LiteLLMProvider, proxy: Proxy, log: pytest.LogCaptureFixture, before: int
) -> None:
    padding = before - str(reply("")).index("content") - 14
    proxy.chat = lambda _: json_answer(reply("x " * (padding // 2) + KEY + " end" * LOGGED))
    asyncio.run(provider.chat_completion("Hello!", "gpt-4o"))
    answered = lines(log)[-1]
    assert len(answered) < LOGGED + 200
    assert answered.endswith("bytes)")
    assert KEY[:6] not in answered


def test_a_stream_is_logged_when_it_ends_and_when_it_is_left(
    run: Run[Any], provider: LiteLLMProvider, proxy: Proxy, log: pytest.LogCaptureFixture
) -> None:
    proxy.chat = lambda _: sse_answer([BEGUN, SAID, FINISHED, DONE])

    async def stream() -> None:
        async with provider.stream_chat_completion("Hello!", "gpt-4o") as whole:
            async for _ in whole:
                pass
        async with provider.stream_chat_completion("Hello!", "gpt-4o") as left:
            async for _ in left:
                break

    run(stream)
    answered = [line for line in lines(log) if "reply" in line]
    assert len(answered) == 2
    assert "reply ended" in answered[0]
    assert "[DONE]" in answered[0]
    assert "Paris" in answered[0]
    assert "reply" in answered[1]


def test_failures_are_logged(
    run: Run[Any], provider: LiteLLMProvider, proxy: Proxy, log: pytest.LogCaptureFixture
) -> None:
    proxy.chat = refusal(401, f"Authentication Error for {KEY}")
    with pytest.raises(CallFailed):
        chat(run, provider)
    assert any("status 401" in line for line in lines(log))
    with pytest.raises(CallFailed):
        chat(run, LiteLLMProvider("http://127.0.0.1:9", KEY))
    assert any("127.0.0.1:9" in line and "request" in line for line in lines(log)[-1:])
    assert KEY not in log.text
