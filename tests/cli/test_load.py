"""Files and environment become a configuration: which goes before which, on which line a fault is, and what stands in for a file."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from muxer_cli.files import read_config_file, toml_lines
from muxer_cli.load import load_config, load_settings
from muxer_core.config.problems import ConfigError, inside
from muxer_core.config.schema import Config
from muxer_core.values.credential import CredentialRef
from tests.cli.conftest import Command
from tests.cli.upstream import KEY
from tests.config.mappings import mappings
from tests.support.raw_server import RawServer
from tests.support.shared import REPO_ROOT

OPENAI = '[providers.openai]\n[routing]\nstrategy = "weighted"\n'


def problems(**arguments: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        load_settings(**arguments)
    return str(caught.value)


# -- precedence ---------------------------------------------------------------------------------------------------------------------


def test_arguments_environment_dot_env_file_in_this_order(folder: Path) -> None:
    (folder / "muxer.toml").write_text(OPENAI)
    assert load_config(environ={}).strategy == "weighted"
    (folder / ".env").write_text("DEFAULT_ROUTING_STRATEGY=least_busy\n")
    assert load_config(environ={}).strategy == "least_busy"
    environ = {"DEFAULT_ROUTING_STRATEGY": "cost_optimized"}
    assert load_config(environ=environ).strategy == "cost_optimized"
    assert load_config(environ=environ, overrides={"routing": {"strategy": "heuristic"}}).strategy == "heuristic"


def test_a_secret_of_dot_env_is_found_and_the_environment_goes_before_it(folder: Path) -> None:
    (folder / ".env").write_text("OPENAI_API_KEY=from-the-file\n")
    ref = CredentialRef("env:OPENAI_API_KEY")
    assert load_settings(environ={}).credentials.secret(ref) == "from-the-file"
    assert load_settings(environ={"OPENAI_API_KEY": "from-outside"}).credentials.secret(ref) == "from-outside"


def test_the_file_is_named_by_argument_variable_or_custom(folder: Path) -> None:
    for name, strategy in (("muxer.toml", "weighted"), ("a.toml", "heuristic"), ("b.yaml", "least_busy")):
        text = f"providers: {{openai: }}\nrouting: {{strategy: {strategy}}}\n"
        (folder / name).write_text(OPENAI.replace("weighted", strategy) if name.endswith("toml") else text)
    assert load_settings(environ={}).config.strategy == "weighted"
    assert load_settings(environ={"MUXER_CONFIG": "b.yaml"}).config.strategy == "least_busy"
    chosen = load_settings("a.toml", environ={"MUXER_CONFIG": "b.yaml"})
    assert (chosen.config.strategy, chosen.source) == ("heuristic", "a.toml")


@pytest.mark.parametrize(
    ("word", "on"), [("true", True), ("1", True), ("YES", True), ("false", False), ("0", False), ("", False)]
)
def test_cascade_by_variable(folder: Path, word: str, on: bool) -> None:
    (folder / "muxer.toml").write_text(f"{OPENAI}[cascade]\nsteps = 3\n" if not on else OPENAI)
    config = load_config(environ={"CASCADE_ROUTING_ENABLED": word})
    assert (config.policies.cascade is not None) == on


def test_a_fault_of_the_environment_is_told_by_its_variable(folder: Path) -> None:
    (folder / "muxer.toml").write_text(OPENAI)
    said = problems(environ={"DEFAULT_ROUTING_STRATEGY": "hybird"})
    assert said.startswith("environment variable DEFAULT_ROUTING_STRATEGY: 'hybird' is not one of")
    assert "CASCADE_ROUTING_ENABLED: must be one of" in problems(environ={"CASCADE_ROUTING_ENABLED": "perhaps"})
    (folder / "muxer.toml").unlink()
    assert "LITELLM_BASE_URL: must be an address" in problems(environ={"LITELLM_BASE_URL": "//"})


# -- without a file -----------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("url", ["http://127.0.0.1:4000", "http://127.0.0.1:4000/", "http://127.0.0.1:4000/v1/"])
def test_a_proxy_s_address_is_a_configuration(url: str) -> None:
    settings = load_settings(environ={"LITELLM_BASE_URL": url, "LITELLM_API_KEY": "sk-1"})
    deployment = settings.config.catalog.deployments[settings.config.catalog.resolve("any-name:at/all")[0]]
    assert deployment.provider.base_url == "http://127.0.0.1:4000/v1"
    assert deployment.provider.credential == CredentialRef("env:LITELLM_API_KEY")
    assert deployment.upstream_model == "*"
    assert settings.source == "LITELLM_BASE_URL"


@pytest.mark.usefixtures("folder")
def test_keys_of_known_providers_are_a_configuration() -> None:
    settings = load_settings(environ={"OPENAI_API_KEY": "a", "GROQ_API_KEY": "b"})
    assert list(settings.config.catalog.providers) == ["openai", "groq"]
    assert settings.source == "OPENAI_API_KEY and GROQ_API_KEY"


@pytest.mark.usefixtures("folder")
def test_a_preset_is_taken_up_by_any_of_its_variables_if_it_needs_no_more() -> None:
    settings = load_settings(environ={"NVIDIA_NIM_API_KEY": "a", "AZURE_API_KEY": "b", "LITELLM_API_KEY": "c"})
    assert list(settings.config.catalog.providers) == ["nvidia"]
    assert settings.source == "NVIDIA_NIM_API_KEY"
    credential = settings.config.catalog.providers["nvidia"].credential
    assert credential is not None
    assert settings.credentials.secret(credential) == "a"
    assert "ZAI_API_KEY" in problems(environ={"AZURE_API_KEY": "b"})


def test_a_file_of_policies_takes_its_provider_from_the_environment(folder: Path) -> None:
    (folder / "muxer.toml").write_text("[retry]\nmax_retries = 0\n")
    assert "muxer.toml names no provider" in problems(environ={})
    config = load_config(environ={"LITELLM_BASE_URL": "http://127.0.0.1:4000"})
    assert (config.policies.retry.max_retries, config.catalog.resolve("x")) == (0, (0,))


def test_the_proxy_s_address_moves_its_provider_and_no_other(folder: Path) -> None:
    (folder / "muxer.toml").write_text('[providers.litellm]\nbase_url = "http://old/v1"\n')
    environ = {"LITELLM_BASE_URL": "http://new"}
    assert load_config(environ=environ).catalog.providers["litellm"].base_url == "http://new/v1"
    (folder / "muxer.toml").write_text(OPENAI)
    settings = load_settings(environ=environ)
    assert list(settings.config.catalog.providers) == ["openai"]
    assert "LITELLM_BASE_URL is set and not used" in settings.notes[0]


def test_auto_at_a_proxy_means_the_models_that_it_offers(
    folder: Path, server: RawServer, modelmuxer: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LITELLM_BASE_URL", server.url)
    monkeypatch.setenv("LITELLM_API_KEY", KEY)
    (folder / "muxer.toml").write_text("[retry]\nmax_retries = 0\n")
    listed = json.loads(modelmuxer("models", "--json").out)
    assert [one["model"] for one in listed] == ["good", "busy", "cut", "rude", "caller", "thinker"]
    assert [one["context_window"] for one in listed] == [8000] * 6
    assert json.loads(modelmuxer("route", "--json", "Hi").out)["chosen"].startswith("litellm/")
    monkeypatch.setenv("LITELLM_API_KEY", "wrong")
    assert "Incorrect API key" in modelmuxer("route", "Hi").err


def test_a_model_that_is_described_is_priced_at_the_proxy_that_serves_any(
    folder: Path, server: RawServer, modelmuxer: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LITELLM_BASE_URL", server.url)
    monkeypatch.setenv("LITELLM_API_KEY", KEY)
    (folder / "muxer.toml").write_text("[models.good]\nprice_per_thousand = { input = 0.001, output = 0.002 }\n")
    assert "cost: $0.002, exact" in modelmuxer("chat", "-m", "good", "Hi").out
    assert "cost: unknown" in modelmuxer("chat", "-m", "thinker", "Hi").out


def test_cost_compares_what_a_proxy_offers_and_the_list_where_no_proxy_answers(
    folder: Path, server: RawServer, modelmuxer: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `LITELLM_BASE_URL` alone there is no model to compare but those: `*` has no price, and never gets one."""
    monkeypatch.setenv("LITELLM_BASE_URL", server.url)
    monkeypatch.setenv("LITELLM_API_KEY", KEY)
    offered = modelmuxer("cost")
    assert offered.status == 0
    assert offered.out.splitlines()[2] == "busy\tlitellm/busy\tunknown: it has no price"
    named = json.loads(modelmuxer("cost", "gpt-4o-mini", "litellm/gpt-4o", "--json").out)
    assert [(one["deployment"], one["cost_usd"]) for one in named] == [
        ("litellm/gpt-4o-mini", "0.00045"),
        ("litellm/gpt-4o", "0.0075"),
    ]
    monkeypatch.setenv("LITELLM_API_KEY", "wrong")
    listed = modelmuxer("cost")
    assert listed.status == 0
    assert "Incorrect API key" in listed.err
    assert "Compared are the listed models of openai, anthropic, google" in listed.err
    assert "gpt-4o-mini\tlitellm/gpt-4o-mini\t$0.00045" in listed.out.splitlines()
    assert "*\t" not in listed.out
    assert list(folder.iterdir()) == []


def test_a_model_that_the_list_knows_is_priced_at_a_proxy_by_its_name_alone(folder: Path) -> None:
    (folder / "muxer.toml").write_text("[models.gpt-4o]\n")
    environ = {"LITELLM_BASE_URL": "http://127.0.0.1:4000"}
    (index,) = load_config(environ=environ).catalog.resolve("gpt-4o")
    assert load_config(environ=environ).catalog.deployments[index].card.price is not None
    none = load_config(environ=environ, overrides={"providers": {"litellm": {"price_list": "none"}}})
    assert none.catalog.deployments[index].card.price is None


def test_the_command_prices_a_listed_model_at_a_proxy_without_a_file(
    folder: Path, modelmuxer: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LITELLM_BASE_URL", "http://127.0.0.1:4000")
    for name in ("gpt-4o-mini", "litellm/gpt-4o-mini"):
        ran = modelmuxer("route", "-m", name, "--max-cost", "0.01", "--json", "Hi")
        assert ran.status == 0, ran.out
        told = json.loads(ran.out)
        assert told["chosen"] == "litellm/gpt-4o-mini"
        assert told["candidates"][0]["expected_cost_usd"] is not None
    assert list(folder.iterdir()) == []
    (folder / "muxer.toml").write_text('[aliases]\nfast = "litellm/gpt-4o-mini"\n')
    assert modelmuxer("route", "-m", "fast", "Hi").status == 0


# -- files --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.toml", "[providers\n", "line 1: "),
        ("a.toml", "x = 1\nx = 2\n", "line 2: Cannot overwrite"),
        ("a.yaml", "a: [1,\n", "line 2: "),
        ("a.yaml", "a: 1\nb:\n  c: 1\n  c: 2\n", "line 4: b.c: stands here again, after line 3"),
        ("a.yaml", "- 1\n", "a table of keys and values"),
        ("a.yaml", "", "a table of keys and values"),
        ("a.yaml", "a: \x01\n", "special characters are not allowed"),
        ("a.ini", "", "a configuration ends in .toml"),
        ("a.toml", b"\xff", "is not UTF-8 text (byte 0)"),
        ("a.toml", "x = " + "[" * 5000 + "]" * 5000, "nested too deeply"),
        ("a.yaml", "x: " + "[" * 5000 + "]" * 5000, "nested too deeply"),
        ("a.yaml", "providers: &a\n  p: *a\n", "nested too deeply"),
        ("a.yaml", "x: 2026-13-45\n", "a value that cannot be: month must be in 1..12"),
        (".env", b"KEY=\xff\n", "is not UTF-8 text (byte 4)"),
    ],
)
def test_files_that_cannot_be_read_say_where(folder: Path, name: str, text: str | bytes, words: str) -> None:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    assert words in problems(path=name, environ={})


def test_a_file_that_is_not_there(folder: Path) -> None:
    assert "cannot read lost.toml: No such file" in problems(
        path=str(folder.joinpath("lost.toml").relative_to(folder)), environ={}
    )


def test_dates_are_text(folder: Path) -> None:
    (folder / "a.toml").write_text("a = 2026-11-24\nb = [{ c = 10:00:00 }]\n")
    assert read_config_file(Path("a.toml")).mapping == {"a": "2026-11-24", "b": [{"c": "10:00:00"}]}


def test_lines_of_toml_in_all_its_forms() -> None:
    text = '''\
max_cost = 1
"quoted key" = 2
[providers.openai]  # a comment
headers."x.y" = "a"
text = """
[not.a.table]
also = "not a key"
"""
[[deployments]]
model = "a"
[[deployments]]
[deployments.price]
input = { a = 1 }
[groups]
'a' = [
  "x",
]
'''
    tomllib.loads(text)
    assert toml_lines(text) == {
        "max_cost": 1,
        '"quoted key"': 2,
        "providers.openai": 3,
        'providers.openai.headers."x.y"': 4,
        "providers.openai.text": 5,
        "deployments[0]": 9,
        "deployments[0].model": 10,
        "deployments[1]": 11,
        "deployments[1].price": 12,
        "deployments[1].price.input": 13,
        "groups": 14,
        "groups.a": 15,
    }


def as_toml(value: dict[str, Any], path: str = "") -> str:
    """TOML text of a mapping: plain values first, then tables."""
    lines = [f"{inside('', key)} = {inline(one)}" for key, one in value.items() if not isinstance(one, dict)]
    tables = [(inside(path, key), cast("dict[str, Any]", one)) for key, one in value.items() if isinstance(one, dict)]
    return "\n".join([*lines, *(f"[{name}]\n{as_toml(one, name)}" for name, one in tables)])


def inline(value: Any) -> str:
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f"{inside('', key)} = {inline(one)}" for key, one in cast("dict[str, Any]", value).items())
            + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(inline, cast("list[object]", value))) + "]"
    return json.dumps(value)


def without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_null(one) for key, one in cast("dict[str, Any]", value).items() if one is not None}
    return [without_null(one) for one in cast("list[object]", value)] if isinstance(value, list) else value


@settings(max_examples=25)
@given(mapping=mappings())
def test_toml_yaml_and_json_say_the_same(mapping: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    mapping = without_null(mapping)
    digest = Config.from_mapping(mapping).digest
    folder = tmp_path_factory.mktemp("same")
    texts = {
        "a.toml": as_toml(mapping),
        "a.yaml": yaml.safe_dump(mapping, sort_keys=False),
        "a.json": json.dumps(mapping),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
        assert load_config(folder / name, environ={}).digest == digest, name


@settings(max_examples=25)
@given(mapping=mappings(), data=st.data())
def test_a_fault_in_a_file_has_the_line_it_stands_on(
    mapping: dict[str, Any], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    mapping = without_null(mapping)
    name = data.draw(st.sampled_from(sorted(mapping["providers"])))
    mapping["providers"][name]["spelled_wrogn"] = 1
    folder = tmp_path_factory.mktemp("lines")
    for file, text in (("a.toml", as_toml(mapping)), ("a.yaml", yaml.safe_dump(mapping, sort_keys=False))):
        (folder / file).write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError) as caught:
            load_config(folder / file, environ={})
        (problem,) = caught.value.problems
        assert problem.line is not None
        assert "spelled_wrogn" in text.splitlines()[problem.line - 1]


def test_the_project_s_litellm_file_loads_with_lines(folder: Path, modelmuxer: Command) -> None:
    assert folder.is_dir()
    path = REPO_ROOT / "config" / "litellm-config.yaml"
    settings = load_settings(path, environ={"LOCAL_MODEL_BASE_URL": "http://127.0.0.1:1/v1"})
    lines = path.read_text(encoding="utf-8").splitlines()
    by_path = {one.path: one for one in settings.report}
    key = by_path["general_settings.master_key"]
    assert key.line is not None
    assert "master_key" in lines[key.line - 1]
    assert settings.credentials.secret(CredentialRef("openai-key")) == "unused"
    ran = modelmuxer("config", "check", str(path))
    assert ran.status == 0
    assert "What became of each LiteLLM setting" in ran.out
    assert "not used" in ran.out


def test_the_example_configuration_is_right() -> None:
    settings = load_settings(REPO_ROOT / "config" / "muxer.toml", environ={})
    assert settings.config.catalog.resolve("fast")
    assert all(one.card.price is not None for one in settings.config.catalog.deployments if one.upstream_model != "*")
