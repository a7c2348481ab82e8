"""What a refusal of the Messages API means, before a reply and inside one, and what we tell a client of ours.

The classifier of the OpenAI dialect is shared: status first, then the server's type, then its words. What is this API's own is the table
of error types with the status that each is sent with (platform.claude.com, "Errors", November 2026), so that an error inside a stream,
which has no status, is read as the same error before one.
"""

from __future__ import annotations

from typing import Any

from muxer_core.dialects.json_text import is_object
from muxer_core.dialects.masking import mask_secrets
from muxer_core.dialects.openai_chat.failures import classify
from muxer_core.dialects.openai_chat.server_words import words_of
from muxer_core.values.failure import Failure, FailureKind

TYPE_STATUS: dict[str, int] = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""Error types and the status that each stands for."""

KIND_TYPES: dict[FailureKind, str] = {
    "rate_limited": "rate_limit_error",
    "quota_exhausted": "billing_error",
    "overloaded": "overloaded_error",
    "auth": "authentication_error",
    "model_not_found": "not_found_error",
    "bad_request": "invalid_request_error",
    "context_too_long": "invalid_request_error",
    "content_policy": "invalid_request_error",
    "unsupported": "invalid_request_error",
    "no_candidate": "overloaded_error",
    "over_ceiling": "billing_error",
    "refused_by_budget": "billing_error",
    "first_chunk_timeout": "timeout_error",
    "stall_timeout": "timeout_error",
    "attempt_timeout": "timeout_error",
    "call_timeout": "timeout_error",
}
"""The type that a client is told for a failure of ours; `api_error` for every other kind."""


def failure_from_event(value: dict[str, Any]) -> Failure:
    """What an error inside a reply with a success status means. `value` is the event, or the body. Never raises.

    >>> failure_from_event({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}).kind
    'overloaded'
    """
    inner = value.get("error")
    words = words_of(inner or value)
    status = words.status or TYPE_STATUS.get(words.type or "")
    kind = classify(words, status, waits=words.wait is not None)
    message = words.message or "the server reported an error without a word"
    code = words.code or (words.type if is_object(inner) else None)
    return Failure(kind=kind, message=mask_secrets(message), code=code, retry_after=words.wait)


def failure_from_error(error: Any) -> Failure:
    """What the `error` of such a reply means, by itself. Never raises."""
    return failure_from_event({"error": error})


def error_object(failure: Failure) -> dict[str, Any]:
    """A failure as this API tells it, before a reply and inside one. The server's own type stands where it is one of this API's."""
    code = failure.code
    word = code if code in TYPE_STATUS else KIND_TYPES.get(failure.kind, "api_error")
    return {"type": "error", "error": {"type": word, "message": failure.message}}
