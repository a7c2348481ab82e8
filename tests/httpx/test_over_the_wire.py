"""`muxer_httpx` over real sockets: httpx and httpx2, asyncio, trio and plain threads, against a scripted server."""

from __future__ import annotations

import gc
import gzip
import itertools
from collections.abc import Iterator

import pytest

from muxer_core.call.policies import Policies, RetryPolicy, Timeouts
from muxer_core.simulation.script import Break, Data, End, Hang, Head, Script, Wait, answer
from muxer_core.testing.calls import ROLE, text_chunk
from muxer_core.values.items import Item, TextDelta
from tests.drivers.scenarios import JSON, PLAIN, REPLY, WHOLE, refusal
from tests.httpx.carriers import CARRIERS, ONCE, SECRET, Ended, call_to, run_call, run_calls, watchdogs
from tests.support.raw_server import FullBacklog, RawServer, refused_url

SSE = ("content-type", "text/event-stream")


@pytest.fixture(params=CARRIERS)
def carrier(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[str]:
    """Whatever is left behind is found here: sockets and generators warn as they are collected, and warnings are errors."""
    yield request.param
    gc.collect()
    assert [record.message for record in caplog.records if record.name.startswith("muxer_")] == []


def text_of(items: list[Item]) -> str:
    return "".join(item.text for item in items if isinstance(item, TextDelta))


def quick(**timeouts: float) -> Policies:
    return Policies(
        timeouts=Timeouts(**{"first_chunk": 5, "stall": 5, "call": 10, **timeouts}), retry=RetryPolicy(max_retries=0)
    )


def failed(ended: Ended, kind: str) -> str:
    """The call failed so; nothing that it says holds the secret. Returns its words."""
    assert ended.outcome.status == "failed"
    assert ended.failure.kind == kind, ended.failure
    assert SECRET not in ended.raised
    assert SECRET not in repr(ended.outcome)
    return str(ended.failure.message)


def test_a_whole_stream(carrier: str) -> None:
    with RawServer(answer(REPLY)) as server:
        ended = run_call(carrier, server.url)
    assert ended.outcome.status == "complete"
    assert text_of(ended.items) == "The sky is blue."
    request = server.requests[0]
    assert (request.method, request.target) == ("POST", "/v1/chat/completions")
    assert request.headers["authorization"] == f"Bearer {SECRET}"
    assert SECRET not in repr(ended.outcome)


def test_a_reply_that_is_not_streamed(carrier: str) -> None:
    script = (Head(200, (*JSON, ("content-length", str(len(PLAIN))))), Data(PLAIN[:9]), Data(PLAIN[9:]), End())
    with RawServer(script) as server:
        ended = run_call(carrier, server.url, streamed=False)
    assert text_of(ended.items) == "The sky is blue."


def test_head_fields_arrive_as_they_were_sent(carrier: str) -> None:
    with RawServer(refusal(429, ("Retry-After", "7"), ("X-Twice", "a"), ("X-Twice", "b"))) as server:
        ended = run_call(carrier, server.url)
    assert failed(ended, "rate_limited") == "Rate limit reached"
    assert ended.failure.retry_after == 7
    assert ended.failure.status == 429


def test_each_chunk_comes_at_once(carrier: str) -> None:
    """A chunk is delivered when it arrives, not when the next one does or a buffer is full."""
    with RawServer(answer([ROLE, *[text_chunk("x")] * 3, *REPLY[3:]], gap=0.15)) as server:
        ended = run_call(carrier, server.url)
    moments = [at for at, batch in ended.batches if any(isinstance(item, TextDelta) for item in batch)]
    assert len(moments) == 3
    assert all(0.05 < later - sooner < 0.4 for sooner, later in itertools.pairwise(moments))


def test_a_connection_is_used_again(carrier: str) -> None:
    """The end mark is read after the reply's own, so that the connection goes back to the pool before the call is over."""
    with RawServer(answer(REPLY)) as server:
        for ended in run_calls(carrier, *[lambda: call_to(server.url)] * 5):
            assert ended.outcome.status == "complete"
        assert server.connections == 1
        assert len(server.requests) == 5


def test_a_server_that_does_not_end_costs_a_moment_and_the_connection(carrier: str) -> None:
    with RawServer((*answer(REPLY)[:-1], Hang())) as server:
        for ended in run_calls(carrier, *[lambda: call_to(server.url)] * 2):
            assert ended.outcome.status == "complete"
            assert ended.outcome.attempts[0].ended < 0.5
        assert server.connections == 2
        server.wait_for_close(2)


@pytest.mark.parametrize("end", [End(), Break(), Break("truncated")])
def test_what_comes_after_the_end_mark_is_taken_in_and_changes_nothing(carrier: str, end: End | Break) -> None:
    script: Script = (
        *answer(REPLY)[:-1],
        Wait(0.01),
        Data(b": one more\n\n"),
        Wait(0.01),
        Data(b": and another\n\n"),
        end,
    )
    with RawServer(script) as server:
        for ended in run_calls(carrier, *[lambda: call_to(server.url)] * 2):
            assert ended.outcome.status == "complete"
        assert server.connections == (1 if end == End() else 2)


def test_nobody_listens(carrier: str) -> None:
    url = refused_url()
    words = failed(ended := run_call(carrier, url), "connect")
    assert url in words
    assert ended.outcome.cost is not None
    assert ended.outcome.cost.pico == 0, "what was never sent costs nothing"


def test_nobody_accepts(carrier: str) -> None:
    with FullBacklog() as url:
        ended = run_call(carrier, url, policies=quick(connect=0.2))
    assert url in failed(ended, "connect_timeout")
    assert ended.outcome.attempts[0].ended < 1.5
    assert ended.outcome.cost is not None
    assert ended.outcome.cost.pico == 0


def test_no_such_host(carrier: str) -> None:
    failed(run_call(carrier, "http://nobody.invalid"), "connect")


def test_no_head(carrier: str) -> None:
    with RawServer((Hang(),)) as server:
        ended = run_call(carrier, server.url, policies=quick(first_chunk=0.2))
        server.wait_for_close()
    failed(ended, "first_chunk_timeout")
    assert 0.15 < ended.outcome.attempts[0].ended < 1.0


def test_no_chunk_after_the_head(carrier: str) -> None:
    with RawServer((Head(), Hang())) as server:
        ended = run_call(carrier, server.url, policies=quick(first_chunk=0.2))
        server.wait_for_close()
    failed(ended, "first_chunk_timeout")
    assert 0.15 < ended.outcome.attempts[0].ended < 1.0


def test_a_stall(carrier: str) -> None:
    """In the middle, after a first wait that was much longer: the pause between reads is not fixed when the body begins."""
    with RawServer((Head(), Wait(0.3), Data(ROLE + text_chunk("The ")), Data(text_chunk("sky")), Hang())) as server:
        ended = run_call(carrier, server.url, policies=quick(stall=0.2))
        server.wait_for_close()
    failed(ended, "stall_timeout")
    assert text_of(ended.items) == "The sky"
    assert 0.45 < ended.outcome.attempts[0].ended < 1.2


def test_pauses_longer_than_the_first_wait(carrier: str) -> None:
    """A first chunk that comes at the last moment does not shorten the waits after it."""
    with RawServer(
        (Head(), Wait(0.4), Data(ROLE + text_chunk("x")), Wait(0.4), *(Data(one) for one in REPLY[3:]), End())
    ) as server:
        ended = run_call(carrier, server.url, policies=quick(first_chunk=0.6, stall=5))
    assert ended.outcome.status == "complete"


def test_the_whole_call_has_a_deadline(carrier: str) -> None:
    """A drip that never stalls."""
    with RawServer(answer([ROLE, *[text_chunk("x")] * 100], gap=0.05)) as server:
        ended = run_call(carrier, server.url, policies=quick(call=0.4))
        server.wait_for_close()
    failed(ended, "call_timeout")
    assert 0.35 < ended.outcome.attempts[0].ended < 1.0


BEGUN = Data(ROLE + text_chunk("The "))
CUT: dict[str, tuple[Script, str]] = {
    "reset before the head": ((Break(),), "connection_lost"),
    "closed before the head": ((Break("truncated"),), "connection_lost"),
    "reset in the head": ((Data(b"HTTP/1.1 200 OK\r\ncontent-ty"), Break()), "connection_lost"),
    "closed in the head": ((Data(b"HTTP/1.1 200 OK\r\ncontent-ty"), Break("truncated")), "connection_lost"),
    "reset in the body": ((Head(), BEGUN, Wait(0.05), Break()), "connection_lost"),
    "chunked body, closed between chunks": ((Head(), BEGUN, Break("truncated")), "connection_lost"),
    "chunked body, closed in a chunk": (
        (Data(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n400\r\n" + WHOLE[:200]), Break("truncated")),
        "connection_lost",
    ),
    "content-length, closed before": (
        (Head(200, (SSE, ("content-length", "100000"))), BEGUN, Break("truncated")),
        "connection_lost",
    ),
    "no framing, closed before the end mark": (
        (Data(b"HTTP/1.1 200 OK\r\n\r\n" + WHOLE[:-20]), Break("truncated")),
        "truncated",
    ),
    "malformed status line": ((Data(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), Hang()), "malformed"),
    "malformed header": ((Data(b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n"), Hang()), "malformed"),
    "malformed chunk": ((Data(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n"), Hang()), "malformed"),
    "compressed in a way that was not asked for": (
        (Data(b"HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: 9\r\n\r\nplaintext"), Hang()),
        "malformed",
    ),
    "compressed, framing ends early": (
        (
            Head(200, (SSE, ("content-encoding", "gzip"), ("content-length", "30"))),
            Data(gzip.compress(WHOLE)[:30]),
            Hang(),
        ),
        "truncated",
    ),
    "not compressed as it says": (
        (Data(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 9\r\n\r\nplaintext"), Hang()),
        "malformed",
    ),
}


@pytest.mark.parametrize("name", CUT)
def test_what_a_broken_server_does_is_a_typed_failure(carrier: str, name: str) -> None:
    script, kind = CUT[name]
    with RawServer(script) as server:
        ended = run_call(carrier, server.url)
    words = failed(ended, kind)
    assert server.url in words or "content-encoding" in words or "compress" in words or kind == "truncated"


def test_no_framing_but_a_whole_reply(carrier: str) -> None:
    """HTTP/1.0's way: the body ends when the connection does."""
    with RawServer((Data(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + WHOLE), Break("truncated"))) as server:
        assert run_call(carrier, server.url).outcome.status == "complete"


def test_redirects_are_not_followed(carrier: str) -> None:
    with RawServer(answer(REPLY)) as elsewhere:
        moved = (Head(307, (("location", f"{elsewhere.url}/v1/chat/completions"), ("content-length", "0"))), End())
        with RawServer(moved) as server:
            ended = run_call(carrier, server.url)
    assert ended.outcome.status == "failed"
    assert ended.failure.status == 307
    assert elsewhere.requests == [], "the secret went nowhere else"


def test_gzip(carrier: str) -> None:
    """Decoded, and each part as it arrives."""
    script: Script = (
        Head(200, (SSE, ("content-encoding", "gzip"))),
        *(step for one in REPLY for step in (Data(one), Wait(0.03))),
        End(),
    )
    with RawServer(script) as server:
        ended = run_call(carrier, server.url)
    assert server.requests[0].headers["accept-encoding"] == "gzip"
    assert text_of(ended.items) == "The sky is blue."
    assert len(ended.batches) > 2


def test_a_bomb(carrier: str) -> None:
    """16 MiB of zeros in 16 KiB: a named limit is met, and never all of it is held at once."""
    bomb = gzip.compress(b"data: " + bytes(16 << 20))
    script: Script = (
        Head(200, (SSE, ("content-encoding", "gzip"), ("content-length", str(len(bomb))))),
        *_pieces(bomb),
        End(),
    )
    with RawServer(script) as server:
        ended = run_call(carrier, server.url)
    failed(ended, "limit_exceeded")


def _pieces(data: bytes) -> list[Data]:
    return [Data(data[at : at + 16384]) for at in range(0, len(data), 16384)]


def test_a_retry_on_a_new_connection(carrier: str) -> None:
    scripts = iter([(Break(),), refusal(500), answer(REPLY)])
    with RawServer(lambda _: next(scripts)) as server:
        policies = Policies(timeouts=ONCE.timeouts, retry=RetryPolicy(max_retries=2, backoff=0.01))
        ended = run_call(carrier, server.url, policies=policies)
    assert [one.status for one in ended.outcome.attempts] == ["failed", "failed", "complete"]
    assert text_of(ended.items) == "The sky is blue."


def test_a_key_that_no_header_can_carry(carrier: str) -> None:
    """A key file that ended in a line break. The packages would quote the whole header in their exception."""
    from muxer_drivers.credentials import Credentials
    from tests.httpx import carriers

    with pytest.MonkeyPatch.context() as patch, RawServer(answer(REPLY)) as server:
        patch.setattr(carriers, "credentials", lambda: Credentials({"key": f"{SECRET}\n"}))
        words = failed(run_call(carrier, server.url), "auth")
    assert "credential 'key'" in words
    assert server.requests == []


def test_an_address_with_a_password_does_not_show_it(carrier: str) -> None:
    url = refused_url().replace("http://", f"http://user:{SECRET}@")
    assert "127.0.0.1" in failed(run_call(carrier, url), "connect")


def test_threads_are_gone() -> None:
    """The watchdog leaves when its transport is closed."""
    for thread in watchdogs():
        thread.join(5)
    assert watchdogs() == []
