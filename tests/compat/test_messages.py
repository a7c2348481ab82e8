"""Messages, parameters and replies: OpenAI's shapes in and out, and nothing lost between."""

from __future__ import annotations

import json
from typing import Any

import pytest

from muxer_compat.completion import completion_of
from muxer_compat.messages import ChatMessage, FunctionCall, ToolCall, to_prompt
from muxer_compat.parameters import chat_options
from muxer_core.asking import chat_request
from muxer_core.call.outcome import Outcome
from muxer_core.call.reply_builder import ReplyBuilder
from muxer_core.dialects.openai_chat import OpenAIChat
from muxer_core.dialects.openai_chat.messages import encode_messages
from muxer_core.values.errors import InvalidRequest, LocalProtocolError
from muxer_core.values.messages import Message, TextPart
from muxer_core.values.usage import Usage
from muxer_core.wire.heads import ResponseHead
from muxer_core.wire.limits import Limits
from tests.compat.proxies import USAGE, reply

CALL = {"id": "call_1", "type": "function", "function": {"name": "now", "arguments": '{"zone":"UTC"}'}}
CUSTOM = {"id": "call_2", "type": "custom", "custom": {"name": "shell", "input": "ls"}}


def completion(body: dict[str, Any]) -> Any:
    decoder = OpenAIChat().chat_decoder(ResponseHead(200), stream=False, limits=Limits(), keep_source=False)
    builder = ReplyBuilder()
    builder.add([*decoder.receive_data(json.dumps(body).encode()), *decoder.receive_eof()])
    usage = Usage(input_tokens=9, output_tokens=4)
    return completion_of(builder.build(Outcome(call_id="x", status="complete", attempts=(), usage=usage)))


def sent(messages: Any) -> list[dict[str, Any]]:
    """What goes out for these messages."""
    return encode_messages(chat_request(to_prompt(messages), "m", {}).messages)[0]


CONVERSATION: list[dict[str, Any]] = [
    {"role": "system", "content": "Be short."},
    {"role": "user", "name": "ada", "content": [{"type": "text", "text": "What time is it?"}]},
    {"role": "assistant", "content": None, "tool_calls": [CALL, CUSTOM]},
    {"role": "tool", "tool_call_id": "call_1", "content": "12:00"},
    {"role": "assistant", "content": None, "refusal": "No."},
]


def test_dicts_and_chat_messages_say_the_same() -> None:
    told = [ChatMessage(**message) for message in CONVERSATION]
    assert [message.to_openai() for message in told][2]["tool_calls"] == [CALL, CUSTOM]
    assert sent(told) == sent(CONVERSATION)


def test_tool_calls_may_be_objects_and_unknown_fields_are_kept() -> None:
    message = ChatMessage(
        "assistant",
        None,
        tool_calls=[ToolCall("call_1", "function", function=FunctionCall("now", '{"zone":"UTC"}'))],
        extras={"cache_control": {"type": "ephemeral"}},
    )
    assert message.to_openai()["tool_calls"] == [CALL]
    assert message.to_openai()["cache_control"] == {"type": "ephemeral"}


def test_text_and_the_cores_own_messages_are_conversations_too() -> None:
    own = Message("user", (TextPart("Why?"),))
    assert sent("Why?") == sent(own) == sent([own]) == sent((ChatMessage("user", "Why?"),))


@pytest.mark.parametrize(
    ("messages", "field"),
    [
        (7, "messages: "),
        ({"role": "user"}, "messages: "),
        (["Why?"], r"messages\[0\]"),
        ([ChatMessage("user", "a"), None], r"messages\[1\]"),
    ],
)
def test_what_is_no_message_is_named(messages: Any, field: str) -> None:
    with pytest.raises(InvalidRequest, match=field):
        to_prompt(messages)


def test_a_reply_reads_like_openais() -> None:
    read = completion(reply())
    assert (read.id, read.model, read.created, read.object) == (
        "chatcmpl-1",
        "gpt-4o",
        1_795_534_508,
        "chat.completion",
    )
    assert read.choices[0].message.content == "Paris."
    assert read.choices[0].message.tool_calls is None
    assert read.choices[0].finish_reason == "stop"
    assert (read.usage.prompt_tokens, read.usage.completion_tokens, read.usage.total_tokens) == tuple(USAGE.values())
    assert read.usage.exact
    assert read.cost is None
    with pytest.raises(LocalProtocolError, match="not routed"):
        _ = read.decision


def test_tool_calls_of_a_reply_have_names_and_go_back_as_they_came() -> None:
    body = reply(None, tool_calls=[CALL, CUSTOM], reasoning_content="It asks for the time.")
    body["choices"][0]["finish_reason"] = None
    message = completion(body).choices[0].message
    assert message.content is None
    assert message.tool_calls[0].function.name == "now"
    assert message.tool_calls[1].custom.input == "ls"
    assert message.reasoning_content == "It asks for the time."
    back = message.to_openai()
    assert (back["role"], back["tool_calls"], back["reasoning_content"]) == (
        "assistant",
        [CALL, CUSTOM],
        "It asks for the time.",
    )
    answer = {"role": "tool", "tool_call_id": "call_1", "content": "12:00"}
    other = {"role": "tool", "tool_call_id": "call_2", "content": "a b"}
    assert sent([ChatMessage("user", "Time?"), message, answer, other])[1]["tool_calls"] == [CALL, CUSTOM]


def test_what_the_next_turn_needs_is_kept_beside_the_known_fields() -> None:
    details = [{"type": "reasoning.encrypted", "data": "opaque"}]
    message = completion(reply(reasoning_details=details)).choices[0].message
    assert "opaque" in str(message.extras["reasoning_details"])


def test_a_finish_reason_of_our_own_is_said_in_openais_word() -> None:
    body = reply(None, tool_calls=[CALL])
    body["choices"][0]["finish_reason"] = "tool_calls"
    assert completion(body).choices[0].finish_reason == "tool_calls"


def test_openais_parameters_become_options() -> None:
    schema: dict[str, Any] = {"type": "json_schema", "json_schema": {"name": "a", "schema": {}}}
    options = chat_options(
        {
            "max_completion_tokens": 8,
            "response_format": schema,
            "top_k": 40,
            "extra_body": {"a": 1},
            "seed": None,
            "max_cost": "0.01",
        }
    )
    assert options == {"max_tokens": 8, "output_format": schema, "max_cost": "0.01", "top_k": 40, "extras": {"a": 1}}


def test_a_servers_own_response_format_goes_to_it_verbatim() -> None:
    regex = {"type": "regex", "pattern": "a+"}
    assert chat_options({"response_format": regex}) == {"extras": {"response_format": regex}}


@pytest.mark.parametrize("parameters", [{"stream": True}, {"max_tokens": 8, "max_completion_tokens": 9}])
def test_parameters_that_cannot_be_meant(parameters: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match=list(parameters)[-1]):
        chat_options(parameters)
