"""`Limits`: every bound on what a server can make us hold or do, by name (law 10). Crossing one gives a failure that names it."""

from __future__ import annotations

import msgspec


class Limits(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Bounds for one reply.

    * `line`, `event`: bytes of one line, of all data lines of one event.
    * `body`: bytes of a reply that is not a stream; `stream`: bytes of one that is.
    * `depth`: nesting of JSON values.
    * `held_items`: items kept back before the first content arrives, or before a judge has decided.
    """

    line: int = 8 << 20
    event: int = 16 << 20
    body: int = 64 << 20
    stream: int = 1 << 30
    depth: int = 128
    held_items: int = 100_000
