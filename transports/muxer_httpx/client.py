"""The clients over httpx. They choose the HTTP client; the rest is `muxer_drivers`."""

from __future__ import annotations

import importlib
import ssl
from functools import cache
from inspect import iscoroutinefunction
from types import ModuleType

from muxer_core.muxer import Muxer
from muxer_core.values.errors import InvalidRequest
from muxer_drivers.client import AsyncClient as AnyAsyncClient
from muxer_drivers.credentials import Credentials
from muxer_drivers.desk import Desk
from muxer_drivers.sync_client import SyncClient as AnySyncClient
from muxer_httpx.transport import AsyncHttp, AsyncTransport, SyncHttp, SyncTransport

PACKAGES = ("httpx2", "httpx")
MOST_CONNECTIONS = 1000
MOST_IDLE = 100
IDLE_SECONDS = 30.0


def _package() -> ModuleType:
    for name in PACKAGES:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError:
            continue
    raise ModuleNotFoundError("muxer_httpx needs httpx2 or httpx: pip install 'muxer-core[httpx2]'")


@cache
def _certificates(package: ModuleType) -> ssl.SSLContext:
    """What certificates are checked against. To load them takes longer than all else that a client needs, so it is done once."""
    context: ssl.SSLContext = package.create_ssl_context()
    return context


def open_transport(credentials: Credentials) -> AsyncTransport:
    """A transport over a client of its own, for asyncio and trio."""
    package = _package()
    http = package.AsyncClient(limits=_limits(package), verify=_certificates(package))
    return AsyncTransport(http, credentials, owned=True)


def open_sync_transport(credentials: Credentials) -> SyncTransport:
    """The same for plain threads."""
    package = _package()
    http = package.Client(limits=_limits(package), verify=_certificates(package))
    return SyncTransport(http, credentials, owned=True)


def _limits(package: ModuleType) -> object:
    return package.Limits(
        max_connections=MOST_CONNECTIONS, max_keepalive_connections=MOST_IDLE, keepalive_expiry=IDLE_SECONDS
    )


def _check(muxer: object, http: object, kind: str) -> None:
    """Raises `InvalidRequest` for what could not make a call: it would say so only then, and not in these words."""
    if not isinstance(muxer, Muxer):
        raise InvalidRequest("muxer", f"must be a Muxer, got {type(muxer).__name__}")
    if isinstance(http, type):
        raise InvalidRequest("http", f"must be {kind}, not its class: write {http.__name__}()")
    if http is not None and iscoroutinefunction(getattr(http, "send", None)) != (kind == "an async client"):
        raise InvalidRequest("http", f"must be {kind}, got {type(http).__name__}")


class AsyncClient(AnyAsyncClient):
    """Calls over httpx, on asyncio or trio, whichever runs the current task.

    `http`: a client of yours, httpx's or httpx2's, which stays open. `credentials`: secrets and sources by name; without them, names like
    `env:NAME` are read from the environment, and `google:…`, `azure:…` and `aws:…` are their libraries' matter.
    """

    __slots__ = ()

    def __init__(
        self,
        muxer: Muxer,
        *,
        http: AsyncHttp | None = None,
        credentials: Credentials | None = None,
        desk: Desk | None = None,
    ) -> None:
        _check(muxer, http, "an async client")
        known = credentials or Credentials()
        transport = open_transport(known) if http is None else AsyncTransport(http, known, owned=False)
        super().__init__(muxer, transport, desk)


class Client(AnySyncClient):
    """Calls over httpx from plain threads. Arguments as for `AsyncClient`."""

    __slots__ = ()

    def __init__(
        self,
        muxer: Muxer,
        *,
        http: SyncHttp | None = None,
        credentials: Credentials | None = None,
        desk: Desk | None = None,
    ) -> None:
        _check(muxer, http, "a sync client")
        known = credentials or Credentials()
        transport = open_sync_transport(known) if http is None else SyncTransport(http, known, owned=False)
        super().__init__(muxer, transport, desk)
