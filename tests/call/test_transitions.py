"""The tables: every move is used, every diagram is drawn from them, and what is not in them raises."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from muxer_core.call.transitions import (
    ATTEMPT,
    CALL,
    AttemptInput,
    AttemptState,
    CallInput,
    CallState,
    move_attempt,
    move_call,
)
from muxer_core.values.errors import LocalProtocolError


@pytest.mark.parametrize(
    ("state", "fact", "target"), product(get_args(AttemptState), get_args(AttemptInput), get_args(AttemptState))
)
def test_an_attempt_moves_as_the_table_says_and_not_otherwise(
    state: AttemptState, fact: AttemptInput, target: AttemptState
) -> None:
    if target in ATTEMPT.get((state, fact), ()):
        assert move_attempt(state, fact, target) == target
    else:
        with pytest.raises(LocalProtocolError, match=f"{state} cannot become {target} on {fact}"):
            move_attempt(state, fact, target)


@pytest.mark.parametrize(("state", "fact", "target"), product(get_args(CallState), get_args(CallInput), get_args(CallState)))
def test_a_call_moves_as_the_table_says_and_not_otherwise(state: CallState, fact: CallInput, target: CallState) -> None:
    if target in CALL.get((state, fact), ()):
        assert move_call(state, fact, target) == target
    else:
        with pytest.raises(LocalProtocolError, match=f"{state} cannot become {target} on {fact}"):
            move_call(state, fact, target)


def test_every_state_can_reach_the_end() -> None:
    for table, end in ((ATTEMPT, "closed"), (CALL, "finished")):
        moves: dict[str, set[str]] = {}
        for (state, _), targets in table.items():
            moves.setdefault(state, set()).update(targets)
        for state in moves:
            reached, frontier = {state}, [state]
            while frontier:
                for target in moves.get(frontier.pop(), set()) - reached:
                    reached.add(target)
                    frontier.append(target)
            assert end in reached
