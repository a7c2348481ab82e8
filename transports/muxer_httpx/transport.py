"""Carries exchanges over httpx or httpx2, async (asyncio and trio) and sync.

It uses the few client methods that both packages share, so that a user's own client of either is honoured: its proxies, certificates,
HTTP/2 and pool. Redirects are not followed. Exceptions become `TransportError`s here, by their class names, which both packages share.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from math import inf
from typing import Any, Protocol

from muxer_core.call.commands import OpenAttempt
from muxer_core.values.failure import Failure, FailureKind
from muxer_core.wire.heads import Headers, ResponseHead
from muxer_drivers.credentials import Credentials
from muxer_core.call.exchange import TransportError

UNSENT: dict[str, FailureKind] = {
    "ConnectTimeout": "connect_timeout",
    "PoolTimeout": "connect_timeout",
    "ConnectError": "connect",
    "ProxyError": "connect",
    "UnsupportedProtocol": "connect",
}
"""Failures after which no byte of the request can have arrived."""

SENT: dict[str, FailureKind] = {
    "ReadTimeout": "stall_timeout",
    "WriteTimeout": "stall_timeout",
    "DecodingError": "malformed",
    "LocalProtocolError": "malformed",
    "RemoteProtocolError": "connection_lost",
    "TransportError": "connection_lost",
}
"""Failures after which the server may have begun to work. The last row is the parent of all others."""

READ_TIMEOUT = "ReadTimeout"

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


def _names(error: Exception) -> list[str]:
    return [parent.__name__ for parent in type(error).__mro__]


def failure_of(error: Exception, url: str) -> TransportError | None:
    """What an exception of the HTTP library means, or None when it is none of the library's."""
    names = _names(error)
    origin = "/".join(url.split("/", 3)[:3])
    for table, sent in ((UNSENT, False), (SENT, True)):
        for name, kind in table.items():
            if name in names:
                words = str(error) or names[0]
                message = f"could not connect to {origin}: {words}" if not sent else f"{origin}: {words}"
                return TransportError(Failure(kind=kind, message=message), sent=sent)
    return None


def _pause(seconds: float) -> float | None:
    """httpx's spelling of a pause: None, not infinity, means for ever."""
    return None if seconds == inf else seconds


def _head(response: Any) -> ResponseHead:
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw]
    return ResponseHead(response.status_code, Headers(tuple(pairs)))


class AsyncExchange:
    """One open response."""

    __slots__ = ("_chunks", "_response", "_url", "head")

    def __init__(self, response: Any, url: str) -> None:
        self.head = _head(response)
        self._response = response
        self._url = url
        self._chunks: AsyncIterator[bytes] = response.aiter_bytes()

    async def read(self) -> bytes:
        """The next bytes, or b"" at the end."""
        try:
            async for chunk in self._chunks:
                if chunk:
                    return chunk
        except Exception as error:
            if (known := failure_of(error, self._url)) is not None:
                raise known from error
            raise
        return b""

    async def read_to_end(self) -> None:
        """Take in what is left."""
        try:
            while await self.read():
                pass
        except TransportError:
            pass

    async def aclose(self) -> None:
        """Let go of the connection."""
        try:
            await self._response.aclose()
        except Exception as error:
            if failure_of(error, self._url) is None:
                raise


class AsyncTransport:
    """Opens exchanges on an async client. `owned` False: the client is the user's, and stays open."""

    __slots__ = ("_credentials", "_http", "_owned")

    def __init__(self, http: AsyncHttp, credentials: Credentials, *, owned: bool) -> None:
        self._http = http
        self._credentials = credentials
        self._owned = owned

    async def open(self, command: OpenAttempt) -> AsyncExchange:
        """Send the request and wait for the head. Only the connect timeout is httpx's; the others are the call's."""
        wire = command.request
        request = self._http.build_request(
            wire.method,
            wire.url,
            content=wire.body,
            headers=self._credentials.headers(wire),
            timeout=(command.connect_timeout, None, None, None),
        )
        try:
            response = await self._http.send(request, stream=True, follow_redirects=False)
        except Exception as error:
            if (known := failure_of(error, wire.url)) is not None:
                raise known from error
            raise
        return AsyncExchange(response, wire.url)

    async def aclose(self) -> None:
        """Close the client, if it is ours."""
        if self._owned:
            await self._http.aclose()


class SyncExchange:
    """One open response."""

    __slots__ = ("_chunks", "_response", "_timeouts", "_url", "head")

    def __init__(self, response: Any, url: str, timeouts: dict[str, float | None]) -> None:
        self.head = _head(response)
        self._response = response
        self._url = url
        self._timeouts = timeouts
        self._chunks: Iterator[bytes] | None = None

    def read(self, timeout: float) -> bytes | None:
        """The next bytes, b"" at the end, None after a pause. httpx fixes the pause when the body begins: the first `timeout` counts."""
        if self._chunks is None:
            self._timeouts["read"] = _pause(timeout)
            self._chunks = self._response.iter_bytes()
        try:
            for chunk in self._chunks:
                if chunk:
                    return chunk
        except Exception as error:
            if READ_TIMEOUT in _names(error):
                return None
            if (known := failure_of(error, self._url)) is not None:
                raise known from error
            raise
        return b""

    def close(self) -> None:
        """Let go of the connection."""
        try:
            self._response.close()
        except Exception as error:
            if failure_of(error, self._url) is None:
                raise


class SyncTransport:
    """Opens exchanges on a sync client. `owned` False: the client is the user's, and stays open."""

    __slots__ = ("_credentials", "_http", "_owned")

    def __init__(self, http: SyncHttp, credentials: Credentials, *, owned: bool) -> None:
        self._http = http
        self._credentials = credentials
        self._owned = owned

    def open(self, command: OpenAttempt, timeout: float) -> SyncExchange | None:
        """Send the request and wait at most `timeout` seconds for the head; None when it did not come."""
        wire = command.request
        request = self._http.build_request(
            wire.method,
            wire.url,
            content=wire.body,
            headers=self._credentials.headers(wire),
            timeout=(command.connect_timeout, _pause(timeout), _pause(timeout), None),
        )
        try:
            response = self._http.send(request, stream=True, follow_redirects=False)
        except Exception as error:
            if READ_TIMEOUT in _names(error):
                return None
            if (known := failure_of(error, wire.url)) is not None:
                raise known from error
            raise
        return SyncExchange(response, wire.url, request.extensions["timeout"])

    def close(self) -> None:
        """Close the client, if it is ours."""
        if self._owned:
            self._http.close()
