"""Hypothesis strategies for the Responses dialect: streams that a well-behaved server could send, and requests that a client could write.

`event_streams` draws the events of one response together with what they say; `stream_bytes` puts them on the wire; `request_bodies` draws
JSON bodies of requests. Needs `hypothesis`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import strategies as st

JsonObject = dict[str, Any]


class EventStream(msgspec.Struct, frozen=True):
    """Events in order, the response at their end, and what they say: text, refusal, thinking, and calls as (call id, name, arguments)."""

    events: tuple[JsonObject, ...]
    response: JsonObject
    text: str
    refusal: str
    thinking: str
    calls: tuple[tuple[str, str, str], ...]


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
names = st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True)
pieces = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5), max_size=4)


class _Wire:
    """The events of one response as they are written."""

    def __init__(self) -> None:
        self.events: list[JsonObject] = []
        self.output: list[JsonObject] = []

    def tell(self, word: str, **fields: Any) -> None:
        self.events.append({"type": f"response.{word}", **fields, "sequence_number": len(self.events)})

    def open(self, item: JsonObject) -> int:
        self.output.append(item)
        self.tell("output_item.added", output_index=len(self.output) - 1, item=dict(item))
        return len(self.output) - 1

    def done(self, index: int, **fields: Any) -> None:
        self.output[index].update(fields)
        self.tell("output_item.done", output_index=index, item=dict(self.output[index]))


@st.composite
def event_streams(draw: st.DrawFn, *, max_items: int = 4) -> EventStream:
    """The events of one response: messages, thinking and calls in pieces, some with deltas and some told at their end only."""
    wire = _Wire()
    text = refusal = thinking = ""
    calls: list[tuple[str, str, str]] = []
    head: JsonObject = {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "model": "m",
        "output": [],
        "usage": None,
    }
    wire.tell("created", response={**head, "status": "in_progress"})
    for number in range(draw(st.integers(0, max_items))):
        kind = draw(st.sampled_from(["message", "refusal", "reasoning", "function_call", "custom_tool_call"]))
        told, parts = draw(st.booleans()), draw(pieces)
        whole = "".join(parts)
        place: JsonObject = {"item_id": f"item_{number}", "output_index": number}
        if kind in ("message", "refusal"):
            index = wire.open(
                {"id": f"item_{number}", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
            )
            word = "refusal" if kind == "refusal" else "output_text"
            for piece in parts if told else ():
                wire.tell(f"{word}.delta", **place, content_index=0, delta=piece)
            part: JsonObject = (
                {"type": "refusal", "refusal": whole} if kind == "refusal" else {"type": word, "text": whole}
            )
            if kind == "message":
                part |= {"annotations": [], "logprobs": []}
                text += whole
            else:
                refusal += whole
            wire.done(index, status="completed", content=[part])
        elif kind == "reasoning":
            index = wire.open({"id": f"item_{number}", "type": "reasoning", "summary": []})
            for piece in parts if told else ():
                wire.tell("reasoning_summary_text.delta", **place, summary_index=0, delta=piece)
            thinking += whole
            seal = draw(st.none() | st.just("c2VhbGVk"))
            summary = [{"type": "summary_text", "text": whole}] if whole else []
            wire.done(index, summary=summary, **({} if seal is None else {"encrypted_content": seal}))
        else:
            field, word = (
                ("arguments", "function_call_arguments")
                if kind == "function_call"
                else ("input", "custom_tool_call_input")
            )
            name = draw(names)
            index = wire.open(
                {
                    "id": f"item_{number}",
                    "type": kind,
                    "call_id": f"call_{number}",
                    "name": name,
                    field: "",
                    "status": "in_progress",
                }
            )
            for piece in parts if told else ():
                wire.tell(f"{word}.delta", **place, delta=piece)
            calls.append((f"call_{number}", name, whole))
            wire.done(index, status="completed", **{field: whole})
    usage = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
    response = {**head, "status": "completed", "output": wire.output, "usage": usage}
    wire.tell("completed", response=response)
    return EventStream(tuple(wire.events), response, text, refusal, thinking, tuple(calls))


def stream_bytes(events: Sequence[JsonObject], line_end: str = "\n") -> bytes:
    """The bytes of a stream of these events."""
    lines = [
        f"event: {event['type']}{line_end}data: {json.dumps(event, ensure_ascii=False)}{line_end * 2}"
        for event in events
    ]
    return "".join(lines).encode()


Objects = st.SearchStrategy[JsonObject]


def _object(
    kind: str, optional: dict[str, st.SearchStrategy[Any]] | None = None, **fields: st.SearchStrategy[Any]
) -> Objects:
    """Objects of a type."""
    return st.fixed_dictionaries({"type": st.just(kind), **fields}, optional=optional or {})


def _one(*values: JsonObject) -> Objects:
    return st.sampled_from(values)


_url = st.just("https://example.org/a.png")
_mark = {
    "prompt_cache_breakpoint": _one({"mode": "explicit"}, {"mode": "explicit", "ttl": "12h"}, {"mode": "unheard_of"})
}
_input_parts: Objects = st.one_of(
    _object("input_text", _mark, text=texts),
    _object("input_image", {**_mark, "detail": st.just("auto")}, image_url=_url),
    _one(
        {"type": "input_image", "file_id": "file_1"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
        {"type": "input_file", "file_url": "https://example.org/a.pdf", "detail": "high"},
        {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
        {"type": "input_colour", "colour": "red"},
    ),
)
_annotations = st.lists(
    _one(
        {"type": "url_citation", "url": "https://example.org", "title": "A", "start_index": 0, "end_index": 1},
        {"type": "file_citation", "file_id": "file_1", "filename": "a", "index": 0},
        {"type": "unheard_of"},
    ),
    max_size=2,
)
_nothing: st.SearchStrategy[list[Any]] = st.just([])
_output_parts: Objects = st.one_of(
    _object("output_text", {"annotations": _annotations, "logprobs": _nothing}, text=texts),
    _object("refusal", refusal=texts),
)
_more: dict[str, st.SearchStrategy[Any]] = {"id": names, "status": st.just("completed")}


def _message(role: str, content: st.SearchStrategy[Any]) -> Objects:
    fields = {"role": st.just(role), "content": content}
    return st.fixed_dictionaries(fields, optional={"type": st.just("message"), "phase": st.just("commentary"), **_more})


_items: Objects = st.one_of(
    *(_message(role, texts | st.lists(_input_parts, max_size=3)) for role in ("user", "system", "developer")),
    _message("assistant", texts | st.lists(_output_parts, max_size=3)),
    _object(
        "reasoning",
        {
            **_more,
            "encrypted_content": st.sampled_from([None, "c2VhbA=="]),
            "content": st.lists(_object("reasoning_text", text=texts), max_size=2),
            "summary": st.lists(_object("summary_text", text=texts), max_size=3),
        },
    ),
    _object("function_call", _more, call_id=st.just("call_1"), name=names, arguments=st.just("{}")),
    _object("custom_tool_call", _more, call_id=st.just("call_2"), name=names, input=texts),
    _object(
        "function_call_output", _more, call_id=st.just("call_1"), output=texts | st.lists(_input_parts, max_size=2)
    ),
    _object("custom_tool_call_output", _more, call_id=st.just("call_2"), output=texts),
    _one(
        {"type": "item_reference", "id": "msg_1"},
        {"id": "msg_1"},
        {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "sky"}},
        {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "iVBORw0KGgo="},
        {"type": "image_generation_call", "id": "ig_1", "status": "failed", "result": None},
        {
            "type": "computer_call_output",
            "call_id": "call_3",
            "output": {"type": "computer_screenshot", "file_id": "file_1"},
        },
        {"type": "tool_search_output", "call_id": "call_4", "execution": "client", "tools": []},
        {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": True},
        {"type": "additional_tools", "role": "developer", "tools": []},
        {"type": "unheard_of", "colour": "red"},
    ),
)
_schemas = st.sampled_from([None, {"type": "object"}])
_tools: Objects = st.one_of(
    _object(
        "function",
        {
            "parameters": _schemas,
            "strict": st.sampled_from([None, True, False]),
            "description": texts,
            "defer_loading": st.booleans(),
        },
        name=names,
    ),
    _one(
        {"type": "custom", "name": "shell", "format": {"type": "text"}},
        {"type": "web_search", "search_context_size": "low"},
    ),
)
_choices = st.sampled_from([
    "auto", "none", "required", {"type": "function", "name": "now"}, {"type": "custom", "name": "shell"}, {"type": "file_search"},
    {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "now"}]},
    {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "now"}, {"type": "mcp", "server_label": "x"}]},
    {"type": "mcp", "server_label": "x", "name": "y"},
])  # fmt: skip
_fields: dict[str, st.SearchStrategy[Any]] = {
    "instructions": texts,
    "max_output_tokens": st.integers(1, 4096),
    "temperature": st.sampled_from([0, 0.5, 1]),
    "top_p": st.sampled_from([0.1, 1]),
    "tools": st.lists(_tools, max_size=3),
    "tool_choice": _choices,
    "parallel_tool_calls": st.booleans(),
    "text": st.sampled_from([
        {}, {"format": {"type": "text"}}, {"format": {"type": "json_object"}, "verbosity": "low"}, {"verbosity": "high", "colour": "red"},
        {"format": {"type": "json_schema", "name": "a", "schema": {"type": "object"}, "strict": None}}, {"format": {"type": "grammar"}},
    ]),
    "reasoning": st.sampled_from([{}, {"effort": "low"}, {"effort": None, "summary": "auto"}, {"effort": "high", "context": "all_turns"}]),
    "include": st.sampled_from([[], ["reasoning.encrypted_content"], ["message.output_text.logprobs"]]),
    "top_logprobs": st.integers(0, 20),
    "previous_response_id": st.just("resp_0"),
    "conversation": st.sampled_from(["conv_1", {"id": "conv_1"}]),
    "prompt": st.just({"id": "pmpt_1", "variables": {"city": "Rome"}}),
    "store": st.booleans(),
    "metadata": st.sampled_from([{}, {"team": "blue"}]),
    "service_tier": st.just("flex"),
    "truncation": st.just("auto"),
    "background": st.booleans(),
    "user": names,
    "prompt_cache_key": names,
    "safety_identifier": names,
    "unheard_of": st.just([1, {"a": None}]),
}  # fmt: skip


@st.composite
def request_bodies(draw: st.DrawFn) -> JsonObject:
    """A request's body, as a client of this API could write it; a field may also be null."""
    body: JsonObject = {"model": "m", "input": draw(texts | st.lists(_items, max_size=6))}
    for name in draw(st.lists(st.sampled_from(sorted(_fields)), max_size=6, unique=True)):
        body[name] = draw(_fields[name] | st.none())
    return body
