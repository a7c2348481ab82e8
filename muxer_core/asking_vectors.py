"""From what a user types to an `EmbeddingRequest`: one text, texts, or lists of tokens, with options by keyword.

A bad argument raises `InvalidRequest` at once and names the argument.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TypedDict, cast

from muxer_core.values.amount import Usd
from muxer_core.values.embedding_request import EmbeddingInput, EmbeddingRequest, is_tokens
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.request import CeilingMode
from muxer_core.values.spelling import did_you_mean
from muxer_core.values.usage import JsonValue

Inputs = str | Sequence[str] | Sequence[int] | Sequence[Sequence[int]]
"""One text or several, the tokens of one, or the tokens of several."""


class EmbeddingOptions(TypedDict, total=False):
    """Options of a call for vectors, as keywords. See `EmbeddingRequest` for what they mean."""

    dimensions: int | None
    encoding_format: str | None
    input_type: str | None
    title: str | None
    user: str | None
    max_cost: Usd | Decimal | str | float | None
    ceiling: CeilingMode
    strategy: str | None
    extras: dict[str, JsonValue]


_OPTIONS = tuple(EmbeddingOptions.__annotations__)


def embedding_request(inputs: Inputs, model: str, options: EmbeddingOptions) -> EmbeddingRequest:
    """The request that a user meant, checked.

    >>> embedding_request([[15339, 1917], [1917]], "m", {}).inputs
    ((15339, 1917), (1917,))
    """
    for name in options:
        if name not in _OPTIONS:
            hint = did_you_mean(name, _OPTIONS)
            raise InvalidRequest(name, f"is no option of a call for vectors{hint}; a provider's own go into extras")
    max_cost = options.get("max_cost")
    request = EmbeddingRequest(
        model=model,
        inputs=_inputs(inputs),
        dimensions=options.get("dimensions"),
        encoding_format=options.get("encoding_format"),
        input_type=options.get("input_type"),
        title=options.get("title"),
        user=options.get("user"),
        max_cost=max_cost if max_cost is None or isinstance(max_cost, Usd) else Usd.parse(max_cost, field="max_cost"),
        ceiling=options.get("ceiling", "proven"),
        strategy=options.get("strategy"),
        extras=options.get("extras") or {},
    )
    request.check()
    return request


def _inputs(inputs: object) -> tuple[EmbeddingInput, ...]:
    if isinstance(inputs, str):
        return (inputs,)
    if not isinstance(inputs, Sequence) or isinstance(inputs, bytes | Mapping):
        raise InvalidRequest("inputs", f"must be text, a list of texts or lists of tokens, got {type(inputs).__name__}")
    listed = cast("Sequence[object]", inputs)
    if listed and is_tokens(listed):
        return (tuple(listed),)
    return tuple(_input(one, position) for position, one in enumerate(listed))


def _input(one: object, position: int) -> EmbeddingInput:
    if isinstance(one, str):
        return one
    if is_tokens(one):
        return tuple(one)
    raise InvalidRequest(f"inputs[{position}]", f"must be a text or a list of tokens, got {type(one).__name__}")
