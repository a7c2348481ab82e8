"""`Failure`: what the other side (or the world between) did, as a value.

Each kind has one row in `KINDS`: may the same deployment be tried again, may another one be tried, which HTTP status should a gateway
answer, and what should a person do next. Policies may overrule the hints; nothing else may keep a second copy of this table.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

FailureKind = Literal[
    "connect",
    "connect_timeout",
    "first_chunk_timeout",
    "stall_timeout",
    "attempt_timeout",
    "call_timeout",
    "connection_lost",
    "truncated",
    "malformed",
    "limit_exceeded",
    "rate_limited",
    "quota_exhausted",
    "overloaded",
    "server_error",
    "auth",
    "model_not_found",
    "bad_request",
    "context_too_long",
    "content_policy",
    "unsupported",
    "no_candidate",
    "over_ceiling",
    "refused_by_budget",
    "refused_by_retry_budget",
    "rejected_by_judge",
    "cancelled",
]


class KindRules(NamedTuple):
    """What follows from a kind when nobody says otherwise."""

    retry_same: bool
    try_another: bool
    status_hint: int
    next_step: str


KINDS: dict[FailureKind, KindRules] = {
    "connect": KindRules(True, True, 502, "check that the server runs and that base_url names its host and port"),
    "connect_timeout": KindRules(True, True, 504, "check the network path to the server, or raise the connect timeout"),
    "first_chunk_timeout": KindRules(
        True, True, 504, "the server accepted the request but stayed silent; raise the first_chunk timeout"
    ),
    "stall_timeout": KindRules(
        True, True, 504, "the stream stopped without ending; raise the stall timeout if long pauses are normal"
    ),
    "attempt_timeout": KindRules(True, True, 504, "raise the attempt timeout, or ask for less output"),
    "call_timeout": KindRules(False, False, 504, "raise the call timeout, or ask for less output"),
    "connection_lost": KindRules(True, True, 502, "the connection broke; try again"),
    "truncated": KindRules(True, True, 502, "the reply ended before its end mark; try again"),
    "malformed": KindRules(
        True, True, 502, "the server's bytes do not follow its protocol; check base_url and dialect"
    ),
    "limit_exceeded": KindRules(
        False, True, 502, "the reply crossed a named limit; raise it if such replies are expected"
    ),
    "rate_limited": KindRules(True, True, 429, "wait for retry_after, or spread the load over more deployments"),
    "quota_exhausted": KindRules(
        False, True, 429, "the account's quota or credit is spent; top it up or use another key"
    ),
    "overloaded": KindRules(True, True, 503, "the provider is overloaded; try again later or elsewhere"),
    "server_error": KindRules(True, True, 502, "the provider failed; try again"),
    "auth": KindRules(False, True, 401, "check the API key of this provider"),
    "model_not_found": KindRules(False, True, 404, "check the model's name; list what the server offers"),
    "bad_request": KindRules(False, False, 400, "the server refused the request; its words say why"),
    "context_too_long": KindRules(
        False, True, 400, "shorten the conversation, or use a model with a larger context window"
    ),
    "content_policy": KindRules(False, True, 400, "the provider's content filter refused this request"),
    "unsupported": KindRules(False, True, 400, "this deployment cannot do what the request asks; use one that can"),
    "no_candidate": KindRules(
        False, False, 503, "no deployment can take this call; the decision lists why each was rejected"
    ),
    "over_ceiling": KindRules(False, True, 402, "raise max_cost, lower max_tokens, or shorten the prompt"),
    "refused_by_budget": KindRules(False, True, 402, "raise the budget or wait for its window to end"),
    "refused_by_retry_budget": KindRules(
        False, False, 503, "too many retries in this process; the first failure is the cause"
    ),
    "rejected_by_judge": KindRules(False, True, 502, "no answer of the cascade was accepted"),
    "cancelled": KindRules(False, False, 499, "the caller cancelled the call"),
}


OF_THE_KEY: tuple[FailureKind, ...] = ("auth", "quota_exhausted", "rate_limited")
"""Kinds that blame the key that was sent: where a credential has several, another one may do."""


class Failure(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """Why an attempt or a call did not bring a complete reply. Never holds a secret.

    * `message`: what happened, in words; the server's own words where it gave any.
    * `status`: the HTTP status that was received, or None.
    * `code`: the server's own machine-readable code, as text, or None.
    * `retry_after`: seconds that the server asked us to wait, or None.
    * `retryable`: the server's explicit word (`x-should-retry`), which overrules the kind's row, or None.
    * `where`: the deployment, once known.
    """

    kind: FailureKind
    message: str
    status: int | None = None
    code: str | None = None
    retry_after: float | None = None
    retryable: bool | None = None
    where: str | None = None

    @property
    def retry_same(self) -> bool:
        """May the same deployment be tried again? The server's explicit word wins over the table."""
        return KINDS[self.kind].retry_same if self.retryable is None else self.retryable

    @property
    def try_another(self) -> bool:
        """May another deployment be tried?"""
        return KINDS[self.kind].try_another

    @property
    def status_hint(self) -> int:
        """The HTTP status that a gateway may answer for this failure."""
        return KINDS[self.kind].status_hint

    @property
    def next_step(self) -> str:
        """What a person can do about it."""
        return KINDS[self.kind].next_step

    def describe(self) -> str:
        """What happened, where, and what to do next, in one line, however many the server's own words had.

        >>> Failure(kind="auth", message="Incorrect API key provided", status=401, where="openai/gpt-4o").describe()
        'auth at openai/gpt-4o (HTTP 401): Incorrect API key provided. Next: check the API key of this provider.'
        """
        place = f" at {self.where}" if self.where else ""
        status = f" (HTTP {self.status})" if self.status is not None else ""
        words = " ".join(self.message.split()).rstrip(".")
        return f"{self.kind}{place}{status}: {words}. Next: {self.next_step}."
