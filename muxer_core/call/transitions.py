"""Every state that a call and an attempt can be in, and every move between them. Nothing else may know a second copy.

A move that is not in these tables is a defect of ours and raises at once. Targets are *sets*, so that guarded moves show in the diagram
that `scripts/draw_states.py` generates from here into `docs/concepts/call.md`. What does not fit the tables: an event for an attempt
that is no longer live is ignored before any move is tried.
"""

from __future__ import annotations

from typing import Literal

from muxer_core.values.errors import LocalProtocolError

AttemptState = Literal[
    "planned", "reserving", "abandoned", "opening", "receiving", "refused", "judging", "settling", "closed"
]
AttemptInput = Literal[
    "due", "granted", "not_granted", "head", "error_head", "ended", "failed", "withdrawn", "verdict", "recorded"
]

ATTEMPT: dict[tuple[AttemptState, AttemptInput], frozenset[AttemptState]] = {
    # Its time has come (at once, or after a backoff), but the ceiling may not leave room for it.
    ("planned", "due"): frozenset({"reserving"}),
    ("planned", "failed"): frozenset({"closed"}),
    ("planned", "withdrawn"): frozenset({"closed"}),
    ("reserving", "granted"): frozenset({"opening"}),
    ("reserving", "not_granted"): frozenset({"closed"}),
    # Withdrawn while the ledger is being asked: the answer must be waited for, since a grant must be settled.
    ("reserving", "withdrawn"): frozenset({"abandoned", "closed"}),
    ("abandoned", "granted"): frozenset({"settling"}),
    ("abandoned", "not_granted"): frozenset({"closed"}),
    ("opening", "head"): frozenset({"receiving"}),
    ("opening", "error_head"): frozenset({"refused"}),
    ("opening", "failed"): frozenset({"settling"}),
    ("opening", "withdrawn"): frozenset({"settling"}),
    ("receiving", "ended"): frozenset({"settling", "judging"}),
    ("receiving", "failed"): frozenset({"settling"}),
    ("receiving", "withdrawn"): frozenset({"settling"}),
    # An error status: its body is read, bounded, for the server's own words.
    ("refused", "failed"): frozenset({"settling"}),
    ("refused", "withdrawn"): frozenset({"settling"}),
    ("judging", "verdict"): frozenset({"settling"}),
    ("judging", "withdrawn"): frozenset({"settling"}),
    ("settling", "recorded"): frozenset({"closed"}),
}

CallState = Literal["seeking", "committed", "ending", "finished"]
CallInput = Literal["content", "completed", "failed", "cancelled", "all_settled"]

CALL: dict[tuple[CallState, CallInput], frozenset[CallState]] = {
    # Nothing was delivered yet: attempts may fail, race and follow each other.
    ("seeking", "content"): frozenset({"committed"}),
    ("seeking", "completed"): frozenset({"ending"}),
    ("seeking", "failed"): frozenset({"ending"}),
    ("seeking", "cancelled"): frozenset({"ending"}),
    # Content was delivered: the call stands or falls with the attempt that it came from (law 2).
    ("committed", "completed"): frozenset({"ending"}),
    ("committed", "failed"): frozenset({"ending"}),
    ("committed", "cancelled"): frozenset({"ending"}),
    # Only obligations are left.
    ("ending", "all_settled"): frozenset({"finished"}),
}


def move_attempt(state: AttemptState, fact: AttemptInput, target: AttemptState) -> AttemptState:
    """`target`, if the table allows it. Raises `LocalProtocolError` otherwise."""
    if target not in ATTEMPT.get((state, fact), ()):
        raise LocalProtocolError(f"an attempt that is {state} cannot become {target} on {fact}")
    return target


def move_call(state: CallState, fact: CallInput, target: CallState) -> CallState:
    """`target`, if the table allows it. Raises `LocalProtocolError` otherwise."""
    if target not in CALL.get((state, fact), ()):
        raise LocalProtocolError(f"a call that is {state} cannot become {target} on {fact}")
    return target
