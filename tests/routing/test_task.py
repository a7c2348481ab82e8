"""What the form of a prompt says, and what a request needs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.catalog.cards import capability_names
from muxer_core.routing.facts import USUAL_ANSWER, route_facts
from muxer_core.routing.group import Groups
from muxer_core.routing.task import SCANNED, judge_task
from muxer_core.values.messages import AudioPart, FilePart, ImagePart, Message, Part, TextPart, ToolResultPart
from muxer_core.values.request import ChatRequest, FunctionTool, OutputFormat
from tests.routing.examples import ask, house

GROUP = Groups(house()).named("auto")


@pytest.mark.parametrize(
    ("text", "kind", "difficulty", "signals"),
    [
        ("Why is the sky blue?", "general", "plain", ()),
        ("prove the hardest theorem of complex analysis", "general", "plain", ()),
        ("What does this do?\n```py\nprint(1)\n```", "code", "hard", ("code_fence",)),
        ("int a = 1;\nint b = 2;\nreturn a;", "code", "hard", ("code_lines",)),
        (r"Solve \frac{a}{b} = \sqrt{c}", "math", "hard", ("math_notation",)),
        ("Is ∑ 1/n finite?", "math", "hard", ("math_notation",)),
        ("It costs $5 and then $6.", "general", "plain", ()),
        ("Which?\nA. one\nB. two\nC. three", "multiple_choice", "plain", ("lettered_choices",)),
        ("word " * 2_000, "long_text", "hard", ("long_prompt",)),
        ("", "general", "plain", ()),
        ("\x00\ufffd" * 50, "general", "plain", ()),
    ],
)
def test_signals(text: str, kind: str, difficulty: str, signals: tuple[str, ...]) -> None:
    task = route_facts(ask(text), GROUP).task
    assert (task.kind, task.difficulty, task.signals) == (kind, difficulty, signals)


def test_signals_beyond_the_text() -> None:
    image = ImagePart(url="https://example.org/x.png")
    for parts, kind in (((image,), "vision"), ((AudioPart(data="AA"),), "audio")):
        request = ChatRequest(model="auto", messages=(Message("user", parts),))
        assert route_facts(request, GROUP).task.kind == kind
    assert route_facts(ask(tools=(FunctionTool("f"),)), GROUP).task.kind == "tools"
    assert route_facts(ask(output_format=OutputFormat("json_object")), GROUP).task.kind == "structured"
    assert route_facts(ask(output_format=OutputFormat("text")), GROUP).task.kind == "general"
    assert route_facts(ask(reasoning_effort="high"), GROUP).task.signals == ("high_effort",)
    turns = tuple(Message("user" if turn % 2 else "assistant", (TextPart("hm"),)) for turn in range(8))
    assert route_facts(ChatRequest(model="auto", messages=turns), GROUP).task.signals == ("many_turns",)
    silent = ChatRequest(model="auto", messages=(Message("system", (TextPart("```"),)),))
    assert route_facts(silent, GROUP).task.kind == "general"


@given(st.text(max_size=300))
def test_any_text_can_be_judged(text: str) -> None:
    first = judge_task(ask(text), 10, frozenset())
    assert judge_task(ask(text), 10, frozenset()) == first


def test_a_huge_prompt_costs_no_more_than_its_start() -> None:
    hidden = "x" * SCANNED + "\n```\n"
    assert "code_fence" not in judge_task(ask(hidden), 10, frozenset()).signals


TOOL = FunctionTool("f")


@pytest.mark.parametrize(
    ("fields", "parts", "needs"),
    [
        ({}, (), ()),
        ({"tools": (TOOL,)}, (), ("tools",)),
        ({"tools": (TOOL,), "parallel_tool_calls": True}, (), ("tools", "parallel_tools")),
        ({"parallel_tool_calls": True}, (), ()),
        ({"output_format": OutputFormat("json_schema", "n", {})}, (), ("json_schema",)),
        ({"output_format": OutputFormat("json_object")}, (), ("json_object",)),
        ({"output_format": OutputFormat("text")}, (), ()),
        ({}, (ImagePart(data="AA"),), ("vision",)),
        ({}, (ToolResultPart("1", (ImagePart(data="AA"),)),), ("vision",)),
        ({}, (AudioPart(data="AA"), FilePart(file_id="f")), ("audio_input", "files")),
        ({"modalities": ("text", "audio", "image")}, (), ("audio_output", "image_output")),
        ({"reasoning_effort": "low"}, (), ("reasoning",)),
        ({"reasoning_effort": "none"}, (), ()),
        ({"logprobs": True}, (), ("logprobs",)),
        ({"n": 2}, (), ("many_answers",)),
    ],
)
def test_needs(fields: dict[str, Any], parts: tuple[Part, ...], needs: tuple[str, ...]) -> None:
    request = ChatRequest(model="auto", messages=(Message("user", (TextPart("hi"), *parts)),), **fields)
    assert capability_names(route_facts(request, GROUP).needs) == needs


def test_sizes() -> None:
    facts = route_facts(ask(n=3, max_tokens=10), GROUP)
    assert (facts.expected_output, facts.least_output, facts.window) == (30, 30, facts.tokens.estimate + 10)
    facts = route_facts(ask(n=2, max_tokens=100_000), GROUP)
    assert (facts.expected_output, facts.least_output) == (2 * USUAL_ANSWER, 200_000)
    facts = route_facts(ask(), GROUP)
    assert (facts.expected_output, facts.least_output, facts.window) == (USUAL_ANSWER, 16, facts.tokens.estimate + 16)
    assert facts.counted_input == facts.tokens.bound
    assert route_facts(ask(ceiling="estimate"), GROUP).counted_input == facts.tokens.estimate
