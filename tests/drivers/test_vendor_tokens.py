"""Access tokens by google-auth and azure-identity, from token servers on loopback; the libraries themselves, nothing in their place."""

from __future__ import annotations

import base64
import json
import logging
from math import inf
from pathlib import Path
from time import time
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from muxer_core.call.exchange import TransportError
from muxer_core.values.credential import CredentialRef
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.moment import Moment
from muxer_core.wire.heads import WireRequest
from muxer_drivers.azure_tokens import azure_tokens
from muxer_drivers.credential_sources import Source
from muxer_drivers.credentials import Credentials
from muxer_drivers.google_tokens import SCOPES
from muxer_drivers.tokens import BearerTokens, Token
from tests.support.loopback import Answer, LoopbackServer, Request, json_answer


def header(credentials: Credentials, name: str, scheme: Any = "bearer") -> str:
    """What a request is sent with, in a plain thread."""
    admission = credentials.begin(WireRequest("POST", "http://host/", credential=CredentialRef(name, scheme)))
    if admission.headers is None:
        assert credentials.fetch_blocking(admission, inf)
    assert admission.headers is not None
    ((field, value),) = admission.headers
    assert field == "authorization"
    return value


def failure(credentials: Credentials, name: str, scheme: Any = "bearer") -> Any:
    with pytest.raises(TransportError) as refused:
        header(credentials, name, scheme)
    assert not refused.value.sent
    return refused.value.failure


# -- when tokens are fetched -----------------------------------------------------------------------------------------------------------


def test_a_token_is_kept_and_renewed_before_it_expires() -> None:
    now, fetched = [0.0], list[float]()

    def fetch() -> Token:
        fetched.append(now[0])
        return Token(f"t{len(fetched)}", now[0] + 3600.0)

    source = BearerTokens("test", fetch)
    credentials = Credentials({"t": source}, clock=lambda: Moment(now[0], now[0]))
    assert header(credentials, "t") == "Bearer t1"
    now[0] = 3299.0
    assert header(credentials, "t") == "Bearer t1"
    assert fetched == [0.0]
    now[0] = 3300.0
    assert header(credentials, "t") == "Bearer t1"
    flight = source._renewal._flight
    if flight is not None:
        flight.result(20)
    assert header(credentials, "t") == "Bearer t2"
    assert fetched == [0.0, 3300.0]
    now[0] = 3300.0 + 3570.0
    assert header(credentials, "t") == "Bearer t3"


def test_a_token_is_sent_as_a_bearer_only() -> None:
    credentials = Credentials({"t": BearerTokens("test", lambda: Token("sk-secret", inf))})
    assert "write credential_scheme = \"bearer\", not 'api-key'" in failure(credentials, "t", "api-key").message
    assert "secret" not in repr((Token("sk-secret", 1.0), BearerTokens("test", lambda: Token("sk-secret", inf))))


# -- google ----------------------------------------------------------------------------------------------------------------------------


class Account(NamedTuple):
    file: Path
    key: rsa.RSAPrivateKey


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


class TokenServer:
    """Google's token endpoint: checks the assertion's signature with the account's public key, and gives numbered tokens."""

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self._key = key
        self.claims: list[dict[str, Any]] = []
        self.refuse: Answer | None = None

    def __call__(self, request: Request) -> Answer:
        if self.refuse is not None:
            return self.refuse
        form = parse_qs(request.body.decode())
        assert request.path == "/token"
        assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
        signed, _, signature = form["assertion"][0].rpartition(".")
        self._key.public_key().verify(_unpadded(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        self.claims.append(json.loads(_unpadded(signed.partition(".")[2])))
        return json_answer(
            {"access_token": f"ya29.token-{len(self.claims)}", "expires_in": 3599, "token_type": "Bearer"}
        )


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def write_account(file: Path, key: rsa.RSAPrivateKey, url: str) -> Path:
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    content = {
        "type": "service_account",
        "project_id": "house",
        "private_key_id": "1",
        "private_key": pem,
        "client_email": "muxer@house.iam.gserviceaccount.com",
        "client_id": "2",
        "token_uri": f"{url}/token",
    }
    file.write_text(json.dumps(content))
    return file


def test_a_service_account_s_file_gives_tokens_once_an_hour(tmp_path: Path, key: rsa.RSAPrivateKey) -> None:
    answer = TokenServer(key)
    with LoopbackServer(answer) as server:
        file = write_account(tmp_path / "key.json", key, server.url)
        ahead = [0.0]
        credentials = Credentials(clock=lambda: Moment(0.0, time() + ahead[0]))
        assert [header(credentials, f"google:{file}") for _ in range(3)] == ["Bearer ya29.token-1"] * 3
        ahead[0] = 3600.0
        assert header(credentials, f"google:{file}") == "Bearer ya29.token-2"
    assert len(answer.claims) == 2
    assert answer.claims[0]["iss"] == "muxer@house.iam.gserviceaccount.com"
    assert answer.claims[0]["scope"] == SCOPES[0]


def test_application_default_credentials_are_found_and_no_log_shows_a_token(
    tmp_path: Path, key: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with LoopbackServer(TokenServer(key)) as server:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(write_account(tmp_path / "adc.json", key, server.url)))
        assert header(Credentials(), "google:default") == "Bearer ya29.token-1"
    assert caplog.text
    assert "ya29" not in caplog.text
    assert "assertion" not in caplog.text


def test_a_refusal_of_the_token_server_is_told_from_a_silence(tmp_path: Path, key: rsa.RSAPrivateKey) -> None:
    answer = TokenServer(key)
    answer.refuse = json_answer({"error": "invalid_grant", "error_description": "Invalid JWT Signature."}, 400)
    credentials = Credentials()
    with LoopbackServer(answer) as server:
        file = write_account(tmp_path / "key.json", key, server.url)
        refused = failure(credentials, f"google:{file}")
    assert (refused.kind, "Invalid JWT Signature" in refused.message) == ("auth", True)
    assert "BEGIN PRIVATE KEY" not in repr(refused)


def test_a_token_server_that_is_not_there_is_a_failure_to_connect(tmp_path: Path, key: rsa.RSAPrivateKey) -> None:
    with LoopbackServer(TokenServer(key)) as server:
        file = write_account(tmp_path / "key.json", key, server.url)
    silent = failure(Credentials(), f"google:{file}")
    assert (silent.kind, silent.message.startswith("no token of Google Cloud: ")) == ("connect", True)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot read it: No such file"),
        ("{", "does not hold the key of a service account"),
        ("[]", "does not hold the key of a service account"),
        ('{"type": "authorized_user", "refresh_token": "sk-secret"}', "is not the key of a service account"),
        ('{"type": "service_account", "private_key": "sk-secret"}', "does not hold the key of a service account"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_and_not_shown(tmp_path: Path, content: str | None, words: str) -> None:
    file = tmp_path / "key.json"
    if content is not None:
        file.write_text(content)
    refused = failure(Credentials(), f"google:{file}")
    assert refused.kind == "auth"
    assert str(file) in refused.message
    assert words in refused.message
    assert "sk-secret" not in refused.message


def test_without_default_credentials_it_is_said_how_to_set_them_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    refused = failure(Credentials(), "google:default")
    assert (refused.kind, "default credentials were not found" in refused.message) == ("auth", True)


# -- azure -----------------------------------------------------------------------------------------------------------------------------


class Static:
    """A credential of the user's own, in the shape of azure-core's protocol."""

    def __init__(self, value: str, expires_on: int) -> None:
        self._value = value
        self._expires_on = expires_on
        self.asked: list[str] = []

    def get_token(self, *scopes: str, **options: Any) -> Any:
        from azure.core.credentials import AccessToken

        self.asked.extend(scopes)
        return AccessToken(self._value, self._expires_on)


def test_a_credential_of_azure_s_protocol_is_asked_once_for_the_usual_scope() -> None:
    static = Static("eyJ.token", int(time()) + 3600)
    source: Source = azure_tokens(static)
    credentials = Credentials({"azure": source})
    assert [header(credentials, "azure") for _ in range(2)] == ["Bearer eyJ.token"] * 2
    assert static.asked == ["https://cognitiveservices.azure.com/.default"]


def test_an_asynchronous_credential_is_refused_in_words() -> None:
    class Aio:
        async def get_token(self, *scopes: str, **options: Any) -> Any: ...

    with pytest.raises(InvalidRequest, match="credential: is asynchronous; give its twin"):
        azure_tokens(Aio())  # type: ignore[arg-type]  # wrong on purpose


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine without any identity of Azure."""
    for name in (
        "AZURE_CLIENT_ID",
        "AZURE_TENANT_ID",
        "AZURE_CLIENT_SECRET",
        "AZURE_TOKEN_CREDENTIALS",
        "MSI_ENDPOINT",
    ):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_the_managed_identity_of_a_machine_is_found_and_no_log_shows_it(
    machine: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The endpoint of App Service: https://learn.microsoft.com/azure/app-service/overview-managed-identity, read 2026-11-24."""

    caplog.set_level(logging.DEBUG)

    def answer(request: Request) -> Answer:
        assert request.headers["x-identity-header"] == "header-secret"
        query = parse_qs(urlsplit(request.path).query)
        assert query["resource"] == ["https://cognitiveservices.azure.com"]
        return json_answer(
            {"access_token": f"eyJ.{query.get('client_id', ['system'])[0]}", "expires_on": str(int(time()) + 3600)}
        )

    with LoopbackServer(answer) as server:
        machine.setenv("IDENTITY_ENDPOINT", f"{server.url}/msi/token")
        machine.setenv("IDENTITY_HEADER", "header-secret")
        machine.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
        credentials = Credentials()
        assert [header(credentials, "azure:default") for _ in range(2)] == ["Bearer eyJ.system"] * 2
        assert header(credentials, "azure:some-client") == "Bearer eyJ.some-client"
        assert len(server.requests) == 2
    assert caplog.text
    assert "eyJ." not in caplog.text
    assert "header-secret" not in caplog.text


def test_a_refusal_of_azure_is_an_auth_failure_and_a_silence_is_not(machine: pytest.MonkeyPatch) -> None:
    from azure.identity import ManagedIdentityCredential

    with LoopbackServer(lambda _: json_answer({"error": "invalid_request", "message": "no identity"}, 400)) as server:
        machine.setenv("IDENTITY_ENDPOINT", f"{server.url}/msi/token")
        machine.setenv("IDENTITY_HEADER", "header-secret")
        refused = failure(Credentials({"azure": azure_tokens(ManagedIdentityCredential())}), "azure")
        assert (refused.kind, refused.message.startswith("no token of Azure: ")) == ("auth", True)
        assert "header-secret" not in refused.message
    silent = failure(Credentials({"azure": azure_tokens(ManagedIdentityCredential(retry_total=0))}), "azure")
    assert silent.kind == "connect"
