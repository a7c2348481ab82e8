"""Pieces of tool calls find their call, however a server numbers them."""

from __future__ import annotations

import pytest

from muxer_core.values.items import (
    ToolCallDelta,
)
from tests.dialects.openai_chat.exchanges import (
    delta,
    piece,
    said,
)


def calls(*deltas: str) -> list[tuple[str, str, str]]:
    found: dict[int, list[str]] = {}
    for item in said(*[delta(f'"tool_calls":[{pieces}]') for pieces in deltas]):
        if isinstance(item, ToolCallDelta):
            call = found.setdefault(item.call, ["", "", ""])
            for at, piece in enumerate((item.id, item.name, item.arguments)):
                call[at] += piece or ""
    assert list(found) == list(range(len(found)))
    return [(call[0], call[1], call[2]) for call in found.values()]


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([piece(0, "a", "f", ""), piece(0, arguments="{"), piece(0, arguments="}")], [("a", "f", "{}")]),
        (
            [piece(0, "a", "f"), piece(1, "b", "g"), piece(0, arguments="1"), piece(1, arguments="2")],
            [("a", "f", "1"), ("b", "g", "2")],
        ),
        (
            [piece(0, "a", "f", "1"), piece(0, "b", "g", "2"), piece(0, "b", arguments="3")],
            [("a", "f", "1"), ("b", "g", "23")],
        ),
        ([piece(0, "a", "f", "1"), piece(0, "a", "f", "2")], [("a", "f", "12")]),
        ([piece(0, "a", "f", "1"), piece(0, "other", arguments="2")], [("a", "f", "12")]),
        ([piece(0, None, "f", "{}"), piece(0, None, "f", "{}")], [("", "f", "{}"), ("", "f", "{}")]),
        ([piece(0, None, "f", '{"a'), piece(0, None, "f", '":1}')], [("", "f", '{"a":1}')]),
        ([piece(0, "", "f", "{}"), piece(0, "late", None, "")], [("late", "f", "{}")]),
        (
            [piece(None, "a", "f", "1"), piece(None, "b", "g", "2"), piece(None, "a", None, "3")],
            [("a", "f", "13"), ("b", "g", "2")],
        ),
        ([piece(None, "a", "f", "1"), piece(None, None, None, "2")], [("a", "f", "12")]),
        ([piece(None, None, "f", "1"), piece(None, None, "g", "2")], [("", "f", "1"), ("", "g", "2")]),
        ([piece(None, None, None, "1")], [("", "", "1")]),
        ([piece(7, "a", "f", "1"), piece(7, None, None, "2")], [("a", "f", "12")]),
        ([piece(0.0, "a", "f", "1"), piece(0, None, None, "2")], [("a", "f", "12")]),
        (['{"index":0,"id":5,"function":{"name":"f","arguments":{"a":1}}}'], [("5", "f", '{"a":1}')]),
        (
            [
                '{"index":0,"id":"a","type":"custom","custom":{"name":"f","input":"x"}}',
                '{"index":0,"custom":{"input":"y","z":1}}',
            ],
            [("a", "f", "xy")],
        ),
        (['{"index":0,"id":"a"}', '{"index":0,"function":{"name":"f"}}'], [("a", "f", "")]),
        (['{"index":0,"type":"custom"}'], []),
    ],
)
def test_pieces_find_their_call(pieces: list[str], expected: list[tuple[str, str, str]]) -> None:
    assert calls(*pieces) == expected


def test_a_repeated_name_is_judged_once_so_cost_stays_linear() -> None:
    pieces = [piece(0, None, "f", '{"a":1'), piece(0, None, "f", "}"), piece(0, None, "f", "{}")]
    assert calls(*pieces) == [("", "f", '{"a":1}{}')]


def test_one_tool_call_that_is_no_list() -> None:
    assert said(delta(f'"tool_calls":{piece(0, "a", "f", "{}")}')) == [ToolCallDelta(0, "{}", "a", "f", "function")]
