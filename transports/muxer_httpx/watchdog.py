"""`Watchdog`: ends blocking reads whose time has come.

httpx fixes the pause between two reads when a body begins, so that it cannot be told how long the next read may take. The watchdog can:
one thread for a transport, one entry for an exchange, looked at when it falls due and never moved for a read. To end a read it shuts the
socket down, which wakes the reader at once, under TLS too; the exchange is then of no more use, and its call gives it up.
"""

from __future__ import annotations

import contextlib
import heapq
import socket
import threading
import time
from math import inf


class Watch:
    """The clock of one exchange. `expired` says that its socket was shut down."""

    __slots__ = ("armed", "deadline", "expired", "socket")

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.deadline = inf
        self.armed = inf
        self.expired = False

    def cut(self) -> None:
        """Shut the connection down. Not through an SSL socket's own method, which would pull the session from under the reader."""
        self.expired = True
        with contextlib.suppress(OSError):  # it was closed meanwhile
            socket.socket.shutdown(self.socket, socket.SHUT_RDWR)


class Watchdog:
    """Watches the reads of one transport. Its thread begins with the first read and ends when there is nothing left to watch."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._due: list[tuple[float, int, Watch]] = []
        self._count = 0
        self._thread: threading.Thread | None = None

    def begin(self, watch: Watch, seconds: float) -> None:
        """A read begins that may take `seconds`."""
        deadline = time.monotonic() + seconds
        with self._condition:
            watch.deadline = deadline
            if deadline < watch.armed:
                self._arm(watch)

    def end(self, watch: Watch) -> None:
        """The read is over. From here `watch.expired` says whether it was ended by us."""
        with self._condition:
            watch.deadline = inf

    def forget_all(self) -> None:
        """The transport is closed: no read is under way any more."""
        with self._condition:
            self._due.clear()
            self._condition.notify()

    def _arm(self, watch: Watch) -> None:
        watch.armed = watch.deadline
        self._count += 1
        heapq.heappush(self._due, (watch.armed, self._count, watch))
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="muxer-watchdog", daemon=True)
            self._thread.start()
        elif self._due[0][2] is watch:
            self._condition.notify()

    def _run(self) -> None:
        with self._condition:
            while self._due:
                when, _, watch = self._due[0]
                now = time.monotonic()
                if when > now:
                    self._condition.wait(when - now)
                    continue
                heapq.heappop(self._due)
                if watch.armed == when:
                    watch.armed = inf
                if watch.deadline <= now:
                    watch.cut()
                elif watch.deadline < watch.armed:
                    self._arm(watch)
            self._thread = None
