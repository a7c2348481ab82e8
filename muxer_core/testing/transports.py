"""Scripted transports, async and sync: they play the scripts of `muxer_core.simulation.script` to a driver, without a network.

Give them the `sleep` of your concurrency library (`trio.sleep`, `asyncio.sleep`, `time.sleep`, or a virtual clock's) and a function that
chooses a script for each attempt. They keep what was opened and what is still open, so that a test can ask what was left behind.

    transport = SyncScriptedTransport(lambda command: REFUSED_CONNECTION, clock.sleep)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from muxer_core.call.commands import OpenAttempt
from muxer_core.call.exchange import TransportError
from muxer_core.simulation.script import Break, Data, End, Hang, Head, Playback, Script
from muxer_core.values.failure import Failure
from muxer_core.wire.heads import Headers, ResponseHead

Upstream = Callable[[OpenAttempt], Script]
"""What the upstream does with each attempt."""

Arrival = Head | Data | End | Break | Hang
"""What a script brings when its time has come."""

FOREVER = 1e9
"""Seconds for which a script hangs: longer than any timeout, and still a number that every `sleep` takes."""


class OutOfScript(AssertionError):
    """The driver asked for something that cannot come now, such as a body before its head."""


def _head_of(step: Arrival) -> ResponseHead:
    if isinstance(step, Break):
        raise TransportError(Failure(kind=step.kind, message=step.message), sent=step.sent)
    if not isinstance(step, Head):
        raise OutOfScript(f"a reply begins with its head, not with {step}")
    return ResponseHead(step.status, Headers(step.headers))


def _body_of(step: Arrival) -> bytes:
    if isinstance(step, Break):
        raise TransportError(Failure(kind=step.kind, message=step.message), sent=step.sent)
    if isinstance(step, Head):
        raise OutOfScript("a reply has one head")
    return step.data if isinstance(step, Data) else b""


class AsyncScriptedExchange:
    """One reply that is played from a script."""

    def __init__(self, head: ResponseHead, playback: Playback, sleep: Callable[[float], Awaitable[None]]) -> None:
        self.head = head
        self.closed = False
        self._playback = playback
        self._sleep = sleep
        self._ended = False

    async def read(self) -> bytes:
        """The bytes of the next step, when its time has come."""
        if self._ended:
            return b""
        seconds, step = self._playback.next()
        await self._sleep(seconds)
        while isinstance(step, Hang):
            await self._sleep(FOREVER)
        data = _body_of(step)
        self._ended = not data
        return data

    async def read_to_end(self) -> None:
        """What is left of the script."""
        try:
            while await self.read():
                pass
        except TransportError:
            pass

    async def aclose(self) -> None:
        """Closed; a test can see it."""
        await self._sleep(0.0)
        self.closed = True


class AsyncScriptedTransport:
    """Plays scripts on any async library. `opened` lists all exchanges in order; `commands` what asked for them."""

    def __init__(self, upstream: Upstream, sleep: Callable[[float], Awaitable[None]]) -> None:
        self.opened: list[AsyncScriptedExchange] = []
        self.commands: list[OpenAttempt] = []
        self.closed = False
        self._upstream = upstream
        self._sleep = sleep

    async def open(self, command: OpenAttempt) -> AsyncScriptedExchange:
        """The head of the script's reply, when its time has come."""
        self.commands.append(command)
        playback = Playback(self._upstream(command))
        seconds, step = playback.next()
        await self._sleep(seconds)
        while isinstance(step, Hang):
            await self._sleep(FOREVER)
        exchange = AsyncScriptedExchange(_head_of(step), playback, self._sleep)
        self.opened.append(exchange)
        return exchange

    async def aclose(self) -> None:
        """Closed; a test can see it."""
        self.closed = True

    @property
    def left_open(self) -> int:
        """Exchanges that nobody closed."""
        return sum(not exchange.closed for exchange in self.opened)


class SyncScriptedExchange:
    """One reply that is played from a script."""

    def __init__(self, head: ResponseHead, playback: Playback, sleep: Callable[[float], None]) -> None:
        self.head = head
        self.closed = False
        self._player = _Player(playback, sleep)
        self._ended = False

    def read(self, timeout: float) -> bytes | None:
        """The bytes of the next step, when its time has come; None when nothing came for `timeout` seconds."""
        if self._ended:
            return b""
        step = self._player.next_within(timeout)
        if step is None:
            return None
        data = _body_of(step)
        self._ended = not data
        return data

    def close(self) -> None:
        """Closed; a test can see it."""
        self.closed = True


class SyncScriptedTransport:
    """Plays scripts in plain threads. The twin of `AsyncScriptedTransport`."""

    def __init__(self, upstream: Upstream, sleep: Callable[[float], None]) -> None:
        self.opened: list[SyncScriptedExchange] = []
        self.commands: list[OpenAttempt] = []
        self.closed = False
        self._upstream = upstream
        self._sleep = sleep

    def open(self, command: OpenAttempt, timeout: float) -> SyncScriptedExchange | None:
        """The head of the script's reply, when its time has come; None when it did not come for `timeout` seconds."""
        self.commands.append(command)
        playback = Playback(self._upstream(command))
        step = _Player(playback, self._sleep).next_within(timeout)
        if step is None:
            return None
        exchange = SyncScriptedExchange(_head_of(step), playback, self._sleep)
        self.opened.append(exchange)
        return exchange

    def close(self) -> None:
        """Closed; a test can see it."""
        self.closed = True

    @property
    def left_open(self) -> int:
        """Exchanges that nobody closed."""
        return sum(not exchange.closed for exchange in self.opened)


class _Player:
    """Plays a script to a reader who does not wait longer than it says. What did not come yet comes later."""

    def __init__(self, playback: Playback, sleep: Callable[[float], None]) -> None:
        self._playback = playback
        self._sleep = sleep
        self._coming: tuple[float, Arrival] | None = None

    def next_within(self, timeout: float) -> Arrival | None:
        """The next step, or None after `timeout` seconds."""
        seconds, step = self._coming or self._playback.next()
        if isinstance(step, Hang):
            seconds = FOREVER
        if seconds > timeout:
            self._coming = seconds - timeout, step
            self._sleep(timeout)
            return None
        self._coming = None
        self._sleep(seconds)
        return step
