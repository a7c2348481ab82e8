"""What our client makes of each reply that a real LiteLLM proxy was recorded to give: needs no proxy."""

from __future__ import annotations

import json

import pytest

from muxer_core.dialects.openai_chat import OpenAIChat
from muxer_core.dialects.openai_chat.failures import failure_from_reply
from muxer_core.values.failure import Failure, FailureKind
from muxer_core.values.items import (
    CostReported,
    FailureReported,
    Item,
    ModelsListed,
    ReplyEnded,
    TextDelta,
    UsageReported,
)
from muxer_core.values.moment import Moment
from muxer_core.wire.heads import Headers, ResponseHead
from muxer_core.wire.limits import Limits
from tests.support.recorded import recorded


def head_of(name: str) -> ResponseHead:
    reply = recorded(name)
    return ResponseHead(reply.status, Headers.of(reply.headers))


def items_of(name: str, *, stream: bool, cut: int = 1 << 20) -> list[Item]:
    body = recorded(name).body
    decoder = OpenAIChat().chat_decoder(head_of(name), stream=stream, limits=Limits(), keep_source=False)
    items: list[Item] = []
    for start in range(0, len(body), cut):
        items += decoder.receive_data(body[start : start + cut])
    return items + decoder.receive_eof()


def text_of(items: list[Item]) -> str:
    return "".join(item.text for item in items if isinstance(item, TextDelta))


def costs_of(items: list[Item]) -> list[int]:
    return [item.cost.pico_usd for item in items if isinstance(item, CostReported)]


@pytest.mark.parametrize("cut", [1 << 20, 7, 1])
@pytest.mark.parametrize(
    ("name", "stream"), [("chat", False), ("stream", True), ("stream_usage", True), ("stream_usage_unpriced", True)]
)
def test_an_answer_is_whole_under_any_cut(name: str, cut: int, *, stream: bool) -> None:
    items = items_of(name, stream=stream, cut=cut)
    assert text_of(items) == "The capital of France is Paris."
    assert isinstance(items[-1], ReplyEnded)
    assert items == items_of(name, stream=stream)


@pytest.mark.parametrize(("name", "stream"), [("chat", False), ("stream_usage", True)])
def test_its_cost_and_its_usage_are_kept(name: str, *, stream: bool) -> None:
    items = items_of(name, stream=stream)
    # 27 × 2.50 and 8 × 10.00 US dollars a million tokens.
    assert costs_of(items) == [147_500_000]
    usage = next(item.usage for item in items if isinstance(item, UsageReported))
    assert (usage.input_tokens, usage.output_tokens) == (27, 8)


@pytest.mark.parametrize(
    ("name", "stream"), [("chat_unpriced", False), ("stream", True), ("stream_usage_unpriced", True)]
)
def test_a_zero_in_another_header_is_no_cost(name: str, *, stream: bool) -> None:
    assert costs_of(items_of(name, stream=stream)) == []


@pytest.mark.parametrize("cut", [1 << 20, 1])
def test_a_stream_whose_upstream_was_killed_is_a_failure_and_never_complete(cut: int) -> None:
    items = items_of("killed_mid_stream", stream=True, cut=cut)
    assert text_of(items) == "The story"
    assert not any(isinstance(item, ReplyEnded) for item in items)
    failures = [item.failure for item in items if isinstance(item, FailureReported)]
    assert [failure.kind for failure in failures] == ["server_error"]
    assert "Connection error" in failures[0].message


def test_the_model_list() -> None:
    decoder = OpenAIChat().models_decoder(head_of("models"), limits=Limits())
    listed = next(
        item
        for item in [*decoder.receive_data(recorded("models").body), *decoder.receive_eof()]
        if isinstance(item, ModelsListed)
    )
    assert [model["id"] for model in listed.models] == [
        "gpt-4o",
        "gpt-4o-mini",
        "claude-3-haiku",
        "unpriced",
        "one-a-minute",
        "doomed",
    ]


def failure(name: str) -> Failure:
    reply = recorded(name)
    moment = Moment(0.0, 1_795_534_508.0)
    return OpenAIChat().failure(head_of(name), reply.body, where="litellm/gpt-4o", moment=moment)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("no_key", "auth"),
        ("wrong_key", "auth"),
        ("wrong_key_models", "auth"),
        ("no_key_without_prisma", "server_error"),  # a bare 500: nothing in it tells of a key
        ("unknown_model", "model_not_found"),
        ("no_messages", "bad_request"),
        ("context_too_long", "context_too_long"),
        ("rate_limited", "rate_limited"),
        ("rate_limited_stream", "rate_limited"),
        ("upstream_down", "server_error"),
        ("upstream_down_stream", "server_error"),
    ],
)
def test_each_refusal_is_known_for_what_it_is(name: str, kind: FailureKind) -> None:
    found = failure(name)
    assert found.kind == kind
    assert found.status == recorded(name).status


def test_the_wait_that_the_proxy_asks_for_is_kept() -> None:
    assert failure("rate_limited").retry_after == 60.0


def test_the_proxys_own_words_are_kept() -> None:
    assert "no-such-model" in failure("unknown_model").message
    assert "5021 tokens" in failure("context_too_long").message


def test_the_error_inside_a_broken_stream_is_the_servers() -> None:
    last = recorded("killed_mid_stream").body.decode().rstrip().rpartition("data: ")[2]
    found = failure_from_reply(json.loads(last)["error"])
    assert found.kind == "server_error"
    assert "Connection error" in found.message
