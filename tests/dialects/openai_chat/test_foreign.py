"""What comes from another dialect, and what a host does not take: carried, encoded, left out aloud, or refused by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from muxer_core.dialects.openai_chat import OpenAIChat, OpenAIChatOptions
from muxer_core.dialects.openai_chat.messages import encode_messages
from muxer_core.dialects.openai_chat.options import is_openais_own, mark_form, output_limit_field
from muxer_core.dialects.protocol import Target
from muxer_core.values.errors import InvalidRequest
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
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from muxer_core.values.request import ChatRequest, CustomTool, FunctionTool, OutputFormat, ProviderTool, ToolChoice

ROUTER = "https://openrouter.ai/api/v1"
OWN = "https://api.openai.com/v1"
AZURE = "https://mine.openai.azure.com/openai/v1"


def sent(
    base_url: str = ROUTER, model: str = "m", options: OpenAIChatOptions | None = None, **fields: Any
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Body and warnings of a request with these fields."""
    given: dict[str, Any] = {"messages": (Message("user", (TextPart("Hello"),)),), **fields}
    request = ChatRequest(model="any", **given)
    target = Target(where="t", base_url=base_url, model=model)
    encoded = OpenAIChat(options or OpenAIChatOptions()).encode_chat(request, target, max_tokens=None, stream=False)
    return json.loads(encoded.request.body), encoded.warnings


def named(warnings: tuple[str, ...] | list[str]) -> list[str]:
    return [warning.partition(":")[0] for warning in warnings]


def test_fields_of_another_dialect_are_left_out_each_with_a_warning() -> None:
    mark = CacheMark("5m", {"scope": "x"})
    body, warnings = sent(
        dialect="anthropic_messages",
        extras={"thinking": {"type": "enabled"}, "mcp_servers": [], "none": None},
        form=("stop text", "null seed"),
        stop=("a",),
        tools=(FunctionTool("f", extras={"eager": True}, cache=mark, form=("untyped",)), CustomTool("c")),
        tool_choice=ToolChoice("auto", extras={"disable": True}, form=("any",)),
        output_format=OutputFormat("json_object", extras={"x": 1}),
        cache=mark,
        messages=(
            Message(
                "user",
                (TextPart("t", {"citations": {}}, mark, form=("bare",)), TextPart("u", {"z": None})),
                extras={"y": 1},
                dialect="anthropic_messages",
                form=("content list",),
            ),
            Message(
                "tool",
                (ToolResultPart("a", (TextPart("r", {"q": 1}),), extras={"w": 1}),),
                dialect="anthropic_messages",
            ),
        ),
    )
    assert named(warnings) == [
        "extras.thinking",
        "extras.mcp_servers",
        "tools[0].extras.eager",
        "tools[0].cache.extras.scope",
        "tool_choice.extras.disable",
        "output_format.extras.x",
        "messages[0].parts[0].extras.citations",
        "messages[0].parts[0].cache.extras.scope",
        "messages[0].extras.y",
        "messages[1].parts[0].extras.w",
        "messages[1].parts[0].parts[0].extras.q",
    ]
    assert all("openai_chat" in warning for warning in warnings)
    marked = {"type": "ephemeral", "ttl": "5m"}
    assert body == {
        "model": "m",
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "t", "cache_control": marked}, {"type": "text", "text": "u"}]},
            {"role": "tool", "tool_call_id": "a", "content": "r"},
        ],
        "stop": ["a"],
        "tools": [
            {"type": "function", "function": {"name": "f"}, "cache_control": marked},
            {"type": "custom", "custom": {"name": "c"}},
        ],
        "tool_choice": "auto",
        "response_format": {"type": "json_object"},
        "cache_control": marked,
    }  # fmt: skip


def assistant(
    *parts: Any, dialect: str | None = "anthropic_messages", **options: Any
) -> tuple[dict[str, Any], list[str]]:
    (wire,), warnings = encode_messages([Message("assistant", parts, dialect=dialect)], **options)
    return wire, warnings


def test_seals_of_every_vendor_have_their_place() -> None:
    wire, warnings = assistant(
        ReasoningPart("a", signature="1", vendor="anthropic"),
        ReasoningPart("b", encrypted="2", vendor="openai", id="rs_1"),
        ReasoningPart(encrypted="3", vendor="xai"),
        ReasoningPart("c", signature="4", vendor="google"),
        ReasoningPart(signature="5", vendor="somebody"),
        TextPart("x"),
    )
    assert warnings == []
    assert wire["reasoning_details"] == [
        {"type": "reasoning.text", "text": "a", "signature": "1", "format": "anthropic-claude-v1", "index": 0},
        {"type": "reasoning.encrypted", "text": "b", "data": "2", "format": "openai-responses-v1", "index": 1, "id": "rs_1"},
        {"type": "reasoning.encrypted", "data": "3", "format": "xai-responses-v1", "index": 2},
        {"type": "reasoning.text", "text": "c", "signature": "4", "format": "google-gemini-v1", "index": 3},
        {"type": "reasoning.text", "signature": "5"},
    ]  # fmt: skip


def test_a_summary_that_was_told_beside_its_encrypted_form_goes_back_too() -> None:
    kept = {"reasoning_details": [{"type": "reasoning.encrypted", "data": "d", "format": "f", "id": "i", "index": 0}]}
    wire, _ = assistant(ReasoningPart("why", encrypted="d", extras=kept), dialect="openai_chat")
    assert wire["reasoning_details"] == [
        {"type": "reasoning.summary", "summary": "why", "format": "f", "id": "i", "index": 0},
        *kept["reasoning_details"],
    ]


def test_seals_of_google_on_text_images_and_calls() -> None:
    sealed = {"google": {"thought_signature": "s"}}
    wire, warnings = assistant(TextPart("x", signature="s"), ToolCallPart("a", "f", "{}", signature="s"))
    assert (wire["content"], wire["extra_content"], warnings) == ("x", sealed, [])
    assert wire["tool_calls"][0]["extra_content"] == sealed
    wire, _ = assistant(TextPart("", signature="s"), ToolCallPart("a", "f", "{}"))
    assert (wire["content"], wire["extra_content"]) == (None, sealed)
    wire, _ = assistant(TextPart("x", signature="s"), ImagePart(url="u", signature="s"), TextPart("y", signature="s"))
    assert [part["extra_content"] for part in wire["content"]] == [sealed] * 3


def test_parts_of_another_dialect() -> None:
    spec = {"type": "container_upload", "file_id": "f"}
    with pytest.raises(InvalidRequest, match=r"messages\[0\]\.parts: cannot be said in the dialect openai_chat"):
        encode_messages([Message("user", (ProviderPart(spec),), dialect="anthropic_messages")])
    for dialect in (None, "openai_chat"):
        (wire,), _ = encode_messages([Message("user", (ProviderPart(spec),), dialect=dialect)])
        assert wire["content"] == [spec]
        (wire,), _ = encode_messages([Message("tool", (ToolResultPart("a", (ProviderPart(spec),)),), dialect=dialect)])
        assert wire["content"] == [spec]
    with pytest.raises(InvalidRequest, match=r"tools\[0\]: cannot be said in the dialect openai_chat"):
        sent(tools=(ProviderTool({"type": "web_search_20250305"}),), dialect="anthropic_messages")
    wire, warnings = assistant(ServerToolCallPart("s", "web_search"), TextPart("x", citations=(Citation("url"),)))
    assert wire["content"] == "x"
    assert named(warnings) == ["messages[0].parts", "messages[0].parts.citations"]


@pytest.mark.parametrize(
    ("part", "field"),
    [
        (ImagePart(file_id="f"), "messages[0].parts.file_id"),
        (AudioPart(url="https://example.org/a.wav"), "messages[0].parts.url"),
        (FilePart(url="https://example.org/a.pdf"), "messages[0].parts"),
        (FilePart(text="t", file_id="f"), "messages[0].parts"),
    ],
)
def test_what_has_no_place_is_refused_by_name(part: Any, field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        encode_messages([Message("user", (part,))])
    assert refused.value.field == field


def test_a_document_of_text_is_sent_as_a_file() -> None:
    (wire,), _ = encode_messages([Message("user", (FilePart(text="hello", filename="a.txt"),))])
    data = "data:text/plain;base64,aGVsbG8="
    assert wire["content"] == [{"type": "file", "file": {"file_data": data, "filename": "a.txt"}}]


def test_a_refusal_stands_beside_text_only_where_it_stood_so() -> None:
    wire, _ = assistant(TextPart("x"), RefusalPart("no"), dialect=None)
    assert wire["content"] == [{"type": "text", "text": "x"}, {"type": "refusal", "refusal": "no"}]
    wire, _ = assistant(RefusalPart("no"), dialect=None)
    assert (wire["content"], wire["refusal"]) == (None, "no")
    wire, _ = assistant(RefusalPart("no", {"x": 1}), dialect=None)
    assert wire["content"] == [{"type": "refusal", "refusal": "no", "x": 1}]


# --- what a host takes ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base_url", "own"),
    [
        (OWN, True),
        ("https://eu.api.openai.com/v1", True),
        ("https://API.openai.com:443/v1", True),
        (AZURE, True),
        ("https://x.cognitiveservices.azure.com/openai", True),
        ("https://x.services.ai.azure.com/models", True),
        ("https://openai.azure.com.evil.example/v1", False),
        ("http://127.0.0.1:4000", False),
        (ROUTER, False),
    ],
)
def test_openais_own_hosts(base_url: str, own: bool) -> None:
    assert is_openais_own(base_url) is own
    body, warnings = sent(base_url, top_k=5)
    assert ("top_k" in body, named(warnings)) == ((False, ["top_k"]) if own else (True, []))


MARKED = (
    Message("user", (TextPart("t", cache=CacheMark("1h")), AudioPart("AA", "wav", cache=CacheMark()))),
    Message("assistant", (ToolCallPart("a", "f", "{}", cache=CacheMark()),)),
    Message("tool", (ToolResultPart("a", (TextPart("r"),), cache=CacheMark("30m")),)),
)
EPHEMERAL = {"type": "ephemeral"}


def test_marks_where_servers_take_cache_control() -> None:
    body, warnings = sent(messages=MARKED, cache=CacheMark("1h"), tools=(FunctionTool("f", cache=CacheMark()),))
    assert warnings == ()
    (text, audio), call, result = body["messages"][0]["content"], body["messages"][1], body["messages"][2]
    assert (text["cache_control"], audio["cache_control"]) == ({**EPHEMERAL, "ttl": "1h"}, EPHEMERAL)
    assert call["tool_calls"][0]["cache_control"] == EPHEMERAL
    assert result["cache_control"] == {**EPHEMERAL, "ttl": "30m"}
    assert body["tools"][0]["cache_control"] == EPHEMERAL
    assert body["cache_control"] == {**EPHEMERAL, "ttl": "1h"}


def test_marks_where_openai_takes_breakpoints() -> None:
    body, warnings = sent(OWN, "gpt-5.6", messages=MARKED, tools=(FunctionTool("f", cache=CacheMark()),))
    (text, audio), _, result = body["messages"][0]["content"], body["messages"][1], body["messages"][2]
    assert text["prompt_cache_breakpoint"] == audio["prompt_cache_breakpoint"] == {"mode": "explicit"}
    assert result["content"][0]["prompt_cache_breakpoint"] == {"mode": "explicit", "ttl": "30m"}
    assert named(warnings) == ["messages[0].parts.cache.ttl", "messages[1].parts.cache", "tools[0].cache"]
    assert "cache_control" not in json.dumps(body)


def test_marks_where_openai_needs_none() -> None:
    body, warnings = sent(AZURE, "gpt-4o", messages=MARKED, cache=CacheMark())
    assert "cache" not in json.dumps(body)
    assert named(warnings) == [
        "messages[0].parts.cache",
        "messages[0].parts.cache",
        "messages[1].parts.cache",
        "messages[2].cache",
        "request.cache",
    ]


@pytest.mark.parametrize(
    ("model", "form"),
    [("gpt-5.6-mini", "prompt_cache_breakpoint"), ("gpt-5.10", "prompt_cache_breakpoint"), ("gpt-6", "prompt_cache_breakpoint"),
     ("gpt-5.5", "none"), ("gpt-5", "none"), ("o3", "none"), ("gpt-4.6", "none")],
)  # fmt: skip
def test_which_of_openais_models_take_breakpoints(model: str, form: str) -> None:
    assert mark_form(OWN, model) == form


def test_fields_of_a_mark_that_openai_has_not() -> None:
    message = Message("user", (TextPart("t", cache=CacheMark(extras={"scope": "x"})),))
    _, warnings = sent(OWN, "gpt-6", messages=(message,))
    assert named(warnings) == ["messages[0].parts.cache.extras.scope"]


def test_how_much_to_think() -> None:
    wanted: dict[str, Any] = {"reasoning_effort": "high", "reasoning_budget": 9, "reasoning_summary": "auto"}
    body, warnings = sent(**wanted)
    assert body["reasoning_effort"] == "high"
    assert "reasoning" not in body
    assert named(warnings) == ["reasoning_budget", "reasoning_summary"]
    body, warnings = sent(
        options=OpenAIChatOptions(reasoning_object=True), extras={"reasoning": {"exclude": True}}, **wanted
    )
    assert body["reasoning"] == {"exclude": True, "effort": "high", "max_tokens": 9, "summary": "auto"}
    assert "reasoning_effort" not in body
    assert warnings == ()
    with pytest.raises(InvalidRequest, match=r"extras\.reasoning: must be an object"):
        sent(options=OpenAIChatOptions(reasoning_object=True), extras={"reasoning": 5}, **wanted)
    assert sent(extras={"reasoning": 5})[0]["reasoning"] == 5


def test_the_name_of_the_limit_that_a_client_wrote() -> None:
    auto = OpenAIChatOptions()
    assert output_limit_field(auto, ROUTER, "gpt-5", ("max_tokens",)) == "max_tokens"
    assert output_limit_field(auto, ROUTER, "mistral", ("max_completion_tokens",)) == "max_completion_tokens"
    assert output_limit_field(auto, OWN, "gpt-4o", ("max_tokens",)) == "max_tokens"
    assert output_limit_field(auto, OWN, "gpt-5", ("max_tokens",)) == "max_completion_tokens"
    chosen = OpenAIChatOptions(output_limit="max_tokens")
    assert output_limit_field(chosen, OWN, "gpt-5", ("max_completion_tokens",)) == "max_tokens"
