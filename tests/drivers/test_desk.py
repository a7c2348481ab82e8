"""What drivers share: ids, keys, compressed bodies, closing in the background, and the sync client made from the async one."""

from __future__ import annotations

import asyncio
import gzip
import importlib.util
import subprocess
import sys
import threading
import uuid
from pathlib import Path
from types import ModuleType

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.call.exchange import TransportError
from muxer_core.simulation.run import OpenLedger
from muxer_core.simulation.script import Break, Data, Hang, Head, Wait
from muxer_core.testing.transports import AsyncScriptedTransport, OutOfScript, SyncScriptedTransport
from muxer_core.values.credential import CredentialRef
from muxer_core.values.errors import LocalProtocolError
from muxer_core.wire.heads import Headers, ResponseHead, WireRequest
from muxer_drivers.asyncio_driver import AsyncioRuntime
from muxer_drivers.compression import LARGEST_PIECE, Body
from muxer_drivers.credentials import Credentials
from muxer_drivers.desk import lock_of
from muxer_drivers.trio_driver import TrioRuntime
from muxer_drivers.world import new_call_id, new_seed, system_clock
from tests.drivers.virtual import run_on_virtual_loop

# -- the world's facts ------------------------------------------------------------------------------------------------------------------


def test_call_ids_are_uuids_of_version_7_and_sort_by_time() -> None:
    ids = [uuid.UUID(new_call_id()) for _ in range(50)]
    assert {(one.version, one.variant) for one in ids} == {(7, uuid.RFC_4122)}
    milliseconds = [one.int >> 80 for one in ids]
    assert milliseconds == sorted(milliseconds)
    assert abs(milliseconds[0] / 1000 - system_clock().wall) < 5
    assert len({new_seed() for _ in range(50)}) == 50


def test_one_ledger_has_one_lock() -> None:
    one, another = OpenLedger(), OpenLedger()
    found: list[threading.Lock] = []
    threads = [threading.Thread(target=lambda: found.append(lock_of(one))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {id(lock) for lock in found} == {id(lock_of(one))}
    assert lock_of(another) is not lock_of(one)


# -- keys -------------------------------------------------------------------------------------------------------------------------------


def request(name: str | None) -> WireRequest:
    return WireRequest(
        "GET", "http://host/", Headers((("accept", "*/*"),)), credential=None if name is None else CredentialRef(name)
    )


def test_a_credential_is_put_in_place_from_what_was_given_or_the_environment() -> None:
    environment = {"KEY": "from-environment", "EMPTY": ""}
    credentials = Credentials({"mine": "given"}, environment=environment)
    assert credentials.headers(request(None)) == [("accept", "*/*")]
    assert credentials.headers(request("mine"))[-1] == ("authorization", "Bearer given")
    assert credentials.headers(request("env:KEY"))[-1] == ("authorization", "Bearer from-environment")
    assert credentials.headers(request("env:EMPTY|KEY"))[-1] == ("authorization", "Bearer from-environment")
    environment["KEY"] = "rotated"
    assert credentials.headers(request("env:KEY"))[-1] == ("authorization", "Bearer rotated")
    assert repr(credentials) == "Credentials(mine)"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("env:NONE", "the environment variable NONE is not set"),
        ("env:NONE|OTHER", "none of the variables NONE, OTHER is set"),
        ("nobody", "no secret of this name was given"),
        ("newline", "holds a line break"),
        ("accent", "another character that no header can carry"),
        ("padded", "begins or ends with a space"),
        ("blank", "begins or ends with a space"),
    ],
)
def test_a_credential_that_cannot_be_sent_is_an_auth_failure_that_shows_nothing(name: str, words: str) -> None:
    credentials = Credentials({"newline": "sk-1\n", "accent": "sk-é", "padded": "sk-1 ", "blank": " "}, environment={})
    with pytest.raises(LocalProtocolError, match=words):
        credentials.secret(CredentialRef(name))
    with pytest.raises(TransportError, match=words) as raised:
        credentials.headers(request(name))
    assert raised.value.failure.kind == "auth"
    assert not raised.value.sent
    assert "sk-" not in str(raised.value)
    assert raised.value.__suppress_context__


# -- compressed bodies ------------------------------------------------------------------------------------------------------------------


def undone(body: Body, chunks: list[bytes]) -> list[bytes]:
    pieces: list[bytes] = []
    for chunk in chunks:
        piece = body.piece(chunk)
        while piece:
            pieces.append(piece)
            piece = body.piece()
    body.end()
    return pieces


@given(data=st.binary(max_size=3000), times=st.integers(1, 100), cuts=st.lists(st.integers(0, 4000), max_size=5))
def test_gzip_is_undone_under_any_cut_in_bounded_pieces(data: bytes, times: int, cuts: list[int]) -> None:
    packed = gzip.compress(data * times, mtime=0)
    ends = sorted({min(cut, len(packed)) for cut in cuts})
    chunks = [packed[start:end] for start, end in zip([0, *ends], [*ends, len(packed)], strict=True)]
    pieces = undone(Body("gzip"), chunks)
    assert b"".join(pieces) == data * times
    assert all(len(piece) <= LARGEST_PIECE for piece in pieces)


@pytest.mark.parametrize("encoding", [None, "", "identity", "Identity"])
def test_what_is_not_compressed_goes_through(encoding: str | None) -> None:
    assert undone(Body(encoding), [b"a", b"", b"b"]) == [b"a", b"b"]


def test_no_body_at_all_is_no_truncated_one() -> None:
    Body("gzip").end()


@pytest.mark.parametrize(
    ("data", "kind"), [(b"plain text", "malformed"), (gzip.compress(b"x" * 100, mtime=0)[:-5], "truncated")]
)
def test_what_is_not_compressed_as_it_says(data: bytes, kind: str) -> None:
    with pytest.raises(TransportError) as raised:
        undone(Body("gzip"), [data])
    assert raised.value.failure.kind == kind


def test_an_encoding_that_nobody_asked_for() -> None:
    with pytest.raises(TransportError, match="'br' was not asked for"):
        Body("br")


# -- closing in the background ----------------------------------------------------------------------------------------------------------


class Broken:
    """An exchange whose closing fails in a way that no transport should."""

    head = ResponseHead(200)

    async def read(self) -> bytes:
        return b""

    async def read_to_end(self) -> None:
        """Nothing is left."""

    async def aclose(self) -> None:
        raise ValueError("a bug in a transport")


def test_a_transport_that_fails_to_close_is_logged_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """On trio an exception in a system task would end the whole program."""

    async def on_asyncio() -> None:
        runtime = AsyncioRuntime()
        runtime.close_soon(Broken())
        await runtime.closed()

    async def on_trio() -> None:
        runtime = TrioRuntime()
        runtime.close_soon(Broken())
        await runtime.closed()
        await runtime.closed()

    asyncio.run(on_asyncio())
    trio.run(on_trio)
    assert [record.message for record in caplog.records] == ["a transport failed to close a connection"] * 2
    assert "a bug in a transport" in caplog.text


# -- scripted transports ----------------------------------------------------------------------------------------------------------------


def test_what_came_too_late_comes_later() -> None:
    """A sync read that found nothing in time loses nothing."""
    slept: list[float] = []
    transport = SyncScriptedTransport(lambda _: (Head(), Wait(3.0), Data(b"x"), Hang()), slept.append)
    exchange = transport.open(None, 1.0)  # type: ignore[arg-type]  # the script does not ask which attempt it is
    assert exchange is not None
    assert exchange.read(1.0) is None
    assert exchange.read(1.5) is None
    assert exchange.read(1.0) == b"x"
    assert slept == [0.0, 1.0, 1.5, 0.5]
    assert exchange.read(9.0) is None
    assert transport.left_open == 1
    transport.close()
    assert transport.closed


def test_a_script_that_makes_no_sense_is_refused() -> None:
    transport = SyncScriptedTransport(lambda _: (Data(b"x"),), lambda _: None)
    with pytest.raises(OutOfScript, match="begins with its head"):
        transport.open(None, 1.0)  # type: ignore[arg-type]  # the script does not ask which attempt it is
    transport = SyncScriptedTransport(lambda _: (Head(), Head()), lambda _: None)
    exchange = transport.open(None, 1.0)  # type: ignore[arg-type]  # the script does not ask which attempt it is
    assert exchange is not None
    with pytest.raises(OutOfScript, match="has one head"):
        exchange.read(1.0)


def test_the_async_twin() -> None:
    async def main(_: object) -> None:
        transport = AsyncScriptedTransport(lambda _: (Head(), Data(b"x"), Break()), asyncio.sleep)
        exchange = await transport.open(None)  # type: ignore[arg-type]  # the script does not ask which attempt it is
        assert await exchange.read() == b"x"
        await exchange.read_to_end()
        assert transport.left_open == 1
        await exchange.aclose()
        await transport.aclose()
        assert transport.closed
        assert transport.left_open == 0

    run_on_virtual_loop(main)


# -- the sync client --------------------------------------------------------------------------------------------------------------------

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "make_sync.py"


def make_sync() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_sync", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_sync_client_is_what_the_async_one_makes_of_it() -> None:
    done = subprocess.run([sys.executable, SCRIPT, "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_a_sync_client_that_was_edited_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = make_sync()
    edited = tmp_path / "sync_client.py"
    edited.write_text("# edited\n", encoding="utf-8")
    setattr(script, "TARGET", edited)  # noqa: B010 - a module loaded by path has no attributes that a type checker knows
    assert script.main(["--check"]) == 1
    assert "run python make_sync.py" in capsys.readouterr().out
    assert script.main([]) == 0
    assert script.main(["--check"]) == 0


def test_a_row_that_finds_nothing_is_an_error() -> None:
    with pytest.raises(LookupError, match="no longer holds"):
        make_sync().sync_twin("async def something_else(): ...")
