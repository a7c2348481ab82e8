"""`Outcome`: how a call ended, with every attempt and what was booked for each.

It lives on the call's floor, not among the values, because it holds the routing decision. An outcome is apart from the model's finish
reason: a cancelled call has none, and a complete reply may have been cut by its length limit.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from muxer_core.routing.decision import Decision
from muxer_core.values.amount import Usd
from muxer_core.values.errors import LocalProtocolError
from muxer_core.values.failure import Failure
from muxer_core.values.items import FinishReason
from muxer_core.values.usage import ReportedCost, Usage

Cause = Literal["first", "retry", "fallback", "hedge", "cascade"]
"""Why an attempt was begun: the first; the same deployment again; another after a failure, before one, or after a judged answer."""

AttemptStatus = Literal["complete", "failed", "cancelled", "lost_race", "rejected_by_judge"]
CallStatus = Literal["complete", "failed", "cancelled"]


class AttemptRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One try at one deployment.

    Times are seconds since the call began: `opened` (None: never sent), `first_chunk` (the first item arrived), `ended`.
    `cost` is what was booked in US dollars, None when its price is unknown; `exact` is False when it was estimated by the provider's
    billing rule, because no usage came. `reported_cost` is what the provider or a proxy named, kept beside ours.
    """

    number: int
    where: str
    cause: Cause
    status: AttemptStatus
    ended: float
    opened: float | None = None
    first_chunk: float | None = None
    failure: Failure | None = None
    usage: Usage | None = None
    cost: Usd | None = None
    exact: bool = True
    reported_cost: ReportedCost | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a call ended.

    `usage` is that of the attempt that served; `cost` is the sum over all attempts, None when the price of one is unknown. `warnings`
    name everything that was changed, dropped or estimated on the caller's behalf. `over_ceiling`: under a `max_cost`, a provider billed
    more than the bound it was sent; what it billed is booked, and nothing further was opened.
    """

    call_id: str
    status: CallStatus
    attempts: tuple[AttemptRecord, ...]
    decision: Decision | None = None
    failure: Failure | None = None
    finish_reason: FinishReason | None = None
    usage: Usage | None = None
    cost: Usd | None = None
    exact: bool = True
    over_ceiling: bool = False
    warnings: tuple[str, ...] = ()


def decision_of(outcome: Outcome) -> Decision:
    """Why a call went where it went. Raises `LocalProtocolError` for one that was not routed: a list of models, a health probe."""
    if outcome.decision is None:
        raise LocalProtocolError("decision: there is none, because this call was not routed to a deployment")
    return outcome.decision


class CallFailed(Exception):
    """A call ended without a complete reply. `outcome` holds the failure, every attempt and what was booked."""

    def __init__(self, outcome: Outcome) -> None:
        failure = outcome.failure
        super().__init__(failure.describe() if failure is not None else f"the call ended as {outcome.status}")
        self.outcome = outcome
