"""Short ways to write rows of the field table."""

from __future__ import annotations

from muxer_core.dialects.field_table import Row


def own(*names: str, note: str = "") -> tuple[Row, ...]:
    """Rows of the dialect's own fields, which stay in extras."""
    return tuple(Row(name, note=note) for name in names)


def plain(ours: str, *names: str) -> tuple[Row, ...]:
    """Rows of an item that one of our parts carries whole."""
    return tuple(Row(name, ours) for name in ("type", *names))
