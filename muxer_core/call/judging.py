"""Judging the answers of a cascade: what a judge is, and the one that decides where a client or a simulation was given none."""

from __future__ import annotations

from collections.abc import Callable

from muxer_core.values.items import CONTENT, Item

Judging = Callable[[tuple[Item, ...]], bool]
"""Is this answer of a cascade good enough? It is asked with all items of a complete reply."""

_CONTENT = frozenset(CONTENT)


def accept_every_answer(items: tuple[Item, ...]) -> bool:
    """The judge where none was given: every answer is good enough. A reply without any content is no answer.

    >>> from muxer_core.values.items import ReplyEnded, TextDelta
    >>> accept_every_answer((TextDelta("Yes."), ReplyEnded("[DONE]"))), accept_every_answer((ReplyEnded("[DONE]"),))
    (True, False)
    """
    return any(type(item) in _CONTENT for item in items)
