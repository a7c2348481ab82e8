"""AWS's signature of a request (Signature Version 4), by botocore, with the keys of a profile or of the usual chain.

The signature covers method, URL, body and every header that the request has when it is signed; the transport must send these as they
are, and may add others. Its date is that of the transport's clock. The region is that of the URL's host, or the one that was given, or the
profile's. Keys that expire are looked after by botocore, which renews them 15 minutes before; it is asked again every minute, in a thread.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html, read 2026-11-24.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from math import inf
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from muxer_core.values.errors import LocalProtocolError
from muxer_core.values.moment import Moment
from muxer_core.wire.heads import WireRequest
from muxer_drivers.credential_sources import Ask, HeaderFields, library
from muxer_drivers.leases import Lease, Renewal
from muxer_drivers.tokens import failed

EXTRA = "bedrock"
SERVICE = "bedrock"
ASK_AGAIN = 60.0
GOOD_FOR = 300.0
"""Seconds after which keys that expire are asked for again, and for which they are good: botocore's renewal leaves them ten minutes."""

_REGION = re.compile(r"(?:^|\.)bedrock(?:-[a-z-]+)?\.([a-z]{2}(?:-[a-z0-9]+)+)\.")


class AwsKeys(NamedTuple):
    """A pair of keys, the session's token, and the region of the profile. The `repr` does not show them."""

    access_key: str
    secret_key: str
    token: str | None
    region: str | None

    def __repr__(self) -> str:
        return f"AwsKeys(***, region={self.region!r})"


class AwsSigner:
    """A source that signs. `profile`: of AWS's configuration files; without one, botocore's usual chain from the environment on."""

    __slots__ = ("_profile", "_region", "_renewal", "_service", "_session")

    def __init__(self, profile: str | None = None, *, region: str | None = None, service: str = SERVICE) -> None:
        self._profile = profile
        self._region = region
        self._service = service
        self._session: Any = None
        self._renewal = Renewal("aws" if profile is None else f"aws:{profile}", self._fetch)

    def __repr__(self) -> str:
        return f"AwsSigner({self._profile!r}, region={self._region!r}, service={self._service!r})"

    def headers_now(self, ask: Ask) -> HeaderFields | None:
        """The signature, if the keys are there."""
        keys = self._renewal.now(ask.clock())
        return None if keys is None else self._signed(ask, keys)

    async def headers(self, ask: Ask) -> HeaderFields:
        """The signature, once the keys are there."""
        return self._signed(ask, await self._renewal.wait(ask.clock()))

    def headers_blocking(self, ask: Ask, timeout: float) -> HeaderFields | None:
        """The signature, or None when the keys did not come in time."""
        keys = self._renewal.wait_blocking(ask.clock(), timeout)
        return None if keys is None else self._signed(ask, keys)

    def _fetch(self, moment: Moment) -> Lease[AwsKeys]:
        sessions, errors = library("botocore.session", EXTRA), library("botocore.exceptions", EXTRA)
        what = "no keys of AWS" if self._profile is None else f"no keys of the AWS profile {self._profile!r}"
        try:
            if self._session is None:
                self._session = sessions.Session(profile=self._profile)
            found = self._session.get_credentials()
            if found is None:
                raise LocalProtocolError(f"{what}: none in the environment, its files, or the machine's metadata")
            frozen = found.get_frozen_credentials()
            region = self._session.get_config_variable("region")
        except (errors.ConnectionError, errors.HTTPClientError) as error:
            raise failed("connect", what, error) from None
        except (errors.BotoCoreError, errors.ClientError) as error:
            raise failed("auth", what, error) from None
        keys = AwsKeys(frozen.access_key, frozen.secret_key, frozen.token, region)
        if isinstance(found, library("botocore.credentials", EXTRA).RefreshableCredentials):
            return Lease(keys, moment.wall + ASK_AGAIN, moment.wall + GOOD_FOR)
        return Lease(keys, inf, inf)

    def _signed(self, ask: Ask, keys: AwsKeys) -> HeaderFields:
        if ask.ref.scheme != "aws-sigv4":
            raise LocalProtocolError(
                f'credential {ask.ref.name!r} signs requests: write credential_scheme = "aws-sigv4", not {ask.ref.scheme!r}'
            )
        region = region_of(ask.request.url) or self._region or keys.region
        if region is None:
            raise LocalProtocolError(
                f"credential {ask.ref.name!r}: no region; it is neither in the address nor in the profile"
            )
        return signature_headers(ask.request, keys, service=self._service, region=region, wall=ask.clock().wall)


def region_of(url: str) -> str | None:
    """The region in the host of a Bedrock endpoint, public or private, or None.

    >>> region_of("https://bedrock-runtime.eu-central-1.amazonaws.com/model/m/converse")
    'eu-central-1'
    >>> region_of("http://127.0.0.1:8080/model/m/converse") is None
    True
    """
    found = _REGION.search(urlsplit(url).hostname or "")
    return None if found is None else found[1]


def signature_headers(
    request: WireRequest, keys: AwsKeys, *, service: str, region: str, wall: float
) -> list[tuple[str, str]]:
    """The headers that sign `request` at `wall` seconds. botocore's own `add_auth` reads the system's clock; these are its steps."""
    read_only = library("botocore.credentials", EXTRA).ReadOnlyCredentials
    stamp = datetime.fromtimestamp(wall, UTC).strftime("%Y%m%dT%H%M%SZ")
    added = [("X-Amz-Date", stamp)]
    if keys.token:
        added.append(("X-Amz-Security-Token", keys.token))
    ours = library("botocore.awsrequest", EXTRA).AWSRequest(method=request.method, url=request.url, data=request.body)
    for name, value in (*request.headers.items(), *added):
        ours.headers.add_header(name, value)
    ours.context["timestamp"] = stamp
    pair = read_only(keys.access_key, keys.secret_key, keys.token)
    auth = library("botocore.auth", EXTRA).SigV4Auth(pair, service, region)
    text = auth.string_to_sign(ours, auth.canonical_request(ours))
    signed = auth.signed_headers(auth.headers_to_sign(ours))
    words = (
        f"AWS4-HMAC-SHA256 Credential={auth.scope(ours)}",
        f"SignedHeaders={signed}",
        f"Signature={auth.signature(text, ours)}",
    )
    return [*added, ("Authorization", ", ".join(words))]
