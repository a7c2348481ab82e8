"""Request and response heads: what is sent and what comes back, apart from the body's meaning.

Rules: names are tokens and values hold no CR, LF or NUL (RFC 9110, sections 5.1 and 5.5), so that no value can smuggle a header in.
Lookup ignores case; order and repetition are kept. A request names its credential and never holds it: secrets are put in place below
the core, by the transport, so that no trace, log or error can show one. A header of the operator's own may hold one all the same, so
`repr` masks the values of headers that are meant for secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, cast

import msgspec

from muxer_core.values.credential import CredentialRef
from muxer_core.values.errors import InvalidRequest
from muxer_core.wire.limits import LimitExceeded, Limits

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FORBIDDEN = re.compile(r"[\r\n\0]")
_SECRET = re.compile(r"(?:.*-)?(?:authorization|api-?key|cookie2?|token|secret)", re.IGNORECASE)


class Headers(msgspec.Struct, frozen=True, gc=False):
    """Header fields in the order in which they came.

    >>> Headers.of([("Content-Type", "text/plain"), ("Via", "a"), ("Via", "b")]).get("content-type")
    'text/plain'
    """

    fields: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, fields: Mapping[str, str] | Iterable[tuple[str, str]]) -> Headers:
        """Checked headers for a request of ours. Raises `InvalidRequest` naming the header; its value is never shown."""
        given = cast("Mapping[str, str]", fields).items() if isinstance(fields, Mapping) else fields
        pairs = tuple(given)
        for name, value in pairs:
            if not _TOKEN.fullmatch(name):
                raise InvalidRequest("headers", f"{name!r} is not a header name")
            if _FORBIDDEN.search(value):
                raise InvalidRequest(f"headers[{name!r}]", "its value holds a line break or NUL")
        return cls(pairs)

    def get(self, name: str, default: str | None = None) -> str | None:
        """The first value of `name`, or `default`."""
        wanted = name.lower()
        for field, value in self.fields:
            if field.lower() == wanted:
                return value
        return default

    def get_all(self, name: str) -> tuple[str, ...]:
        """Every value of `name`, in order."""
        wanted = name.lower()
        return tuple(value for field, value in self.fields if field.lower() == wanted)

    def __repr__(self) -> str:
        shown = tuple((name, "***" if _SECRET.fullmatch(name) else value) for name, value in self.fields)
        return f"Headers({shown!r})"

    def items(self) -> Iterator[tuple[str, str]]:
        """Names and values, in order."""
        return iter(self.fields)


class ResponseHead(msgspec.Struct, frozen=True, gc=False):
    """Status and headers of a reply."""

    status: int
    headers: Headers = Headers()

    @property
    def is_success(self) -> bool:
        """Is the status in the 2xx class?"""
        return 200 <= self.status < 300

    def crossed(self, limits: Limits) -> LimitExceeded | None:
        """The limit that this head crosses. Its `offset` is 0: a head is no part of the body."""
        fields = self.headers.fields
        if len(fields) > limits.head_fields:
            return LimitExceeded("head_fields", limits.head_fields, 0)
        if sum(len(name) + len(value) for name, value in fields) > limits.head:
            return LimitExceeded("head", limits.head, 0)
        return None


class WireRequest(msgspec.Struct, frozen=True, gc=False):
    """A request, ready but for its secret."""

    method: Literal["GET", "POST"]
    url: str
    headers: Headers = Headers()
    body: bytes = b""
    credential: CredentialRef | None = None
