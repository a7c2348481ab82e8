"""`LiteLLMProvider` over real sockets, on asyncio and on trio."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing
from typing import Any

import anyio
import pytest

import muxer_compat.provider
from muxer_core.call.outcome import CallFailed
from muxer_core.values.amount import Usd
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.failure import FailureKind
from muxer_httpx import ChatMessage, LiteLLMProvider
from tests.compat.conftest import Run
from tests.compat.proxies import (
    BEGUN,
    DESCRIBED,
    DONE,
    FINISHED,
    KEY,
    LITELLM_USAGE,
    OPENAI_USAGE,
    SAID,
    USAGE,
    Proxy,
    chunk,
    refusal,
    reply,
)
from tests.support.loopback import Answer, Request, json_answer, sse_answer

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


# ------------------------------------------------------------------------------------------------------------------------------ streams


def chunks_of(run: Run[Any], provider: LiteLLMProvider, **parameters: Any) -> list[dict[str, Any]]:
    async def collect() -> list[dict[str, Any]]:
        stream = provider.stream_chat_completion(QUESTION, "gpt-4o", max_tokens=8, temperature=0, **parameters)
        chunks = [one async for one in stream]
        assert stream.outcome is not None
        assert stream.outcome.status == "complete"
        return chunks

    chunks: list[dict[str, Any]] = run(collect)
    return chunks


def test_chunks_come_as_the_upstream_sent_them(run: Run[Any], provider: LiteLLMProvider, proxy: Proxy) -> None:
    odd = chunk({"content": "!"}, house_field={"a": [1, None]})
    proxy.chat = lambda _: sse_answer([BEGUN, SAID, odd, FINISHED, LITELLM_USAGE, DONE])
    assert chunks_of(run, provider) == [BEGUN, SAID, odd, FINISHED]
    assert proxy.sent()[0].json()["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize("usage", [LITELLM_USAGE, OPENAI_USAGE])
def test_the_usage_chunk_is_for_those_who_asked(
    run: Run[Any], provider: LiteLLMProvider, proxy: Proxy, usage: dict[str, Any]
) -> None:
    proxy.chat = lambda _: sse_answer([BEGUN, SAID, FINISHED, usage, DONE])
    assert chunks_of(run, provider) == [BEGUN, SAID, FINISHED]
    assert chunks_of(run, provider, stream_options={"include_usage": True}) == [BEGUN, SAID, FINISHED, usage]
    assert chunks_of(run, provider, stream_options={"include_usage": False}) == [BEGUN, SAID, FINISHED]


def test_usage_that_we_asked_for_leaves_no_null_and_usage_that_came_unasked_stays(
    run: Run[Any], provider: LiteLLMProvider, proxy: Proxy
) -> None:
    last = {**FINISHED, "usage": USAGE}
    proxy.chat = lambda _: sse_answer([{**BEGUN, "usage": None}, {**SAID, "usage": None}, last, DONE])
    assert chunks_of(run, provider) == [BEGUN, SAID, last]


def test_a_stream_tells_its_cost_when_it_has_ended(run: Run[Any], provider: LiteLLMProvider) -> None:
    async def collect() -> Any:
        async with provider.stream_chat_completion(QUESTION, "gpt-4o") as stream:
            assert stream.outcome is None
            async for _ in stream:
                pass
            return stream.outcome

    assert str(run(collect).cost) == "$0.0000625"


@pytest.mark.parametrize(
    "last",
    [
        {"error": {"message": "Connection error.", "code": "500"}},
        {**SAID, "error": {"message": "Connection error.", "code": 502}},
        b"not JSON",
        b'{"choices": 7}',
    ],
)
def test_an_error_in_the_middle_is_no_chunk_and_raises(
    run: Run[Any], provider: LiteLLMProvider, proxy: Proxy, last: Any
) -> None:
    proxy.chat = lambda _: sse_answer([BEGUN, SAID, last])
    chunks: list[dict[str, Any]] = []

    async def collect() -> Any:
        stream = provider.stream_chat_completion(QUESTION, "gpt-4o")
        with pytest.raises(CallFailed) as caught:  # noqa: PT012 - what came before the failure counts
            async for one in stream:
                chunks.append(one)  # noqa: PERF401
        assert stream.outcome is caught.value.outcome
        return stream.outcome

    assert run(collect).status == "failed"
    assert chunks[:2] == [BEGUN, SAID]
    assert all(isinstance(one["choices"], list) or last == b'{"choices": 7}' for one in chunks)


def test_a_ping_is_no_chunk(run: Run[Any], provider: LiteLLMProvider, proxy: Proxy) -> None:
    proxy.chat = lambda _: sse_answer([{"ping": True}, b"{}", BEGUN, SAID, FINISHED, DONE])
    assert chunks_of(run, provider) == [BEGUN, SAID, FINISHED]


def endless(_: Request) -> Answer:
    def pieces() -> Iterator[dict[str, Any]]:
        yield BEGUN
        while True:
            yield SAID

    return sse_answer(pieces())


def test_a_stream_that_is_left_early_is_closed_and_booked(
    run: Run[Any], provider: LiteLLMProvider, proxy: Proxy
) -> None:
    proxy.chat = endless

    async def leave() -> Any:
        stream = provider.stream_chat_completion(QUESTION, "gpt-4o")
        async with aclosing(stream):
            async for _ in stream:
                break
        assert await anyio.to_thread.run_sync(proxy.server.broken.wait, 5)
        return stream.outcome

    outcome = run(leave)
    assert outcome.status == "cancelled"
    assert outcome.cost is not None
    assert not outcome.exact


def test_on_asyncio_a_stream_that_is_dropped_is_closed_too(provider: LiteLLMProvider, proxy: Proxy) -> None:
    proxy.chat = endless
    gc.disable()

    async def drop() -> None:
        async for _ in provider.stream_chat_completion(QUESTION, "gpt-4o"):
            break
        assert await asyncio.to_thread(proxy.server.broken.wait, 5)

    try:
        asyncio.run(drop())
    finally:
        gc.enable()


def test_a_stream_that_is_never_begun_opens_nothing(run: Run[Any], provider: LiteLLMProvider, proxy: Proxy) -> None:
    async def look() -> None:
        stream = provider.stream_chat_completion(QUESTION, "gpt-4o")
        await stream.aclose()

    run(look)
    assert not proxy.server.connections


def test_cancelling_a_stream_closes_it(run: Run[Any], provider: LiteLLMProvider, proxy: Proxy) -> None:
    proxy.chat = endless

    async def cancel() -> None:
        with anyio.CancelScope() as scope:
            async with provider.stream_chat_completion(QUESTION, "gpt-4o") as stream:
                async for _ in stream:
                    scope.cancel()
        assert scope.cancelled_caught
        assert await anyio.to_thread.run_sync(proxy.server.broken.wait, 5)

    run(cancel)


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


# ------------------------------------------------------------------------------------------------------------------ health and model list


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
