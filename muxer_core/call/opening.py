"""What stands before an attempt: sized under the ceiling, encoded for its place, ready to be reserved and sent."""

from __future__ import annotations

import msgspec

from muxer_core.call.ceiling import allow
from muxer_core.call.operation import Operation
from muxer_core.call.plan import Plan
from muxer_core.values.amount import Usd
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.failure import Failure
from muxer_core.wire.heads import WireRequest


class Opening(msgspec.Struct, frozen=True):
    """A request ready to send; `bound` is the most that it can cost, None when unknown."""

    request: WireRequest
    bound: Usd | None
    warnings: tuple[str, ...]


def prepare(
    plan: Plan, operation: Operation, place: int, tries: int, left: Usd | None, *, first: bool
) -> Opening | Failure:
    """The opening of an attempt at `place`, after `tries` earlier ones there, with `left` US dollars under the ceiling (None: no ceiling).

    What the place's dialect cannot say is a failure of this place; when it is the call's first, `InvalidRequest` is raised instead, since
    the caller is still there to hear it and nothing was sent.
    """
    row = plan.places[place]
    allowance = allow(row, operation.demand, left, plan.ceiling)
    if isinstance(allowance, Failure):
        return allowance
    try:
        encoded = operation.encode(row, max_tokens=allowance.max_tokens, tries=tries)
    except InvalidRequest as problem:
        if first:
            raise
        return Failure(kind="unsupported", message=str(problem), where=row.where)
    return Opening(
        request=encoded.request,
        bound=allowance.bound,
        warnings=(*allowance.warnings, *encoded.warnings),
    )
