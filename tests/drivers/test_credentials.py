"""Credentials beyond plain keys: sources of three kinds, keys that take turns, and names that mean a vendor's library."""

from __future__ import annotations

import sys
from math import inf
from typing import Any

import pytest

from muxer_core.call.exchange import TransportError
from muxer_core.fleet.policies import KeyPolicy
from muxer_core.values.credential import CredentialRef
from muxer_core.values.errors import LocalProtocolError
from muxer_core.values.moment import Moment
from muxer_core.wire.heads import Headers, ResponseHead, WireRequest
from muxer_drivers.credential_sources import Ask, HeaderFields, library
from muxer_drivers.credentials import Credentials


def request(*names: str, scheme: Any = "bearer") -> WireRequest:
    ref = CredentialRef(names[0], scheme, tuple(names[1:]))
    return WireRequest("POST", "http://host/v1", Headers((("accept", "*/*"),)), b"{}", ref)


def run(awaitable: Any) -> Any:
    """Run what never waits for anything outside."""
    with pytest.raises(StopIteration) as ended:
        awaitable.send(None)
    return ended.value.value


class Vault:
    """A source of a user: it can only be awaited."""

    def __init__(self, *headers: tuple[str, str]) -> None:
        self._headers = headers

    async def headers(self, ask: Ask) -> HeaderFields:
        return (*self._headers, ("x-for", ask.ref.name))


class Agent:
    """A source that blocks. `late`: nothing comes in time."""

    def __init__(self, *, late: bool = False) -> None:
        self.late = late
        self.timeouts: list[float] = []

    def headers_blocking(self, ask: Ask, timeout: float) -> HeaderFields | None:
        self.timeouts.append(timeout)
        return None if self.late else (("x-key", "k"),)


class Ready:
    """A source that is always ready, or never."""

    def __init__(self, *, ready: bool = True) -> None:
        self.ready = ready

    def headers_now(self, ask: Ask) -> HeaderFields | None:
        return (("x-date", str(ask.clock().wall)), ("x-body", ask.request.body.decode())) if self.ready else None


def test_a_source_that_is_awaited_serves_async_clients_and_is_refused_by_others_in_words() -> None:
    credentials = Credentials({"vault": Vault(("x-key", "k"))})
    admission = credentials.begin(request("vault"))
    assert admission.headers is None
    run(credentials.fetch(admission))
    assert admission.headers == [("accept", "*/*"), ("x-key", "k"), ("x-for", "vault")]
    with pytest.raises(TransportError, match="'vault': its source Vault is asynchronous only") as refused:
        credentials.fetch_blocking(credentials.begin(request("vault")), inf)
    assert (refused.value.failure.kind, refused.value.sent) == ("auth", False)
    with pytest.raises(TransportError, match="must be waited for, which this driver does not"):
        credentials.headers(request("vault"))


def test_a_source_that_blocks_serves_threads_and_is_refused_by_async_clients_in_words() -> None:
    agent = Agent()
    credentials = Credentials({"agent": agent})
    admission = credentials.begin(request("agent"))
    assert credentials.fetch_blocking(admission, 2.5)
    assert agent.timeouts == [2.5]
    assert admission.headers == [("accept", "*/*"), ("x-key", "k")]
    with pytest.raises(TransportError, match="only headers_blocking, which would stop an event loop"):
        run(credentials.fetch(credentials.begin(request("agent"))))
    agent.late = True
    assert not credentials.fetch_blocking(credentials.begin(request("agent")), 0.1)


def test_a_source_that_is_ready_serves_both_without_a_wait_at_the_clients_own_clock() -> None:
    source = Ready()
    credentials = Credentials({"signer": source}, clock=lambda: Moment(1.0, 99.0))
    assert credentials.begin(request("signer")).headers == [("accept", "*/*"), ("x-date", "99.0"), ("x-body", "{}")]
    source.ready = False
    admission = credentials.begin(request("signer"))
    with pytest.raises(TransportError, match="'signer': its source Ready"):
        run(credentials.fetch(admission))
    with pytest.raises(TransportError, match="'signer': its source Ready"):
        credentials.fetch_blocking(admission, 1.0)


def test_what_is_neither_text_nor_a_source_is_refused_at_once() -> None:
    with pytest.raises(LocalProtocolError, match="credential 'x': a list is neither text nor a source"):
        Credentials({"x": []})  # type: ignore[dict-item]  # wrong on purpose


def test_a_header_of_a_source_that_is_none_is_an_auth_failure_that_shows_nothing() -> None:
    credentials = Credentials({"vault": Vault(("x-key", "sk-secret\nhost: evil"))})
    with pytest.raises(TransportError, match="its value holds a line break") as refused:
        run(credentials.fetch(credentials.begin(request("vault"))))
    assert "secret" not in repr(refused.value) + repr(refused.value.failure)


def test_there_is_nothing_to_wait_for_with_a_plain_key() -> None:
    credentials = Credentials({"key": "K"})
    admission = credentials.begin(request("key"))
    run(credentials.fetch(admission))
    assert credentials.fetch_blocking(admission, 1.0)
    assert admission.headers == [("accept", "*/*"), ("authorization", "Bearer K")]


def test_the_scheme_none_sends_nothing_and_looks_for_nothing() -> None:
    credentials = Credentials(environment={})
    assert credentials.headers(request("nobody", scheme="none")) == [("accept", "*/*")]
    credentials.check(CredentialRef("nobody", "none"))


def test_a_plain_key_cannot_sign() -> None:
    credentials = Credentials({"key": "sk-secret"})
    with pytest.raises(TransportError, match="aws-sigv4 is no header") as refused:
        credentials.begin(request("key", scheme="aws-sigv4"))
    assert "secret" not in repr(refused.value.failure)
    with pytest.raises(LocalProtocolError, match="aws-sigv4 is no header"):
        credentials.check(CredentialRef("key", "aws-sigv4"))


# -- keys that take turns ------------------------------------------------------------------------------------------------------------


def bearer(headers: list[tuple[str, str]] | None) -> str:
    assert headers is not None
    return dict(headers)["authorization"].removeprefix("Bearer ")


def test_keys_take_turns_and_one_that_is_refused_rests() -> None:
    now = [0.0]
    credentials = Credentials(
        {"a": "A", "b": "B"},
        environment={"C": "C"},
        keys=KeyPolicy(refused=100.0, limited=10.0),
        clock=lambda: Moment(now[0], now[0]),
    )
    wire = request("a", "b", "env:C")

    def use(status: int = 200, **headers: str) -> str:
        admission = credentials.begin(wire)
        credentials.answered(admission, ResponseHead(status, Headers.of(headers)))
        return bearer(admission.headers)

    assert [use() for _ in range(4)] == ["A", "B", "C", "A"]
    assert use(401) == "B"
    assert use(429) == "C"
    assert [use() for _ in range(3)] == ["A", "A", "A"]
    now[0] = 11.0
    assert [use() for _ in range(4)] == ["C", "A", "C", "A"]
    assert use(429, **{"retry-after": "60"}) == "C"
    now[0] = 70.0
    assert [use() for _ in range(2)] == ["A", "A"]
    now[0] = 101.0
    assert sorted(use() for _ in range(3)) == ["A", "B", "C"]
    # Another credential has turns of its own; a single key never rests.
    alone = credentials.begin(request("a"))
    credentials.answered(alone, ResponseHead(401))
    assert bearer(credentials.begin(request("a")).headers) == "A"
    assert repr(alone) == "Admission(ready=True, key=0)"


def test_a_key_of_a_list_that_is_missing_is_named() -> None:
    credentials = Credentials({"a": "A"}, environment={})
    wire = request("a", "env:B")
    assert bearer(credentials.begin(wire).headers) == "A"
    with pytest.raises(TransportError, match="variable B is not set"):
        credentials.begin(wire)
    with pytest.raises(LocalProtocolError, match="variable B is not set"):
        credentials.check(CredentialRef("a", others=("env:B",)))


def test_sources_can_take_turns_too() -> None:
    credentials = Credentials({"a": "A", "vault": Vault()})
    wire = request("a", "vault")
    assert bearer(credentials.begin(wire).headers) == "A"
    admission = credentials.begin(wire)
    run(credentials.fetch(admission))
    assert admission.headers is not None
    assert ("x-for", "a") in admission.headers
    assert bearer(credentials.begin(wire).headers) == "A"
    admission = credentials.begin(wire)
    with pytest.raises(TransportError, match="'vault': its source Vault is asynchronous only"):
        credentials.fetch_blocking(admission, 1.0)


# -- names that mean a library -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("google:default", "BearerTokens('google')"),
        ("google:key.json", "BearerTokens('google:key.json')"),
        ("azure:default", "BearerTokens('azure')"),
        ("azure:0-1", "BearerTokens('azure:0-1')"),
        ("aws:default", "AwsSigner(None, region=None, service='bedrock')"),
        ("aws:work", "AwsSigner('work', region=None, service='bedrock')"),
    ],
)
def test_a_name_with_a_prefix_is_a_source_that_is_made_once(name: str, shown: str) -> None:
    credentials = Credentials(environment={})
    credentials.check(CredentialRef(name))
    source = credentials._source(name)
    assert repr(source) == shown
    assert credentials._source(name) is source


@pytest.mark.parametrize("name", ["google:", "azure:", "aws:"])
def test_a_prefix_alone_names_nothing(name: str) -> None:
    with pytest.raises(LocalProtocolError, match=f'write "{name}default"'):
        Credentials().check(CredentialRef(name))


def test_what_was_given_goes_before_what_a_name_means() -> None:
    credentials = Credentials({"aws:default": "K"})
    assert bearer(credentials.headers(request("aws:default"))) == "K"


@pytest.mark.parametrize(
    ("name", "scheme", "missing", "words"),
    [
        ("google:default", "bearer", "google.auth", r"google.auth is not installed.*muxer-core\[vertex\]"),
        ("azure:default", "bearer", "azure.core.exceptions", r"azure.*is not installed.*muxer-core\[azure\]"),
        ("aws:default", "aws-sigv4", "botocore.session", r"botocore.* is not installed.*muxer-core\[bedrock\]"),
    ],
)
def test_a_library_that_is_missing_names_its_extra(
    name: str, scheme: str, missing: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    credentials = Credentials(environment={})
    with pytest.raises(TransportError, match=words) as refused:
        credentials.fetch_blocking(credentials.begin(request(name, scheme=scheme)), inf)
    assert refused.value.failure.kind == "auth"


def test_a_library_that_is_there_is_imported_when_it_is_asked_for() -> None:
    assert library("json", "nothing").loads("1") == 1


def test_no_library_is_imported_before_it_is_needed() -> None:
    """A fresh interpreter, since this one has them all."""
    import subprocess

    program = (
        "import sys; from muxer_drivers.credentials import Credentials; from muxer_core.values.credential import CredentialRef;"
        "c = Credentials(environment={}); [c.check(CredentialRef(n)) for n in ('google:default', 'azure:default', 'aws:default')];"
        "print([n for n in ('google', 'azure', 'botocore', 'requests', 'httpx') if n in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"
