"""What a refusal of an OpenAI-compatible server means: its words, its kind, and how long to wait.

A refusal is classified by its status first, then by the server's code and type, then by the words of its message; the tables below hold
all of it. The server's own words are kept (`server_words` finds them), with anything that looks like a key masked.
"""

from __future__ import annotations

import re
from typing import Any

from muxer_core.dialects.masking import mask_secrets
from muxer_core.dialects.openai_chat.server_words import ServerWords, read_words, words_of
from muxer_core.values.failure import Failure, FailureKind
from muxer_core.values.moment import Moment
from muxer_core.wire.dates import retry_after
from muxer_core.wire.heads import ResponseHead

MAX_ERROR_BODY = 1 << 20
"""The most bytes of an error body that are read."""


STATUS_KINDS: dict[int, FailureKind] = {
    400: "bad_request",
    401: "auth",
    402: "quota_exhausted",
    403: "auth",
    404: "model_not_found",
    405: "bad_request",
    408: "server_error",
    409: "overloaded",
    413: "context_too_long",
    415: "bad_request",
    422: "bad_request",
    425: "overloaded",
    429: "rate_limited",
    498: "overloaded",
    500: "server_error",
    501: "unsupported",
    502: "server_error",
    503: "overloaded",
    504: "server_error",
    529: "overloaded",
}
"""What a status means when code, type and words say nothing more. Any other 4xx is `bad_request`, any other 5xx `server_error`."""

CODE_KINDS: dict[str, FailureKind] = {
    "invalid_api_key": "auth",
    "authentication_error": "auth",
    "invalid_authentication": "auth",
    "permission_denied": "auth",
    "permission_error": "auth",
    "unauthenticated": "auth",
    "account_deactivated": "auth",
    "no_db_connection": "auth",  # LiteLLM's proxy without a database, for every key but its own (recorded, tests/data/litellm/)
    "insufficient_quota": "quota_exhausted",
    "billing_hard_limit_reached": "quota_exhausted",
    "billing_not_active": "quota_exhausted",
    "insufficient_balance": "quota_exhausted",
    "exceeded_current_quota_error": "quota_exhausted",
    "budget_exceeded": "quota_exhausted",
    "model_not_found": "model_not_found",
    "deploymentnotfound": "model_not_found",
    "invalid_model": "model_not_found",
    "model_not_available": "model_not_found",
    "unknown_model": "model_not_found",
    "model_decommissioned": "model_not_found",
    "context_length_exceeded": "context_too_long",
    "exceed_context_size_error": "context_too_long",
    "string_above_max_length": "context_too_long",
    "content_filter": "content_policy",
    "content_policy_violation": "content_policy",
    "responsibleaipolicyviolation": "content_policy",
    "data_inspection_failed": "content_policy",
    "moderation_blocked": "content_policy",
    "cyber_policy": "content_policy",
    "rate_limit_exceeded": "rate_limited",
    "rate_limit_error": "rate_limited",
    "rate_limited": "rate_limited",
    "ratelimitreached": "rate_limited",
    "too_many_requests": "rate_limited",
    "requests": "rate_limited",
    "tokens": "rate_limited",
    "overloaded_error": "overloaded",
    "unavailable_error": "overloaded",
    "unavailable": "overloaded",
    "service_unavailable": "overloaded",
    "service_unavailable_error": "overloaded",
    "capacity_exceeded": "overloaded",
    "service_tier_capacity_exceeded": "overloaded",
    "no_capacity": "overloaded",
    "unsupported_parameter": "unsupported",
    "unsupported_value": "unsupported",
    "not_supported_error": "unsupported",
    "unsupported_model": "unsupported",
    "tool_use_failed": "server_error",
    "json_validate_failed": "server_error",
    "server_error": "server_error",
    "internal_error": "server_error",
    "internal_server_error": "server_error",
    "api_error": "server_error",
}
"""Servers' codes and types, in lower case. `tool_use_failed` and `json_validate_failed` (Groq) are the model's slip, not the request's."""


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


WORD_KINDS: tuple[tuple[FailureKind, re.Pattern[str]], ...] = (
    (
        "context_too_long",
        _words(
            r"maximum context length|context length|context window|context size|ContextWindowExceeded|prompt is too long|prompt too long"
            r"|exceeds? the (?:model'?s )?(?:maximum|max) (?:\w+ )?(?:tokens|context)|too many (?:input )?tokens|input is too long"
            r"|input token count .{0,40}exceeds"
            r"|(?:reduce|shorten) (?:the length of )?(?:the|your) (?:messages|prompt|input)|larger than the context"
        ),
    ),
    (
        "auth",
        _words(
            r"api key (?:not valid|is invalid|expired|not found|provided)|(?:invalid|incorrect|missing|wrong|no) (?:api[ _-]?key|auth)"
            r"|authentication fail|unauthorized|invalid bearer|no auth credentials"
        ),
    ),
    (
        "quota_exhausted",
        _words(
            r"exceeded your current quota|insufficient (?:quota|balance|credits?|funds)|credit balance|out of credits|more credits"
            r"|used all available credits|billing|budget has been exceeded|spend(?:ing)? limit|payment required"
        ),
    ),
    (
        "content_policy",
        _words(
            r"content (?:management )?policy|content filter|content_filter|responsible ai|safety (?:system|policy)|usage policies"
            r"|ContentPolicyViolation|flagged (?:by|as|for)|requires moderation|inappropriate content"
        ),
    ),
    (
        "model_not_found",
        _words(
            r"model [`'\"]?[^\s`'\"]*[`'\"]? (?:does not exist|not found|was not found|is not found|not exist)|not a valid model"
            r"|(?:invalid|unknown|unrecognized) model|(?:model|deployment)[^.]{0,80} (?:does not exist|not found|could not be found)"
            r"|no (?:such|healthy|allowed) (?:model|deployment|endpoint)|model_not_found|decommissioned|no endpoints found"
        ),
    ),
    (
        "overloaded",
        _words(
            r"overloaded|at capacity|over capacity|capacity exceeded|loading model|no slot available|try again later"
        ),
    ),
    ("rate_limited", _words(r"rate[ -]?limit|too many requests")),
    (
        "unsupported",
        _words(
            r"(?:not|n't) support|unsupported|unknown variant|not enabled for this model|is not available for this model"
            r"|UnsupportedParams|no endpoints? (?:found )?that support"
        ),
    ),
)
"""Words of messages, most telling first. They refine 400, 403, 404, 422, 429, 5xx and errors inside a 200 reply."""

_MAY_BECOME: dict[int, frozenset[FailureKind]] = {
    400: frozenset({
        "context_too_long", "auth", "quota_exhausted", "content_policy", "model_not_found", "unsupported", "rate_limited", "overloaded",
        "server_error",
    }),
    401: frozenset({"quota_exhausted"}),
    402: frozenset({"rate_limited"}),
    403: frozenset({"quota_exhausted", "content_policy", "model_not_found", "rate_limited", "unsupported"}),
    404: frozenset({"unsupported", "auth", "content_policy"}),
    413: frozenset(),
    422: frozenset({"context_too_long", "content_policy", "model_not_found", "unsupported", "rate_limited"}),
    429: frozenset({"quota_exhausted", "overloaded"}),
    500: frozenset({"context_too_long", "content_policy", "overloaded", "rate_limited", "model_not_found", "quota_exhausted"}),
    503: frozenset({"rate_limited", "model_not_found"}),
}  # fmt: skip
"""Which kinds code, type and words may turn a status into; a status that is not here keeps its kind."""


def classify(words: ServerWords, status: int | None, *, waits: bool) -> FailureKind:
    """The kind of a refusal. `status` is None for an error inside a reply; `waits` says that the server named a time to wait.

    >>> classify(ServerWords("You exceeded your current quota", "insufficient_quota"), 429, waits=False)
    'quota_exhausted'
    >>> classify(
    ...     ServerWords("You exceeded your current quota; retry in 31 s", None, "RESOURCE_EXHAUSTED"), 429, waits=True
    ... )
    'rate_limited'
    """
    by_status = _by_status(status)
    allowed = _MAY_BECOME.get(status) if status is not None else None
    if status is not None and allowed is None:
        return by_status
    for name in (words.code, words.type):
        kind = CODE_KINDS.get(name.lower()) if name else None
        if kind is not None and (allowed is None or kind in allowed):
            return kind
    for kind, pattern in WORD_KINDS:
        if (allowed is None or kind in allowed) and pattern.search(words.message):
            if kind == "quota_exhausted" and status == 429 and waits:
                return "rate_limited"  # Gemini names the plan's quota for limits of a minute too, but then says how long to wait
            return kind
    return by_status


def failure_from_head(head: ResponseHead, body: bytes, *, where: str | None, moment: Moment) -> Failure:
    """What a reply with an error status means. Never raises."""
    status = head.status
    words = read_words(body[:MAX_ERROR_BODY])
    wait = retry_after(head.headers, moment.wall)
    if wait is None:
        wait = words.wait
    kind = classify(words, status, waits=wait is not None)
    message = words.message or f"the server answered HTTP {status} without a word"
    redirected = 300 <= status < 400
    if redirected:
        kind, location = "malformed", head.headers.get("location")
        message = f"the server redirects to {location or 'nowhere'}; check base_url" if not words.message else message
    elif status == 404 and not _names_a_model(words):
        message = f"{message.rstrip('.')} (nothing is at this path: check base_url and the model's name)"
    should_retry = (head.headers.get("x-should-retry") or "").strip().lower()
    return Failure(
        kind=kind,
        message=mask_secrets(message),
        status=status,
        code=words.code or words.type,
        retry_after=wait,
        # The same request would be sent the same way again.
        retryable=False if redirected else {"true": True, "false": False}.get(should_retry),
        where=where,
    )


def failure_from_reply(error: Any) -> Failure:
    """What an `error` inside a reply with a success status means. A status that it names in its body helps to classify it. Never raises."""
    words = words_of(error)
    kind = classify(words, words.status, waits=words.wait is not None)
    message = words.message or "the server reported an error without a word"
    return Failure(kind=kind, message=mask_secrets(message), code=words.code or words.type, retry_after=words.wait)


_MODEL_WORDS = _words(r"model|deployment|engine")


def _by_status(status: int | None) -> FailureKind:
    if status is None:
        return "server_error"
    known = STATUS_KINDS.get(status)
    if known is not None:
        return known
    return "server_error" if status >= 500 else "bad_request" if status >= 400 else "malformed"


def _names_a_model(words: ServerWords) -> bool:
    return bool(_MODEL_WORDS.search(f"{words.code} {words.message}"))
