"""Scripts: what an upstream does with one attempt, step by step, in virtual time.

A script is a value, so that one list of scripts can be played to the simulation, to the asyncio, trio and sync drivers, and to a real
server on loopback, and their traces compared.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from muxer_core.values.failure import FailureKind


class Wait(msgspec.Struct, frozen=True, gc=False, tag="wait"):
    """Nothing happens for `seconds`."""

    seconds: float


class Head(msgspec.Struct, frozen=True, tag="head", omit_defaults=True):
    """Status and headers arrive."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("content-type", "text/event-stream"),)


class Data(msgspec.Struct, frozen=True, gc=False, tag="data"):
    """Bytes of the body arrive."""

    data: bytes


class End(msgspec.Struct, frozen=True, gc=False, tag="end"):
    """The body ends as its framing said it would."""


class Break(msgspec.Struct, frozen=True, gc=False, tag="break", omit_defaults=True):
    """The network fails. `sent` False: before any byte of the request can have arrived."""

    kind: FailureKind = "connection_lost"
    message: str = "the connection was reset"
    sent: bool = True


class Hang(msgspec.Struct, frozen=True, gc=False, tag="hang"):
    """Nothing ever happens again."""


Step = Wait | Head | Data | End | Break | Hang
Script = tuple[Step, ...]

REFUSED_CONNECTION: Script = (Break("connect", "connection refused", sent=False),)
"""Nobody listens."""


def answer(chunks: Sequence[bytes], *, gap: float = 0.0, first: float = 0.0, status: int = 200) -> Script:
    """A script that answers with `chunks`, the first after `first` seconds and each next one after `gap`."""
    steps: list[Step] = [Wait(first)] if first else []
    steps.append(Head(status))
    for number, chunk in enumerate(chunks):
        if number and gap:
            steps.append(Wait(gap))
        steps.append(Data(chunk))
    steps.append(End())
    return tuple(steps)


class Playback:
    """A script being played. Time runs with the reader: `Wait`s count from when the reader came to them."""

    __slots__ = ("_position", "_script")

    def __init__(self, script: Script) -> None:
        self._script = script
        self._position = 0

    def next(self) -> tuple[float, Head | Data | End | Break | Hang]:
        """Seconds to wait, and what comes then. After the last step, and after `Hang`, nothing ever comes."""
        seconds = 0.0
        while self._position < len(self._script):
            step = self._script[self._position]
            if isinstance(step, Hang):
                return seconds, step
            self._position += 1
            if not isinstance(step, Wait):
                return seconds, step
            seconds += step.seconds
        return seconds, Hang()
