"""Which event answers which command, and what becomes of an event that answers none: a late one is ignored, any other is misuse."""

from __future__ import annotations

from muxer_core.call.attempt import Attempt, Awaited
from muxer_core.call.commands import Judge, Reserve, Settle
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
from muxer_core.values.errors import LocalProtocolError

OWED: dict[type, Awaited] = {Reserve: "reservation", Judge: "verdict", Settle: "settlement"}
"""What the driver owes once it took a command. `OpenAttempt` (a head) and `ReadMore` (data) start timers, too: see the machine."""

ANSWERS: dict[type, Awaited] = {
    ReservationDecided: "reservation",
    Connected: "head",
    ResponseStarted: "head",
    DataReceived: "data",
    BodyEnded: "data",
    TransportFailed: "data",
    Judged: "verdict",
    SettlementRecorded: "settlement",
}
"""What an event answers. A failed transport answers an opening as well."""


def answers(event: Event, attempt: Attempt) -> bool:
    """Does an event that `ANSWERS` does not match answer what the attempt waits for all the same?

    False: it comes too late, which is normal, and changes nothing.

    Raises `LocalProtocolError` when nothing of the kind was asked for.
    """
    assert not isinstance(event, CancelRequested)  # noqa: S101 - for the type checkers: a cancellation answers nothing
    if isinstance(event, TransportFailed) and attempt.awaiting == "head":
        return True
    if attempt.state in ("settling", "closed") and not isinstance(event, SettlementRecorded | ReservationDecided):
        return False
    raise LocalProtocolError(
        f"{type(event).__name__}: attempt {attempt.number} is {attempt.state} and waits for {attempt.awaiting}"
    )
