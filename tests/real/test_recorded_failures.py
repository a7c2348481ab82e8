"""What our client makes of each refusal that a real LiteLLM proxy was recorded to give: needs no proxy."""

from __future__ import annotations

import json

import pytest

from muxer_core.dialects.openai_chat.failures import failure_from_head, failure_from_reply
from muxer_core.values.failure import Failure, FailureKind
from muxer_core.values.moment import Moment
from muxer_core.wire.heads import Headers, ResponseHead
from tests.support.recorded import recorded


def failure(name: str) -> Failure:
    reply = recorded(name)
    head = ResponseHead(reply.status, Headers.of(reply.headers))
    return failure_from_head(head, reply.body, where="litellm/gpt-4o", moment=Moment(0.0, 1_795_534_508.0))


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
