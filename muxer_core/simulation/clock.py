"""`VirtualClock`: time that passes only when told to."""

from __future__ import annotations

from muxer_core.values.moment import Moment


class VirtualClock:
    """Both clocks of a `Moment`, moved by hand. Calling it reads it, so that it can stand wherever a driver takes a clock.

    >>> clock = VirtualClock()
    >>> clock.sleep(2.5)
    >>> clock().mono
    2.5
    """

    __slots__ = ("_now",)

    def __init__(self, mono: float = 0.0, wall: float = 1_800_000_000.0) -> None:
        self._now = Moment(mono, wall)

    def __call__(self) -> Moment:
        """Now."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self._now = self._now.later(seconds)

    def sleep_until(self, mono: float) -> None:
        """Let time pass until the monotonic clock shows `mono`; nothing happens if it has passed."""
        self.sleep(max(0.0, mono - self._now.mono))
