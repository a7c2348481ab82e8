"""Failures and lists of models as OpenAI's clients read them.

The error object has OpenAI's four fields; `type` and `code` are those that OpenAI or its compatible servers use for the kind, so that the
client role reads the same kind back. Source: platform.openai.com, "Error codes", November 2026; openai-python 3.57.0, `_exceptions.py`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec

from muxer_core.dialects.server import Answered
from muxer_core.values.failure import Failure, FailureKind
from muxer_core.values.usage import JsonValue
from muxer_core.wire.heads import Headers, ResponseHead

_REQUEST = "invalid_request_error"
_SERVER = "server_error"

KIND_WORDS: dict[FailureKind, tuple[str, str | None]] = {
    "rate_limited": ("rate_limit_error", "rate_limit_exceeded"),
    "quota_exhausted": ("insufficient_quota", "insufficient_quota"),
    "overloaded": (_SERVER, "overloaded_error"),
    "auth": ("authentication_error", "invalid_api_key"),
    "model_not_found": (_REQUEST, "model_not_found"),
    "bad_request": (_REQUEST, None),
    "context_too_long": (_REQUEST, "context_length_exceeded"),
    "content_policy": (_REQUEST, "content_policy_violation"),
    "unsupported": (_REQUEST, "unsupported_value"),
    "over_ceiling": ("insufficient_quota", "over_ceiling"),
    "refused_by_budget": ("insufficient_quota", "budget_exceeded"),
}
"""Type and code of a kind. Any other kind is a `server_error` with the kind's own name as its code."""


def error_object(failure: Failure) -> dict[str, JsonValue]:
    """The `error` of a failure, whose message is the server's own words, without secrets."""
    kind, code = KIND_WORDS.get(failure.kind, (_SERVER, failure.kind))
    ours = failure.code is not None and failure.message.startswith(f"{failure.code}: ")
    return {
        "message": failure.message,
        "type": kind,
        "param": failure.code if ours else None,
        "code": code if ours or code is not None else failure.code,
    }


def error_body(failure: Failure) -> bytes:
    """`{"error": …}` as JSON."""
    error = error_object(failure)
    try:
        return msgspec.json.encode({"error": error})
    except UnicodeError:
        plain = {
            name: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
            for name, value in error.items()
        }
        return msgspec.json.encode({"error": plain})


def answer_failure(failure: Failure) -> Answered:
    """A failure before anything was answered: the status that its kind hints at, and how long to wait where the server said so."""
    fields = [("content-type", "application/json")]
    if failure.retry_after is not None and math.isfinite(failure.retry_after):
        fields.append(("retry-after", str(max(math.ceil(failure.retry_after), 0))))
    return Answered(ResponseHead(failure.status_hint, Headers.of(fields)), error_body(failure))


def answer_models(models: Iterable[dict[str, JsonValue]]) -> Answered:
    """The list of models. OpenAI's client wants a time and an owner: 0 and `unknown` where they are not known."""
    data = [{"created": 0, "owned_by": "unknown", **model, "object": "model"} for model in models]
    body = msgspec.json.encode({"object": "list", "data": data})
    return Answered(ResponseHead(200, Headers.of([("content-type", "application/json")])), body)
