"""`EmbeddingRequest`: texts to be turned into vectors, before any deployment is chosen.

Typed fields are those that routing, money or more than one vendor must understand. `check` refuses what cannot be right for any provider,
names the field, and sends nothing. `input_type` has a few words of our own, which each shape translates; any other word is the vendor's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeGuard, cast, get_args

import msgspec

from muxer_core.values.amount import Usd
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.request import CeilingMode
from muxer_core.values.usage import JsonValue

EmbeddingInput = str | tuple[int, ...]
"""A text, or the tokens of one by the model's own tokenizer."""

INPUT_TYPES: dict[str, str] = {
    "query": "a question, to be matched with documents",
    "document": "a text that is to be found",
    "similarity": "texts that are to be compared with each other",
    "classification": "input of a classifier",
    "clustering": "texts that are to be grouped",
    "question": "a question, to be matched with texts that answer it",
    "fact_check": "a statement, to be matched with texts that hold for or against it",
    "code_query": "words, to be matched with code",
}
"""Our words for what vectors are made for, and what they mean. Vendors call it a task type (Gemini) or an input type (Cohere)."""

_KINDS: dict[str, tuple[type, str]] = {
    "model": (str, "text"),
    "encoding_format": (str, "text"),
    "input_type": (str, "text"),
    "title": (str, "text"),
    "user": (str, "text"),
    "dialect": (str, "text"),
    "strategy": (str, "text"),
    "extras": (dict, "a mapping"),
    "max_cost": (Usd, "an amount of US dollars"),
}


class EmbeddingRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One call for vectors, one for each input.

    * `model`: an alias, a group, `provider/model`, or a model's name.
    * `dimensions`: numbers in each vector; None: as many as the model gives.
    * `encoding_format`: `float`, or a vendor's word (`base64`, `int8`, …); base64 stays text.
    * `input_type`: what the vectors are made for, one of `INPUT_TYPES` or the vendor's own word. `title`: of the document.
    * `max_cost`: US dollars over *all* attempts of the call (law 4); `ceiling` says how it is kept.
    * `extras`: further fields, sent verbatim under the provider's own names; `dialect` says whose names, as in `Message`.
    """

    model: str
    inputs: tuple[EmbeddingInput, ...]
    dimensions: int | None = None
    encoding_format: str | None = None
    input_type: str | None = None
    title: str | None = None
    user: str | None = None
    max_cost: Usd | None = None
    ceiling: CeilingMode = "proven"
    strategy: str | None = None
    extras: dict[str, JsonValue] = {}
    dialect: str | None = None

    def check(self) -> None:
        """Raise `InvalidRequest`, naming the field, for what no provider could accept."""
        for field, (kind, words) in _KINDS.items():
            value = getattr(self, field)
            if value is not None and not isinstance(value, kind):
                raise InvalidRequest(field, f"must be {words}, got {value!r}")
        if self.ceiling not in get_args(CeilingMode):
            raise InvalidRequest("ceiling", f"must be one of {', '.join(get_args(CeilingMode))}, got {self.ceiling!r}")
        if not self.model:
            raise InvalidRequest("model", "must not be empty")
        if not self.inputs:
            raise InvalidRequest("inputs", "must not be empty")
        for position, one in enumerate(self.inputs):
            if not one or not (isinstance(one, str) or is_tokens(one)):
                raise InvalidRequest(f"inputs[{position}]", "must be a text or a list of tokens, and not be empty")
        if self.dimensions is not None and (type(self.dimensions) is not int or self.dimensions < 1):
            raise InvalidRequest("dimensions", f"must be a whole number of at least 1, got {self.dimensions!r}")
        if self.max_cost is not None and self.max_cost.pico < 0:
            raise InvalidRequest("max_cost", f"must not be negative, got {self.max_cost}")


def is_tokens(value: Any) -> TypeGuard[Sequence[int]]:
    """Is this a list of tokens: whole numbers, none below zero?

    >>> is_tokens((15339, 1917)), is_tokens(["a"]), is_tokens([True])
    (True, False, False)
    """
    if not isinstance(value, list | tuple):
        return False
    return all(type(one) is int and one >= 0 for one in cast("Sequence[Any]", value))
