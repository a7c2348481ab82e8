"""Server role, requests: what a client sent is read without loss, and written again as an equal JSON value; what is wrong is named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from muxer_core.dialects.openai_chat import OpenAIChat
from muxer_core.dialects.server import Asked, Inbound
from muxer_core.testing.conversations import conversations
from muxer_core.testing.openai_chat import requests
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import (
    AudioPart,
    CacheMark,
    FilePart,
    ImagePart,
    ProviderPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from muxer_core.values.request import ChatRequest, CustomTool, FunctionTool, OutputFormat, ProviderTool, ToolChoice
from muxer_core.wire.limits import Limits
from tests.dialects.openai_chat.recorded_requests import Asking, collection, kept, read, sample, write
from tests.support.shared import shared_path

HELLO: dict[str, Any] = {"role": "user", "content": "Hello"}


def again(body: dict[str, Any], **others: Any) -> dict[str, Any]:
    sent: dict[str, Any] = json.loads(write(read(body), **others).request.body)
    return sent


@pytest.mark.parametrize("asking", sample(), ids=lambda asking: asking.id)
def test_a_recorded_request_comes_back_equal(asking: Asking) -> None:
    asked = read(asking.body, asking.path)
    written = write(asked)
    assert kept(json.loads(written.request.body)) == kept(asking.body)
    assert asked.stream == bool(asking.body.get("stream"))


@pytest.mark.slow
def test_every_request_of_the_collection_comes_back_equal() -> None:
    seen = 0
    for asking in collection(shared_path("recordings")):
        asked = read(asking.body, asking.path)
        written = write(asked)
        assert kept(json.loads(written.request.body)) == kept(asking.body), asking.id
        assert written.warnings == (), asking.id
        seen += 1
    assert seen > 2_900


@given(requests())
def test_what_the_client_role_writes_the_server_role_reads_and_writes_again(request: ChatRequest) -> None:
    first = json.loads(write(read_of(request)).request.body)
    assert again(first) == first


@given(conversations(vendor="anthropic"))
def test_conversations_with_seals_and_marks_come_back(request: ChatRequest) -> None:
    first = json.loads(write(read_of(request)).request.body)
    assert again(first) == first


def read_of(request: ChatRequest) -> Asked:
    """A request of ours as if it had been asked for."""
    return Asked(request)


def message(wire: dict[str, Any]) -> Any:
    """The message that a wire message is read as; it comes back as it was."""
    body = {"model": "m", "messages": [HELLO, wire]}
    asked = read(body)
    assert json.loads(write(asked).request.body)["messages"][1] == wire
    return asked.request.messages[1]


MARK = {"type": "ephemeral", "ttl": "1h"}


def test_marks_for_caching_are_typed_wherever_they_stand() -> None:
    text = {"type": "text", "text": "t", "cache_control": MARK}
    assert message({"role": "user", "content": [text]}).parts == (TextPart("t", cache=CacheMark("1h")),)
    on_message = message({"role": "user", "content": "t", "cache_control": {"type": "ephemeral"}})
    assert on_message.parts == (TextPart("t", cache=CacheMark()),)
    of_tool = message({"role": "tool", "tool_call_id": "a", "content": "r", "cache_control": MARK})
    assert of_tool.parts == (ToolResultPart("a", (TextPart("r"),), cache=CacheMark("1h")),)
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}, "cache_control": MARK}
    assert message({"role": "assistant", "content": None, "tool_calls": [call]}).parts[0].cache == CacheMark("1h")
    body = {"model": "m", "messages": [HELLO], "cache_control": MARK}
    assert read(body).request.cache == CacheMark("1h")
    assert again(body)["cache_control"] == MARK
    point = {"type": "text", "text": "t", "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "30m"}}
    assert message({"role": "user", "content": [point]}).parts[0].cache == CacheMark("30m")


@pytest.mark.parametrize(
    "mark",
    [{"type": "persistent"}, {"type": "ephemeral", "ttl": 5}, {}, "yes", {"type": "ephemeral", "scope": "x"}],
)
def test_a_mark_in_another_shape_comes_back_as_it_was(mark: Any) -> None:
    message({"role": "user", "content": [{"type": "text", "text": "t", "cache_control": mark}]})
    message({"role": "user", "content": "t", "cache_control": mark})
    message({"role": "tool", "tool_call_id": "a", "content": "r", "cache_control": mark})
    message({"role": "assistant", "content": "", "cache_control": mark})


PARTS: list[tuple[dict[str, Any], Any]] = [
    (
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"}},
        ImagePart(data="AA==", media_type="image/png", detail="low"),
    ),
    ({"type": "image_url", "image_url": {"url": "data:,x"}}, ImagePart(url="data:,x")),
    ({"type": "image_url", "image_url": "https://example.org/a.png"}, ImagePart(url="https://example.org/a.png")),
    ({"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}}, AudioPart("AA", "wav")),
    ({"type": "audio_url", "audio_url": {"url": "https://example.org/a.wav"}}, AudioPart(url="https://example.org/a.wav")),
    ({"type": "file", "file": {"file_id": "f"}}, FilePart("f")),
    (
        {"type": "file", "file": {"file_data": "data:text/plain;base64,aGVsbG8=", "filename": "a.txt"}},
        FilePart(text="hello", media_type="text/plain", filename="a.txt"),
    ),
    ({"type": "file", "file": {"file_data": "data:text/plain;base64,/w=="}}, FilePart(data="/w==", media_type="text/plain")),
    ({"type": "file", "file": {"file_data": "data:text/plain;base64,!"}}, FilePart(data="!", media_type="text/plain")),
    ({"type": "file", "file": {"file_data": "https://example.org/a.pdf"}}, FilePart(url="https://example.org/a.pdf")),
    (
        {"type": "text", "text": "t", "extra_content": {"google": {"thought_signature": "s"}}},
        TextPart("t", signature="s"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("wire", "part"), PARTS)
def test_parts_are_typed(wire: dict[str, Any], part: Any) -> None:
    role = "assistant" if part == TextPart("t", signature="s") else "user"
    (found,) = message({"role": role, "content": [wire]}).parts
    assert {name: getattr(found, name) for name in part.__struct_fields__ if name != "form"} == {
        name: getattr(part, name) for name in part.__struct_fields__ if name != "form"
    }


@pytest.mark.parametrize(
    "wire",
    [
        {"type": "video_url", "video_url": {"url": "data:video/mp4;base64,AA"}},
        {"type": "document_url", "document_url": "https://example.org/a.pdf"},
        {"type": "image_url", "image_url": {}},
        {"type": "input_audio", "input_audio": {"data": "AA"}},
        {"type": "file", "file": {"file_id": "a", "file_data": "b"}},
        {"type": "text"},
        {"text": "t"},
        {},
    ],
)
def test_a_part_that_only_its_server_understands_stays_whole(wire: dict[str, Any]) -> None:
    assert message({"role": "user", "content": [wire]}).parts == (ProviderPart(wire),)


@pytest.mark.parametrize(
    "wire",
    [
        {"role": "user"},
        {"role": "user", "content": None},
        {"role": "user", "content": []},
        {"role": "user", "content": ""},
        {"role": "user", "content": [{"type": "text", "text": "a", "x": None}], "name": None, "y": None},
        {"role": "user", "content": ["bare", {"type": "image_url", "image_url": {"url": "u", "detail": None}}]},
        {"role": "assistant", "content": "", "tool_calls": []},
        {"role": "assistant", "content": "", "refusal": ""},
        {"role": "assistant", "content": "x", "refusal": "no"},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": [{"type": "text", "text": "t"}]}, "x"]},
        {"role": "assistant", "content": None, "audio": {"id": "a", "expires_at": 5, "data": None}},
        {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": {"x": [1]}}}]},
        {"role": "assistant", "tool_calls": [{"id": "a", "type": "builtin_function", "function": {"name": "f"}}]},
        {"role": "assistant", "tool_calls": [{"id": "a", "type": None, "function": {"name": "f", "arguments": ""}}]},
        {"role": "assistant", "function_call": {"name": "f", "arguments": "{}", "x": 1}},
        {"role": "assistant", "content": "x", "reasoning": "", "reasoning_details": []},
        {"role": "assistant", "content": "x", "reasoning": "t", "reasoning_content": "t"},
        {"role": "assistant", "content": "x", "reasoning": "t", "reasoning_content": "u"},
        {"role": "assistant", "content": "x", "reasoning_details": ["odd"]},
        {"role": "assistant", "content": "x", "annotations": [{"type": "url_citation", "url_citation": {"url": "u"}}]},
        {"role": "assistant", "content": "x", "extra_content": {"google": {"thought_signature": "s", "thought": True}}},
        {"role": "assistant", "content": None, "extra_content": {"google": {"thought_signature": "s"}}},
        {"role": "tool", "tool_call_id": "a"},
        {"role": "tool", "tool_call_id": "a", "content": [], "name": "f"},
        {"role": "function", "name": "f", "content": None},
    ],
)
def test_every_way_of_writing_comes_back(wire: dict[str, Any]) -> None:
    message(wire)


def test_seals_are_typed_with_their_vendor() -> None:
    details = [
        {"type": "reasoning.text", "text": "a", "signature": "1", "format": "anthropic-claude-v1", "index": 0},
        {"type": "reasoning.summary", "summary": "b", "format": "openai-responses-v1", "id": "rs_1", "index": 1},
        {"type": "reasoning.encrypted", "data": "2", "format": "openai-responses-v1", "id": "rs_1", "index": 1},
        {"type": "reasoning.text", "text": "open"},
    ]
    parts = message({"role": "assistant", "content": "x", "reasoning": "abopen", "reasoning_details": details}).parts
    told = [(part.text, part.signature, part.encrypted, part.vendor, part.id) for part in parts[:3]]
    assert told == [
        ("a", "1", None, "anthropic", None),
        ("b", None, "2", "openai", "rs_1"),
        ("open", None, None, None, None),
    ]
    blocks = [
        {"type": "thinking", "thinking": "a", "signature": "1"},
        {"type": "redacted_thinking", "data": "2"},
    ]
    parts = message({"role": "assistant", "content": "x", "reasoning_content": "a", "thinking_blocks": blocks}).parts
    assert [(part.text, part.signature, part.encrypted, part.vendor) for part in parts[:2]] == [
        ("a", "1", None, "anthropic"),
        ("", None, "2", "anthropic"),
    ]
    silent = [{"type": "reasoning.text", "signature": "1", "format": "google-gemini-v1"}]
    parts = message({"role": "assistant", "content": "x", "reasoning": "t", "reasoning_details": silent}).parts
    assert (parts[0].text, parts[0].signature, parts[0].vendor) == ("t", "1", "google")


def test_a_seal_on_a_call_and_on_the_message() -> None:
    sealed = {"google": {"thought_signature": "s"}}
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}, "extra_content": sealed}
    found = message({"role": "assistant", "content": None, "tool_calls": [call], "extra_content": sealed})
    assert [type(part) for part in found.parts] == [TextPart, ToolCallPart]
    assert [part.signature for part in found.parts] == ["s", "s"]


TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}


NAMED = {"type": "function", "function": {"name": "f"}}


def asked(**fields: Any) -> ChatRequest:
    """The request of a body with these fields; it comes back as it was."""
    body = {"model": "m", "messages": [HELLO], **fields}
    assert again(body) == body
    return read(body).request


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"max_tokens": 5}, {"max_tokens": 5}),
        ({"max_completion_tokens": 5}, {"max_tokens": 5}),
        ({"max_completion_tokens": 5, "max_tokens": 5}, {"max_tokens": 5}),
        ({"max_completion_tokens": None, "max_tokens": 5, "stop": None, "n": None}, {"max_tokens": 5, "n": 1}),
        ({"stop": "a"}, {"stop": ("a",)}),
        ({"stop": ["a"]}, {"stop": ("a",)}),
        ({"stop": [], "tools": [], "modalities": []}, {"stop": (), "tools": (), "modalities": ()}),
        ({"n": 1}, {"n": 1}),
        ({"random_seed": 7}, {"seed": 7}),
        ({"top_k": 7}, {"top_k": 7}),
        ({"reasoning": {"effort": "high", "exclude": True}}, {"reasoning_effort": "high"}),
        ({"reasoning": {"max_tokens": 9, "summary": "auto"}}, {"reasoning_budget": 9, "reasoning_summary": "auto"}),
        ({"reasoning": {}}, {"reasoning_effort": None}),
        ({"reasoning": {"effort": "low"}, "reasoning_effort": "high"}, {"reasoning_effort": "high"}),
        ({"reasoning": "high"}, {"extras": {"reasoning": "high"}}),
        ({"tool_choice": "any", "tools": [TOOL]}, {"tool_choice": ToolChoice("required", form=("any",))}),
        ({"tool_choice": "mine"}, {"tool_choice": None, "extras": {"tool_choice": "mine"}}),
        ({"tool_choice": {"type": "web"}}, {"tool_choice": None, "extras": {"tool_choice": {"type": "web"}}}),
        ({"tool_choice": {"type": "function"}}, {"tool_choice": None}),
        ({"tool_choice": {"function": {"name": "f"}}, "tools": [TOOL]}, {}),
        (
            {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [NAMED]}}, "tools": [TOOL]},
            {"tool_choice": ToolChoice("required", ("f",), form=("allowed_tools",))},
        ),
        ({"response_format": {"type": "regex", "x": 1}}, {"output_format": None}),
        ({"response_format": {"type": "json_object", "x": 1}}, {"output_format": OutputFormat("json_object", extras={"x": 1})}),
        ({"response_format": {"type": "json_schema", "json_schema": {"schema": {}, "strict": None, "x": 1}}}, {}),
        ({"response_format": {"type": "json_schema", "json_schema": {"name": "n"}}}, {}),
        ({"functions": [{"name": "f", "x": 1}], "function_call": {"name": "f"}}, {}),
        ({"functions": [{"name": "f"}], "function_call": "auto"}, {"tool_choice": ToolChoice("auto", form=("function_call",))}),
        ({"functions": [{"name": "f"}], "tools": [TOOL]}, {"tools": (FunctionTool("f", parameters={"type": "object"}),)}),
        ({"functions": []}, {"tools": ()}),
        ({"functions": [], "function_call": "none", "tools": [TOOL], "tool_choice": "auto"}, {}),
        ({"logit_bias": {"1": 2}, "x": None, "y": [None]}, {"extras": {"logit_bias": {"1": 2}, "y": [None]}}),
        ({"temperature": 0, "top_p": 1, "metadata": {"a": "b"}, "store": False}, {"temperature": 0, "store": False}),
    ],
)  # fmt: skip
def test_each_way_of_asking(fields: dict[str, Any], told: dict[str, Any]) -> None:
    request = asked(**fields)
    assert {name: getattr(request, name) for name in told} == told
    assert request.dialect == "openai_chat"


@pytest.mark.parametrize(
    ("wire", "kind"),
    [
        ({**TOOL, "cache_control": MARK, "x": 1}, FunctionTool),
        ({"type": "function", "function": {"name": "f", "cache_control": MARK, "strict": None, "x": 1}}, FunctionTool),
        ({"function": {"name": "f"}}, FunctionTool),
        ({"type": "custom", "custom": {"name": "c", "x": 1}, "y": None}, CustomTool),
        ({"type": "function", "name": "flat", "parameters": {}}, ProviderTool),
        ({"type": "openrouter:web_search", "parameters": {"max_uses": 1}}, ProviderTool),
    ],
)
def test_each_kind_of_tool(wire: dict[str, Any], kind: type) -> None:
    (tool,) = asked(tools=[wire]).tools
    assert type(tool) is kind
    if isinstance(tool, FunctionTool) and "cache_control" in json.dumps(wire):
        assert tool.cache == CacheMark("1h")


def test_how_the_answer_is_to_come() -> None:
    body = {"model": "m", "messages": [HELLO], "stream": True}
    assert (read(body).stream, read(body).wants_usage) == (True, False)
    options = {"include_usage": True, "include_obfuscation": False}
    told = read({**body, "stream_options": options})
    assert told.wants_usage
    assert told.request.extras == {"stream_options": {"include_obfuscation": False}}
    assert json.loads(write(told).request.body)["stream_options"] == options
    assert not read({"model": "m", "messages": [HELLO]}).stream


def test_the_model_of_azures_paths() -> None:
    path = "/openai/deployments/my%20gpt/chat/completions"
    assert read({"messages": [HELLO]}, path).request.model == "my gpt"
    assert read({"messages": [HELLO], "model": "named"}, path).request.model == "named"


WRONG: list[tuple[Any, str]] = [
    (b"", "body"),
    (b"<html>", "body"),
    (b"[]", "body"),
    (b'{"a":' + b"[" * 500 + b"]" * 500 + b"}", "body"),
    ({"messages": [HELLO]}, "model"),
    ({"model": 5, "messages": [HELLO]}, "model"),
    ({"model": "m"}, "messages"),
    ({"model": "m", "messages": {}}, "messages"),
    ({"model": "m", "messages": [5]}, "messages[0]"),
    ({"model": "m", "messages": [{"role": "assistant", "function_call": "f"}]}, "messages[0].function_call"),
    (
        {"model": "m", "messages": [{"role": "assistant", "function_call": {}}]},
        "messages[0].function_call.function",
    ),
    (
        {"model": "m", "messages": [{"role": "assistant", "function_call": {"name": "f", "arguments": 5}}]},
        "messages[0].function_call.arguments",
    ),
    ({"model": "m", "messages": [HELLO], "stream": "yes"}, "stream"),
    ({"model": "m", "messages": [HELLO], "stream_options": 5}, "stream_options"),
    ({"model": "m", "messages": [HELLO], "temperature": "hot"}, "temperature"),
    ({"model": "m", "messages": [HELLO], "temperature": True}, "temperature"),
    ({"model": "m", "messages": [HELLO], "max_tokens": 5.5}, "max_tokens"),
    ({"model": "m", "messages": [HELLO], "max_tokens": 5, "max_completion_tokens": 6}, "max_completion_tokens"),
    ({"model": "m", "messages": [HELLO], "stop": 5}, "stop"),
    ({"model": "m", "messages": [HELLO], "stop": [5]}, "stop"),
    ({"model": "m", "messages": [HELLO], "metadata": []}, "metadata"),
    ({"model": "m", "messages": [HELLO], "tools": {}}, "tools"),
    ({"model": "m", "messages": [HELLO], "tools": [5]}, "tools[0]"),
    ({"model": "m", "messages": [HELLO], "tools": [{"type": "function", "function": {}}]}, "tools[0].function.name"),
    (
        {"model": "m", "messages": [HELLO], "tools": [{"type": "function", "function": {"name": "f", "strict": 5}}]},
        "tools[0].function.strict",
    ),
    ({"model": "m", "messages": [HELLO], "functions": [5]}, "functions[0]"),
    ({"model": "m", "messages": [HELLO], "tool_choice": 5}, "tool_choice"),
    ({"model": "m", "messages": [HELLO], "response_format": "json"}, "response_format"),
    (
        {"model": "m", "messages": [HELLO], "response_format": {"type": "json_schema", "json_schema": {"name": 5}}},
        "output_format.json_schema.name",
    ),
]


@pytest.mark.parametrize(("body", "field"), WRONG)
def test_what_is_wrong_is_named(body: Any, field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read(body)
    assert refused.value.field == field


def test_a_body_beyond_its_limit_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="limit body"):
        OpenAIChat().decode_chat(Inbound("POST", "/", body=b"{}" * 9), limits=Limits(body=16))
