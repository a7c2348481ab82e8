"""A recorded reply goes back on the next turn as the items it was: ids, phases, seals and uses of the provider's tools."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from muxer_core.call.reply_builder import ReplyBuilder
from muxer_core.dialects.openai_responses.message_writer import MessageWriter
from muxer_core.values.items import ReplyEnded, WarningReported
from tests.dialects.openai_chat.independent import split_events
from tests.dialects.openai_responses.exchanges import Exchange, collection, decode, sample
from tests.dialects.openai_responses.test_recorded import is_response
from tests.support.shared import shared_path

Json = Any


def told(exchange: Exchange) -> Iterator[Json]:
    """The items that a reply finished, in the order of their places; a message without a word is no part of an answer."""
    items: list[tuple[int, Json]] = []
    if exchange.stream:
        for _, data in split_events(exchange.body + b"\n\n"):
            event: Json = {"type": ""} if data == "[DONE]" else json.loads(data)
            if event["type"] == "response.output_item.done":
                items.append((event.get("output_index", 0), event["item"]))
    else:
        output: list[Json] = json.loads(exchange.body)["output"]
        items = list(enumerate(output))
    for _, item in sorted(items, key=lambda placed: placed[0]):
        if item.get("type") != "message" or any(part.get("text") or part.get("refusal") for part in item["content"]):
            yield comparable(item)


def comparable(item: Json) -> Json:
    """Without log probabilities, which no request needs, and without what is null or empty in a text."""
    if item.get("type") != "message":
        return item
    parts: Json = item["content"]
    kept = [{name: one for name, one in part.items() if one not in (None, []) and name != "logprobs"} for part in parts]
    return {**item, "content": kept}


def check(exchange: Exchange) -> bool:
    """False where there is nothing to send back."""
    items = decode(exchange)
    if not isinstance(items[-1], ReplyEnded) or any(
        isinstance(item, WarningReported) and "another text" in item.message for item in items
    ):
        return False
    builder = ReplyBuilder()
    builder.add(items)
    answers = builder.answers()
    writer = MessageWriter("openai")
    writer.write([answer.message for answer in answers])
    sent = [comparable(item) for item in writer.items]
    expected = list(told(exchange))
    assert writer.warnings == [], exchange.id
    if len(expected) < len(sent):  # a recording whose end holds items that its middle, cut by hand, does not
        assert all(item in sent for item in expected), exchange.id
    else:
        assert sent == expected, exchange.id
    return bool(sent)


@pytest.mark.parametrize(
    "exchange",
    [one for one in sample() if one.head.is_success and is_response(one)],
    ids=lambda exchange: exchange.id,
)
def test_a_reply_goes_back_as_the_items_it_was(exchange: Exchange) -> None:
    check(exchange)


@pytest.mark.slow
def test_every_reply_of_the_collection_goes_back_as_the_items_it_was() -> None:
    checked = 0
    for exchange in collection(shared_path("recordings")):
        if exchange.head.is_success and is_response(exchange):
            checked += check(exchange)
    assert checked > 1400
