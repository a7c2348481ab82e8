"""`Call`: the machine that runs one logical call with all its attempts. Events in, commands out, one `wake_at`.

How to drive it (the whole contract is in `docs/concepts/drivers.md`):

1. Take commands with `next_command(moment)` and execute each as taken, until it returns None or one that concerns the consumer.
2. Feed each answer as an event with `handle_event(event, moment)`.
3. When `wake_at()` has passed, call `handle_timeout(moment)`. Early, late and repeated calls do no harm.

Retry, fallback, hedge and cascade are one mechanism, "begin another attempt"; only *when* differs. The rules live elsewhere: legal moves
in `transitions`, what follows a failure in `policies`, what may be spent in `ceiling`, what is booked in `settlement`. Nothing here knows
a dialect, a clock or a random source. Late events of attempts that are no longer live are ignored *before* any strict check.
"""

from __future__ import annotations

from math import inf
from typing import Literal, assert_never

import msgspec

from muxer_core.call.answers import ANSWERS, OWED, answers
from muxer_core.call.attempt import Attempt
from muxer_core.call.capabilities import DriverCapabilities
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
from muxer_core.call.events import (
    BodyEnded,
    CancelRequested,
    Connected,
    DataReceived,
    Event,
    Judged,
    ReservationDecided,
    ResponseStarted,
    SettlementRecorded,
    TransportFailed,
)
from muxer_core.call.next_step import Try, next_step, telling
from muxer_core.call.opening import prepare
from muxer_core.call.operation import Operation
from muxer_core.call.outcome import AttemptStatus, CallStatus, Cause
from muxer_core.call.plan import Plan
from muxer_core.call.record import Books
from muxer_core.call.transitions import AttemptInput, CallInput, CallState, move_call
from muxer_core.values.errors import LocalProtocolError
from muxer_core.values.failure import Failure
from muxer_core.values.items import FailureReported, Item
from muxer_core.values.moment import Moment
from muxer_core.values.seeded import Seeded
from muxer_core.wire.heads import ResponseHead

LARGEST_ERROR_BODY = 64 * 1024
"""Bytes of an error reply that are read for the server's words. What lies beyond is not needed to understand it."""

NO_EVIDENCE = Failure(kind="truncated", message="the reply ended without its end mark")

_STOPS: dict[CallStatus, CallInput] = {"complete": "completed", "failed": "failed", "cancelled": "cancelled"}


class Call:
    """One call. `operation` is what it is for, `plan` where it may go; `seed` feeds the jitter of its backoffs (law 9).

    Raises `InvalidRequest` when the request cannot be encoded for its first place: nothing was sent then.
    """

    __slots__ = (
        "_attempts",
        "_books",
        "_capabilities",
        "_deadline",
        "_failure",
        "_hedge_at",
        "_hedges",
        "_operation",
        "_plan",
        "_queue",
        "_random",
        "_rejected",
        "_serving",
        "_stall",
        "_state",
        "_status",
        "call_id",
    )

    def __init__(
        self,
        operation: Operation,
        plan: Plan,
        *,
        call_id: str,
        seed: int,
        moment: Moment,
        capabilities: DriverCapabilities = DriverCapabilities(),
    ) -> None:
        self.call_id = call_id
        self._operation = operation
        self._plan = plan
        self._capabilities = capabilities
        self._random = Seeded(seed)
        self._stall = plan.policies.timeouts.stall
        timeout = plan.policies.timeouts.call
        self._deadline = inf if timeout is None else moment.mono + timeout
        self._hedge_at = inf
        self._hedges = 0
        self._state: CallState = "seeking"
        self._status: CallStatus = "complete"
        self._failure: Failure | None = None
        self._serving: Attempt | None = None
        self._rejected: Deliver | None = None
        self._attempts: list[Attempt] = []
        self._queue: list[Command] = []
        self._books = Books(call_id, operation, plan, moment.mono)
        self._begin(plan.choices.chosen, "first", 0.0, moment, first=True)

    # -- what a driver uses ---------------------------------------------------------------------------------------------------------

    @property
    def plan(self) -> Plan:
        """Where the call may go, and by which policies."""
        return self._plan

    @property
    def state(self) -> CallState:
        """`seeking`, `committed`, `ending` or `finished`."""
        return self._state

    def next_command(self, moment: Moment) -> Command | None:
        """The next wish, or None when the call waits for an event or for its timer. Execute it as taken."""
        if not self._queue:
            return None
        command = self._queue.pop(0)
        if isinstance(command, Deliver):
            return command
        if isinstance(command, ReadMore):
            attempt = self._attempts[command.attempt]
            attempt.awaiting = "data"
            if attempt.first_chunk_at == inf:
                stall_at = attempt.stall_at = moment.mono + self._stall
                attempt.wake = stall_at if stall_at < attempt.deadline else attempt.deadline
        elif isinstance(command, OpenAttempt):
            self._opened(self._attempts[command.attempt], moment)
        elif isinstance(command, Reserve | Judge | Settle):
            self._attempts[command.attempt].awaiting = OWED[type(command)]
        return command

    def handle_event(self, event: Event, moment: Moment) -> None:
        """Take in a fact. Raises `LocalProtocolError` when it answers nothing that was asked."""
        if isinstance(event, CancelRequested):
            self._cancel(event.reason, moment)
            return
        number, attempts = event.attempt, self._attempts
        if not 0 <= number < len(attempts):
            raise LocalProtocolError(f"event.attempt: there is no attempt {number}")
        attempt = attempts[number]
        if attempt.awaiting != ANSWERS[type(event)] and not answers(event, attempt):
            return
        if isinstance(event, DataReceived):
            attempt.awaiting = "nothing"
            if attempt.first_chunk_at == inf:
                # From here it is the consumer's time, until the next `ReadMore` is taken.
                attempt.stall_at = inf
                attempt.wake = attempt.deadline
            self._data(attempt, event.data, moment)
        elif isinstance(event, Connected):
            attempt.connect_at = inf
            attempt.rearm()
        else:
            attempt.awaiting = "nothing"
            self._answered(attempt, event, moment)

    def handle_timeout(self, moment: Moment) -> None:
        """Let the timers act. Does nothing before `wake_at()`."""
        now = moment.mono
        if self.wake_at() > now:
            return
        if self._deadline <= now:
            self._stop("failed", self._plan.policies.timeouts.expired("call_timeout"), moment)
            return
        for attempt in list(self._attempts):
            due = attempt.due(now)
            if due == "backoff":
                attempt.due_at = inf
                attempt.rearm()
                self._reserve(attempt, moment)
            elif due is not None:
                self._fail(attempt, self._refusal(attempt, moment) or self._plan.policies.timeouts.expired(due), moment)
        if self._hedge_at <= now:
            self._hedge(moment)

    def wake_at(self) -> float:
        """The monotonic instant at which `handle_timeout` has something to do; infinity when there is none."""
        wake = self._deadline
        for attempt in self._attempts:
            if attempt.wake < wake:
                wake = attempt.wake
        return wake if wake < self._hedge_at else self._hedge_at

    def wake_reason(self) -> str:
        """What `wake_at` waits for, for people: a timer's name and its attempt, or `nothing`."""
        wake = self.wake_at()
        if wake == inf:
            return "nothing"
        if wake == self._deadline:
            return "call_timeout"
        for attempt in self._attempts:
            if attempt.wake == wake:
                return f"{attempt.due(wake)} of attempt {attempt.number}"
        return "hedge"

    # -- beginning attempts ---------------------------------------------------------------------------------------------------------

    def _begin(self, place: int, cause: Cause, delay: float, moment: Moment, *, first: bool = False) -> None:
        """Add an attempt; ask for its reservation now, or after `delay` seconds."""
        cascade = self._plan.policies.cascade
        judged = False
        if cascade is not None:
            steps = 1 + sum(attempt.status == "rejected_by_judge" for attempt in self._attempts)
            judged = steps < cascade.steps and self._plan.choices.next_choice(self._tried() | 1 << place) is not None
        attempt = Attempt(len(self._attempts), place, cause, moment.mono + delay, judged=judged)
        self._attempts.append(attempt)
        if delay <= 0.0:
            attempt.due_at = inf
            attempt.rearm()
            self._reserve(attempt, moment, first=first)

    def _reserve(self, attempt: Attempt, moment: Moment, *, first: bool = False) -> None:
        """Size the attempt under the ceiling, encode its request, and ask for the money."""
        tries = sum(other.place == attempt.place for other in self._attempts) - 1
        left = self._books.left(self._attempts)
        opening = prepare(self._plan, self._operation, attempt.place, tries, left, first=first)
        if isinstance(opening, Failure):
            self._fail(attempt, opening, moment)
            return
        self._books.warn(*opening.warnings)
        attempt.request = opening.request
        attempt.bound = attempt.exposure = opening.bound
        attempt.move("due", "reserving")
        self._queue.append(
            Reserve(
                call_id=self.call_id,
                attempt=attempt.number,
                place=None if self._plan.decision is None else attempt.place,
                where=self._plan.places[attempt.place].where,
                cause=attempt.cause,
                amount=opening.bound,
                tokens=self._operation.demand.input_estimate,
                context=self._plan.context,
            )
        )

    def _opened(self, attempt: Attempt, moment: Moment) -> None:
        """The driver took `OpenAttempt`: the attempt's clocks start."""
        timeouts = self._plan.policies.timeouts
        now = moment.mono
        attempt.awaiting = "head"
        attempt.opened_at = now
        attempt.opened_wall = moment.wall
        attempt.sent = True
        attempt.connect_at = now + timeouts.connect if self._capabilities.reports_connected else inf
        attempt.open = True
        attempt.first_chunk_at = now + timeouts.first_chunk if self._operation.streamed else inf
        attempt.deadline = inf if timeouts.attempt is None else now + timeouts.attempt
        attempt.rearm()
        hedge = self._plan.policies.hedge
        if hedge is not None and self._hedges < hedge.max_hedges and self._capabilities.max_parallel > 1:
            self._hedge_at = now + hedge.after

    def _hedge(self, moment: Moment) -> None:
        """The first attempts are slow: begin another beside them, if there is another place and room."""
        self._hedge_at = inf
        live = sum(attempt.is_live for attempt in self._attempts)
        begun = sum(
            attempt.cause != "cascade" and (attempt.is_live or attempt.opened_at is not None)
            for attempt in self._attempts
        )
        place = self._plan.choices.next_choice(self._tried())
        room = live < self._capabilities.max_parallel and begun < self._plan.policies.retry.max_attempts
        if room and place is not None:
            self._hedges += 1
            self._begin(place, "hedge", 0.0, moment)

    def _tried(self) -> int:
        return sum(dict.fromkeys(1 << attempt.place for attempt in self._attempts))

    # -- answers --------------------------------------------------------------------------------------------------------------------

    def _answered(
        self,
        attempt: Attempt,
        event: ReservationDecided | ResponseStarted | BodyEnded | TransportFailed | Judged | SettlementRecorded,
        moment: Moment,
    ) -> None:
        """Everything but data, which has the short way of its own in `handle_event`."""
        match event:
            case ReservationDecided(granted=True):
                self._granted(attempt, moment)
            case ReservationDecided():
                failure = event.failure or Failure(
                    kind="refused_by_budget", message="the ledger did not grant the reservation"
                )
                self._fail(attempt, failure, moment, fact="not_granted")
            case ResponseStarted():
                self._head(attempt, event.head, moment)
            case BodyEnded():
                self._body_ended(attempt, moment)
            case TransportFailed():
                attempt.sent = event.sent
                self._fail(attempt, self._refusal(attempt, moment) or event.failure, moment)
            case Judged():
                self._judged(attempt, moment, accepted=event.accepted)
            case SettlementRecorded():
                attempt.move("recorded", "closed")
                self._finish_if_settled()
            case _:
                assert_never(event)

    def _granted(self, attempt: Attempt, moment: Moment) -> None:
        attempt.granted = True
        if attempt.state == "abandoned":
            attempt.move("granted", "settling")
            self._settle(attempt, moment)
            return
        attempt.move("granted", "opening")
        timeouts = self._plan.policies.timeouts
        assert attempt.request is not None  # noqa: S101 - for the type checkers: it was encoded before the reservation
        self._queue.append(
            OpenAttempt(
                attempt=attempt.number,
                request=attempt.request,
                connect_timeout=timeouts.connect,
                read_timeout=timeouts.stall if self._operation.streamed else timeouts.call or inf,
            )
        )

    def _head(self, attempt: Attempt, head: ResponseHead, moment: Moment) -> None:
        attempt.head = head
        attempt.connect_at = inf
        exceeded = head.crossed(self._plan.limits)
        if exceeded is not None:
            self._fail(attempt, exceeded.failure(), moment)
            return
        if head.is_success:
            attempt.move("head", "receiving")
            attempt.decoder = self._operation.decoder(self._plan.places[attempt.place], head, limits=self._plan.limits)
        else:
            attempt.move("error_head", "refused")
            attempt.first_chunk_at = inf
        attempt.rearm()
        self._queue.append(attempt.read_more)

    def _data(self, attempt: Attempt, data: bytes, moment: Moment) -> None:
        if attempt.decoder is None:
            attempt.error_body += data
            if len(attempt.error_body) > LARGEST_ERROR_BODY:
                self._body_ended(attempt, moment)
                return
        else:
            items = attempt.decoder.receive_data(data)
            if items:
                self._take(attempt, items, moment)
                if attempt.state != "receiving":
                    return
        self._queue.append(attempt.read_more)

    def _body_ended(self, attempt: Attempt, moment: Moment) -> None:
        refusal = self._refusal(attempt, moment)
        if refusal is not None or attempt.decoder is None:
            self._fail(attempt, refusal or NO_EVIDENCE, moment)
            return
        self._take(attempt, attempt.decoder.receive_eof(), moment)
        if attempt.state == "receiving":
            # A decoder must say at the end which it was. One that does not is never believed to be complete (law 2).
            self._fail(attempt, NO_EVIDENCE, moment)

    def _refusal(self, attempt: Attempt, moment: Moment) -> Failure | None:
        """What an error status means, once its body is there (or as much of it as will come)."""
        if attempt.state != "refused" or attempt.head is None:
            return None
        place = self._plan.places[attempt.place]
        return self._operation.failure(place, attempt.head, bytes(attempt.error_body), moment=moment)

    def _take(self, attempt: Attempt, items: list[Item], moment: Moment) -> None:
        """Note what the items mean for the call, then deliver or hold them."""
        content, ended, failure = attempt.read(items)
        if attempt.first_item_at is None:
            attempt.first_item_at = moment.mono
            attempt.first_chunk_at = inf
            attempt.rearm()
        if failure is not None:
            items = [item for item in items if type(item) is not FailureReported]
        if attempt is self._serving:
            if items:
                self._queue.append(Deliver(attempt.number, tuple(items)))
        else:
            failure = self._hold(attempt, items, failure, moment, commits=content or ended)
        if failure is not None:
            self._fail(attempt, failure, moment)
        elif ended:
            self._completed(attempt, moment)

    def _hold(
        self, attempt: Attempt, items: list[Item], failure: Failure | None, moment: Moment, *, commits: bool
    ) -> Failure | None:
        """Before the commit: keep items back until content comes, bounded. Returns the failure to act on, if any."""
        attempt.held += items
        if commits and not attempt.judged:
            self._commit(attempt, moment)
            return failure
        limit = self._plan.limits.held_items
        if failure is None and len(attempt.held) > limit:
            return Failure(
                kind="limit_exceeded", message=f"more than {limit} items came before the answer could be delivered"
            )
        return failure

    # -- ends -----------------------------------------------------------------------------------------------------------------------

    def _commit(self, attempt: Attempt, moment: Moment) -> None:
        """From here the call stands or falls with this attempt. What was held is delivered; the others have lost the race."""
        self._serving = attempt
        self._state = move_call(self._state, "content", "committed")
        self._hedge_at = inf
        self._queue.append(Deliver(attempt.number, tuple(attempt.held)))
        attempt.held = []
        for other in self._attempts:
            if other is not attempt and other.is_live:
                self._wind_down(other, "withdrawn", "lost_race", moment)

    def _completed(self, attempt: Attempt, moment: Moment) -> None:
        """The reply has its evidence of completion."""
        attempt.whole = True
        if attempt.judged:
            attempt.disarm()
            attempt.move("ended", "judging")
            self._close(attempt, clean=True)
            self._queue.append(Judge(attempt.number, tuple(attempt.held)))
            return
        self._wind_down(attempt, "ended", "complete", moment)
        self._stop("complete", None, moment)

    def _judged(self, attempt: Attempt, moment: Moment, *, accepted: bool) -> None:
        place = None if accepted else self._plan.choices.next_choice(self._tried())
        if place is None:
            if not accepted:
                self._books.warn_of_rejected(attempt, None)
            self._commit(attempt, moment)
            self._wind_down(attempt, "verdict", "complete", moment)
            self._stop("complete", None, moment)
            return
        if self._plan.policies.cascade is not None and self._plan.policies.cascade.deliver_rejected:
            self._rejected = Deliver(attempt.number, tuple(attempt.held))
        self._wind_down(attempt, "verdict", "rejected_by_judge", moment)
        self._begin(place, "cascade", 0.0, moment)

    def _fail(
        self, attempt: Attempt, failure: Failure, moment: Moment, *, fact: Literal["failed", "not_granted"] = "failed"
    ) -> None:
        """An attempt did not bring its reply. Another may follow, unless content was delivered or another is still racing."""
        place = self._plan.places[attempt.place]
        attempt.failure = failure = failure if failure.where else msgspec.structs.replace(failure, where=place.where)
        abandoned = attempt.state == "abandoned"
        self._wind_down(attempt, fact, attempt.status if abandoned else "failed", moment)
        if attempt is self._serving:
            self._stop("failed", failure, moment)
        elif self._state == "seeking" and not any(other.is_live for other in self._attempts):
            tries = [Try(one.place, one.cause, one.opened_at is not None) for one in self._attempts]
            step = next_step(failure, attempt.place, tries, self._plan, self._random.uniform())
            if step is None:
                self._stop("failed", telling([one.failure for one in self._attempts], failure), moment)
            else:
                self._begin(step.place, step.cause, step.delay, moment)
        else:
            self._finish_if_settled()

    def _cancel(self, reason: str, moment: Moment) -> None:
        if self._state in ("seeking", "committed"):
            self._stop("cancelled", Failure(kind="cancelled", message=reason), moment)
        self._queue = [command for command in self._queue if type(command) is not Deliver]

    def _stop(self, status: CallStatus, failure: Failure | None, moment: Moment) -> None:
        """Only obligations are left: every attempt still live is let go and settled, then `Finish` follows."""
        if status == "failed" and self._state == "seeking" and self._rejected is not None:
            status = (
                "complete"  # nothing better came: the last answer that was judged is paid for, and better than none
            )
            self._serving = self._attempts[self._rejected.attempt]
            self._state = move_call(self._state, "content", "committed")
            self._queue.append(self._rejected)
            self._books.warn_of_rejected(self._serving, failure)
        self._status, self._failure = status, failure if status != "complete" else None
        self._state = move_call(self._state, _STOPS[status], "ending")
        self._deadline = self._hedge_at = inf
        ended_as: AttemptStatus = "cancelled" if status == "cancelled" else "failed"
        for attempt in self._attempts:
            if attempt.is_live:
                attempt.failure = failure
                self._wind_down(attempt, "withdrawn", ended_as, moment)
        self._finish_if_settled()

    def _wind_down(self, attempt: Attempt, fact: AttemptInput, status: AttemptStatus, moment: Moment) -> None:
        """The attempt is over: take back what was not yet taken, let go of its connection, settle what was granted."""
        number = attempt.number
        self._queue = [
            command
            for command in self._queue
            if not (isinstance(command, ReadMore | OpenAttempt | Judge | Reserve) and command.attempt == number)
        ]
        attempt.end(status, moment.mono)
        self._close(attempt, clean=status == "complete")
        if attempt.granted:
            attempt.move(fact, "settling")
            self._settle(attempt, moment)
        elif attempt.state == "reserving" and attempt.awaiting == "reservation":
            attempt.move(fact, "abandoned")
        else:
            attempt.move(fact, "closed")
            self._books.enter(attempt)

    def _close(self, attempt: Attempt, *, clean: bool) -> None:
        if attempt.open:
            attempt.open = False
            self._queue.append(CloseAttempt(attempt.number, clean))

    def _settle(self, attempt: Attempt, moment: Moment) -> None:
        record, charges = self._books.enter(attempt)
        self._queue.append(
            Settle(
                call_id=self.call_id,
                attempt=attempt.number,
                place=None if self._plan.decision is None else attempt.place,
                reserved=attempt.bound,
                charges=charges,
                record=record,
                context=self._plan.context,
            )
        )

    def _finish_if_settled(self) -> None:
        if self._state == "ending" and all(attempt.state == "closed" for attempt in self._attempts):
            self._state = move_call("ending", "all_settled", "finished")
            self._queue.append(Finish(self._books.outcome(self._status, self._failure, self._serving, self._attempts)))
