"""`AsyncStream`: carries out a call's commands in the task that consumes it, on any async library. No task per call, none per chunk.

What differs between libraries stands behind `Runtime`: how a wait is interrupted when the call's time has come, and who closes
connections when nobody may wait for it. Giving a call up never awaits, so that no kind of cancellation can stop it.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Self

from muxer_core.call.commands import CloseAttempt, Deliver, Finish, OpenAttempt, ReadMore
from muxer_core.call.events import BodyEnded, DataReceived, Event, ResponseStarted, TransportFailed
from muxer_core.call.exchange import AsyncExchange, AsyncTransport, TransportError
from muxer_core.call.machine import Call
from muxer_core.call.outcome import Outcome
from muxer_core.values.items import Item
from muxer_drivers.desk import Desk
from muxer_drivers.ending import ended, ended_well
from muxer_drivers.runtime import LAST_READ, Runtime


class AsyncStream:
    """The items of one call. Use it as `async with`; iterate it; `outcome` is there when it has ended."""

    __slots__ = ("_complete", "_desk", "_exchanges", "_outcome", "_ready", "_runtime", "_timer", "_transport", "call")

    def __init__(self, call: Call, desk: Desk, transport: AsyncTransport, runtime: Runtime) -> None:
        self.call = call
        self._outcome: Outcome | None = None
        self._desk = desk
        self._transport = transport
        self._runtime = runtime
        self._timer = runtime.timer(call, desk)
        self._exchanges: dict[int, AsyncExchange] = {}
        self._complete: list[AsyncExchange] = []
        self._ready: Iterator[Item] = iter(())

    @property
    def outcome(self) -> Outcome:
        """How the call ended. Raises `LocalProtocolError` before its end."""
        return ended(self._outcome)

    async def __aenter__(self) -> Self:
        await self._fill()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._abandon(error)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Item:
        item = next(self._ready, None)
        if item is None:
            if not await self._fill():
                raise StopAsyncIteration
            item = next(self._ready)  # what is delivered is never empty
        return item

    async def next_batch(self) -> tuple[Item, ...]:
        """Everything that one read brought; empty at the end. Raises `CallFailed`."""
        return tuple(self._ready) or (tuple(self._ready) if await self._fill() else ())

    async def _fill(self) -> bool:
        """Run the call until items are ready (True) or it has ended well (False). Raises `CallFailed`."""
        if self._outcome is not None:
            return False
        try:
            self._ready = iter(await self._run())
        except BaseException as error:
            self._abandon(error)
            raise
        return not ended_well(self._outcome)

    async def _run(self) -> tuple[Item, ...]:
        """Carry out commands until one concerns the consumer: a delivery, or the end."""
        call, now, timer = self.call, self._desk.now, self._timer
        moment = now()
        while True:
            command, event = call.next_command(moment), None
            if isinstance(command, ReadMore):
                event = await timer.guard(self._read(command.attempt))
            elif isinstance(command, Deliver):
                return command.items
            elif command is None:
                await timer.sleep()
            elif isinstance(command, OpenAttempt):
                event = await timer.guard(self._open(command))
            elif isinstance(command, CloseAttempt):
                self._let_go(command)
            elif isinstance(command, Finish):
                self._outcome = command.outcome
                timer.stop()
                await self._read_end_marks()
                return ()
            else:
                event = self._desk.answer(command)
            moment = now()
            if event is not None:
                call.handle_event(event, moment)

    async def _open(self, command: OpenAttempt) -> Event:
        try:
            exchange = await self._transport.open(command)
        except TransportError as error:
            return TransportFailed(command.attempt, error.failure, error.sent)
        self._exchanges[command.attempt] = exchange
        return ResponseStarted(command.attempt, exchange.head)

    async def _read(self, attempt: int) -> Event:
        try:
            data = await self._exchanges[attempt].read()
        except TransportError as error:
            return TransportFailed(attempt, error.failure, error.sent)
        return DataReceived(attempt, data) if data else BodyEnded(attempt)

    def _let_go(self, command: CloseAttempt) -> None:
        exchange = self._exchanges.pop(command.attempt, None)
        if exchange is not None and command.clean:
            self._complete.append(exchange)
        elif exchange is not None:  # else its opening failed or was interrupted, and the transport has seen to it
            self._runtime.close_soon(exchange)

    async def _read_end_marks(self) -> None:
        """Give complete replies a moment to end, so that their connections can be used again. Nothing is owed any more by now."""
        while self._complete:
            exchange = self._complete.pop()
            try:
                await self._runtime.within(LAST_READ, exchange.read_to_end)
            finally:
                self._runtime.close_soon(exchange)

    def _abandon(self, error: BaseException | None) -> None:
        """Give the call up. Does not wait: connections go to those who close them, what is owed is settled."""
        self._timer.stop()
        self._ready = iter(())
        self._outcome = self._outcome or self._desk.abandon(self.call, error, self._let_go)
        for exchange in (*self._exchanges.values(), *self._complete):
            self._runtime.close_soon(exchange)
        self._exchanges.clear()
        self._complete.clear()
