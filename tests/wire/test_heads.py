"""Heads: what may not be said, what may not be shown, and how headers are looked up."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.testing.wire import headers, response_heads
from muxer_core.values.credential import CredentialRef
from muxer_core.values.errors import InvalidRequest, LocalProtocolError
from muxer_core.wire.heads import Headers, ResponseHead, WireRequest
from muxer_core.wire.limits import LimitExceeded, Limits


@given(headers())
def test_lookup_ignores_case_and_keeps_order_and_repetition(given_headers: Headers) -> None:
    pairs = list(given_headers.items())
    for name, _ in pairs:
        values = [value for other, value in pairs if other.lower() == name.lower()]
        for spelling in (name, name.upper(), name.lower()):
            assert given_headers.get(spelling) == values[0]
            assert given_headers.get_all(spelling) == tuple(values)
    assert given_headers.get("no such header") is None
    assert given_headers.get("no such header", "x") == "x"
    assert given_headers.get_all("no such header") == ()
    assert Headers.of(pairs) == given_headers
    assert hash(Headers.of(pairs)) == hash(given_headers)


def test_headers_are_made_of_a_mapping_or_of_pairs() -> None:
    assert (
        Headers.of({"A": "1", "B": "2"})
        == Headers.of([("A", "1"), ("B", "2")])
        == Headers.of(iter([("A", "1"), ("B", "2")]))
    )


@pytest.mark.parametrize("name", ["", "a b", "a:", "a\n", "é", "a\r\nb", "(x)", '"', "a/b"])
def test_a_name_that_is_no_token_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        Headers.of({name: "x"})
    assert caught.value.field == "headers"


@pytest.mark.parametrize("value", ["sk-secret\r\nx: y", "sk-secret\n", "\rsk-secret", "sk-secret\0"])
def test_a_value_that_could_smuggle_is_refused_and_not_shown(value: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        Headers.of({"x-key": value})
    assert caught.value.field == "headers['x-key']"
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "proxy-authorization",
        "x-api-key",
        "api-key",
        "apikey",
        "X-Goog-Api-Key",
        "cookie",
        "Set-Cookie",
        "x-amz-security-token",
        "X-Client-Secret",
    ],
)
def test_a_header_meant_for_secrets_is_not_shown(name: str) -> None:
    request = WireRequest(
        method="POST",
        url="http://127.0.0.1/",
        headers=Headers.of({name: "sk-hidden", "x-ratelimit-remaining-tokens": "5"}),
    )
    shown = repr(request)
    assert "hidden" not in shown
    assert "'x-ratelimit-remaining-tokens', '5'" in shown
    assert name in shown


@pytest.mark.parametrize(
    ("scheme", "header"),
    [
        ("bearer", ("authorization", "Bearer k")),
        ("x-api-key", ("x-api-key", "k")),
        ("api-key", ("api-key", "k")),
        ("x-goog-api-key", ("x-goog-api-key", "k")),
    ],
)
def test_a_credential_is_placed_as_its_scheme_says(scheme: str, header: tuple[str, str]) -> None:
    assert CredentialRef("provider", scheme).header("k") == header  # type: ignore[arg-type]  # the parameter is one of the literal's words


@pytest.mark.parametrize("scheme", ["aws-sigv4", "none"])
def test_a_scheme_that_is_no_header_carries_no_key(scheme: Any) -> None:
    with pytest.raises(LocalProtocolError, match=f"'provider': {scheme} is no header") as refused:
        CredentialRef("provider", scheme).header("sk-hidden")
    assert "hidden" not in str(refused.value)


def test_a_request_holds_the_names_of_its_secrets_only() -> None:
    request = WireRequest(method="POST", url="http://127.0.0.1/v1", credential=CredentialRef("openai", others=("two",)))
    assert repr(request.credential) == "CredentialRef(name='openai', scheme='bearer', others=('two',))"
    assert request.credential is not None
    assert request.credential.names == ("openai", "two")


@given(st.integers(100, 599))
def test_success_is_the_class_of_the_status(status: int) -> None:
    assert ResponseHead(status).is_success == (str(status)[0] == "2")


@given(response_heads(), st.integers(1, 6), st.integers(1, 120))
def test_a_head_is_bounded(head: ResponseHead, fields: int, size: int) -> None:
    total = sum(len(name + value) for name, value in head.headers.items())
    crossed = head.crossed(Limits(head_fields=fields, head=size))
    if len(head.headers.fields) > fields:
        assert crossed == LimitExceeded("head_fields", fields, 0)
    else:
        assert crossed == (LimitExceeded("head", size, 0) if total > size else None)


@pytest.mark.parametrize("field", Limits.__struct_fields__)
@pytest.mark.parametrize("number", [0, -1, True, 1.5, "1", None])
def test_a_limit_is_a_whole_number_of_at_least_one(field: str, number: object) -> None:
    with pytest.raises(InvalidRequest) as caught:
        Limits(**{field: number})  # type: ignore[arg-type]  # wrong on purpose
    assert caught.value.field == f"limits.{field}"
