"""The facts of `docs/guides/litellm-proxy.md`, read out of the recordings: this needs no proxy.

`test_litellm_proxy.py` compares what a live one says.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.recorded import recorded, recorded_names


def events(body: bytes) -> list[str]:
    return [line.removeprefix("data: ") for line in body.decode().split("\n") if line.startswith("data: ")]


def error(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(recorded(name).body)
    found: dict[str, Any] = document["error"]
    return found


@pytest.mark.parametrize("name", recorded_names())
def test_every_recording_is_a_whole_reply(name: str) -> None:
    reply = recorded(name)
    assert reply.complete
    assert reply.raw.startswith(f"HTTP/1.1 {reply.status} ".encode())


def test_a_plain_reply_has_its_cost_in_a_header_and_a_streamed_one_has_not() -> None:
    assert recorded("chat").header("x-litellm-response-cost") == "0.0001475"
    for name in ("stream", "stream_usage"):
        assert recorded(name).header("x-litellm-response-cost") is None
        # A zero which is no cost: the head leaves before anything is known.
        assert recorded(name).header("x-litellm-response-cost-original") == "0.0"


def test_a_streamed_cost_is_in_the_usage_event_when_it_was_asked_for() -> None:
    *chunks, done = events(recorded("stream_usage").body)
    assert done == "[DONE]"
    assert json.loads(chunks[-1])["usage"]["cost"] == 0.0001475
    assert json.loads(chunks[-1])["choices"] == [{"index": 0, "delta": {}}]
    assert not any("usage" in json.loads(chunk) for chunk in events(recorded("stream").body)[:-1])


def test_without_a_price_there_is_no_cost_but_a_zero_under_another_name() -> None:
    assert recorded("chat_unpriced").header("x-litellm-response-cost") is None
    assert recorded("chat_unpriced").header("x-litellm-response-cost-original") == "0.0"
    assert "cost" not in json.loads(events(recorded("stream_usage_unpriced").body)[-2])["usage"]


def test_a_wrong_key_is_a_400_that_speaks_of_the_database() -> None:
    for name in ("wrong_key", "wrong_key_models"):
        assert recorded(name).status == 400
        assert error(name) == {"message": "No connected db.", "type": "no_db_connection", "param": None, "code": "400"}


def test_no_key_is_a_401_or_without_prisma_a_bare_500() -> None:
    assert recorded("no_key").status == 401
    assert error("no_key")["type"] == "auth_error"
    assert error("no_key")["param"] == "None"  # the word, not null
    assert recorded("no_key_without_prisma").status == 500
    assert recorded("no_key_without_prisma").body == b"Internal Server Error"


def test_an_unknown_model_is_a_400_without_a_code_of_its_own() -> None:
    assert recorded("unknown_model").status == 400
    assert error("unknown_model")["type"] == "invalid_request_error"
    assert error("unknown_model")["code"] == "400"
    assert "Invalid model name passed in model=no-such-model" in error("unknown_model")["message"]


def test_a_context_too_long_is_known_by_its_words_alone() -> None:
    assert recorded("context_too_long").status == 400
    assert error("context_too_long")["type"] == "invalid_request_error"
    assert error("context_too_long")["message"].startswith("litellm.ContextWindowExceededError")


@pytest.mark.parametrize("name", ["rate_limited", "rate_limited_stream"])
def test_a_rate_limit_says_when_to_come_back_under_another_name(name: str) -> None:
    reply = recorded(name)
    assert reply.status == 429
    assert reply.header("retry-after") is None
    assert reply.header("llm_provider-retry-after") == "60"
    assert error(name)["type"] == "throttling_error"
    assert recorded("within_rate_limit").header("x-ratelimit-remaining-requests") == "0"


@pytest.mark.parametrize("name", ["upstream_down", "upstream_down_stream"])
def test_an_upstream_that_is_down_is_a_500(name: str) -> None:
    assert recorded(name).status == 500
    assert "Connection error" in error(name)["message"]
    assert recorded(name).header("x-litellm-response-cost") == "0"


def test_an_upstream_killed_in_mid_stream_ends_in_an_error_event_and_an_orderly_end() -> None:
    reply = recorded("killed_mid_stream")
    assert reply.status == 200
    assert reply.complete
    *chunks, last = events(reply.body)
    assert all("choices" in json.loads(chunk) for chunk in chunks)
    assert json.loads(last)["error"]["code"] == "500"
    assert json.loads(last)["error"]["type"] is None
    assert b"[DONE]" not in reply.body
    assert b'"finish_reason":"' not in reply.body
