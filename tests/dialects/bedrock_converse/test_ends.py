"""What comes with the end of a reply: counts, what a guardrail found, and what stopped it."""

from __future__ import annotations

from muxer_core.values.items import ChoiceFinished, SafetyReported, WarningReported
from tests.dialects.bedrock_converse.streams import STOP, TEXT, told
from tests.support.exchanges import finish_of, usage_of


def test_usage_that_cannot_be_used_is_a_warning() -> None:
    for usage in (
        {"inputTokens": -1, "outputTokens": 1},
        {},
        {"inputTokens": 1.5, "outputTokens": 1},
        {"inputTokens": 10**40, "outputTokens": 1},
    ):
        items = told(STOP, ("metadata", {"usage": usage}))
        assert usage_of(items) is None
        assert any(isinstance(item, WarningReported) for item in items)
    partial = usage_of(told(STOP, ("metadata", {"usage": {"outputTokens": 4}})))
    assert partial is not None
    assert (partial.output_tokens, partial.exact) == (4, False)


def test_counts_of_the_cache_are_inside_the_total_of_ours() -> None:
    fields = {
        "inputTokens": 3,
        "outputTokens": 2,
        "totalTokens": 22,
        "cacheReadInputTokens": 10,
        "cacheWriteInputTokens": 7,
    }
    details = [{"ttl": "1h", "inputTokens": 4}, {"ttl": "5m", "inputTokens": 3}, "nonsense"]
    usage = usage_of(
        told(STOP, ("metadata", {"usage": {**fields, "cacheDetails": details}, "serviceTier": {"type": "flex"}}))
    )
    assert usage is not None
    assert (usage.input_tokens, usage.cached_input_tokens, usage.cache_write_tokens, usage.cache_write_1h_tokens) == (
        20,
        10,
        7,
        4,
    )
    assert (usage.total_tokens, usage.service_tier) == (22, "flex")
    inside = usage_of(told(STOP, ("metadata", {"usage": {**fields, "inputTokens": 20}})))
    assert inside is not None
    assert inside.input_tokens == 20


def test_what_a_guardrail_found_is_told() -> None:
    found = {"g1": {"contentPolicy": {"filters": [{"type": "HATE", "confidence": "HIGH", "action": "BLOCKED"}]},
                    "sensitiveInformationPolicy": {"piiEntities": [
                        {"type": "EMAIL", "action": "ANONYMIZED", "match": "a@b"}]}}}  # fmt: skip
    trace = {"guardrail": {"inputAssessment": found, "outputAssessments": {"g1": [found["g1"]]}}}
    items = told(TEXT, ("messageStop", {"stopReason": "guardrail_intervened"}), ("metadata", {"trace": trace}))
    reports = [item for item in items if isinstance(item, SafetyReported)]
    assert [report.choice for report in reports] == [None, 0]
    for report in reports:
        assert [(one.category, one.level, one.blocked) for one in report.results] == [
            ("HATE", "HIGH", True),
            ("EMAIL", None, False),
        ]
    assert finish_of(items) == ("content_filter", "guardrail_intervened")


def test_a_stop_sequence_is_told_where_it_was_asked_for() -> None:
    for further in ({"stop_sequence": "END"}, {"delta": {"stop_sequence": "END"}}):
        items = told(TEXT, ("messageStop", {"stopReason": "stop_sequence", "additionalModelResponseFields": further}))
        assert [item.stop_sequence for item in items if isinstance(item, ChoiceFinished)] == ["END"]
