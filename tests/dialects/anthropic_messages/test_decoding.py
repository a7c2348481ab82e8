"""Requests of clients: each field is read, written again as it was, or refused by its name."""

from __future__ import annotations

from typing import Any

import pytest

from muxer_core.values.errors import InvalidRequest
from muxer_core.wire.limits import Limits
from tests.dialects.anthropic_messages.asking import (
    body_of,
    encoded,
    heard,
)

# --- what a client of ours may not say ----------------------------------------------------------------------------------------------------


def with_block(**block: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [block]}]}


BLOCK = "messages[0].content[0]"


IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"model": None}, "request.model"),
    ({"stream": "yes"}, "stream"),
    ({"messages": None}, "messages"),
    ({"messages": {}}, "messages"),
    ({"messages": []}, "messages"),
    ({"messages": [1]}, "messages[0]"),
    ({"messages": [{"role": "tool", "content": "a"}]}, "messages[0].role"),
    ({"messages": [{"role": "user"}]}, "messages[0].content"),
    ({"messages": [{"role": "user", "content": 1}]}, "messages[0].content"),
    ({"messages": [{"role": "user", "content": ["a"]}]}, BLOCK),
    (with_block(text="a"), f"{BLOCK}.type"),
    (with_block(type="text"), f"{BLOCK}.text"),
    (with_block(type="text", text="a", cache_control="x"), f"{BLOCK}.cache_control"),
    (with_block(type="image"), f"{BLOCK}.source"),
    (with_block(type="document", source={"data": "x"}), f"{BLOCK}.source"),
    (with_block(type="thinking", signature="s"), f"{BLOCK}.thinking"),
    (with_block(type="tool_use", id="a", name="f", input="x"), f"{BLOCK}.input"),
    (with_block(type="tool_use", name="f", input={}), f"{BLOCK}.id"),
    (with_block(type="tool_result", content="x"), f"{BLOCK}.tool_use_id"),
    (with_block(type="tool_result", tool_use_id="a", is_error="x"), f"{BLOCK}.is_error"),
    (
        with_block(type="tool_result", tool_use_id="a", content=[{"type": "thinking", "thinking": "x"}]),
        f"{BLOCK}.content",
    ),
    (with_block(type="redacted_thinking", data="muxer1:google:call:c:s"), BLOCK),
    ({"system": 1}, "system"),
    ({"tools": {}}, "tools"),
    ({"tools": [1]}, "tools[0]"),
    ({"tools": [{"name": 1}]}, "tools[0].name"),
    ({"tools": [{"name": "f", "strict": "x"}]}, "tools[0].strict"),
    ({"tools": [{"name": "f", "input_schema": []}]}, "tools[0].input_schema"),
    ({"tool_choice": "auto"}, "tool_choice"),
    ({"tool_choice": {"type": "some"}}, "tool_choice.type"),
    ({"tool_choice": {"type": "tool"}}, "tool_choice.name"),
    ({"stop_sequences": "x"}, "stop_sequences"),
    ({"stop_sequences": [1]}, "stop_sequences"),
    ({"metadata": "x"}, "metadata"),
    ({"temperature": "hot"}, "temperature"),
    ({"max_tokens": 1.5}, "max_tokens"),
    ({"max_tokens": -1}, "max_tokens"),
    ({"service_tier": 1}, "request.service_tier"),
    ({"output_config": []}, "output_config"),
    ({"output_format": "json"}, "output_format"),
    ({"output_config": {"format": {"type": "xml"}}}, "output_config.format"),
    ({"cache_control": {}}, "request.cache_control"),
]


@pytest.mark.parametrize(("fields", "named"), IMPOSSIBLE)
def test_a_request_that_cannot_be_is_refused_by_name(fields: dict[str, Any], named: str) -> None:
    body: dict[str, Any] = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "a"}], **fields}
    with pytest.raises(InvalidRequest) as raised:
        heard(body)
    assert raised.value.field == named


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"a"', b"<html>", b"[" * 500])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest) as raised:
        heard(body)
    assert raised.value.field == "body"


def test_a_body_above_its_limit_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="limit body"):
        heard(b"{}" * 10, limits=Limits(body=3))


def test_headers_of_the_apis_own_come_back_as_headers() -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "a"}]}
    found = heard(body, {"Anthropic-Beta": "a, b", "anthropic-workspace-id": "w"}).request
    assert found.extras == {"betas": ["a", "b"], "workspace_id": "w"}
    sent = encoded(found).request
    assert sent.headers.get("anthropic-beta") == "a,b"
    assert sent.headers.get("anthropic-workspace-id") == "w"


def test_results_and_words_of_one_turn_are_read_apart_and_written_together() -> None:
    turn: dict[str, Any] = {"role": "user", "content": [
        {"type": "text", "text": "first"}, {"type": "tool_result", "tool_use_id": "a", "content": []},
        {"type": "tool_result", "tool_use_id": "b"}, {"type": "text", "text": ""},
    ], "x": 1}  # fmt: skip
    body: dict[str, Any] = {"model": "claude", "max_tokens": 1, "messages": [turn]}
    request = heard(body).request
    assert [(message.role, len(message.parts)) for message in request.messages] == [
        ("user", 1),
        ("tool", 2),
        ("user", 1),
    ]
    assert body_of(encoded(request)) == body


def test_a_message_that_is_only_settings() -> None:
    body: dict[str, Any] = {"model": "claude", "max_tokens": 1, "messages": [
        {"role": "system", "content": "leads"}, {"role": "user", "content": "a"}, {"role": "system", "output_config": {"effort": "low"}},
    ]}  # fmt: skip
    assert body_of(encoded(heard(body).request)) == body


def test_blocks_of_all_kinds_come_back_as_they_were() -> None:
    mark = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    user: list[dict[str, Any]] = [
        {"type": "text", "text": "a", "citations": []},
        {"type": "image", "source": {"type": "file", "file_id": "f"}, "transformations": {"oversized_image": "error"}},
        {"type": "image", "source": {"type": "novel", "x": 1}},
        {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/png", "data": "A", "x": 1},
            "cache_control": None,
        },
        {"type": "document", "source": {"type": "content", "content": "c"}, "title": None, "context": "x"},
        {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "c"}]}},
        {
            "type": "document",
            "source": {"type": "text", "media_type": "text/plain", "data": "t"},
            "citations": {"enabled": True},
        },
        {"type": "document", "source": {"type": "base64", "media_type": "application/zip", "data": "A"}},
        {"type": "container_upload", "file_id": "f", **mark},
        {
            "type": "tool_result",
            "tool_use_id": "t",
            "content": [{"type": "tool_reference", "tool_name": "f"}],
            "is_error": None,
        },
        {"type": "tool_result", "tool_use_id": "t", "content": None, **mark},
    ]
    assistant: list[dict[str, Any]] = [
        {"type": "thinking", "thinking": "", "signature": "s"},
        {"type": "thinking", "thinking": "unsealed", "signature": None},
        {"type": "thinking", "thinking": "unsealed"},
        {"type": "redacted_thinking", "data": "d"},
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}, **mark},
        {"type": "web_search_tool_result", "tool_use_id": "s", "content": [], **mark},
        {"type": "mcp_tool_use", "id": "m", "name": "x", "server_name": "y", "input": {}},
        {"type": "tool_use", "id": "t", "name": "f", "input": {}, "caller": {"type": "direct"}, "cache_control": None},
        {"type": "compaction", "content": None, "encrypted_content": "e"},
    ]
    body: dict[str, Any] = {
        "model": "claude", "max_tokens": 1,
        "messages": [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}],
    }  # fmt: skip
    sent = encoded(heard(body).request)
    assert body_of(sent) == body
    assert sent.warnings == ()


def test_thinking_that_cannot_be_read_stays_as_it_is() -> None:
    for thinking in (
        {"type": "enabled", "budget_tokens": "x"},
        {"type": "disabled", "display": "omitted"},
        None,
        "odd",
    ):
        body: dict[str, Any] = {
            "model": "claude",
            "max_tokens": 1,
            "messages": [{"role": "user", "content": "a"}],
            "thinking": thinking,
        }
        assert body_of(encoded(heard(body).request)) == body
