"""Failures speak to people: what happened, where, what to do next; the table of kinds is whole, and the server's word overrules it."""

from __future__ import annotations

from typing import get_args

from muxer_core.values.failure import KINDS, Failure, FailureKind


def test_every_kind_has_its_row() -> None:
    assert set(KINDS) == set(get_args(FailureKind))


def test_every_kind_can_be_described() -> None:
    for kind, rules in KINDS.items():
        failure = Failure(kind=kind, message="it happened.")
        assert (failure.retry_same, failure.try_another) == (rules.retry_same, rules.try_another)
        assert 400 <= failure.status_hint < 600
        assert failure.describe() == f"{kind}: it happened. Next: {rules.next_step}."


def test_the_servers_word_overrules_the_table() -> None:
    assert Failure(kind="server_error", message="x", retryable=False).retry_same is False
    assert Failure(kind="bad_request", message="x", retryable=True).retry_same is True
