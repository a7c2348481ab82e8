"""What the tests of this folder share: both event loops, a proxy that answers, and an environment without settings."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
import trio

import muxer_httpx
from tests.compat.proxies import KEY, Proxy
from tests.support.loopback import LoopbackServer

T = TypeVar("T")
Run = Callable[[Callable[[], Awaitable[T]]], T]


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("LITELLM_BASE_URL", "LITELLM_API_KEY", "DEFAULT_ROUTING_STRATEGY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(params=["asyncio", "trio"])
def run(request: pytest.FixtureRequest) -> Run[Any]:
    """Run an async function to its end in a new event loop; what it left unclosed is an error."""

    def on_asyncio(function: Callable[[], Awaitable[T]]) -> T:
        async def main() -> T:
            return await function()

        result = asyncio.run(main())
        gc.collect()
        return result

    def on_trio(function: Callable[[], Awaitable[T]]) -> T:
        result: T = trio.run(function)
        gc.collect()
        return result

    return on_asyncio if request.param == "asyncio" else on_trio


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    proxy = Proxy()
    with LoopbackServer(proxy) as server:
        proxy.server = server
        yield proxy
        assert server.all_closed(), "a connection was left open"


@pytest.fixture
def provider(proxy: Proxy) -> muxer_httpx.LiteLLMProvider:
    return muxer_httpx.LiteLLMProvider(proxy.server.url, KEY)
