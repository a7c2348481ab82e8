"""The ways to carry a call over `muxer_httpx`: httpx and httpx2, on asyncio, trio and in plain threads. Each has one name."""

from __future__ import annotations

import asyncio
import functools
import importlib
import ssl
import threading
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

import msgspec
import trio

from muxer_core.call.machine import Call
from muxer_core.call.outcome import CallFailed, Outcome
from muxer_core.call.plan import Plan
from muxer_core.call.policies import Policies, RetryPolicy, Timeouts
from muxer_core.dialects.protocol import Target
from muxer_core.simulation.run import OpenLedger
from muxer_core.testing.calls import DIALECT, ListedChoices, chat, place
from muxer_core.values.credential import CredentialRef
from muxer_core.values.items import Item
from muxer_drivers.async_stream import AsyncStream
from muxer_drivers.credentials import Credentials
from muxer_drivers.desk import Desk
from muxer_drivers.here import runtime_here
from muxer_drivers.sync_driver import SyncStream
from muxer_drivers.world import system_clock
from muxer_httpx.transport import AsyncTransport, SyncTransport

PACKAGES = ("httpx", "httpx2")
CARRIERS = tuple(f"{package}-{way}" for package in PACKAGES for way in ("asyncio", "trio", "sync"))
ONCE = Policies(
    timeouts=Timeouts(connect=5, first_chunk=5, stall=5, call=10), retry=RetryPolicy(max_retries=0), fallbacks=False
)
SECRET = "sk-this-must-not-be-seen"
KEY = CredentialRef("key")


class Ended(msgspec.Struct):
    """How a call over the wire ended. `batches` holds, for each delivery, the seconds since the call began and its items."""

    outcome: Outcome
    batches: list[tuple[float, tuple[Item, ...]]]
    raised: str = ""

    @property
    def items(self) -> list[Item]:
        return [item for _, batch in self.batches for item in batch]

    @property
    def failure(self) -> Any:
        return self.outcome.failure


def call_to(
    url: str,
    *,
    policies: Policies = ONCE,
    streamed: bool = True,
    headers: tuple[tuple[str, str], ...] = (),
    credential: CredentialRef = KEY,
) -> Call:
    """A call to a server, with a secret in its credential."""
    target = Target(where="server", base_url=f"{url}/v1", model="m", credential=credential, headers=headers)
    there = msgspec.structs.replace(place(0), where="server", dialect=DIALECT, target=target)
    plan = Plan(choices=ListedChoices((0,)), places=(there,), policies=policies)
    return Call(chat(streamed=streamed), plan, call_id="call", seed=1, moment=system_clock())


def credentials() -> Credentials:
    return Credentials({"key": SECRET})


def package_of(carrier: str) -> ModuleType:
    return importlib.import_module(carrier.partition("-")[0])


@functools.cache
def certificates() -> ssl.SSLContext:
    """To load them takes longer than most tests."""
    return ssl.create_default_context()


def run_async(
    carrier: str, main: Callable[[AsyncTransport, Callable[[Call], AsyncStream]], Awaitable[Any]], **options: Any
) -> Any:
    """Run `main` with a transport and a maker of streams, on the carrier's library; wait until everything is closed."""

    async def whole() -> Any:
        http = package_of(carrier).AsyncClient(verify=certificates(), **options)
        transport = AsyncTransport(http, credentials(), owned=True)
        runtime = runtime_here()
        try:
            return await main(transport, lambda call: AsyncStream(call, Desk(OpenLedger()), transport, runtime))
        finally:
            with trio.CancelScope(shield=True) if carrier.endswith("trio") else _Nothing():
                await runtime.closed()
                await transport.aclose()

    if carrier.endswith("trio"):
        return trio.run(whole)
    return asyncio.run(whole())


class _Nothing:
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


def run_calls(carrier: str, *calls: Callable[[], Call], **options: Any) -> list[Ended]:
    """Run calls one after the other over one client. `options` are the client's."""
    if carrier.endswith("sync"):
        http = package_of(carrier).Client(verify=certificates(), **options)
        transport = SyncTransport(http, credentials(), owned=True)
        try:
            return [_run_in_thread(SyncStream(call(), Desk(OpenLedger()), transport)) for call in calls]
        finally:
            transport.close()

    async def main(_: AsyncTransport, stream_of: Callable[[Call], AsyncStream]) -> list[Ended]:
        return [await _run_async(stream_of(call())) for call in calls]

    return list(run_async(carrier, main, **options))


def _run_in_thread(stream: SyncStream) -> Ended:
    began, batches, raised = system_clock().mono, list[tuple[float, tuple[Item, ...]]](), ""
    try:
        with stream:
            while batch := stream.next_batch():
                batches.append((system_clock().mono - began, batch))
    except CallFailed as error:
        raised = f"{error} {error!r}"
    return Ended(stream.outcome, batches, raised)


async def _run_async(stream: AsyncStream) -> Ended:
    began, batches, raised = system_clock().mono, list[tuple[float, tuple[Item, ...]]](), ""
    try:
        async with stream:
            while batch := await stream.next_batch():
                batches.append((system_clock().mono - began, batch))
    except CallFailed as error:
        raised = f"{error} {error!r}"
    return Ended(stream.outcome, batches, raised)


def run_call(carrier: str, url: str, **options: Any) -> Ended:
    """One call."""
    return run_calls(carrier, lambda: call_to(url, **options))[0]


def watchdogs() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "muxer-watchdog"]
