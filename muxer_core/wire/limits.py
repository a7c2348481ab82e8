"""`Limits`: every bound on what a server can make us hold or do, by name (law 10), and `LimitExceeded`, what crossing one looks like.

A crossed limit is a value, not an exception: bytes of the other side never raise. The byte at which a limit is crossed depends on the
bytes alone, never on how they were cut into reads (law 1).
"""

from __future__ import annotations

import msgspec

from muxer_core.values.errors import InvalidRequest
from muxer_core.values.failure import Failure


class Limits(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Bounds for one reply. Each is at least 1; otherwise `InvalidRequest` names the field.

    * `head_fields`, `head`: header fields of a reply's head, and characters of their names and values together.
    * `line`: bytes of one line of an event stream, its end not counted.
    * `event`: bytes of one event's data, its lines joined.
    * `body`: bytes of a reply that is not a stream; `stream`: bytes of one that is.
    * `depth`: nesting of JSON arrays and objects.
    * `held_items`: items kept back before the first content arrives, or before a judge has decided.
    """

    head_fields: int = 1_000
    head: int = 1 << 20
    line: int = 8 << 20
    event: int = 16 << 20
    body: int = 64 << 20
    stream: int = 1 << 30
    depth: int = 128
    held_items: int = 100_000

    def __post_init__(self) -> None:
        for field in self.__struct_fields__:
            number = getattr(self, field)
            if isinstance(number, bool) or not isinstance(number, int) or number < 1:
                raise InvalidRequest(f"limits.{field}", f"must be a whole number of at least 1, got {number!r}")


class LimitExceeded(msgspec.Struct, frozen=True, gc=False):
    """A limit was crossed. Holds nothing of what the server sent.

    `limit` is its name in `Limits`, `number` its value, and `offset` the place in the body, counted from 0, of the byte that crossed it.

    >>> LimitExceeded("line", 1024, 9000).failure().message
    'the reply crossed the limit line (1024) at byte 9000'
    """

    limit: str
    number: int
    offset: int

    def failure(self) -> Failure:
        """The failure that ends the attempt."""
        message = f"the reply crossed the limit {self.limit} ({self.number}) at byte {self.offset}"
        return Failure(kind="limit_exceeded", message=message)
