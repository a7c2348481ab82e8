"""Debug logging: each request and its reply at level DEBUG of the logger `modelmuxer`, and never a secret.

A credential is not in a request as we see it here. What users or servers wrote into a body is masked, and so is the credential itself,
should a server repeat it: a body is therefore logged when it is there as a whole, or as far as `LOGGED`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from itertools import count

from muxer_core.call.commands import OpenAttempt
from muxer_core.call.exchange import AsyncExchange, AsyncTransport, TransportError
from muxer_core.dialects.masking import mask_secrets
from muxer_core.wire.heads import ResponseHead

logger = logging.getLogger("modelmuxer")

_numbers = count(1)
"""Requests of this process that were logged: what belongs together has one number."""

LOGGED = 10_000
"""Characters of a body that are logged."""

MARGIN = 1_000
"""Bytes kept beyond `LOGGED`, so that a secret across the cut is still known as one. A longer secret makes it longer."""


def logs_wanted() -> bool:
    """Does anybody listen at level DEBUG?"""
    return logger.isEnabledFor(logging.DEBUG)


def shown(body: bytes, secrets: Sequence[str], *, size: int) -> str:
    """The beginning of a body of `size` bytes, without secrets.

    >>> shown(b'{"key": "hunter22", "a": 1}', ["hunter22"], size=27)
    '{"key": "***", "a": 1}'
    """
    text = body.decode("utf-8", "replace")
    for secret in secrets:
        text = text.replace(secret, "***").replace(json.dumps(secret)[1:-1], "***")
    text = mask_secrets(text)
    return text if len(text) <= LOGGED else f"{text[:LOGGED]}… ({size} bytes)"


async def open_logged(transport: AsyncTransport, command: OpenAttempt, secrets: Sequence[str]) -> AsyncExchange:
    """Send the request and wait for the head, and log both. Raises `TransportError`."""
    wire = command.request
    number = next(_numbers)
    body = shown(wire.body, secrets, size=len(wire.body))
    logger.debug("request %d: %s %s %r %s", number, wire.method, wire.url, wire.headers, body)
    try:
        exchange = await transport.open(command)
    except TransportError as error:
        logger.debug("request %d: %s", number, error)
        raise
    headers = shown(repr(exchange.head.headers).encode(), secrets, size=0)
    logger.debug("request %d: status %d %s", number, exchange.head.status, headers)
    return LoggedExchange(exchange, number, secrets)


class LoggedExchange:
    """An exchange whose body is logged when it ends, or is closed before."""

    __slots__ = ("_body", "_exchange", "_kept", "_logged", "_number", "_secrets", "_size")

    def __init__(self, exchange: AsyncExchange, number: int, secrets: Sequence[str]) -> None:
        self._exchange = exchange
        self._number = number
        self._secrets = secrets
        self._kept = LOGGED + MARGIN + max(map(len, secrets), default=0)
        self._body = b""
        self._size = 0
        self._logged = False

    @property
    def head(self) -> ResponseHead:
        """Status and headers."""
        return self._exchange.head

    async def read(self) -> bytes:
        """The next bytes of the body."""
        data = await self._exchange.read()
        self._size += len(data)
        if len(self._body) < self._kept:
            self._body += data[: self._kept]
        if not data:
            self._log("ended")
        return data

    async def read_to_end(self) -> None:
        """Take in what is left."""
        self._log("ended")
        await self._exchange.read_to_end()

    async def aclose(self) -> None:
        """Let go of the connection."""
        self._log("closed before its end")
        await self._exchange.aclose()

    def _log(self, how: str) -> None:
        if not self._logged:
            self._logged = True
            logger.debug(
                "request %d: reply %s: %s", self._number, how, shown(self._body, self._secrets, size=self._size)
            )
