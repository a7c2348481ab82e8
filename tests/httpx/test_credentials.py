"""Credentials over real sockets, on every carrier: keys that take turns, signatures as they arrive, tokens that must be waited for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from math import inf

import pytest

from muxer_core.call.commands import OpenAttempt
from muxer_core.call.policies import Policies, RetryPolicy, Timeouts
from muxer_core.testing.calls import DONE, FINISH, ROLE, USAGE, text_chunk
from muxer_core.values.credential import CredentialRef
from muxer_core.values.moment import Moment
from muxer_core.wire.heads import WireRequest
from muxer_drivers.aws_signing import AwsSigner
from muxer_drivers.credentials import Credentials
from muxer_drivers.tokens import BearerTokens, Token
from muxer_httpx.transport import AsyncTransport, SyncTransport
from tests.httpx import carriers
from tests.httpx.carriers import CARRIERS, Ended, call_to, run_calls
from tests.support.loopback import Answer, LoopbackServer, Request, json_answer
from tests.support.sigv4 import is_signed_right, parts_of

HELLO = Answer(200, b"".join((ROLE, text_chunk("Hi"), FINISH, USAGE, DONE)), (("Content-Type", "text/event-stream"),))
AWS_SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
Give = Callable[[Credentials], None]


@pytest.fixture
def give(monkeypatch: pytest.MonkeyPatch) -> Give:
    """Have all carriers use these credentials."""
    return lambda credentials: monkeypatch.setattr(carriers, "credentials", lambda: credentials)


def kinds(ended: list[Ended]) -> list[str | None]:
    return [None if one.failure is None else one.failure.kind for one in ended]


@pytest.mark.parametrize("carrier", CARRIERS)
def test_keys_take_turns_and_a_refused_one_is_followed_by_the_next_and_rests(carrier: str, give: Give) -> None:
    def answer(request: Request) -> Answer:
        refused = request.headers["authorization"] == "Bearer old"
        return json_answer({"error": {"message": "Incorrect API key"}}, 401) if refused else HELLO

    give(Credentials({"one": "old", "two": "new", "three": "newer"}))
    keys = CredentialRef("one", others=("two", "three"))
    with LoopbackServer(answer) as server:
        ended = run_calls(carrier, *[lambda: call_to(server.url, credential=keys)] * 5)
    assert kinds(ended) == [None] * 5
    assert [len(one.outcome.attempts) for one in ended] == [2, 1, 1, 1, 1]
    sent = [request.headers["authorization"].removeprefix("Bearer ") for request in server.requests]
    assert sent == ["old", "new", "newer", "new", "newer", "new"]


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_signature_holds_for_the_request_as_it_arrives(
    carrier: str, give: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", AWS_SECRET)
    monkeypatch.delenv("AWS_PROFILE", raising=False)

    def answer(request: Request) -> Answer:
        right = is_signed_right(request.method, request.path, request.headers, request.body, secret=AWS_SECRET)
        return HELLO if right else json_answer({"message": "The request signature we calculated does not match"}, 403)

    noon = Moment(0.0, 1_440_938_160.0)
    give(Credentials({"aws": AwsSigner(region="eu-west-1")}, clock=lambda: noon))
    with LoopbackServer(answer) as server:
        ref = CredentialRef("aws", "aws-sigv4")
        call = lambda: call_to(server.url, credential=ref, headers=(("x-house", "two  spaces"),))  # noqa: E731 - twice
        ended = run_calls(carrier, call, call)
    assert kinds(ended) == [None, None]
    signed = parts_of(server.requests[0].headers["authorization"])
    assert signed["Credential"] == "AKIDEXAMPLE/20150830/eu-west-1/bedrock/aws4_request"
    assert {"content-type", "host", "x-amz-date", "x-house"} <= set(signed["SignedHeaders"].split(";"))


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_token_is_waited_for_once(carrier: str, give: Give) -> None:
    fetched: list[str] = []

    def fetch() -> Token:
        fetched.append(threading.current_thread().name)
        return Token("t1", inf)

    give(Credentials({"token": BearerTokens("a token", fetch)}))
    with LoopbackServer(lambda _: HELLO) as server:
        ended = run_calls(carrier, *[lambda: call_to(server.url, credential=CredentialRef("token"))] * 3)
    assert kinds(ended) == [None] * 3
    assert [request.headers["authorization"] for request in server.requests] == ["Bearer t1"] * 3
    assert fetched == ["a token"]


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_token_that_does_not_come_is_given_up_when_the_call_s_time_is_over(carrier: str, give: Give) -> None:
    let, came = threading.Event(), threading.Event()

    def fetch() -> Token:
        assert let.wait(20)
        came.set()
        return Token("t1", inf)

    credentials = Credentials({"token": BearerTokens("a token", fetch)})
    give(credentials)
    impatient = Policies(
        timeouts=Timeouts(connect=5, first_chunk=5, stall=5, call=0.05),
        retry=RetryPolicy(max_retries=0),
        fallbacks=False,
    )
    with LoopbackServer(lambda _: HELLO) as server:
        ref = CredentialRef("token")
        ended = run_calls(carrier, lambda: call_to(server.url, credential=ref, policies=impatient))
        assert kinds(ended) == ["call_timeout"]
        assert server.requests == []
        let.set()
        assert came.wait(20)
        # The fetch went on, and who asks next has what it brought.
        assert kinds(run_calls(carrier, lambda: call_to(server.url, credential=ref))) == [None]


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_source_that_a_client_cannot_use_is_an_auth_failure_before_anything_is_sent(carrier: str, give: Give) -> None:
    class Vault:
        async def headers(self, ask: object) -> tuple[tuple[str, str], ...]:
            return (("x-key", "k"),)

    give(Credentials({"vault": Vault()}))
    with LoopbackServer(lambda _: HELLO) as server:
        (ended,) = run_calls(carrier, lambda: call_to(server.url, credential=CredentialRef("vault")))
    if carrier.endswith("sync"):
        assert ended.failure.kind == "auth"
        assert "Vault is asynchronous only" in ended.failure.message
        assert server.requests == []
    else:
        assert ended.failure is None
        assert server.requests[0].headers["x-key"] == "k"


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_path_with_escapes_is_sent_as_it_was_signed(carrier: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bedrock's models are ARNs and names with a colon, percent-encoded; a client that spelt them anew would break the signature."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", AWS_SECRET)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    target = "/model/arn%3Aaws%3Abedrock%3Aeu%3A1%3Aprofile%2Fanthropic.claude-v2%3A1/converse?a=%20b&c="
    keys = Credentials({"aws": AwsSigner(region="eu-west-1")})

    async def use(transport: AsyncTransport, command: OpenAttempt) -> None:
        exchange = await transport.open(command)
        await exchange.aclose()

    with LoopbackServer(lambda _: HELLO) as server:
        request = WireRequest("POST", f"{server.url}{target}", body=b"{}", credential=CredentialRef("aws", "aws-sigv4"))
        command = OpenAttempt(0, request, 5.0, 5.0)
        package = carriers.package_of(carrier)
        if carrier.endswith("sync"):
            with package.Client(verify=carriers.certificates()) as http:
                sync = SyncTransport(http, keys, owned=False)
                exchange = sync.open(command, 10.0)
                assert exchange is not None
                exchange.close()
                sync.close()
        else:
            monkeypatch.setattr(carriers, "credentials", lambda: keys)
            carriers.run_async(carrier, lambda transport, _: use(transport, command))
        (arrived,) = server.requests
    assert arrived.path == target
    assert is_signed_right(arrived.method, arrived.path, arrived.headers, arrived.body, secret=AWS_SECRET)
