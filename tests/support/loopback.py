"""A scripted HTTP server on 127.0.0.1, for tests that want real sockets: `answer` says what becomes of each request."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self


class Request(NamedTuple):
    """What arrived. Header names are lower-case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Answer(NamedTuple):
    """What is sent. A `body` that is no bytes goes out piece by piece; an exception it raises breaks the connection in the middle."""

    status: int = 200
    body: bytes | Iterable[bytes] = b""
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)


def json_answer(value: object, status: int = 200, **headers: str) -> Answer:
    named = tuple((name.replace("_", "-"), text) for name, text in headers.items())
    return Answer(status, json.dumps(value).encode(), (("Content-Type", "application/json"), *named))


def sse_answer(events: Iterable[object]) -> Answer:
    """A stream of events: bytes as they are, everything else as JSON. It ends without `[DONE]` unless that is among them."""
    pieces = (b"data: " + (one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n\n" for one in events)
    return Answer(200, pieces, (("Content-Type", "text/event-stream"),))


class LoopbackServer:
    """The server, from `with` to its end. It keeps what it was asked."""

    def __init__(self, answer: Callable[[Request], Answer]) -> None:
        self.answer = answer
        self.requests: list[Request] = []
        self.connections = 0
        self.broken = threading.Event()
        """A client went away before it had everything."""
        self._open = 0
        self._changed = threading.Condition()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 20

            def setup(self) -> None:
                super().setup()
                with owner._changed:
                    owner.connections += 1
                    owner._open += 1

            def finish(self) -> None:
                super().finish()
                with owner._changed:
                    owner._open -= 1
                    owner._changed.notify_all()

            def handle_one_request(self) -> None:
                with suppress(ConnectionError):
                    super().handle_one_request()
                    return
                owner.broken.set()
                self.close_connection = True

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, self.path, headers, body)
                owner.requests.append(request)
                self._send(owner.answer(request))

            do_GET = do_POST = _answer  # noqa: N815 - the names that http.server looks for

            def _send(self, answer: Answer) -> None:
                self.send_response(answer.status)
                for name, value in answer.headers:
                    self.send_header(name, value)
                if isinstance(answer.body, bytes):
                    self.send_header("Content-Length", str(len(answer.body)))
                    self.end_headers()
                    self.wfile.write(answer.body)
                    return
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for piece in answer.body:
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                    self.wfile.flush()
                self.wfile.write(b"0\r\n\r\n")

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing: the test looks at `requests`."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def all_closed(self, seconds: float = 5.0) -> bool:
        """Has every connection been closed by its client, or is it within some seconds?"""
        with self._changed:
            return self._changed.wait_for(lambda: not self._open, seconds)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
