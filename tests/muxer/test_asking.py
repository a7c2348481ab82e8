"""What a user types becomes a request, or an error that names the argument."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

import pytest

from muxer_core.asking import chat_request
from muxer_core.values.amount import Usd
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import Message, TextPart
from muxer_core.values.request import FunctionTool, OutputFormat, ProviderTool, ToolChoice

HELLO = Message("user", (TextPart("hello"),))


@pytest.mark.parametrize(
    "prompt",
    ["hello", HELLO, [HELLO], [{"role": "user", "content": "hello"}]],
    ids=["text", "message", "messages", "mappings"],
)
def test_a_prompt_may_be_written_in_several_ways(prompt: Any) -> None:
    (message,) = chat_request(prompt, "auto", {}).messages
    assert (message.role, message.parts) == (HELLO.role, HELLO.parts)


@pytest.mark.parametrize(
    ("prompt", "field"),
    [
        ([], "messages"),
        (b"hello", "messages"),
        ({"role": "user"}, "messages"),
        (7, "messages"),
        ([HELLO, 7], r"messages\[1\]"),
    ],
)
def test_what_is_no_prompt_is_refused_by_name(prompt: Any, field: str) -> None:
    with pytest.raises(InvalidRequest, match=field):
        chat_request(prompt, "auto", {})


@pytest.mark.parametrize("amount", ["0.01", 0.01, Decimal("0.01"), Usd.parse("0.01")])
def test_a_ceiling_is_exact_however_it_is_written(amount: Any) -> None:
    assert chat_request("hi", "auto", {"max_cost": amount}).max_cost == Usd(10**10)


def test_options_take_openais_forms_and_ours() -> None:
    tool = {"type": "function", "function": {"name": "now"}}
    request = chat_request(
        "hi",
        "auto",
        {
            "tools": [tool, FunctionTool("then"), {"type": "web_search"}],
            "tool_choice": "required",
            "output_format": {"type": "json_object"},
            "stop": "END",
            "modalities": ["text"],
        },
    )
    assert request.tools == (FunctionTool("now"), FunctionTool("then"), ProviderTool({"type": "web_search"}))
    assert (request.tool_choice, request.output_format) == (ToolChoice("required"), OutputFormat("json_object"))
    assert (request.stop, request.modalities) == (("END",), ("text",))
    ours = chat_request(
        "hi", "auto", {"tool_choice": ToolChoice("none"), "output_format": OutputFormat("text"), "stop": ["a", "b"]}
    )
    assert (ours.tool_choice, ours.output_format, ours.stop) == (ToolChoice("none"), OutputFormat("text"), ("a", "b"))


BAD_OPTIONS: list[tuple[dict[str, Any], str]] = [
    ({"max_tokens": 0}, "max_tokens"),
    ({"max_tokens": True}, "max_tokens"),
    ({"n": 0}, "n"),
    ({"temperature": float("nan")}, "temperature"),
    ({"top_p": float("inf")}, "top_p"),
    ({"top_logprobs": 3}, "top_logprobs"),
    ({"max_cost": "-1"}, "max_cost"),
    ({"max_cost": "a cent"}, "max_cost"),
    ({"tools": [{"type": "function"}]}, r"tools\[0\]\.function"),
    ({"tools": [{"type": "custom", "custom": {}}]}, r"tools\[0\]\.custom\.name"),
    ({"tools": [{"type": 7}]}, r"tools\[0\]\.type"),
    ({"tool_choice": "perhaps"}, "tool_choice"),
    ({"tool_choice": {"type": "perhaps"}}, r"tool_choice\.type"),
    ({"output_format": {"type": "poem"}}, r"output_format\.type"),
    ({"max_costs": "0.01"}, r"max_costs: is no option of a chat call; did you mean 'max_cost'\?"),
    ({"temperature": "hot"}, "temperature"),
    ({"top_logprobs": -1, "logprobs": True}, "top_logprobs"),
    ({"stop": 5}, "stop"),
    ({"stop": [5]}, r"stop\[0\]"),
    ({"tools": {"type": "function"}}, "tools"),
    ({"tools": [5]}, r"tools\[0\]"),
    ({"tool_choice": 5}, "tool_choice"),
    ({"output_format": "json"}, "output_format"),
    ({"modalities": "text"}, "modalities"),
    ({"extras": []}, "extras"),
    ({"audio": "wav"}, "audio"),
    ({"ceiling": "roughly"}, "ceiling"),
    ({"seed": 1.5}, "seed"),
    ({"seed": True}, "seed"),
    ({"n": None}, "n"),
    ({"user": 5}, "user"),
    ({"logprobs": "yes"}, "logprobs"),
]


@pytest.mark.parametrize(("options", "field"), BAD_OPTIONS)
def test_a_bad_argument_is_refused_by_name(options: Any, field: str) -> None:
    with pytest.raises(InvalidRequest, match=field):
        chat_request("hi", "auto", options)


def test_a_list_that_is_none_is_left_out() -> None:
    request = chat_request("hi", "auto", cast("Any", {"stop": None, "tools": None, "modalities": None, "extras": None}))
    assert (request.stop, request.tools, request.modalities, request.extras) == ((), (), (), {})


def test_an_empty_model_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="model"):
        chat_request("hi", "", {})


def test_tool_choices_and_formats_in_full() -> None:
    allowed = {
        "type": "allowed_tools",
        "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "a"}}]},
    }
    assert chat_request("hi", "m", {"tool_choice": allowed}).tool_choice == ToolChoice("auto", ("a",))
    named = {"type": "custom", "custom": {"name": "b"}}
    assert chat_request("hi", "m", {"tool_choice": named}).tool_choice == ToolChoice("required", ("b",))
    schema = {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}, "strict": True}}
    assert chat_request("hi", "m", {"output_format": schema}).output_format == OutputFormat(
        "json_schema", "s", {"type": "object"}, True
    )
    assert chat_request("hi", "m", {"output_format": {"type": "text"}}).output_format == OutputFormat("text")
