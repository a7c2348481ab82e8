"""Law 7 over real sockets: who cancels, wherever, the peer sees the close within 50 ms and nothing is left behind."""

from __future__ import annotations

import asyncio
import gc
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any

import anyio
import pytest
import trio

from muxer_core.call.machine import Call
from muxer_core.simulation.run import OpenLedger
from muxer_core.simulation.script import Data, Hang, Head
from muxer_core.testing.calls import ROLE, text_chunk
from muxer_drivers.async_stream import AsyncStream
from muxer_drivers.desk import Desk
from muxer_drivers.sync_driver import SyncStream
from muxer_httpx.transport import AsyncTransport, SyncTransport
from tests.httpx.carriers import PACKAGES, call_to, certificates, credentials, package_of, run_async
from tests.support.raw_server import RawServer

ENDLESS = (Head(), Data(ROLE + text_chunk("The ")), Data(text_chunk("sky")), Hang())
PROMPT = 0.05
LOADED = 0.2
"""Seconds that this machine's other work may add to a measured time."""

ASYNC = [f"{package}-{way}" for package in PACKAGES for way in ("asyncio", "trio")]


@pytest.fixture(autouse=True)
def nothing_left(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    gc.collect()
    assert [record.message for record in caplog.records if record.name.startswith("muxer_")] == []


async def until(condition: Callable[[], bool]) -> None:
    """What a server thread does sets no event of an async library."""
    while not condition():  # noqa: ASYNC110 - a thread of the server sets no event
        await anyio.sleep(0.005)


async def cancelled_task(body: Callable[[], Coroutine[Any, Any, None]], when: Callable[[], Awaitable[float]]) -> float:
    task = asyncio.ensure_future(body())
    moment = await when()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    return moment


async def cancelled_scope(body: Callable[[], Coroutine[Any, Any, None]], when: Callable[[], Awaitable[float]]) -> float:
    moment = 0.0
    async with anyio.create_task_group() as group:
        group.start_soon(body)
        moment = await when()
        group.cancel_scope.cancel()
    return moment


async def cancelled_nursery(
    body: Callable[[], Coroutine[Any, Any, None]], when: Callable[[], Awaitable[float]]
) -> float:
    moment = 0.0
    async with trio.open_nursery() as nursery:
        nursery.start_soon(body)
        moment = await when()
        nursery.cancel_scope.cancel()
    return moment


WAYS = [
    *[(carrier, cancelled_task) for carrier in ASYNC if carrier.endswith("asyncio")],
    *[(carrier, cancelled_scope) for carrier in ASYNC],
    *[(carrier, cancelled_nursery) for carrier in ASYNC if carrier.endswith("trio")],
]


@pytest.mark.parametrize(("carrier", "way"), WAYS)
@pytest.mark.parametrize("point", ["before the head", "in a read", "in the consumer"])
def test_the_peer_sees_a_cancellation_at_once(carrier: str, way: Callable[..., Awaitable[float]], point: str) -> None:
    script = (Hang(),) if point == "before the head" else ENDLESS
    with RawServer(script) as server:

        async def main(transport: AsyncTransport, stream_of: Callable[[Call], AsyncStream]) -> float:
            stream = stream_of(call_to(server.url))
            reached = False

            async def body() -> None:
                nonlocal reached
                async with stream:
                    async for _ in stream:
                        reached = True
                        if point == "in the consumer":
                            await anyio.sleep(60)

            async def when() -> float:
                await until(lambda: bool(server.requests) and (reached or point == "before the head"))
                await anyio.sleep(0.05)
                return time.monotonic()

            cancelled = await way(body, when)
            assert stream.outcome is not None
            assert stream.outcome.status == "cancelled"
            await until(lambda: bool(server.closed_at))
            return cancelled

        cancelled = run_async(carrier, main)
        assert server.wait_for_close() - cancelled < PROMPT + LOADED


@pytest.mark.parametrize("carrier", ASYNC)
def test_a_consumer_that_leaves_lets_go_at_once(carrier: str) -> None:
    with RawServer(ENDLESS) as server:

        async def main(transport: AsyncTransport, stream_of: Callable[[Call], AsyncStream]) -> float:
            async with stream_of(call_to(server.url)) as stream:
                async for _ in stream:
                    break
            left = time.monotonic()
            await until(lambda: bool(server.closed_at))
            return left

        left = run_async(carrier, main)
        assert server.wait_for_close() - left < PROMPT + LOADED


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("point", ["left", "raised", "interrupted"])
def test_a_thread_lets_go_at_once(package: str, point: str) -> None:
    """A consumer that leaves, one that raises, and Ctrl-C while a read blocks."""
    http = package_of(package).Client(verify=certificates())
    transport = SyncTransport(http, credentials(), owned=True)
    with RawServer(ENDLESS) as server:
        stream = SyncStream(call_to(server.url), Desk(OpenLedger()), transport)
        timer = threading.Timer(0.2, lambda: signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT))
        try:
            with stream:
                for _ in stream:
                    if point == "left":
                        break
                    if point == "raised":
                        raise LookupError
                    if not timer.is_alive():
                        timer.start()
        except (LookupError, KeyboardInterrupt):
            pass
        ended = time.monotonic()
        assert server.wait_for_close() - ended < PROMPT + LOADED
        assert stream.outcome is not None
        assert stream.outcome.status == "cancelled"
        if point == "interrupted":
            timer.join()
    transport.close()
