"""The books in memory: what is held is released once, what is booked is booked once, and sums are exact."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.ledger.memory import MemoryLedger
from muxer_core.values.amount import Usd
from muxer_core.values.errors import LocalProtocolError

AMOUNTS = st.none() | st.integers(0, 10**18).map(Usd)


@given(st.lists(st.tuples(st.sampled_from("ab"), AMOUNTS, AMOUNTS), max_size=20), st.randoms())
def test_every_hold_is_settled_once_in_any_order(
    rows: list[tuple[str, Usd | None, Usd | None]], random: Random
) -> None:
    ledger = MemoryLedger()
    for number, (_, bound, _) in enumerate(rows):
        ledger.hold(("call", number), bound)
    assert ledger.held == Usd(sum(bound.pico for _, bound, _ in rows if bound is not None))
    order = list(range(len(rows)))
    random.shuffle(order)
    for number in order:
        where, _, cost = rows[number]
        assert ledger.settle(("call", number), where, cost)
        assert not ledger.settle(("call", number), where, cost)
    assert (ledger.held, ledger.open) == (Usd(0), 0)
    assert ledger.booked == Usd(sum(cost.pico for _, _, cost in rows if cost is not None))
    by_deployment: dict[str, Usd] = {}
    for where, _, cost in rows:
        if cost is not None:
            by_deployment[where] = by_deployment.get(where, Usd(0)) + cost
    assert ledger.booked_by_deployment == by_deployment
    assert sum(ledger.unpriced.values()) == sum(cost is None for _, _, cost in rows)


def test_a_key_is_held_once_at_a_time() -> None:
    ledger = MemoryLedger()
    ledger.hold(("call", 0), Usd(1))
    with pytest.raises(LocalProtocolError, match="held already"):
        ledger.hold(("call", 0), Usd(1))


def test_what_was_never_held_is_not_booked() -> None:
    ledger = MemoryLedger()
    assert not ledger.settle(("call", 0), "a", Usd(1))
    assert ledger.booked == Usd(0)
