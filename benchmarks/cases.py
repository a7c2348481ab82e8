"""The cases. Each function is run in a fresh process and returns rows: a name, and CPU microseconds (or what the name says) for one thing.

`python -m benchmarks.cases CASE REPETITIONS` prints the rows of one case as JSON; `__main__` runs them all, interleaved, several times.
"""

from __future__ import annotations

import importlib
import json
import resource
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.timing import microseconds_each

if TYPE_CHECKING:
    from muxer_core.dialects.protocol import ClientDialect
    from muxer_core.dialects.server import ServerDialect

Rows = dict[str, float]


def _resident_mib() -> float:
    """Memory that this process holds now. Its peak will not do: a child begins with its parent's."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def importing(_repetitions: int) -> Rows:
    """`import muxer_core`, in this fresh process, so only once."""
    return _importing("muxer_core")


def importing_all(_repetitions: int) -> Rows:
    """What a program pays that goes on to make a call: the rooms behind `Muxer` and `Config` are loaded when they are asked for."""
    memory, begun = _resident_mib(), time.process_time()
    from muxer_core import Config, Muxer

    del Config, Muxer
    taken = (time.process_time() - begun) * 1e3
    return {
        "from muxer_core import Muxer, Config, ms": taken,
        "from muxer_core import Muxer, Config, MiB": _resident_mib() - memory,
    }


def importing_msgspec(_repetitions: int) -> Rows:
    """`import msgspec`, which is part of the line above."""
    return _importing("msgspec")


def importing_openai(_repetitions: int) -> Rows:
    """`import openai`."""
    return _importing("openai")


def _importing(name: str) -> Rows:
    memory, begun = _resident_mib(), time.process_time()
    importlib.import_module(name)
    return {f"import {name}, ms": (time.process_time() - begun) * 1e3, f"import {name}, MiB": _resident_mib() - memory}


def parsing(repetitions: int) -> Rows:
    """Bytes to items, in memory."""
    from benchmarks.stream_bytes import CHUNKS, READ, reads
    from muxer_core.dialects.openai_chat import OpenAIChat
    from muxer_core.wire.heads import ResponseHead
    from muxer_core.wire.limits import Limits

    dialect, head, limits = OpenAIChat(), ResponseHead(200), Limits()

    def parse(pieces: list[bytes]) -> Callable[[], None]:
        def work() -> None:
            decoder = dialect.chat_decoder(head, stream=True, limits=limits, keep_source=False)
            for piece in pieces:
                decoder.receive_data(piece)

        return work

    return {
        "parse, one chunk a read": microseconds_each(parse(reads(None)), CHUNKS, repetitions),
        "parse, 64 KiB reads": microseconds_each(parse(reads(READ)), CHUNKS, repetitions),
    }


def parsing_openai(repetitions: int) -> Rows:
    """The same with the decoder and the types of OpenAI's client."""
    from openai._models import construct_type
    from openai._streaming import SSEDecoder
    from openai.types.chat import ChatCompletionChunk

    from benchmarks.stream_bytes import CHUNKS, reads

    pieces = reads(None)

    def work() -> None:
        for event in SSEDecoder().iter_bytes(iter(pieces)):
            if event.data.startswith("[DONE]"):
                break
            construct_type(value=event.json(), type_=ChatCompletionChunk)

    return {"openai: parse, one chunk a read": microseconds_each(work, CHUNKS, max(3, repetitions // 5))}


def decoding(repetitions: int) -> Rows:
    """A stream of each dialect to items, one event a read."""
    from benchmarks.dialect_streams import STREAMS
    from benchmarks.stream_bytes import CHUNKS
    from muxer_core.catalog.deployments import Provider
    from muxer_core.dialects.registry import CLIENT_DIALECTS
    from muxer_core.wire.heads import Headers, ResponseHead
    from muxer_core.wire.limits import Limits

    head, limits = ResponseHead(200, Headers((("content-type", "text/event-stream"),))), Limits()
    rows: Rows = {}
    for name, stream in STREAMS.items():
        codec = CLIENT_DIALECTS[name](Provider(name=name, base_url="http://here.invalid", dialect=name))
        pieces = stream()

        def work(codec: ClientDialect = codec, pieces: list[bytes] = pieces) -> None:
            decoder = codec.chat_decoder(head, stream=True, limits=limits, keep_source=False)
            for piece in pieces:
                decoder.receive_data(piece)

        rows[f"decode {name}"] = microseconds_each(work, CHUNKS, repetitions)
    return rows


def translating(repetitions: int) -> Rows:
    """A stream of one dialect to a stream of another, or of the same, one event a read: decode, encode, bytes out."""
    from benchmarks.dialect_streams import STREAMS
    from benchmarks.stream_bytes import CHUNKS
    from muxer_core.catalog.deployments import Provider
    from muxer_core.dialects.registry import CLIENT_DIALECTS, SERVER_DIALECTS
    from muxer_core.dialects.server import Answering, Asked
    from muxer_core.values.messages import Message, TextPart
    from muxer_core.values.request import ChatRequest
    from muxer_core.wire.heads import Headers, ResponseHead
    from muxer_core.wire.limits import Limits

    head, limits = ResponseHead(200, Headers((("content-type", "text/event-stream"),))), Limits()
    asked = Asked(ChatRequest(model="m", messages=(Message("user", (TextPart("hi"),)),)), stream=True)
    rows: Rows = {}
    for source, target in (
        ("openai_chat", "anthropic_messages"),
        ("anthropic_messages", "openai_chat"),
        ("gemini", "openai_chat"),
        ("openai_responses", "openai_chat"),
        ("openai_chat", "openai_chat"),
        ("anthropic_messages", "anthropic_messages"),
    ):
        codec = CLIENT_DIALECTS[source](Provider(name=source, base_url="http://here.invalid", dialect=source))
        server, pieces, same = SERVER_DIALECTS[target](), STREAMS[source](), source == target
        answering = Answering(reply_id="0123456789abcdef", created=1764000000, model="alias", source=source)

        def work(
            codec: ClientDialect = codec,
            server: ServerDialect = server,
            pieces: list[bytes] = pieces,
            answering: Answering = answering,
            same: bool = same,
        ) -> None:
            decoder = codec.chat_decoder(head, stream=True, limits=limits, keep_source=same)
            encoder = server.reply_encoder(asked, answering)
            for piece in pieces:
                encoder.receive_items(decoder.receive_data(piece))

        row = f"pass through {source}" if same else f"translate {source} to {target}"
        rows[row] = microseconds_each(work, CHUNKS, repetitions)
    return rows


def decoding_vendors(repetitions: int) -> Rows:
    """The same streams with the vendors' own clients: their SSE decoders and types, no socket."""
    from anthropic._models import construct_type as construct_anthropic
    from anthropic._streaming import SSEDecoder as AnthropicDecoder
    from anthropic.types import RawMessageStreamEvent
    from google.genai.types import GenerateContentResponse

    from benchmarks.dialect_streams import STREAMS
    from benchmarks.stream_bytes import CHUNKS

    theirs, googles = STREAMS["anthropic_messages"](), STREAMS["gemini"]()

    def anthropic() -> None:
        for event in AnthropicDecoder().iter_bytes(iter(theirs)):
            construct_anthropic(value=event.json(), type_=RawMessageStreamEvent)

    def google() -> None:
        for piece in googles:
            GenerateContentResponse.model_validate_json(piece[len("data: ") :])

    few = max(3, repetitions // 5)
    return {
        "anthropic: decode its stream": microseconds_each(anthropic, CHUNKS, few),
        "google-genai: validate its chunks": microseconds_each(google, CHUNKS, few),
    }


def translating_litellm(repetitions: int) -> Rows:
    """LiteLLM's adapter over the same stream, in the environment that has it; no row where there is none (`make test-real` makes it)."""
    root = Path(__file__).resolve().parent.parent
    python = root / ".venv-litellm" / "bin" / "python"
    if not python.is_file():
        return {}
    command = [str(python), "-m", "benchmarks.litellm_adapters", str(max(3, repetitions // 5))]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    rows: Rows = json.loads(done.stdout.splitlines()[-1])
    return rows


def driving(repetitions: int) -> Rows:
    """The machine and the asyncio driver, stall timer on, against a plain async generator over the same decoder."""
    import asyncio

    from benchmarks.memory_transport import Exchange, Transport
    from benchmarks.stream_bytes import CHUNKS, READ, reads
    from muxer_core.call.ceiling import Demand
    from muxer_core.call.machine import Call
    from muxer_core.call.operation import Chat
    from muxer_core.call.plan import OnlyPlace, Place, Plan
    from muxer_core.dialects.openai_chat import OpenAIChat
    from muxer_core.dialects.protocol import Target
    from muxer_core.simulation.run import OpenLedger
    from muxer_core.values.items import Item
    from muxer_core.values.messages import Message, TextPart
    from muxer_core.values.request import ChatRequest
    from muxer_core.wire.limits import Limits
    from muxer_drivers.async_stream import AsyncStream
    from muxer_drivers.asyncio_driver import AsyncioRuntime
    from muxer_drivers.desk import Desk

    dialect = OpenAIChat()
    place = Place(
        where="here",
        provider="here",
        card="m",
        dialect=dialect,
        target=Target(where="here", base_url="http://here.invalid/v1", model="m"),
    )
    plan = Plan(choices=OnlyPlace(), places=(place,))
    chat = Chat(ChatRequest(model="m", messages=(Message("user", (TextPart("hi"),)),)), Demand())

    async def plain(pieces: list[bytes]) -> AsyncIterator[list[Item]]:
        decoder = dialect.chat_decoder(Exchange.head, stream=True, limits=Limits(), keep_source=False)
        exchange = Exchange(pieces)
        while data := await exchange.read():
            yield decoder.receive_data(data)

    async def through_generator(pieces: list[bytes]) -> None:
        async for items in plain(pieces):
            for _ in items:
                pass

    async def through_machine(pieces: list[bytes]) -> None:
        desk, runtime = Desk(OpenLedger()), AsyncioRuntime()
        call = Call(chat, plan, call_id="c", seed=1, moment=desk.now())
        async with AsyncStream(call, desk, Transport(pieces), runtime) as stream:
            while await stream.next_batch():
                pass
        await runtime.closed()

    rows: Rows = {}
    with asyncio.Runner() as runner:
        for name, size in (("one chunk a read", None), ("64 KiB reads", READ)):
            pieces = reads(size)
            base = microseconds_each(lambda pieces=pieces: runner.run(through_generator(pieces)), CHUNKS, repetitions)
            ours = microseconds_each(lambda pieces=pieces: runner.run(through_machine(pieces)), CHUNKS, repetitions)
            rows[f"decoder in a plain generator, {name}"] = base
            rows[f"machine and driver on top, {name}"] = ours - base
    return rows


def costing(repetitions: int) -> Rows:
    """Exact cost from counts, and from the bytes of a usage object."""
    from benchmarks.stream_bytes import USAGE
    from muxer_core.dialects.openai_chat.usage import usage_from_bytes
    from muxer_core.money import PriceCard
    from muxer_core.values.usage import Usage

    card = PriceCard.per_million(input="2.5", output=10, cached_input="1.25")
    plain = Usage(input_tokens=25, output_tokens=1000)
    mixed = Usage(input_tokens=2500, output_tokens=1000, cached_input_tokens=1024, reasoning_tokens=300)
    raw = json.dumps(USAGE, separators=(",", ":")).encode()
    times = 20_000

    def repeat(work: Callable[[], object]) -> Callable[[], None]:
        def loop() -> None:
            for _ in range(times):
                work()

        return loop

    def from_bytes() -> object:
        usage = usage_from_bytes(raw, None).usage
        return None if usage is None else card.cost(usage)

    return {
        "cost from usage": microseconds_each(repeat(lambda: card.cost(plain)), times, repetitions),
        "cost from usage, cached and reasoning": microseconds_each(
            repeat(lambda: card.cost(mixed)), times, repetitions
        ),
        "cost from the usage's bytes": microseconds_each(repeat(from_bytes), times, repetitions),
    }


def costing_genai_prices(repetitions: int) -> Rows:
    """The same with the genai-prices package."""
    from genai_prices import Usage, calc_price

    usage = Usage(input_tokens=25, output_tokens=1000)
    times = 500

    def work() -> None:
        for _ in range(times):
            calc_price(usage, model_ref="gpt-4o", provider_id="openai")

    return {"genai-prices: cost from usage": microseconds_each(work, times, repetitions)}


CASES: dict[str, Callable[[int], Rows]] = {
    "importing": importing,
    "importing_all": importing_all,
    "importing_msgspec": importing_msgspec,
    "importing_openai": importing_openai,
    "parsing": parsing,
    "parsing_openai": parsing_openai,
    "decoding": decoding,
    "decoding_vendors": decoding_vendors,
    "translating": translating,
    "translating_litellm": translating_litellm,
    "driving": driving,
    "costing": costing,
    "costing_genai_prices": costing_genai_prices,
}

if __name__ == "__main__":
    print(json.dumps(CASES[sys.argv[1]](int(sys.argv[2]))))
