"""Hypothesis strategies for the OpenAI chat dialect: streams that a well-behaved server could send, and requests that a user could make.

`chunk_streams` draws the chunks of one reply together with what they say; `stream_bytes` puts them on the wire; `requests` draws
`ChatRequest` values that the dialect can encode. Needs `hypothesis`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, get_args

import msgspec
from hypothesis import strategies as st

from muxer_core.values.messages import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    RefusalPart,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from muxer_core.values.request import ChatRequest, CustomTool, FunctionTool, OutputFormat, ToolChoice

JsonObject = dict[str, Any]


class ChunkStream(msgspec.Struct, frozen=True):
    """Chunks in order, and what they say: text, reasoning, and finish reason of each answer, and the tool calls as (name, arguments)."""

    chunks: tuple[JsonObject, ...]
    texts: dict[int, str]
    reasoning: dict[int, str]
    calls: dict[int, list[tuple[str, str]]]
    finishes: dict[int, str]


_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_names = st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True)
_finishes = st.sampled_from(["stop", "length", "tool_calls", "content_filter"])


@st.composite
def chunk_streams(draw: st.DrawFn, *, max_answers: int = 3, max_deltas: int = 12) -> ChunkStream:
    """The chunks of one reply: answers interleaved, text, reasoning and tool calls in pieces, usage at the end or not at all."""
    answers = draw(st.integers(1, max_answers))
    texts = dict.fromkeys(range(answers), "")
    reasoning = dict.fromkeys(range(answers), "")
    calls: dict[int, list[tuple[str, str]]] = {index: [] for index in range(answers)}
    head: JsonObject = {"id": draw(_names), "object": "chat.completion.chunk", "created": 1, "model": "m"}
    chunks: list[JsonObject] = []

    def say(index: int, delta: JsonObject, finish: str | None = None) -> None:
        chunks.append(
            {**head, "choices": [{"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}]}
        )

    for index in range(answers):
        say(index, {"role": "assistant", "content": ""})
    for _ in range(draw(st.integers(0, max_deltas))):
        index = draw(st.integers(0, answers - 1))
        match draw(st.sampled_from(["text", "reasoning", "open", "more"])):
            case "text":
                piece = draw(_texts)
                texts[index] += piece
                say(index, {"content": piece})
            case "reasoning":
                piece = draw(_texts)
                reasoning[index] += piece
                say(index, {"reasoning_content": piece})
            case "open":
                name, number = draw(_names), len(calls[index])
                calls[index].append((name, ""))
                function = {"name": name, "arguments": ""}
                say(
                    index,
                    {
                        "tool_calls": [
                            {"index": number, "id": f"call_{index}_{number}", "type": "function", "function": function}
                        ]
                    },
                )
            case _ if calls[index]:
                number, piece = draw(st.integers(0, len(calls[index]) - 1)), draw(_texts)
                name, sofar = calls[index][number]
                calls[index][number] = (name, sofar + piece)
                say(index, {"tool_calls": [{"index": number, "function": {"arguments": piece}}]})
            case _:
                say(index, {})
    finishes = {index: draw(_finishes) for index in range(answers)}
    for index, finish in finishes.items():
        say(index, {}, finish)
    if draw(st.booleans()):
        prompt, completion = draw(st.integers(0, 10**6)), draw(st.integers(0, 10**6))
        usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
        chunks.append({**head, "choices": [], "usage": usage})
    return ChunkStream(tuple(chunks), texts, reasoning, calls, finishes)


def stream_bytes(chunks: Sequence[JsonObject], *, done: bool = True, newline: str = "\n") -> bytes:
    """The body of a stream of these chunks."""
    lines = [f"data: {json.dumps(chunk)}" for chunk in chunks] + (["data: [DONE]"] if done else [])
    return "".join(line + newline * 2 for line in lines).encode()


_extras = st.dictionaries(st.sampled_from(["cache_control", "x_vendor"]), st.just({"type": "persistent"}), max_size=1)
_text_parts = st.builds(TextPart, _texts.filter(bool), _extras)
_user_parts = st.one_of(
    _text_parts,
    st.builds(
        ImagePart,
        url=st.just("https://example.org/a.png"),
        detail=st.sampled_from([None, "low", "high"]),
        extras=_extras,
    ),
    st.builds(AudioPart, data=st.just("AAAA"), format=st.sampled_from(["wav", "mp3"]), extras=_extras),
    st.builds(FilePart, file_id=st.just("file-1"), filename=st.sampled_from([None, "a.pdf"]), extras=_extras),
    st.builds(FilePart, data=st.just("AAAA"), filename=st.just("a.pdf"), media_type=st.just("application/pdf")),
)
_calls = st.builds(ToolCallPart, _names, _names, _texts, st.sampled_from(["function", "custom"]), _extras)


def _thought(text: str) -> ReasoningPart:
    return ReasoningPart(text, form=("reasoning_content",))


def _refusal(text: str) -> list[Part]:
    return [RefusalPart(text)]


_roles: st.SearchStrategy[Role] = st.sampled_from(get_args(Role))


@st.composite
def messages(draw: st.DrawFn) -> Message:
    """One message of any role, in the form in which the dialect itself would read it back."""
    role = draw(_roles)
    extras = draw(_extras)
    if role == "tool":
        result = ToolResultPart(draw(_names), tuple(draw(st.lists(_text_parts, max_size=2))))
        return Message("tool", (result,), extras=extras)
    name = draw(st.none() | _names)
    if role == "user":
        return Message("user", tuple(draw(st.lists(_user_parts, max_size=3))), name, extras)
    if role != "assistant":
        return Message(role, tuple(draw(st.lists(_text_parts, min_size=1, max_size=2))), name, extras)
    parts: list[Part] = draw(st.lists(st.builds(_thought, _texts.filter(bool)), max_size=1))
    parts += draw(st.lists(_text_parts, max_size=2) | st.builds(_refusal, _texts.filter(bool)))
    parts += draw(st.lists(_calls, max_size=2))
    return Message("assistant", tuple(parts), name, extras)


_tools = st.one_of(
    st.builds(
        FunctionTool,
        _names,
        st.none() | _texts,
        st.none() | st.just({"type": "object"}),
        st.none() | st.booleans(),
        _extras,
    ),
    st.builds(CustomTool, _names, st.none() | _texts, st.none() | st.just({"type": "text"}), _extras),
)


@st.composite
def requests(draw: st.DrawFn) -> ChatRequest:
    """A request that `check` accepts and that the dialect can encode."""
    tools = tuple(draw(st.lists(_tools, max_size=3, unique_by=lambda tool: tool.name)))
    choice = None
    if tools:
        allowed = tuple(draw(st.lists(st.sampled_from([tool.name for tool in tools]), max_size=2, unique=True)))
        choice = draw(st.none() | st.builds(ToolChoice, st.sampled_from(["auto", "required"]), st.just(allowed)))
    return ChatRequest(
        model="m",
        messages=tuple(draw(st.lists(messages(), min_size=1, max_size=4))),
        temperature=draw(st.none() | st.floats(0, 2)),
        top_p=draw(st.none() | st.floats(0, 1)),
        stop=tuple(draw(st.lists(_texts.filter(bool), max_size=2))),
        seed=draw(st.none() | st.integers(0, 2**31)),
        n=draw(st.integers(1, 4)),
        tools=tools,
        tool_choice=choice,
        output_format=draw(
            st.none() | st.just(OutputFormat("json_object")) | st.just(OutputFormat("json_schema", schema={}))
        ),
        extras=draw(
            st.dictionaries(st.sampled_from(["prediction", "logit_bias", "x_new"]), st.just("low"), max_size=2)
        ),
    )
