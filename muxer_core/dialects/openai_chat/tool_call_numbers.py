"""Which tool call a piece belongs to. Servers number pieces by index, by id, by both wrongly, or not at all.

| the piece has | it belongs to |
| --- | --- |
| an index not seen yet | a new call |
| a known index, no id, or the id that the call has | that call |
| a known index, another id and a name | a new call (servers that put all parallel calls at index 0) |
| a known index, no ids at all, a name again, after complete arguments | a new call (Gemini's endpoint) |
| no index, an id | the call of that id, else a new call |
| no index, no id, a name | a new call |
| none of these | the call of the last piece |
"""

from __future__ import annotations

import msgspec

from muxer_core.dialects.openai_chat.chunks import ToolCall

MAX_TOOL_CALLS = 4096
"""The most tool calls of one answer."""


class LimitCrossed(Exception):
    """A named limit of a reply was crossed; the message says which. Never leaves the dialect."""


class ToolCallNumbers:
    """Which call of one answer a piece belongs to. Calls are numbered from 0 in the order in which they open."""

    __slots__ = ("_by_id", "_by_index", "_count", "_ids", "_last", "_names", "_unnamed_arguments")

    def __init__(self) -> None:
        self._by_index: dict[int, int] = {}
        self._by_id: dict[str, int] = {}
        self._ids: list[str | None] = []
        self._names: list[str | None] = []
        self._unnamed_arguments: dict[
            int, list[str]
        ] = {}  # of calls without an id, until a repeated name has been judged
        self._count = 0
        self._last = -1

    def place(self, piece: ToolCall, name: str | None, arguments: str) -> tuple[int, str | None, str | None]:
        """The number of the piece's call, and its id and name where this piece tells them first."""
        call_id = piece.id or None
        number = self._find(piece.index, call_id, name)
        if number is None:
            number = self._open(piece.index, call_id)
        self._last = number
        new_id = new_name = None
        if call_id and self._ids[number] is None:
            new_id = self._ids[number] = call_id
            self._by_id[call_id] = number
        if name and self._names[number] is None:
            new_name = self._names[number] = name
        if self._ids[number] is None and arguments and number in self._unnamed_arguments:
            self._unnamed_arguments[number].append(arguments)
        return number, new_id, new_name

    def _find(self, index: int | None, call_id: str | None, name: str | None) -> int | None:
        if index is None:
            if call_id:
                return self._by_id.get(call_id)
            return None if name or self._last < 0 else self._last
        number = self._by_index.get(index)
        if number is None:
            return None
        known_id, known_name = self._ids[number], self._names[number]
        if call_id and known_id and call_id != known_id and name:
            return self._by_id.get(call_id)
        if name and known_name and not call_id and not known_id and self._is_whole(number):
            return None
        return number

    def _is_whole(self, number: int) -> bool:
        """Are the arguments so far complete JSON? Asked once for a call; after a no, a repeated name never opens another call."""
        pieces = self._unnamed_arguments.pop(number, [])
        try:
            msgspec.json.decode("".join(pieces))
        except (msgspec.MsgspecError, RecursionError, UnicodeError):
            return False
        return True

    def _open(self, index: int | None, call_id: str | None) -> int:
        number = self._count
        if number >= MAX_TOOL_CALLS:
            raise LimitCrossed(
                f"the reply opens more than {MAX_TOOL_CALLS} tool calls in one answer (limit MAX_TOOL_CALLS)"
            )
        self._count += 1
        self._ids.append(None)
        self._names.append(None)
        if index is not None:
            self._by_index[index] = number
        if call_id is None:
            self._unnamed_arguments[number] = []
        return number
