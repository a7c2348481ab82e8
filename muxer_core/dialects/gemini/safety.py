"""What the vendor's filters found: `safetyRatings` and `promptFeedback` -> `SafetyReported`. Source: google-genai 3.6.1, November 2026."""

from __future__ import annotations

from typing import Any

from muxer_core.dialects.gemini.names import JsonObject
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.values.items import SafetyReported, SafetyResult


def ratings_of(ratings: Any, choice: int) -> SafetyReported:
    """The ratings of a candidate. Never raises."""
    return SafetyReported(_results(ratings), choice, ratings)


def feedback_of(feedback: JsonObject) -> SafetyReported:
    """What was found in the prompt; a block reason is a result of its own. Never raises.

    >>> feedback_of({"blockReason": "SAFETY"}).results
    (SafetyResult(category='SAFETY', level=None, blocked=True),)
    """
    results = _results(feedback.get("safetyRatings"))
    reason = feedback.get("blockReason")
    if reason is not None:
        results = (SafetyResult(str(reason), blocked=True), *results)
    return SafetyReported(results, None, feedback)


def _results(ratings: Any) -> tuple[SafetyResult, ...]:
    entries: list[Any] = ratings if is_list(ratings) else []
    return tuple(
        SafetyResult(
            str(entry.get("category", "")),
            None if entry.get("probability") is None else str(entry["probability"]),
            entry.get("blocked") if isinstance(entry.get("blocked"), bool) else None,
        )
        for entry in entries
        if is_object(entry)
    )
