"""How a stream's call ended, for both kinds of stream: there is one outcome, or a clear word that there is none yet."""

from __future__ import annotations

from muxer_core.call.outcome import CallFailed, Outcome
from muxer_core.values.errors import LocalProtocolError


def ended(outcome: Outcome | None) -> Outcome:
    """The outcome that a stream shows. Raises `LocalProtocolError` while there is none, and says what to do."""
    if outcome is None:
        raise LocalProtocolError(
            "outcome: the call has not ended; read the stream to its end, or leave its `with` block, before you ask"
        )
    return outcome


def ended_well(outcome: Outcome | None) -> bool:
    """Has the call ended, and well? Raises `CallFailed` when it ended otherwise."""
    if outcome is not None and outcome.status != "complete":
        raise CallFailed(outcome)
    return outcome is not None
