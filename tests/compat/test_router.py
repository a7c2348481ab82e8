"""`HeuristicRouter`: choices among the models of one provider or several, and the calls that follow from them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from muxer_core.call.outcome import CallFailed
from muxer_core.values.errors import InvalidRequest
from muxer_httpx import ChatMessage, HeuristicRouter, LiteLLMProvider
from tests.compat.conftest import Run
from tests.compat.proxies import DESCRIBED, KEY, Proxy, refusal
from tests.support.loopback import LoopbackServer, json_answer

QUESTION = [ChatMessage(role="user", content="What is the capital of France?")]
CODE = [{"role": "user", "content": "Why does this loop for ever?\n```python\nwhile True: pass\n```"}]


@pytest.fixture
def other() -> Iterator[Proxy]:
    proxy = Proxy()
    with LoopbackServer(proxy) as server:
        proxy.server = server
        yield proxy
        assert server.all_closed(), "a connection was left open"


def at(proxy: Proxy, key: str = KEY, models: dict[str, Any] | None = None) -> LiteLLMProvider:
    return LiteLLMProvider(proxy.server.url, key, models)


def model(input_price: float, *task_types: str, **metadata: Any) -> dict[str, Any]:
    return {
        "pricing": {"input": input_price, "output": input_price},
        "metadata": {"task_types": list(task_types), **metadata},
    }


# ---------------------------------------------------------------------------------------------------------------------------- choosing


def test_a_choice_is_three_words_and_sends_nothing(proxy: Proxy) -> None:
    provider_name, name, reason = HeuristicRouter().select_model(
        messages=QUESTION, providers={"litellm": at(proxy, models=DESCRIBED)}
    )
    assert (provider_name, name) == ("litellm", "house-model")
    assert "named for general tasks" in reason
    assert not proxy.server.requests


def test_task_types_weigh(proxy: Proxy) -> None:
    models = {"cheap": model(0.001), "coder": model(0.1, "code")}
    router, providers = HeuristicRouter(), {"litellm": at(proxy, models=models)}
    assert router.select_model(QUESTION, providers)[1] == "cheap"
    assert router.select_model(CODE, providers)[1] == "coder"


def test_a_hard_task_goes_to_the_stronger_model(proxy: Proxy) -> None:
    models = {"cheap": model(0.001, quality=0.3), "strong": model(0.1, quality=0.9)}
    router, providers = HeuristicRouter(), {"litellm": at(proxy, models=models)}
    assert router.select_model(QUESTION, providers)[1] == "cheap"
    assert router.select_model(CODE, providers)[1] == "strong"
    assert router.select_model(CODE, providers, strategy="cost_optimized")[1] == "cheap"


def test_a_context_window_is_honoured(proxy: Proxy) -> None:
    models = {"small": model(0.001, context_window=64), "large": model(0.1, context_window=8192)}
    long = [ChatMessage("user", "word " * 100)]
    assert HeuristicRouter().select_model(long, {"litellm": at(proxy, models=models)})[1] == "large"


def test_when_no_model_can_take_it_the_failure_says_why(proxy: Proxy) -> None:
    models = {"small": model(0.001, context_window=64)}
    with pytest.raises(CallFailed, match=r"litellm/small its context window of 64 tokens"):
        HeuristicRouter().select_model([ChatMessage("user", "word " * 100)], {"litellm": at(proxy, models=models)})


def test_a_choice_that_rests_on_a_guess_says_so(proxy: Proxy) -> None:
    *_, reason = HeuristicRouter().select_model(QUESTION, {"litellm": at(proxy)})
    assert "get_available_models()" in reason


def test_what_the_proxy_offers_is_what_is_chosen_from(run: Run[Any], proxy: Proxy) -> None:
    provider = at(proxy)

    async def choose() -> Any:
        await provider.get_available_models()
        return HeuristicRouter().select_model(QUESTION, {"litellm": provider})

    provider_name, name, reason = run(choose)
    assert (provider_name, name) == ("litellm", "gpt-4o")  # the only one that chats and has a price
    assert "get_available_models()" not in reason


def test_a_model_that_is_added_later_counts(proxy: Proxy) -> None:
    provider = at(proxy, models={"dear": model(1.0)})
    router = HeuristicRouter()
    assert router.select_model(QUESTION, {"litellm": provider})[1] == "dear"
    provider.add_custom_model("cheap", {"input": 0.001, "output": 0.001})
    assert router.select_model(QUESTION, {"litellm": provider})[1] == "cheap"


def test_without_a_priced_model_it_says_what_to_do(run: Run[Any], proxy: Proxy) -> None:
    proxy.models = lambda _: json_answer({"data": [{"id": "unpriced"}]})
    provider = at(proxy)
    run(provider.get_available_models)
    with pytest.raises(InvalidRequest, match=r"providers: .*get_available_models"):
        HeuristicRouter().select_model(QUESTION, {"litellm": provider})


@pytest.mark.parametrize(
    ("providers", "words"),
    [
        ({}, r"providers: must not be empty"),
        ([], r"providers: must map names to providers, got list"),
        ({"litellm": "http://localhost:4000"}, r"providers\['litellm'\]: must be a LiteLLMProvider, got str"),
    ],
)
def test_what_is_no_provider_is_named(run: Run[Any], providers: Any, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        HeuristicRouter().select_model(QUESTION, providers)
    with pytest.raises(InvalidRequest, match=words):
        run(lambda: HeuristicRouter().route_request(QUESTION, providers))


def test_a_strategy_that_is_none_is_named(proxy: Proxy) -> None:
    with pytest.raises(InvalidRequest, match=r"strategy: .*cost_optimized"):
        HeuristicRouter().select_model(QUESTION, {"litellm": at(proxy)}, strategy="cost_optimised")


# ----------------------------------------------------------------------------------------------------------------------------- calling


def test_a_routed_request_stays_within_its_ceiling(run: Run[Any], proxy: Proxy) -> None:
    provider = at(proxy)

    async def ask() -> Any:
        return await HeuristicRouter().route_request(
            messages=QUESTION, providers={"litellm": provider}, strategy="cost_optimized", max_cost=0.01
        )

    said = run(ask)
    assert said.choices[0].message.content == "Paris."
    assert "cost_optimized" in said.decision.reason
    (request,) = proxy.sent()
    assert request.json()["model"] == "gpt-4o"
    # 10 US dollars a million tokens: no answer of this length, with its prompt, can cost more than a cent.
    assert 16 <= request.json()["max_tokens"] < 1000
    assert len(proxy.sent("/v1/models")) == 1


def test_a_ceiling_that_is_too_low_is_refused_in_words(run: Run[Any], proxy: Proxy) -> None:
    async def ask() -> None:
        await HeuristicRouter().route_request(QUESTION, {"litellm": at(proxy, models=DESCRIBED)}, max_cost="0.0000001")

    with pytest.raises(CallFailed, match="raise max_cost"):
        run(ask)
    assert not proxy.sent()


def test_the_next_model_is_tried_when_the_first_fails(run: Run[Any], proxy: Proxy, other: Proxy) -> None:
    proxy.chat = refusal(401, "Authentication Error")
    providers = {
        "first": at(proxy, "key-one", {"m": model(0.001)}),
        "second": at(other, "key-two", {"m": model(0.002)}),
    }
    router = HeuristicRouter()

    async def ask() -> Any:
        return await router.route_request(QUESTION, providers, strategy="cost_optimized")

    said = run(ask)
    assert [attempt.where for attempt in said.outcome.attempts] == ["first/m", "second/m"]
    assert proxy.sent()[0].headers["authorization"] == "Bearer key-one"
    assert other.sent()[0].headers["authorization"] == "Bearer key-two"
    # The router has learned from it.
    again = run(ask)
    assert [attempt.where for attempt in again.outcome.attempts] == ["second/m"]


def test_the_default_strategy_is_a_setting(run: Run[Any], proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask() -> Any:
        return await HeuristicRouter().route_request(QUESTION, {"litellm": at(proxy, models=DESCRIBED)})

    assert run(ask).decision.strategy == "hybrid"
    monkeypatch.setenv("DEFAULT_ROUTING_STRATEGY", "cost_optimized")
    assert run(ask).decision.strategy == "cost_optimized"


def test_a_proxy_that_does_not_list_its_models_is_routed_to_all_the_same(
    run: Run[Any], proxy: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    proxy.models = refusal(404, "Not Found")

    async def ask() -> Any:
        return await HeuristicRouter().route_request(QUESTION, {"litellm": at(proxy)})

    assert run(ask).choices[0].message.content == "Paris."
    assert "without the list" in caplog.text
    assert KEY not in caplog.text
