"""`MemoryLedger`: the books of one process. Holds upper bounds while attempts are open, and books the truth after, each exactly once.

A key is (call id, attempt number). Settling is idempotent: only a held key is booked, so that the same settlement twice is booked once.
Amounts are whole pico-dollars, so that sums are exact in any order.
"""

from __future__ import annotations

from muxer_core.values.amount import Usd
from muxer_core.values.errors import LocalProtocolError

Key = tuple[str, int]


class MemoryLedger:
    """Held and booked amounts, by deployment and in all."""

    __slots__ = ("_booked", "_held", "_unpriced")

    def __init__(self) -> None:
        self._held: dict[Key, Usd | None] = {}
        self._booked: dict[str, Usd] = {}
        self._unpriced: dict[str, int] = {}

    def hold(self, key: Key, amount: Usd | None) -> None:
        """Hold `amount` (None: unknown) until the key is settled. Raises `LocalProtocolError` when it is held already."""
        if key in self._held:
            raise LocalProtocolError(f"reservation {key}: is held already")
        self._held[key] = amount

    def settle(self, key: Key, where: str, cost: Usd | None) -> bool:
        """Release what was held and book `cost` for deployment `where`. False when the key was settled before, or never held."""
        if key not in self._held:
            return False
        del self._held[key]
        if cost is None:
            self._unpriced[where] = self._unpriced.get(where, 0) + 1
        else:
            self._booked[where] = self._booked.get(where, Usd(0)) + cost
        return True

    @property
    def held(self) -> Usd:
        """The sum of what is held."""
        return Usd(sum(amount.pico for amount in self._held.values() if amount is not None))

    @property
    def booked(self) -> Usd:
        """The sum of what was booked."""
        return Usd(sum(amount.pico for amount in self._booked.values()))

    @property
    def booked_by_deployment(self) -> dict[str, Usd]:
        """What was booked for each deployment."""
        return dict(self._booked)

    @property
    def unpriced(self) -> dict[str, int]:
        """Attempts of each deployment that were settled without a known price: money that is not in `booked`."""
        return dict(self._unpriced)

    @property
    def open(self) -> int:
        """Reservations not yet settled."""
        return len(self._held)
