"""What a refusal of Gemini or Vertex AI means, and how our own failures are said in its form.

A refusal is `{"error": {"code", "message", "status", "details": […]}}`, by itself or in a list. It is classified by the reason in its
details (`google.rpc.ErrorInfo`), then by its words (`openai_chat.failures.WORD_KINDS`, which all dialects share), then by its status word.
A bad key is a 400 with INVALID_ARGUMENT. The time to wait stands in `google.rpc.RetryInfo`; a quota of a day is spent, however short the
wait that is named.

Source: google.rpc.Code, google.rpc.error_details (github.com/googleapis/googleapis), recorded errors, November 2026.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from muxer_core.dialects.gemini.names import JsonObject
from muxer_core.dialects.json_text import is_list, is_object, read_json
from muxer_core.dialects.masking import mask_secrets
from muxer_core.dialects.openai_chat.failures import MAX_ERROR_BODY, classify
from muxer_core.dialects.openai_chat.server_words import ServerWords, read_words, words_of
from muxer_core.dialects.server import Answered
from muxer_core.values.failure import Failure, FailureKind
from muxer_core.values.moment import Moment
from muxer_core.wire.dates import retry_after
from muxer_core.wire.heads import Headers, ResponseHead
from muxer_core.wire.json import Unreadable

STATUS_WORDS: dict[str, FailureKind] = {
    "INVALID_ARGUMENT": "bad_request",
    "FAILED_PRECONDITION": "bad_request",
    "OUT_OF_RANGE": "bad_request",
    "ALREADY_EXISTS": "bad_request",
    "UNAUTHENTICATED": "auth",
    "PERMISSION_DENIED": "auth",
    "NOT_FOUND": "model_not_found",
    "RESOURCE_EXHAUSTED": "rate_limited",
    "ABORTED": "overloaded",
    "UNAVAILABLE": "overloaded",
    "UNIMPLEMENTED": "unsupported",
    "CANCELLED": "server_error",
    "DEADLINE_EXCEEDED": "server_error",
    "INTERNAL": "server_error",
    "DATA_LOSS": "server_error",
    "UNKNOWN": "server_error",
}

REASONS: dict[str, FailureKind] = {
    "API_KEY_INVALID": "auth",
    "API_KEY_EXPIRED": "auth",
    "API_KEY_SERVICE_BLOCKED": "auth",
    "API_KEY_HTTP_REFERRER_BLOCKED": "auth",
    "API_KEY_IP_ADDRESS_BLOCKED": "auth",
    "ACCESS_TOKEN_EXPIRED": "auth",
    "ACCESS_TOKEN_TYPE_UNSUPPORTED": "auth",
    "CREDENTIALS_MISSING": "auth",
    "CONSUMER_INVALID": "auth",
    "CONSUMER_SUSPENDED": "auth",
    "SERVICE_DISABLED": "auth",
    "IAM_PERMISSION_DENIED": "auth",
    "BILLING_DISABLED": "quota_exhausted",
    "RATE_LIMIT_EXCEEDED": "rate_limited",
    "MODEL_CAPACITY_EXHAUSTED": "overloaded",
}
"""Reasons of `google.rpc.ErrorInfo`."""

_PER_DAY = re.compile(r"per_?day", re.IGNORECASE)


def failure_from_head(head: ResponseHead, body: bytes, *, where: str | None, moment: Moment) -> Failure:
    """What a reply with an error status means. Never raises."""
    body = body[:MAX_ERROR_BODY]
    words = read_words(body)
    wait = retry_after(head.headers, moment.wall)
    if wait is None:
        wait = words.wait
    details = _details_of_body(body)
    kind = _kind(words, head.status, details, waits=wait is not None)
    message = words.message or f"the server answered HTTP {head.status} without a word"
    redirected = 300 <= head.status < 400
    if redirected:
        kind = "malformed"
        if not words.message:
            message = f"the server redirects to {head.headers.get('location') or 'nowhere'}; check base_url"
    elif head.status == 404 and words.type is None:
        message = f"{message.rstrip('.')} (nothing is at this path: check base_url and the model's name)"
    return Failure(
        kind=kind,
        message=mask_secrets(message),
        status=head.status,
        code=_reason(details) or words.type or words.code,
        retry_after=wait,
        retryable=False if redirected else None,  # the same request would be sent the same way again
        where=where,
    )


def failure_from_reply(error: Any) -> Failure:
    """What an `error` inside a reply with a success status means. Never raises."""
    words = words_of(error)
    details = error.get("details") if is_object(error) else None
    kind = _kind(words, words.status, details, waits=words.wait is not None)
    message = words.message or "the server reported an error without a word"
    code = _reason(details) or words.type or words.code
    return Failure(kind=kind, message=mask_secrets(message), code=code, retry_after=words.wait)


def _kind(words: ServerWords, status: int | None, details: Any, *, waits: bool) -> FailureKind:
    reason = REASONS.get(_reason(details) or "")
    if reason is not None:
        return reason
    if words.type == "RESOURCE_EXHAUSTED" and _of_a_day(details):
        return "quota_exhausted"
    known = STATUS_WORDS.get(words.type or "")
    plain = classify(words, status, waits=waits)
    if known is None or (known == "model_not_found" and plain == "unsupported"):
        return "model_not_found" if status == 404 and known is not None else plain
    # The words may refine what a status word leaves open; they never make a refusal of another class of it.
    if known == "bad_request" or plain in ("context_too_long", "content_policy", "quota_exhausted"):
        return plain
    return known


def _details_of_body(body: bytes) -> Any:
    try:
        value = read_json(body)
    except Unreadable:
        return None
    if is_list(value) and value:
        value = value[0]
    error = value.get("error") if is_object(value) else None
    return error.get("details") if is_object(error) else None


def _objects(details: Any) -> list[JsonObject]:
    return [one for one in details[:50] if is_object(one)] if is_list(details) else []


def _reason(details: Any) -> str | None:
    found = (one.get("reason") for one in _objects(details) if str(one.get("@type", "")).endswith("ErrorInfo"))
    return next((reason for reason in found if isinstance(reason, str) and reason), None)


def _of_a_day(details: Any) -> bool:
    for one in _objects(details):
        for violation in _objects(one.get("violations")):
            if _PER_DAY.search(f"{violation.get('quotaId')} {violation.get('quotaMetric')}"):
                return True
    return False


# --- our own failures ---------------------------------------------------------------------------------------------------------------

SAID: dict[int, str] = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "RESOURCE_EXHAUSTED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    502: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
"""The status word for an HTTP status (google.rpc.Code's own mapping, where it has one)."""


def error_of(failure: Failure) -> JsonObject:
    """The `error` object that says a failure."""
    code = failure.status_hint
    error: JsonObject = {
        "code": code,
        "message": failure.message,
        "status": SAID.get(code, "UNKNOWN"),
    }
    details: list[JsonObject] = [
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": failure.kind.upper(),
            "domain": "muxer",
            **({"metadata": {"code": failure.code}} if failure.code else {}),
        }
    ]
    if failure.retry_after is not None:
        delay = f"{failure.retry_after:.3f}".rstrip("0").rstrip(".")
        details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{delay}s"})
    error["details"] = details
    return error


def answer_failure(failure: Failure) -> Answered:
    """A failure before anything was answered, as the vendor's clients read it."""
    headers = [("content-type", "application/json; charset=UTF-8")]
    if failure.retry_after is not None:
        headers.append(("retry-after", str(max(1, round(failure.retry_after + 0.499)))))
    body = msgspec.json.encode({"error": error_of(failure)})
    return Answered(ResponseHead(failure.status_hint, Headers(tuple(headers))), body)
