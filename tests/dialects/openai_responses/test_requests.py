"""Requests of elsewhere in this dialect: what is written, what is left out with a warning, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from muxer_core.dialects.openai_responses import OpenAIResponses, OpenAIResponsesOptions
from muxer_core.dialects.protocol import Target
from muxer_core.dialects.server import Inbound
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.items import ModelsListed, TokensCounted
from muxer_core.values.messages import (
    AudioPart,
    CacheMark,
    Citation,
    FilePart,
    ImagePart,
    Message,
    Part,
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
from muxer_core.wire.heads import ResponseHead
from muxer_core.wire.limits import Limits
from tests.dialects.openai_responses.exchanges import DIALECT, LIMITS

HERE = Target(where="here", base_url="https://example.org/v1", model="m")
OPENAI = Target(where="openai", base_url="https://api.openai.com/v1", model="gpt-4o")
USER = Message("user", (TextPart("Why?"),))
OURS = "openai_responses"


def written(
    *messages: Message, target: Target = HERE, codec: OpenAIResponses = DIALECT, **fields: Any
) -> tuple[dict[str, Any], list[str]]:
    """The body of a request, and the fields that warnings name."""
    request = ChatRequest(model="m", messages=messages or (USER,), **fields)
    encoded = codec.encode_chat(request, target, max_tokens=request.max_tokens, stream=False)
    return json.loads(encoded.request.body), [warning.split(":")[0] for warning in encoded.warnings]


def refused(*messages: Message, **fields: Any) -> str:
    """The field for which a request is refused."""
    with pytest.raises(InvalidRequest) as problem:
        written(*messages, **fields)
    return problem.value.field


def test_the_shortest_request() -> None:
    body, warnings = written(Message("system", (TextPart("Be brief."),)), USER)
    assert body == {
        "model": "m",
        "input": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}],
    }
    assert warnings == []


def test_settings_are_written_under_the_apis_names() -> None:
    tools = (
        FunctionTool("now"),
        FunctionTool("add", "adds", {"type": "object"}, True),
        CustomTool("shell", "runs", {"type": "text"}),
    )
    body, warnings = written(
        max_tokens=7, temperature=0.5, tools=tools, tool_choice=ToolChoice("required", ("shell",)), verbosity="low", store=False,
        output_format=OutputFormat("json_schema", schema={"type": "object"}, strict=True, description="d"), reasoning_effort="low",
        reasoning_summary="auto", logprobs=True, top_logprobs=2, extras={"truncation": "auto", "text": {"colour": "red"}},
    )  # fmt: skip
    assert warnings == []
    assert body["max_output_tokens"] == 7
    assert body["tools"] == [
        {"type": "function", "name": "now", "parameters": {"type": "object", "properties": {}}, "strict": False},
        {"type": "function", "name": "add", "description": "adds", "parameters": {"type": "object"}, "strict": True},
        {"type": "custom", "name": "shell", "description": "runs", "format": {"type": "text"}},
    ]
    assert body["tool_choice"] == {"type": "custom", "name": "shell"}
    schema = {"type": "json_schema", "name": "answer", "schema": {"type": "object"}, "strict": True, "description": "d"}
    assert body["text"] == {"colour": "red", "format": schema, "verbosity": "low"}
    assert body["reasoning"] == {"effort": "low", "summary": "auto"}
    assert body["include"] == ["message.output_text.logprobs", "reasoning.encrypted_content"]
    assert body["truncation"] == "auto"


@pytest.mark.parametrize(
    ("asks", "fields", "sealed"),
    [
        ("auto", {"store": False, "reasoning_effort": "low"}, True),
        ("auto", {"store": False}, False),
        ("auto", {"reasoning_effort": "low"}, False),
        ("auto", {"store": False, "reasoning_effort": "none"}, False),
        ("always", {}, True),
        ("never", {"store": False, "reasoning_effort": "low"}, False),
    ],
)
def test_sealed_thinking_is_asked_for_where_it_can_only_come_back_so(asks: Any, fields: Any, sealed: bool) -> None:
    """And `store` is said only where the caller said it."""
    codec = OpenAIResponses(OpenAIResponsesOptions(ask_sealed_reasoning=asks))
    body, _ = written(codec=codec, **fields)
    assert ("include" in body) == sealed
    assert ("store" in body) == ("store" in fields)
    of_a_client, _ = written(codec=codec, dialect=OURS, **fields)
    assert "include" not in of_a_client


def test_what_the_api_cannot_say() -> None:
    assert refused(n=2) == "n"
    assert refused(stop=("x",)) == "stop"
    assert refused(modalities=("text", "audio")) == "modalities"
    assert refused(audio={"voice": "a"}) == "audio"
    assert refused(extras={"max_output_tokens": 3}) == "extras.max_output_tokens"
    assert refused(extras={"a": float("nan")}) == "extras.a"
    assert refused(extras={"include": "all"}, logprobs=True) == "extras.include"
    assert refused(tool_choice=ToolChoice("none", ("x",))) == "tool_choice.allowed"
    assert refused(tool_choice=ToolChoice("required", ("x",))) == "tool_choice.allowed"
    assert refused(output_format=OutputFormat("json_schema")) == "output_format.schema"
    assert refused(tools=(ProviderTool({"type": "google"}),), dialect="gemini") == "tools[0]"
    _, warnings = written(
        seed=1, top_k=2, frequency_penalty=0.5, presence_penalty=0.5, reasoning_budget=100, cache=CacheMark(),
        tools=(FunctionTool("now", cache=CacheMark()),), extras={"stream_options": {}},
    )  # fmt: skip
    assert warnings == [
        "frequency_penalty", "presence_penalty", "seed", "top_k", "reasoning_budget", "tools[0].cache", "cache", "extras.stream_options",
    ]  # fmt: skip


def test_a_turn_is_written_apart_into_items() -> None:
    turn = Message(
        "assistant",
        (
            TextPart("Let me look.", citations=(Citation("url", url="https://example.org"), Citation("place"))),
            RefusalPart("Not that."),
            ToolCallPart("call_a", "now", "{}"),
            ToolCallPart("call_b", "shell", "ls", "custom"),
            TextPart("Done."),
        ),
    )
    results = [
        Message(
            "tool", (ToolResultPart("call_a", (TextPart("noon"),), is_error=True, name="now", cache=CacheMark("1h")),)
        ),
        Message(
            "tool",
            (ToolResultPart("call_b"), ToolResultPart("call_c", (ImagePart(file_id="file_1"),), cache=CacheMark())),
        ),
    ]
    body, warnings = written(USER, turn, *results)
    annotation = {"type": "url_citation", "url": "https://example.org", "title": "", "start_index": 0, "end_index": 0}
    marked = {"type": "input_text", "text": "noon", "prompt_cache_breakpoint": {"mode": "explicit"}}
    assert body["input"][1:] == [
        {
            "role": "assistant",
            "content": [
                {"type": "output_text", "text": "Let me look.", "annotations": [annotation]},
                {"type": "refusal", "refusal": "Not that."},
            ],
        },
        {"type": "function_call", "call_id": "call_a", "name": "now", "arguments": "{}"},
        {"type": "custom_tool_call", "call_id": "call_b", "name": "shell", "input": "ls"},
        {"role": "assistant", "content": "Done."},
        {"type": "function_call_output", "call_id": "call_a", "output": [marked]},
        {"type": "custom_tool_call_output", "call_id": "call_b", "output": ""},
        {"type": "function_call_output", "call_id": "call_c", "output": [{"type": "input_image", "file_id": "file_1"}]},
    ]
    assert warnings == [
        "messages[1].parts[0].citations[1]", "messages[2].parts[0].is_error", "messages[2].parts[0].parts[0].cache.ttl",
        "messages[3].parts[1].cache",
    ]  # fmt: skip


PARTS: list[tuple[Part, dict[str, Any]]] = [
    (
        ImagePart(url="https://example.org/a.png", detail="low"),
        {"image_url": "https://example.org/a.png", "detail": "low"},
    ),
    (ImagePart(data="AAAA", media_type="image/png"), {"image_url": "data:image/png;base64,AAAA"}),
    (FilePart(file_id="file_1"), {"file_id": "file_1"}),
    (FilePart(url="https://example.org/a.pdf"), {"file_url": "https://example.org/a.pdf"}),
    (FilePart(data="AAAA", filename="a"), {"file_data": "AAAA", "filename": "a"}),
    (FilePart(text="hi"), {"file_data": "data:text/plain;base64,aGk="}),
    (AudioPart("AAAA", "wav"), {"input_audio": {"data": "AAAA", "format": "wav"}}),
    (
        TextPart("x", cache=CacheMark("12h")),
        {"text": "x", "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "12h"}},
    ),
]


@pytest.mark.parametrize(("part", "fields"), PARTS)
def test_what_a_user_says(part: Part, fields: dict[str, Any]) -> None:
    body, warnings = written(Message("user", (part, TextPart("?"))))
    said = body["input"][0]["content"][0]
    assert {name: value for name, value in said.items() if name != "type"} == fields
    assert warnings == []


WRONG: list[tuple[Message, str]] = [
    (Message("user", (ImagePart(),)), "messages[0].parts[0]"),
    (Message("user", (ImagePart(data="AAAA"),)), "messages[0].parts[0]"),
    (Message("user", (FilePart(),)), "messages[0].parts[0]"),
    (Message("user", (AudioPart(id="audio_1"),)), "messages[0].parts[0]"),
    (Message("user", (TextPart("x", signature="s"),)), "messages[0].parts[0].signature"),
    (Message("user", (RefusalPart("no"), TextPart("x"))), "messages[0].parts[0]"),
    (Message("user", (ToolCallPart("c", "n", "{}"),)), "messages[0].parts[0]"),
    (Message("user", (ProviderPart({"type": "x"}), TextPart("x")), dialect="gemini"), "messages[0].parts[0]"),
    (Message("assistant", (ProviderPart({"type": "x"}),), dialect="gemini"), "messages[0].parts[0]"),
    (Message("assistant", (ImagePart(url="data:image/png;base64,AAAA"),)), "messages[0].parts[0]"),
    (Message("assistant", (AudioPart(id="audio_1"),)), "messages[0].parts[0]"),
    (Message("assistant", (ToolCallPart("", "n", "{}"),)), "messages[0].parts[0].id"),
    (Message("assistant", (ToolCallPart("c", "n", "{}", signature="s"),)), "messages[0].parts[0].signature"),
    (Message("assistant", (ServerToolCallPart("c", "n", signature="s"),)), "messages[0].parts[0].signature"),
    (Message("tool", (TextPart("x"),)), "messages[0].parts[0]"),
    (Message("tool", (ToolResultPart(""),)), "messages[0].parts[0].tool_call_id"),
    (Message("assistant", (ReasoningPart("x", signature="s", vendor="anthropic"),)), "messages[0].parts[0].signature"),
    (Message("assistant", (ReasoningPart(encrypted="s", vendor="anthropic"),)), "messages[0].parts[0].encrypted"),
    (
        Message("assistant", (ReasoningPart(encrypted="s"),), dialect="anthropic_messages"),
        "messages[0].parts[0].encrypted",
    ),
]


@pytest.mark.parametrize(("message", "field"), WRONG)
def test_what_cannot_be_said_is_refused_by_its_name(message: Message, field: str) -> None:
    assert refused(message) == field


def test_thinking_goes_back_only_where_it_came_from() -> None:
    sealed = ReasoningPart("Hm.", None, "c2VhbA==", {}, "openai", "rs_1", ("content=3",))
    body, warnings = written(Message("assistant", (sealed, ReasoningPart("Plain."), ReasoningPart("", id="rs_2"))))
    assert body["input"] == [
        {
            "type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}],
            "encrypted_content": "c2VhbA==",
        },
        {"type": "reasoning", "id": "rs_2", "summary": []},
    ]  # fmt: skip
    assert warnings == ["messages[0].parts[1]"]
    xai = OpenAIResponses(OpenAIResponsesOptions(vendor="xai"))
    with pytest.raises(InvalidRequest, match="only xai reads it"):
        written(Message("assistant", (sealed,)), codec=xai)


def test_words_of_another_dialect_are_left_out() -> None:
    foreign = Message(
        "assistant",
        (
            TextPart("x", {"colour": "red", "nothing": None}, form=("string",)),
            ToolCallPart("c", "n", "{}", extras={"index": 0}),
            ServerToolCallPart("s", "web_search", native={"type": "server_tool_use"}),
            ServerToolResultPart("s", "web_search", native={"type": "web_search_tool_result"}),
        ),
        name="Ann",
        extras={"stop_reason": "x"},
        dialect="anthropic_messages",
    )
    said = Message(
        "user", (TextPart("y", cache=CacheMark("5m", {"scope": "x"})),), extras={"a": 1}, dialect="anthropic_messages"
    )
    body, warnings = written(foreign, said, dialect=OURS)
    assert [item.get("type", item.get("role")) for item in body["input"]] == ["assistant", "function_call", "user"]
    assert warnings == [
        "messages[0].name", "messages[0].extras.stop_reason", "messages[0].parts[0].extras.colour", "messages[0].parts[1].extras.index",
        "messages[0].parts[2]", "messages[0].parts[3]", "messages[1].parts[0].cache.ttl", "messages[1].parts[0].cache.extras.scope",
        "messages[1].extras.a",
    ]  # fmt: skip
    _, warnings = written(extras={"thinking": {}, "null": None}, dialect="anthropic_messages")
    assert warnings == ["extras.thinking"]


def test_openais_older_models_need_no_marks() -> None:
    body, warnings = written(Message("user", (TextPart("x", cache=CacheMark()), TextPart("y"))), target=OPENAI)
    assert warnings == ["messages[0].parts[0].cache"]
    assert body["input"][0]["content"] == [{"type": "input_text", "text": "x"}, {"type": "input_text", "text": "y"}]
    newer = msgspec.structs.replace(OPENAI, model="gpt-5.6")
    body, warnings = written(Message("user", (TextPart("x", cache=CacheMark()),)), target=newer)
    assert body["input"][0]["content"][0]["prompt_cache_breakpoint"] == {"mode": "explicit"}


BAD_BODIES: list[tuple[Any, str]] = [
    ([], "body"),
    ({"input": "x"}, "model"),
    ({"model": "m", "input": 5}, "input"),
    ({"model": "m", "input": [5]}, "input[0]"),
    ({"model": "m", "input": [{"role": "nobody", "content": "x"}]}, "input[0].role"),
    ({"model": "m", "input": [{"role": "user"}]}, "input[0].content"),
    ({"model": "m", "input": [{"role": "user", "content": [5]}]}, "input[0].content[0]"),
    ({"model": "m", "input": [{"role": "user", "content": [{"text": "x"}]}]}, "input[0].content[0].type"),
    ({"model": "m", "input": [{"type": 5}]}, "input[0].type"),
    ({"model": "m", "input": [{"type": "function_call", "name": "n", "arguments": "{}"}]}, "input[0].call_id"),
    (
        {"model": "m", "input": [{"type": "function_call", "call_id": "c", "name": "n", "arguments": {}}]},
        "input[0].arguments",
    ),
    ({"model": "m", "input": [{"type": "function_call_output", "output": "x"}]}, "input[0].call_id"),
    ({"model": "m", "input": [{"type": "function_call_output", "call_id": "c"}]}, "input[0].output"),
    (
        {
            "model": "m",
            "input": [
                {"type": "function_call_output", "call_id": "c", "output": [{"type": "refusal", "refusal": "x"}]}
            ],
        },
        "input[0].output[0]",
    ),
    ({"model": "m", "input": "x", "instructions": 5}, "instructions"),
    ({"model": "m", "input": "x", "stream": "yes"}, "stream"),
    ({"model": "m", "input": "x", "temperature": "hot"}, "temperature"),
    ({"model": "m", "input": "x", "max_output_tokens": True}, "max_output_tokens"),
    ({"model": "m", "input": "x", "tools": {}}, "tools"),
    ({"model": "m", "input": "x", "tools": [5]}, "tools[0]"),
    ({"model": "m", "input": "x", "tools": [{}]}, "tools[0].type"),
    ({"model": "m", "input": "x", "tools": [{"type": "function"}]}, "tools[0].name"),
    ({"model": "m", "input": "x", "tool_choice": "maybe"}, "tool_choice"),
]


@pytest.mark.parametrize(("body", "field"), BAD_BODIES)
def test_what_cannot_be_read_is_refused_by_its_name(body: Any, field: str) -> None:
    with pytest.raises(InvalidRequest) as problem:
        DIALECT.decode_chat(Inbound("POST", "/v1/responses", body=json.dumps(body).encode()), limits=LIMITS)
    assert problem.value.field == field


@pytest.mark.parametrize("body", [b"", b"<html>", b"[" * 500, b"x" * 100])
def test_a_body_that_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest, match="body"):
        DIALECT.decode_chat(
            Inbound("POST", "/v1/responses", body=body), limits=Limits(body=99 if b"x" in body else 1000)
        )


def test_tokens_can_be_counted() -> None:
    request = ChatRequest(model="m", messages=(USER,), temperature=0.5, tools=(FunctionTool("now"),), store=True)
    encoded = DIALECT.encode_count(request, HERE)
    assert encoded.request.url == "https://example.org/v1/responses/input_tokens"
    assert set(json.loads(encoded.request.body)) == {"model", "input", "tools"}
    decoder = DIALECT.count_decoder(ResponseHead(200), limits=LIMITS)
    decoder.receive_data(b'{"object":"response.input_tokens","input_tokens":11}')
    assert TokensCounted(11) in decoder.receive_eof()


def test_models_can_be_listed() -> None:
    assert DIALECT.encode_models(HERE).request.url == "https://example.org/v1/models"
    decoder = DIALECT.models_decoder(ResponseHead(200), limits=LIMITS)
    decoder.receive_data(b'{"data":[{"id":"a"}]}')
    assert decoder.receive_eof()[0] == ModelsListed([{"id": "a"}])


def test_a_stored_prompt_needs_neither_model_nor_input() -> None:
    body = {"prompt": {"id": "pmpt_1"}}
    request = DIALECT.decode_chat(
        Inbound("POST", "/v1/responses", body=json.dumps(body).encode()), limits=LIMITS
    ).request
    assert [message.role for message in request.messages] == ["system"]
    encoded = DIALECT.encode_chat(request, HERE, max_tokens=None, stream=True)
    assert json.loads(encoded.request.body) == {"model": "m", "stream": True, "prompt": {"id": "pmpt_1"}}
