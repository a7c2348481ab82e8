"""Streams of `LiteLLMProvider` over real sockets, on asyncio and on trio."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import anyio
import pytest

from muxer_core.call.outcome import CallFailed
from muxer_core.values.errors import LocalProtocolError
from muxer_httpx import ChatMessage, LiteLLMProvider
from tests.compat.conftest import Run
from tests.compat.proxies import (
    BEGUN,
    DONE,
    FINISHED,
    LITELLM_USAGE,
    OPENAI_USAGE,
    SAID,
    USAGE,
    Proxy,
    chunk,
)
from tests.support.loopback import Answer, Request, sse_answer

QUESTION = [ChatMessage(role="user", content="What is the capital of France?")]


def chunks_of(run: Run[Any], provider: LiteLLMProvider, **parameters: Any) -> list[dict[str, Any]]:
    async def collect() -> list[dict[str, Any]]:
        stream = provider.stream_chat_completion(QUESTION, "gpt-4o", max_tokens=8, temperature=0, **parameters)
        chunks = [one async for one in stream]
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
            with pytest.raises(LocalProtocolError, match="outcome: the call has not ended"):
                _ = stream.outcome
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
        failure: CallFailed | None = None
        try:
            async for one in stream:
                chunks.append(one)  # noqa: PERF401 what came before the failure counts
        except CallFailed as failed:
            failure = failed
        assert failure is not None
        assert stream.outcome is failure.outcome
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
