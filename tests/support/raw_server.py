"""A scripted server over real sockets on loopback: it plays the scripts of `muxer_core.simulation.script` to HTTP/1.1 clients.

What a step means on the wire:

* `Head` sends status and headers. With a `content-length` among them the body is sent as it is, else chunked. A chunked
  body with `content-encoding: gzip` is compressed here, each `Data` flushed so that it can be read at once.
* `Data` before any `Head` is sent raw, for heads that no HTTP library should accept.
* `End` ends a chunked body; the connection then waits for the next request.
* `Break` resets the connection (RST), or, with the kind `truncated`, closes it in order (FIN).
* `Hang` sends nothing more and waits until the peer closes. A script that ends without `End` hangs, too.

Threads, 127.0.0.1, a port that the system chose. `closed_at` holds the moments (time.monotonic) at which the server saw a peer close.
"""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable
from typing import NamedTuple, Self

from muxer_core.simulation.script import Break, Data, End, Hang, Head, Script, Wait

RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: on, for no time. Closing then resets."""


class Received(NamedTuple):
    """One request. Header names are lower-case. `connection` counts the connections of this server."""

    connection: int
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class RawServer:
    """Serves until the `with` block ends. `script` is one script for every request, or chooses one."""

    def __init__(self, script: Script | Callable[[Received], Script]) -> None:
        self.requests: list[Received] = []
        self.closed_at: list[float] = []
        self.connections = 0
        self._script: Callable[[Received], Script] = script if callable(script) else lambda _: script
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._closing = False
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            still_open = list(self._open)
        for connection in still_open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()

    def _start(self, run: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=run, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._closing:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.add(connection)
                number = self.connections
            self._start(self._serve, connection, number)

    def _serve(self, connection: socket.socket, number: int) -> None:
        try:
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while (request := read_request(connection, number)) is not None:
                    self.requests.append(request)
                    if not _Playing(connection, self._script(request)).play():
                        break
                self.closed_at.append(time.monotonic())
        except OSError:
            self.closed_at.append(time.monotonic())
        finally:
            with self._lock:
                self._open.discard(connection)

    def wait_for_close(self, count: int = 1, *, seconds: float = 5.0) -> float:
        """The moment at which the `count`-th connection was seen closed."""
        until = time.monotonic() + seconds
        while len(self.closed_at) < count and time.monotonic() < until:
            time.sleep(0.001)
        assert len(self.closed_at) >= count, f"only {len(self.closed_at)} connections were closed"
        return self.closed_at[count - 1]


def read_request(connection: socket.socket, number: int) -> Received | None:
    """The next request of a connection; None when the peer has closed it."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65536)
    return Received(number, method, target, headers, body)


class _Playing:
    """One script on one connection."""

    def __init__(self, connection: socket.socket, script: Script) -> None:
        self._connection = connection
        self._script = script
        self._framing = "raw"
        self._compressor: zlib._Compress | None = None

    def play(self) -> bool:
        """Play it. True when the connection may carry another request."""
        for step in self._script:
            match step:
                case Wait(seconds):
                    if self._peer_closed_within(seconds):
                        return False
                case Head():
                    self._connection.sendall(self._head(step))
                case Data(data):
                    self._connection.sendall(self._framed(data))
                case Break():
                    if step.kind != "truncated":
                        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    return False
                case Hang():
                    break
                case End():
                    if self._compressor is not None:
                        self._connection.sendall(self._chunk(self._compressor.flush()))
                    if self._framing == "chunked":
                        self._connection.sendall(b"0\r\n\r\n")
                    return True
        self._peer_closed_within(3600.0)
        return False

    def _head(self, head: Head) -> bytes:
        fields = list(head.headers)
        names = {name.lower(): value for name, value in fields}
        self._framing = "length" if "content-length" in names or head.status in (204, 304) else "chunked"
        if self._framing == "chunked":
            fields.append(("transfer-encoding", "chunked"))
        if names.get("content-encoding") == "gzip" and self._framing == "chunked":
            self._compressor = zlib.compressobj(wbits=31)
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
        return f"HTTP/1.1 {head.status} Scripted\r\n{lines}\r\n".encode("latin-1")

    def _framed(self, data: bytes) -> bytes:
        if self._compressor is not None:
            data = self._compressor.compress(data) + self._compressor.flush(zlib.Z_SYNC_FLUSH)
        return self._chunk(data)

    def _chunk(self, data: bytes) -> bytes:
        return b"%x\r\n%b\r\n" % (len(data), data) if self._framing == "chunked" else data

    def _peer_closed_within(self, seconds: float) -> bool:
        """Wait, unless the peer closes first."""
        readable, _, _ = select.select([self._connection], [], [], seconds)
        return bool(readable) and not self._connection.recv(1, socket.MSG_PEEK)


class FullBacklog:
    """An address at which nobody ever accepts: a listener whose queue is full, so that no connection is made and none is refused."""

    def __enter__(self) -> str:
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(0)
        self._waiting: list[socket.socket] = []
        address = self._listener.getsockname()
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(address)
            self._waiting.append(one)
        return f"http://127.0.0.1:{address[1]}"

    def __exit__(self, *_: object) -> None:
        for one in (*self._waiting, self._listener):
            one.close()


def refused_url() -> str:
    """An address at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"
