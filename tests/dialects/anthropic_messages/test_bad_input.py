"""What becomes of replies that are not as they should be: each kind of damage has one written outcome, and nothing raises."""

from __future__ import annotations

import json
from typing import Any

import pytest

from muxer_core.dialects.anthropic_messages.assembly import MAX_BLOCKS
from muxer_core.values.items import (
    ChoiceFinished,
    CitationsReported,
    ExtrasReported,
    FailureReported,
    Item,
    PartEnded,
    ReasoningDelta,
    ReplyEnded,
    ReplyStarted,
    ServerToolReported,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from muxer_core.values.messages import ProviderPart, ServerToolCallPart, ServerToolResultPart
from muxer_core.wire.heads import Headers, ResponseHead
from muxer_core.wire.limits import Limits
from tests.dialects.anthropic_messages.exchanges import (
    DIALECT,
    START,
    STOP,
    Exchange,
    closed,
    decode,
    finished,
    kind_of,
    more,
    opened,
    said,
    stream_body,
    streamed,
    whole_items,
)


def arguments(items: list[Item]) -> dict[int, str]:
    found: dict[int, str] = {}
    for item in items:
        if isinstance(item, ToolCallDelta):
            found[item.call] = found.get(item.call, "") + item.arguments
    return found


def call(index: int, name: str = "f") -> dict[str, Any]:
    return opened(index, type="tool_use", id=f"t{index}", name=name, input={})


# --- tool calls ---------------------------------------------------------------------------------------------------------------------------


def test_truncated_arguments_stay_the_text_that_they_are() -> None:
    items = said(call(0), more(0, type="input_json_delta", partial_json='{"a'), closed(0), finished("max_tokens"))
    assert arguments(items) == {0: '{"a'}
    assert [item.reason for item in items if isinstance(item, ChoiceFinished)] == ["length"]


def test_interleaved_blocks_keep_their_own_pieces() -> None:
    items = said(
        call(0),
        call(1),
        more(1, type="input_json_delta", partial_json='{"b":'),
        more(0, type="input_json_delta", partial_json='{"a":'),
        more(1, type="input_json_delta", partial_json="2}"),
        more(0, type="input_json_delta", partial_json="1}"),
        closed(0),
        closed(1),
    )
    assert arguments(items) == {0: '{"a":1}', 1: '{"b":2}'}


def test_blocks_that_all_have_one_index_are_blocks_one_after_the_other() -> None:
    items = said(call(0), more(0, type="input_json_delta", partial_json="[1]"), call(0, "g"), closed(0))
    assert arguments(items) == {0: "[1]", 1: "{}"}
    assert [item.name for item in items if isinstance(item, ToolCallDelta) and item.name] == ["f", "g"]


def test_input_at_a_blocks_start_counts_where_no_piece_follows() -> None:
    given = opened(0, type="tool_use", id="t", name="f", input={"a": 1})
    assert arguments(said(given, closed(0))) == {0: '{"a": 1}'}
    assert arguments(said(given, more(0, type="input_json_delta", partial_json='{"b":2}'), closed(0))) == {0: '{"b":2}'}


def test_a_call_without_input_has_the_empty_object() -> None:
    assert arguments(said(call(0), more(0, type="input_json_delta", partial_json=""), closed(0))) == {0: "{}"}


def test_whole_input_keeps_the_servers_own_text() -> None:
    text = '{"id":"m","content":[{"type":"tool_use","id":"t","name":"f","input":{ "n": 1.50e2, "n": 12345678901234567890123 }}]}'
    assert arguments(whole_items(text)) == {0: '{ "n": 1.50e2, "n": 12345678901234567890123 }'}


def test_input_that_strict_json_cannot_read_is_written_anew() -> None:
    text = '{"id":"m","content":[{"type":"text","text":"a"},{"type":"tool_use","id":"t","name":"f","input":{"a":"\\ud800","b":NaN}}]}'
    assert arguments(whole_items(text)) == {0: '{"a":"\ufffd","b":null}'}


@pytest.mark.parametrize("position", [0, 7])
def test_a_piece_for_a_block_that_never_began_is_malformed(position: int) -> None:
    body = stream_body(START, more(position, type="input_json_delta", partial_json="{}"), STOP)
    assert kind_of(streamed(body)) == "malformed"


def test_a_tool_use_without_an_id_is_a_part_of_the_servers_own() -> None:
    items = said(opened(0, type="tool_use", name="f", input={}), closed(0))
    assert [type(item.part) for item in items if isinstance(item, ServerToolReported)] == [ProviderPart]


# --- text, thinking and blocks of the server's own ----------------------------------------------------------------------------------------


def test_text_of_a_block_that_never_began_is_taken() -> None:
    assert [item.text for item in said(more(3, type="text_delta", text="a")) if isinstance(item, TextDelta)] == ["a"]


def test_a_block_that_never_ends_ends_with_the_message() -> None:
    for last in ([finished()], []):
        items = said(opened(0, type="text", text="a"), *last)
        assert sum(isinstance(item, PartEnded) for item in items) == 1


def test_the_end_of_a_block_that_is_not_open_says_nothing() -> None:
    assert said(closed(5)) == []


def test_unknown_events_blocks_and_deltas_lose_nothing_that_was_said() -> None:
    items = said(
        {"type": "brand_new", "index": 0},
        opened(0, type="novel", content="a", other=1),
        more(0, type="novel_delta", content="b", other=2),
        closed(0),
        opened(1, type="text", text="t"),
        more(1, type="novel_delta", flavour="x"),
        more(1, type="text_delta", text="u", tone="calm"),
        closed(1),
        more(9, type="novel_delta", flavour="lost: no block is open"),
    )
    parts = [item.part for item in items if isinstance(item, ServerToolReported)]
    assert parts == [ProviderPart({"type": "novel", "content": "ab", "other": 2})]
    assert [item.extras for item in items if isinstance(item, PartEnded)] == [{"flavour": "x", "tone": "calm"}]


def test_a_servers_tool_is_told_whole() -> None:
    use = opened(0, type="server_tool_use", id="s", name="web_search", input={})
    result = {"type": "web_search_tool_result_error", "error_code": "unavailable"}
    items = said(
        use,
        more(0, type="input_json_delta", partial_json='{"q":'),
        more(0, type="input_json_delta", partial_json='"x"}'),
        closed(0),
        opened(1, type="web_search_tool_result", tool_use_id="s", content=result),
        closed(1),
        use,
        more(0, type="input_json_delta", partial_json='{"q'),
        closed(0),
    )
    parts = [item.part for item in items if isinstance(item, ServerToolReported)]
    assert isinstance(parts[0], ServerToolCallPart)
    assert parts[0].input == {"q": "x"} == parts[0].native["input"]
    assert isinstance(parts[1], ServerToolResultPart)
    assert (parts[1].name, parts[1].is_error) == ("web_search", True)
    assert isinstance(parts[2], ServerToolCallPart)
    assert parts[2].input == '{"q'


def test_a_citation_before_its_text_opens_the_text() -> None:
    native = {"type": "char_location", "cited_text": "x", "document_title": "T", "document_index": 0}
    items = said(
        opened(0, type="text", text=""),
        more(0, type="citations_delta", citation=native),
        more(0, type="citations_delta", citation="odd"),
        more(0, type="text_delta", text="a"),
        closed(0),
    )
    assert [type(item) for item in items] == [TextDelta, CitationsReported, CitationsReported, TextDelta, PartEnded]
    kinds = [item.citations[0].kind for item in items if isinstance(item, CitationsReported)]
    assert kinds == ["document", "other"]


def test_thinking_given_whole_and_a_signature_that_is_empty() -> None:
    items = said(
        opened(0, type="thinking", thinking="a", signature="s"),
        closed(0),
        more(1, type="signature_delta", signature=""),
    )
    assert [(item.text, item.signature) for item in items if isinstance(item, ReasoningDelta)] == [
        ("a", None),
        ("", "s"),
    ]


def test_lone_surrogates_and_bad_utf_8_become_replacement_characters() -> None:
    text = '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a\\ud83d"}}'
    assert [item.text for item in said(text) if isinstance(item, TextDelta)] == ["a\ufffd"]
    raw = (
        stream_body(START)
        + b"event: content_block_delta\ndata: "
        + text.replace("\\ud83d", "~").encode().replace(b"~", b"\xff")
        + b"\n\n"
    )
    assert [item.text for item in streamed(raw) if isinstance(item, TextDelta)] == ["a\ufffd"]


def test_an_object_where_a_text_was_due_is_its_json_for_arguments_and_nothing_for_text() -> None:
    items = said(
        call(0),
        more(0, type="input_json_delta", partial_json={"a": 1}),
        more(0, type="text_delta", text={"x": 1}),
        closed(0),
    )
    assert arguments(items) == {0: '{"a":1}'}
    assert not any(isinstance(item, TextDelta) for item in items)


def test_of_repeated_keys_the_last_wins() -> None:
    text = '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a","text":"b"}}'
    assert [item.text for item in said(text) if isinstance(item, TextDelta)] == ["b"]


# --- the message --------------------------------------------------------------------------------------------------------------------------


def test_a_second_start_says_nothing_before_content_and_is_malformed_within_another_message() -> None:
    assert [type(item) for item in said(START)] == []
    other = {**START, "message": {**START["message"], "id": "msg_2"}}
    assert kind_of(streamed(stream_body(START, other, STOP))) == "complete"
    text = opened(0, type="text", text="a")
    assert kind_of(streamed(stream_body(START, text, START, STOP))) == "complete"
    assert kind_of(streamed(stream_body(START, text, other, STOP))) == "malformed"


def test_content_as_a_text_is_a_text() -> None:
    start = {"type": "message_start", "message": {**START["message"], "content": "hello"}}
    items = streamed(stream_body(start, STOP))
    assert [item.text for item in items if isinstance(item, TextDelta)] == ["hello"]


def test_unknown_fields_of_the_reply_are_extras() -> None:
    start = {"type": "message_start", "message": {**START["message"], "container": {"id": "c"}, "nothing": None}}
    change = {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "novel": 1},
        "usage": None,
        "beside": {"x": 2},
    }
    items = streamed(stream_body(start, change, STOP))
    assert [item.fields for item in items if isinstance(item, ExtrasReported)] == [
        {"container": {"id": "c"}},
        {"beside": {"x": 2}},
        {"novel": 1},
    ]


def test_a_stop_reason_that_changes_is_told_again_and_one_that_is_unknown_means_stop() -> None:
    items = said(finished("novel"), finished("novel"), finished("max_tokens"))
    assert [(item.reason, item.native) for item in items if isinstance(item, ChoiceFinished)] == [
        ("stop", "novel"),
        ("length", "max_tokens"),
    ]


@pytest.mark.parametrize(
    ("events", "kind"),
    [
        ([STOP], "malformed"),
        ([finished()], "malformed"),
        ([{"type": "message_start"}], "malformed"),
        ([START], "truncated"),
        ([START, finished()], "truncated"),
        ([], "truncated"),
        ([{"type": "ping"}], "truncated"),
        (["[DONE]"], "truncated"),
        ([START, "[DONE]", "null", STOP], "complete"),
        ([START, "{"], "malformed"),
        ([START, "[1]"], "malformed"),
        ([START, '{"type":"content_block_start","index":0}'], "malformed"),
        ([START, '{"type":"content_block_start","index":-1,"content_block":{"type":"text"}}'], "malformed"),
        ([START, '{"type":"content_block_start","index":"x","content_block":{"type":"text"}}'], "malformed"),
        ([START, '{"type":"content_block_delta","index":0}'], "malformed"),
        ([START, '{"type":"content_block_delta","index":1e30,"delta":{"type":"text_delta","text":"a"}}'], "malformed"),
        ([START, '{"type":"content_block_delta","index":0.0,"delta":{"type":"text_delta","text":"a"}}', STOP], "complete"),
        ([START, "[" * 400 + "]" * 400], "limit_exceeded"),
        ([{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}], "overloaded"),
        ([START, {"type": "error", "error": {"type": "api_error", "message": "Internal"}}, STOP], "server_error"),
        ([START, {"type": "error", "error": {"type": "rate_limit_error", "message": "x"}}], "rate_limited"),
        ([START, {"type": "error", "error": {"type": "invalid_request_error", "message": "prompt is too long"}}], "context_too_long"),
        ([START, {"type": "error", "error": None}], "server_error"),
        ([START, '{"error":{"message":"boom"}}'], "server_error"),
        ([START, {"type": "error", "error": "in words"}], "server_error"),
    ],
)  # fmt: skip
def test_how_a_stream_ends(events: list[Any], kind: str) -> None:
    assert kind_of(streamed(stream_body(*events))) == kind


def test_events_after_the_end_are_ignored() -> None:
    body = stream_body(START, STOP)
    assert streamed(body + stream_body(more(0, type="text_delta", text="late"), STOP)) == streamed(body)
    failed = stream_body(START, {"type": "error", "error": {"type": "api_error", "message": "x"}})
    assert streamed(failed + stream_body(STOP)) == streamed(failed)


def test_an_end_without_its_blank_line_is_an_end_and_any_other_is_not() -> None:
    assert kind_of(streamed(stream_body(START, STOP).rstrip())) == "complete"
    assert kind_of(streamed(stream_body(START, finished()).rstrip())) == "truncated"
    assert kind_of(streamed(stream_body(START, STOP).rstrip()[:-1])) == "truncated"
    inside = streamed(stream_body(START)[:-20])
    assert kind_of(inside) == "truncated"


def test_too_many_blocks_cross_a_named_limit() -> None:
    items = streamed(stream_body(START, *(opened(n, type="text", text="") for n in range(MAX_BLOCKS + 1))))
    assert kind_of(items) == "limit_exceeded"
    assert isinstance(items[-1], FailureReported)
    assert "MAX_BLOCKS" in items[-1].failure.message


def test_limits_of_a_stream_and_of_a_body_are_named() -> None:
    long = stream_body(START, more(0, type="text_delta", text="a" * 500), STOP)
    for limits in (Limits(line=100), Limits(event=100), Limits(stream=100)):
        assert kind_of(streamed(long, limits)) == "limit_exceeded"
    assert kind_of(whole_items('{"content":[]}', Limits(body=5))) == "limit_exceeded"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<html><body>Bad gateway</body></html>", "malformed"),
        ("", "truncated"),
        ("null", "malformed"),
        ("[1]", "malformed"),
        ('"text"', "malformed"),
        ("{}", "malformed"),
        ('{"content":"text"}', "malformed"),
        ('{"content":[1]}', "malformed"),
        ('{"choices":[]}', "malformed"),
        ('{"content":[{"type":"text"', "malformed"),
        ('{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', "overloaded"),
        ('{"error":{"message":"boom"}}', "server_error"),
        ('{"content":[]}', "complete"),
        ('\ufeff {"id":"m","content":[{"type":"text","text":"a"}]} ', "complete"),
        ('{"content":[{"type":"text","text":' + "[" * 300 + "]" * 300 + "}]}", "limit_exceeded"),
    ],
)
def test_how_a_whole_reply_ends(body: str, kind: str) -> None:
    assert kind_of(whole_items(body)) == kind
    if body.startswith("{"):  # also where a stream was asked for: told by its first byte
        assert kind_of(streamed(body.encode())) == kind


def test_html_in_a_stream_is_no_answer() -> None:
    assert kind_of(streamed(b"<html>\n\n<body>oops</body></html>")) == "truncated"


def test_a_stream_that_was_not_asked_for_is_told_by_its_content_type() -> None:
    head = ResponseHead(200, Headers((("Content-Type", "Text/Event-Stream; charset=utf-8"),)))
    items = decode(Exchange("", head, stream_body(START, STOP), stream=False))
    assert items[-1] == ReplyEnded("message_stop")


def test_bytes_after_a_crossed_limit_and_after_the_end_give_nothing() -> None:
    for stream in (True, False):
        decoder = DIALECT.chat_decoder(
            ResponseHead(200), stream=stream, limits=Limits(body=4, stream=4), keep_source=False
        )
        assert isinstance(decoder.receive_data(b"123456789")[-1], FailureReported)
        assert decoder.receive_data(b"more") == []
        assert decoder.receive_eof() == []
    decoder = DIALECT.chat_decoder(ResponseHead(200), stream=False, limits=Limits(), keep_source=False)
    decoder.receive_data(b'{"content":[]}')
    assert isinstance(decoder.receive_eof()[-1], ReplyEnded)
    assert decoder.receive_eof() == []


def test_a_reply_that_says_its_reason_at_the_start_is_whole_at_once() -> None:
    """A turn that only asks for a tool, from code that the provider runs: all of it stands in `message_start` (recorded)."""
    block = {"type": "tool_use", "id": "t", "name": "f", "input": {"p": "x"}, "caller": {"type": "direct"}}
    usage = {"input_tokens": 1, "output_tokens": 2}
    message = {**START["message"], "content": [block], "stop_reason": "tool_use", "usage": usage}
    items = streamed(stream_body({"type": "message_start", "message": message}, STOP))
    assert [type(item) for item in items] == [
        ReplyStarted, ToolCallDelta, ToolCallDelta, PartEnded, ChoiceFinished, UsageReported, ReplyEnded,
    ]  # fmt: skip
    assert json.loads(arguments(items)[0]) == {"p": "x"}
    assert [item.extras for item in items if isinstance(item, PartEnded)] == [{"caller": {"type": "direct"}}]
    assert [item.usage.exact for item in items if isinstance(item, UsageReported)] == [True]
