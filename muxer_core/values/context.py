"""`CallContext`: on whose behalf a call is made. Budgets, limits, routing conditions and metrics read it; no provider does."""

from __future__ import annotations

import msgspec


class CallContext(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who pays and what the call is for. All fields are the caller's own names; none is a secret.

    `key` names a virtual key (its public id, never the key itself); `tags` and `metadata` are free for routing conditions and reports.
    """

    key: str | None = None
    user: str | None = None
    team: str | None = None
    tags: tuple[str, ...] = ()
    metadata: dict[str, str] = {}


NOBODY = CallContext()
"""The context of a call that names none."""
