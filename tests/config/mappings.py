"""Right configurations, drawn at random, and ways to walk through them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, cast

from hypothesis import strategies as st

from muxer_core.catalog.cards import CAPABILITIES
from muxer_core.config.problems import inside
from muxer_core.routing.strategies import STRATEGIES

# Leaves are sampled, not searched: the shape is what these tests are about, and whole configurations have many leaves.
NAMES = st.sampled_from(["a", "b1", "gpt-4o", "gpt-4.1-mini", "llama:8b", "x/y", "with space"])
PROVIDER_NAMES = st.sampled_from(["openai-eu", "local", "p.dotted"])
PRICES = st.sampled_from([0, 1, 2.5, "0.15", "10", 0.0001, "0.000000075"])
POSITIVE = st.sampled_from([1, 7, 128_000])
SECONDS = st.sampled_from([0.25, 1, 600])


def table(
    required: dict[str, st.SearchStrategy[Any]], **optional: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


PRICE = table(
    {"input": st.sampled_from(["0.5", 3])},
    output=PRICES,
    cached_input=PRICES,
    request=PRICES,
    source=st.just("a page"),
    tiers=st.just([{"above": 200_000, "input": 9}]),
)
MODEL = table(
    {},
    price=PRICE,
    context_window=POSITIVE,
    max_output_tokens=POSITIVE,
    capabilities=st.lists(st.sampled_from(CAPABILITIES), unique=True),
    requests_per_minute=POSITIVE,
    tokens_per_minute=POSITIVE,
    quality=st.sampled_from([0, 0.5, 1]),
    task_types=st.lists(st.sampled_from(["code", "math"]), unique=True),
    metadata=st.dictionaries(NAMES, st.sampled_from([0, "text", None, [1]]), max_size=2),
)
PROVIDER = table(
    {"base_url": st.sampled_from(["http://127.0.0.1:4000/v1", "https://api.example.com/v1/", "http://[::1]:8080"])},
    dialect=st.just("openai_chat"),
    credential=st.sampled_from(["env:SOME_KEY", "none", "my-key"]),
    credential_scheme=st.sampled_from(["bearer", "x-api-key", "api-key", "x-goog-api-key"]),
    headers=st.dictionaries(st.sampled_from(["x-team", "x-app"]), st.just("value"), max_size=2),
    options=table(
        {},
        output_limit=st.sampled_from(["auto", "max_tokens", "max_completion_tokens"]),
        ask_stream_usage=st.booleans(),
    ),
    billing=table({}, cut=st.sampled_from(["nothing", "bound"]), unsent=st.just("nothing"), source=st.just("a page")),
)
POLICIES = {
    "routing": table({}, strategy=st.sampled_from(sorted(STRATEGIES)), fallbacks=st.booleans()),
    "retry": table({}, max_retries=st.integers(0, 9), max_attempts=POSITIVE, backoff=SECONDS),
    "timeouts": table({}, connect=SECONDS, stall=SECONDS, call=st.one_of(SECONDS, st.just("none"))),
    "hedge": table({"after": SECONDS}, max_hedges=st.integers(1, 3)),
    "cascade": table({}, steps=st.integers(2, 5)),
    "fleet": table(
        {},
        health=table({}, failures=st.integers(1, 9), cooldown=SECONDS),
        retry_budget=table({}, ratio=st.sampled_from([0, 0.2]), per_second=SECONDS),
    ),
    "limits": table({}, line=POSITIVE, depth=POSITIVE),
    "max_cost": PRICES,
    "book": st.sampled_from(["ours", "reported"]),
}


@st.composite
def mappings(draw: st.DrawFn) -> dict[str, Any]:
    """A whole configuration that is right: every provider and every model is deployed."""
    providers = draw(st.lists(PROVIDER_NAMES, min_size=1, max_size=2, unique=True))
    models = draw(st.lists(NAMES, min_size=1, max_size=2, unique=True))
    pairs = draw(st.lists(st.tuples(st.sampled_from(models), st.sampled_from(providers)), max_size=1))
    pairs += [(model, providers[0]) for model in models] + [(models[0], provider) for provider in providers]
    extra = table(
        {}, weight=st.sampled_from([0.5, 2]), priority=st.integers(-3, 3), tags=st.lists(NAMES, max_size=2), price=PRICE
    )
    deployments = [
        {"model": model, "provider": provider, "name": f"d{number}", **draw(extra)}
        for number, (model, provider) in enumerate(pairs)
    ]
    policies = draw(st.fixed_dictionaries({}, optional=POLICIES))
    right: dict[str, Any] = json.loads(
        json.dumps(
            {  # what is drawn may be shared between examples, and tests write into it
                "providers": {name: draw(PROVIDER) for name in providers},
                "models": {name: draw(MODEL) for name in models},
                "deployments": deployments,
                "aliases": {"short": models[0], "shorter": "short"},
                "groups": {"all-of-it": ["d0", models[-1]], "more": ["all-of-it"]},
                **policies,
            }
        )
    )
    return right


FREE = ("headers", "metadata", "aliases", "groups", "providers", "models")
"""Tables whose keys are names of the user's own."""


def closed_tables(value: Any, path: str = "", key: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every table in which an unknown key is an error, with its path."""
    if isinstance(value, dict):
        if key not in FREE:
            yield path, cast("dict[str, Any]", value)
        if key not in ("headers", "metadata", "aliases"):
            for name, below in cast("dict[str, Any]", value).items():
                yield from closed_tables(below, inside(path, name), "" if key in FREE else name)
    elif isinstance(value, list):
        for number, below in enumerate(cast("list[object]", value)):
            yield from closed_tables(below, f"{path}[{number}]", f"{key}[]")
