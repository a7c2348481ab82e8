"""`JsonArraySplitter`: a JSON array that arrives piece by piece -> the bytes of each object in it (a stream without `alt=sse`).

Only objects are elements here. Work is linear; what is held is bounded by `Limits.event` (one element) and `Limits.stream`. No bytes raise.
"""

from __future__ import annotations

import re

from muxer_core.wire.limits import LimitExceeded, Limits

_OUTSIDE = re.compile(rb'["{}\[\]]')
_INSIDE = re.compile(rb'["\\]')
_BETWEEN = b" \t\r\n,\xef\xbb\xbf"


class JsonArraySplitter:
    r"""Splits one array. After `exceeded` or `broken` is set, further bytes give nothing.

    >>> splitter = JsonArraySplitter(Limits())
    >>> splitter.receive_data(b'[{"a": "]}"}\n,{"b"'), splitter.pending
    ([b'{"a": "]}"}'], True)
    >>> splitter.receive_data(b": []}]"), splitter.closed
    ([b'{"b": []}'], True)
    """

    __slots__ = (
        "_depth",
        "_element",
        "_escaped",
        "_in_string",
        "_limits",
        "_read",
        "_size",
        "_start",
        "broken",
        "closed",
        "exceeded",
    )

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self._element: list[bytes] = []
        self._size = 0
        self._start = 0
        self._read = 0
        self.closed = False
        """Has the array's end come?"""
        self.broken = False
        """Is there something in the array that is no object?"""
        self.exceeded: LimitExceeded | None = None

    @property
    def pending(self) -> bool:
        """Has an element begun whose end has not come?"""
        return self._depth > 1

    def receive_data(self, data: bytes) -> list[bytes]:
        """The elements that these bytes complete."""
        elements: list[bytes] = []
        if self.closed or self.broken or self.exceeded is not None:
            return elements
        room = self._limits.stream - self._read
        begin = self._read
        self._read += min(len(data), room)
        self._split(data[:room], begin, elements)
        if len(data) > room and not self.closed and not self.broken and self.exceeded is None:
            self.exceeded = LimitExceeded("stream", self._limits.stream, self._limits.stream)
        return elements

    def _split(self, data: bytes, begin: int, elements: list[bytes]) -> None:
        at = since = 0  # `since` is where the bytes of this read that belong to the open element begin
        if self._escaped and data:
            self._escaped = False
            at = 1
        while not self.closed:
            found = (_INSIDE if self._in_string else _OUTSIDE).search(data, at)
            if self._depth == 1 and data[at : found.start() if found else None].strip(_BETWEEN):
                self.broken = True
                return
            if found is None:
                break
            if self._in_string:
                at = self._step_inside(found, len(data))
                continue
            byte, at = found[0], found.end()
            if self._depth == 1 and byte in (b'"', b"[", b"}"):
                self.broken = True
                return
            if byte in (b"}", b"]"):
                if not self._step_out(data[since:at], elements):
                    return
            elif byte == b'"':
                self._in_string = True
            else:
                if self._depth == 1:
                    since = found.start()
                    self._start = begin + since
                self._depth += 1
        if self._depth > 1:
            self._keep(data[since:])

    def _step_inside(self, found: re.Match[bytes], size: int) -> int:
        """Past a quote or a backslash inside a string: where to go on."""
        if found[0] == b'"':
            self._in_string = False
        elif found.end() == size:
            self._escaped = True
        else:
            return found.end() + 1
        return found.end()

    def _step_out(self, data: bytes, elements: list[bytes]) -> bool:
        """Past a closing bracket; `data` is what of the open element this read brought. False when a limit was crossed."""
        self._depth -= 1
        if self._depth == 1:
            if not self._keep(data):
                return False
            elements.append(b"".join(self._element))
            self._element.clear()
            self._size = 0
        self.closed = self._depth <= 0
        return True

    def _keep(self, data: bytes) -> bool:
        self._size += len(data)
        if self._size > self._limits.event:
            self.exceeded = LimitExceeded("event", self._limits.event, self._start + self._limits.event)
            self._element.clear()
            return False
        self._element.append(data)
        return True
