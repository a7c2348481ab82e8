"""A configuration is read whole or refused with every fault, each at its place and with the nearest spelling."""

from __future__ import annotations

import contextlib
import copy
import json
import random
import subprocess
import sys
from collections.abc import Callable
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muxer_core.catalog.catalog import UnknownModel
from muxer_core.config.known_providers import KNOWN_PROVIDERS
from muxer_core.config.problems import ConfigError, Problem
from muxer_core.config.schema import Config
from muxer_core.dialects.registry import CLIENT_DIALECTS
from muxer_core.muxer import Muxer
from muxer_core.values.errors import LocalProtocolError
from tests.config.mappings import closed_tables, mappings
from tests.config.openai_config import OPENAI, with_key


def problems_of(mapping: Any, lines: dict[str, int] | None = None) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        Config.from_mapping(mapping, lines=lines)
    return {problem.path: problem.message for problem in caught.value.problems}


# -- what is right ------------------------------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(mapping=mappings())
def test_what_is_right_is_read_and_a_muxer_stands_on_it(mapping: dict[str, Any]) -> None:
    config = Config.from_mapping(mapping)
    Muxer(config)
    assert [one.name for one in config.catalog.deployments] == [one["name"] for one in mapping["deployments"]]
    assert set(config.catalog.providers) == set(mapping["providers"])
    assert config.catalog.resolve("shorter") == config.catalog.resolve(next(iter(mapping["models"])))
    assert not any(provider.base_url.endswith("/") for provider in config.catalog.providers.values())
    for one, written in zip(config.catalog.deployments, mapping["deployments"], strict=True):
        card = mapping["models"][written["model"]]
        assert (one.card.price is None) == ("price" not in written and "price" not in card)
        assert one.card.context_window == card.get("context_window")


@settings(max_examples=40)
@given(mapping=mappings(), seed=st.integers(0, 99))
def test_equal_configurations_have_equal_digests_however_they_are_written(mapping: dict[str, Any], seed: int) -> None:
    chance = random.Random(seed)

    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            pairs = list(cast("dict[str, Any]", value).items())
            chance.shuffle(pairs)
            return {key: shuffled(below) for key, below in pairs}
        return [shuffled(one) for one in cast("list[object]", value)] if isinstance(value, list) else value

    again = shuffled(json.loads(json.dumps(mapping)))
    again["groups"] = mapping["groups"]  # a group may name groups before it, so this order has a meaning
    again.setdefault("routing", {}).setdefault("strategy", "hybrid")  # a default that is written out changes nothing
    assert Config.from_mapping(again).digest == Config.from_mapping(mapping).digest


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("max_cost", "0.01"),
        ("routing/strategy", "weighted"),
        ("routing/fallbacks", False),
        ("retry/max_retries", 3),
        ("timeouts/call", "none"),
        ("limits/depth", 127),
        ("fleet/health/failures", 4),
        ("hedge/after", 1),
        ("aliases/fast", "gpt-4o"),
        ("groups/few", ["gpt-4o"]),
        ("providers/openai/base_url", "http://127.0.0.1:1/v1"),
        ("deployments/0/weight", 2),
        ("deployments/0/price", {"input": 1}),
    ],
)
def test_every_change_of_meaning_changes_the_digest(path: str, value: object) -> None:
    assert Config.from_mapping(with_key(path, value)).digest != Config.from_mapping(OPENAI).digest


def test_the_digest_does_not_hang_on_the_hash_seed() -> None:
    program = f"from muxer_core.config.schema import Config; print(Config.from_mapping({OPENAI!r}).digest)"
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            cwd=".",
        ).stdout
        for seed in ("1", "2")
    }
    assert digests == {Config.from_mapping(OPENAI).digest + "\n"}


def test_a_provider_that_is_known_needs_nothing_and_serves_every_model() -> None:
    known = {name: one for name, one in KNOWN_PROVIDERS.items() if not one.settings and one.dialect in CLIENT_DIALECTS}
    providers: dict[str, Any] = {name: {} for name in known}
    config = Config.from_mapping({"providers": providers})
    for index, (name, one) in enumerate(known.items()):
        assert config.catalog.resolve(f"{name}/any-model") == (index,)
        provider = config.catalog.providers[name]
        assert provider.base_url == one.base_url
        assert (None if provider.credential is None else provider.credential.name) == one.usual_credential


def test_empty_tables_of_yaml_are_empty_tables() -> None:
    assert Config.from_mapping({"providers": {"openai": None}, "models": None}).catalog.resolve("openai/x") == (0,)


def test_auto_leaves_out_a_deployment_for_any_name() -> None:
    mapping = with_key("providers/litellm", {"base_url": "http://127.0.0.1:4000/v1"})
    config = Config.from_mapping(mapping)
    assert config.catalog.resolve("auto") == (0,)
    assert config.catalog.resolve("litellm/llama") == (1,)
    only = Config.from_mapping({**mapping, "groups": {"auto": ["litellm/*"]}})
    assert only.catalog.resolve("auto") == (1,)


# -- what is wrong ------------------------------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(mapping=mappings(), data=st.data())
def test_an_unknown_key_anywhere_is_named_with_the_nearest(mapping: dict[str, Any], data: st.DataObject) -> None:
    path, table = data.draw(st.sampled_from(list(closed_tables(mapping))))
    known = [key for key in table if len(key) > 3]
    right = data.draw(st.sampled_from(known)) if known else None
    wrong = "brand_new_thing" if right is None else f"{right[:-1]}_{right[-1]}"
    table[wrong] = 1
    found = problems_of(mapping)
    where = f"{path}.{wrong}" if path else wrong
    assert where in found
    assert list(found) == [where]
    if right is not None:
        assert f"did you mean {right!r}" in found[where]
    else:
        assert "did you mean" in found[where] or "known are" in found[where]


FAULTS: list[tuple[str, object, str, str]] = [
    # where it is put, what is put there, the path of the problem, words in it
    ("unheard", 1, "unheard", "not known here"),
    ("max_cost", "cheap", "max_cost", "US dollars"),
    ("max_cost", -1, "max_cost", "not be negative"),
    ("retry/max_attempts", 0, "retry.max_attempts", "at least 1"),
    ("timeouts/connect", -1, "timeouts.connect", "more than 0"),
    ("timeouts/stall", float("nan"), "timeouts.stall", "finite"),
    ("hedge/after", 0, "hedge.after", "more than 0"),
    ("hedge", {"after": 1, "max_hedges": 0}, "hedge.max_hedges", "at least 1"),
    ("cascade/steps", 1, "cascade.steps", "at least 2"),
    ("routing/strategy", "hybird", "routing.strategy", "did you mean 'hybrid'"),
    ("routing/fallbacks", "yes", "routing.fallbacks", "true or false"),
    ("book", "our", "book", "did you mean 'ours'"),
    ("fleet/health/failures", 0, "fleet.health.failures", "at least 1"),
    ("limits/line", "long", "limits.line", "must be a whole number, got text"),
    ("providers/b", {"base_url": "ftp://x"}, "providers.b.base_url", "must be an address"),
    ("providers/c", {}, "providers.c.base_url", "is missing"),
    ("providers/d", {"base_url": "http://x:port"}, "providers.d.base_url", "not an address"),
    ("providers/e", {"base_url": "http://me:password@x"}, "providers.e.base_url", "use credential"),
    ("providers/f", {"base_url": "http://x/?key=1"}, "providers.f.base_url", "query"),
    ("providers/g", {"base_url": "http://x", "dialect": "openai"}, "providers.g.dialect", "did you mean 'openai_chat'"),
    ("providers/h", {"base_url": "http://x", "api_key": "abc"}, "providers.h.api_key", 'credential = "env:NAME"'),
    ("providers/i", {"base_url": "http://x", "headers": {"a b": "1"}}, "providers.i.headers", "not a header name"),
    ("providers/j", {"base_url": "http://x", "headers": {"a": "1\n2"}}, "providers.j.headers", "line break"),
    (
        "providers/k",
        {"base_url": "http://x", "options": {"output_limit": "most"}},
        "providers.k.options.output_limit",
        "one of",
    ),
    ("providers/l", {"base_url": "http://x", "credential": "env:"}, "providers.l.credential", "names no variable"),
    ("providers/m/", {"base_url": "http://x"}, 'providers."m/"', "neither / nor *"),
    ("providers/n", 3, "providers.n", "must be a table, got a whole number"),
    ("models/gpt-4o", {"quality": 2}, "models.gpt-4o.quality", "between 0 and 1"),
    ("models/gpt-4o", {"context_window": 0}, "models.gpt-4o.context_window", "at least 1"),
    ("models/gpt-4o", {"capabilities": ["tool"]}, "models.gpt-4o.capabilities[0]", "did you mean 'tools'"),
    ("models/gpt-4o", {"capabilities": "tools"}, "models.gpt-4o.capabilities", "must be a list"),
    ("models/gpt-4o", {"price": {"input": -1}}, "models.gpt-4o.price.input", "not be negative"),
    ("models/gpt-4o", {"price": {"input": 1, "currency": "EUR"}}, "models.gpt-4o.price.currency", "USD"),
    ("models/gpt-4o", {"price": {"source": "a page"}}, "models.gpt-4o.price", "names no price"),
    (
        "models/gpt-4o",
        {"price": {"input": 1, "tiers": [{"above": 0}]}},
        "models.gpt-4o.price.tiers[0].above",
        "at least 1",
    ),
    (
        "models/gpt-4o",
        {"price": {"input": 1, "tiers": [{"above": 9, "output": "x"}]}},
        "models.gpt-4o.price.tiers[0].output",
        "dollars",
    ),
    (
        "models/gpt-4o",
        {"price": {"input": 1}, "price_per_thousand": {"input": 1}},
        "models.gpt-4o.price_per_thousand",
        "one of the two",
    ),
    ("models/gpt-4", {}, "models.gpt-4", "did you mean 'gpt-4o'"),
    ("deployments/0/provider", "opnai", "deployments[0].provider", "did you mean 'openai'"),
    ("deployments/0/model", "", "deployments[0].model", "not be empty"),
    ("deployments/0/weight", 0, "deployments[0].weight", "more than 0"),
    ("deployments/0/upstream_model", "gpt-*", "deployments[0].upstream_model", '"*" alone'),
    ("deployments/0/tokens_per_minute", 0, "deployments[0].tokens_per_minute", "at least 1"),
    ("deployments/0/tags", "one", "deployments[0].tags", "must be a list"),
]


@pytest.mark.parametrize(("put", "value", "path", "words"), FAULTS, ids=[f"{put}-{path}" for put, _, path, _ in FAULTS])
def test_a_fault_is_found_at_its_place(put: str, value: object, path: str, words: str) -> None:
    mapping: dict[str, Any] = copy.deepcopy(OPENAI)
    if put == "providers/m/":
        mapping["providers"]["m/"] = value
    else:
        mapping = with_key(put, value)
    found = problems_of(mapping)
    assert words in found[path]
    assert len(found) == 1


def _part(fault: tuple[str, object, str, str]) -> str:
    """What a fault is put into; two in one part would overwrite each other."""
    return fault[0] if fault[0].startswith("providers/") else fault[0].partition("/")[0]


@given(
    chosen=st.lists(
        st.sampled_from(
            [fault for fault in FAULTS if not fault[0].startswith(("models/", "deployments/", "providers/m"))]
        ),
        min_size=2,
        unique_by=_part,
    )
)
def test_no_fault_hides_another(chosen: list[tuple[str, object, str, str]]) -> None:
    mapping: dict[str, Any] = copy.deepcopy(OPENAI)
    for put, value, _, _ in chosen:
        table = mapping
        *tables, key = put.split("/")
        for part in tables:
            table = table.setdefault(part, {})
        table[key] = value
    assert set(problems_of(mapping)) == {path for _, _, path, _ in chosen}


NAME_FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"groups": {"g": []}}, "groups.g", "no member"),
    ({"groups": {"g": ["gpt-4"]}}, "groups.g[0]", "did you mean 'gpt-4o'"),
    ({"groups": {"g": ["h"], "h": ["gpt-4o"]}}, "groups.g[0]", "before this one"),
    ({"aliases": {"a": "gpt-4"}}, "aliases.a", "did you mean 'gpt-4o'"),
    ({"aliases": {"a": "b", "b": "a"}}, "aliases.a", "a -> b -> a"),
]


@pytest.mark.parametrize(("names", "path", "words"), NAME_FAULTS)
def test_names_that_lead_nowhere(names: dict[str, Any], path: str, words: str) -> None:
    assert words in problems_of({**OPENAI, **names})[path]


def test_two_deployments_of_one_name_are_told_apart_by_a_person() -> None:
    mapping = {**OPENAI, "deployments": OPENAI["deployments"] * 2}
    assert "'openai/gpt-4o' is the name of deployments[0]" in problems_of(mapping)["deployments[1].name"]


def test_missing_keys_are_named() -> None:
    found = problems_of({**OPENAI, "deployments": [{}, 7], "hedge": {}})
    assert {path for path, words in found.items() if words == "is missing"} == {
        "deployments[0].model",
        "deployments[0].provider",
        "hedge.after",
    }
    assert found["deployments[1]"] == "must be a table, got a whole number"


def test_a_configuration_without_providers_says_how_to_begin() -> None:
    assert "name a provider" in problems_of({})["deployments"]


def test_problems_know_their_lines_or_those_of_the_table_around() -> None:
    with pytest.raises(ConfigError) as caught:
        Config.from_mapping(with_key("deployments/0/weight", -1), lines={"deployments[0]": 7, "deployments": 6})
    assert caught.value.problems == (Problem("deployments[0].weight", "must be more than 0, got -1.0", 7),)
    assert str(caught.value) == "line 7: deployments[0].weight: must be more than 0, got -1.0"


SECRETS: list[Callable[[str], dict[str, Any]]] = [
    lambda secret: with_key("providers/openai/api_key", secret),
    lambda secret: with_key("providers/openai/credential", secret),
    lambda secret: with_key("providers/openai/credential", [secret]),
    lambda secret: with_key("providers/openai/credential_scheme", secret),
    lambda secret: with_key("providers/openai/headers", {"authorization": f"Bearer {secret}\n"}),
    lambda secret: with_key("providers/openai/headers", secret),
    lambda secret: with_key("providers/openai/base_url", f"https://user:{secret}@host/v1"),
    lambda secret: with_key("providers/openai/base_url", f"https://host/v1?key={secret}"),
    lambda secret: with_key("providers/openai/options", {"api_key": secret}),
    lambda secret: with_key("api_key", secret),
]


@pytest.mark.parametrize("fault", SECRETS)
def test_no_error_shows_a_secret(fault: Callable[[str], dict[str, Any]]) -> None:
    secret = "sk-proj-Q8fJ2mZ7vN4xT1bL9kR3wY6"
    with pytest.raises(ConfigError) as caught:
        Config.from_mapping(fault(secret))
    assert secret not in str(caught.value)
    assert secret not in repr(caught.value)


JUNK = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-3, 10**20), st.floats(), st.text(max_size=4), st.binary(max_size=2)
    ),
    lambda below: st.one_of(st.lists(below, max_size=3), st.dictionaries(st.text(max_size=4), below, max_size=3)),
    max_leaves=8,
)


@settings(max_examples=40)
@given(mapping=mappings(), data=st.data())
def test_whatever_stands_there_is_read_or_refused_in_words(mapping: dict[str, Any], data: st.DataObject) -> None:
    _, table = data.draw(st.sampled_from(list(closed_tables(mapping))))
    keys = sorted(table) or ["x"]
    table[data.draw(st.sampled_from(keys))] = data.draw(JUNK)
    with contextlib.suppress(ConfigError):  # and nothing else
        Muxer(Config.from_mapping(mapping))


@pytest.mark.parametrize("junk", [None, 3, "text", [1], b"bytes"])
def test_what_is_no_table_is_refused(junk: Any) -> None:
    assert "must be a table" in problems_of(junk)[""]


def test_an_error_is_ours_and_an_unknown_model_names_the_nearest() -> None:
    assert issubclass(ConfigError, LocalProtocolError)
    with pytest.raises(UnknownModel, match="did you mean 'gpt-4o'"):
        Config.from_mapping(OPENAI).catalog.resolve("gpt-4")
