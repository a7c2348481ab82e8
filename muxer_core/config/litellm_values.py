"""Values of a LiteLLM file, taken as they are meant: what is of another kind is empty, or left for our own schema to refuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, DecimalException
from typing import Any, cast

Table = Mapping[str, Any]


def table_of(value: object) -> Table:
    """A table, or an empty one in place of anything else."""
    return cast("Table", value) if isinstance(value, Mapping) else {}


def list_of(value: object) -> Sequence[Any]:
    """A list, or an empty one in place of anything else."""
    return cast("Sequence[Any]", value) if isinstance(value, list | tuple) else ()


def number_of(value: object) -> object:
    """A number that came as text (from the environment, or because YAML reads 1e-6 as text); anything else as it is."""
    for kind in (int, float):
        try:
            return kind(value) if isinstance(value, str) else value
        except ValueError:
            continue
    return value


def per_million(price: object) -> str | None:
    """US dollars for a million tokens, exactly, from US dollars a token; None when it is no price."""
    if isinstance(price, bool) or not isinstance(price, int | float | str):
        return None
    try:
        amount = Decimal(str(price)) * 1_000_000
    except DecimalException:
        return None
    return f"{amount.normalize():f}" if amount.is_finite() and amount >= 0 else None
