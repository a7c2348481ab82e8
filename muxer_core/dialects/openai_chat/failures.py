"""What a refusal of an OpenAI-compatible server means: its words, its kind, and how long to wait.

A refusal is classified by its status first, then by the server's code and type, then by the words of its message; the tables below hold
all of it. The server's own words are kept, cut at `MAX_WORDS`, with anything that looks like a key masked.

Shapes that are read (each recorded or reported by users; see the tests):

* `{"error": {"message", "type", "code", "param", …}}`: OpenAI, Azure, Groq, DeepSeek, llama.cpp, vLLM, LiteLLM; `code` may be a number
* the same inside a list (Gemini), inside another `error` (some proxies), or as JSON text inside `message` (Gemini behind proxies)
* `{"error": {…, "metadata": {"raw": "…", "provider_name": …}}}`: OpenRouter; `raw` holds the words of the provider behind it
* `{"error": "…", "code": "…"}`: xAI, Venice, Ollama
* `{"message", "type", "code"}` without `error`: Mistral, Doubleword, older vLLM
* `{"detail": "…"}` or `{"detail": [{"loc", "msg"}]}`: FastAPI servers, Mistral
* `{"errors": [{"message", "code"}]}`: Cloudflare
* plain text or HTML: proxies and load balancers
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import msgspec

from muxer_core.dialects.json_text import read_json
from muxer_core.values.failure import Failure, FailureKind
from muxer_core.values.moment import Moment
from muxer_core.wire.dates import LONGEST_WAIT, retry_after
from muxer_core.wire.heads import ResponseHead
from muxer_core.wire.json import DEPTH, Unreadable

MAX_WORDS = 4000
"""The most characters of a server's message that a failure keeps."""

MAX_ERROR_BODY = 1 << 20
"""The most bytes of an error body that are read."""


class ServerWords(NamedTuple):
    """What a server said: its message, its machine-readable code and type, the status it named, and seconds to wait."""

    message: str
    code: str | None = None
    type: str | None = None
    status: int | None = None
    wait: float | None = None


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
            r"|input token count .{0,40}exceeds|(?:reduce|shorten) (?:the length of )?(?:the|your) (?:messages|prompt|input)|larger than the context"
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
    400: frozenset({"context_too_long", "auth", "quota_exhausted", "content_policy", "model_not_found", "unsupported", "rate_limited", "overloaded", "server_error"}),
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
    words = read_words(body[:MAX_ERROR_BODY]) if body else ServerWords("")
    wait = retry_after(head.headers, moment.wall)
    if wait is None:
        wait = words.wait
    kind = classify(words, status, waits=wait is not None)
    message = words.message or f"the server answered HTTP {status} without a word"
    if 300 <= status < 400:
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
        retryable={"true": True, "false": False}.get(should_retry),
        where=where,
    )


def failure_from_reply(error: Any) -> Failure:
    """What an `error` inside a reply with a success status means. A status that it names in its body helps to classify it. Never raises."""
    words = _from_json({"error": error}, 0)
    kind = classify(words, words.status, waits=words.wait is not None)
    message = words.message or "the server reported an error without a word"
    return Failure(kind=kind, message=mask_secrets(message), code=words.code or words.type, retry_after=words.wait)


def read_words(body: bytes) -> ServerWords:
    """The server's message, code and type from an error body of any shape. Never raises.

    >>> read_words(b'{"code":"invalid-argument","error":"Incorrect API key provided."}')
    ServerWords(message='Incorrect API key provided.', code='invalid-argument', type=None, status=None, wait=None)
    """
    try:
        value = read_json(body, depth=DEPTH)
    except Unreadable:
        return ServerWords(_visible_text(body.decode("utf-8", "replace")))
    words = _from_json(value, 0)
    if not words.message and value not in (None, {}, []):
        words = words._replace(message=_cut(body.decode("utf-8", "replace")))
    return words


def mask_secrets(text: str) -> str:
    """The text with everything that looks like a key, or is called one, replaced by `***`.

    >>> mask_secrets(
    ...     "Incorrect API key provided: sk-proj-abcdefgh1234. You can find your API key at https://example.org."
    ... )
    'Incorrect API key provided: ***. You can find your API key at https://example.org.'
    """
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


_SECRETS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?i)\b(sk|rk|pk|gsk|xai|hf|r8|pplx|nvapi|csk|fw|tgp|ghp|gho|glpat)([-_.])[\w.*+/=-]{5,}[\w*+/=-]"), r"\1\2***"),
    (re.compile(r"\b(AIza|AKIA|ASIA|ya29)[\w*.-]{8,}"), r"\1***"),
    (re.compile(r"\beyJ[\w-]{6,}\.[\w-]+(?:\.[\w-]*)?"), "eyJ***"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=*-]{6,}"), r"\1 ***"),
    (re.compile(r"(?i)(?<!unexpected )(api[ _-]?key(?: provided)?|access[ _-]?token|token|secret|password)(\s*[:=]\s*|\s+provided:\s*)[\"'`<]?[^\s\"'`,;>]{2,}[^\s\"'`,;>.][\"'`>]?"), r"\1\2***"),
    (re.compile(r"(?i)([?&](?:key|api[_-]?key|access_token|token)=)[^&\s\"']+"), r"\1***"),
    (re.compile(r"\b(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{40,200}\b"), "***"),
    (re.compile(r"(?<![\w])[\w-]{0,12}\*{4,}[\w-]{0,8}"), "***"),
)  # fmt: skip

_WAIT_WORDS = re.compile(
    r"(?:try again in|retry (?:after|in)|please wait|available in)\s+(?:(\d{1,4})h)?\s*(?:(\d{1,5})m(?!s))?\s*(?:(\d{1,7}(?:\.\d{1,9})?)\s*(ms|s\b|sec|second))?",
    re.IGNORECASE,
)
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s")
_MODEL_WORDS = _words(r"model|deployment|engine")
_TAGS = re.compile(r"(?is)<(script|style)\b.*?</\1>|<[^>]{0,1000}>")
_SPACES = re.compile(r"\s+")
_NEST_LIMIT = 4


def _by_status(status: int | None) -> FailureKind:
    if status is None:
        return "server_error"
    known = STATUS_KINDS.get(status)
    if known is not None:
        return known
    return "server_error" if status >= 500 else "bad_request" if status >= 400 else "malformed"


def _names_a_model(words: ServerWords) -> bool:
    return bool(_MODEL_WORDS.search(f"{words.code} {words.message}"))


def _from_json(value: Any, depth: int) -> ServerWords:
    if isinstance(value, list):
        value = value[0] if value else {}
    if isinstance(value, str):
        return _unwrap(ServerWords(_cut(value)), depth)
    if not isinstance(value, dict):
        return ServerWords("")
    inner = value.get("error")
    if inner is None and isinstance(value.get("errors"), list) and value["errors"]:
        inner = value["errors"][0]
    if isinstance(inner, dict | list) and inner and depth < _NEST_LIMIT:
        words = _from_json(inner, depth + 1)
        return words._replace(status=words.status or _status_of(value))
    message = (
        inner
        if isinstance(inner, str)
        else _first_text(value, "message", "msg", "error_msg", "error_message", "Message", "title")
    )
    if not message:
        message = _detail(value.get("detail", value.get("details")))
    code = _code_of(value)
    inner_code = _inner_code(value.get("innererror"))
    kind = value.get("type") if isinstance(value.get("type"), str) else None
    named = value.get("status") if isinstance(value.get("status"), str) else None
    words = ServerWords(
        _cut(message or ""), code or inner_code, kind or named, _status_of(value), _retry_info(value.get("details"))
    )
    raw = _upstream_words(value.get("metadata"), depth)
    if raw and raw not in words.message:
        words = words._replace(message=_cut(f"{words.message}: {raw}" if words.message else raw))
    return _unwrap(words, depth)


def _unwrap(words: ServerWords, depth: int) -> ServerWords:
    """A message that is itself JSON text holds the words of a server behind; its wait may be told in words too."""
    text = words.message.strip()
    if text.startswith(("{", "[")) and depth < _NEST_LIMIT:
        try:
            inner = _from_json(read_json(text.encode("utf-8", "replace"), depth=DEPTH), depth + 1)
        except Unreadable:
            inner = ServerWords("")
        if inner.message:
            return ServerWords(
                inner.message,
                inner.code or words.code,
                inner.type or words.type,
                inner.status or words.status,
                inner.wait or words.wait,
            )
    if words.wait is None:
        return words._replace(wait=_wait_from_words(words.message))
    return words


def _upstream_words(metadata: Any, depth: int) -> str:
    if not isinstance(metadata, dict):
        return ""
    raw = metadata.get("raw")
    if isinstance(raw, dict | list) and depth < _NEST_LIMIT:
        return _from_json(raw, depth + 1).message
    if isinstance(raw, str) and depth < _NEST_LIMIT:
        return _unwrap(ServerWords(_cut(raw)), depth + 1).message
    return ""


def _code_of(value: dict[str, Any]) -> str | None:
    code = value.get("code")
    if isinstance(code, str):
        return code or None
    return str(code) if type(code) is int else None


def _inner_code(inner: Any) -> str | None:
    return inner["code"] if isinstance(inner, dict) and isinstance(inner.get("code"), str) else None


def _status_of(value: dict[str, Any]) -> int | None:
    """The HTTP status that an error names in its body: a number, or a number as text (Azure)."""
    for name in ("status_code", "status", "code", "raw_status_code"):
        code = value.get(name)
        if isinstance(code, str) and len(code) == 3 and code.isascii() and code.isdigit():
            code = int(code)
        if type(code) is int and 400 <= code <= 599:
            return code
    return None


def _first_text(value: dict[str, Any], *names: str) -> str:
    for name in names:
        found = value.get(name)
        if isinstance(found, str) and found:
            return found
        if isinstance(found, dict) and isinstance(found.get("message"), str):
            return str(found["message"])
        if isinstance(found, dict | list) and found:
            return _detail(found) or _json(found)
    return ""


def _detail(detail: Any) -> str:
    """FastAPI's `detail`: text, an object with a message, or a list of complaints about fields."""
    if isinstance(detail, str):
        return detail
    if isinstance(detail, dict):
        return _first_text(detail, "message", "msg", "error", "detail") if detail else ""
    if not isinstance(detail, list):
        return ""
    lines: list[str] = []
    for entry in detail[:10]:
        if isinstance(entry, dict) and isinstance(entry.get("msg"), str):
            loc = entry.get("loc")
            place = ".".join(str(step) for step in loc) if isinstance(loc, list) else ""
            lines.append(f"{place}: {entry['msg']}" if place else entry["msg"])
        elif isinstance(entry, str):
            lines.append(entry)
    return "; ".join(lines)


def _json(value: Any) -> str:
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, ValueError, RecursionError):
        return ""


def _retry_info(details: Any) -> float | None:
    """Google's RetryInfo among the details: `"retryDelay": "31.5s"`."""
    if not isinstance(details, list):
        return None
    for entry in details[:50]:
        delay = entry.get("retryDelay") if isinstance(entry, dict) else None
        found = _DURATION.fullmatch(delay) if isinstance(delay, str) else None
        if found:
            return min(float(found.group(1)), LONGEST_WAIT)
    return None


def _wait_from_words(message: str) -> float | None:
    """Seconds to wait from words such as "try again in 1m2.5s" (OpenAI, Groq) or "retry after 7 seconds" (Azure)."""
    found = _WAIT_WORDS.search(message)
    if found is None or not any(found.groups()[:3]):
        return None
    hours, minutes, number, unit = found.groups()
    seconds = float(number or 0) / (1000 if unit and unit.lower() == "ms" else 1)
    return min(int(hours or 0) * 3600 + int(minutes or 0) * 60 + seconds, LONGEST_WAIT)


def _visible_text(text: str) -> str:
    if "<" in text:
        text = _TAGS.sub(" ", text)
    return _cut(_SPACES.sub(" ", text).strip())


def _cut(text: str) -> str:
    return text if len(text) <= MAX_WORDS else text[:MAX_WORDS] + "…"
