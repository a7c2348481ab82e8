"""`Moment`: the one way in which time enters the core.

A driver reads its clocks and hands the pair in with every event. Timers read `mono`; windows, prices and dates read `wall`.
"""

from __future__ import annotations

import msgspec


class Moment(msgspec.Struct, frozen=True, gc=False, order=True):
    """An instant on two clocks, both in seconds.

    `mono` never goes backwards and has the origin of `time.monotonic` (a virtual clock may start where it likes). `wall` is Unix time.
    """

    mono: float
    wall: float

    def later(self, seconds: float) -> Moment:
        """The moment `seconds` after this one, on both clocks.

        >>> Moment(1.0, 100.0).later(0.5)
        Moment(mono=1.5, wall=100.5)
        """
        return Moment(self.mono + seconds, self.wall + seconds)
