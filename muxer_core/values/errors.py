"""Exceptions. There are two kinds of blame, and they never mix.

`LocalProtocolError` is raised at once when *our caller* misuses the API; it names the field. What *the other side* did is a `Failure`
value; it becomes an exception only at the very edge, as `muxer_core.call.outcome.CallFailed`, and never as an exception group.
"""

from __future__ import annotations


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
