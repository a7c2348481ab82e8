"""Keys take turns, and a refused one rests: any sequence of uses, refusals and pauses, judged by a model of the module's table."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from muxer_core.fleet.key_turns import KeyTurns, Refusal, refusal_of
from muxer_core.fleet.policies import KeyPolicy
from muxer_core.values.errors import InvalidRequest, LocalProtocolError

POLICY = KeyPolicy(refused=100.0, limited=10.0, limited_max=40.0)


class Turns(RuleBasedStateMachine):
    """`rests` is what was said of each key: pairs of when its rest ends. `used` counts uses since somebody last began or ended a rest."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.last = -1
        self.used: Counter[int] = Counter()

    @initialize(keys=st.integers(1, 5))
    def begin(self, keys: int) -> None:
        self.turns = KeyTurns(keys, POLICY)
        self.rests: list[list[float]] = [[] for _ in range(keys)]

    def resting(self, key: int) -> bool:
        return any(end > self.now for end in self.rests[key])

    @rule()
    def use(self) -> None:
        taken = self.turns.take(self.now)
        keys = range(len(self.rests))
        awake = [key for key in keys if not self.resting(key)]
        if awake:
            assert taken in awake
            # Nobody awake was passed over: all that stand between the last one and this one rest.
            step = (taken - self.last - 1) % len(self.rests)
            assert all(self.resting((self.last + 1 + skipped) % len(self.rests)) for skipped in range(step))
            self.used[taken] += 1
            counts = [self.used[key] for key in awake]
            assert max(counts) - min(counts) <= 1
        else:
            assert max(self.rests[taken]) == min(max(self.rests[key]) for key in keys)
        self.last = taken

    @precondition(lambda self: self.last >= 0)
    @rule(status=st.sampled_from([200, 400, 401, 402, 403, 404, 429, 500, 529]), asked=st.none() | st.floats(0, 90))
    def answer(self, status: int, asked: float | None) -> None:
        refusal = refusal_of(status)
        if refusal is None:
            return
        self.turns.tell(self.last, refusal, asked, self.now)
        seconds = 100.0 if status != 429 else 10.0 if asked is None else min(asked, 40.0)
        self.rests[self.last].append(self.now + seconds)
        self.used.clear()

    @rule(seconds=st.floats(0.0, 60.0))
    def pause(self, seconds: float) -> None:
        before = [self.resting(key) for key in range(len(self.rests))]
        self.now += seconds
        if before != [self.resting(key) for key in range(len(self.rests))]:
            self.used.clear()


TestTurns = Turns.TestCase


def test_what_a_status_says_of_a_key() -> None:
    said: dict[int, Refusal | None] = {
        status: refusal_of(status) for status in (200, 400, 401, 402, 403, 404, 429, 500)
    }
    assert said == {
        200: None,
        400: None,
        401: "refused",
        402: "refused",
        403: "refused",
        404: None,
        429: "limited",
        500: None,
    }


def test_without_a_refusal_keys_simply_take_turns() -> None:
    turns = KeyTurns(3)
    assert [turns.take(0.0) for _ in range(7)] == [0, 1, 2, 0, 1, 2, 0]


def test_there_must_be_a_key_and_rests_must_be_possible() -> None:
    with pytest.raises(LocalProtocolError, match="at least 1, got 0"):
        KeyTurns(0)
    for field in KeyPolicy.__struct_fields__:
        with pytest.raises(InvalidRequest, match=f"keys.{field}: must be at least 0"):
            KeyPolicy(**{field: -1.0})
