"""OpenAI's own client, pointed at a server made of our server role, reads replies, streams, tool calls, models and errors as the vendor's.

The server is the codec and nothing else: a transport of the client's HTTP library hands requests to it in memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, cast

import httpx2
import openai
import pytest

from muxer_core.dialects.openai_chat import OpenAIChat
from muxer_core.dialects.server import Answering, Asked, Inbound, invalid_as_failure
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.failure import Failure, FailureKind
from muxer_core.values.items import (
    ChoiceFinished,
    CitationsReported,
    FailureReported,
    Item,
    ReasoningDelta,
    ReplyEnded,
    ReplyStarted,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from muxer_core.values.messages import Citation, ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from muxer_core.values.request import ChatRequest
from muxer_core.values.usage import Usage
from muxer_core.wire.heads import Headers
from muxer_core.wire.limits import Limits

DIALECT = OpenAIChat()
REPLY: list[Item] = [
    ReplyStarted("msg_1", "claude", 5, "anthropic_messages"),
    ReasoningDelta("let me", vendor="anthropic"),
    ReasoningDelta(signature="c2VhbA==", vendor="anthropic"),
    TextDelta("I "),
    TextDelta("look."),
    CitationsReported([Citation("url", "https://example.org", "E", start=0, end=2)]),
    ToolCallDelta(0, "", "toolu_1", "weather", "function"),
    ToolCallDelta(0, '{"city":'),
    ToolCallDelta(1, "", "toolu_2", "time", "function"),
    ToolCallDelta(0, '"Berlin"}'),
    ToolCallDelta(1, "{}"),
    ChoiceFinished("tool_call", "tool_use"),
    UsageReported(Usage(10, 5, cached_input_tokens=4, reasoning_tokens=2)),
    ReplyEnded("message_stop"),
]


class Server:
    """Answers each request with these items, or this failure, and remembers what was asked."""

    def __init__(self, reply: list[Item] | Failure) -> None:
        self.reply = reply
        self.asked: list[Asked] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            answered = DIALECT.answer_models([{"id": "claude"}])
            return httpx2.Response(200, headers=list(answered.head.headers.items()), content=answered.body)
        inbound = Inbound(
            "POST", request.url.path, headers=Headers(tuple(request.headers.items())), body=request.content
        )
        try:
            asked = DIALECT.decode_chat(inbound, limits=Limits())
        except InvalidRequest as problem:
            return self._failed(invalid_as_failure(problem))
        self.asked.append(asked)
        if isinstance(self.reply, Failure):
            return self._failed(self.reply)
        encoder = DIALECT.reply_encoder(asked, Answering("abc", 7))
        body = b"".join(encoder.receive_items([item]) for item in self.reply)
        return httpx2.Response(encoder.head.status, headers=list(encoder.head.headers.items()), content=body)

    def _failed(self, failure: Failure) -> httpx2.Response:
        answered = DIALECT.answer_failure(failure)
        headers = list(answered.head.headers.items())
        return httpx2.Response(answered.head.status, headers=headers, content=answered.body)


@pytest.fixture
def client() -> Iterator[Callable[[Server], openai.OpenAI]]:
    made: list[openai.OpenAI] = []

    def make(server: Server) -> openai.OpenAI:
        http = httpx2.Client(transport=httpx2.MockTransport(server))
        made.append(openai.OpenAI(api_key="k", base_url="http://gateway/v1", http_client=http, max_retries=0))
        return made[-1]

    yield make
    for one in made:
        one.close()


MakeClient = Callable[[Server], openai.OpenAI]
ASK: list[Any] = [{"role": "user", "content": "Weather?"}]
CALLS = [("toolu_1", "weather", '{"city":"Berlin"}'), ("toolu_2", "time", "{}")]


def test_a_whole_reply_and_the_next_turn(client: MakeClient) -> None:
    server = Server(REPLY)
    made = client(server)
    reply = made.chat.completions.create(model="m", messages=ASK)
    choice = reply.choices[0]
    assert (reply.id, reply.model, choice.finish_reason, choice.message.content) == (
        "msg_1",
        "claude",
        "tool_calls",
        "I look.",
    )
    assert reply.usage is not None
    details = reply.usage.prompt_tokens_details
    assert details is not None
    assert (reply.usage.total_tokens, details.cached_tokens) == (15, 4)
    calls = choice.message.tool_calls or []
    assert [
        (call.id, call.function.name, call.function.arguments) for call in calls if call.type == "function"
    ] == CALLS
    assert choice.message.annotations is not None
    assert choice.message.annotations[0].url_citation.url == "https://example.org"
    turn: Any = choice.message.model_dump(exclude_none=True)
    results: list[Any] = [{"role": "tool", "tool_call_id": call[0], "content": "sunny"} for call in CALLS]
    made.chat.completions.create(model="m", messages=[*ASK, turn, *results])
    said = next_turn(server)
    assert said.messages[1].parts[:2] == (
        ReasoningPart(
            "let me",
            "c2VhbA==",
            None,
            {"reasoning_details": turn["reasoning_details"]},
            "anthropic",
            form=("reasoning_content",),
        ),
        TextPart("I look."),
    )
    assert [part.id for part in said.messages[1].parts if isinstance(part, ToolCallPart)] == ["toolu_1", "toolu_2"]
    assert [message.parts[0] for message in said.messages[2:]] == [
        ToolResultPart(call[0], (TextPart("sunny"),)) for call in CALLS
    ]


def next_turn(server: Server) -> ChatRequest:
    return server.asked[-1].request


def test_a_stream_and_the_next_turn(client: MakeClient) -> None:
    server = Server(REPLY)
    made = client(server)
    text, calls, details, finish, usage = "", dict[int, list[str]](), list[Any](), "", 0
    stream = made.chat.completions.create(model="m", messages=ASK, stream=True, stream_options={"include_usage": True})
    for chunk in stream:
        if chunk.usage is not None:
            usage = chunk.usage.total_tokens
        for choice in chunk.choices:
            text += choice.delta.content or ""
            finish = choice.finish_reason or finish
            extra = choice.delta.model_extra or {}
            details += extra.get("reasoning_details") or []
            for call in choice.delta.tool_calls or []:
                slot = calls.setdefault(call.index, ["", "", ""])
                assert call.function is not None
                slot[0] += call.id or ""
                slot[1] += call.function.name or ""
                slot[2] += call.function.arguments or ""
    assert (text, finish, usage) == ("I look.", "tool_calls", 15)
    assert [tuple(call) for call in calls.values()] == CALLS
    turn: Any = {"role": "assistant", "content": text, "reasoning_details": details}
    made.chat.completions.create(model="m", messages=[*ASK, turn, *ASK])
    (thought, _) = next_turn(server).messages[1].parts
    assert isinstance(thought, ReasoningPart)
    assert (thought.text, thought.signature, thought.vendor) == ("let me", "c2VhbA==", "anthropic")


def test_the_clients_own_gathering_of_a_stream(client: MakeClient) -> None:
    with client(Server(REPLY)).chat.completions.stream(model="m", messages=ASK) as stream:
        stream.until_done()
        final = stream.get_final_completion()
    message = final.choices[0].message
    assert message.content == "I look."
    assert [(call.id, call.function.name, call.function.arguments) for call in message.tool_calls or []] == CALLS


ERRORS: list[tuple[FailureKind, type[openai.APIStatusError]]] = [
    ("auth", openai.AuthenticationError),
    ("rate_limited", openai.RateLimitError),
    ("quota_exhausted", openai.RateLimitError),
    ("model_not_found", openai.NotFoundError),
    ("context_too_long", openai.BadRequestError),
    ("overloaded", openai.InternalServerError),
    ("stall_timeout", openai.InternalServerError),
]


@pytest.mark.parametrize(("kind", "raised"), ERRORS)
def test_failures_are_the_clients_own_exceptions(
    client: MakeClient, kind: FailureKind, raised: type[openai.APIStatusError]
) -> None:
    with pytest.raises(raised, match="in words") as caught:
        client(Server(Failure(kind=kind, message="in words"))).chat.completions.create(model="m", messages=ASK)
    assert caught.value.code


def test_a_bad_request_names_its_parameter(client: MakeClient) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client(Server(REPLY)).chat.completions.create(model="m", messages=ASK, temperature=cast("float", "hot"))
    assert caught.value.param == "temperature"


def test_a_failure_in_mid_stream_is_raised(client: MakeClient) -> None:
    items = [*REPLY[:4], FailureReported(Failure(kind="connection_lost", message="the line broke"))]
    seen = ""
    with pytest.raises(openai.APIError, match="the line broke"):  # noqa: PT012  # what came before it must be seen
        for chunk in client(Server(items)).chat.completions.create(model="m", messages=ASK, stream=True):
            seen += chunk.choices[0].delta.content or ""
    assert seen == "I "


def test_models(client: MakeClient) -> None:
    assert [model.id for model in client(Server(REPLY)).models.list()] == ["claude"]


def test_json_is_what_was_sent() -> None:
    assert json.loads(DIALECT.answer_models([]).body)["data"] == []
