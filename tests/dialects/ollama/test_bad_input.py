"""Bytes that no server should send: each has a written outcome, under any cut, and nothing raises."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.call.reply_builder import ReplyBuilder
from muxer_core.dialects.ollama import Ollama
from muxer_core.dialects.ollama.assembly import MAX_REMEMBERED
from muxer_core.testing.wire import json_texts
from muxer_core.values.items import (
    ExtrasReported,
    FailureReported,
    ImageDelta,
    Item,
    LogprobsReported,
    ReplyEnded,
    ReplyStarted,
    SourceEvent,
    TextDelta,
    WarningReported,
)
from muxer_core.values.messages import ReasoningPart, TextPart, ToolCallPart
from muxer_core.wire.limits import Limits
from tests.support.exchanges import calls_of, decode, ending_of, finish_of, reply, some_cuts, text_of, usage_of

DIALECT = Ollama()
TEXT = {
    "model": "m",
    "created_at": "2025-06-09T17:58:55.337823Z",
    "message": {"role": "assistant", "content": "x"},
    "done": False,
}
DONE = {**TEXT, "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}


def called(*functions: Any, **fields: Any) -> dict[str, Any]:
    return {
        **TEXT,
        "message": {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"function": one, **fields} for one in functions],
        },
    }


def told(*lines: Any, limits: Limits | None = None, keep_source: bool = False) -> list[Item]:
    """The items of a stream of these lines, the same under any cut."""
    body = b"".join(
        (one if isinstance(one, bytes) else json.dumps(one).encode("utf-8", "surrogatepass")) + b"\n" for one in lines
    )
    exchange = reply(body, stream=True)
    items = decode(DIALECT, exchange, limits=limits, keep_source=keep_source)
    for pieces in some_cuts(body, "cuts", 3):
        assert decode(DIALECT, exchange, pieces, limits=limits, keep_source=keep_source) == items
    return items


def test_done_is_the_end_and_what_follows_is_not_read() -> None:
    assert told(TEXT, DONE, TEXT, b"nonsense")[-1] == ReplyEnded("done: true")
    assert told(TEXT, DONE)[0] == ReplyStarted(None, "m", 1749491935, "ollama")


@pytest.mark.parametrize("lines", [(), (TEXT,), (TEXT, b""), (TEXT, json.dumps(DONE).encode()[:-5])])
def test_without_evidence_a_stream_is_truncated(lines: tuple[Any, ...]) -> None:
    body = b"\n".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in lines)
    assert ending_of(decode(DIALECT, reply(body, stream=True))) == "truncated"


def test_a_last_line_may_lack_its_end() -> None:
    assert ending_of(decode(DIALECT, reply(json.dumps(DONE), stream=True))) == "complete"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<html><body>busy</body></html>", "malformed"),
        ("", "truncated"),
        ('{"id":"c","choices":[]}', "malformed"),
        ('{"message":[1],"done":true}', "malformed"),
        ('{"message":{"content":[1]},"done":true}', "malformed"),
        ('{"error":"model requires more system memory"}', "server_error"),
        ('{"message":{"content":"a"},"done":false}', "truncated"),
        ("[1]", "malformed"),
        ("[" * 200, "limit_exceeded"),
        ('{"message":{"tool_calls":[{"function":{}}]},"done":true}', "malformed"),
        ('{"message":{"tool_calls":[1]},"done":true}', "malformed"),
    ],
)
def test_what_is_no_reply(body: str, kind: str, stream: bool) -> None:
    assert ending_of(decode(DIALECT, reply(body, stream=stream))) == kind


def test_an_error_in_a_stream_has_the_words_of_the_server() -> None:
    last = told(TEXT, {"error": "an error was encountered while running the model"}, DONE)[-1]
    assert isinstance(last, FailureReported)
    assert last.failure.message == "an error was encountered while running the model"


def test_a_stream_where_a_whole_reply_was_due_is_read() -> None:
    body = json.dumps(TEXT) + "\n" + json.dumps(DONE)
    assert text_of(decode(DIALECT, reply(body, content_type="application/x-ndjson"))) == "x"


def test_calls_without_ids_get_their_own_which_the_bytes_alone_decide() -> None:
    functions = (
        {"name": "weather", "arguments": {"city": "Oslo"}},
        {"index": 1, "name": "weather", "arguments": {"city": "Oslo"}},
    )
    items = told(called(*functions), called(functions[0]), DONE)
    found = calls_of(items)
    assert [call[1:] for call in found] == [("weather", {"city": "Oslo"})] * 3
    assert len({call[0] for call in found}) == 3
    assert found == calls_of(told(called(*functions), called(functions[0]), DONE))
    assert finish_of(items) == ("tool_call", "stop")
    later = {**called(functions[0]), "created_at": "2025-06-10T00:00:00Z"}
    assert calls_of(told(later, DONE))[0][0] != found[0][0]
    given_id = told(
        called({"name": "weather", "arguments": '{"a":1}'}, id="call_p7o2gz50"), called({"name": "now"}), DONE
    )
    assert calls_of(given_id)[0][0] == "call_p7o2gz50"
    assert [call[2] for call in calls_of(given_id)] == [{"a": 1}, {}]


def test_the_answer_goes_back_as_it_came() -> None:
    thought = {**TEXT, "message": {"role": "assistant", "content": "", "thinking": "hm"}}
    builder = ReplyBuilder()
    builder.add(told(thought, thought, TEXT, called({"name": "now", "arguments": {}}, id="c"), DONE))
    message = builder.answers()[0].message
    assert message.parts == (ReasoningPart("hmhm"), TextPart("x"), ToolCallPart("c", "now", "{}"))
    assert message.dialect == "ollama"


def test_everything_beside_the_text_is_told() -> None:
    logprob = {"token": "x", "logprob": -0.5}
    line = {
        **TEXT,
        "logprobs": [logprob],
        "remote_host": "h",
        "message": {"role": "assistant", "content": "x", "images": ["AA"], "new": 1},
    }
    end = {
        **DONE,
        "remote_host": "h",
        "total_duration": 5,
        "image": "BB",
        "prompt_eval_count": 7,
        "eval_count": 2,
        "prompt_eval_cached_count": 9,
    }
    items = told(line, line, end)
    assert [item.fields for item in items if isinstance(item, ExtrasReported)] == [
        {"remote_host": "h"}, {"message": {"new": 1}}, {"message": {"new": 1}}, {"total_duration": 5},
    ]  # fmt: skip
    assert items.count(LogprobsReported([logprob])) == 2
    assert [item.url for item in items if isinstance(item, ImageDelta)] == [
        f"data:image/png;base64,{one}" for one in ("AA", "AA", "BB")
    ]
    usage = usage_of(items)
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens, usage.cached_input_tokens, usage.exact) == (7, 2, 7, True)
    assert WarningReported("prompt_eval_cached_count was cut: it is more than the prompt") in items


def test_counts_that_are_none_are_not_used() -> None:
    for count in (-1, 1.5, True, "3", 10**40):
        items = told({**DONE, "eval_count": count})
        assert usage_of(items) is None
        assert WarningReported("usage was not used: eval_count is no count") in items
    partial = usage_of(told({**DONE, "eval_count": 3}))
    assert partial is not None
    assert (partial.output_tokens, partial.exact) == (3, False)


@pytest.mark.parametrize(
    ("word", "reason"), [("length", "length"), ("load", "stop"), ("brand new", "stop"), (None, "stop"), (3, "stop")]
)
def test_why_it_stopped(word: Any, reason: str) -> None:
    assert finish_of(told({**DONE, "done_reason": word})) == (reason, word if isinstance(word, str) else "stop")


def test_times_that_are_none() -> None:
    for time in ("nonsense", 3, "2025-06-09T17:58:55", None):
        assert told({**TEXT, "created_at": time}, DONE)[0] == ReplyStarted(None, "m", None, "ollama")


def test_invalid_utf8_lone_surrogates_and_repeated_keys() -> None:
    bad = b'{"message":{"content":"a\xff\\ud83d","content":"b\xff\\ud83d"},"done":false}'
    assert text_of(told(TEXT, bad, DONE)) == "xb��"


def test_law_10_everything_held_is_bounded() -> None:
    assert ending_of(told({**TEXT, "x": "y" * 500}, limits=Limits(line=300))) == "limit_exceeded"
    assert ending_of(decode(DIALECT, reply("{" + " " * 50), limits=Limits(body=20))) == "limit_exceeded"
    many = [{**TEXT, f"f{number}": 1} for number in range(MAX_REMEMBERED + 20)]
    assert ending_of(decode(DIALECT, reply("\n".join(map(json.dumps, [*many, DONE])), stream=True))) == "complete"


def test_source_events_are_the_lines() -> None:
    items = told(TEXT, DONE, keep_source=True)
    assert [item.data for item in items if isinstance(item, SourceEvent)] == [
        json.dumps(TEXT).encode(),
        json.dumps(DONE).encode(),
    ]
    whole = decode(DIALECT, reply(json.dumps(DONE)), keep_source=True)
    assert whole[0] == SourceEvent(json.dumps(DONE).encode())


@given(st.lists(json_texts(), max_size=4))
def test_law_1_no_line_raises_and_cuts_change_nothing(lines: list[bytes]) -> None:
    told(*lines)


_values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(
        st.sampled_from(["message", "response", "content", "thinking", "tool_calls", "function", "name", "arguments", "id", "images",
                         "image", "done", "done_reason", "logprobs", "eval_count", "prompt_eval_count", "created_at", "model", "error"]),
        inner, max_size=4),
    max_leaves=10,
)  # fmt: skip


@given(st.lists(_values, max_size=3))
def test_no_shape_raises(lines: list[Any]) -> None:
    items = told(*lines)
    assert isinstance(items[-1], ReplyEnded | FailureReported)


@given(st.text(max_size=6))
def test_the_typed_reader_and_the_lenient_one_give_the_same(text: str) -> None:
    plain = {**TEXT, "message": {"role": "assistant", "content": text}}
    assert told(TEXT, plain, DONE) == told(TEXT, {**plain, "new": None}, DONE)
    assert text_of(told(TEXT, plain, DONE)).startswith("x")
    assert all(item.text for item in told(TEXT, plain) if isinstance(item, TextDelta))
