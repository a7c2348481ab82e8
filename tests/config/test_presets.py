"""Presets are data: every row is whole, a provider that takes one says only what differs, and the next one is one row, ours or a user's."""

from __future__ import annotations

import re
import runpy
from typing import Any

import pytest

from muxer_core.catalog.deployments import Provider
from muxer_core.config.known_providers import KNOWN_PROVIDERS
from muxer_core.config.presets import Preset
from muxer_core.config.problems import ConfigError
from muxer_core.config.schema import Config
from muxer_core.dialects.registry import CLIENT_DIALECTS
from muxer_core.values.credential import CredentialRef
from tests.support.shared import REPO_ROOT

SETTINGS = {
    "resource": "my-resource",
    "project": "my-project-1",
    "region": "eu-west-1",
    "workspace": "dbc-1a.cloud.databricks.com",
}
ISSUE = """
openai azure anthropic gemini vertex bedrock mistral groq cohere deepseek xai openrouter together fireworks perplexity cerebras huggingface
ollama vllm llama_cpp lm_studio litellm databricks nvidia moonshot zai
"""
SPEAKABLE = [name for name, preset in KNOWN_PROVIDERS.items() if preset.dialect in CLIENT_DIALECTS]
DIALECTS = (
    "openai_chat",
    "openai_responses",
    "openai_completions",
    "anthropic_messages",
    "gemini",
    "bedrock_converse",
    "cohere_v2",
    "ollama",
)


def provider(name: str = "it", presets: dict[str, Any] | None = None, **table: Any) -> Provider:
    mapping = {"providers": {name: table}, **({} if presets is None else {"presets": presets})}
    return Config.from_mapping(mapping).catalog.providers[name]


def problems(name: str = "it", presets: dict[str, Any] | None = None, **table: Any) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        provider(name, presets, **table)
    return {problem.path: problem.message for problem in caught.value.problems}


def wanted(preset: Preset) -> dict[str, str]:
    return {name: SETTINGS[name] for name in preset.settings}


# -- the table --------------------------------------------------------------------------------------------------------------------------


def test_every_provider_that_was_promised_has_a_row() -> None:
    assert set(ISSUE.split()) <= set(KNOWN_PROVIDERS)


@pytest.mark.parametrize("name", KNOWN_PROVIDERS)
def test_a_row_is_whole(name: str) -> None:
    preset = KNOWN_PROVIDERS[name]
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    assert preset.base_url.startswith("http://127.0.0.1:" if preset.local else "https://")
    assert not preset.base_url.endswith("/")
    assert preset.dialect in DIALECTS
    assert preset.page.startswith("https://")
    assert re.fullmatch(r"2\d{3}-\d\d-\d\d", preset.date)
    assert (preset.usual_credential is None) == preset.local
    assert not (preset.credential and preset.variables)
    assert all(re.fullmatch(r"[A-Z][A-Z0-9_]*", variable) for variable in preset.variables)
    assert set(preset.settings) <= set(SETTINGS)


@pytest.mark.parametrize("name", SPEAKABLE)
def test_a_row_makes_a_provider(name: str) -> None:
    preset = KNOWN_PROVIDERS[name]
    made = provider(name, settings=wanted(preset))
    assert "{" not in made.base_url
    assert made.dialect == preset.dialect
    assert made == provider(name, preset=name, settings=wanted(preset))
    if preset.usual_credential is None:
        assert made.credential is None
    else:
        scheme = {"aws": "aws-sigv4", "google": "bearer"}.get(preset.usual_credential.partition(":")[0])
        assert made.credential == CredentialRef(preset.usual_credential, scheme or preset.credential_scheme)  # type: ignore[arg-type]  # a scheme of the literal
    CLIENT_DIALECTS[made.dialect](made)


def test_presets_of_the_openai_form_are_priced_where_their_vendor_is_listed() -> None:
    for name, model in {
        "together": "meta-llama/Llama-3.3-70B-Instruct-Turbo",
        "moonshot": "kimi-k2-0905-preview",
        "zai": "glm-4.6",
        "perplexity": "sonar",
    }.items():
        config = Config.from_mapping({"providers": {name: {}}, "deployments": [{"model": model, "provider": name}]})
        assert config.catalog.deployments[0].card.price is not None, name


def test_the_page_of_presets_is_drawn_from_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    draw = runpy.run_path(str(REPO_ROOT / "scripts" / "draw_presets.py"))
    assert draw["main"](["--check"]) == 0, capsys.readouterr().err
    page = draw["drawn"]()
    for name, preset in KNOWN_PROVIDERS.items():
        assert f"| `{name}` | `{preset.base_url}` |" in page
        assert f"<{preset.page}>, read {preset.date}" in page


# -- what a provider says over its preset -------------------------------------------------------------------------------------------------


def test_a_provider_may_take_a_preset_under_another_name() -> None:
    work = provider("work", preset="deepseek", credential="env:WORK_KEY")
    assert (work.name, work.base_url) == ("work", "https://api.deepseek.com/v1")
    assert work.options == {"reasoning_field": "reasoning_content"}
    assert work.credential == CredentialRef("env:WORK_KEY")


def test_what_a_table_says_goes_before_its_preset() -> None:
    ours = provider(
        "deepseek",
        base_url="http://127.0.0.1:9/v1/",
        options={"output_limit": "max_tokens"},
        credential="none",
        headers={"x-house": "1"},
    )
    assert ours.base_url == "http://127.0.0.1:9/v1"
    assert ours.options == {"reasoning_field": "reasoning_content", "output_limit": "max_tokens"}
    assert ours.credential is None
    assert ours.headers == (("x-house", "1"),)


def test_options_and_scheme_of_a_preset_are_those_of_its_dialect() -> None:
    presets = {"mine": {"base_url": "https://x/v1", "options": {"output_limit": "max_tokens"}, "variables": ["K"]}}
    presets["mine"]["headers"] = {"x-a": "1"}
    presets["mine"]["credential_scheme"] = "api-key"
    same, other = provider("mine", presets), provider("mine", presets, dialect="openai_responses")
    assert same.options == {"output_limit": "max_tokens"}
    assert (same.headers, same.credential) == ((("x-a", "1"),), CredentialRef("env:K", "api-key"))
    assert (other.options, other.headers, other.credential) == ({}, (), CredentialRef("env:K", "bearer"))


def test_a_dialect_without_options_refuses_any(monkeypatch: pytest.MonkeyPatch) -> None:
    class Plain:
        name = "plain"

    def make(_: Provider) -> Any:
        return Plain()

    monkeypatch.setitem(CLIENT_DIALECTS, "plain", make)
    assert provider(base_url="https://x", dialect="plain").dialect == "plain"
    found = problems(base_url="https://x", dialect="plain", options={"fast": True})
    assert found == {"providers.it.options.fast": "is not known here; plain has no options"}


@pytest.mark.parametrize(
    ("name", "base_url"),
    [
        ("ollama", "http://127.0.0.1:11434/v1/"),
        ("gemini", "https://generativelanguage.googleapis.com/v1beta/openai"),
    ],
)
def test_the_compatible_address_of_a_vendor_with_a_dialect_of_its_own_wants_its_dialect(
    name: str, base_url: str
) -> None:
    found = problems(name, base_url=base_url)
    assert 'write dialect = "openai_chat"' in found[f"providers.{name}.base_url"]
    assert provider(name, base_url=base_url, dialect="openai_chat").dialect == "openai_chat"
    assert provider(name, base_url="http://127.0.0.1:1").dialect == KNOWN_PROVIDERS[name].dialect


def test_words_in_braces_are_filled_in_from_settings() -> None:
    azure = provider("azure", settings={"resource": "house-1"})
    assert azure.base_url == "https://house-1.openai.azure.com/openai/v1"
    assert azure.credential == CredentialRef("env:AZURE_OPENAI_API_KEY|AZURE_API_KEY", "api-key")
    assert provider("azure", settings={"resource": "x"}, credential="azure:default").credential == CredentialRef(
        "azure:default", "bearer"
    )


@pytest.mark.parametrize(
    ("table", "path", "words"),
    [
        ({}, "providers.azure.settings.resource", "is missing; it is part of the address https://{resource}.openai"),
        ({"settings": {"resourc": "x"}}, "providers.azure.settings.resourc", "did you mean 'resource'"),
        ({"settings": {"resource": "x/y"}}, "providers.azure.settings.resource", "must be a name"),
        ({"settings": {"resource": "evil.com#"}}, "providers.azure.settings.resource", "must be a name"),
        ({"settings": {"resource": "me:pass@evil"}}, "providers.azure.settings.resource", "must be a name"),
        ({"settings": {"resource": ""}}, "providers.azure.settings.resource", "must be a name"),
        ({"settings": {"resource": 3}}, "providers.azure.settings.resource", "must be text"),
        (
            {"base_url": "https://x/v1", "settings": {"resource": "x"}},
            "providers.azure.settings.resource",
            "no place in the address https://x/v1",
        ),
        ({"settings": {"resource": "a:b"}}, "providers.azure.base_url", "not an address"),
    ],
)
def test_a_setting_that_is_missing_or_wrong_is_named(table: dict[str, Any], path: str, words: str) -> None:
    assert words in problems("azure", **table)[path]


def test_a_preset_that_is_not_known_is_named_with_the_nearest() -> None:
    assert problems(preset="deepsek") == {
        "providers.it.preset": "'deepsek' is no preset; did you mean 'deepseek'?",
        "providers.it.base_url": problems(preset="deepsek")["providers.it.base_url"],
    }
    assert "; known are openai, azure" in problems(preset="unheard-of-entirely")["providers.it.preset"]


# -- credentials of a provider ------------------------------------------------------------------------------------------------------------


def test_several_keys_take_turns() -> None:
    assert provider("openai", credential=["env:A", "env:B"]).credential == CredentialRef("env:A", others=("env:B",))
    assert provider("openai", credential=["env:A"]).credential == CredentialRef("env:A")


@pytest.mark.parametrize(
    ("credential", "path", "words"),
    [
        (["env:A", "env:A"], "providers.openai.credential", "the same key twice"),
        (["env:A", ""], "providers.openai.credential[1]", "must not be empty"),
        (["env:A", "env:"], "providers.openai.credential[1]", "names no variable"),
        (["env:A", "sk-0123456789abcdef"], "providers.openai.credential[1]", "looks like a secret"),
        (["env:A", "azure:default"], "providers.openai.credential", "sent in different ways"),
        (3, "providers.openai.credential", "must be text or a list"),
    ],
)
def test_a_list_of_keys_that_cannot_be_is_refused(credential: Any, path: str, words: str) -> None:
    found = problems("openai", credential=credential)
    assert words in found[path]
    assert "0123456789" not in str(found)


@pytest.mark.parametrize(
    ("credential", "scheme"),
    [
        ("env:K", "bearer"),
        ("mine", "bearer"),
        ("google:default", "bearer"),
        ("azure:default", "bearer"),
        ("aws:work", "aws-sigv4"),
    ],
)
def test_how_a_credential_is_sent_follows_from_its_name_unless_it_is_said(credential: str, scheme: Any) -> None:
    table: dict[str, Any] = {"base_url": "https://x/v1", "credential": credential}
    assert provider(**table).credential == CredentialRef(credential, scheme)
    said = provider(**table, credential_scheme="x-api-key").credential
    assert said == CredentialRef(credential, "x-api-key")
    mixed = provider(base_url="https://x", credential=["env:A", "azure:default"], credential_scheme="bearer").credential
    assert mixed == CredentialRef("env:A", "bearer", ("azure:default",))
    assert provider(base_url="https://x", credential="k", credential_scheme="none").credential == CredentialRef(
        "k", "none"
    )


# -- the next provider --------------------------------------------------------------------------------------------------------------------


def test_the_next_provider_is_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `docs/guides/configuration.md` says it: a row of data, and it is known everywhere by its name."""
    monkeypatch.setitem(
        KNOWN_PROVIDERS,
        "acme",
        Preset(
            base_url="https://api.acme.example/{region}/v1",
            variables=("ACME_API_KEY",),
            credential_scheme="api-key",
            options={"output_limit": "max_completion_tokens"},
            page="https://acme.example/docs",
            date="2026-11-24",
        ),
    )
    acme = provider("acme", settings={"region": "eu"})
    assert acme.base_url == "https://api.acme.example/eu/v1"
    assert acme.credential == CredentialRef("env:ACME_API_KEY", "api-key")
    assert "acme" in problems("nobody")["providers.nobody.base_url"]
    draw = runpy.run_path(str(REPO_ROOT / "scripts" / "draw_presets.py"))
    assert "| `acme` | `https://api.acme.example/{region}/v1` |" in draw["drawn"]()


def test_a_user_registers_a_preset_in_a_configuration() -> None:
    every_field = {
        "base_url": "https://{tenant}.acme.example/v1",
        "credential": "vault",
        "dialect": "openai_chat",
        "credential_scheme": "x-api-key",
        "options": {"ask_stream_usage": False},
        "headers": {"x-acme": "1"},
        "local": True,
        "note": "ours",
        "page": "https://acme.example",
        "date": "2026-11-24",
    }
    assert {*every_field, "variables"} == set(Preset.__struct_fields__)
    made = provider("here", {"acme": every_field}, preset="acme", settings={"tenant": "house"})
    assert made.base_url == "https://house.acme.example/v1"
    assert made.credential == CredentialRef("vault", "x-api-key")
    assert made.options == {"ask_stream_usage": "false"}
    assert made.headers == (("x-acme", "1"),)
    ours = provider("openai", {"openai": {"base_url": "https://ours/v1"}})
    assert (ours.base_url, ours.credential) == ("https://ours/v1", None)


@pytest.mark.parametrize(
    ("preset", "path", "words"),
    [
        ({}, "presets.acme.base_url", "is missing"),
        ({"base_url": "https://x", "dialct": "x"}, "presets.acme.dialct", "did you mean 'dialect'"),
        ({"base_url": "https://x", "dialect": "opnai_chat"}, "presets.acme.dialect", "did you mean 'openai_chat'"),
        ({"base_url": "https://x", "options": {"x": 1}}, "presets.acme.options.x", "not known here"),
        ({"base_url": "https://x", "api_key": "k"}, "presets.acme.api_key", 'variables = ["NAME"]'),
        ({"base_url": "https://x", "credential": "a", "variables": ["B"]}, "presets.acme.credential", "one of two"),
        ({"base_url": "https://x", "credential": "sk-0123456789ab"}, "presets.acme", "looks like a secret"),
        ({"base_url": "https://x", "variables": "K"}, "presets.acme.variables", "must be a list"),
    ],
)
def test_a_preset_that_cannot_be_is_refused_at_its_place(preset: dict[str, Any], path: str, words: str) -> None:
    found = problems("it", {"acme": preset}, base_url="https://x/v1")
    assert words in found[path]
    assert "0123456789" not in str(found)


def test_a_provider_of_a_preset_that_is_wrong_is_not_blamed_for_it() -> None:
    assert set(problems("it", {"acme": {}}, preset="acme")) == {"presets.acme.base_url"}
