"""What came in another dialect loses its own fields and notes, by name; what is ours or the caller's stays as it is."""

from __future__ import annotations

import pytest

from muxer_core.dialects.foreign_parts import in_words_of
from muxer_core.values.messages import CacheMark, Message, TextPart, ToolResultPart

MESSAGE = Message(
    "tool",
    (
        ToolResultPart(
            "c1",
            (TextPart("a", {"inner": 1, "empty": None}, form=("list",)),),
            extras={"outer": 2},
            cache=CacheMark("5m", {"scope": "org"}),
        ),
    ),
    extras={"weight": 1},
    form=("list",),
)


@pytest.mark.parametrize("said_in", [None, "ours"])
def test_our_own_and_the_callers_words_stay(said_in: str | None) -> None:
    warnings: list[str] = []
    assert in_words_of("ours", MESSAGE, said_in, "messages[0]", warnings) is MESSAGE
    assert warnings == []


def test_another_dialects_words_are_left_out_by_name() -> None:
    warnings: list[str] = []
    plain = in_words_of("ours", MESSAGE, "theirs", "messages[0]", warnings)
    assert plain == Message("tool", (ToolResultPart("c1", (TextPart("a"),), cache=CacheMark("5m")),))
    assert [warning.partition(": ")[0] for warning in warnings] == [
        "messages[0].extras.weight",
        "messages[0].parts[0].extras.outer",
        "messages[0].parts[0].cache.extras.scope",
        "messages[0].parts[0].parts[0].extras.inner",
    ]
    assert all("theirs" in warning for warning in warnings)


def test_what_holds_nothing_foreign_is_not_copied() -> None:
    part = TextPart("a")
    assert in_words_of("ours", part, "theirs", "x", []) is part
