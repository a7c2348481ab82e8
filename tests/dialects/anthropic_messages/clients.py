"""The vendor's own client, reading bytes of ours: its transport hands it what our server role wrote, and it does the rest itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import httpx2
from anthropic import Anthropic, DefaultHttpxClient
from anthropic.types.beta import BetaMessage, BetaRawMessageStreamEvent
from pydantic import TypeAdapter, ValidationError

from muxer_core.dialects.anthropic_messages import AnthropicMessages
from muxer_core.dialects.server import Answered, Answering, Asked
from muxer_core.values.items import Item
from muxer_core.values.messages import Message, TextPart
from muxer_core.values.request import ChatRequest
from muxer_core.wire.heads import ResponseHead
from tests.dialects.anthropic_messages.independent import split_events

DIALECT = AnthropicMessages()
QUESTION = ChatRequest(model="m", max_tokens=64, messages=(Message("user", (TextPart("Why?"),)),))
ANSWERING = Answering("abc123", 1_700_000_000)

_EVENTS: TypeAdapter[Any] = TypeAdapter(BetaRawMessageStreamEvent)


def client_of(head: ResponseHead, body: bytes) -> Anthropic:
    """A client to whom every request is answered so."""
    answer = httpx2.Response(head.status, headers=list(head.headers.items()), content=body)
    transport = httpx2.MockTransport(lambda _: answer)
    return Anthropic(
        api_key="k", base_url="http://localhost", max_retries=0, http_client=DefaultHttpxClient(transport=transport)
    )


def written(
    items: Sequence[Item],
    *,
    stream: bool,
    answering: Answering = ANSWERING,
    batches: Iterable[Sequence[Item]] | None = None,
) -> Answered:
    """What our server role writes for these items."""
    encoder = DIALECT.reply_encoder(Asked(QUESTION, stream=stream), answering)
    pieces = [encoder.receive_items(batch) for batch in ([items] if batches is None else batches)]
    return Answered(encoder.head, b"".join(pieces))


def is_valid(body: bytes, *, stream: bool) -> bool:
    """Does a body of the vendor's own agree with the types of its client of today? Some old ones do not."""
    try:
        check(body, stream=stream)
    except ValidationError:
        return False
    return True


def check(body: bytes, *, stream: bool) -> None:
    """Check a body against the client's own types."""
    if not stream:
        BetaMessage.model_validate(json.loads(body))
        return
    for _, data in split_events(body):
        event = json.loads(data)
        if event["type"] != "ping":
            _EVENTS.validate_python(event)


def read_stream(answered: Answered, *, old: bool = False) -> BetaMessage:
    """The message that the client puts together from a stream, each event checked against its own types. `old`: its blocks are old ones."""
    if not old:
        check(answered.body, stream=True)
    asked: list[Any] = [{"role": "user", "content": "Why?"}]
    with (
        client_of(answered.head, answered.body) as client,
        client.beta.messages.stream(model="m", max_tokens=64, messages=asked) as stream,
    ):
        return stream.get_final_message()


def read_whole(answered: Answered, *, old: bool = False) -> BetaMessage:
    """The message that the client reads, checked against its own types. `old`: its blocks are old ones."""
    if not old:
        check(answered.body, stream=False)
    asked: list[Any] = [{"role": "user", "content": "Why?"}]
    with client_of(answered.head, answered.body) as client:
        return client.beta.messages.create(model="m", max_tokens=64, messages=asked)
