"""Hypothesis strategies for conversations in our own words: what any dialect may be asked to say. Needs `hypothesis`.

`conversations` draws whole `ChatRequest`s as a careful user writes them: every tool call is answered, turns alternate, and only the last
turn may be cut off. `texts` are free of lone surrogates, which no JSON can carry. A test that needs less narrows with the arguments.
"""

from __future__ import annotations

from typing import Any, Literal

from hypothesis import strategies as st

from muxer_core.values.messages import (
    AudioPart,
    CacheMark,
    FilePart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from muxer_core.values.request import ChatRequest, FunctionTool, OutputFormat, ToolChoice

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
"""Text that JSON can carry, never empty."""

tool_names = st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True)
"""Names that every vendor takes for a function."""

schemas: st.SearchStrategy[dict[str, Any]] = st.sampled_from([
    {"type": "object", "properties": {}},
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
])  # fmt: skip
"""JSON schemas for a function's parameters."""

arguments = st.sampled_from(["{}", '{"city":"Berlin"}', '{"a":[1,2.5,null,true],"b":{"c":"\\u00e9"}}'])
"""A call's arguments, as a model writes them: JSON text of an object."""

cache_marks = st.none() | st.builds(CacheMark, st.sampled_from([None, "5m", "1h"]))

PNG = "iVBORw0KGgo="
PDF = "JVBERi0="
WAV = "UklGRg=="


def user_parts(*, media: bool = True, cache: bool = True) -> st.SearchStrategy[Part]:
    """What a user says: text, and with `media` images, audio and documents; with `cache`, marked for caching."""
    marks = cache_marks if cache else st.none()
    text: st.SearchStrategy[Part] = st.builds(TextPart, texts, cache=marks)
    if not media:
        return text
    return st.one_of(
        text,
        st.builds(ImagePart, data=st.just(PNG), media_type=st.just("image/png"), cache=marks),
        st.builds(ImagePart, url=st.just("https://example.org/a.png"), cache=marks),
        st.builds(
            FilePart, data=st.just(PDF), media_type=st.just("application/pdf"), filename=st.just("a.pdf"), cache=marks
        ),
        st.builds(AudioPart, data=st.just(WAV), format=st.just("wav")),
    )


def thoughts(vendor: str | None = None) -> st.SearchStrategy[ReasoningPart]:
    """Thinking; sealed by `vendor` where one is given, else plain."""
    if vendor is None:
        return st.builds(ReasoningPart, texts)
    sealed = st.builds(ReasoningPart, texts, signature=st.just("c2VhbA=="), vendor=st.just(vendor))
    hidden = st.builds(ReasoningPart, encrypted=st.just("ZW5jcnlwdGVk"), vendor=st.just(vendor))
    return sealed | hidden


@st.composite
def turns(
    draw: st.DrawFn,
    *,
    first: int = 0,
    tools: tuple[str, ...] = (),
    media: bool = True,
    cache: bool = True,
    vendor: str | None = None,
    thinking: bool = True,
) -> list[Message]:
    """A user's turn and what follows until it is the user's turn again: an answer, perhaps after calls of tools that were answered.

    `first` numbers the calls, so that ids are unique in a conversation.
    """
    said: list[Message] = [
        Message("user", tuple(draw(st.lists(user_parts(media=media, cache=cache), min_size=1, max_size=3))))
    ]
    thought = thoughts(vendor)
    if len(tools) > 0 and draw(st.booleans()):
        calls = [
            ToolCallPart(f"call_{first + number}", draw(st.sampled_from(tools)), draw(arguments))
            for number in range(draw(st.integers(1, 3)))
        ]
        parts: list[Part] = draw(st.lists(thought, max_size=1)) if thinking else []
        parts += draw(st.lists(st.builds(TextPart, texts), max_size=1))
        said.append(Message("assistant", (*parts, *calls)))
        results = [
            ToolResultPart(
                call.id,
                (TextPart(draw(texts)),),
                name=draw(st.sampled_from([None, call.name])),
                cache=draw(cache_marks) if cache else None,
            )
            for call in calls
        ]
        said += [Message("tool", (result,)) for result in results]
    parts = draw(st.lists(thought, max_size=1)) if thinking else []
    said.append(Message("assistant", (*parts, TextPart(draw(texts)))))
    return said


_modes: st.SearchStrategy[Literal["auto", "none", "required"]] = st.sampled_from(["auto", "none", "required"])


def _schema_format(schema: dict[str, Any]) -> OutputFormat:
    return OutputFormat("json_schema", "answer", schema, strict=True)


@st.composite
def conversations(
    draw: st.DrawFn,
    *,
    media: bool = True,
    cache: bool = True,
    vendor: str | None = None,
    thinking: bool = True,
    settings: bool = True,
) -> ChatRequest:
    """A request that `ChatRequest.check` accepts. With `settings`, also sampling fields, output formats and the like."""
    names = tuple(draw(st.lists(tool_names, max_size=3, unique=True)))
    tools = tuple(
        FunctionTool(name, draw(st.none() | texts), draw(schemas), cache=draw(cache_marks) if cache else None)
        for name in names
    )
    messages: list[Message] = [Message("system", (TextPart(text),)) for text in draw(st.lists(texts, max_size=1))]
    for number in range(draw(st.integers(0, 2))):
        messages += draw(
            turns(first=number * 10, tools=names, media=media, cache=cache, vendor=vendor, thinking=thinking)
        )
    messages.append(
        Message("user", tuple(draw(st.lists(user_parts(media=media, cache=cache), min_size=1, max_size=2))))
    )
    choice = None
    if len(names) > 0 and draw(st.booleans()):
        mode = draw(_modes)
        forced = draw(st.booleans()) and mode == "required"
        choice = ToolChoice(mode, (draw(st.sampled_from(names)),) if forced else ())
    if not settings:
        return ChatRequest(model="m", messages=tuple(messages), tools=tools, tool_choice=choice, max_tokens=64)
    return ChatRequest(
        model="m",
        messages=tuple(messages),
        max_tokens=draw(st.integers(1, 4096)),
        temperature=draw(st.none() | st.sampled_from([0.0, 0.5, 1.0])),
        top_p=draw(st.none() | st.sampled_from([0.1, 0.9])),
        top_k=draw(st.none() | st.integers(1, 40)),
        frequency_penalty=draw(st.none() | st.sampled_from([0.0, 0.5])),
        presence_penalty=draw(st.none() | st.sampled_from([0.0, 0.5])),
        stop=tuple(draw(st.lists(texts, max_size=2, unique=True))),
        seed=draw(st.none() | st.integers(0, 2**31 - 1)),
        n=draw(st.sampled_from([1, 1, 1, 2])),
        tools=tools,
        tool_choice=choice,
        # Where no tool may be called, the question does not arise, and a dialect has no place to say it.
        parallel_tool_calls=draw(st.none() | st.booleans())
        if tools and (choice is None or choice.mode != "none")
        else None,
        output_format=draw(st.none() | st.just(OutputFormat("json_object")) | schemas.map(_schema_format)),
        reasoning_effort=draw(st.none() | st.sampled_from(["low", "medium", "high"])),
        service_tier=draw(st.none() | st.just("auto")),
        user=draw(st.none() | st.just("user-1")),
        metadata=draw(st.none() | st.just({"team": "blue"})),
    )
