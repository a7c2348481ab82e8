"""Refusals: kind, words, code and wait, for the shapes that servers really send; and no key in any of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.dialects.masking import mask_secrets
from muxer_core.dialects.openai_chat import OpenAIChat
from muxer_core.dialects.openai_chat.server_words import MAX_WORDS, read_words
from muxer_core.values.failure import Failure
from muxer_core.values.moment import Moment
from muxer_core.wire.heads import Headers, ResponseHead
from tests.dialects.openai_chat.exchanges import sample


def failure(status: int, body: Any, **headers: str) -> Failure:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = ResponseHead(status, Headers(tuple((name.replace("_", "-"), value) for name, value in headers.items())))
    return OpenAIChat().failure(head, data, where="here", moment=Moment(0.0, 784111777.0))


def error(message: str, **fields: Any) -> dict[str, Any]:
    return {"error": {"message": message, **fields}}


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (401, error("Incorrect API key provided", code="invalid_api_key"), "auth", "invalid_api_key"),
        (401, {"detail": "Invalid API Key"}, "auth", None),
        (400, {"code": "invalid-argument", "error": "Incorrect API key provided."}, "auth", "invalid-argument"),
        (
            400,
            [error("API key not valid. Please pass a valid API key.", code=400, status="INVALID_ARGUMENT")],
            "auth",
            "400",
        ),
        (402, error("Insufficient Balance"), "quota_exhausted", None),
        (403, error("Your input was flagged as unsafe"), "content_policy", None),
        (403, {"code": "x", "error": "Your team has used all available credits"}, "quota_exhausted", "x"),
        (403, error("Forbidden"), "auth", None),
        (404, error("The model `x` does not exist", code="model_not_found"), "model_not_found", "model_not_found"),
        (404, {"error": 'model "x" not found, try pulling it first'}, "model_not_found", None),
        (404, error("File Not Found", code=404, type="not_found_error"), "model_not_found", "404"),
        (400, error("x is not a valid model ID", code=400), "model_not_found", "400"),
        (
            400,
            {"message": "Invalid model: x", "type": "invalid_model", "code": "1500", "object": "error"},
            "model_not_found",
            "1500",
        ),
        (
            400,
            error(
                "/chat/completions: Invalid model name passed in model=x. Call `/v1/models` to view available models"
            ),
            "model_not_found",
            None,
        ),
        (
            400,
            error("This model's maximum context length is 100 tokens", code="context_length_exceeded"),
            "context_too_long",
            "context_length_exceeded",
        ),
        (
            400,
            error(
                "request (3021 tokens) exceeds the available context size", type="exceed_context_size_error", code=400
            ),
            "context_too_long",
            "400",
        ),
        (400, error("litellm.ContextWindowExceededError: too long"), "context_too_long", None),
        (422, {"detail": [{"loc": ["body", "messages"], "msg": "prompt is too long"}]}, "context_too_long", None),
        (
            413,
            error("Request too large", type="tokens", code="rate_limit_exceeded"),
            "context_too_long",
            "rate_limit_exceeded",
        ),
        (
            400,
            error("filtered", code="content_filter", innererror={"code": "ResponsibleAIPolicyViolation"}),
            "content_policy",
            "content_filter",
        ),
        (
            400,
            error("bad", innererror={"code": "ResponsibleAIPolicyViolation"}),
            "content_policy",
            "ResponsibleAIPolicyViolation",
        ),
        (
            400,
            error("Unsupported parameter: 'stop'", code="unsupported_parameter"),
            "unsupported",
            "unsupported_parameter",
        ),
        (400, error("unknown variant `image_url`, expected `text`"), "unsupported", None),
        (
            400,
            error("Invalid schema for function", code="invalid_function_parameters"),
            "bad_request",
            "invalid_function_parameters",
        ),
        (
            400,
            {"code": 400, "message": "Temperature must be between 0 and 2", "type": "Bad Request"},
            "bad_request",
            "400",
        ),
        (400, error("failed", code="tool_use_failed", failed_generation="{"), "server_error", "tool_use_failed"),
        (429, error("slow down", code="rate_limit_exceeded"), "rate_limited", "rate_limit_exceeded"),
        (
            429,
            error("You exceeded your current quota", code="insufficient_quota"),
            "quota_exhausted",
            "insufficient_quota",
        ),
        (429, error("The engine is currently overloaded"), "overloaded", None),
        (
            429,
            {"message": "Service tier capacity exceeded", "type": "service_tier_capacity_exceeded", "code": "3505"},
            "overloaded",
            "3505",
        ),
        (500, error("Cannot use both", type="server_error", code=500), "server_error", "500"),
        (500, error("litellm.ContextWindowExceededError"), "context_too_long", None),
        (501, error("no audio", type="not_supported_error", code=501), "unsupported", "501"),
        (502, b"<html><head><title>502 Bad Gateway</title></head></html>", "server_error", None),
        (503, error("Loading model", type="unavailable_error", code=503), "overloaded", "503"),
        (529, error("Overloaded"), "overloaded", None),
        (418, error("teapot"), "bad_request", None),
        (599, b"", "server_error", None),
        (302, b"", "malformed", None),
        (199, b"", "malformed", None),
    ],
)
def test_kind_and_code(status: int, body: Any, kind: str, code: str | None) -> None:
    found = failure(status, body)
    assert (found.kind, found.code, found.status, found.where) == (kind, code, status, "here")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (error("m"), "m"),
        ({"error": error("inner")["error"] | {"error": {"message": "deeper"}}}, "deeper"),
        ({"error": "text"}, "text"),
        ({"message": "flat"}, "flat"),
        ({"errors": [{"message": "first", "code": 7}]}, "first"),
        ({"detail": {"message": "d"}}, "d"),
        ({"detail": [{"loc": ["body", 0], "msg": "a"}, {"msg": "b"}, "c", 5]}, "body.0: a; b; c"),
        ({"detail": 5}, '{"detail": 5}'),
        ({"message": {"message": "m"}}, "m"),
        ({"message": {"detail": "x"}}, "x"),
        ({"message": ["a", "b"]}, "a; b"),
        ({"message": [1]}, "[1]"),
        ({"fault": "x"}, '{"fault": "x"}'),
        ("just text", "just text"),
        ([], ""),
        (5, "5"),
        (error('{"error": {"message": "inside", "code": "c"}}'), "inside"),
        (error('{"broken'), '{"broken'),
        (
            error("Provider returned error", metadata={"raw": '{"error":{"message":"upstream"}}'}),
            "Provider returned error: upstream",
        ),
        (
            error("Provider returned error", metadata={"raw": {"message": "upstream"}}),
            "Provider returned error: upstream",
        ),
        (error("", metadata={"raw": "upstream"}), "upstream"),
        (error("m", metadata={"raw": 5}), "m"),
        (b"plain", "plain"),
        (b"<html><style>x{}</style><body><h1>Bad</h1>\n gateway</body>", "Bad gateway"),
        (b"\xff\xfe", "\ufffd\ufffd"),
    ],
)
def test_the_server_s_own_words(body: Any, message: str) -> None:
    assert read_words(body if isinstance(body, bytes) else json.dumps(body).encode()).message == message


def test_long_words_are_cut() -> None:
    assert len(read_words(json.dumps(error("x" * 10_000)).encode()).message) == MAX_WORDS + 1


@pytest.mark.parametrize(
    ("body", "headers", "wait"),
    [
        (error("m"), {"retry_after": "7"}, 7.0),
        (error("m"), {"retry_after": "Sun, 06 Nov 1994 08:49:47 GMT"}, 10.0),
        (error("m"), {"retry_after": "7", "retry_after_ms": "1500"}, 1.5),
        (error("m", details=[{"@type": "x.RetryInfo", "retryDelay": "31.5s"}]), {}, 31.5),
        (error("m", details=[5, {"retryDelay": 3}]), {}, None),
        (error("Please try again in 1m2.5s."), {}, 62.5),
        (error("Please try again in 120ms."), {}, 0.12),
        (error("Please try again in 2h3m."), {}, 7380.0),
        (error("Please retry after 7 seconds."), {}, 7.0),
        (error("Please try again in a while."), {}, None),
        (error("m"), {}, None),
    ],
)
def test_how_long_to_wait(body: Any, headers: dict[str, str], wait: float | None) -> None:
    assert failure(429, body, **headers).retry_after == wait


def test_a_quota_with_a_time_to_wait_is_a_rate_limit() -> None:
    words = "You exceeded your current quota, please check your plan and billing details"
    assert failure(429, error(words)).kind == "quota_exhausted"
    assert failure(429, error(words, details=[{"retryDelay": "31s"}])).kind == "rate_limited"


@pytest.mark.parametrize(("told", "meant"), [("true", True), ("false", False), ("maybe", None)])
def test_the_server_s_word_on_retrying(told: str, meant: bool | None) -> None:
    assert failure(500, error("m"), x_should_retry=told).retryable is meant


def test_a_redirect_is_not_asked_again() -> None:
    assert not failure(307, b"", location="https://elsewhere.example").retry_same


def test_a_path_that_is_not_there_says_what_to_check() -> None:
    assert "base_url" in failure(404, error("Not Found")).message
    assert "base_url" not in failure(404, error("The model `x` does not exist")).message
    assert "https://elsewhere.example" in failure(301, b"", location="https://elsewhere.example").message
    assert failure(301, b"moved").message == "moved"


SECRETS = [
    "sk-proj-abcdEFGH1234567890",
    "sk-ant-api03-abcdef_123-456",
    "gsk_abcdEFGH1234567890abcd",
    "xai-abcdEFGH1234567890",
    "hf_abcdEFGH1234567890",
    "AIzaSyA1234567890abcdefghijklmnop",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-def",
    "88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b",
    "bad-key-**********test",
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "around",
    [
        "Incorrect API key provided: {}. Find it elsewhere.",
        "Got {}",
        "Bearer {}",
        "api_key={}",
        "https://h/?key={}&a=1",
        "'{}'",
    ],
)
def test_no_key_is_in_a_failure(secret: str, around: str) -> None:
    said = failure(401, error(around.format(secret))).message
    assert secret not in said
    assert secret[-6:] not in said
    assert "***" in said


@pytest.mark.parametrize(
    "words",
    ["Incorrect API key provided: hunter2. Go", 'Received api_key "hunter2"; token=hunter2', "password: hunter2"],
)
def test_what_is_called_a_key_is_masked_whatever_it_looks_like(words: str) -> None:
    assert "hunter2" not in mask_secrets(words).replace('api_key "hunter2"', "")


@pytest.mark.parametrize(
    "words",
    [
        "The model `gpt-4.1-nano` does not exist",
        "Unexpected token: '<'",
        "task-specific limit of 100 tokens: too many",
        "risk-averse wording",
    ],
)
def test_ordinary_words_are_kept(words: str) -> None:
    assert mask_secrets(words) == words


def test_recorded_refusals_keep_the_server_s_words() -> None:
    refusals = [exchange for exchange in sample() if not exchange.head.is_success]
    assert len(refusals) > 10
    for exchange in refusals:
        found = OpenAIChat().failure(exchange.head, exchange.body, where="w", moment=Moment(0.0, 0.0))
        value: dict[str, Any] = json.loads(exchange.body)
        inner: Any = value.get("error", value)
        told: str = inner if isinstance(inner, str) else inner.get("message") or inner.get("detail")
        assert found.message.startswith(mask_secrets(told).rstrip(".")[:200])


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "error",
                    "message",
                    "code",
                    "type",
                    "detail",
                    "details",
                    "metadata",
                    "raw",
                    "status",
                    "innererror",
                    "errors",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(st.integers(100, 599), st.binary(max_size=100) | json_values)
def test_any_refusal_gives_a_failure_with_words(status: int, body: Any) -> None:
    assert failure(status, body).message
