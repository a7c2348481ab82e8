"""The tables: every move is used, every diagram is drawn from them, and what is not in them raises."""

from __future__ import annotations

from itertools import product
from typing import Any, get_args

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


def test_an_attempt_moves_as_the_table_says_and_not_otherwise() -> None:
    states: tuple[AttemptState, ...] = get_args(AttemptState)
    facts: tuple[AttemptInput, ...] = get_args(AttemptInput)
    for state, fact, target in product(states, facts, states):
        if target in ATTEMPT.get((state, fact), ()):
            assert move_attempt(state, fact, target) == target
        else:
            with pytest.raises(LocalProtocolError, match=f"{state} cannot become {target} on {fact}"):
                move_attempt(state, fact, target)


def test_a_call_moves_as_the_table_says_and_not_otherwise() -> None:
    states: tuple[CallState, ...] = get_args(CallState)
    facts: tuple[CallInput, ...] = get_args(CallInput)
    for state, fact, target in product(states, facts, states):
        if target in CALL.get((state, fact), ()):
            assert move_call(state, fact, target) == target
        else:
            with pytest.raises(LocalProtocolError, match=f"{state} cannot become {target} on {fact}"):
                move_call(state, fact, target)


def test_every_state_can_reach_the_end() -> None:
    tables: list[tuple[dict[Any, Any], str]] = [(ATTEMPT, "closed"), (CALL, "finished")]
    for table, end in tables:
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
