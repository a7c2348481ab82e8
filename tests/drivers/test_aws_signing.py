"""Signatures by botocore at our clock: against AWS's published vectors, and against an implementation of our own for any request."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.call.exchange import TransportError
from muxer_core.values.credential import CredentialRef
from muxer_core.values.moment import Moment
from muxer_core.wire.heads import Headers, WireRequest
from muxer_drivers.aws_signing import AwsKeys, AwsSigner, region_of, signature_headers
from muxer_drivers.credentials import Admission, Credentials
from tests.support.loopback import Answer, LoopbackServer, Request
from tests.support.sigv4 import is_signed_right, parts_of

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
KEYS = AwsKeys("AKIDEXAMPLE", SECRET, None, None)
NOON = datetime(2015, 8, 30, 12, 36, tzinfo=UTC).timestamp()
URL = "https://bedrock-runtime.us-east-1.amazonaws.com/model/anthropic.claude-v2%3A1/converse"


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("GET", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    ],
    ids=["get-vanilla", "post-vanilla"],
)
def test_the_published_vectors(method: Any, expected: str) -> None:
    """`get-vanilla` and `post-vanilla` of AWS's Signature Version 4 test suite."""
    request = WireRequest(method, "https://example.amazonaws.com/")
    headers = dict(signature_headers(request, KEYS, service="service", region="us-east-1", wall=NOON))
    assert headers["X-Amz-Date"] == "20150830T123600Z"
    assert headers["Authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={expected}"
    )


SEGMENT = st.text("abcXYZ019-_.~", min_size=1, max_size=6).filter(lambda text: text.strip(".")) | st.sampled_from(
    ["a%3A1", "arn%3Aaws%3Abedrock%2Fx", "%C3%A9", "a:b", "a+b"]
)
NAME = st.sampled_from(["accept", "content-type", "x-house", "x-amzn-bedrock-trace"])


@given(
    segments=st.lists(SEGMENT, max_size=4),
    query=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["", "1", "%20"])), max_size=3, unique=True),
    headers=st.dictionaries(NAME, st.sampled_from(["application/json", "a  b", " x "])),
    body=st.binary(max_size=50),
    token=st.sampled_from([None, "session-token"]),
    wall=st.integers(0, 4_000_000_000),
)
def test_any_request_is_signed_as_aws_says(
    segments: list[str],
    query: list[tuple[str, str]],
    headers: dict[str, str],
    body: bytes,
    token: str | None,
    wall: int,
) -> None:
    target = f"/{'/'.join(segments)}" + ("?" + "&".join("=".join(pair) for pair in query) if query else "")
    request = WireRequest("POST", f"https://host.example{target}", Headers.of(headers), body)
    keys = AwsKeys("AKIDEXAMPLE", SECRET, token, None)
    added = signature_headers(request, keys, service="bedrock", region="eu-west-1", wall=float(wall))
    arrived = {"host": "host.example", **headers, **{name.lower(): value for name, value in added}}
    assert is_signed_right("POST", target, arrived, body, secret=SECRET)
    assert set(parts_of(arrived["authorization"])["SignedHeaders"].split(";")) == set(arrived) - {"authorization"}
    assert arrived.get("x-amz-security-token") == token
    assert SECRET not in repr((added, keys, request))


@given(token=st.sampled_from([None, "session-token"]), body=st.binary(max_size=20), wall=st.integers(0, 4_000_000_000))
def test_the_steps_are_those_of_botocore_s_own_signing(token: str | None, body: bytes, wall: int) -> None:
    """`add_auth` reads the system's clock, so that here it is told the time."""
    import botocore.auth  # type: ignore[import-untyped]  # no stubs
    from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]  # no stubs
    from botocore.credentials import ReadOnlyCredentials  # type: ignore[import-untyped]  # no stubs

    request = WireRequest("POST", URL, Headers((("content-type", "application/json"),)), body)
    theirs: Any = AWSRequest("POST", URL, headers=dict(request.headers.items()), data=body)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.auth, "get_current_datetime", lambda: datetime.fromtimestamp(wall, UTC))
        signer: Any = botocore.auth.SigV4Auth(ReadOnlyCredentials("AKID", SECRET, token), "bedrock", "us-east-1")
        signer.add_auth(theirs)
    ours = signature_headers(
        request, AwsKeys("AKID", SECRET, token, None), service="bedrock", region="us-east-1", wall=float(wall)
    )
    assert dict(ours) == {name: value for name, value in theirs.headers.items() if name.lower() != "content-type"}


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("bedrock-runtime.us-east-1.amazonaws.com", "us-east-1"),
        ("bedrock.ap-southeast-2.amazonaws.com", "ap-southeast-2"),
        ("bedrock-runtime-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("bedrock-runtime.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("bedrock-runtime.eu-central-1.api.aws", "eu-central-1"),
        ("vpce-1-2.bedrock-runtime.eu-west-3.vpce.amazonaws.com", "eu-west-3"),
        ("127.0.0.1", None),
        ("gateway.example", None),
    ],
)
def test_the_region_stands_in_the_address(host: str, region: str | None) -> None:
    assert region_of(f"https://{host}/model/m/converse") == region


# -- where the keys are from -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No keys in the environment, none on the machine; a profile called work in a file."""
    for name in (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
        "AWS_DEFAULT_REGION",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    (tmp_path / "credentials").write_text(
        f"[work]\naws_access_key_id = AKIAWORK\naws_secret_access_key = {SECRET}\naws_session_token = session\n"
    )
    (tmp_path / "config").write_text("[profile work]\nregion = eu-north-1\n")
    return tmp_path


def admitted(credentials: Credentials, name: str, url: str = URL, scheme: Any = "aws-sigv4") -> Admission:
    wire = WireRequest(
        "POST", url, Headers((("content-type", "application/json"),)), b"{}", CredentialRef(name, scheme)
    )
    admission = credentials.begin(wire)
    if admission.headers is None:
        assert credentials.fetch_blocking(admission, inf)
    return admission


def sent(admission: Admission) -> dict[str, str]:
    assert admission.headers is not None
    return {name.lower(): value for name, value in admission.headers}


@pytest.mark.usefixtures("account")
def test_a_profile_signs_with_its_keys_at_the_clients_clock() -> None:
    credentials = Credentials(clock=lambda: Moment(0.0, NOON))
    headers = sent(admitted(credentials, "aws:work"))
    scope = "AKIAWORK/20150830/us-east-1/bedrock/aws4_request"
    assert parts_of(headers["authorization"])["Credential"] == scope
    assert headers["x-amz-security-token"] == "session"
    host = {"host": "bedrock-runtime.us-east-1.amazonaws.com", **headers}
    assert is_signed_right("POST", "/model/anthropic.claude-v2%3A1/converse", host, b"{}", secret=SECRET)
    again = credentials.begin(
        WireRequest("POST", URL, credential=CredentialRef("aws:work", "aws-sigv4"))
    )  # the keys are there now, and nothing is waited for
    assert again.headers is not None


@pytest.mark.usefixtures("account")
def test_no_log_shows_the_keys(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    headers = sent(admitted(Credentials(), "aws:work"))
    assert SECRET not in caplog.text
    assert "session" not in [word.strip("'\",") for word in caplog.text.split()]
    assert parts_of(headers["authorization"])["Signature"] not in caplog.text


@pytest.mark.usefixtures("account")
def test_without_a_profile_the_environment_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    headers = sent(admitted(Credentials(), "aws:default"))
    assert parts_of(headers["authorization"])["Credential"].startswith("AKIAENV/")
    assert "x-amz-security-token" not in headers


@pytest.mark.usefixtures("account")
def test_the_region_is_that_of_the_address_or_was_given_or_is_the_profiles() -> None:
    credentials = Credentials({"given": AwsSigner("work", region="sa-east-1")})
    elsewhere = "http://127.0.0.1:1/model/m/converse"

    def region(name: str, url: str) -> str:
        return parts_of(sent(admitted(credentials, name, url))["authorization"])["Credential"].split("/")[2]

    assert region("given", URL) == "us-east-1"
    assert region("given", elsewhere) == "sa-east-1"
    assert region("aws:work", elsewhere) == "eu-north-1"


def refusal(credentials: Credentials, name: str, **options: Any) -> TransportError:
    with pytest.raises(TransportError) as refused:
        admitted(credentials, name, **options)
    assert SECRET not in repr(refused.value.failure)
    return refused.value


def test_what_is_missing_is_said(account: Path) -> None:
    credentials = Credentials()
    nobody = refusal(credentials, "aws:nobody").failure
    assert (nobody.kind, "nobody" in nobody.message) == ("auth", True)
    assert "no keys of AWS: none in the environment" in refusal(credentials, "aws:default").failure.message
    assert 'write credential_scheme = "aws-sigv4"' in refusal(credentials, "aws:work", scheme="bearer").failure.message
    (account / "config").write_text("")
    url = "http://127.0.0.1:1/model/m/converse"
    assert "'aws:work': no region" in refusal(Credentials(), "aws:work", url=url).failure.message


def test_keys_that_expire_are_asked_for_again(account: Path) -> None:
    """A profile whose keys a program prints, as single sign-on tools do; botocore calls them refreshable."""
    (account / "keys.json").write_text(
        '{"Version": 1, "AccessKeyId": "AKIA1", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "2999-01-01T00:00:00Z"}'
    )
    (account / "config").write_text(
        f"[profile sso]\nregion = eu-north-1\ncredential_process = cat {account / 'keys.json'}\n"
    )
    now = [0.0]
    credentials = Credentials(clock=lambda: Moment(now[0], now[0]))
    wire = WireRequest("POST", URL, credential=CredentialRef("aws:sso", "aws-sigv4"))
    assert parts_of(sent(admitted(credentials, "aws:sso"))["authorization"])["Credential"].startswith("AKIA1/")
    now[0] = 299.0
    assert credentials.begin(wire).headers is not None
    now[0] = 700.0
    assert credentials.begin(wire).headers is None
    assert parts_of(sent(admitted(credentials, "aws:sso"))["authorization"])["Credential"].startswith("AKIA1/")


def test_a_role_is_assumed_and_its_refusal_is_told_from_a_silence(
    account: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (account / "config").write_text(
        "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = work\nregion = eu-north-1\n"
    )
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    def answer(request: Request) -> Answer:
        assert is_signed_right("POST", request.path, request.headers, request.body, secret=SECRET)
        body = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>"
        return Answer(403, body, (("Content-Type", "text/xml"),))

    with LoopbackServer(answer) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", server.url)
        refused = refusal(Credentials(), "aws:role").failure
        assert (refused.kind, "not you" in refused.message) == ("auth", True)
    silent = refusal(Credentials(), "aws:role").failure
    assert silent.kind == "connect"
    assert silent.message.startswith("no keys of the AWS profile 'role': Could not connect")


def test_nothing_shows_the_keys() -> None:
    assert SECRET not in repr(KEYS)
    assert repr(AwsSigner("work")) == "AwsSigner('work', region=None, service='bedrock')"
