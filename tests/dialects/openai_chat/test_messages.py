"""Messages survive both ways, and what the OpenAI form cannot say is refused by name or left out aloud."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given

from muxer_core.dialects.openai_chat import OpenAIChat
from muxer_core.dialects.openai_chat.messages import decode_message, decode_messages, encode_messages
from muxer_core.dialects.protocol import Target
from muxer_core.testing.openai_chat import messages
from muxer_core.values.credential import CredentialRef
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import (
    ImagePart,
    Message,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from muxer_core.values.request import ChatRequest

TARGET = Target(
    where="t",
    base_url="http://127.0.0.1:4000/v1",
    model="gpt-4o",
    credential=CredentialRef("env:KEY"),
    headers=(("x-team", "a"),),
)


# --- messages -----------------------------------------------------------------------------------------------------------------------


def plain(value: Any) -> Any:
    """A value without the dialect's notes to itself."""
    if isinstance(value, list | tuple):
        return [plain(one) for one in cast("Sequence[Any]", value)]
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {name: plain(one) for name, one in fields.items() if name not in ("form", "dialect")}
    return value


@given(messages())
def test_a_message_survives_the_way_out_and_back(message: Message) -> None:
    (wire,), warnings = encode_messages([message])
    assert warnings == []
    read = decode_message(json.loads(json.dumps(wire)))
    assert read.dialect == "openai_chat"
    assert plain(msgspec.to_builtins(read)) == plain(msgspec.to_builtins(message))
    assert encode_messages([read]) == ([wire], [])


WIRE_MESSAGES: list[dict[str, Any]] = [
    {"role": "system", "content": "s"},
    {"role": "developer", "content": "d", "name": "n"},
    {"role": "user", "content": [{"type": "text", "text": "t", "cache_control": {"type": "ephemeral"}}]},
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "t"},
            {"type": "image_url", "image_url": {"url": "https://example.org/a.png", "detail": "low", "format": "png"}},
            {"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}},
            {
                "type": "file",
                "file": {"file_id": "f", "filename": "n"},
                "prompt_cache_breakpoint": {"mode": "explicit"},
            },
            {"type": "file", "file": {"file_data": "data:application/pdf;base64,AA", "filename": "n"}},
            {"type": "file", "file": {"file_data": "AA"}},
        ],
    },
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}},
            {"id": "b", "type": "custom", "custom": {"name": "c", "input": "x"}},
            {
                "id": "c",
                "type": "function",
                "function": {"name": "f", "arguments": "{}", "strict": True},
                "extra_content": {"google": {"thought_signature": "s"}},
            },
        ],
    },
    {"role": "assistant", "content": "x", "reasoning_content": "t", "x_new": [1]},
    {
        "role": "assistant",
        "content": "x",
        "reasoning": "t",
        "reasoning_details": [{"type": "reasoning.text", "text": "t", "signature": "s", "format": "f", "index": 0}],
    },
    {"role": "assistant", "content": None, "refusal": "no"},
    {"role": "assistant", "content": [{"type": "text", "text": "a"}, {"type": "refusal", "refusal": "b"}]},
    {"role": "assistant", "content": None, "audio": {"id": "audio_1"}},
    {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
    {"role": "tool", "tool_call_id": "a", "content": "r"},
    {
        "role": "tool",
        "tool_call_id": "a",
        "content": [{"type": "text", "text": "r"}, {"type": "image_url", "image_url": {"url": "u"}}],
        "name": "f",
    },
    {"role": "function", "name": "f", "content": "r"},
]


@pytest.mark.parametrize("wire", WIRE_MESSAGES)
def test_an_openai_message_comes_back_as_it_was(wire: dict[str, Any]) -> None:
    assert encode_messages([decode_message(wire)]) == ([wire], [])


@pytest.mark.parametrize(
    ("wire", "message"),
    [
        ({"role": "user", "content": "x"}, Message("user", (TextPart("x"),))),
        ({"role": "user", "content": ["x"]}, Message("user", (TextPart("x"),))),
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": "u"}]},
            Message("user", (ImagePart(url="u"),)),
        ),
        (
            {
                "role": "assistant",
                "content": "",
                "refusal": None,
                "audio": None,
                "tool_calls": None,
                "function_call": None,
            },
            Message("assistant", ()),
        ),
        ({"role": "assistant", "refusal": "no"}, Message("assistant", (RefusalPart("no"),))),
        (
            {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "f"}}]},
            Message("assistant", (ToolCallPart("a", "f", ""),)),
        ),
        (
            {"role": "assistant", "reasoning_details": [{"summary": "s"}, {"data": "d"}]},
            Message(
                "assistant", (ReasoningPart("s", None, "d", {"reasoning_details": [{"summary": "s"}, {"data": "d"}]}),)
            ),
        ),
    ],
)
def test_decoding(wire: dict[str, Any], message: Message) -> None:
    (read,) = decode_messages([wire])
    assert plain(msgspec.to_builtins(read)) == plain(msgspec.to_builtins(message))
    assert encode_messages([read]) == ([wire], [])


BAD_MESSAGES: list[tuple[Any, str]] = [
    (7, "messages[0]"),
    ({"role": "robot"}, "messages[0].role"),
    ({"role": "user", "name": 5}, "messages[0].name"),
    ({"role": "user", "content": 5}, "messages[0].content"),
    ({"role": "user", "content": [5]}, "messages[0].content[0]"),
    ({"role": "tool", "content": "x"}, "messages[0].tool_call_id"),
    (
        {"role": "tool", "tool_call_id": "a", "content": [{"type": "refusal", "refusal": "x"}]},
        "messages[0].content",
    ),
    ({"role": "assistant", "audio": "a"}, "messages[0].audio"),
    ({"role": "assistant", "tool_calls": {}}, "messages[0].tool_calls"),
    ({"role": "assistant", "tool_calls": [5]}, "messages[0].tool_calls[0]"),
    ({"role": "assistant", "tool_calls": [{"id": "a"}]}, "messages[0].tool_calls[0].function"),
    ({"role": "assistant", "tool_calls": [{"function": {"name": "f"}}]}, "messages[0].tool_calls[0].id"),
    (
        {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": [1]}}]},
        "messages[0].tool_calls[0].function.arguments",
    ),
]


@pytest.mark.parametrize(("wire", "named"), BAD_MESSAGES)
def test_a_message_that_cannot_be_right_is_refused_by_name(wire: Any, named: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        decode_messages([wire])
    assert refused.value.field == named


def test_several_tool_calls_without_an_id_are_refused_rather_than_lost() -> None:
    calls = (ToolCallPart("", "f", "{}"), ToolCallPart("", "g", "{}"))
    with pytest.raises(InvalidRequest, match=r"messages\[0\]\.parts: holds several tool calls without an id"):
        encode_messages([Message("assistant", calls)])


def test_an_image_as_data_becomes_a_data_url() -> None:
    (wire,), _ = encode_messages([Message("user", (ImagePart(data="AA", media_type="image/png"),))])
    assert wire["content"] == [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}]


def test_thinking_goes_back_where_it_can() -> None:
    signed = Message("assistant", (ReasoningPart("t", signature="s"), ReasoningPart(encrypted="e"), TextPart("x")))
    (wire,), warnings = encode_messages([signed])
    assert wire["reasoning_details"] == [
        {"type": "reasoning.text", "text": "t", "signature": "s"},
        {"type": "reasoning.encrypted", "data": "e"},
    ]
    assert warnings == []
    plain = Message("assistant", (ReasoningPart("t"), TextPart("x")))
    (wire,), warnings = encode_messages([plain])
    assert wire == {"role": "assistant", "content": "x"}
    assert warnings[0].startswith("messages[0]")
    (wire,), warnings = encode_messages([plain], reasoning_field="reasoning_content")
    assert (wire["reasoning_content"], warnings) == ("t", [])
    done = OpenAIChat().encode_chat(ChatRequest(model="m", messages=(plain,)), TARGET, max_tokens=None, stream=False)
    assert done.warnings == tuple(encode_messages([plain])[1])


def test_tool_results_of_a_user_message_become_messages_of_their_own() -> None:
    results = (ToolResultPart("a", (TextPart("1"),)), ToolResultPart("b", (TextPart("2"),), is_error=True))
    wires, warnings = encode_messages([Message("user", (*results, TextPart("and?")), name="n", extras={"x": 1})])
    assert wires == [
        {"role": "tool", "tool_call_id": "a", "content": "1"},
        {"role": "tool", "tool_call_id": "b", "content": "2"},
        {"role": "user", "name": "n", "content": "and?", "x": 1},
    ]
    assert "is_error" in warnings[0]
    assert encode_messages([Message("user", results[:1])])[0] == [{"role": "tool", "tool_call_id": "a", "content": "1"}]


def test_a_message_that_says_nothing_is_an_empty_string() -> None:
    assert encode_messages([Message("assistant", ()), Message("user", ())])[0] == [
        {"role": "assistant", "content": ""},
        {"role": "user", "content": ""},
    ]
