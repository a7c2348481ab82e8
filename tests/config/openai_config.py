"""The smallest configuration, and the same with one key more."""

from __future__ import annotations

import copy
from typing import Any

OPENAI: dict[str, Any] = {"providers": {"openai": {}}, "deployments": [{"model": "gpt-4o", "provider": "openai"}]}


def with_key(path: str, value: object) -> dict[str, Any]:
    """OPENAI, with one key more."""
    mapping: dict[str, Any] = copy.deepcopy(OPENAI)
    table: Any = mapping
    *tables, key = path.split("/")
    for part in tables:
        table = table[int(part)] if part.isdigit() else table.setdefault(part, {})
    table[key] = value
    return mapping
