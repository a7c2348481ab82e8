"""Facts that come from the world and are no network facts: the clocks, call ids and seeds."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from time import monotonic, time, time_ns
from typing import TypedDict

from muxer_core.values.moment import Moment

Clock = Callable[[], Moment]


def system_clock() -> Moment:
    """Now, by the system's clocks."""
    return Moment(monotonic(), time())


def new_call_id() -> str:
    """A UUID of version 7 (RFC 9562, section 5.7): ids sort by the time at which their calls began."""
    number = (time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def new_seed() -> int:
    """A seed for a call's own random numbers."""
    return secrets.randbits(64)


class Identity(TypedDict):
    """The arguments of `Muxer.start_*` that come from the world."""

    call_id: str
    seed: int
    moment: Moment
