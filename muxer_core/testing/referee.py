"""`Referee`: watches the events and commands of one call and objects when a law is broken.

Show it everything, in order. It knows the laws, not the machine: it shares no code with it, so that the two can disagree.
"""

from __future__ import annotations

from muxer_core.call.commands import (
    CloseAttempt,
    Command,
    Deliver,
    Finish,
    Judge,
    OpenAttempt,
    ReadMore,
    Reserve,
    Settle,
)
from muxer_core.call.events import CancelRequested, Event, Judged, ReservationDecided, SettlementRecorded
from muxer_core.values.items import CONTENT, ReplyEnded


class LawBroken(AssertionError):
    """A law was broken; the message names it."""


class Referee:
    """Watches one call. `max_cost` (pico-dollars) is the ceiling to hold it to, `parallel` what the driver can do, `max_attempts` how many
    attempts may be opened, cascade steps apart.
    """

    def __init__(self, *, max_cost: int | None = None, parallel: int = 1, max_attempts: int | None = None) -> None:
        self.reached: set[str] = set()
        self.objected = False
        self._max_cost = max_cost
        self._parallel = parallel
        self._max_attempts = max_attempts
        self._cascades: set[int] = set()
        self._bounds: dict[int, int] = {}
        self._granted: set[int] = set()
        self._settled: dict[int, int] = {}
        self._recorded: set[int] = set()
        self._opened: set[int] = set()
        self._closed: set[int] = set()
        self._reading: set[int] = set()
        self._serving: int | None = None
        self._rejected: list[int] = []
        self._ended = False
        self._cancelled = False
        self._finished = False

    def _demand(self, condition: bool, law: str) -> None:
        if not condition:
            self.objected = True
            raise LawBroken(law)

    def saw_event(self, event: Event) -> None:
        """An event went in."""
        if isinstance(event, CancelRequested):
            if not self._finished:
                self.reached.add("cancel")
                if self._serving is not None and not self._ended:
                    self.reached.add("cancel mid-stream")
            self._cancelled = True
            return
        self._reading.discard(event.attempt)
        if isinstance(event, ReservationDecided):
            if event.granted:
                self._granted.add(event.attempt)
            else:
                self._bounds[event.attempt] = 0
        elif isinstance(event, SettlementRecorded):
            self._recorded.add(event.attempt)
        elif isinstance(event, Judged) and not event.accepted:
            self._rejected.append(event.attempt)

    def saw_command(self, command: Command) -> None:
        """A command came out."""
        self._demand(not self._finished, "Finish is the last command")
        match command:
            case Reserve():
                self._reserve(command)
            case OpenAttempt():
                self._open(command)
            case ReadMore():
                self._demand(command.attempt in self._opened - self._closed, "only an open attempt is read")
                self._demand(command.attempt not in self._reading, "at most one read is outstanding")
                self._demand(not self._cancelled, "nothing is read after a cancellation (law 7)")
                self._reading.add(command.attempt)
            case Judge():
                self.reached.add("judge")
                self._demand(self._serving is None, "nothing is judged after the commit")
            case Deliver():
                self._deliver(command)
            case CloseAttempt():
                self._demand(command.attempt in self._opened, "only what was opened is closed")
                self._demand(command.attempt not in self._closed, "an attempt is closed once")
                self._closed.add(command.attempt)
            case Settle():
                self._settle(command)
            case Finish():
                self._finish(command)

    def at_rest(self) -> None:
        """Every command was taken: what must hold between two events."""
        if self._serving is not None:
            self._demand(self._opened - self._closed <= {self._serving}, "who lost the race is closed at once (law 2)")
        if self._cancelled:
            self._demand(self._opened == self._closed, "a cancellation closes everything at once (law 7)")

    def _reserve(self, command: Reserve) -> None:
        self.reached.add(command.cause)
        self._demand(command.attempt not in self._bounds, "an attempt is reserved once")
        self._demand(not self._cancelled, "nothing begins after a cancellation (law 7)")
        self._demand(self._serving is None, "nothing begins after the commit (law 2)")
        if self._max_cost is not None:
            self._demand(command.amount is not None, "under a ceiling every attempt has a bound (law 4)")
            bound = 0 if command.amount is None else command.amount.pico
            held = sum(self._bounds[number] for number in self._bounds if number not in self._settled)
            self._demand(
                sum(self._settled.values()) + held + bound <= self._max_cost,
                "booked + held + bound <= max_cost (law 4)",
            )
        self._bounds[command.attempt] = 0 if command.amount is None else command.amount.pico
        if command.cause == "cascade":
            self._cascades.add(command.attempt)

    def _open(self, command: OpenAttempt) -> None:
        self._demand(command.attempt in self._granted, "an attempt opens after its reservation was granted (law 3)")
        self._demand(command.attempt not in self._opened, "an attempt opens once")
        self._demand(self._serving is None, "nothing opens after the commit (law 2)")
        self._demand(not self._cancelled, "nothing opens after a cancellation (law 7)")
        self._opened.add(command.attempt)
        if self._max_attempts is not None:
            self._demand(
                len(self._opened - self._cascades) <= self._max_attempts,
                "no more attempts than the policy allows (law 6)",
            )
        self._demand(
            len(self._opened - self._closed) <= self._parallel, "no more attempts are open than the driver can run"
        )

    @property
    def serving(self) -> int | None:
        """The attempt whose items were delivered, or None."""
        return self._serving

    def _deliver(self, command: Deliver) -> None:
        self._demand(not self._cancelled, "nothing is delivered after a cancellation (law 7)")
        self._demand(bool(command.items), "a delivery is never empty")
        self._demand(self._serving in (None, command.attempt), "items come from one attempt only (law 2)")
        rejected = command.attempt in self._rejected
        self._demand(
            not rejected or command.attempt == self._rejected[-1], "only the last rejected answer is delivered"
        )
        if self._serving is None:
            kinds = {type(item) for item in command.items}
            self._demand(bool(kinds & {*CONTENT, ReplyEnded}), "the first delivery brings content or the end (law 2)")
        self._demand(not self._ended, "nothing follows the end of a reply")
        self._serving = command.attempt
        self._ended = any(isinstance(item, ReplyEnded) for item in command.items)
        self.reached.add("deliver")

    def _settle(self, command: Settle) -> None:
        self._demand(command.attempt in self._granted, "only a granted reservation is settled (law 3)")
        self._demand(command.attempt not in self._settled, "a reservation is settled once (law 3)")
        self._demand(command.attempt == command.record.number, "a settlement speaks of its own attempt")
        if command.attempt in self._opened:
            self._demand(command.attempt in self._closed, "a connection is let go before its attempt is settled")
        cost = command.record.cost
        spent = 0 if cost is None else cost.pico
        # An estimate never makes room under the ceiling: what may have been spent is the bound.
        self._settled[command.attempt] = spent if command.record.exact else max(spent, self._bounds[command.attempt])

    def _finish(self, command: Finish) -> None:
        outcome = command.outcome
        self._finished = True
        self._demand(self._opened == self._closed, "opens equal closes")
        self._demand(self._granted == set(self._settled), "every granted reservation is settled (law 3)")
        self._demand(self._recorded == set(self._settled), "Finish follows every SettlementRecorded (law 3)")
        self._demand(
            [one.number for one in outcome.attempts] == list(range(len(outcome.attempts))), "every attempt has a record"
        )
        if outcome.status == "complete":
            self._demand(self._ended or self._cancelled, "no reply is complete without its evidence (law 2)")
            if self._serving in self._rejected:
                said = any(warning.startswith("cascade: ") for warning in outcome.warnings)
                self._demand(said, "a rejected answer is delivered with a warning")
                elsewhere = len({one.where for one in outcome.attempts}) > 1
                self._demand(elsewhere, "a rejected answer is delivered only after another place was tried")
            self.reached.add("complete")
        else:
            self._demand(outcome.failure is not None, "what is not complete says why")
        if outcome.cost is not None:
            total = sum(0 if one.cost is None else one.cost.pico for one in outcome.attempts)
            self._demand(outcome.cost.pico == total, "the outcome's cost is the sum of its attempts (law 5)")

    @property
    def finished(self) -> bool:
        """Did the call end?"""
        return self._finished
