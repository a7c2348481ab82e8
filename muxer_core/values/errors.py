"""Exceptions. There are two kinds of blame, and they never mix.

`LocalProtocolError` is raised at once when *our caller* misuses the API; it names the field. What *the other side* did is a `Failure`
value; it becomes an exception only at the very edge, as `CallFailed(outcome)`, and never as an exception group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from muxer_core.values.outcome import Outcome


class LocalProtocolError(Exception):
    """The API was misused: a bad argument, or an event that the state of a call does not allow. Nothing was sent."""


class InvalidRequest(LocalProtocolError, ValueError):
    """An argument of a request cannot be right. `field` names it, as a caller would write it.

    >>> raise InvalidRequest("max_tokens", "must be at least 1, got 0")
    Traceback (most recent call last):
    ...
    muxer_core.values.errors.InvalidRequest: max_tokens: must be at least 1, got 0
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class CallFailed(Exception):
    """A call ended without a complete reply. `outcome` holds the failure, every attempt and what was booked."""

    def __init__(self, outcome: Outcome) -> None:
        failure = outcome.failure
        super().__init__(failure.describe() if failure is not None else f"the call ended as {outcome.status}")
        self.outcome = outcome
