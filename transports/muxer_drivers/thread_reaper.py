"""`ThreadReaper`: closes exchanges for the sync driver, so that no caller waits for a reply's end mark."""

from __future__ import annotations

import queue
import threading

from muxer_core.call.exchange import SyncExchange, TransportError
from muxer_drivers.runtime import LAST_READ


class ThreadReaper:
    """Reads complete replies to their end and closes exchanges, in one thread that is started when it is first needed."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[SyncExchange | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def take(self, exchange: SyncExchange, *, clean: bool) -> None:
        """Close `exchange`: at once, or when its reply is complete after its end mark was read. Does not wait for the network."""
        if not clean:
            exchange.close()
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="muxer-reaper", daemon=True)
                self._thread.start()
        self._queue.put(exchange)

    def _run(self) -> None:
        while (exchange := self._queue.get()) is not None:
            try:
                while exchange.read(LAST_READ):
                    pass
            except TransportError:
                pass
            exchange.close()

    def wait(self) -> None:
        """Wait until everything taken so far is closed."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            thread.join()
