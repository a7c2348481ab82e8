"""Vectors and counts of tokens are calls like any other: routed, bounded, booked, retried; and refused where a dialect cannot make them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast
from unicodedata import normalize

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.asking import chat_request
from muxer_core.asking_vectors import EmbeddingOptions, Inputs, embedding_request
from muxer_core.call.ceiling import Demand, allow
from muxer_core.call.commands import OpenAttempt
from muxer_core.call.machine import Call
from muxer_core.call.operation import CountTokens, Embed
from muxer_core.call.outcome import CallFailed, Outcome
from muxer_core.call.plan import Plan
from muxer_core.call.reply_builder import ReplyBuilder
from muxer_core.config.schema import Config
from muxer_core.dialects.json_request import post_json
from muxer_core.dialects.openai_chat import OpenAIChat
from muxer_core.dialects.openai_chat.failures import failure_from_reply
from muxer_core.dialects.protocol import Encoded, ReplyDecoder, Target
from muxer_core.dialects.token_counts import count_decoder
from muxer_core.money import PriceCard
from muxer_core.muxer import Muxer
from muxer_core.simulation.clock import VirtualClock
from muxer_core.simulation.run import OpenLedger, Run, simulate
from muxer_core.simulation.script import Data, End, Head, Script
from muxer_core.testing.calls import ERROR_BODIES, ListedChoices, place
from muxer_core.values.amount import Usd
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.failure import Failure
from muxer_core.values.items import EmbeddingsReported
from muxer_core.values.moment import Moment
from muxer_core.values.request import ChatRequest
from muxer_core.wire.heads import ResponseHead
from muxer_core.wire.limits import Limits


class Counts(OpenAIChat, frozen=True):
    """A dialect that counts tokens: OpenAI's `POST /responses/input_tokens`, as far as one message goes."""

    def encode_count(self, request: ChatRequest, target: Target) -> Encoded:
        body = {"model": target.model, "input": request.messages[0].text}
        return Encoded(post_json(target, f"{target.base_url}/responses/input_tokens", body))

    def count_decoder(self, head: ResponseHead, *, limits: Limits) -> ReplyDecoder:
        return count_decoder(limits, dialect=self.name, failure=failure_from_reply)


class OnlyChat(msgspec.Struct, frozen=True):
    """A dialect that chats and does nothing beside."""

    codec: OpenAIChat = OpenAIChat()
    name: str = "only_chat"

    def __getattr__(self, name: str) -> Any:
        if name.endswith(("_embeddings", "embeddings_decoder", "_count", "count_decoder")):
            raise AttributeError(name)
        return getattr(self.codec, name)


def config(**more: Any) -> Config:
    mapping: dict[str, Any] = {
        "providers": {"one": {"base_url": "http://one.invalid/v1"}, "two": {"base_url": "http://two.invalid/v1"}},
        "models": {"vectors": {"price": {"input": "0.02"}, "context_window": 100}},
        "deployments": [
            {"model": "vectors", "provider": "one", "name": "a"},
            {"model": "vectors", "provider": "two", "name": "b"},
        ],
        "routing": {"strategy": "cost_optimized"},
    }
    return Config.from_mapping(mapping | more)


def vectors(*listed: list[float], tokens: int | None = 7, order: list[int] | None = None) -> Script:
    data = [{"object": "embedding", "index": index, "embedding": one} for index, one in enumerate(listed)]
    body: dict[str, Any] = {"object": "list", "model": "v", "data": [data[at] for at in order] if order else data}
    if tokens is not None:
        body["usage"] = {"prompt_tokens": tokens, "total_tokens": tokens}
    return (Head(headers=(("content-type", "application/json"),)), Data(json.dumps(body).encode()), End())


def refusal(status: int) -> Script:
    return (Head(status), Data(ERROR_BODIES[status]), End())


def start(muxer: Muxer, clock: VirtualClock, inputs: Inputs, **options: Any) -> Call:
    request = embedding_request(inputs, options.pop("model", "vectors"), cast("EmbeddingOptions", options))
    return muxer.start_embedding(request, call_id="call", seed=1, moment=clock())


def run(muxer: Muxer, inputs: Inputs, upstream: Callable[[OpenAttempt], Script], **options: Any) -> Run:
    clock = VirtualClock()
    return simulate(start(muxer, clock, inputs, **options), upstream, clock, ledger=muxer)


def ended(done: Run) -> Outcome:
    assert done.outcome is not None
    return done.outcome


def test_vectors_come_in_the_order_of_the_inputs_and_are_booked_by_their_input() -> None:
    muxer = Muxer(config())
    done = run(muxer, ["a", "b", "c"], lambda _: vectors([0.0], [1.0], [2.0], tokens=3, order=[2, 0, 1]))
    builder = ReplyBuilder()
    builder.add(done.items)
    reply = builder.build(ended(done))
    assert reply.vectors == ([0.0], [1.0], [2.0])
    assert reply.outcome.status == "complete"
    assert reply.cost == Usd(3 * 20_000)
    assert reply.usage is not None
    assert reply.usage.exact
    assert muxer.ledger.open == 0


def test_law_3_a_reply_without_usage_is_booked_by_an_estimate_that_says_so() -> None:
    done = run(Muxer(config()), "word " * 8, lambda _: vectors([1.0], tokens=None))
    (attempt,) = ended(done).attempts
    assert attempt.cost is not None
    assert attempt.cost.pico > 0
    assert not attempt.exact


def failure(done: Run) -> Failure:
    found = ended(done).failure
    assert found is not None
    return found


def size(text: str) -> int:
    return len(text.encode())


@given(
    texts=st.lists(
        st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30), min_size=1, max_size=4
    ),
    cost=st.integers(0, 5_000_000),
    tokens=st.integers(0, 500),
)
def test_law_4_no_attempt_opens_that_can_cost_more_than_is_left(texts: list[str], cost: int, tokens: int) -> None:
    """The bound is by bytes: a server that counts no more tokens than that never costs more than `max_cost`."""
    muxer = Muxer(config(models={"vectors": {"price": {"input": "0.02"}}}))
    counted = min(tokens, sum(size(text) for text in texts))
    upstream = vectors(*([1.0] for _ in texts), tokens=counted)
    needed = sum(
        20_000 * (len(max(text, normalize("NFC", text), normalize("NFKC", text), key=size).encode()) + 32)
        for text in texts
    )
    if needed > cost:
        with pytest.raises(CallFailed, match="over_ceiling"):
            run(muxer, texts, lambda _: upstream, max_cost=Usd(cost))
        return
    assert ended(run(muxer, texts, lambda _: upstream, max_cost=Usd(cost))).status == "complete"
    assert muxer.ledger.booked.pico <= cost


def test_a_price_without_an_output_price_is_enough_for_a_ceiling() -> None:
    demand = Demand(input_estimate=1, input_bound=100, max_tokens=0)
    with_price = place(0, price=PriceCard.per_million(input="0.02"))
    allowance = allow(with_price, demand, Usd.parse("0.01"), "proven")
    assert not isinstance(allowance, Failure)
    assert allowance.bound == Usd(100 * 20_000)
    assert isinstance(allow(with_price, demand, Usd(1), "proven"), Failure)


def test_a_price_with_an_output_price_is_as_good_and_the_cheapest_serves() -> None:
    models = {"vectors": {"price": {"input": "0.02"}}, "dear": {"price": {"input": "1", "output": "4"}}, "unpriced": {}}
    deployments = [{"model": name, "provider": "one", "name": name} for name in ("dear", "unpriced", "vectors")]
    muxer = Muxer(config(models=models, deployments=deployments, groups={"any": ["dear", "unpriced", "vectors"]}))
    done = run(muxer, "a", lambda _: vectors([1.0]), model="any", max_cost="1")
    assert [attempt.where for attempt in ended(done).attempts] == ["vectors"]
    only_dear = run(muxer, "a", lambda _: vectors([1.0], tokens=3), model="dear", max_cost="1")
    assert ended(only_dear).cost == Usd(3_000_000)


def test_what_nobody_bills_has_no_bound_and_fits_under_any_ceiling() -> None:
    allowance = allow(place(0, price=None), Demand(billed=False), Usd(0), "proven")
    assert not isinstance(allowance, Failure)
    assert (allowance.max_tokens, allowance.bound) == (None, None)


def test_fields_that_may_add_input_have_no_bound() -> None:
    muxer = Muxer(config())
    with pytest.raises(CallFailed, match="images"):
        start(muxer, VirtualClock(), "a", extras={"images": []}, max_cost="1")
    start(muxer, VirtualClock(), "a", extras={"truncate": "END"}, max_cost="1")


def test_each_input_has_the_context_window_to_itself() -> None:
    muxer = Muxer(config())
    start(muxer, VirtualClock(), ["word " * 60] * 5)
    with pytest.raises(CallFailed, match="context"):
        start(muxer, VirtualClock(), ["word " * 200])
    with pytest.raises(CallFailed, match="context"):
        start(muxer, VirtualClock(), [[1] * 101])


def test_a_refusal_goes_to_the_next_deployment() -> None:
    scripts = iter([refusal(429), vectors([1.0])])
    done = run(Muxer(config()), "a", lambda _: next(scripts))
    assert [attempt.status for attempt in ended(done).attempts] == ["failed", "complete"]


def test_law_2_a_reply_with_too_few_vectors_is_not_complete() -> None:
    done = run(Muxer(config()), ["a", "b"], lambda _: vectors([1.0]))
    assert failure(done).kind == "malformed"
    assert "1 vectors for 2 inputs" in failure(done).message
    assert not any(isinstance(item, EmbeddingsReported) for item in done.items)


def test_the_configured_ceiling_holds_for_vectors() -> None:
    muxer = Muxer(config(max_cost="0.0000001"))
    with pytest.raises(CallFailed) as failed:
        start(muxer, VirtualClock(), "a word or two")
    assert failed.value.outcome.failure is not None
    assert failed.value.outcome.failure.kind == "over_ceiling"


def counting(answer: Script, dialect: Any, **fields: Any) -> Run:
    request = chat_request("How many?", "m", {})
    operation = CountTokens(request)
    at = msgspec.structs.replace(place(0, price=PriceCard.per_million(input=1, output=4)), dialect=dialect)
    clock = VirtualClock()
    plan = Plan(choices=ListedChoices((0,)), places=(at,), **fields)
    call = Call(operation, plan, call_id="c", seed=1, moment=clock())
    return simulate(call, lambda _: answer, clock, ledger=OpenLedger())


def test_a_count_costs_nothing() -> None:
    done = counting(
        (Head(), Data(b'{"object":"response.input_tokens","input_tokens":11}'), End()), Counts(), max_cost=Usd(0)
    )
    builder = ReplyBuilder()
    builder.add(done.items)
    reply = builder.build(ended(done))
    assert (reply.input_tokens, reply.cost) == (11, Usd(0))
    assert reply.outcome.attempts[0].usage is None


def test_a_refused_count_says_the_servers_words() -> None:
    done = counting(refusal(401), Counts())
    assert (failure(done).kind, failure(done).message) == ("auth", "Incorrect API key provided")


def test_a_dialect_without_them_refuses_before_anything_is_sent() -> None:
    with pytest.raises(InvalidRequest, match="messages: cannot be said in the dialect only_chat: it counts no tokens"):
        counting((End(),), OnlyChat())
    embed = Embed(embedding_request("a", "m", {}), Demand(max_tokens=0))
    at = msgspec.structs.replace(place(0), dialect=cast("Any", OnlyChat()))
    with pytest.raises(InvalidRequest, match="inputs: cannot be said in the dialect only_chat: it makes no vectors"):
        embed.encode(at, max_tokens=None, tries=0)


def test_a_model_that_nobody_can_count_for_is_named() -> None:
    with pytest.raises(InvalidRequest, match="model: no deployment of 'vectors' counts tokens"):
        Muxer(config()).start_count(chat_request("a", "vectors", {}), call_id="c", seed=1, moment=Moment(0.0, 0.0))


def test_names_in_traces() -> None:
    request = embedding_request("a", "m", {})
    assert Embed(request, Demand()).name == "embed"
    assert CountTokens(chat_request("a", "m", {})).name == "count_tokens"
