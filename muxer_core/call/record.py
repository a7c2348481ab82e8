"""`Books`: what one call keeps of its attempts: their records, their money, and the warnings for its caller."""

from __future__ import annotations

from collections.abc import Sequence

from muxer_core.call.attempt import Attempt
from muxer_core.call.operation import Operation
from muxer_core.call.outcome import AttemptRecord, CallStatus, Outcome
from muxer_core.call.plan import Plan
from muxer_core.call.settlement import FREE, book
from muxer_core.values.amount import Usd
from muxer_core.values.failure import Failure
from muxer_core.values.usage import Charge


class Books:
    """The money and the record of one call."""

    __slots__ = ("_call_id", "_operation", "_overrun", "_plan", "_started", "_warnings")

    def __init__(self, call_id: str, operation: Operation, plan: Plan, started: float) -> None:
        self._call_id = call_id
        self._operation = operation
        self._plan = plan
        self._started = started
        self._overrun = False
        self._warnings: list[str] = []

    def warn(self, *warnings: str) -> None:
        """Keep warnings for the outcome, each once."""
        self._warnings += [warning for warning in warnings if warning not in self._warnings]

    def warn_of_rejected(self, served: Attempt, failure: Failure | None) -> None:
        """Say that a judged answer is delivered though it was rejected: later steps failed as `failure` says, or there is none (None)."""
        why = "" if failure is None else f": {failure.describe()}"
        where = self._plan.places[served.place].where
        self.warn(
            f"cascade: {where} answered, and was judged not good enough; delivered all the same, as no later step brought an answer{why}"
        )

    def left(self, attempts: Sequence[Attempt]) -> Usd | None:
        """What remains under the ceiling, counting every attempt at the most that it can have cost; None when there is no ceiling."""
        if self._plan.max_cost is None:
            return None
        if self._overrun:
            # A provider billed above its bound: the proof is gone, and nothing further opens (law 4), not even where it is free.
            return Usd(-1)
        spent = sum(attempt.exposure.pico for attempt in attempts if attempt.exposure is not None)
        return Usd(max(0, self._plan.max_cost.pico - spent))

    def enter(self, attempt: Attempt) -> tuple[AttemptRecord, tuple[Charge, ...]]:
        """Book an attempt that has ended, once; its record and its billable lines."""
        place = self._plan.places[attempt.place]
        booking = book(attempt, place, self._operation.demand, self._plan.policies.book)
        self.warn(*attempt.warnings, *booking.warnings)
        if self._plan.max_cost is not None and booking.cost is not None and attempt.bound is not None:
            self._overrun = self._overrun or booking.cost > attempt.bound
        attempt.exposure = booking.exposure
        attempt.record = AttemptRecord(
            number=attempt.number,
            where=place.where,
            cause=attempt.cause,
            status=attempt.status,
            ended=attempt.ended_at - self._started,
            opened=self._since_start(attempt.opened_at),
            first_chunk=self._since_start(attempt.first_item_at),
            failure=attempt.failure,
            usage=booking.usage,
            cost=booking.cost,
            exact=booking.exact,
            reported_cost=attempt.reported_cost,
        )
        return attempt.record, booking.charges

    def _since_start(self, instant: float | None) -> float | None:
        return None if instant is None else instant - self._started

    def outcome(
        self, status: CallStatus, failure: Failure | None, serving: Attempt | None, attempts: Sequence[Attempt]
    ) -> Outcome:
        """How the call ended, once every attempt was entered."""
        records = tuple(attempt.record for attempt in attempts if attempt.record is not None)
        known = sum((record.cost for record in records if record.cost is not None), FREE)
        cost = None if any(record.cost is None for record in records) else known
        ceiling = self._plan.max_cost
        served = None if serving is None else serving.record
        return Outcome(
            call_id=self._call_id,
            status=status,
            attempts=records,
            decision=self._plan.decision,
            failure=failure,
            finish_reason=serving.finish_reason if serving is not None and status == "complete" else None,
            usage=None if served is None else served.usage,
            cost=cost,
            exact=all(record.exact for record in records),
            over_ceiling=self._overrun or (ceiling is not None and known > ceiling),
            warnings=tuple(self._warnings),
        )
