"""A LiteLLM file becomes a configuration of ours, and the report accounts for every setting in it."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from muxer_core.config.known_providers import KNOWN_PROVIDERS
from muxer_core.config.litellm import LiteLLMImport, import_litellm, is_litellm
from muxer_core.config.problems import ConfigError
from muxer_core.config.schema import Config
from muxer_core.dialects.registry import CLIENT_DIALECTS
from muxer_core.values.amount import Usd
from muxer_core.values.credential import CredentialRef
from muxer_core.values.usage import Usage
from tests.support.shared import REPO_ROOT

PROXY_FILE = REPO_ROOT / "config" / "litellm-config.yaml"


def entry(name: str, model: str, **params: Any) -> dict[str, Any]:
    info = params.pop("model_info", None)
    made: dict[str, Any] = {"model_name": name, "litellm_params": {"model": model, **params}}
    return made if info is None else {**made, "model_info": info}


def became(imported: LiteLLMImport) -> dict[str, str]:
    return {one.path: one.became for one in imported.report}


def words(imported: LiteLLMImport, path: str) -> str:
    return next(one.words for one in imported.report if one.path == path)


def test_the_project_s_own_file_is_imported_and_stands() -> None:
    content = yaml.safe_load(PROXY_FILE.read_text(encoding="utf-8"))
    assert is_litellm(content)
    imported = import_litellm(content, environment={"LOCAL_MODEL_BASE_URL": "http://127.0.0.1:8080/v1"})
    config = Config.from_mapping(imported.mapping)
    names = [(one.card.name, one.provider.name, one.upstream_model) for one in config.catalog.deployments]
    told = [
        ("gpt-4o", "openai", "gpt-4o"),
        ("gpt-4o-mini", "openai", "gpt-4o-mini"),
        ("claude-3-haiku", "anthropic", "claude-3-haiku-20240307"),
        ("gemini-flash", "gemini", "gemini-2.0-flash"),
        ("local", "openai_2", "smollm2-135m"),
    ]
    unspoken = [name for name, one in KNOWN_PROVIDERS.items() if one.dialect not in CLIENT_DIALECTS]
    assert names == [one for one in told if one[1] not in unspoken]
    openai = config.catalog.providers["openai"]
    assert openai.credential is not None
    assert openai.credential.name == "env:OPENAI_API_KEY"
    local = config.catalog.deployments[-1].card
    assert local.price is not None
    assert local.price.cost(Usage(input_tokens=10, output_tokens=10)) == Usd.parse("0.000003")
    assert local.context_window == 2048
    assert config.catalog.deployments[1].card.requests_per_minute == 500
    assert config.policies.retry.max_retries == 0
    assert imported.secrets == {"openai-key": "unused"}
    assert became(imported)["general_settings.master_key"] == "not_used"


def test_providers_of_other_dialects_take_their_presets() -> None:
    content = {
        "model_list": [
            entry("a", "anthropic/claude-x", api_key="os.environ/A_KEY"),
            entry("b", "anthropic/claude-x", api_key="os.environ/B_KEY", api_base="http://host/v1/messages"),
            entry("c", "moonshot/kimi-x"),
            entry("d", "bedrock/some-model"),
        ]
    }
    imported = import_litellm(content)
    providers = Config.from_mapping(imported.mapping).catalog.providers
    assert providers["anthropic"].base_url == "https://api.anthropic.com"
    assert providers["anthropic"].dialect == "anthropic_messages"
    assert providers["anthropic"].credential == CredentialRef("env:A_KEY", "x-api-key")
    assert providers["anthropic_2"].base_url == "http://host"
    assert providers["anthropic_2"].dialect == "anthropic_messages"
    assert providers["anthropic_2"].credential == CredentialRef("env:B_KEY", "x-api-key")
    assert providers["moonshot"].credential == CredentialRef("env:MOONSHOT_API_KEY")
    assert providers["moonshot"].options["reasoning_field"] == "reasoning_content"
    assert became(imported)["model_list[3].litellm_params.model"] == "not_used"
    assert "the prefix bedrock/ is not imported" in words(imported, "model_list[3].litellm_params.model")


def test_a_key_in_the_file_is_kept_beside_the_mapping_and_shown_nowhere() -> None:
    secret = "sk-in-the-file-0123456789"
    content = {
        "model_list": [
            entry("a", "openai/x", api_key=secret, api_base="http://one/v1"),
            entry("b", "openai/y", api_key=secret, api_base="http://two/v1"),
            entry("c", "openai/z", api_key="sk-another-key-0123456789"),
        ],
        "general_settings": {"master_key": secret},
        "environment_variables": {"KEY": secret},
    }
    imported = import_litellm(content)
    assert list(imported.secrets.values()) == [secret, "sk-another-key-0123456789"]
    assert secret not in repr(imported)
    assert secret not in str(imported.mapping)
    assert secret not in str(imported.report)
    Config.from_mapping(imported.mapping)


def test_accounts_are_told_apart_and_kept_together() -> None:
    imported = import_litellm({
        "model_list": [
            entry("a", "openai/a", api_key="os.environ/K1"),
            entry("b", "openai/b", api_key="os.environ/K1"),
            entry("c", "openai/c", api_key="os.environ/K2"),
            entry("d", "hosted_vllm/d", api_base="http://vllm:8000/v1/chat/completions"),
            entry("e", "gpt-4o-mini", organization="org-1", extra_headers={"x-team": 7}),
            entry("f", "team/f", custom_llm_provider="openai", base_url="http://f/v1"),
        ]
    })  # fmt: skip
    providers = imported.mapping["providers"]
    assert [one["provider"] for one in imported.mapping["deployments"]] == [
        "openai",
        "openai",
        "openai_2",
        "hosted_vllm",
        "openai_3",
        "openai_4",
    ]
    assert providers["hosted_vllm"] == {"base_url": "http://vllm:8000/v1", "credential": "none"}
    assert providers["openai_3"]["headers"] == {"x-team": "7", "OpenAI-Organization": "org-1"}
    assert imported.mapping["deployments"][5]["upstream_model"] == "team/f"
    Config.from_mapping(imported.mapping)


def test_prices_are_exact_and_tiers_hold_for_the_whole_request() -> None:
    info = {
        "input_cost_per_token": 1.25e-06,
        "output_cost_per_token": "1e-5",
        "cache_read_input_token_cost": 1.25e-07,
        "input_cost_per_token_above_200k_tokens": 2.5e-06,
        "output_cost_per_token_above_200k_tokens": 1.5e-05,
        "input_cost_per_character": 1,
    }
    imported = import_litellm({"model_list": [entry("m", "openai/m", output_cost_per_token=2e-5, model_info=info)]})
    card = Config.from_mapping(imported.mapping).catalog.deployments[0].card.price
    assert card is not None
    assert card.cost(Usage(input_tokens=1000, output_tokens=10)) == Usd.parse("0.00145")
    assert card.cost(Usage(input_tokens=1000, cached_input_tokens=1000)) == Usd.parse("0.000125")
    assert card.cost(Usage(input_tokens=300_000, output_tokens=10)) == Usd.parse("0.75015")
    assert became(imported)["model_list[0].model_info.input_cost_per_character"] == "not_used"
    assert words(imported, "model_list[0].model_info.input_cost_per_token") == "is $1.25 for a million input tokens"


@pytest.mark.parametrize("price", [True, "cheap", -1, None, [1], "nan"])
def test_what_is_no_price_is_said_to_be_none(price: object) -> None:
    imported = import_litellm({"model_list": [entry("m", "openai/m", input_cost_per_token=price)]})
    assert became(imported)["model_list[0].litellm_params.input_cost_per_token"] == "not_used"
    assert "nput" not in imported.mapping["deployments"][0].get("price", {})


def test_what_a_model_cannot_do() -> None:
    info = {"supports_vision": False, "supports_function_calling": True, "max_tokens": 100, "mode": "chat", "id": "x"}
    imported = import_litellm({"model_list": [entry("m", "openai/m", model_info=info)]})
    card = Config.from_mapping(imported.mapping).catalog.deployments[0].card
    assert imported.mapping["models"]["m"]["capabilities"].count("tools") == 1
    assert "vision" not in imported.mapping["models"]["m"]["capabilities"]
    assert card.max_output_tokens == 100


UNUSABLE = [
    ({"model_name": "x"}, "model_list[0]", "no litellm_params.model"),
    ("text", "model_list[0]", "has no model_name"),
    (entry("x", "sagemaker/flash"), "model_list[0].litellm_params.model", "sagemaker/ is not imported"),
    (entry("x", "hosted_vllm/y"), "model_list[0].litellm_params.model", "needs an address"),
    (entry("x", "openai/y", api_base="os.environ/UNSET"), "model_list[0].litellm_params.api_base", "UNSET is not set"),
    (entry("x", "openai/e", model_info={"mode": "embedding"}), "model_list[0]", "only chat models"),
]


@pytest.mark.parametrize(("one", "path", "said"), UNUSABLE)
def test_what_cannot_be_used_says_why(one: Any, path: str, said: str) -> None:
    imported = import_litellm({"model_list": [one]})
    assert said in words(imported, path)
    assert "deployments" not in imported.mapping


def test_settings_in_our_words() -> None:
    imported = import_litellm(
        {
            "model_list": [
                entry("a", "openai/a", rpm=5, tpm="os.environ/TPM", weight=2, order=1, tags=["eu"], max_retries=3),
                {**entry("a", "openai/a"), "extra": 1},
                entry("b", "openai/b"),
            ],
            "router_settings": {
                "num_retries": 5,
                "timeout": 30,
                "stream_timeout": "os.environ/STREAM",
                "allowed_fails": 2,
                "cooldown_time": 60,
                "routing_strategy": "least-busy",
                "model_group_alias": {"short": "a", "hidden": {"model": "b", "hidden": True}, "lost": "zzz"},
                "enable_tag_filtering": True,
                "optional_pre_call_checks": ["enforce_model_rate_limits"],
                "redis_host": "x",
                "retry_after": 1,
            },
            "litellm_settings": {"drop_params": True, "request_timeout": "os.environ/UNSET"},
        },
        environment={"TPM": "1000", "STREAM": "7.5"},
    )
    config = Config.from_mapping(imported.mapping)
    first, second, _ = config.catalog.deployments
    assert (first.card.requests_per_minute, first.card.tokens_per_minute) == (5, 1000)
    assert (first.weight, first.priority, first.tags) == (2, 1, ("eu",))
    assert second.name == "openai/a#2"
    assert (config.policies.retry.max_retries, config.policies.retry.max_attempts) == (5, 6)
    assert (config.policies.timeouts.attempt, config.policies.timeouts.first_chunk) == (30, 7.5)
    assert (config.fleet.health.failures, config.fleet.health.cooldown) == (3, 60)
    assert config.strategy == "least_busy"
    assert config.catalog.resolve("short") == config.catalog.resolve("a")
    report = became(imported)
    for path in (
        "router_settings.model_group_alias.lost",
        "router_settings.redis_host",
        "router_settings.retry_after",
        "litellm_settings.drop_params",
        "litellm_settings.request_timeout",
        "model_list[0].litellm_params.max_retries",
        "model_list[1].extra",
    ):
        assert report[path] == "not_used"


def test_fallbacks_come_last_and_not_in_a_circle() -> None:
    fallbacks = [{"a": ["b", "c"]}, {"b": ["c"]}, {"c": ["a"]}, {"a": ["zzz"]}, {"zzz": ["a"]}]
    imported = import_litellm({
        "model_list": [entry("a", "openai/a", order=1), entry("b", "openai/b"), entry("c", "openai/c")],
        "router_settings": {"fallbacks": fallbacks},
    })  # fmt: skip
    config = Config.from_mapping(imported.mapping)
    assert [one.priority for one in config.catalog.deployments] == [1, 1000, 2000]
    assert config.catalog.resolve("a") == (0, 1, 2)
    assert config.catalog.resolve("b") == (1, 2)
    assert config.catalog.resolve("c") == (2,)
    report = became(imported)
    assert report["router_settings.fallbacks[0].a"] == "approximated"
    assert "in a circle" in words(imported, "router_settings.fallbacks[2].c")
    assert report["router_settings.fallbacks[3].a"] == "not_used"
    assert report["router_settings.fallbacks[4].zzz"] == "not_used"


LEAVES = st.sampled_from([0, 1, 2.5, "text", "os.environ/UNSET", True, None, [], ["x"], {}, {"model": "a"}])
KEYS = st.sampled_from(
    ["rpm", "tags", "order", "api_base", "api_key", "input_cost_per_token", "timeout", "made_up", "weight"]
)
SETTINGS = st.sampled_from(
    ["num_retries", "timeout", "fallbacks", "routing_strategy", "model_group_alias", "allowed_fails", "new"]
)


@st.composite
def files(draw: st.DrawFn) -> dict[str, Any]:
    targets = st.sampled_from(["openai/a", "groq/b", "anthropic/c", "d", "hosted_vllm/e"])
    entries = [
        {
            "model_name": draw(st.sampled_from(["m", "n"])),
            "litellm_params": {"model": draw(targets), **draw(st.dictionaries(KEYS, LEAVES, max_size=3))},
            "model_info": draw(
                st.dictionaries(st.sampled_from(["max_input_tokens", "mode", "supports_vision", "id"]), LEAVES)
            ),
        }
        for _ in range(draw(st.integers(0, 3)))
    ]
    sections = st.dictionaries(SETTINGS, LEAVES, max_size=3)
    return {
        "model_list": entries,
        "router_settings": draw(sections),
        "litellm_settings": draw(sections),
        "general_settings": draw(st.dictionaries(st.sampled_from(["master_key", "other"]), LEAVES)),
        **draw(st.dictionaries(st.sampled_from(["include", "whatever"]), LEAVES)),
    }


@settings(max_examples=60)
@given(content=files())
def test_every_setting_is_accounted_for_and_nothing_raises(content: dict[str, Any]) -> None:
    imported = import_litellm(content)
    paths = [one.path for one in imported.report]

    def is_said(path: str) -> bool:
        return any(path == one or one.startswith((f"{path}.", f"{path}[")) for one in paths)

    for section in ("router_settings", "litellm_settings", "general_settings"):
        assert all(is_said(f"{section}.{key}") for key in content[section])
    assert all(is_said(key) for key in ("include", "whatever") if key in content)
    used = {one.path for one in imported.report if one.became == "understood"}
    for number, one in enumerate(content["model_list"]):
        path = f"model_list[{number}]"
        assert is_said(path)
        if path in used:
            assert all(is_said(f"{path}.litellm_params.{key}") for key in one["litellm_params"])
            assert all(is_said(f"{path}.model_info.{key}") for key in one["model_info"])
    with contextlib.suppress(ConfigError):  # values may be nonsense; they are refused in words
        Config.from_mapping(imported.mapping)
