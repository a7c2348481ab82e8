"""What a refusal of Bedrock means, before a reply and inside a stream.

The kind of a refusal is the name of an exception: in the header `x-amzn-errortype` up to its first colon, in `__type` of the body up to
its last `#`, or in `:exception-type` of a frame. The body holds a message alone. Recorders and proxies drop the header, so that status and
words are asked where there is no name, or where the name says only that the request was bad. The classifier of the OpenAI dialect is
shared for those.

Source of the names and statuses: botocore 1.44.8, data/bedrock-runtime/2023-09-30, and docs.aws.amazon.com, "Common errors", November 2026.
"""

from __future__ import annotations

import re
from typing import Any

from muxer_core.dialects.json_text import is_object
from muxer_core.dialects.masking import mask_secrets
from muxer_core.dialects.openai_chat.failures import MAX_ERROR_BODY, classify
from muxer_core.dialects.openai_chat.server_words import ServerWords, read_words, words_of
from muxer_core.values.failure import Failure, FailureKind
from muxer_core.values.moment import Moment
from muxer_core.wire.dates import retry_after
from muxer_core.wire.heads import ResponseHead
from muxer_core.wire.json import DEPTH, Unreadable
from muxer_core.wire.json import decode as decode_json

EXCEPTION_KINDS: dict[str, FailureKind] = {
    "accessdeniedexception": "auth",
    "unrecognizedclientexception": "auth",
    "invalidsignatureexception": "auth",
    "invalidclienttokenid": "auth",
    "missingauthenticationtokenexception": "auth",
    "incompletesignature": "auth",
    "expiredtokenexception": "auth",
    "expiredtoken": "auth",
    "notauthorized": "auth",
    "optinrequired": "auth",
    "throttlingexception": "rate_limited",
    "toomanyrequestsexception": "rate_limited",
    "servicequotaexceededexception": "quota_exhausted",
    "resourcenotfoundexception": "model_not_found",
    "modelnotreadyexception": "overloaded",
    "serviceunavailableexception": "overloaded",
    "serviceunavailable": "overloaded",
    "modeltimeoutexception": "server_error",
    "modelerrorexception": "server_error",
    "modelstreamerrorexception": "server_error",
    "internalserverexception": "server_error",
    "internalfailure": "server_error",
    "validationexception": "bad_request",
    "validationerror": "bad_request",
}
"""Names of exceptions in lower case. `validationexception` and `accessdeniedexception` are refined by words."""

_REFINED: dict[FailureKind, int] = {"bad_request": 400, "auth": 403}
"""Kinds that words may refine, and the status whose rules then hold."""

_WORDS: tuple[tuple[FailureKind, re.Pattern[str]], ...] = (
    (
        "model_not_found",
        re.compile(r"model identifier is invalid|reached the end of its life|access to the model", re.IGNORECASE),
    ),
    ("unsupported", re.compile(r"isn.t supported|doesn.t support|is not permitted, please reformat", re.IGNORECASE)),
)
"""Words of this service that the shared table does not know."""


def failure_from_head(head: ResponseHead, body: bytes, *, where: str | None, moment: Moment) -> Failure:
    """What a reply with an error status means. Never raises."""
    body = body[:MAX_ERROR_BODY]
    words = read_words(body)
    name = (head.headers.get("x-amzn-errortype") or _type_of(body)).partition(":")[0].strip()
    wait = retry_after(head.headers, moment.wall)
    message = words.message or f"the server answered HTTP {head.status} without a word"
    return Failure(
        kind=_kind(name, words._replace(message=message), head.status, waits=wait is not None),
        message=mask_secrets(message),
        status=head.status,
        code=name or words.code or words.type,
        retry_after=wait,
        where=where,
    )


def failure_from_event(name: str, value: Any) -> Failure:
    """What an exception inside a stream means: `name` is its type, `value` its payload. Never raises.

    >>> failure_from_event("throttlingException", {"message": "Too many tokens"}).kind
    'rate_limited'
    """
    words = words_of(value)
    original = value.get("originalMessage") if is_object(value) else None
    message = words.message or "the server reported an error without a word"
    if isinstance(original, str) and original and original not in message:
        message = f"{message}: {original}"
    kind = _kind(name, ServerWords(message), None, waits=False)
    return Failure(kind=kind, message=mask_secrets(message), code=name or None)


def failure_in_body(error: Any) -> Failure:
    """What an `error` in a body with a success status means, as proxies send it. Never raises."""
    return failure_from_event("", error)


def _kind(name: str, words: ServerWords, status: int | None, *, waits: bool) -> FailureKind:
    known = EXCEPTION_KINDS.get(name.lower())
    if known is not None and known not in _REFINED:
        return known
    for kind, pattern in _WORDS:
        if pattern.search(words.message) and (status is None or 400 <= status < 500):
            return kind
    if known is not None:
        return classify(words, _REFINED[known], waits=waits)
    return classify(words, status, waits=waits)


def _type_of(body: bytes) -> str:
    """`__type` of an error body, as older services of AWS write it."""
    try:
        value = decode_json(body, depth=DEPTH)
    except Unreadable:
        return ""
    kind = value.get("__type") if is_object(value) else None
    return kind.rpartition("#")[2] if isinstance(kind, str) else ""
