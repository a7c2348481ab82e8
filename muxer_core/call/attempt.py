"""`Attempt`: the state of one try, with its timers. Only the machine changes it, and its `state` only through the table.

Timers are instants on the monotonic clock, infinity when not armed. `wake` is the earliest of them; `due` says which one it is.
`exposure` is the most that the attempt can have cost, for the ceiling: its bound while it is open, what was booked once that is exact.
"""

from __future__ import annotations

from math import inf
from typing import Literal

from muxer_core.call.commands import ReadMore
from muxer_core.call.outcome import AttemptRecord, AttemptStatus, Cause
from muxer_core.call.transitions import AttemptInput, AttemptState, move_attempt
from muxer_core.dialects.protocol import ReplyDecoder
from muxer_core.values.amount import Usd
from muxer_core.values.failure import Failure, FailureKind
from muxer_core.values.items import (
    CONTENT,
    AudioDelta,
    ChoiceFinished,
    CostReported,
    FailureReported,
    FinishReason,
    Item,
    ReasoningDelta,
    RefusalDelta,
    ReplyEnded,
    TextDelta,
    ToolCallDelta,
    UsageReported,
    WarningReported,
)
from muxer_core.values.usage import ReportedCost, Unit, Usage
from muxer_core.wire.heads import ResponseHead, WireRequest

Awaited = Literal["nothing", "reservation", "head", "data", "verdict", "settlement"]
"""Which answer the driver owes for a command that it took."""

MOST_WARNINGS = 32
"""Warnings kept of one reply. A server that misreports every chunk says nothing new after that."""


_CONTENT = frozenset(CONTENT)


def _length(item: Item) -> int:
    """Characters that were billed as output: thinking and the arguments of tools count like text."""
    match item:
        case ReasoningDelta() | RefusalDelta():
            return len(item.text)
        case ToolCallDelta():
            return len(item.name or "") + len(item.arguments)
        case AudioDelta():
            return len(item.transcript)
        case _:
            return 0


class Attempt:
    """One try at one place. See `AttemptRecord` for what is kept of it."""

    __slots__ = (
        "awaiting",
        "billed",
        "bound",
        "cause",
        "connect_at",
        "deadline",
        "decoder",
        "delivered",
        "due_at",
        "ended_at",
        "error_body",
        "exposure",
        "failure",
        "fees",
        "finish_reason",
        "first_chunk_at",
        "first_item_at",
        "granted",
        "head",
        "held",
        "judged",
        "number",
        "open",
        "opened_at",
        "opened_wall",
        "place",
        "read_more",
        "record",
        "reported_cost",
        "request",
        "sent",
        "stall_at",
        "state",
        "status",
        "text_length",
        "usage",
        "wake",
        "warnings",
        "whole",
    )

    def __init__(self, number: int, place: int, cause: Cause, due_at: float, *, judged: bool) -> None:
        self.number = number
        self.place = place
        self.cause: Cause = cause
        self.judged = judged
        self.state: AttemptState = "planned"
        self.status: AttemptStatus = "failed"
        self.awaiting: Awaited = "nothing"
        self.due_at = due_at
        self.connect_at = inf
        self.first_chunk_at = inf
        self.stall_at = inf
        self.deadline = inf
        self.wake = due_at
        self.bound: Usd | None = None
        self.granted = False
        self.request: WireRequest | None = None
        self.sent = False
        self.whole = False
        self.open = False
        self.read_more = ReadMore(number)
        self.opened_at: float | None = None
        self.opened_wall = 0.0
        self.first_item_at: float | None = None
        self.ended_at = inf
        self.head: ResponseHead | None = None
        self.decoder: ReplyDecoder | None = None
        self.error_body = bytearray()
        self.held: list[Item] = []
        self.delivered = False
        self.text_length = 0
        self.usage: Usage | None = None
        self.billed: Usage | None = None
        self.fees: tuple[tuple[Unit, int], ...] = ()
        self.warnings: list[str] = []
        self.reported_cost: ReportedCost | None = None
        self.finish_reason: FinishReason | None = None
        self.failure: Failure | None = None
        self.exposure: Usd | None = None
        self.record: AttemptRecord | None = None

    def move(self, fact: AttemptInput, target: AttemptState) -> None:
        """Change the state, if the table allows it."""
        self.state = move_attempt(self.state, fact, target)

    @property
    def is_live(self) -> bool:
        """Can it still bring an answer?"""
        return self.state in ("planned", "reserving", "opening", "receiving", "refused", "judging")

    def note(self, item: Item) -> None:
        """Keep what an item says about money and ends. A later report replaces an earlier one; the first answer's end counts."""
        if isinstance(item, UsageReported):
            self.usage, self.billed, self.fees = item.usage, item.billed, item.fees
        elif isinstance(item, CostReported):
            self.reported_cost = item.cost
        elif isinstance(item, ChoiceFinished) and (item.choice == 0 or self.finish_reason is None):
            self.finish_reason = item.reason
        elif isinstance(item, WarningReported) and len(self.warnings) < MOST_WARNINGS:
            self.warnings.append(item.message)

    def read(self, items: list[Item]) -> tuple[bool, bool, Failure | None]:
        """Keep what the items say about the call. Is there content among them, the end of the reply, a failure?"""
        content = ended = False
        failure: Failure | None = None
        for item in items:
            if type(item) is TextDelta:
                content = True
                self.text_length += len(item.text)
            elif type(item) in _CONTENT:
                content = True
                self.text_length += _length(item)
            elif isinstance(item, FailureReported):
                failure = item.failure
            elif type(item) is ReplyEnded:
                ended = True
            else:
                self.note(item)
        if content:
            self.delivered = True
        return content, ended, failure

    def end(self, status: AttemptStatus, now: float) -> None:
        """The attempt waits for nothing but obligations: clear every timer and what was held back."""
        self.status = status
        self.ended_at = now
        self.due_at = self.connect_at = self.first_chunk_at = self.stall_at = self.deadline = self.wake = inf
        self.held = []
        self.decoder = None
        self.request = None
        if self.awaiting != "reservation":
            self.awaiting = "nothing"

    def rearm(self) -> None:
        """Recompute `wake` after a timer was set or cleared."""
        self.wake = min(self.due_at, self.connect_at, self.first_chunk_at, self.stall_at, self.deadline)

    def disarm(self) -> None:
        """Clear every timer: the attempt waits for a verdict."""
        self.first_chunk_at = self.stall_at = self.deadline = self.wake = inf

    def due(self, now: float) -> FailureKind | Literal["backoff"] | None:
        """The timer that has run out at `now`, in a fixed order, or None."""
        if self.due_at <= now:
            return "backoff"
        if self.deadline <= now:
            return "attempt_timeout"
        if self.connect_at <= now:
            return "connect_timeout"
        if self.first_chunk_at <= now:
            return "first_chunk_timeout"
        if self.stall_at <= now:
            return "stall_timeout"
        return None
