"""The usage rules by name, the costs, and that no report of whatever shape is ever added, negative or fatal."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.dialects.openai_chat.costs import MAX_COST_DOLLARS, cost_from_text
from muxer_core.dialects.openai_chat.usage import MAX_COUNT, UsageReading, usage_from_bytes, usage_from_fields
from muxer_core.values.items import CostReported, UsageReported, WarningReported
from muxer_core.values.usage import Usage
from tests.dialects.openai_chat.exchanges import stream_items, whole_items


def read(**fields: Any) -> UsageReading:
    return usage_from_bytes(json.dumps(fields).encode())


def counts(**fields: Any) -> Usage:
    usage = read(**fields).usage
    assert usage is not None
    return usage


RULES: dict[str, tuple[dict[str, Any], Usage]] = {
    "plain": (
        {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
        Usage(input_tokens=10, output_tokens=5, total_tokens=15),
    ),
    "reasoning_outside": (
        {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 22,
            "completion_tokens_details": {"reasoning_tokens": 7},
        },
        Usage(input_tokens=10, output_tokens=12, reasoning_tokens=7, total_tokens=22),
    ),
    "cache_outside": (
        {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 45,
            "cache_read_input_tokens": 20,
            "cache_creation_input_tokens": 10,
        },
        Usage(input_tokens=40, output_tokens=5, cached_input_tokens=20, cache_write_tokens=10, total_tokens=45),
    ),
    "both_outside": (
        {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 38,
            "cache_read_input_tokens": 20,
            "reasoning_tokens": 3,
        },
        Usage(input_tokens=30, output_tokens=8, cached_input_tokens=20, reasoning_tokens=3, total_tokens=38),
    ),
    "audio_outside": (
        {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 415, "prompt_audio_seconds": 36},
        Usage(input_tokens=410, output_tokens=5, audio_input_tokens=400, total_tokens=415),
    ),
    "hidden_thinking": (
        {"prompt_tokens": 7, "completion_tokens": 12, "total_tokens": 402},
        Usage(input_tokens=7, output_tokens=395, reasoning_tokens=383, total_tokens=402),
    ),
    "cache_above_prompt": (
        {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15, "cache_read_input_tokens": 20},
        Usage(input_tokens=30, output_tokens=5, cached_input_tokens=20, total_tokens=15),
    ),
    "partial": (
        {"prompt_tokens": 14, "completion_tokens": None, "total_tokens": None},
        Usage(input_tokens=14, exact=False),
    ),
    "reasoning_before_cache": (
        {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 18, "reasoning_tokens": 3, "cached_tokens": 3},
        Usage(input_tokens=10, output_tokens=8, reasoning_tokens=3, cached_input_tokens=3, total_tokens=18),
    ),
    "deepseek": (
        {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 15,
            "prompt_cache_hit_tokens": 4,
            "prompt_cache_miss_tokens": 6,
        },
        Usage(input_tokens=10, output_tokens=5, cached_input_tokens=4, total_tokens=15),
    ),
    "flat_cached": (
        {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15, "cached_tokens": 4},
        Usage(input_tokens=10, output_tokens=5, cached_input_tokens=4, total_tokens=15),
    ),
    "whole_number_with_a_point": (
        {"prompt_tokens": 10.0, "completion_tokens": 5, "total_tokens": 15},
        Usage(input_tokens=10, output_tokens=5, total_tokens=15),
    ),
    "cache_write_of_an_hour": (
        {
            "prompt_tokens": 30,
            "completion_tokens": 5,
            "cache_creation_input_tokens": 9,
            "cache_creation": {"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 5},
        },
        Usage(input_tokens=30, output_tokens=5, cache_write_tokens=9, cache_write_1h_tokens=5),
    ),
    "audio_and_images": (
        {
            "prompt_tokens": 30,
            "completion_tokens": 20,
            "total_tokens": 50,
            "prompt_tokens_details": {
                "audio_tokens": 4,
                "image_tokens": 6,
                "cached_tokens": 8,
                "cache_write_tokens": 2,
            },
            "completion_tokens_details": {"audio_tokens": 5, "image_tokens": 7, "reasoning_tokens": 1},
        },
        Usage(
            input_tokens=30,
            output_tokens=20,
            cached_input_tokens=8,
            cache_write_tokens=2,
            reasoning_tokens=1,
            audio_input_tokens=4,
            audio_output_tokens=5,
            image_input_tokens=6,
            image_output_tokens=7,
            total_tokens=50,
        ),
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_rule(rule: str) -> None:
    fields, expected = RULES[rule]
    reading = read(**fields)
    assert reading.usage == expected
    assert reading.warning is None


@pytest.mark.parametrize(
    "fields",
    [
        {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 15,
            "completion_tokens_details": {"reasoning_tokens": 9},
        },
        {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15, "num_cached_tokens": 64},
        {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 15,
            "prompt_tokens_details": {"audio_tokens": 11},
        },
        {"prompt_tokens": 9, "completion_tokens": 5, "cached_tokens": 8, "cache_creation_input_tokens": 8},
    ],
)
def test_part_clipped_says_so(fields: dict[str, Any]) -> None:
    reading = read(**fields)
    assert reading.usage is not None
    assert reading.usage.input_tokens == fields["prompt_tokens"]
    assert reading.usage.output_tokens == 5
    assert reading.usage.cached_input_tokens + reading.usage.cache_write_tokens <= reading.usage.input_tokens
    assert "larger than its whole" in (reading.warning or "")


@pytest.mark.parametrize("bad", [-1, 1.5, 10**18, 10**40, "12", True, [1], {}])
@pytest.mark.parametrize("name", ["prompt_tokens", "completion_tokens", "total_tokens"])
def test_a_count_that_is_none_refuses_the_report_and_keeps_it_as_an_extra(name: str, bad: Any) -> None:
    fields = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15, name: bad}
    reading = read(**fields)
    assert reading.usage is None
    assert name in (reading.warning or "")
    assert reading.extras == fields


@pytest.mark.parametrize("detail", [-1, 0.5, 10**18, "4"])
def test_a_part_that_is_none_refuses_the_report(detail: Any) -> None:
    reading = read(prompt_tokens=10, completion_tokens=5, prompt_tokens_details={"cached_tokens": detail})
    assert reading.usage is None
    assert reading.warning is not None


@pytest.mark.parametrize("raw", [b"[]", b"7", b'"x"', b"{", b"[" * 500, b'{"prompt_tokens_details": 3}'])
def test_what_is_no_usage_is_a_warning(raw: bytes) -> None:
    reading = usage_from_bytes(raw)
    assert reading.usage is None
    assert reading.warning is not None


def test_absent_counts_are_no_report() -> None:
    assert read(search_context_size="low") == UsageReading(None, extras={"search_context_size": "low"})
    assert read() == UsageReading(None)


def test_unknown_fields_survive_at_every_level() -> None:
    reading = read(
        prompt_tokens=1,
        completion_tokens=2,
        queue_time=0.5,
        completion_tokens_details={"sung_tokens": 3},
        cache_creation={"week": 1},
    )
    assert reading.extras == {
        "queue_time": 0.5,
        "completion_tokens_details": {"sung_tokens": 3},
        "cache_creation": {"week": 1},
    }


def test_a_doubled_report_replaces_and_never_adds() -> None:
    chunk = '{"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":4}}'
    usages = [item.usage for item in stream_items(chunk, chunk, "[DONE]") if isinstance(item, UsageReported)]
    assert usages == [Usage(input_tokens=3, output_tokens=4)] * 2


def test_usage_of_x_groq_counts_where_no_other_stands() -> None:
    groq = '"x_groq":{"id":"r","usage":{"prompt_tokens":3,"completion_tokens":4}}'
    chunk = f'{{"choices":[{{"index":0,"delta":{{}},"finish_reason":"stop"}}],{groq}}}'
    assert UsageReported(Usage(input_tokens=3, output_tokens=4)) in stream_items(chunk, "[DONE]")


def test_a_refused_report_does_not_end_the_reply() -> None:
    items = whole_items(
        '{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}],"usage":{"prompt_tokens":-3,"completion_tokens":4}}'
    )
    assert any(isinstance(item, WarningReported) for item in items)
    assert not any(isinstance(item, UsageReported) for item in items)
    assert type(items[-1]).__name__ == "ReplyEnded"


def test_the_service_tier_is_kept_with_the_counts() -> None:
    items = whole_items(
        '{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}],"service_tier":"flex","usage":{"prompt_tokens":3,"completion_tokens":4}}'
    )
    assert UsageReported(Usage(input_tokens=3, output_tokens=4, service_tier="flex")) in items


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(
    [
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
        "prompt_tokens_details",
        "completion_tokens_details",
        "cached_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
        "cache_creation",
        "reasoning_tokens",
        "prompt_audio_seconds",
        "cost",
        "cost_in_usd_ticks",
        "x",
    ]
)
parts = st.dictionaries(
    st.sampled_from(["cached_tokens", "reasoning_tokens", "audio_tokens", "image_tokens", "text_tokens"]),
    st.integers(-2, 50) | st.none(),
)


@given(st.dictionaries(names, st.integers(-2, 60) | parts | json_values))
def test_whatever_is_reported_the_invariants_hold(fields: dict[str, Any]) -> None:
    reading = usage_from_bytes(json.dumps(fields).encode())
    usage = reading.usage
    assert all(cost.pico_usd >= 0 for cost in reading.costs)
    if usage is None:
        return
    assert min(usage.input_tokens, usage.output_tokens, usage.cached_input_tokens, usage.cache_write_tokens) >= 0
    assert usage.cached_input_tokens + usage.cache_write_tokens <= usage.input_tokens
    assert usage.reasoning_tokens <= usage.output_tokens
    assert max(usage.audio_input_tokens, usage.image_input_tokens) <= usage.input_tokens
    assert max(usage.audio_output_tokens, usage.image_output_tokens) <= usage.output_tokens
    assert max(usage.input_tokens, usage.output_tokens) <= 3 * MAX_COUNT


@given(st.integers(0, 60), st.integers(0, 60), st.none() | st.integers(0, 200), st.none() | parts, st.none() | parts)
def test_the_common_form_and_the_general_way_agree(
    prompt: int,
    completion: int,
    total: int | None,
    prompt_parts: dict[str, Any] | None,
    completion_parts: dict[str, Any] | None,
) -> None:
    fields = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": total,
        "prompt_tokens_details": {
            name: count for name, count in (prompt_parts or {}).items() if name != "reasoning_tokens"
        },
        "completion_tokens_details": {
            name: count for name, count in (completion_parts or {}).items() if name != "cached_tokens"
        },
    }
    assert usage_from_bytes(json.dumps(fields).encode()) == usage_from_fields(fields, None)


# --- costs ------------------------------------------------------------------------------------------------------------------------


def costs_of(body: str, headers: dict[str, str] | None = None) -> list[tuple[int, str]]:
    return [
        (item.cost.pico_usd, item.cost.source) for item in whole_items(body, headers) if isinstance(item, CostReported)
    ]


CHOICES = '"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]'


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ('"usage":{"prompt_tokens":1,"completion_tokens":1,"cost":0.0004970133333333333}', (497_013_333, "usage.cost")),
        (
            '"usage":{"prompt_tokens":1,"completion_tokens":1,"cost":0.100000000000000005551}',
            (100_000_000_000, "usage.cost"),
        ),
        ('"usage":{"prompt_tokens":1,"completion_tokens":1,"cost":0.0000000000005}', (1, "usage.cost")),
        ('"usage":{"prompt_tokens":1,"completion_tokens":1,"cost":"0.25"}', (250_000_000_000, "usage.cost")),
        (
            '"usage":{"prompt_tokens":1,"completion_tokens":1,"cost":{"total_cost":1.5e-7}}',
            (150_000, "usage.cost.total_cost"),
        ),
        (
            '"usage":{"prompt_tokens":1,"completion_tokens":1,"cost_in_usd_ticks":37756000}',
            (3_775_600_000, "usage.cost_in_usd_ticks"),
        ),
        ('"cost":{"usd":0.00001,"diem":0},"usage":{"prompt_tokens":1,"completion_tokens":1}', (10_000_000, "cost.usd")),
    ],
)
def test_costs_are_read_from_their_own_digits(fields: str, expected: tuple[int, str]) -> None:
    assert costs_of("{" + CHOICES + "," + fields + "}") == [expected]


def test_litellm_names_the_cost_of_a_whole_reply_in_a_header() -> None:
    assert costs_of("{" + CHOICES + "}", {"x-litellm-response-cost": "1.35e-05"}) == [
        (13_500_000, "x-litellm-response-cost")
    ]
    assert costs_of("{" + CHOICES + "}", {"x-litellm-response-cost": "None"}) == []


@pytest.mark.parametrize("cost", ["-0.1", "1e9", "NaN", "true", "[1]", '"free"'])
def test_no_believable_cost_is_a_warning(cost: str) -> None:
    body = "{" + CHOICES + f',"usage":{{"prompt_tokens":1,"completion_tokens":1,"cost":{cost}}}}}'
    assert costs_of(body) == []
    assert any(isinstance(item, WarningReported) for item in whole_items(body))


@pytest.mark.parametrize("ticks", ["-1", "0.5", "1e30"])
def test_no_believable_ticks_are_a_warning(ticks: str) -> None:
    body = "{" + CHOICES + f',"usage":{{"prompt_tokens":1,"completion_tokens":1,"cost_in_usd_ticks":{ticks}}}}}'
    assert costs_of(body) == []
    assert any(isinstance(item, WarningReported) for item in whole_items(body))


@given(st.decimals(0, MAX_COST_DOLLARS - 1, allow_nan=False, places=None))
def test_a_cost_is_exact_to_half_a_pico_dollar(cost: Decimal) -> None:
    with localcontext() as context:
        context.prec = 2000
        expected = int((cost * 10**12).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    exponent = cost.as_tuple().exponent
    reported = cost_from_text(str(cost), "x")
    if isinstance(exponent, int) and len(str(cost)) < 300 and abs(cost.adjusted()) < 900:
        assert reported is not None
        assert reported.pico_usd == expected
