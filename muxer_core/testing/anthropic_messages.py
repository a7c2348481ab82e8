"""Hypothesis strategies for the Anthropic Messages dialect: streams that a well-behaved server could send, and request bodies of a client.

`event_streams` draws the events of one reply together with what they say; `stream_bytes` puts them on the wire; `request_bodies` draws
bodies as a client of the API would write them. Needs `hypothesis`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import strategies as st

JsonObject = dict[str, Any]


class EventStream(msgspec.Struct, frozen=True):
    """Events in order, and what they say: all text, all thinking, seals in order, tool calls as (id, name, input), and the stop reason.

    `usage` are input (the cached included) and output tokens.
    """

    events: tuple[JsonObject, ...]
    text: str
    thinking: str
    seals: tuple[str, ...]
    calls: tuple[tuple[str, str, JsonObject], ...]
    finish: str
    usage: tuple[int, int]


_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_names = st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True)
_seals = st.from_regex(r"[A-Za-z0-9+/]{4,20}=?", fullmatch=True)
_counts = st.integers(0, 10**6)
_inputs = st.dictionaries(_names, st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _texts, max_size=3)
_finishes = st.sampled_from(["end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal"])
_pings = st.sampled_from([(), ({"type": "ping"},)])


def _pieces(draw: st.DrawFn, text: str) -> list[str]:
    edges = sorted(draw(st.sets(st.integers(0, len(text)), max_size=4)))
    return [text[start:end] for start, end in zip([0, *edges], [*edges, len(text)], strict=True)]


@st.composite
def event_streams(draw: st.DrawFn, *, max_blocks: int = 5) -> EventStream:
    """The events of one reply: blocks of text, thinking, redacted thinking, tool calls and a server's tool, each in pieces."""
    cached, plain, output = draw(_counts), draw(_counts), draw(_counts)
    start: JsonObject = {"id": draw(_names), "type": "message", "role": "assistant", "model": "m", "content": [],
                         "stop_reason": None, "stop_sequence": None,
                         "usage": {"input_tokens": plain, "cache_read_input_tokens": cached, "output_tokens": 1}}  # fmt: skip
    events: list[JsonObject] = [{"type": "message_start", "message": start}]
    texts: list[str] = []
    thoughts: list[str] = []
    seals: list[str] = []
    calls: list[tuple[str, str, JsonObject]] = []
    for index in range(draw(st.integers(0, max_blocks))):

        def more(index: int = index, **delta: Any) -> None:
            events.append({"type": "content_block_delta", "index": index, "delta": delta})

        def begin(index: int = index, **block: Any) -> None:
            events.append({"type": "content_block_start", "index": index, "content_block": block})
            events.extend(draw(_pings))

        match draw(st.sampled_from(["text", "thinking", "redacted", "call", "server"])):
            case "text":
                text = draw(_texts)
                texts.append(text)
                begin(type="text", text="")
                for piece in _pieces(draw, text):
                    more(type="text_delta", text=piece)
            case "thinking":
                text, seal = draw(_texts), draw(_seals)
                thoughts.append(text)
                seals.append(seal)
                begin(type="thinking", thinking="", signature="")
                for piece in _pieces(draw, text):
                    more(type="thinking_delta", thinking=piece)
                more(type="signature_delta", signature=seal)
            case "redacted":
                seals.append(draw(_seals))
                begin(type="redacted_thinking", data=seals[-1])
            case "call":
                given = draw(_inputs)
                calls.append((f"toolu_{index}", draw(_names), given))
                begin(type="tool_use", id=calls[-1][0], name=calls[-1][1], input={})
                for piece in _pieces(draw, json.dumps(given) if given else ""):
                    more(type="input_json_delta", partial_json=piece)
            case _:
                begin(type="server_tool_use", id=f"srvtoolu_{index}", name="web_search", input={})
                for piece in _pieces(draw, json.dumps(draw(_inputs))):
                    more(type="input_json_delta", partial_json=piece)
        events.append({"type": "content_block_stop", "index": index})
    finish = draw(_finishes)
    delta = {"stop_reason": finish, "stop_sequence": None}
    events += [
        {"type": "message_delta", "delta": delta, "usage": {"output_tokens": output}},
        {"type": "message_stop"},
    ]
    return EventStream(
        tuple(events),
        "".join(texts),
        "".join(thoughts),
        tuple(seals),
        tuple(calls),
        finish,
        (plain + cached, output),
    )


def stream_bytes(events: Sequence[JsonObject], *, newline: str = "\n", named: bool = True) -> bytes:
    """The body of a stream of these events; `named`: with a line that names each."""
    lines: list[str] = []
    for event in events:
        lines += [f"event: {event['type']}"] if named else []
        lines += [f"data: {json.dumps(event)}", ""]
    return "".join(line + newline for line in lines).encode()


_marks = st.sampled_from([{}, {"cache_control": {"type": "ephemeral"}}, {"cache_control": {"type": "ephemeral", "ttl": "1h"}},
                          {"cache_control": None}])  # fmt: skip


def _with_mark(block: JsonObject, mark: JsonObject) -> JsonObject:
    return {**block, **mark}


def _marked(fixed: JsonObject, **drawn: st.SearchStrategy[Any]) -> st.SearchStrategy[JsonObject]:
    """An object of these fixed and drawn fields, with a cache mark or none."""
    fields: dict[str, st.SearchStrategy[Any]] = {**{name: st.just(value) for name, value in fixed.items()}, **drawn}
    return st.builds(_with_mark, st.fixed_dictionaries(fields), _marks)


_text_blocks = _marked({"type": "text"}, text=_texts)
_sources = st.sampled_from([
    {"type": "base64", "media_type": "image/png", "data": "AAAA"},
    {"type": "url", "url": "https://example.org/a.png"},
    {"type": "url", "url": "data:image/png;base64,AAAA"},
    {"type": "file", "file_id": "file_1"},
])  # fmt: skip
_documents = st.sampled_from([
    {"type": "base64", "media_type": "application/pdf", "data": "AAAA"},
    {"type": "text", "media_type": "text/plain", "data": "text"},
    {"type": "url", "url": "https://example.org/a.pdf"},
    {"type": "file", "file_id": "file_1"},
    {"type": "content", "content": "text"},
    {"type": "content", "content": [{"type": "text", "text": "text"}]},
])  # fmt: skip
_images = _marked({"type": "image"}, source=_sources)
_files = _marked({"type": "document", "citations": {"enabled": True}}, source=_documents, title=st.none() | _texts)
_results = _marked(
    {"type": "tool_result"},
    tool_use_id=_names,
    content=_texts | st.lists(_text_blocks | _images, max_size=2),
    is_error=st.booleans(),
)
_searched = _marked({"type": "search_result", "source": "s", "title": "t"}, content=st.lists(_text_blocks, max_size=1))
_thinking = st.fixed_dictionaries({"type": st.just("thinking"), "thinking": _texts, "signature": _seals})
_redacted = st.fixed_dictionaries({"type": st.just("redacted_thinking"), "data": _seals})
_calls = _marked({"type": "tool_use"}, id=_names, name=_names, input=_inputs)
_server = _marked({"type": "server_tool_use", "name": "web_search"}, id=_names, input=_inputs)
_user_contents = _texts | st.lists(_text_blocks | _images | _files | _results | _searched, max_size=4)
_assistant_contents = _texts | st.lists(_text_blocks | _thinking | _redacted | _calls | _server, max_size=4)
_messages = st.one_of(
    st.fixed_dictionaries({"role": st.just("user"), "content": _user_contents}),
    st.fixed_dictionaries({"role": st.just("assistant"), "content": _assistant_contents}),
    st.fixed_dictionaries({"role": st.just("system"), "content": _texts | st.lists(_text_blocks, max_size=2)}),
)
_SCHEMA: JsonObject = {"input_schema": {"type": "object", "properties": {}}}
_tools = st.one_of(
    _marked(_SCHEMA, name=_names, description=_texts, strict=st.booleans()),
    _marked({"type": "custom", **_SCHEMA}, name=_names, defer_loading=st.booleans()),
    _marked({"type": "web_search_20250305", "name": "web_search"}, max_uses=st.none() | st.integers(1, 9)),
)
_choices = st.sampled_from([
    {"type": "auto"},
    {"type": "auto", "disable_parallel_tool_use": True},
    {"type": "any", "disable_parallel_tool_use": False},
    {"type": "tool", "name": "f"},
    {"type": "none"},
])  # fmt: skip
_THINKING: list[JsonObject | None] = [
    None,
    {"type": "enabled", "budget_tokens": 1024},
    {"type": "enabled", "budget_tokens": 2048, "display": "omitted"},
    {"type": "adaptive"},
    {"type": "adaptive", "display": "summarized", "block_binding": {}},
    {"type": "disabled"},
    {"type": "between_tools"},
]
_thinking_configs = st.sampled_from(_THINKING)
_output_configs = st.sampled_from([
    {},
    {"effort": "high"},
    {"effort": None, "format": None},
    {"format": {"type": "json_schema", "schema": {"type": "object"}}, "task_budget": {"type": "tokens", "total": 9}},
])  # fmt: skip


@st.composite
def request_bodies(draw: st.DrawFn) -> JsonObject:
    """A request body: a conversation, and any of the fields that the API takes beside it."""
    body: JsonObject = {
        "model": "m",
        "max_tokens": draw(st.integers(0, 9)),
        "messages": draw(st.lists(_messages, min_size=1, max_size=4)),
    }
    optional: dict[str, st.SearchStrategy[Any]] = {
        "system": _texts | st.lists(_text_blocks, max_size=2),
        "temperature": st.none() | st.floats(0, 1),
        "top_p": st.floats(0, 1),
        "top_k": st.integers(1, 99),
        "stop_sequences": st.lists(_texts, max_size=2),
        "stream": st.just(True),
        "tools": st.lists(_tools, max_size=2),
        "tool_choice": _choices,
        "thinking": _thinking_configs,
        "output_config": _output_configs,
        "output_format": st.just({"type": "json_schema", "schema": {}}),
        "metadata": st.sampled_from([{}, {"user_id": "u"}, {"user_id": None}, {"user_id": "u", "x": 1}]),
        "service_tier": st.sampled_from(["auto", "standard_only"]),
        "cache_control": st.sampled_from([None, {"type": "ephemeral", "ttl": "5m"}]),
        "container": st.just("container_1"),
        "context_management": st.just({"edits": [{"type": "compact_20260112"}]}),
        "x_new": st.just({"a": [1, None]}),
    }
    for name in draw(st.sets(st.sampled_from(sorted(optional)), max_size=5).map(sorted)):
        body[name] = draw(optional[name])
    return body
