"""Requests: what our fields become on the wire, what is left out or refused and how that is said, and what a client may not say."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from muxer_core.dialects.anthropic_messages import AnthropicMessages
from muxer_core.dialects.protocol import Target
from muxer_core.values.credential import CredentialRef
from muxer_core.values.messages import (
    AudioPart,
    CacheMark,
    Citation,
    FilePart,
    ImagePart,
    Message,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    ServerToolCallPart,
    ServerToolResultPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from muxer_core.values.request import ChatRequest, CustomTool, FunctionTool, OutputFormat, ProviderTool, ToolChoice
from tests.dialects.anthropic_messages.asking import (
    FOREIGN,
    HELLO,
    OWN,
    TARGET,
    asked,
    body_of,
    encoded,
    refused,
    spoken,
    warned,
)

# --- url, headers, limits -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://api.anthropic.com", "https://api.anthropic.com/v1/messages"),
        ("https://api.anthropic.com/v1", "https://api.anthropic.com/v1/messages"),
        ("https://api.deepseek.com/anthropic", "https://api.deepseek.com/anthropic/v1/messages"),
    ],
)
def test_the_url_with_and_without_its_version(base: str, url: str) -> None:
    target = Target("w", base, "m")
    dialect = AnthropicMessages()
    request = ChatRequest(model="m", messages=HELLO, max_tokens=1)
    assert encoded(request, target=target).request.url == url
    assert dialect.encode_count(request, target).request.url == f"{url}/count_tokens"
    assert dialect.encode_models(target).request.url == url.replace("/messages", "/models?limit=1000")


def test_headers_and_credential() -> None:
    request = ChatRequest(
        model="m",
        messages=HELLO,
        max_tokens=1,
        extras={"betas": ["b2", "b1"], "workspace_id": "w1", "user_profile_id": "p1"},
    )
    sent = encoded(request, stream=True, betas=("b1",)).request
    assert sent.headers.get("anthropic-version") == "2023-06-01"
    assert sent.headers.get("anthropic-beta") == "b1,b2"
    assert sent.headers.get("anthropic-workspace-id") == "w1"
    assert sent.headers.get("anthropic-user-profile-id") == "p1"
    assert sent.headers.get("accept") == "text/event-stream"
    assert sent.headers.get("x-team") == "blue"
    assert sent.credential == CredentialRef("key", "x-api-key")
    assert set(json.loads(sent.body)) == {"model", "messages", "max_tokens", "stream"}
    assert encoded(ChatRequest(model="m", messages=HELLO, max_tokens=1)).request.headers.get("anthropic-beta") is None


def test_the_api_wants_a_limit() -> None:
    body, fields = warned(max_tokens=None)
    assert (body["max_tokens"], fields) == (4096, ["max_tokens"])
    body, _ = warned(max_tokens=None, reasoning_budget=5000)
    assert body["max_tokens"] == 9096
    assert body_of(encoded(ChatRequest(model="m", messages=HELLO), default_max_tokens=7))["max_tokens"] == 7
    assert asked(max_tokens=None, extras={"max_tokens": 0})["max_tokens"] == 0


def test_counting_sends_what_is_counted() -> None:
    request = ChatRequest(
        model="m", messages=HELLO, max_tokens=5, temperature=0.5, tools=(FunctionTool("f"),), extras={"mcp_servers": []}
    )
    sent = AnthropicMessages().encode_count(request, TARGET)
    assert set(body_of(sent)) == {"model", "messages", "tools", "mcp_servers"}


# --- messages -----------------------------------------------------------------------------------------------------------------------------


def test_leading_system_and_developer_messages_are_the_system_prompt() -> None:
    one = asked(messages=(Message("system", (TextPart("s"),)), *HELLO))
    assert one["system"] == "s"
    two = asked(
        messages=(
            Message("system", (TextPart("s"),)),
            Message("developer", (TextPart("d", cache=CacheMark("1h")),)),
            *HELLO,
        )
    )
    assert two["system"] == [
        {"type": "text", "text": "s"},
        {"type": "text", "text": "d", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
    ]
    assert two["messages"] == [{"role": "user", "content": "hi"}]
    assert refused(messages=(Message("system", (ImagePart(url="u"),)), *HELLO)) == "messages[0].parts[0]"
    assert refused(messages=(Message("system", (TextPart("a"),), extras={"x": 1}), *HELLO)) == "messages[0].extras"


def test_a_later_system_message_is_a_message_or_the_users_text() -> None:
    messages = (*HELLO, Message("developer", (TextPart("now"),)))
    assert asked(messages=messages)["messages"][1] == {"role": "system", "content": "now"}
    sent = encoded(ChatRequest(model="m", messages=messages, max_tokens=1), later_system="user")
    assert body_of(sent)["messages"] == [
        {
            "role": "user",
            "content": [{"type": "text", "text": "hi"}, {"type": "text", "text": "<system>\nnow\n</system>"}],
        }
    ]
    assert len(sent.warnings) == 1


def test_results_of_one_turn_are_one_message_with_what_the_user_says_next() -> None:
    messages = (
        *HELLO,
        Message("assistant", (ToolCallPart("a", "f", '{"x": 1.0}'), ToolCallPart("b", "g", " "))),
        Message("tool", (ToolResultPart("a", (TextPart("1"),)),)),
        Message("tool", (ToolResultPart("b", (ImagePart(data="AA", media_type="image/png"),), is_error=True),)),
        Message("user", (TextPart("go on"),)),
        Message("user", ()),
    )
    sent = encoded(ChatRequest(model="m", messages=messages, max_tokens=1))
    assert b'"input":{"x": 1.0}' in sent.request.body
    assert body_of(sent)["messages"][1:] == [
        {
            "role": "assistant",
            "content": [
                {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1.0}},
                {"type": "tool_use", "id": "b", "name": "g", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "a", "content": "1"},
                {
                    "type": "tool_result",
                    "tool_use_id": "b",
                    "content": [
                        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA"}}
                    ],
                    "is_error": True,
                },
                {"type": "text", "text": "go on"},
            ],
        },
    ]


@pytest.mark.parametrize(
    ("messages", "field"),
    [
        (spoken(ToolCallPart("a", "f", "{}"), role="user"), "messages[1].parts[0]"),
        (spoken(ToolResultPart("a")), "messages[1].parts[0]"),
        (spoken(TextPart("a"), role="tool"), "messages[1].parts[0]"),
        (spoken(ToolCallPart("a", "f", "[1]")), "messages[1].parts[0].arguments"),
        (spoken(ToolCallPart("a", "f", '{"a')), "messages[1].parts[0].arguments"),
        (spoken(ToolCallPart("a", "f", "x", "custom")), "messages[1].parts[0].kind"),
        (spoken(ToolCallPart("", "f", "{}")), "messages[1].parts[0].id"),
        (spoken(ToolCallPart("a", "f", "{}", signature="s")), "messages[1].parts[0].signature"),
        (spoken(TextPart("a", signature="s")), "messages[1].parts[0].signature"),
        (spoken(ToolResultPart(""), role="tool"), "messages[1].parts[0].tool_call_id"),
        (spoken(AudioPart(data="a", format="wav"), role="user"), "messages[1].parts[0]"),
        (spoken(ProviderPart({}), dialect=FOREIGN), "messages[1].parts[0]"),
        (spoken(ServerToolCallPart("a", "f")), "messages[1].parts[0]"),
        (spoken(TextPart("a", cache=CacheMark("24h")), dialect=FOREIGN), "messages[1].parts[0].cache.ttl"),
        (spoken(ReasoningPart("a", "s", vendor="openai")), "messages[1].parts[0]"),
        (spoken(ReasoningPart("a", "s"), dialect=FOREIGN), "messages[1].parts[0]"),
        (spoken(ReasoningPart("a", "s", "e", vendor="anthropic")), "messages[1].parts[0]"),
        (spoken(ImagePart(url="u", data="d"), role="user"), "messages[1].parts[0]"),
        (spoken(ImagePart(data="d"), role="user"), "messages[1].parts[0]"),
        (spoken(ImagePart(file_id="f"), role="user", dialect=FOREIGN), "messages[1].parts[0].file_id"),
        (spoken(FilePart(file_id="f"), role="user", dialect=FOREIGN), "messages[1].parts[0].file_id"),
        (spoken(FilePart(), role="user"), "messages[1].parts[0]"),
        (spoken(FilePart(data="d"), role="user"), "messages[1].parts[0].media_type"),
        (spoken(FilePart(data="d", media_type="application/zip"), role="user"), "messages[1].parts[0].media_type"),
        (spoken(FilePart(data="%%", media_type="text/plain"), role="user"), "messages[1].parts[0]"),
    ],
)  # fmt: skip
def test_what_a_message_cannot_say_is_refused_by_name(messages: tuple[Message, ...], field: str) -> None:
    assert refused(messages=messages) == field


def test_seals_of_anthropic_go_back_and_plain_thinking_does_not() -> None:
    parts = (
        ReasoningPart("a", "s", vendor="anthropic"),
        ReasoningPart(encrypted="e", vendor="anthropic"),
        TextPart("t"),
    )
    for dialect in (None, FOREIGN):
        assert asked(messages=spoken(*parts, dialect=dialect))["messages"][1]["content"] == [
            {"type": "thinking", "thinking": "a", "signature": "s"},
            {"type": "redacted_thinking", "data": "e"},
            {"type": "text", "text": "t"},
        ]
    for dialect in (None, FOREIGN):
        body, fields = warned(messages=(*spoken(ReasoningPart("a"), dialect=dialect), *HELLO))
        assert fields == ["messages[1].parts[0]"]
        assert [turn["role"] for turn in body["messages"]] == ["user"]
    own = asked(messages=spoken(ReasoningPart("a"), dialect=OWN))
    assert own["messages"][1]["content"] == [{"type": "thinking", "thinking": "a"}]
    _, fields = warned(messages=spoken(ReasoningPart("a", "s", vendor="anthropic", id="rs"), TextPart("t")))
    assert fields == ["messages[1].parts[0].id"]


def test_what_another_dialect_told_is_left_out_by_name() -> None:
    part = TextPart("a", {"x": 1, "nothing": None}, CacheMark("5m", {"y": 1}), citations=(Citation("url", url="u"),))
    message = Message("user", (part, ServerToolCallPart("a", "search"), ServerToolResultPart("a", "search"), RefusalPart("no")), "ann",
                      {"z": 1}, FOREIGN)  # fmt: skip
    body, fields = warned(messages=(message,), dialect=FOREIGN, extras={"logit_bias": {}}, tools=(FunctionTool("f", extras={"q": 1}),),
                          tool_choice=ToolChoice("auto", extras={"r": 1}))  # fmt: skip
    assert sorted(fields) == sorted([
        "messages[0].name", "messages[0].extras.z", "messages[0].parts[0].citations[0]", "messages[0].parts[0].extras.x",
        "messages[0].parts[0].cache.extras.y", "messages[0].parts[1]", "messages[0].parts[2]", "messages[0].parts[3]",
        "tools[0].extras.q", "tool_choice.extras.r", "extras.logit_bias",
    ])  # fmt: skip
    assert body["messages"][0]["content"] == [
        {"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "5m"}},
        {"type": "text", "text": "no"},
    ]


def test_a_callers_own_fields_are_written_verbatim() -> None:
    body = asked(
        messages=(
            Message("user", (TextPart("a", {"x": 1}), ProviderPart({"type": "search_result"})), extras={"z": 1}),
        ),
        extras={"thinking": {"type": "between_tools"}, "output_config": {"task_budget": 1}, "mcp_servers": []},
        reasoning_effort="high",
    )
    assert body["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "a", "x": 1}, {"type": "search_result"}], "z": 1}
    ]
    assert body["thinking"] == {"type": "between_tools"}
    assert body["output_config"] == {"effort": "high", "task_budget": 1}


def test_images_and_documents() -> None:
    text = base64.b64encode("é".encode()).decode()
    body, fields = warned(messages=(Message("user", (
        ImagePart(url="data:image/png;base64,AA", detail="low"), ImagePart(url="https://x/a.png"), ImagePart(file_id="f"),
        ImagePart(url="data:,odd"),
        FilePart(data="AA", media_type="application/pdf", filename="a.pdf"), FilePart(data="AA", filename="B.PDF"),
        FilePart(data=text, media_type="text/plain"), FilePart(text="t"), FilePart(url="https://x/a.pdf"), FilePart(file_id="f"),
        FilePart(data="AA", media_type="image/png"), FilePart(url="https://x/b", media_type="image/png"),
    )),))  # fmt: skip
    assert fields == ["messages[0].parts[0].detail"]
    assert [(block["type"], block["source"], block.get("title")) for block in body["messages"][0]["content"]] == [
        ("image", {"type": "base64", "media_type": "image/png", "data": "AA"}, None),
        ("image", {"type": "url", "url": "https://x/a.png"}, None),
        ("image", {"type": "file", "file_id": "f"}, None),
        ("image", {"type": "url", "url": "data:,odd"}, None),
        ("document", {"type": "base64", "media_type": "application/pdf", "data": "AA"}, "a.pdf"),
        ("document", {"type": "base64", "media_type": "application/pdf", "data": "AA"}, "B.PDF"),
        ("document", {"type": "text", "media_type": "text/plain", "data": "é"}, None),
        ("document", {"type": "text", "media_type": "text/plain", "data": "t"}, None),
        ("document", {"type": "url", "url": "https://x/a.pdf"}, None),
        ("document", {"type": "file", "file_id": "f"}, None),
        ("image", {"type": "base64", "media_type": "image/png", "data": "AA"}, None),
        ("image", {"type": "url", "url": "https://x/b"}, None),
    ]


# --- settings -----------------------------------------------------------------------------------------------------------------------------


def test_settings_by_their_names() -> None:
    body = asked(
        temperature=0.5, top_p=0.9, top_k=3, stop=("x",), user="u", cache=CacheMark("5m"), service_tier="default",
        reasoning_budget=2048, reasoning_summary="detailed", reasoning_effort="xhigh", modalities=("text",),
        output_format=OutputFormat("json_schema", "n", {"type": "object"}, strict=True),
    )  # fmt: skip
    del body["messages"]
    assert body == {
        "model": "claude", "max_tokens": 9, "temperature": 0.5, "top_p": 0.9, "top_k": 3, "stop_sequences": ["x"],
        "metadata": {"user_id": "u"}, "cache_control": {"type": "ephemeral", "ttl": "5m"}, "service_tier": "standard_only",
        "thinking": {"type": "enabled", "budget_tokens": 2048, "display": "summarized"},
        "output_config": {"effort": "xhigh", "format": {"type": "json_schema", "schema": {"type": "object"}}},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "thinking"),
    [
        ({"reasoning_budget": 0}, {"type": "disabled"}),
        ({"reasoning_budget": -1}, {"type": "adaptive"}),
        ({"reasoning_effort": "none"}, {"type": "disabled"}),
        ({"reasoning_effort": "none", "reasoning_budget": 1024}, {"type": "enabled", "budget_tokens": 1024}),
        ({"reasoning_effort": "low"}, None),
        ({"reasoning_budget": -1, "reasoning_summary": "omitted"}, {"type": "adaptive", "display": "omitted"}),
    ],
)
def test_thinking(fields: dict[str, Any], thinking: Any) -> None:
    assert asked(**fields).get("thinking") == thinking


def test_effort_may_ask_for_thinking_where_the_operator_says_so() -> None:
    request = ChatRequest(model="m", messages=HELLO, max_tokens=1, reasoning_effort="high", reasoning_summary="auto")
    assert body_of(encoded(request, effort_thinks=True))["thinking"] == {"type": "adaptive", "display": "summarized"}


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"frequency_penalty": 0.1}, "frequency_penalty"),
        ({"presence_penalty": 0.1}, "presence_penalty"),
        ({"seed": 1}, "seed"),
        ({"logprobs": True}, "logprobs"),
        ({"verbosity": "low"}, "verbosity"),
        ({"metadata": {"a": 1}}, "metadata"),
        ({"store": False}, "store"),
        ({"prompt_cache_key": "k"}, "prompt_cache_key"),
        ({"safety_identifier": "s"}, "safety_identifier"),
        ({"service_tier": "flex"}, "service_tier"),
        ({"reasoning_effort": "minimal"}, "reasoning_effort"),
        ({"reasoning_summary": "auto"}, "reasoning_summary"),
        ({"reasoning_budget": 2000, "reasoning_summary": "brief", "dialect": FOREIGN}, "reasoning_summary"),
        ({"parallel_tool_calls": False}, "parallel_tool_calls"),
        ({"output_format": OutputFormat("json_schema", schema={}, strict=False)}, "output_format.strict"),
        ({"output_format": OutputFormat("json_schema", schema={}, description="d")}, "output_format.description"),
        (
            {"output_format": OutputFormat("json_schema", schema={}, extras={"e": 1}), "dialect": FOREIGN},
            "output_format.extras.e",
        ),
    ],
)
def test_what_an_answer_does_without_is_left_out_with_a_warning(fields: dict[str, Any], named: str) -> None:
    assert warned(**fields)[1] == [named]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"n": 2}, "n"),
        ({"audio": {"voice": "a"}}, "audio"),
        ({"modalities": ("audio",)}, "modalities"),
        ({"reasoning_budget": -2}, "reasoning_budget"),
        ({"reasoning_effort": "extreme", "dialect": FOREIGN}, "reasoning_effort"),
        ({"output_format": OutputFormat("json_object")}, "output_format.kind"),
        ({"output_format": OutputFormat("json_schema")}, "output_format.schema"),
        ({"tools": (CustomTool("grep"),)}, "tools[0]"),
        ({"tools": (ProviderTool({}),), "dialect": FOREIGN}, "tools[0]"),
        ({"tools": (FunctionTool("f"),), "tool_choice": ToolChoice("auto", ("f",))}, "tool_choice.allowed"),
        ({"extras": {"temperature": 1}}, "extras.temperature"),
        ({"extras": {"max_tokens": 5}}, "extras.max_tokens"),
        ({"extras": {"x": float("nan")}}, "extras.x"),
        ({"extras": {"betas": "b"}}, "extras.betas"),
        ({"extras": {"workspace_id": 1}}, "extras.workspace_id"),
    ],
)
def test_what_the_api_cannot_say_is_refused_by_name(fields: dict[str, Any], named: str) -> None:
    assert refused(**fields) == named
