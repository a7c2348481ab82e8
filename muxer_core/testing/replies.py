"""Hypothesis strategies for replies as items: what an upstream of any dialect may say, in pieces. Needs `hypothesis`.

`replies` draws a complete reply: thinking, text and calls in the order in which models give them, then the end and the usage.
"""

from __future__ import annotations

from hypothesis import strategies as st

from muxer_core.testing.conversations import arguments, texts, tool_names
from muxer_core.values.items import (
    ChoiceFinished,
    FinishReason,
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

_NATIVE: dict[FinishReason, str] = {"stop": "stop", "length": "length", "tool_call": "tool_calls"}


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    """Counts that agree with each other."""
    cached, fresh = draw(st.integers(0, 5000)), draw(st.integers(1, 5000))
    reasoning, said = draw(st.integers(0, 500)), draw(st.integers(1, 500))
    return Usage(
        input_tokens=cached + fresh,
        output_tokens=reasoning + said,
        cached_input_tokens=cached,
        reasoning_tokens=reasoning,
        total_tokens=cached + fresh + reasoning + said,
    )


@st.composite
def replies(draw: st.DrawFn, *, vendor: str | None = None, thinking: bool = True) -> list[Item]:
    """The items of one answer. With a `vendor`, its thinking is sealed."""
    items: list[Item] = [ReplyStarted("reply-1", "model-1", 1_700_000_000)]
    if thinking and draw(st.booleans()):
        items += [ReasoningDelta(text) for text in draw(st.lists(texts, min_size=1, max_size=3))]
        if vendor is not None:
            items.append(ReasoningDelta(signature="c2VhbA==", vendor=vendor))
        items.append(PartEnded())
    items += [TextDelta(text) for text in draw(st.lists(texts, min_size=1, max_size=4))]
    calls = draw(st.integers(0, 3))
    for number in range(calls):
        whole = draw(arguments)
        cut = draw(st.integers(0, len(whole)))
        items.append(ToolCallDelta(number, "", f"call_{number}", draw(tool_names), "function"))
        items += [ToolCallDelta(number, piece) for piece in (whole[:cut], whole[cut:]) if piece]
    finish: FinishReason = "tool_call" if calls else draw(st.sampled_from(["stop", "length"]))
    items.append(ChoiceFinished(finish, _NATIVE[finish]))
    items.append(UsageReported(draw(usages())))
    items.append(ReplyEnded("end"))
    return items
