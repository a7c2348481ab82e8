"""What a user may type for vectors, and what is refused by name."""

from __future__ import annotations

from typing import Any, cast

import pytest

from muxer_core.asking_vectors import EmbeddingOptions, embedding_request
from muxer_core.routing.vectors import INPUT_TOKENS, count_inputs
from muxer_core.values.amount import Usd
from muxer_core.values.embedding_request import EmbeddingRequest
from muxer_core.values.errors import InvalidRequest


def asked(inputs: Any, **options: Any) -> EmbeddingRequest:
    return embedding_request(inputs, options.pop("model", "m"), cast("EmbeddingOptions", options))


@pytest.mark.parametrize(
    ("given", "inputs"),
    [
        ("a", ("a",)),
        (["a", "b"], ("a", "b")),
        ([1, 2], ((1, 2),)),
        ([[1], [2, 3]], ((1,), (2, 3))),
        (["a", [1]], ("a", (1,))),
    ],
)
def test_inputs_may_be_written_in_several_ways(given: Any, inputs: Any) -> None:
    assert asked(given).inputs == inputs


def test_a_ceiling_may_be_text() -> None:
    assert asked("a", max_cost="0.01").max_cost == Usd.parse("0.01")
    assert asked("a", max_cost=Usd(5)).max_cost == Usd(5)


@pytest.mark.parametrize(
    ("given", "options", "field"),
    [
        (7, {}, "inputs"),
        (b"a", {}, "inputs"),
        ({"a": 1}, {}, "inputs"),
        ([], {}, "inputs"),
        ("", {}, "inputs[0]"),
        (["a", ""], {}, "inputs[1]"),
        (["a", 7], {}, "inputs[1]"),
        (cast("Any", [[]]), {}, "inputs[0]"),
        ([-1], {}, "inputs[0]"),
        ("a", {"model": ""}, "model"),
        ("a", {"dimension": 5}, "dimension"),
        ("a", {"dimensions": 0}, "dimensions"),
        ("a", {"dimensions": True}, "dimensions"),
        ("a", {"input_type": 5}, "input_type"),
        ("a", {"ceiling": "roof"}, "ceiling"),
        ("a", {"max_cost": "-1"}, "max_cost"),
        ("a", {"max_cost": "much"}, "max_cost"),
    ],
)
def test_what_cannot_be_right_is_refused_by_name(given: Any, options: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        asked(given, **options)
    assert refused.value.field == field


def test_the_bound_counts_bytes_marks_and_titles_for_each_input() -> None:
    assert count_inputs(asked(["ab", [1, 2, 3]])).bound == 2 * INPUT_TOKENS + 2 + 3
    assert count_inputs(asked(["ab", "c"], title="xyz")).bound == 2 * (INPUT_TOKENS + 3) + 3
    unbounded = count_inputs(asked("a", extras={"images": []}))
    assert unbounded.bound is None
    assert unbounded.unbounded is not None
    assert "images" in unbounded.unbounded
