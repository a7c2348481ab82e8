"""What a name means: alias, group, provider/model, wildcard, in that order; case counts; nothing is swapped in silence."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.catalog.cards import ModelCard
from muxer_core.catalog.catalog import AUTO, Catalog, UnknownModel
from muxer_core.catalog.deployments import ANY_MODEL, Deployment, Provider
from muxer_core.catalog.names import LONGEST_NAME, matches
from muxer_core.values.errors import InvalidRequest

OPENAI = Provider(name="openai", base_url="http://127.0.0.1:1/v1")
AZURE = Provider(name="azure", base_url="http://127.0.0.1:2")


def deployment(name: str, provider: Provider = OPENAI, upstream: str = "", model: str = "") -> Deployment:
    return Deployment(name=name, card=ModelCard(name=model or name), provider=provider, upstream_model=upstream or name)


ONE = deployment("gpt-here", OPENAI, "gpt-4o", "gpt-4o")
TWO = deployment("gpt-there", AZURE, "my-gpt", "gpt-4o")
ANY = deployment("openai/*", OPENAI, ANY_MODEL)
CLAUDE = deployment("claude-*", AZURE, ANY_MODEL)
HOUSE = Catalog([ONE, TWO, ANY, CLAUDE])


@pytest.mark.parametrize(
    ("name", "indices"),
    [
        ("gpt-here", (0,)),
        ("gpt-4o", (0, 1)),
        ("openai/gpt-4o", (0,)),
        ("azure/my-gpt", (1,)),
        ("openai/gpt-9", (2,)),
        ("claude-3", (3,)),
        (AUTO, (0, 1)),
    ],
)
def test_a_name_means_what_the_order_says(name: str, indices: tuple[int, ...]) -> None:
    assert HOUSE.resolve(name) == indices


@pytest.mark.parametrize(
    "name", ["GPT-4o", "azure/gpt-4o", "openrouter/gpt-4o", "gpt", "", "mistral", "x" * (LONGEST_NAME + 1)]
)
def test_what_is_not_configured_is_unknown(name: str) -> None:
    with pytest.raises(UnknownModel):
        HOUSE.resolve(name)


def test_the_error_names_the_nearest_spelling_and_stays_short() -> None:
    with pytest.raises(UnknownModel, match="did you mean 'gpt-4o'") as caught:
        HOUSE.resolve("gtp-4o")
    assert caught.value.nearest[0] == "gpt-4o"
    assert caught.value.name == "gtp-4o"
    with pytest.raises(UnknownModel) as unlike:
        HOUSE.resolve("z" * 10_000)
    assert len(str(unlike.value)) < LONGEST_NAME + 100


def test_an_alias_comes_before_everything_and_is_followed_to_its_end() -> None:
    catalog = Catalog(
        [ONE, TWO, CLAUDE], aliases={"fast": "small", "small": "gpt-here", "gpt-4o": "gpt-there", "c": "claude-3"}
    )
    assert catalog.resolve("fast") == (0,)
    assert catalog.resolve("gpt-4o") == (1,)
    assert catalog.resolve("c") == (2,)
    assert catalog.names[:4] == ("fast", "small", "gpt-4o", "c")


def test_a_group_comes_before_provider_and_model() -> None:
    trap = deployment("openai/gpt-4o", AZURE, "gpt-4o", "trap")
    catalog = Catalog([ONE, trap])
    assert catalog.resolve("openai/gpt-4o") == (1,), (
        "a deployment's own name is not balanced with another of the same spelling"
    )
    assert Catalog([ONE, TWO], groups={"openai/gpt-4o": ["gpt-there"]}).resolve("openai/gpt-4o") == (1,)


def test_provider_and_model_come_before_a_longer_wildcard() -> None:
    longer = deployment("openai/gpt-*", AZURE, ANY_MODEL)
    catalog = Catalog([ANY, longer])
    assert catalog.resolve("openai/gpt-9") == (0,)
    assert Catalog([CLAUDE, deployment("claude-3-*", OPENAI, ANY_MODEL)]).resolve("claude-3-opus") == (1,)


def test_groups_hold_deployments_models_and_groups_before_them() -> None:
    catalog = Catalog(
        [ONE, TWO, ANY], groups={"all-gpt": ["gpt-4o"], "best": ["all-gpt", "openai/gpt-4o"], AUTO: ["best"]}
    )
    assert catalog.resolve("best") == (0, 1)
    assert catalog.resolve(AUTO) == (0, 1)


@pytest.mark.parametrize(
    ("aliases", "groups", "field", "words"),
    [
        ({"a": "b", "b": "a"}, {}, "aliases.a", "circle: a -> b -> a"),
        ({"a": "a"}, {}, "aliases.a", "circle"),
        ({"a": "gtp-4o"}, {}, "aliases.a", "did you mean 'gpt-4o'"),
        ({"a": "zzz"}, {}, "aliases.a", "'zzz' is not configured$"),
        ({}, {"g": []}, "groups.g", "no member"),
        ({}, {"g": ["later"], "later": ["gpt-4o"]}, "groups.g", "before this one"),
    ],
)
def test_names_that_lead_nowhere_are_refused(
    aliases: dict[str, str], groups: dict[str, list[str]], field: str, words: str
) -> None:
    with pytest.raises(InvalidRequest, match=words) as caught:
        Catalog([ONE, TWO], aliases=aliases, groups=groups)
    assert caught.value.field == field


def test_auto_means_only_deployments_of_a_model() -> None:
    with pytest.raises(UnknownModel):
        Catalog([ANY]).resolve(AUTO)


def test_cards_and_providers_are_listed_once() -> None:
    assert [card.name for card in HOUSE.cards] == ["gpt-4o", "openai/*", "claude-*"]
    assert list(HOUSE.providers) == ["openai", "azure"]
    assert Catalog([], providers={"openai": OPENAI}).providers == {"openai": OPENAI}


texts = st.text("ab*", max_size=8)


@given(texts, st.text("ab", max_size=8))
def test_a_star_stands_for_any_text(pattern: str, name: str) -> None:
    expression = ".*".join(re.escape(piece) for piece in pattern.split("*"))
    assert matches(pattern, name) == (re.fullmatch(expression, name) is not None)


segments = st.sampled_from(["a", "b", "ab"])
names = st.one_of(
    segments, st.builds("{}/{}".format, segments, segments), st.sampled_from(["*", "a*", "a/*", "ab*", "a/b*"])
)


@st.composite
def houses(draw: st.DrawFn) -> tuple[list[Deployment], dict[str, str]]:
    providers = [Provider(name=name, base_url="http://127.0.0.1:1") for name in ("a", "b")]
    made = draw(
        st.lists(
            st.builds(
                deployment, names, st.sampled_from(providers), st.sampled_from(["a", "b", "ab", ANY_MODEL]), segments
            ),
            max_size=5,
        )
    )
    aliases = draw(
        st.dictionaries(
            st.sampled_from(["a", "x", "y", "a/b"]), st.sampled_from(["a", "b", "x", "a/b", "ab"]), max_size=3
        )
    )
    return made, aliases


def meaning(name: str, deployments: list[Deployment]) -> tuple[int, ...]:
    """The rules below aliases once more, one after the other."""
    every = list(enumerate(deployments))
    named = tuple(index for index, one in every if name in (one.name, one.card.name))
    if named:
        return named
    if name == AUTO:
        return tuple(index for index, one in every if one.upstream_model != ANY_MODEL)
    provider, _, model = name.partition("/")
    there = tuple(
        index for index, one in every if "/" in name and (one.provider.name, one.upstream_model) == (provider, model)
    )
    if there:
        return there
    anything = tuple(
        index
        for index, one in every
        if "/" in name
        and (one.provider.name, one.upstream_model) == (provider, "*")
        and one.name in (f"{provider}/*", one.name.replace("*", ""))
    )
    if anything:
        return anything
    wild = [one.name for one in deployments if "*" in one.name and re.fullmatch(one.name.replace("*", ".*"), name)]
    if not wild:
        return ()
    best = min(wild, key=lambda pattern: (-len(pattern.replace("*", "")), pattern))
    return tuple(index for index, one in every if best in (one.name, one.card.name))


@given(
    houses(),
    st.one_of(st.sampled_from(["a", "b", "ab", "x", "y", AUTO]), st.builds("{}/{}".format, segments, segments)),
)
def test_the_order_holds_for_every_configuration(house: tuple[list[Deployment], dict[str, str]], name: str) -> None:
    deployments, aliases = house
    try:
        catalog = Catalog(deployments, aliases=aliases)
    except InvalidRequest as refusal:
        alias = refusal.field.removeprefix("aliases.")
        seen = [alias]
        while seen[-1] in aliases and aliases[seen[-1]] not in seen:
            seen.append(aliases[seen[-1]])
        assert seen[-1] in aliases or meaning(seen[-1], deployments) == ()
        return
    end = name
    while end in aliases:
        end = aliases[end]
    expected = meaning(end, deployments)
    if expected:
        assert catalog.resolve(name) == expected
    else:
        with pytest.raises(UnknownModel):
            catalog.resolve(name)


@pytest.mark.parametrize("wildcard", ["claude-*", "openai/*"])
def test_a_wildcard_itself_is_no_listed_name(wildcard: str) -> None:
    assert wildcard not in HOUSE.names
    assert all("*" not in name for name in HOUSE.names)


def test_auto_is_never_taken_for_a_model_of_a_server_that_takes_any_name() -> None:
    provider = Provider(name="p", base_url="http://127.0.0.1:1")
    catalog = Catalog([deployment("*", provider, ANY_MODEL, "any")])
    assert catalog.resolve("gpt-4o") == (0,)
    with pytest.raises(UnknownModel, match="auto"):
        catalog.resolve("auto")
