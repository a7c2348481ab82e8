"""What a guardrail found -> `SafetyReported`: one for the prompt, one for the answer, each with the assessments as the service sent them.

Source: botocore 1.44.8, `GuardrailTraceAssessment` and `GuardrailAssessment`, November 2026.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.values.items import Item, SafetyReported, SafetyResult

_POLICIES: tuple[tuple[str, str], ...] = (
    ("topicPolicy", "topics"),
    ("contentPolicy", "filters"),
    ("wordPolicy", "customWords"),
    ("wordPolicy", "managedWordLists"),
    ("sensitiveInformationPolicy", "piiEntities"),
    ("sensitiveInformationPolicy", "regexes"),
    ("contextualGroundingPolicy", "filters"),
)
"""Where the findings of an assessment stand."""


def safety_items(guardrail: dict[str, Any]) -> Iterator[Item]:
    """What the trace of a guardrail says of the prompt and of the answer. Never raises."""
    for name, choice in (("inputAssessment", None), ("outputAssessments", 0)):
        assessments = guardrail.get(name)
        if is_object(assessments) and assessments:
            yield SafetyReported(tuple(_results(assessments)), choice, {name: assessments})


def _results(assessments: dict[str, Any]) -> Iterator[SafetyResult]:
    for found in assessments.values():
        for assessment in found if is_list(found) else [found]:
            for policy, listed in _POLICIES:
                inner = assessment.get(policy) if is_object(assessment) else None
                entries = inner.get(listed) if is_object(inner) else None
                for entry in entries if is_list(entries) else ():
                    if is_object(entry):
                        yield _result(entry, policy)


def _result(entry: dict[str, Any], policy: str) -> SafetyResult:
    """A finding by its kind or name. What was found (`match`) is somebody's data, and stays in the native form alone."""
    words = [entry.get(name) for name in ("name", "type", "confidence")]
    name, kind, level = (word if isinstance(word, str) else None for word in words)
    action = entry.get("action")
    blocked = action == "BLOCKED" if isinstance(action, str) else None
    return SafetyResult(name or kind or policy, level, blocked)
