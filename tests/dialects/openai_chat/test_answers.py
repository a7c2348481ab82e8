"""Server role, failures and lists of models: the client role reads the same kind back, and so does OpenAI's own client."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest

from muxer_core.dialects.openai_chat import OpenAIChat
from muxer_core.dialects.openai_chat.answers import KIND_WORDS
from muxer_core.dialects.server import invalid_as_failure
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.failure import Failure, FailureKind
from muxer_core.values.items import ModelsListed
from muxer_core.values.moment import Moment
from muxer_core.wire.limits import Limits

DIALECT = OpenAIChat()
NOW = Moment(0.0, 1_800_000_000.0)
ALIKE: dict[FailureKind, FailureKind] = {"over_ceiling": "quota_exhausted", "refused_by_budget": "quota_exhausted"}


def error(failure: Failure) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(DIALECT.answer_failure(failure).body)["error"]
    return told


@pytest.mark.parametrize("kind", sorted(KIND_WORDS))
def test_a_kind_is_read_back(kind: FailureKind) -> None:
    answered = DIALECT.answer_failure(Failure(kind=kind, message="It did not work", retry_after=1.5))
    read = DIALECT.failure(answered.head, answered.body, where="w", moment=NOW)
    assert read.kind == ALIKE.get(kind, kind)
    assert read.message.startswith("It did not work")
    assert (read.status, read.retry_after) == (Failure(kind=kind, message="").status_hint, 2.0)


@pytest.mark.parametrize("kind", sorted(set(get_args(FailureKind)) - set(KIND_WORDS)))
def test_any_other_kind_names_itself(kind: FailureKind) -> None:
    failure = Failure(kind=kind, message="m", code="theirs")
    assert error(failure) == {"message": "m", "type": "server_error", "param": None, "code": kind}
    assert DIALECT.answer_failure(failure).head.status == failure.status_hint


def test_a_request_of_the_clients_that_cannot_be_right_names_its_field() -> None:
    failure = invalid_as_failure(InvalidRequest("tools[0].function.name", "must be a text"))
    assert error(failure)["param"] == "tools[0].function.name"
    assert error(failure)["type"] == "invalid_request_error"
    theirs = Failure(kind="bad_request", message="no", code="their_code")
    assert (error(theirs)["param"], error(theirs)["code"]) == (None, "their_code")


@pytest.mark.parametrize("wait", [None, float("inf"), -3.0])
def test_a_wait_that_is_none_is_not_told(wait: float | None) -> None:
    head = DIALECT.answer_failure(Failure(kind="rate_limited", message="m", retry_after=wait)).head
    assert head.headers.get("retry-after") == ("0" if wait == -3.0 else None)


def test_models_are_listed_with_what_the_vendors_client_wants() -> None:
    answered = DIALECT.answer_models([{"id": "a"}, {"id": "b", "created": 5, "owned_by": "x", "more": 1}])
    assert json.loads(answered.body) == {
        "object": "list",
        "data": [
            {"id": "a", "object": "model", "created": 0, "owned_by": "unknown"},
            {"id": "b", "object": "model", "created": 5, "owned_by": "x", "more": 1},
        ],
    }
    decoder = DIALECT.models_decoder(answered.head, limits=Limits())
    decoder.receive_data(answered.body)
    (listed, _) = decoder.receive_eof()
    assert isinstance(listed, ModelsListed)
    assert [model["id"] for model in listed.models] == ["a", "b"]
