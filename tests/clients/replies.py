"""Replies as items: what an upstream of any dialect could have said."""

from __future__ import annotations

from muxer_core.values.failure import Failure
from muxer_core.values.items import (
    ChoiceFinished,
    FailureReported,
    Item,
    PartEnded,
    ReasoningDelta,
    ReplyEnded,
    ReplyStarted,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from muxer_core.values.usage import Usage

USAGE = Usage(input_tokens=120, output_tokens=30, cached_input_tokens=100, reasoning_tokens=10, total_tokens=150)
SEAL = "c2VhbA=="

TEXT: list[Item] = [
    ReplyStarted("upstream-1", "model-1", 1_700_000_000),
    TextDelta("The sky "),
    TextDelta("is blue – "),
    TextDelta("mostly."),
    ChoiceFinished("stop", "stop"),
    UsageReported(USAGE),
    ReplyEnded("[DONE]"),
]


def tool_calls(vendor: str) -> list[Item]:
    """Sealed thinking, a word, and two parallel calls whose arguments come in pieces."""
    return [
        ReplyStarted("upstream-2", "model-1", 1_700_000_000),
        ReasoningDelta("Weather is "),
        ReasoningDelta("needed."),
        ReasoningDelta(signature=SEAL, vendor=vendor),
        PartEnded(),
        TextDelta("Let me look."),
        ToolCallDelta(0, "", "call_a", "weather", "function"),
        ToolCallDelta(0, '{"city":'),
        ToolCallDelta(0, '"Berlin"}'),
        ToolCallDelta(1, '{"city":"Rome"}', "call_b", "weather", "function"),
        ChoiceFinished("tool_call", "tool_calls"),
        UsageReported(USAGE),
        ReplyEnded("[DONE]"),
    ]


BROKEN: list[Item] = [
    ReplyStarted("upstream-3", "model-1", 1_700_000_000),
    TextDelta("The sky "),
    FailureReported(Failure(kind="overloaded", message="the provider is overloaded", status=529)),
]

RATE_LIMITED = Failure(kind="rate_limited", message="too many requests this minute", status=429, retry_after=3.0)
