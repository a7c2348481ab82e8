r"""`NdjsonDecoder`: bytes -> the lines of newline-delimited JSON. Ollama streams in it.

Rules that hold here (https://github.com/ndjson/ndjson-spec, read 2026-11-24, and what servers do):

* A line ends with LF. White space around its text, a CR before the LF among it, is no part of it, and a blank line says nothing.
* The last line may lack its LF: the end of the body ends it. Whether its JSON is whole is the JSON reader's to say.
* A line appears with its LF under any cut (law 1). Work is linear in bytes, and what is held is bounded (`Limits.line`, `stream`); no
  bytes raise. A line is measured without its LF, and fails at its first byte too many.
"""

from __future__ import annotations

from muxer_core.values.failure import Failure
from muxer_core.wire.limits import LimitExceeded, Limits


class NdjsonDecoder:
    r"""Decodes one stream. After a limit was crossed, `exceeded` says which, and further bytes give nothing.

    >>> decoder = NdjsonDecoder()
    >>> decoder.receive_data(b'{"a":1}\r\n\n{"b"'), decoder.receive_data(b":2}"), decoder.receive_eof()
    ([b'{"a":1}'], [], [b'{"b":2}'])
    """

    __slots__ = ("_held", "_limits", "_line_start", "exceeded")

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._held = bytearray()  # the line whose end has not come
        self._line_start = 0  # where it begins in the stream
        self.exceeded: LimitExceeded | None = None

    @property
    def failure(self) -> Failure | None:
        """The crossed limit as a failure."""
        return None if self.exceeded is None else self.exceeded.failure()

    def receive_data(self, data: bytes) -> list[bytes]:
        """The lines that these bytes complete."""
        found: list[bytes] = []
        if self.exceeded is not None:
            return found
        most = self._limits.stream
        room = most - self._line_start - len(self._held)
        self._read(data if len(data) <= room else data[:room], found)
        if len(data) > room:
            self._cross("stream", most, most)
        return found

    def receive_eof(self) -> list[bytes]:
        """The line that only the end of the body ends, if there is one."""
        line = bytes(self._held).strip()
        self._held.clear()
        return [line] if line else []

    def _read(self, data: bytes, found: list[bytes]) -> None:
        lines = data.split(b"\n")
        rest = lines.pop()
        held, most = self._held, self._limits.line
        if lines and held:
            lines[0] = bytes(held) + lines[0]
            held.clear()
        for line in lines:
            if len(line) > most:
                return self._cross("line", most, self._line_start + most)
            self._line_start += len(line) + 1
            line = line.strip()  # noqa: PLW2901  # the line as it is told
            if line:
                found.append(line)
        held += rest
        if len(held) > most:
            self._cross("line", most, self._line_start + most)
        return None

    def _cross(self, limit: str, number: int, offset: int) -> None:
        """Remember the first limit that was crossed, and let go of what was held."""
        if self.exceeded is None:
            self.exceeded = LimitExceeded(limit, number, offset)
            self._held.clear()
