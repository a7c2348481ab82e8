"""Commands: what a call wishes a driver to do. The driver takes them one by one with `Call.next_command` and executes each as taken.

`CloseAttempt` and `Settle` are obligations: they survive cancellation. Taking `OpenAttempt` or `ReadMore` starts its timers, so that a
consumer who is slow to take the next command never looks like a provider who is slow to answer.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from muxer_core.call.outcome import AttemptRecord, Cause, Outcome
from muxer_core.values.amount import Usd
from muxer_core.values.context import CallContext
from muxer_core.values.items import Item
from muxer_core.values.usage import Charge
from muxer_core.wire.heads import WireRequest


class Reserve(msgspec.Struct, frozen=True, tag="reserve"):
    """Hold `amount` (None: no bound is known) before attempt `attempt` opens; answered by `ReservationDecided`.

    `place` is the deployment's index, None when the call is about a provider and no deployment of it. `cause` lets the answerer charge its
    retry budget (law 6). `tokens` is the input, estimated, for token-rate limits.
    """

    call_id: str
    attempt: int
    place: int | None
    where: str
    cause: Cause
    amount: Usd | None
    tokens: int
    context: CallContext


class OpenAttempt(msgspec.Struct, frozen=True, tag="open_attempt"):
    """Send this request. Answered by (`Connected`,) `ResponseStarted` or `TransportFailed`.

    `connect_timeout` and `read_timeout` (seconds; a pause between two reads) are for transports that keep such clocks themselves.
    """

    attempt: int
    request: WireRequest
    connect_timeout: float
    read_timeout: float


class ReadMore(msgspec.Struct, frozen=True, gc=False, tag="read_more"):
    """Read the next bytes of the body. At most one is outstanding for an attempt."""

    attempt: int


class Judge(msgspec.Struct, frozen=True, tag="judge"):
    """Is this answer good enough, or should the cascade go on? Answered by `Judged`."""

    attempt: int
    items: tuple[Item, ...]


class Deliver(msgspec.Struct, frozen=True, tag="deliver"):
    """Hand these items to the consumer. The first content item commits the call to its attempt (law 2)."""

    attempt: int
    items: tuple[Item, ...]


class CloseAttempt(msgspec.Struct, frozen=True, gc=False, tag="close_attempt"):
    """Let go of the attempt's connection, without waiting. `clean`: the reply is complete, so that what may be left of the body (an end
    mark) can be read briefly in order to use the connection again. Otherwise the peer must see the close at once.
    """

    attempt: int
    clean: bool


class Settle(msgspec.Struct, frozen=True, tag="settle"):
    """Record what attempt `attempt` cost, once; answered by `SettlementRecorded`. `reserved` is what its `Reserve` held."""

    call_id: str
    attempt: int
    place: int | None
    reserved: Usd | None
    charges: tuple[Charge, ...]
    record: AttemptRecord
    context: CallContext


class Finish(msgspec.Struct, frozen=True, tag="finish"):
    """The call is over. Comes exactly once, and last."""

    outcome: Outcome


Command = Reserve | OpenAttempt | ReadMore | Judge | Deliver | CloseAttempt | Settle | Finish

CommandName = Literal["reserve", "open_attempt", "read_more", "judge", "deliver", "close_attempt", "settle", "finish"]
