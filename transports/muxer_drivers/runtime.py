"""What a stream needs of an async library: a timer that can interrupt a wait, and somebody who closes connections in the background."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

from muxer_core.call.events import Event
from muxer_core.call.exchange import AsyncExchange
from muxer_core.call.machine import Call
from muxer_drivers.desk import Desk

LAST_READ = 0.05
"""Seconds that a complete reply's connection is given to bring its end mark, so that it can be used again."""

logger = logging.getLogger(__name__)


class Timer(Protocol):
    """The one timer of a call."""

    async def guard(self, wait: Coroutine[Any, Any, Event]) -> Event | None:
        """Wait, unless the call's `wake_at()` comes first: then let its timers act, and return None.

        If it has come already, nothing is waited for: a consumer who comes back too late finds that time is up.
        """
        ...

    async def sleep(self) -> None:
        """Wait until `wake_at()`, then let the call's timers act."""
        ...

    def stop(self) -> None:
        """The call has ended."""
        ...


class Runtime(Protocol):
    """What a stream needs of an async library."""

    def timer(self, call: Call, desk: Desk) -> Timer:
        """A timer for one call."""
        ...

    async def within(self, seconds: float, wait: Callable[[], Awaitable[None]]) -> None:
        """Wait, but give up quietly after `seconds`."""
        ...

    def close_soon(self, exchange: AsyncExchange) -> None:
        """Have the exchange closed by somebody whom no cancellation of the caller reaches. Does not wait, and does not raise."""
        ...

    async def closed(self) -> None:
        """Wait until everything given to `close_soon` is closed."""
        ...


async def close_quietly(exchange: AsyncExchange) -> None:
    """Close in the background, where an exception has nobody to go to (and would end a whole trio program): it is logged."""
    try:
        await exchange.aclose()
    except Exception:
        logger.exception("a transport failed to close a connection")
