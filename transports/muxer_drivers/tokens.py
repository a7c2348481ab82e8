"""`BearerTokens`: access tokens that expire, as a source of credentials. Whose they are is in `google_tokens` and `azure_tokens`.

| seconds before a token expires | what happens |
| --- | --- |
| more than 300 | it is used |
| 300 to 30 | it is used, and a new one is fetched behind it |
| fewer than 30 | requests wait for the new one |

Vendors' libraries call a token spent 225 (google-auth) or 300 seconds (azure-core) before it expires.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from muxer_core.call.exchange import TransportError
from muxer_core.dialects.masking import mask_secrets
from muxer_core.values.errors import LocalProtocolError
from muxer_core.values.failure import Failure, FailureKind
from muxer_core.values.moment import Moment
from muxer_drivers.credential_sources import Ask, HeaderFields
from muxer_drivers.leases import Lease, Renewal

RENEW_BEFORE = 300.0
SPENT_BEFORE = 30.0
"""Seconds before a token expires."""

MOST_WORDS = 500


class Token(NamedTuple):
    """An access token, and the wall second in which it expires."""

    value: str
    expires: float

    def __repr__(self) -> str:
        return f"Token(***, expires={self.expires})"


class BearerTokens:
    """Sends the tokens that `fetch` gets, as `authorization: Bearer …`. `fetch` runs in a thread, and raises as `Renewal` says."""

    __slots__ = ("_name", "_renewal")

    def __init__(self, name: str, fetch: Callable[[], Token]) -> None:
        def lease(_: Moment) -> Lease[str]:
            token = fetch()
            return Lease(token.value, token.expires - RENEW_BEFORE, token.expires - SPENT_BEFORE)

        self._name = name
        self._renewal = Renewal(name, lease)

    def __repr__(self) -> str:
        return f"BearerTokens({self._name!r})"

    def headers_now(self, ask: Ask) -> HeaderFields | None:
        """The header, if the token is there."""
        token = self._renewal.now(ask.clock())
        return None if token is None else _header(ask, token)

    async def headers(self, ask: Ask) -> HeaderFields:
        """The header, once the token is there."""
        return _header(ask, await self._renewal.wait(ask.clock()))

    def headers_blocking(self, ask: Ask, timeout: float) -> HeaderFields | None:
        """The header, or None when the token did not come in time."""
        token = self._renewal.wait_blocking(ask.clock(), timeout)
        return None if token is None else _header(ask, token)


def _header(ask: Ask, token: str) -> HeaderFields:
    """Raises `LocalProtocolError` for a scheme that is not `bearer`: no API takes such a token otherwise."""
    if ask.ref.scheme != "bearer":
        raise LocalProtocolError(
            f'credential {ask.ref.name!r} is an access token: write credential_scheme = "bearer", not {ask.ref.scheme!r}'
        )
    return (ask.ref.header(token),)


def failed(kind: FailureKind, what: str, error: Exception) -> TransportError:
    """A vendor's library could not get what a request needs. Its words are kept, without secrets."""
    words = mask_secrets(" ".join(str(error).split()))[:MOST_WORDS]
    return TransportError(Failure(kind=kind, message=f"{what}: {words}"), sent=False)
