"""A value that is renewed: by one fetch at a time, on threads, asyncio and trio; before its time is over; whoever gives up waiting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import inf
from typing import Any

import pytest
import trio
import trio.testing

from muxer_core.call.exchange import TransportError
from muxer_core.values.errors import LocalProtocolError
from muxer_core.values.failure import Failure
from muxer_core.values.moment import Moment
from muxer_drivers.leases import Lease, Renewal


def at(wall: float) -> Moment:
    return Moment(wall, wall)


class Fetch:
    """Counts fetches. Each waits for `let`, and then gives the next outcome: a lease, or what is raised."""

    def __init__(self, *outcomes: Lease[str] | Exception) -> None:
        self.outcomes = list(outcomes)
        self.count = 0
        self.let = threading.Event()

    def __call__(self, moment: Moment) -> Lease[str]:
        self.count += 1
        assert self.let.wait(20)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def settled(renewal: Renewal[str]) -> None:
    """Wait until no fetch is under way: whoever waits for the one that is under way has it landed."""
    flight = renewal._flight
    if flight is not None:
        flight.exception(20)


def test_a_fresh_value_is_there_at_once_and_is_fetched_once() -> None:
    fetch = Fetch(Lease("one", 10.0, 20.0))
    fetch.let.set()
    renewal = Renewal("test", fetch)
    assert renewal.wait_blocking(at(0.0), inf) == "one"
    assert [renewal.now(at(wall)) for wall in (0.0, 5.0, 9.9)] == ["one"] * 3
    assert fetch.count == 1


def test_a_value_that_is_good_is_used_while_the_next_is_fetched_behind_it() -> None:
    fetch = Fetch(Lease("one", 10.0, 20.0), Lease("two", 30.0, 40.0))
    fetch.let.set()
    renewal = Renewal("test", fetch)
    renewal.wait_blocking(at(0.0), inf)
    fetch.let.clear()
    assert [renewal.now(at(wall)) for wall in (10.0, 11.0, 19.9)] == ["one"] * 3
    assert renewal.now(at(20.0)) is None
    fetch.let.set()
    assert renewal.wait_blocking(at(20.0), inf) == "two"
    assert fetch.count == 2


def test_a_renewal_that_fails_leaves_what_is_good() -> None:
    gone = TransportError(Failure(kind="connect", message="nobody there"), sent=False)
    fetch = Fetch(Lease("one", 10.0, 20.0), gone, Lease("two", inf, inf))
    fetch.let.set()
    renewal = Renewal("test", fetch)
    renewal.wait_blocking(at(0.0), inf)
    assert renewal.now(at(10.0)) == "one"
    settled(renewal)
    assert renewal.now(at(19.0)) == "one"
    settled(renewal)
    assert renewal.now(at(19.0)) == "two"


def test_who_comes_to_wait_when_it_has_just_landed_begins_no_other() -> None:
    fetch = Fetch(Lease("one", 10.0, 20.0))
    fetch.let.set()
    renewal = Renewal("test", fetch)
    assert renewal.now(at(0.0)) is None
    assert [renewal.wait_blocking(at(0.0), inf) for _ in range(3)] == ["one"] * 3
    assert fetch.count == 1


def test_all_threads_wait_for_one_fetch() -> None:
    fetch = Fetch(Lease("one", inf, inf))
    renewal = Renewal("test", fetch)
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(renewal.wait_blocking, at(0.0), inf) for _ in range(8)]
        fetch.let.set()
        assert [one.result() for one in waiting] == ["one"] * 8
    assert fetch.count == 1


def test_a_wait_in_a_thread_is_over_when_its_time_is() -> None:
    fetch = Fetch(Lease("one", inf, inf))
    renewal = Renewal("test", fetch)
    assert renewal.wait_blocking(at(0.0), 0.01) is None
    fetch.let.set()
    assert renewal.wait_blocking(at(0.0), inf) == "one"
    assert fetch.count == 1


async def _on_asyncio(renewal: Renewal[str], let: Callable[[], None]) -> list[Any]:
    waiting = [asyncio.ensure_future(renewal.wait(at(0.0))) for _ in range(5)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.sleep(0)
    let()
    return await asyncio.gather(*waiting[1:], return_exceptions=True)


async def _on_trio(renewal: Renewal[str], let: Callable[[], None]) -> list[Any]:
    got: list[Any] = []

    async def one(scope: trio.CancelScope) -> None:
        with scope:
            try:
                got.append(await renewal.wait(at(0.0)))
            except (TransportError, RuntimeError) as error:
                got.append(error)

    scopes = [trio.CancelScope() for _ in range(5)]
    async with trio.open_nursery() as nursery:
        for scope in scopes:
            nursery.start_soon(one, scope)
        await trio.testing.wait_all_tasks_blocked()
        scopes[0].cancel()
        await trio.testing.wait_all_tasks_blocked()
        let()
    return got


def run(library: str, renewal: Renewal[str], let: Callable[[], None]) -> list[Any]:
    if library == "trio":
        return trio.run(_on_trio, renewal, let)
    return asyncio.run(_on_asyncio(renewal, let))


@pytest.mark.parametrize("library", ["asyncio", "trio"])
def test_all_tasks_wait_for_one_fetch_and_one_that_gives_up_spoils_it_for_nobody(library: str) -> None:
    fetch = Fetch(Lease("one", inf, inf))
    assert run(library, Renewal("test", fetch), fetch.let.set) == ["one"] * 4
    assert fetch.count == 1


@pytest.mark.parametrize("library", ["asyncio", "trio"])
def test_a_loop_that_is_gone_does_not_disturb_the_fetch(library: str) -> None:
    fetch = Fetch(Lease("one", inf, inf))
    renewal = Renewal("test", fetch)

    async def give_up_asyncio() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(renewal.wait(at(0.0)), 0.01)

    async def give_up_trio() -> None:
        with trio.move_on_after(0.01):
            await renewal.wait(at(0.0))

    if library == "trio":
        trio.run(give_up_trio)
    else:
        asyncio.run(give_up_asyncio())
    fetch.let.set()
    assert renewal.wait_blocking(at(0.0), inf) == "one"
    assert fetch.count == 1


@pytest.mark.parametrize("library", ["asyncio", "trio"])
@pytest.mark.parametrize(
    ("raised", "kind", "words"),
    [
        (TransportError(Failure(kind="connect", message="nobody there"), sent=False), "connect", "nobody there"),
        (LocalProtocolError("google is not installed"), "auth", "google is not installed"),
    ],
)
def test_a_fetch_that_fails_fails_for_all_and_the_next_begins_anew(
    library: str, raised: Exception, kind: str, words: str
) -> None:
    fetch = Fetch(raised, Lease("one", inf, inf))
    renewal = Renewal("test", fetch)
    failed = run(library, renewal, fetch.let.set)
    assert [(one.failure.kind, one.failure.message, one.sent) for one in failed] == [(kind, words, False)] * 4
    assert renewal.wait_blocking(at(0.0), inf) == "one"
    assert fetch.count == 2


def test_a_mistake_in_a_fetch_is_raised_where_it_is_waited_for() -> None:
    fetch = Fetch(TimeoutError("the fetch's own"), ZeroDivisionError("a mistake"))
    fetch.let.set()
    renewal = Renewal("test", fetch)
    with pytest.raises(TimeoutError, match="the fetch's own"):
        renewal.wait_blocking(at(0.0), inf)
    with pytest.raises(ZeroDivisionError):
        renewal.wait_blocking(at(0.0), inf)


def test_nothing_shows_the_value() -> None:
    lease = Lease("sk-secret", 1.0, 2.0)
    assert "secret" not in repr(lease)
    assert repr(Renewal("google", lambda _: lease)) == "Renewal('google')"
