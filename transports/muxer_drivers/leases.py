"""`Renewal`: a value that holds for a while, such as an access token, fetched anew in a thread of its own before its time is over.

While it is fresh it is simply there. When it is no longer fresh but still good, it is used, and one fetch begins behind it, so that no
request waits for a renewal. When it is not good any more, everybody waits for that same fetch. A fetch that fails is an answer to those
who waited for it; the next who asks begins another. Times are wall seconds since 1970.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from muxer_core.call.exchange import TransportError
from muxer_core.values.errors import LocalProtocolError
from muxer_core.values.failure import Failure
from muxer_core.values.moment import Moment
from muxer_drivers.waiting import outcome_of

T = TypeVar("T")


class Lease(Generic[T]):
    """A value, until when it is fresh, and until when it is good. Its `repr` does not show the value."""

    __slots__ = ("fresh_until", "good_until", "value")

    def __init__(self, value: T, fresh_until: float, good_until: float) -> None:
        self.value = value
        self.fresh_until = fresh_until
        self.good_until = good_until

    def __repr__(self) -> str:
        return f"Lease(***, fresh_until={self.fresh_until}, good_until={self.good_until})"


class Renewal(Generic[T]):
    """The current lease of one value. Threads and tasks may share it.

    `fetch` gets a new lease at a moment, and may block. It raises `TransportError` for what the world does and `LocalProtocolError` for
    what a person must set right; as a failure it goes to all who wait. `name` is for the thread.
    """

    __slots__ = ("_fetch", "_flight", "_lease", "_lock", "_name")

    def __init__(self, name: str, fetch: Callable[[Moment], Lease[T]]) -> None:
        self._name = name
        self._fetch = fetch
        self._lock = threading.Lock()
        self._lease: Lease[T] | None = None
        self._flight: Future[Lease[T] | Failure] | None = None

    def __repr__(self) -> str:
        return f"Renewal({self._name!r})"

    def now(self, moment: Moment) -> T | None:
        """The value, if it need not be waited for."""
        lease = self._lease
        if lease is None or moment.wall >= lease.good_until:
            return None
        if moment.wall >= lease.fresh_until:
            self._flying(moment)
        return lease.value

    async def wait(self, moment: Moment) -> T:
        """The value, once it is there. Raises `TransportError`."""
        return self._value(await outcome_of(self._flying(moment)))

    def wait_blocking(self, moment: Moment, timeout: float) -> T | None:
        """The same for plain threads; None when it did not come for `timeout` seconds. Raises `TransportError`."""
        flight = self._flying(moment)
        try:
            return self._value(flight.result(min(timeout, threading.TIMEOUT_MAX)))
        except TimeoutError:
            if flight.done():
                raise
            return None

    def _flying(self, moment: Moment) -> Future[Lease[T] | Failure]:
        """The fetch that is under way, or one that has just landed, or a new one."""
        with self._lock:
            if self._flight is None:
                flight: Future[Lease[T] | Failure] = Future()
                flight.set_running_or_notify_cancel()
                if self._lease is not None and moment.wall < self._lease.fresh_until:
                    flight.set_result(self._lease)
                    return flight
                self._flight = flight
                # A daemon: an interpreter that ends does not wait for a token nobody will use.
                threading.Thread(target=self._run, args=(flight, moment), name=self._name, daemon=True).start()
            return self._flight

    def _run(self, flight: Future[Lease[T] | Failure], moment: Moment) -> None:
        try:
            outcome: Lease[T] | Failure = self._fetch(moment)
        except TransportError as error:
            outcome = error.failure
        except LocalProtocolError as error:
            outcome = Failure(kind="auth", message=str(error))
        except BaseException as error:  # noqa: BLE001 - it is the waiters' to raise; here nobody would see it
            self._landed(None)
            flight.set_exception(error)
            return
        self._landed(outcome if isinstance(outcome, Lease) else None)
        flight.set_result(outcome)

    def _landed(self, lease: Lease[T] | None) -> None:
        with self._lock:
            self._flight = None
            self._lease = lease or self._lease

    @staticmethod
    def _value(outcome: Lease[T] | Failure) -> T:
        if isinstance(outcome, Failure):
            raise TransportError(outcome, sent=False)
        return outcome.value
