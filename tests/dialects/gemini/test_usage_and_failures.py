"""What was used, and what refusals mean: the rules of both tables."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.dialects.gemini.failures import REASONS, SAID, STATUS_WORDS, answer_failure, error_of
from muxer_core.dialects.gemini.usage import MAX_COUNT, usage_from_bytes, usage_from_fields
from muxer_core.values.failure import KINDS, Failure, FailureKind
from muxer_core.values.items import ExtrasReported, UsageReported, WarningReported
from muxer_core.values.moment import Moment
from muxer_core.values.usage import Usage
from muxer_core.wire.heads import Headers, ResponseHead
from tests.dialects.gemini.exchanges import DIALECT, events, parts, streamed


def usage(**fields: Any) -> Usage | None:
    reading = usage_from_fields(fields)
    raw = usage_from_bytes(json.dumps(fields).encode())
    assert raw is None or raw == reading
    return reading.usage


def test_thoughts_and_tools_lie_outside_and_the_cache_inside() -> None:
    told = usage(
        promptTokenCount=100, cachedContentTokenCount=40, toolUsePromptTokenCount=7, candidatesTokenCount=20, thoughtsTokenCount=30,
        totalTokenCount=157,
    )  # fmt: skip
    assert told == Usage(107, 50, 40, reasoning_tokens=30, total_tokens=157)


def count(modality: str, tokens: int) -> dict[str, Any]:
    return {"modality": modality, "tokenCount": tokens}


def test_modalities() -> None:
    told = usage(
        promptTokenCount=10,
        candidatesTokenCount=9,
        promptTokensDetails=[count("TEXT", 3), count("AUDIO", 5), count("IMAGE", 2)],
        candidatesTokensDetails=[count("AUDIO", 4), count("IMAGE", 5)],
    )  # fmt: skip
    assert told == Usage(
        10, 9, audio_input_tokens=5, image_input_tokens=2, audio_output_tokens=4, image_output_tokens=5
    )
    assert usage_from_fields(
        {"promptTokenCount": 1, "promptTokensDetails": [{"modality": 4, "tokenCount": 1}]}
    ).usage == Usage(1, audio_input_tokens=1)


def test_a_surplus_is_output() -> None:
    assert usage(promptTokenCount=5, candidatesTokenCount=2, totalTokenCount=10) == Usage(
        5, 5, reasoning_tokens=3, total_tokens=10
    )
    assert usage(promptTokenCount=5, totalTokenCount=10) == Usage(5, 5, total_tokens=10)
    assert usage(promptTokenCount=5, candidatesTokenCount=9, totalTokenCount=3) == Usage(5, 9, total_tokens=3)


def test_partial_and_empty_reports() -> None:
    assert usage(candidatesTokenCount=3) == Usage(0, 3, exact=False)
    assert usage() is None
    assert usage_from_fields({"trafficType": "ON_DEMAND"}) == (None, {"trafficType": "ON_DEMAND"}, None)
    assert usage_from_fields({"serviceTier": "flex"}) == (None, {"serviceTier": "flex"}, None)


@pytest.mark.parametrize(
    ("fields", "tier"),
    [
        ({"trafficType": "ON_DEMAND"}, "standard"),
        ({"trafficType": "ON_DEMAND_PRIORITY"}, "priority"),
        ({"trafficType": "PROVISIONED_THROUGHPUT"}, "provisioned_throughput"),
        ({"trafficType": "TRAFFIC_TYPE_UNSPECIFIED"}, None),
        ({"serviceTier": "flex", "trafficType": "ON_DEMAND"}, "flex"),
        ({"trafficType": 1}, "standard"),
        ({"trafficType": 9}, "9"),
        ({"trafficType": []}, None),
    ],
)
def test_the_tier_that_was_served(fields: dict[str, Any], tier: str | None) -> None:
    told = usage(promptTokenCount=1, **fields)
    assert told is not None
    assert told.service_tier == tier


@pytest.mark.parametrize(
    "fields",
    [
        {"promptTokenCount": -1}, {"promptTokenCount": 1.5}, {"promptTokenCount": "5"}, {"promptTokenCount": True},
        {"promptTokenCount": MAX_COUNT + 1}, {"promptTokenCount": 1, "promptTokensDetails": 3},
        {"promptTokenCount": 1, "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": -5}]},
    ],
)  # fmt: skip
def test_a_count_that_cannot_be_one_is_refused_with_a_warning(fields: dict[str, Any]) -> None:
    reading = usage_from_fields(fields)
    assert reading.usage is None
    assert reading.warning is not None
    assert reading.extras == fields


def test_a_part_larger_than_its_whole_is_cut() -> None:
    reading = usage_from_fields({"promptTokenCount": 5, "cachedContentTokenCount": 9})
    assert reading.usage == Usage(5, cached_input_tokens=5)
    assert reading.warning is not None


def test_running_totals_are_told_when_they_change_and_the_later_wins() -> None:
    def chunk(said: Any, **told: Any) -> dict[str, Any]:
        return {**parts({"text": said}, finish=None), "usageMetadata": told}

    items = streamed(
        events(
            chunk("a", promptTokenCount=5, totalTokenCount=5),
            chunk("b", promptTokenCount=5, totalTokenCount=5),
            chunk("c", promptTokenCount=5, candidatesTokenCount=2, totalTokenCount=7),
            chunk("d", promptTokenCount=5.0, candidatesTokenCount=2, totalTokenCount=7),
            chunk("e", promptTokenCount=5, cachedContentTokenCount=9, candidatesTokenCount=2),
            chunk("f", promptTokenCount="x"),
            chunk("g", promptTokenCount=5, gateway={"cost": 1}, candidatesTokenCount=3),
            {**parts(finish="STOP"), "usageMetadata": 3},
        )
    )
    told = [item.usage for item in items if isinstance(item, UsageReported)]
    assert [(one.input_tokens, one.output_tokens) for one in told] == [(5, 0), (5, 2), (5, 2), (5, 3)]
    assert sum(isinstance(item, WarningReported) for item in items) == 2
    assert ExtrasReported({"usageMetadata": {"gateway": {"cost": 1}}}) in items


@given(counts=st.dictionaries(
    st.sampled_from(["promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "totalTokenCount", "cachedContentTokenCount"]),
    st.integers(-1, 50),
))  # fmt: skip
def test_both_readers_of_usage_agree(counts: dict[str, int]) -> None:
    usage(**counts)


# --- refusals -----------------------------------------------------------------------------------------------------------------------


def refusal(status: int, error: Any, headers: dict[str, str] | None = None) -> Failure:
    head = ResponseHead(status, Headers(tuple((headers or {}).items())))
    body = error if isinstance(error, bytes) else json.dumps({"error": error}).encode()
    return DIALECT.failure(head, body, where="there", moment=Moment(0.0, 0.0))


def error(status: str, message: str = "m", *details: dict[str, Any], code: int = 400) -> dict[str, Any]:
    return {"code": code, "status": status, "message": message, "details": list(details)}


DAY = {
    "@type": "type.googleapis.com/google.rpc.QuotaFailure",
    "violations": [{"quotaId": "GenerateRequestsPerDayPerProject"}],
}
WAIT = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.4s"}

REFUSALS: list[tuple[int, Any, FailureKind]] = [
    (400, error("INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."), "auth"),
    (400, error("INVALID_ARGUMENT", "m", {"@type": "x/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}), "auth"),
    (
        400,
        error("INVALID_ARGUMENT", "The input token count (9) exceeds the maximum number of tokens allowed (5)."),
        "context_too_long",
    ),
    (400, error("INVALID_ARGUMENT", "Unknown name"), "bad_request"),
    (400, error("FAILED_PRECONDITION", "User location is not supported for the API use."), "unsupported"),
    (401, error("UNAUTHENTICATED"), "auth"),
    (403, error("PERMISSION_DENIED"), "auth"),
    (404, error("NOT_FOUND", "models/x is not found for API version v1beta"), "model_not_found"),
    (429, error("RESOURCE_EXHAUSTED", "You exceeded your current quota", WAIT), "rate_limited"),
    (429, error("RESOURCE_EXHAUSTED", "You exceeded your current quota", DAY, WAIT), "quota_exhausted"),
    (499, error("CANCELLED"), "server_error"),
    (500, error("INTERNAL"), "server_error"),
    (503, error("UNAVAILABLE", "The model is overloaded."), "overloaded"),
    (504, error("DEADLINE_EXCEEDED"), "server_error"),
    (404, b"<html>nothing here</html>", "model_not_found"),
    (502, b"Bad gateway", "server_error"),
    (429, b'[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"m"}}]', "rate_limited"),
    (307, b"", "malformed"),
]


@pytest.mark.parametrize(("status", "told", "kind"), REFUSALS)
def test_refusals_by_reason_words_and_status(status: int, told: Any, kind: FailureKind) -> None:
    failure = refusal(status, told)
    assert failure.kind == kind
    assert failure.status == status
    assert failure.message


def test_the_wait_is_in_the_details_or_in_the_head() -> None:
    assert refusal(429, error("RESOURCE_EXHAUSTED", "m", WAIT)).retry_after == 34.4
    assert refusal(429, error("RESOURCE_EXHAUSTED"), {"retry-after": "7"}).retry_after == 7.0
    assert refusal(404, b"<html></html>").message.endswith("check base_url and the model's name)")
    assert "elsewhere" in refusal(302, b"", {"location": "elsewhere"}).message


def test_no_key_is_shown() -> None:
    failure = refusal(400, error("INVALID_ARGUMENT", "API key AIzaSyA1234567890abcdefghij not valid"))
    assert "AIzaSyA1234567890" not in repr(failure)


@pytest.mark.parametrize("kind", KINDS)
def test_our_own_failures_are_read_back_as_such(kind: FailureKind) -> None:
    failure = Failure(kind=kind, message="what happened", code="c", retry_after=2.5)
    answered = answer_failure(failure)
    assert answered.head.status == failure.status_hint
    assert answered.head.headers.get("retry-after") == "3"
    told = json.loads(answered.body)["error"]
    assert (told["code"], told["message"], told["status"]) == (
        failure.status_hint,
        "what happened",
        SAID[failure.status_hint],
    )
    back = refusal(answered.head.status, answered.body)
    assert (back.message, back.retry_after) == ("what happened", 2.5)
    assert "details" in error_of(Failure(kind=kind, message="m"))


def test_every_word_of_the_tables_is_a_kind() -> None:
    assert set(STATUS_WORDS.values()) | set(REASONS.values()) <= set(KINDS)
