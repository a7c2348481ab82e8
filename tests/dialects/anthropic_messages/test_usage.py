"""Counts: what lies outside the totals is added in, parts lie inside, later reports win, and nothing is believed that cannot be."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.dialects.anthropic_messages.answers import usage_fields
from muxer_core.dialects.anthropic_messages.usage import MAX_COUNT, read_usage
from muxer_core.values.items import ExtrasReported, Item, UsageReported, WarningReported
from muxer_core.values.usage import Usage
from tests.dialects.anthropic_messages.exchanges import START, STOP, finished, stream_body, streamed


def counts(**fields: Any) -> Usage:
    usage = read_usage(fields).usage
    assert usage is not None
    return usage


def test_the_cache_lies_outside_and_is_added() -> None:
    usage = counts(input_tokens=3, cache_read_input_tokens=100, cache_creation_input_tokens=40, output_tokens=7)
    assert usage == Usage(143, 7, cached_input_tokens=100, cache_write_tokens=40)


@pytest.mark.parametrize(
    ("fields", "written", "long"),
    [
        ({"cache_creation_input_tokens": 10, "cache_creation": {"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 6}}, 10, 6),
        ({"cache_creation_input_tokens": 10, "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 4}}, 10, 10),
        ({"cache_creation_input_tokens": 3, "cache_creation": {"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 6}}, 3, 3),
        ({"cache_creation_input_tokens": 10, "cache_creation": {"ephemeral_5m_input_tokens": 10}}, 10, 0),
        ({"cache_creation": {"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 6}}, 10, 6),
        ({"cache_creation_input_tokens": 10}, 10, 0),
    ],
)  # fmt: skip
def test_the_sum_of_writes_is_trusted_and_the_split_is_cut_to_fit(
    fields: dict[str, Any], written: int, long: int
) -> None:
    usage = counts(input_tokens=1, output_tokens=1, **fields)
    assert (usage.cache_write_tokens, usage.cache_write_1h_tokens) == (written, long)
    assert usage.input_tokens == 1 + written


def test_thinking_lies_inside_the_output_and_is_cut_with_a_warning() -> None:
    assert counts(input_tokens=1, output_tokens=9, output_tokens_details={"thinking_tokens": 4}).reasoning_tokens == 4
    reading = read_usage(
        {"input_tokens": 1, "output_tokens": 3, "output_tokens_details": {"thinking_tokens": 4, "x": 1}}
    )
    assert reading.usage is not None
    assert reading.usage.reasoning_tokens == 3
    assert reading.warning is not None
    assert reading.extras == {"output_tokens_details": {"x": 1}}


def test_searches_are_fees_and_fetches_are_not() -> None:
    reading = read_usage(
        {"input_tokens": 1, "output_tokens": 1, "server_tool_use": {"web_search_requests": 2, "web_fetch_requests": 3}}
    )
    assert reading.fees == (("search", 2),)
    assert reading.extras == {"server_tool_use": {"web_fetch_requests": 3}}
    assert read_usage({"output_tokens": 1, "server_tool_use": {"web_search_requests": 0}}).fees == ()


def test_a_fast_answer_is_a_tier_of_its_own() -> None:
    assert counts(input_tokens=1, output_tokens=1, service_tier="standard").service_tier == "standard"
    assert counts(input_tokens=1, output_tokens=1, service_tier="standard", speed="fast").service_tier == "fast"


def test_compaction_is_billed_beside_what_was_used() -> None:
    own = {
        "type": "message",
        "input_tokens": 220,
        "output_tokens": 8,
        "cache_creation": {"ephemeral_1h_input_tokens": 2},
    }
    summed = {"type": "compaction", "input_tokens": 55196, "output_tokens": 125, "cache_read_input_tokens": 4}
    advised = {"type": "advisor_message", "model": "other", "input_tokens": 9, "output_tokens": 1}
    reading = read_usage({"input_tokens": 220, "output_tokens": 8, "iterations": [summed, own, advised, "odd", {}]})
    assert reading.usage == Usage(220, 8)
    assert reading.billed == Usage(55422, 133, cached_input_tokens=4, cache_write_tokens=2, cache_write_1h_tokens=2)
    assert reading.warning is not None
    assert "10 tokens" in reading.warning
    assert reading.extras is not None
    assert "iterations" in reading.extras


def test_iterations_without_compaction_change_nothing() -> None:
    own = {"type": "message", "input_tokens": 3, "output_tokens": 4}
    assert read_usage({"input_tokens": 3, "output_tokens": 4, "iterations": [own, own]}).billed is None


@pytest.mark.parametrize("value", [-1, MAX_COUNT + 1, 1.5, "12", True, [1], {"a": 1}])
@pytest.mark.parametrize(
    "name", ["input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"]
)
def test_a_count_that_cannot_be_one_is_refused_by_name(name: str, value: Any) -> None:
    reading = read_usage({"input_tokens": 1, "output_tokens": 1, name: value})
    assert reading.usage is None
    assert reading.warning is not None
    assert name in reading.warning


def test_a_whole_number_written_as_a_fraction_is_one() -> None:
    assert counts(input_tokens=12.0, output_tokens=0).input_tokens == 12


def test_what_was_not_told_is_not_exact() -> None:
    assert not counts(output_tokens=5).exact
    assert not counts(input_tokens=5, output_tokens=None).exact
    assert read_usage({"service_tier": "standard"}).usage is None
    assert read_usage({"cache_creation": {"novel": 1}, "x": 2}).extras == {"cache_creation": {"novel": 1}, "x": 2}


# --- in a stream --------------------------------------------------------------------------------------------------------------------------


def reports(*events: dict[str, Any]) -> list[Item]:
    kinds = (UsageReported, WarningReported, ExtrasReported)
    return [item for item in streamed(stream_body(*events, STOP)) if isinstance(item, kinds)]


def started(**usage: Any) -> dict[str, Any]:
    return {"type": "message_start", "message": {**START["message"], "usage": usage}}


def test_a_later_report_wins_and_what_it_leaves_out_stays() -> None:
    first = started(input_tokens=5, cache_read_input_tokens=2, output_tokens=1, service_tier="standard")
    items = reports(first, finished(output_tokens=30), finished(input_tokens=8, output_tokens=31))
    assert [item.usage for item in items if isinstance(item, UsageReported)] == [
        Usage(7, 1, cached_input_tokens=2, service_tier="standard", exact=False),
        Usage(7, 30, cached_input_tokens=2, service_tier="standard"),
        Usage(10, 31, cached_input_tokens=2, service_tier="standard"),
    ]


def test_reports_that_contradict_are_settled_by_the_last() -> None:
    """A server that counts the cached inside at first, and outside at last (recorded: glm behind this API's form)."""
    last = {
        "type": "message_delta",
        "delta": {},
        "usage": {"input_tokens": 3883, "output_tokens": 49, "cache_read_input_tokens": 30464},
    }
    items = reports(started(input_tokens=34824, output_tokens=0), last)
    assert [item.usage.input_tokens for item in items if isinstance(item, UsageReported)] == [34824, 34347]


def test_extras_of_usage_are_told_once_and_again_only_when_they_change() -> None:
    items = reports(
        started(input_tokens=1, output_tokens=1, inference_geo="us"),
        {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 2}},
        {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 3, "novel": [1]}},
    )
    assert [item.fields for item in items if isinstance(item, ExtrasReported)] == [
        {"usage": {"inference_geo": "us"}},
        {"usage": {"novel": [1]}},
    ]


def test_a_report_that_cannot_be_is_a_warning_and_the_reply_goes_on() -> None:
    items = reports(started(input_tokens=-1, output_tokens=1), {"type": "message_delta", "delta": {}, "usage": "odd"})
    assert [type(item) for item in items] == [WarningReported, ExtrasReported]


# --- written again ------------------------------------------------------------------------------------------------------------------------

_count = st.integers(0, 10**9)


@given(_count, _count, _count, _count, _count, st.booleans())
def test_usage_written_is_usage_read(
    plain: int, cached: int, written: int, long: int, output: int, whole: bool
) -> None:
    usage = Usage(
        plain + cached + written,
        output,
        cached_input_tokens=cached,
        cache_write_tokens=written,
        cache_write_1h_tokens=min(long, written) if whole else 0,
        reasoning_tokens=output // 2,
    )
    report = UsageReported(usage, None, (("search", 3),))
    reading = read_usage(usage_fields(report, {}, whole=whole))
    assert reading.usage == usage
    assert reading.fees == report.fees
