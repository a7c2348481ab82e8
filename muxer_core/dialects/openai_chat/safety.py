"""What servers' filters found <-> `SafetyReported`.

| field | who | about |
| --- | --- | --- |
| `choices[].content_filter_results` | Azure | an answer; each category with `filtered`, and `severity` or `detected` |
| `prompt_filter_results` | Azure | the prompt, the same for each of its messages |
| `moderation.input`, `moderation.output` | OpenAI | the prompt, and the answer; each category with its score |

`native` holds the field under its own name, so that it can be written back at its place. Each is told when it comes; an empty one says
nothing. Sources: openai-python 3.57.0, `ChatCompletion.moderation`; learn.microsoft.com, "Content filtering", November 2026.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.openai_chat.forms import DIALECT
from muxer_core.values.items import SafetyReported, SafetyResult
from muxer_core.values.usage import JsonValue

REPLY_FIELDS = ("prompt_filter_results", "moderation")
"""Fields of the reply itself that tell it."""


def safety_of_choice(results: dict[str, JsonValue], index: int) -> SafetyReported:
    """What Azure found in an answer.

    >>> safety_of_choice({"hate": {"filtered": True, "severity": "high"}}, 0).results
    (SafetyResult(category='hate', level='high', blocked=True),)
    """
    return SafetyReported(tuple(_filtered(results)), index, {"content_filter_results": results})


def safety_of_reply(name: str, value: JsonValue) -> list[SafetyReported]:
    """What one of `REPLY_FIELDS` says. Never raises: what it does not know is in `native`."""
    if name == "prompt_filter_results":
        found: list[SafetyResult] = []
        for entry in value if is_list(value) else []:
            if is_object(entry):
                found += _filtered(entry.get("content_filter_results") or entry.get("content_filter_result"))
        return [SafetyReported(tuple(found), None, {name: value})]
    if not is_object(value):
        return [SafetyReported((), None, {name: value})]
    reports = [
        SafetyReported(tuple(_moderated(value[side])), choice, {name: {side: value[side]}})
        for side, choice in (("input", None), ("output", 0))
        if value.get(side) is not None
    ]
    beside = {side: one for side, one in value.items() if side not in ("input", "output")}
    return [*reports, SafetyReported((), None, {name: beside})] if beside else reports


def _filtered(results: Any) -> Iterator[SafetyResult]:
    for category, told in results.items() if is_object(results) else ():
        if is_object(told):
            level, blocked = told.get("severity"), told.get("filtered")
            if level is None and told.get("detected") is True:
                level = "detected"
            yield SafetyResult(
                category,
                level if isinstance(level, str) else None,
                blocked if isinstance(blocked, bool) else None,
            )


def _moderated(side: Any) -> Iterator[SafetyResult]:
    results = side.get("results") if is_object(side) else None
    for result in results if is_list(results) else []:
        scores = result.get("category_scores") if is_object(result) else None
        for category, score in scores.items() if is_object(scores) else ():
            yield SafetyResult(category, str(score) if isinstance(score, int | float) else None)


def native_safety(report: SafetyReported, dialect: str | None) -> dict[str, JsonValue]:
    """The report in this dialect's form: its own fields, or Azure's made from another dialect's results; empty where there are none."""
    if dialect == DIALECT and is_object(report.native):
        return dict(report.native)
    results: dict[str, JsonValue] = {}
    for one in report.results:
        told: dict[str, JsonValue] = {} if one.blocked is None else {"filtered": one.blocked}
        if one.level is not None:
            told["severity"] = one.level
        results[one.category] = told
    if not results:
        return {}
    if report.choice is None:
        return {"prompt_filter_results": [{"prompt_index": 0, "content_filter_results": results}]}
    return {"content_filter_results": results}
