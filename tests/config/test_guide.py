"""The guide names every key that can stand in a configuration, and its example is right."""

from __future__ import annotations

import re
import tomllib

import msgspec
import pytest

from muxer_core.call.policies import CascadePolicy, HedgePolicy, RetryPolicy, Timeouts
from muxer_core.catalog.cards import CAPABILITIES
from muxer_core.config import tables
from muxer_core.config.known_providers import KNOWN_PROVIDERS
from muxer_core.config.presets import Preset
from muxer_core.config.schema import Config
from muxer_core.dialects.registry import CLIENT_DIALECTS
from muxer_core.fleet.policies import HealthPolicy, KeyPolicy, RetryBudgetPolicy
from muxer_core.routing.strategies import STRATEGIES
from muxer_core.values.credential import CredentialRef
from tests.support.shared import REPO_ROOT

GUIDE = (REPO_ROOT / "docs" / "guides" / "configuration.md").read_text(encoding="utf-8")

TABLES: list[type[msgspec.Struct]] = [
    tables.PriceTable,
    tables.ModelTable,
    tables.ProviderTable,
    tables.DeploymentTable,
    tables.RoutingTable,
    RetryPolicy,
    Timeouts,
    HedgePolicy,
    CascadePolicy,
    HealthPolicy,
    RetryBudgetPolicy,
    KeyPolicy,
    Preset,
]


@pytest.mark.parametrize("table", TABLES)
def test_every_key_is_in_the_guide(table: type[msgspec.Struct]) -> None:
    for key in table.__struct_fields__:
        assert re.search(rf"`{key}\b", GUIDE), key


@pytest.mark.parametrize("table", tables.FileTable.__struct_fields__)
def test_every_table_is_in_the_guide(table: str) -> None:
    assert re.search(rf"`(\[\[)?{table}\b", GUIDE), table


def test_every_name_that_can_be_chosen_is_in_the_guide() -> None:
    for name in (*CAPABILITIES, *KNOWN_PROVIDERS, *STRATEGIES):
        assert f"`{name}`" in GUIDE, name


@pytest.mark.parametrize("page", ["configuration", "credentials"])
def test_the_tables_of_a_guide_are_right(page: str) -> None:
    text = (REPO_ROOT / "docs" / "guides" / f"{page}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert blocks
    for block in blocks:
        mapping = tomllib.loads(block)
        speakable = {
            name: one
            for name, one in mapping["providers"].items()
            if name not in KNOWN_PROVIDERS or KNOWN_PROVIDERS[name].dialect in CLIENT_DIALECTS
        }
        assert Config.from_mapping({**mapping, "providers": speakable}).catalog.providers.keys() == speakable.keys()


def test_the_next_provider_of_the_guide_is_as_it_says() -> None:
    (block,) = re.findall(r"```toml\n(\[presets.*?)```", GUIDE, re.DOTALL)
    acme = Config.from_mapping(tomllib.loads(block)).catalog.providers
    assert acme["acme"].base_url == "https://api.acme.example/eu/v1"
    assert acme["acme"].credential == CredentialRef("env:ACME_API_KEY", "api-key")
    assert acme["acme-for-work"].base_url == "https://api.acme.example/us/v1"
    assert acme["acme-for-work"].credential == CredentialRef("env:ACME_WORK_KEY", "api-key")
    assert acme["acme-for-work"].options == {"output_limit": "max_completion_tokens"}


def test_the_example_of_the_guide_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    exec(compile(example, "configuration.md", "exec"), {})  # noqa: S102 our own page
