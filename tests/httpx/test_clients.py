"""`muxer_httpx.AsyncClient` and `Client`: which HTTP client they use, which async library they run on, and what they leave open."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import sys
from collections.abc import AsyncIterator, Iterator
from types import ModuleType
from typing import Any

import anyio
import pytest
import trio

from muxer_core.call.outcome import CallFailed, Outcome
from muxer_core.config.schema import Config
from muxer_core.muxer import Muxer
from muxer_core.simulation.script import Data, End, Hang, Head, answer
from muxer_core.values.errors import InvalidRequest, LocalProtocolError
from muxer_core.values.items import TextDelta
from muxer_drivers.asyncio_driver import AsyncioRuntime
from muxer_drivers.here import runtime_here
from muxer_drivers.trio_driver import TrioRuntime
from muxer_httpx import AsyncClient, Client
from muxer_httpx.failures import failure_of, names_of
from tests.drivers.scenarios import JSON, PLAIN, REPLY
from tests.httpx.carriers import PACKAGES, certificates, package_of
from tests.support.raw_server import RawServer, Received, refused_url

MODELS = b'{"object": "list", "data": [{"id": "m", "object": "model"}, {"id": "n", "object": "model"}]}'


def muxer_for(url: str) -> Muxer:
    return Muxer(
        Config.from_mapping(
            {
                "providers": {"here": {"base_url": f"{url}/v1", "dialect": "openai_chat"}},
                "deployments": [{"model": "m", "provider": "here"}],
                "retry": {"max_retries": 0},
            }
        )
    )


def whole(body: bytes) -> tuple[Any, ...]:
    return (Head(200, (*JSON, ("content-length", str(len(body))))), Data(body), End())


def serve(request: Received) -> tuple[Any, ...]:
    if request.target.endswith("/models"):
        return whole(MODELS)
    if request.method == "GET":
        return whole(b"{}")
    return answer(REPLY) if b'"stream":true' in request.body else whole(PLAIN)


async def everything(url: str, http: Any = None) -> None:
    """Every method of the client, once."""
    async with AsyncClient(muxer_for(url), http=http) as client:
        reply = await client.chat("Why is the sky blue?", model="m")
        assert reply.text == "The sky is blue."
        async with client.stream("Why is the sky blue?", model="m") as stream:
            text = "".join([item.text async for item in stream if isinstance(item, TextDelta)])
        assert text == "The sky is blue."
        assert stream.outcome is not None
        assert stream.outcome.usage is not None
        assert [model["id"] for model in await client.models()] == ["m", "n"]
        assert await client.health()


@pytest.mark.parametrize("package", [None, *PACKAGES])
@pytest.mark.parametrize("library", ["asyncio", "trio"])
def test_everything_on_either_library(library: str, package: str | None) -> None:
    """With a client of its own, and with the user's, of either package, which stays open."""

    async def main() -> None:
        if package is None:
            await everything(server.url)
            return
        async with package_of(package).AsyncClient(verify=certificates(), headers={"x-mine": "yes"}) as http:
            await everything(server.url, http)
            assert not http.is_closed
            assert (await http.get(f"{server.url}/health")).status_code == 200
        assert all(request.headers["x-mine"] == "yes" for request in server.requests)

    with RawServer(serve) as server:
        anyio.run(main, backend=library)


@pytest.mark.parametrize("package", [None, *PACKAGES])
def test_everything_in_a_thread(package: str | None) -> None:
    with RawServer(serve) as server:
        http = None if package is None else package_of(package).Client(verify=certificates(), headers={"x-mine": "yes"})
        with Client(muxer_for(server.url), http=http) as client:
            assert client.chat("Why is the sky blue?", model="m").text == "The sky is blue."
            with client.stream("Why is the sky blue?", model="m") as stream:
                assert "".join(item.text for item in stream if isinstance(item, TextDelta)) == "The sky is blue."
            assert [model["id"] for model in client.models()] == ["m", "n"]
            assert client.health()
        if http is not None:
            assert not http.is_closed
            assert http.get(f"{server.url}/health").status_code == 200
            http.close()
            assert all(request.headers["x-mine"] == "yes" for request in server.requests)


@pytest.mark.parametrize("library", ["asyncio", "trio"])
def test_a_failure_is_one_exception(library: str) -> None:
    async def main() -> None:
        async with AsyncClient(muxer_for(refused_url())) as client:
            with pytest.raises(CallFailed, match="connect at here/m"):
                await client.chat("x", model="m")
            with pytest.raises(CallFailed, match="connect at here/m"):
                async with client.stream("x", model="m"):
                    pass
            assert not await client.health()

    anyio.run(main, backend=library)


def test_a_failure_in_a_thread() -> None:
    with Client(muxer_for(refused_url())) as client:
        with pytest.raises(CallFailed, match="connect at here/m"):
            client.chat("x", model="m")
        assert not client.health()


@pytest.mark.parametrize("library", ["asyncio", "trio"])
def test_a_client_closed_in_a_cancelled_scope_closes_its_transport(library: str) -> None:
    """Level-triggered: every await of the client's own exit is cancelled again."""

    async def main() -> None:
        client = AsyncClient(muxer_for(server.url))
        with anyio.CancelScope() as scope:
            async with client, client.stream("x", model="m") as stream:
                async for _ in stream:
                    scope.cancel()
        assert scope.cancelled_caught
        assert client._transport._http.is_closed  # type: ignore[attr-defined]  # the transport's, seen from outside

    with RawServer((Head(), *[Data(one) for one in REPLY[:3]], Hang())) as server:
        anyio.run(main, backend=library)
        server.wait_for_close()


@pytest.mark.parametrize("package", PACKAGES)
def test_a_closed_client_is_misuse_said_in_words(package: str) -> None:
    url = refused_url()
    synchronous, asynchronous = package_of(package).Client(), package_of(package).AsyncClient()
    synchronous.close()
    with Client(muxer_for(url)) as left, pytest.raises(LocalProtocolError, match="the HTTP client is closed"):
        Client(muxer_for(url), http=synchronous).chat("Hi", model="m")
    with pytest.raises(LocalProtocolError, match="the HTTP client is closed"):
        left.chat("Hi", model="m")

    async def ask() -> None:
        await asynchronous.aclose()
        with pytest.raises(LocalProtocolError, match="the HTTP client is closed"):
            await AsyncClient(muxer_for(url), http=asynchronous).chat("Hi", model="m")

    asyncio.run(ask())


def test_arguments_of_another_kind_are_named_at_once() -> None:
    muxer: Any = muxer_for(refused_url())
    for package in map(package_of, PACKAGES):
        with (
            package.Client() as wrong,
            pytest.raises(InvalidRequest, match=r"http: must be an async client, got Client"),
        ):
            AsyncClient(muxer, http=wrong)
        with pytest.raises(InvalidRequest, match=r"http: must be a sync client, got AsyncClient"):
            Client(muxer, http=package.AsyncClient())
        with pytest.raises(InvalidRequest, match=r"http: must be an async client, not its class"):
            AsyncClient(muxer, http=package.AsyncClient)
    for kind in (Client, AsyncClient):
        with pytest.raises(InvalidRequest, match=r"muxer: must be a Muxer, got dict"):
            kind({})  # type: ignore[arg-type]  # as a caller without a type checker would


def test_the_library_is_found_where_the_call_runs() -> None:
    async def here() -> type[object]:
        return type(runtime_here())

    assert asyncio.run(here()) is AsyncioRuntime
    assert trio.run(here) is TrioRuntime


def test_trio_is_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def here() -> type[object]:
        monkeypatch.delitem(sys.modules, "trio")
        return type(runtime_here())

    assert asyncio.run(here()) is AsyncioRuntime


def test_without_a_package_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for package in PACKAGES:
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'muxer-core\[httpx2\]'"):
        AsyncClient(muxer_for("http://127.0.0.1:1"))
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'muxer-core\[httpx2\]'"):
        Client(muxer_for("http://127.0.0.1:1"))


def test_httpx_serves_where_httpx2_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httpx2", None)
    with Client(muxer_for("http://127.0.0.1:1")) as client:
        assert names_of(_raised(client)) == []
        assert type(client._transport._http).__module__.startswith("httpx")  # type: ignore[attr-defined]  # which one it took
        assert not type(client._transport._http).__module__.startswith("httpx2")  # type: ignore[attr-defined]  # which one it took


def _raised(client: Client) -> Exception:
    try:
        client.chat("x", model="m")
    except CallFailed as error:
        return error
    raise AssertionError("somebody listens on port 1")


# -- a user's own transport below the user's own client ---------------------------------------------------------------------------------


def stream_of(package: ModuleType, chunks: list[bytes], end: Exception | None) -> Any:
    """A body without a network, as httpx's own mock and WSGI transports have; it raises, or ends and then fails to close."""

    class Body(package.SyncByteStream, package.AsyncByteStream):  # type: ignore[misc, name-defined]  # a package chosen by name
        def __iter__(self) -> Iterator[bytes]:
            yield from chunks
            if end is not None:
                raise end

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for chunk in chunks:
                yield chunk
            if end is not None:
                raise end

        def close(self) -> None:
            if end is None:
                raise package.CloseError("cannot even close")

        async def aclose(self) -> None:
            if end is None:
                raise package.CloseError("cannot even close")

    return Body()


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("way", ["asyncio", "trio", "sync"])
@pytest.mark.parametrize("ends", ["well", "cut", "in time"])
def test_without_a_network(package: str, way: str, ends: str) -> None:
    module = package_of(package)
    end = {"well": None, "cut": module.ReadError("cut"), "in time": module.ReadTimeout("slow")}[ends]
    chunks = REPLY if ends == "well" else REPLY[:3]

    def serve_it(request: object) -> Any:
        return module.Response(200, stream=stream_of(module, chunks, end))

    transport = module.MockTransport(serve_it)
    outcome: Outcome | None = None
    if way == "sync":
        with Client(muxer_for("http://host"), http=module.Client(transport=transport)) as client:
            stream = client.stream("x", model="m")
            with contextlib.suppress(CallFailed), stream:
                for _ in stream:
                    pass
            outcome = stream.outcome
    else:

        async def main() -> Outcome | None:
            async with AsyncClient(muxer_for("http://host"), http=module.AsyncClient(transport=transport)) as client:
                stream = client.stream("x", model="m")
                with contextlib.suppress(CallFailed):
                    async with stream:
                        async for _ in stream:
                            pass
                return stream.outcome

        outcome = anyio.run(main, backend=way)
    assert outcome is not None
    kind = None if outcome.failure is None else outcome.failure.kind
    assert kind == {"well": None, "cut": "connection_lost", "in time": "stall_timeout"}[ends]


# -- what went wrong --------------------------------------------------------------------------------------------------------------------

MEANS = {
    "ConnectTimeout": ("connect_timeout", False),
    "PoolTimeout": ("connect_timeout", False),
    "ConnectError": ("connect", False),
    "ProxyError": ("connect", False),
    "UnsupportedProtocol": ("connect", False),
    "InvalidURL": ("connect", False),
    "LocalProtocolError": ("malformed", False),
    "ReadTimeout": ("stall_timeout", True),
    "WriteTimeout": ("stall_timeout", True),
    "ReadError": ("connection_lost", True),
    "WriteError": ("connection_lost", True),
    "CloseError": ("connection_lost", True),
    "RemoteProtocolError": ("malformed", True),
}


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("name", MEANS)
def test_what_their_exceptions_mean(package: str, name: str) -> None:
    error = getattr(importlib.import_module(package), name)("words of its own")
    known = failure_of(error, "https://user:password@host:8443/v1/chat?key=secret")
    assert (known.failure.kind, known.sent) == MEANS[name]
    assert "https://host:8443" in known.failure.message
    assert "password" not in known.failure.message
    assert ("words of its own" in known.failure.message) == (name not in ("LocalProtocolError", "InvalidURL"))


@pytest.mark.parametrize("package", PACKAGES)
def test_every_exception_of_a_transport_is_known(package: str) -> None:
    """Also those that a later version adds, by their parent."""
    module = importlib.import_module(package)
    kinds = [
        kind for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, module.TransportError)
    ]
    assert len(kinds) > 10
    for kind in kinds:
        assert failure_of(kind(""), "http://host").failure.message.startswith(
            ("http://host: ", "could not send a request to http://host: ")
        )


@pytest.mark.parametrize("error", [ValueError("x"), type("ConnectError", (Exception,), {})("not theirs")])
def test_what_is_not_theirs_goes_on_as_it_is(error: Exception) -> None:
    with pytest.raises(type(error)) as raised:
        failure_of(error, "http://host")
    assert raised.value is error


def test_a_long_quotation_is_cut() -> None:
    known = failure_of(importlib.import_module("httpx").RemoteProtocolError("x" * 100_000), "http://host")
    assert len(known.failure.message) < 400
