"""What a source of credentials offers, and which sources a name in a configuration means.

A source gives the headers that let one request in: a key, a token, or a signature of that very request. It holds or fetches secrets and
decides nothing: whose turn it is among keys, and whether to try again, is the core's. What it can do is told by its methods, at least one
of these:

| method | used by | when |
| --- | --- | --- |
| `headers_now` | every client | first; for what is there already, it costs no `await` |
| `headers` | async clients | when `headers_now` is not there, or gave None |
| `headers_blocking` | sync clients | the same |

A client that finds no method it can use says so in words. A source raises `LocalProtocolError` for what a person must set right, and
`TransportError` for what the world does; no secret is in either.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, NamedTuple, Protocol, runtime_checkable

from muxer_core.values.credential import CredentialRef
from muxer_core.values.errors import LocalProtocolError
from muxer_core.wire.heads import WireRequest
from muxer_drivers.world import Clock

HeaderFields = Sequence[tuple[str, str]]


class Ask(NamedTuple):
    """What a source is asked: to let `request` in with the credential `ref`, at `clock()`."""

    request: WireRequest
    ref: CredentialRef
    clock: Clock


@runtime_checkable
class ReadySource(Protocol):
    """A source that often has what it takes."""

    def headers_now(self, ask: Ask) -> HeaderFields | None:
        """The headers to add, or None when they must be waited for. Never blocks."""
        ...


@runtime_checkable
class CredentialSource(Protocol):
    """A source for async clients."""

    async def headers(self, ask: Ask) -> HeaderFields:
        """The headers to add. A cancelled wait must leave the source as it was."""
        ...


@runtime_checkable
class BlockingSource(Protocol):
    """A source for clients in plain threads."""

    def headers_blocking(self, ask: Ask, timeout: float) -> HeaderFields | None:
        """The headers to add, or None when they did not come for `timeout` seconds (more than 0; infinity: no limit)."""
        ...


Source = ReadySource | CredentialSource | BlockingSource


def library(module: str, extra: str) -> Any:
    """A module of an optional package, imported when it is needed. Raises `LocalProtocolError` naming the extra that brings it."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise LocalProtocolError(
            f"{error.name} is not installed; it comes with an extra: pip install 'muxer-core[{extra}]'"
        ) from None


def _google(rest: str) -> Source:
    from muxer_drivers.google_tokens import google_tokens  # noqa: PLC0415 - most programs have no use for it

    return google_tokens(None if rest == DEFAULT else rest)


def _azure(rest: str) -> Source:
    from muxer_drivers.azure_tokens import azure_tokens  # noqa: PLC0415 - as above

    return azure_tokens(client_id=None if rest == DEFAULT else rest)


def _aws(rest: str) -> Source:
    from muxer_drivers.aws_signing import AwsSigner  # noqa: PLC0415 - as above

    return AwsSigner(None if rest == DEFAULT else rest)


DEFAULT = "default"
"""After a prefix: what the vendor's library finds by itself."""

SOURCES: dict[str, Callable[[str], Source]] = {"google": _google, "azure": _azure, "aws": _aws}
"""Sources by the prefix of a credential's name: `google:default`, `azure:default`, `aws:PROFILE`, …"""


def source_of(name: str) -> Source | None:
    """The source that a name means by its prefix, or None. Raises `LocalProtocolError` when nothing follows the prefix."""
    prefix, colon, rest = name.partition(":")
    if not colon or prefix not in SOURCES:
        return None
    if not rest:
        raise LocalProtocolError(f'credential {name!r} names nothing; write "{prefix}:{DEFAULT}"')
    return SOURCES[prefix](rest)
