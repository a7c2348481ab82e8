"""A driver for a runtime that muxer-core does not ship: many calls in one thread, on `selectors`, plain sockets and h11 alone.
Plain http, and a connection for each attempt, so that nothing hides what a driver is. `chat_selectors.py` uses it.
"""

import selectors
import socket
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import h11

from muxer_core.call.capabilities import DriverCapabilities
from muxer_core.call.commands import CloseAttempt, Deliver, Finish, OpenAttempt, ReadMore
from muxer_core.call.events import BodyEnded, Connected, DataReceived, Event, ResponseStarted, TransportFailed
from muxer_core.call.machine import Call
from muxer_core.values.failure import Failure
from muxer_core.wire.heads import Headers, ResponseHead
from muxer_drivers.credentials import Credentials
from muxer_drivers.desk import Desk

CAPABILITIES = DriverCapabilities(reports_connected=True)  # so that the call keeps the connect timer, too


class RunningCall:
    """One call with its socket. It never waits: `advance` takes the call's commands, `ready` is called when the socket is."""

    def __init__(self, call: Call, desk: Desk, keys: Credentials, deliver: Callable[..., None]) -> None:
        self.call, self.desk, self.keys, self.deliver, self.outcome = call, desk, keys, deliver, None

    def feed(self, event: Event) -> None:
        """Tell the call what happened."""
        self.call.handle_event(event, self.desk.now())

    def advance(self, selector: selectors.BaseSelector) -> object:
        """Carry out commands until there is none, or one that must wait for the socket. The outcome, when the call has ended."""
        while self.outcome is None and (command := self.call.next_command(self.desk.now())) is not None:
            if isinstance(command, OpenAttempt):
                self.connect(command)
                selector.register(self.socket, selectors.EVENT_WRITE, self)
            elif isinstance(command, ReadMore):
                self.receive()
            elif isinstance(command, Deliver):
                self.deliver(command.items)
            elif isinstance(command, CloseAttempt):
                selector.unregister(self.socket)
                self.socket.close()
            elif isinstance(command, Finish):
                self.outcome = command.outcome
            else:  # Reserve, Settle and Judge are answered without waiting
                self.feed(self.desk.answer(command))
        return self.outcome

    def connect(self, command: OpenAttempt) -> None:
        """Begin to connect, and keep the whole request for when the socket can take it."""
        self.attempt, self.http, self.socket = command.attempt, h11.Connection(h11.CLIENT), socket.socket()
        wire, url = command.request, urlsplit(command.request.url)
        lengths = [("host", url.netloc), ("content-length", str(len(wire.body)))]
        request = h11.Request(method=wire.method, target=url.path, headers=lengths + self.keys.headers(wire))
        self.unsent = self.http.send(request) + self.http.send(h11.Data(wire.body)) + self.http.send(h11.EndOfMessage())
        self.socket.setblocking(False)
        self.socket.connect_ex((url.hostname, url.port or 80))

    def ready(self, selector: selectors.BaseSelector) -> None:
        """The socket can be written to, or read from, or it has failed."""
        sent = not self.unsent
        try:
            if sent:
                self.http.receive_data(self.socket.recv(65536))
                self.receive()
            else:
                self.unsent = self.unsent[self.socket.send(self.unsent) :]
                selector.modify(self.socket, selectors.EVENT_WRITE if self.unsent else selectors.EVENT_READ, self)
                self.feed(Connected(self.attempt))
        except OSError as error:
            failure = Failure(kind="connection_lost" if sent else "connect", message=str(error))
            self.feed(TransportFailed(self.attempt, failure, sent))

    def receive(self) -> None:
        """Tell the call of the next part of its reply, if it is there already."""
        try:
            part = self.http.next_event()
        except h11.RemoteProtocolError as error:
            kind = "connection_lost" if self.http.trailing_data[1] else "malformed"
            part = self.feed(TransportFailed(self.attempt, Failure(kind=kind, message=str(error))))
        if isinstance(part, h11.Response):
            fields = tuple((name.decode(), value.decode("latin-1")) for name, value in part.headers)
            self.feed(ResponseStarted(self.attempt, ResponseHead(part.status_code, Headers(fields))))
        elif isinstance(part, h11.Data):
            self.feed(DataReceived(self.attempt, bytes(part.data)))
        elif isinstance(part, h11.EndOfMessage):
            self.feed(BodyEnded(self.attempt))


def run(calls: Sequence[RunningCall], selector: selectors.BaseSelector) -> None:
    """Run all calls to their ends, side by side."""
    while waiting := [one for one in calls if one.advance(selector) is None]:
        for key, _ in selector.select(min(60.0, *(one.desk.left(one.call) for one in waiting))):
            key.data.ready(selector)
        for one in waiting:
            one.call.handle_timeout(one.desk.now())
