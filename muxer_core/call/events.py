"""Events: the facts that a driver reports to a call. Each answers a command that was taken, except `CancelRequested`.

Every event but that one names its attempt. An event for an attempt that is no longer live is ignored: it lost a race, which is normal.
An event that answers nothing is misuse and raises `LocalProtocolError`.
"""

from __future__ import annotations

import msgspec

from muxer_core.values.failure import Failure
from muxer_core.wire.heads import ResponseHead


class ReservationDecided(msgspec.Struct, frozen=True, gc=False, tag="reservation_decided", omit_defaults=True):
    """Answers `Reserve`. When not granted, `failure` says why and what would help."""

    attempt: int
    granted: bool
    failure: Failure | None = None


class Connected(msgspec.Struct, frozen=True, gc=False, tag="connected"):
    """The connection stands. Sent only by a driver whose capabilities say `reports_connected`."""

    attempt: int


class ResponseStarted(msgspec.Struct, frozen=True, gc=False, tag="response_started"):
    """Answers `OpenAttempt`: status and headers arrived; the body was not touched."""

    attempt: int
    head: ResponseHead


class DataReceived(msgspec.Struct, frozen=True, gc=False, tag="data_received"):
    """Answers `ReadMore`: bytes of the body, content-encoding removed."""

    attempt: int
    data: bytes


class BodyEnded(msgspec.Struct, frozen=True, gc=False, tag="body_ended"):
    """Answers `ReadMore`: the body ended as its framing said it would."""

    attempt: int


class TransportFailed(msgspec.Struct, frozen=True, gc=False, tag="transport_failed", omit_defaults=True):
    """Answers `OpenAttempt` or `ReadMore`: it did not work. `sent` is False only when no byte of the request can have arrived."""

    attempt: int
    failure: Failure
    sent: bool = True


class Judged(msgspec.Struct, frozen=True, gc=False, tag="judged"):
    """Answers `Judge`: is the answer good enough?"""

    attempt: int
    accepted: bool


class SettlementRecorded(msgspec.Struct, frozen=True, gc=False, tag="settlement_recorded"):
    """Answers `Settle`: the ledger holds it."""

    attempt: int


class CancelRequested(msgspec.Struct, frozen=True, gc=False, tag="cancel_requested", omit_defaults=True):
    """The caller wants no more. Legal at any time; deliveries stop, closes and settlements do not."""

    reason: str = "the caller cancelled"


Event = (
    ReservationDecided
    | Connected
    | ResponseStarted
    | DataReceived
    | BodyEnded
    | TransportFailed
    | Judged
    | SettlementRecorded
    | CancelRequested
)
