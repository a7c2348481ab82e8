"""What the exceptions of httpx and httpx2 mean to a call.

They are told apart by the names of their classes, which both packages share, so that neither package is needed for the other's sake.
What is none of theirs goes on as it is. The words of an exception are shown only where they cannot hold a header or the address's secrets.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from muxer_core.call.exchange import TransportError
from muxer_core.values.failure import Failure, FailureKind

UNSENT: dict[str, FailureKind] = {
    "ConnectTimeout": "connect_timeout",
    "PoolTimeout": "connect_timeout",
    "ConnectError": "connect",
    "ProxyError": "connect",
    "UnsupportedProtocol": "connect",
    "LocalProtocolError": "malformed",
    "InvalidURL": "connect",
}
"""Failures after which no byte of the request can have arrived."""

SENT: dict[str, FailureKind] = {
    "ReadTimeout": "stall_timeout",
    "WriteTimeout": "stall_timeout",
    "RemoteProtocolError": "malformed",
    "TransportError": "connection_lost",
}
"""Failures after which the server may have begun to work. The last row is the parent of all others."""

PACKAGES = ("httpx", "httpx2")

CUT = ("disconnected", "peer closed", "complete message body")
"""Words of a `RemoteProtocolError` that tell of an end before its time, not of bytes that follow no protocol."""

OWN_WORDS = {
    "LocalProtocolError": "a header of the request cannot be sent: it holds a line break or another character that HTTP forbids",
    "InvalidURL": "the address is no URL that can be requested",
}
"""What is said instead of the exception's words, which quote what we sent."""

MOST_WORDS = 300
"""Characters kept of an exception's words, which may quote what the server sent."""


def names_of(error: Exception) -> list[str]:
    """The names of the packages' classes that the exception is one of, the nearest first."""
    return [kind.__name__ for kind in type(error).__mro__ if kind.__module__.split(".")[0] in PACKAGES]


def is_timeout(error: Exception) -> bool:
    """Did nothing come, or go, for as long as was allowed?"""
    return bool({"ReadTimeout", "WriteTimeout"} & set(names_of(error)))


def failure_of(error: Exception, url: str) -> TransportError:
    """What an exception of the packages means. Any other is raised again."""
    names = names_of(error)
    for table, sent in ((UNSENT, False), (SENT, True)):
        for name, kind in table.items():
            if name in names:
                words = OWN_WORDS.get(name) or str(error)[:MOST_WORDS] or names[0]
                cut = name == "RemoteProtocolError" and any(part in words for part in CUT)
                place = origin_of(url) if sent else f"could not send a request to {origin_of(url)}"
                failure = Failure(kind="connection_lost" if cut else kind, message=f"{place}: {words}")
                return TransportError(failure, sent=sent)
    raise error


def origin_of(url: str) -> str:
    """Scheme, host and port: what tells a server, without a user's name, a password or a key in the query.

    >>> origin_of("https://user:password@example.org:8443/v1/chat?key=secret")
    'https://example.org:8443'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
