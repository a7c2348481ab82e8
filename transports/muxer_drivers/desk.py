"""`Desk`: answers the commands of a call that need no network, for every driver alike: `Reserve`, `Settle` and `Judge`.

None of its methods waits for the network, so that obligations can be met while a task is being cancelled. A `Muxer` may be shared by
threads: one lock a ledger guards it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol
from weakref import WeakKeyDictionary

from muxer_core.call.commands import CloseAttempt, Finish, Judge, Reserve, Settle
from muxer_core.call.events import CancelRequested, Event, Judged, ReservationDecided, SettlementRecorded
from muxer_core.call.judging import Judging, accept_every_answer
from muxer_core.call.machine import Call
from muxer_core.call.outcome import Outcome
from muxer_core.values.moment import Moment
from muxer_drivers.world import Clock, Identity, new_call_id, new_seed, system_clock


class Ledger(Protocol):
    """Holds and records money. `Muxer` is one; a store of yours can be another."""

    def reserve(self, command: Reserve, moment: Moment) -> ReservationDecided:
        """Hold the amount, or say why not."""
        ...

    def settle(self, command: Settle, moment: Moment) -> SettlementRecorded:
        """Record the truth. Neither waits nor raises."""
        ...


_locks: WeakKeyDictionary[Ledger, threading.Lock] = WeakKeyDictionary()
_locks_guard = threading.Lock()


def lock_of(ledger: Ledger) -> threading.Lock:
    """The lock that guards `ledger`, whichever drivers and threads share it."""
    with _locks_guard:
        return _locks.setdefault(ledger, threading.Lock())


class Desk:
    """Answers for one client's calls. `judge` says whether a cascade's answer is good enough; `clock` and `sleep` can be virtual."""

    __slots__ = ("_judge", "_ledger", "lock", "now", "sleep")

    def __init__(
        self,
        ledger: Ledger,
        *,
        judge: Judging = accept_every_answer,
        clock: Clock = system_clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._ledger = ledger
        self._judge = judge
        self.lock = lock_of(ledger)
        self.now = clock
        self.sleep = sleep

    def identity(self) -> Identity:
        """What makes a new call itself: its id, its seed and its first moment."""
        return {"call_id": new_call_id(), "seed": new_seed(), "moment": self.now()}

    def answer(self, command: Reserve | Settle | Judge) -> Event:
        """The event that answers the command."""
        match command:
            case Reserve():
                with self.lock:
                    return self._ledger.reserve(command, self.now())
            case Settle():
                with self.lock:
                    return self._ledger.settle(command, self.now())
            case Judge():
                return Judged(command.attempt, self._judge(command.items))

    def left(self, call: Call) -> float:
        """Seconds until the call's timers want to act; infinity when they never do."""
        return max(0.0, call.wake_at() - self.now().mono)

    def time_passed(self, call: Call) -> None:
        """A wait until `wake_at()` is over: let the call's timers act.

        Clocks differ in grain, so that a wait may end a hair early. To the call it is then as late as it asked for.
        """
        moment = self.now()
        call.handle_timeout(moment.later(max(0.0, call.wake_at() - moment.mono)))

    def abandon(
        self, call: Call, error: BaseException | None, let_go: Callable[[CloseAttempt], None]
    ) -> Outcome | None:
        """Give the call up because of `error` (None: its consumer left) and meet its obligations, without waiting for anything (law 7).

        Returns its outcome; None when the ledger itself failed, so that a reservation stays unanswered.
        """
        call.handle_event(CancelRequested(_reason(error)), self.now())
        while (command := call.next_command(self.now())) is not None:
            if isinstance(command, CloseAttempt):
                let_go(command)
            elif isinstance(command, Settle):
                call.handle_event(self.answer(command), self.now())
            elif isinstance(command, Finish):
                return command.outcome
        return None


def _reason(error: BaseException | None) -> str:
    """Why a call was given up, in words that are the same on every concurrency library."""
    if error is None:
        return "the stream was left before its end"
    if isinstance(error, Exception):
        return f"stopped by {type(error).__name__}"
    return CancelRequested().reason
