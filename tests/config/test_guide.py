"""The guide names every key that can stand in a configuration, and its example is right."""

from __future__ import annotations

import re

import msgspec
import pytest

from muxer_core.call.policies import CascadePolicy, HedgePolicy, RetryPolicy, Timeouts
from muxer_core.catalog.cards import CAPABILITIES
from muxer_core.config import tables
from muxer_core.config.known_providers import KNOWN_PROVIDERS
from muxer_core.fleet.policies import HealthPolicy, RetryBudgetPolicy
from muxer_core.routing.strategies import STRATEGIES
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


def test_the_example_of_the_guide_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    exec(compile(example, "configuration.md", "exec"), {})  # noqa: S102 our own page
