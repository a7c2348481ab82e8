"""Requests of Converse: what is written where, what is refused, and what a failure means."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given as drawn

from muxer_core.dialects.bedrock_converse import BedrockConverse
from muxer_core.dialects.protocol import Target
from muxer_core.testing.conversations import conversations
from muxer_core.values.credential import CredentialRef
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
    ServerToolCallPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from muxer_core.values.moment import Moment
from muxer_core.values.request import ChatRequest, FunctionTool, OutputFormat, ProviderTool, ToolChoice
from muxer_core.wire.heads import Headers, ResponseHead
from muxer_core.wire.limits import Limits
from tests.support.reach import ASKED, CALL, SCHEMA, TOOL, body_of, speak

DIALECT = BedrockConverse()
CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"


def body(*messages: Message, **fields: Any) -> dict[str, Any]:
    return body_of(speak(DIALECT, ChatRequest(model=CLAUDE, messages=messages or (ASKED,), **fields)))


def test_the_model_stands_in_the_path_and_the_signature_is_made_below() -> None:
    target = Target("b", "https://bedrock-runtime.eu-west-1.amazonaws.com", CLAUDE, CredentialRef("aws", "aws-sigv4"))
    request = ChatRequest(model="m", messages=(ASKED,))
    sent = DIALECT.encode_chat(request, target, max_tokens=9, stream=True).request
    path = "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0"
    assert sent.url == f"{target.base_url}{path}/converse-stream"
    assert (sent.credential, sent.headers.get("accept")) == (target.credential, "application/vnd.amazon.eventstream")
    assert sent.headers.get("x-litellm-num-retries") is None
    assert msgspec.json.decode(sent.body)["inferenceConfig"] == {"maxTokens": 9}
    assert DIALECT.encode_chat(request, target, max_tokens=9, stream=False).request.url.endswith(f"{path}/converse")
    counting = DIALECT.encode_count(request, target).request
    assert counting.url.endswith("/count-tokens")
    assert msgspec.json.decode(counting.body) == {
        "input": {"converse": {"messages": [{"role": "user", "content": [{"text": "Why?"}]}]}}
    }
    assert DIALECT.encode_models(target).request.url == "https://bedrock.eu-west-1.amazonaws.com/foundation-models"
    listed = DIALECT.models_decoder(ResponseHead(200), limits=Limits())
    assert listed.receive_data(b'{"modelSummaries":[{"modelId":"a"}]}') == []
    assert "'id': 'a'" in repr(listed.receive_eof()[0])


def test_turns_alternate_and_marks_are_blocks() -> None:
    sent = body(
        Message("system", (TextPart("be kind", cache=CacheMark("1h")),)),
        Message("developer", (TextPart("be short"),)),
        Message("user", (TextPart("a"), TextPart(""))),
        Message("user", (TextPart("b", cache=CacheMark()),)),
        Message("assistant", (ReasoningPart("hm", "c2VhbA==", vendor="anthropic"), CALL)),
        Message("tool", (ToolResultPart("call_1", (TextPart("sunny"),), is_error=True),)),
        Message("user", (TextPart("so?"),)),
        Message("system", (TextPart("late"),)),
        cache=CacheMark("5m"),
    )
    assert sent["system"] == [
        {"text": "be kind"},
        {"cachePoint": {"type": "default", "ttl": "1h"}},
        {"text": "be short"},
    ]
    assert sent["messages"] == [
        {"role": "user", "content": [{"text": "a"}, {"text": "b"}, {"cachePoint": {"type": "default"}}]},
        {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "c2VhbA=="}}},
                {"toolUse": {"toolUseId": "call_1", "name": "weather", "input": {"city": "Berlin"}}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"toolResult": {"toolUseId": "call_1", "content": [{"text": "sunny"}], "status": "error"}},
                {"text": "so?"},
            ],
        },
        {"role": "system", "content": [{"text": "late"}, {"cachePoint": {"type": "default", "ttl": "5m"}}]},
    ]


def test_settings_stand_where_the_api_wants_them() -> None:
    sent = body(
        temperature=0.5, top_p=0.9, stop=("x",), top_k=3, reasoning_budget=1024, reasoning_effort="low", service_tier="flex",
        metadata={"team": "blue"}, output_format=OutputFormat("json_schema", "answer", SCHEMA, True, "d"),
        extras={"guardrailConfig": {"guardrailIdentifier": "g"}, "additionalModelRequestFields": {"anthropic_beta": ["b"]},
                "performanceConfig": {"latency": "optimized"}},
    )  # fmt: skip
    del sent["messages"]
    assert sent == {
        "inferenceConfig": {"temperature": 0.5, "topP": 0.9, "stopSequences": ["x"]},
        "outputConfig": {
            "effort": "low",
            "textFormat": {
                "type": "json_schema",
                "structure": {
                    "jsonSchema": {
                        "schema": msgspec.json.encode(SCHEMA).decode(),
                        "name": "answer",
                        "description": "d",
                    }
                },
            },
        },
        "additionalModelRequestFields": {
            "top_k": 3,
            "thinking": {"type": "enabled", "budget_tokens": 1024},
            "anthropic_beta": ["b"],
        },
        "serviceTier": {"type": "flex"},
        "requestMetadata": {"team": "blue"},
        "guardrailConfig": {"guardrailIdentifier": "g"},
        "performanceConfig": {"latency": "optimized"},
    }
    nova = body_of(speak(DIALECT, ChatRequest(model="us.amazon.nova-lite-v1:0", messages=(ASKED,), top_k=3)))
    assert nova["additionalModelRequestFields"] == {"inferenceConfig": {"topK": 3}}
    other = speak(DIALECT, ChatRequest(model="meta.llama3", messages=(ASKED,), top_k=3, reasoning_budget=9))
    assert [warning.partition(":")[0] for warning in other.warnings] == ["top_k", "reasoning_budget"]


def test_tools_and_choices() -> None:
    tools = (
        FunctionTool("weather", "words", SCHEMA, strict=True, cache=CacheMark("5m")),
        FunctionTool("time"),
        ProviderTool({"systemTool": {"name": "nova_grounding"}}),
    )
    config = body(tools=tools, tool_choice=ToolChoice("required"))["toolConfig"]
    assert config["toolChoice"] == {"any": {}}
    assert config["tools"] == [
        {"toolSpec": {"name": "weather", "description": "words", "inputSchema": {"json": SCHEMA}, "strict": True}},
        {"cachePoint": {"type": "default", "ttl": "5m"}},
        {"toolSpec": {"name": "time", "inputSchema": {"json": {"type": "object", "properties": {}}}}},
        {"systemTool": {"name": "nova_grounding"}},
    ]
    assert body(tools=tools, tool_choice=ToolChoice("auto"))["toolConfig"]["toolChoice"] == {"auto": {}}
    forced = body(tools=tools[:2], tool_choice=ToolChoice("required", ("time",)))["toolConfig"]
    assert (forced["toolChoice"], len(forced["tools"])) == ({"tool": {"name": "time"}}, 1)
    several = body(tools=(*tools[:2], FunctionTool("x")), tool_choice=ToolChoice("required", ("time", "x")))[
        "toolConfig"
    ]
    assert (several["toolChoice"], len(several["tools"])) == ({"any": {}}, 2)
    assert "toolConfig" not in body(tools=tools, tool_choice=ToolChoice("none"))


def test_media() -> None:
    sent = body(
        Message("user", (
            ImagePart(url="data:image/jpeg;base64,AAAA"),
            ImagePart(url="s3://bucket/a.png"),
            AudioPart(data="AAAA", format="mp3"),
            AudioPart(url="s3://bucket/a.wav"),
            FilePart(data="AAAA", filename="report_v1 (final).pdf"),
            FilePart(data="AAAA", media_type="video/mp4"),
            FilePart(text="words"),
            FilePart(url="s3://bucket/b.csv", filename="__.csv", extras={"context": "c"}),
            ProviderPart({"guardContent": {"text": {"text": "g"}}}),
        )),
    )  # fmt: skip
    assert sent["messages"][0]["content"] == [
        {"image": {"format": "jpeg", "source": {"bytes": "AAAA"}}},
        {"image": {"format": "png", "source": {"s3Location": {"uri": "s3://bucket/a.png"}}}},
        {"audio": {"format": "mp3", "source": {"bytes": "AAAA"}}},
        {"audio": {"format": "wav", "source": {"s3Location": {"uri": "s3://bucket/a.wav"}}}},
        {"document": {"format": "pdf", "name": "report v1 (final)", "source": {"bytes": "AAAA"}}},
        {"video": {"format": "mp4", "source": {"bytes": "AAAA"}}},
        {"document": {"name": "document 3", "source": {"text": "words"}}},
        {"document": {"format": "csv", "name": "document 4", "source": {"s3Location": {"uri": "s3://bucket/b.csv"}}, "context": "c"}},
        {"guardContent": {"text": {"text": "g"}}},
    ]  # fmt: skip


def test_what_came_from_here_goes_back_as_it_came() -> None:
    cited = {"title": "T", "location": {"web": {"url": "https://example.org"}}}
    native: dict[str, Any] = {"toolUse": {"toolUseId": "s", "name": "code", "input": {}, "type": "server_tool_use"}}
    sent = body(
        ASKED,
        Message(
            "assistant",
            (
                ReasoningPart(encrypted="Etk", vendor="anthropic"),
                ReasoningPart(encrypted="/w==", form=("blob",)),
                ServerToolCallPart("s", "code", {}, native),
                TextPart("a", citations=(Citation("url", native=cited, dialect="bedrock_converse"),)),
            ),
            dialect="bedrock_converse",
        ),
    )
    assert sent["messages"][1]["content"] == [
        {"reasoningContent": {"redactedContent": "RXRr"}},
        {"reasoningContent": {"redactedContent": "/w=="}},
        native,
        {"citationsContent": {"content": [{"text": "a"}], "citations": [cited]}},
    ]


def test_a_mark_is_never_lost_in_a_tools_result_or_on_an_empty_text() -> None:
    inner = (TextPart("a", cache=CacheMark("1h")), TextPart("b", citations=(Citation("url"),)))
    request = ChatRequest(
        model=CLAUDE,
        messages=(
            ASKED,
            Message("assistant", (CALL,)),
            Message("tool", (ToolResultPart("call_1", inner),)),
            Message("user", (TextPart("so?"), TextPart("", cache=CacheMark()))),
        ),
    )
    sent = speak(DIALECT, request)
    assert body_of(sent)["messages"][2]["content"] == [
        {"toolResult": {"toolUseId": "call_1", "content": [{"text": "a"}, {"text": "b"}]}},
        {"cachePoint": {"type": "default", "ttl": "1h"}},
        {"text": "so?"},
        {"cachePoint": {"type": "default"}},
    ]
    assert [warning.partition(":")[0] for warning in sent.warnings] == ["messages[2].parts[0].parts[1].citations"]


def assistant(*parts: Any, **fields: Any) -> dict[str, Any]:
    return {"messages": (ASKED, Message("assistant", parts, **fields))}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        (assistant(ReasoningPart("x", "s", vendor="google")), "messages[1].parts[0]"),
        (assistant(ReasoningPart("x", "s"), dialect="openai_chat"), "messages[1].parts[0]"),
        (assistant(ToolCallPart("c", "f", "{")), "messages[1].parts[0].arguments"),
        (assistant(ToolCallPart("c", "f", "[1]")), "messages[1].parts[0].arguments"),
        (assistant(ToolResultPart("c")), "messages[1].parts[0]"),
        ({"messages": (Message("tool", (ToolResultPart("c", (AudioPart(data="A", format="wav"),)),)),)}, "messages[0].parts[0].parts[0]"),
        (assistant(ProviderPart({}), dialect="gemini"), "messages[1].parts[0]"),
        ({"messages": (Message("user", (CALL,)),)}, "messages[0].parts[0]"),
        ({"messages": (Message("tool", (TextPart("x"),)),)}, "messages[0].parts[0]"),
        ({"messages": (Message("user", (ImagePart(url="https://example.org/a.png"),)),)}, "messages[0].parts[0].url"),
        ({"messages": (Message("user", (ImagePart(),)),)}, "messages[0].parts[0]"),
        ({"messages": (Message("user", (ImagePart(data="A", media_type="image/tiff"),)),)}, "messages[0].parts[0].media_type"),
        ({"messages": (Message("user", (FilePart(data="A", media_type="application/zip"),)),)}, "messages[0].parts[0].media_type"),
        ({"messages": (Message("user", (TextPart("a", cache=CacheMark("2d")),)),)}, "messages[0].parts[0].cache.ttl"),
        ({"tools": (TOOL,), "tool_choice": ToolChoice("required", ("x",))}, "tool_choice.allowed"),
        ({"tools": (TOOL,), "tool_choice": ToolChoice("none"), **assistant(CALL)}, "tool_choice"),
        ({"tools": (ProviderTool({}),), "dialect": "gemini"}, "tools[0]"),
        ({"output_format": OutputFormat("json_object")}, "output_format.kind"),
        ({"output_format": OutputFormat("json_schema")}, "output_format.schema"),
        ({"metadata": {"a": 1}}, "metadata.a"),
        ({"extras": {"messages": []}}, "extras.messages"),
        ({"extras": {"inferenceConfig": {"temperature": 1}}, "temperature": 0.5}, "extras.inferenceConfig.temperature"),
        ({"extras": {"inferenceConfig": 1}, "temperature": 0.5}, "extras.inferenceConfig"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_refused_by_its_field(fields: dict[str, Any], field: str) -> None:
    given: dict[str, Any] = {"messages": (ASKED,), **fields}
    with pytest.raises(InvalidRequest) as refused:
        speak(DIALECT, ChatRequest(model=CLAUDE, **given))
    assert refused.value.field == field


def test_fields_of_another_dialect_are_left_out_by_name() -> None:
    message = Message("user", (TextPart("a", {"annotations": 1}),), extras={"weight": 1}, dialect="openai_chat")
    request = ChatRequest(model=CLAUDE, messages=(message,), extras={"logit_bias": {}}, dialect="openai_chat")
    sent = speak(DIALECT, request)
    assert body_of(sent) == {"messages": [{"role": "user", "content": [{"text": "a"}]}]}
    assert [warning.partition(":")[0] for warning in sent.warnings] == [
        "extras.logit_bias", "messages[0].extras.weight", "messages[0].parts[0].extras.annotations",
    ]  # fmt: skip


@drawn(request=conversations(vendor="anthropic"))
def test_any_conversation_is_written_or_refused_by_a_field(request: ChatRequest) -> None:
    try:
        sent = body_of(speak(DIALECT, request))
    except InvalidRequest:
        return
    roles = [message["role"] for message in sent["messages"]]
    assert all(one != other for one, other in pairwise(roles))
    assert all(message["content"] for message in sent["messages"])


@drawn(request=conversations(media=False, thinking=False, settings=False, cache=False))
def test_plain_talk_with_tools_is_never_refused(request: ChatRequest) -> None:
    if request.tool_choice is not None and request.tool_choice.mode == "none":
        request = msgspec.structs.replace(request, tool_choice=None)
    assert speak(DIALECT, request).warnings == ()


@pytest.mark.parametrize(
    ("status", "name", "message", "kind"),
    [
        (400, "ValidationException:http://internal.amazon.com/coral/", "The provided model identifier is invalid.", "model_not_found"),
        (400, "", "The provided model identifier is invalid.", "model_not_found"),
        (400, "ValidationException", "Invocation of model ID x with on-demand throughput isn’t supported.", "unsupported"),
        (400, "ValidationException", "Input is too long for requested model.", "context_too_long"),
        (400, "ValidationException", "temperature: must be between 0 and 1", "bad_request"),
        (403, "ExpiredTokenException:http://x", "The security token included in the request is expired", "auth"),
        (403, "AccessDeniedException", "You don't have access to the model with the specified model ID.", "model_not_found"),
        (403, "", "The security token included in the request is invalid.", "auth"),
        (429, "ThrottlingException", "Too many tokens, please wait before trying again.", "rate_limited"),
        (400, "ServiceQuotaExceededException", "quota", "quota_exhausted"),
        (429, "ModelNotReadyException", "try later", "overloaded"),
        (408, "ModelTimeoutException", "slow", "server_error"),
        (424, "ModelErrorException", "broken", "server_error"),
        (404, "ResourceNotFoundException", "gone", "model_not_found"),
        (503, "", "busy", "overloaded"),
        (500, "InternalServerException", "", "server_error"),
    ],
)  # fmt: skip
def test_what_a_refusal_means(status: int, name: str, message: str, kind: str) -> None:
    headers = Headers((("x-amzn-errortype", name), ("retry-after", "7"))) if name else Headers()
    told = msgspec.json.encode({"message": message}) if message else b""
    failure = DIALECT.failure(ResponseHead(status, headers), told, where="b", moment=Moment(0.0, 0.0))
    assert (failure.kind, failure.status, failure.where) == (kind, status, "b")
    assert failure.code == (name.partition(":")[0] or None)
    assert failure.retry_after == (7.0 if name else None)
    assert failure.message == (message or "the server answered HTTP 500 without a word")


def test_older_services_name_the_exception_in_the_body() -> None:
    told = b'{"__type":"com.amazon.coral#ThrottlingException","message":"slow"}'
    failure = DIALECT.failure(ResponseHead(400), told, where="b", moment=Moment(0.0, 0.0))
    assert (failure.kind, failure.code) == ("rate_limited", "ThrottlingException")
    page = DIALECT.failure(ResponseHead(502), b"<html>bad gateway</html>", where="b", moment=Moment(0.0, 0.0))
    assert (page.kind, page.message) == ("server_error", "bad gateway")
