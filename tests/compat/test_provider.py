"""`LiteLLMProvider` over real sockets, on asyncio and on trio."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import anyio
import pytest

from muxer_core.call.outcome import CallFailed
from muxer_core.values.amount import Usd
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.failure import FailureKind
from muxer_httpx import ChatMessage, LiteLLMProvider
from tests.compat.conftest import Run
from tests.compat.proxies import (
    DESCRIBED,
    KEY,
    Proxy,
    refusal,
    reply,
)
from tests.support.loopback import Answer, Request, json_answer

QUESTION = [ChatMessage(role="user", content="What is the capital of France?")]


# ------------------------------------------------------------------------------------------------------------------------ whole answers


def test_a_chat(run: Run[Any], provider: LiteLLMProvider, proxy: Proxy) -> None:
    async def chat() -> None:
        said = await provider.chat_completion(
            messages=QUESTION,
            model="gpt-4o",
            max_tokens=24,
            temperature=0,
            top_k=4,
            response_format={"type": "json_object"},
        )
        assert said.choices[0].message.content == "Paris."
        assert (said.usage.prompt_tokens, said.usage.completion_tokens) == (9, 4)
        # 9 x 2.5 and 4 x 10 US dollars a million.
        assert str(said.cost) == "$0.0000625"
        reported = said.outcome.attempts[0].reported_cost
        assert reported is not None
        assert said.cost == Usd(reported.pico_usd)
        assert said.decision is not None
        assert "gpt-4o" in said.decision.reason

    run(chat)
    (request,) = proxy.sent()
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.json() == {
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": "What is the capital of France?"}],
        "max_tokens": 24,
        "temperature": 0,
        "top_k": 4,
        "response_format": {"type": "json_object"},
    }


@pytest.mark.parametrize("model", ["auto", "no/such*model", "gpt-4o", "127.0.0.1/x", "*", "openai/*"])
def test_model_names_pass_verbatim(run: Run[Any], provider: LiteLLMProvider, proxy: Proxy, model: str) -> None:
    async def chat() -> None:
        await provider.get_available_models()
        await provider.chat_completion(QUESTION, "gpt-4o-mini")
        await provider.chat_completion(QUESTION, model)

    run(chat)
    assert proxy.sent()[-1].json()["model"] == model


def test_a_price_that_is_not_known_is_not_zero(run: Run[Any], provider: LiteLLMProvider, proxy: Proxy) -> None:
    async def chat() -> Any:
        return await provider.chat_completion(QUESTION, "unpriced")

    booked = run(chat)
    assert str(booked.cost) == "$0.0000625"  # the proxy knew it
    assert any("reported" in warning for warning in booked.outcome.warnings)
    proxy.chat = lambda _: json_answer(reply())
    assert run(chat).cost is None


def test_a_model_described_later_is_booked_at_its_price(run: Run[Any], provider: LiteLLMProvider, proxy: Proxy) -> None:
    proxy.chat = lambda _: json_answer(reply())

    async def chat() -> Any:
        first = await provider.chat_completion(QUESTION, "house-model")
        provider.add_custom_model("house-model", DESCRIBED["house-model"]["pricing"])
        return first, await provider.chat_completion(QUESTION, "house-model")

    before, after = run(chat)
    assert before.cost is None
    assert str(after.cost) == "$0.00051"  # 9 x 0.03 and 4 x 0.06 US dollars a thousand


def test_without_a_key_none_is_sent(run: Run[Any], proxy: Proxy) -> None:
    provider = LiteLLMProvider(proxy.server.url)

    async def chat() -> None:
        await provider.chat_completion(QUESTION, "gpt-4o")

    run(chat)
    assert "authorization" not in proxy.sent()[0].headers


@pytest.mark.parametrize(
    "arguments",
    [
        {"messages": [], "model": "m"},
        {"messages": QUESTION, "model": ""},
        {"messages": QUESTION, "model": "m", "max_tokens": 0},
        {"messages": QUESTION, "model": "m", "stream": False},
        {"messages": [{"role": "wizard", "content": "a"}], "model": "m"},
    ],
)
def test_bad_arguments_raise_at_once_and_send_nothing(
    run: Run[Any], provider: LiteLLMProvider, proxy: Proxy, arguments: dict[str, Any]
) -> None:
    async def chat() -> None:
        await provider.chat_completion(**arguments)

    with pytest.raises(InvalidRequest):
        run(chat)
    with pytest.raises(InvalidRequest):
        provider.stream_chat_completion(**arguments)
    assert not proxy.server.requests


# ------------------------------------------------------------------------------------------------------------------ failures, in words


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (refusal(401, "Authentication Error"), "auth", "check the API key"),
        (refusal(400, "Invalid model name passed in model=gpt-4o"), "model_not_found", "check the model's name"),
        (refusal(429, "Rate limit\nexceeded", retry_after="60"), "rate_limited", "wait for retry_after"),
    ],
)
def test_a_refusal_names_the_cause_and_the_next_step_each_time(
    run: Run[Any], provider: LiteLLMProvider, proxy: Proxy, answer: Any, kind: FailureKind, words: str
) -> None:
    proxy.chat = answer

    async def chat() -> None:
        for _ in range(4):  # a failure before must not hide the cause of this one
            with pytest.raises(CallFailed, match=words) as caught:
                await provider.chat_completion(QUESTION, "gpt-4o")
            failure = caught.value.outcome.failure
            assert failure is not None
            assert failure.kind == kind
            assert "\n" not in str(caught.value)
        proxy.chat = lambda _: json_answer(reply())
        await provider.chat_completion(QUESTION, "gpt-4o")  # as soon as it is repaired

    run(chat)


def test_nobody_listens(run: Run[Any]) -> None:
    provider = LiteLLMProvider("http://127.0.0.1:9")

    async def chat() -> None:
        with pytest.raises(CallFailed, match=r"http://127\.0\.0\.1:9.*check that the server runs and that base_url"):
            await provider.chat_completion(QUESTION, "gpt-4o")
        assert not await provider.health_check()

    run(chat)


# -------------------------------------------------------------------------------------------------------------------------- connections


def test_one_provider_serves_one_event_loop_after_the_other(
    run: Run[Any], provider: LiteLLMProvider, proxy: Proxy
) -> None:
    async def chat() -> None:
        await provider.chat_completion(QUESTION, "gpt-4o")

    run(chat)
    run(chat)
    asyncio.run(chat())
    assert len(proxy.sent()) == 3


def test_two_loops_at_once_have_connections_of_their_own(provider: LiteLLMProvider, proxy: Proxy) -> None:
    both = threading.Barrier(2, timeout=10)

    def together(_: Request) -> Answer:
        both.wait()
        return json_answer(reply())

    proxy.chat = together
    threads = [
        threading.Thread(target=lambda: asyncio.run(provider.chat_completion(QUESTION, "gpt-4o"))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(proxy.sent()), proxy.server.connections) == (2, 2)


def test_a_block_keeps_the_connection_open(run: Run[Any], provider: LiteLLMProvider, proxy: Proxy) -> None:
    async def chats() -> None:
        async with provider:
            for model in ("gpt-4o", "gpt-4o-mini", "unpriced"):
                await provider.chat_completion(QUESTION, model)
        await provider.chat_completion(QUESTION, "gpt-4o")

    run(chats)
    assert (len(proxy.sent()), proxy.server.connections) == (4, 2)


def test_closing_what_is_not_open_is_no_error_and_the_provider_can_be_used_again(
    run: Run[Any], provider: LiteLLMProvider, proxy: Proxy
) -> None:
    async def chats() -> None:
        await provider.aclose()
        async with provider:
            await provider.chat_completion(QUESTION, "gpt-4o")
            await provider.aclose()
            await provider.chat_completion(QUESTION, "gpt-4o")

    run(chats)
    assert proxy.server.connections == 2


def test_neither_provider_nor_failure_shows_the_key(run: Run[Any], provider: LiteLLMProvider, proxy: Proxy) -> None:
    proxy.chat = refusal(401, f"Incorrect API key provided: {KEY}")

    async def chat() -> str:
        with pytest.raises(CallFailed) as caught:
            await provider.chat_completion(QUESTION, "gpt-4o")
        return f"{caught.value} {caught.value.outcome!r}"

    assert KEY not in run(chat)
    assert KEY not in repr(provider)


def test_to_close_in_the_middle_of_a_call_lets_it_end_first(
    run: Run[Any], provider: LiteLLMProvider, proxy: Proxy
) -> None:
    answer, asked = threading.Event(), threading.Event()

    def slow(_: Request) -> Answer:
        asked.set()
        answer.wait(10)
        return json_answer(reply())

    proxy.chat = slow
    said: list[str | None] = []

    async def chat() -> None:
        said.append((await provider.chat_completion(QUESTION, "gpt-4o")).choices[0].message.content)

    async def close() -> None:
        async with provider, anyio.create_task_group() as group:
            group.start_soon(chat)
            await anyio.to_thread.run_sync(asked.wait, 5)
            await provider.aclose()
            answer.set()
        assert proxy.server.all_closed()

    run(close)
    assert said == ["Paris."]
