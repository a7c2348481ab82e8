"""Properties: drawn streams and requests, beyond what was recorded."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from muxer_core.call.reply_builder import ReplyBuilder
from muxer_core.dialects.openai_responses.decode import decode_request
from muxer_core.dialects.openai_responses.message_writer import MessageWriter
from muxer_core.dialects.openai_responses.reading import Reading
from muxer_core.dialects.openai_responses.reasoning import GAP, cut_up, lay_out
from muxer_core.testing.openai_responses import EventStream, event_streams, request_bodies, stream_bytes
from muxer_core.values.items import Item, PartEnded
from muxer_core.wire.heads import ResponseHead
from tests.dialects.openai_responses.exchanges import LIMITS, Exchange, decode, streamed, whole_items
from tests.dialects.openai_responses.test_server import encode, events, said, without_arguments, written_again


@given(event_streams(), st.sampled_from(["\n", "\r\n", "\r"]), st.lists(st.integers(0, 3000), max_size=8))
def test_law_1_what_a_stream_says_does_not_depend_on_its_cut(
    drawn: EventStream, line_end: str, edges: list[int]
) -> None:
    body = stream_bytes(drawn.events, line_end)
    places = sorted({min(edge, len(body)) for edge in edges})
    cut = [body[start:end] for start, end in zip([0, *places], [*places, len(body)], strict=True)]
    exchange = Exchange("", ResponseHead(200), body, stream=True)
    items = decode(exchange, cut)
    assert items == decode(exchange) == decode(exchange, [body[at : at + 1] for at in range(len(body))])
    told = said(items)
    assert told["ended"]
    assert (told["text"], told["refusal"], told["calls"]) == (drawn.text, drawn.refusal, list(drawn.calls))
    assert told["thinking"] == drawn.thinking
    assert told["finish"] == [("tool_call" if drawn.calls else "stop", "completed")]


@given(event_streams())
def test_a_whole_reply_says_what_the_stream_said(drawn: EventStream) -> None:
    streams, whole = streamed(stream_bytes(drawn.events)), whole_items(drawn.response)
    assert said(whole) == said(streams)
    assert [item for item in whole if isinstance(item, PartEnded)] == [
        one for one in streams if isinstance(one, PartEnded)
    ]


@given(event_streams())
def test_the_typed_and_the_lenient_reader_agree(drawn: EventStream) -> None:
    typed, lenient = Reading(LIMITS, "openai"), Reading(LIMITS, "openai")
    for event in drawn.events:
        data = json.dumps(event).encode()
        ours: list[Item] = []
        theirs: list[Item] = []
        if not typed.read_event(data, ours):
            typed.read(data, ours)
        lenient.read(data, theirs)
        assert ours == theirs


@given(event_streams())
def test_the_answer_goes_back_as_the_items_it_was(drawn: EventStream) -> None:
    """What the reply builder makes of a stream is written, on the next turn, as the very items of the response."""
    builder = ReplyBuilder()
    builder.add(streamed(stream_bytes(drawn.events)))
    answers = builder.answers()
    if not answers:
        assert drawn.response["output"] == []
        return
    writer = MessageWriter("openai")
    writer.write([answers[0].message])
    sent = [item for item in drawn.response["output"] if item["type"] != "message" or _says(item)]
    assert [_comparable(item) for item in writer.items] == [_comparable(item) for item in sent]
    assert writer.warnings == []


def _says(item: Any) -> bool:
    """A message without a word is no part of an answer."""
    return any(part.get("text") or part.get("refusal") for part in item["content"])


def _comparable(item: Any) -> Any:
    """Without empty log probabilities, which no request needs."""
    parts = item.get("content")
    if item["type"] != "message" or not parts:
        return item
    return {**item, "content": [{name: one for name, one in part.items() if name != "logprobs"} for part in parts]}


@given(event_streams())
def test_what_the_server_role_writes_is_read_the_same(drawn: EventStream) -> None:
    items = streamed(stream_bytes(drawn.events))
    assert said(whole_items(encode(items, stream=False))) == said(items)
    stream = encode(items, stream=True)
    assert events(stream)[-1]["type"] == "response.completed"
    assert said(streamed(stream)) == said(items)


@given(request_bodies())
def test_a_request_is_read_and_written_without_loss(body: dict[str, Any]) -> None:
    assert without_arguments(written_again(body)) == without_arguments(body)


@given(request_bodies())
def test_reading_what_was_written_gives_the_same_request(body: dict[str, Any]) -> None:
    first = decode_request(dict(body))
    assert decode_request({**written_again(body), "model": "m"}) == first


@given(st.lists(st.tuples(st.sampled_from(["summary", "content"]), st.text(max_size=5)), max_size=5))
def test_thinking_falls_into_its_pieces_again(drawn: list[tuple[str, str]]) -> None:
    text, form = lay_out(drawn)
    assert cut_up(text, form) == drawn or (drawn == [] and text == "")
    assert text == GAP.join(piece for _, piece in drawn if piece)
