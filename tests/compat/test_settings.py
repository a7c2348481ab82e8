"""Where the proxy is and with which key."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from muxer_compat.settings import Proxy, setting
from muxer_core.values.errors import InvalidRequest


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/v1/", "/v1//"])
def test_the_base_url_with_and_without_v1_and_slash(ending: str) -> None:
    assert Proxy(f"http://localhost:4000{ending}", None).base_url == "http://localhost:4000/v1"


def test_a_path_is_kept() -> None:
    assert Proxy("https://example.org/litellm/", None).base_url == "https://example.org/litellm/v1"


@pytest.mark.parametrize(
    "base_url",
    [
        "localhost:4000",
        "ftp://localhost",
        "http://",
        "http://a:b",
        "http://user:pass@host",
        "http://host?a=b",
        "http://ho st",
        "http://[x",
    ],
)
def test_a_wrong_address_is_named_and_not_shown(base_url: str) -> None:
    with pytest.raises(InvalidRequest, match="base_url: ") as caught:
        Proxy(base_url, None)
    assert "pass" not in str(caught.value)


def test_without_an_address_it_says_where_to_put_one() -> None:
    with pytest.raises(InvalidRequest, match="LITELLM_BASE_URL"):
        Proxy(None, None)


def test_arguments_go_before_the_environment_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("LITELLM_BASE_URL=http://file:1\nLITELLM_API_KEY=sk-file\n")
    assert (Proxy(None, None).address, Proxy(None, None).api_key) == ("file:1", "sk-file")
    monkeypatch.setenv("LITELLM_BASE_URL", "http://environment:2")
    monkeypatch.setenv("LITELLM_API_KEY", "sk-environment")
    assert (Proxy(None, None).address, Proxy(None, None).api_key) == ("environment:2", "sk-environment")
    assert (Proxy("http://given:3", "sk-given").address, Proxy("http://given:3", "sk-given").api_key) == (
        "given:3",
        "sk-given",
    )


def test_an_empty_key_is_none_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LITELLM_API_KEY", "sk-environment")
    assert Proxy("http://localhost", "").api_key is None


def test_a_file_without_python_dotenv_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("LITELLM_BASE_URL=http://file:1\n")
    monkeypatch.setitem(sys.modules, "dotenv", None)
    assert setting("LITELLM_BASE_URL") is None


def test_a_key_that_no_header_can_carry() -> None:
    with pytest.raises(InvalidRequest, match="api_key") as caught:
        Proxy("http://localhost", "sk-geh\N{LATIN SMALL LETTER E WITH ACUTE}im")
    assert "geh" not in str(caught.value)
    assert Proxy("http://localhost", " sk-key\n").api_key == "sk-key"


def test_the_key_is_not_in_the_repr() -> None:
    assert "secret" not in repr(Proxy("http://localhost", "sk-secret"))
