"""The driver for plain threads: carries out a call's commands in the thread that consumes it.

A blocking read cannot be interrupted: it is told how long it may wait, and the call's timers act when it comes back. A transport that
cannot be told (httpx fixes the pause when the body begins) lets a deadline be passed by at most `OpenAttempt.read_timeout`.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Self

from muxer_core.call.commands import CloseAttempt, Deliver, Finish, OpenAttempt, ReadMore
from muxer_core.call.events import BodyEnded, DataReceived, Event, ResponseStarted, TransportFailed
from muxer_core.call.machine import Call
from muxer_core.call.outcome import CallFailed, Outcome
from muxer_core.values.items import Item
from muxer_drivers.desk import Desk
from muxer_core.call.exchange import SyncExchange, SyncTransport, TransportError
from muxer_drivers.thread_reaper import ThreadReaper


class SyncStream:
    """The items of one call. Use it as `with`; iterate it; `outcome` is there when it has ended."""

    def __init__(self, call: Call, desk: Desk, transport: SyncTransport, reaper: ThreadReaper) -> None:
        self.call = call
        self.outcome: Outcome | None = None
        self._desk = desk
        self._transport = transport
        self._reaper = reaper
        self._exchanges: dict[int, SyncExchange] = {}
        self._ready: tuple[Item, ...] = ()
        self._position = 0

    def __enter__(self) -> Self:
        self._fill()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abandon("the stream was left before its end")

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        if self._position == len(self._ready) and not self._fill():
            raise StopIteration
        self._position += 1
        return self._ready[self._position - 1]

    def next_batch(self) -> tuple[Item, ...]:
        """Everything that one read brought; empty at the end. Raises `CallFailed`."""
        if self._position == len(self._ready):
            self._fill()
        batch = self._ready[self._position :]
        self._position = len(self._ready)
        return batch

    def _fill(self) -> bool:
        """Run the call until items are ready (True) or it has ended well (False). Raises `CallFailed`."""
        if self.outcome is not None:
            return False
        try:
            self._ready, self._position = self._run(), 0
        except BaseException as error:
            self.abandon(type(error).__name__)
            raise
        if self.outcome is not None and self.outcome.status != "complete":
            raise CallFailed(self.outcome)
        return self.outcome is None

    def _run(self) -> tuple[Item, ...]:
        """Carry out commands until one concerns the consumer: a delivery, or the end."""
        call, now = self.call, self._desk.now
        while True:
            command, event = call.next_command(now()), None
            if type(command) is ReadMore:
                event = self._read(command.attempt) or self._time_passed()
            elif type(command) is Deliver:
                return command.items
            elif command is None:
                self._desk.sleep(max(0.0, call.wake_at() - now().mono))
                self._time_passed()
            elif isinstance(command, OpenAttempt):
                event = self._open(command) or self._time_passed()
            elif isinstance(command, CloseAttempt):
                self._let_go(command)
            elif isinstance(command, Finish):
                self.outcome = command.outcome
                return ()
            else:
                event = self._desk.answer(command)
            if event is not None:
                call.handle_event(event, now())

    def _time_passed(self) -> None:
        """Nothing came for as long as the call could wait: let its timers act."""
        moment = self._desk.now()
        self.call.handle_timeout(moment.later(max(0.0, self.call.wake_at() - moment.mono)))

    def _wait(self) -> float:
        return max(0.0, self.call.wake_at() - self._desk.now().mono)

    def _open(self, command: OpenAttempt) -> Event | None:
        try:
            exchange = self._transport.open(command, self._wait())
        except TransportError as error:
            return TransportFailed(command.attempt, error.failure, error.sent)
        if exchange is None:
            return None
        self._exchanges[command.attempt] = exchange
        return ResponseStarted(command.attempt, exchange.head)

    def _read(self, attempt: int) -> Event | None:
        try:
            data = self._exchanges[attempt].read(self._wait())
        except TransportError as error:
            return TransportFailed(attempt, error.failure, error.sent)
        if data is None:
            return None
        return DataReceived(attempt, data) if data else BodyEnded(attempt)

    def _let_go(self, command: CloseAttempt) -> None:
        exchange = self._exchanges.pop(command.attempt, None)
        if exchange is not None:
            self._reaper.take(exchange, clean=command.clean)

    def abandon(self, reason: str) -> None:
        """Give the call up: connections are closed, what is owed is settled."""
        if self.outcome is None:
            self.outcome = self._desk.abandon(self.call, reason, self._let_go)
