"""`ChatStream`: the chunks of a streamed answer, as the upstream sent them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from muxer_core.call.outcome import Outcome
from muxer_core.dialects.json_text import is_list, is_object, read_json
from muxer_core.values.errors import LocalProtocolError
from muxer_core.values.items import SourceEvent
from muxer_core.values.usage import JsonValue
from muxer_core.wire.json import Unreadable
from muxer_drivers.async_stream import AsyncStream
from muxer_drivers.client import AsyncClient
from muxer_drivers.ending import ended

Chunk = dict[str, JsonValue]


class ChatStream:
    """OpenAI's chunks as dicts: `async for chunk in stream`. `outcome` is there when the stream has ended, well or not.

    Iterating raises `CallFailed`, at the beginning or in the middle. Whoever leaves early closes it: `async with stream`, or `aclose()`.
    `asks_usage`: the caller asked for the usage chunk; otherwise it is ours, for the accounting, and stays here.
    """

    __slots__ = ("_chunks", "_ended")

    def __init__(
        self, connect: Callable[[], AsyncClient], begin: Callable[[AsyncClient], AsyncStream], *, asks_usage: bool
    ) -> None:
        self._ended: list[Outcome] = []
        self._chunks = _run(connect, begin, asks_usage, self._ended)

    @property
    def outcome(self) -> Outcome:
        """How the call ended: cost, usage, every attempt. Raises `LocalProtocolError` before its end."""
        return ended(self._ended[0] if self._ended else None)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Chunk:
        return await self._chunks.__anext__()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Give up what has not come yet."""
        await self._chunks.aclose()


async def _run(
    connect: Callable[[], AsyncClient],
    begin: Callable[[AsyncClient], AsyncStream],
    asks_usage: bool,
    outcomes: list[Outcome],
) -> AsyncGenerator[Chunk, None]:
    """The chunks. It does not know the `ChatStream`, so that one which is dropped goes at once, and takes the call with it."""
    async with connect() as client:
        stream = begin(client)
        try:
            async with stream:
                async for item in stream:
                    if isinstance(item, SourceEvent) and (chunk := _chunk(item.data, asks_usage)) is not None:
                        yield chunk
        finally:
            with suppress(
                LocalProtocolError
            ):  # a ledger that raised leaves no outcome, and its exception is on its way
                outcomes.append(stream.outcome)


def _chunk(data: bytes, asks_usage: bool) -> Chunk | None:
    """The chunk for the caller; None for an event that is none (end mark, error, ping), and for what our own accounting asked for."""
    try:
        chunk = read_json(data)
    except Unreadable:
        return None
    if not is_object(chunk) or "choices" not in chunk or chunk.get("error"):
        return None
    if not asks_usage and "usage" in chunk:
        if chunk["usage"] is None:
            return {name: value for name, value in chunk.items() if name != "usage"}
        if not _says_something(chunk):
            return None
    return chunk


def _says_something(chunk: Chunk) -> bool:
    choices = chunk.get("choices")
    return is_list(choices) and any(
        is_object(choice) and (choice.get("delta") or choice.get("finish_reason")) for choice in choices
    )
