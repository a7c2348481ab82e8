"""`KeyTurns`: whose turn it is among the keys of one credential. Numbers only: the keys themselves stay below the core.

Keys take turns. One that a server refused rests, and is passed over while another one does not rest:

| a reply with status | is told as | the key rests |
| --- | --- | --- |
| 401, 402, 403 | `refused` | for `KeyPolicy.refused` seconds: only a person can repair it |
| 429 | `limited` | for what the server asked, up to `KeyPolicy.limited_max`; without a word of it, for `KeyPolicy.limited` |
| any other | nothing | not at all |

When all rest, the one that is to be back first is used all the same: whether to send is the fleet's decision, not that of the keys. A
word about a key can only lengthen its rest, since replies come in any order. Times are `Moment.mono`.
"""

from __future__ import annotations

from typing import Literal

from muxer_core.fleet.policies import KeyPolicy
from muxer_core.values.errors import LocalProtocolError

Refusal = Literal["refused", "limited"]

DEFAULT_POLICY = KeyPolicy()

_REFUSED = (401, 402, 403)
_LIMITED = 429


def refusal_of(status: int) -> Refusal | None:
    """What a status says of the key, or None.

    >>> refusal_of(401), refusal_of(429), refusal_of(500)
    ('refused', 'limited', None)
    """
    if status == _LIMITED:
        return "limited"
    return "refused" if status in _REFUSED else None


class KeyTurns:
    """The turns of `keys` keys, numbered from 0. `back_at` holds when the rest of each is over."""

    __slots__ = ("_next", "_policy", "back_at")

    def __init__(self, keys: int, policy: KeyPolicy = DEFAULT_POLICY) -> None:
        if keys < 1:
            raise LocalProtocolError(f"keys: must be at least 1, got {keys}")
        self._policy = policy
        self._next = 0
        self.back_at = [0.0] * keys

    def take(self, now: float) -> int:
        """The key whose turn it is; the turn then goes to the one after it."""
        keys = len(self.back_at)
        in_turn = [(self._next + step) % keys for step in range(keys)]
        taken = next((key for key in in_turn if self.back_at[key] <= now), None)
        if taken is None:
            taken = min(in_turn, key=self.back_at.__getitem__)
        self._next = (taken + 1) % keys
        return taken

    def tell(self, key: int, refusal: Refusal, retry_after: float | None, now: float) -> None:
        """A server refused `key`. `retry_after`: seconds that it asked us to wait, or None."""
        policy = self._policy
        if refusal == "refused":
            seconds = policy.refused
        else:
            seconds = policy.limited if retry_after is None else min(retry_after, policy.limited_max)
        self.back_at[key] = max(self.back_at[key], now + seconds)
