"""Arguments of calls that come in pieces, and streams that come as one JSON array."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.call.reply_builder import ReplyBuilder
from muxer_core.dialects.gemini.json_array import JsonArraySplitter
from muxer_core.dialects.gemini.partial_arguments import OutOfOrder, PartialArguments, steps_of
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.values.items import (
    Item,
)
from muxer_core.values.messages import (
    Part,
    ToolCallPart,
)
from muxer_core.wire.limits import Limits
from tests.dialects.gemini.exchanges import events, kind_of, parts, streamed


def built(items: list[Item]) -> tuple[Part, ...]:
    builder = ReplyBuilder()
    builder.add(items)
    (answer,) = builder.answers()
    return answer.parts


# --- arguments in pieces ------------------------------------------------------------------------------------------------------------

VALUES = st.recursive(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.integers(-9, 9) | st.booleans() | st.none(),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=3)
    ),
    max_leaves=6,
)


def pieces_of(value: Any, path: str) -> list[dict[str, Any]]:
    if is_object(value):
        return [piece for key, one in value.items() for piece in pieces_of(one, f"{path}.{key}")]
    if is_list(value):
        return [piece for at, one in enumerate(value) for piece in pieces_of(one, f"{path}[{at}]")]
    if isinstance(value, str):
        half = len(value) // 2
        return [
            {"jsonPath": path, "stringValue": value[:half], "willContinue": True},
            {"jsonPath": path, "stringValue": value[half:]},
        ]
    if isinstance(value, bool):
        return [{"jsonPath": path, "boolValue": value}]
    return [
        {"jsonPath": path, "nullValue": "NULL_VALUE"} if value is None else {"jsonPath": path, "numberValue": value}
    ]


@given(arguments=st.dictionaries(st.sampled_from("xyz"), VALUES, max_size=3))
def test_pieces_of_arguments_grow_into_their_json(arguments: dict[str, Any]) -> None:
    chunks = [parts({"functionCall": {"name": "f", "willContinue": True}}, finish=None)]
    chunks += [
        parts({"functionCall": {"partialArgs": [piece], "willContinue": True}}, finish=None)
        for piece in pieces_of(arguments, "$")
    ]
    chunks += [parts({"functionCall": {}}, finish=None), parts(finish="STOP")]
    (call,) = built(streamed(events(*chunks)))
    assert isinstance(call, ToolCallPart)
    assert json.loads(call.arguments) == arguments
    assert call.form == ("noid",)


def test_a_call_in_pieces_is_closed_by_the_next_call_and_by_the_end() -> None:
    piece = {"jsonPath": "$.a", "stringValue": "x", "willContinue": True}
    opened = {"functionCall": {"name": "f", "id": "1", "partialArgs": [piece], "willContinue": True}}
    made = built(streamed(events(parts(opened, {"functionCall": {"name": "g", "id": "2", "args": {}}}, finish="STOP"))))
    assert [(part.id, part.arguments) for part in made if isinstance(part, ToolCallPart)] == [
        ("1", '{"a":"x"}'),
        ("2", "{}"),
    ]
    (last,) = built(streamed(events(parts(opened, finish="STOP"))))
    assert isinstance(last, ToolCallPart)
    assert last.arguments == '{"a":"x"}'
    assert kind_of(streamed(events(parts(opened, finish=None)))) == "truncated"


@pytest.mark.parametrize(
    "paths",
    [["$.a[1]"], ["$.a[0]", "$.a[2]"], ["$.a.b", "$.a"], ["$.a", "$.a.b"], ["$.a", "$.a"], ["$.a[0]", "$.a.b"], ["a"], ["$"], ["$[0]"],
     ["$.a[x]"], ["$" + ".a" * 100]],
)  # fmt: skip
def test_pieces_that_cannot_be_joined_are_malformed(paths: list[str]) -> None:
    pieces = [{"jsonPath": path, "numberValue": 1} for path in paths]
    assert kind_of(streamed(events(parts({"functionCall": {"name": "f", "partialArgs": pieces}})))) == "malformed"


def test_places_in_every_spelling() -> None:
    assert steps_of("""$.a[0]['b\\'c']["d"]""") == ("a", 0, "b'c", "d")
    growing = PartialArguments()
    for wrong in (3, {"jsonPath": 3}):
        with pytest.raises(OutOfOrder):
            growing.add(wrong)
    assert growing.close() == "{}"


# --- arrays -------------------------------------------------------------------------------------------------------------------------


ELEMENTS = st.dictionaries(st.text(max_size=5), st.text(max_size=5) | st.lists(st.integers(), max_size=2), max_size=3)


@given(
    elements=st.lists(ELEMENTS, max_size=4),
    indent=st.sampled_from([None, 1]),
    size=st.integers(1, 7),
)  # fmt: skip
def test_an_array_is_split_under_any_cut(elements: list[Any], indent: int | None, size: int) -> None:
    body = json.dumps(elements, indent=indent).encode()
    splitter = JsonArraySplitter(Limits())
    found = [one for at in range(0, len(body), size) for one in splitter.receive_data(body[at : at + size])]
    assert [json.loads(one) for one in found] == elements
    assert splitter.closed


@pytest.mark.parametrize("limits", [Limits(event=8), Limits(stream=12)])
def test_a_limit_of_an_array_is_crossed_at_the_same_byte_under_any_cut(limits: Limits) -> None:
    body = b'[{"a":1},{"bbbbbbbb":2}]'
    seen: set[Any] = set()
    for size in range(1, len(body) + 1):
        splitter = JsonArraySplitter(limits)
        found = [one for at in range(0, len(body), size) for one in splitter.receive_data(body[at : at + size])]
        assert splitter.exceeded is not None
        seen.add((splitter.exceeded.limit, splitter.exceeded.offset, tuple(found)))
    assert len(seen) == 1
