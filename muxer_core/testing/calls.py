"""Hypothesis strategies for calls: configurations (`scenarios`) and replies of a server (`reply_chunks`), in OpenAI's form."""

from __future__ import annotations

import json

import msgspec
from hypothesis import strategies as st

from muxer_core.call.ceiling import Demand
from muxer_core.call.operation import Chat, Operation
from muxer_core.call.plan import Place, Plan
from muxer_core.call.policies import CascadePolicy, HedgePolicy, Policies, RetryPolicy, Timeouts
from muxer_core.dialects.openai_chat import OpenAIChat
from muxer_core.dialects.protocol import Target
from muxer_core.money import PriceCard
from muxer_core.values.amount import Usd
from muxer_core.values.messages import Message, TextPart
from muxer_core.values.request import ChatRequest

DIALECT = OpenAIChat()

ERROR_BODIES: dict[int, bytes] = {
    500: b'{"error": {"message": "The server had an error", "type": "server_error", "code": null}}',
    429: b'{"error": {"message": "Rate limit reached", "type": "requests", "code": "rate_limit_exceeded"}}',
    401: b'{"error": {"message": "Incorrect API key provided", "type": "invalid_request_error", "code": "invalid_api_key"}}',
    404: b'{"error": {"message": "The model does not exist", "type": "invalid_request_error", "code": "model_not_found"}}',
    400: b'{"error": {"message": "maximum context length is 8192 tokens", "code": "context_length_exceeded"}}',
}
"""What a server says with each error status that the scenarios use."""


class ListedChoices(msgspec.Struct, frozen=True):
    """Choices that simply go down a list of places."""

    order: tuple[int, ...]

    @property
    def chosen(self) -> int:
        """The first of the list."""
        return self.order[0]

    def next_choice(self, tried: int) -> int | None:
        """The next of the list that was not tried."""
        return next((place for place in self.order if not tried >> place & 1), None)


class Scenario(msgspec.Struct, frozen=True):
    """A call and the circumstances of its run. `cancel_at_step` is the event after which it is cancelled, or None."""

    operation: Operation
    plan: Plan
    seed: int
    parallel: int
    reports_connected: bool
    consumer_pause: float
    cancel_at_step: int | None


def place(
    number: int, *, card: str | None = None, price: PriceCard | None = None, context_window: int | None = None
) -> Place:
    """A place named after its number, at a provider of its own."""
    return Place(
        where=f"place-{number}",
        provider=f"provider-{number}",
        card=card or f"model-{number}",
        dialect=DIALECT,
        target=Target(
            where=f"place-{number}", base_url=f"http://upstream-{number}.invalid/v1", model=f"model-{number}"
        ),
        price=price or PriceCard.per_million(input=1 + number, output=4 + number),
        context_window=context_window,
        max_output_tokens=1000,
    )


def chat(*, streamed: bool = True, max_tokens: int | None = None, prompt: str = "Why is the sky blue?") -> Chat:
    """A chat operation with one short user message."""
    request = ChatRequest(model="auto", messages=(Message("user", (TextPart(prompt),)),), max_tokens=max_tokens)
    return Chat(request, Demand(input_estimate=10, input_bound=60, max_tokens=max_tokens), streamed)


def chunk(**fields: object) -> bytes:
    """One server-sent event with a chat completion chunk."""
    whole = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "model", **fields}
    return b"data: " + json.dumps(whole, separators=(",", ":")).encode() + b"\n\n"


def text_chunk(text: str) -> bytes:
    """An event that brings text."""
    return chunk(choices=[{"index": 0, "delta": {"content": text}, "finish_reason": None}])


ROLE = chunk(choices=[{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}])
NOTHING: dict[str, str] = {}
FINISH = chunk(choices=[{"index": 0, "delta": NOTHING, "finish_reason": "stop"}])
USAGE = chunk(choices=[], usage={"prompt_tokens": 12, "completion_tokens": 7, "total_tokens": 19})
DONE = b"data: [DONE]\n\n"
IN_STREAM_ERROR = b'data: {"error": {"message": "The server had an error", "type": "server_error", "code": null}}\n\n'


@st.composite
def reply_chunks(draw: st.DrawFn) -> list[bytes]:
    """What a server sends in answer, one element a read: most often a whole reply, now and then one that is cut, empty or in error."""
    texts = draw(st.lists(st.text(alphabet="abc é\n", min_size=1, max_size=4), min_size=1, max_size=3))
    events = [ROLE, *map(text_chunk, texts), FINISH, USAGE, DONE]
    fate = draw(st.sampled_from(["whole"] * 6 + ["cut", "error", "empty", "no usage", "garbage"]))
    if fate == "cut":
        events = events[: draw(st.integers(0, len(events) - 1))]
    elif fate == "error":
        events = [*events[: draw(st.integers(0, 2))], IN_STREAM_ERROR]
    elif fate == "empty":
        events = [ROLE, FINISH, USAGE, DONE]
    elif fate == "no usage":
        events.remove(USAGE)
    elif fate == "garbage":
        events.insert(draw(st.integers(0, 2)), b"data: {nonsense\n\n")
    body = b"".join(events)
    cuts = sorted(draw(st.sets(st.integers(1, max(1, len(body) - 1)), max_size=3)))
    return [piece for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True) if (piece := body[start:end])]


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Some configuration: one to four places, some of one model, with and without ceiling, hedge and cascade."""
    count = draw(st.integers(1, 4))
    shared = draw(st.booleans())
    places = tuple(place(number, card="shared" if shared else None) for number in range(count))
    kind = draw(st.sampled_from(["plain", "hedge", "hedge", "cascade", "cascade"]))
    policies = Policies(
        timeouts=Timeouts(connect=5, first_chunk=20, stall=10, attempt=draw(st.sampled_from([None, 40.0])), call=100),
        retry=RetryPolicy(
            max_retries=draw(st.integers(0, 2)), max_attempts=draw(st.integers(2 if kind == "hedge" else 1, 4))
        ),
        hedge=HedgePolicy(after=1.0, max_hedges=draw(st.integers(1, 2))) if kind == "hedge" else None,
        cascade=CascadePolicy(steps=draw(st.integers(2, 3))) if kind == "cascade" else None,
    )
    max_cost = draw(st.sampled_from([None, None, Usd.parse("0.002"), Usd.parse("0.0005")]))
    max_tokens = draw(st.sampled_from([None, 50]))
    return Scenario(
        operation=chat(streamed=True, max_tokens=max_tokens),
        plan=Plan(choices=ListedChoices(tuple(range(count))), places=places, policies=policies, max_cost=max_cost),
        seed=draw(st.integers(0, 2**64 - 1)),
        parallel=2 if kind == "hedge" else 1,
        reports_connected=draw(st.booleans()),
        consumer_pause=draw(st.sampled_from([0.0, 0.0, 60.0])),
        cancel_at_step=draw(st.sampled_from([None, None, None, 3, 4, 5, 6])),
    )
