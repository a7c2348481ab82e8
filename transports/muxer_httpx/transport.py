"""Carries exchanges over httpx or httpx2, async (asyncio and trio) and sync.

It uses the few client methods that both packages share, so that a user's own client of either is honoured: its proxies, certificates,
HTTP/2 and pool. Redirects are not followed. Exceptions of the packages become `TransportError`s here (`failures`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from math import inf
from time import monotonic
from typing import Any, Protocol

from muxer_core.call.commands import OpenAttempt
from muxer_core.call.exchange import TransportError
from muxer_core.values.errors import LocalProtocolError
from muxer_core.wire.heads import Headers, ResponseHead
from muxer_drivers.compression import ACCEPTED, Body
from muxer_drivers.credentials import Credentials
from muxer_httpx.failures import failure_of, is_timeout
from muxer_httpx.watchdog import Watch, Watchdog

Timeouts = tuple[float | None, float | None, float | None, float | None]
"""Seconds to connect, between two reads, between two writes, and to wait for a free connection; None waits for ever."""


class AsyncHttp(Protocol):
    """What is used of `httpx.AsyncClient` and `httpx2.AsyncClient`."""

    def build_request(
        self, method: str, url: str, *, content: bytes, headers: list[tuple[str, str]], timeout: Timeouts
    ) -> Any:
        """A request."""
        ...

    async def send(self, request: Any, *, stream: bool, follow_redirects: bool) -> Any:
        """Send it; returns when the head is there."""
        ...

    async def aclose(self) -> None:
        """Close the pool."""
        ...

    @property
    def is_closed(self) -> bool:
        """Was it closed?"""
        ...


class SyncHttp(Protocol):
    """What is used of `httpx.Client` and `httpx2.Client`."""

    def build_request(
        self, method: str, url: str, *, content: bytes, headers: list[tuple[str, str]], timeout: Timeouts
    ) -> Any:
        """A request."""
        ...

    def send(self, request: Any, *, stream: bool, follow_redirects: bool) -> Any:
        """Send it; returns when the head is there."""
        ...

    def close(self) -> None:
        """Close the pool."""
        ...

    @property
    def is_closed(self) -> bool:
        """Was it closed?"""
        ...


def _pause(seconds: float) -> float | None:
    """httpx's spelling of a pause: None, not infinity, means for ever."""
    return None if seconds == inf else seconds


def _check_open(http: AsyncHttp | SyncHttp) -> None:
    if http.is_closed:
        raise LocalProtocolError(
            "the HTTP client is closed: make calls inside the client's `with`, before it is closed"
        )


def _head(response: Any) -> ResponseHead:
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw]
    return ResponseHead(response.status_code, Headers(tuple(pairs)))


class AsyncExchange:
    """One open response."""

    __slots__ = ("__weakref__", "_body", "_chunks", "_response", "_url", "head")

    def __init__(self, response: Any, url: str) -> None:
        self.head = _head(response)
        self._response = response
        self._url = url
        self._body: Body | None = None
        self._chunks: AsyncIterator[bytes] = response.aiter_raw()

    async def read(self) -> bytes:
        """The next bytes, or b"" at the end."""
        if self._body is None:
            self._body = Body(self.head.headers.get("content-encoding"))
        if piece := self._body.piece():
            return piece
        try:
            async for chunk in self._chunks:
                if piece := self._body.piece(chunk):
                    return piece
        except Exception as error:  # noqa: BLE001 - `failure_of` raises again what it does not know
            raise failure_of(error, self._url) from None
        self._body.end()
        return b""

    async def read_to_end(self) -> None:
        """Take in what is left."""
        try:
            while await self.read():
                pass
        except TransportError:
            pass

    async def aclose(self) -> None:
        """Let go of the connection. What is left in httpx's generators is then run to its end, so that none of them is found by the
        garbage collector: it would close them in tasks of its own, and trio warns of it.
        """
        try:
            await self._response.aclose()
            if self._body is not None:
                async for _ in self._chunks:
                    pass
        except Exception as error:  # noqa: BLE001 - `failure_of` raises again what it does not know
            failure_of(error, self._url)


class AsyncTransport:
    """Opens exchanges on an async client. `owned` False: the client is the user's, and stays open."""

    __slots__ = ("_credentials", "_http", "_owned")

    def __init__(self, http: AsyncHttp, credentials: Credentials, *, owned: bool) -> None:
        self._http = http
        self._credentials = credentials
        self._owned = owned

    async def open(self, command: OpenAttempt) -> AsyncExchange:
        """Send the request and wait for the head. Only the connect timeout is httpx's; the others are the call's."""
        _check_open(self._http)
        wire = command.request
        admission = self._credentials.begin(wire)
        if admission.headers is None:
            await self._credentials.fetch(admission)
        try:
            request = self._http.build_request(
                wire.method,
                wire.url,
                content=wire.body,
                headers=[*(admission.headers or ()), ACCEPTED],
                timeout=(command.connect_timeout, None, None, None),
            )
            response = await self._http.send(request, stream=True, follow_redirects=False)
        except Exception as error:  # noqa: BLE001 - `failure_of` raises again what it does not know
            raise failure_of(error, wire.url) from None
        exchange = AsyncExchange(response, wire.url)
        self._credentials.answered(admission, exchange.head)
        return exchange

    async def aclose(self) -> None:
        """Close the client, if it is ours."""
        if self._owned:
            await self._http.aclose()


class SyncExchange:
    """One open response. A read ends when its time has come, by the watchdog; HTTP/2, which shares a connection, keeps httpx's clock."""

    __slots__ = ("__weakref__", "_body", "_chunks", "_response", "_url", "_watch", "_watchdog", "head")

    def __init__(self, response: Any, url: str, watchdog: Watchdog) -> None:
        self.head = _head(response)
        self._response = response
        self._url = url
        self._watchdog = watchdog
        self._watch = _watch(response)
        self._body: Body | None = None
        self._chunks: Iterator[bytes] = response.iter_raw()

    def read(self, timeout: float) -> bytes | None:
        """The next bytes, b"" at the end, None when nothing came for `timeout` seconds; the response is of no more use then."""
        # httpx looks here when a body begins; HTTP/2 anew for each read.
        self._response.request.extensions["timeout"]["read"] = _pause(timeout) if self._watch is None else None
        if self._watch is None:
            return self._next()
        self._watchdog.begin(self._watch, timeout)
        try:
            chunk = self._next()
        except TransportError:
            if not self._watch.expired:
                raise
            return None
        finally:
            self._watchdog.end(self._watch)
        # A body that ends in order and one that the watchdog cut short look alike when nothing frames it but the close.
        return None if self._watch.expired and not chunk else chunk

    def _next(self) -> bytes | None:
        if self._body is None:
            self._body = Body(self.head.headers.get("content-encoding"))
        if piece := self._body.piece():
            return piece
        try:
            for chunk in self._chunks:
                if piece := self._body.piece(chunk):
                    return piece
        except Exception as error:  # noqa: BLE001 - `failure_of` raises again what it does not know
            if is_timeout(error):
                return None
            raise failure_of(error, self._url) from None
        self._body.end()
        return b""

    def close(self) -> None:
        """Let go of the connection."""
        try:
            self._response.close()
        except Exception as error:  # noqa: BLE001 - `failure_of` raises again what it does not know
            failure_of(error, self._url)


def _watch(response: Any) -> Watch | None:
    """A watch for a response that has a connection to itself."""
    stream = response.extensions.get("network_stream")
    connection = None if stream is None else stream.get_extra_info("socket")
    return Watch(connection) if connection is not None and response.http_version.startswith("HTTP/1") else None


class SyncTransport:
    """Opens exchanges on a sync client. `owned` False: the client is the user's, and stays open."""

    __slots__ = ("_credentials", "_http", "_owned", "_watchdog")

    def __init__(self, http: SyncHttp, credentials: Credentials, *, owned: bool) -> None:
        self._http = http
        self._credentials = credentials
        self._owned = owned
        self._watchdog = Watchdog()

    def open(self, command: OpenAttempt, timeout: float) -> SyncExchange | None:
        """Send the request and wait for the head; None when it did not come for `timeout` seconds after the last byte that was sent, or
        the credential in that time.
        """
        _check_open(self._http)
        wire = command.request
        admission = self._credentials.begin(wire)
        if admission.headers is None:
            began = monotonic()
            came = self._credentials.fetch_blocking(admission, timeout)
            timeout -= monotonic() - began
            if not came or timeout <= 0.0:
                return None
        pause = _pause(timeout)
        try:
            request = self._http.build_request(
                wire.method,
                wire.url,
                content=wire.body,
                headers=[*(admission.headers or ()), ACCEPTED],
                timeout=(command.connect_timeout, pause, pause, pause),
            )
            response = self._http.send(request, stream=True, follow_redirects=False)
        except Exception as error:  # noqa: BLE001 - `failure_of` raises again what it does not know
            if is_timeout(error):
                return None
            raise failure_of(error, wire.url) from None
        exchange = SyncExchange(response, wire.url, self._watchdog)
        self._credentials.answered(admission, exchange.head)
        return exchange

    def close(self) -> None:
        """Close the client, if it is ours."""
        self._watchdog.forget_all()
        if self._owned:
            self._http.close()
