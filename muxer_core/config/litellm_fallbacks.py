"""LiteLLM's fallbacks between model names, in our words: a name becomes a group, and its fallbacks are in it with a worse priority.

A strategy chooses among the deployments of the best priority that can serve, so a fallback serves when nothing before it can. Priorities
belong to deployments, not to pairs, so fallbacks that go in a circle cannot be said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

ORDERS = 1000
"""LiteLLM's `order` sorts the deployments of one model name; a fallback comes behind all orders."""


class FallbackGroups:
    """Fallbacks as they are read, then the groups and priorities that say the same."""

    def __init__(self) -> None:
        self._after: dict[str, list[str]] = {}

    def add(self, model: str, others: Sequence[str]) -> bool:
        """`others` serve when `model` cannot, in this order; False, and nothing is added, when that closes a circle."""
        if any(model in self._reached(other) for other in others):
            return False
        after = self._after.setdefault(model, [])
        after += [other for other in others if other not in after]
        return True

    def _reached(self, model: str) -> dict[str, None]:
        """`model`, and all that come after it."""
        reached = {model: None}
        for other in self._after.get(model, ()):
            reached |= self._reached(other)
        return reached

    def _depth(self, model: str) -> int:
        """How many models come before this one, along the longest way."""
        ways = [
            self._depth(before) + others.index(model) + 1 for before, others in self._after.items() if model in others
        ]
        return max(ways, default=0)

    def groups(self, deployments: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
        """The members of each group, as names of deployments."""
        return {
            model: [one["name"] for name in (model, *others) for one in deployments if one["model"] == name]
            for model, others in self._after.items()
        }

    def apply(self, deployments: Sequence[dict[str, Any]]) -> None:
        """Put the priorities into the deployments."""
        for one in deployments:
            if depth := self._depth(one["model"]):
                one["priority"] = depth * ORDERS + one.get("priority", 0)
