"""`SyncStream`: carries out a call's commands in the thread that consumes it.

The twin of `AsyncStream`. A blocking wait cannot be interrupted: it is told how long it may last, and then the call's timers act.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from types import TracebackType
from typing import Self

from muxer_core.call.commands import CloseAttempt, Deliver, Finish, OpenAttempt, ReadMore
from muxer_core.call.events import BodyEnded, DataReceived, Event, ResponseStarted, TransportFailed
from muxer_core.call.exchange import SyncExchange, SyncTransport, TransportError
from muxer_core.call.machine import Call
from muxer_core.call.outcome import Outcome
from muxer_core.values.items import Item
from muxer_drivers.desk import Desk
from muxer_drivers.ending import ended, ended_well
from muxer_drivers.runtime import LAST_READ


class SyncStream:
    """The items of one call. Use it as `with`; iterate it; `outcome` is there when it has ended."""

    __slots__ = ("_complete", "_desk", "_exchanges", "_outcome", "_ready", "_transport", "call")

    def __init__(self, call: Call, desk: Desk, transport: SyncTransport) -> None:
        self.call = call
        self._outcome: Outcome | None = None
        self._desk = desk
        self._transport = transport
        self._exchanges: dict[int, SyncExchange] = {}
        self._complete: list[SyncExchange] = []
        self._ready: Iterator[Item] = iter(())

    @property
    def outcome(self) -> Outcome:
        """How the call ended. Raises `LocalProtocolError` before its end."""
        return ended(self._outcome)

    def __enter__(self) -> Self:
        self._fill()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._abandon(error)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Item:
        item = next(self._ready, None)
        if item is None:
            if not self._fill():
                raise StopIteration
            item = next(self._ready)  # what is delivered is never empty
        return item

    def next_batch(self) -> tuple[Item, ...]:
        """Everything that one read brought; empty at the end. Raises `CallFailed`."""
        return tuple(self._ready) or (tuple(self._ready) if self._fill() else ())

    def _fill(self) -> bool:
        """Run the call until items are ready (True) or it has ended well (False). Raises `CallFailed`."""
        if self._outcome is not None:
            return False
        try:
            self._ready = iter(self._run())
        except BaseException as error:
            self._abandon(error)
            raise
        return not ended_well(self._outcome)

    def _run(self) -> tuple[Item, ...]:
        """Carry out commands until one concerns the consumer: a delivery, or the end."""
        call, now, desk = self.call, self._desk.now, self._desk
        while True:
            command, event = call.next_command(now()), None
            if isinstance(command, ReadMore):
                event = self._read(command.attempt)
            elif isinstance(command, Deliver):
                return command.items
            elif command is None:
                desk.sleep(desk.left(call))
                desk.time_passed(call)
            elif isinstance(command, OpenAttempt):
                event = self._open(command)
            elif isinstance(command, CloseAttempt):
                self._let_go(command)
            elif isinstance(command, Finish):
                self._outcome = command.outcome
                self._read_end_marks()
                return ()
            else:
                event = desk.answer(command)
            if event is not None:
                call.handle_event(event, now())

    def _open(self, command: OpenAttempt) -> Event | None:
        """What came of opening; None when nothing came in time and the call's timers have acted."""
        left = self._desk.left(self.call)
        try:
            exchange = self._transport.open(command, left) if left > 0.0 else None
        except TransportError as error:
            return TransportFailed(command.attempt, error.failure, error.sent)
        if exchange is None:
            self._desk.time_passed(self.call)
            return None
        self._exchanges[command.attempt] = exchange
        return ResponseStarted(command.attempt, exchange.head)

    def _read(self, attempt: int) -> Event | None:
        """What a read brought; None when nothing came in time and the call's timers have acted."""
        left = self._desk.left(self.call)
        try:
            data = self._exchanges[attempt].read(left) if left > 0.0 else None
        except TransportError as error:
            return TransportFailed(attempt, error.failure, error.sent)
        if data is None:
            self._desk.time_passed(self.call)
            return None
        return DataReceived(attempt, data) if data else BodyEnded(attempt)

    def _let_go(self, command: CloseAttempt) -> None:
        exchange = self._exchanges.pop(command.attempt, None)
        if exchange is not None and command.clean:
            self._complete.append(exchange)
        elif exchange is not None:  # else its opening failed or was interrupted, and the transport has seen to it
            exchange.close()

    def _read_end_marks(self) -> None:
        """Give complete replies a moment to end, so that their connections can be used again. Nothing is owed any more by now."""
        while self._complete:
            exchange = self._complete.pop()
            until = self._desk.now().mono + LAST_READ
            with closing(exchange), suppress(TransportError):
                while (left := until - self._desk.now().mono) > 0.0 and exchange.read(left):
                    pass

    def _abandon(self, error: BaseException | None) -> None:
        """Give the call up: connections are closed, what is owed is settled. Does not wait for the network."""
        self._ready = iter(())
        self._outcome = self._outcome or self._desk.abandon(self.call, error, self._let_go)
        for exchange in (*self._exchanges.values(), *self._complete):
            exchange.close()
        self._exchanges, self._complete = {}, []
